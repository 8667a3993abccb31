"""Before a sweep starts 准备: what is the same for all its jobs, what identifies its numbers, how much work it is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.companions import judged, needed
from sim.engine import arm_names
from sim.experiment.experiment import DesignPoint, Experiment, Factor
from sim.experiment.folder import OWN_MODULE
from sim.experiment.work import Job, Plan
from sim.outcomes import window
from sim.provenance import model_version, versions
from sim.scenario.own import Registered, Sources
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.experiment.units import Piece

NOT_NUMBERS = ("name", "title", "ranges", "sources", "document", "folder", "replications", "seed")
"""Fields of a scenario on which no number of a sweep depends."""
SIZES = ("calendar.", "population.villages", "population.councils", "population.file")
"""Beginnings of paths that change what the points of one block must share."""


@dataclass(frozen=True)
class Prepared:
    """An experiment with all that is worked out once."""

    experiment: Experiment
    plans: Mapping[str, Plan]
    """Scenario -> what is the same for all its jobs."""
    keys: Mapping[int, str]
    """Design point -> hash of all that its numbers depend on but for the replication."""
    groups: Mapping[int, tuple[Any, ...]]
    """Design point -> what the points of one block must share."""
    work: Mapping[int, int]
    """Design point -> village-quarters of one replication, all arms simulated."""
    facts: Mapping[str, Any]
    """What the manifest says of the sweep before any run is done."""
    said: Mapping[str, Any]
    """What sweep.json holds."""

    def job(self, piece: Piece, arms: tuple[str, ...] | None = None) -> Job:
        """The job that simulates a piece, arms known to fail left out."""
        plan = self.plans[piece.scenario]
        values = {number: self.experiment.points[number].values for number in piece.points}
        wanted = arms or tuple(arm for arm in plan.simulated if arm not in piece.failed)
        return Job(plan, self.experiment.scenarios[piece.scenario], values, piece.replications, wanted)

    def village_quarters(self, piece: Piece) -> int:
        """Work of a piece."""
        return sum(self.work[number] for number in piece.points) * len(piece.replications)


def prepare(experiment: Experiment, own: Registered | None = None) -> Prepared:
    """Work out what a sweep needs before it starts. Raises ScenarioErrors for a point that cannot be built."""
    registered = own or Registered()
    sources = Sources.of(registered) if registered else None
    stands_on = {"model_version": model_version()}
    plans, stems = {}, {}
    outcomes = _outcomes(experiment)
    for name, scenario in experiment.scenarios.items():
        simulated = needed(experiment.arms, arm_names(scenario))
        plans[name] = Plan(
            arms=experiment.arms,
            simulated=simulated,
            outcomes=outcomes,
            seed=experiment.seed,
            record=experiment.record,
            yearly=experiment.yearly,
            model_version=stands_on["model_version"],
            sources=sources,
            village_file=Path(scenario.population.file).read_bytes() if scenario.population.file else None,
        )
        hashed = [_numbers(scenario), outcomes, experiment.arms, experiment.seed, stands_on, registered.described()]
        stems[name] = _hash([hashed, _file_hash(scenario), dataclasses.asdict(experiment.record), experiment.yearly])
    keys, groups, work = {}, {}, {}
    for point in experiment.points:
        scenario = _sized(experiment, point)
        groups[point.number] = (point.scenario, scenario.calendar, scenario.population.villages)
        keys[point.number] = _hash([stems[point.scenario], sorted(point.values.items())])
        simulated = plans[point.scenario].simulated
        work[point.number] = scenario.population.villages * scenario.calendar.quarters * len(simulated)
    facts = _facts(experiment, plans)
    said = _said(experiment, facts, keys, stands_on, registered)
    return Prepared(experiment, plans, keys, groups, work, facts, said)


def _facts(experiment: Experiment, plans: Mapping[str, Plan]) -> dict[str, Any]:
    """What the manifest says of a sweep before any run is done; all that reading its tables needs is in it."""
    return {
        "verb": "sweep",
        "name": experiment.name,
        "title": dict(experiment.title),
        "question": experiment.question,
        "arms": list(experiment.arms),
        "simulated_arms": list(dict.fromkeys(arm for plan in plans.values() for arm in plan.simulated)),
        "seed": experiment.seed,
        "scenarios": {name: _of_scenario(scenario) for name, scenario in experiment.scenarios.items()},
        "outcomes": list(_outcomes(experiment)),
        "factors": [_of_factor(factor) for factor in experiment.factors],
        "method": experiment.method,
        "design": dict(experiment.design),
        "points": len(experiment.points),
        "columns": {part: _columns(experiment, part) for part in ("place", "coordinates")},
        "replications": dataclasses.asdict(experiment.replications),
        "time_limit_s": experiment.time_limit_s,
        "experiment": dict(experiment.document),
    }


def _outcomes(experiment: Experiment) -> tuple[str, ...]:
    """Outcomes of any of the scenarios: rows of all scenarios have the same columns."""
    return tuple(dict.fromkeys(o for scenario in experiment.scenarios.values() for o in scenario.outcomes))


def _columns(experiment: Experiment, part: str) -> list[str]:
    """Columns of the table of design points that hold the place in the design, or the coordinates."""
    return list(dict.fromkeys(name for point in experiment.points for name in getattr(point, part)))


def _of_scenario(scenario: Scenario) -> dict[str, Any]:
    calendar = scenario.calendar
    years = list(range(calendar.start, calendar.start + calendar.years))
    chosen = years[window(calendar.burn_in_years, calendar.policy_years, calendar.after_years)]
    return {
        "title": dict(scenario.title),
        "years": years,
        "villages": scenario.population.villages,
        "calendar": dataclasses.asdict(calendar),
        "window": [chosen[0], chosen[-1]],
        "policy_active_years": {arm: active_years(scenario, judged(arm)) for arm in arm_names(scenario)},
        "document": dict(scenario.document),
    }


def _of_factor(factor: Factor) -> dict[str, Any]:
    declared = factor.declaration
    return {
        "name": factor.name,
        "paths": list(factor.paths),
        "unit": declared.unit,
        "zh": declared.zh,
        "meaning": declared.meaning,
        "levels": None if factor.levels is None else list(factor.levels),
        "range": None if factor.range is None else list(factor.range),
    }


def _said(
    experiment: Experiment,
    facts: Mapping[str, Any],
    keys: Mapping[int, str],
    stands_on: Mapping[str, Any],
    own: Registered,
) -> dict[str, Any]:
    """What sweep.json holds: enough to look at the sweep, and to replay a run, without the files it was made from."""
    modules = {f"{OWN_MODULE} {module['name']}": module["sha256"] for module in own.described()}
    return {
        "identity": _hash([list(keys.values()), dataclasses.asdict(experiment.replications), facts["columns"]]),
        **facts,
        "folders": {name: scenario.folder for name, scenario in experiment.scenarios.items()},
        "stands_on": {**stands_on, **modules},
        "versions": versions(),
    }


def _sized(experiment: Experiment, point: DesignPoint) -> Scenario:
    """The scenario of a point where size or calendar are varied, else the scenario that is varied."""
    if any(path.startswith(SIZES) for path in point.values):
        return experiment.scenario_at(point)
    return experiment.scenarios[point.scenario]


def _numbers(scenario: Scenario) -> dict[str, Any]:
    """All that a scenario's numbers depend on, as plain data."""
    fields = {f.name: getattr(scenario, f.name) for f in dataclasses.fields(scenario) if f.name not in NOT_NUMBERS}
    fields["arms"] = {
        arm: [{**dataclasses.asdict(block), "position": None} for block in blocks]
        for arm, blocks in scenario.arms.items()
    }
    fields["population"] = {**dataclasses.asdict(scenario.population), "file": None}
    fields["calendar"] = dataclasses.asdict(scenario.calendar)
    return fields


