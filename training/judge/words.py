"""Text -> comparable words and quantities, in clauses that know whether they are negated. English number words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from rag import units
from rag.units import NUMBER_WORDS, UNITS, in_base, number


@dataclass(frozen=True)
class Quantity:
    value: float
    unit: str = ""
    """As in `UNITS`; empty = a bare number."""

    def equals(self, other: Quantity) -> bool:
        """Of the same size in the same kind of unit; a number without a unit equals one with any unit."""
        if not self.unit or not other.unit:
            return self.value == other.value
        return self._close(other, 1e-6)

    @property
    def kind(self) -> str:
        """Units of one kind can be converted into each other."""
        return in_base(self.value, self.unit)[1]

    def near(self, other: Quantity) -> bool:
        """Equal but for rounding: 41 kg and 90 pounds."""
        return self._close(other, 0.02)

    def _close(self, other: Quantity, tolerance: float) -> bool:
        (size, kind), (other_size, other_kind) = in_base(self.value, self.unit), in_base(other.value, other.unit)
        return kind == other_kind and math.isclose(size, other_size, rel_tol=tolerance)

    def __str__(self) -> str:
        size, kind = in_base(self.value, self.unit)
        return f"{size:.10g} {kind}".strip()


Word = str | Quantity


@dataclass(frozen=True)
class Clause:
    words: tuple[Word, ...]
    negated: bool = False


# "first" is mostly no number ("first open the door"), "second" mostly a unit
_SMALL = NUMBER_WORDS | {
    word: number
    for number, word in enumerate("third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 3)
}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_SPELLING = {
    "colour": "color",
    "grey": "gray",
    "aluminium": "aluminum",
    "centre": "center",
    "liter": "litre",
    "meter": "metre",
    "favourite": "favorite",
    "neighbour": "neighbor",
    "inches": "inch",
    "noone": "nobody",
    "centuries": "century",
    "lbs": "lb",
    "mins": "min",
    "hrs": "hr",
    "secs": "sec",
}
_PREFIXED = re.compile(r"(centi|milli|kilo)(liter|meter)")
ARTICLES = frozenset({"a", "an", "the"})
NEGATIONS = frozenset(
    {
        "not",
        "no",
        "never",
        "none",
        "nothing",
        "nobody",
        "neither",
        "nor",
        "without",
        "hardly",
        "wrong",
        "false",
        "incorrect",
        "untrue",
    }
)
_AUXILIARIES = frozenset(
    "is are was were am be been do does did can could will would shall should must may might has have had need".split()
)
_BREAK, _AGAINST = "|", "|-"  # marks between clauses; the second begins a negated one
_BREAKERS = frozenset({"but", "because", "although", "though", "however", "while", "whereas", "instead", "since"})
_REPLACED = [
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\brather than\b|\binstead of\b|\bas opposed to\b", f" {_AGAINST} "),
        (r"½", " half "),
        (r"[‘’´`]", "'"),
        (r"\bcan'?t\b|\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"'s\b|'", ""),
        (r"\b([ap])\. ?m\b\.?", r"\1m"),
        (r"\bnot? (more|larger|longer|later|bigger|higher|greater|heavier|wider) than\b", "at most"),
        (r"\bnot? (less|fewer|smaller|shorter|earlier|lower|lighter) than\b", "at least"),
        (r"\bno one\b", "nobody"),
        (r"\bper cent\b", "percent"),
        (r"\bnot only\b", ""),
        (r"\b(km/h|kph|kilomet(er|re)s? (per|an) hour)\b", "kmh"),
        (r"\bmiles? (per|an) hour\b", "mph"),
        (r"([$€£])\s*(\d[\d.,]*\d|\d)", r" \2 \1 "),
        (r"°\s?dh\b", " dh "),
        (r"°\s?([cf])\b", r" \1 "),
        (r"°|\bdegrees?\b", " "),  # a bare degree says no more than the number
        (r"\b1st\b", "first"),
        (r"(\d)(st|nd|rd|th)\b", r"\1"),
        (r"(?<![\w.,-])(\d{1,3}) (?=\d{3}(?!\d))", r"\1"),
        (r"\b(\d{4})-(\d\d)-(\d\d)\b", r"\1 \2 \3"),
        (r"(?<![\w.-])(?<!\d,)(\d[\d.,]*+)\s*+[-–—]\s*+(?=\d)", r"\1 to "),
        (r"(?<![\w-])(?<!\d[.,])(\d[\d.,]*+)-(?=[a-z])", r"\1 "),
        (r"\s[-–—]\s|[—–]", f" {_BREAK} "),
    )
]
_GLUED = re.compile(
    r"(\d)("
    + "|".join(sorted((re.escape(unit) for unit in UNITS.keys() - ARTICLES if len(unit) < 4), reverse=True))
    + r"|am|pm)\b"
)
_TOKEN = re.compile(
    r"\|-?|\d{1,2}:\d{2}|[a-z]+\d[a-z0-9]*(?:-[a-z0-9]+)*|[a-z]{1,3}-\d[a-z0-9]*|\d+[a-z]+|"
    r"(?:(?<!\w)-)?\d+(?:[.,]\d+)*|[^\W\d_]+|[%$€£]|[.,;:!?()\[\]\n\"“”]"
)
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[\w-]+")


def clauses(text: str) -> list[Clause]:
    """Articles, punctuation, case and accents are gone; see `Quantity` for numbers, `UNITS` for the units known.

    A clause ends at punctuation, at words like "but" and before "X, not Y"; it is negated when it holds one of
    `NEGATIONS`, which are left out of its words.
    """
    found: list[Clause] = []
    words: list[Word] = []
    negated = False

    def end() -> None:
        nonlocal words, negated
        if words or negated:
            found.append(Clause(tuple(words), negated))
        words, negated = [], False

    previous: Word = ""
    for word in _quantities(_tokens(text)):
        if word in (_BREAK, _AGAINST) or word in _BREAKERS:
            end()
            negated = word in (_AGAINST, "instead")
        elif word in NEGATIONS:
            if words and word == "not" and previous not in _AUXILIARIES:
                end()  # "Paris not London"
            negated = True
        elif word not in ARTICLES:
            words.append(word)
        previous = word
    end()
    return found


def normalise(text: str) -> str:
    """Two texts that say the same in slightly other writing come out equal: case, accents, punctuation, articles,
    number words, units ("1,850 Watts" and "1.85 kW"), short forms ("can't")."""
    return " ".join(
        str(word) for word in _quantities(_tokens(text)) if word not in ARTICLES and word not in (_BREAK, _AGAINST)
    )


def _tokens(text: str) -> list[str]:
    text = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.replace("½", " half ")).casefold()
        if not unicodedata.combining(letter)
    )
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    text = _PREFIXED.sub(lambda match: match[1] + _SPELLING[match[2]], _GLUED.sub(r"\1 \2", text))
    found = []
    for token in _TOKEN.findall(text):
        if len(token) == 1 and not token.isalnum() and token not in "%$€£":
            token = _BREAK
        elif _CODE.fullmatch(token):
            token = token.replace("-", "")
        single = token[:-1] if token.endswith("s") and not token.endswith("ss") else token
        found.append(_SPELLING.get(token) or _SPELLING.get(single) or token)
    return found


def _quantities(tokens: list[str]) -> Iterator[Word]:
    """The tokens, with numbers, their units and times of day (as "20:15") put together."""
    position = 0
    while position < len(tokens):
        value, used = _number(tokens, position)
        if value is None:
            yield {"noon": "12:00", "midnight": "0:00"}.get(
                tokens[position],
                tokens[position].lstrip("0")
                if tokens[position][1:2].isdigit() and ":" in tokens[position]
                else tokens[position],
            )
            position += 1
            continue
        after = tokens[position + used] if position + used < len(tokens) else ""
        if after in ("am", "pm", "oclock") and value <= 12:
            hour = int(value) if after == "oclock" else int(value) % 12 + (12 if after == "pm" else 0)
            yield f"{hour}:00"
            used += 1
        elif (unit := unit_of(after)) is not None:
            yield Quantity(value, unit)
            used += 1
        elif not (used == 1 and tokens[position] == "one" and _pronoun(tokens, position)):
            yield Quantity(value)
        position += used


def unit_of(token: str) -> str | None:
    """The unit that a token names, as in `UNITS`; "a" is an article, not an ampere."""
    return None if token in ARTICLES else units.unit_of(token)


def _pronoun(tokens: list[str], position: int) -> bool:
    """Whether this "one" is no number: "one of them", "the yellow one", "a full one 2 kg"."""
    after = tokens[position + 1] if position + 1 < len(tokens) else _BREAK
    before = tokens[position - 1] if position else _BREAK
    return (
        after == "of"
        or number(after) is not None
        or (
            after == _BREAK
            and before != _BREAK
            and before not in _AUXILIARIES
            and before
            not in ("only", "just", "exactly", "about", "equals", "number", "times", "minus", "plus", "to", "and", "or")
        )
    )


def _number(tokens: list[str], position: int) -> tuple[float | None, int]:
    """The number that starts here and how many tokens it takes; None when there is none."""

    def at(offset: int) -> str:
        return tokens[position + offset] if position + offset < len(tokens) else ""

    if at(0) in ("minus", "negative") and (position == 0 or number(tokens[position - 1]) is None):
        value, used = _number(tokens, position + 1)
        return (None, 0) if value is None else (-value, used + 1)
    if at(0) == "half":
        step = 2 if at(1) in ARTICLES else 1
        return (0.5, step) if unit_of(at(step)) is not None or at(step) in _LARGE else (None, 0)
    group = number(at(0))
    total, scaled, used, last = 0.0, math.inf, 0, ""
    if group is not None:
        used = 1
    while True:
        word = at(used)
        if word == "and" and (last in _LARGE) and at(used + 1) in _SMALL:
            used += 1
            word = at(used)
        small, written = _SMALL.get(word), number(word)
        if small is not None and group is None:
            group = float(small)
        elif small and group is not None and (last == "hundred" or _SMALL.get(last, 0) >= 20 and small < 10):
            group += small
        elif (
            small and group is not None and used == 1 and not total and 10 <= _SMALL.get(last, 0) <= 20 and small >= 10
        ):
            group = group * 100 + small  # nineteen sixty nine
        elif word == "hundred":
            group = (1 if group is None else group) * 100
        elif word in _LARGE and _LARGE[word] < scaled:
            scaled = _LARGE[word]
            total, group = total + (1 if group is None else group) * scaled, None
        elif written is not None and total and group is None and written < scaled:
            group = written
        else:
            break
        used, last = used + 1, word
    if not used:
        return None, 0
    value = total + (group or 0)
    if at(used) == "point" and at(used + 1) in _SMALL:
        digits = ""
        used += 1
        while _SMALL.get(at(used), 10) < 10:
            digits, used = digits + str(_SMALL[at(used)]), used + 1
        value += float(f"0.{digits or 0}")
    if at(used) == "and" and at(used + 1) in ARTICLES and at(used + 2) == "half":
        value, used = value + 0.5, used + 3
    return value, used
