from __future__ import annotations

import io

import pytest

from assistant.concurrency import threads


@pytest.fixture
def machine(monkeypatch):
    """Sets cores, and the text of /proc/loadavg."""

    def describe(cores: int, loadavg: str) -> None:
        monkeypatch.setattr(threads.os, "cpu_count", lambda: cores)
        monkeypatch.setattr(threads, "cores", lambda: cores)
        monkeypatch.setattr(threads.sys, "platform", "linux")
        monkeypatch.setattr("builtins.open", lambda path: io.StringIO(loadavg))

    return describe


def running(count: int) -> str:
    return f"2.67 3.07 3.46 {count}/133 13448\n"


@pytest.mark.parametrize(
    "cores, count, own, chosen",
    [(2, 1, 1, 2), (2, 2, 1, 1), (2, 2, 2, 2), (2, 3, 2, 1), (2, 9, 1, 1), (4, 2, 1, 3), (16, 1, 1, 8), (2, 0, 1, 2)],
)
def test_llama_cpp_gets_the_cores_that_nobody_else_uses(machine, cores, count, own, chosen):
    machine(cores, running(count))
    assert threads.choose_now(own) == chosen


def test_one_core_is_left_free_where_the_system_does_not_tell(machine, monkeypatch):
    machine(4, "nothing to see")
    assert threads.idle_cores(1) is None and threads.choose_now(1) == 3
    monkeypatch.setattr(threads.sys, "platform", "darwin")
    assert threads.choose_now(1) == 3
