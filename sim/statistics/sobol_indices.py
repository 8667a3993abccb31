"""Sobol indices 索博尔指数: which share of the variance of an answer goes with which factor, replication noise taken out.

Blocks A, B and AB_i (A with factor i from B), equal rows belonging together; V the variance of f over A and B:

    first order   S_i  = mean f(B) (f(AB_i) - f(A)) / V           what the factor does by itself
    total         ST_i = mean (f(A) - f(AB_i))^2 / (2 V)          with all its interactions
    second order  S_ij = mean (f(BA_i) f(AB_j) - f(A) f(B)) / V - S_i - S_j

Saltelli et al. (2010), Computer Physics Communications 181, 259-270, table 2 (b) and, for the total, (f) of Jansen
(1999); second order Saltelli (2002), ibid. 145, 280-297. Every term is a product of two answers, so each index is given
twice: ``plain`` from products of the means over replications, ``free`` from products that hold no replication noise
(:mod:`sim.statistics.noise_free`). Plain indices are those of the function "mean of these replications", free ones
those of the mean of all replications.

Intervals. Plain: percentile bootstrap over base rows (rows drawn again whole, A, B and AB together). Free: the same,
widened by the jackknife over replications, each side to sqrt(bootstrap distance^2 + (t error)^2), so that it holds over
the rows drawn and the replications drawn. Free indices are given only where the interval of the noise-free variance
lies above 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.declare import Array
from sim.statistics.intervals import BOOTSTRAP_SEED, CONFIDENCE, RESAMPLES, t_quantile
from sim.statistics.noise_free import (
    NoiseShares,
    noise_free_product,
    noise_shares,
    plain_product,
    replication_means,
    without_replication_effects,
)
from sim.statistics.studentised import resample_counts

LEAST_ROWS = 8
"""Base rows below which there are no indices."""
LEAST_REPLICATIONS = 3
"""Replications below which noise-free indices have no interval: the jackknife leaves two."""
FLAT = 1e-12
"""Spread of the answers, in the largest, below which they do not vary."""
Product = Callable[[Array, Array], Array]


class TooFewRows(ValueError):
    """Fewer base rows than :data:`LEAST_ROWS`."""


@dataclass(frozen=True)
class Blocks:
    """Answers at the points of a Saltelli design, last axis replications, NaN where a run is missing."""

    a: Array
    """(rows, replications)"""
    b: Array
    ab: Array
    """(factors, rows, replications)"""
    ba: Array | None = None

    @property
    def rows(self) -> int:
        return len(self.a)

    def stacked(self) -> Array:
        """All points, (points, replications)."""
        parts = [self.a[None], self.b[None], self.ab, *([] if self.ba is None else [self.ba])]
        return np.concatenate(parts).reshape(-1, self.a.shape[-1])

    def replaced(self, values: Array) -> Blocks:
        """The same design with other answers, as :meth:`stacked` has them."""
        cut = values.reshape(-1, self.rows, values.shape[-1])
        factors = len(self.ab)
        return Blocks(cut[0], cut[1], cut[2 : 2 + factors], None if self.ba is None else cut[2 + factors :])


@dataclass(frozen=True)
class Estimates:
    """Estimates and their intervals, arrays of one shape; NaN where there is none."""

    estimate: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Indices:
    """Indices of one kind, plain or free of noise."""

    first: Estimates
    """(factors,)"""
    total: Estimates
    second: Estimates | None
    """Pairs of factors in the order of :func:`pairs`."""
    variance: float


@dataclass(frozen=True)
class SobolIndices:
    """What a Saltelli design says of one answer."""

    plain: Indices
    free: Indices
    noise: NoiseShares
    rows: int
    replications: int
    """The most at any point."""


def pairs(factors: int) -> list[tuple[int, int]]:
    """Pairs of factors, in order."""
    return [(i, j) for i in range(factors) for j in range(i + 1, factors)]


def complete_rows(blocks: Blocks) -> npt.NDArray[np.bool_]:
    """Whether each base row has an answer at every one of its points, (rows,): a row is used whole or not at all."""
    parts = [blocks.a[None], blocks.b[None], blocks.ab, *([] if blocks.ba is None else [blocks.ba])]
    there = np.asarray(np.isfinite(np.concatenate(parts)).any(axis=-1))
    return np.asarray(there.all(axis=0))


def sobol_indices(blocks: Blocks, confidence: float = CONFIDENCE, resamples: int = RESAMPLES) -> SobolIndices:
    """Indices of the rows that are complete. Raises TooFewRows where fewer than LEAST_ROWS are."""
    keep = complete_rows(blocks)
    rows = int(keep.sum())
    if rows < LEAST_ROWS:
        raise TooFewRows(f"{rows} complete base rows of {blocks.rows}; indices need {LEAST_ROWS} or more")
    ba = None if blocks.ba is None else blocks.ba[:, keep]
    kept = Blocks(blocks.a[keep], blocks.b[keep], blocks.ab[:, keep], ba)
    centred = kept.replaced(without_replication_effects(kept.stacked()))
    replications = int(np.isfinite(kept.stacked()).sum(axis=1).max())
    flat = _flat(kept)  # asked before rounding is all that is left
    plain, free = (
        _none(len(kept.ab), ba is not None, 0.0) if flat else _indices(centred, product, confidence, resamples)
        for product in (plain_product, noise_free_product)
    )
    noise = noise_shares(np.concatenate([kept.a, kept.b]))
    return SobolIndices(plain, free, noise, rows, replications)


# ---- terms of each base row


def _terms(blocks: Blocks, product: Product) -> Array:
    """What each base row adds to every sum, (terms, rows): first, total and second order, square, level."""
    a, b, ab = blocks.a, blocks.b, blocks.ab
    squares = product(a, a)
    first = product(b[None], ab) - product(b, a)
    total = 0.5 * (squares - 2.0 * product(a[None], ab) + product(ab, ab))
    second = []
    if blocks.ba is not None:
        base = product(a, b)
        second = [product(blocks.ba[i], ab[j]) - base for i, j in pairs(len(ab))]
    level = 0.5 * (replication_means(a) + replication_means(b))
    square = 0.5 * (squares + product(b, b))
    return np.stack([*first, *total, *second, square, level])


def _ratios(means: Array, factors: int) -> tuple[Array, Array]:
    """Indices (..., indices) and variance (...) from means of the terms (..., terms)."""
    variance = means[..., -2] - means[..., -1] ** 2
    found = means[..., :-2] / np.where(variance > 0.0, variance, np.nan)[..., None]
    for place, (i, j) in enumerate(pairs(factors) if found.shape[-1] > 2 * factors else []):
        found[..., 2 * factors + place] -= found[..., i] + found[..., j]
    return found, variance


def _indices(blocks: Blocks, product: Product, confidence: float, resamples: int) -> Indices:
    factors = len(blocks.ab)
    terms = _terms(blocks, product)
    terms = terms[:, np.isfinite(terms).all(axis=0)]
    if terms.shape[1] < LEAST_ROWS:
        return _none(factors, blocks.ba is not None, np.nan)
    found, variance = _ratios(terms.mean(axis=1), factors)
    times = resample_counts(terms.shape[1], resamples, BOOTSTRAP_SEED).astype(float)
    # not a matrix product: its rounding differs from one library of linear algebra to the next
    drawn = _ratios(np.einsum("rn,tn->rt", times, terms) / terms.shape[1], factors)
    tails = ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0)
    values = np.append(found, variance)
    low, high = np.nanquantile(np.concatenate([drawn[0], drawn[1][:, None]], axis=1), tails, axis=0)
    if product is noise_free_product:
        low, high = _widened(blocks, values, low, high, confidence)
        if not low[-1] > 0.0:
            return _none(factors, blocks.ba is not None, float(variance))
    return _cut(Estimates(values[:-1], low[:-1], high[:-1]), factors, float(variance))


def _widened(blocks: Blocks, values: Array, low: Array, high: Array, confidence: float) -> tuple[Array, Array]:
    """Bounds that also hold over the replications drawn: the jackknife's error added in squares."""
    replications = blocks.a.shape[-1]
    if replications < LEAST_REPLICATIONS:
        return np.full(low.shape, np.nan), np.full(high.shape, np.nan)
    left = np.stack([_without(blocks, r) for r in range(replications)])
    spread = ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    error = np.sqrt((replications - 1) / replications * spread) * t_quantile(replications - 1, confidence)
    below, above = np.maximum(values - low, 0.0), np.maximum(high - values, 0.0)
    return values - np.hypot(below, error), values + np.hypot(above, error)


