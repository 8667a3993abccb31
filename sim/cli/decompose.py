"""``lianjian decompose``: which part of a package did it, from a sweep over the coalitions of its members."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.compare import known_names
from sim.cli.languages import Lang, Language
from sim.language import Language as Spoken

if TYPE_CHECKING:
    from sim.analysis.stored import StoredRows


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
    from sim.analysis.decomposition import DecompositionError
    from sim.analysis.decomposition import decompose as taken_apart
    from sim.outcomes import OUTCOMES
    from sim.report.decomposition import Decomposition, print_decomposition, write_decomposition
    from sim.report.figures import FOLDER, Sheet
    from sim.report.figures.decomposition import write_figures
    from sim.store import add_files

    if not 0.5 <= confidence < 1.0:
        raise DecompositionError(f"--confidence {confidence:g} must lie between 0.5 and 1, for example 0.95")
    folder = _folder(what, workers, out, quiet=quiet, language=lang.value)
    rows = _rows(folder)
    stored = [name for name in rows.runs.column_names if name in OUTCOMES]
    found, empty = taken_apart(rows, known_names(folder, "outcome", outcomes, stored), confidence)
    titles = rows.facts["title"]
    title = titles.get(lang.value) or next(filter(None, titles.values()), rows.facts["name"])
    made = Decomposition(folder.absolute().name, str(title), found, empty, confidence)
    try:
        paths = write_decomposition(folder, made, lang.value)
        paths += write_figures(folder / FOLDER, made, Sheet(lang.value))
        add_files(folder, paths)
    except OSError as error:
        raise DecompositionError(f"cannot write {error.filename}: {error.strerror}") from None
    if not quiet:
        print_decomposition(made, lang.value)
        for path in paths:
            typer.echo(os.fspath(path))


def _folder(what: str, workers: int | None, out: str | None, *, quiet: bool, language: Spoken) -> Path:
    """The result folder; of an experiment file, after what is missing was simulated."""
    from sim.analysis.decomposition import DecompositionError, refuse_other_designs
    from sim.cli.sweep import go_on
    from sim.experiment.reading import load_experiment
    from sim.store import repair
    from sim.sweeping import result_folder

    path = Path(what)
    if path.is_dir() or (not path.exists() and path.suffix not in (".yaml", ".yml")):
        if out is not None:
            raise DecompositionError(
                "--out names the result folder of an experiment file; of a folder it is that folder"
            )
        if not path.exists():
            repair(path.absolute())
        return path
    experiment = load_experiment(what)
    refuse_other_designs(experiment.method, what)
    folder = result_folder(what, out)
    go_on(experiment, folder, workers=workers, quiet=quiet, lang=language)
    return folder


def _rows(folder: Path) -> StoredRows:
    """The rows of a sweep that has ended and is about coalitions."""
    from sim.analysis.decomposition import DecompositionError, refuse_other_designs
    from sim.analysis.stored import read_rows, refuse_unfinished

    refuse_unfinished(folder)
    rows = read_rows(folder)
    if rows.points is None or "method" not in rows.facts:
        raise DecompositionError(
            f"{folder} is a run, not a sweep: to take a package apart an experiment says "
            "design: {method: coalitions, arm: package}"
        )
    refuse_other_designs(str(rows.facts["method"]), str(folder))
    return rows
