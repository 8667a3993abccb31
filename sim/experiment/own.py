"""The engine with a researcher's own modules, in a form that goes to other processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.scenario.own import Sources, known, schedule_with
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.records import Records


@dataclass(frozen=True)
class OwnEngine:
    """As sim.engine.simulate_block, with modules that are imported where it works."""

    sources: Sources

    def __call__(
        self,
        points: Sequence[Scenario],
        design_points: Sequence[int],
        replications: Sequence[int],
        arms: Sequence[str],
        seed: int,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> list[Records]:
        from sim.engine import simulate_block

        own = self.sources.load()
        order = schedule_with(own.mechanisms)
        with known(own):
            return simulate_block(points, design_points, replications, arms, seed, mechanisms=order, progress=progress)
