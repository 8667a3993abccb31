"""The keys of an experiment file 实验文件 and what each may hold, scenarios, arms and factors aside."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from pydantic import Field

from sim.declare import Declaration
from sim.experiment.designs import LARGEST
from sim.experiment.experiment import LEAST_REPLICATIONS, Record
from sim.scenario import checks, models
from sim.scenario.declared import catalogue
from sim.scenario.problems import listed, shown, suggestion
from sim.scenario.scenario import Scenario

Parts: TypeAlias = dict[str, Callable[[Any], Any]]
"""Keys of a mapping and the check of each."""
TABLES: Mapping[str, str] = {
    "villages": "a row a village and year",
    "accounts": "sums of money by account and year",
    "balances": "what accounts hold by year",
}
"""Tables that a sweep keeps only where it is told to."""
CONFIDENCE = (0.5, 0.9999)
MOST_REPLICATIONS = 400
"""``at_most`` of a stopping rule where the file is silent."""


def number_declared(
    name: str, bounds: tuple[float, float], value: float, zh: str, meaning: str, **more: Any
) -> Declaration:
    unit = more.get("unit", "1")
    return Declaration(
        name=name,
        sort="quantity",
        value=float(value),
        unit=unit,
        bounds=bounds,
        prior=bounds,
        source="assumption",
        zh=zh,
        meaning=meaning,
        integer=more.get("integer", True),
    )


SEED = number_declared("seed", (0, 2**53), 1, "设计随机种子", "root of the draws of the design; the model has its own")
TIME_LIMIT = number_declared(
    "time_limit_s", (0.001, 604_800), 60.0, "单次运行时限（秒）", "seconds that one run may take", integer=False
)
HALF_WIDTH = number_declared(
    "half_width",
    (1e-12, 1e12),
    1.0,
    "区间半宽",
    "half the width of the interval, in the unit of the outcome",
    integer=False,
)
CONFIDENCE_LEVEL = number_declared(
    "confidence", CONFIDENCE, 0.95, "置信水平", "confidence of the interval", integer=False
)


@dataclass(frozen=True)
class Method:
    """One design: what it is for, and its options; those without a default are needed."""

    meaning: str
    zh: str
    options: Mapping[str, Declaration | type] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    draws: bool = False
    """Whether ranges are enough; else every factor needs levels."""


_POINTS = number_declared("points", (1, LARGEST), 100, "设计点数", "number of design points")
_SOBOL = {"points": _POINTS, "seed": SEED}
METHODS: Mapping[str, Method] = {
    "grid": Method("every combination of the levels", "全组合"),
    "list": Method("the points of a CSV file, a column a factor", "列表", {"file": str}),
    "zipped": Method("first levels together, then second levels, and so on", "逐项配对"),
    "latin_hypercube": Method("Latin hypercube over the ranges", "拉丁超立方", _SOBOL, {"seed": 1}, draws=True),
    "sobol": Method("scrambled Sobol sequence over the ranges", "Sobol 序列", _SOBOL, {"seed": 1}, draws=True),
    "saltelli": Method(
        "blocks for Sobol sensitivity indices",
        "Saltelli 抽样",
        {**_SOBOL, "second_order": bool},
        {"seed": 1, "second_order": False},
        draws=True,
    ),
    "morris": Method(
        "trajectories of elementary effects",
        "Morris 轨迹",
        {
            "trajectories": number_declared("trajectories", (2, 100_000), 20, "轨迹数", "number of trajectories"),
            "levels": number_declared("levels", (2, 1000), 4, "网格水平数", "levels of the grid, an even number"),
            "seed": SEED,
        },
        {"levels": 4, "seed": 1},
        draws=True,
    ),
    "factorial": Method("every combination of low and high", "两水平全因子"),
    "fractional_factorial": Method(
        "low and high in few runs",
        "两水平部分因子",
        {
            "resolution": number_declared(
                "resolution", (3, 5), 4, "分辨度", "3, 4 or 5: what main effects are kept apart from"
            )
        },
    ),
    "one_at_a_time": Method("the scenario, then each factor alone", "单因素变动"),
}
BY_ENDS = ("factorial", "fractional_factorial", "one_at_a_time")
"""Designs that take the ends of a range as the two levels."""


@dataclass(frozen=True)
class DesignSaid:
    """The design as a file asks for it, options filled in."""

    method: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class UntilSaid:
    """A stopping rule before its arms and outcome are looked up."""

    contrast: tuple[str, str]
    outcome: str
    half_width: float
    confidence: float = 0.95


@dataclass(frozen=True)
class ReplicationsSaid:
    """How many replications a file asks for."""

    at_least: int
    at_most: int
    until: UntilSaid | None = None


@dataclass(frozen=True)
class RecordSaid:
    """What to keep besides runs."""

    record: Record = Record()
    yearly: bool = True


def experiment_model() -> type[models.Strict]:
    """Every key of an experiment file."""
    kinds: dict[str, Any] = {
        "schema": Any,
        "title": models.checked(checks.title),
        "question": models.checked(checks.text),
        "scenario": models.checked(scenario_name),
        "scenarios": models.checked(scenario_names),
        "set": models.checked(settings),
        "arms": models.checked(arm_names),
        "factors": Any,
        "design": models.checked(design),
        "replications": models.checked(replications),
        "seed": models.checked(partial(declared_value, catalogue().sections["run"]["seed"])),
        "record": models.checked(record),
        "time_limit_s": models.checked(partial(declared_value, TIME_LIMIT)),
    }
    return models.model("Experiment", {models.safe(key): (kind, Field(None, alias=key)) for key, kind in kinds.items()})


def keyed(
    value: Any, parts: Mapping[str, Callable[[Any], Any]], needed: Mapping[str, str], example: str
) -> dict[str, Any]:
    """The checked parts of a mapping, all faults at once; ``needed`` says of keys that may not be missing what they are."""
    if not isinstance(value, Mapping):
        checks.refuse(((), f"{shown(value)} is not a mapping; write {example}"))
    faults: checks.Faults = [
        ((key,), f"unknown key{suggestion(key, parts) or f' (allowed: {listed(parts)})'}")
        for key in value
        if key not in parts
    ]
    faults += [((), f"{key} is missing ({what})") for key, what in needed.items() if value.get(key) is None]
    found: dict[str, Any] = {}
    for key, check in parts.items():
        if value.get(key) is None:
            continue
        try:
            found[key] = models.below(key, check, value[key])
        except checks.Refused as error:
            faults += checks.faults_of(error)
    if faults:
        checks.refuse(*faults)
    return found


def declared_value(declared: Declaration, value: Any) -> float | int:
    fault = checks.quantity_fault(declared, value)
    if fault:
        checks.refuse(((), fault))
    return int(value) if declared.integer else float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        checks.refuse(((), f"{shown(value)} is neither true nor false"))
    return value


# ---- one key each


def scenario_name(value: Any) -> str | Scenario:
    """A scenario file; in Python a loaded scenario too."""
    if isinstance(value, Scenario):
        return value
    if not isinstance(value, str) or not value.strip():
        checks.refuse(((), f"{shown(value)} is not the name of a scenario file"))
    return value


def scenario_names(value: Any) -> dict[str, str | Scenario]:
    """Names of one's own -> scenario files."""
    from sim.scenario.arms import NAME

    example = "{tianqiao: ../scenarios/tianqiao.yaml}"
    if not isinstance(value, Mapping) or not value:
        checks.refuse(((), f"{shown(value)} is not a mapping of names to scenario files; write {example}"))
    faults: checks.Faults = [
        ((name,), f"{shown(name)} is no name for a scenario: use letters, digits, _, - and Chinese, at most 64")
        for name in value
        if not NAME.fullmatch(name)
    ]
    for name, file in value.items():
        try:
            models.below(name, scenario_name, file)
        except checks.Refused as error:
            faults += checks.faults_of(error)
    if faults:
        checks.refuse(*faults)
    return dict(value)


