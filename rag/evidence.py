"""Whether a passage tells what a question asks: how much of its subject stands there, and an answer of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag import language
from rag.lexical import Subject
from rag.records import Stored

_NEAR = 0.7  # of the best sentence's coverage, from which a sentence may hold the answer


@dataclass(frozen=True)
class Evidence:
    coverage: float
    """0 to 1: how much of the question's subjects, weighted by rarity, stands in the passage."""
    fits: bool | None
    """Whether a sentence about them holds an answer of the kind that is asked; None where no such kind is asked."""


def of(subjects: Sequence[Subject], kinds: Iterable[str], code: str, passage: Stored, own: str = "") -> Evidence:
    """``kinds``: see `language.kinds`; ``code``: the question's language; ``own``: the passage's."""
    text = f"{passage.context}\n{passage.text}"
    own = own or language.detect(text, code)
    told = [kind for kind in kinds if kind in language.of(code).answers]
    coverage = _covered(subjects, set(language.terms(text, own)))
    if not told or not coverage:
        return Evidence(coverage, None)
    parts = language.sentences(passage.text)
    shares = [_covered(subjects, set(language.terms(part, own))) for part in parts]
    best = max(shares, default=0.0)
    fits = any(
        all(language.answers(kind, part, code) for kind in told)
        for part, share in zip(parts, shares)
        if share >= _NEAR * best
    )
    return Evidence(coverage, fits)


def _covered(subjects: Sequence[Subject], present: set[str]) -> float:
    total = sum(subject.weight for subject in subjects)
    return sum(subject.weight * subject.share(present) for subject in subjects) / total if total else 0.0
