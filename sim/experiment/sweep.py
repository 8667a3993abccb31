"""Running a sweep 运行实验: jobs out, shards in, failures split down to the one run; whatever stops it, it goes on later.

The loop holds no result: what comes back is written to a shard before the next look at the queue. Which units there are
depends on the experiment and, under a stopping rule, on numbers alone, so an interrupted sweep ends with the same tables.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sim.experiment import folder as folders
from sim.experiment.contrasts import Contrasts
from sim.experiment.engines import Engine
from sim.experiment.planning import Prepared
from sim.experiment.rows import failed_runs, failure_rows, with_failed
from sim.experiment.shards import Index, Shard, address, save_json, write_shard
from sim.experiment.tasks import Call, Failure
from sim.experiment.units import SLACK, Backlog, Pace, Piece, Probing, Unit
from sim.experiment.work import Done, OtherVersion, difference_of_duplicates, do, probe

SAVE_EVERY_S = 1.0
"""Seconds between two notes of progress."""
HOPELESS = 40
"""Units that may fail in all arms before the first succeeds; then the experiment is given up, not the units."""
CHECKED_REPLICATIONS = 3
CHECKED_POINTS = 5
"""Design points at which the check of common random numbers is tried: it needs one that does not fail."""

Told = Callable[[str], None]
"""Called with a line that the user should see at once."""
Moved = Callable[[int, int], None]
"""Called with units done and in all."""


class Hopeless(RuntimeError):
    """Nothing but failures; the message has the first."""


class OtherVersionThere(RuntimeError):
    """A worker has another version of the program."""


class DrawsDiffer(RuntimeError):
    """Equal arms have different numbers: their draws are not common."""


@dataclass(frozen=True)
class Task:
    """What a call under way is about."""

    sort: Literal["simulate", "probe", "check"]
    piece: Piece
    arm: str = ""
    tries: int = 0


@dataclass
class Sweep:
    """The state of a sweep while it runs."""

    prepared: Prepared
    index: Index
    out: Path
    engine: Engine
    attempt: int
    contrasts: Contrasts
    told: Told
    moved: Moved
    pace: Pace
    backlog: Backlog
    urgent: deque[Task] = field(default_factory=deque)
    """Pieces of what failed, and checks: done before anything new is begun."""
    under_way: dict[int, Task] = field(default_factory=dict)
    probing: dict[Unit, Probing] = field(default_factory=dict)
    duplicates: dict[str, float | None] = field(default_factory=dict)
    """Scenario -> largest difference of equal arms; None where it could not be checked."""
    seconds_before: float = 0.0
    """Seconds that earlier starts of this sweep have taken."""
    began: float = field(default_factory=time.monotonic)
    saved: float = float("-inf")
    ok: bool = False
    """Whether any run has succeeded."""
    lost: int = 0
    """Units that failed in all arms."""

    def run(self) -> None:
        """Go on until nothing is left. Raises Hopeless, DrawsDiffer, OSError where a shard cannot be written."""
        numbers = itertools.count()
        self.save()
        for scenario in self.prepared.plans:
            self._check(scenario, 0)
        while self._fill(numbers) or self.under_way:
            for number, result in self.engine.wait():
                self._handle(self.under_way.pop(number), result)
            self._report()
        self.save()

    # ---- handing out

    def _fill(self, numbers: Iterator[int]) -> bool:
        """Start as many calls as there is room for; whether anything is under way or left."""
        while self.engine.free > 0 and (task := self._next()) is not None:
            number = next(numbers)
            self.under_way[number] = task
            self.engine.submit(number, *self._call(task))
        return bool(self.under_way)

    def _next(self) -> Task | None:
        if self.urgent:
            return self.urgent.popleft()
        if not self.backlog.left:
            # decided on numbers of finished points alone, so that the same is decided after an interruption
            self.backlog.add(self.contrasts.more(self.index.done))
        if not self.backlog.left:
            return None
        points, _ = self.backlog.left[0]
        work = self.prepared.work[points[0]]
        villages = self.prepared.groups[points[0]][2]
        size = self.pace.units_of_a_job(work, villages, self.backlog.units, self.engine.free)
        return Task("simulate", self.backlog.take(size))

    def _call(self, task: Task) -> tuple[Call, float]:
        """The call of a task and how long it may take."""
        limit = self.prepared.experiment.time_limit_s
        if task.sort == "check":
            return Call(difference_of_duplicates, self.prepared.job(task.piece)), limit
        if task.sort == "probe":
            return Call(probe, self.prepared.job(task.piece, (task.arm,))), limit
        expected = self.pace.seconds(self.prepared.village_quarters(task.piece))
        return Call(do, self.prepared.job(task.piece)), max(limit, SLACK * expected)

    # ---- taking in

    def _handle(self, task: Task, result: Done | Failure | float | None) -> None:
        if isinstance(result, Failure) and result.message.startswith(OtherVersion.__name__):
            raise OtherVersionThere(result.message.partition(": ")[2])
        if task.sort == "check":
            self._checked(task, result)
        elif task.sort == "probe":
            self._probed(task, result if isinstance(result, Failure) else None)
        elif isinstance(result, Done):
            self._store(task.piece, result)
        elif isinstance(result, Failure):
            self._failed(task, result)

    def _failed(self, task: Task, failure: Failure) -> None:
        """Split what failed; try the arms of a single unit one by one; one that fails only as a whole is given up."""
        piece = task.piece
        if len(piece.units) > 1:
            self.urgent.extend(Task("simulate", part) for part in piece.split())
            return
        simulated = self.prepared.plans[piece.scenario].simulated
        if task.tries:
            self._store(replace(piece, failed=dict.fromkeys(simulated, failure)), None)
            return
        self.probing[piece.units[0]] = Probing(piece, set(simulated))
        self.urgent.extend(Task("probe", piece, arm) for arm in simulated)

    def _probed(self, task: Task, failure: Failure | None) -> None:
        unit = task.piece.units[0]
        probing = self.probing[unit]
        if not probing.told(task.arm, failure):
            return
        del self.probing[unit]
        piece = replace(task.piece, failed=probing.failed)
        if len(probing.failed) == len(self.prepared.plans[piece.scenario].simulated):
            self._store(piece, None)
        else:
            self.urgent.append(Task("simulate", piece, tries=1))

    def _store(self, piece: Piece, done: Done | None) -> None:
        """Write the shard of a piece: its rows, and rows without outcomes for the arms that failed."""
        plan = self.prepared.plans[piece.scenario]
        failures = dict(done.failures) if done else {}
        for arm, failure in piece.failed.items():
            failures |= {(point, arm, r): failure for point, r in piece.units if arm in plan.arms}
        tables: dict[str, Any] = dict(done.tables) if done else {}
        if failures:
            tables["failures"] = failure_rows(failures)
            lost = failed_runs(plan, {key: f for key, f in failures.items() if key[1] in piece.failed})
            tables["runs"] = with_failed(tables.get("runs"), lost)
        shard = Shard(
            address=address({p: self.prepared.keys[p] for p in piece.points}, piece.replications, self.attempt),
            units=tuple(piece.units),
            attempt=self.attempt,
            failed=tuple(sorted({(point, replication) for point, _, replication in failures})),
            tables=tuple(sorted(tables)),
            seconds=done.seconds if done else 0.0,
            village_quarters=self.prepared.village_quarters(piece),
        )
        write_shard(self.index.folder, shard, tables)
        self.index.add(shard)
        self.contrasts.add(tables["runs"])
        if done and not piece.failed:
            self.pace.add(shard.village_quarters, done.seconds)
        self._tell(piece, done, failures)

    def _tell(self, piece: Piece, done: Done | None, failures: Mapping[tuple[int, str, int], Failure]) -> None:
        for (point, arm, replication), failure in failures.items():
            self.told(f"failed {point}/{arm}/{replication} ({failure.cause}): {failure.message}")
        self.ok = self.ok or done is not None
        self.lost += len(piece.units) if done is None else 0
        if not self.ok and self.lost >= HOPELESS:
            (point, arm, replication), failure = next(iter(failures.items()))
            raise Hopeless(
                f"nothing but failures in {self.lost} design points and replications, the last with: {failure.message}. "
                f"See `lianjian explain {self.out} {point}/{arm}/{replication}`, mend the experiment, then say --fresh "
                "(or --retry-failed where the cause lay outside it)"
            )

    # ---- common random numbers

    def _check(self, scenario: str, place: int) -> None:
        """Have equal arms compared at the first design point that can be simulated."""
        points = [p.number for p in self.prepared.experiment.points if p.scenario == scenario][:CHECKED_POINTS]
        if place >= len(points):
            self.duplicates[scenario] = None
            return
        replications = tuple(range(min(CHECKED_REPLICATIONS, self.prepared.experiment.replications.at_least)))
        self.urgent.append(Task("check", Piece(scenario, (points[place],), replications), tries=place))

    def _checked(self, task: Task, result: Any) -> None:
        if isinstance(result, Failure):
            self._check(task.piece.scenario, task.tries + 1)
            return
        self.duplicates[task.piece.scenario] = result
        if result != 0.0:
            raise DrawsDiffer(
                f"a duplicate of no_policy differs from it by {result:.3g} (scenario {task.piece.scenario}, design point "
                f"{task.piece.points[0]}): arms do not share their draws. A rule of one's own must take its draws from "
                "DRAWS, and compute each run from that run alone"
            )

    # ---- how far it is

    def _report(self) -> None:
        wanted = self.contrasts.wanted_units
        self.moved(len(self.index.of_unit), max(wanted, len(self.index.of_unit)))
        if time.monotonic() - self.saved >= SAVE_EVERY_S:
            with contextlib.suppress(OSError):  # a note, not a result
                self.save()

    @property
    def seconds(self) -> float:
        """Seconds that the sweep has taken so far, earlier starts included."""
        return self.seconds_before + time.monotonic() - self.began

    def save(self) -> None:
        """Note how far the sweep is, for ``lianjian status``."""
        self.saved = time.monotonic()
        left = sum(self.prepared.work[p] * len(rs) for ps, rs in self.backlog.left for p in ps)
        left += sum(self.prepared.village_quarters(task.piece) for task in self.under_way.values())
        save_json(
            self.out / folders.PROGRESS,
            {
                "units_done": len(self.index.of_unit),
                "units_wanted": self.contrasts.wanted_units,
                "units_failed": len(self.index.failed),
                "jobs_running": len(self.under_way),
                "workers": self.engine.slots,
                "village_quarters_per_second": round(self.pace.speed) * self.engine.slots,
                "seconds_left": round(self.pace.seconds(left) / max(1, self.engine.slots), 1),
                "seconds": round(self.seconds, 3),
                "updated": time.time(),
                "duplicates": self.duplicates,
            },
        )
