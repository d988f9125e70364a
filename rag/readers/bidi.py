"""A printed line with words from right to left, in the order it is read: by where its signs stand.

What wrote a PDF, and what reads it, each may have turned such a line, whole or in parts; only the places are sure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
_RTL = re.compile(f"[{_LETTERS}]")
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_SPACE = 0.2
"""Of the type's size: a wider gap is a space, where none is written."""
_NEAR = 3  # places in the line within which a mark's letter stands
_NUMBER = re.compile("T?N(?:S?N)*T?")

Sign = tuple[str, float, float]
"""A character, and where it begins and ends from the left, in points."""


def logical(signs: Sequence[Sign], size: float, gap: float) -> str:
    """The line of ``signs``, which come in any order, of type of ``size``; " | " stands in each space above ``gap``."""
    visual = _spaced(sorted(_groups(signs), key=lambda group: group[1] + group[2]), size, gap)
    kinds = "".join(_kind(text) for text, _, _ in visual)
    texts = [text for text, _, _ in visual]
    if _reads_from_right(kinds):
        parts = re.finditer("[LNT](?:[^RC]*[LNT])?|.", kinds)  # words from left to right, the rest sign by sign
        turned = [_kept(kinds, texts, *part.span()) for part in parts]
        line = "".join(reversed(turned))
    else:
        line = ""
        for part in re.finditer("R(?:[^LC]*R)?|[^R]+", kinds):
            start, end = part.span()
            line += _turned(kinds, texts, start, end) if part[0][0] == "R" else "".join(texts[start:end])
    return " ".join(line.split())


def is_turned(text: str) -> bool:
    """Whether it has letters that are read from right to left."""
    return _RTL.search(text) is not None


def _groups(signs: Sequence[Sign]) -> list[Sign]:
    """Signs of one place as one, in their own order, and marks with their letter."""
    groups: list[Sign] = []
    for (left, right), same in groupby(signs, key=lambda sign: sign[1:]):
        text = "".join(sign[0] for sign in same)
        # PDFium turns what is written from right to left, and with it the letters of one sign.
        groups.append((text[::-1] if is_turned(text) else text, left, right))
    groups = _moved(groups)
    found: list[Sign] = []
    marks: dict[int, str] = {}
    for at, (text, left, right) in enumerate(groups):
        if unicodedata.combining(text[0]):
            near = [one for one in range(max(0, at - _NEAR), min(len(groups), at + _NEAR + 1)) if one != at]
            letters = [one for one in near if groups[one][0].strip() and not unicodedata.combining(groups[one][0][0])]
            if letters:
                best = max(letters, key=lambda one: min(right, groups[one][2]) - max(left, groups[one][1]))
                marks[best] = marks.get(best, "") + text
                groups[at] = ("", left, right)
    for at, (text, left, right) in enumerate(groups):
        if text:
            found.append((text + marks.get(at, ""), left, right))
    return found


def _moved(groups: list[Sign]) -> list[Sign]:
    """A place that is given twice is none: what comes later is put behind what it follows."""
    taken: set[tuple[float, float]] = set()
    moved: list[Sign] = []
    for text, left, right in groups:
        if (left, right) in taken and moved:
            left = right = moved[-1][2]
        taken.add((left, right))
        moved.append((text, left, right))
    return moved


def _spaced(groups: list[Sign], size: float, gap: float) -> list[Sign]:
    """With the spaces that only the places tell, and cells set apart."""
    words = [group for group in groups if group[0].strip()]
    written = [(left + right) / 2 for text, left, right in groups if not text.strip()]
    spaced: list[Sign] = []
    at = 0
    for group in words:
        if spaced:
            end, start = spaced[-1][2], group[1]
            while at < len(written) and written[at] < (spaced[-1][1] + end) / 2:
                at += 1
            between = at < len(written) and written[at] < (start + group[2]) / 2
            if start - end > gap:
                spaced.append((" | ", end, start))
            elif between or start - end > _SPACE * size:
                spaced.append((" ", end, start))
        spaced.append(group)
    return spaced


def _kind(text: str) -> str:
    """R and L: read from right to left, from left to right; N: a digit, S and T: what stands in and at numbers, C: what
    stands between cells, W: a space."""
    if text == " | ":
        return "C"
    sign = text[0]
    if sign.isdigit() or unicodedata.bidirectional(sign) in ("EN", "AN"):
        return "N"
    if _RTL.match(sign):
        return "R"
    if unicodedata.bidirectional(sign) == "ET":
        return "T"
    return "L" if sign.isalpha() else "W" if sign == " " else "S" if sign in ".,:/-+−–٫٬" else "O"


def _reads_from_right(kinds: str) -> bool:
    """Where it begins and ends with the other kind of words, there must be more of those; its signs come as printed."""
    edges = re.sub("[^RL]", "", kinds)
    if edges[:1] == edges[-1:]:
        return edges[:1] != "L"
    words = ["R" in word for word in re.split("[CW]+", kinds) if "R" in word or "L" in word]
    return 2 * sum(words) >= len(words)


def _kept(kinds: str, texts: list[str], start: int, end: int) -> str:
    """A part of a line that is read from right to left, which is not."""
    if end - start == 1:
        return texts[start].translate(_MIRRORED)
    return "".join(texts[start:end]) if "L" in kinds[start:end] else _turned(kinds, texts, start, end)


def _turned(kinds: str, texts: list[str], start: int, end: int) -> str:
    """From its end; numbers keep their order."""
    parts = []
    while start < end:
        number = _NUMBER.match(kinds, start, end)
        stop = number.end() if number else start + 1
        text = "".join(texts[start:stop])
        parts.append(text if number else text.translate(_MIRRORED))
        start = stop
    return "".join(reversed(parts))
