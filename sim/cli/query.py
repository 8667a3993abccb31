"""``lianjian query``: ask the tables of a result in SQL, or list them with columns and units."""

from __future__ import annotations

import csv
import datetime
import decimal
import json
import math
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from sim.cli.languages import Lang, Language
from sim.language import Text

if TYPE_CHECKING:
    from sim.analysis.query import Answer, Tables

Format = Literal["table", "csv", "json"]
ON_SCREEN = 200
"""Rows of a table that are shown on the screen."""


def query(
    result: Annotated[str, typer.Argument(metavar="DIR", help="Result folder.", show_default=False)],
    sql: Annotated[
        str | None,
        typer.Argument(metavar="SQL", help='One question, for example "SELECT arm, avg(gini) FROM runs GROUP BY arm".'),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="How to print (table; that of --out's ending).", show_default=False),
    ] = None,
    out: Annotated[str | None, typer.Option(metavar="FILE", help="File to write instead of printing.")] = None,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Ask the tables of a result in SQL (DuckDB); without SQL, list tables, columns and units.

    Every NAME.parquet of DIR is the table NAME. A query reads these tables and nothing else; it changes no file.
    """
    from sim.analysis.query import Tables
    from sim.store import repair

    folder = Path(result)
    if not folder.exists():
        repair(folder.absolute())
    with Tables(folder) as tables:
        if tables.unfinished and not quiet:
            typer.echo(_UNFINISHED.say(lang.value, folder=folder), err=True)
        target = None if out is None else _outside(Path(out), folder)
        kind = format_ or (_by_ending(target) if target else "table")
        answer = _listing(tables, lang.value) if sql is None else tables.ask(sql)
        if target:
            _write_file(target, answer, kind)
            if not quiet:
                typer.echo(out)
        elif not quiet or format_:
            _WRITE[kind](answer, sys.stdout)


_UNFINISHED = Text(
    "{folder} is a sweep that has not ended: this is about the runs that are done so far",
    "{folder} 的参数扫描尚未结束：以下仅依据已完成的运行",
)


def _listing(tables: Tables, language: str) -> Answer:
    """Tables, columns, types and units as rows of an answer."""
    from sim.analysis.query import Answer
    from sim.report.wording import unit_in

    rows = (
        (table, column, kind, unit_in("zh" if language == "zh" else "en", unit))
        for table, columns in tables.columns().items()
        for column, kind, unit in columns
    )
    return Answer(("table", "column", "type", "unit"), rows)


def _by_ending(path: Path) -> Format:
    return "csv" if path.suffix.lower() == ".csv" else "json" if path.suffix.lower() == ".json" else "table"


def _outside(path: Path, folder: Path) -> Path:
    """A file in the result folder would make it look like somebody else's to the next run."""
    from sim.analysis.query import QueryError

    if path.resolve().is_relative_to(folder.resolve()):
        raise QueryError(
            f"--out {path} lies in the result folder, which holds what lianjian wrote: name a file elsewhere"
        )
    return path


def _write_file(path: Path, answer: Answer, kind: Format) -> None:
    """Write the answer, and nothing where the question fails half-way."""
    from sim.analysis.query import QueryError

    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            (_write_wide_table if kind == "table" else _WRITE[kind])(answer, file)
        partial.replace(path)
    except OSError as error:
        raise QueryError(f"cannot write {path}: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(answer: Answer, file: IO[str]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_full(value) for value in row] for row in answer.rows)


def _write_json(answer: Answer, file: IO[str]) -> None:
    """A list of objects, one a line."""
    file.write("[")
    for number, row in enumerate(answer.rows):
        plain = {name: _plain(value) for name, value in zip(answer.columns, row, strict=True)}
        file.write(("," if number else "") + "\n" + json.dumps(plain, ensure_ascii=False, allow_nan=False))
    file.write("\n]\n")


def _write_table(answer: Answer, file: IO[str]) -> None:
    """A table for the screen, cut after some rows."""
    from sim.report.answer import console_for, print_table

    rows = list(islice(answer.rows, ON_SCREEN + 1))
    console = console_for(None if file is sys.stdout else file)
    print_table(console, answer.columns, [[_short(value) for value in row] for row in rows[:ON_SCREEN]])
    if len(rows) > ON_SCREEN:
        console.print(f"... and more: these are the first {ON_SCREEN} rows; --format csv or --out FILE has all")
    elif not rows:
        console.print("no rows")


def _write_wide_table(answer: Answer, file: IO[str]) -> None:
    """All rows in columns, however wide."""
    lines = [list(answer.columns), *([_short(value) for value in row] for row in answer.rows)]
    wide = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        file.write("  ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip() + "\n")


_WRITE: dict[Format, Callable[[Answer, IO[str]], None]] = {
    "table": _write_table,
    "csv": _write_csv,
    "json": _write_json,
}


def _full(value: Any) -> Any:
    """A cell of CSV: numbers in full, nothing where there is none, lists as JSON."""
    if isinstance(value, (list, dict)):
        return json.dumps(_plain(value), ensure_ascii=False)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else value


def _plain(value: Any) -> Any:
    """What JSON knows; a number that is none becomes null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value if value is None or isinstance(value, (bool, int, str)) else _said(value)


def _said(value: Any) -> str:
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)


def _short(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, (float, decimal.Decimal)) else _said(value)
