"""Quantities and times as they stand in a text. English."""

from __future__ import annotations

import functools
import re

from rag.units import NUMBER_WORDS, UNITS, unit_of
from rag.words import words

_TOKEN = re.compile(r"[$€£]?\d[\d.,:]*|[$€£%°]\w?|[^\W\d_]+(?:\(a\))?", re.IGNORECASE)
DAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays "
    "sundays january february march april june july august september october november december noon midnight "
    "morning afternoon evening weekday weekdays weekend weekends spring summer autumn winter daily weekly monthly "
    "yearly annually christmas easter today tomorrow".split()
)
_MONEY = (
    (r"euros?\b|€|\beur\b", "€"),
    (r"dollar|\$", "$"),
    (r"\bpounds?\b|£", "£"),
    (r"\bcents?\b|\bpence\b|\bcrowns?\b|\bfrancs?\b|\bprice\b", "money"),
    (r"°c|degrees", "c"),
    (r"square (?:met|feet|foot)|m²", "m2"),
)
_TIME = re.compile(
    r"\bMay\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{1,2} ?[ap]\.?m\b|\b(?:1[0-9]|20)\d\d\b|o'clock|\bBC\b"
)


@functools.lru_cache(4096)
def amounts(text: str) -> frozenset[str]:
    """The kinds (see `rag.units`) of the quantities in a text; ``money`` where its currency is none of them, or it is
    free."""
    small = text.lower()
    tokens = _TOKEN.findall(re.sub(r"(?<=\d)(?=[a-z%°])", " ", small.replace("×", " ").replace("km/h", "kmh")))
    found = set()
    for token, after, next_one in zip(tokens, [*tokens[1:], ""], [*tokens[2:], "", ""]):
        if token[:1] in "$€£":
            found.add(token[:1])
        elif token[:1].isdigit() or token in NUMBER_WORDS:
            if unit := unit_of(after):
                found.add(UNITS[unit][0])
            elif after in ("and", "to", "or") or after in NUMBER_WORDS or after[:1].isdigit():
                continue  # the unit stands after the second number
            elif unit := unit_of(next_one):
                found.add(UNITS[unit][0])
    if re.search(r"\bfree\b", small):
        found.add("money")
    numbered = re.search(r"\d", small) or not NUMBER_WORDS.keys().isdisjoint(tokens)
    found.update(kind for pattern, kind in _MONEY if numbered and re.search(pattern, small))
    return frozenset(found)


@functools.lru_cache(4096)
def has_number(text: str) -> bool:
    return bool(re.search(r"\d", text)) or bool(NUMBER_WORDS.keys() - {"one", "a"} & set(words(text)))


@functools.lru_cache(4096)
def is_time(text: str) -> bool:
    return bool(DAYS & set(words(text))) or bool({"s", "month"} & amounts(text)) or bool(_TIME.search(text))
