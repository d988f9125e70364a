"""Kinds of slots in a skill's sentences: what words may stand there, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from assistant.skills import spoken_numbers, spoken_time

Understand = Callable[[str, datetime], Any]
"""Words and the time it is now -> what they mean; None = they are no such thing. Raises Impossible."""

KINDS: dict[str, Understand] = {
    "duration": spoken_time.duration,
    "moment": spoken_time.moment,
    "days": spoken_time.days,
    "number": spoken_numbers.number,
}
LONGEST = 10
"""Words of a slot that has a kind."""
