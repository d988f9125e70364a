"""A terminal that goes away ends the program, however it was started."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import asyncio, signal, sys
from assistant.modes import signals

async def main():
    async def act():
        pass

    with signals.on_hangup(act):
        print("ready", flush=True)
        await asyncio.sleep(60)

signals.run(main())
"""


@pytest.mark.parametrize("ignored", [False, True])
def test_a_terminal_that_goes_away_ends_it_also_where_a_script_had_interrupts_ignored(ignored: bool) -> None:
    ours, theirs = pty.openpty()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if ignored else None  # the child inherits it
    try:
        child = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
    finally:
        if ignored:
            signal.signal(signal.SIGINT, handler)
        os.close(theirs)
    assert child.stdout is not None and child.stdout.readline() == b"ready\n"
    os.close(ours)
    child.send_signal(signal.SIGHUP)
    assert child.wait(30) == (0 if ignored else -signal.SIGINT)
    child.stdout.close()
