"""Rows of a stored result 结果行: what comparisons read, the same of a run and of a sweep, as arrays by design point.

A run has one design point, number 0. Nothing here is computed: rows become arrays (points, arms, replications), a cell
without a row is told from one whose run failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.study import numbers
from sim.declare import Array
from sim.store import MANIFEST, ResultFolderError, read_manifest, read_table

if TYPE_CHECKING:
    import pyarrow as pa

UNFINISHED = "sweep.json"
"""What a sweep that has not ended keeps in its folder instead of a manifest."""
POINTS_AT_ONCE = 50
"""So many design points are held as arrays together: replications may differ much from point to point."""
OK = "ok"
Mask = npt.NDArray[np.bool_]


class StoredRows(NamedTuple):
    """What a result folder says, whether or not it is whole."""

    facts: Mapping[str, Any]
    """The manifest; of a sweep that has not ended, the same keys as far as they are known."""
    runs: pa.Table
    yearly: pa.Table | None
    points: pa.Table | None
    """Coordinates of the design points; None where there is one point, that of a run."""
    complete: bool


def read_rows(folder: Path) -> StoredRows:
    """Read the rows of a run or a sweep; of a sweep that has not ended what is done so far.

    Raises ResultFolderError where the folder is no result or cannot be read.
    """
    if is_unfinished(folder):
        return _unfinished(folder)
    manifest = read_manifest(folder)
    yearly = read_table(folder, "yearly") if (folder / "yearly.parquet").exists() else None
    points = read_table(folder, "points") if (folder / "points.parquet").exists() else None
    return StoredRows(manifest, read_table(folder, "runs"), yearly, points, complete=True)


def is_unfinished(folder: Path) -> bool:
    """Whether the folder is a sweep that has not ended."""
    return not (folder / MANIFEST).exists() and (folder / UNFINISHED).exists()


def tables_so_far(folder: Path) -> dict[str, pa.Table]:
    """Tables of a sweep that has not ended, from its shards. Raises ResultFolderError where none is finished."""
    import pyarrow as pa

    from sim.experiment.assembly import KEYED, table_parts
    from sim.experiment.folder import read_sweep
    from sim.experiment.shards import read_index

    facts, index = read_sweep(folder), read_index(folder)
    if not index.of_unit:
        raise ResultFolderError(f"{folder}: nothing is finished yet; see `lianjian status {folder}`")
    tables = {name: list(table_parts(index, name, facts["arms"])) for name in KEYED}
    found = {name: pa.concat_tables(parts) for name, parts in tables.items() if parts}
    return {**found, "points": read_table(folder, "points")}


def _unfinished(folder: Path) -> StoredRows:
    """What the shards of a sweep hold so far. Raises ResultFolderError where none is finished."""
    from sim.experiment.folder import read_progress, read_sweep

    facts, tables = read_sweep(folder), tables_so_far(folder)
    runs = tables["runs"]
    units = max(int(read_progress(folder).get("units_wanted", 0)), facts["points"] * facts["replications"]["at_least"])
    expected, failed = units * len(facts["arms"]), runs["status"].to_pylist().count("failed")
    counted = {
        "ok": runs.num_rows - failed,
        "failed": failed,
        "missing": expected - runs.num_rows,
        "expected": expected,
    }
    return StoredRows({**facts, "runs": counted}, runs, tables.get("yearly"), tables["points"], complete=False)


def refuse_unfinished(folder: Path) -> None:
    """Raise ResultFolderError where the folder is a sweep that has not ended."""
    if is_unfinished(folder):
        raise ResultFolderError(
            f"{folder} is a sweep that has not ended: it has no {MANIFEST} yet; the same `lianjian sweep` goes on with it"
        )


def villages_of(rows: StoredRows, design_points: Sequence[int]) -> Array:
    """Villages at each design point, from the scenario that it varies."""
    facts = rows.facts
    if "scenarios" not in facts:
        return np.full(len(design_points), float(facts["villages"]))
    counts = {name: float(of["villages"]) for name, of in facts["scenarios"].items()}
    scenario = coordinates(rows, design_points, "scenario") if rows.points is not None else []
    return np.array([counts[name] for name in scenario] if scenario else [*counts.values()][:1] * len(design_points))


def factors_of(rows: StoredRows) -> list[str]:
    """Columns of the table of design points that hold a factor, in the order stored."""
    return [] if rows.points is None else list(rows.facts["columns"]["coordinates"])


def coordinates(rows: StoredRows, design_points: Sequence[int], column: str) -> list[Any]:
    """A column of the table of design points at the points asked for."""
    assert rows.points is not None
    found = dict(zip(rows.points["design_point"].to_pylist(), rows.points[column].to_pylist(), strict=True))
    return [found.get(point) for point in design_points]


@dataclass(frozen=True)
class Cells:
    """Some design points as arrays (points, arms, replications)."""

    points: tuple[int, ...]
    arms: tuple[str, ...]
    stored: Mask
    """Whether there is a row, of a run that succeeded or failed."""
    ok: Mask
    values: Mapping[str, Array]
    """Column -> values; NaN where the run is not ok or the number is null."""


def cells_by_point(
    runs: pa.Table, arms: Sequence[str], columns: Sequence[str], design_points: Sequence[int]
) -> Iterator[Cells]:
    """The rows of some arms as arrays, a few design points at a time, in the order asked for.

    Raises ResultFolderError where a run is there twice.
    """
    point, arm, replication = _whole(runs, "design_point"), _codes(runs, "arm", arms), _whole(runs, "replication")
    ok = _codes(runs, "status", [OK]) == 0
    numbers_of = {name: numbers(runs, name) for name in columns}
    order = np.argsort(point, kind="stable")
    ordered = point[order]
    for start in range(0, len(design_points), POINTS_AT_ONCE):
        some = np.array(design_points[start : start + POINTS_AT_ONCE], dtype=np.int64)
        first, last = np.searchsorted(ordered, some), np.searchsorted(ordered, some, side="right")
        rows = np.concatenate([order[a:b] for a, b in zip(first, last, strict=True)])
        place = np.repeat(np.arange(len(some)), last - first)
        kept = arm[rows] >= 0
        rows, place = rows[kept], place[kept]
        shape = len(some), len(arms), int(replication[rows].max(initial=-1)) + 1
        where = place, arm[rows], replication[rows]
        stored = np.zeros(shape, dtype=bool)
        stored[where] = True
        if np.count_nonzero(stored) != len(rows):
            raise ResultFolderError("runs: a design point, arm and replication is there twice; see `lianjian audit`")
        yield Cells(
            points=tuple(some.tolist()),
            arms=tuple(arms),
            stored=stored,
            ok=_filled(ok[rows], where, np.zeros(shape, dtype=bool)),
            values={
                name: _filled(np.where(ok[rows], column[rows], np.nan), where, np.full(shape, np.nan))
                for name, column in numbers_of.items()
            },
        )


def design_points_of(runs: pa.Table) -> list[int]:
    """Design points that have rows, in order."""
    return [int(point) for point in np.unique(_whole(runs, "design_point"))]


def failed_runs(rows: StoredRows, design_points: Sequence[int], arms: Sequence[str]) -> dict[str, int]:
    """Runs of each arm that are not ok, at some design points; arms without any are left out."""
    arm, ok = _codes(rows.runs, "arm", arms), _codes(rows.runs, "status", [OK]) == 0
    lost = ~ok & np.isin(_whole(rows.runs, "design_point"), design_points)
    counted = {name: int(np.count_nonzero(lost & (arm == place))) for place, name in enumerate(arms)}
    return {name: count for name, count in counted.items() if count}


def _filled(values: Any, where: tuple[Any, ...], empty: Any) -> Any:
    empty[where] = values
    return empty


def _whole(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _codes(table: pa.Table, name: str, known: Sequence[str]) -> npt.NDArray[np.int64]:
    """Position of each text in ``known``, -1 where it is not there."""
    column = table[name].combine_chunks()
    coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
    if not len(coded):
        return np.zeros(0, dtype=np.int64)
    places = [known.index(text) if text in known else -1 for text in coded.dictionary.to_pylist()]
    position = coded.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)
    return np.asarray(np.array([*places, -1], dtype=np.int64)[position])
