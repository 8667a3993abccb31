"""The studentised bootstrap 学生化自助法 (bootstrap-t), for means of skewed output, and the rule when it is used.

Student's t assumes that the mean and the standard deviation of a sample do not go together. In skewed output they do:
a sample without the rare large values has too low a mean and too small a spread, so that the interval misses upwards.
The bootstrap-t (Efron 1979; Hall 1988) takes the distribution of the t statistic from the sample itself:

    t* = (mean* - mean) / (s* / sqrt n)      whole replications drawn again with replacement
    [mean - q(1 - a/2) s / sqrt n,  mean - q(a/2) s / sqrt n]      q: quantiles of t*,  a = 1 - confidence

How far both cover is measured in docs/statistics.md.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sim.declare import Array
from sim.statistics.intervals import (
    BOOTSTRAP_SEED,
    CONFIDENCE,
    RESAMPLES,
    Interval,
    checked,
    resample_indices,
    t_interval,
    varies,
)

SKEWED_FROM = 0.1
"""Output counts as skewed where |skewness| > SKEWED_FROM * sqrt(n): 0.45 for 20 replications, 1 for 100.

Cochran (1977, section 2.15) trusts the normal interval from n > 25 skewness^2 on, which is 0.2 here. Half of that, as a
sample's skewness is on average nearer 0 than that of what it is drawn from; the bootstrap costs nothing where it was
not needed.
"""
LEAST_SPREAD = 0.1
"""Spread of a resample in spreads of the sample: no resample counts with less (assumption).

Where nearly all replications are equal, many resamples do not vary at all and would give no finite bound. Normal
samples of 20 never come near it."""


def skewness(values: Array) -> Array:
    """Skewness m3 / m2^1.5 of each column, (n,) -> () and (n, k) -> (k,); 0 where a column does not vary."""
    values = checked(values)
    centred = values - values.mean(axis=0)
    second, third = (centred**2).mean(axis=0), (centred**3).mean(axis=0)
    varying = varies(values)
    return np.asarray(np.where(varying, third, 0.0) / np.where(varying, second, 1.0) ** 1.5)


def is_skewed(values: Array) -> npt.NDArray[np.bool_]:
    """Whether Student's t is not to be trusted with the mean of each column; see SKEWED_FROM."""
    return np.asarray(np.abs(skewness(values)) > SKEWED_FROM * math.sqrt(len(values)))


def mean_interval(values: Array, confidence: float = CONFIDENCE) -> Interval:
    """Mean of one number a replication, (n,), with the bootstrap-t interval where they are skewed, else Student's.

    ``method`` of the interval says which. Raises TooFewReplications, ValueError (NaN).
    """
    return bootstrap_t_interval(values, confidence) if is_skewed(values) else t_interval(values, confidence)


def bootstrap_t_interval(
    values: Array, confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = BOOTSTRAP_SEED
) -> Interval:
    """Mean of one number a replication, (n,), and its equal-tailed bootstrap-t interval.

    A point where the values do not vary. Raises TooFewReplications, ValueError (NaN).
    """
    values = checked(values)
    n, mean = len(values), float(values.mean())
    if not varies(values):
        return Interval(mean, mean, mean, n, "bootstrap-t")
    drawn = studentised_resamples(values[:, None], resamples, seed)[:, 0]
    low, high = np.quantile(drawn, ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0))
    error = float(values.std(ddof=1)) / math.sqrt(n)
    # 0 is within the quantiles of t* unless the sample is tiny: the mean is never left outside its interval
    return Interval(mean, mean - max(float(high), 0.0) * error, mean - min(float(low), 0.0) * error, n, "bootstrap-t")


def studentised_resamples(values: Array, resamples: int, seed: int) -> Array:
    """t statistics of each column in each resample of whole rows, (n, k) -> (resamples, k); every column must vary."""
    n = len(values)
    standard = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    times = resample_counts(n, resamples, seed).astype(float)
    # not a matrix product: its rounding differs from one library of linear algebra to the next
    mean = np.einsum("rn,nk->rk", times, standard) / n
    square = np.einsum("rn,nk->rk", times, standard * standard) / n
    spread = np.sqrt(np.maximum(square - mean * mean, 0.0) * n / (n - 1))
    return np.asarray(mean / np.maximum(spread, LEAST_SPREAD) * math.sqrt(n))


@lru_cache(maxsize=32)
def resample_counts(n: int, resamples: int, seed: int) -> npt.NDArray[np.uint16]:
    """How often each replication is in each resample, (resamples, n): those of ``resample_indices``. Read only."""
    places = resample_indices(n, resamples, seed) + n * np.arange(resamples)[:, None]
    counts = np.bincount(places.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.uint16)
    counts.setflags(write=False)
    return counts
