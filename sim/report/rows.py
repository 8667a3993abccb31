"""Rows of a comparison as a CSV file 结果行: written from a dataclass and read back into it."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from sim.store import ResultFolderError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Line = TypeVar("Line", bound=DataclassInstance)
else:
    Line = TypeVar("Line")


def write_rows(path: Path, kind: type[Line], rows: Sequence[Line]) -> None:
    """Write a header and one line a row; numbers in full, a cell without a number is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(kind))
        writer.writerows([_cell(value) for value in astuple(row)] for row in rows)


def read_rows(path: Path, kind: type[Line]) -> list[Line]:
    """The rows of a file. Raises ResultFolderError, naming the line, where it is missing or cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(_lines(path, file, kind))
    except OSError as error:
        raise ResultFolderError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ResultFolderError(f"{path} cannot be read: it is not UTF-8 text") from None


def _lines(path: Path, file: IO[str], kind: type[Line]) -> Iterator[Line]:
    lines = csv.DictReader(file)
    try:
        for line in lines:
            yield _row(line, kind)
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise
        what = "was not written by lianjian: it has other columns, or words where numbers belong"
        raise ResultFolderError(f"{path}: line {lines.line_num} {what}") from None


def _row(line: dict[str, str], kind: type[Line]) -> Line:
    if None in line or None in line.values():
        raise ValueError("not as many cells as the header")
    return kind(**{field.name: _READ[str(field.type)](line[field.name]) for field in fields(kind)})


_READ: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": lambda text: float(text or "nan")}
"""What a field's annotation says of its cells."""


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return value
