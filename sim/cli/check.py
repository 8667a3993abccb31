"""``lianjian check``: are these scenario files right?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sim.scenario import Scenario


def check(
    files: Annotated[list[str], typer.Argument(help="Scenario files (YAML).", show_default=False)],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value, path as error messages print it."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of files that are right.")] = False,
) -> None:
    """Check scenario files: one line per error with file, line and column; exit status 2 if there is any."""
    from sim.scenario import ScenarioErrors, load_scenario

    said: dict[str, None] = {}
    for file in files:
        try:
            scenario = load_scenario(file, set=set_ or ())
        except ScenarioErrors as error:
            for message in error.messages:
                if message not in said:  # two files may extend the same faulty one
                    typer.echo(message, err=True)
                said[message] = None
        else:
            if not quiet:
                typer.echo(f"{file}: ok ({_summary(scenario)})")
    if said:
        raise typer.Exit(2)


def _summary(scenario: Scenario) -> str:
    arms, villages = len(scenario.arms), scenario.population.villages
    return f"{villages} villages, {arms} arm{'s' if arms > 1 else ''}, {scenario.calendar.years} years"
