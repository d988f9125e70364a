"""Sentences through the real matcher; none of them is a template's wording only, and lookalikes ask for nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from assistant.skills import Command, Here, Impossible
from assistant.skills.time import alarms, clock, meant, reminders, timers
from assistant.skills.time.timekeeper import Timekeeper
from assistant.skills.words.matching import Matcher

NOW = datetime(2026, 12, 2, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))  # a Wednesday
MODULES = {"clock": clock, "timer": timers, "alarm": alarms, "reminder": reminders}
MATCHER = Matcher([row for module in MODULES.values() for row in module.COMMANDS])

SAID = """
what time is it
    It is 3:20 in the afternoon.
have you got the time
    It is 3:20 in the afternoon.
do you know what time it is
    It is 3:20 in the afternoon.
which time is it over in los angeles
    In Los Angeles it is 6:20 in the morning.
what time have they got in sydney
    In Sydney it is 1:20 at night, tomorrow.
what time is it in australia
    There is more than one time in Australia; ask for a city.
what time is it in narnia
    I do not know the time zone of Narnia; ask for a larger city nearby.
tell me today's date
    It is Wednesday, 2 December 2026.
which day of the week is it today
    It is Wednesday, 2 December 2026.
what day is the 24th of december
    24 December 2026 is a Thursday.
what weekday was yesterday
    Yesterday was Tuesday, 1 December 2026.
when's easter
    It is on Sunday, 28 March 2027.
what's tomorrow's date
    Tomorrow is Thursday, 3 December 2026.
what week are we in
    It is week 49.
which year do we have
    It is 2026.
how many days till christmas
    It is 23 days until Friday, 25 December 2026.
how many weeks until the first of may
    It is 21 weeks and 3 days until Saturday, 1 May 2027.
how long until half past four
    It is 1 hour and 10 minutes until 4:30 in the afternoon.
how long till seven
    It is 3 hours and 40 minutes until 7 in the evening.
what day is the 31st of april
    There is no 31 April.
set a timer for five minutes
    The timer is set for 5 minutes.
set an egg timer, three and a half minutes
    The egg timer is set for 3 minutes and 30 seconds.
start me a timer for the eggs for six and a half minutes
    The eggs timer is set for 6 minutes and 30 seconds.
20 minute timer for the roast
    The roast timer is set for 20 minutes.
stick a timer on for three quarters of an hour for the lasagne
    The lasagne timer is set for 45 minutes.
ping me in ten
    The timer is set for 10 minutes.
give me a shout in a couple of minutes
    The timer is set for 2 minutes.
let me know when half an hour is up
    The timer is set for 30 minutes.
set a timer for 10 minutes and another for a quarter of an hour
    Two timers are set, for 10 minutes and 15 minutes.
set timer pizza twelve minutes
    The pizza timer is set for 12 minutes.
set a timer
    For how long?
set a timer for zero seconds
    A timer needs at least one second.
set a timer for 1000 hours
    A timer runs for 100 hours at most; for later, ask me to remind you.
how long left on my timer
    There is no timer.
what alarms do i have
    There is no alarm.
wake me at six
    The alarm is set for 6 in the evening.
get me up at half past seven
    The alarm is set for tomorrow at 7:30 in the morning.
get me up at a quarter to seven in the morning
    The alarm is set for tomorrow at 6:45 in the morning.
i need to be up by five thirty tomorrow
    The alarm is set for tomorrow at 5:30 in the morning.
set an alarm for weekdays at seven
    The alarm is set for 7 in the morning on weekdays.
set an alarm for seven every weekday
    The alarm is set for 7 in the morning on weekdays.
set an alarm called pills for nine tonight
    The pills alarm is set for 9 in the evening.
wake me in twenty minutes
    The alarm is set for 20 minutes from now, at 3:40 in the afternoon.
set an alarm for today at two pm
    At 2 in the afternoon is over already.
set an alarm for the 31st of february at seven
    There is no 31 February.
remind me to call mum tomorrow at six
    I will remind you tomorrow at 6 in the morning to call mum.
remind me tomorrow to call my mum at three
    I will remind you tomorrow at 3 in the afternoon to call your mum.
in half an hour remind me to turn off the oven
    I will remind you in 30 minutes to turn off the oven.
ping me in ten minutes about the laundry
    I will remind you in 10 minutes about the laundry.
remind me every monday at eight to water the plants
    I will remind you at 8 in the morning every Monday to water the plants.
i mustn't forget to ring gran on sunday
    I will remind you on Sunday at 9 in the morning to ring gran.
remind me at noon that the plumber is coming
    I will remind you tomorrow at noon that the plumber is coming.
at six tell me to feed the dog
    I will remind you at 6 in the evening to feed the dog.
remind me to buy milk
    When shall I remind you to buy milk?
what are my reminders
    There is no reminder.
"""

CONVERSATIONS = {
    "names and lengths": """
set a pasta timer for ten minutes
    The pasta timer is set for 10 minutes.
set a timer for five minutes
    The timer is set for 5 minutes.
