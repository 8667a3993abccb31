"""The way in: a search file, or the plain document of one, to a checked :class:`Search`."""

from __future__ import annotations

import dataclasses
import math
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from sim.companions import companions_of
from sim.experiment.experiment import Factor
from sim.experiment.factors import read_factors
from sim.experiment.models import TIME_LIMIT
from sim.experiment.reading import Source, not_set_too, plain_document, scenarios_of
from sim.scenario import read, resolve
from sim.scenario.complaints import Complaints
from sim.scenario.document import Document
from sim.scenario.problems import Path, Problem, listed, suggestion
from sim.scenario.scenario import NO_POLICY, Position, Scenario
from sim.search import models
from sim.search.problem import Draws, Goal, Robust, Search

KIND = "a search"
DRAWN = "latin_hypercube"
"""Decisions and worlds are read like factors of this design: a range is enough."""


def load_search(path: str | os.PathLike[str]) -> Search:
    """Read and check a search file. Raises :class:`sim.scenario.ScenarioErrors` with one line for every error."""
    return _checked(resolve.load_alone(path, KIND))


def search_of(document: Mapping[str, Any], *, name: str = "search", folder: str | os.PathLike[str] = ".") -> Search:
    """Check a search given as plain data; a loaded :class:`Scenario` may stand where a file would be named."""
    problems: list[Problem] = []
    root = read.from_plain(document, Position(name))
    resolve.check_schema(root, name, problems)
    return _checked(Document(root, name, pathlib.Path(folder), [name], problems))


def _checked(document: Document) -> Search:
    complaints = Complaints(document)
    sections, wrong = complaints.sections(models.search_model())
    source = Source(document, complaints, sections | {"scenarios": None}, wrong)
    said = source.said
    _needed(source)
    scenarios = scenarios_of(source)
    scenario = next(iter(scenarios.values()), None)
    arm = _arm(source, scenario)
    if scenario is None or not scenario.arms.get(arm):
        complaints.raise_if_any()  # nothing else can be looked up without them
    assert scenario is not None
    members, fixed = _members(source, scenario, arm)
    decisions = _decisions(source, scenarios, arm)
    compare = _compare(source, scenario)
    robust = _robust(source, scenarios, arm, decisions)
    goals = said["goals"] or ()
    _outcomes(source, goals)
    _pays(source, decisions, members)
    population, generations = _size(source)
    draws, fresh = _draws(source, scenario)
    complaints.raise_if_any()
    outcomes = tuple(dict.fromkeys((*scenario.outcomes, *(goal.outcome for goal in goals), "public_cost")))
    kept = dataclasses.replace(scenario, companions=(), outcomes=outcomes)
    return Search(
        name=document.name,
        title=said["title"] or {"en": document.name, "zh": document.name},
        question=" ".join(said["question"].split()),
        scenario=kept,
        arm=arm,
        members=members,
        fixed=fixed,
        decisions=decisions,
        goals=goals,
        budget=None if said["budget"] is None else float(said["budget"]),
        compare=compare,
        population=population,
        generations=generations,
        algorithm=said["algorithm"] or ("nsga2" if len(goals) <= models.MOST_GOALS_OF_NSGA2 else "nsga3"),
        shown=int(_or(said["front"], models.SHOWN.value)),
        draws=draws,
        fresh=fresh,
        seed=int(_or(said["seed"], 1)),
        robust=robust,
        time_limit_s=float(_or(said["time_limit_s"], TIME_LIMIT.value)),
        document=plain_document(document.root.plain()),
    )


def _or(said: Any, otherwise: Any) -> Any:
    return otherwise if said is None else said


_LINES = {
    "question": "say in one sentence what the search is to answer",
    "scenario": "it names the scenario file whose arm is searched",
    "arm": "it names the arm whose blocks are decided upon",
    "goals": "it says what is wanted: {earned_income: more, public_cost: less}",
}


