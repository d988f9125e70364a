"""A conversation by typing, with the real program on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys

PATIENCE = 60  # seconds, for engines that load


def test_lines_are_turns_of_one_conversation_until_ctrl_d():
    terminal, inside = os.openpty()
    command = [sys.executable, "-m", "assistant", "ask", "--set=journal.enabled=false"]
    with subprocess.Popen(command, stdin=inside, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        os.write(terminal, b"Set a timer for ten minutes\nMake that twenty\n\nHow long is left?\n\x04")
        said, errors = program.communicate(timeout=PATIENCE)
    os.close(terminal), os.close(inside)
    assert program.returncode == 0 and errors == b""
    first, second, third = said.decode().replace("> ", "").split("\n")[:3]
    assert "10 minutes" in first and "20 minutes" in second
    assert third.startswith(("There", "The timer")) and ("20 minutes" in third or "19 minutes" in third)
