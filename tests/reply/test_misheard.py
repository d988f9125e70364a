"""Words that mean nothing are taken for the command that they may have been, and only these."""

from __future__ import annotations

import asyncio

import pytest

from assistant.reply.misheard import as_command
from assistant.skills import Action
from assistant.stt import Hypothesis, Transcript

SLIP = "Set a dime for ten minutes."
TIMER = "Set a timer for ten minutes."


async def do() -> None: ...


MEANT = {TIMER: ("timer.set", Action("10 minutes.", do)), "Speak up please.": ("talking.louder", Action("Sure."))}


def taken(words: str, *others: Hypothesis, language: str = "en") -> tuple[Transcript, int]:
    """The transcript that is answered, and how often it was asked what else may have been said."""
    asked = []

    async def all_of_them() -> tuple[Hypothesis, ...]:
        asked.append(words)
        return others

    return asyncio.run(as_command(Transcript(words, 0.7, language), MEANT.get, all_of_them)), len(asked)


def other(words: str, log_odds: float = -0.5) -> Hypothesis:
    return Hypothesis(words, 0.8, 0.6, log_odds)


def test_the_command_is_taken_that_may_have_been_said():
    found, asked = taken(SLIP, other(SLIP, 0.0), other("Set a diamond for ten minutes.", -0.2), other(TIMER))
    assert (found, asked) == (Transcript(TIMER, 0.8, "en", weakest=0.6), 1)


def test_what_is_understood_stays_and_nothing_else_is_asked_for():
    assert taken(TIMER, other(SLIP)) == (Transcript(TIMER, 0.7, "en"), 0)


@pytest.mark.parametrize("words", ["How tall was Napoleon really?", "Timer.", ""])
def test_what_is_plainly_no_command_is_not_looked_at(words: str):
    assert taken(words, other(TIMER)) == (Transcript(words, 0.7, "en"), 0)


def test_another_language_is_left_alone():
    assert taken(SLIP, other(TIMER), language="de")[1] == 0


@pytest.mark.parametrize("instead", [other(TIMER, -4.0), other("Speak up please."), other("Napoleon was a tall man.")])
def test_what_is_too_improbable_or_does_nothing_is_not_taken(instead: Hypothesis):
    assert taken(SLIP, instead) == (Transcript(SLIP, 0.7, "en"), 1)
