"""Days that people name instead of their date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (J. Meeus, Astronomical Algorithms, 1991, chapter 8)."""
    century, rest = divmod(year, 100)
    leap, skipped = divmod(century, 4)
    moon = (19 * (year % 19) + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * skipped + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _from_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


def _thanksgiving(year: int) -> date:
    """The fourth Thursday of November, as in the United States."""
    return date(year, 11, 22 + (3 - date(year, 11, 22).weekday()) % 7)


def _advent(sunday: int) -> Callable[[int], date]:
    """The first Sunday of Advent is the fourth before Christmas."""

    def rule(year: int) -> date:
        fourth = date(year, 12, 24) - timedelta(days=(date(year, 12, 24).weekday() + 1) % 7)
        return fourth - timedelta(days=7 * (4 - sunday))

    return rule


def _fathers_day(year: int) -> date:
    """The third Sunday of June, as in Britain and the United States."""
    return date(year, 6, 15 + (6 - date(year, 6, 15).weekday()) % 7)


_DAYS: dict[str, Callable[[int], date]] = {
    "christmas|christmas day|xmas": _fixed(12, 25),
    "christmas eve": _fixed(12, 24),
    "boxing day": _fixed(12, 26),
    "new year's eve|new years eve|silvester|hogmanay": _fixed(12, 31),
    "new year|new year's|new years|new year's day|new years day": _fixed(1, 1),
    "valentine's day|valentines day|valentine's": _fixed(2, 14),
    "saint patrick's day|st patrick's day": _fixed(3, 17),
    "april fools' day|april fool's day|april fools day": _fixed(4, 1),
    "halloween": _fixed(10, 31),
    "guy fawkes night|bonfire night": _fixed(11, 5),
    "thanksgiving|thanksgiving day": _thanksgiving,
    "burns night": _fixed(1, 25),
    "independence day": _fixed(7, 4),
    "father's day|fathers day": _fathers_day,
    "shrove tuesday|pancake day|pancake tuesday|mardi gras": _from_easter(-47),
    "ash wednesday": _from_easter(-46),
    **{
        f"{ordinal} advent|{ordinal} sunday of advent|{ordinal} sunday in advent|{ordinal} advent sunday": _advent(
            sunday
        )
        for sunday, ordinals in enumerate(("1st|1th", "2nd|2th", "3rd|3th", "4th"), 1)
        for ordinal in ordinals.split("|")
    },
    "advent|advent sunday": _advent(1),
    "palm sunday": _from_easter(-7),
    "good friday": _from_easter(-2),
    "easter|easter sunday": easter,
    "easter monday": _from_easter(1),
    "ascension day": _from_easter(39),
    "whit sunday|pentecost": _from_easter(49),
}
HOLIDAYS = {name: rule for names, rule in _DAYS.items() for name in names.split("|")}
"""Name -> its day in a year."""
