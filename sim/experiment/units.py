"""What is to be done, cut into jobs 任务切分: sized by measured time, and split down to one run where one fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sim.experiment.experiment import Experiment
from sim.experiment.local import ELEMENTS
from sim.experiment.tasks import Failure

Unit = tuple[int, int]
"""(design point, replication), all arms of it."""
FIRST_SPEED = 600_000.0
"""Village-quarters a second and worker before anything was measured: about half of what one processor does."""
LONGEST_S = 10.0
"""Seconds a job should take at most: about what a kill loses. A block that fills the cache takes less with up to six arms."""
FIRST_SHARE = 0.04
"""Share of the expected time that the first job may take, so that something is stored within a twentieth of it."""
FEWEST = 16
"""Units of a job, if there are as many: each job costs about half a second whatever its size, a unit much less."""
TOGETHER = 16
"""Design points of a job, if it has several replications: points share the draws of a replication."""
PARTS = 8
"""Parts that a job that failed is split into: 600 runs are down to one in four steps, at about one job's time each."""
SLACK = 20.0
"""A job of many runs may take this many times what it is expected to, or one run's time limit where that is more."""


@dataclass(frozen=True)
class Piece:
    """Design points x replications of one scenario: what becomes one job and one shard."""

    scenario: str
    points: tuple[int, ...]
    replications: tuple[int, ...]
    failed: Mapping[str, Failure] = field(default_factory=dict)
    """Of a single unit: arms that are known to fail, and why. They are not simulated again."""

    @property
    def units(self) -> list[Unit]:
        return [(point, replication) for point in self.points for replication in self.replications]

    def split(self) -> list[Piece]:
        """Smaller pieces that are the same together: fewer points, then fewer replications."""
        if len(self.points) > 1:
            return [replace(self, points=part) for part in _parts(self.points)]
        return [replace(self, replications=part) for part in _parts(self.replications)]


def _parts(whole: tuple[int, ...]) -> list[tuple[int, ...]]:
    size = -(-len(whole) // PARTS)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


@dataclass
class Pace:
    """How fast a worker is, and so how large a job should be."""

    workers: int
    expected_s: float = LONGEST_S
    """Of the whole sweep; what is expected at the start."""
    speed: float = FIRST_SPEED
    measured: int = 0
    """Jobs that have been timed."""
    handed_out: bool = False
    """Whether any job has been."""
    _even: dict[int, int] = field(default_factory=dict)
    """Units that fill the cache -> units of which all workers have equally many jobs."""

    def add(self, village_quarters: int, seconds: float) -> None:
        """Learn from a job: the first says most, later ones change little."""
        self.measured += 1
        weight = max(1.0 / self.measured, 0.2)
        self.speed += weight * (village_quarters / max(seconds, 1e-3) - self.speed)

    def seconds(self, village_quarters: int) -> float:
        """Expected seconds of a job on one worker."""
        return village_quarters / self.speed

    def units_of_a_job(self, village_quarters: int, villages: int, left: int, idle: int) -> int:
        """Units that the next job should have, each of ``village_quarters`` over all arms.

        ``left`` are to be handed out, to ``idle`` workers now. As many as fill the cache, since every job costs the same
        besides, but so that all workers are busy to the end; fewer where that takes long, and in the first job of a sweep.
        """
        fit = max(1, ELEMENTS // villages)
        even = self._even.setdefault(fit, -(-left // (-(-left // (fit * self.workers)) * self.workers)))
        seconds = LONGEST_S if self.handed_out else min(LONGEST_S, FIRST_SHARE * self.expected_s)
        self.handed_out = True
        most = max(FEWEST, int(seconds * self.speed / village_quarters))
        return min(even if left > even else -(-left // max(1, idle)), most, fit)


@dataclass
class Backlog:
    """Units that are still to be done, in order; pieces are taken from it as large as the pace asks."""

    experiment: Experiment
    groups: Mapping[int, object]
    """Design point -> what the points of one block must share (calendar, size, which arms pay from public money)."""
    left: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    """Rectangles of points of one group x replications."""

    def add(self, wanted: Mapping[int, Sequence[int]]) -> None:
        """Add replications of points; neighbouring points of one group that want the same ones go together."""
        points: list[int] = []
        for number in sorted(number for number, replications in wanted.items() if replications):
            if points and not self._fit(points[-1], number, wanted):
                self.left.append((tuple(points), tuple(wanted[points[0]])))
                points = []
            points.append(number)
        if points:
            self.left.append((tuple(points), tuple(wanted[points[0]])))

    def _fit(self, one: int, other: int, wanted: Mapping[int, Sequence[int]]) -> bool:
        return self.groups[one] == self.groups[other] and tuple(wanted[one]) == tuple(wanted[other])

    @property
    def units(self) -> int:
        """Units that are left."""
        return sum(len(points) * len(replications) for points, replications in self.left)

    def take(self, units: int) -> Piece:
        """The next piece, of about so many units; what is left of its points comes next, so that points are soon whole."""
        points, replications = self.left.pop(0)
        fit = max(1, units // min(len(points), TOGETHER))
        each = -(-len(replications) // -(-len(replications) // fit))  # parts of equal size, none a short rest
        together = max(1, units // each)
        chosen, rest = points[:together], points[together:]
        if rest:
            self.left.insert(0, (rest, replications))
        if each < len(replications):
            self.left.insert(0, (chosen, replications[each:]))
        return Piece(self.experiment.points[chosen[0]].scenario, chosen, replications[:each])


@dataclass
class Probing:
    """One unit whose job failed: which of its arms fail by themselves?"""

    piece: Piece
    waiting: set[str]
    failed: dict[str, Failure] = field(default_factory=dict)

    def told(self, arm: str, failure: Failure | None) -> bool:
        """Take in what became of one arm; whether all arms are known."""
        self.waiting.discard(arm)
        if failure is not None:
            self.failed[arm] = failure
        return not self.waiting


def missing(units: Iterable[Unit], done: set[Unit]) -> dict[int, list[int]]:
    """Replications of each point that are not done."""
    wanted: dict[int, list[int]] = {}
    for point, replication in units:
        if (point, replication) not in done:
            wanted.setdefault(point, []).append(replication)
    return wanted


def all_units(numbers: Iterable[int], replications: int) -> Iterator[Unit]:
    """Every unit of some points."""
    return ((number, replication) for number in numbers for replication in range(replications))
