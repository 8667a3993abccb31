"""Intervals of many numbers at once 批量区间: those of sim.statistics, for thousands of columns in one go."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim.declare import Array
from sim.statistics import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, resample_indices

COLUMNS_AT_ONCE = 500


def wilson_bounds(count: Array, n: Array, confidence: float = CONFIDENCE) -> tuple[Array, Array]:
    """Wilson's score interval of shares ``count / n``; NaN where n is 0."""
    from scipy.special import ndtri

    n = np.where(n > 0, n, np.nan)
    squared, share = float(ndtri(0.5 + confidence / 2.0)) ** 2, count / n
    centre = (share + squared / (2.0 * n)) / (1.0 + squared / n)
    half = np.sqrt(squared * (share * (1.0 - share) + squared / (4.0 * n)) / n) / (1.0 + squared / n)
    return np.asarray(np.maximum(centre - half, 0.0)), np.asarray(np.minimum(centre + half, 1.0))


def ratio_intervals(above: Array, below: Array, confidence: float = CONFIDENCE) -> tuple[Array, Array, Array]:
    """``sim.statistics.ratio_interval`` of each column of (n, k) and (n, k): estimates and bounds, (k,).

    NaN where a denominator is 0 or changes its sign among the resamples.
    """
    times = _times_drawn(len(above))
    found = np.full((3, above.shape[1]), np.nan)
    for start in range(0, above.shape[1], COLUMNS_AT_ONCE):
        part = slice(start, start + COLUMNS_AT_ONCE)
        sums = np.einsum("rn,nk->rk", times, below[:, part])
        usable = (sums.min(axis=0) > 0.0) | (sums.max(axis=0) < 0.0)
        x, y = above[:, part][:, usable], below[:, part][:, usable]
        drawn = np.einsum("rn,nk->rk", times, x) / sums[:, usable]
        left_out = (x.sum(axis=0) - x) / (y.sum(axis=0) - y)
        estimates = x.sum(axis=0) / y.sum(axis=0)
        columns = start + np.flatnonzero(usable)
        found[0, columns] = estimates
        found[1:, columns] = _bca_bounds(drawn, estimates, left_out, confidence)
    return found[0], found[1], found[2]


def _bca_bounds(drawn: Array, estimates: Array, left_out: Array, confidence: float) -> Array:
    """Bias-corrected and accelerated bounds (Efron 1987) of each column, (2, k)."""
    from scipy.special import ndtr, ndtri

    tied = np.abs(drawn - estimates) <= 1e-12 * np.abs(estimates)
    below = (((drawn < estimates) & ~tied).sum(axis=0) + 0.5 * tied.sum(axis=0)) / len(drawn)
    centred = left_out.mean(axis=0) - left_out
    usable = (below > 0.0) & (below < 1.0) & (np.ptp(left_out, axis=0) > 0.0)
    squares = np.where(usable, (centred**2).sum(axis=0), 1.0)
    acceleration = (centred**3).sum(axis=0) / (6.0 * squares**1.5)
    bias = ndtri(np.where(usable, below, 0.5))
    tails = np.array([[(1.0 - confidence) / 2.0], [(1.0 + confidence) / 2.0]])
    shifted = bias + ndtri(tails)
    cut = np.where(usable, ndtr(bias + shifted / (1.0 - acceleration * shifted)), tails)
    ranked = np.sort(drawn, axis=0)
    place = cut * (len(drawn) - 1)  # between two ranks, as numpy's quantile
    under = np.minimum(place.astype(np.int64), len(drawn) - 2)
    low, high = np.take_along_axis(ranked, under, axis=0), np.take_along_axis(ranked, under + 1, axis=0)
    return np.asarray(low + (place - under) * (high - low))


@lru_cache(maxsize=8)
def _times_drawn(n: int) -> Array:
    """How often each resample holds each replication, (resamples, n)."""
    times = np.zeros((RESAMPLES, n))
    np.add.at(times, (np.arange(RESAMPLES)[:, None], resample_indices(n, RESAMPLES, BOOTSTRAP_SEED)), 1.0)
    times.flags.writeable = False
    return times
