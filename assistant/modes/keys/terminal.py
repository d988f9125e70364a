"""Key presses that the terminal reports."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from assistant.errors import UsageError
from assistant.modes.keys.source import Source
from assistant.settings.modes import PushToTalkSettings


@asynccontextmanager
async def opened(settings: PushToTalkSettings, source: Source, notice: Callable[[str], None]) -> AsyncIterator[None]:
    if not sys.stdin.isatty():
        raise UsageError("push-to-talk needs a keyboard: run it in a terminal, or leave --push-to-talk out")
    import termios
    import tty

    source.releases = False
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    loop = asyncio.get_running_loop()

    def read() -> None:
        for _ in range(os.read(terminal, 64).count(b" ")):
            source.tap()

    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    loop.add_signal_handler(signal.SIGCONT, tty.setcbreak, terminal)  # after Ctrl-Z and fg
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGCONT)
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
