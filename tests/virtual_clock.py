"""An event loop whose clock jumps to the next timer when nothing else is left to do: hours pass in milliseconds."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_LONGEST = 3600.0  # seconds of a conversation


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """Only for code without threads and sockets: it does not wait for either."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(self._scheduled)._scheduled = False
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise RuntimeError("everything waits for something that will never happen")
            self._now = max(self._now, self._scheduled[0]._when)
            if self._now > _LONGEST:
                raise RuntimeError("something waits for what will never happen, and looks again and again")
        super()._run_once()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Like ``asyncio.run``, on virtual time."""
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        return runner.run(main)
