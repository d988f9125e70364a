"""A Python program beside this one, without its keys, that answers lines of JSON and is ended when it takes too much.

It is started when something is asked, serves all that follows, and ends with this process: its standard input is
closed then.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

TOO_MUCH = 3
"""The exit code of a child whose memory was not enough."""
_KEPT = ("TZ", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH")
_OWN_FAULT = {TOO_MUCH, *(-number for number in (signal.SIGPROF, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT))}
_OWN_FAULT |= {-number for number in (signal.SIGILL, signal.SIGTRAP, signal.SIGFPE)}


class Ended(Exception):
    """The child did not answer."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ended with exit code {code}")
        self.code = code
        """The exit code, or minus the number of the signal."""


class Late(Ended):
    """It was ended, because it was neither ready nor at an end in time."""


class TooLong(Ended):
    """It was ended, because its answer did not come to an end."""


class Child:
    """Its ``program`` is a file, its ``arguments`` are asked for when it starts. It has no site-packages of its own."""

    def __init__(self, program: Path, arguments: Callable[[], Iterable[str]]) -> None:
        self._program, self._arguments = program, arguments
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # the process that started it; a fork of it needs its own

    def start(self) -> None:
        """Begin to start it, which takes 0.1 s, while the caller does other things. Raises OSError."""
        with self._lock:
            self.running()

    def ask(self, *parts: bytes, seconds: float, most: int) -> Any:
        """Its answer to ``parts``, one behind the other, of at most ``most`` bytes and within ``seconds``.

        Raises Ended; it is started again for the next question. Raises OSError when it cannot be started.
        """
        with self._lock:
            for last in (False, True):
                child = self.running()
                try:
                    line = _exchange(child, parts, time.monotonic() + seconds, most)
                except BaseException as error:
                    code = self.end()  # whatever came between, its next answer would be the one to this question
                    if isinstance(error, Ended):
                        raise type(error)(code) from None
                    raise
                if line:
                    return json.loads(line.decode("utf-8", "surrogatepass"))
                code = self.end()
                if last or code in _OWN_FAULT:  # else something else may have ended it
                    raise Ended(code)
        raise AssertionError

    def running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(self._program), *self._arguments()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
                start_new_session=True,  # Ctrl-C in the terminal is for the program
            )
            self._owner = os.getpid()
        return self._process

    def close(self) -> None:
        """Give its memory back; it is started again when something is asked."""
        with self._lock:
            if self._process is not None and self._owner == os.getpid():
                self.end()

    def end(self) -> int:
        """End it, where it has not ended; its exit code."""
        child, self._process = self._process, None
        assert child is not None
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):  # what could not be written any more
                if pipe:
                    pipe.close()
        return child.wait()


def _exchange(child: subprocess.Popen[bytes], parts: Iterable[bytes], until: float, most: int) -> bytes:
    """The line it answers with; nothing when it ended."""
    assert child.stdin and child.stdout
    line = bytearray()
    try:
        for part in parts:
            child.stdin.write(part)
        child.stdin.flush()
        while not line.endswith(b"\n"):
            if not select.select([child.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise Late(0)
            part = os.read(child.stdout.fileno(), 1 << 20)
            if not part:
                return b""
            line += part
            if len(line) > most:
                raise TooLong(0)
    except OSError:
        return b""
    return bytes(line)
