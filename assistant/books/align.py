"""What was written beside what was heard, word by word, in time that grows with the length and not with its square.

Runs of words that occur once on both sides are anchors (the longest rising sequence of them, as in Bram Cohen's
"patience diff"); between two anchors the words are paired by dynamic programming, by how alike they sound, so that a
word which the recogniser misheard is not taken for one that nobody said.
"""

from __future__ import annotations

import itertools
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

NEAR = 0.5
"""Distance up to which two words sound alike, in [0, 1]."""
_OPEN = 0.7  # cost of the first word without a partner: below two of it, another word in its place is cheaper
_GO_ON = 0.45  # and of each more
_MERGE = 0.25  # what two words for one cost beside their distance
_RUNS = (3, 2, 1)  # words of an anchor, outside first
_CELLS = 60_000  # of one table between two anchors; where more is needed, nothing is alike


@dataclass
class Alignment:
    partners: list[float | None]
    """For each word of the text the distance to what was heard in its place, in [0, 1]; None = nothing was."""
    extra: list[tuple[int, list[str]]] = field(default_factory=list)
    """Runs of heard words that belong to no word of the text, and before which word of it each was heard."""


Step = tuple[int, int, int, int, float]
"""``text[a:b]`` is ``heard[c:d]``, at this distance."""


def align(text: Sequence[str], heard: Sequence[str]) -> Alignment:
    found = Alignment([None] * len(text))
    position = 0
    last: Step = (len(text), len(text), len(heard), len(heard), 0.0)
    steps = _between(text, heard, 0, len(text), 0, len(heard), _RUNS)
    for begin, end, start, stop, distance in itertools.chain(steps, [last]):
        if start > position:
            found.extra.append((begin, list(heard[position:start])))
        found.partners[begin:end] = [distance] * (end - begin)
        position = stop
    return found


def _between(
    text: Sequence[str], heard: Sequence[str], a: int, b: int, c: int, d: int, runs: Sequence[int]
) -> Iterator[Step]:
    """How ``text[a:b]`` and ``heard[c:d]`` belong together, in order."""
    if a == b or c == d:
        return
    if (b - a) * (d - c) <= 16 or not runs:
        if (b - a) * (d - c) <= _CELLS:
            yield from _paired(text, heard, a, b, c, d)
        return
    size = runs[0]
    for i, j in [*_anchors(text, heard, a, b, c, d, size), (b, d)]:
        if i < a or j < c:
            continue  # it overlaps the anchor before
        yield from _between(text, heard, a, i, c, j, runs[1:])
        for step in range(size if i < b else 0):
            yield i + step, i + step + 1, j + step, j + step + 1, 0.0
        a, c = i + size, j + size


def _anchors(
    text: Sequence[str], heard: Sequence[str], a: int, b: int, c: int, d: int, size: int
) -> list[tuple[int, int]]:
    """Where the same ``size`` words stand, which occur once in each range: the longest sequence that rises in both."""
    here = {key: i for key, i in _unique(text, a, b, size)}
    pairs = sorted((here[key], j) for key, j in _unique(heard, c, d, size) if key in here)
    tails: list[int] = []  # the smallest last j of a rising sequence of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        place = bisect_left(tails, j)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [j]
        ends[place : place + 1] = [number]
    found, number = [], ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _unique(words: Sequence[str], begin: int, end: int, size: int) -> Iterator[tuple[tuple[str, ...], int]]:
    keys = [tuple(words[place : place + size]) for place in range(begin, end - size + 1)]
    counts = Counter(keys)
    return ((key, begin + offset) for offset, key in enumerate(keys) if counts[key] == 1)


def _paired(text: Sequence[str], heard: Sequence[str], a: int, b: int, c: int, d: int) -> Iterator[Step]:
    """The cheapest pairing; two words may have been heard as one ("any thing") and one as two.

    A gap costs more to open than to go on (Gotoh 1982), so that what is lost or said twice stays in one run.
    """
    rows, columns = b - a, d - c
    never = float("inf")
    # Costs where the last step paired words, left out words of the text, left out words that were heard.
    both = [[never] * (columns + 1) for _ in range(rows + 1)]
    gone, more = [row[:] for row in both], [row[:] for row in both]
    taken: dict[tuple[int, int], tuple[int, int, float]] = {}
    both[0][0] = 0.0
    for i in range(1, rows + 1):
        gone[i][0] = _OPEN + _GO_ON * (i - 1)
    for j in range(1, columns + 1):
        more[0][j] = _OPEN + _GO_ON * (j - 1)
    for i in range(1, rows + 1):
        one = text[a + i - 1]
        for j in range(1, columns + 1):
            other = heard[c + j - 1]
            steps = [(1, 1, difference(one, other), 0.0)]
            if i > 1:
                steps.append((2, 1, difference(text[a + i - 2] + one, other), _MERGE))
            if j > 1:
                steps.append((1, 2, difference(one, heard[c + j - 2] + other), _MERGE))
            for down, right, distance, dearer in steps:
                if dearer and distance > NEAR:
                    continue
                x, y = i - down, j - right
                cost = min(both[x][y], gone[x][y], more[x][y]) + distance + dearer
                if cost < both[i][j]:
                    both[i][j], taken[i, j] = cost, (down, right, distance)
            gone[i][j] = min(min(both[i - 1][j], more[i - 1][j]) + _OPEN, gone[i - 1][j] + _GO_ON)
            more[i][j] = min(min(both[i][j - 1], gone[i][j - 1]) + _OPEN, more[i][j - 1] + _GO_ON)
    found: list[Step] = []
    i, j, going = rows, columns, ""
    while i and j:
        kinds = {"both": both[i][j], "gone": gone[i][j], "more": more[i][j]}
        kind = going or min(kinds, key=lambda name: kinds[name])
        going = ""
        if kind == "both":
            down, right, distance = taken[i, j]
            found.append((a + i - down, a + i, c + j - right, c + j, distance))
            i, j = i - down, j - right
        elif kind == "gone":
            going = "gone" if gone[i][j] == gone[i - 1][j] + _GO_ON else ""
            i -= 1
        else:
            going = "more" if more[i][j] == more[i][j - 1] + _GO_ON else ""
            j -= 1
    yield from reversed(found)


@lru_cache(maxsize=1 << 14)
def difference(one: str, other: str) -> float:
    """How differently two words sound, in [0, 1]: Levenshtein's distance of their sounds, by the longer one."""
    if one == other:
        return 0.0
    first, second = _sounds(one), _sounds(other)
    row = list(range(len(second) + 1))
    for i, sound in enumerate(first, 1):
        last, row[0] = row[0], i
        for j, heard in enumerate(second, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (sound != heard))
    return row[-1] / max(len(first), len(second), 1)


_SOUNDS = str.maketrans("cqkgjzxsdtbpvfwmnyaeiou", "kkkkksssttppfffnniaiiuu")


@lru_cache(maxsize=1 << 14)
def _sounds(word: str) -> str:
    """Letters that are confused with each other as one, doubled ones once; rough, and good for any Latin script."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", word) if not unicodedata.combining(mark))
    plain = plain.replace("ph", "f").replace("gh", "").replace("h", "") or plain
    sounds = plain.translate(_SOUNDS)
    return "".join(sound for place, sound in enumerate(sounds) if sounds[place - 1 : place] != sound)
