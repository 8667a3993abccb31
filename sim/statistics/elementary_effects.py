"""Elementary effects 基本效应法 (Morris screening): how far each factor moves an answer, from many places of the space.

An elementary effect is the change of the answer over the change of one factor, from one point of a trajectory to the
next, per whole range of the factor. Over the trajectories

    mu = mean,  mu* = mean |effect|,  sigma = standard deviation

    Morris (1991), Technometrics 33, 161-174; Campolongo, Cariboni and Saltelli (2007), Environmental Modelling &
    Software 22, 1509-1518 (mu*).

mu* of few replications is never 0: noise has a size too. Beside it stands what it would be if noise were all,
sqrt(2 / pi) times the root mean square of the standard errors of the effects. The root mean square effect, free of
noise (:mod:`sim.statistics.noise_free`), is 0 on average where there is no effect, so it tells the two apart; sigma
is given free of noise too. mu holds noise that is 0 on average.

Intervals hold over the trajectories drawn (bootstrap-t for mu and mu*, percentile bootstrap otherwise) and, but for
mu*, over the replications drawn: widened by the jackknife over replications, added in squares on each side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.declare import Array
from sim.statistics.intervals import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, t_quantile
from sim.statistics.noise_free import noise_free_product, replication_means, without_replication_effects
from sim.statistics.sobol_indices import LEAST_REPLICATIONS, Estimates
from sim.statistics.studentised import bootstrap_t_interval, resample_counts

LEAST_TRAJECTORIES = 4
"""Trajectories below which there is no screening."""


class TooFewTrajectories(ValueError):
    """Fewer trajectories than :data:`LEAST_TRAJECTORIES`."""


@dataclass(frozen=True)
class Screening:
    """What trajectories say of each factor, arrays (factors,)."""

    mu: Estimates
    mu_star: Estimates
    sigma: Estimates
    rms: Estimates
    """Root mean square effect, free of noise; low 0 where it cannot be told from 0."""
    sigma_free: Array
    mu_star_noise: Array
    """mu* if noise were all there is."""
    told: npt.NDArray[np.bool_]
    """Whether the mean square effect on these trajectories is above 0 by more than the replications drawn explain."""
    trajectories: int
    replications: int


def complete_trajectories(effects: Array) -> npt.NDArray[np.bool_]:
    """Whether each trajectory has an effect of every factor, (trajectories,)."""
    there = np.asarray(np.isfinite(effects).any(axis=-1))
    return np.asarray(there.all(axis=1))


def screening(effects: Array, confidence: float = CONFIDENCE, resamples: int = RESAMPLES) -> Screening:
    """Elementary effects (trajectories, factors, replications), NaN where a run is missing, summed up.

    Trajectories with a factor that has no replication are left out whole. Raises TooFewTrajectories where fewer than
    LEAST_TRAJECTORIES are left.
    """
    keep = complete_trajectories(effects)
    if keep.sum() < LEAST_TRAJECTORIES:
        raise TooFewTrajectories(
            f"{keep.sum()} complete trajectories of {len(effects)}; screening needs {LEAST_TRAJECTORIES} or more"
        )
    kept = effects[keep]
    of_factors = [_of_factor(kept[:, factor], confidence, resamples) for factor in range(kept.shape[1])]
    mu, star, sigma, rms = (
        Estimates(*(np.array([one[name][bound] for one in of_factors]) for bound in range(3)))
        for name in ("mu", "mu_star", "sigma", "rms")
    )
    return Screening(
        mu=mu,
        mu_star=star,
        sigma=sigma,
        rms=rms,
        sigma_free=np.array([one["sigma_free"][0] for one in of_factors]),
        mu_star_noise=np.array([one["noise"][0] for one in of_factors]),
        told=np.array([one["told"][0] > 0.0 for one in of_factors]),
        trajectories=int(keep.sum()),
        replications=int(np.isfinite(kept).sum(axis=-1).max()),
    )


Bounds = tuple[float, float, float]
"""Estimate, low, high."""


def _of_factor(effects: Array, confidence: float, resamples: int) -> dict[str, Bounds]:
    """All numbers of one factor, from (trajectories, replications)."""
    means = replication_means(effects)
    error = _jackknife(effects, _mean_effect, confidence)
    star = bootstrap_t_interval(np.abs(means), confidence, resamples)
    mean = bootstrap_t_interval(means, confidence, resamples)
    times = resample_counts(len(means), resamples, BOOTSTRAP_SEED).astype(float) / len(means)
    squares, level = _resampled(times, means**2), _resampled(times, means)
    spread = np.sqrt(np.maximum((squares - level**2) * len(means) / (len(means) - 1), 0.0))
    tails = ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0)
    low, high = np.quantile(spread, tails)
    own = replication_means((effects - means[:, None]) ** 2)
    count = np.isfinite(effects).sum(axis=1)
    noise = float(np.nanmean(own / np.where(count > 1, count - 1, np.nan))) if (count > 1).any() else math.nan
    return {
        "mu": _widen((mean.mean, mean.low, mean.high), error),
        "mu_star": (star.mean, max(star.low, 0.0), star.high),
        "sigma": (float(means.std(ddof=1)), float(low), float(high)),
        "rms": _rms(effects, times, tails, confidence),
        "told": (_mean_square(effects) - _jackknife(effects, _mean_square, confidence), math.nan, math.nan),
        "sigma_free": (_sigma_free(effects), math.nan, math.nan),
        "noise": (math.sqrt(2.0 / math.pi * noise) if noise == noise else math.nan, math.nan, math.nan),
    }


def _rms(effects: Array, times: Array, tails: tuple[float, float], confidence: float) -> Bounds:
    squares = noise_free_product(effects, effects)
    if not np.isfinite(squares).all():
        return math.nan, math.nan, math.nan
    low, high = np.quantile(_resampled(times, squares), tails)
    bounds = _widen((_mean_square(effects), float(low), float(high)), _jackknife(effects, _mean_square, confidence))
    value, below, above = (math.sqrt(max(bound, 0.0)) if bound == bound else bound for bound in bounds)
    return value, below, above


def _resampled(times: Array, values: Array) -> Array:
    """Mean of each resample. Not a matrix product: its rounding differs from one library to the next."""
    return np.asarray(np.einsum("rn,n->r", times, values))


def _sigma_free(effects: Array) -> float:
    centred = without_replication_effects(effects)
    squares = noise_free_product(centred, centred)
    if not np.isfinite(squares).all():
        return math.nan
    return math.sqrt(max(float(squares.sum()), 0.0) / (len(squares) - 1))


def _mean_effect(effects: Array) -> float:
    return float(np.nanmean(replication_means(effects)))


def _mean_square(effects: Array) -> float:
    squares = noise_free_product(effects, effects)
    there = np.isfinite(squares)
    return float(squares[there].mean()) if there.any() else math.nan


def _jackknife(effects: Array, statistic: Callable[[Array], float], confidence: float) -> float:
    """Half width that the replications drawn give a statistic; NaN with fewer than LEAST_REPLICATIONS."""
    replications = effects.shape[1]
    if replications < LEAST_REPLICATIONS:
        return math.nan
    left = np.array([statistic(np.delete(effects, r, axis=1)) for r in range(replications)])
    spread = float(((left - left.mean()) ** 2).sum())
    return math.sqrt((replications - 1) / replications * spread) * t_quantile(replications - 1, confidence)


def _widen(bounds: Bounds, error: float) -> Bounds:
    value, low, high = bounds
    below, above = max(value - low, 0.0), max(high - value, 0.0)
    return value, value - math.hypot(below, error), value + math.hypot(above, error)
