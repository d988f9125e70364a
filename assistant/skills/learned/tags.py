"""Which words fill a slot, as a tag for each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

OUT = 0
"""The tag of words that fill no slot; those of slot n are 2n + 1 for its first word and 2n + 2 for the others."""


def allowed(slots: Iterable[int]) -> np.ndarray:
    """The tags of these slots, and `OUT`."""
    return np.array([OUT, *(tag for slot in slots for tag in (2 * slot + 1, 2 * slot + 2))])


def best(scores: np.ndarray, tags: np.ndarray) -> list[int]:
    """The row of tags with the highest sum in which what goes on has begun, and nothing begins anew where it goes on.
    ``scores``: of shape (words, tags)."""
    steps = np.zeros((len(tags) + 1, len(tags)))
    for to, tag in enumerate(tags):
        goes_on = tag and tag % 2 == 0
        same = (tag, tag - 1) if goes_on else (tag, tag + 1) if tag else ()
        steps[[at for at, before in enumerate([*tags, -1]) if (before in same) != goes_on], to] = -np.inf
    total, came = scores[0, tags] + steps[-1], []
    for row in scores[1:, tags]:
        through = total[:, None] + steps[:-1]
        came.append(through.argmax(axis=0))
        total = through.max(axis=0) + row
    path = [int(total.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return [int(tags[at]) for at in reversed(path)]


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
