"""``lianjian decompose``: which part of a package did it, from a sweep over the coalitions of its members."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.compare import known_names
from sim.cli.languages import Lang, Language
from sim.cli.swept import swept_folder, swept_rows, unwritable_as

if TYPE_CHECKING:
    pass

NEEDS = "to take a package apart an experiment says design: {method: coalitions, arm: package}"


def decompose(
    what: Annotated[
        str, typer.Argument(metavar="EXPERIMENT|DIR", help="Experiment file, or folder of a sweep.", show_default=False)
    ],
    outcomes: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Outcomes, the first one in words (the headlines among those stored)."),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes for runs that are missing.", min=1)] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Result folder of an experiment (results/<file stem>).")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Say which part of a package did it: Shapley values, interactions of pairs, public cost, each with intervals.

    Of an experiment file the runs that are missing are simulated first, stored ones are used again. Reads the tables
    and writes decomposition.csv, decomposition.md and figures into the result folder.
    """
    from sim.analysis.decomposition import DecompositionError, refuse_other_designs
    from sim.analysis.decomposition import decompose as taken_apart
    from sim.outcomes import OUTCOMES
    from sim.report.decomposition import Decomposition, print_decomposition, write_decomposition
    from sim.report.figures import FOLDER, Sheet
    from sim.report.figures.decomposition import write_figures
    from sim.store import add_files

    if not 0.5 <= confidence < 1.0:
        raise DecompositionError(f"--confidence {confidence:g} must lie between 0.5 and 1, for example 0.95")
    folder = swept_folder(
        what, workers, out, fits=refuse_other_designs, error=DecompositionError, quiet=quiet, language=lang.value
    )
    rows = swept_rows(folder, fits=refuse_other_designs, error=DecompositionError, needs=NEEDS)
    stored = [name for name in rows.runs.column_names if name in OUTCOMES]
    found, empty = taken_apart(rows, known_names(folder, "outcome", outcomes, stored), confidence)
    titles = rows.facts["title"]
    title = titles.get(lang.value) or next(filter(None, titles.values()), rows.facts["name"])
    made = Decomposition(folder.absolute().name, str(title), found, empty, confidence)
    with unwritable_as(DecompositionError):
        paths = write_decomposition(folder, made, lang.value)
        paths += write_figures(folder / FOLDER, made, Sheet(lang.value))
        add_files(folder, paths)
    if not quiet:
        print_decomposition(made, lang.value)
        for path in paths:
            typer.echo(os.fspath(path))
