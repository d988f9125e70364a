"""What a calendar tells of years, months and days that are over: leap years, ages, "how many days since Christmas"."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

from assistant.skills import Action, Command, Here, Impossible, command
from assistant.skills.values.spoken_numbers import year
from assistant.skills.values.spoken_time import Moment
from assistant.skills.values.time_replies import about, counted, date, sentence
from assistant.skills.values.time_words import DAY_NAMES

_UNITS = "(days|weeks|months|years|hours|minutes|nights)"
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_LONGEST_AGE = 125
_FURTHEST = 3700  # days
_SATURDAY = 5
_BORN = "(someone|somebody|anyone|anybody|a person|a man|a woman|a child|a boy|a girl|people)"

COMMANDS = (
    command(
        "clock.leap_year",
        "whether a year is a leap year",
        "(is|was|will) [the] [year] {years} [be] [(going to be|been)] a leap year",
        "(is|was) (it|this|that) [year] a leap year [this year|now]",
        "(when is|when's|when will) the next leap year [be]",
        "(what|which) year is the next leap year",
    ),
    command(
        "clock.since",
        "how long ago a day or a time was",
        f"how many {_UNITS} (since|is it since|has it been since|have passed since|ago was|ago is) {{moment}}",
        f"how many {_UNITS} (is it|has it been|have gone by|have passed|passed|are there) since {{moment}}",
        "how long (is it|has it been|ago is it|since) since {moment}",
        "how long ago (was|is) {moment}",
        "how long since {moment}",
    ),
    command(
        "clock.age",
        "how old somebody is who was born in a year",
        f"how old (is|are|would|will) {_BORN} [be] [(who is|who was|who's|who were)] born in {{years}} [be] [now]",
        f"how old (is|are) {_BORN} [now] born in {{years}}",
        "if (i|you|he|she|someone|somebody|a person|they) (was|were|is|are) born in {years} how old (am|are|is) "
        "(i|you|he|she|someone|they|that)",
        "how old (am|are|is|would) (i|he|she|they|you) [be] if (i|he|she|they|you) (was|were|am|is) born in {years}",
        "(i|he|she) was born in {years} how old (am|is|does that make) (i|he|she|me|him|her)",
        "born in {years} how old [(am i|is that|is he|is she|are they)]",
    ),
    command(
        "clock.days_in",
        "how many days a month or a year has",
        "how many days (are|are there|is|does|do|has|have) [in] {month} [have] [got] [this year]",
        "how (many days long|long) is {month} [this year]",
        "how many days (are|are there|is|does|has|have) [in] a [normal] (leap year|year) [have|got]",
        "(does|do) {month} have (28|29|30|31|thirty|thirty one|twenty eight|twenty nine) days [this year]",
    ),
    command(
        "clock.next_name",
        "which day or month comes after or before another",
        "(what|which) (day|month) (is|comes|is it|comes right|is right) (after|before) {named}",
        "what (comes|is) (after|before) {named}",
    ),
    command(
        "clock.born",
        "in which year somebody of an age was born",
        "(what|which|in what|in which) year (was|were) (i|he|she|someone|somebody|they|you) born if "
        "(i|he|she|they|you) (am|is|are|was) {number} [years old] [now]",
        "(if i am|i'm|i am|if he is|if she is) {number} [years old] (what|which|in what|in which) year was (i|he|she) "
        "born [in]",
    ),
    command(
        "clock.working_days",
        "how many working days there are until a day",
        "how many (working days|business days|work days|workdays|weekdays|week days) [(is it|are there|are left|left|"
        "do i have|do we have|have i got|to go)] (until|till|before|to) {moment}",
    ),
)  # fmt: skip


_ROWS = ([name.lower() for name in calendar.day_name], list(_MONTHS))


def run(asked: Command, here: Here) -> Action | None:
    now = here.now()
    match asked.name:
        case "clock.leap_year":
            return _leap(asked, now)
        case "clock.age":
            born = year(str(asked.values["years"]).lower())
            return None if born is None else _age(born, now)
        case "clock.next_name":
            return _next_name(str(asked.values["named"]).lower(), asked.words.lower())
        case "clock.born":
            age = int(asked.values["number"])
            return _or_one_less(now.year - age) if 0 < age < _LONGEST_AGE else None
        case "clock.working_days":
            return _working_days(asked.values["moment"], now)
        case "clock.days_in" if "month" not in asked.values:
            return Action(f"{366 if 'leap' in asked.words.lower() else 365}.")
        case "clock.days_in":
            return _days_in(str(asked.values["month"]).lower(), asked.words, now)
        case _:
            return _since(asked.values["moment"], asked.words.lower(), now)


def _leap(asked: Command, now: datetime) -> Action | None:
    if "years" not in asked.values:
        if re.search(r"\bnext leap\b", asked.words.lower()):
            return Action(
                f"The next leap year is {next(at for at in range(now.year + 1, 9999) if calendar.isleap(at))}."
            )
        return _is_leap(now.year, now)
    named = str(asked.values["years"]).lower()
    which = {"this": 0, "this year": 0, "next year": 1, "next": 1, "last year": -1}.get(named)
    about_year = year(named) if which is None else now.year + which
    return None if about_year is None else _is_leap(about_year, now)


def _is_leap(at: int, now: datetime) -> Action:
    verb = "was" if at < now.year else "is"
    return Action(
        f"{'Yes' if calendar.isleap(at) else 'No'}, {at} {verb} {'' if calendar.isleap(at) else 'not '}a leap year."
    )


def _age(born: int, now: datetime) -> Action:
    if born > now.year:
        raise Impossible(f"{born} is still to come.")
    if now.year - born > _LONGEST_AGE:
        return Action(f"That was {counted(now.year - born, 'year')} ago.")
    age = now.year - born
    if not age:
        return Action("Less than a year old.")
    return _or_one_less(age)


def _or_one_less(number: int) -> Action:
    return Action(f"{number}, or {number - 1} with a birthday still to come this year.")


def _days_in(month: str, words: str, now: datetime) -> Action | None:
    name, _, said = month.partition(" ")
    at = year(said) if said else now.year
    if month in ("a year", "this year", "the year") or month == "year":
        return Action(f"{now.year} has {366 if calendar.isleap(now.year) else 365} days.")
    if name not in _MONTHS or at is None or not 1 <= at <= 9999:
        return None
    days = calendar.monthrange(at, _MONTHS[name])[1]
    called = sentence(name)
    if name == "february":
        return Action(f"{called} {at} {'has' if at >= now.year else 'had'} {days} days.")
    return Action(f"{called} has {days} days.")


def _next_name(named: str, words: str) -> Action | None:
    for row in _ROWS:
        if named in row:
            step = -1 if re.search(r"\bbefore\b", words) else 1
            return Action(f"{sentence(row[(row.index(named) + step) % len(row)])}.")
    return None


def _working_days(moment: Moment, now: datetime) -> Action | None:
    days = (moment.at.date() - now.date()).days
    if not moment.has_date or not 0 < days <= _FURTHEST:
        return None
    count = sum((now.date() + timedelta(days=ahead)).weekday() < _SATURDAY for ahead in range(days))
    when = f"{sentence(DAY_NAMES[moment.at.weekday()])}, {date(moment.at)}"
    return Action(f"From today on it is {counted(count, 'working day')} until {when}, holidays not counted.")


def _since(moment: Moment, words: str, now: datetime) -> Action | None:
    at = moment.at
    if not moment.has_date and not moment.has_time:
        return None
    while at > now and moment.has_date:  # Christmas is the last one
        try:
            at = at.replace(year=at.year - 1)
        except ValueError:
            return None
    if moment.has_time:
        if at > now:
            return None
        return Action(f"That was {about(now - at)} ago.")
    days = (now.date() - at.date()).days
    when = f"{sentence(DAY_NAMES[at.weekday()])}, {date(at)}"
    return Action(f"It is {_spans(days, at, words, now)} since {when}.") if days else Action("That is today.")


def _spans(days: int, at: datetime, words: str, now: datetime) -> str:
    months = 12 * (now.year - at.year) + now.month - at.month - (now.day < at.day)
    if re.search(r"\bmonths\b", words) and months:
        return counted(months, "month")
    if re.search(r"\byears\b", words) and months >= 12:
        return counted(months // 12, "year")
    if re.search(r"\bweeks\b", words) and days >= 7:
        weeks, rest = divmod(days, 7)
        return counted(weeks, "week") + (f" and {counted(rest, 'day')}" if rest else "")
    if re.search(r"\bhours\b", words):
        return counted(24 * days, "hour")
    return counted(days, "day")
