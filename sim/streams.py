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


@dataclass
class Draws:
    """The draws of one stem for a block of replications, by name.

    ``names`` are drawn each quarter for each village, ``run_names`` each quarter once a run, ``fixed_names`` once for
    each village. ``rows`` maps a run to the position of its replication.
    """

    seed: int
    replications: Sequence[int]
    stem: str
    quarters: int
    villages: int
    names: tuple[str, ...] = ()
    run_names: tuple[str, ...] = ()
    fixed_names: tuple[str, ...] = ()
    _blocks: dict[str, tuple[tuple[str, ...], Array]] = field(default_factory=dict)
    _normals: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fill(self.stem, self.names, self.quarters, self.villages)
        self._fill(f"{self.stem}.run", self.run_names, self.quarters, 1)
        self._fill(f"{self.stem}.fixed", self.fixed_names, 1, self.villages)

    def _fill(self, stem: str, names: tuple[str, ...], quarters: int, villages: int) -> None:
        if not names:
            return
        block = np.empty((quarters, len(self.replications), len(names), villages))
        for position, replication in enumerate(self.replications):
            drawn = generator(self.seed, replication, stem).random((quarters, villages, len(names)))
            block[:, position] = drawn.transpose(0, 2, 1)
        for name in names:
            self._blocks[name] = (names, block)

    def uniform(self, name: str, quarter: int = 0, count: int = 1) -> Array:
        """Uniforms of a quarter, shape (replications, villages) or (replications, 1).

        With ``count`` above one: this name and the next ones in a row, shape (replications, count, villages).
        """
        names, block = self._blocks[name]
        first = names.index(name)
        drawn: Array = block[quarter, :, first] if count == 1 else block[quarter, :, first : first + count]
        return drawn

    def normal(self, name: str, quarter: int = 0) -> Array:
        """Standard normals of a quarter, same shape as :meth:`uniform`."""
        if name not in self._normals:
            names, block = self._blocks[name]
            self._normals[name] = normal(block[:, :, names.index(name)])
        drawn: Array = self._normals[name][quarter]
        return drawn


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
        return 0 if name in self.draws.fixed_names else self.quarter

    def _rows(self, values: Array) -> Array:
        # Runs are ordered design point major, replication fastest, so a point repeats the replications' rows.
        return values if self.points == 1 else np.concatenate([values] * self.points)
