"""Products free of replication noise 去除重复噪声: squares and products of true means, from means of few replications.

A design point x has R replications, y_r(x) = f(x) + e_r(x). The mean over them still holds noise, so its square is too
large: E mean(x)^2 = f(x)^2 + var e / R. Variances, and with them sensitivity indices, are made of such squares and
products. Products of DIFFERENT replications are free of it, whatever e does from point to point, because replications
are independent of one another:

    f(x) f(x') = mean over r != s of y_r(x) y_s(x')
               = (sum_r y_r(x) sum_s y_s(x') - sum_r y_r(x) y_r(x')) / (n n' - n''),    n'' replications in both

This needs no independence between points, so it holds under common random numbers, where the textbook correction
(variance within a point over R) takes away noise that all points share and that moves no difference between them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.declare import Array

SETTLED = 1e-13
"""Change of the replication effects, in the largest value, below which they are found."""
MOST_ROUNDS = 200
"""Rounds of the fit; a table without gaps takes one, one with few gaps some ten."""


class NoiseShares(NamedTuple):
    """How much of the variance of the means of points is replication noise."""

    moving: float
    """What noise adds to the variance between points: what a correction takes away."""
    within: float
    """Variance within points over their replications, as a share: noise that all points have in common included."""


def replication_means(values: Array) -> Array:
    """Mean over the replications that are there, (..., replications) -> (...); NaN where none is."""
    there = np.isfinite(values)
    count = there.sum(axis=-1)
    return np.asarray(np.where(there, values, 0.0).sum(axis=-1) / np.where(count > 0, count, np.nan))


def without_replication_effects(values: Array) -> Array:
    """Values (points, replications), NaN where there is none, less what each replication adds to all points.

    Least squares of y = point + replication, by turns. The overall level is removed too. Where a replication is missing
    at a point, the point's mean then does not depend on whether that replication is a good one everywhere.
    """
    there = np.isfinite(values)
    filled = np.where(there, values, 0.0)
    of_point, of_replication = _counts(there, 1), _counts(there, 0)
    effect = np.zeros(values.shape[1])
    for _ in range(MOST_ROUNDS):
        point = np.where(there, filled - effect, 0.0).sum(axis=1) / of_point
        found = np.where(there, filled - point[:, None], 0.0).sum(axis=0) / of_replication
        moved = np.abs(found - effect).max(initial=0.0)
        effect = found
        if there.all() or moved <= SETTLED * np.abs(filled).max(initial=0.0):
            break
    less = np.where(there, values - effect, np.nan)
    level = replication_means(less)
    return np.asarray(less - level[np.isfinite(level)].mean())


def _counts(there: npt.NDArray[np.bool_], axis: int) -> Array:
    return np.asarray(np.maximum(there.sum(axis=axis), 1), dtype=float)


def plain_product(first: Array, second: Array) -> Array:
    """Product of the means over replications, (..., replications) each: noise is in it."""
    return np.asarray(replication_means(first) * replication_means(second))


def noise_free_product(first: Array, second: Array) -> Array:
    """Unbiased product of the true means, (..., replications) each; NaN where there are no two different replications."""
    here, there = np.isfinite(first), np.isfinite(second)
    left, right = np.where(here, first, 0.0), np.where(there, second, 0.0)
    pairs = here.sum(axis=-1) * there.sum(axis=-1) - (here & there).sum(axis=-1)
    crossed = left.sum(axis=-1) * right.sum(axis=-1) - (left * right).sum(axis=-1)
    return np.asarray(crossed / np.where(pairs > 0, pairs, np.nan))


def noise_shares(values: Array) -> NoiseShares:
    """Shares of noise in the variance of the means of points, (points, replications); NaN with one replication."""
    centred = without_replication_effects(values)
    means, count = replication_means(centred), np.isfinite(values).sum(axis=1)
    variance = float(np.mean((means - means.mean()) ** 2))
    free = noise_free_product(centred, centred)
    own = replication_means((values - replication_means(values)[:, None]) ** 2)
    several = (count > 1) & np.isfinite(free)
    if not several.any() or not variance > 0.0:
        return NoiseShares(np.nan, np.nan)
    within = float(np.mean(own[several] / (count[several] - 1)))
    removed = float(np.mean((means**2)[several] - free[several]))
    return NoiseShares(removed / variance, within / variance)
