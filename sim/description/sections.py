"""Every name a scenario can use, gathered from the declarations for people to read: sections of lines and flows."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.accounts import flow_declarations
from sim.declare import Declaration
from sim.description.rules import ELSEWHERE, code
from sim.measures import MEASURES, REFERENCES, headings
from sim.scenario import structure
from sim.scenario.declared import Catalogue, catalogue
from sim.scenario.problems import number

if TYPE_CHECKING:
    from sim.description.details import Details


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
    meaning_zh: str = ""
    """Filled by chinese.with_chinese, as ``options_zh``."""
    options_zh: dict[str, str] = field(default_factory=dict)
    place: str = ""
    """``file:line`` of the declaration, filled by details.located."""
    also: tuple[str, ...] = ()
    """What else it is called: headings of the table on the screen."""


@dataclass(frozen=True)
class Flow:
    """A kind of payment: which mechanism posts it, between which accounts, into which column of income."""

    mechanism: str
    name: str
    source: str
    target: str
    kind: str
    income: str
    zh: str
    meaning: str
    meaning_zh: str = ""
    place: str = ""


@dataclass(frozen=True)
class Section:
    """A mechanism, a policy, a group of the population or a list: what is said of it and its lines."""

    name: str
    kind: str
    zh: str
    text: str
    lines: tuple[Line, ...]
    flows: tuple[Flow, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    module: str = ""
    """Module in which the lines are declared, and its class."""
    owner: str = ""
    summary_zh: str = ""
    """Filled by chinese.with_chinese."""
    details: Details | None = None
    """Filled by details.with_details where one section was asked for."""

    @property
    def summary(self) -> str:
        """The first paragraph of the text without the name in front of it."""
        paragraph = " ".join(self.text.split("\n\n")[0].split())
        name, colon, rest = paragraph.partition(": ")
        return rest if colon and self.zh.split("、")[0] in name else paragraph


def sections() -> tuple[Section, ...]:
    """Everything, mechanisms in the order of a quarter first."""
    known = catalogue()
    return (
        *(_mechanism(known, stem) for stem in known.mechanisms),
        *(_policy(known, name) for name in known.policies),
        *_population(known),
        *_settings(known),
        _outcomes(known),
        _answer(),
        _state(),
    )


def modules() -> tuple[Section, ...]:
    """Modules with rules that are neither a mechanism's nor a policy's, as sections without declarations."""
    return tuple(_module(name) for name in ELSEWHERE)


def _module(module: str) -> Section:
    text = code(module).text
    term = text.split("\n")[0].partition(":")[0]
    zh = "".join(re.findall("[\u4e00-\u9fff]+", term))
    return Section(module.removeprefix("sim."), "module", zh, text, (), module=module)


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
    flows = tuple(Flow(mechanism=stem, **vars(declared)) for declared in flow_declarations(module.Flows))
    text = _text(module)
    return Section(stem, "mechanism", module.ZH, text, tuple(lines), flows, module=module.__name__, owner="Parameters")


def _policy(known: Catalogue, name: str) -> Section:
    module = known.policy(name)
    lines = tuple(line(f"arms.ARM.{name}.{lever}", d) for lever, d in known.policies[name].items())
    facts = {
        "payers": ", ".join(module.PAYERS),
        "takes a budget": "yes" if module.TAKES_BUDGET else "no",
        "needs in the same arm": ", ".join(module.REQUIRES) or "nothing",
        "does nothing at": " and ".join(f"{lever} {_zero(value)}" for lever, value in module.ZERO.items()),
    }
    return Section(name, "policy", module.ZH, _text(module), lines, facts=facts, module=module.__name__, owner="Levers")


def _zero(value: Any) -> str:
    return number(value) if isinstance(value, (int, float)) else str(value)


def _population(known: Catalogue) -> Iterator[Section]:
    from sim.population import GROUPS, GROUPS_ZH

    for name, declared in known.groups.items():
        lines = tuple(line(f"population.{name}.{key}", d) for key, d in declared.items())
        group = GROUPS[name]
        text, module = _text(group), group.__module__
        yield Section(name, "population", GROUPS_ZH[name], text, lines, module=module, owner=group.__name__)


def _settings(known: Catalogue) -> Iterator[Section]:
    zh = {"calendar": "时间安排", "population": "规模", "population.councils": "片区划分", "run": "运行"}
    module = structure.__name__
    for name, declared in known.sections.items():
        lines = tuple(line(f"{name}.{key}", d) for key, d in declared.items())
        owner = structure.SECTIONS[name]
        yield Section(name, "settings", zh[name], _text(owner), lines, module=module, owner=owner.__name__)
    lines = (line("arms.ARM.POLICY.budget.per_year", known.budget),)
    yield Section("budget", "settings", "预算", _text(structure.Budget), lines, module=module, owner="Budget")


def _outcomes(known: Catalogue) -> Section:
    lines = tuple(
        Line(o.name, o.zh, unit=o.unit, meaning=o.meaning, also=headings(o.name)) for o in known.outcomes.values()
    )
    text = "Outcomes: what is measured, the names under outcomes."
    return Section("outcomes", "outcomes", "结果指标", text, lines, module="sim.outcomes")


def _answer() -> Section:
    lines = [Line(m.name, m.zh, unit=m.unit, meaning=m.meaning, also=headings(m.name)) for m in MEASURES.values()]
    lines += [Line(r.name, r.label.zh, meaning=r.meaning, also=(r.label.en,)) for r in REFERENCES]
    text = "The answer: what a comparison of arms adds to the outcomes, and the companions it compares with."
    return Section("answer", "answer", "比较结果", text, tuple(lines), module="sim.measures")


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
    text = "State variables of all entities."
    return Section("state", "state", "状态变量", text, lines, module="sim.state", owner="State")


def _text(documented: Any) -> str:
    return inspect.cleandoc(documented.__doc__ or "")
