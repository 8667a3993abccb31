"""Funding pool 资金整合: villages decide what they put into their council's joint vehicle.

Once a year each member decides on each of its two purses w (own cash open to investment, earmarked money) apart:

    r_pool = T_i [s_i(w) R(C_-i + w) - s_i(0) R(C_-i)] / w
    s_i(w) = base_i + w_e (E_i + w) / (E + C_-i + w)         base_i, w_e: dividend rule of the vehicle; E: paid in so far
    R(C)   = profit of the joint projects + expected profit of a new one with the fund, C and its match - coordination
    r_own  = [own profit with all money - own profit without w] / w,  at least the deposit rate (own cash) or 0 (earmarked)
    target = logistic(beta (r_pool - r_own) + 2 phi (mean x_-i - 1/2)),   x' = max(floor, x + adjustment (target - x))

C_-i follows last year's shares; before the first decision a member believes in x_0, shifted by its trust, and decides
without inertia. The match is expected as the budget will cut it. Own cash is pooled beyond the floor only while R > 0
is expected. Members decide on the money at hand: they do not look ahead to next year's grants. Form ``imitation``:
target = b mean x_-i + (1 - b) x_0 + T_i - 1/2, without returns.

Returns are compared, never a payback demanded: an absolute threshold would give no contributions at all. Free riding
follows from the dividend rule, from effort and from oversight; no best size is built in.
Sources: conditional co-operation (literature:fischbacher_2001), linear public goods (literature:isaac_walker_1988).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import CodeArray, CouncilArray, PayerArray, ProjectArray, RunArray, VillageArray, choice, quantity
from sim.groups import TINY, Groups, part
from sim.state import Quarter, State, over_payers
from sim.streams import QuarterDraws
from sim.technology import Portfolio, prospect

ZH = "资金整合"
DRAWS: tuple[str, ...] = ()
CONTRIBUTION = ("relative_return", "imitation")


@dataclass(frozen=True)
class Parameters:
    open_share: VillageArray = quantity(
        0,
        unit="share",
        bounds=(0, 1),
        prior=(0.25, 1),
        source="assumption",
        zh="可整合比例",
        meaning="share of each purse that may be pooled; 0 means there is no pool",
    )
    contribution_floor: VillageArray = quantity(
        0,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.5),
        source="assumption",
        zh="最低出资比例",
        meaning="share of the open part of each purse that a member must pool",
    )
    choice_slope: RunArray = quantity(
        50,
        unit="1/yield",
        bounds=(0, 1000),
        prior=(15, 150),
        source="assumption",
        zh="收益敏感度 beta",
        meaning="response of the log odds of pooling to the difference of returns",
    )
    peer_weight: RunArray = quantity(
        1,
        unit="1",
        bounds=(0, 10),
        prior=(0, 3),
        source="literature:fischbacher_2001; assumption",
        zh="从众程度 phi",
        meaning="response of the log odds of pooling to what the other members pooled last year",
    )
    adjustment: RunArray = quantity(
        0.7,
        unit="share/year",
        bounds=(0.01, 1),
        prior=(0.3, 1),
        source="assumption",
        zh="调整速度",
        meaning="share of the way to its target that a member goes in a year",
    )
    first_belief: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0.01, 0.99),
        prior=(0.1, 0.9),
        source="assumption",
        zh="初始预期出资率 x0",
        meaning="share that others are believed to pool before the first decision, at trust one half",
    )
    imitation_weight: RunArray = quantity(
        0.6,
        unit="share",
        bounds=(0, 1),
        prior=(0.3, 0.9),
        source="literature:fischbacher_2001; assumption",
        zh="模仿权重",
        meaning="form imitation: weight of what the other members pooled",
    )
    staff_time: RunArray = quantity(
        1.5,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0.5, 4),
        source="assumption",
        zh="资金整合干部时间价值",
        meaning="priced staff time that running the pool takes for each village in scope",
    )
    contribution: CodeArray = choice(
        "relative_return",
        {
            "relative_return": "members compare expected returns of pool and own use",
            "imitation": "members do as the others did, shifted by trust",
        },
        source="literature:fischbacher_2001; assumption",
        zh="出资决策形式",
        meaning="how a member decides what to pool",
    )
    # set by the policy: money axis (runs, payers, villages)
    match: PayerArray | None = None
    match_budget: PayerArray | None = None
    staff: PayerArray | None = None
    decides: VillageArray | None = None


@dataclass(frozen=True)
class Flows:
    own_contribution: VillageArray | None = flow(
        "village.own_cash", "vehicle.cash", kind="contribution", zh="自有资金入股", meaning="own cash pooled"
    )
    earmarked_contribution: PayerArray | None = flow(
        "village.earmarked", "vehicle.cash", kind="contribution", zh="专项资金入股", meaning="earmarked money pooled"
    )
    match: PayerArray | None = flow(
        "payers", "vehicle.cash", kind="funding_pool", zh="配套资金", meaning="public match of contributions"
    )
    staff: PayerArray | None = flow(
        "payers", "staff", kind="funding_pool", zh="资金整合人员费用", meaning="priced staff time of the pool"
    )
    match_leakage: CouncilArray | None = flow(
        "vehicle.cash", "household", kind="leakage", zh="配套资金漏损", meaning="captured share of the match"
    )
    asked: PayerArray | None = None
    """Match asked for before the budget cut it, 万元; a memo, not a flow."""


def pool_return(
    trust: VillageArray,
    share_with: VillageArray,
    result_with: VillageArray,
    share_without: VillageArray,
    result_without: VillageArray,
    money: VillageArray,
) -> VillageArray:
    """r_pool: what a member expects back a year for each yuan of ``money``; 0 where there is none."""
    gain = trust * (share_with * result_with - share_without * result_without)
    return np.where(money > 0, gain / np.where(money > 0, money, 1.0), 0.0)


def target_share(
    pool: VillageArray, own: VillageArray, others: VillageArray, slope: RunArray, peer_weight: RunArray
) -> VillageArray:
    """Share of a purse that a member wants to pool, in (0, 1); returns are per yuan a year, ``others`` is mean x_-i."""
    odds = slope * (pool - own) + 2.0 * peer_weight * (others - 0.5)
    return 1.0 / (1.0 + np.exp(-np.clip(odds, -500.0, 500.0)))


def adjusted_share(before: VillageArray, target: VillageArray, speed: RunArray, floor: VillageArray) -> VillageArray:
    """x': a step of ``speed`` from the last share towards the target, never below the floor.

    The first decision (``before`` is negative) has no last share to hold on to: it is the target.
    """
    return np.maximum(floor, np.where(before < 0, target, before + speed * (target - before)))


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Contributions and match where a decision is due; priced staff time every quarter."""
    p = parameters
    flows = Flows(staff=p.staff if p.staff is not None and p.staff.any() else None)
    if p.decides is None or not (p.open_share * p.decides).any():
        return state, flows
    return _contribute(state, p, flows)


