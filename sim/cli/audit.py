"""``lianjian audit``: do the books of a result close, do its hashes match?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sim.auditing import AuditReport

FIRST = 20
"""Failures that are printed; the rest is counted."""


def audit(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help="Result folders.", show_default=False)],
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of results that are right.")] = False,
) -> None:
    """Recompute everything from the tables of a result: exit status 0, 1 where something is wrong, 2: no result."""
    import sim
    from sim.store import ResultFolderError

    wrong = missing = False
    for folder in folders:
        try:
            report = sim.audit(folder)
        except ResultFolderError as error:
            typer.echo(str(error), err=True)
            missing = True
            continue
        wrong |= not report.ok
        if not (quiet and report.ok):
            _print(folder, report)
    if missing or wrong:
        raise typer.Exit(2 if missing else 1)


def _print(folder: str, report: AuditReport) -> None:
    for failure in report.failures[:FIRST]:
        typer.echo(f"{folder}: {failure}")
    if len(report.failures) > FIRST:
        typer.echo(f"{folder}: and {len(report.failures) - FIRST} more")
    for note in report.notes:
        typer.echo(f"{folder}: note: {note}")
    rows = ", ".join(f"{name} {count:,}" for name, count in report.checked.items())
    if report.ok:
        typer.echo(f"{folder}: OK, the books close and the hashes match (rows: {rows})")
    else:
        typer.echo(f"{folder}: FAILED, {len(report.failures)} failure{'s' if len(report.failures) > 1 else ''}")
