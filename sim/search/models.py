"""The keys of a search file 搜索文件 and what each may hold; scenario, arm and decisions are looked up in sim.search.reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import Field

from sim.declare import Declaration
from sim.experiment.models import (
    SEED,
    TIME_LIMIT,
    Parts,
    arm_names,
    declared_value,
    keyed,
    number_declared,
    scenario_name,
    settings,
)
from sim.outcomes import LOSERS, OUTCOMES, losers_by_tercile
from sim.scenario import checks, models
from sim.scenario.declared import catalogue
from sim.scenario.problems import listed, shown, suggestion
from sim.search.problem import PUBLIC_COST, STATISTICS, Goal

EACH = "each"
ALGORITHMS: Mapping[str, str] = {
    "nsga2": "non-dominated sorting, crowding (up to 3 goals)",
    "nsga3": "reference directions",
}
MOST_GOALS_OF_NSGA2 = 3
POPULATION = number_declared("population", (4, 1000), 32, "种群规模", "candidates of a generation")
GENERATIONS = number_declared("generations", (1, 10_000), 25, "代数", "generations of candidates")
EVALUATIONS = number_declared("evaluations", (4, 1_000_000), 800, "评价次数", "candidates in all, at most")
SHOWN = number_declared("front", (2, 500), 24, "前沿点数", "points of the front that are evaluated afresh, at most")
WORLDS = number_declared("points", (2, 10_000), 20, "情境数", "worlds that every candidate is evaluated at")
BUDGET = number_declared("budget", (0, 1e9), 0, "预算", "most 万元 of mean public cost over the run", integer=False)
FRESH_REPLICATIONS = 200
LEVELS = frozenset({LOSERS, *losers_by_tercile(LOSERS), PUBLIC_COST})
"""Outcomes that are taken as they are: they are compared with no_policy already, or are nothing there."""


@dataclass(frozen=True)
class FreshSaid:
    """How the front is evaluated afresh."""

    replications: int = FRESH_REPLICATIONS
    seed: int | None = None


@dataclass(frozen=True)
class RobustSaid:
    """Worlds before what they vary is looked up."""

    over: Mapping[str, Any]
    points: int
    statistic: str = "worst_decile"
    seed: int = 1


def search_model() -> type[models.Strict]:
    """Every key of a search file."""
    run = catalogue().sections["run"]
    kinds: dict[str, Any] = {
        "schema": Any,
        "title": models.checked(checks.title),
        "question": models.checked(checks.text),
        "scenario": models.checked(scenario_name),
        "set": models.checked(settings),
        "arm": models.checked(checks.text),
        "members": models.checked(members),
        "decisions": Any,
        "goals": models.checked(goals),
        "budget": models.checked(partial(declared_value, BUDGET)),
        "compare": models.checked(arm_names),
        "algorithm": models.checked(algorithm),
        "population": models.checked(partial(declared_value, POPULATION)),
        "generations": models.checked(partial(declared_value, GENERATIONS)),
        "evaluations": models.checked(partial(declared_value, EVALUATIONS)),
        "front": models.checked(partial(declared_value, SHOWN)),
        "replications": models.checked(partial(declared_value, run["replications"])),
        "draws_seed": models.checked(partial(declared_value, run["seed"])),
        "seed": models.checked(partial(declared_value, SEED)),
        "fresh": models.checked(fresh),
        "robust": models.checked(robust),
        "time_limit_s": models.checked(partial(declared_value, TIME_LIMIT)),
    }
    return models.model("Search", {models.safe(key): (kind, Field(None, alias=key)) for key, kind in kinds.items()})


def members(value: Any) -> tuple[str, ...] | str:
    """``each``, or names of arms that may be left out."""
    return EACH if value == EACH else arm_names(value)


def algorithm(value: Any) -> str:
    """The name of an algorithm."""
    if not isinstance(value, str) or value not in ALGORITHMS:
        hint = suggestion(value, ALGORITHMS) if isinstance(value, str) else ""
        checks.refuse(((), f"{shown(value)} is no algorithm ({listed(ALGORITHMS)}){hint}"))
    return value


def goals(value: Any) -> tuple[Goal, ...]:
    """Outcome -> more or less, or {better: more, as: difference}."""
    example = "{earned_income: more, share_of_losers: less, public_cost: less}"
    if not isinstance(value, Mapping) or not value:
        checks.refuse(((), f"{shown(value)} is not a mapping of outcomes to more or less; write {example}"))
    found, faults = [], []
    for outcome, said in value.items():
        try:
            found.append(models.below(outcome, partial(_goal, outcome), said))
        except checks.Refused as error:
            faults += checks.faults_of(error)
    if len(value) == 1 and not faults:
        faults.append(((), "a single goal has a best point and no front; add public_cost: less, or another outcome"))
    if faults:
        checks.refuse(*faults)
    return tuple(found)


def _goal(outcome: str, value: Any) -> Goal:
    if outcome not in OUTCOMES:
        hint = suggestion(outcome, OUTCOMES)
        checks.refuse(((), f"there is no outcome '{outcome}'{hint or ' (lianjian describe outcomes lists them)'}"))
    if outcome.endswith("_same_money") or "_same_money_" in outcome:
        checks.refuse(((), f"{outcome} needs the companion same_money, which a search does not simulate"))
    parts: Parts = {"better": partial(_one_of, ("more", "less")), "as": partial(_one_of, ("difference", "level"))}
    said = value if isinstance(value, Mapping) else {"better": value}
    if not isinstance(value, Mapping):
        try:
            _one_of(("more", "less"), value)
        except checks.Refused:
            checks.refuse(((), f"{shown(value)} is neither more nor less"))
    found = keyed(said, parts, {"better": "more or less"}, "more, or {better: more, as: level}")
    kind = found.get("as", "level" if outcome in LEVELS else "difference")
    if outcome in LEVELS and kind == "difference":
        checks.refuse((("as",), f"{outcome} is compared with no_policy already; leave this out"))
    return Goal(outcome, found["better"], kind == "difference")


def _one_of(words: tuple[str, ...], value: Any) -> str:
    if value not in words:
        hint = suggestion(value, words) if isinstance(value, str) else ""
        checks.refuse(((), f"{shown(value)} is not {' or '.join(words)}{hint}"))
    return str(value)


def fresh(value: Any) -> FreshSaid:
    """Replications and seed of the evaluation of the front; a number is the replications."""
    run = catalogue().sections["run"]
    if not isinstance(value, Mapping):
        return FreshSaid(_at_least_two(run["replications"], value))
    parts: Parts = {
        "replications": partial(_at_least_two, run["replications"]),
        "seed": partial(declared_value, run["seed"]),
    }
    return FreshSaid(**keyed(value, parts, {}, "{replications: 200, seed: 2}"))


def _at_least_two(declared: Declaration, value: Any) -> int:
    count = int(declared_value(declared, value))
    if count < 2:
        checks.refuse(((), f"{count} replication gives no interval; write 2 or more, {FRESH_REPLICATIONS} is usual"))
    return count


def robust(value: Any) -> RobustSaid:
    """What the worlds vary, how many they are, and which of them count."""
    parts: Parts = {
        "over": _over,
        "points": partial(declared_value, WORLDS),
        "statistic": partial(checks.option, options=STATISTICS),
        "seed": partial(declared_value, SEED),
    }
    needed = {"over": "the parameters and forms that nobody knows"}
    found = keyed(value, parts, needed, "{over: [parameters.projects.overhead], points: 20, statistic: worst_decile}")
    return RobustSaid(**({"points": int(WORLDS.value)} | found))  # type: ignore[arg-type]


def _over(value: Any) -> Mapping[str, Any]:
    """Paths alone have their plausible ranges; forms all their options."""
    if isinstance(value, list) and value and all(isinstance(path, str) for path in value):
        return {path: EACH if path.startswith("forms.") else "prior" for path in value}
    if not isinstance(value, Mapping) or not value:
        checks.refuse(((), f"{shown(value)} is neither a list of paths nor a mapping of paths to ranges"))
    return value
