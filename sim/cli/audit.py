"""``lianjian audit``: do the books of a result close, do its hashes match?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Language as Spoken
from sim.language import Text

if TYPE_CHECKING:
    from sim.auditing import AuditReport

FIRST = 20
"""Failures that are printed; the rest is counted."""


def audit(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help="Result folders.", show_default=False)],
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of results that are right.")] = False,
) -> None:
    """Recompute everything from the tables of a result: exit status 0, 1 where something is wrong, 2: no result."""
    import sim
    from sim.store import ResultFolderError

    wrong = missing = False
    for folder in folders:
        try:
            report = sim.audit(folder, language=lang.value)
        except ResultFolderError as error:
            typer.echo(str(error), err=True)
            missing = True
            continue
        wrong |= not report.ok
        if not (quiet and report.ok):
            _print(folder, report, lang.value)
    if missing or wrong:
        raise typer.Exit(2 if missing else 1)


_OK = Text(
    "{folder}: OK, the books close and the hashes match (rows: {rows})",
    "{folder}：通过，账目平衡，文件哈希一致（行数：{rows}）",
)
_FAILED = Text("{folder}: FAILED, {n} {failures}", "{folder}：未通过，{n}处不符")
_MORE = Text("{folder}: and {n} more", "{folder}：另有{n}处")
_NOTE = Text("{folder}: note: {note}", "{folder}：说明：{note}")
_ROWS = Text(", ", "、")


def _print(folder: str, report: AuditReport, language: Spoken) -> None:
    """Failures name tables, columns and accounts: those lines are in English, as errors are."""
    for failure in report.failures[:FIRST]:
        typer.echo(f"{folder}: {failure}")
    if len(report.failures) > FIRST:
        typer.echo(_MORE.say(language, folder=folder, n=len(report.failures) - FIRST))
    for note in report.notes:
        typer.echo(_NOTE.say(language, folder=folder, note=note))
    if report.ok:
        rows = _ROWS.say(language).join(f"{name} {count:,}" for name, count in report.checked.items())
        typer.echo(_OK.say(language, folder=folder, rows=rows))
    else:
        n = len(report.failures)
        typer.echo(_FAILED.say(language, folder=folder, n=n, failures="failures" if n > 1 else "failure"))
