"""Cells of a village file: what they say, and what to say where they are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from sim.population.columns import Column


class VillageFileError(ValueError):
    """A village file cannot be used; ``messages`` holds one line for each thing wrong with it."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


def village_text(path: str | Path) -> str:
    """The text of a file, a byte order mark removed. Raises VillageFileError where it is not UTF-8."""
    return _decode(str(path), _bytes(path))


def _bytes(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise VillageFileError([f"{path}: cannot be read: {error.strerror or error}"]) from error


def _decode(file: str, content: bytes) -> str:
    try:
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnicodeDecodeError("utf-8", content, 0, 1, "UTF-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = "save it as 'CSV UTF-8' (Excel: 另存为, CSV UTF-8)"
        raise VillageFileError([f"{file}:{line}: is not UTF-8 text{_encoding(content)}; {advice}"]) from error


def _encoding(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ", it looks like UTF-16"
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return ", it looks like GB18030 (the default of Chinese Windows)"


def plain_header(header: str) -> str:
    """A header without a unit in brackets: ``耕地（亩）`` is 耕地."""
    return header.split("（")[0].split("(")[0].strip().lower()


def guess(wrong: str, known: Mapping[str, str]) -> str:
    """'; did you mean ...' where something known is near, else nothing."""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def parse(cell: str) -> float | None:
    """The number in a cell, None where it is none."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if isfinite(value) and "_" not in cell else None


def allowed(column: Column) -> str:
    """Bounds and unit of a column."""
    return f"{column.bounds[0]:g} to {column.bounds[1]:g} {column.unit}"


def empty(column: Column) -> str:
    """What to say of an empty cell."""
    if column.required:
        return "empty cell in a required column"
    return "empty cell; fill it, or leave the whole column out and it is drawn"


def not_a_number(column: Column, cell: str) -> str:
    """What to say of a cell that holds no number: what it seems to hold, and what to write."""
    if not cell:
        return empty(column)
    bare = cell.replace(",", "").replace("，", "").replace(" ", "")
    if bare != cell and parse(bare) is not None:
        return f"{cell!r} has thousands separators; write {bare}"
    if cell.endswith("%") and parse(cell[:-1]) is not None:
        return f"{cell!r} is in percent; write {float(cell[:-1]) / 100:g}"
    number = cell.rstrip("万元亩人户公里年km ")
    if number != cell and parse(number) is not None:
        return f"{cell!r} carries a unit; write the number alone, in {column.unit}"
    return f"{cell!r} is not a number ({allowed(column)})"
