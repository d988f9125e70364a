"""Children that are of no use without the process that began them."""

from __future__ import annotations

import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)


def end_with(parent: int) -> None:
    """Called in a child of the process ``parent``: it ends when that one does, however that ends. Linux only;
    elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed just now
            os._exit(1)
