"""Simultaneous intervals 联合置信区间: of many means, holding all at once with one confidence.

Eight intervals that each hold with 95% hold together with 60% to 95%, as their columns are correlated. The critical value here is
the quantile of the largest |t| of all columns (single-step max-t), from one of two sources:

    t            Student's t one by one, joined as normals with the correlation of the columns are (Conneely and Boehnke
                 2007): each column has a spread of its own, so one chi-square for all, as of a multivariate t, is too narrow
    bootstrap-t  resamples of whole replications, each column studentised (Romano and Wolf 2005), which keeps both the
                 correlation and the shape of the columns

Both give symmetric intervals mean -+ c s / sqrt n with one c for all columns. How far they cover: docs/statistics.md.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np

from sim.declare import Array
from sim.statistics.intervals import BOOTSTRAP_SEED, CONFIDENCE, Interval, checked, t_quantile, varies
from sim.statistics.studentised import is_skewed, studentised_resamples

Method = Literal["auto", "t", "bootstrap-t"]
MAX_T_DRAWS = 10_000
"""Draws behind a simultaneous critical value: about 0.02 of sampling error where it is 2.9."""
MAX_T_RESAMPLES = 4_000
"""Resamples behind one by bootstrap, each of which costs n * k multiplications."""
RIDGE = 1e-9


def simultaneous_t_intervals(values: Array, confidence: float = CONFIDENCE, method: Method = "auto") -> list[Interval]:
    """Intervals of several means, (n, k), that hold all at once with the given confidence.

    ``auto`` takes the bootstrap where any column is skewed (see ``is_skewed``), else joined t statistics; ``method`` of
    the intervals says which. A column that does not vary is a point and has no share in it; k equal columns have the
    interval of one. Raises TooFewReplications, ValueError (NaN or an unknown method).
    """
    if method not in ("auto", "t", "bootstrap-t"):
        raise ValueError(f"method {method!r} is not auto, t or bootstrap-t")
    values = checked(values)
    n, varying = len(values), varies(values)
    mean = values.mean(axis=0)
    error = np.where(varying, values.std(axis=0, ddof=1) / math.sqrt(n), 0.0)
    if method == "auto":
        method = "bootstrap-t" if is_skewed(values).any() else "t"
    half = critical_value(values[:, varying], confidence, method) * error
    return [Interval(float(m), float(m - h), float(m + h), n, method) for m, h in zip(mean, half, strict=True)]


def critical_value(values: Array, confidence: float, method: str) -> float:
    """Standard errors to either side of each mean, (n, k); every column must vary. Never below Student's."""
    n, columns = values.shape
    single = t_quantile(n - 1, confidence)
    if method == "bootstrap-t" and columns > 0:
        largest = np.abs(studentised_resamples(values, MAX_T_RESAMPLES, BOOTSTRAP_SEED)).max(axis=1)
        return max(single, float(np.quantile(largest, confidence)))
    if columns > 1:
        standard = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
        return max(single, _max_t_quantile(_factor(standard), n - 1, confidence))
    return single


def _factor(centred: Array) -> Array:
    """A factor F of the correlation of standardised columns, (n, k): F F' is the correlation."""
    n, k = centred.shape
    if k >= n:  # the rows themselves are one, of n columns: fast where there are many more columns than replications
        return np.ascontiguousarray(centred.T) / math.sqrt(n - 1)
    # columns may be equal: a ridge makes the factor unique, so that every build of the algebra draws the same
    correlations = np.einsum("ra,rb->ab", centred, centred) / (n - 1)
    return np.asarray(np.linalg.cholesky(correlations + RIDGE * np.eye(k)))


def _max_t_quantile(factor: Array, freedom: int, confidence: float) -> float:
    """Quantile of max |t| over t statistics that are correlated as F F' says.

    One chi-square for all, as of a multivariate t, would be too narrow: each column has a spread of its own.
    """
    from scipy.special import ndtr, stdtrit

    normals, largest = _normals(factor.shape[1]), np.empty(MAX_T_DRAWS)
    for start in range(0, MAX_T_DRAWS, _DRAWS_AT_ONCE):
        part = slice(start, start + _DRAWS_AT_ONCE)
        largest[part] = np.abs(np.einsum("ab,br->ar", factor, normals[:, part])).max(axis=0)
    return float(stdtrit(freedom, ndtr(np.quantile(largest, confidence))))


_DRAWS_AT_ONCE = 1000
"""So many that they stay in the processor's cache."""


@lru_cache(maxsize=4)
def _normals(columns: int) -> Array:
    """Standard normals, (columns, draws): the same in every call."""
    generator = np.random.Generator(np.random.PCG64(BOOTSTRAP_SEED))
    normals = np.ascontiguousarray(generator.standard_normal((MAX_T_DRAWS, columns)).T)
    normals.flags.writeable = False
    return normals
