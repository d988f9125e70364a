"""A conversation by typing: a line is a turn, and what comes of it is printed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant import modes
from assistant.audio import Speaker
from assistant.config import Settings
from assistant.screen import Screen
from rag.text import clean

_PROMPT = "> "
_LOOK = 0.3  # seconds between two looks whether a timer rang while nobody typed
_LINE = 1 << 16  # bytes; a terminal gives no more than 4,096 at once


async def run(settings: Settings, screen: Screen, speaker: Speaker) -> None:
    """Read lines from the terminal until Ctrl-D or a goodbye; ``screen`` sees each turn end. Raises DeviceError."""
    async with (
        modes.conversation(settings, speaker, screen, typed=True, heard=False, lasts=True) as talk,
        _typed() as lines,
    ):
        while True:
            print(_PROMPT, end="", flush=True)
            line = asyncio.ensure_future(lines.get())
            while not (await asyncio.wait([line], timeout=_LOOK))[0]:
                if await talk.tell():
                    print(_PROMPT, end="", flush=True)
            if (given := line.result()) is None:
                print()
                return
            if words := clean(given).strip():
                await talk.ask(words)
                if talk.steering.over:
                    return


@asynccontextmanager
async def _typed() -> AsyncIterator[asyncio.Queue[str | None]]:
    """What is typed, line by line; None at the end. No thread waits for it, which nothing could end."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        given = os.read(terminal, _LINE)
        for line in given.decode("utf-8", "replace").splitlines():
            lines.put_nowait(line)
        if not given:
            loop.remove_reader(terminal)
            lines.put_nowait(None)

    loop.add_reader(terminal, read)
    try:
        yield lines
    finally:
        loop.remove_reader(terminal)
