"""Grouping 片区划分: which villages form a council.

The labels come with the population and stay (rule ``keep``, at never). A label has no effect, no cost and no pool of its
own: it says who would sit together if a policy switched a council process on. A policy may have the villages in its scope
grouped anew, once, by one of the rules of grouping_rules.py: within each town separately, into

    councils = max(1, m / size rounded to the nearest),   m the villages of the town that are grouped

councils whose sizes differ by one at most. A council that owns a joint vehicle 联合社 keeps its members: what is owned in
common is not torn apart, and its villages are left out of the redraw and of its cost. Members that stay behind go on as
a smaller council. A council whose members have changed has a new centre village (one that was a centre before, else the
most populous) and chooses its manager anew; one that comes out as it was keeps both. Labels stay when the policy ends.

    need_i = 1 / (1 + max(earned income of last year, 0) / 10 万元)             once a year, for the councils' rules

Assumptions: need falls smoothly with earned income and reaches one half at 10 万元, the weak-village line 强基; villages
take their trust and their habits of contributing into a new council; costs. Principles of grouping:
places:tianqiao.grouping_principles, places:dawang.grouping_principles, places:shanxian.grouping_principles. That mixing
strong and weak by design may fail: literature:carrell_2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim import grouping_rules
from sim.accounts import flow
from sim.declare import CodeArray, Index, Mask, PayerArray, RunArray, VillageArray, quantity
from sim.groups import Groups, groups
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "片区划分"
DRAWS: tuple[str, ...] = ()
YEAR_DRAWS = ("council",)
RULES = {
    "keep": "as they are 维持现状",
    "adjacency": "neighbouring villages 地域相邻",
    "similar_industry": "villages of one industry, neighbours within it 产业相近",
    "complementary_industry": "as many different industries as possible in each council, near by 优势互补",
    "strong_weak": "dealt by earned income, so that each council has strong and weak villages 强弱搭配",
    "random": "drawn at random 随机, the null",
}
KEEP, ADJACENCY, SIMILAR, COMPLEMENTARY, STRONG_WEAK, RANDOM = range(len(RULES))


@dataclass(frozen=True)
class Parameters:
    weak_line: RunArray = quantity(
        10,
        unit="万元",
        bounds=(0.1, 1000),
        prior=(5, 20),
        source="places:wenshang.structure.tiers; assumption",
        zh="强基村标准",
        meaning="earned income of a year at which the need weight is one half",
    )
    staff_time: RunArray = quantity(
        0.5,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0.2, 2),
        source="assumption",
        zh="片区工作人员费用",
        meaning="priced staff time of leading councils that a policy has drawn, for each village in its scope",
    )
    set_up_cost: RunArray = quantity(
        0.5,
        unit="万元/village",
        bounds=(0, 100),
        prior=(0.1, 3),
        source="assumption",
        zh="片区组建费用",
        meaning="priced staff time of surveys, meetings and filing, once for each village that is grouped anew",
    )
    # set by the policy
    at: Mask | None = None
    """Villages that are grouped anew this quarter; None is never."""
    rule: CodeArray | None = None
    size: VillageArray | None = None
    staff: PayerArray | None = None
    set_up: PayerArray | None = None
    # set by the companion same_management: membership and centre villages of the judged arm
    council: Index | None = None
    centre: Index | None = None


@dataclass(frozen=True)
class Flows:
    staff: PayerArray | None = flow(
        "payers",
        "staff",
        kind="council_grouping",
        zh="片区工作人员费用",
        meaning="priced staff time of leading councils",
    )
    set_up: PayerArray | None = flow(
        "payers",
        "staff",
        kind="council_grouping",
        zh="片区组建费用",
        meaning="priced staff time of grouping villages anew",
    )


def need(earned: VillageArray, weak_line: RunArray) -> VillageArray:
    """Need weight in (0, 1], falling with earned income (万元 a year), shape (runs, villages)."""
    return 1.0 / (1.0 + np.maximum(earned, 0.0) / weak_line)


def council_count(villages: int, size: float) -> int:
    """Councils of about ``size`` villages: the nearest whole number, one at least."""
    return max(1, int(np.floor(villages / size + 0.5)))


def left_behind(members: Groups, moves: Mask) -> Index:
    """Labels of the members that stay, named by the first of them; -1 for all others."""
    runs, villages = members.council.shape
    stays = members.member & ~moves
    first = np.full(runs * villages, villages, dtype=np.int64)
    np.minimum.at(first, members.flat[stays.ravel()], np.broadcast_to(np.arange(villages), stays.shape)[stays])
    return np.where(stays, first[members.flat].reshape(runs, villages), -1)


def centres(members: Groups, population: VillageArray, was_centre: Mask) -> Index:
    """Centre village of each council, at its members: one that was a centre before, else the most populous member."""
    return members.argmax(population + was_centre * (population.max(axis=1, keepdims=True) + 1.0))


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Group anew where the policy says so; set need at the start of a year."""
    p, flows = parameters, Flows()
    if quarter.opens_year:
        state = state.replace(need=need(state.earned_last_year, p.weak_line))
    if p.council is not None:
        state = _join(state, p.council, p.centre)
    if p.staff is not None and p.staff.any():
        flows = Flows(staff=p.staff)
    if p.at is None or not p.at.any():
        return state, flows
    moves = p.at & state.exists & ~(state.councils.member & (state.councils.of(state.vehicle) > 0))
    set_up = None if p.set_up is None else p.set_up * moves[:, None, :]
    state = _join(state, _drawn(state, p, moves, draws))
    return state, Flows(staff=flows.staff, set_up=set_up if set_up is not None and set_up.any() else None)


