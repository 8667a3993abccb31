"""What runs say of a candidate 得分: goals by world and replication, their statistic over worlds, intervals.

Arrays are (points, worlds, replications, goals); without ``robust`` there is one world.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.declare import Array
from sim.search.problem import PUBLIC_COST, Goal, Robust
from sim.statistics import CONFIDENCE, Interval, simultaneous_t_intervals, t_interval
from sim.statistics.intervals import BOOTSTRAP_SEED, RESAMPLES, TooFewReplications, resample_indices


@dataclass(frozen=True)
class Rule:
    """How values by world and replication become one value a goal."""

    signs: tuple[float, ...]
    """-1 where more is better."""
    worst: tuple[int, ...]
    """Worlds that count, the worst ones of each goal; all of them for public cost, which the budget limits on the mean."""

    @classmethod
    def of(cls, goals: Sequence[Goal], robust: Robust | None) -> Rule:
        worlds, worst = (robust.points, robust.worst) if robust else (1, 1)
        counted = tuple(worlds if goal.outcome == PUBLIC_COST else worst for goal in goals)
        return cls(tuple(goal.sign for goal in goals), counted)

    def __call__(self, values: Array) -> Array:
        """(..., worlds, replications, goals) -> (..., goals): the mean of the worst worlds of each goal."""
        means = values.mean(axis=-2)
        signs = np.array(self.signs)
        losses = np.sort(signs * means, axis=-2)  # the worst come last
        counted = [losses[..., -count:, goal].mean(axis=-1) for goal, count in enumerate(self.worst)]
        return np.asarray(signs * np.stack(counted, axis=-1))


def complete(values: Array) -> Array:
    """Replications, as places, in which every point and world has every value."""
    return np.asarray(np.flatnonzero(np.isfinite(values).all(axis=(0, 1, 3))))


def intervals(values: Array, rule: Rule, *, together: bool) -> list[list[Interval]]:
    """Intervals of every point and goal; ``together``: so wide that all hold at once. (points, worlds, replications, goals).

    In one world these are means over replications: Student's t, or max-t. Over several worlds they are percentiles, or
    estimate -+ c standard errors with c from the largest |t|, of resamples of whole replications: worlds stay as they are.
    """
    points, worlds, n, goals = values.shape
    if n < 2:
        raise TooFewReplications(n)
    if worlds == 1:
        flat = np.ascontiguousarray(values[:, 0].transpose(1, 0, 2).reshape(n, points * goals))
        found = simultaneous_t_intervals(flat) if together else [t_interval(column) for column in flat.T]
    else:
        found = _resampled(rule(values).ravel(), resamples(values, rule).reshape(-1, points * goals), n, together)
    return [found[place * goals : (place + 1) * goals] for place in range(points)]


def resamples(values: Array, rule: Rule) -> Array:
    """The statistic in resamples of whole replications, (resamples, points, goals)."""
    drawn = resample_indices(values.shape[2], RESAMPLES, BOOTSTRAP_SEED)
    return np.array([rule(values[:, :, rows]) for rows in drawn])


def _resampled(estimates: Array, drawn: Array, n: int, together: bool) -> list[Interval]:
    spread = drawn.std(axis=0, ddof=1)
    if together:
        standard = np.abs(drawn - estimates) / np.where(spread > 0, spread, 1.0)
        half = np.quantile(standard.max(axis=1), CONFIDENCE) * spread
        low, high = estimates - half, estimates + half
    else:
        low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    parts = zip(estimates, low, high, strict=True)
    return [Interval(float(e), float(a), float(b), n, "percentile") for e, a, b in parts]


def differences(first: Array, second: Array, rule: Rule) -> list[list[Interval]]:
    """Intervals of what each point has more than its counterpart, paired by replication, so wide that all hold at once."""
    if first.shape[1] == 1:
        return intervals(first - second, rule, together=True)
    points, _, n, goals = first.shape
    drawn = (resamples(first, rule) - resamples(second, rule)).reshape(-1, points * goals)
    found = _resampled((rule(first) - rule(second)).ravel(), drawn, n, together=True)
    return [found[place * goals : (place + 1) * goals] for place in range(points)]


def optimism(searched: Array, fresh: Array, rule: Rule) -> list[Interval]:
    """How much better the points looked in the search than afresh, mean over points, goal by goal; positive: too good.

    The draws of the two are independent: Welch's t interval of the mean over points, or, over several worlds, the normal
    one from resamples of each side.
    """
    sides = [-np.array(rule.signs) * rule(values).mean(axis=0) for values in (searched, fresh)]
    if searched.shape[1] == 1:
        series = [values[:, 0].mean(axis=0) for values in (searched, fresh)]
        squares = [side.var(axis=0, ddof=1) / len(side) for side in series]
        freedom = [len(side) - 1 for side in series]
        half = [_welch(a, b, freedom) for a, b in zip(*squares, strict=True)]
    else:
        spreads = [resamples(values, rule).mean(axis=1).std(axis=0, ddof=1) for values in (searched, fresh)]
        half = [1.959963984540054 * math.hypot(a, b) for a, b in zip(*spreads, strict=True)]
    gaps = sides[0] - sides[1]
    n = min(searched.shape[2], fresh.shape[2])
    return [Interval(float(g), float(g - h), float(g + h), n, "t") for g, h in zip(gaps, half, strict=True)]


def _welch(first: float, second: float, freedom: list[int]) -> float:
    from sim.statistics.intervals import t_quantile

    both = first + second
    if both <= 0:
        return 0.0
    degrees = both**2 / (first**2 / freedom[0] + second**2 / freedom[1])
    return t_quantile(degrees, CONFIDENCE) * math.sqrt(both)
