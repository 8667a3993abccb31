"""Scenario discovery 情景发现: the conditions under which a policy loses (or wins), from the points of a stored sweep.

Each design point is judged first: the arm loses where it is worse than what it is compared with, by Student's t test of
the paired differences of its replications, or by the sign of their mean. Then boxes are sought in which such points are
frequent (sim.analysis.prim), one after the other: points of a box that was told are taken out before the next is sought.

Any search finds a box, in noise too. So each box has:

- a permutation test: the whole search repeated with the verdicts shuffled over the points. p is the share of searches, the
  own one counted, that found at least as large an excess of cases. A box with p above 5% is not told.
- a bootstrap: the whole search repeated on points drawn with replacement; how often each limit comes back and where, and
  coverage and density of these boxes among the points that were not drawn, which the search has not seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sim.analysis.comparison import settled
from sim.analysis.prim import (
    ALPHA,
    Box,
    Column,
    Fit,
    Limit,
    Mask,
    Told,
    fit,
    inside,
    quasi_p_values,
    told,
)
from sim.analysis.stored import StoredRows, cells_by_point, coordinates, design_points_of, factors_of
from sim.analysis.verdicts import paired
from sim.declare import Array
from sim.outcomes import OUTCOMES
from sim.statistics import BOOTSTRAP_SEED, CONFIDENCE, resample_indices

RESAMPLES = 200
PERMUTATIONS = 199
BOXES = 3
LEVEL = 0.05
STABLE = 0.5
"""Share of resamples in which a limit must come back not to be called tentative."""
LEAST_POINTS, LEAST_CASES = 20, 5
"""Fewer points, or fewer cases or other points, are not searched."""
When = Literal["loses", "wins", "undecided"]
By = Literal["test", "sign"]
Undecided = Literal["counted", "left_out"]


@dataclass(frozen=True)
class Question:
    """What is to be found out."""

    arm: str
    against: str
    outcome: str = "earned_income"
    when: When = "loses"
    by: By = "test"
    undecided: Undecided = "counted"
    """Undecided points are no cases (counted) or are left out of the search."""
    confidence: float = CONFIDENCE
    """Of the verdict at each point."""
    alpha: float = ALPHA
    boxes: int = BOXES
    resamples: int = RESAMPLES
    permutations: int = PERMUTATIONS


@dataclass(frozen=True)
class Judged:
    """Every design point and its verdict."""

    points: npt.NDArray[np.int64]
    mean: Array
    """Mean paired difference; NaN where no pair of runs succeeded."""
    half: Array
    """Half width of its interval; infinite with fewer than two pairs."""
    sign: npt.NDArray[np.int64]
    """1 better, -1 worse, 0 undecided."""
    known: Mask
    """Whether there is a verdict: at least two pairs for a test, one for a sign."""
    pairs: npt.NDArray[np.int64]
    dropped: npt.NDArray[np.int64]
    """Pairs of which either run failed."""


@dataclass(frozen=True)
class Shown:
    """How often a limit came back in the resamples that were searched, and between what values."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Stability:
    """What the search finds on points drawn with replacement."""

    resamples: int
    """Resamples that could be searched."""
    none: int
    """Resamples in which no box was found."""
    limits: Mapping[Limit, Shown]
    """Each limit of the box that is told."""
    factors: Mapping[int, float]
    """Factor -> share of resamples in which it had a limit; those never limited are left out."""
    coverage: tuple[float, float, float]
    """Over all resamples together, and the middle 95% of resamples, among points not drawn."""
    density: tuple[float, float, float]


