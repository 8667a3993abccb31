"""Intervals 置信区间: for means, paired differences and ratios over replications.

Two replications are the least: with one there is no spread to judge by, and :class:`TooFewReplications` says so instead
of giving a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.declare import Array

CONFIDENCE = 0.95
RESAMPLES = 2000
BOOTSTRAP_SEED = 20_180_101
"""Resampling draws are the same in every call: the same table gives the same interval."""

LEAST_STANDARD_DEVIATION = 1e-100
"""Third powers of anything smaller underflow."""


class TooFewReplications(ValueError):
    """Fewer than two replications: no interval can be given."""

    def __init__(self, n: int) -> None:
        super().__init__(f"an interval needs at least 2 replications, there {'is' if n == 1 else 'are'} {n}")
        self.n = n


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval and the number of replications behind it."""

    mean: float
    low: float
    high: float
    n: int
    method: str = "t"
    """t, bootstrap-t, percentile, bca or wilson: whose quantiles the bounds rest on."""

    @property
    def contains_zero(self) -> bool:
        return self.low <= 0.0 <= self.high

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2.0


def t_interval(values: Array, confidence: float = CONFIDENCE) -> Interval:
    """Mean of one number a replication and its t interval. Raises TooFewReplications, ValueError (NaN)."""
    values = checked(values)
    n = values.size
    mean = float(values.mean())
    half = t_quantile(n - 1, confidence) * float(values.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def paired_t_interval(arm: Array, against: Array, confidence: float = CONFIDENCE) -> Interval:
    """Mean of ``arm - against``, paired by replication, with Student's t interval."""
    return t_interval(paired_differences(arm, against), confidence)


def t_quantile(freedom: float, confidence: float) -> float:
    """Two-sided quantile of Student's t, for example 12.706 for one degree of freedom and 95%."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2.0))


def bootstrap_interval(
    values: Array,
    statistic: Callable[[Array], Array],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    method: str = "bca",
    seed: int = BOOTSTRAP_SEED,
) -> Interval:
    """Bootstrap interval of a statistic, whole replications drawn together (which keeps them paired).

    ``values`` is (n,) or (n, k). ``statistic`` takes (..., n, k), always with k, and returns (...,).
    ``method`` is "percentile" or "bca" (bias-corrected and accelerated, Efron 1987).
    Raises TooFewReplications, and
    ValueError for NaN or an unknown method.
    """
    if method not in ("percentile", "bca"):
        raise ValueError(f"method {method!r} is not percentile or bca")
    rows = checked(values).reshape(len(values), -1)
    n = len(rows)
    estimate = float(statistic(rows))
    drawn = np.sort(statistic(rows[resample_indices(n, resamples, seed)]))
    tails = np.array([(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    if method == "bca":
        tails = _bca_tails(tails, drawn, estimate, _jackknife(rows, statistic))
    low, high = np.quantile(drawn, tails)
    return Interval(estimate, float(low), float(high), n, method)


def ratio_interval(numerator: Array, denominator: Array, confidence: float = CONFIDENCE) -> Interval:
    """Ratio of sums over replications with a paired bootstrap interval.

    Raises ZeroDivisionError where the denominator is 0 or changes its sign among the resamples: there is no
    ratio to report then.
    """
    pairs = np.stack([checked(numerator), checked(denominator)], axis=-1)
    sums = pairs[resample_indices(len(pairs), RESAMPLES, BOOTSTRAP_SEED), 1].sum(axis=-1)
    if sums.min() <= 0.0 <= sums.max():
        raise ZeroDivisionError("the denominator of the ratio is 0 or changes its sign")
    return bootstrap_interval(pairs, _ratio_of_sums, confidence=confidence)


def correlation(arm: Array, against: Array) -> float:
    """Correlation of two arms over their common replications; NaN where one of them does not vary."""
    paired_differences(arm, against)
    x, y = arm - arm.mean(), against - against.mean()
    scale = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0.0 else math.nan


def replications_needed(differences: Array, half_width: float, confidence: float = CONFIDENCE) -> int:
    """Replications at which the t interval of such differences would have this half width; at least 2."""
    if not half_width > 0.0:
        raise ValueError(f"half width {half_width} must be above 0")
    from scipy.special import ndtri

    spread = float(checked(differences).std(ddof=1))
    n = max(2, math.ceil((float(ndtri(0.5 + confidence / 2.0)) * spread / half_width) ** 2))
    while t_quantile(n - 1, confidence) * spread / math.sqrt(n) > half_width:
        n += 1  # Student's t is wider than the normal that gave the start, by little
    return n


def resample_indices(n: int, resamples: int, seed: int) -> npt.NDArray[np.int64]:
    """Indices of the replications of each resample, (resamples, n)."""
    return np.random.Generator(np.random.PCG64(seed)).integers(0, n, size=(resamples, n))


def checked(values: Array) -> Array:
    """The values as numbers. Raises TooFewReplications, ValueError where one is not finite."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        raise TooFewReplications(len(values))
    if not np.isfinite(values).all():
        raise ValueError("values must be finite: a failed run has no place in an interval")
    return values


def varies(values: Array) -> npt.NDArray[np.bool_]:
    """Whether each column varies, so that something can be divided by its spread: (n,) -> () and (n, k) -> (k,).

    The spread alone does not tell: many times 0.1 have a mean off by a rounding, and squares of tiny numbers are 0.
    """
    return np.asarray((np.ptp(values, axis=0) > 0.0) & (values.std(axis=0) > LEAST_STANDARD_DEVIATION))


def paired_differences(arm: Array, against: Array) -> Array:
    """``arm - against``. Raises ValueError where there are not as many of both, and as ``checked``."""
    if np.shape(arm) != np.shape(against):
        raise ValueError(f"arms are not paired: {np.shape(arm)} and {np.shape(against)} values")
    return checked(np.asarray(arm) - np.asarray(against))


def _ratio_of_sums(rows: Array) -> Array:
    sums = rows.sum(axis=-2)
    return np.asarray(sums[..., 0] / sums[..., 1])


def _jackknife(rows: Array, statistic: Callable[[Array], Array]) -> Array:
    kept = np.arange(len(rows) - 1)
    left_out = np.arange(len(rows))[:, None]
    return statistic(rows[kept + (kept >= left_out)])


def _bca_tails(tails: Array, drawn: Array, estimate: float, jackknife: Array) -> Array:
    """Where to cut the sorted resamples, corrected for bias (z0) and acceleration (a)."""
    from scipy.special import ndtr, ndtri

    # resamples that hold the same replications in another order are ties, whatever rounding makes of their sums
    tied = np.abs(drawn - estimate) <= 1e-12 * abs(estimate)
    below = (np.count_nonzero(drawn[~tied] < estimate) + 0.5 * np.count_nonzero(tied)) / drawn.size
    if not 0.0 < below < 1.0 or np.ptp(jackknife) == 0.0:
        return tails
    centred = jackknife.mean() - jackknife
    acceleration = (centred**3).sum() / (6.0 * (centred**2).sum() ** 1.5)
    bias = ndtri(below)
    shifted = bias + ndtri(tails)
    return np.asarray(ndtr(bias + shifted / (1.0 - acceleration * shifted)))
