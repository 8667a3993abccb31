"""Balanced simultaneous intervals 均衡联合区间: of means of which some are far more skewed than others.

One critical value for all columns (sim.statistics.simultaneous) is set by the column whose t statistic has the longest tail: an
instrument that acts in three replications of a hundred makes the interval of every other one several times too wide. Here
each column has a critical value of its own, and all miss their means equally often (Beran 1988): with t* the t statistics of
a bootstrap of whole replications, F_k the distribution of |t*_k| and q the quantile of the largest F_k(|t*_k|) of a resample,

    mean_k -+ F_k^-1(q) s_k / sqrt n

so that the intervals hold together with the confidence asked for. How far they cover: docs/statistics-decomposition.md.

Beran, R. (1988). Balanced simultaneous confidence sets. Journal of the American Statistical Association 83, 679-686.
"""

from __future__ import annotations

import math

import numpy as np

from sim.declare import Array
from sim.statistics.intervals import BOOTSTRAP_SEED, CONFIDENCE, Interval, checked, t_quantile, varies
from sim.statistics.studentised import studentised_resamples

RESAMPLES = 10_000
"""Of 20 columns one may miss in a quarter of a percent of cases: that must not hang on a handful of resamples."""


def balanced_intervals(values: Array, confidence: float = CONFIDENCE) -> list[Interval]:
    """Intervals of several means, (n, k), that hold all at once, none wider for another column's tail.

    Never narrower than Student's. A column that does not vary is a point and has no share in it. Raises
    TooFewReplications, ValueError (NaN).
    """
    values = checked(values)
    n, varying = len(values), varies(values)
    mean, half = values.mean(axis=0), np.zeros(values.shape[1])
    if varying.any():
        error = values[:, varying].std(axis=0, ddof=1) / math.sqrt(n)
        half[varying] = error * critical_values(np.ascontiguousarray(values[:, varying]), confidence)
    return [Interval(float(m), float(m - h), float(m + h), n, "balanced") for m, h in zip(mean, half, strict=True)]


def critical_values(values: Array, confidence: float) -> Array:
    """Standard errors to either side of each mean, (k,); every column of (n, k) must vary."""
    sizes = np.abs(studentised_resamples(values, RESAMPLES, BOOTSTRAP_SEED))
    ranked = np.sort(sizes, axis=0)
    largest = np.zeros(len(sizes))
    for column in range(sizes.shape[1]):
        # ties, which a column with few values other than 0 has many of, count from above: wider rather than too narrow
        largest = np.maximum(largest, np.searchsorted(ranked[:, column], sizes[:, column], side="right"))
    level = int(np.sort(largest)[min(math.ceil(confidence * len(largest)), len(largest)) - 1])
    return np.asarray(np.maximum(ranked[level - 1], t_quantile(len(values) - 1, confidence)))