def _drawn(state: State, p: Parameters, moves: Mask, draws: QuarterDraws) -> Index:
    """Labels of all villages once those that move are grouped by their rules, each town for itself."""
    rule = np.broadcast_to(0.0 if p.rule is None else p.rule, moves.shape)
    size = np.broadcast_to(1.0 if p.size is None else p.size, moves.shape)
    labels = left_behind(state.councils, moves)
    runs, villages = np.nonzero(moves)
    # One cell is the villages of a run and town that one rule groups; np.nonzero lists each cell's in their order.
    place = state.towns.flat.reshape(moves.shape)[moves]
    cells, cell, members = np.unique(
        np.stack([place, rule[moves], size[moves]], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    cell = cell.ravel()
    for code, aim, number in sorted({(c[1], c[2], n) for c, n in zip(cells.tolist(), members.tolist(), strict=True)}):
        alike = np.flatnonzero((cells[:, 1] == code) & (cells[:, 2] == aim) & (members == number))
        found = np.flatnonzero(np.isin(cell, alike))
        which = found[np.argsort(cell[found], kind="stable")].reshape(len(alike), number)
        row, index = runs[which], villages[which]
        council = _by_rule(int(code), state, row, index, council_count(number, aim), draws)
        labels[row, index] = np.take_along_axis(index, council, axis=1)
    return labels


def _by_rule(code: int, state: State, row: Index, index: Index, count: int, draws: QuarterDraws) -> Index:
    """Labels within each cell, positions among its own villages, shape (cells, villages of a cell)."""
    at = (row, index)
    if code == ADJACENCY:
        return grouping_rules.adjacency(state.x[at], state.y[at], count)
    if code == SIMILAR:
        return grouping_rules.similar_industry(state.industry[at], state.x[at], state.y[at], count)
    if code == COMPLEMENTARY:
        return grouping_rules.complementary_industry(state.industry[at], state.x[at], state.y[at], count)
    if code == STRONG_WEAK:
        return grouping_rules.strong_weak(state.earned_last_year[at], count)
    return grouping_rules.random(draws.uniform("council")[at], count)


def _join(state: State, labels: Index, centre: Index | None = None) -> State:
    """Take on new labels; a council that comes out with the members it had stays as it is."""
    before = state.councils
    if np.array_equal(labels, before.council):
        return state
    after = groups(labels)
    moved = (labels != before.council) | (after.size != before.size)
    changed = after.sum(moved.astype(float)) > 0
    if centre is None:
        was_centre = before.member & (state.centre == np.arange(state.villages))
        centre = centres(after, state.population, was_centre)
    return state.replace(
        councils=after,
        centre=np.where(changed, centre, state.centre),
        manager=np.where(changed, -1, state.manager),
        # Shares in what a pool might have become end with the council: without a vehicle they stand for nothing.
        dividend_rule=np.where(changed[:, None, :], 0.0, state.dividend_rule),
        base_share=np.where(changed, 0.0, state.base_share),
        equity_weight=np.where(changed, 0.0, state.equity_weight),
        dividend_share=np.where(changed, 0.0, state.dividend_share),
        # what failed under a council that is no more is nobody's
        joint_failure=np.where(changed, 0.0, state.joint_failure),
    )