def settings(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        checks.refuse(((), f"{shown(value)} is not a mapping of paths to values; write {{calendar.after_years: 8}}"))
    return value


def arm_names(value: Any) -> tuple[str, ...]:
    """Names of arms, looked up once the scenarios are known."""
    if not isinstance(value, list) or not value:
        checks.refuse(((), f"{shown(value)} is not a list of arms; write [no_policy, pool] or leave the key out"))
    faults: checks.Faults = []
    for place, name in enumerate(value):
        if not isinstance(name, str):
            faults.append(((place,), f"{shown(name)} is not the name of an arm"))
        elif name in value[:place]:
            faults.append(((place,), f"the arm '{name}' is listed twice"))
    if faults:
        checks.refuse(*faults)
    return tuple(value)


def design(value: Any) -> DesignSaid:
    """The name of a method, or a mapping of method and options."""
    example = "{method: latin_hypercube, points: 300}"
    given = {"method": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping):
        checks.refuse(((), f"{shown(value)} is not a design; write grid or {example}"))
    name = given.get("method")
    if name is None:
        near = next((hint for key in given if (hint := suggestion(key, ["method"]))), "")
        checks.refuse(((), f"the method is missing (one of {listed(METHODS)}){near}"))
    path = () if isinstance(value, str) else ("method",)
    if not isinstance(name, str) or name not in METHODS:
        hint = suggestion(name, METHODS) if isinstance(name, str) else ""
        checks.refuse((path, f"{shown(name)} is no method ({listed(METHODS)}){hint}"))
    method = METHODS[name]
    parts: Parts = {"method": checks.text}
    parts |= {key: _option(kind) for key, kind in method.options.items()}
    needed = {key: _meaning(kind) for key, kind in method.options.items() if key not in method.defaults}
    found = keyed(given, parts, needed, example)
    options = {**method.defaults, **{key: value for key, value in found.items() if key != "method"}}
    _refuse_unbalanced(name, options)
    return DesignSaid(name, options)


def _option(kind: Declaration | type) -> Callable[[Any], Any]:
    if isinstance(kind, Declaration):
        return partial(declared_value, kind)
    return _truth if kind is bool else checks.text


def _meaning(kind: Declaration | type) -> str:
    return kind.meaning if isinstance(kind, Declaration) else "a CSV file with a column a factor"


def _refuse_unbalanced(method: str, options: Mapping[str, Any]) -> None:
    """Numbers at which a design loses what it is used for."""
    points = options.get("points", 1)
    if method in ("sobol", "saltelli") and points & (points - 1):
        below = 2 ** int(math.log2(points))
        what = (
            f"{points} is not a power of two, and only then a Sobol sequence is balanced; write {below} or {2 * below}"
        )
        checks.refuse((("points",), what))
    if method == "morris" and options["levels"] % 2:
        what = f"{options['levels']} levels; the grid of Morris' design needs an even number, 4 is usual"
        checks.refuse((("levels",), what))


def replications(value: Any) -> ReplicationsSaid:
    """A number, or a stopping rule between two numbers."""
    number = catalogue().sections["run"]["replications"]
    if not isinstance(value, Mapping):
        if not isinstance(value, (int, float)):
            what = f"{shown(value)} is neither a number nor {{until: ..., at_least: 20, at_most: 400}}"
            checks.refuse(((), what))
        count = int(declared_value(number, value))
        return ReplicationsSaid(count, count)
    parts: Parts = {
        "until": _until,
        "at_least": partial(declared_value, number),
        "at_most": partial(declared_value, number),
    }
    example = "20, or {until: {contrast: [pool, no_policy], outcome: earned_income, half_width: 0.1}}"
    found = keyed(value, parts, {"until": "contrast, outcome and half_width"}, example)
    least = int(found.get("at_least", LEAST_REPLICATIONS))
    most = int(found.get("at_most", max(MOST_REPLICATIONS, least)))
    if least < LEAST_REPLICATIONS:
        what = f"{least} is too few to judge a variance by; a stopping rule needs {LEAST_REPLICATIONS} or more"
        checks.refuse((("at_least",), what))
    if most < least:
        checks.refuse((("at_most",), f"{most} is less than at_least ({least})"))
    return ReplicationsSaid(least, most, found["until"])


def _until(value: Any) -> UntilSaid:
    parts: Parts = {
        "contrast": _contrast,
        "outcome": _outcome,
        "half_width": partial(declared_value, HALF_WIDTH),
        "confidence": partial(declared_value, CONFIDENCE_LEVEL),
    }
    needed = {
        "contrast": "two arms: [pool, no_policy] is pool less no_policy",
        "outcome": "the outcome whose difference must be known",
        "half_width": "half the width of its interval, in the unit of the outcome",
    }
    return UntilSaid(**keyed(value, parts, needed, "{contrast: [pool, no_policy], outcome: ..., half_width: ...}"))


def _outcome(value: Any) -> str:
    outcomes = catalogue().outcomes
    if not isinstance(value, str) or value not in outcomes:
        hint = suggestion(value, outcomes) if isinstance(value, str) else ""
        checks.refuse(((), f"there is no outcome {shown(value)}{hint or ' (lianjian describe outcomes lists them)'}"))
    return value


def _contrast(value: Any) -> tuple[str, str]:
    two = isinstance(value, list) and len(value) == 2 and all(isinstance(arm, str) for arm in value)
    if not two:
        checks.refuse(((), f"{shown(value)} is not a pair of arms; [pool, no_policy] is pool less no_policy"))
    if value[0] == value[1]:
        checks.refuse(((), f"'{value[0]}' less itself is 0 in every run; name two arms"))
    return value[0], value[1]


def record(value: Any) -> RecordSaid:
    """Tables and replications to keep, and whether years are kept."""
    parts: Parts = {
        "tables": partial(checks.names, options=TABLES, kind="table"),
        "sample": models.sample,
        "yearly": _truth,
    }
    found = keyed(value, parts, {}, "{tables: [villages], sample: [0, 1]}")
    if "sample" in found and not found.get("tables"):
        what = "replications of which no table is kept; add tables: [villages, accounts, balances] or some of them"
        checks.refuse((("sample",), what))
    return RecordSaid(Record(found.get("tables", ()), found.get("sample")), found.get("yearly", True))