@dataclass(frozen=True)
class _Purses:
    """What a member may pool, 万元, (runs, villages)."""

    own: VillageArray
    earmarked: VillageArray


def _purses(state: State, p: Parameters) -> _Purses:
    is_open = p.open_share * state.councils.member
    return _Purses(
        own=is_open * np.maximum(np.minimum(state.open_cash, state.own_cash), 0.0),
        earmarked=is_open * over_payers(state.earmarked),
    )


def _contribute(state: State, p: Parameters, flows: Flows) -> tuple[State, Flows]:
    purses = _purses(state, p)
    due = np.zeros((state.runs, 1)) if p.decides is None else p.decides
    decides = (p.open_share * due > 0) & state.councils.member
    own_share, earmarked_share = _decisions(state, p, purses)
    own = np.where(decides, own_share * purses.own, 0.0)
    fraction = np.where(decides, earmarked_share * p.open_share, 0.0)
    earmarked = state.earmarked * fraction[:, None, :]
    contributed = own + over_payers(earmarked)
    match = _match(contributed, p)
    credited = contributed if match is None else contributed + over_payers(match)
    leaked = None if match is None else state.councils.total(over_payers(match) * state.captured)
    state = _credit(state, own, earmarked, match, leaked, credited)
    state = state.replace(
        own_contribution_share=np.where(decides, own_share, state.own_contribution_share),
        earmarked_contribution_share=np.where(decides, earmarked_share, state.earmarked_contribution_share),
    )
    return state, dataclasses.replace(
        flows,
        own_contribution=own if own.any() else None,
        earmarked_contribution=earmarked if earmarked.any() else None,
        match=match,
        asked=None if p.match is None else p.match * contributed[:, None, :],
        match_leakage=leaked if leaked is not None and leaked.any() else None,
    )


