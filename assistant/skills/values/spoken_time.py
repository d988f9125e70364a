"""Times as they are spoken: "an hour and a half", "tomorrow at seven", "every weekday"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from assistant.skills import Impossible
from assistant.skills.values import loose_times, spoken_dates, spoken_numbers
from assistant.skills.values.kept import kept
from assistant.skills.values.spoken_dates import Said
from assistant.skills.values.time_words import PARTS, SMALL, UNITS, WEEKDAYS

_KEPT = 4096  # results: the same stretches of words come with each partial transcript
_ANY_TIME = datetime.min  # numbers do not depend on it
_FRACTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "three quarters": Decimal("0.75")}
_PARTS_OF_ONE = re.compile(r"(?:a )?(half|quarter|three quarters?)(?: (?:of )?an?)?")
_AND_PART = re.compile(r"(?:(.+) )?and (?:a )?(half|quarter|three quarters?)")
_COUPLE = re.compile(r"(?:a |another )?couple(?: of)?")
_DURATION_WORDS = {"a", "an", "half", "quarter", "couple", "another", "point"}
_BESIDE = re.compile(
    r"(?:on )?(?:the )?(?:(?P<part>day|night|evening|morning|afternoon)|(?P<span>.+)) "
    r"(?P<way>before|after) (?P<rest>.+)"
)
_NEGATIVE = ("minus", "negative")
_LOWER = {3600: 60, 60: 1}  # what a number without a unit counts, after these: "one hour twenty"
_DAILY = frozenset(range(7))
_REPEATS = {
    **dict.fromkeys(("every day", "everyday", "each day", "daily", "all days", "every single day"), _DAILY),
    **dict.fromkeys(
        "weekdays,every weekday,each weekday,workdays,working days,every working day,every workday,every work day,"
        "school days,every school day,during the week,monday to friday,monday through friday,monday till friday,"
        "mondays to fridays,mondays through fridays,every day of the week except weekends".split(","),
        frozenset(range(5)),
    ),
    **dict.fromkeys(("weekends", "every weekend", "the weekends", "saturday and sunday"), frozenset((5, 6))),
}
_DAYS_BEGIN = {"every", "each", *(text.split()[0] for text in _REPEATS), *(f"{name}s" for name in WEEKDAYS)}


@dataclass(frozen=True)
class Moment:
    at: datetime
    """In the time zone of now. Without a time: when such a part of the day begins for most people; else midnight."""
    has_date: bool
    has_time: bool
    """Whether a time of day was said; "in the morning" is none."""
    either_half: bool = False
    """Whether twelve hours later may be meant as well: neither morning nor evening was said."""
    after: timedelta | None = None
    """How far ahead of now, where that was said: "in ten minutes"."""


@dataclass(frozen=True)
class Days:
    """Of every week."""

    weekdays: frozenset[int]
    """Monday is 0."""
    part: str = ""
    """Which part of the day was said: "every morning"."""


def duration(words: str, now: datetime) -> timedelta | None:
    """How long: "two and a half minutes", "1 hour 20". Raises Impossible."""
    return _duration(words)


@kept(_KEPT)
def _duration(words: str) -> timedelta | None:
    tokens = _tokens(loose_times.duration(words.lower()))
    if tokens and tokens[0] in _NEGATIVE and _duration(" ".join(tokens[1:])):
        raise Impossible("A length of time cannot be less than nothing; say, for example: five minutes.")
    if not tokens or not (tokens[0] in _DURATION_WORDS or tokens[0] in SMALL or tokens[0][0] in "0123456789"):
        return None
    seconds, begin, unit = Decimal(0), 0, 0
    for place, token in enumerate(tokens):
        if token not in UNITS:
            continue
        if unit and UNITS[token] >= unit:
            return None
        unit = UNITS[token]
        if (counted := _quantity(" ".join(tokens[begin:place]), first=begin == 0)) is None:
            return None
        seconds, begin = seconds + counted * unit, place + 1
    if not unit or (rest := _rest(" ".join(tokens[begin:]), unit)) is None:
        return None
    return span_of(seconds + rest)


def moment(words: str, now: datetime) -> Moment | None:
    """When: "tomorrow at half past six", "in two hours", "the 3rd of May". Of two readings the next one to come.

    ``now`` is aware, at best of a zone with its daylight saving time. Raises Impossible.
    """
    if (said := _said(words.removesuffix("'s"))) is None:
        return _beside(words, now)
    try:
        if said.span is not None and said.is_span_only and said.span < timedelta(days=1):
            return Moment(later(now, said.span), has_date=False, has_time=True, after=said.span)
        found = [at for day in said.days(now) for at in _times(said, day, now)]
    except (OverflowError, ValueError):
        raise Impossible("That is further away than I can count.") from None
    if said.has_clock or said.part:
        at = next((at for at in found if at.timestamp() > now.timestamp()), found[-1])
    else:
        at = next((at for at in found if at.date() >= now.date()), found[-1])
    either = said.has_clock and len(said.hours()) > 1
    return Moment(at, said.has_date, said.has_clock or said.keeps_time, either)


def _beside(words: str, now: datetime) -> Moment | None:
    """ "an hour before midnight", "the evening before Christmas"."""
    found = _BESIDE.fullmatch(words)
    other = moment(found["rest"], now) if found else None
    if found is None or other is None:
        return None
    step = -1 if found["way"] == "before" else 1
    if part := found["part"]:
        if not other.has_date:
            return None
        day = other.at.date() + timedelta(days=step)
        return Moment(local(day, time(PARTS.get(part, 0)), now), has_date=True, has_time=False)
    span = _duration(found["span"])
    if span is None or not (other.has_time or span.seconds == 0):
        return None
    return Moment(later(other.at, step * span), other.has_date, other.has_time, other.either_half)


@kept(_KEPT)
def _said(words: str) -> Said | None:
    return spoken_dates.read(words, _duration)


def days(words: str, now: datetime) -> Days | None:
    """On which days of every week: "every monday and thursday", "weekdays", "every morning"."""
    text = words.lower().strip().removeprefix("on ")
    if text.partition(" ")[0].strip(",") not in _DAYS_BEGIN:
        return None
    if text in _REPEATS:
        return Days(_REPEATS[text])
    first, _, rest = text.partition(" ")
    if first in ("every", "each") and rest in PARTS:
        return Days(_DAILY, rest)
    named = [word for word in re.split(r"[ ,]+", text) if word not in ("every", "each", "and", "on")]
    if not named or any(word.removesuffix("s") not in WEEKDAYS for word in named):
        return None
    if first not in ("every", "each") and not all(word.endswith("s") for word in named):
        return None
    return Days(frozenset(WEEKDAYS[word.removesuffix("s")] for word in named))


def span_of(seconds: Decimal) -> timedelta:
    """Raises Impossible."""
    try:
        return timedelta(seconds=float(seconds))
    except OverflowError:
        raise Impossible("That is longer than I can count.") from None


def next_hour(number: Decimal, now: datetime) -> Moment | None:
    """The next time that it is so many o'clock."""
    return moment(f"at {number:f}", now) if 0 < number <= 24 and number % 1 == 0 else None


