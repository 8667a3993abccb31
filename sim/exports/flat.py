"""Tables for spreadsheets and Stata 表格与 Stata: rows as stored, the factors of their design point beside them."""

from __future__ import annotations

import csv
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiment.values import short_names
from sim.exports.described import Column, Exportable, read_exportable

if TYPE_CHECKING:
    import pandas as pd

    from sim.exports import Exported

LONGEST_NAME = 32
"""Characters of a variable's name in Stata."""
LONGEST_LABEL = 80
"""Characters of a label in Stata."""
NAME_BYTES = 129
"""Bytes that a name takes in the file format 118."""


def _frames(result: Exportable) -> dict[str, pd.DataFrame]:
    frames = {"runs": result.runs, "yearly": result.yearly, "points": result.points}
    return {name: frame for name, frame in frames.items() if frame is not None}


def write_csv(folder: Path, out: Path) -> Exported:
    """One CSV a table, and codebook.csv with unit and meaning of every column; UTF-8, a point as decimal sign."""
    from sim.exports import Exported

    result = read_exportable(folder)
    files = []
    for name, frame in _frames(result).items():
        files.append(out / f"{name}.csv")
        frame.to_csv(files[-1], index=False)
    files.append(out / "codebook.csv")
    with files[-1].open("w", encoding="utf-8-sig", newline="") as file:  # the mark makes spreadsheets show Chinese
        writer = csv.writer(file)
        writer.writerow(("table", "column", "unit", "meaning", "中文"))
        for name, frame in _frames(result).items():
            writer.writerows((name, c.name, c.unit, c.meaning, c.zh) for c in result.columns(frame))
    return Exported(tuple(files), tuple(result.notes()))


def write_dta(folder: Path, out: Path) -> Exported:
    """One .dta a table (format 118, Stata 14 and newer): English labels, texts as labelled values, notes with units.

    Names are those of the columns, shortened to 32 characters where Stata asks for it; the full name is in the note.
    """
    from sim.exports import Exported

    result = read_exportable(folder)
    files = []
    for name, frame in _frames(result).items():
        files.append(out / f"{name}.dta")
        _save_dta(files[-1], frame.drop(columns=["settings"], errors="ignore"), result, name)
    return Exported(tuple(files), tuple(result.notes()))


def _save_dta(path: Path, frame: pd.DataFrame, result: Exportable, table: str) -> None:
    import pandas as pd

    columns = result.columns(frame)
    names = stata_names([column.name for column in columns])
    frame = frame.rename(columns=dict(zip(frame.columns, names, strict=True)))
    for name in names:
        if name == "message":
            frame[name] = frame[name].astype(object).fillna("")
        elif not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]):
            frame[name] = frame[name].astype("string").astype("category")  # a labelled value in Stata
        elif pd.api.types.is_bool_dtype(frame[name]):
            frame[name] = frame[name].astype("int8")
    labels = {name: label(column) for name, column in zip(names, columns, strict=True)}
    notes = {name: _note(column) for name, column in zip(names, columns, strict=True)}
    writer = _writer()(
        path,
        frame,
        write_index=False,
        version=118,
        variable_labels=labels,
        data_label=_cut(f"lianjian {table}: {result.facts.get('name') or result.facts['scenario']}"),
    )
    writer.notes = {"_dta": " | ".join(result.notes()), **notes}
    writer.write_file()


def label(column: Column) -> str:
    """A variable label: meaning and unit, at most 80 characters, no Chinese."""
    unit = "" if column.latin_unit in ("", "1") else f" ({column.latin_unit})"
    return _cut(column.meaning, LONGEST_LABEL - len(unit)) + unit


def _note(column: Column) -> str:
    unit = column.latin_unit or "text"
    return (
        f"{column.name}: {column.meaning}. Unit: {'a pure number' if unit == '1' else unit}. Chinese term: {column.zh}"
    )


def _cut(text: str, longest: int = LONGEST_LABEL) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."


def stata_names(names: Sequence[str]) -> list[str]:
    """Names that Stata takes, all different: the last words of a path, as many as tell paths apart.

    >>> stata_names(["arms.pool.funding_pool.open_share", "gini"])
    ['open_share', 'gini']
    """
    made: dict[str, None] = {}
    for name in short_names(names):
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)[-LONGEST_NAME:].lstrip("0123456789")
        chosen, count = plain or "v", 1
        while chosen in made:
            count += 1
            chosen = f"{plain[: LONGEST_NAME - len(str(count)) - 1]}_{count}"
        made[chosen] = None
    return list(made)


def _writer() -> Any:
    """pandas' writer of format 118 with notes, which pandas leaves out."""
    from pandas.io import stata

    writer: Any = stata.StataWriterUTF8  # type: ignore[attr-defined]  # public, but not in the stubs

    class WithNotes(writer):  # type: ignore[misc]
        notes: Mapping[str, str] = {}

        def _write_characteristics(self) -> None:
            self._update_map("characteristics")
            chunks = b"".join(
                _characteristic(name, which, text)
                for name, note in self.notes.items()
                for which, text in (("note1", note), ("note0", "1"))
            )
            self._write_bytes(self._tag(chunks, "characteristics"))

    return WithNotes


def _characteristic(name: str, which: str, text: str) -> bytes:
    """One characteristic of the format 118: names of 129 bytes, then the text; note0 counts the notes."""
    content = b"".join(part.encode().ljust(NAME_BYTES, b"\0")[:NAME_BYTES] for part in (name, which))
    content += text.encode()[:67_000] + b"\0"
    return b"<ch>" + struct.pack("<I", len(content)) + content + b"</ch>"
