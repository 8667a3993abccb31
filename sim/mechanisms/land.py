"""Land 土地: the rent of the collective's reserve land 机动地.

    rent of a quarter = reserve land x rent x (1 + growth)^years / 4

Assumption: reserve land is always let and tenants pay; default and consolidation come with later mechanisms.
Sources: rents of 700-1,100 yuan a mu (literature:jiangsu_rent, literature:dezhou_2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import RunArray, VillageArray, quantity
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "土地"
DRAWS: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameters:
    reserve_share: RunArray = quantity(
        0.055,
        unit="share",
        bounds=(0, 1),
        prior=(0.02, 0.08),
        source="assumption",
        zh="机动地比例",
        meaning="median share of cultivated land that the collective holds in reserve and rents out",
    )
    reserve_share_sd: RunArray = quantity(
        0.5,
        unit="sd of ln",
        bounds=(0, 2),
        prior=(0.2, 0.8),
        source="assumption",
        zh="机动地比例离散度",
        meaning="standard deviation of ln reserve share across villages",
    )
    rent: RunArray = quantity(
        0.08,
        unit="万元/亩/year",
        bounds=(0, 1),
        prior=(0.05, 0.11),
        source="literature:jiangsu_rent; literature:dezhou_2017",
        zh="土地租金",
        meaning="rent of land in the first year, at constant prices",
    )
    growth: RunArray = quantity(
        0.01,
        unit="1/year",
        bounds=(-0.05, 0.1),
        prior=(0, 0.02),
        source="assumption",
        zh="租金实际增长率",
        meaning="real growth of land rent",
    )


@dataclass(frozen=True)
class Flows:
    rent: VillageArray | None = flow(
        "outside",
        "village.own_cash",
        kind="land_rent",
        income="operating",
        zh="机动地租金",
        meaning="rent of reserve land",
    )


def rent(reserve_land: VillageArray, rent_first_year: RunArray, growth: RunArray, years: RunArray) -> VillageArray:
    """Rent of one quarter, 万元, shape (runs, villages); ``years`` counts from the first year, shape (runs, 1)."""
    return reserve_land * (rent_first_year * np.power(1.0 + growth, years) / 4.0)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Post the rent of the quarter."""
    years = np.full((state.runs, 1), float(quarter.passed))
    return state, Flows(rent=rent(state.reserve_land, parameters.rent, parameters.growth, years))
