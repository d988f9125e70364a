"""Ctrl-C at moments when no command runs yet, or none any more: an exit code, never a traceback or an end by signal."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import atexit, os, signal
from assistant import cli, terminal

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

def caught():
    try:
        exec("interrupt()", globals())
    except KeyboardInterrupt:
        return 130

cli._hide_native_messages = lambda: None
cli.main = lambda: 0
{}
cli.entry()
"""


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("terminal.protect = interrupt", 130),
        ("cli.main = interrupt", 130),
        ("cli.main = caught", 130),
        ("atexit.register(interrupt)", 0),
    ],
    ids=["before the command", "behind its own handler", "caught around a text that is executed", "at the exit"],
)
def test_ctrl_c_outside_of_a_command(moment: str, code: int, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path))
    command = [sys.executable, "-c", _PROGRAM.format(moment)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (code, "")
