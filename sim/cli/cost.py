"""``lianjian cost``: gain against public cost of a stored run or sweep: frontier, incremental ratios, acceptability."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sim.cli.compare import numbers_in
from sim.cli.languages import Lang, Language
from sim.cli.plot import formats_of
from sim.cli.swept import unwritable_as

if TYPE_CHECKING:
    from sim.analysis.stored import StoredRows


class CostError(ValueError):
    """Something named is not in the result; the message says what there is."""


def cost(
    result: Annotated[str, typer.Argument(metavar="DIR", help="Result folder.", show_default=False)],
    arms: Annotated[
        str | None, typer.Option(metavar="A,B", help="Arms to buy from besides no policy (all, and the same money).")
    ] = None,
    points: Annotated[
        str | None, typer.Option(metavar="0-5,8", help="Design points of a sweep (all); one: its replications.")
    ] = None,
    discounted: Annotated[bool, typer.Option("--discounted", help="Present values at 3% a year, both sides.")] = False,
    up_to: Annotated[
        float | None, typer.Option(metavar="万元", help="Largest willingness to pay (twice the last change).")
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="pdf,svg,png", help="File formats of the figure.")
    ] = "pdf",
    width: Annotated[Literal["single", "double"], typer.Option(help="Column width: 85 or 174 mm.")] = "double",
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Which arm is the best buy at which price; which arms cost more and gain no more.

    Reads the tables of DIR alone and writes cost.md, cost.csv, cost_acceptability.csv and a figure into it.
    """
    from sim.analysis.buys import curves_of, read_buys
    from sim.analysis.stored import design_points_of, read_rows, refuse_unfinished
    from sim.report.cost_effectiveness import CostReport, print_cost, write_cost
    from sim.report.figures import FOLDER, Sheet
    from sim.report.figures.acceptability import write_curves
    from sim.store import add_files

    folder = Path(result)
    refuse_unfinished(folder)
    rows = read_rows(folder)
    if up_to is not None and not up_to > 0.0:
        raise CostError(f"--up-to {up_to:g} must be above 0")
    formats = formats_of(format_)
    known = design_points_of(rows.runs)
    chosen = known if points is None else numbers_in(points, known)
    buys = read_buys(rows, _arms(folder, rows, arms), chosen, "discounted" if discounted else "window")
    made = CostReport(folder.absolute().name, curves_of(buys, up_to), len(chosen))
    with unwritable_as(CostError):
        paths = write_cost(folder, made, lang.value)
        paths += write_curves(folder / FOLDER, made, Sheet(lang.value, width), formats)
        add_files(folder, paths)
    if not quiet:
        print_cost(made, lang.value)
        for path in paths:
            typer.echo(os.fspath(path))


def _arms(folder: Path, rows: StoredRows, given: str | None) -> list[str]:
    """The arms asked for; unless said every arm with a policy and its same-money companion."""
    from sim.outcomes import NO_POLICY, SAME_MANAGEMENT
    from sim.scenario.problems import suggestion

    stored = list(rows.facts["arms"])
    if NO_POLICY not in stored:
        raise CostError(f"{folder} does not store {NO_POLICY}: there is nothing to gain against")
    if given is None:
        found = [arm for arm in stored if arm != NO_POLICY and not arm.endswith(SAME_MANAGEMENT)]
    else:
        found = [name.strip() for name in given.split(",") if name.strip() and name.strip() != NO_POLICY]
        for name in found:
            if name not in stored:
                meant = suggestion(name, stored) or ";"
                raise CostError(f"{folder} holds no arm '{name}'{meant} it holds: {', '.join(stored)}")
    if not found:
        raise CostError(f"no arm with a policy was named; {folder} holds: {', '.join(stored)}")
    return found
