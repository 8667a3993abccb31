"""How many replications a sweep wants 重复次数: a fixed number, or until the contrast of every design point is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim.declare import Array
from sim.experiment.experiment import Experiment, Until
from sim.experiment.stopping import Decision, decide
from sim.experiment.units import Unit, all_units, missing

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Contrasts:
    """Numbers behind the stopping rule, and what they have decided so far."""

    experiment: Experiment
    values: dict[int, dict[str, dict[int, float]]] = field(default_factory=dict)
    """Design point -> arm -> replication -> outcome; NaN where the run failed."""
    wanted: dict[int, int] = field(default_factory=dict)
    """Design point -> replications wanted so far."""
    reached: dict[int, Decision] = field(default_factory=dict)
    """Design point -> the decision to stop, with the half width reached."""

    def __post_init__(self) -> None:
        self.wanted = dict.fromkeys(
            (point.number for point in self.experiment.points), self.experiment.replications.at_least
        )

    @property
    def until(self) -> Until | None:
        """The stopping rule; None where the number of replications is fixed."""
        return self.experiment.replications.until

    @property
    def wanted_units(self) -> int:
        """Units wanted so far."""
        return sum(self.wanted.values())

    def add(self, runs: pa.Table | bytes) -> None:
        """Take in rows of runs."""
        if self.until is None:
            return
        import pyarrow as pa
        import pyarrow.parquet as parquet

        rule = self.until
        names = ["design_point", "arm", "replication", rule.outcome]
        rows = parquet.read_table(pa.BufferReader(runs), columns=names) if isinstance(runs, bytes) else runs
        for point, arm, replication, value in zip(*(rows[name].to_pylist() for name in names), strict=True):
            if arm in (rule.arm, rule.against):
                by_arm = self.values.setdefault(point, {}).setdefault(arm, {})
                by_arm[replication] = np.nan if value is None else value

    def differences(self, point: int) -> Array:
        """Paired differences of a point's replications in order, NaN where one of the two runs failed."""
        assert self.until is not None
        n = self.wanted[point]
        found = self.values.get(point, {})
        arm, against = (found.get(name, {}) for name in (self.until.arm, self.until.against))
        return np.array([arm.get(r, np.nan) - against.get(r, np.nan) for r in range(n)])

    def more(self, done: set[Unit]) -> dict[int, list[int]]:
        """Further replications of points of which all that was wanted is done; nothing for those under way."""
        if self.until is None:
            return {}
        wanted: dict[int, list[int]] = {}
        for point in sorted(self.wanted.keys() - self.reached.keys()):
            while point not in self.reached and not self._left(point, done):
                self._decide(point)
                if left := self._left(point, done):
                    wanted[point] = left
        return wanted

    def _decide(self, point: int) -> None:
        rule = self.experiment.replications
        assert rule.until is not None
        decision = decide(self.differences(point), rule.until, rule.at_least, rule.at_most)
        self.wanted[point] = decision.replications
        if decision.stop:
            self.reached[point] = decision

    def _left(self, point: int, done: set[Unit]) -> list[int]:
        return missing(all_units([point], self.wanted[point]), done).get(point, [])

    def first(self, done: set[Unit]) -> dict[int, list[int]]:
        """Replications to begin with: those wanted at least that are not done."""
        return {point: left for point in self.wanted if (left := self._left(point, done))}
