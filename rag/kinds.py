"""Kinds of answers, by the words of a question that ask for them. English; other languages' stand in languages.toml."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rag.amounts import amounts, has_number, is_time
from rag.words import words

COLOURS = frozenset(
    "red green blue yellow white black grey gray orange violet purple pink brown silver gold golden beige turquoise "
    "cream crimson scarlet navy teal amber ivory".split()
)
_NAMES = re.compile(r"(?<=[\w,;)] )(?:[A-Z][\w'’-]+)(?: (?:[A-Z][\w'’-]+|van|von|de|da|of))*")


@dataclass(frozen=True)
class Kind:
    asking: re.Pattern[str]
    """The words of a question, in lower case, that ask for it; an answer need not hold them."""
    holds: Callable[[str], bool]
    """Whether an answer of the kind stands in a text."""
    strict: bool = True
    """Whether a text without it is surely no answer."""


def of(question: str) -> Kind | None:
    """The first of the table whose words stand in ``question``; None when its answer may be of any kind."""
    small = question.lower()
    return next((kind for kind in _KINDS if kind.asking.search(small)), None)


def _amount(asking: str, *kinds: str, strict: bool = True) -> Kind:
    """``kinds``: see `rag.units`."""
    wanted = frozenset(kinds)
    return Kind(re.compile(asking), lambda text: not wanted.isdisjoint(amounts(text)), strict)


def _text(asking: str, answer: str, strict: bool = True, also: Callable[[str], bool] = lambda text: False) -> Kind:
    compiled = re.compile(answer)
    return Kind(re.compile(asking), lambda text: also(text) or compiled.search(text.lower()) is not None, strict)


def _is_named(text: str) -> bool:
    return bool(_NAMES.search(text)) or bool(re.search(r"\b(?:user|service|owner|member|you)s?\b", text))


_ONCE = r"^\W*(?:(?:and|so|but|since|until|till|from|by|at) )*when"
_KINDS = (
    _amount(r"\bhow heavy\b|\bweighs?\b|\b(?:what )?weight\b|\bhow many (?:kilos?|kilograms?|grams?)\b", "g"),
    _amount(r"\bhow (?:wide|tall|high|deep|far|thick|broad)\b|\bdistance\b", "m"),
    _amount(r"\bhow long\b", "m", "s", "month"),
    _amount(r"\bhow (?:soon|quickly)\b|\bafter how many \w+", "s", "month"),
    _text(r"\bhow old\b", r"\b\d{3,4}\b", also=lambda text: not {"s", "month"}.isdisjoint(amounts(text))),
    _amount(r"\bhow fast\b|\b(?:what|top|maximum|which) speed\b", "km/h", "rpm", "hz"),
    _amount(r"\bhow many (?:seconds?|minutes?|hours?|days?|weeks?)\b", "s"),
    _amount(r"\bhow many (?:months|years)\b", "month"),
    _amount(r"\bhow (?:hot|cold|warm)\b|\b(?:what |which )?temperature\b|\bhow many degrees\b", "c", "f"),
    _amount(
        r"\bcosts?\b|\bprice\b|\bpay\b|\bfee\b|\bhow much (?:is|are|money)\b|\bexpensive\b", "$", "€", "£", "money"
    ),
    _amount(r"\bhow loud\b|\bnoise\b", "db"),
    _amount(r"\b(?:how much |what |which )?pressure\b", "bar"),
    _amount(r"\bhow many (?:litres?|liters?)\b", "l"),
    _amount(r"\bhow (?:big|large)\b|\bsize\b|\bcapacity\b", "l", "m", "byte", "g", "m2", strict=False),
    _amount(r"\btorque\b", "nm"),
    _amount(r"\b(?:how much |what )(?:power|energy|electricity)\b", "w", "wh", "ampere", "v", "ah", strict=False),
    _amount(r"\b(?:what|which) voltage\b", "v"),
    _text(r"\b(?:tele)?phone number\b|\bwhat number\b.*\b(?:call|ring|dial)\b", r"\d[\d /()-]{4,}\d"),
    _text(r"\b(?:web|e-?mail) ?(?:site|address)\b", r"https?:|www\.|@|\b\w+\.(?:com|org|net|de|eu)\b"),
    _text(
        r"\bmeans?\b|\bmeaning\b|\bstands? for\b", r"\bmean(?:s|ing|t)?\b|\bstands? for\b|\bindicates?\b", strict=False
    ),
    Kind(re.compile(r"\bhow (?:many|much)\b"), has_number),
    _text(r"\bhow often\b", r"\b(?:every|each|times|once|twice|never|always)\b", also=is_time),
    _text(
        rf"{_ONCE} (?:should|must|can|may|do i (?:have|need))\b",
        r"\b(?:when|if|after|before|once|as soon|every|whenever)\b",
        strict=False,
        also=is_time,
    ),
    Kind(
        re.compile(
            rf"{_ONCE}\b|\b(?:what|which) (?:time|days?|months?|years?|dates?|century|season|weekdays?|hours?)\b|"
            r"\buntil when\b|\bhow (?:late|early)\b"
        ),
        is_time,
    ),
    Kind(re.compile(r"\bwho(?:m|se)?\b"), _is_named, strict=False),
    Kind(re.compile(r"\b(?:what|which) colou?rs?\b|\bcolou?r of\b"), lambda text: not COLOURS.isdisjoint(words(text))),
)
