"""Short sounds that say "I am listening", not "let me speak", and what recognisers make of no words at all."""

from __future__ import annotations

import re

_SOUNDS = frozenset("mm mhm mmhm mhmm hmm hm hum uh um uhhuh huh ah oh aha".split())
_WORDS = _SOUNDS | frozenset(
    """
    ok okay yeah yep yes yup right sure alright good great nice cool wow really indeed
""".split()
)
_PHRASES = frozenset({"i see", "got it", "go on", "of course", "all right", "uh huh", "mm hm", "mm hmm"})
_MADE_UP = frozenset({"you", "thank you for watching", "thanks for watching", "please subscribe"})
"""What recognisers that learned from videos write when they hear music or noise."""


def says_nothing(text: str) -> bool:
    """True for no words, for mere sounds ("uh?", "hmm"), and for what is made up out of noise."""
    words = _words(text)
    return " ".join(words) in _MADE_UP or all(word in _SOUNDS for word in words)


def is_backchannel(text: str) -> bool:
    """True for "mm-hm", "okay", "yeah, right", "I see.", and for whatever says nothing."""
    words = _words(text)
    if says_nothing(text):
        return True
    if len(words) > 4:
        return False
    return " ".join(words) in _PHRASES or all(word in _WORDS for word in words)


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w\s]", " ", text.lower().replace("-", " ")).split()
