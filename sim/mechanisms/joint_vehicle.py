"""Joint vehicle 联合社 (强村公司, 镇级集体经济发展公司): what a council owns together, and who gets its dividends.

    s_i = w_e E_i / E + w_q / n + w_n need_i + w_k work_i            need and work sum to one over the members
    coordination of a quarter = due / 4, only while there are joint assets; paid from the vehicle's cash,
        what is missing is called from members by share, within their own cash; the rest is arrears
    surplus = cash - fund, at year end, once no arrears are open;   dividend_i = s_i (1 - retained) surplus

One vehicle a council, made by its first contribution. Equity E_i is what a member has paid in, own and earmarked; a
public match is credited in proportion to that quarter's contributions. A fund of which some has been earmarked and
that has found no project within the carry-over term goes back to the members, earmarked money as earmarked. Eight
quarters of arrears wind the vehicle up, and members dissolve it after some years in a row in which coordination
exceeds the joint profit. When the last block that feeds it ends: keep (it goes on), dissolve (assets go to members by
share, who manage them themselves) or liquidate (projects are sold, arrears paid first).

Assumption: members without equity hold equal shares in what is left. Sources: co-operative ownership and its costs
(literature:hansmann_1996); what happens after the money stops is not observed: always vary it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import (
    Array,
    CodeArray,
    CouncilArray,
    Mask,
    PayerArray,
    RunArray,
    VillageArray,
    choice,
    quantity,
    shares,
)
from sim.groups import Groups, part, pick
from sim.state import KINDS, Quarter, State, over_payers
from sim.streams import QuarterDraws
from sim.technology import Portfolio, place

ZH = "联合社"
DRAWS: tuple[str, ...] = ()
ARREARS_LIMIT = 8
"""Quarters of arrears without a break that wind a vehicle up (assumption)."""
DISTRIBUTION = {
    "equity": "by money paid in 按股",
    "equal": "the same for every member 平均",
    "need": "by need 按需",
    "work": "by resident labour 按劳",
}
AFTER_MONEY = ("keep", "dissolve", "liquidate")


@dataclass(frozen=True)
class Parameters:
    distribution: tuple[VillageArray, ...] = shares(
        {"equity": 0.8, "equal": 0.2, "need": 0.0, "work": 0.0},
        DISTRIBUTION,
        source="assumption",
        zh="分红规则",
        meaning="how the vehicle's dividends are split",
    )
    retained_share: RunArray = quantity(
        0.1,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.5),
        source="assumption",
        zh="公积金提取比例",
        meaning="share of the vehicle's surplus that stays for new projects",
    )
    sale_share: RunArray = quantity(
        0.6,
        unit="share",
        bounds=(0, 1),
        prior=(0.3, 0.9),
        source="assumption",
        zh="清算变现率",
        meaning="share of the capital of a working project that its sale in a liquidation brings",
    )
    exit_after: RunArray = quantity(
        3,
        unit="year",
        bounds=(1, 100),
        prior=(2, 10),
        source="assumption",
        zh="亏损退出年限",
        meaning="years in a row in which coordination exceeds the joint profit, after which members dissolve the vehicle",
        integer=True,
    )
    after_money: CodeArray = choice(
        "keep",
        {
            "keep": "the vehicle goes on without new contributions 存续",
            "dissolve": "assets go to the members by share 分拆",
            "liquidate": "assets are sold 清算",
        },
        source="assumption",
        zh="资金退出后",
        meaning="what happens to the vehicle at the end of the last block that feeds it",
    )
    # set by the policy and the calendar
    active: Mask | None = None
    ends: RunArray | None = None
    charged: VillageArray | None = None
    """Companion same_management: coordination that the judged arm's members bore this quarter, 万元."""


@dataclass(frozen=True)
class Flows:
    interest: CouncilArray | None = flow(
        "bank", "vehicle.cash", kind="interest", zh="联合社存款利息", meaning="interest on the vehicle's cash"
    )
    coordination: CouncilArray | None = flow(
        "vehicle.cash", "staff", kind="coordination", zh="协调成本", meaning="coordination paid by the vehicle"
    )
    coordination_call: VillageArray | None = flow(
        "village.own_cash",
        "staff",
        kind="coordination",
        income="operating",
        zh="分摊协调成本",
        meaning="coordination called from members, a running cost",
    )
    dividend: VillageArray | None = flow(
        "vehicle.cash",
        "village.own_cash",
        kind="dividend",
        income="investment",
        zh="分红",
        meaning="dividend of the vehicle",
    )
    refund: VillageArray | None = flow(
        "vehicle.cash",
        "village.own_cash",
        kind="capital_return",
        zh="退回出资",
        meaning="money that found no project, and proceeds of winding up",
    )
    refund_earmarked: PayerArray | None = flow(
        "vehicle.cash",
        "village.earmarked",
        kind="capital_return",
        zh="退回专项资金",
        meaning="earmarked money that found no project",
    )
    asset_transfer: VillageArray | None = flow(
        "vehicle.assets", "village.assets", kind="capital_return", zh="资产分拆", meaning="assets handed to members"
    )
    liquidation: CouncilArray | None = flow(
        "vehicle.assets",
        "vehicle.cash",
        kind="capital_return",
        zh="资产变卖",
        meaning="sale of assets in a liquidation",
    )
    liquidation_loss: CouncilArray | None = flow(
        "vehicle.assets", "write_off", kind="liquidation", zh="清算损失", meaning="capital lost in winding up"
    )


