"""Tax sharing 镇村税收分成: the town hands part of its firms' tax to villages, and villages court firms for it.

    eligible_i = tax_i x (size of firms in their first `term` years / size of all firms hosted)
                 and, by the increment, at most max(tax_i - tax of the year before sharing began, 0)
    host:     received_i = share_i eligible_i
    council:  received_i = sum_j share_j eligible_j / n       over the n members of council and town that are in scope
    e_i = clip(kept_i x term x d tax_i / d e_i / c, 0, 2),    kept_i = share_i (host) or share_i / n (council)
    cost_i = c e_i^2 / 2                                      a year, within the village's free cash

d tax / d e, the tax a year that a unit of effort adds through arrivals, is worked out by `enterprises`. tax is the LOCAL
retained part, received by the town this year: it is moved and never made, and since share and eligible part are at most
one the town never hands on more than it got. What the town hands on is missing from its park a year later.

A village decides on its effort as a year opens, while sharing is in force, pays for it then, and firms that follow from
it come as the next year opens: courting a firm takes a year. It counts the tax of the whole term as if no firm left in
it, does not look ahead to the end of the policy, and neglects what its firms cost or bring after the term or to others
(the other form, `none`: villages do nothing). The year's tax is shared where the policy is in force in the last quarter.
Where sharing begins, last year's tax becomes the base of the increment (where it begins in a last quarter: this year's);
the base is forgotten in the year after sharing has ended.

Sources: form E6; local governments that keep revenue at the margin court firms (literature:jin_qian_weingast_2005,
literature:qian_weingast_1997, literature:oi_1992); one county's rule (literature:tax_rule). Effort cost: assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import PUBLIC_PAYERS, Array, CodeArray, Mask, PayerArray, RunArray, VillageArray, choice, quantity
from sim.groups import Groups, groups, hosted, part
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "镇村税收分成"
DRAWS: tuple[str, ...] = ()
BASES = {
    "total": "tax of all firms in their first years 全额",
    "increment": "only tax above that of the year before sharing began 增量",
}
RECIPIENTS = {
    "host": "the village that hosts the firm 落地村",
    "council": "all members of the host's council in scope, in equal parts 片区",
}
EFFORTS = ("marginal", "none")
MOST_EFFORT = 2.0
TOWN = PUBLIC_PAYERS.index("town")


@dataclass(frozen=True)
class Parameters:
    effort_cost: RunArray = quantity(
        8,
        unit="万元/village/year",
        bounds=(0.1, 1000),
        prior=(2, 15),
        source="literature:core_equations; assumption",
        zh="招商成本",
        meaning="cost c of attracting firms: effort e costs c e^2 / 2 a year",
    )
    tax_effort: CodeArray = choice(
        "marginal",
        {
            "marginal": "villages court firms as far as their share of the tax pays",
            "none": "villages make no effort for a share of tax",
        },
        source="literature:jin_qian_weingast_2005; assumption",
        zh="招商力度形式",
        meaning="how a village answers a share of tax",
    )
    staff_time: RunArray = quantity(
        0.1,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0, 0.5),
        source="assumption",
        zh="分成核算时间价值",
        meaning="priced staff time of the town for working out and paying a village's share",
    )
    # set by the policy
    share: VillageArray | None = None
    term: VillageArray | None = None
    basis: CodeArray | None = None
    recipient: CodeArray | None = None
    staff: PayerArray | None = None


@dataclass(frozen=True)
class Flows:
    tax_sharing: PayerArray | None = flow(
        "payers",
        "village.own_cash",
        kind="tax_sharing",
        income="tax_share",
        zh="税收分成",
        meaning="share of local tax handed down by the town",
    )
    staff: PayerArray | None = flow(
        "payers", "staff", kind="tax_sharing", zh="税收分成人员费用", meaning="priced staff time of sharing tax"
    )
    effort: VillageArray | None = flow(
        "village.own_cash",
        "staff",
        kind="attraction_effort",
        income="operating",
        zh="招商费用",
        meaning="what a village spends on attracting firms, a running cost",
    )


def eligible_tax(tax: Array, in_term: Array, base: Array, basis: CodeArray) -> Array:
    """Tax of a village that is shared, 万元 a year; ``in_term`` is the share of it that firms in their term pay."""
    total = tax * in_term
    above = np.minimum(total, np.maximum(tax - base, 0.0))
    return np.where(basis == list(BASES).index("increment"), above, total)


def receipts(due: VillageArray, covered: Mask, recipient: CodeArray, members: Groups) -> VillageArray:
    """What each village gets of the amounts due where firms stand: its own, or an equal part of its council's."""
    equal = covered * part(members.sum(due), members.sum(covered.astype(float)))
    return np.where(recipient == list(RECIPIENTS).index("council"), equal, due)


