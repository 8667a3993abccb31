"""The audit 核对: are the files those that were written, and do the books close?

Everything is recomputed from the tables alone: hashes, one row for every run and year, every account's
opening plus flows against its closing, villages' incomes and cash against the accounts, public cost by
payer, every outcome column, the comparisons in answer.csv and forms.csv. Of a sweep, which keeps less: every run of the
design there once, ok or named as failed, and every number that follows from another (sim.auditing.sweeps). Money agrees
to 1e-6 万元 plus what rounding can do to sums of that size (a 1e-12th of them).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.auditing.notes import Notes
from sim.language import Language, Text
from sim.provenance import model_version
from sim.store import MANIFEST, ResultFolderError, files_in, leftovers, read_manifest, sha256

if TYPE_CHECKING:
    from sim.auditing.loaded import Loaded

__all__ = ["AuditReport", "audit"]


@dataclass(frozen=True)
class AuditReport:
    """What an audit found; it is true where there is no failure."""

    folder: Path
    failures: tuple[str, ...]
    """A line each, naming table, account or column, arm, replication, year and amounts."""
    checked: dict[str, int] = field(default_factory=dict)
    """Rows checked, by table."""
    notes: tuple[str, ...] = ()
    """What could not be recomputed and why, and what else is worth knowing."""

    @property
    def ok(self) -> bool:
        return not self.failures

    def __bool__(self) -> bool:
        return self.ok


_OTHER_SOURCES = Text(
    "the result was written by other sources than these: what is recomputed may differ for that reason",
    "该结果由另一版本的源代码写出，复算值可能因此不同",
)


def audit(folder: str | Path, *, language: Language = "en") -> AuditReport:
    """Audit a result folder; ``language`` is that of the notes, failures are in English.

    Raises ResultFolderError where it is missing or is not a result.
    """
    from sim.auditing.loaded import load

    path = Path(folder)
    manifest = read_manifest(path)
    failures, notes = list(_file_failures(path, manifest)), Notes(language)
    _foreign(path, manifest, notes)
    if manifest.get("verb") == "sweep":
        return _audit_sweep(path, manifest, failures, notes)
    try:
        loaded = load(path, manifest)
    except ResultFolderError as error:
        return AuditReport(path, (*failures, str(error)), notes=notes.lines())
    failures += loaded.problems
    if not loaded.problems:
        for check in _checks():
            failures += check(loaded, notes)
        failures += _answer_failures(path, manifest, notes)
        failures += _form_failures(path, loaded, notes)
    return _report(path, manifest, failures, loaded.rows, notes)


def _audit_sweep(folder: Path, manifest: dict[str, Any], failures: list[str], notes: Notes) -> AuditReport:
    from sim.auditing.sweeps import sweep_failures

    try:
        found, rows = sweep_failures(folder, manifest, notes)
    except ResultFolderError as error:
        found, rows = [str(error)], {}
    return _report(folder, manifest, [*failures, *found], rows, notes)


def _report(
    folder: Path, manifest: dict[str, Any], failures: list[str], rows: dict[str, int], notes: Notes
) -> AuditReport:
    if failures and manifest.get("model_version") != model_version():
        notes.add(_OTHER_SOURCES)
    return AuditReport(folder, tuple(failures), rows, notes.lines())


def _checks() -> tuple[Any, ...]:
    from sim.auditing.identities import account_failures, village_failures
    from sim.auditing.measures import outcome_failures, public_cost_failures

    return account_failures, village_failures, public_cost_failures, outcome_failures


def _answer_failures(folder: Path, manifest: dict[str, Any], notes: Notes) -> Iterator[str]:
    from sim.auditing.answers import answer_failures

    return answer_failures(folder, manifest, notes)


def _form_failures(folder: Path, loaded: Loaded, notes: Notes) -> Iterator[str]:
    from sim.auditing.forms import form_failures

    return form_failures(folder, loaded, notes)


def _file_failures(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Files that are missing or changed, and what an interrupted run left beside the folder."""
    there = set(files_in(folder))
    for name, digest in manifest["files"].items():
        if name not in there:
            yield f"{name}: missing, the manifest lists it"
        elif sha256(folder / name) != digest:
            yield f"{name}: changed since it was written (its SHA-256 is not the manifest's)"
    for left in leftovers(Path(os.path.realpath(folder))):
        yield f"{left.name}: left beside the folder by an interrupted run; the next run of it clears up"


_FOREIGN = Text("{name}: not listed in the manifest, so not checked", "{name}：清单中没有此文件，未核对")


def _foreign(folder: Path, manifest: dict[str, Any], notes: Notes) -> None:
    for name in sorted(set(files_in(folder)) - set(manifest["files"]) - {MANIFEST}):
        if not (manifest.get("verb") == "sweep" and _is_runners(name)):
            notes.add(_FOREIGN, name=name)


def _is_runners(name: str) -> bool:
    from sim.auditing.sweeps import is_runners

    return is_runners(name)
