"""From a merged document to a checked :class:`Scenario`, or to all that is wrong with it at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from sim.declare import Declaration
from sim.scenario import models
from sim.scenario.arms import Frame, check_arms
from sim.scenario.checks import Given
from sim.scenario.complaints import Complaints
from sim.scenario.declared import catalogue
from sim.scenario.document import DETAILS, Document, is_number
from sim.scenario.problems import Path, number
from sim.scenario.read import Entry, Node
from sim.scenario.scenario import Calendar, PopulationSpec, Scenario
from sim.scenario.structure import COMPANIONS

NEEDLESS = (("villages",), ("people", "mean"), ("people", "log_sd"))
"""What every village file decides, below ``population``: its rows are the villages, and people are never drawn."""


def validate(document: Document) -> Scenario:
    """Check everything in a document. Raises :class:`ScenarioErrors` with one line an error."""
    complaints = Complaints(document)
    sections, wrong = complaints.sections(models.scenario_model())
    calendar = None if "calendar" in wrong else _calendar(sections["calendar"])
    population = None if "population" in wrong else _population(document, sections["population"], complaints)
    size = (population.villages, population.council_count) if population else (None, None)
    frame = Frame(calendar, *size)
    _own_ranges(document.root, (), complaints)
    arms, levers = check_arms(document.root, frame, complaints)
    complaints.raise_if_any()
    assert calendar is not None
    assert population is not None
    if population.file is not None:
        document.root = _without_needless(document.root, population)
        sections, _ = complaints.sections(models.scenario_model())
    given = _given(sections) | levers
    kinds, allocation = sections["companions"] or (tuple(COMPANIONS), "equal")
    return Scenario(
        name=document.name,
        title=sections["title"] or {"en": document.name, "zh": document.name},
        population=population,
        calendar=calendar,
        parameters=_quantities(sections),
        forms=_forms(sections),
        weights=_weights(sections),
        arms=arms,
        companions=kinds,
        companion_allocation=allocation,
        outcomes=tuple(catalogue().outcomes) if sections["outcomes"] is None else sections["outcomes"],
        replications=int(_number(sections["run"], "replications", "run")),
        seed=int(_number(sections["run"], "seed", "run")),
        ranges={path: said.range for path, said in given.items() if said.range},
        sources={path: said.source for path, said in given.items() if said.source},
        record_accounts_of=_recorded(models.values(sections["record"])),
        document=_plain(document, population),
        folder=str(document.folder),
    )


def _own_ranges(node: Node, path: Path, complaints: Complaints) -> None:
    """Values outside the range written beside them. A range of another file may be left behind: the value counts."""
    below: dict[str | int, Node] = {}
    if isinstance(node.value, dict):
        below = {key: entry.node for key, entry in node.value.items()}
    elif isinstance(node.value, tuple):
        below = dict(enumerate(node.value))
    for key, inner in below.items():
        _own_ranges(inner, (*path, key), complaints)
    if not {"value", "range"} <= below.keys() <= set(DETAILS):
        return
    value, ends = below["value"], below["range"].value
    beside = value.position.line > 0 and value.position.file == below["range"].position.file
    if not (beside and is_number(value) and isinstance(ends, tuple) and len(ends) == 2 and all(map(is_number, ends))):
        return
    low, high, chosen = (float(item.value) for item in (*ends, value))  # type: ignore[arg-type]
    declared = catalogue().at(".".join(str(part) for part in path))
    if declared is not None and declared.value == chosen:
        # What is off by default stands at its zero, outside the range of what is plausible once it is on.
        return
    if not low <= chosen <= high and low <= high:
        what = f"{number(chosen)} is outside its own range [{number(low)}, {number(high)}]; change one of them"
        complaints.add((*path, "value"), what)


def _without_needless(root: Node, population: PopulationSpec) -> Node:
    """What a village file decides is left out: it speaks of another place where it was inherited."""
    paths = NEEDLESS if population.council_rule != "file" else (*NEEDLESS, ("councils", "count"))
    for path in paths:
        root = _without(root, ("population", *path))
    return root


def _without(node: Node, path: tuple[str, ...]) -> Node:
    if not isinstance(node.value, dict) or path[0] not in node.value:
        return node
    kept = dict(node.value)
    entry = kept.pop(path[0])
    if len(path) > 1:
        kept[path[0]] = Entry(entry.key, _without(entry.node, path[1:]))
    return Node(kept if len(path) == 1 else {key: kept[key] for key in node.value}, node.position)


def _plain(document: Document, population: PopulationSpec) -> dict[str, Any]:
    """The document as it goes to the manifest; a village file inherited from elsewhere is named from this folder."""
    plain: dict[str, Any] = document.root.plain()
    if population.file is not None:
        plain["population"]["file"] = os.path.relpath(population.file, document.folder)
    return plain


# ---- calendar and place


def _number(section: models.Strict, name: str, where: str) -> float:
    said = models.values(section)[name]
    declared = catalogue().sections[where][name].value
    assert isinstance(declared, float)
    return declared if said is None or said.value is None else float(said.value)


def _calendar(section: models.Strict) -> Calendar:
    return Calendar(**{name: int(_number(section, name, "calendar")) for name in catalogue().sections["calendar"]})


def _population(document: Document, section: models.Strict, complaints: Complaints) -> PopulationSpec | None:
    """Size of the place; None where the file contradicts itself."""
    values = models.values(section)
    councils = models.values(values["councils"])
    rule = councils["rule"] or catalogue().sections["population.councils"]["rule"].value
    tail = models.values(values["assets"])["tail"] or catalogue().groups["assets"]["tail"].value
    villages = int(_number(section, "villages", "population"))
    count = int(_number(values["councils"], "count", "population.councils"))
    file = None
    if values["file"] is not None:
        found = _village_file(document, values, complaints)
        if found is None:
            return None
        file, villages, labels = found
        said = [key for key in ("rule", "count") if councils[key] is not None]
        if not any(_outweighs_the_file(document, complaints, key) for key in said):
            # Labels in the file are meant, unless whoever names the file says otherwise.
            rule = "file" if labels else rule
            count = max(1, round(villages / VILLAGES_A_COUNCIL))
        if rule == "file":
            count = labels
            if not labels:
                what = f"rule file needs a column council in {values['file']}"
                complaints.add(("population", "councils", "rule"), what)
    elif rule == "file":
        complaints.add(("population", "councils", "rule"), "rule file needs population.file, a CSV of the villages")
    if count > villages:
        what = f"{count} councils for {villages} villages; at most one council a village"
        size = ("population", "villages" if file is None else "file")
        complaints.add(complaints.written_last(("population", "councils", "count"), size), what)
        return None
    return PopulationSpec(villages, str(rule), count, str(tail), file)


VILLAGES_A_COUNCIL = 4
"""Of a village file about whose councils nothing is said (places:tianqiao.structure: 27 villages in 7 councils)."""


def _outweighs_the_file(document: Document, complaints: Complaints, key: str) -> bool:
    """Whether the councils' rule or count is written where the village file is named, or in a file that extends that one."""
    named, said = (complaints.position(("population", *path)).file for path in (("file",), ("councils", key)))
    order = document.files  # the file on the command line first, then what it extends
    return said not in order or named not in order or order.index(said) <= order.index(named)


