"""Questions in SQL to the tables of a result 查询: DuckDB reads the Parquet files, and can do nothing else.

Each table is a view of the name of its file. DuckDB gets the tables as Arrow data sets, which it scans column by column
and filter by filter, so that no table is loaded as a whole; its own access to files and the network, extensions and
settings is switched off before the first question, and only one question that reads is let through.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.stored import is_unfinished, tables_so_far
from sim.declare import PUBLIC_PAYERS
from sim.experiment.folder import read_sweep
from sim.outcomes import OUTCOMES
from sim.store import ResultFolderError, read_manifest

if TYPE_CHECKING:
    import duckdb
    from pyarrow import dataset

SHARE, MONEY, MONEY_A_YEAR = "share", "万元", "万元/year"
VILLAGE_UNITS: Mapping[str, str] = {
    "cash": MONEY,
    "operating_income": MONEY_A_YEAR,
    "investment_income": MONEY_A_YEAR,
    "earned_income": MONEY_A_YEAR,
    "tax_share": MONEY_A_YEAR,
    "subsidies": MONEY_A_YEAR,
    "total_income": MONEY_A_YEAR,
    "reported_income": MONEY_A_YEAR,
    "trust": SHARE,
    "own_contribution_share": SHARE,
    "earmarked_contribution_share": SHARE,
    "project_assets": MONEY,
    "know_how": "1",
    "jobs": "person",
    "household_wages": MONEY_A_YEAR,
    "local_tax": MONEY_A_YEAR,
}
"""Units of numbers of single villages; those of outcomes are declared with them."""
UNITS: Mapping[str, str] = {
    "amount": MONEY,
    "opening": MONEY,
    "closing": MONEY,
    "x": "km",
    "y": "km",
    "population": "person",
    "worst_imbalance": "1",
}
_OF_PAYERS = {f"{name}_{payer}" for name in ("public_cost", "claims", "unreplayed") for payer in PUBLIC_PAYERS}


class QueryError(ValueError):
    """A question that cannot be answered; the message is one line and says what there is."""


@dataclass(frozen=True)
class Answer:
    """Names of the columns, and rows as they come."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


class Tables:
    """The tables of a result, open for questions; a context manager.

    Of a sweep that has not ended, what is done so far, in memory. Raises ResultFolderError where the folder is no result.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unfinished = is_unfinished(folder)
        self.manifest = read_sweep(folder) if self.unfinished else read_manifest(folder)
        self.paths = {} if self.unfinished else {path.stem: path for path in sorted(folder.glob("*.parquet"))}

    def __enter__(self) -> Tables:
        self._spill = tempfile.TemporaryDirectory(prefix="lianjian-query-")
        return self

    def __exit__(self, *_: object) -> None:
        if "_connection" in self.__dict__:
            self._connection.close()
        self._spill.cleanup()

    def columns(self) -> dict[str, list[tuple[str, str, str]]]:
        """Table -> (column, type, unit); a column of text or keys has no unit."""
        factors = {factor["name"]: str(factor.get("unit", "")) for factor in self.manifest.get("factors", ())}
        return {
            table: [(f.name, str(f.type), factors.get(f.name) or unit_of(table, f.name)) for f in found.schema]
            for table, found in self._sets.items()
        }

    @cached_property
    def _sets(self) -> dict[str, dataset.Dataset]:
        """The tables as Arrow data sets: their schemas are read, their rows are not."""
        import pyarrow as pa
        from pyarrow import dataset

        if self.unfinished:
            return {name: dataset.dataset(table) for name, table in tables_so_far(self.folder).items()}
        found = {}
        for table, path in self.paths.items():
            try:
                found[table] = dataset.dataset(path)
            except (OSError, pa.ArrowException) as error:
                reason = str(error).splitlines()[0].rpartition(": ")[2]
                raise ResultFolderError(f"{path} cannot be read: {reason}") from None
        return found

    def ask(self, sql: str) -> Answer:
        """Answer one question. Raises QueryError."""
        import duckdb

        try:
            self._refuse_all_but_reading(sql)
            cursor = self._connection.execute(sql)
            columns = tuple(entry[0] for entry in cursor.description or ())
        except duckdb.Error as error:
            raise QueryError(self._explained(error, sql)) from None
        return Answer(columns, self._rows(cursor, sql))

    def _rows(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[Any, ...]]:
        import duckdb

        try:
            while rows := cursor.fetchmany(10_000):
                yield from rows
        except duckdb.Error as error:
            raise QueryError(self._explained(error, sql)) from None

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "python_enable_replacements": False,
            "temp_directory": self._spill.name,
        }
        connection = duckdb.connect(":memory:", config=settings)
        for table, found in self._sets.items():
            connection.register(table, found)
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection

    def _refuse_all_but_reading(self, sql: str) -> None:
        import duckdb

        statements = self._connection.extract_statements(sql)
        if len(statements) != 1:
            raise QueryError(f"ask one question at a time: this is {len(statements) or 'no'} statement(s) of SQL")
        if statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
            kind = statements[0].type.name.replace("_", " ")
            raise QueryError(
                f"{kind} is refused: a query only reads the tables of {self.folder}; --out writes its answer"
            )

    def _explained(self, error: duckdb.Error, sql: str) -> str:
        """DuckDB's message in one line, with what there is in the place of what there is not."""
        said = str(error).partition("\n\nLINE ")[0]
        first, *more = (line.strip() for line in said.splitlines() if line.strip())
        first = re.sub(r"^(Parser|Binder|Catalog|Conversion|Invalid Input|Permission) Error: ", "", first).rstrip("!")
        if "disabled by configuration" in first or "disabled through configuration" in first:
            return (
                f"{first.partition(' - ')[0]}: a query reads the tables of {self.folder} only: {', '.join(self._sets)}"
            )
        if missing := re.match(r"Table with name (.+) does not exist|Referenced table \"(.+)\" not found", first):
            name = missing[1] or missing[2]
            return f"there is no table '{name}'{_meant(name, self._sets)} there are: {', '.join(self._sets)}"
        if column := re.search(r'[Rr]eferenced column "(.+?)"|does not have a column named "(.+?)"', first):
            return self._no_column(column[1] or column[2], sql)
        return "; ".join([first, *(line for line in more[:1] if line.startswith("Did you mean"))])

    def _no_column(self, name: str, sql: str) -> str:
        """Columns of the tables that the question names."""
        named = [table for table in self._sets if re.search(rf"\b{re.escape(table)}\b", sql)]
        known = self.columns()
        there = "; ".join(f"{table}: {', '.join(c for c, _, _ in known[table])}" for table in named or known)
        every = [column for table in named or known for column, _, _ in known[table]]
        return f"there is no column '{name}'{_meant(name, every)} {there}"


def unit_of(table: str, column: str) -> str:
    """Unit of a column; empty where it holds text, keys or dates."""
    if table == "villages":
        return VILLAGE_UNITS.get(column, "")
    if column in _OF_PAYERS:
        return MONEY_A_YEAR if table == "yearly" else MONEY
    return OUTCOMES[column].unit if column in OUTCOMES else UNITS.get(column, "")


def _meant(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    from sim.scenario.problems import suggestion

    return suggestion(name, list(dict.fromkeys(known))) or ";"
