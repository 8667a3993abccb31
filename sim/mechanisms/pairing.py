"""Pairing 以强带弱: a strong village helps a weak one, which costs both of them time and may teach the weak one.

    d ln A_w = e x bracket     a year, e the helper's effort for each village it helps
    bracket = rp [H_w / (H_w + 1) exp(-d / d0) exp(-hom |gap|) C(gap) - misfit 1{industries differ}],   gap = ln A_s - ln A_w
    C = max(0, 1 - A_w / A_s) (logistic)   or   max(0, A_s / A_w - 1) (exponential)
    time: the helper loses min(tau e n, 1) Y_s a year and spends c e^2 / 2, each of the n it helps loses min(rec e, 1) Y_w
    benefit share: w pays s   share [Y_w(A_w) - Y_w(A_w exp(-G_w))]^+   a year
    e* = clip([share sum_w Y_w max(bracket, 0) x horizon - tau n Y_s] / c, 0, 1),   e = max(e*, floor)

A know-how, H ability of the head, d distance, Y the cash return of own projects, G the part of ln A_w that came from
helpers and has not faded. The bracket may be negative, time is lost by both, and the share is paid for what was learned
alone, not for growth from any other cause: no sign is built in. What is learned within a year reaches know-how at its
end and fades like all know-how (mechanism ``talent``).

The helper weighs its own lost profit tau n Y_s in choosing e*. That departs from the equations that the model started
from, which leave the drag out of the choice: it is a cost that the helper sees, quarter by quarter, and one who left
it out would be paid to make himself poorer. A helper looks two years ahead, not for ever: heads do not outlive a term.

Pairs are formed in the first quarter of a block, within its scope, and last as long as the block. Two blocks never
exchange helpers: each carries a number, and pairs are formed between villages of one number. The share goes to the
present helper, whoever taught what has not faded.

Sources: catch-up (literature:nelson_phelps_1966, literature:benhabib_spiegel_2005), what can be absorbed
(literature:cohen_levinthal_1990), keeping to oneself (literature:carrell_2013), helpers that lose
(literature:east_west_pairing), distance and benefit sharing (literature:pairing_distance, literature:tang_zhang_2024).
Every size is an assumption.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.accounts import Transfer, flow
from sim.declare import Array, CodeArray, Index, Mask, PayerArray, RunArray, VillageArray, choice, quantity
from sim.pairing_rules import by_centre, by_distance, by_rank
from sim.state import Quarter, State
from sim.streams import QuarterDraws
from sim.technology import Technology, profit

ZH = "以强带弱"
DRAWS: tuple[str, ...] = ()
FIXED_DRAWS = ("partner",)
CATCH_UP = ("logistic", "exponential")
EFFORT = ("incentive", "mandate_only")
MATCHING = {
    "centre_village": "the centre village helps all other members of its council 中心村带",
    "rank_matched": "the strongest helps the weakest, the second strongest the second weakest 强弱配对",
    "know_how_matched": "as by rank, but by know-how: the one that knows most helps the one that knows least 能力配对",
    "nearest": "each of the weaker half is helped by the nearest of the stronger half 就近结对",
    "random": "pairs drawn at random, whoever is stronger: the null 随机结对",
}
OF_TRANSFER = ("transfer_rate", "transfer_distance", "homophily", "misfit", "catch_up")
"""Parameters of the rule of transfer."""
WITHIN = {
    "council": "partners are of one council; villages outside any council stay alone 片区内",
    "town": "partners are of one town 镇域内",
}


@dataclass(frozen=True)
class Parameters:
    transfer_rate: RunArray = quantity(
        0.30,
        unit="1/year",
        bounds=(0, 5),
        prior=(0.1, 0.6),
        source="assumption",
        zh="传授速率 rp",
        meaning="catch-up of know-how a year at full effort, from a helper next door without limits of absorption",
    )
    transfer_distance: RunArray = quantity(
        8,
        unit="km",
        bounds=(0.1, 1000),
        prior=(3, 15),
        source="literature:pairing_distance; assumption",
        zh="帮带半径 d0",
        meaning="distance over which help fades to 1/e",
    )
    homophily: RunArray = quantity(
        0.8,
        unit="1",
        bounds=(0, 20),
        prior=(0.3, 2),
        source="literature:carrell_2013; assumption",
        zh="同质偏好",
        meaning="how fast contact falls with the gap of ln know-how between the two",
    )
    helper_drag: RunArray = quantity(
        0.04,
        unit="share",
        bounds=(0, 1),
        prior=(0.01, 0.06),
        source="literature:east_west_pairing; assumption",
        zh="帮带拖累 τ",
        meaning="share of the helper's project return lost at full effort for each village it helps",
    )
    receiver_time: RunArray = quantity(
        0.01,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.02),
        source="assumption",
        zh="受帮时间成本",
        meaning="share of the helped village's project return lost at full effort of its helper",
    )
    misfit: RunArray = quantity(
        0.02,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.1),
        source="assumption",
        zh="产业错配损失",
        meaning="know-how lost where industries differ, as a share of the transfer rate",
    )
    effort_cost: RunArray = quantity(
        8,
        unit="万元",
        bounds=(0.1, 10000),
        prior=(2, 15),
        source="assumption",
        zh="帮带努力成本 c",
        meaning="slope of the helper's marginal cost of effort: effort e costs c e^2 / 2 a year",
    )
    benefit_horizon: RunArray = quantity(
        2,
        unit="year",
        bounds=(0, 30),
        prior=(1, 5),
        source="assumption",
        zh="收益预期年限",
        meaning="years of benefit sharing that a helper counts on when it chooses its effort",
    )
    staff_time: RunArray = quantity(
        0.5,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0.1, 1.5),
        source="assumption",
        zh="结对协调工作时间价值",
        meaning="priced staff time of arranging and checking the help that a village gets",
    )
    catch_up: CodeArray = choice(
        "logistic",
        {
            "logistic": "what is learned is bounded by the share of the helper's know-how that is missing",
            "exponential": "what is learned grows with the distance to the helper without bound",
        },
        source="literature:benhabib_spiegel_2005; literature:nelson_phelps_1966",
        zh="追赶形式",
        meaning="how catch-up depends on the gap of know-how",
    )
    pairing_effort: CodeArray = choice(
        "incentive",
        {
            "incentive": "the helper weighs its share of the benefit against its own loss 激励",
            "mandate_only": "the helper does what is demanded and no more 只完成任务",
        },
        source="literature:tang_zhang_2024; assumption",
        zh="帮带努力形式",
        meaning="how a helper chooses its effort",
    )
    # set by the policy
    active: Mask | None = None
    """(runs, villages): covered by a block that is on; pairs elsewhere end."""
    forms_pairs: Index | None = None
    """(runs, villages): number of the block that forms its pairs this quarter, 0 for none."""
    matching: CodeArray | None = None
    within: CodeArray | None = None
    mandate_floor: VillageArray | None = None
    benefit_share: VillageArray | None = None
    staff: PayerArray | None = None
    """(runs, payers, villages): what arranging help costs this quarter in each village that is helped."""


@dataclass(frozen=True)
class Flows:
    staff: PayerArray | None = flow(
        "payers",
        "staff",
        kind="pairing",
        zh="结对帮带人员费用",
        meaning="priced staff time of arranging and checking help",
    )
    time: VillageArray | None = flow(
        "village.own_cash",
        "outside",
        kind="pairing_time",
        income="operating",
        zh="帮带误工损失",
        meaning="project return lost for the time that helping and being helped takes",
    )
    effort: VillageArray | None = flow(
        "village.own_cash",
        "staff",
        kind="pairing_effort",
        income="operating",
        zh="帮带投入成本",
        meaning="what a helper's effort costs it, as courting firms does",
    )
    benefit_share: Transfer | None = flow(
        "village.own_cash",
        "village.own_cash",
        kind="benefit_share",
        income="operating",
        zh="帮带收益分成",
        meaning="share of the gain from help, paid by the helped village to its helper",
    )


# ---- what help brings and costs


def catch_up(gap: Array, form: Array) -> Array:
    """C: what there is to learn from a helper whose ln know-how is higher by ``gap``; 0 from one who knows less."""
    lead = np.where(form == CATCH_UP.index("exponential"), np.expm1(gap), -np.expm1(-gap))
    return np.maximum(lead, 0.0)


def transfer(gap: Array, ability: Array, distance: Array, differs: Array, p: Parameters) -> Array:
    """The bracket: change of the helped village's ln know-how in a year of full effort; negative under misfit.

    The parameters broadcast to the pairs that the other arrays stand for.
    """
    contact = np.exp(-distance / p.transfer_distance - p.homophily * np.abs(gap))
    learned = ability / (ability + 1.0) * contact * catch_up(gap, p.catch_up)
    rate: Array = p.transfer_rate * (learned - p.misfit * differs)
    return rate


def chosen_effort(
    share: Array, reward: Array, horizon: Array, drag: Array, helped: Array, own_profit: Array, cost: Array
) -> Array:
    """e*: effort at which the helper's marginal cost meets its share of the reward less its own loss, in [0, 1].

    ``reward`` is the sum over those it helps of the rise of their profit in a year of full effort, 万元 a year.
    """
    return np.clip((share * reward * horizon - drag * helped * own_profit) / cost, 0.0, 1.0)


def time_lost(share: Array, own_profit: Array) -> Array:
    """Project return lost in a quarter, 万元: the share of a year's profit, at most all of it."""
    lost: Array = np.minimum(share, 1.0) * own_profit / 4.0
    return lost


