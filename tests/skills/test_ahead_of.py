"""Reminders and alarms that are counted back from what they are about, and those that follow their reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.skills.dialogue import MODEL, room, talk


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            "I have a clinic on Tuesday at nine, remind me an hour before",
            "I will remind you on Tuesday at 8 in the morning about a clinic.",
        ),
        (
            "I've got the dentist on Friday at nine so remind me the evening before",
            "I will remind you tomorrow at 7 in the evening about the dentist.",
        ),
        (
            "my grandson's train gets in tomorrow at twenty past two, mention it to me at one",
            "I will remind you tomorrow at 1 in the afternoon about your grandson's train.",
        ),
        (
            "remind me the night before trash day, that's Friday, to take the bins out",
            "I will remind you tomorrow at 8 in the evening to take the bins out.",
        ),
        ("remind me an hour before the meeting at five", "I will remind you at 4 in the afternoon about the meeting."),
        (
            "I've to move the car by half past four so remind me at quarter past",
            "I will remind you at 4:15 in the afternoon to move the car.",
        ),
        (
            "the day after tomorrow I must bring back the library books, please remind me in the morning",
            "I will remind you on Friday at 9 in the morning to bring back the library books.",
        ),
        (
            "I must remember to ring Dad on Sunday, can you remind me",
            "I will remind you on Sunday at 9 in the morning to ring Dad.",
        ),
        (
            "my flight leaves on Saturday at eleven so wake me four hours before",
            "The alarm is set for Saturday at 7 in the morning.",
        ),
        ("I need to leave in twenty minutes, let me know", "The timer is set for 20 minutes."),
        ("she forgot to remind me an hour before", MODEL),
        ("I was at the dentist on Friday at nine and they told me an hour before", MODEL),
    ],
)
def test_one_turn(tmp_path: Path, said: str, answer: str) -> None:
    assert talk(room(tmp_path), said) == [answer]


def test_it_is_added_to_the_reminder_before(tmp_path: Path) -> None:
    said = ("remind me about the dentist on Friday at nine", "and remind me the evening before")
    assert talk(room(tmp_path), *said)[1] == "I will remind you tomorrow at 7 in the evening about the dentist."


@pytest.mark.parametrize(
    ("turns", "answer"),
    [
        (("put pay the rent on my to-do list", "and email the tutor"), "I put email the tutor on your to-do list."),
        (("put pay the rent on my to-do list", "also call the bank"), "I put call the bank on your to-do list."),
        (
            ("remind me to print the essay at five", "and email the tutor"),
            "I will remind you at 5 in the afternoon to email the tutor.",
        ),
        (
            ("set a timer for ten minutes for the rice", "start another one for the stock, forty minutes"),
            "The stock timer is set for 40 minutes.",
        ),
    ],
)
def test_one_more_of_the_same(tmp_path: Path, turns: tuple[str, ...], answer: str) -> None:
    assert talk(room(tmp_path), *turns)[-1] == answer
