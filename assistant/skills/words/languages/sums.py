"""Sums in German, French, Spanish and Italian: put into the English words that spoken_sums.py reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from assistant.skills import Impossible
from assistant.skills.numbers import sums
from assistant.skills.values.spoken_sums import Sum, sum_of
from assistant.skills.words import languages

_LONGEST = 24
"""Words of a sum."""
_LONGEST_NUMBER = 6
_POINT = re.compile(r"(?<=\d) point (\d(?: \d)*)(?= |$)")


def sum(words: str, language: str, number: Callable[[str], Decimal | None]) -> Sum | None:
    """``words``, in lower case, as a sum with at least one operation; None = they are none. ``number``: what words are
    as a number."""
    if not _operations(language).search(words) or len(words.split()) > _LONGEST:
        return None
    english = _operations(language).sub(lambda found: f" {_table(language)[found[0]]} ", words)
    return sum_of(_POINT.sub(lambda found: "." + found[1].replace(" ", ""), _digits(english, number)))


def result(value: Sum, language: str) -> str:
    """What it comes to, as it is said in that language, also that it cannot be worked out."""
    known = languages.read(language).words
    try:
        found = sums.result(value)
    except Impossible:
        return str(known["no_result"])
    for english, said in (("about ", "about"), ("times 10 to the power of", "power_of_ten"), ("percent", "percent")):
        found = found.replace(english, known[said])
    return re.sub(r"(?<=\d)[.,](?=\d)", lambda sign: known["point"] if sign[0] == "." else " ", found)


@lru_cache
def _table(language: str) -> dict[str, str]:
    return {said: english for english, phrases in languages.read(language).sums.items() for said in phrases}


@lru_cache
def _operations(language: str) -> re.Pattern[str]:
    phrases = sorted(_table(language), key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, phrases))})(?!\S)")


def _digits(words: str, number: Callable[[str], Decimal | None]) -> str:
    """With numbers as digits, the longest stretch of words first."""
    tokens, found, at = words.split(), [], 0
    while at < len(tokens):
        for size in range(min(_LONGEST_NUMBER, len(tokens) - at), 0, -1):
            value = number(" ".join(tokens[at : at + size]))
            if value is not None:
                found.append(f"{value:f}")
                break
        else:
            size = 1
            found.append(tokens[at])
        at += size
    return " ".join(found)
