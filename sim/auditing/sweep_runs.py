"""Runs of a sweep against its design 实验运行核对: every run there once, failed ones named, counts as the manifest has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sim.auditing.loaded import Codes, Mask, coded, failing, values
from sim.declare import Array
from sim.experiment.experiment import Until
from sim.experiment.stopping import decide
from sim.outcomes import TERCILES, compared_arm
from sim.store import read_table

RUN_KEYS = ("design_point", "arm", "replication", "status", "message")
OK, FAILED = "ok", "failed"
WORST_IMBALANCE = 1e-9
"""Relative gap between stocks and flows that a run may have at most."""


@dataclass
class Design:
    """What was to be simulated, from points.parquet and the manifest; a run's place counts point by point, arm by arm."""

    manifest: Mapping[str, Any]
    points: pa.Table
    problems: list[str] = field(default_factory=list)
    """Why the runs cannot be laid out: nothing else is checked then."""

    @cached_property
    def arms(self) -> list[str]:
        return list(self.manifest["arms"])

    @cached_property
    def replications(self) -> Codes:
        """(points,): replications that a design point has reached."""
        return values(self.points, "replications").astype(np.int64)

    @cached_property
    def first(self) -> Codes:
        """(points + 1,): place of the first run of each design point, then the number of runs."""
        return np.concatenate([[0], np.cumsum(self.replications * len(self.arms))])

    @property
    def runs(self) -> int:
        return int(self.first[-1])

    @cached_property
    def settings(self) -> list[dict[str, Any]]:
        """What is set at each design point: path -> value."""
        return [json.loads(text) for text in self.points["settings"].to_pylist()]

    def calendar(self, point: int) -> tuple[int, int, int, int]:
        """(start, years of burn-in, of policy, after it) at a design point."""
        start, burn_in, policy, after = (int(self._value(point, "calendar", name)) for name in _CALENDAR)
        return start, burn_in, policy, after

    def villages(self, point: int) -> int:
        """Villages at a design point."""
        held = self.settings[point].get("population.villages")
        return int(self.scenario(point)["villages"] if held is None else held)

    def scenario(self, point: int) -> Mapping[str, Any]:
        """What the manifest says of the scenario of a design point."""
        found: Mapping[str, Any] = self.manifest["scenarios"][self.points["scenario"][point].as_py()]
        return found

    def _value(self, point: int, section: str, name: str) -> float:
        held: float = self.settings[point].get(f"{section}.{name}", self.scenario(point)[section][name])
        return held

    def of_run(self, run: int) -> str:
        """Name of a run in a message."""
        point = int(np.searchsorted(self.first, run, side="right")) - 1
        arm, replication = divmod(run - int(self.first[point]), int(self.replications[point]))
        return f"design point {point}, arm {self.arms[arm]}, replication {replication}"

    def places(self, table: pa.Table) -> Codes:
        """The place of each row's run, -1 where the design has no such run."""
        names, codes = coded(table["arm"])
        arm = np.array([self.arms.index(n) if n in self.arms else -1 for n in names], dtype=np.int64)[codes]
        point, replication = (values(table, name).astype(np.int64) for name in ("design_point", "replication"))
        known = (point >= 0) & (point < len(self.replications)) & (arm >= 0) & (replication >= 0)
        held = np.where(known, point, 0)
        known &= replication < self.replications[held]
        place = self.first[held] + arm * self.replications[held] + replication
        return np.where(known, place, -1)


_CALENDAR = ("start", "burn_in_years", "policy_years", "after_years")


@dataclass
class Runs:
    """The table of runs in the order of the design."""

    design: Design
    status: npt.NDArray[Any]
    message: npt.NDArray[Any]
    numbers: dict[str, Array]
    """Column -> (runs,), NaN where there is none."""

    @property
    def ok(self) -> Mask:
        return np.asarray(self.status == OK)

    @property
    def outcomes(self) -> tuple[str, ...]:
        return tuple(name for name in self.design.manifest["outcomes"] if name in self.numbers)


