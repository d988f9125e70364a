"""Several things at once: everything, all but some, until a time, in time for something."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.skills import Before
from tests.skills import dialogue

DIALOGUES = """
start a timer for a quarter of an hour > The timer is set for 15 minutes.
wake me tomorrow at six > The alarm is set for tomorrow at 6 in the morning.
please cancel everything > The timer and the alarm are cancelled. Say "undo that" if I should set them again.
undo that please > The timer and the alarm tomorrow at 6 in the morning are set again.
delete everything you have set > The timer and the alarm are cancelled. Say "undo that" if I should set them again.
cancel it all > Nothing is set: no timer, no alarm and no reminder.

start a 3 minute timer > The timer is set for 3 minutes.
start a 5 minute timer > The timer is set for 5 minutes.
start an 8 minute timer > The timer is set for 8 minutes.
stop all of them except the last > The 3 minute timer and the 5 minute timer are cancelled.
which timers are running > The timer has 8 minutes left.
cancel all timers but the pasta one > There is no such timer; I leave them all.

start a rice timer for 12 minutes > The rice timer is set for 12 minutes.
start a beans timer for 9 minutes > The beans timer is set for 9 minutes.
get rid of every timer apart from the rice one > The beans timer is cancelled.
undo that > The beans timer is set again.

put apples, soap and rice on the list > I put apples, soap and rice on your shopping list.
clear the shopping list except for the soap > I took apples and rice off your shopping list.
oh no, hang on, put them back > I put apples and rice back on your shopping list.
remove everything but the first from my list > I took soap and rice off your shopping list.

put apples and soap on the list > I put apples and soap on your shopping list.
take everything off but the rice > the model answers
clear the shopping list except the rice > There is no the rice on your shopping list. What shall I leave on it?

set a tea timer until half past three > The tea timer is set until 3:30 in the afternoon, for 10 minutes.
start a timer until twenty past three > The timer is set until 3:20 at night, for 12 hours.

wake me up in time to catch the 6:50 bus > I do not know how long you need before that. At what time shall I wake you?
ten to seven > The alarm is set for tomorrow at 6:50 in the morning.

I have an exam at nine, wake me before that > I do not know how long you need before that. \
At what time shall I wake you?
at seven > The alarm is set for tomorrow at 7 in the morning.
"""


@pytest.mark.parametrize("lines", DIALOGUES.strip().split("\n\n"), ids=lambda lines: lines[:40])
def test_what_is_meant_is_done_and_no_more(lines: str, tmp_path: Path) -> None:
    turns = [line.split(" > ") for line in lines.splitlines()]
    assert dialogue.talk(dialogue.room(tmp_path), *(said for said, _ in turns)) == [heard for _, heard in turns]


def test_stop_everything_asks_before_it_drops_what_waits(tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    dialogue.talk(room, "set a timer for an hour")
    found = dialogue.skills().action("stop everything", "en", room, Before())
    assert found is not None and found[1].ask == "Shall I cancel the timer?"
    assert len(room.timekeeper.entries("timer")) == 1
