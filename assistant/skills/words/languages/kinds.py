"""Numbers, durations and times of day in German, French, Spanish and Italian."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial

from assistant.skills import Impossible
from assistant.skills.values.slots import Understand
from assistant.skills.values.spoken_sums import Sum
from assistant.skills.values.spoken_time import Moment, later
from assistant.skills.values.tongues import tongue
from assistant.skills.words import languages
from assistant.skills.words.languages import sums

_LARGEST = 200
"""Up to here every number has its words, then each fifty."""
_LONGEST = 366 * 86400
_CLOCK = re.compile(r"\d:\d|\b(?:uhr|um|heures?|à|las?|alle)\b")
"""What only a time of day has, however many hours are said."""


def kinds(language: str) -> dict[str, Understand]:
    """As `assistant.skills.values.slots.KINDS`."""
    return {
        "number": partial(number, language=language),
        "duration": partial(duration, language=language),
        "moment": partial(moment, language=language),
        "sum": partial(_sum, language=language),
        "tongue": tongue,
    }


def _sum(words: str, now: datetime, *, language: str) -> Sum | None:
    return sums.sum(words, language, partial(number, now=now, language=language))


@lru_cache
def _numbers(language: str) -> dict[str, int]:
    from unicode_rbnf import RbnfEngine

    engine = RbnfEngine.for_language(language)
    words: dict[str, int] = {}
    for value in [*range(_LARGEST + 1), *range(_LARGEST + 50, 1001, 50)]:
        for text in engine.format_number(value).text_by_ruleset.values():
            words.setdefault(re.sub(r"[-\u00ad]", lambda found: " " if found[0] == "-" else "", text), value)
    return words


def number(words: str, now: datetime, *, language: str) -> Decimal | None:
    if re.fullmatch(r"-?\d{1,9}(?:[.,]\d{1,6})?", words):
        return Decimal(words.replace(",", "."))
    value = _numbers(language).get(words)
    return None if value is None else Decimal(value)


def duration(words: str, now: datetime, *, language: str) -> timedelta | None:
    known = languages.read(language)
    if words in known.halves:
        return timedelta(seconds=known.halves[words])
    counted = _counted(words.split(), language)
    if not counted or any(count is None or count < 0 for count, _ in counted):
        first, _, rest = words.partition(" ")
        if first in (*known.sums["minus"], "minus") and duration(rest, now, language=language):
            raise Impossible(known.words["no_length"])
        return None
    seconds = float(sum(count * unit for count, unit in counted if count is not None))
    return timedelta(seconds=seconds) if seconds <= _LONGEST else None


def _counted(words: list[str], language: str) -> list[tuple[Decimal | None, int]]:
    """ "eine Stunde und 20 Minuten" as 1 hour, 20 minutes; None for what is no number."""
    known = languages.read(language)
    units = {name.lower(): seconds for seconds, *names in known.units.values() for name in names}
    found: list[tuple[Decimal | None, int]] = []
    before: list[str] = []
    for word in words:
        if word in units:
            found.append((number(" ".join(before), datetime.min, language=language), units[word]))
            before = []
        elif before or not found or word != known.words["and"]:
            before.append(word)
    return [] if before else found


@lru_cache
def _clock(language: str) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in languages.read(language).words["clock"]]


def moment(words: str, now: datetime, *, language: str) -> Moment | None:
    """A time of day, today or tomorrow: the next one to come; or so long from now."""
    known = languages.read(language).words
    for link in known["in"]:
        if words.startswith(f"{link} ") and (after := duration(words.removeprefix(f"{link} "), now, language=language)):
            return Moment(later(now, after), has_date=False, has_time=True, after=after)
    days: int | None = None
    for names, ahead in ((known["tomorrow"], 1), (known["today"], 0)):
        for name in names:
            if words.startswith(f"{name} ") or words.endswith(f" {name}"):
                words, days = words.removeprefix(f"{name} ").removesuffix(f" {name}"), ahead
    for pattern in _clock(language):
        if (found := pattern.fullmatch(words)) and (time := _time(found, language)) is not None:
            at = now.replace(hour=time // 60, minute=time % 60, second=0, microsecond=0) + timedelta(days=days or 0)
            if days is None and at <= now:
                at += timedelta(hours=12 if time < 720 and at + timedelta(hours=12) > now else 24)
            return Moment(at, days is not None, True)
    return None


def _time(found: re.Match[str], language: str) -> int | None:
    """Minutes after midnight. Raises Impossible for what is said like a time and is none."""
    said = {name: words for name, words in found.groupdict().items() if words}
    if "digits" in said:
        hour, minute = map(int, said["digits"].split(":"))
        return _checked(hour, minute, found.string, language)
    numbers = {name: number(words, datetime.min, language=language) for name, words in said.items()}
    if any(value is None or value % 1 or value < 0 for value in numbers.values()):
        return None
    hour, minute = 0, 0
    for name, value in numbers.items():
        assert value is not None
        match name:
            case "minute":
                minute += int(value)
            case "hour":
                hour = int(value)
            case "half_before":
                hour, minute = int(value) - 1, 30
            case "half_after":
                hour, minute = int(value), 30
            case "quarter_after":
                hour, minute = int(value), 15
            case "quarter_before":
                hour, minute = int(value) - 1, 45
    return _checked(hour, minute, found.string, language)


def _checked(hour: int, minute: int, words: str, language: str) -> int | None:
    if (hour > 24 or minute > 59) and _CLOCK.search(words):
        raise Impossible(languages.read(language).words["no_time"])
    return 60 * hour + minute if 0 <= hour < 24 and minute < 60 else None
