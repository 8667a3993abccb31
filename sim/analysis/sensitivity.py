"""Sensitivity 敏感性分析: which unknown drives an answer, from a stored Morris or Saltelli sweep.

An answer is a number at every design point: the difference of two arms in an outcome (paired by replication), or the
level of one arm; its replications are kept apart so that noise can be told from effects. A failed run leaves the other
replications of its point, those in which both arms ran. A point without any takes its whole trajectory, or its base row
in every block, out of the analysis; both are counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.comparison import settled
from sim.analysis.stored import StoredRows, cells_by_point, coordinates
from sim.analysis.study import references_of
from sim.declare import Array
from sim.outcomes import NO_POLICY, OUTCOMES, compared_arm
from sim.statistics import CONFIDENCE
from sim.statistics.elementary_effects import Screening, TooFewTrajectories, complete_trajectories, screening
from sim.statistics.noise_free import NoiseShares, noise_shares
from sim.statistics.sobol_indices import (
    Blocks,
    Estimates,
    SobolIndices,
    TooFewRows,
    complete_rows,
    pairs,
    sobol_indices,
)
from sim.store import ResultFolderError

MORRIS, SALTELLI = "morris", "saltelli"
METHODS = (MORRIS, SALTELLI)
"""Designs that have what sensitivity needs."""
HEADLINES = ("earned_income", "poorest_tercile_income", "gini")
"""Outcomes that are analysed where none are named, as far as they are stored."""


Bounds = tuple[float, float, float]
"""Estimate, low, high."""
Places = npt.NDArray[np.int64]


class SensitivityError(ValueError):
    """A sweep cannot be analysed; the message says why and what would do."""


def refuse_other_designs(method: str, named: str) -> None:
    """Raise SensitivityError for a design without trajectories or blocks."""
    if method not in METHODS:
        raise SensitivityError(
            f"{named} has the design '{method}': sensitivity needs 'design: {{method: morris, trajectories: 10}}' "
            "(screening of many factors) or 'design: {method: saltelli, points: 128}' (Sobol indices of some)"
        )


@dataclass(frozen=True)
class Answer:
    """What is analysed: an outcome of an arm, less that of another where there is one."""

    scenario: str
    arm: str
    against: str
    """Empty: the level of the arm."""
    outcome: str

    @property
    def unit(self) -> str:
        return OUTCOMES[self.outcome].unit


@dataclass(frozen=True)
class Found:
    """What a sweep says of one answer."""

    answer: Answer
    result: SobolIndices | Screening | None
    """None where too little is left."""
    noise: NoiseShares
    mean: float
    """Mean over the design points that were used."""
    groups: int
    """Trajectories, or base rows, of the design."""
    dropped: int
    """Of these left out because a point has no answer."""
    thinned: int
    """Design points that lack some replications, but not all."""
    missing: int
    """Replications of all points without an answer: a run of the pair failed."""
    why: str = ""


def ask(
    rows: StoredRows,
    contrasts: Sequence[tuple[str, str]] | None = None,
    outcomes: Sequence[str] | None = None,
) -> list[Answer]:
    """Answers to analyse: every difference, the same money first, then levels; None means all that is stored."""
    stored = list(rows.facts["arms"])
    pairs = contrasts if contrasts is not None else _contrasts(stored)
    held = [name for name in rows.runs.column_names if name in OUTCOMES]
    wanted = [name for name in (HEADLINES if outcomes is None else outcomes) if name in held]
    arms = list(dict.fromkeys(arm for pair in pairs for arm in pair)) or stored
    found = []
    for scenario in rows.facts["scenarios"]:
        compared = [name for name in wanted if not compared_arm(name, "")]
        found += [Answer(scenario, arm, against, name) for arm, against in pairs for name in compared]
        found += [Answer(scenario, arm, "", name) for arm in arms for name in wanted]
    return found


def _contrasts(stored: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [(arm, other) for arm in stored for other in references_of(arm, stored)]
    return sorted(pairs, key=lambda pair: (pair[1] == NO_POLICY, "@" in pair[0]))


def analyse(rows: StoredRows, answers: Sequence[Answer], confidence: float = CONFIDENCE) -> list[Found]:
    """Everything that the sweep says of each answer, in the order asked for."""
    method = str(rows.facts.get("method", ""))
    refuse_other_designs(method, "this sweep")
    arms = list(dict.fromkeys(name for answer in answers for name in (answer.arm, answer.against) if name))
    outcomes = list(dict.fromkeys(answer.outcome for answer in answers))
    levels = _levels(rows, arms, outcomes)
    of_scenario = {scenario: _design(rows, scenario, method) for scenario in rows.facts["scenarios"]}
    return [_found(answer, _values(answer, levels), of_scenario[answer.scenario], confidence) for answer in answers]


# ---- answers at every design point


def _levels(rows: StoredRows, arms: Sequence[str], outcomes: Sequence[str]) -> Mapping[tuple[str, str], Array]:
    """(arm, outcome) -> numbers by design point and replication, NaN where a run is missing or failed."""
    assert rows.points is not None
    numbers = sorted(rows.points["design_point"].to_pylist())
    if numbers != list(range(len(numbers))):
        raise ResultFolderError("points: design points are not numbered from 0; see `lianjian audit`")
    replications = int(max(rows.runs["replication"].to_numpy(), default=-1)) + 1
    found = {(arm, name): np.full((len(numbers), replications), np.nan) for arm in arms for name in outcomes}
    for cells in cells_by_point(rows.runs, arms, outcomes, numbers):
        for place, arm in enumerate(arms):
            for name in outcomes:
                values = cells.values[name][:, place]
                found[arm, name][list(cells.points), : values.shape[1]] = values
    return found


def _values(answer: Answer, levels: Mapping[tuple[str, str], Array]) -> Array:
    own = levels[answer.arm, answer.outcome]
    return settled(own - levels[answer.against, answer.outcome]) if answer.against else own


# ---- the design


@dataclass(frozen=True)
class _Trajectories:
    """Design points of a Morris design, (trajectories, steps), and what moved between two steps."""

    points: Places
    moved: Places
    """(trajectories, factors): the step after which a factor has moved."""
    change: Array
    """(trajectories, factors): its change as a share of its whole range; of an option +1 or -1."""


@dataclass(frozen=True)
class _Blocks:
    """Design points of a Saltelli design, (blocks, rows), in the order A, B, AB of each factor, BA of each factor."""

    points: Places
    factors: int


def _design(rows: StoredRows, scenario: str, method: str) -> _Trajectories | _Blocks:
    assert rows.points is not None
    numbers = [
        n
        for n, name in zip(rows.points["design_point"].to_pylist(), rows.points["scenario"].to_pylist(), strict=True)
        if name == scenario
    ]
    factors = [fact["name"] for fact in rows.facts["factors"]]
    place = {name: coordinates(rows, numbers, name) for name in _PLACES[method]}
    return (_trajectories if method == MORRIS else _saltelli)(rows, numbers, factors, place)


_PLACES = {MORRIS: ("trajectory", "step", "moved"), SALTELLI: ("block", "moved", "row")}
"""Columns that say where a point stands in its design."""


def _saltelli(
    rows: StoredRows, numbers: Sequence[int], factors: Sequence[str], place: Mapping[str, list[Any]]
) -> _Blocks:
    found: dict[tuple[str, str], dict[int, int]] = {}
    for number, block, moved, row in zip(numbers, place["block"], place["moved"], place["row"], strict=True):
        found.setdefault((block, moved or ""), {})[int(row)] = number
    wanted = [("A", ""), ("B", ""), *(("AB", name) for name in factors)]
    wanted += [("BA", name) for name in factors] if any(block == "BA" for block, _ in found) else []
    whole = range(len(found.get(("A", ""), ())))
    if not whole or any(sorted(found.get(block, {})) != list(whole) for block in wanted):
        raise ResultFolderError("points: the blocks of the Saltelli design are not whole; see `lianjian audit`")
    return _Blocks(np.array([[found[block][row] for row in whole] for block in wanted]), len(factors))


def _trajectories(
    rows: StoredRows, numbers: Sequence[int], factors: Sequence[str], place: Mapping[str, list[Any]]
) -> _Trajectories:
    by_step = {
        (int(trajectory), int(step)): (number, moved or "")
        for number, trajectory, step, moved in zip(
            numbers, place["trajectory"], place["step"], place["moved"], strict=True
        )
    }
    count = 1 + max(trajectory for trajectory, _ in by_step)
    if sorted(by_step) != [(t, s) for t in range(count) for s in range(len(factors) + 1)]:
        raise ResultFolderError("points: the trajectories of the Morris design are not whole; see `lianjian audit`")
    settings = dict(zip(numbers, map(json.loads, coordinates(rows, numbers, "settings")), strict=True))
    facts = {fact["name"]: fact for fact in rows.facts["factors"]}
    moved = np.zeros((count, len(factors)), dtype=np.int64)
    change = np.zeros((count, len(factors)))
    for (trajectory, step), (number, name) in by_step.items():
        if step:
            before, path = by_step[trajectory, step - 1][0], facts[name]["paths"][0]
            moved[trajectory, factors.index(name)] = step
            change[trajectory, factors.index(name)] = _change(
                facts[name], settings[before][path], settings[number][path]
            )
    points = np.array([[by_step[t, s][0] for s in range(len(factors) + 1)] for t in range(count)])
    return _Trajectories(points, moved, change)


def _change(factor: Mapping[str, Any], before: Any, after: Any) -> float:
    """Change of a factor as a share of its whole range; between options 1, forwards or backwards in their order."""
    levels = factor["levels"]
    if levels is None:
        low, high = factor["range"]
    elif all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in levels):
        low, high = min(levels), max(levels)
    else:
        return 1.0 if levels.index(after) > levels.index(before) else -1.0
    return float((after - before) / (high - low))


# ---- one answer


def _found(answer: Answer, values: Array, design: _Trajectories | _Blocks, confidence: float) -> Found:
    at_points = values[design.points]  # (blocks, rows, replications) or (trajectories, steps, replications)
    if isinstance(design, _Trajectories):
        effects = _effects(at_points, design)
        keep, axis = complete_trajectories(effects), 0
    else:
        blocks = _blocks(at_points, design.factors)
        keep, axis = complete_rows(blocks), 1
    kept = np.compress(keep, at_points, axis=axis).reshape(-1, values.shape[-1])
    there = np.isfinite(at_points).sum(axis=-1)
    facts: dict[str, Any] = {
        "groups": len(keep),
        "dropped": int((~keep).sum()),
        "thinned": int(((there > 0) & (there < there.max(initial=0))).sum()),
        "missing": int((there.max(initial=0) - there).sum()),
        "mean": float(np.nanmean(kept)) if np.isfinite(kept).any() else math.nan,
        "noise": NoiseShares(math.nan, math.nan),
    }
    try:
        if isinstance(design, _Trajectories):
            screened = screening(effects, confidence)
            return Found(answer, screened, **{**facts, "noise": noise_shares(kept)})
        indices = sobol_indices(blocks, confidence)
        return Found(answer, indices, **{**facts, "noise": indices.noise})
    except (TooFewTrajectories, TooFewRows) as error:
        return Found(answer, None, **facts, why=str(error))


def _effects(at_points: Array, design: _Trajectories) -> Array:
    """Elementary effects (trajectories, factors, replications)."""
    trajectory = np.arange(len(design.points))[:, None]
    moves = settled(at_points[trajectory, design.moved] - at_points[trajectory, design.moved - 1])
    effects: Array = moves / design.change[..., None]
    # a point without any answer takes its trajectory with it, an end of it too
    answered = np.asarray(np.isfinite(at_points).any(axis=2))
    effects[~answered.all(axis=1)] = np.nan
    return effects


def _blocks(at_points: Array, factors: int) -> Blocks:
    ba = at_points[2 + factors :]
    return Blocks(at_points[0], at_points[1], at_points[2 : 2 + factors], ba if len(ba) else None)


# ---- lines


@dataclass(frozen=True)
class Line:
    """One line of sensitivity.csv. ``plain`` holds replication noise, ``noise_free`` does not."""

    scenario: str
    arm: str
    against: str
    outcome: str
    unit: str
    index: str
    """first_order, total, second_order; mu, mu_star, sigma, root_mean_square; noise_share, noise_within, mean."""
    factor: str
    with_factor: str
    noise_free: float
    noise_free_low: float
    noise_free_high: float
    plain: float
    plain_low: float
    plain_high: float
    noise_only: float
    """mu_star if noise were all there is."""
    used: int
    """Trajectories, or base rows."""
    dropped: int
    replications: int
    note: str


def lines(found: Found, factors: Sequence[str]) -> Iterator[Line]:
    """All lines of one answer."""
    answer, result = found.answer, found.result
    replications = 0 if result is None else result.replications

    nan = math.nan
    nothing = nan, nan, nan

    def line(
        index: str,
        factor: str = "",
        other: str = "",
        free: Bounds = nothing,
        plain: Bounds = nothing,
        noise: float = nan,
    ) -> Line:
        return Line(
            scenario=answer.scenario,
            arm=answer.arm,
            against=answer.against,
            outcome=answer.outcome,
            unit=answer.unit,
            index=index,
            factor=factor,
            with_factor=other,
            noise_free=float(free[0]),
            noise_free_low=float(free[1]),
            noise_free_high=float(free[2]),
            plain=float(plain[0]),
            plain_low=float(plain[1]),
            plain_high=float(plain[2]),
            noise_only=float(noise),
            used=found.groups - found.dropped,
            dropped=found.dropped,
            replications=replications,
            note=found.why,
        )

    yield line("mean", plain=(found.mean, nan, nan))
    yield line("noise_share", plain=(found.noise.moving, nan, nan))
    yield line("noise_within", plain=(found.noise.within, nan, nan))
    if isinstance(result, SobolIndices):
        for index, free, plain in (
            ("first_order", result.free.first, result.plain.first),
            ("total", result.free.total, result.plain.total),
        ):
            for place, factor in enumerate(factors):
                yield line(index, factor, free=at(free, place), plain=at(plain, place))
        for place, (i, j) in enumerate(_pairs(result, factors)):
            assert result.free.second is not None
            assert result.plain.second is not None
            free_second, plain_second = at(result.free.second, place), at(result.plain.second, place)
            yield line("second_order", factors[i], factors[j], free_second, plain_second)
    elif result is not None:
        for place, factor in enumerate(factors):
            yield line("mu", factor, plain=at(result.mu, place))
            yield line("mu_star", factor, plain=at(result.mu_star, place), noise=result.mu_star_noise[place])
            yield line("sigma", factor, free=(result.sigma_free[place], nan, nan), plain=at(result.sigma, place))
            yield line("root_mean_square", factor, free=at(result.rms, place))


def _pairs(result: SobolIndices, factors: Sequence[str]) -> list[tuple[int, int]]:
    return [] if result.free.second is None else pairs(len(factors))


def at(estimates: Estimates, place: int) -> Bounds:
    """Estimate and bounds of one factor."""
    return estimates.estimate[place], estimates.low[place], estimates.high[place]


def ranked(found: Found) -> list[int]:
    """Places of the factors, the most important first: by total index (free of noise where there is one) or mu*."""
    result = found.result
    if result is None:
        return []
    if isinstance(result, Screening):
        by = result.mu_star.estimate
    else:
        by = result.free.total.estimate if usable(result) else result.plain.total.estimate
    return [int(place) for place in np.argsort(-np.where(np.isfinite(by), by, -np.inf), kind="stable")]


def usable(result: SobolIndices) -> bool:
    """Whether there are noise-free indices."""
    return bool(np.isfinite(result.free.total.estimate).any())
