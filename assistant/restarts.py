"""What this process knows of the one before it, when a crash ended that one, see assistant/cli/supervised.py."""

from __future__ import annotations

import contextlib
import os

crash = ""
"""The name of the signal that ended the process before this one, e.g. SIGSEGV; empty where none crashed."""
conversation = ""
"""How the journal calls the conversation that was cut off; empty when none had begun."""
_parent: int | None = None
_watched = False


def born(parent: int, of: str = "", into: str = "") -> None:
    """In a new process. ``parent``: the pipe on which the parent hears of it; the rest: see above."""
    global crash, conversation, _parent, _watched
    crash, conversation, _parent, _watched = of, into, parent, True


def give_up() -> None:
    """End this process by a crash, so that a new one is started; does nothing where nobody would start one."""
    if _watched or "NOTIFY_SOCKET" in os.environ:
        os.abort()


def ready(name: str) -> None:
    """Tell the process that watches over this one that it is ready, and how the journal calls the conversation."""
    global _parent
    if _parent is not None:
        with contextlib.suppress(OSError):  # it is gone, and nobody will start another one
            os.write(_parent, name.encode() + b"\n")
        os.close(_parent)
        _parent = None