def dividend_shares(
    paid_in: VillageArray, need: VillageArray, work: VillageArray, weights: tuple[Array, ...], members: Groups
) -> VillageArray:
    """s_i: shares of dividends, shape (runs, villages); they sum to one over a council that has paid in anything.

    ``weights`` are those of equity, equal, need and work; where nobody has paid in, the first term is 0.
    """
    equity, equal, by_need, by_work = weights
    return (
        equity * part(paid_in, members.sum(paid_in))
        + equal / members.size
        + by_need * part(need, members.sum(need))
        + by_work * part(work, members.sum(work))
    )


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Dividend rule, coordination, dividends, refunds and the vehicle's end, in this order."""
    p = parameters
    if p.charged is not None and p.charged.any():
        return state, Flows(coordination_call=np.minimum(p.charged, free_cash(state)))
    if not (state.vehicle.any() or (p.active is not None and p.active.any())):
        return state, Flows()
    state = _share_out(state, p)
    if not state.vehicle.any():
        return state, Flows()
    state, flows = _coordinate(state)
    # What rounding leaves where a vehicle has ended earns nothing, whatever other runs of the batch do.
    saved = np.where(state.vehicle > 0, np.maximum(state.vehicle_cash, 0.0), 0.0)
    flows = dataclasses.replace(flows, interest=state.deposit_rate * saved / 4.0)
    if quarter.closes_year:
        state, flows = _pay_dividends(state, p, flows)
        state = _count_losses(state)
    state, flows = _refund(state, flows)
    return _close(state, flows, p)


def _share_out(state: State, p: Parameters) -> State:
    """Bring the members' dividend shares up to date; the rule of a vehicle outlives the pool that made it."""
    members, rule = state.councils, _rule(state, p)
    weights = tuple(rule[:, n] for n in range(rule.shape[1]))
    nothing = np.zeros_like(state.paid_in)
    base = dividend_shares(nothing, state.need, state.resident_labour, weights, members)
    return state.replace(
        dividend_rule=rule,
        base_share=base,
        equity_weight=np.broadcast_to(weights[0], nothing.shape),
        dividend_share=base + weights[0] * part(state.paid_in, members.sum(state.paid_in)),
    )


def _rule(state: State, p: Parameters) -> Array:
    """The dividend rule of each council, (runs, parts, villages); the declared one where no pool has set any.

    While a pool is open it is that of the first member in scope (two rules would not sum to one), later the last one.
    """
    shape = state.trust.shape
    declared = np.stack([np.broadcast_to(weight, shape) for weight in p.distribution], axis=1)
    kept = state.dividend_rule
    known = (kept.sum(axis=1) > 0)[:, None, :]
    if p.active is None:
        return np.where(known, kept, declared)
    first = state.councils.argmax(p.active.astype(float))
    is_open = pick(p.active.astype(float), first)[:, None, :] > 0
    said = np.stack([pick(declared[:, n], first) for n in range(declared.shape[1])], axis=1)
    return np.where(is_open, said, np.where(known, kept, said))


def free_cash(state: State) -> VillageArray:
    """Own cash beyond this quarter's operating transfer, which is there for the village's administration, 万元."""
    return np.maximum(state.own_cash - state.base_received, 0.0)


def settle(owed: CouncilArray, cash: CouncilArray) -> CouncilArray:
    """What the vehicle pays of what it owes: never more than its cash."""
    return np.minimum(owed, np.maximum(cash, 0.0))


def _coordinate(state: State) -> tuple[State, Flows]:
    """Pay coordination and arrears from the vehicle's cash, then from the members; count what is left open."""
    members = state.councils
    due = np.where((state.joint_assets > 0) & members.founder, state.coordination_due / 4.0, 0.0)
    owed = due + state.vehicle_arrears
    paid = settle(owed, state.vehicle_cash)
    missing = members.of(np.minimum(due, owed - paid)) * (members.of(state.vehicle) > 0)
    called = np.minimum(missing * state.dividend_share, free_cash(state))
    arrears = owed - paid - members.total(called)
    arrears = np.where(arrears > 1e-9, arrears, 0.0)
    state = state.replace(
        vehicle_arrears=arrears,
        arrears_quarters=np.where(arrears > 0, state.arrears_quarters + 1.0, 0.0),
        vehicle_fund=np.maximum(np.minimum(state.vehicle_fund, state.vehicle_cash - paid), 0.0),
    )
    return state, Flows(coordination=paid if paid.any() else None, coordination_call=called if called.any() else None)


