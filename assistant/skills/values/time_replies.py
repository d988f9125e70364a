"""Times, as replies say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from assistant.skills.values.time_words import DAY_NAMES, MONTH_NAMES

_UNITS = ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))

_YOURS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're", "i've": "you've",
    "i'll": "you'll", "am": "are", "our": "your", "us": "you", "we": "you",
}  # fmt: skip


def listed(items: Sequence[str], word: str = "and") -> str:
    """ "a, b and c"."""
    return f" {word} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def sentence(text: str) -> str:
    """With its first letter large."""
    return text[:1].upper() + text[1:]


def cancelled(things: Sequence[str]) -> str:
    """ "The timer and 2 alarms are cancelled."; ``things``: each of them may be several."""
    many = len(things) > 1 or things[0][:1].isdigit()
    return f"{sentence(listed(things))} {'are' if many else 'is'} cancelled."


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def span(length: timedelta) -> str:
    """To the second: "1 hour and 20 minutes"."""
    left = round(length.total_seconds())
    parts = []
    for size, unit in _UNITS[1:]:
        if count := left // size:
            parts.append(counted(count, unit))
        left %= size
    return listed(parts) if parts else "0 seconds"


def about(length: timedelta) -> str:
    """As exactly as one wants to know it: "2 hours and 5 minutes", "40 seconds"."""
    seconds = max(1, round(length.total_seconds()))
    exact = 1 if seconds < 300 else 60 if seconds < 86400 else 3600
    return span(timedelta(seconds=max(exact, round(seconds / exact) * exact)))


def adjective(length: timedelta) -> str:
    """As it stands before a noun: "10 minute"."""
    for size, unit in _UNITS[1:]:
        if length.total_seconds() % size == 0:
            return f"{length.total_seconds() / size:.0f} {unit}"
    return span(length)


def clock(at: datetime) -> str:
    """ "7 in the evening", "noon", "7:30 in the morning"."""
    if (at.hour, at.minute) in ((0, 0), (12, 0)):
        return "noon" if at.hour else "midnight"
    part = "in the morning" if at.hour < 12 else "in the afternoon" if at.hour < 18 else "in the evening"
    part = "at night" if at.hour >= 22 or at.hour < 4 else part
    return f"{exact_clock(at)} {part}"


def exact_clock(at: datetime) -> str:
    """ "7", "7:05": the half of the day is known."""
    hour = at.hour % 12 or 12
    return f"{hour}:{at:%M}" if at.minute else f"{hour}"


def day(at: datetime, now: datetime) -> str:
    """ "today", "tomorrow", "on Friday", "on Friday, 11 December": for an event to come."""
    ahead = (at.date() - now.date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(ahead)
    if near:
        return near
    name = DAY_NAMES[at.weekday()].capitalize()
    return f"on {name}" if 0 < ahead < 7 else f"on {name}, {date(at, now)}"


def date(at: datetime, now: datetime | None = None) -> str:
    """ "11 December", with its year where that is another than now's."""
    named = f"{at.day} {MONTH_NAMES[at.month - 1].capitalize()}"
    return named if now is not None and at.year == now.year else f"{named} {at.year}"


def when(at: datetime, now: datetime) -> str:
    """ "at 7 in the evening", "tomorrow at noon"."""
    at = at.astimezone(now.tzinfo)
    return f"at {clock(at)}" if at.date() == now.date() else f"{day(at, now)} at {clock(at)}"


def repeats(weekdays: frozenset[int]) -> str:
    """ "every Monday and Thursday"."""
    if len(weekdays) == 7:
        return "every day"
    if weekdays == frozenset(range(5)):
        return "on weekdays"
    if weekdays == frozenset((5, 6)):
        return "at weekends"
    return f"every {listed([DAY_NAMES[day].capitalize() for day in sorted(weekdays)])}"


def to_you(words: str) -> str:
    """What the user calls "my" is "your" when it is said to them."""
    return " ".join(_YOURS.get(word.lower(), word) for word in words.split())
