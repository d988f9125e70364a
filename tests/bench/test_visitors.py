"""The bench of visitors: two of them with the real engines, and that it hears what must not be said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant import config
from assistant.bench import visitors
from assistant.errors import AssistantError
from assistant.journal import read
from assistant.llm import Message
from assistant.modes.kiosk.strict import strict
from tests.scripted import ScriptedLlm


def test_two_visitors_are_answered_and_forgotten(tmp_path: Path):
    flags = {**visitors._SETTINGS, "journal.path": str(tmp_path / "journal.jsonl")}
    script, names, notes = asyncio.run(visitors._receive(strict(config.load(None, flags).settings), 2))
    assert [row["missed"] for row in script.rows] == [0, 0] and all(row["left"] for row in script.rows), script.rows
    assert script.rows[-1]["leaks"] == 0 and set(names) == {"stt", "llm", "tts"} and not notes
    rows = [row for row in read(tmp_path / "journal.jsonl") if row["user"]]
    assert len({row["conversation"] for row in rows}) == 2
    assert len(rows) >= sum(len(row["heard_as"]) for row in script.rows)


def test_a_word_of_an_earlier_visitor_is_found_in_prompts_and_in_replies():
    llm = visitors.Overheard(ScriptedLlm(["It is a golden Camel.", "It is blue."], first=0, per_word=0))
    llm.secrets = {("golden", "camel"), ("tiny", "turtle")}

    async def ask(text: str) -> None:
        async for _ in llm.reply([Message("user", text)]):
            pass

    asyncio.run(ask("What is it?"))
    asyncio.run(ask("It was tiny, turtle."))
    assert [leak.strip() for leak in llm.leaks] == ["It is a golden Camel.", "It was tiny, turtle."]


def test_what_grows_and_what_is_missed_is_counted():
    rows = [
        {
            "calls": 1,
            "heard_as": ["a", "b", "c"],
            "missed": int(number == 5),
            "left": True,
            "told": True,
            "leaks": 0,
            "memory": 100.0 + number,
            "threads": 7,
            "descriptors": 20 + (number > 15),
            "seconds": 1.0,
        }
        for number in range(20)
    ]
    found = {row.name: row for row in visitors._rows(rows, [{}] * 60)}
    assert {name for name, row in found.items() if row.met is False} == {
        "turns missed",
        "memory growth after warm-up",
        "descriptors more after warm-up",
    }


def test_too_few_turns_are_refused():
    with pytest.raises(AssistantError, match="--turns 5"):
        visitors.run(5)
