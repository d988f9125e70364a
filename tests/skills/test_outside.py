"""What the assistant cannot know or do it neither makes up nor pretends to do."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant.llm import Llm
from assistant.modes import _has_tools
from assistant.skills import Command, loaded
from assistant.skills.loaded import Skills
from assistant.skills.talk import outside
from tests.skills.saying import here

KNOWN = {
    "weather": """
what's the weather tomorrow
Will it rain today?
is it cold outside
do I need an umbrella on Friday
""",
    "news": """
what's the news
who won the game last night
""",
    "shares": """
What's Apple's share price?
What is the share price of Siemens today?
how are Tesla shares doing
Tell me the current stock price of Microsoft.
Is Nvidia stock up today?
how much is a share of BMW
How did Amazon stock close yesterday?
How's the stock market today?
where is the DAX standing right now
did the Dow go down today
What's the price of gold?
how much is one bitcoin worth
what's the bitcoin price right now
""",
}
DONE = {
    "call": """
Call my mum.
Can you ring Anna, please?
phone the doctor
Dial 030 12345
Give my brother a call.
I want to call my wife
make a phone call
video call Grandma
call Peter on his mobile
answer the phone
call me a cab
""",
    "message": """
Text Bob that I'm late.
Send my sister a message saying I love you
send an email to Anna
send Tom a WhatsApp that says I am on my way
email my boss
""",
    "inbox": """
Read me my emails.
do I have any new messages
What's on my calendar tomorrow?
who called me
when is my next meeting
""",
    "machine": """
Shut down the computer.
Can you take a picture?
open the file report.pdf
Open Chrome please.
""",
    "order": """
Order me a pizza.
Book a table for two at eight
get me a taxi
reserve a hotel room in Rome
""",
    "play": """
Play jazz.
play some relaxing music
Can you play Bohemian Rhapsody by Queen?
Put on some classical music in the kitchen
play the Beatles
Turn on the radio.
next song
pause the music
I want to listen to some jazz
play my running playlist
shuffle my songs
Skip this track.
play a podcast
""",
    "playing": """
What song is this?
what's playing
who sings this song
""",
}
NOT_MEANT = """
how does weather work
who won the world cup in 1998
it is raining
is it hot in the oven
What is jazz?
who invented the telephone
Who invented jazz?
play chess with me
Let's play a game.
play dead
play it cool
play fair
play the role of a pirate
Play is important for children.
he plays the piano
call me Ishmael
call it a day
What do you call a baby kangaroo?
How do I call a taxi in Spanish?
they call me at seven every evening
I need to tell you about the call I got
What is a share?
What is chicken stock?
how much is chicken stock
how do shares work
why did the stock market crash in 1929
What was Apple's share price in 2008?
what is a stock exchange
who wrote the song Yesterday
what is a text message
write an email to my boss about my holiday
what is the message of the book
What's the tune of Jingle Bells like?
who was Beethoven
how do I order a pizza in Italian
how do I open a file in Python
what is a browser
how does a shop take a picture of the stock
why did they shut down the old computer
my neighbour plays the drums at midnight
could you live without your phone
why is the radio called a wireless
""".strip().splitlines()


def rows(groups: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, words) for name, lines in groups.items() for words in lines.strip().splitlines()]


@pytest.fixture(scope="module")
def skills():
    return loaded.load()


@pytest.mark.parametrize(("name", "words"), rows(KNOWN) + rows(DONE))
def test_it_is_said_what_cannot_be_done_and_what_would_help(skills, name, words, tmp_path):
    found, action = skills.action(words, "en", here(tmp_path))
    assert found == f"outside.{name}" and action.do is None
    assert "cannot" in action.say and ("docs/TOOLS.md" in action.say or "docs/HOME.md" in action.say)


@pytest.mark.parametrize("words", ["call the police", "Call an ambulance!", "dial 911", "call for help"])
def test_who_is_in_need_hears_at_once_to_dial_themselves(skills, words, tmp_path):
    assert "dial 112 or your country's number yourself" in skills.action(words, "en", here(tmp_path))[1].say


@pytest.mark.parametrize("words", [words for _, words in rows(KNOWN) + rows(DONE)])
def test_a_model_with_tools_answers_itself(words):
    only = loaded.load(only={"outside"})
    assert only.action(words, "en", here(has_tools=True)) is None


def test_a_share_is_no_timer(skills, tmp_path):
    assert skills.action("How is the stock of Apple doing?", "en", here(tmp_path))[0] == "outside.shares"


def test_documents_may_tell_what_there_is_to_know(skills, tmp_path):
    where = replace(here(tmp_path), documents=SimpleNamespace())
    for name, words in rows(KNOWN):
        assert skills.action(words, "en", where) is None, (name, words)
    assert skills.action("call my mum", "en", where)[0] == "outside.call"


@pytest.mark.parametrize("words", NOT_MEANT)
def test_knowledge_and_talk_are_left_to_the_model(words):
    assert loaded.load(only={"outside"}).action(words, "en", here()) is None


def test_a_home_that_can_do_it_goes_before():
    class Home:
        COMMANDS = ()

        def match(self, words, language, where):
            return Command("home", {}, words, language) if "kitchen" in words else None

        def run(self, asked, where):
            return outside.Action("The kitchen plays.")

    both = Skills([outside, Home()])
    assert both.action("play jazz in the kitchen", "en", here())[1].say == "The kitchen plays."
    assert both.action("play jazz", "en", here())[0] == "outside.play"


@pytest.mark.parametrize("calls_tools", [True, False])
def test_tools_that_the_model_cannot_call_help_nothing(calls_tools):
    llm: Llm = SimpleNamespace(calls_tools=calls_tools)  # type: ignore[assignment]
    means = SimpleNamespace(settings=SimpleNamespace(mcp=("a server",)), engines=SimpleNamespace(llm=llm))
    assert _has_tools(means) is calls_tools  # type: ignore[arg-type]
