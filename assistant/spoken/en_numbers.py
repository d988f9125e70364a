"""English numbers, years, dates and times."""

from __future__ import annotations

import re

from assistant.spoken.language import Noun

SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth"}  # fmt: skip
MONTHS = """January February March April May June July August September October November December""".split()
_PLURALS = r"[a-z]+s|people|men|women|children|feet|teeth|mice|more|other|words?|different|new|such|additional"
_NO_PLURALS = r"was|is|has|does|this|plus|series|as|us|its|census|was|saw|Olympics"
_QUANTITY = r"(?:about|over|than|only|all|nearly|almost|roughly|approximately|another|least|most|exactly|some|up to)\s$"
_DATING = (
    r"(?:(?:\b(?:[Ii]n|[Ss]ince|[Bb]y|[Ff]rom|[Uu]ntil|[Tt]ill|[Bb]efore|[Aa]fter|[Dd]uring|[Oo]f|year|[Aa]round|circa|"
    r"early|late|[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter|AD|" + "|".join(MONTHS) + r")\s)|[(©]\s?)$"
)


def cardinal(number: int, gender: str = "") -> str:
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens = TENS[number // 10 - 2]
        return f"{tens}-{SMALL[number % 10]}" if number % 10 else tens
    value, name = next(row for row in _LARGE if number >= row[0])
    words, rest = f"{cardinal(number // value)} {name}", number % value
    return f"{words} {cardinal(rest)}" if rest else words


def ordinal(number: int, gender: str = "") -> str:
    words = cardinal(number)
    start, last = re.fullmatch(r"(.*?)([a-z]+)", words).groups()  # type: ignore[union-attr]
    if last in _ORDINALS:
        return start + _ORDINALS[last]
    return start + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def year(number: int) -> str:
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 9999 or century % 10 == 0 and rest < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def integer(number: int, before: str, after: str) -> str | None:
    """The words of a year."""
    if not 1010 <= number <= 2099 or re.search(_QUANTITY, before):
        return None
    if re.match(rf"\s(?!(?:{_NO_PLURALS})\b)(?:{_PLURALS})\b", after):
        return None
    dated = re.search(_DATING, before) or _spans(before, after) or (before.endswith(", ") and after.startswith(")"))
    return year(number) if number >= 1900 or dated else None


def _spans(before: str, after: str) -> bool:
    """Whether it is one end of "between 1850 and 1875"."""
    people = rf"\s(?!(?:{_NO_PLURALS})\b)(?:{_PLURALS})\b"
    if re.search(r"\b[Bb]etween $", before):
        return re.match(rf" and 1\d{{3}}(?![\w.,]\d)(?!{people})", after) is not None
    return re.search(r"\b[Bb]etween 1\d{3} and $", before) is not None


def date(day: int, month: int, number: int | None, before: str) -> str:
    end = f" {year(number)}" if number is not None else ""
    return f"{MONTHS[month - 1]} {ordinal(day)}{end}"


def time(hour: int, minute: int, second: int | None, clock: str) -> str:
    half = " ".join(letter.upper() for letter in clock if letter.isalpha())
    if minute:
        words = f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif half:
        words = cardinal(hour)
    else:
        words = f"{cardinal(hour)} o'clock" if 1 <= hour <= 12 else f"{cardinal(hour)} hundred"
    if second:
        words += f" and {cardinal(second)} second{'s' if second > 1 else ''}"
    return f"{words} {half}".strip()


def fraction(top: int, bottom: int) -> str | None:
    if bottom > 20 and bottom not in (32, 50, 64, 100, 1000):
        return None
    many = "" if top == 1 else "s"
    if bottom == 2:
        return f"{cardinal(top)} {'half' if top == 1 else 'halves'}"
    return f"{cardinal(top)} {'quarter' if bottom == 4 else ordinal(bottom)}{many}"


def mixed(whole: int, top: int, bottom: int) -> str | None:
    part = fraction(top, bottom)
    if part is None:
        return None
    if top == 1:
        part = part.replace("one ", "an " if bottom in (8, 11, 18) else "a ", 1)
    return f"{cardinal(whole)} and {part}"


def cents(units: str, count: int, noun: Noun) -> str:
    if count < 10:
        return f"{units} and {cardinal(count)} {noun.one if count == 1 else noun.many}"
    return f"{units} {cardinal(count)}"
