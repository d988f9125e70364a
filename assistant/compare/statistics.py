"""How sure a measured mean is: bootstrap intervals of one arm and of the difference between two, and of a proportion.

The bootstrap interval is the percentile one, widened for small samples as Hesterberg does ("What Teachers Should Know
About the Bootstrap", The American Statistician 69, 2015, section 5.3: the quantiles at which a t interval of the same
sample would stand). Of percentile, this, BCa and BCa widened it came nearest to its 95 % on what is compared here:
for 80 and 120 questions, right/wrong answers and their differences, it covered 94.2 to 96.8 % of 1,500 simulated
comparisons each; BCa 93.3 to 98.4 %. Very skewed numbers (log-normal seconds, sigma 0.8) got 92.9 %, no method more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from assistant.errors import UsageError

RESAMPLES = 10_000
_LEVEL = 0.95
_Z = NormalDist().inv_cdf(0.5 + _LEVEL / 2)
_AT_ONCE = 2_000_000  # numbers drawn at once; 16 MB


@dataclass(frozen=True)
class Interval:
    mean: float
    low: float
    """Lower end of the 95 % interval."""
    high: float

    @property
    def decided(self) -> bool:
        """Whether 0 lies outside: of a difference, that it is not chance."""
        return self.low > 0 or self.high < 0


def bootstrap(values: Sequence[float], seed: int = 0) -> Interval:
    """95 % interval of the mean of ``values``, which are independent of each other (one per question).

    Where all answers are right (all 1) or wrong (all 0), resampling finds no doubt; then the ends are Wilson's.
    Raises UsageError for fewer than two values, or one that is no finite number.
    """
    sample = _sample(values)
    mean = float(sample.mean())
    if sample.min() == sample.max():
        return wilson(int(sample.sum()), len(sample)) if mean in (0.0, 1.0) else Interval(mean, mean, mean)
    tail = NormalDist().cdf(-math.sqrt(len(sample) / (len(sample) - 1)) * student(len(sample) - 1))
    low, high = np.quantile(_means(sample, seed), [tail, 1 - tail])
    return Interval(mean, float(low), float(high))


def paired(a: Sequence[float], b: Sequence[float], seed: int = 0) -> Interval:
    """95 % interval of the mean of a - b, where ``a[i]`` and ``b[i]`` are two arms' results on the same question.

    Where two arms were right on exactly the same questions, or on none of the same, the ends tell how far apart they
    may still be: at most as far as Wilson's bound for questions that split them, of which there was none.
    Raises UsageError as `bootstrap`, and when the lengths differ.
    """
    if len(a) != len(b):
        raise UsageError(f"{len(a)} results cannot be paired with {len(b)}; compare arms on the same questions")
    first, second = _sample(a), _sample(b)
    difference = first - second
    if difference.min() == difference.max() and np.isin([*first, *second], (0.0, 1.0)).all():
        mean, most = float(difference[0]), wilson(0, len(difference)).high
        return Interval(mean, max(mean - most, -1.0), min(mean + most, 1.0))
    if difference.min() == difference.max():
        return Interval(float(difference[0]), float(difference[0]), float(difference[0]))
    return bootstrap(difference, seed)


def wilson(count: int, total: int) -> Interval:
    """95 % score interval of the proportion ``count / total`` (Wilson, JASA 22, 1927). Raises UsageError."""
    if not 0 <= count <= total or total < 1:
        raise UsageError(f"{count} of {total} is no proportion")
    share = count / total
    centre = (share + _Z**2 / (2 * total)) / (1 + _Z**2 / total)
    half = _Z / (1 + _Z**2 / total) * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    return Interval(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)))


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t with so many degrees of freedom; from 9 on exact to 0.1 %.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    z = _Z
    return (z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3))


def _sample(values: Sequence[float]) -> np.ndarray:
    sample = np.asarray(values, np.float64)
    if sample.ndim != 1 or len(sample) < 2:
        raise UsageError("an interval needs at least two questions; ask more")
    if not np.isfinite(sample).all():
        raise UsageError("a result is no finite number; leave the questions without a result out of every arm")
    return sample


def _means(sample: np.ndarray, seed: int) -> np.ndarray:
    """Means of `RESAMPLES` samples drawn with replacement."""
    random = np.random.default_rng(seed)
    rows = max(1, _AT_ONCE // len(sample))
    return np.concatenate([sample[random.integers(0, len(sample), (min(rows, RESAMPLES - done), len(sample)))].mean(1)
                           for done in range(0, RESAMPLES, rows)])