def _credit(
    state: State,
    own: VillageArray,
    earmarked: PayerArray,
    match: PayerArray | None,
    leaked: CouncilArray | None,
    credited: VillageArray,
) -> State:
    """Enter contributions and match in the vehicle's fund and the members' equity."""
    public = earmarked if match is None else earmarked + match
    by_payer = np.stack([state.councils.total(public[:, n]) for n in range(public.shape[1])], axis=1)
    arrived = state.councils.total(own + over_payers(public))
    if leaked is not None:
        kept = 1.0 - part(leaked, over_payers(by_payer))
        by_payer, arrived = by_payer * kept[:, None, :], arrived - leaked
    # The term counts from the first earmarked money in the fund: retained surplus may have waited longer.
    first = (over_payers(state.vehicle_earmarked) <= 0) & (arrived > 0)
    paid_in = state.paid_in + credited
    return state.replace(
        vehicle=np.where(state.councils.total(credited) > 0, 1.0, state.vehicle),
        vehicle_fund=state.vehicle_fund + arrived,
        vehicle_earmarked=state.vehicle_earmarked + by_payer,
        fund_age=np.where(first, 0.0, state.fund_age),
        open_cash=np.maximum(state.open_cash - own, 0.0),
        paid_in=paid_in,
        dividend_share=state.base_share + state.equity_weight * part(paid_in, state.councils.sum(paid_in)),
    )


def _decisions(state: State, p: Parameters, purses: _Purses) -> tuple[VillageArray, VillageArray]:
    """New shares pooled of (own purse, earmarked purse), (runs, villages)."""
    believed = _belief(state, p)
    outlook = _outlook(state, p, purses, believed)
    own = _target(state, p, purses.own, state.own_contribution_share, believed, outlook, state.deposit_rate)
    nothing = np.zeros_like(state.deposit_rate)
    earmarked = _target(state, p, purses.earmarked, state.earmarked_contribution_share, believed, outlook, nothing)
    own_share = adjusted_share(state.own_contribution_share, own, p.adjustment, p.contribution_floor)
    # Own cash could stay in the bank: beyond the floor it is pooled only while a surplus is expected.
    expects = _expected_result(state, outlook, outlook.others + purses.own) > 0
    return (
        np.where(expects, own_share, p.contribution_floor),
        adjusted_share(state.earmarked_contribution_share, earmarked, p.adjustment, p.contribution_floor),
    )


@dataclass(frozen=True)
class _Outlook:
    """What a member takes as given when he decides, all at members, (runs, villages)."""

    others: VillageArray
    """C_-i, 万元."""
    match_rate: VillageArray
    """Public money expected for each yuan pooled, once the budget has cut it."""
    joint: Portfolio
    """The joint projects of the member's council."""


def _outlook(state: State, p: Parameters, purses: _Purses, believed: VillageArray) -> _Outlook:
    members = state.councils

    def at_members(projects: ProjectArray) -> ProjectArray:
        kinds, slots = projects.shape[1:3]
        return np.stack(
            [np.stack([members.of(projects[:, k, s]) for s in range(slots)], axis=1) for k in range(kinds)], axis=1
        )

    return _Outlook(
        _others_money(state, purses, believed),
        _expected_match(state, p, purses, believed),
        Portfolio(at_members(state.joint_capital), at_members(state.joint_age), at_members(state.joint_quality)),
    )


def _expected_match(state: State, p: Parameters, purses: _Purses, believed: VillageArray) -> VillageArray:
    """Match for each yuan pooled, cut as the budget will cut it if all pool what is expected of them."""
    if p.match is None or p.match_budget is None:
        return np.zeros_like(believed)
    own, earmarked = (
        np.where(x < 0, believed, x) for x in (state.own_contribution_share, state.earmarked_contribution_share)
    )
    claims = (p.match * (own * purses.own + earmarked * purses.earmarked)[:, None, :]).sum(axis=-1, keepdims=True)
    cut = np.minimum(1.0, part(p.match_budget, claims))
    return over_payers(p.match * np.where(claims > 0, cut, 1.0))


