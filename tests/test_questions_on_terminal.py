"""A question on a terminal: Ctrl-C ends it whichever thread takes the signal, Ctrl-D, too, and a line is a line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.setup.on_pty import CTRL_C, Terminal

ROOT = Path(__file__).parents[1]
# As when the signal comes before the read: the thread that reads is not interrupted by it.
ASKS = """
import signal, threading
from assistant import terminal

threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
signal.signal(signal.SIGWINCH, lambda *_: None)
try:
    print("got", repr(terminal.asked("Which? ")))
except BaseException as error:
    print("got", type(error).__name__)
"""


@pytest.mark.parametrize(("typed", "got"), [(CTRL_C, "KeyboardInterrupt"), ("\x04", "EOFError"), ("two\n", "'two'")])
def test_what_is_typed_counts_at_once(typed: str, got: str, tmp_path) -> None:
    with Terminal([sys.executable, "-c", ASKS], {**os.environ, "PYTHONPATH": str(ROOT)}, tmp_path) as terminal:
        terminal.wait_for("Which? ")
        terminal.resize(40)  # another signal, which is no answer
        terminal.type(typed)
        terminal.wait_for(f"got {got}", 20.0)
        assert terminal.end() == 0
