"""Details of one mechanism or policy: its place in the quarter, files, rules, what it changes, its sources, an example."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sim import evidence
from sim.description.chinese import chinese
from sim.description.example import example
from sim.description.order import reasons
from sim.description.rules import ROOT, Rule, code
from sim.description.sections import Flow, Line, Section, sections
from sim.evidence import ASSUMPTION, Fact

_CITED = re.compile(r"\b(?:literature:[a-z0-9_]+|places:[\w]+(?:\.\w+)+)")


@dataclass(frozen=True)
class Details:
    """What is known beside the declarations. ``sources`` holds literature, ``reports`` what places reported."""

    order: str = ""
    reason: str = ""
    reason_zh: str = ""
    files: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()
    """State variables and their Chinese terms."""
    sets: tuple[tuple[str, str], ...] = ()
    """Parameters of mechanisms that a policy sets, and their Chinese terms."""
    sources: tuple[Fact, ...] = ()
    reports: tuple[Fact, ...] = ()
    example: str = ""
    called: tuple[tuple[str, str], ...] = ()
    """File and docstring of the modules whose rules the mechanism calls."""


def with_details(section: Section) -> Section:
    """The section with its details and the places of its declarations; costs of a policy among the facts."""
    section = located(section)
    if section.kind == "module":
        read = code(section.module)
        return dataclasses.replace(section, details=Details(files=_files(section, read.file), rules=read.rules))
    if section.kind not in ("mechanism", "policy"):
        sources, reports = _evidence(section)
        return dataclasses.replace(section, details=Details(sources=sources, reports=reports))
    read = code(section.module)
    sources, reports = _evidence(section)
    details = Details(
        files=(*_files(section, read.file), *(code(module).file for module in read.called)),
        rules=tuple(sorted((*read.rules, *read.calls), key=lambda rule: rule.name.startswith("_"))),
        changes=tuple((name, _state_terms()[name]) for name in read.changes),
        sources=sources,
        reports=reports,
        example=example(section),
        called=tuple((code(module).file, code(module).text) for module in read.called),
    )
    if section.kind == "mechanism":
        stems = list(reasons())
        details = dataclasses.replace(
            details,
            order=f"{stems.index(section.name) + 1}/{len(stems)}",
            reason=reasons()[section.name],
            reason_zh=chinese(f"schedule.{section.name}"),
        )
        return dataclasses.replace(section, details=details)
    details = dataclasses.replace(details, sets=tuple((name, _parameter_term(name)) for name in read.sets))
    flows = tuple(flow for flow in _all_flows() if flow.kind == section.name)
    return dataclasses.replace(section, details=details, flows=flows, facts=section.facts | _costs(section, flows))


def located(section: Section) -> Section:
    """The section with file and line of every declaration."""
    if not section.module:
        return section
    read = code(section.module)
    return dataclasses.replace(
        section,
        lines=tuple(
            dataclasses.replace(line, place=read.place(section.owner, line.path.rsplit(".", 1)[-1]))
            for line in section.lines
        ),
        flows=tuple(dataclasses.replace(flow, place=_flow_place(flow)) for flow in section.flows),
    )


def _flow_place(flow: Flow) -> str:
    return code(f"sim.mechanisms.{flow.mechanism}").place("Flows", flow.name)


def rules_naming(section: Section, lines: Iterable[Line]) -> tuple[Rule, ...]:
    """Functions of the section's mechanism or policy whose code names one of the lines; of any that changes a state."""
    names = {line.path.rsplit(".", 1)[-1] for line in lines}
    if section.kind in ("mechanism", "policy"):
        stems = {section.module, f"sim.mechanisms.{section.name}"} & set(_modules())
        return tuple(rule for module in sorted(stems) for rule in code(module).rules if rule.names & names)
    if section.kind == "state":
        changing = [module for module in _modules() if set(code(module).changes) & names]
        return tuple(rule for module in changing for rule in code(module).rules if rule.names & names)
    return ()


def _modules() -> tuple[str, ...]:
    return tuple(section.module for section in sections() if section.kind in ("mechanism", "policy"))


def _files(section: Section, file: str) -> tuple[str, ...]:
    """The file and its tests, those that are there: an installed package has no tests."""
    below, _, name = file.removeprefix("sim/").rpartition("/")
    tests = "/".join(filter(None, ("tests", below, f"test_{name}")))
    return (file, *(path for path in (tests,) if (ROOT / path).exists()))


def _all_flows() -> tuple[Flow, ...]:
    return tuple(dataclasses.replace(f, place=_flow_place(f)) for section in sections() for f in section.flows)


def _costs(section: Section, flows: Iterable[Flow]) -> dict[str, str]:
    """Public cost of a policy: its budget and the flows of its kind that public payers pay, with their price.

    The price of a flow ``staff`` is the parameter ``staff_time``, that of ``training`` is ``training_cost``.
    """
    lines = {line.path: line for other in sections() for line in other.lines}
    costs = ["budget"] if section.facts["takes a budget"] == "yes" else []
    for flow in flows:
        if flow.source == "payers":
            priced = (lines.get(f"parameters.{flow.mechanism}.{flow.name}_{of}") for of in ("time", "cost"))
            price = next(filter(None, priced), None)
            costs.append(flow.zh + (f" ({price.path} {price.value} {price.unit})" if price else ""))
    return {"public cost": "; ".join(costs) or "nothing"}


def _evidence(section: Section) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Facts behind the sources of the lines and those that the text cites: (literature, reports of places)."""
    keys = dict.fromkeys(part.strip() for line in section.lines for part in line.source.split(";"))
    keys |= dict.fromkeys(_CITED.findall(section.text))
    facts = [evidence.find(key) for key in keys if key and key != ASSUMPTION]
    reports = tuple(fact for fact in facts if fact.source.startswith("places:"))
    return tuple(fact for fact in facts if fact not in reports), reports


def _state_terms() -> dict[str, str]:
    return {line.path: line.zh for section in sections() if section.kind == "state" for line in section.lines}


def _parameter_term(name: str) -> str:
    """Of a parameter or form, the lever of the same name, or the flow of it."""
    terms = {f"{flow.mechanism}.{flow.name}": flow.zh for flow in _all_flows()}
    terms |= {line.path: line.zh for section in sections() for line in section.lines}
    paths = (f"parameters.{name}", f"forms.{name.rpartition('.')[2]}", f"arms.ARM.{name}", name)
    return next((terms[path] for path in paths if path in terms), "")