def gain_from_help(capital: Array, quality: Array, log_management: Array, gain: Array, t: Technology) -> Array:
    """Profit a year less what it were without the know-how from helpers, 万元, (cases,); projects (cases, kinds, slots)."""
    management = log_management[:, None, None]
    with_help = profit(capital, management, quality, t)
    without = profit(capital, management - gain[:, None, None], quality, t)
    gained: Array = np.maximum((with_help - without).sum(axis=(1, 2)), 0.0)
    return gained


# ---- the quarter


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Form pairs where a block begins; then helpers help, both lose time, and the helped pay for what they learned."""
    p = parameters
    if p.active is None or not p.active.any():
        return _ended(state), Flows()
    state = state.replace(helper=_paired(state, p, draws))
    pairs = _pairs(state.helper)
    if len(pairs.run) == 0:
        return _ended(state), Flows()
    state, time = _help(state, p, pairs)
    staff = None if p.staff is None else p.staff * (state.helper >= 0)[:, None, :]
    spent = effort_spending(state.help_effort, p.effort_cost, state.own_cash - time)
    shared = _shared(state, p, pairs, state.own_cash - time - spent)
    return state, Flows(staff=staff, time=time, effort=spent if spent.any() else None, benefit_share=shared)


class Pairs(NamedTuple):
    """All pairs of all runs in one row: run, village helped, village that helps."""

    run: Index
    helped: Index
    helper: Index


def _pairs(helper: Index) -> Pairs:
    run, helped = np.nonzero(helper >= 0)
    return Pairs(run, helped, helper[run, helped])


def _ended(state: State) -> State:
    """Nobody helps any more: what was learned stays and fades."""
    if not (state.helper >= 0).any() and not state.help_effort.any():
        return state
    return state.replace(helper=np.full_like(state.helper, -1), help_effort=np.zeros_like(state.help_effort))


def _paired(state: State, p: Parameters, draws: QuarterDraws) -> Index:
    helper = state.helper
    if p.forms_pairs is not None and p.forms_pairs.any():
        helper = _matched(state, p, draws)
    covered = state.exists if p.active is None else p.active & state.exists
    stands = (helper >= 0) & covered & np.take_along_axis(covered, np.maximum(helper, 0), axis=1)
    return np.where(stands, helper, -1)


def _matched(state: State, p: Parameters, draws: QuarterDraws) -> Index:
    """Helpers after this quarter's blocks have formed their pairs, each by its own rule."""
    block = np.zeros_like(state.helper) if p.forms_pairs is None else p.forms_pairs
    helper = state.helper
    for code, rule in enumerate(MATCHING):
        mine = np.where((p.matching == code) & state.exists, block, 0)
        if not mine.any():
            continue
        group = _groups(state, p, mine)
        if rule == "centre_village":
            found = by_centre(state.centre, mine)
        elif rule == "nearest":
            found = by_distance(group, state.earned_last_year, state.x, state.y)
        else:
            strength = {"random": draws.uniform("partner"), "know_how_matched": state.know_how}
            found = by_rank(group, strength.get(rule, state.earned_last_year))
        helper = np.where(mine > 0, found, helper)
    return helper