def _pay_dividends(state: State, p: Parameters, flows: Flows) -> tuple[State, Flows]:
    """Surplus of the year: cash beyond the fund, once coordination is paid and no arrears are open."""
    surplus = np.maximum(_cash_left(state, flows) - state.vehicle_fund, 0.0)
    surplus = np.where((state.vehicle > 0) & (state.vehicle_arrears <= 0), surplus, 0.0)
    dividend = state.councils.of(surplus * (1.0 - p.retained_share)) * state.dividend_share
    dividend = np.where(state.councils.of(state.vehicle) > 0, dividend, 0.0)
    # What was not paid stays, rounding included, and waits for the next project.
    kept = np.maximum(surplus - state.councils.total(dividend), 0.0)
    return (
        state.replace(vehicle_fund=state.vehicle_fund + kept),
        dataclasses.replace(flows, dividend=dividend if dividend.any() else None),
    )


def _count_losses(state: State) -> State:
    """Years in a row in which meeting cost more than the joint projects brought."""
    loses = (state.vehicle > 0) & (state.joint_assets > 0) & (state.joint_profit < state.coordination_due)
    return state.replace(loss_years=np.where(loses, state.loss_years + 1.0, 0.0))


def _cash_left(state: State, flows: Flows) -> CouncilArray:
    """The vehicle's cash once this quarter's bills and dividends so far have been posted."""
    cash = state.vehicle_cash
    for at_council in (flows.coordination,):
        cash = cash if at_council is None else cash - at_council
    for by_member in (flows.dividend, flows.refund):
        cash = cash if by_member is None else cash - state.councils.total(by_member)
    if flows.refund_earmarked is not None:
        cash = cash - state.councils.total(over_payers(flows.refund_earmarked))
    return cash


def _refund(state: State, flows: Flows) -> tuple[State, Flows]:
    """Money that has waited past its term goes back to the members."""
    age = np.where(state.vehicle_fund > 0, state.fund_age + 1.0, 0.0)
    due = (age > state.carry_over_term) & (over_payers(state.vehicle_earmarked) > 0)
    state = state.replace(fund_age=age)
    return _give_back(state, flows, due) if due.any() else (state, flows)


def _give_back(state: State, flows: Flows, due: Mask) -> tuple[State, Flows]:
    """Return the funds of the vehicles marked at the founding village to their members by equity."""
    members = state.councils
    share = np.where(members.of(due.astype(float)) > 0, _ownership(state), 0.0)
    fund = np.where(due, np.minimum(state.vehicle_fund, _cash_left(state, flows)), 0.0)
    # Bills may have eaten into the fund: earmarked money cannot come back beyond what is there.
    left = np.minimum(1.0, part(fund, over_payers(state.vehicle_earmarked)))
    earmarked = np.where(due[:, None, :], state.vehicle_earmarked * left[:, None, :], 0.0)
    free = np.maximum(fund - over_payers(earmarked), 0.0)
    by_payer = np.stack([members.of(earmarked[:, n]) * share for n in range(earmarked.shape[1])], axis=1)
    to_own = members.of(free) * share
    back = to_own + over_payers(by_payer)
    state = state.replace(
        vehicle_fund=np.where(due, 0.0, state.vehicle_fund),
        vehicle_earmarked=np.where(due[:, None, :], 0.0, state.vehicle_earmarked),
        fund_age=np.where(due, 0.0, state.fund_age),
        paid_in=np.maximum(state.paid_in - back, 0.0),
    )
    return state, dataclasses.replace(
        flows,
        refund=to_own if flows.refund is None else flows.refund + to_own,
        refund_earmarked=by_payer if flows.refund_earmarked is None else flows.refund_earmarked + by_payer,
    )


def _ownership(state: State) -> VillageArray:
    """Share of a member in the vehicle: by equity, equal where nobody has any left."""
    total = state.councils.sum(state.paid_in)
    return np.where(total > 0, part(state.paid_in, total), 1.0 / state.councils.size)


