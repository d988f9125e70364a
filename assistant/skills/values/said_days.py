"""Pieces of a moment that name a day: "Saturday the thirteenth", "the last Friday of the month", "next week". Each
function takes what matched into what was said, or refuses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from assistant.skills import Impossible
from assistant.skills.values import moon
from assistant.skills.values.holidays import HOLIDAYS
from assistant.skills.values.said_time import Said, months_on
from assistant.skills.values.time_words import DAY_NAMES, MONTH_NAMES, MONTHS, WEEKDAYS


def tonight(said: Said, found: re.Match) -> bool:
    if said.part:
        return False
    said.part = "night"
    return take(said, ahead(0))


def near_day(said: Said, found: re.Match) -> bool:
    shift = {"today": 0, "tomorrow": 1, "yesterday": -1}[found["day"]]
    away = {"after": 1, "before": -1}.get(found["way"] or "", 0)
    return take(said, ahead(shift + away))


def on_weekday(said: Said, found: re.Match) -> bool:
    weekday, which = WEEKDAYS[found["day"]], found["which"] or ""
    extra = 7 if found["later"] or found["week"] else 0

    def which_days(today: date) -> Sequence[date]:
        ahead = (weekday - today.weekday()) % 7
        if which == "next" or found["next"]:
            weeks = 2 if found["next"] else 1
            return [today + timedelta(days=7 * weeks - today.weekday() + weekday + extra)]
        if which == "last":
            return [today + timedelta(days=ahead - 7)]
        if not ahead and not (said.has_clock or said.part or said.weeks or which):
            ahead = 7
        return [today + timedelta(days=ahead + extra + more) for more in (0, 7)]

    if not which and not extra and not found["next"]:
        said.weekday = weekday
    return take(said, which_days)


def weeks_from(said: Said, found: re.Match) -> bool:
    """ "a fortnight on Friday", "two weeks from Friday", "Friday fortnight"."""
    weekday, weeks = WEEKDAYS[found["day"]], int(found["weeks"] or 2)

    def which_days(today: date) -> Sequence[date]:
        ahead = (weekday - today.weekday()) % 7 or 7
        return [today + timedelta(days=ahead + 7 * weeks)]

    return take(said, which_days)


def nth_weekday(said: Said, found: re.Match) -> bool:
    """ "the last Friday of the month", "the third Thursday in November"."""
    place, weekday = found["place"], WEEKDAYS.get(found["day"])

    def on(start: date) -> date | None:
        last = months_on(start, 1) - timedelta(days=1)
        if weekday is None:
            return last
        if place == "last":
            return last - timedelta(days=(last.weekday() - weekday) % 7)
        day = start + timedelta(days=(weekday - start.weekday()) % 7 + 7 * (int(place) - 1))
        return day if day <= last else None

    def which_days(today: date) -> Sequence[date]:
        name = found["month"]
        first = {"next month": 1}.get(name, 0)
        starts = [months_on(today.replace(day=1), month) for month in range(first, first + 13)]
        days = [on(start) for start in starts if name not in MONTHS or start.month == MONTHS[name]]
        if real := [day for day in days if day is not None and day >= today]:
            return real[:1]
        raise Impossible(f"There is no such {found['day'].capitalize()} in {name.capitalize()} within a year.")

    return take(said, which_days)


def dated(said: Said, found: re.Match) -> bool:
    name = found["month"]
    month = int(name) if name.isdigit() else MONTHS[name]
    day, year = int(found["day"]), found["year"]
    if not 1 <= month <= 12:
        raise Impossible(f"There is no month {month}.")
    named = f"{day} {MONTH_NAMES[month - 1].capitalize()}"
    if not 1 <= day <= 31:
        raise Impossible(f"There is no {named}.")
    if year:
        fixed = valid(int(year.replace(" ", "")), month, day)
        if fixed is None:
            raise Impossible(f"There is no {named} in {year.replace(' ', '')}.")
        return take_date(said, lambda today: [fixed])
    if valid(2000, month, day) is None:
        raise Impossible(f"There is no {named}.")
    return take_date(said, lambda today: yearly(today, lambda year: valid(year, month, day))[:1])


def day_of_month(said: Said, found: re.Match) -> bool:
    day = int(found["day"])
    if not 1 <= day <= 31:
        if found["on"]:
            raise Impossible(f"No month has a day {day}.")
        return False

    def which_days(today: date) -> Sequence[date]:
        first = {"next": 1, "this": 0}.get(found["which"] or "")
        months = [first] if first is not None else range(13)
        starts = [months_on(today.replace(day=1), month) for month in months]
        dates = [valid(start.year, start.month, day) for start in starts]
        if real := [one for one in dates if one is not None and (one >= today or first is not None)]:
            return real
        raise Impossible(f"There is no {day} {MONTH_NAMES[starts[0].month - 1].capitalize()}.")

    return take_date(said, which_days)


def named_month(said: Said, found: re.Match) -> bool:
    month = MONTHS[found["month"]]
    return take(said, lambda today: yearly(today, lambda year: date(year, month, 1)))


def on_holiday(said: Said, found: re.Match) -> bool:
    rule = HOLIDAYS[found["holiday"]]
    if found["year"]:
        year = int(found["year"].replace(" ", ""))
        return take(said, lambda today: [rule(year)])
    return take(said, lambda today: yearly(today, rule))


def phase(said: Said, found: re.Match) -> bool:
    return take(said, lambda today: moon.days(found["phase"], today))


def next_week(said: Said, found: re.Match) -> bool:
    if said.weeks:
        return False
    said.weeks = 2 if found["after"] else 1
    return True


def calendar(said: Said, found: re.Match) -> bool:
    """ "next month", "this weekend"."""
    later = found["which"] == "next"
    match found["unit"]:
        case "weekend":
            return take(said, lambda today: [today + timedelta(days=max(0, 5 - today.weekday()) + (7 if later else 0))])
        case "month":
            return later and take(said, lambda today: [months_on(today.replace(day=1), 1)])
        case _:
            return later and take(said, lambda today: [date(today.year + 1, 1, 1)])


def take(said: Said, which_days: Callable[[date], Sequence[date]]) -> bool:
    """False = another day was said already."""
    if said.which_days is not None:
        return False
    said.which_days = which_days
    return True


def take_date(said: Said, which_days: Callable[[date], Sequence[date]]) -> bool:
    """Of a date that may have its weekday before it: "Saturday the thirteenth". Raises Impossible."""
    weekday, said.weekday = said.weekday, None
    if weekday is None:
        return take(said, which_days)

    def fitting(today: date) -> Sequence[date]:
        days = which_days(today)
        if found := [day for day in days if day.weekday() == weekday]:
            return found
        name, is_on = DAY_NAMES[weekday].capitalize(), DAY_NAMES[days[0].weekday()].capitalize()
        month = MONTH_NAMES[days[0].month - 1].capitalize()
        raise Impossible(f"{days[0].day} {month} is a {is_on}, not a {name}.")

    said.which_days = fitting
    return True


def ahead(days: int) -> Callable[[date], Sequence[date]]:
    return lambda today: [today + timedelta(days=days)]


def yearly(today: date, rule: Callable[[int], date | None]) -> list[date]:
    dates = [rule(year) for year in range(today.year, today.year + 9)]
    return [day for day in dates if day is not None and day >= today]


def valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
