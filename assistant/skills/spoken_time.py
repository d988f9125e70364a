"""Times as they are spoken: "an hour and a half", "tomorrow at seven"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@dataclass(frozen=True)
class Moment:
    at: datetime
    has_date: bool
    has_time: bool


def duration(words: str, now: datetime) -> timedelta | None:
    match = re.fullmatch(r"(\d+) (second|minute|hour|day|week)s?", words)
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else None


def moment(words: str, now: datetime) -> Moment | None:
    return None
