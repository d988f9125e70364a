"""Numbers as they are spoken or written: "twenty five", "2.5", "a dozen"."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

_UNITS = {word: value for value, word in enumerate("zero one two three four five six seven eight nine ten".split())}


def number(words: str, now: datetime) -> Decimal | None:
    """``words`` as a number."""
    if re.fullmatch(r"-?\d+(?:\.\d+)?", words):
        return Decimal(words)
    return Decimal(_UNITS[words]) if words in _UNITS else None