def kept_share(share: VillageArray, covered: Mask, recipient: CodeArray, members: Groups) -> VillageArray:
    """Share of a further yuan of its firms' tax that a village keeps for itself."""
    among = np.where(recipient == list(RECIPIENTS).index("council"), members.sum(covered.astype(float)), 1.0)
    return part(share, among)


def wanted_effort(kept: Array, term: Array, added_tax: Array, cost: Array) -> Array:
    """Effort at which its marginal cost is the village's share of the tax it adds over the term, at most 2."""
    return np.clip(kept * term * added_tax / cost, 0.0, MOST_EFFORT)


def effort_cost(effort: Array, cost: Array) -> Array:
    """万元 a year."""
    return cost * effort * effort / 2.0


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Effort as a year opens, the base when sharing begins, receipts as the year closes."""
    p = parameters
    if p.share is None or p.term is None or p.basis is None or p.recipient is None or not p.share.any():
        return _end(state, quarter), Flows()
    covered = p.share > 0
    state, spent, paid = _begin(state, covered, quarter), None, None
    if quarter.opens_year:
        effort = _effort(state, p.share, p.term, p.recipient, p)
        state, spent = state.replace(attraction_effort=effort), effort_cost(effort, p.effort_cost)
    if quarter.closes_year:
        eligible = eligible_tax(state.local_tax, _in_term(state, p.term, quarter), state.tax_base, p.basis)
        paid = np.zeros((state.runs, len(PUBLIC_PAYERS), state.villages))
        paid[:, TOWN] = receipts(p.share * eligible, covered, p.recipient, _members(state))
    return state, Flows(tax_sharing=paid, staff=p.staff, effort=spent)


def _begin(state: State, covered: Mask, quarter: Quarter) -> State:
    """Keep last year's tax where sharing begins; forget it in the year after sharing has ended."""
    base = np.where(covered & (state.tax_base < 0), state.local_tax, state.tax_base)
    return state.replace(tax_base=np.where(covered, base, -1.0) if quarter.opens_year else base)


def _end(state: State, quarter: Quarter) -> State:
    """In the year after sharing has ended there is neither a base nor any effort."""
    if not quarter.opens_year:
        return state
    if state.tax_base.max() >= 0:
        state = state.replace(tax_base=np.full_like(state.tax_base, -1.0))
    if state.attraction_effort.any():
        state = state.replace(attraction_effort=np.zeros_like(state.attraction_effort))
    return state


def _effort(state: State, share: VillageArray, term: VillageArray, recipient: CodeArray, p: Parameters) -> VillageArray:
    kept = kept_share(share, share > 0, recipient, _members(state))
    wanted = wanted_effort(kept, term, state.attraction_yield, p.effort_cost)
    free = np.maximum(state.own_cash - state.base_received, 0.0)
    affordable = np.sqrt(2.0 * free / p.effort_cost)
    return np.where(p.tax_effort == EFFORTS.index("marginal"), np.minimum(wanted, affordable), 0.0)


def _members(state: State) -> Groups:
    """Councils, each town's part of one for itself: a town hands its tax to its own villages alone."""
    council, town = state.councils.council, state.towns.council
    founder = np.where(council < 0, np.arange(state.villages), council)
    if np.array_equal(town, np.take_along_axis(town, founder, axis=1)):
        return state.councils
    run = np.arange(state.runs)[:, None]
    part_of = (run * state.villages + founder) * state.villages + town
    _, first, of = np.unique(part_of, return_index=True, return_inverse=True)
    return groups(np.where(council < 0, -1, first[of.ravel()].reshape(council.shape) % state.villages))


def _in_term(state: State, term: VillageArray, quarter: Quarter) -> VillageArray:
    """Share of the firms hosted, by size, that are in their first ``term`` years."""
    host = state.firm_village
    young = quarter.passed - state.firm_since < np.take_along_axis(term, np.maximum(host, 0), axis=1)
    size = hosted(state.firm_size, host, state.villages)
    return part(hosted(state.firm_size * young, host, state.villages), size)
