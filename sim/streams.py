"""Random draws: one stream per (seed, replication, stem), never per policy.

Each stream is a PCG64 filled in the order quarter, village, name, only through ``Generator.random``; normals come by
the inverse distribution function. Everybody gets a draw, whether the model uses it or not: that keeps the arms of a
replication on common random numbers and makes a run independent of the batch it is simulated in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from scipy.special import ndtri

from sim.declare import Array


def generator(seed: int, replication: int, stem: str) -> np.random.Generator:
    """The generator of one stem in one replication; other stems, replications and policies do not shift it."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(replication, crc32(stem.encode())))
    return np.random.Generator(np.random.PCG64(sequence))


def normal(uniforms: Array) -> Array:
    """Standard normals from uniforms in [0, 1); exact 0 is moved to the smallest uniform that is drawn otherwise."""
    result: Array = ndtri(np.maximum(uniforms, 2.0**-54))
    return result


EXACT_MEAN = 6.0
"""Poisson counts of a mean up to this one are exact, those of a larger one a corrected normal quantile."""
LARGEST_EXACT = 50
"""The sum of thresholds stops here: a count this large has a probability below 1e-27 at EXACT_MEAN."""


def poisson(mean: Array, uniforms: Array) -> Array:
    """Poisson counts, the smallest n with P(N <= n) >= uniform; ``mean`` broadcasts to the uniforms' shape.

    Above EXACT_MEAN the quantile is the rounded Cornish-Fisher expansion
    m + z sqrt(m) + (z^2 - 1) / 6 + (z - z^3) / (72 sqrt(m)), wrong by one in about one case of a hundred and right in the mean.
    """
    shape = uniforms.shape
    means, drawn = np.broadcast_to(mean, shape).ravel(), uniforms.ravel()
    none = np.exp(-mean)
    some = (uniforms > none).ravel()
    counts = np.zeros(drawn.shape)
    large = means > EXACT_MEAN
    if large.any():
        some &= ~large
        beyond = np.flatnonzero(large)
        counts[beyond] = _large_poisson(means.take(beyond), drawn.take(beyond))
    cases = np.flatnonzero(some)
    first = np.broadcast_to(none, shape).ravel().take(cases)
    counts[cases] = _small_poisson(means.take(cases), drawn.take(cases), first)
    return counts.reshape(shape)


def _small_poisson(mean: Array, uniforms: Array, none: Array) -> Array:
    """Counts of one and more: how many thresholds P(N <= n) the uniform has passed."""
    counts = np.ones(mean.shape)
    term = none * mean
    reached = none + term
    for count in range(2, LARGEST_EXACT + 1):
        passed = uniforms > reached
        if not passed.any():
            break
        counts += passed
        term *= mean
        term /= count
        reached += term
    return counts


def _large_poisson(mean: Array, uniforms: Array) -> Array:
    z, spread = normal(uniforms), np.sqrt(mean)
    square = z * z
    quantile = mean + spread * z + (square - 1.0) / 6.0 + z * (1.0 - square) / (72.0 * spread)
    counts: Array = np.maximum(np.ceil(quantile - 0.5), 0.0)
    return counts


@dataclass
class Draws:
    """The draws of one stem for a block of replications, by name.

    ``names`` are drawn each quarter for each village, ``year_names`` each year for each village, ``run_names`` each
    quarter once a run, ``fixed_names`` once for each village.
    """

    seed: int
    replications: Sequence[int]
    stem: str
    quarters: int
    villages: int
    names: tuple[str, ...] = ()
    year_names: tuple[str, ...] = ()
    run_names: tuple[str, ...] = ()
    fixed_names: tuple[str, ...] = ()
    _blocks: dict[str, Array] = field(default_factory=dict)
    _normals: dict[tuple[str, int], Array] = field(default_factory=dict)

    def _stream(self, name: str) -> tuple[str, tuple[str, ...], int, int]:
        """(stem, names, periods, villages) of the stream that a name belongs to."""
        for stem, names, quarters, villages in (
            (self.stem, self.names, self.quarters, self.villages),
            (f"{self.stem}.year", self.year_names, -(-self.quarters // 4), self.villages),
            (f"{self.stem}.run", self.run_names, self.quarters, 1),
            (f"{self.stem}.fixed", self.fixed_names, 1, self.villages),
        ):
            if name in names:
                return stem, names, quarters, villages
        raise KeyError(name)

    def _block(self, name: str) -> tuple[Array, int]:
        """The whole stream of a name, shape (quarters, replications, names, villages), and the name's place in it.

        Filled when it is first asked for: what is switched off in a block of runs is not drawn.
        """
        stem, names, quarters, villages = self._stream(name)
        if stem not in self._blocks:
            block = np.empty((quarters, len(self.replications), len(names), villages))
            for position, replication in enumerate(self.replications):
                drawn = generator(self.seed, replication, stem).random((quarters, villages, len(names)))
                block[:, position] = drawn.transpose(0, 2, 1)  # once here, so that no arm has to collect its draws
            self._blocks[stem] = block
        return self._blocks[stem], names.index(name)

    def uniform(self, name: str, quarter: int = 0, count: int = 1) -> Array:
        """Uniforms of a quarter, shape (replications, villages) or (replications, 1).

        With ``count`` above one: this name and the next ones in a row, shape (replications, count, villages).
        """
        block, first = self._block(name)
        if count == 1:
            drawn: Array = np.ascontiguousarray(block[quarter, :, first])
            return drawn
        several: Array = block[quarter, :, first : first + count]
        return several

    def normal(self, name: str, quarter: int = 0) -> Array:
        """Standard normals of a quarter, same shape as :meth:`uniform`."""
        if (name, quarter) not in self._normals:
            self._normals[name, quarter] = normal(self.uniform(name, quarter))
        return self._normals[name, quarter]


@dataclass(frozen=True)
class QuarterDraws:
    """The draws of one stem as a mechanism sees them in one quarter: one row a run."""

    draws: Draws
    quarter: int
    points: int

    def uniform(self, name: str, count: int = 1) -> Array:
        """Uniforms in [0, 1), shape (runs, villages) or (runs, 1); (runs, count, villages) for several names in a row."""
        return self._rows(self.draws.uniform(name, self._quarter(name), count))

    def normal(self, name: str) -> Array:
        """Standard normals, shape (runs, villages) or (runs, 1)."""
        return self._rows(self.draws.normal(name, self._quarter(name)))

    def _quarter(self, name: str) -> int:
        if name in self.draws.year_names:
            return self.quarter // 4
        return 0 if name in self.draws.fixed_names else self.quarter

    def _rows(self, values: Array) -> Array:
        # Runs are ordered design point major, replication fastest, so a point repeats the replications' rows.
        return values if self.points == 1 else np.concatenate([values] * self.points)
