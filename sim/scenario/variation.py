"""A scenario with some values changed, for sweeps: quick, because the YAML is not read again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sim.declare import Declaration
from sim.scenario import checks
from sim.scenario.checks import Given
from sim.scenario.declared import catalogue
from sim.scenario.problems import Problem, ScenarioErrors
from sim.scenario.scenario import Block, Position, Scenario


def vary(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with values put at paths as error messages print them.

    Values of quantities, forms, shares, levers and budgets are checked against their declarations and patched in
    (well under a millisecond), and so is an arm ``all_of`` others that is to join fewer of them (``arms.package``:
    ``{"all_of": [...]}``); any other path (calendar, size of the place, scope, years) goes through the whole
    check. A change to a block reaches the arms that join it by ``all_of``; shares are given as a whole mapping.
    Raises :class:`ScenarioErrors` with one line for every change that cannot be made.
    """
    fewer = {path: members for path, value in changes.items() if (members := _fewer(scenario, path, value)) is not None}
    for path, members in fewer.items():
        scenario = _joining(scenario, path.split(".")[1], members)
    changes = {path: value for path, value in changes.items() if path not in fewer}
    quick = {path: declaration for path in changes if (declaration := _declaration(scenario, path))}
    if len(quick) < len(changes):
        scenario = _slowly(scenario, {path: value for path, value in changes.items() if path not in quick})
    checked, messages = {}, []
    for path, declaration in quick.items():
        try:
            checked[path] = _checked(declaration, changes[path])
        except checks.Refused as error:
            faults = checks.faults_of(error)
            messages += [str(Problem(Position(f"--set {path}"), path, what)) for _, what in faults]
    if messages:
        raise ScenarioErrors(messages)
    return _patched(scenario, quick, checked)


def _declaration(scenario: Scenario, path: str) -> Declaration | None:
    """What is declared at a path that can be patched; None where the whole check is needed."""
    first, _, rest = path.partition(".")
    if first in ("calendar", "run") or path.startswith(
        ("population.villages", "population.councils", "population.file")
    ):
        return None
    if first != "arms":
        return catalogue().at(path)
    arm, _, rest = rest.partition(".")
    name = rest.partition(".")[0].removesuffix("#1")
    written = any(block.path == block.origin == f"arms.{arm}.{name}" for block in scenario.arms.get(arm, ()))
    return catalogue().at(path) if written else None


def _fewer(scenario: Scenario, path: str, value: Any) -> list[str] | None:
    """The members that are left of an arm that joins others; None where the change is another one.

    Whatever part of a package is taken, it is right: each member is an arm that was checked, and so has what its policies
    require, and blocks that do not clash in the whole do not clash in a part.
    """
    section, _, arm = path.partition(".")
    written = scenario.document.get("arms", {}) if section == "arms" and isinstance(value, Mapping) else {}
    held = written.get(arm)
    if not isinstance(held, Mapping) or list(value) != ["all_of"] or not isinstance(value["all_of"], list | tuple):
        return None
    members = list(value["all_of"])
    also_in_others = any(isinstance(other, Mapping) and arm in other.get("all_of", ()) for other in written.values())
    wrong = len(set(map(str, members))) < len(members) or any(member not in held["all_of"] for member in members)
    return None if wrong or also_in_others else members


def _joining(scenario: Scenario, arm: str, members: list[str]) -> Scenario:
    """The scenario whose arm joins these arms."""
    counts: dict[str, int] = {}
    blocks = []
    for block in (block for member in members for block in scenario.arms[member]):
        counts[block.policy] = counts.get(block.policy, 0) + 1
        label = block.policy if counts[block.policy] == 1 else f"{block.policy}#{counts[block.policy]}"
        blocks.append(dataclasses.replace(block, path=f"arms.{arm}.{label}"))
    arms = {**scenario.document["arms"], arm: {"all_of": members}}
    return dataclasses.replace(
        scenario, arms={**scenario.arms, arm: tuple(blocks)}, document={**scenario.document, "arms": arms}
    )


def _checked(declaration: Declaration, value: Any) -> Any:
    found = checks.declared(declaration, value)
    return found.value if isinstance(found, Given) else found


def _slowly(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Through the document and the whole check."""
    from sim.scenario.resolve import from_mapping
    from sim.scenario.settings import put
    from sim.scenario.validate import validate

    folder = scenario.folder or "."
    document = from_mapping(scenario.document, scenario.name, folder)
    for path, value in changes.items():
        put(document, path, value)
    return validate(document)


def _patched(scenario: Scenario, declared: Mapping[str, Declaration], values: Mapping[str, Any]) -> Scenario:
    parameters, forms = dict(scenario.parameters), dict(scenario.forms)
    weights, arms = dict(scenario.weights), dict(scenario.arms)
    document: dict[str, Any] = dict(scenario.document)
    population = scenario.population
    for path, value in values.items():
        first, _, rest = path.partition(".")
        key = rest if first == "parameters" else path
        if first == "arms":
            arms = {name: tuple(_with(block, path, value) for block in blocks) for name, blocks in arms.items()}
        elif first == "forms":
            forms[rest] = value
        elif declared[path].sort == "shares":
            weights[key] = value
        elif declared[path].sort == "choice":
            population = dataclasses.replace(population, tail=value)
        else:
            parameters[key] = value
        document = _written(document, path, value)
    kept = {path: source for path, source in scenario.sources.items() if path not in values}
    return dataclasses.replace(
        scenario,
        sources=kept,
        parameters=parameters,
        forms=forms,
        weights=weights,
        arms=arms,
        population=population,
        document=document,
    )


def _with(block: Block, path: str, value: Any) -> Block:
    """The block with a lever or its budget changed, if the path is about it."""
    policy, lever = _split(path)
    if policy not in (block.path, block.origin):
        return block
    if lever == "budget.per_year":
        return dataclasses.replace(block, budget=value)
    return dataclasses.replace(block, levers={**block.levers, lever: value})


def _split(path: str) -> tuple[str, str]:
    _, arm, policy, lever = path.split(".", 3)
    return f"arms.{arm}.{policy.removesuffix('#1')}", lever


def _written(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the document with the value put in place; what is not on the path is shared."""
    parts = path.split(".")
    if parts[0] != "arms":
        return _placed(document, parts, value)
    blocks = list(document["arms"][parts[1]])
    place = _place(blocks, parts[2])
    blocks[place] = _placed(blocks[place], parts[3:], value)
    return {**document, "arms": {**document["arms"], parts[1]: blocks}}


def _place(blocks: list[dict[str, Any]], name: str) -> int:
    policy, _, nth = name.partition("#")
    places = [place for place, block in enumerate(blocks) if block["policy"] == policy]
    return places[int(nth or 1) - 1]


def _placed(mapping: Any, parts: list[str], value: Any) -> dict[str, Any]:
    held = dict(mapping or {})
    below = held.get(parts[0])
    if len(parts) > 1:
        held[parts[0]] = _placed(below, parts[1:], value)
    elif isinstance(below, dict) and "value" in below:
        kept = {key: said for key, said in below.items() if key not in ("source", "note")}
        held[parts[0]] = {**kept, "value": value}
    else:
        held[parts[0]] = value
    return held
