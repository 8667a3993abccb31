"""Simultaneous intervals 联合置信区间: of many means, holding all at once with one confidence.

Eight intervals that each hold with 95% hold together with 60% to 95%, as their columns are correlated. The critical value here is
the quantile of the largest |t| of all columns (single-step max-t), from one of two sources:

    t            a multivariate t with the correlation of the columns, simulated (Hothorn, Bretz and Westfall 2008)
    bootstrap-t  resamples of whole replications, each column studentised (Romano and Wolf 2005), which keeps both the
                 correlation and the shape of the columns

Both give symmetric intervals mean -+ c s / sqrt n with one c for all columns. How far they cover: docs/statistics.md.
"""

from __future__ import annotations

import math
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

    ``auto`` takes the bootstrap where any column is skewed (see ``is_skewed``), else the multivariate t; ``method`` of
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
        correlations = np.einsum("ra,rb->ab", standard, standard) / (n - 1)
        return max(single, _max_t_quantile(correlations, n - 1, confidence))
    return single


def _max_t_quantile(correlations: Array, freedom: int, confidence: float) -> float:
    """Quantile of max |t| over correlated t statistics with common degrees of freedom."""
    # columns may be equal: a ridge makes the factor unique, so that every build of the algebra draws the same
    factor = np.linalg.cholesky(correlations + RIDGE * np.eye(len(correlations)))
    generator = np.random.Generator(np.random.PCG64(BOOTSTRAP_SEED))
    normals = generator.standard_normal((MAX_T_DRAWS, len(factor)))
    scale = np.sqrt(generator.chisquare(freedom, MAX_T_DRAWS) / freedom)
    largest = np.abs(np.einsum("rb,ab->ra", normals, factor)).max(axis=1) / scale
    return float(np.quantile(largest, confidence))
