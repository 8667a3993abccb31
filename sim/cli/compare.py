"""``lianjian compare``: paired effects of a stored run or sweep, with intervals that hold together."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.cli.swept import unwritable_as

if TYPE_CHECKING:
    from sim.analysis.effects import Asked
    from sim.analysis.stored import StoredRows

AGAINST = ("no_policy", "same_money", "same_management")


class ComparisonError(ValueError):
    """Something named is not in the result; the message says what there is."""


def compare(
    result: Annotated[str, typer.Argument(metavar="DIR", help="Result folder.", show_default=False)],
    outcomes: Annotated[
        str | None, typer.Option(metavar="A,B", help="Outcomes to compare (the headlines among those stored).")
    ] = None,
    arms: Annotated[str | None, typer.Option(metavar="A,B", help="Arms to judge (all stored).")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="A,B", help="Compare with these only: no_policy, same_money, same_management.")
    ] = None,
    points: Annotated[
        str | None, typer.Option(metavar="0-5,8", help="Design points of a sweep, counted from 0 (all).")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of all intervals.")] = 0.95,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Compare arms of a result: paired effects, simultaneous intervals, probability of harm, who loses.

    Reads the tables of DIR alone and writes comparison.csv and comparison.md into it. Fewer arms and outcomes make a
    smaller family, and narrower intervals: name them before you look, not after.
    """
    from sim.analysis.effects import effects
    from sim.analysis.stored import read_rows
    from sim.report.comparison import Comparison, print_comparison, write_comparison
    from sim.store import add_files, repair

    folder = Path(result)
    if not folder.exists():
        repair(folder.absolute())
    rows = read_rows(folder)
    asked = _asked(folder, rows, outcomes, arms, against, points, confidence)
    made = Comparison(folder.absolute().name, rows, asked, effects(rows, asked))
    if rows.complete:
        with unwritable_as(ComparisonError):
            add_files(folder, paths := write_comparison(folder, made, lang.value))
    if not quiet:
        print_comparison(made, lang.value, _listed(outcomes))
        for path in paths if rows.complete else ():
            typer.echo(os.fspath(path))


def _asked(
    folder: Path,
    rows: StoredRows,
    outcomes: str | None,
    arms: str | None,
    against: str | None,
    points: str | None,
    confidence: float,
) -> Asked:
    """What is to be compared, every name checked against what is stored."""
    from sim.analysis.effects import ask
    from sim.analysis.stored import design_points_of
    from sim.outcomes import OUTCOMES

    if not 0.5 <= confidence < 1.0:
        raise ComparisonError(f"--confidence {confidence:g} must lie between 0.5 and 1, for example 0.95")
    stored = [name for name in rows.runs.column_names if name in OUTCOMES]
    known = design_points_of(rows.runs)
    asked = ask(
        rows,
        outcomes=known_names(folder, "outcome", outcomes, stored),
        arms=known_names(folder, "arm", arms, rows.facts["arms"]),
        against=known_names(folder, "reference", against, AGAINST),
        design_points=None if points is None else numbers_in(points, known),
        confidence=confidence,
    )
    if not asked.contrasts:
        missing = ", ".join(dict.fromkeys(other for _, other in asked.unstored))
        why = (
            f"{missing} {'is' if ',' not in missing else 'are'} not stored"
            if missing
            else "no arm has such a reference"
        )
        raise ComparisonError(
            f"{folder} holds nothing to compare: {why}; it holds arms {', '.join(rows.facts['arms'])}"
        )
    return asked


def known_names(folder: Path, kind: str, given: str | None, known: Collection[str]) -> list[str] | None:
    """Names as a user lists them, None for None. Raises ComparisonError for one that is not stored."""
    from sim.scenario.problems import suggestion

    if given is None:
        return None
    wanted = _listed(given)
    for name in wanted:
        if name not in known:
            meant = suggestion(name, known) or ";"
            raise ComparisonError(f"{folder} holds no {kind} '{name}'{meant} it holds: {', '.join(known)}")
    if not wanted:
        raise ComparisonError(f"no {kind} was named; {folder} holds: {', '.join(known)}")
    return wanted


def numbers_in(given: str, known: Sequence[int]) -> list[int]:
    """Design points as a user writes them.

    >>> numbers_in("0-2,5", [0, 1, 2, 3, 4, 5])
    [0, 1, 2, 5]
    """
    found: set[int] = set()
    for part in _listed(given):
        match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part)
        if match is None:
            raise ComparisonError(f"--points {given}: '{part}' is neither a number nor a range like 0-5")
        first, last = int(match[1]), int(match[2] or match[1])
        chosen = [point for point in known if first <= point <= last]
        if not chosen:
            raise ComparisonError(
                f"--points {given}: there is no design point {part}; there are {known[0]} to {known[-1]}"
            )
        found.update(chosen)
    return sorted(found)


def _listed(names: str | None) -> list[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()]
