"""What every source of key presses feeds: one queue of True (the key went down) and False (it came up)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Notice = Callable[[str], None]
RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds until a source that was lost is looked for again; the last one is repeated."""


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """``work`` runs within the block, and is cancelled and over behind it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Source:
    """An open source of key presses; call its methods in the loop only."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why = why
        """Why this one was taken, as a part of a sentence."""
        self.releases = True
        """Whether it learns when the key comes up; if not, each press is a tap: True and False at once."""
        self._down = False
        self._presses: asyncio.Queue[bool] = asyncio.Queue()

    def set(self, down: bool) -> None:
        """The key is down or up now; what is known already (a key that repeats, a second key-up) is left out."""
        if down != self._down:
            self._down = down
            self._presses.put_nowait(down)

    def tap(self) -> None:
        """The key went down, and nobody will tell when it comes up."""
        self.set(True)
        self.set(False)

    async def presses(self) -> AsyncGenerator[bool]:
        """True = the key went down, False = it came up; they alternate, True first. Never ends by itself."""
        while True:
            yield await self._presses.get()
