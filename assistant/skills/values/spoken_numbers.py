"""Numbers as they are spoken, written and said back: "twenty five", "2.5", "a dozen", "three quarters", "the third"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeGuard

from assistant.spoken import en_numbers as english

_DIGITS = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,5}(?:\.[0-9]{1,9})?")
_WRITTEN_DIGITS = re.compile(r"[0-9]{1,15}")
_MOST_WORDS = 40
_MOST_DIGITS = 15  # of a number that is read digit for digit
_ORDINAL_DIGITS = re.compile(r"([0-9]{1,9}(?:,[0-9]{3}){0,3})(?:st|nd|rd|th)")
_SIGNS = {"½": "0.5", "¼": "0.25", "¾": "0.75"}
_SMALL = {word: value for value, word in enumerate(english.SMALL)} | {"nought": 0, "naught": 0}
_SPOKEN_DIGITS = {word: str(value) for word, value in _SMALL.items() if value < 10} | {"oh": "0", "o": "0"}
_TENS = {word: value for value, word in enumerate(english.TENS, 2)} | {"fourty": 4}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12} | {
    **dict.fromkeys(("lakh", "lakhs"), 10**5), **dict.fromkeys(("crore", "crores"), 10**7),
}  # fmt: skip
_COUNTS = {"dozen": 12, "couple": 2}
_ORDINALS = {english.ordinal(value): value for value in (*range(1, 20), *range(20, 100, 10))} | {
    f"{word}th": value for word, value in _SCALES.items()
}
_PARTS = {word: value for word, value in _ORDINALS.items() if value > 2 and value % 10 != 1} | {"half": 2, "quarter": 4}
_MANY_PARTS = {f"{word}s": value for word, value in _PARTS.items() if word != "half"} | {"halves": 2}
_ARTICLES = ("a", "an")
_FIRST = {
    *_SMALL, *_TENS, *_SCALES, *_ARTICLES, *_COUNTS, *_SIGNS, "half", "quarter", "point", "minus", "negative",
}  # fmt: skip


def number(words: str, now: datetime | None = None) -> Decimal | None:
    """``words``, in lower case, as a number; None = they are no number, or more than one."""
    if not words.isascii():
        words = "".join(f" {letter}" if letter in _SIGNS else letter for letter in words)
    first, *others = words.replace("-", " - " if words.startswith("-") else " ").split() or [""]
    if first in ("minus", "negative", "-"):
        value = _read(others)
        return value if value is None else -value
    return _read([first, *others]) if begins_number(first) else None


def begins_number(word: str) -> bool:
    """Whether a number may begin with it: the quick answer for most words is no."""
    return word in _FIRST or word[:1].isdigit() or word[:1] == "."


def leading(words: Sequence[str]) -> tuple[Decimal, int] | None:
    """The longest number at the beginning of ``words``, and how many of them it takes."""
    reader = _Reader(list(words[:_MOST_WORDS]))
    value = reader.first()
    return None if value is None else (value, reader.taken)


def ordinal(words: str) -> int | None:
    """``words``, in lower case, as a place in a row: "third", "the 21st", "twenty second"; None = they are none."""
    *before, last = words.replace("-", " ").removeprefix("the ").split() or [""]
    if match := _ORDINAL_DIGITS.fullmatch(last):
        return None if before else int(match[1].replace(",", ""))
    if (value := _ORDINALS.get(last)) is None:
        return None
    found = _read([*before, *english.cardinal(value).removeprefix("one " if value >= 100 else "").split()])
    return int(found) if found is not None and _is_whole(found) else None


def year(words: str) -> int | None:
    """``words``, in lower case, as a year: "nineteen eighty four", "twenty oh five", "two thousand and twenty six",
    "2026"; None = they are none."""
    tokens = words.replace("-", " ").split()
    for cut in range(1, min(len(tokens), 3)):
        century, rest = _read(tokens[:cut]), tokens[cut:]
        if rest[0] in ("oh", "o") and len(rest) == 2:
            later = _read(rest[1:]) if rest[1] in _SPOKEN_DIGITS else None
        else:
            later = _read(rest)
            later = later if later is not None and later >= 10 else None
        if _is_whole(century) and _is_whole(later) and 10 <= century <= 99 and later <= 99:
            return int(century) * 100 + int(later)
    value = _read(tokens)
    return int(value) if _is_whole(value) and 1 <= value <= 9999 else None


def digits(value: Decimal) -> str:
    """``1,200``, ``0.5``, ``minus 4``: exactly, as the voice reads it."""
    value = value.normalize()
    text = f"{value:,f}" if value.adjusted() < _MOST_DIGITS * 2 else f"{value}"
    return text.replace("-", "minus ")


def rounded(value: Decimal) -> str:
    """As people say it: ``12.5``, ``about 33.33``, ``about 1.27 times 10 to the power of 30``."""
    if value and (value.adjusted() >= _MOST_DIGITS or value.adjusted() < -6):
        lead = round(value.scaleb(-value.adjusted()), 2)
        about = "" if lead.scaleb(value.adjusted()) == value else "about "
        return f"{about}{digits(lead)} times 10 to the power of {digits(Decimal(value.adjusted()))}"
    places = 2 if abs(value) >= 1 else 2 - value.adjusted()
    near = round(value, max(places, 4))
    if abs(value - near) <= abs(value).scaleb(-_MOST_DIGITS):  # two thirds of 90 are 60
        return digits(near)
    return f"about {digits(round(value, places))}"


def _read(tokens: list[str]) -> Decimal | None:
    return _Reader(tokens).whole() if len(tokens) <= _MOST_WORDS else None


def _is_whole(value: Decimal | None) -> TypeGuard[Decimal]:
    return value is not None and value == value.to_integral_value()


class _Reader:
    """Reads one number, from left to right. Each of its methods reads what it is named after, or leaves all as it is
    and gives None."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Decimal | None:
        """All of the words."""
        value = self._value()
        return value if self._at == len(self._tokens) else None

    def first(self) -> Decimal | None:
        return self._value()

    @property
    def taken(self) -> int:
        return self._at

    def _value(self) -> Decimal | None:
        """A number with what may follow: a fraction, then a scale."""
        value = self._fraction()
        if value is None:
            value = self._cardinal()
            if value is None:
                return None
            start = self._at
            if self._take("and") and _is_whole(value) and (part := self._fraction()) is not None and part < 1:
                value += part
            else:
                self._at = start
                if self._here() in _SIGNS:
                    value += Decimal(_SIGNS[self._next()])
        return self._scaled(value)

    def _scaled(self, value: Decimal) -> Decimal:
        """Of "half a million", "2.5 million", "two dozen", "a quarter of a million": what follows the first number."""
        start = self._at
        between = self._take("of"), self._take(*_ARTICLES)
        scale = (_SCALES | _COUNTS).get(self._here())
        if scale is None or (value >= 1 and any(between)):
            self._at = start
            return value
        self._at += 1
        return value * scale

    def _fraction(self) -> Decimal | None:
        """``a half``, ``three quarters``."""
        start = self._at
        if self._take("half"):
            return Decimal("0.5")
        if self._take("quarter"):
            return Decimal("0.25")
        if self._here() in _SIGNS:
            return Decimal(_SIGNS[self._next()])
        if self._take(*_ARTICLES, "one", "1") and (bottom := _PARTS.get(self._here())):
            self._at += 1
            return 1 / Decimal(bottom)
        self._at = start
        top = self._below_hundred()
        if top is not None and (bottom := _MANY_PARTS.get(self._here())):
            self._at += 1
            return top / Decimal(bottom)
        self._at = start
        return None

    def _cardinal(self) -> Decimal | None:
        """Groups, each smaller than what the one before counts: two million, three hundred thousand, and five."""
        groups: list[tuple[Decimal, int]] = []  # value, what it counts: 1, 100, 1000 …
        start = self._at
        while True:
            value = self._group(bool(groups))
            if value is None:
                break
            groups.append((value, 1))
            while (scale := _SCALES.get(self._here())) is not None:
                self._at += 1
                counted = Decimal(0)
                while groups and groups[-1][0] < scale:
                    counted += groups.pop()[0]
                groups.append((counted * scale, scale))
                if counted == 0:
                    self._at = start
                    return None
            if len(groups) > 1 and groups[-1][0] >= groups[-2][1]:
                self._at = start
                return None
            if groups[-1][1] == 1:
                break
        if not groups:
            return None
        return sum((value for value, _ in groups), Decimal(0)) + (self._decimals() or 0)

    def _group(self, later: bool) -> Decimal | None:
        """The number before a scale."""
        start = self._at
        if later:
            self._take("and")
        else:
            self._take(*_ARTICLES)
            if self._here() in _SCALES:
                return Decimal(1)
            if self._here() in _COUNTS:
                return self._count()
            if self._here() == "point":
                return Decimal(0)
            self._at = start
        value = self._below_hundred()
        if value is None:
            self._at = start
        return value

    def _count(self) -> Decimal:
        """``dozen``, ``couple of`` before a hundred."""
        count = _COUNTS[self._next()]
        if self._here() == "of" and self._here(1) in _SCALES:
            self._at += 1
        return Decimal(count)

    def _below_hundred(self) -> Decimal | None:
        word = self._here()
        if _DIGITS.fullmatch(word):
            self._at += 1
            return Decimal(word.replace(",", ""))
        if word in _SMALL:
            self._at += 1
            return Decimal(_SMALL[word])
        if word in _TENS:
            self._at += 1
            unit = _SMALL.get(self._here(), 0)
            if 0 < unit < 10:
                self._at += 1
                return Decimal(10 * _TENS[word] + unit)
            return Decimal(10 * _TENS[word])
        return None

    def _decimals(self) -> Decimal | None:
        """What follows "point"."""
        start = self._at
        if not self._take("point"):
            return None
        digits = ""
        while (word := self._here()) in _SPOKEN_DIGITS or _WRITTEN_DIGITS.fullmatch(word):
            digits += _SPOKEN_DIGITS.get(word, word)
            self._at += 1
        if not digits and (spoken := self._below_hundred()) is not None:
            digits = str(spoken)
        if not digits:
            self._at = start
            return None
        return Decimal(f"0.{digits}")

    def _here(self, later: int = 0) -> str:
        return self._tokens[self._at + later] if self._at + later < len(self._tokens) else ""

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *words: str) -> bool:
        taken = self._here() in words
        self._at += taken
        return taken
