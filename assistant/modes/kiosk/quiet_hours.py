"""[kiosk] quiet_hours: times of day in which nothing begins and nothing is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from assistant.errors import UsageError

_RANGE = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True)
class QuietHours:
    ranges: tuple[tuple[time, time], ...] = ()
    """From, up to but not with; what ends before it begins lasts over midnight."""

    def until(self, now: datetime) -> time | None:
        """When the quiet hours end in which ``now`` lies, None outside them. By the wall clock: where summer time
        begins or ends within them they are an hour shorter or longer.
        """
        at = now.time()
        for begin, end in self.ranges:
            if begin <= at < end or (end <= begin and (at >= begin or at < end)):
                return end
        return None


def read(text: str) -> QuietHours:
    """``22:00-07:00, 12:30-13:30``; empty = none. Raises UsageError."""
    return QuietHours(tuple(_range(part) for part in text.split(",") if part.strip()))


def _range(part: str) -> tuple[time, time]:
    found = _RANGE.fullmatch(part)
    try:
        hours = [int(number) for number in found.groups()] if found else []
        begin, end = time(hours[0], hours[1]), time(0 if hours[2:] == [24, 0] else hours[2], hours[3])
    except (IndexError, ValueError):
        raise UsageError(
            f"[kiosk] quiet_hours: {part.strip()!r} is no time of day; write it like 22:00-07:00, several with commas"
        ) from None
    if begin == end:
        raise UsageError(
            f"[kiosk] quiet_hours: {part.strip()!r} begins when it ends; write 00:00-23:59 for the whole day, or "
            "nothing for no quiet hours"
        )
    return begin, end
