"""Grants 财政补助: public money that reaches villages, and how long it may wait.

    base transfer of a quarter = base / 4                                     (own cash, runs in every arm)
    asked_i = claim_i, or the budget x weight_i / sum of weights              (weights: equal, need, population)
    paid_i  = asked_i x min(1, budget / sum asked)
    leaked_i = kappa_i paid_i,   kappa_i = 2 leakage / (1 + exp(slope (monitoring_i - 1/2)))

Grants are earmarked: they may be spent on projects only, and within the carry-over term. Money is spent first in,
first out; what happens past the term is decided where projects are started. A companion arm replays here the money
that its judged arm took from the public purse.

Sources: capture falls with audit (literature:bardhan_mookherjee_2000, form E8); carry-over 结转结余 is not observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import Array, CodeArray, PayerArray, RunArray, VillageArray, choice, quantity
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "财政补助"
DRAWS: tuple[str, ...] = ()
ALLOCATIONS = {
    "equal": "the same for every village in scope",
    "need": "by need: more for villages with little earned income",
    "population": "by registered people",
}
CARRY_OVER = ("build_anyway", "lapse", "indefinite")
HISTORY = 41
"""Quarters of receipts that are remembered: the longest carry-over term plus one."""


@dataclass(frozen=True)
class Parameters:
    base_transfer: RunArray = quantity(
        20,
        unit="万元/village/year",
        bounds=(0, 500),
        prior=(10, 45),
        source="literature:anqing_2018",
        zh="村级运转经费补助",
        meaning="operating transfer that every village gets in every arm; it pays the village's administration",
    )
    carry_over_term: RunArray = quantity(
        8,
        unit="quarter",
        bounds=(0, 40),
        prior=(0, 12),
        source="assumption",
        zh="结转期限",
        meaning="quarters that earmarked money may wait for a project",
        integer=True,
    )
    leakage: RunArray = quantity(
        0.08,
        unit="share",
        bounds=(0, 0.5),
        prior=(0.02, 0.2),
        source="literature:bardhan_mookherjee_2000",
        zh="截留漏损率",
        meaning="share of a grant that is captured where monitoring is one half",
    )
    leakage_slope: RunArray = quantity(
        4,
        unit="1",
        bounds=(0, 20),
        prior=(0, 8),
        source="assumption",
        zh="监督对漏损的作用",
        meaning="how steeply capture falls with monitoring",
    )
    carry_over: CodeArray = choice(
        "build_anyway",
        {
            "build_anyway": "money past its term is built at once, below the minimum size too 突击花钱",
            "lapse": "money past its term goes back to its payer 收回统筹",
            "indefinite": "money waits without limit 长期结转",
        },
        source="assumption",
        zh="结转规则",
        meaning="what happens to earmarked money past its term",
    )
    # set by policies and companions: money axis (runs, payers, villages)
    budget: PayerArray | None = None
    claim: PayerArray | None = None
    eligible: PayerArray | None = None
    allocation: Array | None = None
    replay: PayerArray | None = None
    """Public money of the judged arm, 万元 of the quarter, (runs, payers, 1)."""
    replay_eligible: PayerArray | None = None
    replay_allocation: Array | None = None
    replay_staff: PayerArray | None = None


@dataclass(frozen=True)
class Flows:
    base_transfer: VillageArray | None = flow(
        "county.programme",
        "village.own_cash",
        kind="base_transfer",
        income="subsidy",
        zh="村级运转经费补助",
        meaning="operating transfer",
    )
    demonstration_grant: PayerArray | None = flow(
        "payers",
        "village.earmarked",
        kind="demonstration_grant",
        income="subsidy",
        zh="示范补助",
        meaning="demonstration grant",
    )
    same_money: PayerArray | None = flow(
        "payers",
        "village.earmarked",
        kind="same_money",
        income="subsidy",
        zh="等额补助",
        meaning="the judged arm's public money, village by village",
    )
    same_management: PayerArray | None = flow(
        "payers",
        "staff",
        kind="same_management",
        zh="委托经营人员费用",
        meaning="the judged arm's priced staff time, charged as there",
    )
    leakage: PayerArray | None = flow(
        "village.earmarked",
        "household",
        kind="leakage",
        zh="截留漏损",
        meaning="captured share of earmarked money",
    )
    asked: PayerArray | None = None
    """What villages asked for before the budget cut it, 万元; a memo, not a flow."""


def allocate(claim: PayerArray, budget: PayerArray, weights: PayerArray) -> tuple[PayerArray, PayerArray]:
    """Split budgets: (asked, paid), 万元, shape (runs, payers, villages).

    Where nobody has a claim of his own the whole budget is asked for by ``weights``; claims above the budget are cut
    in proportion. Without a budget nothing is asked for. Budget has shape (runs, payers, 1).
    """
    total_weight = weights.sum(axis=-1, keepdims=True)
    by_weight = budget * weights / np.where(total_weight > 0, total_weight, 1.0)
    claims = claim * (weights > 0) * (budget > 0)
    asked = np.where(claims.sum(axis=-1, keepdims=True) > 0, claims, by_weight)
    total = asked.sum(axis=-1, keepdims=True)
    return asked, asked * np.minimum(1.0, budget / np.where(total > 0, total, 1.0))


def captured_share(leakage: RunArray, slope: RunArray, monitoring: VillageArray) -> VillageArray:
    """Share of a grant that is captured; equals ``leakage`` at monitoring 1/2 and falls with monitoring."""
    return 2.0 * leakage / (1.0 + np.exp(slope * (monitoring - 0.5)))


def within_term(received: tuple[PayerArray, ...], term: RunArray) -> PayerArray:
    """Earmarked receipts of the last ``term`` quarters, this one included, shape (runs, payers, villages).

    ``received`` holds cumulative receipts, one array a quarter, newest last; ``term`` whole quarters or infinite,
    shape (runs, 1).
    """
    newest = received[-1]
    fresh = np.zeros_like(newest)
    for quarters in np.unique(term):
        if np.isinf(quarters):
            recent = np.full_like(newest, np.inf)
        else:
            recent = newest - (received[-1 - int(quarters)] if quarters < len(received) else 0.0)
        fresh = np.where((term == quarters)[:, :, None], recent, fresh)
    return fresh


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Pay base transfers, grants and replayed money; what leaks goes to households."""
    p = parameters
    base = np.ascontiguousarray(np.broadcast_to(p.base_transfer / 4.0, (state.runs, state.villages)))
    captured = captured_share(p.leakage, p.leakage_slope, state.monitoring_in_force)
    state = state.replace(base_received=base, captured=captured, **_carry_over(p))
    split = claims_and_grants(state, p)
    granted = None if split is None else split[1]
    replayed = replayed_money(state, p)
    paid = [part for part in (granted, replayed) if part is not None]
    if not paid:
        return _age(state, None), Flows(base_transfer=base, same_management=p.replay_staff)
    arrived = paid[0] if len(paid) == 1 else paid[0] + paid[1]
    leaked = arrived * captured[:, None, :]
    return _age(state, arrived - leaked), Flows(
        base_transfer=base,
        demonstration_grant=granted,
        asked=None if split is None else split[0],
        same_money=replayed,
        same_management=p.replay_staff,
        leakage=leaked,
    )