def _file_hash(scenario: Scenario) -> str | None:
    """SHA-256 of the villages' CSV file; None where there is none."""
    from sim.store import sha256

    return sha256(Path(scenario.population.file)) if scenario.population.file else None


def _hash(said: Any) -> str:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else repr(value)


def active_years(scenario: Scenario, arm: str) -> list[int]:
    """Years in which a block of the arm is active, from its dates."""
    calendar = scenario.calendar
    quarters = {quarter for block in scenario.arms[arm] for quarter in range(block.start, block.end + 1)}
    return sorted({calendar.start + quarter // 4 for quarter in quarters if 0 <= quarter < calendar.quarters})


def point_rows(experiment: Experiment) -> pa.Table:
    """The table of design points: number, scenario, place in the design, a column for each coordinate, and all settings.

    ``settings`` is JSON: path -> value, as ``--set`` takes them.
    """
    import pyarrow as pa

    points = experiment.points
    columns: dict[str, Any] = {
        "design_point": pa.array([point.number for point in points], pa.int32()),
        "scenario": pa.array([point.scenario for point in points], pa.string()),
    }
    for part in ("place", "coordinates"):
        for name in _columns(experiment, part):
            columns[name] = _column([getattr(point, part).get(name) for point in points])
    settings = [json.dumps(dict(point.values), ensure_ascii=False) for point in points]
    return pa.table({**columns, "settings": pa.array(settings, pa.string())})


def _column(values: Sequence[Any]) -> pa.Array:
    """Texts as text, numbers as numbers."""
    import pyarrow as pa

    is_text = any(isinstance(value, str) for value in values)
    return pa.array(values, pa.string() if is_text else pa.float64())
