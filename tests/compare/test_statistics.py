"""The intervals against scipy and statsmodels' textbook values, and by simulation: 95 % must mean 95 %."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.compare.statistics import bootstrap, paired, student, wilson
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
    expected = scipy_stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile",
                                     confidence_level=level, rng=np.random.default_rng(5)).confidence_interval
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.01)


def test_the_paired_bootstrap_is_scipys() -> None:
    random = np.random.default_rng(2)
    a, b = (random.random(100) < 0.6) * 1.0, (random.random(100) < 0.45) * 1.0
    found = paired(a, b, seed=1)
    expected = scipy_stats.bootstrap((a, b), lambda x, y, axis: (x - y).mean(axis), paired=True, n_resamples=20_000,
                                     method="percentile", rng=random).confidence_interval
    assert found.mean == pytest.approx(a.mean() - b.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.02)  # one answer is 0.01


def test_pairing_finds_the_difference_that_questions_of_all_sorts_would_hide() -> None:
    hard = np.random.default_rng(0).normal(0, 10, 80)
    assert paired(hard + 1 + np.random.default_rng(1).normal(0, 1, 80), hard, 0).decided
    assert bootstrap(hard, 0).high - bootstrap(hard, 0).low > 3


def test_same_seed_same_interval() -> None:
    values = np.random.default_rng(0).normal(size=50)
    assert bootstrap(values, 7) == bootstrap(values, 7) != bootstrap(values, 8)


def test_all_right_is_not_certain() -> None:
    assert bootstrap([1.0] * 80).low == pytest.approx(wilson(80, 80).low) and bootstrap([1.0] * 80).high == 1.0
    assert bootstrap([0.0] * 80).high > 0.03


def test_two_arms_right_on_the_same_questions_may_still_differ() -> None:
    found = paired([1, 0] * 40, [1, 0] * 40)
    assert found.mean == 0 and not found.decided and found.high == pytest.approx(wilson(0, 80).high)


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
