"""The audit of a sweep 实验核对: every run of the design there once, failed ones named, and numbers that follow from others.

Runs are recomputed from the years, the years from villages and accounts where these were kept, the replications and
half widths of design points from the stopping rule. What is kept of a failed run is why it failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.auditing.notes import Notes
from sim.auditing.sweep_details import DETAILS, detail_failures
from sim.auditing.sweep_runs import (
    Runs,
    failure_failures,
    manifest_failures,
    read_design,
    read_runs,
    run_failures,
    stopping_failures,
)
from sim.auditing.sweep_years import Years, read_years, year_failures
from sim.experiment.folder import LOCK, PROGRESS
from sim.experiment.shards import FOLDER
from sim.language import Text
from sim.outcomes import OUTCOMES

KNOWN = (PROGRESS, LOCK)
"""Files of the runner that change after the manifest was written."""

_NO_YEARS = Text(
    "the years were not kept: outcomes in runs could not be recomputed",
    "未保存逐年数据：runs 中的结果无法复算",
)
_ONLY_IN_RUNS = Text(
    "{name} could not be recomputed from yearly: it counts villages",
    "{name} 以村为单位计数，无法由逐年数据复算",
)
_NOT_COMPARED = Text(
    "no point of scenario {name} could be simulated to compare equal arms",
    "情景 {name} 没有可模拟的设计点，未能比较相同方案",
)

_COMPARISON = Text(
    "{file} was not recomputed: its hash is checked, its numbers are not",
    "{file} 未复算：仅核对了哈希，未核对数值",
)


def is_runners(name: str) -> bool:
    """Whether a file of the folder is the runner's own and not a table: shards, progress, lock."""
    return name in KNOWN or name.startswith(f"{FOLDER}/")


def sweep_failures(folder: Path, manifest: Mapping[str, Any], notes: Notes) -> tuple[list[str], dict[str, int]]:
    """What is wrong with a sweep, and rows checked by table. Raises ResultFolderError where a table cannot be read."""
    design = read_design(folder, manifest)
    rows = {"points": design.points.num_rows}
    if design.problems:
        return design.problems, rows
    runs = read_runs(folder, design)
    if isinstance(runs, list):
        return runs, rows
    rows["runs"] = design.runs
    for name, gap in manifest.get("baseline_duplicate", {}).items():
        if gap is None:
            notes.add(_NOT_COMPARED, name=name)
    failures = [*run_failures(runs), *failure_failures(folder, runs), *stopping_failures(runs)]
    if (folder / "failures.parquet").exists():
        rows["failures"] = int((runs.status == "failed").sum())
    years = _years(folder, runs, notes)
    if isinstance(years, Years):
        rows["yearly"] = len(years.order)
        failures += year_failures(runs, years)
        failures += detail_failures(folder, runs, rows, notes)
    else:
        failures += years
    failures += comparison_failures(manifest, notes)
    return [*failures, *manifest_failures(folder, runs, rows), *_unkept(manifest, rows)], rows


def comparison_failures(manifest: Mapping[str, Any], notes: Notes) -> list[str]:
    """What `lianjian compare` wrote into the folder is guarded by its hash; a note says that it is no more than that."""
    for name in ("comparison.csv", "comparison.md"):
        if name in manifest["files"]:
            notes.add(_COMPARISON, file=name)
    return []


def _years(folder: Path, runs: Runs, notes: Notes) -> Years | list[str]:
    if "yearly" not in runs.design.manifest["tables"]:
        if runs.ok.any():
            notes.add(_NO_YEARS)
        return []
    for name in runs.outcomes:
        if OUTCOMES[name].from_years is None and DETAILS[0] not in runs.design.manifest["tables"]:
            notes.add(_ONLY_IN_RUNS, name=name)
    return read_years(folder, runs)


def _unkept(manifest: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
    """The table of years is kept unless the experiment says otherwise."""
    record = manifest["experiment"].get("record") or {}
    if record.get("yearly", True) and "yearly" not in manifest["tables"] and manifest["runs"]["ok"]:
        yield "manifest.json: tables: no yearly, but the experiment keeps it"
