"""Sums as they are spoken: "12 plus 30 minus 4", "20 percent off 45", "split 84 between 3"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from assistant.skills.values.spoken_numbers import begins_number, leading
from assistant.skills.values.sum_terms import MULTIPLES, TIMES_TABLE, Part, Terms, joined

_MOST_WORDS = 60
_PERCENT_OF = "percentage of|percent of|per cent of"
_SIGNS = (
    (re.compile(r"√\s?"), " the square root of "),
    (re.compile(r"\s?%"), " percent"),
    (re.compile(r"²"), " squared"),
    (re.compile(r"\*\*|\^"), " to the power of "),
    (re.compile(r"(?<=[\d)])\s?(?:[*×]|x(?=\s?\d))\s?"), " times "),
    (re.compile(r"(?<=\d)\s?[÷/]\s?(?=\d)"), " divided by "),
    (re.compile(r"(?<=[\d)])\s?\+\s?"), " plus "),
    (re.compile(r"(?<=[\d)])\s[-−–]\s(?=[\d(])"), " minus "),
    (re.compile(r"([()])"), r" \1 "),
    (re.compile(r",\s"), " "),
)
_VERBS = """square cube half add subtract take split divide multiply share sum product difference average mean factorial
    remainder percentage percent deduct"""
_FIRST = {*MULTIPLES, *TIMES_TABLE, *_VERBS.split()}


@dataclass(frozen=True)
class Sum:
    """What is to be computed."""

    formula: str
    """In Python's notation, of the names n0, n1 … and the functions root, cube_root, factorial."""
    numbers: tuple[Decimal, ...]
    """What n0, n1 … stand for."""
    said: str
    """In words and digits: "17 times 23"."""
    unit: str = ""
    """What the result is counted in: "percent", "euros"."""
    loose: bool = False
    """Only "and" makes it a sum: "two and two"."""


def sum_of(words: str, now: datetime | None = None) -> Sum | None:
    """``words``, in lower case, as a sum with at least one operation; None = they are none."""
    if "-" in words:
        words = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", words)
    first, _, rest = words.partition(" ")
    if first in ("the", "a", "an", "what"):
        article, (first, _, rest) = first, rest.partition(" ")
        if first not in _FIRST and not begins_number(first) and not leading((article, first)):
            return None
    elif first not in _FIRST and not begins_number(first) and first[:1] not in ("(", "√"):
        return None
    if not words.replace(" ", "").isalpha():
        for sign, spoken in _SIGNS:
            words = sign.sub(spoken, words)
    tokens = words.split()
    return _Orders(tokens).whole() if len(tokens) <= _MOST_WORDS else None


class _Orders(Terms):
    """Whole sentences: ``add 3 to 4``."""

    def whole(self) -> Sum | None:
        part, unit = self._order(), ""
        if part is None:
            self._reset(0)
            part, unit = self._share(), "percent"
        if part is None:
            self._reset(0)
            part, unit = self._chain(), ""
        loose = part is not None and not part.is_sum and self._here() == "and"
        if part is not None and loose and (parts := self._rest_of_row(part)):
            part = joined(parts, "+", "plus")
        if part is None or not part.is_sum or self._at != len(self._tokens):
            return None
        return Sum(part.formula, tuple(self._numbers), part.said, unit or self._unit, loose)

    def _order(self) -> Part | None:
        if self._either("add up|add"):
            added = self._added()
            self._either("together|up")
            return added
        if many := TIMES_TABLE.get(self._here()):
            self._at += 1
            whole = self._chain() if self._either("are there in|are in|go into|in|fit into") else None
            return whole and Part(f"({whole.formula})/{many}", f"{whole.said} divided by {many}")
        if self._words("multiply"):
            return self._both("by|with|and|times", "{0}*{1}", "{0} times {1}")
        if self._words("divide"):
            return self._both("by", "{0}/{1}", "{0} divided by {1}")
        if self._either("split|share"):
            return self._among(self._chain())
        if self._either("subtract|deduct"):
            return self._both("from", "{1}-{0}", "{1} minus {0}")
        if self._words("take"):
            first = self._chain()
            if first is None or first.is_sum:
                return first  # "take 20 percent off 50"
            self._words("away")
            second = self._chain() if self._words("from") else None
            return second and self._off(second, first)
        part = self._chain()
        if part and self._either("leave|leaving|tip|tipping|with a tip of|and leave|and tip|at"):
            rate = self._factor()
            self._either("tip|for the tip|as a tip")
            return self._of(rate, part)
        if self._either("go into|goes into|into"):
            return self._divided(self._chain(), part)
        if part and self._either("and spend|and spent|and give away|and lose|and use|and eat|and take away"):
            second = self._chain()
            return second and self._off(part, second)
        if part and self._words("less", "than"):
            second = self._chain()
            return second and self._off(second, part)
        if part and self._words("than"):  # "how much more is 90 than 54"
            second = self._chain()
            return second and self._off(part, second)
        return self._among(part) if self._either("split|shared|divided") else None

    def _of(self, rate: Part | None, whole: Part) -> Part | None:
        """``42 leaving 18 percent``."""
        if rate is None or not rate.is_percent:
            return None
        return Part(f"({rate.formula})/100*({whole.formula})", f"{rate.said} of {whole.said}")

    def _added(self) -> Part | None:
        first = self._chain()
        if first is None:
            return None
        if first.is_percent:
            self._either("vat|tax|sales tax|tip")
        if self._either("to|on to|onto" if first.is_percent else "to"):
            second = self._chain()
            return second and self._on(second, first, "plus")
        parts = self._rest_of_row(first)
        return joined(parts, "+", "plus") if parts else None

    def _among(self, whole: Part | None) -> Part | None:
        self._either("equally|evenly")
        is_said = self._either("between|among|amongst|by|into|for")
        start, parts = self._at, self._chain()
        if not is_said and self._here() not in ("ways", "way"):  # "split 90 pounds four ways"
            self._at, parts = start, None
        self._either("of us|of them|people|persons|ways|way|parts|friends|kids|children|adults|equal parts")
        return self._divided(whole, parts)

    def _divided(self, whole: Part | None, by: Part | None) -> Part | None:
        if whole is None or by is None:
            return None
        return Part(f"({whole.formula})/({by.formula})", f"{whole.said} divided by {by.said}")

    def _share(self) -> Part | None:
        """``what percentage of 80 is 20``, ``20 is what percent of 80``, ``20 out of 80 as a percentage``, ``what
        percentage is 20 out of 80``."""
        part = self._chain()
        whole: Part | None = None
        if part is not None and self._words("out", "of"):
            whole = self._chain()
            if not self._either("as a percentage|as a percent|in percent"):
                return None
        elif part is not None:
            whole = self._chain() if self._either("is what|as a") and self._either(_PERCENT_OF) else None
        else:
            self._words("what")
            if self._either("percentage is|percent is"):
                part = self._chain()
                whole = self._chain() if self._either("out of|of") else None
            elif self._either(_PERCENT_OF):
                whole = self._chain()
                part = self._chain() if self._words("is") else None
        if part is None or whole is None:
            return None
        return Part(f"100*({part.formula})/({whole.formula})", f"{part.said} of {whole.said}")
