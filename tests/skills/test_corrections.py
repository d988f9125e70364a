"""Who corrects themselves while they speak is taken at the last word; what only sounds like that is left as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.skills import Command
from assistant.skills.loaded import Skills
from assistant.skills.talk.memory import COMMANDS as MEMORY
from assistant.skills.words.corrections import corrected
from assistant.skills.words.matching import Matcher
from tests.skills import dialogue
from tests.skills.saying import NOW, here

SAID = """
set a timer for five, no, ten minutes > The timer is set for 10 minutes.
set a timer for five no ten minutes > The timer is set for 10 minutes.
start a timer for twenty five, no wait, thirty five minutes > The timer is set for 35 minutes.
set a timer for ten minutes, no, fifteen > The timer is set for 15 minutes.
set a timer for two hours, oops, three > The timer is set for 3 hours.
set a timer for ten minutes, sorry, half an hour > The timer is set for 30 minutes.
set a pasta timer for ten minutes, I mean twelve > The pasta timer is set for 12 minutes.
set an alarm for six, make that half past six > The alarm is set for 6:30 in the evening.
set an alarm for half past six, no, seven > The alarm is set for 7 in the evening.
wake me at six tomorrow, actually, seven > The alarm is set for tomorrow at 7 in the morning.
set an alarm for six, no, set an alarm for seven > The alarm is set for 7 in the evening.
put milk, I mean oat milk, on my list > I put oat milk on your shopping list.
put milk on my list, I mean oat milk > I put oat milk on your shopping list.
put milk and butter, no, margarine on my list > I put milk and margarine on your shopping list.
put butter on my shopping list, sorry, my to-do list > I put butter on your to-do list.
add apples, no wait, pears to the shopping list > I put pears on your shopping list.
remind me to call mum at six, no, seven > I will remind you at 7 in the evening to call mum.
remind me to call mum at six, no, tomorrow morning > I will remind you tomorrow at 9 in the morning to call mum.
what's five plus seven, no, eight > 5 plus 8 is 13.
what time is it in Paris, no, London > In London it is 2:20 in the afternoon.
set a timer for five minutes, no, set an alarm for seven > The alarm is set for 7 in the evening.
remind me to say no, sorry, at six > I will remind you at 6 in the evening to say no, sorry.
remind me at six to tell Bob no > I will remind you at 6 in the evening to tell Bob no.
put no sugar on my list > I put no sugar on your shopping list.
there is no milk left > I put milk on your shopping list.
"""


@pytest.mark.parametrize("line", SAID.strip().splitlines(), ids=lambda line: line.partition(" > ")[0])
def test_the_last_words_count(line: str, tmp_path: Path) -> None:
    said, _, heard = line.partition(" > ")
    assert dialogue.talk(dialogue.room(tmp_path), said) == [heard]


@pytest.mark.parametrize(
    "words",
    ["remember that my wifi has no password, sorry, no key", "remember that I said ten, no, eleven",
     "remember my sister is called Anna, I mean the older one"],
)  # fmt: skip
def test_what_is_to_be_remembered_is_left_as_it_was_said(words: str) -> None:
    matcher = Matcher(MEMORY)
    assert corrected(words, lambda sentence: matcher.understood(sentence, NOW), NOW) == ()
    (command,) = matcher.understood(words, NOW)
    assert command.values["fact"] in words


@pytest.mark.parametrize(
    "words, meant",
    [
        ("turn on the kitchen, sorry, the bedroom light", "turn on the bedroom light"),
        ("turn on the kitchen sorry the bedroom light", "turn on the bedroom light"),
        ("turn off the hall light, I mean bedroom", "turn off the bedroom light"),
        ("turn on the hall light, no, the bedroom", "turn on the bedroom light"),
        ("turn the desk lamp on, no, off", "turn the desk lamp off"),
    ],
)
def test_at_home(words: str, meant: str, at_home: Skills, tmp_path: Path) -> None:
    found: tuple[Command, ...] = next(at_home.understood(words, "en", here(tmp_path)))
    assert [command.words for command in found] == [meant]
