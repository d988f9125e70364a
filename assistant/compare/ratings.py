"""Ratings from pairwise votes: Bradley-Terry with a prior, ties as half, on Elo's scale.

The chance that arm i is preferred to j is 1 / (1 + 10^((r_j - r_i) / 400)) (Bradley and Terry, Biometrika 39, 1952).
A tie counts half for each. The prior is one vote more for every pair, half of it for each side: with two arms and no
ties that makes the interval Jeffreys' interval of a proportion, whose coverage is good also where one arm won every
time.

Intervals come from drawing, for each pair, how often its votes would be win, tie and loss (Dirichlet, with the prior's
votes in it) and rating every draw. So ties make them narrower, as they should: a tie says more about equality than a
win and a loss. In 700 to 2,000 simulations each (two and four arms, 30 to 200 votes) they held the truth in 93.8 to
95.4 %. They hold for one look at the table: who goes on voting until a difference is "decided" finds one by chance more
often than once in twenty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.compare.statistics import Interval
from assistant.errors import UsageError

SCALE = 400 / math.log(10)
"""Elo points per unit of log-odds."""
_PRIOR = 0.5
_DRAWS = 4000
_POWER = 1.959964 + 0.841621  # quantiles of the normal distribution: 95 % intervals that leave 0 out in 80 % of cases


@dataclass(frozen=True)
class Vote:
    first: str
    second: str
    """Names of two arms."""
    score: float
    """1 = the first was preferred, 0 = the second, 0.5 = a tie."""


@dataclass(frozen=True)
class Rating:
    arm: str
    points: Interval
    """Elo points; the mean of all arms is 0."""
    votes: int


@dataclass(frozen=True)
class Gap:
    """How far two arms are apart."""

    better: str
    worse: str
    """By the votes so far; in the arms' order when they are equal."""
    points: Interval
    """Elo points between them."""
    votes: int
    """Votes on this very pair."""
    more: int | None
    """Votes on this pair that are still needed until the interval leaves 0 out in four of five cases, should they be as
    far apart as it looks now. 0 = decided; None = they look equal, no number of votes is in sight."""


@dataclass(frozen=True)
class Ratings:
    arms: list[Rating]
    """Best first."""
    gaps: list[Gap]
    """Every pair, in the order of `arms`."""


def rate(arms: Sequence[str], votes: Sequence[Vote], seed: int = 0) -> Ratings:
    """Raises UsageError for fewer than two arms, or a vote on an arm that is not among them."""
    outcomes = _outcomes(arms, votes)
    strengths = fit(_scores(outcomes + _prior(outcomes)))
    draws = fit(_scores(_draw(outcomes, seed)))
    order = sorted(range(len(arms)), key=lambda arm: -strengths[arm])
    played = outcomes.sum((1, 2)) + outcomes.sum((0, 2))
    return Ratings(
        [Rating(arms[arm], _interval(strengths[arm], draws[:, arm]), round(played[arm])) for arm in order],
        [
            _gap(arms, strengths, draws, outcomes, better, worse)
            for place, better in enumerate(order)
            for worse in order[place + 1 :]
        ],
    )


def fit(scores: np.ndarray) -> np.ndarray:
    """Bradley-Terry strengths in log-odds, mean 0, shape (..., arms), by Newton's method.

    ``scores[..., i, j]`` is how often i was preferred to j, ties as half; every pair needs some in both directions.
    """
    count = scores.shape[-1]
    games = scores + np.swapaxes(scores, -1, -2)
    strengths = np.zeros((*scores.shape[:-2], count))
    for _ in range(50):
        expected = 1 / (1 + np.exp(strengths[..., None, :] - strengths[..., :, None]))
        slope = (scores - games * expected).sum(-1)
        weights = games * expected * (1 - expected)
        # The mean is fixed by adding 1/count everywhere to a matrix that sends constants to 0.
        curvature = np.eye(count) * weights.sum(-1)[..., None] - weights + 1 / count
        step = np.linalg.solve(curvature, slope[..., None])[..., 0]
        strengths += np.clip(step, -2, 2)  # far from the optimum a whole step may overshoot
        if np.abs(step).max() < 1e-9:
            break
    return strengths - strengths.mean(-1, keepdims=True)


def _outcomes(arms: Sequence[str], votes: Sequence[Vote]) -> np.ndarray:
    """(arms, arms, 3) for i < j: how often i was preferred, neither, j."""
    if len(set(arms)) < 2 or len(set(arms)) != len(arms):
        raise UsageError("ratings need at least two arms, each with a name of its own")
    number = {arm: position for position, arm in enumerate(arms)}
    outcomes = np.zeros((len(arms), len(arms), 3))
    for vote in votes:
        if vote.first not in number or vote.second not in number or vote.first == vote.second:
            raise UsageError(f"a vote between {vote.first} and {vote.second} does not belong to these arms")
        i, j = number[vote.first], number[vote.second]
        place = {1.0: 0, 0.5: 1, 0.0: 2}[vote.score]
        outcomes[min(i, j), max(i, j), place if i < j else 2 - place] += 1
    return outcomes


def _pairs(outcomes: np.ndarray) -> np.ndarray:
    return np.triu(np.ones(outcomes.shape[:2]), 1)[..., None]


def _prior(outcomes: np.ndarray) -> np.ndarray:
    return _pairs(outcomes) * np.array([_PRIOR, 0, _PRIOR])


def _scores(outcomes: np.ndarray) -> np.ndarray:
    """(..., arms, arms, 3) as of `_outcomes` -> how often i was preferred to j, ties as half."""
    wins = outcomes[..., 0] + outcomes[..., 1] / 2
    losses = outcomes[..., 2] + outcomes[..., 1] / 2
    return wins + np.swapaxes(losses, -1, -2)


def _draw(outcomes: np.ndarray, seed: int) -> np.ndarray:
    """(draws, arms, arms, 3): for each pair as many votes as it had, with the prior's, in drawn proportions."""
    random = np.random.default_rng(seed)
    weights = outcomes + _prior(outcomes)
    drawn = np.maximum(random.gamma(weights, size=(_DRAWS, *weights.shape)), 1e-9) * (weights > 0)
    total = drawn.sum(-1, keepdims=True)
    return np.divide(drawn, total, out=np.zeros_like(drawn), where=total > 0) * weights.sum(-1, keepdims=True)


def _interval(strength: float, draws: np.ndarray) -> Interval:
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(float(strength * SCALE), float(low * SCALE), float(high * SCALE))


def _gap(
    arms: Sequence[str], strengths: np.ndarray, draws: np.ndarray, outcomes: np.ndarray, better: int, worse: int
) -> Gap:
    difference = float(strengths[better] - strengths[worse])
    drawn = draws[:, better] - draws[:, worse]
    points = _interval(difference, drawn)
    counted = outcomes[min(better, worse), max(better, worse)]
    return Gap(
        arms[better],
        arms[worse],
        points,
        round(counted.sum()),
        0 if points.decided else _more(difference, float(drawn.std()), counted),
    )


def _more(difference: float, deviation: float, counted: np.ndarray) -> int | None:
    """``difference`` and its standard ``deviation`` in log-odds. What one vote adds follows from the delta method."""
    if difference < 1e-9:
        return None
    score = 1 / (1 + math.exp(-difference))
    ties = counted[1] / max(counted.sum(), 1)
    spread = max(score * (1 - score) - ties / 4, 0.01)  # variance of one vote
    added = (score * (1 - score)) ** 2 / spread
    needed = (_POWER / difference) ** 2 - 1 / deviation**2
    return max(1, math.ceil(needed / added))
