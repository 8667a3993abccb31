"""``lianjian discover``: under which conditions a policy loses or wins, from the points of a stored sweep."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sim.cli.languages import Lang, Language
from sim.cli.plot import formats_of
from sim.cli.swept import unwritable_as

if TYPE_CHECKING:
    from sim.analysis.stored import StoredRows
    from sim.report.discovery import Report


class DiscoveryError(ValueError):
    """Something cannot be searched for; the message says what there is."""


def discover(
    result: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a sweep.", show_default=False)],
    contrast: Annotated[
        str | None, typer.Option(metavar="X,Y", help="Arm and what it is compared with (the first arm, same money).")
    ] = None,
    outcome: Annotated[str, typer.Option(metavar="NAME", help="Outcome that is compared.")] = "earned_income",
    when: Annotated[
        Literal["loses", "wins", "undecided"], typer.Option(help="What conditions are sought for.")
    ] = "loses",
    by: Annotated[
        Literal["test", "sign"], typer.Option(help="Verdict of a point: t test, or sign of the mean.")
    ] = "test",
    undecided: Annotated[
        Literal["counted", "left_out"], typer.Option(help="Undecided points count as not so, or are left out.")
    ] = "counted",
    confidence: Annotated[float, typer.Option(help="Confidence of the verdict at each point.")] = 0.95,
    alpha: Annotated[float, typer.Option(help="Share of the points that a cut removes.")] = 0.1,
    boxes: Annotated[int, typer.Option(min=1, max=9, help="Boxes at most.")] = 3,
    format_: Annotated[
        str, typer.Option("--format", metavar="pdf,svg,png", help="File formats of the figure.")
    ] = "pdf",
    width: Annotated[Literal["single", "double"], typer.Option(help="Column width: 85 or 174 mm.")] = "double",
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Find the conditions under which an arm loses (or wins): boxes with coverage, density, stability, in plain words.

    Reads the tables of DIR alone and writes discovery.md, three CSV files and a figure into it. Takes a few hundred
    design points or more, best a Latin hypercube or Sobol sequence; some 10 s a box.
    """
    from sim.analysis.discovery import Question
    from sim.analysis.discovery import discover as search
    from sim.analysis.stored import read_rows, refuse_unfinished
    from sim.report.discovery import print_discovery, report_of, write_discovery
    from sim.store import add_files

    folder = Path(result)
    refuse_unfinished(folder)
    rows = read_rows(folder)
    _refuse(folder, rows, outcome, confidence, alpha)
    formats = formats_of(format_)
    arm, against = _contrast(folder, rows, contrast)
    found = search(rows, Question(arm, against, outcome, when, by, undecided, confidence, alpha, boxes))
    made = report_of(folder.absolute().name, rows, found)
    with unwritable_as(DiscoveryError):
        paths = write_discovery(folder, made, lang.value)
        paths += _figure(folder, made, lang.value, width, formats)
        add_files(folder, paths)
    if not quiet:
        print_discovery(made, lang.value)
        for path in paths:
            typer.echo(os.fspath(path))


def _refuse(folder: Path, rows: StoredRows, outcome: str, confidence: float, alpha: float) -> None:
    """Refuse what cannot be searched, each with what would."""
    from sim.analysis.stored import factors_of
    from sim.outcomes import OUTCOMES

    if rows.points is None or not factors_of(rows):
        raise DiscoveryError(f"{folder} is no sweep over factors: conditions need design points that differ")
    _known(folder, "outcome", outcome, [name for name in rows.runs.column_names if name in OUTCOMES])
    if not 0.5 <= confidence < 1.0:
        raise DiscoveryError(f"--confidence {confidence:g} must lie between 0.5 and 1, for example 0.95")
    if not 0.0 < alpha <= 0.5:
        raise DiscoveryError(f"--alpha {alpha:g} must lie above 0 and up to 0.5, for example 0.1")


def _contrast(folder: Path, rows: StoredRows, given: str | None) -> tuple[str, str]:
    """The two arms asked for; unless said the first arm with a policy, against the same money where that is stored."""
    from sim.outcomes import NO_POLICY, SAME_MONEY

    stored = list(rows.facts["arms"])
    if given is not None:
        names = [name.strip() for name in given.split(",")]
        if len(names) != 2 or names[0] == names[1]:
            raise DiscoveryError(
                f"--contrast {given}: name two arms with a comma between them, like pool,pool@same_money"
            )
        for name in names:
            _known(folder, "arm", name, stored)
        return names[0], names[1]
    judged = [arm for arm in stored if "@" not in arm and arm != NO_POLICY]
    for arm in judged:
        for other in (arm + SAME_MONEY, NO_POLICY):
            if other in stored:
                return arm, other
    raise DiscoveryError(f"{folder} holds nothing to compare an arm with; it holds arms {', '.join(stored)}")


def _known(folder: Path, kind: str, name: str, known: Collection[str]) -> None:
    from sim.scenario.problems import suggestion

    if name not in known:
        meant = suggestion(name, known) or ";"
        raise DiscoveryError(f"{folder} holds no {kind} '{name}'{meant} it holds: {', '.join(known)}")


def _figure(
    folder: Path, made: Report, language: Literal["en", "zh"], width: Literal["single", "double"], formats: list[str]
) -> list[Path]:
    """The figure of the first box; none where no box is told."""
    from sim.report.figures import FOLDER, Sheet
    from sim.report.figures.box import write_box

    if not made.found.believed:
        return []
    return write_box(folder / FOLDER, made, Sheet(language, width), formats)