what timers do i have
    There are 2 timers: the 5 minute timer with 5 minutes left and the pasta timer with 10 minutes left.
how long left on the pasta
    The pasta timer has 10 minutes left.
how's the pasta doing
    The pasta timer has 10 minutes left.
add two minutes to the pasta timer
    The pasta timer has 12 minutes left now.
take three minutes off the pasta
    The pasta timer has 9 minutes left now.
give me another five minutes
    There are 2 timers: the 5 minute timer with 5 minutes left and the pasta timer with 9 minutes left. Which one?
kill the egg timer
    There is no egg timer; there are the 5 minute timer with 5 minutes left and the pasta timer with 9 minutes left.
cancel the five minute timer
    The 5 minute timer is cancelled.
give me another five minutes
    The pasta timer has 14 minutes left now.
pause the timer
    The pasta timer is on hold, with 14 minutes left.
how much time is left
    The pasta timer has 14 minutes left; it is on hold.
resume the pasta timer
    The pasta timer goes on, with 14 minutes left.
restart the pasta timer
    The pasta timer is set for 14 minutes from now.
change the timer to four minutes
    The pasta timer is set for 4 minutes from now.
take an hour off the timer
    There is less left than that: the pasta timer has 4 minutes left.
i don't need the pasta timer any more
    The pasta timer is cancelled.
cancel all my timers
    There is no timer.
""",
    "two of one name": """
set an egg timer for four minutes
    The egg timer is set for 4 minutes.
set an egg timer for six minutes
    The egg timer is set for 6 minutes.
stop the egg timer
    There are 2 timers: the egg timer with 4 minutes left and the egg timer with 6 minutes left. Which one?
how long is left on the egg timer
    There are 2 timers: the egg timer with 4 minutes left and the egg timer with 6 minutes left.
cancel the six minute timer
    The egg timer is cancelled.
stop the egg timer
    The egg timer is cancelled.
""",
    "alarms": """
set an alarm for seven in the morning
    The alarm is set for tomorrow at 7 in the morning.
set an alarm for 7 am
    There is an alarm for tomorrow at 7 in the morning already.
set an alarm for monday to friday at six fifteen
    The alarm is set for 6:15 in the morning on weekdays.
when's my next alarm
    The alarm is set for 6:15 in the morning on weekdays.
cancel the six fifteen alarm
    The alarm at 6:15 in the morning on weekdays is cancelled.
move my gym alarm to half past eight
    There is no gym alarm; there is the alarm tomorrow at 7 in the morning.
make my alarm half an hour later
    The alarm is set for tomorrow at 7:30 in the morning now.
move my alarm to eight
    The alarm is set for tomorrow at 8 in the morning now.
switch my alarm from eight to nine
    The alarm is set for tomorrow at 9 in the morning now.
turn off my alarm
    The alarm tomorrow at 9 in the morning is cancelled.
set my alarm for half seven
    The alarm is set for 7:30 in the evening.
snooze
    Nothing rings at the moment.
""",
    "reminders": """
remind me to call mum tomorrow at six in the evening
    I will remind you tomorrow at 6 in the evening to call mum.
remind me about the dentist on the 14th at three
    I will remind you on Monday, 14 December at 3 in the afternoon about the dentist.
do i have any reminders tomorrow
    I will remind you tomorrow at 6 in the evening to call mum.
move the reminder to call mum to friday at five pm
    I will remind you on Friday at 5 in the afternoon to call mum.
forget the reminder about the dentist
    The reminder about the dentist is cancelled.
delete all my reminders
    1 reminder is cancelled.
""",
}

LOOKALIKES = """
the timer on my oven is broken|how do timers work|i was thinking about adding a room to my house|what is love
how long is the great wall of china|how much longer can this go on|how long does it take to boil an egg
remind me what a monad is|remind me who wrote hamlet|remind me of that song|this reminds me of my childhood
what is the meaning of time|what's a good time|time flies like an arrow|i have no time|what time does the shop close
what time is the match tomorrow|what day is good for a walk|when is the next election|when is it going to rain
how many days are in february|how many weeks are in a year|what year was the moon landing|wake me up before you go go
i set an alarm yesterday and it did not ring|alarm clocks are annoying|my alarm went off at six this morning
kill the lights|cancel my subscription|give me five minutes|give me a minute|give me a break
another day another dollar|five minutes ago i was happy|let me know when you are ready|tell me about time travel
tell me a story in ten words|call me in the morning|call me in ten minutes|add some excitement to my life
add milk to the list|make it last forever|how far is the moon|how soon is now|how far is it to london
do you remember the timer song|pause the music|start over|let me sleep on it|not yet|i need to get up and go
put the kettle on|turn it off|stop|never mind|time for dinner|it is about time|the time is now
do i have time for a coffee|what is the date of the battle of hastings|how long have you been here
how long is left of the film|how much is left on my gift card|is the chicken done|check on the kids
in the morning i drink coffee|christmas is my favourite holiday|i forgot to call my mother|forget it
delete everything|set the table for six|set the scene|give me a ring|tell me when to stop
tell me in two minutes how a car works|what's the time complexity of quicksort|what was the first alarm clock
"""


class Room:
    def __init__(self, folder: Path) -> None:
        self.seconds = 0.0
        self.keeper = Timekeeper(folder / "timers.json", self.now, lambda: ("boot", self.seconds))
        self.here = Here(self.now, folder, cast(Any, None), self.keeper)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def say(self, words: str) -> str | None:
        """What is answered, once it is done; None = nothing was asked for."""
        try:
            for asked in MATCHER.matches(words, self.now()):
                action = MODULES[asked.name.split(".")[0]].run(asked, self.here)
                if action is not None:
                    return (asyncio.run(cast(Any, action.do())) if action.do else None) or action.say
        except Impossible as error:
            return str(error)
        return None


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


def pairs(text: str) -> list[tuple[str, str]]:
    """What is said, and what is answered, on lines that take turns."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return list(zip(lines[::2], lines[1::2], strict=True))


