"""Years of a sweep 逐年核对: complete for every run that is ok, and what they add up to in the table of runs.

A column is read at a time: a sweep may have more years than fit in memory with all their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.auditing.identities import differs
from sim.auditing.loaded import Codes, failing, values
from sim.auditing.sweep_runs import Design, Runs
from sim.declare import PUBLIC_PAYERS, Array
from sim.outcomes import OUTCOMES, window
from sim.scenario.scenario import Calendar
from sim.store import read_table


@dataclass(frozen=True)
class Group:
    """Runs that have the same calendar."""

    calendar: Calendar
    runs: Codes
    """Places of the runs that are ok."""
    cells: Codes
    """(runs, years): which row, in the order of runs and years, holds a year."""


@dataclass(frozen=True)
class Years:
    """Where the years of each run are in the table of years."""

    folder: Path
    design: Design
    order: Codes
    """Rows of the table in the order of runs and years."""
    first: Codes
    """(runs + 1,): the first cell of each run; runs that are not ok have none."""
    start: Codes
    """(runs,): first year of each run."""
    groups: tuple[Group, ...]

    def column(self, name: str) -> Array:
        """A column in the order of runs and years. Raises ResultFolderError."""
        return values(read_table(self.folder, "yearly", [name]), name)[self.order]

    def of_cell(self, cell: int) -> str:
        """Name of a run and year in a message."""
        return _name(self.design, self.first, self.start, cell)


def _name(design: Design, first: Codes, start: Codes, cell: int) -> str:
    run = int(np.searchsorted(first, cell, side="right")) - 1
    return f"{design.of_run(run)}, year {int(start[run]) + cell - int(first[run])}"


def calendars(design: Design) -> list[Calendar]:
    """The calendar of each design point."""
    return [Calendar(*design.calendar(point)) for point in range(len(design.replications))]


def read_years(folder: Path, runs: Runs) -> Years | list[str]:
    """How the table of years is laid out, or what is wrong with its rows. Raises ResultFolderError."""
    design = runs.design
    of_point = calendars(design)
    sizes = design.replications * len(design.arms)
    start, count = (
        np.repeat([getattr(calendar, name) for calendar in of_point], sizes).astype(np.int64)
        for name in ("start", "years")
    )
    first = np.concatenate([[0], np.cumsum(np.where(runs.ok, count, 0))])
    table = read_table(folder, "yearly", ["design_point", "arm", "replication", "year"])
    place = design.places(table)
    since = values(table, "year").astype(np.int64) - start[place]
    known = (place >= 0) & (since >= 0) & (since < count[place])
    known &= runs.ok[place]
    if not known.all():
        strange = int((~known).sum())
        return [
            f"yearly: {strange:,} {'row' if strange == 1 else 'rows'} of a run that is not ok or a year that it has not"
        ]
    cell = first[place] + since
    rows = np.bincount(cell, minlength=int(first[-1]))
    if (rows != 1).any():
        return list(
            failing(
                rows != 1,
                lambda i: (
                    f"yearly: {_name(design, first, start, i)}: {'no row' if rows[i] == 0 else f'{rows[i]} rows'}"
                ),
            )
        )
    groups = tuple(_groups(of_point, sizes, runs, first))
    return Years(folder, design, np.argsort(cell), first, start, groups)


def _groups(of_point: list[Calendar], sizes: Codes, runs: Runs, first: Codes) -> Iterator[Group]:
    different = list(dict.fromkeys(of_point))
    of_run = np.repeat([different.index(calendar) for calendar in of_point], sizes)
    for place, calendar in enumerate(different):
        chosen = np.flatnonzero((of_run == place) & runs.ok)
        yield Group(calendar, chosen, first[chosen][:, None] + np.arange(calendar.years))


def year_failures(runs: Runs, years: Years) -> Iterator[str]:
    """Phases, numbers that are there, public cost, and every outcome that follows from its years."""
    yield from _phases(years)
    columns = [*runs.outcomes, *(f"{sort}_{payer}" for sort in ("claims", "unreplayed") for payer in PUBLIC_PAYERS)]
    paid = {payer: years.column(f"public_cost_{payer}") for payer in PUBLIC_PAYERS}
    for payer, held in paid.items():
        column = f"public_cost_{payer}"
        yield from _finite(years, column, held)
        yield from _against_runs(runs, years, column, held, lambda values, group: values.sum(axis=1))
    for name in columns:
        held = years.column(name)
        outcome = OUTCOMES.get(name)
        if outcome is None or outcome.from_years is not None:
            yield from _finite(years, name, held)
        if outcome is not None and outcome.from_years is not None:
            yield from _against_runs(runs, years, name, held, _of_run(name))
        if name == "public_cost":
            yield from _total_cost(years, held, sum(paid.values(), start=np.zeros(held.shape)))


def _of_run(outcome: str) -> Callable[[Array, Group], Array]:
    """How an outcome's number of the run follows from its years."""
    rule = OUTCOMES[outcome].from_years
    assert rule is not None

    def of_run(held: Array, group: Group) -> Array:
        calendar = group.calendar
        chosen = window(calendar.burn_in_years, calendar.policy_years, calendar.after_years)
        return rule(held, chosen, calendar.burn_in_years)

    return of_run


def _phases(years: Years) -> Iterator[str]:
    held = np.array(read_table(years.folder, "yearly", ["phase"])["phase"].to_pylist(), dtype=object)[years.order]
    for group in years.groups:
        first = group.calendar.start
        wanted = [group.calendar.phase(first + year) for year in range(group.calendar.years)]
        found = held[group.cells]

        def describe(i: int, group: Group = group, found: Codes = found) -> str:
            return f"yearly: phase, {years.of_cell(int(group.cells.flat[i]))}: it is not {found.flat[i]}"

        yield from failing((found != np.array(wanted, dtype=object)).ravel(), describe)


def _finite(years: Years, column: str, held: Array) -> Iterator[str]:
    yield from failing(~np.isfinite(held), lambda i: f"yearly: {column}, {years.of_cell(i)}: no number")


def _total_cost(years: Years, held: Array, wanted: Array) -> Iterator[str]:
    yield from failing(
        differs(held, wanted),
        lambda i: f"yearly: public_cost, {years.of_cell(i)}: {held[i]:.9g} is not the sum over payers, {wanted[i]:.9g}",
    )


def _against_runs(
    runs: Runs, years: Years, column: str, held: Array, of_run: Callable[[Array, Group], Array]
) -> Iterator[str]:
    """A failure for each run whose number does not follow from its years."""
    for group in years.groups:
        of_years = held[group.cells]
        wanted, found = of_run(of_years, group), runs.numbers[column][group.runs]
        size = np.abs(of_years).sum(axis=1)

        def describe(i: int, group: Group = group, wanted: Array = wanted, found: Array = found) -> str:
            where = years.design.of_run(int(group.runs[i]))
            return f"runs: {column}, {where}: {found[i]:.9g} was recomputed from yearly as {wanted[i]:.9g}"

        yield from failing(differs(found, wanted, size), describe)
