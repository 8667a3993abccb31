"""Conclusions under other forms, recomputed 形式稳健性复算: forms.csv against forms_runs, its default against runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.analysis.forms import FormRow, FormStudy, conclusions, read_form_study
from sim.auditing.answers import NOT_RECOMPUTED, same_number
from sim.auditing.loaded import Loaded
from sim.auditing.notes import Notes
from sim.language import Text
from sim.report.forms import read_forms
from sim.store import ResultFolderError
from sim.tables import BY_FORM

NUMBERS = ("estimate", "low", "high", "change", "change_low", "change_high")
WORDS = ("verdict", "survives")
NUMBERS_TOGETHER = ("low_together", "high_together")
WORDS_TOGETHER = ("verdict_together",)

_ONLY_DEFAULT = Text(
    "{table}: variants other than the default have no other table to be recomputed from",
    "{table}：默认以外的形式变体没有其他数据表可供复算",
)


def form_failures(folder: Path, loaded: Loaded, notes: Notes) -> Iterator[str]:
    """A failure for each number of the forms' table and file that does not follow from the others."""
    if "forms" not in loaded.manifest:
        return
    try:
        study = read_form_study(folder, loaded.manifest)
        written = {_key(row): row for row in read_forms(folder)}
    except ResultFolderError as error:
        yield str(error)
        return
    loaded.rows[BY_FORM] = len(study.variants) * len(study.shown) * loaded.replications
    notes.add(_ONLY_DEFAULT, table=BY_FORM)
    yield from _default_failures(study, loaded)
    if loaded.manifest["arms"] != loaded.manifest["simulated_arms"]:
        notes.add(NOT_RECOMPUTED, file="forms.csv")
        return
    pairs = [(written.pop(_key(row), None), row) for row in conclusions(study)]
    own = [line for found, row in pairs for line in _row_failures(found, row, NUMBERS, WORDS)]
    # one wrong number moves what holds together in its whole table: named only where nothing else is wrong
    yield from own or (
        line for found, row in pairs for line in _row_failures(found, row, NUMBERS_TOGETHER, WORDS_TOGETHER)
    )
    yield from (f"forms.csv: {' '.join(key)}: {BY_FORM} gives no such line" for key in written)


def _default_failures(study: FormStudy, loaded: Loaded) -> Iterator[str]:
    """Runs of the scenario as written must be those of the table runs."""
    for arm in study.shown:
        runs = loaded.runs_of(arm)
        for name, found in study.numbers[0, arm].items():
            wanted = loaded.outcomes[name][runs] if name in loaded.outcomes else found
            for replication, (one, other) in enumerate(zip(found, wanted, strict=True)):
                if not same_number(one, other):
                    where = f"{BY_FORM}: {name}, default, arm {arm}, replication {replication}"
                    yield f"{where}: {one:.9g} is not {other:.9g} as in runs"


def _row_failures(found: FormRow | None, row: FormRow, numbers: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    where = f"forms.csv: {row.outcome} of {row.arm} against {row.against} under {row.form} {row.option}".rstrip()
    if found is None:
        yield f"{where}: no line"
        return
    for name in numbers:
        one, other = getattr(found, name), getattr(row, name)
        if not same_number(one, other):
            yield f"{where}: {name} {one:.9g} was recomputed as {other:.9g}"
    for name in words:
        if getattr(found, name) != getattr(row, name):
            yield f"{where}: {name} {getattr(found, name)!r} was recomputed as {getattr(row, name)!r}"


def _key(row: FormRow) -> tuple[str, ...]:
    return row.arm, row.against, row.outcome, row.form, row.option
