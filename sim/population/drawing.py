"""Drawing the initial villages: same uniforms for every design point, one row a run.

A replication has one generator, the stream ``population``. It fills an array (variables, villages) in the
order of VARIABLES, so that a variable added at the end changes no earlier one. Every village gets every draw,
whether the scenario, its forms or a village file use it or not: design points that differ in a number keep
each village's ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from sim.declare import Array, Mask, RunArray, VillageArray
from sim.population.cells import VillageFileError
from sim.population.village_file import Villages, read_villages
from sim.streams import generator, normal

VARIABLES = (
    "population",
    "land_per_person",
    "reserve_share",
    "migrant_share",
    "has_assets",
    "assets",
    "asset_quality",
    "leader_ability",
    "know_how",
    "trust",
    "x",
    "y",
    "industry",
    "council",
)
"""What is drawn, in the order drawn: one uniform for each village. Append only."""


class Size(Protocol):
    """How the villages come about: what this package reads of a scenario's population block."""

    @property
    def villages(self) -> int: ...
    @property
    def council_rule(self) -> str: ...
    @property
    def council_count(self) -> int: ...
    @property
    def tail(self) -> str: ...
    @property
    def file(self) -> str | None: ...


class Point(Protocol):
    """A design point: what this package reads of a resolved scenario."""

    @property
    def population(self) -> Size: ...
    @property
    def parameters(self) -> Mapping[str, float]: ...
    @property
    def forms(self) -> Mapping[str, str]: ...
    @property
    def weights(self) -> Mapping[str, Mapping[str, float]]: ...


@dataclass(frozen=True)
class Lottery:
    """Declared numbers, draws and files, all laid out by run: point major, replication fastest."""

    points: Sequence[Point]
    replications: Sequence[int]
    seed: int

    @cached_property
    def villages(self) -> int:
        """Number of villages. Raises ValueError where design points differ in it."""
        numbers = {point.population.villages for point in self.points}
        if len(numbers) != 1:
            raise ValueError(f"design points of one batch need one number of villages, got {sorted(numbers)}")
        return numbers.pop()

    @property
    def shape(self) -> tuple[int, int]:
        """(runs, villages)"""
        return len(self.points) * len(self.replications), self.villages

    @cached_property
    def files(self) -> tuple[Villages | None, ...]:
        """The checked village file of each design point, read once a path. Raises VillageFileError."""
        known = {path: read_villages(path, self.villages) for path in {p.population.file for p in self.points} if path}
        for point in self.points:
            _refuse_missing_councils(point.population, known)
        return tuple(known.get(point.population.file or "") for point in self.points)

    def number(self, key: str) -> RunArray:
        """A declared quantity by its key, shape (runs, 1)."""
        return self._by_run([point.parameters[key] for point in self.points])

    def chosen(self, values: Sequence[bool]) -> Mask:
        """One truth value a design point, shape (runs, 1)."""
        return self._by_run(values) > 0

    def weights(self, key: str, parts: Sequence[str]) -> Array:
        """Declared shares by their key, shape (runs, parts)."""
        rows = [[point.weights[key][part] for part in parts] for point in self.points]
        return np.repeat(np.array(rows, dtype=float), len(self.replications), axis=0)

    def uniform(self, variable: str) -> VillageArray:
        """Uniforms in [0, 1), shape (runs, villages)."""
        rows = self._uniforms[:, VARIABLES.index(variable), :]
        return np.tile(rows, (len(self.points), 1))

    def normal(self, variable: str) -> VillageArray:
        """Standard normals, shape (runs, villages)."""
        return normal(self.uniform(variable))

    def given(self, column: str) -> VillageArray:
        """What village files say of a column, NaN where they are silent, shape (runs, villages)."""
        silent = np.full(self.villages, np.nan)
        rows = [silent if file is None else file.numbers.get(column, silent) for file in self.files]
        return np.repeat(np.array(rows), len(self.replications), axis=0)

    def settle(self, column: str, drawn: VillageArray) -> VillageArray:
        """What village files say of a column, and the drawn values where they are silent."""
        given = self.given(column)
        return np.where(np.isnan(given), drawn, given)

    @cached_property
    def _uniforms(self) -> Array:
        size = (len(VARIABLES), self.villages)
        return np.stack([generator(self.seed, r, "population").random(size) for r in self.replications])

    def _by_run(self, values: Sequence[float] | Sequence[bool]) -> RunArray:
        return np.repeat(np.array(values, dtype=float), len(self.replications))[:, None]


def _refuse_missing_councils(size: Size, files: Mapping[str, Villages]) -> None:
    if size.council_rule != "file":
        return
    if size.file is None:
        raise ValueError("population.councils.rule: file needs population.file, a village file with a council column")
    if files[size.file].council is None:
        raise VillageFileError([f"{size.file}:1:council: column is missing; population.councils.rule: file needs it"])
