"""Reading a researcher's village file (CSV) 读取村情表: everything wrong with it is said at once.

A message reads ``file:line:column: what is wrong (bounds, unit); hint``. Lines count from one, the header
included. Columns that are missing are drawn for each replication; a column that is there must be filled.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sim.declare import Array
from sim.population.cells import (
    VillageFileError,
    allowed,
    empty,
    guess,
    not_a_number,
    parse,
    plain_header,
    village_text,
)
from sim.population.columns import BY_NAME, COLUMNS, NO, SPELLINGS, YES, Column

_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "full-width commas", "、": "enumeration commas"}
_TOTALS = {"合计", "总计", "小计", "共计", "总和", "全镇合计", "total", "totals", "subtotal", "grandtotal", "sum"}
"""Names of rows that sum up other rows, in lower case and without spaces."""


@dataclass(frozen=True)
class Villages:
    """A checked village file: what it gives, by column; ``numbers`` hold arrays of shape (villages,)."""

    names: tuple[str, ...]
    numbers: Mapping[str, Array]
    industry: tuple[str, ...] | None
    council: tuple[str, ...] | None
    """Labels, "" for none."""
    centre: tuple[bool, ...] | None
    town: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.names)


def read_villages(path: str | Path, villages: int | None = None) -> Villages:
    """Read and check a village file; ``villages`` is how many the scenario speaks of, if it does.

    Raises :class:`VillageFileError` with all messages; numbers keep the units of columns.py.
    """
    text = village_text(path)
    table = _Table(str(path))
    table.read(text)
    if villages is not None:
        table.expect(villages)
    table.refuse()
    return table.villages()


@dataclass
class _Table:
    file: str
    messages: list[str] = field(default_factory=list)
    columns: list[Column | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    cells: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def say(self, line: int, column: str, message: str) -> None:
        self.messages.append(f"{self.file}:{line}:{column}: {message}" if column else f"{self.file}:{line}: {message}")

    def refuse(self) -> None:
        if self.messages:
            raise VillageFileError(self.messages)

    def read(self, text: str) -> None:
        rows = self._rows(text)
        first = next(rows, None)
        if first is None:
            self.say(1, "", "the file is empty; it needs a header with at least 'name' and 'population'")
            self.refuse()
            return
        self._header(*first)
        self.refuse()  # rows cannot be judged under a header that is not understood
        for line, row in rows:
            self._row(line, row)
        if not self.lines:
            self.say(first[0], "", "there is a header and no village below it")
        self._numbers()
        self._whole()

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        begin = 1
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield begin, [cell.strip() for cell in row]
                begin = reader.line_num + 1
        except csv.Error as error:
            self.say(begin, "", f"cannot be read as CSV: {error}")
            self.refuse()

    def _header(self, line: int, row: list[str]) -> None:
        self._separator(line, row)
        for cell in row:
            name = SPELLINGS.get(plain_header(cell))
            if name is None:
                self.say(line, cell or "(no header)", "unknown column" + guess(plain_header(cell), SPELLINGS))
            elif name in self.cells:
                self.say(line, cell, f"a second column for {name!r}")
            self.columns.append(None if name is None else BY_NAME[name])
            if name is not None:
                self.cells[name] = []
        for column in COLUMNS:
            if column.required and column.name not in self.cells:
                self.say(line, column.name, f"required column is missing (or {column.names[0]}: {column.meaning})")
        for one, other in (("x", "y"), ("y", "x")):
            if one in self.cells and other not in self.cells:
                self.say(line, one, f"a location needs the column {other!r} too")

    def _separator(self, line: int, row: list[str]) -> None:
        if len(row) > 1:
            return
        for sign, name in _SEPARATORS.items():
            if sign in row[0]:
                self.say(line, "", f"columns are separated by {name}; use commas")
                self.refuse()

    def _row(self, line: int, row: list[str]) -> None:
        if len(row) != len(self.columns):
            extra = "; a comma inside a number or a name?" if len(row) > len(self.columns) else ""
            self.say(line, "", f"has {len(row)} cells, the header has {len(self.columns)}{extra}")
            return
        self.lines.append(line)
        for column, cell in zip(self.columns, row, strict=True):
            if column is not None:
                self.cells[column.name].append(cell)

    def _numbers(self) -> None:
        for name, cells in self.cells.items():
            column = BY_NAME[name]
            checks = zip(self.lines, cells, strict=True)
            if column.sort == "number":
                self.numbers[name] = [self._number(line, column, cell) for line, cell in checks]
            else:
                for line, cell in checks:
                    self._text(line, column, cell)

    def _number(self, line: int, column: Column, cell: str) -> float:
        value = parse(cell)
        if value is None:
            self.say(line, column.name, not_a_number(column, cell))
            return float("nan")
        low, high = column.bounds
        if not low <= value <= high:
            hint = column.hint_below if value < low else column.hint_above
            self.say(line, column.name, f"{cell} is outside {allowed(column)}" + (f"; {hint}" if hint else ""))
            return float("nan")
        return value

    def _text(self, line: int, column: Column, cell: str) -> None:
        if not cell and not column.may_be_empty:
            self.say(line, column.name, empty(column))
        elif cell and column.spellings and cell not in column.spellings:
            known = ", ".join(column.spellings)
            self.say(line, column.name, f"{cell!r} is not one of {known}" + guess(cell, column.spellings))

    def expect(self, villages: int) -> None:
        """Say so where the file holds another number of villages than the scenario."""
        found = len(self.lines)
        if found != villages and not self.messages:
            at = self.lines[villages] if found > villages else self.lines[-1]
            which = "more" if found > villages else "fewer"
            self.say(at, "", f"{found} villages, {which} than population.villages says ({villages})")

    def _whole(self) -> None:
        """What can only be seen by comparing cells of several columns or rows."""
        self._totals()
        self._duplicates()
        self._at_most("labour", "population")
        self._at_most("reserve_land", "cultivated_land")
        self._household_size()
        self._centres()

    def _totals(self) -> None:
        for line, name in zip(self.lines, self.cells["name"], strict=True):
            if "".join(name.lower().split()).rstrip(":：") in _TOTALS:
                self.say(line, "name", f"{name!r} looks like a row of totals, not a village; delete the row")

    def _duplicates(self) -> None:
        seen: dict[str, int] = {}
        for line, name in zip(self.lines, self.cells["name"], strict=True):
            if name and name in seen:
                self.say(line, "name", f"{name!r} stands on line {seen[name]} already; names must differ")
            seen.setdefault(name, line)

    def _at_most(self, part: str, whole: str) -> None:
        if part not in self.numbers or whole not in self.numbers:
            return
        for line, small, large in zip(self.lines, self.numbers[part], self.numbers[whole], strict=True):
            if small > large:
                unit = BY_NAME[part].unit
                self.say(line, part, f"{small:g} is more than the village's {whole} ({large:g} {unit})")

    def _household_size(self) -> None:
        if "households" not in self.numbers:
            return
        pairs = zip(self.lines, self.numbers["population"], self.numbers["households"], strict=True)
        for line, people, households in pairs:
            if people / households < 1 or people / households > 12:
                self.say(
                    line,
                    "households",
                    f"{people / households:.3g} people a household (1 to 12); population in 万?",
                )

    def _centres(self) -> None:
        if "centre" not in self.cells:
            return
        labels = self.cells.get("council", [""] * len(self.lines))
        seen: dict[str, int] = {}
        for line, cell, label in zip(self.lines, self.cells["centre"], labels, strict=True):
            if cell.lower() in NO:
                continue
            if cell.lower() not in YES and cell != label:
                self.say(
                    line,
                    "centre",
                    f"{cell!r} is neither yes, no nor this village's council ({label or 'none'})",
                )
            elif "council" in self.cells and not label:
                self.say(line, "centre", "a village outside any council cannot be its centre")
            elif label and label in seen:
                self.say(line, "centre", f"council {label!r} has a centre on line {seen[label]} already")
            seen.setdefault(label, line)

    def villages(self) -> Villages:
        """The result; only called where nothing is wrong."""
        industry = self.cells.get("industry")
        spellings = BY_NAME["industry"].spellings
        centre = self.cells.get("centre")
        return Villages(
            names=tuple(self.cells["name"]),
            numbers={name: np.array(values) for name, values in self.numbers.items()},
            industry=tuple(spellings[cell] for cell in industry) if industry else None,
            council=tuple(self.cells["council"]) if "council" in self.cells else None,
            centre=tuple(cell.lower() not in NO for cell in centre) if centre else None,
            town=tuple(self.cells["town"]) if "town" in self.cells else None,
        )
