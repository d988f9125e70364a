"""Kinds of turns that were misread, or done wrongly, when people of five sorts talked to it."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from assistant.skills import Before, said_before
from assistant.skills.values import moon
from tests.skills.dialogue import MODEL, done, room, skills, talk
from tests.skills.saying import NOW


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            "remind me to water the plants tomorrow and feed the cat at six",
            "I will remind you tomorrow at 9 in the morning to water the plants. I will remind you at 6 in the evening "
            "to feed the cat.",
        ),
        (
            "remind me friday at 3 to return the books and on sunday to call mum",
            "I will remind you on Friday at 3 in the afternoon to return the books. I will remind you on Sunday at 9 "
            "in the morning to call mum.",
        ),
        ("remind me to buy milk and eggs at six", "I will remind you at 6 in the evening to buy milk and eggs."),
        (
            "remind me on monday and friday to call mum",
            "I will remind you on Monday at 9 in the morning to call mum. I will remind you on Friday at 9 in the "
            "morning to call mum.",
        ),
        ("set two timers, five minutes and ten minutes", "Two timers are set, for 5 minutes and 10 minutes."),
        (
            "Could you possibly wake me at twenty five to seven on Monday",
            "The alarm is set for Monday at 6:35 in the morning.",
        ),
        ("when is the next full moon", "It is on Thursday, 24 December 2026."),
        ("when is the second Sunday of Advent?", "It is on Sunday, 6 December 2026."),
        ("what's two thirds of a cup in millilitres", "Two thirds of a cup is about 157.73 millilitres."),
        ("Leo asks how many minutes are in an hour", "1 hour is 60 minutes."),
        (
            "remind me on the 15th of each month to pay the internet",
            "I can remind you once, or on days of every week. Please say one date.",
        ),
        ("remind me at six to turn the oven on", "I will remind you at 6 in the evening to turn the oven on."),
        ("move it to half past ten", MODEL),
        ("cancel the swimming", "There is no timer, alarm or reminder called swimming."),
        ("I'm done with the world", MODEL),
    ],
)
def test_one_turn(tmp_path: Path, said: str, answer: str) -> None:
    assert talk(room(tmp_path), said) == [answer]


@pytest.mark.parametrize(
    ("turns", "answer"),
    [
        (
            (
                "remind me to take my blood pressure tablet every morning at eight",
                "and the water tablet at noon every day",
            ),
            "I will remind you at noon every day to take the water tablet.",
        ),
        (
            (
                "remind me to take the tablet at half past twelve every day",
                "the tablet should be at one, not half past twelve",
            ),
            "I will remind you at 1 in the afternoon every day to take the tablet.",
        ),
        (
            ("remind me to take Leo to swimming on Saturday at ten", "cancel the swimming"),
            "The reminder to take Leo to swimming is cancelled.",
        ),
        (
            ("remind me to take Leo to swimming on Saturday at ten", "when's swimming"),
            "I will remind you on Saturday at 10 in the morning to take Leo to swimming.",
        ),
        (
            ("remind me to buy stamps tomorrow at four", "move the stamps to Friday"),
            "I will remind you on Friday at 4 in the afternoon to buy stamps.",
        ),
        (
            ("set an alarm for 7:15 every weekday", "skip the alarm tomorrow"),
            "I leave out the alarm tomorrow at 7:15 in the morning. It rings again on Friday at 7:15 in the morning.",
        ),
        (
            (
                "set a rice timer for 11 minutes",
                "set an oven timer for 25 minutes",
                "which timers are running",
                "cancel the first",
            ),
            "The rice timer is cancelled.",
        ),
        (("set a timer for ten minutes", "call it washing"), "The timer is called washing now."),
        (
            ("put lemons and milk on the shopping list", "actually make that limes instead of lemons"),
            "I took lemons and milk off your shopping list again. I put limes and milk on your shopping list.",
        ),
        (("put milk on the list", "no, take it off again"), "I took milk off your shopping list."),
        (("put milk and eggs on the list", "how many left"), "There are 2 things on your shopping list."),
        (("set a timer for ten minutes", "cancel the timer", "hang on, don't cancel it"), "The timer is set again."),
        (("set a timer for ten minutes", "sorry, I didn't mean that", "take it back"), "The timer is cancelled."),
        (("sorry, I didn't mean that",), "There is nothing to take back."),
        (("what's on my shopping list", "I didn't mean that"), "There is nothing to take back."),
    ],
)
def test_what_follows_what_was_done(tmp_path: Path, turns: tuple[str, ...], answer: str) -> None:
    assert talk(room(tmp_path), *turns)[-1] == answer


def test_what_one_call_did_is_taken_back_in_the_next(tmp_path: Path) -> None:
    here = room(tmp_path)
    found = skills().action("put milk on the shopping list", "en", here)
    assert found and found[1].do
    asyncio.run(done(found[1].do))
    said_before.keep(found[1], tmp_path, NOW.timestamp())
    asked = skills().action("sorry, I did not mean that", "en", here, said_before.before(skills(), here))
    assert asked
    assert asked[1].say == "Shall I take it back, or what shall I change?"
    said_before.keep(asked[1], tmp_path, NOW.timestamp())
    before = said_before.before(skills(), here)
    again = skills().action("take it back", "en", here, before)
    assert again and again[1].do
    assert asyncio.run(done(again[1].do)) == "I took milk off your shopping list again."


def test_what_was_never_kept_is_not_taken_back(tmp_path: Path) -> None:
    assert said_before.before(skills(), room(tmp_path)) == Before()


def test_full_and_new_moons_are_those_of_the_almanac() -> None:
    """Of the US Naval Observatory's tables: full on 24 December 2026, 1:28 UT, new on 12 August 2026, 17:37 UT."""
    full = [moon.at(number, full=True) for number in range(325, 340)]
    new = [moon.at(number, full=False) for number in range(325, 340)]
    assert any(f"{at:%Y-%m-%d %H:%M}".startswith(("2026-12-24 01:2", "2026-12-24 01:3")) for at in full)
    assert any(f"{at:%Y-%m-%d %H:%M}".startswith(("2026-08-12 17:3", "2026-08-12 17:4")) for at in new)
    assert moon.days("full moon", date(2026, 12, 2))[0] in (date(2026, 12, 23), date(2026, 12, 24))
