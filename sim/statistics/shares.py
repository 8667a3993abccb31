"""Shares of replications 比例: Wilson's interval, and the probability of harm 受损概率."""

from __future__ import annotations

import math

import numpy as np

from sim.declare import Array
from sim.statistics.intervals import CONFIDENCE, Interval


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Bounds of a share of ``hits`` in ``n`` (Wilson 1927). Raises ValueError where nothing was counted.

    They stay within 0 and 1 and do not shrink to a point at either: 0 of 20 still allows 0.16.
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is no share")
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2.0))
    centre, wide = (hits + z * z / 2.0) / (n + z * z), n + z * z
    half = z * math.sqrt(hits * (n - hits) / n + z * z / 4.0) / wide
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def probability_of_harm(differences: Array, tie: float = 0.0, confidence: float = CONFIDENCE) -> Interval:
    """Share of replications in which the paired difference is negative, with Wilson's interval.

    ``differences`` is (n,), arm less what it is compared with, in which more is better: turn the sign where less is.
    Down to ``-tie`` (in the unit of the differences) counts as no harm. This is the chance that ONE history of the
    place ends worse, over the chance within the model; the interval of the mean says something else.
    Raises ValueError for NaN or no replications.
    """
    differences = np.asarray(differences, dtype=float)
    if not np.isfinite(differences).all():
        raise ValueError("differences must be finite: a failed run harms nobody and helps nobody")
    n, harmed = differences.size, int(np.count_nonzero(differences < -tie))
    low, high = wilson(harmed, n, confidence)
    return Interval(harmed / n, low, high, n, "wilson")
