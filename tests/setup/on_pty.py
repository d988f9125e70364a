"""A program on a pseudo-terminal: what it shows there, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CTRL_C = "\x03"


class Terminal:
    """Use as a context manager; what still runs at its end is killed."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, columns: int = 80) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**environment, "COLUMNS": "", "LINES": ""},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C comes as a signal
        )
        os.close(slave)
        self.shown = ""
        self._seen = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def wait_for(self, text: str, seconds: float = 120.0) -> str:
        """What was shown since the last time, up to ``text``."""
        until = time.monotonic() + seconds
        while (at := self.shown.find(text, self._seen)) < 0:
            assert time.monotonic() < until and self._read(until), f"{text!r} was not shown:\n{self.shown}"
        found, self._seen = self.shown[self._seen : at + len(text)], at + len(text)
        return found

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self, seconds: float = 20.0) -> int:
        """The exit code."""
        until = time.monotonic() + seconds
        while self._read(until):
            pass
        assert time.monotonic() < until, f"it did not end:\n{self.shown}"
        return self._process.wait()

    def _read(self, until: float) -> bool:
        """False when it has ended, or the time is over."""
        if not select.select([self._master], [], [], max(0.0, until - time.monotonic()))[0]:
            return False
        try:
            part = os.read(self._master, 65536)
        except OSError:  # the other end was closed
            return False
        self.shown += part.decode("utf-8", "replace")
        return bool(part)