def _without(blocks: Blocks, replication: int) -> Array:
    """Noise-free indices and variance without one replication."""
    less = blocks.replaced(np.delete(blocks.stacked(), replication, axis=-1))
    terms = _terms(less, noise_free_product)
    found, variance = _ratios(terms[:, np.isfinite(terms).all(axis=0)].mean(axis=1), len(blocks.ab))
    return np.append(found, variance)


def _flat(blocks: Blocks) -> bool:
    """Whether the answer is the same at all points."""
    means = replication_means(np.concatenate([blocks.a, blocks.b]))
    return bool(np.ptp(means) <= FLAT * max(np.abs(means).max(), 1e-300))


def _none(factors: int, second: bool, variance: float) -> Indices:
    count = 2 * factors + (len(pairs(factors)) if second else 0)
    nothing = np.full(count, np.nan)
    return _cut(Estimates(nothing, nothing, nothing), factors, variance)


def _cut(found: Estimates, factors: int, variance: float) -> Indices:
    def part(start: int, end: int | None) -> Estimates:
        return Estimates(found.estimate[start:end], found.low[start:end], found.high[start:end])

    second = part(2 * factors, None) if len(found.estimate) > 2 * factors else None
    return Indices(part(0, factors), part(factors, 2 * factors), second, variance)
