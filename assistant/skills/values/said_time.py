"""What was said of a moment, as far as it is read; which moments that may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from assistant.skills.values.time_words import PARTS


@dataclass
class Said:
    """What was said so far; nothing contradicts itself."""

    which_days: Callable[[date], Sequence[date]] | None = None
    """Today -> the days that may be meant, in their order."""
    weekday: int | None = None
    """Said alone so far; a date may follow."""
    weeks: int = 0
    """1 of "next week"."""
    hour: int | None = None
    minute: int = 0
    second: int = 0
    half: str = ""
    """am or pm."""
    part: str = ""
    at_now: bool = False
    """Of "this time tomorrow"."""
    bare: bool = False
    """Of the time only a number was said, without "at"."""
    span: timedelta | None = None
    months: int | None = None

    @property
    def has_clock(self) -> bool:
        return self.hour is not None

    @property
    def keeps_time(self) -> bool:
        """Whether now's time of day is meant: "in three days"."""
        ahead = self.span is not None or self.months is not None or self.at_now
        return ahead and not (self.has_clock or self.part)

    @property
    def has_date(self) -> bool:
        return bool(self.which_days or self.weeks or self.span is not None or self.months is not None)

    @property
    def is_span_only(self) -> bool:
        return not (self.which_days or self.weeks or self.has_clock or self.part)

    def hours(self) -> list[int]:
        """Those that may be meant, counted from midnight; from 24 on they lie in the night after the day."""
        if self.hour is None:
            return [PARTS.get(self.part, 0)]
        hour = self.hour
        if hour > 12 or hour == 0:
            return [24 if hour == 0 and self.part == "night" else hour]
        half = self.half or {"morning": "am", "afternoon": "pm"}.get(self.part, "")
        if half:
            early = hour % 12
            return [early + 12 if half == "pm" else early + 24 if early < 5 and self.part == "night" else early]
        if self.part:  # evening or night
            return [24 if hour == 12 else hour + 12 if hour > 4 else hour + 24]
        return [12, 24] if hour == 12 else [hour, hour + 12]

    def days(self, now: datetime) -> Sequence[date]:
        """Those that may be meant, in their order. Raises Impossible, OverflowError."""
        today = now.date()
        if self.months is not None:
            return [months_on(today, self.months)]
        shift = self.span or timedelta()
        if self.which_days is None:
            if self.span is not None:
                return [(now + shift).date()]
            if self.weeks:
                return [today + timedelta(days=7 * self.weeks)]
            return [today + timedelta(days=day) for day in (-1, 0, 1)]
        if self.weeks:
            today += timedelta(days=7 * self.weeks - today.weekday())
        return [day + shift for day in self.which_days(today)]


def months_on(day: date, months: int) -> date:
    """So many months later; the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
