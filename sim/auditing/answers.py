"""The answer, recomputed 结论复算: answer.csv against what the tables say now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.analysis.comparison import Row, compare
from sim.analysis.study import read_study
from sim.auditing.notes import Notes
from sim.language import Text
from sim.report.answer import read_answer
from sim.store import ResultFolderError

NUMBERS = ("mean", "difference", "low", "high", "share_worse")
TOLERANCE = 1e-7
"""Relative: intervals of another build may differ in their last digits."""

NOT_RECOMPUTED = Text(
    "{file} was not recomputed: some arms that it compares with are not stored",
    "{file} 未复算：部分用作对照的方案未保存",
)


def answer_failures(folder: Path, manifest: dict[str, Any], notes: Notes) -> Iterator[str]:
    """A failure for each line of answer.csv that the tables do not give."""
    if manifest["arms"] != manifest["simulated_arms"]:
        notes.add(NOT_RECOMPUTED, file="answer.csv")
        return
    try:
        written = {_key(row): row for row in read_answer(folder)}
    except ResultFolderError as error:
        yield str(error)
        return
    for row in compare(read_study(folder)):
        found = written.pop(_key(row), None)
        where = f"answer.csv: {row.outcome} of {row.arm}" + (f" against {row.against}" if row.against else "")
        if found is None:
            yield f"{where}: no line"
            continue
        for name in NUMBERS:
            if not same_number(getattr(found, name), getattr(row, name)):
                yield f"{where}: {name} {getattr(found, name):.9g} was recomputed as {getattr(row, name):.9g}"
    yield from (f"answer.csv: {' '.join(key)}: the tables give no such line" for key in written)


def _key(row: Row) -> tuple[str, str, str]:
    return row.arm, row.against, row.outcome


def same_number(one: float, other: float) -> bool:
    """Whether two numbers agree, or both are missing."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-9)
