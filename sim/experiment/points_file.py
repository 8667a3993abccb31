"""The points of a list 设计点列表: a CSV file with a column a factor and a row a design point."""

from __future__ import annotations

import csv
import io
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.declare import Declaration
from sim.experiment.designs import LARGEST
from sim.experiment.experiment import Factor
from sim.experiment.values import columns
from sim.scenario import checks
from sim.scenario.declared import catalogue
from sim.scenario.problems import listed, one_line, shown, suggestion

MAX_BYTES = 256 * 1024 * 1024


class PointsFileError(ValueError):
    """A list of points that cannot be used; ``messages`` has one line for every error."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(one_line(message) for message in messages)
        super().__init__("\n".join(self.messages))


@dataclass(frozen=True)
class Rows:
    """The header and the rows of a file, cells as text; ``lines`` counts from one."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_rows(path: pathlib.Path, named: str) -> Rows:
    """The cells of a file that messages call ``named``. Raises :class:`PointsFileError`."""
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
        text = None if content is None else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PointsFileError([f"{named}: this is not UTF-8 text; save the file as CSV UTF-8"]) from None
    except OSError as error:
        raise PointsFileError([f"{named}: this file cannot be read: {error.strerror or error}"]) from None
    if text is None:
        raise PointsFileError([f"{named}: the file is larger than {MAX_BYTES // 1024**2} MiB"])
    found = _cells(text, named)
    if not found:
        raise PointsFileError([f"{named}:1: the file is empty; its first line names the factors"])
    (line, header), *below = found
    faults = [f"{named}:{line}: column {place} has no name" for place, name in enumerate(header, 1) if not name]
    faults += [
        f"{named}:{line}: column '{name}' is there twice" for name in sorted(set(header)) if header.count(name) > 1
    ]
    faults += [
        f"{named}:{at}: {len(row)} cells under {len(header)} columns" for at, row in below if len(row) != len(header)
    ]
    if not below:
        faults.append(f"{named}:{line}: there is a header and no design point below it")
    if len(below) > LARGEST:
        faults.append(f"{named}: {len(below):,} design points; at most {LARGEST:,}")
    if faults:
        raise PointsFileError(faults[:200])
    return Rows(named, tuple(header), tuple(tuple(row) for _, row in below), tuple(at for at, _ in below))


def _cells(text: str, named: str) -> list[tuple[int, list[str]]]:
    """Rows with their line numbers, empty ones left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((begin, [cell.strip() for cell in row]))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise PointsFileError([f"{named}:{begin}: cannot be read as CSV: {error}"]) from None
    return found


def paths_of(header: Sequence[str]) -> tuple[str, ...]:
    """The paths that the columns of a header speak of; the parts of shares are one path."""
    return tuple(dict.fromkeys(_shares_of(name) or name for name in header))


def _shares_of(name: str) -> str:
    """``population.industries.mix`` of ``population.industries.mix.grain``; '' for other columns."""
    path, _, part = name.rpartition(".")
    declared = catalogue().at(path) if path else None
    return path if declared is not None and declared.sort == "shares" and part in declared.options else ""


def values_of(rows: Rows, factors: Sequence[Factor]) -> list[list[Any]]:
    """One value a factor for every row. Raises :class:`PointsFileError` with every fault by line and column."""
    wanted = [name for factor in factors for name in columns(factor)]
    faults = [
        f"{rows.file}:1:{name}: no factor has this name{suggestion(name, wanted) or f' (there are {listed(wanted)})'}"
        for name in rows.header
        if name not in wanted
    ]
    faults += [f"{rows.file}:1: the column '{name}' is missing" for name in wanted if name not in rows.header]
    if faults:
        raise PointsFileError(faults)
    made = []
    for line, row in zip(rows.lines, rows.rows, strict=True):
        cells = dict(zip(rows.header, row, strict=True))
        made.append([_value(rows.file, line, factor, cells, faults) for factor in factors])
        if len(faults) > 200:
            break
    if faults:
        raise PointsFileError(faults)
    return made


def _value(file: str, line: int, factor: Factor, cells: dict[str, str], faults: list[str]) -> Any:
    declared = factor.declaration
    if declared.sort != "shares":
        value, what = _cell(declared, cells[factor.name])
        if what:
            faults.append(f"{file}:{line}:{factor.name}: {what}")
        return value
    parts = {}
    for part, name in zip(declared.options, columns(factor), strict=True):
        parts[part], what = _cell(declared, cells[name])
        if what:
            faults.append(f"{file}:{line}:{name}: {what}")
            return None
    try:
        return checks.shares(declared, parts)
    except checks.Refused as error:
        faults += [f"{file}:{line}:{factor.name}: {what}" for _, what in checks.faults_of(error)]
        return None


def _cell(declared: Declaration, text: str) -> tuple[Any, str]:
    """(value of a cell, what is wrong with it or '')."""
    if declared.sort == "choice":
        try:
            return checks.choice(declared, text), ""
        except checks.Refused as error:
            return None, checks.faults_of(error)[0][1]
    if not text:
        return None, f"the cell is empty {checks.limits(declared)}"
    try:
        value: Any = float(text)
    except ValueError:
        return None, f"{shown(text)} is not a number {checks.limits(declared)}"
    fault = checks.quantity_fault(declared, value)
    return (int(value) if declared.integer and not fault else value), fault