def _village_file(document: Document, values: Mapping[str, Any], complaints: Complaints) -> tuple[str, int, int] | None:
    """Path that opens, number of villages and of councils in a researcher's CSV; None where it cannot be used."""
    from sim.population import VillageFileError, read_villages

    position = complaints.position(("population", "file"))
    folder = FilePath(position.file).parent if position.line else document.folder
    name = values["file"]
    if FilePath(name).is_absolute():
        complaints.add(("population", "file"), f"'{name}' is an absolute path; name the file relative to this one")
        return None
    path = folder / name
    if not path.is_file():
        complaints.add(("population", "file"), f"the file '{name}' does not exist (looked in {folder})")
        return None
    try:
        villages = read_villages(path)
    except VillageFileError as error:
        complaints.add_lines(error.messages)
        return None
    size = complaints.position(("population", "villages"))
    said = values["villages"]
    own = size.file == position.file or size.file.startswith("--set")
    if said and said.value is not None and own and said.value != len(villages):
        what = f"{number(said.value)} villages, but {name} has {len(villages)}; leave population.villages out"
        complaints.add(("population", "villages"), what)
        return None
    return str(path), len(villages), len({label for label in villages.council or () if label})


# ---- values by key, silence filled in from the declarations


def _declared(sections: Mapping[str, Any]) -> list[tuple[str, str, Declaration, Any]]:
    """(key of a scenario, full path, declaration, what the file says) of mechanisms and population groups."""
    known = catalogue()
    found = []
    for owners, part, prefix in (
        (known.mechanisms, "parameters", ""),
        (known.groups, "population", "population."),
    ):
        said = models.values(sections[part])
        for owner, fields in owners.items():
            values = models.values(said[owner]) if owner in said else {}
            for name, declaration in fields.items():
                key = f"{prefix}{owner}.{name}"
                path = key if prefix else f"parameters.{key}"
                found.append((key, path, declaration, values.get(name)))
    return found


def _quantities(sections: Mapping[str, Any]) -> dict[str, float]:
    return {
        key: float(declaration.value if said is None or said.value is None else said.value)  # type: ignore[arg-type]
        for key, _, declaration, said in _declared(sections)
        if declaration.sort == "quantity"
    }


def _weights(sections: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    return {
        key: dict(declaration.value if said is None else said)  # type: ignore[arg-type]
        for key, _, declaration, said in _declared(sections)
        if declaration.sort == "shares"
    }


def _forms(sections: Mapping[str, Any]) -> dict[str, str]:
    said = models.values(sections["forms"])
    return {name: said[name] or str(declaration.value) for name, declaration in catalogue().forms.items()}


def _given(sections: Mapping[str, Any]) -> dict[str, Given]:
    """What the file says beyond values, by full path."""
    given = {path: said for _, path, _, said in _declared(sections) if isinstance(said, Given)}
    for where, fields in catalogue().sections.items():
        section: Any = sections[where.partition(".")[0]]
        if "." in where:
            section = models.values(section)[where.partition(".")[2]]
        values = models.values(section)
        given |= {f"{where}.{name}": values[name] for name in fields if isinstance(values[name], Given)}
    return given


def _recorded(record: Mapping[str, Any]) -> tuple[int, ...]:
    """Replications whose accounts are kept by single village: the first one where no sample is named."""
    if record["accounts"] != "entity":
        return ()
    return (0,) if record["sample"] is None else tuple(record["sample"])
