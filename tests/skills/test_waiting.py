"""What is set by a program that ends at once rings in one that lasts only: the user hears of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.skills import dialogue

NOTE = " Start the assistant before then: I ring only while it runs."


@pytest.mark.parametrize(
    "words, heard",
    [
        ("set a timer for ten minutes", "The timer is set for 10 minutes." + NOTE),
        ("set an alarm for seven", "The alarm is set for 7 in the evening." + NOTE),
        ("remind me at six to call mum", "I will remind you at 6 in the evening to call mum." + NOTE),
        ("set a timer", "For how long?"),
        ("which timers do I have", "There is no timer."),
        ("put milk on my list", "I put milk on your shopping list."),
    ],
)
def test_it_is_said(words: str, heard: str, tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    assert dialogue.talk(replace(room, lasts=False), words) == [heard]
    assert NOTE not in dialogue.talk(room, "set a timer for 2 hours")[0]


def test_also_in_another_language(tmp_path: Path) -> None:
    once = replace(dialogue.room(tmp_path), lasts=False)
    found = dialogue.skills().action("Stelle einen Timer auf fünf Minuten", "de", once)
    assert found is not None and found[1].do is not None
    said = (
        "Der Timer ist auf 5 Minuten gestellt. Starte bis dahin den Assistenten: Ich melde mich nur, solange er läuft."
    )
    assert found[1].say == said and asyncio.run(dialogue.done(found[1].do)) is None
    assert len(once.timekeeper.entries()) == 1
