"""``lianjian plot``: draw figures of a result, at the width of a column, in English or Chinese."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sim.cli.languages import Lang, Language
from sim.cli.swept import unwritable_as


def plot(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="Result folder.", show_default=False)],
    figure: Annotated[
        str | None, typer.Option(metavar="A,B", help="Figures to draw (all); an unknown name lists them.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="pdf,svg,png", help="File formats.")] = "pdf",
    lang: Lang = Language.en,
    width: Annotated[Literal["single", "double"], typer.Option(help="Column width: 85 or 174 mm.")] = "double",
    font: Annotated[
        str | None, typer.Option(metavar="FILE.ttf", help="A TrueType font to look characters up in first.")
    ] = None,
    arms: Annotated[str | None, typer.Option(metavar="A,B", help="Arms to draw (all with a policy).")] = None,
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Folder to write to (RESULT/figures).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Draw figures of a result; each has its caption beside it, in a text file of the same name."""
    from sim.report.figures import FIGURES, FigureError, Sheet, known
    from sim.results import open_results

    names = [known(name) for name in _listed(figure)] if figure is not None else list(FIGURES)
    if not names:
        raise FigureError(f"no figure was named; there are: {', '.join(FIGURES)}")
    formats = formats_of(format_)
    folder = open_results(result).folder
    sheet = Sheet(lang.value, width, None if font is None else Path(font))
    with unwritable_as(FigureError, "; name another folder with --out"):
        paths = _write(folder, names, formats, sheet, arms, out, strict=figure is not None)
    if not quiet:
        for path in paths:
            typer.echo(os.fspath(path))


def _write(
    folder: Path,
    names: Sequence[str],
    formats: Sequence[str],
    sheet: Any,
    arms: str | None,
    out: str | None,
    *,
    strict: bool,
) -> list[Path]:
    """Draw each figure; where all were asked for, one that the result has nothing for is named and left out."""
    from sim.analysis.study import read_study
    from sim.report.figures import FOLDER, FigureError, select, write
    from sim.store import add_files

    material = select(read_study(folder), folder, None if arms is None else _listed(arms))
    target = folder / FOLDER if out is None else Path(out)
    paths: list[Path] = []
    failed = []
    for name in names:
        try:
            paths += write(target, name, material, sheet, formats)
        except FigureError as error:
            if strict:
                raise
            failed.append(error)
    if not paths and failed:
        raise failed[0]
    for reason in failed:
        typer.echo(f"lianjian: {reason}", err=True)
    if out is None:
        add_files(folder, paths)
    return paths


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def formats_of(given: str) -> list[str]:
    from sim.report.figures import FORMATS, FigureError

    wanted = list(dict.fromkeys(name.lower() for name in _listed(given)))
    for name in wanted:
        if name not in FORMATS:
            raise FigureError(f"there is no format {name!r}; there are: {', '.join(FORMATS)}")
    if not wanted:
        raise FigureError(f"no format was named; there are: {', '.join(FORMATS)}")
    return wanted
