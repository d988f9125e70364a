"""Bradley-Terry: against scipy's maximum of the likelihood, and by simulation with strengths that are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from assistant.compare import ratings
from assistant.compare.ratings import SCALE, Vote, fit, rate
from assistant.errors import UsageError

optimize = pytest.importorskip("scipy.optimize")
ARMS = ("a", "b", "c", "d")


def cast(random: np.random.Generator, strengths: list[float], count: int, ties: float = 0.0) -> list[Vote]:
    """Votes between pairs drawn at random; ``ties`` is their share, half of it taken from either side."""
    votes = []
    for _ in range(count):
        i, j = random.choice(len(strengths), 2, replace=False)
        wins = 1 / (1 + np.exp(strengths[j] - strengths[i]))
        tied = min(ties, 2 * wins, 2 * (1 - wins))
        draw = random.random()
        votes.append(Vote(ARMS[i], ARMS[j], 1.0 if draw < wins - tied / 2 else 0.5 if draw < wins + tied / 2 else 0.0))
    return votes


def test_the_fit_is_the_maximum_of_the_likelihood_that_scipy_finds() -> None:
    random = np.random.default_rng(4)
    scores = random.integers(1, 20, (4, 4)).astype(float)
    np.fill_diagonal(scores, 0)

    def unlikelihood(free: np.ndarray) -> float:
        strengths = np.append(free, 0.0)
        return sum(
            scores[i, j] * np.log1p(np.exp(strengths[j] - strengths[i])) for i, j in itertools.permutations(range(4), 2)
        )

    expected = np.append(optimize.minimize(unlikelihood, np.zeros(3), tol=1e-12).x, 0.0)
    assert fit(scores) == pytest.approx(expected - expected.mean(), abs=1e-4)


def test_two_arms_without_ties_get_jeffreys_interval() -> None:
    from scipy.stats import beta

    found = rate(["a", "b"], [Vote("a", "b", 1.0)] * 30 + [Vote("b", "a", 1.0)] * 20).gaps[0].points
    low, high = (SCALE * np.log(p / (1 - p)) for p in beta.ppf([0.025, 0.975], 30.5, 20.5))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5)


def test_equal_arms_at_100_votes_are_68_points_apart_at_most() -> None:
    found = rate(["a", "b"], [Vote("a", "b", 1.0), Vote("a", "b", 0.0)] * 50).gaps[0]
    assert found.points.high == pytest.approx(68, abs=4) and found.points.low == pytest.approx(-68, abs=4)
    assert found.points.mean == pytest.approx(0, abs=1e-6) and found.more is None


def test_ties_say_more_about_equality_than_a_win_and_a_loss() -> None:
    ties = rate(["a", "b"], [Vote("a", "b", 0.5)] * 50).gaps[0].points
    split = rate(["a", "b"], [Vote("a", "b", 1.0), Vote("a", "b", 0.0)] * 25).gaps[0].points
    assert ties.high - ties.low < 0.5 * (split.high - split.low)


def test_ties_need_fewer_votes_to_decide_the_same_distance() -> None:
    split = rate(["a", "b"], [Vote("a", "b", 1.0)] * 22 + [Vote("a", "b", 0.0)] * 18).gaps[0]
    tied = rate(["a", "b"], [Vote("a", "b", 1.0)] * 12 + [Vote("a", "b", 0.0)] * 8 + [Vote("a", "b", 0.5)] * 20).gaps[0]
    assert tied.points.mean == pytest.approx(split.points.mean)
    assert 0 < tied.more < 0.75 * split.more


def test_who_won_every_time_is_better_by_a_finite_sum() -> None:
    found = rate(["a", "b"], [Vote("b", "a", 1.0)] * 8)
    assert [rating.arm for rating in found.arms] == ["b", "a"]
    assert found.gaps[0].points.decided and found.gaps[0].points.mean < 800


def test_without_votes_everything_is_open() -> None:
    found = rate(["a", "b", "c"], [])
    assert all(not gap.points.decided and gap.points.high > 400 for gap in found.gaps)


def test_the_order_in_which_two_arms_stand_in_a_vote_does_not_matter() -> None:
    votes = cast(np.random.default_rng(0), [0, 0.5, 1.0], 60, 0.2)
    turned = [Vote(vote.second, vote.first, 1 - vote.score) for vote in votes]
    assert rate(ARMS[:3], votes) == rate(ARMS[:3], turned)


def test_votes_on_other_arms_are_refused() -> None:
    with pytest.raises(UsageError, match="a and z"):
        rate(["a", "b"], [Vote("a", "z", 1.0)])


@pytest.mark.parametrize(
    "strengths, count, ties",
    [([0, 0], 100, 0.0), ([0, 0.6], 100, 0.3), ([0, 0.6], 30, 0.0), ([0, 0.3, 0.6, 1.2], 200, 0.2)],
)
def test_95_percent_intervals_hold_the_true_strengths_in_93_to_97_percent(strengths, count, ties, monkeypatch) -> None:
    monkeypatch.setattr(ratings, "_DRAWS", 500)
    random = np.random.default_rng(8)
    names = ARMS[: len(strengths)]
    held = []
    for trial in range(250 if len(strengths) == 2 else 150):
        for gap in rate(names, cast(random, strengths, count, ties), trial).gaps:
            truth = (strengths[names.index(gap.better)] - strengths[names.index(gap.worse)]) * SCALE
            held.append(gap.points.low <= truth <= gap.points.high)
    assert 0.93 <= np.mean(held) <= 0.97


def test_the_votes_that_are_said_to_be_needed_decide_in_four_of_five_cases(monkeypatch) -> None:
    monkeypatch.setattr(ratings, "_DRAWS", 500)
    undecided = rate(["a", "b"], [Vote("a", "b", 1.0)] * 23 + [Vote("a", "b", 0.0)] * 17)
    gap = undecided.gaps[0]
    assert not gap.points.decided
    random = np.random.default_rng(5)
    truth = gap.points.mean / SCALE
    decided = [
        rate(["a", "b"], cast(random, [truth, 0], 40 + gap.more), trial).gaps[0].points.decided for trial in range(120)
    ]
    assert 0.70 <= np.mean(decided) <= 0.90
