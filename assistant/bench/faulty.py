"""The program with faults on demand, for `assistant bench faults`: ``python -m assistant.bench.faulty FILE talk ...``

While FILE holds a line such as ``{"part": "llm", "what": "hang", "after": 2}``, the next call of that engine goes wrong
in the engine's own thread, where its native code runs, and takes the line out.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assistant.concurrency import worker

_file = Path()
"""Where orders lie; named on the command line."""
_PARTS = {"stt": ("moonshine", "whisper"), "llm": ("llm",), "tts": ("espeak", "piper", "kokoro", "jets", "pocket")}
"""Part -> how its engines call their threads."""


def order(file: Path, part: str, what: str, after: int = 0) -> None:
    """What is to go wrong at the next call: ``raise``, ``hang`` or ``crash``; ``after`` so many items of a stream."""
    part_file = file.with_suffix(".part")
    part_file.write_text(json.dumps({"part": part, "what": what, "after": after}))
    part_file.replace(file)


class _Faulty(worker.Worker):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._part = next((part for part, names in _PARTS.items() if name in names), "")

    async def call(self, function: Callable[..., Any], *args: Any) -> Any:
        def call(*args: Any) -> Any:
            self._suffer(self._due())
            return function(*args)

        return await super().call(call, *args)

    def stream(self, produce: Callable[[Callable[[], bool]], Iterable[Any]]) -> Any:
        def faulty(cancelled: Callable[[], bool]) -> Iterable[Any]:
            due = self._due()
            for number, item in enumerate(produce(cancelled)):
                if due and number == due["after"]:
                    self._suffer(due)
                    due = {}
                yield item
            self._suffer(due)

        return super().stream(faulty)

    def _due(self) -> dict[str, Any]:
        try:
            due = json.loads(_file.read_text())
        except (OSError, ValueError):
            return {}
        if due["part"] != self._part:
            return {}
        _file.unlink(missing_ok=True)
        return due

    def _suffer(self, due: dict[str, Any]) -> None:
        match due.get("what"):
            case "raise":
                raise RuntimeError("a fault of the benchmark")
            case "hang":
                threading.Event().wait()
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)


if __name__ == "__main__":
    _file = Path(sys.argv.pop(1))
    worker.Worker = _Faulty  # type: ignore[misc]  # the engines' modules, imported later, take this one
    runpy.run_module("assistant", run_name="__main__", alter_sys=True)