def _close(state: State, flows: Flows, p: Parameters) -> tuple[State, Flows]:
    """Wind vehicles up: after eight quarters of arrears, or as the form ``after_money`` says when the money stops."""
    exists = state.vehicle > 0
    stops = exists & (np.zeros((state.runs, 1)) if p.ends is None else p.ends).astype(bool)
    leaves = exists & (state.loss_years >= p.exit_after)
    dissolves = leaves | (stops & (p.after_money == AFTER_MONEY.index("dissolve")))
    sold = stops & (p.after_money == AFTER_MONEY.index("liquidate"))
    liquidates = (sold | (exists & (state.arrears_quarters >= ARREARS_LIMIT))) & ~dissolves
    if not (dissolves.any() or liquidates.any()):
        return state, flows
    state, flows = _sell(state, flows, liquidates, p.sale_share) if liquidates.any() else (state, flows)
    state, flows = _hand_over(state, flows, dissolves) if dissolves.any() else (state, flows)
    return _end(state, flows, dissolves | liquidates)


def _sell(state: State, flows: Flows, liquidates: Mask, sale_share: RunArray) -> tuple[State, Flows]:
    """Sell joint assets; arrears are paid before anything goes to members."""
    assets = np.where(liquidates, state.joint_assets, 0.0)
    proceeds = assets * sale_share
    arrears = np.where(liquidates, settle(state.vehicle_arrears, _cash_left(state, flows) + proceeds), 0.0)
    paid = arrears if flows.coordination is None else flows.coordination + arrears
    gone = liquidates[:, None, None, :]
    state = state.replace(
        joint_capital=np.where(gone, 0.0, state.joint_capital),
        joint_age=np.where(gone, 0.0, state.joint_age),
        joint_quality=np.where(gone, 0.0, state.joint_quality),
        vehicle_fund=np.where(liquidates, _cash_left(state, flows) + proceeds - arrears, state.vehicle_fund),
    )
    return state, dataclasses.replace(
        flows, coordination=paid, liquidation=proceeds, liquidation_loss=assets - proceeds
    )


def _hand_over(state: State, flows: Flows, dissolves: Mask) -> tuple[State, Flows]:
    """Split joint projects among the members by ownership; each becomes an own project of the member."""
    members = state.councils
    share = np.where(members.of(dissolves.astype(float)) > 0, _ownership(state), 0.0)
    projects = Portfolio(state.project_capital, state.project_age, state.project_quality)
    received = np.zeros_like(share)
    for kind in range(len(KINDS)):
        for slot in range(state.joint_capital.shape[2]):
            capital = members.of(state.joint_capital[:, kind, slot]) * share
            kinds = np.full(share.shape, kind)
            quality, age = members.of(state.joint_quality[:, kind, slot]), members.of(state.joint_age[:, kind, slot])
            projects = place(projects, capital, kinds, quality, age)
            received = received + capital
    gone = dissolves[:, None, None, :]
    state = state.replace(
        project_capital=projects.capital,
        project_age=projects.age,
        project_quality=projects.quality,
        joint_capital=np.where(gone, 0.0, state.joint_capital),
        joint_age=np.where(gone, 0.0, state.joint_age),
        joint_quality=np.where(gone, 0.0, state.joint_quality),
        vehicle_fund=np.where(dissolves, _cash_left(state, flows), state.vehicle_fund),
    )
    return state, dataclasses.replace(flows, asset_transfer=received)


def _end(state: State, flows: Flows, ends: Mask) -> tuple[State, Flows]:
    """Give the money back and forget the vehicle; arrears that could not be paid are lost to those who did the work."""
    proceeds = 0.0 if flows.liquidation is None else flows.liquidation
    state, flows = _give_back_all(state, flows, ends, proceeds)
    member = state.councils.of(ends.astype(float)) > 0
    nothing = np.zeros_like(state.vehicle)
    return (
        state.replace(
            vehicle=np.where(ends, nothing, state.vehicle),
            vehicle_arrears=np.where(ends, nothing, state.vehicle_arrears),
            arrears_quarters=np.where(ends, nothing, state.arrears_quarters),
            loss_years=np.where(ends, nothing, state.loss_years),
            joint_profit=np.where(ends, nothing, state.joint_profit),
            joint_operating=np.where(ends, nothing, state.joint_operating),
            paid_in=np.where(member, nothing, state.paid_in),
            dividend_rule=np.where(member[:, None, :], 0.0, state.dividend_rule),
            dividend_share=np.where(member, nothing, state.dividend_share),
        ),
        # What would be earned after the end is nobody's.
        flows if flows.interest is None else dataclasses.replace(flows, interest=np.where(ends, 0.0, flows.interest)),
    )


def _give_back_all(state: State, flows: Flows, ends: Mask, proceeds: Array | float) -> tuple[State, Flows]:
    # The sale is posted after this step, so its proceeds are not yet in the vehicle's cash.
    with_sale = state.replace(vehicle_cash=state.vehicle_cash + proceeds)
    state, flows = _give_back(with_sale, flows, ends)
    return state.replace(vehicle_cash=with_sale.vehicle_cash - proceeds), flows
