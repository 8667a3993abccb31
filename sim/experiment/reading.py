"""The way in: an experiment file, or the plain document of one, to a checked :class:`Experiment`."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.companions import companions_of, judged
from sim.experiment import coalitions, models
from sim.experiment.designs import LARGEST
from sim.experiment.experiment import DesignPoint, Experiment, Factor, Replications, Until
from sim.experiment.factors import read_factors
from sim.experiment.points import designed, points_of, size
from sim.experiment.points_file import PointsFileError, Rows, paths_of, read_rows, values_of
from sim.experiment.values import as_written
from sim.outcomes import SAME_MONEY
from sim.scenario import read, resolve
from sim.scenario.complaints import Complaints
from sim.scenario.declared import all_paths
from sim.scenario.document import DETAILS, Document, expand_dots
from sim.scenario.own import Placed, Policy, Registered, known
from sim.scenario.problems import Path, Problem, ScenarioErrors, listed, shown, suggestion
from sim.scenario.read import Node
from sim.scenario.scenario import NO_POLICY, Position, Scenario
from sim.scenario.settings import put_all
from sim.scenario.variation import vary

KIND = "an experiment"
COALITIONS = "coalitions"
TRIED = 300
"""Design points that are tried before anything runs, of those that differ in more than single values."""


def load_experiment(
    path: str | os.PathLike[str], *, policies: Iterable[Policy] = (), mechanisms: Iterable[Placed] = ()
) -> Experiment:
    """Read and check an experiment file.

    ``policies`` and ``mechanisms`` are modules of one's own that its scenarios may name. Raises
    :class:`sim.scenario.ScenarioErrors`, whose ``messages`` has one line for every error, OwnModuleError.
    """
    with known(Registered.of(policies, mechanisms)):
        return _checked(resolve.load_alone(path, KIND))


def experiment_of(
    document: Mapping[str, Any],
    *,
    name: str = "experiment",
    folder: str | os.PathLike[str] = ".",
    policies: Iterable[Policy] = (),
    mechanisms: Iterable[Placed] = (),
) -> Experiment:
    """Check an experiment given as plain data, for instance ``experiment.document`` or a mapping written in Python.

    Files are looked for in ``folder``; a loaded :class:`Scenario` may stand where a file would be named. Raises as
    :func:`load_experiment` does.
    """
    problems: list[Problem] = []
    root = read.from_plain(document, Position(name))
    resolve.check_schema(root, name, problems)
    with known(Registered.of(policies, mechanisms)):
        return _checked(Document(root, name, pathlib.Path(folder), [name], problems))


@dataclass
class Source:
    """What is checked: the document of the experiment (or search), and the complaints about it."""

    document: Document
    complaints: Complaints
    said: dict[str, Any]
    wrong: set[str]


def _checked(document: Document) -> Experiment:
    complaints = Complaints(document)
    source = Source(document, complaints, *complaints.sections(models.experiment_model()))
    said = source.said
    _needed(source)
    scenarios = scenarios_of(source)
    design = said["design"] or models.DesignSaid("grid", {})
    arms = _arms(source, scenarios, design)
    listed_rows = _listed_rows(source, design)
    entries = document.root.plain().get("factors")
    if design.method == COALITIONS:
        return _of_coalitions(source, scenarios, arms, design, entries)
    if listed_rows is not None and entries is None:
        entries = dict.fromkeys(paths_of(listed_rows.header))
    simulated = tuple(dict.fromkeys((NO_POLICY, *map(judged, arms))))
    factors = read_factors(entries, scenarios, simulated, design.method, complaints)
    not_set_too(source, factors)
    replications, recorded = _repeated(source, scenarios, arms)
    points, facts = _points(source, factors, design, listed_rows, scenarios)
    complaints.raise_if_any()
    return _made(source, scenarios, arms, factors, design, facts, points, replications, recorded)


def _repeated(
    source: Source, scenarios: Mapping[str, Scenario], arms: Sequence[str]
) -> tuple[Replications, models.RecordSaid]:
    """Replications and what is kept of them. Raises ScenarioErrors with all complaints so far."""
    replications = _replications(source, scenarios, arms)
    recorded = source.said["record"] or models.RecordSaid()
    _sampled(source, recorded, replications)
    source.complaints.raise_if_any()
    return replications, recorded


def _made(
    source: Source,
    scenarios: Mapping[str, Scenario],
    arms: tuple[str, ...],
    factors: tuple[Factor, ...],
    design: models.DesignSaid,
    facts: Mapping[str, Any],
    points: tuple[DesignPoint, ...],
    replications: Replications,
    recorded: models.RecordSaid,
) -> Experiment:
    said, document = source.said, source.document
    first = next(iter(scenarios.values()))
    return Experiment(
        name=document.name,
        title=said["title"] or {"en": document.name, "zh": document.name},
        question=" ".join(said["question"].split()),
        scenarios=scenarios,
        arms=arms,
        factors=factors,
        method=design.method,
        design={**design.options, **facts},
        points=points,
        replications=replications,
        seed=first.seed if said["seed"] is None else said["seed"],
        record=recorded.record,
        yearly=recorded.yearly,
        time_limit_s=models.TIME_LIMIT.value if said["time_limit_s"] is None else said["time_limit_s"],  # type: ignore[arg-type]
        document=plain_document(document.root.plain()),
    )


def _of_coalitions(
    source: Source,
    scenarios: Mapping[str, Scenario],
    arms: tuple[str, ...],
    design: models.DesignSaid,
    entries: Any,
) -> Experiment:
    """An experiment whose design points are the coalitions of a package: its members are the factors."""
    complaints, arm = source.complaints, design.options["arm"]
    if entries is not None:
        what = "a design of coalitions varies the members of a package and nothing else; leave factors out, or see set"
        complaints.add(("factors",), what, at_key=True)
    members = coalitions.read_members(scenarios, arm, complaints)
    if arms and members and arm not in arms:
        complaints.add(("arms",), f"the arm '{arm}', which is taken apart, is not among those kept")
    replications, recorded = _repeated(source, scenarios, arms)
    found, facts = coalitions.design_of(len(members), design.options)
    if len(found) * len(scenarios) > LARGEST:
        complaints.add(("design", "sample"), f"{len(found):,} coalitions; at most {LARGEST:,} design points are read")
        complaints.raise_if_any()
    factors = tuple(coalitions.factor(arm, member) for member in members)
    points = coalitions.points_of(arm, members, found, scenarios)
    facts = {"members": list(members), **facts}
    return _made(source, scenarios, arms, factors, design, facts, points, replications, recorded)


def plain_document(value: Any) -> Any:
    """The document for the record; a loaded scenario is written out."""
    if isinstance(value, Scenario):
        return dict(value.document)
    return {key: plain_document(below) for key, below in value.items()} if isinstance(value, dict) else value


def _needed(source: Source) -> None:
    said = source.said
    if said["question"] is None and "question" not in source.wrong:
        what = "this line is missing; say in one sentence what the sweep is to answer"
        source.complaints.add((), what, name="question")
    both = said["scenario"] is not None and said["scenarios"] is not None
    if both:
        source.complaints.add(("scenarios",), "there is a scenario too; write one of the two", at_key=True)
    elif said["scenario"] is None and said["scenarios"] is None and not {"scenario", "scenarios"} & source.wrong:
        source.complaints.add((), "this line is missing; it names the scenario file that is varied", name="scenario")


# ---- scenarios


def scenarios_of(source: Source) -> dict[str, Scenario]:
    """The scenarios by name, with what ``set`` changes; what is wrong in them is told with this file's errors."""
    single, several = source.said["scenario"], source.said["scenarios"]
    wanted: dict[str, tuple[Path, str | Scenario]] = {}
    if several is not None:
        wanted = {name: (("scenarios", name), file) for name, file in several.items()}
    elif single is not None:
        stem = single.name if isinstance(single, Scenario) else pathlib.Path(single).stem
        wanted = {stem: (("scenario",), single)}
    found = {name: _scenario(source, path, file) for name, (path, file) in wanted.items()}
    return {name: scenario for name, scenario in found.items() if scenario is not None}


