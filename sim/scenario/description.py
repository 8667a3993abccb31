"""What the code knows of every name a scenario can use, gathered from the declarations for people to read."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim.accounts import FlowDeclaration, flow_declarations
from sim.declare import Declaration
from sim.scenario import structure
from sim.scenario.declared import Catalogue, catalogue
from sim.scenario.problems import ScenarioErrors, number, suggestion

KINDS_ZH = {
    "mechanism": "机制",
    "policy": "政策工具",
    "population": "初始村庄",
    "settings": "设置",
    "outcomes": "结果指标",
    "state": "状态变量",
}


@dataclass(frozen=True)
class Line:
    """One declared name, as text: path in a scenario, Chinese term, value, unit, bounds, prior, source, meaning."""

    path: str
    zh: str
    value: str = ""
    unit: str = ""
    bounds: str = ""
    prior: str = ""
    source: str = ""
    meaning: str = ""
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A mechanism, a policy, a group of the population or a list: what is said of it and its lines."""

    name: str
    kind: str
    zh: str
    text: str
    lines: tuple[Line, ...]
    flows: tuple[FlowDeclaration, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)


def sections() -> tuple[Section, ...]:
    """Everything, mechanisms in the order of a quarter first."""
    known = catalogue()
    return (
        *(_mechanism(known, stem) for stem in known.mechanisms),
        *(_policy(known, name) for name in known.policies),
        *_population(known),
        *_settings(known),
        _outcomes(known),
        _state(),
    )


def find(name: str) -> tuple[Section, ...]:
    """The sections with this name, or those that hold a path or bare name, cut down to it.

    Raises :class:`ScenarioErrors` with the nearest name where there is none.
    """
    everything = sections()
    named = tuple(s for s in everything if name in (s.name, f"{s.kind}.{s.name}") or name == s.zh)
    cut = tuple(_cut(s, name) for s in everything) if not named else ()
    found = named or tuple(s for s in cut if s.lines)
    if not found:
        words = dict.fromkeys(word for s in everything for word in (s.name, *_names(s)))
        raise ScenarioErrors([f"nothing is called '{name}'{suggestion(name, words)}"])
    return found


def _names(section: Section) -> Iterator[str]:
    for line in section.lines:
        yield from (line.path, line.path.removeprefix("parameters."), line.path.rsplit(".", 1)[-1])


def _cut(section: Section, name: str) -> Section:
    """Only the lines that the name means."""
    kept = tuple(
        line
        for line in section.lines
        if name in (line.path, line.path.removeprefix("parameters."), line.path.rsplit(".", 1)[-1], line.zh)
        or _is_lever(line.path, name)
    )
    return dataclasses.replace(section, lines=kept, flows=(), text=section.text.split("\n")[0])


def _is_lever(path: str, name: str) -> bool:
    """``funding_pool.match`` and ``arms.pool.funding_pool.match`` mean ``arms.ARM.funding_pool.match``."""
    if not path.startswith("arms.ARM."):
        return False
    lever = path.removeprefix("arms.ARM.")
    return name == lever or (name.startswith("arms.") and re.sub("#[0-9]+", "", name.split(".", 2)[-1]) == lever)


def line(path: str, declaration: Declaration) -> Line:
    """One declaration as text."""
    low, high = (number(end) for end in declaration.bounds)
    least, most = (number(end) for end in declaration.prior)
    is_number = declaration.sort == "quantity"
    return Line(
        path=path,
        zh=declaration.zh,
        value=_value(declaration.value),
        unit=declaration.unit if declaration.sort != "choice" else "",
        bounds=f"{low} to {high}" if is_number else "",
        prior=f"{least} to {most}" if is_number else "",
        source=declaration.source,
        meaning=declaration.meaning,
        options=dict(declaration.options),
    )


def _value(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    return value if isinstance(value, str) else ", ".join(f"{part} {number(share)}" for part, share in value.items())


def _mechanism(known: Catalogue, stem: str) -> Section:
    module = known.mechanism(stem)
    lines = [line(f"parameters.{stem}.{name}", d) for name, d in known.mechanisms[stem].items()]
    lines += [line(f"forms.{name}", d) for name, d in known.forms.items() if known.form_owner[name] == stem]
    return Section(stem, "mechanism", module.ZH, _text(module), tuple(lines), flow_declarations(module.Flows))


def _policy(known: Catalogue, name: str) -> Section:
    module = known.policy(name)
    lines = [line(f"arms.ARM.{name}.{lever}", d) for lever, d in known.policies[name].items()]
    facts = {
        "payers": ", ".join(module.PAYERS),
        "takes a budget": "yes" if module.TAKES_BUDGET else "no",
        "needs in the same arm": ", ".join(module.REQUIRES) or "nothing",
        "does nothing at": ", ".join(f"{lever} {_zero(value)}" for lever, value in module.ZERO.items()),
    }
    return Section(name, "policy", module.ZH, _text(module), tuple(lines), facts=facts)


def _zero(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) else str(value)


def _population(known: Catalogue) -> Iterator[Section]:
    from sim.population import GROUPS, GROUPS_ZH

    for group, declared in known.groups.items():
        lines = tuple(line(f"population.{group}.{name}", d) for name, d in declared.items())
        yield Section(group, "population", GROUPS_ZH[group], _text(GROUPS[group]), lines)


def _settings(known: Catalogue) -> Iterator[Section]:
    zh = {"calendar": "时间安排", "population": "规模", "population.councils": "片区划分", "run": "运行"}
    for name, declared in known.sections.items():
        lines = tuple(line(f"{name}.{key}", d) for key, d in declared.items())
        yield Section(name, "settings", zh[name], _text(structure.SECTIONS[name]), lines)
    budget = line("arms.ARM.POLICY.budget.per_year", known.budget)
    yield Section("budget", "settings", "预算", _text(structure.Budget), (budget,))


def _outcomes(known: Catalogue) -> Section:
    lines = tuple(Line(o.name, o.zh, unit=o.unit, meaning=o.meaning) for o in known.outcomes.values())
    return Section("outcomes", "outcomes", "结果指标", "Outcomes: what is measured, the names under outcomes.", lines)


def _state() -> Section:
    from sim.state import State

    lines = tuple(
        Line(
            f.name,
            f.metadata["zh"],
            unit=f.metadata["unit"],
            meaning=f"{f.metadata['entity']}: {f.metadata['meaning']}",
        )
        for f in dataclasses.fields(State)
    )
    return Section("state", "state", "状态变量", "State variables of all entities.", lines)


def _text(documented: Any) -> str:
    return inspect.cleandoc(documented.__doc__ or "")
