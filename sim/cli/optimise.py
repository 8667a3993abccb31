"""``lianjian optimise``: the best packages under a budget, the front over several goals."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Text

INTERRUPTED, STOPPED = 130, 1
SHOWN_FAILURES = 20
_STOPPED = Text(
    "stopped: what is finished is stored in {folder}; the same command goes on from there",
    "已中断：已完成部分保存在 {folder}，再次执行同一命令即可继续",
)


def optimise(
    search: Annotated[str, typer.Argument(help="Search file (YAML).", show_default=False)],
    workers: Annotated[
        int | None, typer.Option(help="Processes; by default all processors where the work is worth it.", min=1)
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Result folder (results/<file stem>); the same command goes on.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away what is stored and start anew.")] = False,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors and failed runs only.")] = False,
) -> None:
    """Search for the best packages under a budget; say it again to go on after an interruption.

    Writes front.csv, front.md, candidates.csv and a figure. Points of the front are evaluated on replications that the
    search never used before they are shown. Needs pymoo: pip install 'lianjian[search]'.
    """
    from sim.experiment.processes import CannotStart
    from sim.experiment.sweep import DrawsDiffer, Hopeless, OtherVersionThere
    from sim.report.search import print_search
    from sim.search.algorithm import NoPymoo
    from sim.search.found import NothingFound
    from sim.searching import optimise as run_search
    from sim.store import ResultFolderError
    from sim.sweeping import result_folder

    folder = result_folder(search, out)
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if len(told) <= SHOWN_FAILURES:
            typer.echo(line, err=True)

    try:
        found = run_search(
            search, workers=workers, out=folder, fresh=fresh, language=lang.value, quiet=quiet, told=tell
        )
    except KeyboardInterrupt:
        typer.echo(_STOPPED.say(lang.value, folder=folder), err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ResultFolderError, NoPymoo, NothingFound, CannotStart, Hopeless, DrawsDiffer, OtherVersionThere) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(STOPPED) from None
    if len(told) > SHOWN_FAILURES:
        typer.echo(f"{len(told)} runs failed; each generation's folder in {folder} has them", err=True)
    if not quiet:
        print_search(found, lang.value)
        for name in ("front.md", "front.csv", "candidates.csv"):
            typer.echo(os.fspath(Path(folder) / name))