def _groups(state: State, p: Parameters, block: Index) -> Index:
    """Who may be paired with whom: one number for each block and council, or block and town; -1 for nobody."""
    place = np.where(p.within == list(WITHIN).index("town"), state.towns.council, state.councils.council)
    return np.where((block > 0) & (place >= 0), block * state.villages + place, -1)


def _of(values: Array, run: Index, village: Index, shape: tuple[int, ...]) -> Array:
    picked: Array = np.broadcast_to(values, shape)[run, village]
    return picked


def effort_spending(effort: VillageArray, cost: RunArray, cash: VillageArray) -> VillageArray:
    """What a helper's effort costs it in a quarter, 万元: c e^2 / 2 a year, never more than the cash there is."""
    return np.minimum(cost * effort * effort / 8.0, np.maximum(cash, 0.0))


def _help(state: State, p: Parameters, pairs: Pairs) -> tuple[State, VillageArray]:
    """A quarter of help: the state with what was learned and the effort, and the return that both sides lose."""
    run, helped, helper = pairs
    shape = state.helper.shape
    rate = _transfer(state, p, pairs)
    own_profit = state.own_profit
    count = _total(np.ones(len(run)), run, helper, shape)
    effort = _effort(p, _total(own_profit[run, helped] * np.maximum(rate, 0.0), run, helper, shape), count, own_profit)
    received = state.help_received.copy()
    received[run, helped] += effort[run, helper] * rate / 4.0
    share = p.helper_drag * effort * count
    share[run, helped] += _of(p.receiver_time, run, helped, shape) * effort[run, helper]
    time = np.minimum(time_lost(share, own_profit), np.maximum(state.own_cash, 0.0))
    return state.replace(help_received=received, help_effort=effort), time


