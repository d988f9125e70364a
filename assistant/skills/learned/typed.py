"""Slots that have a kind: what words are of it, and where they begin and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assistant.skills import Impossible
from assistant.skills.values.slots import KINDS
from assistant.skills.values.spoken_numbers import begins_number
from assistant.skills.words import wording
from assistant.skills.words.wording import Word

Stretches = dict[str, tuple[int, int]]
"""Slot -> the first of its words, and the one after its last."""

TYPED = {"length": "duration", "old": "moment"} | {
    kind: kind for kind in "duration moment number sum unit quantity currency money tongue".split()
}
"""Slot -> its kind."""
_OF_NUMBERS = ("sum", "quantity", "money", "number")
_ARTICLES = ("a", "an")
_BEFORE, _AFTER = 3, 4
"""Words that a stretch may grow by."""


def _meaning(kind: str, text: str, now: datetime) -> Any:
    try:
        return KINDS[kind](text, now)
    except Impossible:
        return text


def widened(found: Mapping[str, tuple[int, int]], words: Sequence[Word], now: datetime) -> Stretches:
    """Where what a slot holds is of its kind only with words beside it, or without some: with these."""
    taken = {at for begin, end in found.values() for at in range(begin, end)}
    made = {}
    for slot, (begin, end) in found.items():
        free = taken - set(range(begin, end))
        made[slot] = _longest(TYPED[slot], begin, end, words, now, free) if slot in TYPED else (begin, end)
    return made


def _is_cut(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether a number goes on before or after: of "six forty plus two", "forty plus two" is a part."""
    said = [word.said.lower() for word in words]
    begins = first > 0 and _is_number(said[first - 1]) and _is_number(said[first])
    return begins or (last < len(said) and _is_number(said[last - 1]) and _is_number(said[last]))


def _is_number(word: str) -> bool:
    return begins_number(word) and word not in _ARTICLES


def _longest(kind: str, begin: int, end: int, words: Sequence[Word], now: datetime, taken: set[int]) -> tuple[int, int]:
    firsts = range(max(begin - _BEFORE, 0), end)
    spans = [
        (first, last)
        for first in firsts
        for last in range(max(first, begin) + 1, min(end + _AFTER, len(words)) + 1)
        if words[first].said and taken.isdisjoint(range(first, last))
        if kind != "moment" or (first <= begin and end <= last)  # "every day at eight" is more than "at eight"
    ]
    if kind in _OF_NUMBERS:
        spans = [span for span in spans if not _is_cut(words, *span)]
    for first, last in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        if _meaning(kind, wording.said(list(words[first:last])).lower(), now) is not None:
            return first, last
    while kind in _OF_NUMBERS and _is_cut(words, begin, end):  # better all of it, which may mean nothing, than a part
        begin, end = (begin - 1, end) if begin and _is_number(words[begin - 1].said.lower()) else (begin, end + 1)
    return begin, end
