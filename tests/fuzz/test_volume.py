"""20,000 examples of each parser of foreign text, each made from its number; see tests/fuzz/volume.py."""

from __future__ import annotations

import os

import pytest

from tests.fuzz import volume
from tests.fuzz.targets import TARGETS

_FEWER = {"spoken command": 4_000, "learned command": 1_000, "memory": 4_000}  # one takes 5 to 20 ms


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_any_example(name: str) -> None:
    volume.run(name, int(os.environ.get("ASSISTANT_FUZZ_EXAMPLES", _FEWER.get(name, 20_000))))


def test_what_is_kept_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setitem(TARGETS, "leak", lambda made: kept.extend(f"{made.random()}" for _ in range(40)))
    with pytest.raises(AssertionError, match="blocks of memory more"):
        volume.run("leak", 1000)


def test_an_example_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "late", lambda made: [][made.randrange(50) == 7])
    with pytest.raises(AssertionError, match=r"example 0: IndexError: .* late 1 0"):
        volume.run("late", 10)
