"""A scenario as written and under other forms 形式变体: one batch of design points, all with the same draws.

Of the scenario as written everything is kept; of the other variants one number a run and outcome, made in the worker,
since full records of all variants would not fit into memory.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.declare import Array
from sim.experiment.local import Plan, Progress, Simulate, joined, simulate_points
from sim.outcomes import observe
from sim.records import Records
from sim.scenario.forms import Variant
from sim.scenario.scenario import Scenario
from sim.tables import FormNumbers, part, run_numbers

HEADLINES = ("earned_income", "poorest_tercile_income", "share_of_losers", "share_of_losers_same_money")
"""Outcomes that are judged under every form, whether the scenario lists them or not."""


def measured(scenario: Scenario) -> tuple[str, ...]:
    """Outcomes that are kept of each variant: the scenario's and the headlines."""
    return tuple(dict.fromkeys((*scenario.outcomes, *HEADLINES)))


@dataclass(frozen=True)
class _Block:
    """What comes back of a block: full records of design point 0, numbers of all."""

    written: list[Records]
    numbers: dict[tuple[int, str], tuple[Sequence[int], dict[str, Array]]]
    """(design point, arm) -> (replications, numbers of those runs)."""


@dataclass(frozen=True)
class _Keep:
    """Reduces the records of a block; runs of a block are ordered design point major."""

    outcomes: tuple[str, ...]
    window: slice
    burn_in_years: int

    def __call__(self, records: list[Records]) -> _Block:
        arms = {of_arm.arm: of_arm for of_arm in records}
        first = records[0]
        runs = {
            int(point): slice(*(np.flatnonzero(first.design_point == point)[[0, -1]] + [0, 1]))
            for point in dict.fromkeys(first.design_point.tolist())
        }
        numbers = {}
        for arm, of_arm in arms.items():
            seen = observe(arms, arm, self.burn_in_years)
            found = run_numbers(of_arm, seen, self.outcomes, self.window)
            for point, rows in runs.items():
                own = {name: np.array(values[rows]) for name, values in found.items()}
                numbers[point, arm] = (of_arm.replication[rows].tolist(), own)
        # copied: a view would keep the whole block in memory
        written = [copy.deepcopy(part(of_arm, runs[0])) for of_arm in records] if 0 in runs else []
        return _Block(written, numbers)


def simulate_forms(
    scenario: Scenario,
    variants: Sequence[Variant],
    arms: Sequence[str],
    replications: int,
    seed: int,
    planned: Plan,
    window: slice,
    *,
    progress: Progress | None = None,
    engine: Simulate | None = None,
) -> tuple[dict[str, Records], FormNumbers]:
    """Records of the scenario as written by arm, and the numbers of every variant, replications in order."""
    points = {variant.design_point: variant.of(scenario) for variant in variants}
    keep = _Keep(measured(scenario), window, scenario.calendar.burn_in_years)
    written: list[list[Records]] = []
    pieces: dict[tuple[int, str], list[tuple[Sequence[int], dict[str, Array]]]] = {}
    for block in simulate_points(points, arms, replications, seed, planned, keep, progress=progress, engine=engine):
        written.append(block.written)
        for key, piece in block.numbers.items():
            pieces.setdefault(key, []).append(piece)
    numbers = {key: _in_order(pieces[key]) for key in sorted(pieces)}
    return joined(iter(written), arms), numbers


def _in_order(pieces: Sequence[tuple[Sequence[int], dict[str, Array]]]) -> dict[str, Array]:
    order = np.argsort(np.concatenate([replications for replications, _ in pieces]))
    return {name: np.concatenate([numbers[name] for _, numbers in pieces])[order] for name in pieces[0][1]}
