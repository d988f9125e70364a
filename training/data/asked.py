"""Which questions ask the same in other words, judged by the words that carry meaning.

Stricter than `training.data.similar`, which compares whole rows that exist: what a model still writes may be thrown away.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

ALIKE = 0.75
"""Share of common meaning words (Jaccard) from which two questions count as the same; "capital of France" and "capital
of Spain" share a third."""
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")
_EMPTY = frozenset(
    """
    a an the this that these those there here is are was were be been being am do does did done have has had will would
    can could shall should may might must of in on at to for from with by about as into and or but so if then than what
    which who whom whose when where why how i me my mine you your yours we us our they them their he him his she her it
    its please tell explain say give know want need let just some any much many long often really very get gets got
    use used using make makes made take takes what's who's where's how's i'm i've i'd it's don't can't
""".split()
)


def words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def meaning(text: str) -> frozenset[str]:
    """The words that carry meaning, without plural and possessive endings; all words when none does."""
    every = words(text)
    return frozenset(_stem(word) for word in every if word not in _EMPTY) or frozenset(every)


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class Asked:
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
