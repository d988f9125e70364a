"""An open source, and what it and its notices said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from assistant.modes.keys import open_source
from assistant.modes.keys.source import Source
from assistant.settings.modes import PushToTalkSettings

_LIMIT = 20.0  # seconds; only a test that fails waits that long


@dataclass
class Recorded:
    source: Source
    notices: list[str] = field(default_factory=list)

    async def next(self, count: int = 1) -> list[bool]:
        """The next presses and releases."""
        presses = self.source.presses()
        async with asyncio.timeout(_LIMIT):
            return [await anext(presses) for _ in range(count)]

    async def noticed(self, part: str) -> str:
        """Wait for a notice that contains ``part``."""
        async with asyncio.timeout(_LIMIT):
            while not (found := [text for text in self.notices if part in text]):
                await asyncio.sleep(0.01)
        return found[0]


@asynccontextmanager
async def recorded(key: str, source: str, **settings: str) -> AsyncIterator[Recorded]:
    notices: list[str] = []
    async with open_source(PushToTalkSettings(key=key, source=source, **settings), notices.append) as opened:
        yield Recorded(opened, notices)
