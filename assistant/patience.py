"""How long something may let us wait. Only time in which this program ran counts: after it was stopped, or the machine
slept, nothing is late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")

_PAUSE = 0.25  # seconds; between two looks, and what a stop of any length counts for
_TIMES = 8.0  # a call that takes so many times as long as the slowest before it hangs: others may need the machine, too
_AT_FIRST = 2.0  # times as long may the first call take, of which nothing is known yet
_FIRST, _MOST = 60.0, 120.0  # seconds: the longest limits of the first call, and of all


class TooLate(TimeoutError):
    """Nothing came in time. Other TimeoutErrors are of whoever was waited for."""


async def within(seconds: float, step: Awaitable[T]) -> T:
    """What ``step`` gives. Raises TooLate, and cancels it, when it took longer than ``seconds``."""
    return await _Wait(seconds).until(step)


class Patience:
    """How long an engine's calls may take: some seconds, or longer where this machine was seen to be slow."""

    def __init__(self, least: float, loading: float) -> None:
        """``least``: seconds that are allowed in any case. ``loading``: how long the engine took to load, which tells
        how slow the first call may be.
        """
        self._least, self._loading = least, loading
        self._pace: float | None = None  # the most seconds a unit of work has taken
        self._in_vain: dict[str, float] = {}  # seconds of calls that were given up, by kind

    def limit(self, work: float = 1.0) -> float:
        """Seconds for ``work``, in any unit that the calls have in common."""
        if self._pace is None:
            return max(_AT_FIRST * self._least, min(_FIRST, _TIMES * self._loading))
        return max(self._least, min(_MOST, _TIMES * self._pace * work))

    async def wait(self, step: Awaitable[T], work: float = 1.0, kind: str = "") -> T:
        """What ``step`` gives. Raises TooLate, and cancels it, when it takes longer than the limit.

        Time of calls of the same ``kind`` that were cancelled before it counts as well: what hangs while users go on
        speaking is never waited for to the end.
        """
        in_vain = self._in_vain.pop(kind, 0.0)
        wait = _Wait(max(_PAUSE, self.limit(work) - in_vain))
        try:
            outcome = await wait.until(step)
        except asyncio.CancelledError:
            self._in_vain[kind] = in_vain + wait.seconds
            raise
        self._pace = max(self._pace or 0.0, wait.seconds / work)
        return outcome


class _Wait:
    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._pauses = 0.0  # seconds, counted in pauses and not by the clock
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._timeout = asyncio.timeout(None)

    @property
    def seconds(self) -> float:
        """How long it took until now."""
        return min(self._loop.time() - self._begun, self._pauses + _PAUSE)

    async def until(self, step: Awaitable[T]) -> T:
        try:
            async with self._timeout:
                self._look_later()
                try:
                    return await step
                finally:
                    self._later.cancel()
        except TimeoutError:
            if self._timeout.expired():
                raise TooLate(f"nothing came within {self._limit:g} s") from None
            raise

    def _look_later(self) -> None:
        self._pause = min(_PAUSE, self._limit - self._pauses)
        self._later = self._loop.call_later(self._pause, self._look)

    def _look(self) -> None:
        self._pauses += self._pause
        if self._pauses < self._limit:
            self._look_later()
        else:
            self._timeout.reschedule(self._loop.time())
