"""Finding by name 查找: sections, or the lines, flows and rules that have exactly the name asked for."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from sim.description.chinese import with_chinese
from sim.description.details import Details, located, rules_naming, with_details
from sim.description.rules import Rule, code
from sim.description.sections import Flow, Line, Section, modules, sections
from sim.scenario.problems import listed

NEAR = 3
"""Names that a message guesses at most."""
WITH_STEM = ("mechanism", "policy")


def find(name: str) -> tuple[Section, ...]:
    """The sections with this name, or those that hold it, cut down to it; nothing where there is none.

    A name is a stem, a path, the last part of one, a lever, an option, an outcome, a state variable, a kind of flow, a
    rule's function, or the Chinese term of one of these.
    """
    for spelled in dict.fromkeys((name, re.sub("[ -]+", "_", name.strip().lower()))):
        everything = sections()
        whole = _named(everything, spelled)
        if whole:
            return tuple(with_chinese(with_details(section)) for section in whole)
        cut = _all_cut(everything, {spelled})
        if cut and spelled != name:  # words in plain English mean all that has the Chinese term of what they name
            cut = _all_cut(everything, {spelled, *(line.zh for section in cut for line in section.lines)})
        called = [module for module in modules() if spelled in (module.name, module.zh)]
        if called or cut:
            return (*(with_chinese(with_details(module)) for module in called), *cut)
    return ()


def _all_cut(everything: tuple[Section, ...], names: AbstractSet[str]) -> tuple[Section, ...]:
    cut = (_cut(with_chinese(located(section)), names) for section in everything)
    return tuple(section for section in cut if section)


def nearest(name: str) -> str:
    """``nothing is called 'x'; did you mean 'y'?``, in one line."""
    words = {word.casefold(): word for word in _all_names()}
    folded = re.sub("[ -]+", "_", name.casefold())
    near = difflib.get_close_matches(folded, words, n=NEAR, cutoff=0.6)
    best = [word for word in near if difflib.SequenceMatcher(None, folded, word).ratio() > 0.8] or near
    guess = f"; did you mean {listed(repr(words[word]) for word in best)}?" if best else ""
    return f"nothing is called '{name}'{guess}"


def _named(everything: tuple[Section, ...], name: str) -> list[Section]:
    """Sections of this name or Chinese term; mechanism and policy of a stem together."""
    named = [s for s in everything if name in (s.name, f"{s.kind}.{s.name}", s.zh)]
    stems = {s.name for s in named if s.kind in WITH_STEM and name == s.zh}
    return [s for s in everything if s in named or (s.kind in WITH_STEM and s.name in stems)]


def _all_names() -> Iterator[str]:
    for section in sections():
        yield from (section.name, section.zh)
        for line in section.lines:
            yield from (line.path, line.path.removeprefix("parameters."), line.path.rsplit(".", 1)[-1], line.zh)
            yield from line.also
        for flow in section.flows:
            yield from (flow.kind, flow.zh)
        if section.kind in WITH_STEM:
            yield from (rule.name for rule in code(section.module).rules)
    yield from (module.name for module in modules())


def _cut(section: Section, names: AbstractSet[str]) -> Section | None:
    """Only what one of the names means, None where that is nothing."""
    lines = tuple(line for line in section.lines if any(_means(line, name) for name in names))
    flows = tuple(flow for flow in section.flows if any(_means_flow(flow, name) for name in names))
    rules = tuple(rule for name in sorted(names) for rule in _rules(section, name))
    if not (lines or flows or rules):
        return None
    using = tuple(rule for rule in rules_naming(section, lines) if rule not in rules) if lines else ()
    details = Details(rules=rules + using)
    return dataclasses.replace(
        section, lines=lines, flows=flows, text=section.text.split("\n")[0], details=details, facts={}
    )


def _rules(section: Section, name: str) -> tuple[Rule, ...]:
    if section.kind not in WITH_STEM or name in ("step", "adjust"):
        return ()
    return tuple(rule for rule in code(section.module).rules if rule.name.lstrip("_") == name.lstrip("_"))


def _means(line: Line, name: str) -> bool:
    last = line.path.rsplit(".", 1)[-1]
    return name in (
        line.path,
        line.path.removeprefix("parameters."),
        last,
        line.zh,
        *line.options,
        *_terms(line),
        *line.also,
    ) or (line.path.startswith("arms.ARM.") and _is_lever(line.path.removeprefix("arms.ARM."), name))


def _terms(line: Line) -> Iterator[str]:
    """Chinese words at the end of an option's meaning: ``by money paid in 按股``."""
    for meaning in line.options.values():
        yield from re.findall(r"[\u4e00-\u9fff]+", meaning)


def _means_flow(flow: Flow, name: str) -> bool:
    return name in (flow.kind, flow.name, flow.zh, f"{flow.mechanism}.{flow.name}")


def _is_lever(lever: str, name: str) -> bool:
    """``funding_pool.match`` and ``arms.pool.funding_pool.match`` mean ``arms.ARM.funding_pool.match``."""
    return name == lever or (name.startswith("arms.") and re.sub("#[0-9]+", "", name.split(".", 2)[-1]) == lever)
