"""Where the presses of the push-to-talk key come from: one file per source, one row each in SOURCES."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import UsageError
from assistant.modes.keys.source import Source
from assistant.settings.modes import PushToTalkSettings

Notice = Callable[[str], None]


class Opener(Protocol):
    """``opened`` of a source's module."""

    def __call__(
        self, settings: PushToTalkSettings, source: Source, notice: Notice
    ) -> AbstractAsyncContextManager[None]:
        """Feed ``source`` until left. Raises UsageError where this source cannot work."""


@dataclass(frozen=True)
class Row:
    name: str
    """As [push_to_talk] source takes it."""
    title: str
    module: str

    def opened(self, settings: PushToTalkSettings, source: Source, notice: Notice) -> AbstractAsyncContextManager[None]:
        opener: Opener = importlib.import_module(self.module).opened
        return opener(settings, source, notice)


SOURCES = (Row("terminal", "the terminal", "assistant.modes.keys.terminal"),)


@asynccontextmanager
async def open_source(settings: PushToTalkSettings, notice: Notice) -> AsyncIterator[Source]:
    """Give the source that the settings name, or with "auto" the first that works here; ``notice`` is told which and
    why.

    Raises UsageError.
    """
    row = SOURCES[0]
    source = Source(row.name, "asked for")
    async with row.opened(settings, source, notice):
        if settings.style == "hold" and not source.releases:
            raise UsageError(
                f'{row.title} reports no key releases: set [push_to_talk] style = "toggle" or "auto", or another source'
            )
        yield source
