"""Inverse distribution functions: uniforms or normals in, endowments out; elementwise, shapes broadcast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from sim.declare import Array
from sim.streams import normal


def lognormal_of_mean(mean: Array, log_sd: Array, normal: Array) -> Array:
    """Lognormal with the given MEAN (not median): mean exp(sd z - sd^2 / 2)."""
    return mean * np.exp(log_sd * normal - 0.5 * log_sd * log_sd)


def logit_normal(median: Array, sd: Array, normal: Array) -> Array:
    """Share whose log odds are normal around those of ``median``; 0 and 1 stay what they are."""
    return median / (median + (1.0 - median) * np.exp(-sd * normal))


def lognormal_with_tail(
    uniform: Array, median: Array, log_sd: Array, start: Array, exponent: Array, largest: Array
) -> Array:
    """Lognormal up to ``start``, above it a Pareto tail, cut at ``largest``, with the same share of villages.

    With S the lognormal share above ``start`` and V = 1 - uniform, the tail solves
    V / S = [(K/start)^-a - (largest/start)^-a] / [1 - (largest/start)^-a]. Where ``largest`` does not exceed
    ``start`` the tail is one point, ``start``.
    """
    sd = np.maximum(log_sd, 1e-12)
    above = ndtr(-np.log(start / median) / sd)
    body = np.minimum(median * np.exp(log_sd * normal(uniform)), start)
    rank = np.minimum((1.0 - uniform) / np.maximum(above, 1e-300), 1.0)
    end = np.exp(-exponent * np.log(np.maximum(largest / start, 1.0)))
    tail = start * np.exp(-np.log(rank + (1.0 - rank) * end) / exponent)
    capped: Array = np.minimum(tail, np.maximum(largest, start))
    return np.where(uniform > 1.0 - above, capped, body)


def category(uniform: Array, weights: Array) -> npt.NDArray[np.int64]:
    """Index drawn from ``weights`` of shape (runs, parts), one for each uniform of shape (runs, villages)."""
    upper = np.cumsum(weights, axis=1)[:, None, :]
    index: npt.NDArray[np.int64] = (uniform[:, :, None] >= upper).sum(axis=2, dtype=np.int64)
    return np.minimum(index, np.int64(weights.shape[1] - 1))