def read_design(folder: Path, manifest: Mapping[str, Any]) -> Design:
    """The design points. Raises ResultFolderError where the table cannot be read; gaps become ``problems``."""
    design = Design(manifest, read_table(folder, "points"))
    points, problems = design.points, design.problems
    wanted = ["design_point", "scenario", "settings", "replications"]
    problems += [f"points: no column {name}" for name in wanted if name not in points.column_names]
    if problems:
        return design
    if points["design_point"].to_pylist() != list(range(int(manifest["points"]))):
        n = manifest["points"]
        problems.append(f"points: not one row for each of the {n} design points, 0 to {n - 1} in order")
        return design
    known = set(points["scenario"].to_pylist()) <= manifest["scenarios"].keys()
    problems += [] if known else ["points: a scenario that the manifest does not list"]
    said = manifest["replications"]
    fits = (design.replications >= said["at_least"]) & (design.replications <= said["at_most"])
    problems += failing(
        ~fits,
        lambda i: (
            f"points: design point {i}: {design.replications[i]} replications, the design has "
            f"{said['at_least']} to {said['at_most']}"
        ),
    )
    return design


def read_runs(folder: Path, design: Design) -> Runs | list[str]:
    """The table of runs, or what is wrong with its rows. Raises ResultFolderError where it cannot be read."""
    table = read_table(folder, "runs")
    columns = [*RUN_KEYS, *design.manifest["outcomes"], "worst_imbalance"]
    if lacking := [f"runs: no column {name}" for name in columns if name not in table.column_names]:
        return lacking
    place = design.places(table)
    if wrong := list(row_failures("runs", design, place, np.ones(design.runs, dtype=bool))):
        return wrong
    order = np.argsort(place)
    numbers = [name for name in table.column_names if name not in RUN_KEYS]
    status, message = (np.array(table[name].to_pylist(), dtype=object)[order] for name in ("status", "message"))
    return Runs(design, status, message, {name: values(table, name)[order] for name in numbers})


def row_failures(table: str, design: Design, place: Codes, wanted: Mask, known: str = "the design") -> Iterator[str]:
    """A failure for each run that has not exactly one row where it is ``wanted``, or has one where it is not."""
    unknown = int((place < 0).sum())
    if unknown:
        yield f"{table}: {unknown:,} {'rows' if unknown > 1 else 'row'} of a run that {known} does not have"
    count = np.bincount(place[place >= 0], minlength=design.runs)
    yield from failing(
        np.where(wanted, count != 1, count > 0),
        lambda i: (
            f"{table}: {design.of_run(i)}: {_counted(int(count[i]))}{'' if wanted[i] else f', and {known} has none'}"
        ),
    )


def _counted(rows: int) -> str:
    return {0: "no row", 1: "a row"}.get(rows, f"{rows} rows")


def run_failures(runs: Runs) -> Iterator[str]:
    """Status, numbers where and only where a run is ok, and books that closed."""
    design = runs.design
    yield from failing(
        ~np.isin(runs.status.astype(str), [OK, FAILED]),
        lambda i: f"runs: status, {design.of_run(i)}: {runs.status[i]!r} is neither {OK} nor {FAILED}",
    )
    for name, numbers in runs.numbers.items():
        held = np.isfinite(numbers)
        yield from failing(held & ~runs.ok, _said("runs", name, design, "a number although the run has failed"))
        empty = ~held & runs.ok & ~_no_reference(runs, name)
        yield from failing(empty, _said("runs", name, design, "no number although the run is ok"))
    worst = runs.numbers["worst_imbalance"]
    yield from failing(
        runs.ok & (worst > WORST_IMBALANCE),
        lambda i: f"runs: worst_imbalance, {design.of_run(i)}: {worst[i]:.3g} is above {WORST_IMBALANCE:g}",
    )


def _said(table: str, column: str, design: Design, what: str) -> Callable[[int], str]:
    return lambda i: f"{table}: {column}, {design.of_run(i)}: {what}"


def _no_reference(runs: Runs, outcome: str) -> Mask:
    """Runs whose outcome may be null: it is measured against a run that failed or was not simulated, or in an empty tercile."""
    design = runs.design
    if not compared_arm(outcome, ""):
        return np.zeros(design.runs, dtype=bool)
    if outcome.endswith(TERCILES):
        return np.ones(design.runs, dtype=bool)
    parts: list[Mask] = []
    for point, n in enumerate(design.replications):
        ok = runs.ok[design.first[point] : design.first[point + 1]].reshape(-1, n)
        for arm in design.arms:
            other = compared_arm(outcome, arm)
            if other in design.arms:
                parts.append(~ok[design.arms.index(other)])
            else:  # whether it failed is not stored
                parts.append(np.full(n, other not in design.manifest["simulated_arms"] or not ok.all()))
    return np.concatenate(parts)


