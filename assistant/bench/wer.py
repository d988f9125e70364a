"""Word error rate: how much of what was said was understood wrongly."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def wer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Substituted, missing and added words of all pairs, divided by the words of the references; may exceed 1.

    Both sides are normalised (see `words`). 0 when nothing was said and nothing was understood.
    """
    pairs = [(words(said), words(heard)) for said, heard in zip(references, hypotheses, strict=True)]
    total = sum(len(said) for said, _ in pairs)
    wrong = sum(edits(said, heard) for said, heard in pairs)
    return wrong / total if total else float(wrong > 0)


def words(text: str) -> list[str]:
    """Lower case, without punctuation; numbers below 100 as words, longer ones digit by digit, as they are dictated."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("’", "'"))
    text = re.sub(r"\d+", lambda match: f" {_spoken(match[0])} ", text)
    return [word.strip("'") for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)]


def edits(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Levenshtein's distance between two sequences of words."""
    columns = np.arange(len(hypothesis) + 1)
    distances = columns.copy()
    for row, word in enumerate(reference, 1):
        diagonal = distances[:-1] + np.array([word != other for other in hypothesis], int)
        best = np.concatenate([[row], np.minimum(diagonal, distances[1:] + 1)])
        distances = np.minimum.accumulate(best - columns) + columns  # insertions run along the row
    return int(distances[-1])


def _spoken(digits: str) -> str:
    number = int(digits)
    if len(digits) > 2 or digits.startswith("0"):
        return " ".join(_ONES[int(digit)] for digit in digits)
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10 - 2] + (f" {_ONES[number % 10]}" if number % 10 else "")
