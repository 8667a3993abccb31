"""Villages and accounts of a sweep 明细核对: where they were kept, the identities of a run's books, a design point at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute

from sim.auditing.identities import account_failures, village_failures
from sim.auditing.loaded import Codes, Loaded, Mask, fill, values
from sim.auditing.measures import outcome_failures, public_cost_failures
from sim.auditing.notes import Notes
from sim.auditing.sweep_runs import Design, Runs
from sim.auditing.sweep_years import calendars
from sim.language import Text
from sim.store import read_table

DETAILS = ("villages", "accounts", "balances")

_SOME = Text(
    "{kept} alone do not close: the experiment would have to keep villages, accounts and balances to have them recomputed",
    "仅有 {kept} 无法复算：须同时保存 villages、accounts 和 balances",
)
_SKIPPED = Text(
    "the books of {n} replications were not recomputed, as some arm failed in them",
    "有{n}次重复因某一方案失败而未复算账目",
)


@dataclass
class OfPoint(Loaded):
    """Tables of one design point; replications are those kept, named as in the sweep."""

    point: int = 0
    kept: tuple[int, ...] = ()

    def of_run(self, run: int) -> str:
        """Name of a run in a message."""
        arm, replication = divmod(run, self.replications)
        return f"design point {self.point}, arm {self.arms[arm]}, replication {self.kept[replication]}"


def detail_failures(folder: Path, runs: Runs, rows: dict[str, int], notes: Notes) -> Iterator[str]:
    """Identities of all runs whose villages and accounts were kept; counts the rows of these tables."""
    kept = [name for name in DETAILS if name in runs.design.manifest["tables"]]
    if not kept:
        return
    wanted = _sampled(runs) & runs.ok
    for name in kept:
        table = read_table(folder, name, ["design_point", "arm", "replication"])
        rows[name] = table.num_rows
        yield from _rows_of_runs(name, runs.design, runs.design.places(table), wanted)
    if len(kept) < len(DETAILS):
        notes.add(_SOME, kept=", ".join(kept))
        return
    skipped = 0
    for point, replications, calendar in _points(runs, wanted):
        chosen = _complete(runs, point, wanted)
        skipped += replications - len(chosen)
        if len(chosen):
            loaded = _load(folder, runs.design, point, calendar, chosen)
            yield from loaded.problems
            if not loaded.problems:
                yield from _identities(loaded, notes)
    if skipped:
        notes.add(_SKIPPED, n=skipped)


def _identities(loaded: OfPoint, notes: Notes) -> Iterator[str]:
    for check in (account_failures, village_failures, public_cost_failures, outcome_failures):
        yield from check(loaded, notes)


def _sampled(runs: Runs) -> Mask:
    """Runs of the replications of which details are kept."""
    record = runs.design.manifest["experiment"].get("record") or {}
    sample, design = record.get("sample"), runs.design
    if sample is None:
        return np.ones(design.runs, dtype=bool)
    arms = len(design.arms)
    return np.concatenate([np.tile(np.isin(np.arange(n), sample), arms) for n in design.replications])


def _rows_of_runs(table: str, design: Design, place: Codes, wanted: Mask) -> Iterator[str]:
    """Runs that have rows where they should have none, or none where they should have some."""
    if (place < 0).any():
        yield f"{table}: rows of a run that the design does not have"
    there = np.bincount(place[place >= 0], minlength=design.runs) > 0
    for run in np.flatnonzero(there != wanted)[:100]:
        what = "no rows" if wanted[run] else "rows of a run that is not ok or not in the sample"
        yield f"{table}: {design.of_run(int(run))}: {what}"


def _points(runs: Runs, wanted: Mask) -> Iterator[tuple[int, int, Any]]:
    """(design point, replications with details of some arm, calendar)."""
    design = runs.design
    for point, calendar in enumerate(calendars(design)):
        of_point = wanted[design.first[point] : design.first[point + 1]].reshape(len(design.arms), -1)
        yield point, int(of_point.any(axis=0).sum()), calendar


def _complete(runs: Runs, point: int, wanted: Mask) -> tuple[int, ...]:
    """Replications of a design point with details of every arm."""
    design = runs.design
    of_point = wanted[design.first[point] : design.first[point + 1]].reshape(len(design.arms), -1)
    return tuple(np.flatnonzero(of_point.all(axis=0)).tolist())


def _load(folder: Path, design: Design, point: int, calendar: Any, kept: tuple[int, ...]) -> OfPoint:
    tables = {name: _rows(folder, name, point, kept) for name in ("runs", "yearly", *DETAILS)}
    years = list(range(calendar.start, calendar.start + calendar.years))
    loaded = OfPoint(
        manifest=_manifest(design, point, calendar, years),
        design_points=[0],
        arms=design.arms,
        replications=len(kept),
        years=years,
        villages=design.villages(point),
        rows={},
        point=point,
        kept=kept,
    )
    fill(loaded, tables)
    return loaded


def _manifest(design: Design, point: int, calendar: Any, years: list[int]) -> Mapping[str, Any]:
    """What checks of a run read of its manifest."""
    return {
        "outcomes": design.manifest["outcomes"],
        "simulated_arms": design.manifest["simulated_arms"],
        "calendar": {
            name: getattr(calendar, name) for name in ("start", "burn_in_years", "policy_years", "after_years")
        },
        "years": years,
    }


def _rows(folder: Path, name: str, point: int, kept: tuple[int, ...]) -> pa.Table:
    """Rows of a design point and the replications kept, numbered from 0 as a run has them."""
    table = read_table(folder, name, only=("design_point", point))
    chosen = np.searchsorted(kept, replication := values(table, "replication").astype(np.int64))
    held = np.array(kept)[np.minimum(chosen, len(kept) - 1)] == replication
    table = table.set_column(table.column_names.index("replication"), "replication", pa.array(chosen, pa.int32()))
    zero = compute.multiply(table["design_point"], 0)
    return table.set_column(table.column_names.index("design_point"), "design_point", zero).filter(pa.array(held))
