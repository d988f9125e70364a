"""Whether words that were heard over a reply are the reply's own, come back from the loudspeaker.

Asked only while an echo canceller learns the room: later a user who repeats words of the reply is heard.
"""

from __future__ import annotations

import re

import numpy as np

_LEAST, _ALIKE = 3, 0.4  # letters that must be right, and edits per letter beyond them: "You are well" of "welcome"
_BEFORE, _BEHIND = 60, 20  # letters before and behind the place where the reply stopped that may have been heard


def is_own(text: str, said: str, written: str) -> bool:
    """Whether ``text``, as a recogniser wrote it, may be what was ``said`` last, or comes next in what is ``written``
    and begins with it."""
    heard = _letters(text)
    spoken = _letters(said)[-_BEFORE:] + _letters(written.removeprefix(said))[:_BEHIND]
    return len(heard) >= _LEAST and _edits(heard, spoken) <= _ALIKE * (len(heard) - _LEAST)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _edits(part: str, whole: str) -> int:
    """The least number of letters to be changed, left out or put in so that ``part`` stands somewhere in ``whole``
    (Sellers: "The theory and computation of evolutionary distances: pattern recognition", 1980)."""
    letters, columns = np.array(list(whole), dtype="U1"), np.arange(len(whole) + 1)
    distances = np.zeros(len(whole) + 1, int)
    for row, letter in enumerate(part, 1):
        best = np.concatenate([[row], np.minimum(distances[:-1] + (letters != letter), distances[1:] + 1)])
        distances = np.minimum.accumulate(best - columns) + columns
    return int(distances.min())
