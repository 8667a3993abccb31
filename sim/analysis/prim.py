"""Boxes in which cases are frequent 病人规则归纳法: the patient rule induction method (PRIM, Friedman and Fisher 1999).

Points have factors, quantities or choices, and each point is a case or not. A box is a set of limits: a quantity at least
or at most a value, a choice without an option. Of a box:

- support: share of all points inside; density: share of the points inside that are cases; coverage: share of all cases inside;
- excess of cases: support x (density - base rate), how many more of all points are cases inside than if cases were spread
  evenly (weighted relative accuracy, Lavrac, Flach and Zupan 1999). It is 0 for all points and for a box that tells nothing,
  whatever the base rate.

**Peeling.** From all points, one end of one quantity is cut off at a time, alpha of the points inside or what ties with
them, or one option of a choice. The cut that raises the density most per point removed is taken: cuts of choices remove
more points than cuts of quantities, and would win or lose by that alone (Kwakkel and Jaxa-Rozen 2016). Boxes so made are
the peeling trajectory; it ends where all inside are cases or every cut would leave less than the least support.

**Choice.** The box of the trajectory with the largest excess of cases.

**Factors that matter.** With many factors and few points, most cuts of a patient peeling follow noise and use up points
that the true limits would have needed. So factors are first thinned out by coarse peelings, of a quarter of the points a
cut: they are ranked by how much excess the chosen box loses without their limits, the better half is kept, until
MOST_LIMITS are left. Among these it is peeled patiently and once more coarsely; of both the box with the larger excess is
kept. How much that wins is measured in docs/statistics-discovery.md.

**Limits that matter.** The quasi-p-value of a limit (Bryant and Lempert 2010) is the chance of as many cases inside as there
are if the limit told nothing, that is if each point inside were a case with the density of the box without that limit.
Limits above 5% are dropped one by one, the weakest first. It is no p-value: the limits were chosen on the same points.
Whether a box tells anything at all is for a permutation test of the whole procedure (sim.analysis.discovery).

**Pasting.** At each limit the nearest points outside, alpha of those inside or one, are taken in again as long as the
density does not fall; then limits are judged once more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.declare import Array

ALPHA = 0.1
"""Share of the points inside that one cut removes: small is patient."""
COARSE = 0.25
"""The same while factors are thinned out: enough points that chance moves their share of cases less than factors do."""
LEAST_SUPPORT = 0.05
"""Share of all points below which nothing is cut."""
QUASI_P = 0.05
MOST_LIMITS = 4
"""Factors with a limit: more than these in one sentence are not read."""
KEPT = 0.5
"""Share of the factors that each repetition of the peeling keeps."""
Mask = npt.NDArray[np.bool_]
Side = Literal["low", "high", "without"]


@dataclass(frozen=True)
class Column:
    """One factor at all points: numbers, or places in ``options``."""

    name: str
    values: Array
    options: tuple[str, ...] = ()

    def at(self, rows: npt.NDArray[np.int64] | Mask) -> Column:
        """The factor at some points."""
        return Column(self.name, self.values[rows], self.options)


class Limit(NamedTuple):
    """One side of one factor (its place among the columns), or one option that a choice must not have."""

    factor: int
    side: Side
    option: int = -1


Box = Mapping[Limit, float]
"""Limits and where they lie; ``without`` has the option itself."""


@dataclass(frozen=True)
class Step:
    """A box of the peeling trajectory, and which points are inside."""

    box: Box
    inside: Mask


@dataclass(frozen=True)
class Told:
    """What a box says of points."""

    points: int
    cases: int
    """Inside."""
    coverage: float
    density: float
    support: float
    excess: float
    """support x (density - base rate)."""


@dataclass(frozen=True)
class Fit:
    """The trajectory, the place of the box chosen on it, and that box after pruning and pasting."""

    trajectory: tuple[Step, ...]
    chosen: int
    box: Box


# ---- boxes and points


def meets(columns: Sequence[Column], limit: Limit, at: float) -> Mask:
    """Which points keep within one limit."""
    values = columns[limit.factor].values
    if limit.side == "low":
        return np.asarray(values >= at)
    return np.asarray(values <= at) if limit.side == "high" else np.asarray(values != at)


def inside(columns: Sequence[Column], box: Box) -> Mask:
    """Which points keep within all limits."""
    found = np.ones(len(columns[0].values), dtype=bool)
    for limit, at in box.items():
        found &= meets(columns, limit, at)
    return found


def told(cases: Mask, within: Mask) -> Told:
    """Coverage, density, support and excess of the points marked; NaN where there is nothing to divide by."""
    points, hits, every = int(within.sum()), int((cases & within).sum()), int(cases.sum())
    n = len(cases)
    return Told(
        points=points,
        cases=hits,
        coverage=hits / every if every else math.nan,
        density=hits / points if points else math.nan,
        support=points / n if n else math.nan,
        excess=(hits - points * every / n) / n if n else math.nan,
    )


# ---- peeling


def peel(
    columns: Sequence[Column],
    cases: Mask,
    among: Sequence[int] | None = None,
    alpha: float = ALPHA,
    least_support: float = LEAST_SUPPORT,
) -> tuple[Step, ...]:
    """The peeling trajectory, from all points on; ``among`` holds the factors that may be limited (all)."""
    floor = max(2, math.ceil(least_support * len(cases)))
    among = range(len(columns)) if among is None else among
    quantities = [place for place in among if not columns[place].options]
    choices = [place for place in among if columns[place].options]
    x = np.array([columns[place].values for place in quantities]).reshape(len(quantities), len(cases))
    order = np.argsort(x, axis=1, kind="stable")
    steps = [Step({}, np.ones(len(cases), dtype=bool))]
    while cut := _best_cut(columns, quantities, choices, x, order, cases, steps[-1].inside, alpha, floor):
        limit, at = cut
        within = steps[-1].inside & meets(columns, limit, at)
        steps.append(Step({**steps[-1].box, limit: at}, within))
        order = order[within[order]].reshape(len(quantities), int(within.sum()))
    return tuple(steps)


def _best_cut(
    columns: Sequence[Column],
    quantities: Sequence[int],
    choices: Sequence[int],
    x: Array,
    order: npt.NDArray[np.int64],
    cases: Mask,
    within: Mask,
    alpha: float,
    floor: int,
) -> tuple[Limit, float] | None:
    """The cut that raises the density most per point removed; the first of equals."""
    points, hits = int(within.sum()), int((cases & within).sum())
    if hits in (0, points):
        return None
    cuts = [*_ends(quantities, x, order, cases, alpha), *_options(columns, choices, cases, within)]
    best: tuple[float, Limit, float] | None = None
    for limit, at, removed, removed_cases in cuts:
        left = points - removed
        if left < floor:
            continue
        rise = ((hits - removed_cases) / left - hits / points) / removed
        if best is None or rise > best[0] + 1e-15:
            best = (rise, limit, at)
    return None if best is None else best[1:]


def _ends(
    quantities: Sequence[int], x: Array, order: npt.NDArray[np.int64], cases: Mask, alpha: float
) -> Iterator[tuple[Limit, float, int, int]]:
    """Both ends of every quantity: limit, where, points and cases removed. A tie is cut off whole or not at all."""
    count = order.shape[1]
    if not len(quantities):
        return
    cut = max(1, int(alpha * count))
    values = np.take_along_axis(x, order, axis=1)
    so_far = np.cumsum(cases[order], axis=1)
    bottom = (values < values[:, [cut]]).sum(axis=1)
    bottom = np.where(bottom == 0, (values == values[:, :1]).sum(axis=1), bottom)
    top = (values > values[:, [count - 1 - cut]]).sum(axis=1)
    top = np.where(top == 0, (values == values[:, -1:]).sum(axis=1), top)
    for place, factor in enumerate(quantities):
        low, high = int(bottom[place]), int(top[place])
        if low == count:
            continue  # the same value at all points
        row, total = values[place], int(so_far[place, -1])
        yield Limit(factor, "low"), between(row[low], row[low - 1]), low, int(so_far[place, low - 1])
        kept = count - high
        yield Limit(factor, "high"), between(row[kept - 1], row[kept]), high, total - int(so_far[place, kept - 1])


def _options(
    columns: Sequence[Column], choices: Sequence[int], cases: Mask, within: Mask
) -> Iterator[tuple[Limit, float, int, int]]:
    """Every option that some points inside have and some have not."""
    for factor in choices:
        length = len(columns[factor].options)
        codes = columns[factor].values[within].astype(np.int64)
        points = np.bincount(codes, minlength=length)
        hits = np.bincount(codes[cases[within]], minlength=length)
        for option in np.flatnonzero(points) if np.count_nonzero(points) > 1 else ():
            yield Limit(factor, "without", int(option)), float(option), int(points[option]), int(hits[option])


def between(kept: float, removed: float) -> float:
    """Half-way between the last value kept and the first removed.

    >>> between(4.0, 2.0)
    3.0
    """
    middle = (float(kept) + float(removed)) / 2.0
    return float(kept) if middle == removed else middle


# ---- choice, limits that matter, pasting


def choose(cases: Mask, trajectory: Sequence[Step]) -> int:
    """Place of the box with the largest excess of cases; the earlier, larger one of equals."""
    excess = np.array([told(cases, step.inside).excess for step in trajectory])
    return int(np.flatnonzero(excess >= excess.max() - 1e-12)[0])


def quasi_p_values(columns: Sequence[Column], cases: Mask, box: Box) -> dict[Limit, float]:
    """Chance of as many cases inside if a limit told nothing (Bryant and Lempert 2010), for each limit of a box."""
    from scipy.special import bdtrc

    outside = np.array([~meets(columns, limit, at) for limit, at in box.items()]).reshape(len(box), len(cases))
    broken = outside.sum(axis=0)
    within = broken == 0
    points, hits = int(within.sum()), int((cases & within).sum())
    found = {}
    for limit, mine in zip(box, outside, strict=True):
        without = within | ((broken == 1) & mine)
        if not without.any():
            found[limit] = 1.0
            continue
        share = float(cases[without].mean())
        found[limit] = float(bdtrc(hits - 1, points, share)) if hits > 0 else 1.0
    return found


def prune(columns: Sequence[Column], cases: Mask, box: Box, level: float = QUASI_P) -> dict[Limit, float]:
    """The box without limits that tell nothing: the weakest goes first, then all are judged anew."""
    kept = dict(box)
    while kept:
        found = quasi_p_values(columns, cases, kept)
        weakest = max(kept, key=lambda limit: (found[limit], limit))
        if found[weakest] <= level:
            break
        del kept[weakest]
    return kept


def paste(columns: Sequence[Column], cases: Mask, box: Box, alpha: float = ALPHA) -> dict[Limit, float]:
    """The box made larger at its limits as long as the density does not fall."""
    found = dict(box)
    while found:
        outside = np.array([~meets(columns, limit, at) for limit, at in found.items()])
        broken = outside.sum(axis=0)
        within = broken == 0
        points, hits = int(within.sum()), int((cases & within).sum())
        if not points:
            break
        best: tuple[float, int, Limit, float | None] | None = None
        for limit, mine in zip(found, outside, strict=True):
            wider = (broken == 1) & mine
            for count in (max(1, int(alpha * points)), 1):
                at, taken = _wider(columns[limit.factor].values, limit, wider, count)
                density = (hits + int(cases[taken].sum())) / (points + int(taken.sum()))
                if density >= hits / points - 1e-12 and (best is None or (density, taken.sum()) > best[:2]):
                    best = (density, int(taken.sum()), limit, at)
        if best is None:
            break
        if best[3] is None:
            del found[best[2]]
        else:
            found[best[2]] = best[3]
    return found


def _wider(values: Array, limit: Limit, outside: Mask, count: int) -> tuple[float | None, Mask]:
    """A limit moved outward past the nearest points, ties with them; None where no point is left beyond it."""
    beyond = values[outside]
    if limit.side == "without" or len(beyond) <= count:
        return None, outside
    sign = -1.0 if limit.side == "low" else 1.0
    away = np.sort(sign * beyond)
    last = away[count - 1]
    left = away[away > last]
    if not len(left):
        return None, outside
    return sign * between(last, left[0]), np.asarray(outside & (sign * values <= last))


def losses(columns: Sequence[Column], cases: Mask, box: Box) -> dict[int, float]:
    """How much excess a box loses without the limits of a factor, for each factor that it limits."""
    excess = told(cases, inside(columns, box)).excess
    found = {}
    for factor in sorted({limit.factor for limit in box}):
        others = {limit: at for limit, at in box.items() if limit.factor != factor}
        found[factor] = excess - told(cases, inside(columns, others)).excess
    return found


def fit(
    columns: Sequence[Column],
    cases: Mask,
    alpha: float = ALPHA,
    least_support: float = LEAST_SUPPORT,
    most_limits: int = MOST_LIMITS,
) -> Fit:
    """Thin out factors, peel, choose, drop limits that tell nothing, paste, judge once more."""
    among = relevant(columns, cases, least_support, most_limits)
    found: Fit | None = None
    for share in dict.fromkeys((alpha, max(alpha, COARSE))):
        trajectory = peel(columns, cases, among, share, least_support)
        chosen = choose(cases, trajectory)
        box = prune(columns, cases, trajectory[chosen].box)
        box = prune(columns, cases, paste(columns, cases, box, alpha))
        if found is None or _excess(columns, cases, box) > _excess(columns, cases, found.box) + 1e-12:
            found = Fit(trajectory, chosen, box)
    assert found is not None
    return found


def relevant(columns: Sequence[Column], cases: Mask, least_support: float, most: int) -> tuple[int, ...]:
    """Factors that are left when the worse half has been dropped until there are no more than ``most``."""
    among = tuple(range(len(columns)))
    while len(among) > most:
        trajectory = peel(columns, cases, among, COARSE, least_support)
        lost = losses(columns, cases, trajectory[choose(cases, trajectory)].box)
        if not lost:
            break
        kept = max(most, int(KEPT * len(among)))
        among = tuple(sorted(sorted(lost, key=lambda factor: -lost[factor])[:kept]))
    return among


def _excess(columns: Sequence[Column], cases: Mask, box: Box) -> float:
    return told(cases, inside(columns, box)).excess
