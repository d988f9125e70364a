"""Ctrl-C while native code calls back into Python: raised in the callback, it would be printed there and lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_came = threading.Event()


@contextmanager
def held() -> Iterator[None]:
    """Ctrl-C that comes within the block, or the function that this decorates, is raised at its end."""
    by_main = threading.current_thread() is threading.main_thread()
    if not by_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # nothing is raised here
        return
    _came.clear()
    signal.signal(signal.SIGINT, lambda number, frame: _came.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if _came.is_set():
            _came.clear()
            raise KeyboardInterrupt


def came() -> bool:
    """Whether Ctrl-C waits for the end of such a block, so that what takes long can end early."""
    return _came.is_set()
