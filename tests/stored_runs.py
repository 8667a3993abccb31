"""Tables of stored runs made up for tests of comparisons: numbers by hand, in the layout that a sweep writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from sim.analysis.stored import StoredRows
from sim.declare import PUBLIC_PAYERS
from sim.store import write_manifest, write_table

Run = Mapping[str, float] | None
"""Outcomes of a run; None: it failed."""
NEVER = "made up: it raised"


def runs_table(values: Mapping[tuple[int, str], Sequence[Run]], outcomes: Sequence[str]) -> pa.Table:
    """(design point, arm) -> runs, replications in order. ``cost`` among the outcomes goes to the county."""
    lines: list[dict[str, Any]] = []
    for (point, arm), of_arm in values.items():
        for replication, run in enumerate(of_arm):
            line: dict[str, Any] = {"design_point": point, "arm": arm, "replication": replication}
            line |= {"status": "failed" if run is None else "ok", "message": NEVER if run is None else None}
            line |= {name: None if run is None else run.get(name) for name in outcomes}
            for payer in PUBLIC_PAYERS:
                paid = (run or {}).get("cost", 0.0) if payer == "county" else 0.0
                line[f"public_cost_{payer}"] = None if run is None else paid
            lines.append(line)
    numbers = [*outcomes, *(f"public_cost_{payer}" for payer in PUBLIC_PAYERS)]
    texts = {"arm": pa.string(), "status": pa.string(), "message": pa.string()}
    whole = {"design_point": pa.int32(), "replication": pa.int32()}
    schema = pa.schema([*whole.items(), *texts.items(), *((name, pa.float64()) for name in numbers)])
    return pa.Table.from_pylist(lines, schema)


def facts(arms: Sequence[str], villages: int = 10, factors: Sequence[str] = ()) -> dict[str, Any]:
    """What a sweep's manifest says, as far as a comparison asks."""
    return {
        "verb": "sweep",
        "arms": list(arms),
        "simulated_arms": list(arms),
        "title": {"en": "Made up"},
        "scenarios": {"made_up": {"villages": villages}},
        "factors": [{"name": name, "unit": "share"} for name in factors],
        "columns": {"place": [], "coordinates": list(factors)},
        "seed": 1,
    }


def stored(
    values: Mapping[tuple[int, str], Sequence[Run]],
    outcomes: Sequence[str] = ("earned_income",),
    points: Mapping[str, Sequence[Any]] | None = None,
    **manifest: Any,
) -> StoredRows:
    """Rows as read_rows gives them; ``points`` holds a value of each factor a design point."""
    arms = list(dict.fromkeys(arm for _, arm in values))
    numbers = list(dict.fromkeys(point for point, _ in values))
    table = None
    if points is not None:
        columns = {"design_point": numbers, "scenario": ["made_up"] * len(numbers), **points}
        table = pa.table(columns | {"replications": [len(next(iter(values.values())))] * len(numbers)})
    made = facts(arms, factors=list(points or ())) | manifest
    return StoredRows(made, runs_table(values, outcomes), None, table, complete=True)


def earning(*values: float | None, **others: float) -> list[Run]:
    """Runs by their earned income, None for one that failed; other outcomes the same in all."""
    return [None if value is None else {"earned_income": value, **others} for value in values]


def write_folder(folder: Path, rows: StoredRows) -> Path:
    """A result folder of such rows."""
    folder.mkdir(parents=True)
    write_table(folder / "runs.parquet", [rows.runs])
    if rows.points is not None:
        write_table(folder / "points.parquet", [rows.points])
    write_manifest(folder, rows.facts)
    return folder