@dataclass(frozen=True)
class Found:
    """One box, its trajectory and how far it can be believed."""

    fitted: Fit
    searched: Mask
    """Points that were searched: those with a verdict that no earlier box holds."""
    told: Told
    """Among the points searched."""
    coverage_of_all: float
    """Share of all cases, those in earlier boxes counted too."""
    mean: float
    """Mean difference of the outcome inside the box."""
    quasi_p: Mapping[Limit, float]
    p_value: float
    """Of the permutation test."""
    stability: Stability | None
    """None where the box is not told."""

    @property
    def box(self) -> Box:
        return self.fitted.box

    @property
    def believed(self) -> bool:
        """Whether the box tells more than chance."""
        return bool(self.box) and self.p_value <= LEVEL

    @property
    def stable(self) -> bool:
        """Whether each of its limits came back in half of the resamples or more."""
        return self.stability is not None and all(of.share >= STABLE for of in self.stability.limits.values())


@dataclass(frozen=True)
class Discovery:
    """The answer to a question."""

    question: Question
    judged: Judged
    columns: tuple[Column, ...]
    """Factors at the points judged."""
    used: Mask
    """Points that are searched at all."""
    cases: Mask
    """Points at which it is as asked."""
    boxes: tuple[Found, ...]
    """Those told, then at most one that is not."""

    @property
    def base_rate(self) -> float:
        return float(self.cases[self.used].mean()) if self.used.any() else math.nan

    @property
    def believed(self) -> tuple[Found, ...]:
        return tuple(found for found in self.boxes if found.believed)

    @property
    def searchable(self) -> bool:
        return searchable(self.cases[self.used])


# ---- from stored rows


def judge(rows: StoredRows, question: Question) -> Judged:
    """The verdict at every design point."""
    points = design_points_of(rows.runs)
    parts: list[tuple[Any, ...]] = []
    for cells in cells_by_point(rows.runs, [question.arm, question.against], [question.outcome], points):
        values = cells.values[question.outcome]
        differences = settled(values[:, 0] - values[:, 1])
        pairs = np.isfinite(differences).sum(axis=1)
        dropped = (cells.stored.all(axis=1) & ~cells.ok.all(axis=1)).sum(axis=1)
        found = paired(differences, question.confidence)
        parts.append((np.array(cells.points), found.mean, found.half, found.sign, pairs, dropped))
    number, mean, half, sign, pairs, dropped = (np.concatenate(column) for column in zip(*parts, strict=True))
    if question.by == "sign":
        sign = np.where(np.isfinite(mean), np.sign(np.nan_to_num(mean)), 0)
    better = -1 if OUTCOMES[question.outcome].better == "less" else 1
    known = pairs >= (1 if question.by == "sign" else 2)
    return Judged(number, mean, half, better * sign.astype(np.int64), known, pairs, dropped)


def columns_of(rows: StoredRows, points: Sequence[int]) -> tuple[Column, ...]:
    """The factors of a sweep at some points, and the scenario where there are several."""
    names = factors_of(rows)
    found = [_column(name, coordinates(rows, points, name)) for name in names]
    scenarios = coordinates(rows, points, "scenario") if rows.points is not None else []
    if len(set(scenarios)) > 1:
        found.append(_column("scenario", scenarios))
    return tuple(found)


def _column(name: str, values: Sequence[Any]) -> Column:
    if all(isinstance(value, (int, float)) for value in values):
        return Column(name, np.array(values, dtype=float))
    options = tuple(sorted({str(value) for value in values}))
    places = {option: place for place, option in enumerate(options)}
    return Column(name, np.array([places[str(value)] for value in values], dtype=float), options)


# ---- the search


def discover(rows: StoredRows, question: Question) -> Discovery:
    """Judge the points and search for boxes."""
    judged = judge(rows, question)
    columns = columns_of(rows, judged.points.tolist())
    wanted = {"loses": -1, "wins": 1, "undecided": 0}[question.when]
    cases = judged.known & (judged.sign == wanted)
    left_out = question.undecided == "left_out" and question.when != "undecided"
    used = judged.known & ((judged.sign != 0) if left_out else True)
    boxes = search(columns, cases, used, judged.mean, question)
    return Discovery(question, judged, columns, used, cases, boxes)


