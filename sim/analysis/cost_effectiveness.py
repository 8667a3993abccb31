"""Cost-effectiveness 成本效果分析: which arm is the best buy at a willingness to pay, and which buys nothing more for more.

Plain arrays: gain and cost of each arm (rows) in each draw (columns). A draw is a replication, a design point's mean, or a
resample; all arms share it.

- Net benefit at a willingness to pay w is w x gain − cost; w is what one unit of gain may cost.
- Frontier: arms that are best at some w on average. An arm is dominated by one that costs no more and gains no less, and
  extendedly dominated by a mixture of two others (Cantor 1994): no w makes it best.
- Acceptability curve (van Hout et al. 1994; Fenwick, Claxton and Sculpher 2001): share of draws in which an arm has the
  largest net benefit at w. The arm with the largest share need not be the one with the largest mean net benefit, which is
  the one to choose if means are what counts: both are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sim.declare import Array
from sim.outcomes import TIE
from sim.statistics import (
    BOOTSTRAP_SEED,
    CONFIDENCE,
    RESAMPLES,
    Interval,
    TooFewReplications,
    ratio_interval,
    resample_indices,
)

Status = Literal["frontier", "dominated", "extendedly dominated", "equal"]


@dataclass(frozen=True)
class Standing:
    """How an arm stands to the others on average."""

    status: Status
    by: tuple[int, ...] = ()
    """Arms that dominate it, or that it equals."""
    before: int | None = None
    """The arm before it on the frontier; None for the first and off the frontier."""
    extra_cost: float = math.nan
    extra_gain: float = math.nan

    @property
    def ratio(self) -> float:
        """Cost of one more unit of gain, over the arm before."""
        return self.extra_cost / self.extra_gain if self.before is not None else math.nan


def frontier(gain: Array, cost: Array) -> tuple[Standing, ...]:
    """How each arm stands, from mean gain and mean cost of each."""
    found: dict[int, Standing] = {}
    for arm in range(len(gain)):
        if (twin := _equal(gain, cost, arm)) is not None:
            found[arm] = Standing("equal", (twin,))
        elif (better := _better(gain, cost, arm)) is not None:
            found[arm] = Standing("dominated", (better,))
    left = sorted((arm for arm in range(len(gain)) if arm not in found), key=lambda arm: (cost[arm], gain[arm]))
    hull = _hull(gain, cost, left)
    for arm in left:
        if arm in hull:
            place = hull.index(arm)
            before = hull[place - 1] if place else None
            extra = (math.nan, math.nan)
            if before is not None:
                extra = float(cost[arm] - cost[before]), float(gain[arm] - gain[before])
            found[arm] = Standing("frontier", (), before, *extra)
        else:
            after = next(place for place, other in enumerate(hull) if cost[other] > cost[arm])
            found[arm] = Standing("extendedly dominated", (hull[after - 1], hull[after]))
    return tuple(found[arm] for arm in range(len(gain)))


def _equal(gain: Array, cost: Array, arm: int) -> int | None:
    """An earlier arm with the same cost and gain."""
    same = (np.abs(gain[:arm] - gain[arm]) <= TIE) & (np.abs(cost[:arm] - cost[arm]) <= TIE)
    return int(np.flatnonzero(same)[0]) if same.any() else None


def _better(gain: Array, cost: Array, arm: int) -> int | None:
    """The arm that gains most among those that cost no more and gain no less."""
    as_good = (gain >= gain[arm] - TIE) & (cost <= cost[arm] + TIE)
    better = as_good & ((gain > gain[arm] + TIE) | (cost < cost[arm] - TIE))
    return int(np.argmax(np.where(better, gain, -np.inf))) if better.any() else None


def _hull(gain: Array, cost: Array, order: Sequence[int]) -> list[int]:
    """Arms, cheapest first, whose incremental ratios rise."""
    hull: list[int] = []
    for arm in order:
        while len(hull) > 1 and _ratio(gain, cost, hull[-2], hull[-1]) >= _ratio(gain, cost, hull[-1], arm):
            hull.pop()
        hull.append(arm)
    return hull


def _ratio(gain: Array, cost: Array, one: int, other: int) -> float:
    return float((cost[other] - cost[one]) / (gain[other] - gain[one]))


def net_benefit(gain: Array, cost: Array, willingness: Array) -> Array:
    """w x gain − cost, (willingness, arms, draws)."""
    return np.asarray(willingness[:, None, None] * gain - cost)


def acceptability(gain: Array, cost: Array, willingness: Array) -> Array:
    """Share of draws in which each arm has the largest net benefit, (arms, willingness); equal arms share a draw."""
    shares = np.empty((len(gain), len(willingness)))
    for place in range(len(willingness)):
        benefit = net_benefit(gain, cost, willingness[place : place + 1])[0]
        best = benefit >= benefit.max(axis=0) - TIE
        shares[:, place] = (best / best.sum(axis=0)).mean(axis=1)
    return shares


def best_on_average(gain: Array, cost: Array, willingness: Array) -> npt.NDArray[np.int64]:
    """The arm with the largest mean net benefit at each willingness to pay; of equals the cheapest, then the first."""
    mean_gain, mean_cost = gain.mean(axis=1), cost.mean(axis=1)
    benefit = net_benefit(mean_gain[:, None], mean_cost[:, None], willingness)[:, :, 0]
    best = benefit >= benefit.max(axis=1, keepdims=True) - TIE
    return np.asarray(np.argmin(np.where(best, mean_cost, np.inf), axis=1), dtype=np.int64)


def resampled_means(gain: Array, cost: Array, resamples: int = RESAMPLES) -> tuple[Array, Array]:
    """Means over draws drawn with replacement, all arms together: (arms, resamples) of gain and of cost."""
    if gain.shape[1] < 2:
        raise TooFewReplications(gain.shape[1])
    drawn = resample_indices(gain.shape[1], resamples, BOOTSTRAP_SEED)
    return gain[:, drawn].mean(axis=2), cost[:, drawn].mean(axis=2)


def share_on_frontier(gain: Array, cost: Array) -> Array:
    """Share of resamples in which each arm is on the frontier, (arms,), from :func:`resampled_means`."""
    found = np.zeros(len(gain))
    for draw in range(gain.shape[1]):
        standing = frontier(gain[:, draw], cost[:, draw])
        found += [of.status == "frontier" for of in standing]
    return np.asarray(found / gain.shape[1])


def incremental_ratio(
    gain: Array, cost: Array, arm: int, before: int, confidence: float = CONFIDENCE
) -> Interval | None:
    """Cost of one more unit of gain over the arm before, with a paired bootstrap interval.

    None where more gain cannot be told from none: the ratio then passes through infinity.
    """
    try:
        return ratio_interval(cost[arm] - cost[before], gain[arm] - gain[before], confidence)
    except (ZeroDivisionError, TooFewReplications):
        return None