def _target(
    state: State,
    p: Parameters,
    purse: VillageArray,
    last: VillageArray,
    believed: VillageArray,
    outlook: _Outlook,
    fallback: RunArray,
) -> VillageArray:
    """Share of a purse that each member wants to pool under the form in force."""
    others = _mean_of_others(np.where(last < 0, believed, last), state.councils)
    pool = _expected_return(state, purse, outlook)
    own = np.maximum(_own_return(state, purse), fallback)
    by_return = target_share(pool, own, others, p.choice_slope, p.peer_weight)
    copied = p.imitation_weight * others + (1.0 - p.imitation_weight) * p.first_belief + state.trust - 0.5
    imitates = p.contribution == CONTRIBUTION.index("imitation")
    return np.where(imitates, np.clip(copied, 0.0, 1.0), by_return)


def _belief(state: State, p: Parameters) -> VillageArray:
    """x_0, shifted by trust in log odds with the weight that peers have; equals x_0 at trust one half."""
    odds = np.log(p.first_belief / (1.0 - p.first_belief)) + 2.0 * p.peer_weight * (state.trust - 0.5)
    return 1.0 / (1.0 + np.exp(-odds))


def _others_money(state: State, purses: _Purses, believed: VillageArray) -> VillageArray:
    """C_-i: what the other members are expected to pool, 万元, from last year's shares or from belief."""
    decided = state.earmarked_contribution_share >= 0
    pooled = state.own_contribution_share * purses.own + state.earmarked_contribution_share * purses.earmarked
    known = np.where(decided, pooled, 0.0)
    unknown = np.where(decided, 0.0, purses.own + purses.earmarked)
    total = state.councils.sum(known) - known + believed * (state.councils.sum(unknown) - unknown)
    return np.maximum(total, 0.0)


def _mean_of_others(share: VillageArray, members: Groups) -> VillageArray:
    others = members.size - 1.0
    return np.where(others > 0, (members.sum(share) - share) / np.where(others > 0, others, 1.0), 0.5)


def _own_return(state: State, purse: VillageArray) -> VillageArray:
    """r_own: what own projects would lose a year for each yuan of the purse that they do not get."""
    money = np.minimum(state.open_cash, state.own_cash) + over_payers(state.earmarked)
    with_purse, without = (_own_profit(state, left) for left in (money, np.maximum(money - purse, 0.0)))
    return np.maximum(part(with_purse - without, purse), 0.0)


def _own_profit(state: State, money: VillageArray) -> VillageArray:
    held = Portfolio(state.project_capital, state.project_age, state.project_quality)
    best = prospect(money, state.log_management, state.technology, held)
    return best.profit * best.worth


def _expected_return(state: State, purse: VillageArray, outlook: _Outlook) -> VillageArray:
    """r_pool of the whole purse, given what the others are expected to pool, (runs, villages)."""
    equity = state.councils.sum(state.paid_in) + outlook.others
    return pool_return(
        state.trust,
        state.base_share + state.equity_weight * part(state.paid_in + purse, equity + purse),
        _expected_result(state, outlook, outlook.others + purse),
        state.base_share + state.equity_weight * part(state.paid_in, equity),
        _expected_result(state, outlook, outlook.others),
        purse,
    )


def _expected_result(state: State, outlook: _Outlook, contributed: VillageArray) -> VillageArray:
    """R(C): joint profit a year less coordination with ``contributed`` 万元 more (and its match) in the fund."""
    money = state.councils.of(state.vehicle_fund) + contributed * (1.0 + outlook.match_rate)
    best = prospect(money, state.joint_log_next, state.technology, outlook.joint)
    active = (state.councils.of(state.joint_assets) > 0) | (best.worth > 0)
    return (
        state.councils.of(state.joint_profit) + best.profit * best.worth - np.where(active, state.coordination_due, 0.0)
    )


def _match(contributed: VillageArray, p: Parameters) -> PayerArray | None:
    """Public match by payer and village, cut in proportion where claims exceed the budget."""
    if p.match is None or p.match_budget is None:
        return None
    claims = p.match * contributed[:, None, :]
    total = claims.sum(axis=-1, keepdims=True)
    if not total.any():
        return None
    return claims * np.minimum(1.0, p.match_budget / np.where(total > TINY, total, 1.0))
