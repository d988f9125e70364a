"""Text of 64 kB without an end takes each function a moment, not minutes: it is looked through once.

Which shapes are slow on which function, `python -m tests.linear` tells; here are those that took longer than the bound
before they were mended, and one for each of the other functions.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.linear.functions import FUNCTIONS
from tests.linear.shapes import SHAPES

_BOUND = 8.0  # seconds of processor time, not of waiting; what is linear takes less than one
_WAS_SLOW = {
    "sentences, in pieces": ["ellipses"],
    "thoughts": ["tags"],
    "speakable en": ["spaces", "newlines"],
    "heard prefix": ["spaces"],
    "anonymise": ["hyphens", "letters", "backslashes", "ellipses", "different_words"],
    "whisper's loop": ["different_words"],
    "judged": ["groups"],
    "written rows": ["escapes"],
    "document, json": ["escapes"],
}
_SHORTER = {"judged": 1 << 14, "whisper's loop": 1 << 15, "contradicting": 1 << 14}


@pytest.fixture
def bound() -> Iterator[None]:
    def end(*_: object) -> None:
        raise AssertionError(f"took more than {_BOUND:g} s of processor time")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, _BOUND)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(
    ("name", "shape"), [(name, shape) for name in FUNCTIONS for shape in _WAS_SLOW.get(name, ["hyphens"])]
)
def test_a_text_without_an_end_takes_a_moment(name: str, shape: str, bound: None) -> None:
    FUNCTIONS[name](SHAPES[shape](_SHORTER.get(name, 1 << 16)))