def later(at: datetime, span: timedelta) -> datetime:
    """So much time after ``at``, whatever the clocks do meanwhile."""
    return (at.astimezone(UTC) + span).astimezone(at.tzinfo)


def local(day: date, clock: time, now: datetime) -> datetime:
    """That time of that day where ``now`` is. A time that the clocks leave out is as much later; of one that they
    repeat, the first that is still to come."""
    found = datetime.combine(day, clock, now.tzinfo).replace(fold=0)
    again = found.replace(fold=1)
    return later(again if found.timestamp() <= now.timestamp() < again.timestamp() else found, timedelta())


def _times(said: Said, day: date, now: datetime) -> Iterator[datetime]:
    if said.keeps_time:
        yield local(day, now.time(), now)
        return
    for hour in said.hours():
        clock = time(hour % 24, said.minute, said.second)
        yield local(day + timedelta(days=hour // 24), clock, now)


def _tokens(words: str) -> list[str]:
    words = words.lower()
    if "-" in words:
        words = re.sub(r"(?<=[a-z0-9])-(?=[a-z])", " ", words)
    tokens = words.split()
    if any("0" <= token[0] <= "9" and not token[-1].isdigit() for token in tokens):
        tokens = re.sub(r"(?<=\d)(?=(?:h|s|min|sec|hr)s?\b)", " ", words).split()
    return tokens


def _quantity(text: str, first: bool) -> Decimal | None:
    """Of a unit that comes next."""
    if not first:
        text = text.removeprefix("and ")
    if text not in ("one more", "more"):
        text = text.removesuffix(" more")
    if text in ("a", "an", "another", "one more", "a further"):
        return Decimal(1)
    text = text.removeprefix("another ")
    if text in SMALL:
        return Decimal(SMALL[text])
    if part := _PARTS_OF_ONE.fullmatch(text):
        return _fraction(part[1])
    if _COUPLE.fullmatch(text):
        return Decimal(2)
    if (part := _AND_PART.fullmatch(text)) and part[1]:
        whole = _quantity(part[1], first=True)
        return None if whole is None else whole + _fraction(part[2])
    found = spoken_numbers.number(text, _ANY_TIME) if text else None
    return found if found is not None and found >= 0 else None


def _rest(text: str, unit: int) -> Decimal | None:
    """Seconds of what follows the last unit: "and a half", "twenty"."""
    text = text.removesuffix("more").strip()
    if not text:
        return Decimal(0)
    if text == "one":  # "the ten minute one" is a timer
        return None
    if part := _AND_PART.fullmatch(text):
        return None if part[1] else _fraction(part[2]) * unit
    text = text.removeprefix("and ")
    count = SMALL.get(text, int(text) if re.fullmatch(r"[0-9]{1,2}", text) else 60)
    return Decimal(count * _LOWER[unit]) if unit in _LOWER and count < 60 else None


def _fraction(word: str) -> Decimal:
    return _FRACTIONS["three quarters" if word.startswith("three") else word]
