"""``lianjian sensitivity``: which unknown drives the answer, from a Morris or Saltelli sweep."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.compare import known_names
from sim.cli.languages import Lang, Language
from sim.cli.swept import swept_folder, swept_rows, unwritable_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analysis.stored import StoredRows
    from sim.report.sensitivity import Sensitivity

NEEDS = "there is one setting and nothing varies; sensitivity needs an experiment with the design morris or saltelli"


def sensitivity(
    what: Annotated[
        str, typer.Argument(metavar="EXPERIMENT|DIR", help="Experiment file, or folder of a sweep.", show_default=False)
    ],
    workers: Annotated[int | None, typer.Option(help="Processes for runs that are missing.", min=1)] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Result folder of an experiment (results/<file stem>).")
    ] = None,
    outcomes: Annotated[
        str | None, typer.Option(metavar="A,B", help="Outcomes (the headlines among those stored).")
    ] = None,
    contrast: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="X less Y, such as pool,pool@same_money; may be repeated (all stored)."),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Say which unknown drives the answer: Morris screening or Sobol indices, of differences of arms and of levels.

    Of an experiment file the runs that are missing are simulated first, stored ones are used again. Reads the tables
    and writes sensitivity.csv, sensitivity.md and figures into the result folder.
    """
    from sim.analysis.sensitivity import SensitivityError, analyse, ask, refuse_other_designs
    from sim.report.figures import FOLDER, Sheet
    from sim.report.figures.sensitivity import write_figures
    from sim.report.sensitivity import Sensitivity, print_sensitivity, write_sensitivity
    from sim.store import add_files

    if not 0.5 <= confidence < 1.0:
        raise SensitivityError(f"--confidence {confidence:g} must lie between 0.5 and 1, for example 0.95")
    folder = swept_folder(
        what, workers, out, fits=refuse_other_designs, error=SensitivityError, quiet=quiet, language=lang.value
    )
    rows = swept_rows(folder, fits=refuse_other_designs, error=SensitivityError, needs=NEEDS)
    answers = ask(rows, _contrasts(folder, rows, contrast), _outcomes(folder, rows, outcomes))
    if not answers:
        raise SensitivityError(
            f"{folder} holds nothing to analyse: none of its outcomes is a headline; name --outcomes"
        )
    made = Sensitivity(folder.absolute().name, rows, analyse(rows, answers, confidence), confidence)
    _refuse_nothing(folder, made)
    with unwritable_as(SensitivityError):
        paths = write_sensitivity(folder, made, lang.value)
        paths += write_figures(folder / FOLDER, made, Sheet(lang.value))
        add_files(folder, paths)
    if not quiet:
        print_sensitivity(made, lang.value)
        for path in paths:
            typer.echo(os.fspath(path))


def _contrasts(folder: Path, rows: StoredRows, given: Sequence[str] | None) -> list[tuple[str, str]] | None:
    from sim.analysis.sensitivity import SensitivityError

    if not given:
        return None
    found = []
    for text in given:
        names = known_names(folder, "arm", text, rows.facts["arms"]) or []
        if len(names) != 2 or names[0] == names[1]:
            raise SensitivityError(f"--contrast {text}: name two arms, such as pool,pool@same_money")
        found.append((names[0], names[1]))
    return found


def _outcomes(folder: Path, rows: StoredRows, given: str | None) -> list[str] | None:
    from sim.outcomes import OUTCOMES

    return known_names(folder, "outcome", given, [name for name in rows.runs.column_names if name in OUTCOMES])


def _refuse_nothing(folder: Path, made: Sensitivity) -> None:
    """Raise SensitivityError where too little is left of every answer."""
    from sim.analysis.sensitivity import SensitivityError

    if all(found.result is None for found in made.found):
        raise SensitivityError(
            f"{folder}: {made.found[0].why}; look at what failed with `lianjian status {folder}`, simulate it again with "
            "--retry-failed, or enlarge the design"
        )