@pytest.mark.parametrize(("words", "answer"), pairs(SAID))
def test_said(room, words, answer):
    assert room.say(words) == answer


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations(room, name):
    for words, answer in pairs(CONVERSATIONS[name]):
        assert room.say(words) == answer


def test_lookalikes_ask_for_nothing_also_while_a_timer_runs(room):
    room.say("set a pasta timer for ten minutes")
    room.say("set an alarm for seven")
    asked = [words for line in LOOKALIKES.strip().splitlines() for words in line.split("|")]
    assert len(asked) >= 60
    assert {words: answer for words in asked if (answer := room.say(words))} == {}


def test_what_is_set_is_kept_as_it_was_said(room):
    room.say("set a pasta timer for ten minutes")
    room.say("wake me every weekday at half past six")
    room.say("remind me in an hour to feed the cat")
    pasta, cat, up = room.keeper.entries()
    assert (pasta.kind, pasta.name, pasta.length) == ("timer", "pasta", timedelta(minutes=10))
    assert (cat.kind, cat.name, cat.steady) == ("reminder", "feed the cat", 3600.0)
    assert (up.kind, up.due, up.repeat) == ("alarm", datetime(2026, 12, 3, 6, 30, tzinfo=NOW.tzinfo), {0, 1, 2, 3, 4})


def test_run_has_no_effect_before_the_user_has_finished(room):
    (asked, *_) = MATCHER.matches("set a timer for five minutes", NOW)
    action = timers.run(asked, room.here)
    assert action is not None and action.do is not None and room.keeper.entries() == []


def test_names_and_numbers_have_their_limits(room, monkeypatch):
    long = Command("timer.set", {"duration": timedelta(minutes=10), "name": "the very " * 6})
    with pytest.raises(Impossible, match="That name is too long; 10 words are the most."):
        timers.run(long, room.here)
    monkeypatch.setattr(meant, "MOST", 1)
    room.say("set a timer for five minutes")
    assert room.say("set a timer for five minutes") == "There are 1 timers already; cancel some of them first."


def test_what_rings_is_silenced_or_snoozed_by_voice(room):
    async def script():
        async def ring(entry):
            await asyncio.sleep(60)

        running = asyncio.create_task(room.keeper.run(ring))
        for words in ("snooze", "five more minutes", "turn the alarm off"):
            room.keeper.set("alarm", at=room.now())
            while not room.keeper.ringing():
                await asyncio.sleep(0)
            (asked, *_) = MATCHER.matches(words, NOW)
            action = MODULES[asked.name.split(".")[0]].run(asked, room.here)
            await action.do()
            yield action.say
        running.cancel()

    async def answers():
        return [said async for said in script()]

    assert asyncio.run(answers()) == [
        "The alarm at 3:20 in the afternoon rings again in 9 minutes.",
        "The alarm at 3:20 in the afternoon rings again in 5 minutes.",
        "The alarm at 3:20 in the afternoon is off.",
    ]
    assert [room.keeper.left(entry) for entry in room.keeper.entries()] == [timedelta(minutes=5), timedelta(minutes=9)]


def test_what_is_said_when_it_rings_and_of_what_was_missed(room):
    pasta = room.keeper.set("timer", "pasta", after=timedelta(minutes=5))
    plain = room.keeper.set("timer", after=timedelta(minutes=90))
    cat = room.keeper.set("reminder", "feed my cat", after=timedelta(minutes=5))
    alarm = room.keeper.set("alarm", at=NOW)
    assert [entry.sentence() for entry in (pasta, plain, cat, alarm)] == [
        "The pasta timer is done.",
        "The 90 minute timer is done.",
        "This is your reminder: feed your cat.",
        "It is 3:20 in the afternoon.",
    ]
    assert [entry.missed_sentence(NOW + timedelta(hours=1)) for entry in (pasta, cat)] == [
        "While I was off, the pasta timer ran out at 3:25 in the afternoon.",
        "While I was off, a reminder was due at 3:25 in the afternoon: feed your cat.",
    ]
    assert pasta.missed_sentence(NOW + timedelta(days=1)) == (
        "While I was off, the pasta timer ran out yesterday at 3:25 in the afternoon."
    )
