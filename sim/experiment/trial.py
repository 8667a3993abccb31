"""How long a sweep will take and how much it will write 试算: measured on a small part of it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.experiment.local import ELEMENTS
from sim.experiment.planning import Prepared
from sim.experiment.units import Piece
from sim.experiment.work import do

TRIAL_RUNS = 150
"""Runs of an arm in the trial at most: a quarter of a full block of a small town, where speed is near its best."""
PARALLEL = 0.9
"""What two workers do of twice the work of one: they share the memory's bandwidth. See docs/sweeps.md."""
COPIES = 2.0
"""Rows are held twice once a sweep is finished: in shards, and in the tables of the whole."""


@dataclass(frozen=True)
class Trial:
    """What a whole sweep is expected to take, at the most replications that it may take."""

    seconds: float
    size_mib: float


def trial(prepared: Prepared, workers: int) -> Trial:
    """Simulate a few runs of the first design point of each scenario. Raises what the engine raises."""
    most = prepared.experiment.replications.at_most
    seconds = size = 0.0
    for scenario in prepared.plans:
        points = [p.number for p in prepared.experiment.points if p.scenario == scenario]
        villages = prepared.groups[points[0]][2]
        runs = max(1, min(TRIAL_RUNS, most, ELEMENTS // villages))
        piece = Piece(scenario, (points[0],), tuple(range(runs)))
        do(prepared.job(Piece(scenario, (points[0],), (0,))))  # imports and caches are not timed
        done = do(prepared.job(piece))
        work = sum(prepared.work[number] for number in points) * most
        seconds += done.seconds * work / prepared.village_quarters(piece)
        size += sum(map(len, done.tables.values())) / runs * len(points) * most
    return Trial(seconds / (workers * (PARALLEL if workers > 1 else 1.0)), COPIES * size / 2**20)
