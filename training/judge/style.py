"""Tells answers in the style that was wanted from the base model's own answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.errors import TrainingError

_FEWEST, _FOLDS = 5, 5
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Style:
    accuracy: float
    """Cross-validated over five folds, the two classes weighing the same; 0.5 = the styles cannot be told apart."""
    _weights: dict[str, float]
    _offset: float

    @classmethod
    def fit(cls, wanted: Sequence[str], other: Sequence[str]) -> Style:
        """Learn from answers in the wanted style and ``other`` ones, best to the same questions and in the same order,
        so that the topic tells nothing.

        Naive Bayes on which words, pairs of words, beginnings, ends and lengths occur (Bernoulli, +1/2 smoothing);
        its log-odds become probabilities by a logistic curve fitted to texts it had not learned from (Platt 1999).
        Raises TrainingError with fewer than five of either.
        """
        if min(len(wanted), len(other)) < _FEWEST:
            raise TrainingError(
                f"a style needs at least {_FEWEST} answers in it and {_FEWEST} others to be told apart; "
                f"there are {len(wanted)} and {len(other)}; add rows"
            )
        texts = [*map(_features, wanted), *map(_features, other)]
        label = np.array([True] * len(wanted) + [False] * len(other))
        fold = np.array([*(i % _FOLDS for i in range(len(wanted))), *(i % _FOLDS for i in range(len(other)))])
        odds = np.empty(len(texts))
        for number in range(_FOLDS):
            weights, offset = _bayes([text for text, of in zip(texts, fold) if of != number], label[fold != number])
            for i in np.flatnonzero(fold == number):
                odds[i] = offset + _sum(weights, texts[i])
        slope, shift = _platt(odds, label)
        probability = _logistic(slope * odds + shift)
        right = np.where(probability == 0.5, 0.5, (probability > 0.5) == label)
        weights, offset = _bayes(texts, label)
        return cls(
            float(right[label].mean() + right[~label].mean()) / 2,
            {name: slope * weight for name, weight in weights.items()},
            slope * offset + shift,
        )

    def score(self, text: str) -> float:
        """Probability that the text is in the wanted style, were both equally frequent."""
        return float(_logistic(np.array(self._offset + _sum(self._weights, _features(text)))))


def _features(text: str) -> frozenset[str]:
    tokens = _TOKEN.findall(text)
    found = {*tokens, *(f"{one} {two}" for one, two in zip(tokens, tokens[1:]))}
    found |= {f"^{token}" for token in tokens[:2]} | {f"{token}$" for token in tokens[-3:]}
    words = sum(token[0].isalnum() for token in tokens)
    found |= {f"words>{most}" for most in (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128) if words > most}
    found |= {f"sentences>{most}" for most in (1, 2, 3, 5) if len(re.findall(r"[.!?]+", text)) > most}
    return frozenset(found)


def _bayes(texts: Sequence[frozenset[str]], label: np.ndarray) -> tuple[dict[str, float], float]:
    """Per feature what its presence adds to the log-odds; and the log-odds when none is there."""
    wanted, other = label.sum(), (~label).sum()
    counts: dict[str, list[int]] = {}
    for text, is_wanted in zip(texts, label):
        for name in text:
            counts.setdefault(name, [0, 0])[not is_wanted] += 1
    weights, offset = {}, 0.0
    for name, (in_wanted, in_other) in counts.items():
        if in_wanted + in_other > 1:
            p, q = (in_wanted + 0.5) / (wanted + 1), (in_other + 0.5) / (other + 1)
            absent = np.log1p(-p) - np.log1p(-q)
            weights[name] = float(np.log(p / q) - absent)
            offset += float(absent)
    return weights, offset


def _sum(weights: dict[str, float], text: frozenset[str]) -> float:
    return sum(weights.get(name, 0.0) for name in sorted(text))  # sorted: the same text gives the same last digit


def _platt(odds: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """Slope (at least 0) and shift of the likeliest logistic curve, with Platt's smoothed targets, by Newton's
    method."""
    wanted, other = label.sum(), (~label).sum()
    target = np.where(label, (wanted + 1) / (wanted + 2), 1 / (other + 2))
    weight = np.where(label, 1 / wanted, 1 / other)
    scale = float(np.abs(odds).max()) or 1.0
    design = np.stack([odds / scale, np.ones_like(odds)], axis=1)
    curve = np.zeros(2)
    for _ in range(100):
        p = _logistic(design @ curve)
        gradient = design.T @ (weight * (p - target))
        hessian = design.T @ (design * (weight * p * (1 - p))[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        curve -= step * min(1.0, 5.0 / float(np.abs(step).max() or 1.0))
        if np.abs(step).max() < 1e-8:
            break
    return (float(curve[0]) / scale, float(curve[1])) if curve[0] > 0 else (0.0, 0.0)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))