def failure_failures(folder: Path, runs: Runs) -> Iterator[str]:
    """failures.parquet must name exactly the runs that failed, with the messages that the table of runs has."""
    design, failed = runs.design, runs.status == FAILED
    there = (folder / "failures.parquet").exists()
    if not there:
        if failed.any():
            yield f"failures: no table, but {int(failed.sum()):,} runs have failed"
        return
    table = read_table(folder, "failures")
    place = design.places(table)
    yield from row_failures("failures", design, place, np.asarray(failed), "the list of failed runs")
    messages = table["message"].to_pylist()
    for row, run in enumerate(place):
        if run >= 0 and failed[run] and messages[row] != runs.message[run]:
            yield f"failures: message, {design.of_run(int(run))}: not the message of runs"


def manifest_failures(folder: Path, runs: Runs, rows: Mapping[str, int]) -> Iterator[str]:
    """Counts in the manifest, the equal arms that were compared, and whether points have what they are said to have."""
    manifest, design = runs.design.manifest, runs.design
    found = {OK: int(runs.ok.sum()), FAILED: int((runs.status == FAILED).sum())}
    for name, count in found.items():
        if manifest["runs"].get(name) != count:
            yield f"manifest.json: runs.{name}: {manifest['runs'].get(name)} is not {count}, the rows of runs"
    for name, count in rows.items():
        if manifest["tables"].get(name) != count:
            yield f"manifest.json: tables.{name}: {manifest['tables'].get(name)} is not {count}, the rows of the table"
    duplicates = manifest.get("baseline_duplicate", {})
    for scenario in manifest["scenarios"]:
        if scenario not in duplicates:
            yield f"manifest.json: baseline_duplicate: nothing on scenario {scenario}"
        elif duplicates[scenario] not in (0.0, None):
            found_gap = duplicates[scenario]
            yield f"manifest.json: baseline_duplicate: arms alike differ by {found_gap} in scenario {scenario}, not by 0"
    yield from _setting_failures(design)


def _setting_failures(design: Design) -> Iterator[str]:
    """Columns of factors against what was set."""
    for factor in design.manifest["factors"]:
        name = factor["name"]
        parts = [column for column in design.points.column_names if column.startswith(f"{name}.")]
        columns = [name] if name in design.points.column_names else parts
        if not columns:
            yield f"points: no column {name}"
        shown = {column: design.points[column].to_pylist() for column in columns}
        for point, settings in enumerate(design.settings):
            for path in factor["paths"]:
                yield from _setting_failure(point, path, name, settings, {c: held[point] for c, held in shown.items()})


def _setting_failure(
    point: int, path: str, name: str, settings: Mapping[str, Any], shown: Mapping[str, Any]
) -> Iterator[str]:
    if path not in settings:  # the scenario as written, in a design that moves one factor at a time
        return
    held = settings[path]
    wanted = {f"{name}.{part}": share for part, share in held.items()} if isinstance(held, dict) else {name: held}
    if isinstance(held, dict) and "all_of" in held:  # a coalition: whether the member is in it
        wanted = {name: float(name in held["all_of"])}
    for column, value in shown.items():
        if value != wanted.get(column, 0.0):
            yield f"points: {column}, design point {point}: {value} is not what was set, {wanted.get(column)}"


def stopping_failures(runs: Runs) -> Iterator[str]:
    """Under a stopping rule: replications and half width of each design point, decided again."""
    said, design = runs.design.manifest["replications"], runs.design
    if said["until"] is None:
        return
    rule = Until(**said["until"])
    if rule.outcome not in runs.numbers or not {"half_width", "half_width_reached"} <= set(design.points.column_names):
        yield "points: no column half_width or half_width_reached, or runs has no column of the stopping rule's outcome"
        return
    arm, against = design.arms.index(rule.arm), design.arms.index(rule.against)
    held, reached = values(design.points, "half_width"), design.points["half_width_reached"].to_pylist()
    for point, n in enumerate(design.replications):
        of_point = runs.numbers[rule.outcome][design.first[point] : design.first[point + 1]].reshape(-1, n)
        decision = decide(of_point[arm] - of_point[against], rule, said["at_least"], said["at_most"])
        width = np.nan if decision.half_width is None else decision.half_width
        if not decision.stop or decision.replications != n:
            yield f"points: design point {point}: the stopping rule does not stop at {n} replications"
        elif not np.isclose(width, held[point], rtol=1e-7, atol=0.0, equal_nan=True):
            yield f"points: half_width, design point {point}: {held[point]:.9g} was recomputed as {width:.9g}"
        elif bool(reached[point]) != decision.reached:
            yield f"points: half_width_reached, design point {point}: was recomputed as {decision.reached}"
