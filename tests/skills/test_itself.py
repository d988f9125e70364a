from pathlib import Path

import pytest

from assistant.skills import loaded
from tests.skills.saying import here

SKILLS = loaded.load()
ASKED = {
    "itself.listens": ["Are you listening to me all the time?", "do you always listen", "are you spying on me"],
    "itself.records": ["Do you record what I say?", "is this being recorded", "where does my data go"],
    "itself.maker": ["Who made you?", "who is your owner", "which company built you"],
    "itself.kind": ["Are you ChatGPT?", "are you a robot", "which model are you"],
    "itself.gas": ["I can smell gas", "it smells of gas in here", "there's a smell of gas in the kitchen"],
    "outside.news": ["What's in the news?", "What's on TV tonight?", "When does the sun set today?"],
    "outside.message": ["Text Sarah I'll be late"],
    "outside.calendar": ["Add dentist on Tuesday at three to my calendar"],
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
]


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, asked in ASKED.items() for words in asked])
def test_it_tells_the_truth_about_itself_and_what_it_cannot_reach(name: str, words: str, tmp_path: Path) -> None:
    found = SKILLS.action(words, "en", here(tmp_path))
    assert found is not None and found[0] == name and found[1].do is None and found[1].say


@pytest.mark.parametrize("words", OTHERS)
def test_what_sounds_alike_is_none_of_it(words: str, tmp_path: Path) -> None:
    found = SKILLS.action(words, "en", here(tmp_path))
    assert found is None or found[0] not in ASKED