def weigh(state: State, eligible: PayerArray, allocation: Array) -> PayerArray:
    """Weights of an allocation rule, shape (runs, payers, villages); ``allocation`` indexes ALLOCATIONS."""
    rules = list(ALLOCATIONS)
    by_need = np.where(allocation == rules.index("need"), state.need[:, None, :], 1.0)
    return eligible * np.where(allocation == rules.index("population"), state.population[:, None, :], by_need)


def claims_and_grants(state: State, parameters: Parameters) -> tuple[PayerArray, PayerArray] | None:
    """What is asked for and what is paid, 万元 of the quarter, (runs, payers, villages); None without a budget."""
    p = parameters
    if p.budget is None or p.claim is None or p.eligible is None or p.allocation is None or not p.budget.any():
        return None
    return allocate(p.claim, p.budget, weigh(state, p.eligible, p.allocation))


def replayed_money(state: State, parameters: Parameters) -> PayerArray | None:
    """The judged arm's money village by village, 万元 of the quarter, (runs, payers, villages); None without any."""
    p = parameters
    if p.replay is None or p.replay_eligible is None or p.replay_allocation is None:
        return None
    weights = weigh(state, p.replay_eligible, p.replay_allocation)
    return allocate(np.zeros_like(weights), p.replay, weights)[1]


def _carry_over(p: Parameters) -> dict[str, RunArray]:
    waits = p.carry_over == CARRY_OVER.index("indefinite")
    lapses = p.carry_over == CARRY_OVER.index("lapse")
    return dict(carry_over_term=np.where(waits, np.inf, p.carry_over_term), lapses=lapses.astype(float))


def _age(state: State, arrived: PayerArray | None) -> State:
    """Remember the receipts of the quarter and say which earmarked money is still within its term."""
    newest = state.received[-1] if arrived is None else state.received[-1] + arrived
    received = (*state.received, newest)[-HISTORY:]
    # A match comes to villages through a vehicle that ends: without a term it waits, received by them or not.
    if not newest.any() and not np.isinf(state.carry_over_term).any():
        return state.replace(received=received)
    return state.replace(received=received, fresh=within_term(received, state.carry_over_term))