def _needed(source: Source) -> None:
    for key, why in _LINES.items():
        if source.said[key] is None and key not in source.wrong:
            source.complaints.add((), f"this line is missing; {why}", name=key)


def _arm(source: Source, scenario: Scenario | None) -> str:
    arm = str(source.said["arm"] or "")
    if scenario is None or not arm:
        return arm
    if arm not in scenario.arms:
        known = [name for name in scenario.arms if name != NO_POLICY]
        hint = suggestion(arm, known) or f" (there are {listed(known)})"
        source.complaints.add(("arm",), f"there is no arm '{arm}'{hint}")
    elif not scenario.arms[arm]:
        source.complaints.add(("arm",), f"the arm '{arm}' has no block: there is nothing to decide")
    return arm


def _joined(scenario: Scenario, arm: str) -> tuple[str, ...]:
    """Arms that an arm joins by all_of; empty where it has blocks of its own."""
    written = scenario.document.get("arms", {}).get(arm)
    return tuple(written["all_of"]) if isinstance(written, Mapping) and written.get("all_of") else ()


def _members(source: Source, scenario: Scenario, arm: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Members that may be left out, and those that stay."""
    joined, said = _joined(scenario, arm), source.said["members"]
    if said is None:
        return (), joined
    if not joined:
        what = (
            f"the arm '{arm}' has blocks of its own and joins no arms; write it as {{all_of: [...]}}, or delete members"
        )
        source.complaints.add(("members",), what)
        return (), ()
    if said == models.EACH:
        return joined, ()
    for place, member in enumerate(said):
        if member not in joined:
            hint = suggestion(member, joined) or f" (it joins {listed(joined)})"
            source.complaints.add(("members", place), f"the arm '{arm}' does not join '{member}'{hint}")
    return tuple(m for m in joined if m in said), tuple(m for m in joined if m not in said)


def _decisions(source: Source, scenarios: Mapping[str, Scenario], arm: str) -> tuple[Factor, ...]:
    """Levers and budgets of the arm's blocks, by the path where each is written."""
    entries = source.document.root.plain().get("decisions")
    found = _factors(source, "decisions", entries, scenarios, (NO_POLICY, arm))
    origins = {block.origin for scenario in scenarios.values() for block in scenario.arms[arm]}
    for factor in found:
        for place, path in enumerate(factor.paths):
            if fault := _lever_fault(path, arm, origins):
                own = path != factor.name.replace("#1", "")
                where: Path = ("decisions", factor.name, "paths", place) if own else ("decisions", factor.name)
                source.complaints.add(where, fault, at_key=not own)
        if factor.declaration.sort == "shares" and factor.levels is None:
            what = "shares need levels: a list of mappings, of which the search takes one"
            source.complaints.add(("decisions", factor.name), what)
    not_set_too(source, found)
    return found


def _lever_fault(path: str, arm: str, origins: set[str]) -> str:
    """Why a path is nothing that can be decided in the arm; '' where it can."""
    if not path.startswith("arms."):
        return "only levers and budgets are decided upon; what nobody decides belongs under robust or set"
    block = ".".join(path.split(".")[:3])
    if block in origins:
        return ""
    stem = block.rpartition(".")[2]
    written = [origin for origin in sorted(origins) if origin.rpartition(".")[2] == stem]
    return f"the arm '{arm}' has no block written there" + (f"; write {written[0]}..." if written else "")


def _factors(
    source: Source, key: str, entries: Any, scenarios: Mapping[str, Scenario], arms: Sequence[str]
) -> tuple[Factor, ...]:
    """Entries read like the factors of an experiment; messages name the key of this file."""
    if entries is None:
        return ()
    return read_factors(entries, scenarios, arms, DRAWN, _Under(source.complaints, key))


class _Under(Complaints):
    """Complaints about factors, under the key that holds them in this file."""

    def __init__(self, complaints: Complaints, key: str) -> None:
        self._held, self._key = complaints, key.split(".")

    def add(self, path: Path, what: str, *, at_key: bool = False, name: str | None = None) -> None:
        self._held.add((*self._key, *path[1:]), what, at_key=at_key, name=name)


def _robust(source: Source, scenarios: Mapping[str, Scenario], arm: str, decisions: Sequence[Factor]) -> Robust | None:
    said: models.RobustSaid | None = source.said["robust"]
    if said is None:
        return None
    entries = source.document.root.plain()["robust"]["over"]
    as_list = isinstance(entries, list)
    factors = read_factors(
        said.over, scenarios, (NO_POLICY, arm), DRAWN, _Under(source.complaints, "robust" if as_list else "robust.over")
    )
    for factor in factors:
        if any(path.startswith(("arms.", "calendar.", "population.villages")) for path in factor.paths):
            what = f"{factor.name} is no unknown of the model: worlds vary parameters, forms and endowments"
            source.complaints.add(("robust", "over") if as_list else ("robust", "over", factor.name), what)
    not_set_too(source, factors)
    return Robust(factors, said.points, said.statistic, said.seed)


def _compare(source: Source, scenario: Scenario) -> tuple[str, ...]:
    """Arms as written that the front is compared with: those named, else the searched arm alone."""
    said = source.said["compare"]
    if said is None:
        return (str(source.said["arm"]),)
    for place, arm in enumerate(said):
        if arm not in scenario.arms:
            hint = suggestion(arm, scenario.arms) or f" (there are {listed(scenario.arms)})"
            if "@" in arm and arm in {c for a in scenario.arms for c in companions_of(scenario, a)}:
                hint = "; companions are not simulated in a search"
            source.complaints.add(("compare", place), f"there is no arm '{arm}'{hint}")
    return tuple(arm for arm in said if arm != NO_POLICY)


def _outcomes(source: Source, goals: Sequence[Goal]) -> None:
    """Goals and budgets that leave nothing to search for."""
    if source.said["budget"] == 0:
        source.complaints.add(("budget",), "with 0 万元 only no_policy is left; write more, or leave the line out")
    if goals and all(goal.outcome == "public_cost" for goal in goals):
        source.complaints.add(("goals",), "nothing but public_cost: the best package is none; add what it is for")


def _pays(source: Source, decisions: Sequence[Factor], members: Sequence[str]) -> None:
    if not decisions and not members and not source.wrong & {"decisions", "members"}:
        what = "nothing is decided; add decisions, or members: each where the arm joins others"
        source.complaints.add((), what, name="decisions")


def _size(source: Source) -> tuple[int, int]:
    """Candidates of a generation, and generations."""
    said = source.said
    population = int(_or(said["population"], models.POPULATION.value))
    if said["evaluations"] is None:
        return population, int(_or(said["generations"], models.GENERATIONS.value))
    if said["generations"] is not None:
        source.complaints.add(("evaluations",), "there are generations too; write one of the two", at_key=True)
    if said["evaluations"] < population:
        what = f"{said['evaluations']:g} are fewer than the {population} candidates of one generation; lower population"
        source.complaints.add(("evaluations",), what)
    return population, math.floor(said["evaluations"] / population)


def _draws(source: Source, scenario: Scenario) -> tuple[Draws, Draws]:
    """Draws of the search and of the evaluation afresh: never the same."""
    said = source.said
    seed = int(_or(said["draws_seed"], scenario.seed))
    replications = int(_or(said["replications"], 20))
    if replications < 2:
        source.complaints.add(("replications",), "one replication says nothing of chance; write 2 or more, 20 is usual")
    told = said["fresh"] or models.FreshSaid()
    fresh = seed + 1 if told.seed is None else int(told.seed)
    if fresh == seed:
        what = f"{fresh} is the seed of the search itself: what was chosen by these draws looks too good on them"
        source.complaints.add(("fresh", "seed"), what)
    return Draws(replications, seed), Draws(int(told.replications), fresh)
