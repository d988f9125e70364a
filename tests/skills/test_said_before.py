"""Calls of `assistant ask` that follow on one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.skills import Before, Here, said_before
from tests.skills import dialogue
from tests.skills.saying import NOW


def call(room: Here, words: str) -> str:
    """What one call says."""
    before = said_before.before(dialogue.skills(), room)
    found = dialogue.skills().action(words, "en", room, before)
    said = dialogue.MODEL
    if found:
        ended = dialogue.asyncio.run(dialogue.done(found[1].do)) if found[1].do else None
        said = found[1].say if ended is None else ended
    said_before.keep(found[1] if found else None, room.folder, room.now().timestamp())
    return said


@pytest.mark.parametrize(
    "calls",
    [
        [
            ("set a timer for twelve minutes", "The timer is set for 12 minutes."),
            ("make it twenty", "The timer is set for 20 minutes from now."),
            ("and cancel it", "The timer is cancelled."),
        ],
        [("set a timer", "For how long?"), ("five minutes", "The timer is set for 5 minutes.")],
        [
            ("how much is 15 times 4", "15 times 4 is 60."),
            ("times two", "60 times 2 is 120."),
            ("half of that", "Half of 120 is 60."),
        ],
        [
            ("put soap on my list", "I put soap on your shopping list."),
            ("and candles too", "I put candles on your shopping list."),
        ],
        [("set a timer for ten minutes", "The timer is set for 10 minutes."), ("I like it", dialogue.MODEL)],
    ],
    ids=lambda calls: calls[1][0],
)
def test_the_next_call_refers_to_the_one_before(calls: list[tuple[str, str]], tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    assert [call(room, words) for words, _ in calls] == [said for _, said in calls]
    assert (tmp_path / ".before.json").exists() != (calls[-1][1] == dialogue.MODEL)


def test_after_ten_minutes_nothing_is_referred_to(tmp_path: Path) -> None:
    room = dialogue.room(tmp_path)
    call(room, "set a timer for an hour")
    assert said_before.before(dialogue.skills(), replace(room, now=lambda: NOW + timedelta(minutes=11))) == Before()


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"at": "x", "commands": []}', '{"at": 1, "commands": [{"name": 1}]}'])
def test_a_torn_file_is_nothing(kept: str, tmp_path: Path) -> None:
    (tmp_path / ".before.json").write_text(kept, encoding="utf-8")
    assert said_before.before(dialogue.skills(), dialogue.room(tmp_path)) == Before()


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    call(dialogue.room(tmp_path), "set a timer for an hour")
    assert (tmp_path / ".before.json").stat().st_mode & 0o077 == 0
