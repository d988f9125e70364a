"""Runs functions in a second process, so that what they load (SciPy, a recogniser) is gone when they are done.

The second process ends with the first one, however that ends: its standard input is closed then.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import IO, Any, TypeVar

from assistant.errors import AssistantError

T = TypeVar("T")

# glibc: memory that is freed goes back to the system, else a recogniser holds more with each length it sees.
_GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


class Child:
    """Use it as a context manager; it starts with the first call."""

    def __enter__(self) -> Child:
        self._process: subprocess.Popen | None = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """``function(*args)``, all of which can be pickled. Raises what it raises."""
        return await asyncio.to_thread(self._call, function, args)

    def _call(self, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "assistant.books.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the first process, which ends this one
                env={
                    **os.environ,
                    **_GIVE_BACK,
                    "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
                },
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            _send(self._process.stdin, (function, args))
            done, outcome = pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise AssistantError(
                f"a second process ended early (status {self._process.wait()}), perhaps for want of memory; "
                "run the same command again"
            ) from None
        if not done:
            raise outcome
        return outcome


def give_back() -> None:
    """Hand memory that is free back to the system, where the C library is glibc; others do it by themselves."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _send(stream: IO[bytes], what: object) -> None:
    stream.write(pickle.dumps(what))
    stream.flush()


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    while True:
        try:
            function, args = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = (True, function(*args))
        except Exception as error:
            answer = (False, error)
        _send(answers, answer)


if __name__ == "__main__":
    _serve()
    os._exit(0)  # engines leave threads behind
