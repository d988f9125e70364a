"""What skills ask back, and what answers it: through the real skills and their matcher."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.skills import Before, Here
from assistant.skills.talk import talking
from assistant.skills.time import clock, timers
from assistant.skills.time.timekeeper import Timekeeper
from tests.scene import Scene
from tests.scripted import Say
from tests.skills import dialogue
from tests.skills.dialogue import MODEL, skills, talk
from tests.skills.equipment import equipped


@pytest.fixture
def room(tmp_path: Path) -> Here:
    return dialogue.room(tmp_path)


DIALOGUES = """
timer > For how long?
five minutes > The timer is set for 5 minutes.

set a timer > For how long?
er, ten minutes please > The timer is set for 10 minutes.

set a pasta timer > For how long?
twelve > The pasta timer is set for 12 minutes.

set an alarm > For when?
quarter past six > The alarm is set for 6:15 in the evening.

wake me tomorrow > At what time?
at seven > The alarm is set for tomorrow at 7 in the morning.

wake me at seven tomorrow > The alarm is set for tomorrow at 7 in the morning.
set an alarm for half past six on weekdays > The alarm is set for 6:30 in the morning on weekdays.
move the seven o'clock alarm to half past seven > The alarm is set for tomorrow at 7:30 in the morning now.

wake me every weekday > At what time?
half past six > The alarm is set for 6:30 in the morning on weekdays.

set a gym alarm > For when?
in twenty minutes > The alarm is set for 20 minutes from now, at 3:40 in the afternoon.

remind me to water my plants > When shall I remind you to water your plants?
every monday at nine > I will remind you at 9 in the morning every Monday to water your plants.

remind me today to feed the cat > At what time?
eight > I will remind you at 8 in the evening to feed the cat.

remind me > Of what shall I remind you?
to call my dad > When shall I remind you to call your dad?
at six > I will remind you at 6 in the evening to call your dad.

add something to my shopping list > What shall I put on your shopping list?
milk and sparklers > I put milk and sparklers on your shopping list.

put it on my to-do list > What shall I put on your to-do list?
call the plumber > I put call the plumber on your to-do list.

make a list > What shall I call it?
books > I made a books list. It is empty.

set a timer for 10 minutes > The timer is set for 10 minutes.
set a pasta timer for 20 minutes > The pasta timer is set for 20 minutes.
extend the timer > There are 2 timers: {ten} and {pasta}. Which one?
the pasta one > By how long?
five minutes > The pasta timer has 25 minutes left now.

set a timer for 10 minutes > The timer is set for 10 minutes.
set a pasta timer for 20 minutes > The pasta timer is set for 20 minutes.
cancel the timer > There are 2 timers: {ten} and {pasta}. Which one?
the ten minute one > The 10 minute timer is cancelled.

set a timer for 10 minutes > The timer is set for 10 minutes.
set a pasta timer for 20 minutes > The pasta timer is set for 20 minutes.
change the timer to half an hour > There are 2 timers: {ten} and {pasta}. Which one?
the second > The pasta timer is set for 30 minutes from now.

set a timer for 10 minutes > The timer is set for 10 minutes.
set a pasta timer for 20 minutes > The pasta timer is set for 20 minutes.
cancel the timer > There are 2 timers: {ten} and {pasta}. Which one?
both > The 10 minute timer is cancelled. The pasta timer is cancelled.
cancel the timer > There is no timer.

set an alarm for seven > The alarm is set for 7 in the evening.
set an alarm for half past eight > The alarm is set for 8:30 in the evening.
change the alarm to nine > There are 2 alarms: {seven} and {eight}. Which one?
the half past eight one > The alarm is set for 9 in the evening now.

add oat milk and soy milk to my shopping list > I put oat milk and soy milk on your shopping list.
take milk off the list > On your shopping list are oat milk and soy milk. Which one do you mean?
oat > I took oat milk off your shopping list.

