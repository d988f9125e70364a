"""Dates and times of day."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Rule
from assistant.spoken.numbers import START, alternatives, stop

_DIGITS = "0123456789"
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def rules(language: Language) -> list[Rule]:
    month = alternatives({form for name in language.months for form in (name.capitalize(), name)})
    return [
        Rule(
            "-",
            r"(?<![\w-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
            r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:\.\d{1,9})?"
            r"(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-])",
            _iso,
        ),
        Rule(
            "/.-",
            r"(?<![\w/.-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?![\w/-]|\.\d)",
            _numeric,
        ),
        Rule(
            _DIGITS,
            rf"{START}(?P<day>\d{{1,2}}){language.day_mark}(?P<month>{month})(?!\w)\.?"
            rf"(?:{language.year_mark}(?P<year>\d{{4}})(?![\w]|[.,:]\d))?",
            _named,
        ),
        Rule(":", r"(?<=\d:\d\d)\s?[-–]\s?(?=\d{1,2}:\d\d)", lambda own, match: f" {own.terms.to} "),
        Rule(
            ":",
            rf"{START}(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
            rf"(?P<clock>\s?(?:{language.clock or '(?!)'})(?!\w))?(?![\w:]|\.\d)",
            _time,
        ),
        Rule(
            ":",
            rf"{START}(?P<minutes>\d{{1,2}}):(?P<seconds>[0-5]\d{re.escape(language.decimal_mark)}\d{{1,3}})(?![\w:])",
            lambda own, match: f"{own.whole(match['minutes'])} {own.say(match['seconds'])}",
        ),
    ]


def possible(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _LENGTHS[month - 1]


def _before(match: re.Match) -> str:
    return match.string[max(0, match.start() - 40) : match.start()]


def _iso(language: Language, match: re.Match) -> str | None:
    day, month = int(match["day"]), int(match["month"])
    if not possible(day, month):
        return None
    words = language.date(day, month, int(match["year"]), _before(match))
    if match["hour"] is None:
        return words
    if int(match["hour"]) > 24 or int(match["minute"]) > 59:
        return None
    second = int(match["second"]) if match["second"] else None
    return f"{words}, {language.time(int(match['hour']), int(match['minute']), second, '')}"


def _numeric(language: Language, match: re.Match) -> str | None:
    first, second, written = int(match["first"]), int(match["second"]), match["year"]
    year = int(written) if len(written) == 4 else int(written) + (2000 if int(written) < 40 else 1900)
    ends = [(first, second), (second, first)]
    if match["mark"] != "." and not language.day_first:
        ends.reverse()
    if match["mark"] == "." and language.decimal_mark == "." and len(written) == 2:
        return None  # a version
    for day, month in ends:
        if possible(day, month):
            return language.date(day, month, year, _before(match))
    return None


def _named(language: Language, match: re.Match) -> str | None:
    day, month = int(match["day"]), language.months[match["month"].lower().rstrip(".")]
    if not possible(day, month):
        return None
    year = int(match["year"]) if match["year"] else None
    stop = "." if match[0].endswith(".") and match["month"].lower() in _full_names(language) else ""
    return language.date(day, month, year, _before(match)) + stop


def _full_names(language: Language) -> set[str]:
    """Names of months that are no abbreviations: a full stop behind one ends the sentence."""
    longest: dict[int, str] = {}
    for name, month in language.months.items():
        if len(name) > len(longest.get(month, "")):
            longest[month] = name
    return set(longest.values())


def _time(language: Language, match: re.Match) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    second = int(match["second"]) if match["second"] else None
    if hour > 24 or minute > 59 or (second or 0) > 59:
        return None
    return language.time(hour, minute, second, (match["clock"] or "").strip()) + stop(match)
