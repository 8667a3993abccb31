"""The tables of a result on one grid of (run, year) cells, checked to be complete 完整性."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sim.declare import Array
from sim.records import VILLAGE_FLOATS
from sim.store import read_table
from sim.tables import FLOW_COLUMNS, PLACES, TABLES

SHOWN = 100
"""Failures of one sort that are spelled out; the rest is counted."""
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass
class Loaded:
    """All tables as arrays. A run is (design point, arm, replication), a cell is (run, year)."""

    manifest: Mapping[str, Any]
    design_points: list[int]
    arms: list[str]
    replications: int
    years: list[int]
    villages: int
    rows: dict[str, int]
    problems: list[str] = field(default_factory=list)
    """Rows that are missing, there twice or out of range: nothing else is checked while there are any."""
    outcomes: dict[str, Array] = field(default_factory=dict)
    """Columns of runs: (runs,)."""
    yearly: dict[str, Array] = field(default_factory=dict)
    """Columns of yearly: (runs, years)."""
    village: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    """Columns of villages: (runs, years, villages)."""
    accounts: list[str] = field(default_factory=list)
    opening: Array = field(default_factory=lambda: np.zeros(0))
    closing: Array = field(default_factory=lambda: np.zeros(0))
    """Balances: (runs, years, accounts)."""
    flow_cell: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    flow_names: dict[str, list[str]] = field(default_factory=dict)
    flow_codes: dict[str, Codes] = field(default_factory=dict)
    amount: Array = field(default_factory=lambda: np.zeros(0))
    """Flows, a row each: cell, codes into the names of each text column, 万元."""

    @property
    def runs(self) -> int:
        return len(self.design_points) * len(self.arms) * self.replications

    @property
    def cells(self) -> int:
        return self.runs * len(self.years)

    def of_run(self, run: int) -> str:
        """Name of a run in a message."""
        point, rest = divmod(run, len(self.arms) * self.replications)
        arm, replication = divmod(rest, self.replications)
        where = f"arm {self.arms[arm]}, replication {replication}"
        return where if len(self.design_points) == 1 else f"design point {self.design_points[point]}, {where}"

    def of_cell(self, cell: int) -> str:
        """Name of a run and year in a message."""
        run, year = divmod(cell, len(self.years))
        return f"{self.of_run(run)}, year {self.years[year]}"

    def runs_of(self, arm: str) -> Codes:
        """Positions of the runs of an arm, design points then replications."""
        runs = np.arange(self.runs).reshape(len(self.design_points), len(self.arms), self.replications)
        return np.asarray(runs[:, self.arms.index(arm), :].ravel())


def load(folder: Path, manifest: Mapping[str, Any]) -> Loaded:
    """Read all tables. Raises ResultFolderError where one cannot be read; gaps become ``problems``."""
    tables = {name: read_table(folder, name) for name in TABLES}
    loaded = Loaded(
        manifest=manifest,
        design_points=sorted(int(p) for p in tables["runs"]["design_point"].unique().to_pylist()),
        arms=list(manifest["arms"]),
        replications=int(manifest["replications"]),
        years=[int(year) for year in manifest["years"]],
        villages=int(manifest["villages"]),
        rows={name: table.num_rows for name, table in tables.items()},
    )
    if PLACES in manifest.get("tables", {}):  # results of older versions have none
        tables[PLACES] = read_table(folder, PLACES)
        loaded.rows[PLACES] = tables[PLACES].num_rows
        _check_places(loaded, tables[PLACES])
    fill(loaded, tables)
    return loaded


def fill(loaded: Loaded, tables: Mapping[str, pa.Table]) -> None:
    """Put the tables of TABLES in order; gaps become ``problems``."""
    for name, fill_one in _FILL.items():
        try:
            fill_one(loaded, tables[name])
        except KeyError as missing:
            loaded.problems.append(f"{name}: no column {missing}")


def _check_places(loaded: Loaded, table: pa.Table) -> None:
    if table["village"].to_pylist() != list(range(loaded.villages)):
        loaded.problems.append(f"{PLACES}: not one row for each of {loaded.villages} villages, in order")


def failing(wrong: Mask, describe: Callable[[int], str]) -> Iterator[str]:
    """A line for each place that is wrong, the first ones spelled out and the others counted."""
    places = np.flatnonzero(wrong)
    for place in places[:SHOWN]:
        yield describe(int(place))
    if len(places) > SHOWN:
        yield f"{describe(int(places[SHOWN])).split(':')[0]}: and {len(places) - SHOWN:,} more of this sort"


def coded(column: pa.ChunkedArray) -> tuple[list[str], Codes]:
    """The different texts of a column and each row's place among them."""
    whole = column.combine_chunks() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0)
    codes = whole.indices.fill_null(len(whole.dictionary)).to_numpy(zero_copy_only=False)
    return [*whole.dictionary.to_pylist(), "null"], codes.astype(np.int64)


def values(table: pa.Table, name: str) -> Array:
    """A column of numbers; null becomes NaN. Raises KeyError where the table has no such column."""
    column = table[name]
    if column.null_count:
        column = column.cast(pa.float64()).fill_null(float("nan"))
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _runs(loaded: Loaded, table: pa.Table) -> Codes | None:
    """The run of each row, or None and a problem where a key is not in the manifest."""
    names, codes = coded(table["arm"])
    place = np.array([loaded.arms.index(n) if n in loaded.arms else -1 for n in names], dtype=np.int64)
    arm = place[codes]
    point = np.searchsorted(loaded.design_points, values(table, "design_point"))
    replication = values(table, "replication").astype(np.int64)
    fits = (arm >= 0) & (replication >= 0) & (replication < loaded.replications)
    fits &= point < len(loaded.design_points)
    if not fits.all():
        return None
    return np.asarray((point * len(loaded.arms) + arm) * loaded.replications + replication)


