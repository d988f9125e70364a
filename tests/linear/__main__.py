"""How the processor time of each function grows with its text: ``python -m tests.linear [PART OF A NAME ...]``, half an
hour for all. Each text is doubled until it takes a while or has 256 kB; what then grows by more than 2.6 is named.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator

from tests.linear.functions import FUNCTIONS
from tests.linear.shapes import SHAPES

_SHORTEST, _LONGEST = 1 << 12, 1 << 18  # characters
_WHILE = 0.2  # seconds of processor time: below, other things than the text's length decide
_TOO_LONG = 10.0
_GROWTH = 2.6  # for twice the text; 2 and what a busy machine's memory adds


class _TooLong(BaseException):
    pass


def main(parts: list[str]) -> int:
    signal.signal(signal.SIGVTALRM, _end)
    bad = 0
    for name, function in FUNCTIONS.items():
        if parts and not any(part in name for part in parts):
            continue
        function("Warm up.")
        slowest = (0.0, "")
        for shape, text in SHAPES.items():
            length, seconds, growth = _grown(function, text)
            if growth > _GROWTH:
                bad += 1
                print(f"{name}: {shape}: {seconds:.2f} s for {length // 1024} kB, {growth:.1f} times that of half")
            slowest = max(slowest, (seconds / length * 1e6, shape))
        print(f"{name}: at most {slowest[0]:.1f} µs a character ({slowest[1]})", flush=True)
    return 1 if bad else 0


def _grown(function: Callable[[str], object], text: Callable[[int], str]) -> tuple[int, float, float]:
    """The length at which it took a while, the seconds, and how many times those of half the length."""
    length, before, seconds = _SHORTEST, 0.0, _seconds(function, text(_SHORTEST))
    while seconds < _WHILE and length < _LONGEST:
        length, before = length * 2, seconds
        seconds = _seconds(function, text(length))
    if seconds < _WHILE:
        return length, seconds, 1.0
    if length == _SHORTEST:
        length, before, seconds = length * 2, seconds, _seconds(function, text(length * 2))
    if seconds > _GROWTH * before:  # once more: a busy machine is no quadratic rule
        before, seconds = (_seconds(function, text(each)) for each in (length // 2, length))
    return length, seconds, seconds / max(before, 1e-3)


def _seconds(function: Callable[[str], object], text: str) -> float:
    begin = time.process_time()
    with contextlib.suppress(_TooLong), _ended_after(_TOO_LONG):
        function(text)
    return time.process_time() - begin


@contextlib.contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _end(*_: object) -> None:
    raise _TooLong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