def _scenario(source: Source, path: Path, named: str | Scenario) -> Scenario | None:
    from sim.scenario.validate import validate

    complaints = source.complaints
    if isinstance(named, Scenario):
        document = resolve.from_mapping(named.document, named.name, named.folder or ".")
    else:
        file = source.document.folder / named
        if pathlib.Path(named).is_absolute():
            complaints.add(path, f"{shown(named)} is an absolute path; name the file relative to this one")
            return None
        if not file.is_file():
            complaints.add(path, f"the file {shown(named)} does not exist{resolve.near(file)}")
            return None
        try:
            document = resolve.load(os.path.normpath(file))
        except ScenarioErrors as error:
            complaints.add_lines(error.messages)
            return None
    _put_settings(source, document)
    try:
        return validate(document)
    except ScenarioErrors as error:
        complaints.add_lines(error.messages)
        return None


def _put_settings(source: Source, document: Document) -> None:
    """What ``set`` says, at the place where it was written: messages name this file's line."""
    own = source.document
    document.files.insert(0, own.files[0])
    document.signs |= own.signs
    settings = []
    for path, node in _set_entries(source).items():
        if all(path.split(".")):
            settings.append((path, expand_dots(node, document.problems, path)))
        else:
            source.complaints.add(("set", path), f"{shown(path)} is not a path", at_key=True)
    put_all(document, settings)


