"""What the system tells a running mode: SIGTERM ends it, SIGHUP has its settings read again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Like ``asyncio.run``; SIGTERM, too, ends ``main`` by cancelling it, and is no error."""

    async def whole() -> None:
        task, terminated = asyncio.current_task(), False

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            assert task is not None  # a coroutine runs in one
            task.cancel()

        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        try:
            await main
        except asyncio.CancelledError:
            if not terminated:
                raise

    asyncio.run(whole())


@contextmanager
def on_hangup(act: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Within the block SIGHUP runs ``act``, once more after it when it comes meanwhile. A terminal that goes away,
    which sends the same signal, ends the program instead.
    """
    if not hasattr(signal, "SIGHUP"):  # Windows
        yield
        return
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    in_terminal = sys.stdin.isatty()

    def hung_up() -> None:
        if in_terminal and not sys.stdin.isatty():
            is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # a script started it in the background
            signal.raise_signal(signal.SIGTERM if is_ignored else signal.SIGINT)
        else:
            asked.set()

    async def serve() -> None:
        while True:
            await asked.wait()
            asked.clear()
            await act()

    loop.add_signal_handler(signal.SIGHUP, hung_up)
    serving = loop.create_task(serve())
    try:
        yield
    finally:
        serving.cancel()
        loop.remove_signal_handler(signal.SIGHUP)
