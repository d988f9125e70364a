"""Words that refer to what was done just before, and those that only seem to."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.skills import Before
from assistant.skills.loaded import Skills
from assistant.skills.time import clock, timers
from tests.scene import Scene
from tests.scripted import Say
from tests.skills import dialogue
from tests.skills.equipment import equipped
from tests.skills.saying import here

DIALOGUES = """
set a timer for ten minutes > The timer is set for 10 minutes.
make it fifteen > The timer is set for 15 minutes from now.
add another five minutes > The timer has 20 minutes left now.
how long has it got left > The timer has 20 minutes left.
pause it please > The timer is on hold, with 20 minutes left.
cancel it again > The timer is cancelled.
cancel it > the model answers

set a pasta timer for ten minutes > The pasta timer is set for 10 minutes.
set a timer for two hours > The timer is set for 2 hours.
make that three > The 2 hour timer is set for 3 hours from now.

set a timer for ten minutes > The timer is set for 10 minutes.
set a timer for ten minutes > The timer is set for 10 minutes.
cancel it > There are 2 timers: the 10 minute timer with 10 minutes left and the 10 minute timer with 10 minutes left. \
Which one?
the second > The 10 minute timer is cancelled.

set an alarm for seven > The alarm is set for 7 in the evening.
make it half past seven > The alarm is set for 7:30 in the evening now.
cancel that > The alarm at 7:30 in the evening is cancelled.

remind me at six to call mum > I will remind you at 6 in the evening to call mum.
make it seven > I will remind you at 7 in the evening to call mum.
cancel it > The reminder to call mum is cancelled.

put milk on my list > I put milk on your shopping list.
and eggs as well > I put eggs on your shopping list.
and what do you think > the model answers

set an alarm for seven > The alarm is set for 7 in the evening.
set an alarm for eight > The alarm is set for 8 in the evening.
which alarms are set > There are 2 alarms: at 7 in the evening and at 8 in the evening.
get rid of that one > There are 2 alarms: the alarm at 7 in the evening and the alarm at 8 in the evening. Which one?
the second > The alarm at 8 in the evening is cancelled.
which alarms are set > The alarm is set for 7 in the evening.
cancel them all > The alarm is cancelled.

put milk, eggs and bread on the list > I put milk, eggs and bread on your shopping list.
what's on it now > On your shopping list are milk, eggs and bread.
take off the third one > I took bread off your shopping list.
take off the fifth one > There are 2 things on that list.

Milk on the list please > I put milk on your shopping list.

Remind me > Of what shall I remind you?
to feed the rabbit > When shall I remind you to feed the rabbit?
at five > I will remind you at 5 in the afternoon to feed the rabbit.

set a timer for five minutes for the tea and one for ten for the cake > Two timers are set, for 5 minutes for the tea \
and 10 minutes for the cake.
how much time is left on all my timers > There are 2 timers: the tea timer with 5 minutes left and the cake timer with \
10 minutes left.
cancel the tea timer > The tea timer is cancelled.
which timers are running > The cake timer has 10 minutes left.

set two alarms for six and seven > The alarm is set for 6 in the evening. The alarm is set for 7 in the evening.
how long until my alarm? > There are 2 alarms: at 6 in the evening and at 7 in the evening.

put bread on my list > I put bread on your shopping list.
take it off again > I took bread off your shopping list.

what time is it in Paris > In Paris it is 3:20 in the afternoon.
and in London? > In London it is 2:20 in the afternoon.
what about Tokyo > In Tokyo it is 11:20 at night.
what about that film > the model answers

set a timer for ten minutes > The timer is set for 10 minutes.
what about the weather > the model answers
make it fifteen > the model answers

make it fifteen > the model answers
"""


@pytest.mark.parametrize("lines", DIALOGUES.strip().split("\n\n"), ids=lambda lines: lines[:40])
def test_it_is_what_was_named_last(lines: str, tmp_path: Path) -> None:
    turns = [line.split(" > ") for line in lines.splitlines()]
    assert dialogue.talk(dialogue.room(tmp_path), *(said for said, _ in turns)) == [heard for _, heard in turns]


@pytest.mark.parametrize(
    "first, second, meant",
    [
        ("turn on the kitchen light", "turn it off again", "turn the kitchen light off"),
        ("turn on the kitchen light", "dim it a bit", "dim the kitchen light a bit"),
        ("turn on the kitchen light", "what about the bedroom?", "turn on the bedroom light"),
        ("turn on the kitchen light", "and the hall light too", "turn on the hall light"),
        ("turn on the kitchen light", "what about dinner?", ""),
        ("turn off the hall light and turn on the desk lamp", "turn it off", ""),
    ],
)
def test_at_home(first: str, second: str, meant: str, at_home: Skills, tmp_path: Path) -> None:
    done = next(at_home.understood(first, "en", here(tmp_path)))
    found = next(at_home.understood(second, "en", here(tmp_path), Before(done=done)), ())
    assert " ".join(command.words for command in found).lower() == meant


def test_in_one_breath(at_home: Skills, tmp_path: Path) -> None:
    found = next(at_home.understood("turn on the kitchen light and set it to 40 percent", "en", here(tmp_path)))
    assert [command.words.lower() for command in found] == [
        "turn on the kitchen light",
        "set the kitchen light to 40 percent",
    ]


@pytest.mark.parametrize(
    "between, at, heard",
    [(None, 6.0, "The timer is set for 15 minutes from now."), ("how are you", 10.0, "I am the model.")],
)
def test_in_a_conversation_it_is_what_the_turn_before_was_about(
    between: str | None, at: float, heard: str, tmp_path: Path
) -> None:
    room, equipment = dialogue.room(tmp_path), equipped(clock, timers)
    object.__setattr__(equipment, "timekeeper", room.timekeeper)
    says = [Say(1.0, "set a timer for ten minutes"), Say(at, "make it fifteen")]
    says[1:1] = [Say(6.0, between)] if between else []
    played = Scene(says, ["I am the model."], until=at + 4, equipment=equipment).play()
    assert played.turns[-1].heard == heard
