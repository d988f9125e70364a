"""Reasons beside a command about time, and sentences about time that people say in other words."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.skills.words import asides
from tests.skills.dialogue import MODEL, room, talk


@pytest.mark.parametrize(
    ("said", "main"),
    [
        ("set a timer for five minutes, the eggs are on", ["set a timer for five minutes"]),
        ("wake me at six because I have a lecture", ["wake me at six"]),
        ("I've a cake in, set a timer for ten minutes, it's a big one", ["set a timer for ten minutes"]),
        ("set a timer for five minutes, she said", []),
        ("set a timer for five minutes, no I don't need it", []),
        ("set a timer for five minutes, and cancel the other", []),
        ("he left, because I was late", []),
        ("is the timer on, or did it ring?", []),
    ],
)
def test_what_is_left(said: str, main: list[str]) -> None:
    assert list(asides.without(said))[-1:] == main


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            "need to be at the airport by five, wake me at half past three in the night",
            "The alarm is set for tomorrow at 3:30 at night.",
        ),
        (
            "remind me to ring mum at five because it's her birthday",
            "I will remind you at 5 in the afternoon to ring mum.",
        ),
        (
            "remind me about mum's birthday on Friday",
            "I will remind you on Friday at 9 in the morning about mum's birthday.",
        ),
        (
            "don't you let me miss the church supper on Saturday at five",
            "I will remind you on Saturday at 5 in the afternoon about the church supper.",
        ),
        ("set a timer for 5 years", "A timer runs for 100 hours at most; for later, ask me to remind you."),
        ("today is what day", "It is Wednesday, 2 December 2026."),
        ("is it Wednesday or Thursday today", "It is Wednesday, 2 December 2026."),
        ("how many days are left in January", "It is 60 days until Sunday, 31 January 2027."),
        ("how many days are left in the year", "It is 29 days until Thursday, 31 December 2026."),
        ("how long is it to my holiday on the twentieth of July", "It is 230 days until Tuesday, 20 July 2027."),
        ("I want to sleep until nine tomorrow", "The alarm is set for tomorrow at 9 in the morning."),
        ("The others have been gone on to Scarborough, these three weeks.", MODEL),
    ],
)
def test_one_turn(tmp_path: Path, said: str, answer: str) -> None:
    assert talk(room(tmp_path), said) == [answer]
