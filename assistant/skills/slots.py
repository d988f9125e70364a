"""Kinds of slots in a skill's sentences: what words may stand there, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from assistant.skills import list_words, spoken_money, spoken_numbers, spoken_sums, spoken_time, spoken_units, tongues

Understand = Callable[[str, datetime], Any]
"""Words and the time it is now -> what they mean; None = they are no such thing. Raises Impossible."""

KINDS: dict[str, Understand] = {
    "duration": spoken_time.duration,
    "moment": spoken_time.moment,
    "days": spoken_time.days,
    "number": spoken_numbers.number,
    "sum": spoken_sums.sum_of,
    "unit": spoken_units.unit,
    "quantity": spoken_units.quantity,
    "currency": spoken_money.currency,
    "money": spoken_money.money,
    "wares": list_words.wares,
    "tongue": tongues.tongue,
}
LONGEST = 16
"""Words of a slot that has a kind."""
