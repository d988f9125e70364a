"""The intervals against scipy and statsmodels' textbook values, and by simulation: 95 % must mean 95 %."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compare.metrics import claimed
from assistant.compare.statistics import Interval, between, bootstrap, paired, resampled, student, wilson
from assistant.errors import UsageError

scipy_stats = pytest.importorskip("scipy.stats")


def test_student_is_scipys() -> None:
    for freedom in (9, 19, 79, 500):
        assert student(freedom) == pytest.approx(scipy_stats.t.ppf(0.975, freedom), rel=1e-3)


@pytest.mark.parametrize("count, total", [(0, 20), (3, 20), (40, 80), (80, 80)])
def test_wilson_is_scipys(count: int, total: int) -> None:
    expected = scipy_stats.binomtest(count, total).proportion_ci(method="wilson")
    found = wilson(count, total)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_bootstrap_is_scipys_percentile_bootstrap_at_its_wider_level() -> None:
    values = np.random.default_rng(1).gamma(2.0, size=120)
    found = bootstrap(values, seed=3)
    level = 1 - 2 * scipy_stats.norm.cdf(-np.sqrt(120 / 119) * scipy_stats.t.ppf(0.975, 119))
    expected = scipy_stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=20_000,
        method="percentile",
        confidence_level=level,
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.01)


def test_the_paired_bootstrap_is_scipys() -> None:
    random = np.random.default_rng(2)
    a, b = (random.random(100) < 0.6) * 1.0, (random.random(100) < 0.45) * 1.0
    found = paired(a, b, seed=1)
    expected = scipy_stats.bootstrap(
        (a, b), lambda x, y, axis: (x - y).mean(axis), paired=True, n_resamples=20_000, method="percentile", rng=random
    ).confidence_interval
    assert found.mean == pytest.approx(a.mean() - b.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.02)  # one answer is 0.01


def test_pairing_finds_the_difference_that_questions_of_all_sorts_would_hide() -> None:
    hard = np.random.default_rng(0).normal(0, 10, 80)
    assert paired(hard + 1 + np.random.default_rng(1).normal(0, 1, 80), hard, 0).decided
    assert bootstrap(hard, 0).high - bootstrap(hard, 0).low > 3


def test_same_seed_same_interval() -> None:
    values = np.random.default_rng(0).normal(size=50)
    assert bootstrap(values, 7) == bootstrap(values, 7) != bootstrap(values, 8)


SHARE = (0.0, 1.0)


def test_a_share_has_wilsons_interval_and_does_not_shrink_from_none_right_to_one() -> None:
    assert bootstrap([1.0] * 80, bounds=SHARE) == wilson(80, 80)
    none, one = bootstrap([0.0] * 40, bounds=SHARE), bootstrap([1.0] + [0.0] * 39, bounds=SHARE)
    assert none == wilson(0, 40) and one.high > none.high > 0.08


@pytest.mark.parametrize("value, bounds", [(-1.0, (-1.0, 1.0)), (0.0, (-1.0, 1.0)), (0.5, SHARE)])
def test_equal_scores_may_still_be_others_up_to_their_bounds(value: float, bounds: tuple[float, float]) -> None:
    found, unseen = bootstrap([value] * 80, bounds=bounds), wilson(0, 80).high
    assert found.mean == value
    assert found.low == pytest.approx(value - unseen * (value - bounds[0]))
    assert found.high == pytest.approx(value + unseen * (bounds[1] - value))


def test_what_is_counted_and_always_the_same_has_no_width() -> None:
    assert bootstrap([0.0] * 80) == Interval(0, 0, 0) and bootstrap([1.0] * 80) == paired(
        [2] * 80, [1] * 80
    ) == Interval(1, 1, 1)


def test_two_arms_alike_on_all_questions_may_still_differ() -> None:
    unseen = wilson(0, 80).high
    for values, bounds, most in (
        ([1, 0] * 40, SHARE, unseen),
        ([0.3, 0.7] * 40, SHARE, unseen),
        ([-1, 1] * 40, (-1.0, 1.0), 2 * unseen),
    ):
        found = paired(values, values, bounds=bounds)
        assert found.mean == 0 and not found.decided and (-found.low, found.high) == pytest.approx((most, most))
    always = paired([1.0] * 80, [0.0] * 80, bounds=SHARE)
    assert always.decided and (always.mean, always.low, always.high) == pytest.approx((1, 1 - 2 * unseen, 1))
    assert not paired([1.0] * 2, [0.0] * 2, bounds=SHARE).decided


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")]])
def test_too_few_or_broken_results_are_refused(values: list[float]) -> None:
    with pytest.raises(UsageError):
        bootstrap(values)


def test_unpaired_results_are_refused() -> None:
    with pytest.raises(UsageError, match="3 results cannot be paired with 2"):
        paired([1, 0, 1], [1, 0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_mean_lies_within_and_the_interval_within_the_values(values: list[float]) -> None:
    found = bootstrap(values)
    slack = 1e-6 * max(map(abs, values), default=0) + 1e-9
    assert min(values) - slack <= found.low <= found.mean + slack or len(set(values)) == 1
    assert found.mean - slack <= found.high <= max(values) + slack or len(set(values)) == 1


def differences(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """80 questions: both arms right on half; one of them alone on 20 % and on 8 %."""
    kind = random.choice(4, 80, p=[0.5, 0.2, 0.08, 0.22])
    return (kind <= 1) * 1.0, np.isin(kind, (0, 2)) * 1.0, 0.12


def proportions(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    return (random.random(80) < 0.7) * 1.0, np.zeros(80), 0.7


def seconds(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    return random.gamma(4.0, 0.5, 80), random.gamma(4.0, 0.4, 80), 0.4


@pytest.mark.parametrize("simulate", [differences, proportions, seconds])
def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent(simulate, monkeypatch) -> None:
    monkeypatch.setattr("assistant.compare.statistics.RESAMPLES", 1000)
    random = np.random.default_rng(11)
    hits = 0
    for trial in range(1200):
        a, b, truth = simulate(random)
        found = paired(a, b, trial)
        hits += found.low <= truth <= found.high
    assert 0.93 <= hits / 1200 <= 0.97


@pytest.mark.parametrize("count", [80, 120])
def test_intervals_of_a_share_hold_the_truth_also_where_few_are_right(count: int) -> None:
    found = [bootstrap([1.0] * right + [0.0] * (count - right), bounds=SHARE) for right in range(count + 1)]
    truths = np.linspace(0.01, 0.99, 99)
    covered = [
        sum(
            scipy_stats.binom.pmf(right, count, truth)
            for right, one in enumerate(found)
            if one.low <= truth <= one.high
        )
        for truth in truths
    ]
    assert min(covered) >= 0.93 and 0.94 <= np.mean(covered) <= 0.96


@pytest.mark.parametrize("truth", [0.02, 0.05])
def test_of_two_arms_alike_no_more_than_1_in_20_is_called_ahead(truth: float, monkeypatch) -> None:
    monkeypatch.setattr("assistant.compare.statistics.RESAMPLES", 500)
    random = np.random.default_rng(6)
    a, b = ((random.random((600, 60)) < truth) * 1.0 for _ in range(2))
    assert np.mean([paired(one, other, bounds=SHARE).decided for one, other in zip(a, b, strict=True)]) <= 0.05


def test_intervals_of_a_ratio_hold_the_truth_also_where_some_questions_have_no_part_in_it() -> None:
    random = np.random.default_rng(7)
    hits = 0
    for trial in range(600):
        claims = random.poisson(1.2, 80)
        rows = np.stack([random.binomial(claims, random.beta(2, 1, 80)), claims], 1)  # true in two thirds
        found = between(claimed(rows), resampled(rows, claimed, 300, trial), int((claims > 0).sum()), SHARE)
        hits += found.low <= 2 / 3 <= found.high
    assert 0.93 <= hits / 600 <= 0.97
