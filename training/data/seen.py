"""Which questions ask the same in other words, judged by the words that carry meaning.

Stricter than `training.data.similar`, which compares whole rows that exist: what a model still writes may be thrown
away.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from rag.words import STOP_WORDS, stem

ALIKE = 0.75
"""Share of common meaning words (Jaccard) from which two questions count as the same; "capital of France" and "capital
of Spain" share a third."""
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")
_EMPTY = STOP_WORDS | frozenset(  # and words of the ways in which a thing is asked
    """
    am being must here about any some much many long often really very please tell explain say give get gets got know
    want need let make makes made take takes use used using done mine yours whose what's who's where's how's it's i'm
    i've i'd don't can't
""".split()
)


def words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def meaning(text: str) -> frozenset[str]:
    """The words that carry meaning, stemmed; all words when none does."""
    every = words(text)
    return frozenset(stem(word) for word in every if word not in _EMPTY) or frozenset(every)


class SeenQuestions:
    """The questions so far; tells which new one is none."""

    def __init__(self) -> None:
        self._sets: list[frozenset[str]] = []
        self._with: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, question: str) -> bool:
        """Whether ``question`` is new; only then it is remembered."""
        meant = meaning(question)
        shared = Counter(index for word in meant for index in self._with[word])
        if not meant or any(count / len(meant | self._sets[index]) >= ALIKE for index, count in shared.items()):
            return False
        for word in meant:
            self._with[word].append(len(self._sets))
        self._sets.append(meant)
        return True
