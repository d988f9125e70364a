"""Words of a known kind -> which of them fill its slots, by a linear model of each word among its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import numpy as np

from assistant.safety.classifier import Vectors
from assistant.skills.learned.typed import classes
from assistant.skills.wording import Word

BUCKETS = 1 << 14
OUT = 0
"""The tag of words that fill no slot; those of slot n are 2n + 1 for its first word and 2n + 2 for the others."""


def features(words: Sequence[Word], kind: str, places: Sequence[int], clusters: np.ndarray) -> np.ndarray:
    """Int64 of shape (words, features): buckets. ``places``: the row of each word's vector."""
    ends = ["^^", "^"], ["$", "$$"]
    row = [*ends[0], *(word.plain for word in words), *ends[1]]
    kinds = [*ends[0], *(classes(word.plain) for word in words), *ends[1]]
    like = [*ends[0], *(str(clusters[place]) for place in places), *ends[1]]
    made = []
    for at, word in enumerate(words, 2):
        b2, b1, w, a1, a2 = row[at - 2 : at + 3]
        comma = "," if word.comma else "", "," if at > 2 and words[at - 3].comma else ""
        alone = (
            f"w{w}", f"b{b1}", f"a{a1}", f"B{b2}", f"A{a2}", f"bw{b1} {w}", f"wa{w} {a1}", f"bb{b2} {b1}",
            f"aa{a1} {a2}", f"c{kinds[at]}", f"bc{kinds[at - 1]}", f"ac{kinds[at + 1]}", f"l{like[at]}",
            f"bl{like[at - 1]}", f"al{like[at + 1]}", f"e{w[-3:]}", f"m{comma}",
        )  # fmt: skip
        of_kind = (
            f"w{w}", f"b{b1}", f"a{a1}", f"bb{b2} {b1}", f"c{kinds[at]}", f"l{like[at]}", f"bl{like[at - 1]}", "",
            f"bc{kinds[at - 1]}{kinds[at]}", f"m{comma}{at == 2}",
        )  # fmt: skip
        made.append([*alone, *(f"{kind} {feature}" for feature in of_kind)])
    return np.array([[crc32(feature.encode()) % BUCKETS for feature in features] for features in made], np.int64)


def allowed(slots: Iterable[int]) -> np.ndarray:
    """The tags of these slots, and `OUT`."""
    return np.array([OUT, *(tag for slot in slots for tag in (2 * slot + 1, 2 * slot + 2))])


def best(scores: np.ndarray, steps: np.ndarray, tags: np.ndarray) -> list[int]:
    """The likeliest row of tags. ``scores``: of shape (words, tags); ``steps``: from tag to tag, its last row from the
    start."""
    steps = steps[np.ix_(np.append(tags, len(steps) - 1), tags)].copy()
    for to, tag in enumerate(tags):
        if tag and tag % 2 == 0:  # what goes on must have begun
            steps[[at for at, before in enumerate([*tags, -1]) if before not in (tag, tag - 1)], to] = -np.inf
    total, came = scores[0, tags] + steps[-1], []
    for row in scores[1:, tags]:
        through = total[:, None] + steps[:-1]
        came.append(through.argmax(axis=0))
        total = through.max(axis=0) + row
    path = [int(total.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return [int(tags[at]) for at in reversed(path)]


class Tagger:
    def __init__(self, kept: Mapping[str, np.ndarray], vectors: Vectors) -> None:
        self._slots: list[str] = kept["slots"].tolist()
        self._of_kind = {kind: np.flatnonzero(row) for kind, row in zip(kept["kinds"].tolist(), kept["kind_slots"])}
        self._weights, self._steps = kept["tags"], kept["steps"].astype(np.float32)
        self._clusters, self._vectors = kept["clusters"], vectors

    def stretches(self, words: Sequence[Word], kind: str) -> dict[str, tuple[int, int]]:
        """Slot -> the first of its words, and the one after its last. Where there are two, the longer."""
        slots = self._of_kind[kind]
        if not len(slots):
            return {}
        places = self._vectors.places([word.plain for word in words])
        scores = self._weights[features(words, kind, places, self._clusters)].astype(np.float32).sum(axis=1)
        found: dict[str, tuple[int, int]] = {}
        for slot, begin, end in spans(best(scores, self._steps, allowed(slots))):
            name = self._slots[slot]
            if name not in found or end - begin > found[name][1] - found[name][0]:
                found[name] = (begin, end)
        return found


def spans(tags: Sequence[int]) -> list[tuple[int, int, int]]:
    """Slot, first word and the one after the last."""
    found: list[tuple[int, int, int]] = []
    for at, tag in enumerate(tags):
        if tag % 2:
            found.append(((tag - 1) // 2, at, at + 1))
        elif tag:
            slot, begin, _ = found.pop()
            found.append((slot, begin, at + 1))
    return found
