"""What the last conversation told is proposed at the start of the next: once, and kept only with a yes."""

from __future__ import annotations

import asyncio
import json

from assistant import journal
from assistant.memory.facts import Memory
from assistant.modes import proposing
from assistant.turn import Turn


class Talk:
    def __init__(self) -> None:
        self.proposed: list = []

    def propose(self, action) -> None:
        self.proposed.append(action)


def test_facts_are_asked_about_once_and_remembered_with_their_turn(tmp_path) -> None:
    said = [
        ("20261201-090000-aaaaaa", "I live in Rome"),
        ("20261202-152000-ab12cd", "My sister is called Anna."),
        ("20261203-080000-bbbbbb", "I play the cello."),
    ]
    path, memory, talk = tmp_path / "journal.jsonl", Memory(tmp_path / "memory" / "me.md"), Talk()
    rows = [journal.record(Turn(3, text, outcome="answered"), conversation) for conversation, text in said]
    rows[1]["time"] = "2026-12-02T15:20:09.000+01:00"
    rows.insert(2, {**rows[1], "turn": 4, "user": "Thank you.", "heard": "You are welcome."})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for _ in range(2):
        proposing.propose(talk, memory, path, "20261203-080000-bbbbbb")
    (asked,) = talk.proposed
    assert asked.ask == "Shall I remember that your sister is called Anna?" and memory.facts() == ()
    asyncio.run(asked.do())
    (kept,) = memory.facts()
    assert kept.line() == "- 2026-12-02: my sister is called Anna (20261202-152000-ab12cd, turn 3)"


def test_without_a_journal_nothing_is_proposed(tmp_path) -> None:
    talk = Talk()
    proposing.propose(talk, Memory(tmp_path / "me.md"), tmp_path / "none.jsonl", "now")
    assert talk.proposed == [] and list(tmp_path.iterdir()) == []
