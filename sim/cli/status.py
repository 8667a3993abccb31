"""``lianjian status``: how a sweep stands."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.languages import Lang, Language

EVERY_S = 2.0
"""Seconds between two looks."""
UNFINISHED = 1


def status(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a sweep.", show_default=False)],
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds until it is over.")] = False,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing; the exit status says it.")] = False,
) -> None:
    """Say how far a sweep is, what failed, how wide its intervals are. Exit status 0: finished, 1: not (yet)."""
    from sim.experiment.standing import standing
    from sim.report.sweep_status import status_lines

    while True:
        stands = standing(Path(folder))
        if not quiet:
            text = "\n".join(status_lines(stands, lang.value))
            if watch and sys.stdout.isatty():
                typer.clear()
            typer.echo(text)
        if not watch or stands.state != "running":
            break
        time.sleep(EVERY_S)
    if stands.state != "finished":
        raise typer.Exit(UNFINISHED)
