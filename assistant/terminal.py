"""The door to the terminal: nothing that a model, a server, a file or its name holds may steer it, and no character
that it cannot show ends the program. Into a pipe goes what was written, but for characters that its encoding lacks.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO, cast

from rag.text import displayed as clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TextColumn


def one_line(text: object) -> str:
    """``text`` (None: nothing) as `clean` makes it, on one line."""
    return "" if text is None else clean(" ".join(str(text).split()))


def protect() -> None:
    """From now on `print` and all that writes to sys.stdout and sys.stderr is cleaned where that is a terminal."""
    sys.stdout, sys.stderr = _protected(sys.stdout), _protected(sys.stderr)


def is_plain() -> bool:
    """Whether the user wants no colours and no moving picture (https://no-color.org), or the terminal can show none."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def console(stderr: bool = False, **options: Any) -> Console:
    """Rich's console, which writes its own codes past `protect`, and cleans the words between them; without any code,
    and not interactive, where the user wants none."""
    from rich.console import Console
    from rich.segment import Segment

    class Cleaning(Console):
        def control(self, *control):
            if self.is_interactive:
                super().control(*control)

        def render(self, renderable, options=None):
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(clean(segment.text), segment.style)

    stream = sys.stderr if stderr else sys.stdout
    plain = {"color_system": None, "force_interactive": False} if is_plain() else {}
    literal = {"markup": False, "emoji": False}  # "[link=...]" and ":smile:" are words like all others
    return Cleaning(file=getattr(stream, "beneath", stream), **cast(dict, literal | plain), **options)


def asked(question: str) -> str:
    """The line that is typed behind ``question``. Raises EOFError for Ctrl-D and KeyboardInterrupt for Ctrl-C."""
    real = sys.__stdin__ is not None and sys.stdin is sys.__stdin__
    if real and sys.stdin.isatty() and threading.current_thread() is threading.main_thread():
        _ask_and_wait(question)
    else:
        _ask(question)
    return input()


def _ask(question: str) -> None:
    print(question, end="", flush=True)  # input(question) writes to where native messages are hidden


def _ask_and_wait(question: str) -> None:
    """A Ctrl-C in the microseconds before `input` reads, or that another thread takes, would count only behind the next
    line: Python looks for it before the read and when that is interrupted. It is waited for from before the question
    is there to be seen."""
    reading, waking = os.pipe()
    os.set_blocking(waking, False)
    before = signal.set_wakeup_fd(waking)
    try:
        _ask(question)
        while sys.stdin not in select.select([sys.stdin, reading], [], [])[0]:
            os.read(reading, 1)
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(waking)


def column(words: str) -> TextColumn:
    """Of a progress bar; what it holds is taken literally, as by `console`."""
    from rich.progress import TextColumn

    return TextColumn(words, markup=False)


class _Protected:
    """A text stream to a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.beneath = stream

    def write(self, text: str) -> int:
        first = text.startswith("\r")  # a progress line begins its own line anew
        self.beneath.write("\r" * first + clean(text[first:]))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


def _protected(stream: TextIO) -> TextIO:
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
    return cast(TextIO, _Protected(stream)) if stream.isatty() else stream
