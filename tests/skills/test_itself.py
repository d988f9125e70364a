from dataclasses import replace
from pathlib import Path

import pytest

from assistant.memory.facts import Memory
from assistant.skills import loaded
from tests.skills.saying import here

SKILLS = loaded.load()
ASKED = {
    "itself.listens": ["Are you listening to me all the time?", "do you always listen", "are you spying on me"],
    "itself.records": ["Do you record what I say?", "is this being recorded", "where does my data go"],
    "itself.maker": ["Who made you?", "who is your owner", "which company built you"],
    "itself.kind": ["Are you ChatGPT?", "are you a robot", "which model are you"],
    "itself.private": [
        "Is this conversation private?",
        "Do you send my data to the cloud?",
        "who can hear this",
        "do you share my data",
    ],
    "itself.online": ["Are you connected to the internet?", "Can you search the web?", "do you work offline"],
    "itself.sees": ["Can you see me?", "do you have a camera", "are you watching me"],
    "itself.hears": ["Can you hear me?"],
    "itself.tongues": ["What languages do you speak?", "Do you speak German?", "which languages can you understand"],
    "itself.age": ["How old are you?", "when were you made"],
    "itself.knowledge": ["What is your knowledge cutoff?", "how up to date are you"],
    "itself.deletes": ["Delete my history", "erase our conversations", "stop recording me"],
    "itself.gas": ["I can smell gas", "it smells of gas in here", "there's a smell of gas in the kitchen"],
    "outside.news": ["What's in the news?", "What's on TV tonight?", "When does the sun set today?"],
    "outside.message": ["Text Sarah I'll be late"],
    "outside.calendar": [
        "Add dentist on Tuesday at three to my calendar",
        "Add a meeting to my calendar tomorrow at 3",
    ],
    "outside.place": ["Remind me when I get home to feed the cat"],
}
OTHERS = [
    "are you listening",
    "who made the first telephone",
    "who owns the red car outside",
    "are you hungry",
    "do you keep chickens",
    "the gas bill is on the table",
    "my car runs on gas",
    "is this being delivered tomorrow",
    "when does the film start",
    "text messages are annoying",
    "when i get home i will feed the cat",
    "are you a good cook",
    "can you see the moon today",
    "do you have a garden",
    "how old is the king",
    "when were the pyramids built",
    "do you know the internet slang of today",
    "is this soup safe to eat",
    "which languages are spoken in Belgium",
    "do you speak quickly",
    "what did we eat yesterday",
    "delete the last word of that sentence",
]


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, asked in ASKED.items() for words in asked])
def test_it_tells_the_truth_about_itself_and_what_it_cannot_reach(name: str, words: str, tmp_path: Path) -> None:
    found = SKILLS.action(words, "en", here(tmp_path))
    assert found is not None and found[0] == name and found[1].do is None and found[1].say


@pytest.mark.parametrize("words", ["Do you have a memory?", "What did we talk about yesterday?", "do you remember me"])
def test_it_claims_no_memory_that_it_has_not(words: str, tmp_path: Path) -> None:
    without, memory = here(tmp_path), Memory(tmp_path / "me.md")
    for where, begins in ((without, "When our"), (replace(without, memory=memory), "I remember what you ask me to;")):
        found = SKILLS.action(words, "en", where)
        assert found is not None and found[0] == "itself.remembers" and found[1].say.startswith(begins)


@pytest.mark.parametrize("words", ["Can you remember things?", "remember something"])
def test_nothing_in_particular_is_not_kept(words: str, tmp_path: Path) -> None:
    found = SKILLS.action(words, "en", here(tmp_path, memory=Memory(tmp_path / "me.md")))
    assert found is not None and found[1].do is None and found[1].say.startswith("I remember what you ask me to;")


def test_whether_tools_reach_the_internet_is_left_to_the_model_that_calls_them(tmp_path: Path) -> None:
    found = SKILLS.action("Can you search the web?", "en", here(tmp_path, has_tools=True))
    assert found is None or found[0] != "itself.online"


@pytest.mark.parametrize("words", OTHERS)
def test_what_sounds_alike_is_none_of_it(words: str, tmp_path: Path) -> None:
    found = SKILLS.action(words, "en", here(tmp_path))
    assert found is None or found[0] not in ASKED
