"""Short sounds that say "I am listening", not "let me speak": they do not interrupt a reply."""

from __future__ import annotations

import re

_WORDS = frozenset("""
    mm mhm mmhm mhmm hmm hm hum uh um uhhuh huh ah oh ok okay yeah yep yes yup right sure alright aha
    good great nice cool wow really indeed
""".split())
_PHRASES = frozenset({"i see", "got it", "go on", "of course", "all right", "uh huh", "mm hm", "mm hmm"})


def is_backchannel(text: str) -> bool:
    """True for "mm-hm", "okay", "yeah, right", "I see." and for no words at all."""
    plain = re.sub(r"[^\w\s]", " ", text.lower().replace("-", " ")).split()
    if len(plain) > 4:
        return False
    return " ".join(plain) in _PHRASES or all(word in _WORDS for word in plain)
