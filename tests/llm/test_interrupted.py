"""Ctrl-C while llama.cpp loads, writes a model or answers on the main thread: it ends the program, it is not lost."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from assistant.bench import trial
from assistant.llm import Completion, llamacpp
from tests.data import tiny_gguf


def interrupt(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def interrupted_while_it_logs(monkeypatch):
    """llama.cpp's log is written by a callback, from which no exception gets out."""
    monkeypatch.setattr(llamacpp._log, "debug", interrupt)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_while_a_model_loads(interrupted_while_it_logs) -> None:
    with pytest.raises(KeyboardInterrupt):
        llamacpp.Model(tiny_gguf(), 64, 1, 0)


def test_while_a_copy_is_written(interrupted_while_it_logs, tmp_path) -> None:
    with pytest.raises(KeyboardInterrupt):
        llamacpp.requantise(tiny_gguf(), tmp_path / "copy.gguf", 7)


def test_between_answers_that_nothing_waits_for() -> None:
    answered = []

    class Engine:
        def answer(self, *_: object) -> Completion:
            interrupt()
            answered.append(1)
            return Completion("Yes.", (), (), (), True, 0.0, 0.0, ())

    async def ask_thrice() -> None:
        ask = trial._asker(Engine())
        for _ in range(3):
            await ask([])

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(ask_thrice())
    assert len(answered) == 1