def _set_entries(source: Source) -> dict[str, Node]:
    root = source.document.root.value
    entry = root.get("set") if isinstance(root, dict) else None
    held = entry.node.value if entry is not None else None
    return {path: below.node for path, below in held.items()} if isinstance(held, dict) else {}


def not_set_too(source: Source, factors: Sequence[Factor]) -> None:
    """What a factor varies is not set besides."""
    varied = {path: factor.name for factor in factors for path in factor.paths}
    for key, node in _set_entries(source).items():
        for path in _leaves(key, node):
            if path in varied:
                what = f"the factor '{varied[path]}' varies this; leave one of them out"
                source.complaints.add(("set", key), what, at_key=True)


def _leaves(path: str, node: Node) -> list[str]:
    """Paths that a setting gives a value to."""
    if not isinstance(node.value, dict) or path in all_paths():
        return [path]
    if node.value and set(node.value) <= set(DETAILS):
        return [path] if "value" in node.value else []
    return [leaf for key, entry in node.value.items() for leaf in _leaves(f"{path}.{key}", entry.node)]


# ---- arms and replications


def _arms(source: Source, scenarios: Mapping[str, Scenario], design: models.DesignSaid) -> tuple[str, ...]:
    """Arms that are kept, companions included, in the order of the first scenario.

    Of a package that is taken apart, unless the file says otherwise: itself, its same money and no policy.
    """
    known_arms = {name: _arm_names(scenario) for name, scenario in scenarios.items()}
    if not known_arms:
        return ()
    first = next(iter(known_arms.values()))
    wanted = source.said["arms"]
    if wanted is None and design.method == COALITIONS:
        arm = design.options["arm"]
        return tuple(name for name in first if name in (NO_POLICY, arm, arm + SAME_MONEY))
    if wanted is None:
        if any(set(names) != set(first) for names in known_arms.values()):
            common = [arm for arm in first if all(arm in names for names in known_arms.values())]
            what = f"the scenarios differ in their arms; list those to keep (all have {listed(common)})"
            source.complaints.add((), what, name="arms")
        return first
    for place, arm in enumerate(wanted):
        lacking = [name for name, names in known_arms.items() if arm not in names]
        if lacking:
            where = f" in scenario '{lacking[0]}'" if len(known_arms) > 1 else ""
            hint = suggestion(arm, known_arms[lacking[0]]) or f" (there are {listed(known_arms[lacking[0]])})"
            source.complaints.add(("arms", place), f"there is no arm '{arm}'{where}{hint}")
    return tuple(arm for arm in first if arm in wanted)


def _arm_names(scenario: Scenario) -> tuple[str, ...]:
    return tuple(name for arm in scenario.arms for name in (arm, *companions_of(scenario, arm)))


def _replications(source: Source, scenarios: Mapping[str, Scenario], arms: Sequence[str]) -> Replications:
    said: models.ReplicationsSaid | None = source.said["replications"]
    if said is None:
        count = next((scenario.replications for scenario in scenarios.values()), 1)
        return Replications(count, count)
    if said.until is None:
        return Replications(said.at_least, said.at_most)
    until = said.until
    for place, arm in enumerate(until.contrast):
        if arms and arm not in arms:
            what = f"the arm '{arm}' is not among those kept{suggestion(arm, arms)}"
            source.complaints.add(("replications", "until", "contrast", place), what)
    for name, scenario in scenarios.items():
        if until.outcome not in scenario.outcomes:
            what = f"'{until.outcome}' is not among the outcomes of scenario '{name}'; list it there, or under set"
            source.complaints.add(("replications", "until", "outcome"), what)
    rule = Until(*until.contrast, until.outcome, until.half_width, until.confidence)
    return Replications(said.at_least, said.at_most, rule)