remind me at six to call mum > I will remind you at 6 in the evening to call mum.
remind me at eight about the bins > I will remind you at 8 in the evening about the bins.
move the reminder to nine o'clock > {reminders}. Which one?
the one about the bins > I will remind you at 9 in the evening about the bins.
"""
NAMES = {
    "ten": "the 10 minute timer with 10 minutes left",
    "pasta": "the pasta timer with 20 minutes left",
    "seven": "the alarm at 7 in the evening",
    "eight": "the alarm at 8:30 in the evening",
    "reminders": "There are 2 reminders: at 6 in the evening to call mum and at 8 in the evening about the bins",
}


@pytest.mark.parametrize("lines", DIALOGUES.strip().split("\n\n"), ids=lambda lines: lines[:40])
def test_the_next_words_are_the_answer(lines: str, room: Here) -> None:
    turns = [line.split(" > ") for line in lines.splitlines()]
    assert talk(room, *(said for said, _ in turns)) == [heard.format(**NAMES) for _, heard in turns]


@pytest.mark.parametrize(
    "question", ["set a timer", "set an alarm", "remind me to call mum", "add to my shopping list"]
)
@pytest.mark.parametrize(
    "words",
    ["what time is it", "how are you today", "tell me a joke", "I was ten minutes late yesterday", "play some music",
     "is it always at six", "yes", "what is love",
     "my grandmother speaks slowly", "put yourself in my shoes", "that is nice", "good morning"],
)  # fmt: skip
def test_other_words_are_none(question: str, words: str, room: Here) -> None:
    _, other = talk(room, question, words)
    assert other == ("It is 3:20 in the afternoon." if words.startswith("what time") else MODEL)


@pytest.mark.parametrize("words", ["never mind", "no, forget it", "nothing, thanks", "Cancel that."])
def test_it_is_taken_back(words: str, room: Here) -> None:
    assert talk(room, "set a timer", words, "ten minutes") == ["For how long?", "All right, I won't.", MODEL]
    assert not room.timekeeper.entries()


def test_a_new_command_is_no_answer(room: Here) -> None:
    said = talk(room, "add something to my to-do list", "set a timer for five minutes", "read my to-do list")
    assert said[1:] == ["The timer is set for 5 minutes.", "There is nothing on your to-do list."]


def test_a_timer_that_is_gone_when_the_answer_comes(room: Here) -> None:
    keeper = room.timekeeper
    asyncio.run(_two(keeper))
    found = skills().action("cancel the timer", "en", room)
    assert found is not None
    keeper.cancel(*keeper.entries())
    answered = skills().action("the first", "en", room, Before(found[1].asks_back))
    assert answered is not None and answered[1].say == "That timer is gone."


async def _two(keeper: Timekeeper) -> None:
    from datetime import timedelta

    for minutes in (5, 9):
        keeper.set("timer", after=timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "second, at, heard",
    [
        ("ten minutes", 4.0, "The timer is set for 10 minutes."),
        ("ten minutes", 36.0, "I am the model."),
        ("what time is it", 4.0, "time"),
    ],
)
def test_in_a_conversation_a_question_waits_half_a_minute(second: str, at: float, heard: str, room: Here) -> None:
    equipment = equipped(clock, timers)
    object.__setattr__(equipment, "timekeeper", room.timekeeper)
    says = [Say(1.0, "set a timer"), Say(at, second), Say(at + 4, "ten minutes")]
    played = Scene(says, ["I am the model."], until=at + 7, equipment=equipment).play()
    asked, answered, after = (turn.heard for turn in played.turns)
    assert asked == "For how long?"
    assert answered.startswith("It is") if heard == "time" else answered == heard
    assert after == "I am the model."


def test_what_was_asked_may_be_said_again(room: Here) -> None:
    equipment = equipped(timers, talking)
    object.__setattr__(equipment, "timekeeper", room.timekeeper)
    says = [Say(1.0, "set a timer"), Say(5.0, "what did you say"), Say(9.0, "ten minutes")]
    played = Scene(says, ["I am the model."], until=14.0, equipment=equipment).play()
    assert [turn.heard for turn in played.turns] == [
        "For how long?",
        "For how long?",
        "The timer is set for 10 minutes.",
    ]


def test_the_answer_may_come_over_the_question(room: Here) -> None:
    equipment = equipped(timers)
    object.__setattr__(equipment, "timekeeper", room.timekeeper)
    says = [Say(1.0, "set a timer"), Say(2.4, "ten minutes", seconds=0.8)]
    Scene(says, ["I am the model."], until=9.0, equipment=equipment).play()
    assert [entry.length.total_seconds() for entry in room.timekeeper.entries() if entry.length] == [600]
