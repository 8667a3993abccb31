"""How a sweep stands 进展: what is done, failed and under way, and how wide its intervals are so far; from its folder alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.experiment.folder import at_work, manifest_of, read_progress, read_sweep
from sim.experiment.rows import RunKey
from sim.experiment.shards import Index, read_index
from sim.experiment.tasks import Cause, Failure
from sim.outcomes import NO_POLICY, SAME_MONEY
from sim.statistics import TooFewReplications, t_interval
from sim.store import read_table

if TYPE_CHECKING:
    import pyarrow as pa

QUIET_S = 15.0
"""Seconds without a note of progress after which the last one is said to be old."""


@dataclass(frozen=True)
class Widths:
    """Half widths of the interval of one contrast over design points."""

    arm: str
    against: str
    outcome: str
    confidence: float
    asked: float | None
    """The half width at which replications stop; None without a stopping rule."""
    points: int
    least: float
    median: float
    most: float


@dataclass(frozen=True)
class Standing:
    """How a sweep stands."""

    folder: Path
    sweep: Mapping[str, Any]
    """What sweep.json says."""
    state: Literal["running", "stopped", "finished"]
    units_done: int
    units_wanted: int
    """Design points x replications; under a stopping rule as many as are wanted so far."""
    failures: Mapping[RunKey, Failure]
    seconds: float
    seconds_left: float | None
    workers: int
    jobs_running: int
    silent_s: float
    """Seconds since the last note of progress."""
    widths: Widths | None

    @property
    def runs_done(self) -> int:
        return self.units_done * len(self.sweep["arms"])

    @property
    def runs_wanted(self) -> int:
        return self.units_wanted * len(self.sweep["arms"])

    @property
    def causes(self) -> Mapping[Cause, int]:
        """Failed runs by cause."""
        return Counter(failure.cause for failure in self.failures.values())


def standing(folder: Path) -> Standing:
    """How the sweep in a folder stands. Raises ResultFolderError where the folder holds no sweep."""
    sweep, progress, index = read_sweep(folder), read_progress(folder), read_index(folder)
    manifest = manifest_of(folder)
    finished = manifest is not None
    done = len(index.of_unit)
    if manifest is not None and not done:  # shards were removed to save room
        done = sum(manifest["runs"].values()) // len(sweep["arms"])
    running = at_work(folder)
    wanted = int(progress.get("units_wanted", sweep["points"] * sweep["replications"]["at_least"]))
    return Standing(
        folder=folder,
        sweep=sweep,
        state="running" if running else "finished" if finished else "stopped",
        units_done=done,
        units_wanted=done if finished and not running else max(wanted, done),
        failures=failures_of(index) if index.of_unit or manifest is None else _failures_in(folder, manifest),
        seconds=float(progress.get("seconds", 0.0)),
        seconds_left=float(progress["seconds_left"]) if running and "seconds_left" in progress else None,
        workers=int(progress.get("workers", 0)),
        jobs_running=int(progress.get("jobs_running", 0)) if running else 0,
        silent_s=time.time() - float(progress.get("updated", time.time())),
        widths=_widths(sweep, index),
    )


def failures_of(index: Index) -> dict[RunKey, Failure]:
    """Runs that failed and why, in order."""
    found: dict[RunKey, Failure] = {}
    for shard in index.shards.values():
        if (rows := index.rows(shard, "failures")) is not None:
            found |= _failures(rows)
    return dict(sorted(found.items()))


def _failures_in(folder: Path, manifest: Mapping[str, Any]) -> dict[RunKey, Failure]:
    """The same from the table of the whole."""
    return _failures(read_table(folder, "failures")) if "failures" in manifest["tables"] else {}


def _failures(rows: pa.Table) -> dict[RunKey, Failure]:
    return {
        (row["design_point"], row["arm"], row["replication"]): Failure(row["cause"], row["message"], row["traceback"])
        for row in rows.to_pylist()
    }


def _widths(sweep: Mapping[str, Any], index: Index) -> Widths | None:
    """Half widths of the contrast that the stopping rule is about, or of the first arm against the same money."""
    until = sweep["replications"]["until"]
    contrast = (until["arm"], until["against"]) if until else _usual_contrast(sweep["arms"])
    if contrast is None:
        return None
    outcome, confidence = (until["outcome"], until["confidence"]) if until else ("earned_income", 0.95)
    values: dict[int, dict[int, dict[str, float]]] = {}
    for shard in index.in_order():
        rows = index.rows(shard, "runs", ["design_point", "arm", "replication", outcome])
        if rows is None:
            return None
        for point, arm, replication, value in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            if arm in contrast and value is not None:
                values.setdefault(point, {}).setdefault(replication, {})[arm] = value
    halves = []
    for by_replication in values.values():
        pairs = [found[contrast[0]] - found[contrast[1]] for found in by_replication.values() if len(found) == 2]
        try:
            halves.append(t_interval(np.array(pairs), confidence).half_width)
        except TooFewReplications:
            continue
    if not halves:
        return None
    asked = until["half_width"] if until else None
    least, median, most = (float(q) for q in np.quantile(halves, (0.0, 0.5, 1.0)))
    return Widths(contrast[0], contrast[1], outcome, confidence, asked, len(halves), least, median, most)


def _usual_contrast(arms: list[str]) -> tuple[str, str] | None:
    """The first arm whose own same-money companion is kept, else the first arm against no policy."""
    for arm in arms:
        if arm + SAME_MONEY in arms:
            return arm, arm + SAME_MONEY
    others = [arm for arm in arms if arm != NO_POLICY]
    return (others[0], NO_POLICY) if others and NO_POLICY in arms else None
