"""The bench of faults: that it does them, and that what it counts is a fault."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.bench import fault_kinds, faults, faulty
from assistant.bench.clips import Clip
from assistant.errors import UsageError
from tests.data import SAMPLES, load

CLIPS = [
    Clip(Path(), "his father dying in miserable circumstances", "read", 3.0),
    Clip(Path(), "why it might have been in the workhouse", "read", 2.0),
]


def test_an_ordered_fault_comes_once_in_the_thread_of_its_engine(tmp_path, monkeypatch):
    monkeypatch.setattr(faulty, "_file", tmp_path / "orders.json")
    faulty.order(tmp_path / "orders.json", "llm", "raise", after=2)

    async def use() -> tuple[list[int], list[int], int]:
        llm, tts = faulty._Faulty("llm"), faulty._Faulty("espeak")
        broken: list[int] = []
        other = await tts.call(lambda: 7)
        with pytest.raises(RuntimeError):
            async for item in llm.stream(lambda cancelled: range(5)):
                broken.append(item)
        return broken, [item async for item in llm.stream(lambda cancelled: range(5))], other

    assert asyncio.run(use()) == ([0, 1], [0, 1, 2, 3, 4], 7)


def test_a_transcript_is_the_question_it_has_most_words_of():
    assert faults._asks({"user": "His father, dying in miserable circumstance."}, CLIPS) is CLIPS[0]
    assert faults._asks({"user": "Sorry, it was nothing."}, CLIPS) is None


def test_a_reply_is_mixed_up_when_another_one_is_heard():
    earlier = ["The workhouse was a place for the poor.", "The law is a double-edged sword."]
    assert faults._is_of_another("The law is a double edged sword.", "You are a helpful assistant.", earlier)
    assert not faults._is_of_another(
        "But long as I don't land, it's hard.", "The law is a double-edged sword.", earlier
    )
    assert not faults._is_of_another("The law is a double edged sword.", "The law is a double-edged sword.", earlier)
    assert not faults._is_of_another("Yes.", "Yes, of course.", ["Yes."])


def test_a_process_listens_again_by_what_its_screen_says_after_its_death():
    program = SimpleNamespace(times=[1.0, 5.0, 8.5], lines=["… listening", "… loading", "… state     listening"])
    assert faults._restarted(program, [4.0]) == 4.5
    assert faults._restarted(program, [9.0]) is None and faults._restarted(program, []) is None


def test_it_listens_again_when_that_lasts():
    answers = iter([True, False, *[True] * 1000])
    since = time.monotonic()
    seconds = fault_kinds.seconds_until(lambda: next(answers), since, lasting=0.1)
    assert seconds is not None and seconds > 0.03
    assert fault_kinds.seconds_until(lambda: False, since, patience=0.0) is None


def test_what_failed_is_counted():
    good = {"works": True, "again": 0.5, "mixed": False}
    cases = [
        {"fault": "microphone removed", **good},
        {"fault": "microphone removed", **good, "works": False, "again": None, "lost": 1, "running": False},
        {"fault": "llm hangs", **good, "mixed": True},
    ]
    rows = {row.name: row for row in faults._rows(cases)}
    assert rows["microphone removed: next turn works"].p50 == 50
    assert rows["llm hangs: next turn works"].met and "llm hangs: listening again" not in rows
    assert [name for name, row in rows.items() if row.met is False] == [
        "microphone removed: next turn works",
        "microphone removed: listening again",
        "turns mixed up",
        "turns lost",
        "programs that ended",
    ]


def test_an_unknown_fault_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="microphone removed"):
        faults.run([], only="earthquake")


@pytest.mark.real_time
def test_the_real_program_survives_a_lost_microphone():
    result = faults.run(load(SAMPLES / "dev"), turns=1, only="microphone removed")
    [case] = result.details
    assert case["works"] and not case["mixed"] and case["again"] < 5.0, json.dumps(case, default=str)
    assert any("microphone" in told for told in case["told"])
