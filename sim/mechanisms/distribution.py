"""Distribution 收益分配: what a village does with what it has earned.

At the end of the year:   welfare = (1 - saved) max(earned income, 0) + (1 - saved of tax share) tax share, at most the own cash
                          open cash = open share x own cash after that
Each quarter:             administration = (1 - shared) base transfer received
                          interest = deposit rate x own cash / 4

Assumption: the operating transfer pays the village's administration in full; nothing of it is saved but what a joint
office saves (``shared``, see joint_services): a lower expense that stays in the village's cash, never an income.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import RunArray, VillageArray, quantity
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "收益分配"
DRAWS: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameters:
    saved_share: RunArray = quantity(
        0.2,
        unit="share",
        bounds=(0, 1),
        prior=(0.05, 0.5),
        source="assumption",
        zh="留存比例",
        meaning="share of a year's earned income that stays in the village's cash",
    )
    tax_share_saved: RunArray = quantity(
        0.2,
        unit="share",
        bounds=(0, 1),
        prior=(0.05, 1),
        source="assumption",
        zh="分成留存比例",
        meaning="share of a year's tax share that stays in the village's cash; by default as of earned income",
    )
    open_share: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0, 1),
        prior=(0.1, 0.8),
        source="assumption",
        zh="可投资比例",
        meaning="share of own cash that the village is willing to invest",
    )


@dataclass(frozen=True)
class Flows:
    interest: VillageArray | None = flow(
        "bank", "village.own_cash", kind="interest", zh="存款利息", meaning="interest on own cash"
    )
    administration: VillageArray | None = flow(
        "village.own_cash",
        "staff",
        kind="administration",
        zh="村级运转支出",
        meaning="running of the village office, paid by the operating transfer",
    )
    welfare: VillageArray | None = flow(
        "village.own_cash",
        "household",
        kind="welfare",
        zh="集体福利支出",
        meaning="welfare and public services paid from earned income",
    )


def welfare(
    earned: VillageArray,
    tax_share: VillageArray,
    saved_share: RunArray,
    tax_share_saved: RunArray,
    own_cash: VillageArray,
) -> VillageArray:
    """Welfare spending of a year, 万元, shape (runs, villages): never more than the cash there is."""
    spent = (1.0 - saved_share) * np.maximum(earned, 0.0) + (1.0 - tax_share_saved) * tax_share
    return np.minimum(spent, np.maximum(own_cash, 0.0))


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Interest and administration each quarter; welfare and the cash open to investment at the end of the year."""
    interest = state.deposit_rate * state.own_cash / 4.0
    administration = np.minimum(state.base_received * (1.0 - state.administration_shared), state.own_cash)
    if not quarter.closes_year:
        return state, Flows(interest=interest, administration=administration)
    left = state.own_cash + interest - administration
    p = parameters
    spent = welfare(state.earned_income, state.tax_share, p.saved_share, p.tax_share_saved, left)
    return (
        state.replace(open_cash=parameters.open_share * (left - spent)),
        Flows(interest=interest, administration=administration, welfare=spent),
    )