def _transfer(state: State, p: Parameters, pairs: Pairs) -> Array:
    run, helped, helper = pairs
    strong, weak = (run, helper), (run, helped)
    of_pairs: dict[str, Any] = {name: _of(getattr(p, name), run, helped, state.helper.shape) for name in OF_TRANSFER}
    return transfer(
        np.log(state.know_how[strong] / state.know_how[weak]),
        state.leader_ability[weak],
        np.hypot(state.x[strong] - state.x[weak], state.y[strong] - state.y[weak]),
        (state.industry[strong] != state.industry[weak]).astype(float),
        dataclasses.replace(p, **of_pairs),
    )


def _total(values: Array, run: Index, village: Index, shape: tuple[int, ...]) -> VillageArray:
    """Sum over the pairs of each village."""
    sums = np.bincount(run * shape[1] + village, weights=values, minlength=shape[0] * shape[1])
    return sums.astype(float, copy=False).reshape(shape)


def _effort(p: Parameters, reward: VillageArray, count: VillageArray, own_profit: VillageArray) -> VillageArray:
    """Effort of each helper for each village that it helps, 0 for all others."""
    share = np.zeros(1) if p.benefit_share is None else p.benefit_share
    floor = np.zeros(1) if p.mandate_floor is None else p.mandate_floor
    willing = chosen_effort(share, reward, p.benefit_horizon, p.helper_drag, count, own_profit, p.effort_cost)
    willing = np.where(p.pairing_effort == EFFORT.index("mandate_only"), 0.0, willing)
    return np.where(count > 0, np.maximum(willing, floor), 0.0)


def _shared(state: State, p: Parameters, pairs: Pairs, cash: VillageArray) -> Transfer | None:
    """What the helped pay their helpers this quarter, out of the cash that is left; None where nobody owes anything."""
    if p.benefit_share is None:
        return None
    run, helped, helper = pairs
    share = p.benefit_share[run, helped]
    # A village whose projects are run by the council's manager earns nothing with what its own head has learned.
    owes = (share > 0) & (state.pairing_gain[run, helped] > 0) & ~state.entrusted[run, helped]
    if not owes.any():
        return None
    run, helped, helper, share = run[owes], helped[owes], helper[owes], share[owes]
    due = np.minimum(share * _gain(state, run, helped) / 4.0, np.maximum(cash[run, helped], 0.0))
    shape = state.helper.shape
    return Transfer(_total(due, run, helped, shape), _total(due, run, helper, shape))


def _gain(state: State, run: Index, village: Index) -> Array:
    """The gain from help of single villages at this quarter's market, of the projects that have paid in it."""
    t = Technology(**{name: values[run] for name, values in vars(state.technology).items()})
    # Projects have aged by a quarter since they paid.
    paid = state.project_age[run, :, :, village] > t.gestation
    worth = state.project_quality[run, :, :, village] * state.market[run, :, village][:, :, None] * paid
    capital = np.where(paid, state.project_capital[run, :, :, village], 0.0)
    return gain_from_help(capital, worth, state.log_management[run, village], state.pairing_gain[run, village], t)
