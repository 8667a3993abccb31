"""What a search found 搜索结果: the front as the search saw it and as it is on fresh draws, beside the arms as written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.declare import Array
from sim.search import scores
from sim.search.candidates import Candidate, Space
from sim.search.front import best_within, non_dominated, spread
from sim.search.loop import Archive, over_budget
from sim.search.problem import PUBLIC_COST, Goal, Search
from sim.search.scores import Rule
from sim.statistics import Interval


class NothingFound(RuntimeError):
    """No candidate is within the budget, or none could be simulated; the message says what there was."""


def measured(search: Search) -> tuple[Goal, ...]:
    """The goals, and public cost where it is none: what tables show."""
    cost = Goal(PUBLIC_COST, "less", difference=False)
    return search.goals if any(goal.outcome == PUBLIC_COST for goal in search.goals) else (*search.goals, cost)


def leading(search: Search) -> list[int]:
    """Goals by which one candidate is chosen among those that cost no more: as listed, public cost aside."""
    return [place for place, goal in enumerate(search.goals) if goal.outcome != PUBLIC_COST]


@dataclass(frozen=True)
class Values:
    """Values by (points, worlds, replications, measured) of the search and of the evaluation afresh."""

    searched: Array
    fresh: Array
    dropped: int = 0
    """Fresh replications left out, because a run of some point failed in them."""


@dataclass(frozen=True)
class Point:
    """A candidate of the front, or an arm as written."""

    label: str
    searched: tuple[float, ...]
    """What the search saw, goal by goal."""
    fresh: tuple[Interval, ...]
    """Fresh draws, one by one."""
    candidate: Candidate | None = None
    on_front: bool = True
    """Whether it is on the front of the search; else it was taken for a comparison."""
    dominated: bool = False
    """Whether another point shown is as good in every goal and better in one, on fresh draws."""


@dataclass(frozen=True)
class Versus:
    """The best use found at no more than what an arm as written costs; chosen by the search, compared on fresh draws."""

    arm: str
    """The arm as written; '' for the budget."""
    label: str | None
    """The point; None where nothing found costs as little."""
    differences: tuple[Interval, ...] = ()
    """Point less arm, so wide that all of them hold at once."""


@dataclass(frozen=True)
class Found:
    """All that is reported."""

    search: Search
    space: Space
    archive: Archive
    points: tuple[Point, ...]
    written: tuple[Point, ...]
    """The arms as written, by name."""
    versus: tuple[Versus, ...]
    optimism: tuple[Interval, ...]
    """How much better the front looked in the search, goal by goal, mean over its points."""
    luck: tuple[Interval, ...]
    """The same of the arms as written, which nobody chose by these draws."""
    size: int
    """Candidates on the front, those that are not shown included."""
    fresh_replications: int
    dropped: int

    @property
    def measured(self) -> tuple[Goal, ...]:
        return measured(self.search)

    def point(self, label: str) -> Point:
        """The point of a label."""
        return next(point for point in self.points if point.label == label)


@dataclass(frozen=True)
class Chosen:
    """Which candidates are evaluated afresh."""

    candidates: tuple[Candidate, ...]
    on_front: tuple[bool, ...]
    best: tuple[tuple[str, Candidate | None], ...]
    """Arm as written, or '' for the budget, -> the best candidate that costs no more. Without arms beyond the budget."""
    size: int


def choose(search: Search, archive: Archive, written: dict[str, tuple[Array, float]]) -> Chosen:
    """Points to evaluate afresh, by what the search saw alone. ``written``: arm -> (goals, cost) on the search's draws.

    Raises NothingFound where no candidate is within the budget.
    """
    entries = [entry for entry in archive.entries.values() if entry.scored.goals is not None]
    allowed = [entry for entry in entries if over_budget(entry.scored.cost, search.budget) <= 0.0]
    if not allowed:
        raise NothingFound(_why_nothing(search, archive))
    worth = np.array([entry.scored.goals for entry in allowed]) * [goal.sign for goal in search.goals]
    cost = np.array([entry.scored.cost for entry in allowed])
    _, first = np.unique(worth, axis=0, return_index=True)  # of candidates that differ in nothing but names, the first
    alone = np.isin(np.arange(len(worth)), first)
    front = np.flatnonzero(non_dominated(worth) & alone)
    shown = [int(front[place]) for place in spread(worth[front], search.shown)]
    limits = {arm: cost for arm, (_, cost) in written.items()}
    if search.budget is not None:
        limits = {"": search.budget, **{arm: limit for arm, limit in limits.items() if limit <= search.budget}}
    best = {arm: best_within(worth, cost, limit, leading(search)) for arm, limit in limits.items()}
    taken = dict.fromkeys([*shown, *(row for row in best.values() if row is not None)])
    rows = sorted(taken, key=lambda row: (cost[row], row))
    return Chosen(
        tuple(allowed[row].candidate for row in rows),
        tuple(bool(row in set(front.tolist())) for row in rows),
        tuple((arm, None if row is None else allowed[row].candidate) for arm, row in best.items()),
        len(front),
    )


def _why_nothing(search: Search, archive: Archive) -> str:
    tried, failed = len(archive.entries), archive.failed
    if len(failed) == tried:
        return f"all {tried} candidates failed, the first with: {failed[0].scored.why}"
    cheapest = min(entry.scored.cost for entry in archive.entries.values() if entry.scored.goals is not None)
    return (
        f"none of {tried} candidates costs {search.budget:g} 万元 or less (the cheapest {cheapest:.4g}): raise the budget, "
        "widen the ranges downwards, let members be left out, or search longer"
    )


def judge(search: Search, space: Space, archive: Archive, chosen: Chosen, values: Values, written: Values) -> Found:
    """The front on fresh draws, in points of the chosen order, and the arms as written."""
    goals = measured(search)
    rule = Rule.of(goals, search.robust)
    both = np.concatenate([values.fresh, written.fresh])
    alone = scores.intervals(both, rule, together=False)
    seen = rule(np.concatenate([values.searched, written.searched]))
    count = len(chosen.candidates)
    worse = _dominated(search, rule(values.fresh))
    labels = [f"P{place + 1:02d}" for place in range(count)]
    points = tuple(
        Point(
            labels[p], tuple(seen[p].tolist()), tuple(alone[p]),
            chosen.candidates[p], chosen.on_front[p], bool(worse[p]),
        )
        for p in range(count)
    )  # fmt: skip
    own = tuple(
        Point(arm, tuple(seen[p].tolist()), tuple(alone[p]), on_front=False)
        for p, arm in enumerate(search.compare, count)
    )
    front = [place for place, is_on in enumerate(chosen.on_front) if is_on]
    return Found(
        search,
        space,
        archive,
        points,
        own,
        _versus(search, chosen, labels, values.fresh, written.fresh, rule),
        tuple(scores.optimism(values.searched[front], values.fresh[front], rule)),
        tuple(scores.optimism(written.searched, written.fresh, rule)) if search.compare else (),
        chosen.size,
        values.fresh.shape[2],
        values.dropped,
    )


def _dominated(search: Search, fresh: Array) -> Array:
    """Whether another point is as good in every goal and better in one."""
    signs = np.array([goal.sign for goal in search.goals])
    return np.asarray(~non_dominated(signs * fresh[:, : len(signs)]))


def _versus(
    search: Search, chosen: Chosen, labels: Sequence[str], fresh: Array, written: Array, rule: Rule
) -> tuple[Versus, ...]:
    place = {candidate: row for row, candidate in enumerate(chosen.candidates)}
    pairs = [(arm, place[c], search.compare.index(arm)) for arm, c in chosen.best if arm and c is not None]
    found: dict[str, tuple[Interval, ...]] = {}
    if pairs:
        mine, theirs = fresh[[row for _, row, _ in pairs]], written[[row for _, _, row in pairs]]
        gaps = scores.differences(mine, theirs, rule)
        found = {arm: tuple(gap) for (arm, _, _), gap in zip(pairs, gaps, strict=True)}
    return tuple(
        Versus(arm, None if candidate is None else labels[place[candidate]], found.get(arm, ()))
        for arm, candidate in chosen.best
    )
