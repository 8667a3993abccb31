"""``lianjian check``: are these scenario files right?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Language as Spoken
from sim.language import Text

if TYPE_CHECKING:
    from sim.scenario import Scenario


def check(
    files: Annotated[list[str], typer.Argument(help="Scenario files (YAML).", show_default=False)],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value, path as error messages print it."),
    ] = None,
    lang: Lang = Language.en,
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
                typer.echo(_summary(file, scenario, lang.value))
    if said:
        raise typer.Exit(2)


_OK = Text(
    "{file}: ok ({villages} villages, {arms} {arm_or_arms}, {years} years)",
    "{file}：无误（{villages}个村，{arms}个方案，{years}年）",
)


def _summary(file: str, scenario: Scenario, language: Spoken) -> str:
    arms = len(scenario.arms)
    facts = {"villages": scenario.population.villages, "years": scenario.calendar.years}
    return _OK.say(language, file=file, arms=arms, arm_or_arms="arms" if arms > 1 else "arm", **facts)