def _cells(loaded: Loaded, table: pa.Table, name: str) -> Codes | None:
    run = _runs(loaded, table)
    year = values(table, "year") - loaded.years[0]
    if run is None or not ((year >= 0) & (year < len(loaded.years))).all():
        loaded.problems.append(f"{name}: rows of an arm, replication or year that the manifest does not list")
        return None
    return run * len(loaded.years) + year.astype(np.int64)


def _complete(loaded: Loaded, name: str, place: Codes, size: int, describe: Callable[[int], str]) -> bool:
    """Whether each of ``size`` places has exactly one row; a problem for each that has not."""
    count = np.bincount(place, minlength=size)
    loaded.problems += failing(
        count != 1, lambda i: f"{name}: {describe(i)}: {'no row' if count[i] == 0 else f'{count[i]} rows'}"
    )
    return bool((count == 1).all() and len(count) == size)


def _fill_runs(loaded: Loaded, table: pa.Table) -> None:
    place = _runs(loaded, table)
    if place is None:
        loaded.problems.append("runs: rows of an arm or replication that the manifest does not list")
    elif _complete(loaded, "runs", place, loaded.runs, loaded.of_run):
        order = np.argsort(place)
        for name in table.column_names[5:]:
            loaded.outcomes[name] = values(table, name)[order]


def _fill_yearly(loaded: Loaded, table: pa.Table) -> None:
    place = _cells(loaded, table, "yearly")
    if place is not None and _complete(loaded, "yearly", place, loaded.cells, loaded.of_cell):
        order = np.argsort(place)
        for name in table.column_names[5:]:
            loaded.yearly[name] = values(table, name)[order].reshape(loaded.runs, -1)


def _fill_villages(loaded: Loaded, table: pa.Table) -> None:
    cell, village = _cells(loaded, table, "villages"), values(table, "village").astype(np.int64)
    if cell is None:
        return
    if not ((village >= 0) & (village < loaded.villages)).all():
        loaded.problems.append(f"villages: an index outside 0 to {loaded.villages - 1}")
        return
    place = cell * loaded.villages + village
    shape = (loaded.runs, len(loaded.years), loaded.villages)

    def describe(i: int) -> str:
        return f"{loaded.of_cell(i // loaded.villages)}, village {i % loaded.villages}"

    if not _complete(loaded, "villages", place, loaded.cells * loaded.villages, describe):
        return
    order = np.argsort(place, kind="stable")
    for name in VILLAGE_FLOATS:
        loaded.village[name] = values(table, name)[order].reshape(shape)
    loaded.village["exists"] = (values(table, "exists") == 1.0)[order].reshape(shape)
    names, codes = coded(table["tier"])
    loaded.village["tier"] = np.array(names)[codes[order]].reshape(shape)


def _fill_balances(loaded: Loaded, table: pa.Table) -> None:
    cell = _cells(loaded, table, "balances")
    if cell is None:
        return
    names, codes = coded(table["account"])
    loaded.accounts = names[:-1]
    n = len(loaded.accounts)
    if (codes >= n).any():
        loaded.problems.append("balances: rows without an account")
        return

    def describe(i: int) -> str:
        return f"account {loaded.accounts[i % n]}, {loaded.of_cell(i // n)}"

    place = cell * n + codes
    if not _complete(loaded, "balances", place, loaded.cells * n, describe):
        return
    order = np.argsort(place, kind="stable")
    shape = (loaded.runs, len(loaded.years), n)
    loaded.opening = values(table, "opening")[order].reshape(shape)
    loaded.closing = values(table, "closing")[order].reshape(shape)


def _fill_accounts(loaded: Loaded, table: pa.Table) -> None:
    cell = _cells(loaded, table, "accounts")
    if cell is None:
        return
    loaded.flow_cell, loaded.amount = cell, values(table, "amount")
    key = cell
    for name in FLOW_COLUMNS:
        loaded.flow_names[name], loaded.flow_codes[name] = coded(table[name])
        key = key * len(loaded.flow_names[name]) + loaded.flow_codes[name]
    order = np.argsort(key, kind="stable")
    twice = np.zeros(len(key), dtype=bool)
    twice[order[1:]] = np.diff(key[order]) == 0
    loaded.problems += failing(twice, lambda i: f"accounts: {flow_name(loaded, i)}: there twice")


def flow_name(loaded: Loaded, row: int) -> str:
    """A flow in a message: from, to, kind and income, run and year."""
    source, target, kind, income = (loaded.flow_names[name][loaded.flow_codes[name][row]] for name in FLOW_COLUMNS)
    return f"{source} to {target}, {kind} ({income}), {loaded.of_cell(int(loaded.flow_cell[row]))}"


_FILL: dict[str, Callable[[Loaded, pa.Table], None]] = {
    "runs": _fill_runs,
    "yearly": _fill_yearly,
    "villages": _fill_villages,
    "balances": _fill_balances,
    "accounts": _fill_accounts,
}