def _sampled(source: Source, recorded: models.RecordSaid, replications: Replications) -> None:
    for place, replication in enumerate(recorded.record.sample or ()):
        if replication >= replications.at_most:
            what = f"there is no replication {replication} (0 to {replications.at_most - 1})"
            source.complaints.add(("record", "sample", place), what)


# ---- points


def _listed_rows(source: Source, design: models.DesignSaid) -> Rows | None:
    """The rows of a list of points; None where there is none, or none that can be read."""
    if design.method != "list":
        return None
    named = design.options["file"]
    file = source.document.folder / named
    if pathlib.Path(named).is_absolute():
        what = f"{shown(named)} is an absolute path; name the file relative to this one"
        source.complaints.add(("design", "file"), what)
        return None
    if not file.is_file():
        source.complaints.add(("design", "file"), f"the file {shown(named)} does not exist (looked in {file.parent})")
        return None
    try:
        return read_rows(file, os.path.normpath(file))
    except PointsFileError as error:
        source.complaints.add_lines(error.messages)
        return None


def _points(
    source: Source,
    factors: Sequence[Factor],
    design: models.DesignSaid,
    rows: Rows | None,
    scenarios: Mapping[str, Scenario],
) -> tuple[tuple[DesignPoint, ...], Mapping[str, Any]]:
    """The design points, tried as far as that is cheap, and what an analysis must know of the design."""
    complaints = source.complaints
    if not factors and design.method not in ("grid", "list"):
        what = f"design {design.method} without factors; list them under factors"
        complaints.add(("design",), what)
        return (), {}
    if design.method == "zipped" and len({len(factor.levels or ()) for factor in factors}) > 1:
        lengths = listed(f"{len(factor.levels or ())} of {factor.name}" for factor in factors)
        complaints.add(("factors",), f"zipped needs as many levels of each factor; there are {lengths}")
        return (), {}
    if design.method == "one_at_a_time" and _several_bases(source, factors, scenarios):
        return (), {}
    listed_values: list[list[Any]] = []
    if rows is not None:
        try:
            listed_values = values_of(rows, factors)
        except PointsFileError as error:
            complaints.add_lines(error.messages)
            return (), {}
    try:
        count = size(factors, design, len(listed_values)) * len(scenarios)
    except ValueError as error:
        complaints.add(("design",), str(error))
        return (), {}
    if count > LARGEST:
        complaints.add(
            ("factors",), f"{count:,} design points; at most {LARGEST:,} are read. Take fewer levels or points"
        )
        return (), {}
    made = designed(factors, design, listed_values)
    points = points_of(factors, made, scenarios)
    _tried(source, points, scenarios)
    return points, made.facts


def _several_bases(source: Source, factors: Sequence[Factor], scenarios: Mapping[str, Scenario]) -> bool:
    """Whether a factor's paths hold different values in a scenario, so that there is no base point."""
    found = False
    for factor in factors:
        for scenario in scenarios.values():
            held = [as_written(scenario, path) for path in factor.paths]
            if any(value != held[0] for value in held):
                words = listed(dict.fromkeys(shown(value) for value in held))
                what = f"its paths hold different values in scenario '{scenario.name}' ({words}): set them to one value"
                source.complaints.add(("factors", factor.name), what)
                found = True
    return found


def _tried(source: Source, points: Sequence[DesignPoint], scenarios: Mapping[str, Scenario]) -> None:
    """Points whose values do not fit together, as far as that can be told before anything runs.

    Values of quantities, forms and levers were checked one by one and cannot clash. Those of the calendar and the size of
    the place can: each combination of them is tried once, the first :data:`TRIED` of them.
    """
    seen: set[tuple[Any, ...]] = set()
    for point in points:
        clashing = {path: value for path, value in point.values.items() if path.startswith(_CLASHING)}
        key = (point.scenario, *sorted((path, str(value)) for path, value in clashing.items()))
        if key in seen or len(seen) >= TRIED:
            continue
        seen.add(key)
        try:
            vary(scenarios[point.scenario], point.values)
        except ScenarioErrors as error:
            for message in error.messages:
                words = ", ".join(f"{path} {shown(value)}" for path, value in (clashing or point.values).items())
                said = message.removeprefix("--set ")
                source.complaints.add(("factors",), f"design point {point.number} ({words}): {said}", at_key=True)


_CLASHING = ("calendar.", "population.villages", "population.councils.")
