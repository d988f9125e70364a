"""How near words of any language are in meaning, and how common a word is: by one vector for each of the frequent words
of many languages, which mean the same where they lie close, whatever their language. `rag/fitting/vectors.py` makes
them."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from rag import language

_LONGEST = 6  # characters of a word of a script without spaces
_SHORTEST = 4  # letters of a beginning or an end that stands for an unknown word
_COMMON, _RARE = 3.0, 10.0  # logarithms of the ranks between which a word tells nothing, and all


class Meaning:
    def __init__(self, path: Path) -> None:
        with np.load(path) as table:
            self._rows, ranks, hashes = table["rows"], table["ranks"], table["hashes"]
        self._place = dict(zip(hashes.tolist(), range(len(hashes))))
        self._ranks = ranks
        self.dimensions = self._rows.shape[1]
        self._vector = functools.lru_cache(1 << 14)(self._of)

    def forget(self) -> None:
        """Drop what is kept of words that were looked at."""
        self._vector.cache_clear()

    def near(self, words: Sequence[str], others: Sequence[str]) -> np.ndarray:
        """The cosine of each of ``words`` with each of ``others``, float32 of shape (words, others); 1 of a word with
        itself, and 0 of one that is not known."""
        if not words or not others:
            return np.zeros((len(words), len(others)), np.float32)
        return self.vectors(words) @ self.vectors(others).T

    def vectors(self, words: Sequence[str]) -> np.ndarray:
        """Float32 of shape (words, dimensions), rows of length 1, of unknown words 0."""
        if not words:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([self._vector(word) for word in words])

    def text(self, words: Sequence[str]) -> np.ndarray:
        """What ``words`` say together: their mean, the rarer of them more; of length 1, or 0."""
        if not words:
            return np.zeros(self.dimensions, np.float32)
        mean = np.array([self.rarity(word) for word in words], np.float32) @ self.vectors(words)
        return mean / (np.linalg.norm(mean) or 1.0)

    def rarity(self, word: str) -> float:
        """0 to 1 by the word's rank in its language (Zipf's law), 1 where it is none of the frequent ones."""
        place = self._place.get(_hash(word))
        if place is None:
            return 1.0
        return min(1.0, max(0.15, (math.log(1 + int(self._ranks[place])) - _COMMON) / (_RARE - _COMMON)))

    def words(self, text: str) -> list[str]:
        """As `language.words`; what is written without spaces is parted into the longest words that are known."""
        found = []
        for word in language.words(text):
            for run in language.runs(word):
                found += self.parts(run) if language.unspaced(run) else [run]
        return found

    def parts(self, run: str) -> list[str]:
        """The words of a stretch without spaces; what is unknown stays in single characters."""
        found, at = [], 0
        while at < len(run):
            sizes = range(min(_LONGEST, len(run) - at), 1, -1)
            size = next((size for size in sizes if _hash(run[at : at + size]) in self._place), 1)
            found.append(run[at : at + size])
            at += size
        return found

    def _of(self, word: str) -> np.ndarray:
        places = self._places(word)
        if not places:
            return np.zeros(self.dimensions, np.float32)
        rows = self._rows[places].astype(np.float32)
        mean = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0)
        return mean / (np.linalg.norm(mean) or 1.0)

    def _places(self, word: str) -> list[int]:
        """Of the word, or of the longest of its beginnings and of its ends that are known."""
        whole = self._place.get(_hash(word))
        if whole is not None:
            return [whole]
        if language.unspaced(word):
            return []
        sizes = range(len(word) - 1, _SHORTEST - 1, -1)
        ends = [self._place.get(_hash(word[-size:])) for size in sizes if 2 * size >= len(word)]
        beginnings = [self._place.get(_hash(word[:size])) for size in sizes if 2 * size >= len(word)]
        found = [next((place for place in places if place is not None), None) for places in (beginnings, ends)]
        return [place for place in found if place is not None]


def _hash(word: str) -> int:
    return crc32(language.folded(word).encode())


@functools.cache
def loaded() -> Meaning:
    return Meaning(Path(__file__).parent / "vectors.npz")