def search(columns: Sequence[Column], cases: Mask, used: Mask, means: Array, question: Question) -> tuple[Found, ...]:
    """Boxes one after the other, until one cannot be told from chance."""
    found: list[Found] = []
    searched = used.copy()
    while len(found) < question.boxes and searchable(cases[searched]):
        box = _one(columns, cases, searched, means, question)
        found.append(box)
        if not box.believed:
            break
        searched = searched & ~inside(columns, box.box)
    return tuple(found)


def searchable(cases: Mask) -> bool:
    """Whether there are points enough, and cases and others among them."""
    hits = int(cases.sum())
    return len(cases) >= LEAST_POINTS and min(hits, len(cases) - hits) >= LEAST_CASES


def _one(columns: Sequence[Column], cases: Mask, searched: Mask, means: Array, question: Question) -> Found:
    mine, hits = [column.at(searched) for column in columns], cases[searched]
    fitted = fit(mine, hits, question.alpha)
    within = inside(mine, fitted.box)
    found = told(hits, within)
    p_value = permutation_p_value(mine, hits, found.excess, question) if fitted.box else 1.0
    stability = bootstrap(mine, hits, fitted.box, question) if fitted.box and p_value <= LEVEL else None
    return Found(
        fitted=fitted,
        searched=searched,
        told=found,
        coverage_of_all=found.cases / max(int(cases.sum()), 1),
        mean=float(np.nanmean(means[searched][within])) if within.any() else math.nan,
        quasi_p=quasi_p_values(mine, hits, fitted.box),
        p_value=p_value,
        stability=stability,
    )


def permutation_p_value(columns: Sequence[Column], cases: Mask, excess: float, question: Question) -> float:
    """Share of searches, the own one counted, with an excess as large though verdicts were shuffled over the points."""
    generator = np.random.Generator(np.random.PCG64(BOOTSTRAP_SEED))
    as_large = 1
    for _ in range(question.permutations):
        shuffled = generator.permutation(cases)
        box = fit(columns, shuffled, question.alpha).box
        as_large += told(shuffled, inside(columns, box)).excess >= excess - 1e-12
    return as_large / (question.permutations + 1)


def bootstrap(columns: Sequence[Column], cases: Mask, box: Box, question: Question) -> Stability:
    """The whole search on points drawn with replacement, judged on those not drawn."""
    seen: dict[Limit, list[float]] = {limit: [] for limit in box}
    of_factor: Counter[int] = Counter()
    covers: list[tuple[int, int]] = []
    dense: list[tuple[int, int]] = []
    searched, none = 0, 0
    for drawn in resample_indices(len(cases), question.resamples, BOOTSTRAP_SEED):
        bag = cases[drawn]
        if bag.all() or not bag.any():
            continue
        searched += 1
        found = fit([column.at(drawn) for column in columns], bag, question.alpha).box
        none += not found
        of_factor.update({limit.factor for limit in found})
        for limit in seen.keys() & found.keys():
            seen[limit].append(found[limit])
        rest = np.ones(len(cases), dtype=bool)
        rest[drawn] = False
        held = told(cases[rest], inside(columns, found)[rest])
        covers.append((held.cases, int(cases[rest].sum())))
        dense.append((held.cases, held.points))
    limits = {limit: _shown(values, searched) for limit, values in seen.items()}
    factors = {factor: count / searched for factor, count in of_factor.most_common()}
    return Stability(searched, none, limits, factors, _out_of_bag(covers), _out_of_bag(dense))


def _shown(values: Sequence[float], searched: int) -> Shown:
    if not values:
        return Shown(0.0, math.nan, math.nan)
    low, high = np.quantile(values, [0.025, 0.975])
    return Shown(len(values) / searched, float(low), float(high))


def _out_of_bag(pairs: Sequence[tuple[int, int]]) -> tuple[float, float, float]:
    """Hits over tries of all resamples together, and the middle 95% of single resamples."""
    known = [(hits, tries) for hits, tries in pairs if tries]
    if not known:
        return math.nan, math.nan, math.nan
    hits, tries = np.array(known, dtype=float).T
    low, high = np.quantile(hits / tries, [0.025, 0.975])
    return float(hits.sum() / tries.sum()), float(low), float(high)
