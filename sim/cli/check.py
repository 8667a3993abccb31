"""``lianjian check``: are these scenario, experiment and search files right?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Language as Spoken
from sim.language import Text

if TYPE_CHECKING:
    from sim.experiment.experiment import Experiment
    from sim.scenario import Scenario


def check(
    files: Annotated[list[str], typer.Argument(help="Scenario or experiment files (YAML).", show_default=False)],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value, path as error messages print it."),
    ] = None,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of files that are right.")] = False,
) -> None:
    """Check scenario and experiment files: one line per error with file, line and column; exit status 2 if there is any."""
    from sim.scenario import ScenarioErrors

    said: dict[str, None] = {}
    for file in files:
        try:
            summary = _checked(file, set_ or [], lang.value)
        except ScenarioErrors as error:
            for message in error.messages:
                if message not in said:  # two files may extend the same faulty one
                    typer.echo(message, err=True)
                said[message] = None
        else:
            if not quiet:
                typer.echo(summary)
    if said:
        raise typer.Exit(2)


def _checked(file: str, settings: list[str], language: Spoken) -> str:
    """What is said of a file that is right. Raises :class:`ScenarioErrors`."""
    from sim.scenario import load_scenario
    from sim.scenario.resolve import is_experiment, is_search

    if is_search(file):
        return _summary_of_search(file, language)
    if not is_experiment(file):
        return _summary(file, load_scenario(file, set=settings), language)
    from sim.experiment.reading import load_experiment

    if settings:
        raise typer.BadParameter(
            f"{file} is an experiment: write what is changed under its key set", param_hint="--set"
        )
    return _summary_of_experiment(file, load_experiment(file), language)


_OK_EXPERIMENT = Text(
    "{file}: ok ({points:,} design points, {arms} {arm_or_arms}, {replications} replications)",
    "{file}：无误（{points:,}个设计点，{arms}个方案，{replications}次重复）",
)


def _summary_of_experiment(file: str, experiment: Experiment, language: Spoken) -> str:
    planned, arms = experiment.replications, len(experiment.arms)
    dash = "至" if language == "zh" else " to "
    replications = f"{planned.at_least}" + (f"{dash}{planned.at_most}" if planned.at_most > planned.at_least else "")
    facts = {"points": len(experiment.points), "arms": arms, "arm_or_arms": "arms" if arms > 1 else "arm"}
    return _OK_EXPERIMENT.say(language, file=file, replications=replications, **facts)


_OK_SEARCH = Text(
    "{file}: ok ({decisions} decisions and {members} members, {goals} goals, up to {candidates:,} candidates)",
    "{file}：无误（{decisions}项决策、{members}个组成政策，{goals}个目标，至多{candidates:,}个候选）",
)


def _summary_of_search(file: str, language: Spoken) -> str:
    from sim.search.reading import load_search

    search = load_search(file)
    facts = {"decisions": len(search.decisions), "members": len(search.members), "goals": len(search.goals)}
    return _OK_SEARCH.say(language, file=file, candidates=search.population * search.generations, **facts)


_OK = Text(
    "{file}: ok ({villages} villages, {arms} {arm_or_arms}, {years} years)",
    "{file}：无误（{villages}个村，{arms}个方案，{years}年）",
)


def _summary(file: str, scenario: Scenario, language: Spoken) -> str:
    arms = len(scenario.arms)
    facts = {"villages": scenario.population.villages, "years": scenario.calendar.years}
    return _OK.say(language, file=file, arms=arms, arm_or_arms="arms" if arms > 1 else "arm", **facts)
