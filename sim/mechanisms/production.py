"""Production and markets 生产与市场: what one unit of output is worth this quarter.

    z' = rho z + sd sqrt(1 - rho^2) eps        for the county, each industry and each village
    market_leased = exp(e s - e^2 v / 2),  market_farm = exp(s + sd_w eps_w - (v + sd_w^2) / 2)

s is the sum of the three shocks of a village, v its stationary variance, e the exposure of contract rents. Factors
have mean 1, so that risk raises no gross margin (mothballing cuts losses off, as in any firm). A farm project also
meets the weather. The deposit rate is a price too.

Assumptions: first-order autoregressive shocks with the same persistence at all levels; leases pass on a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import Array, RunArray, quantity
from sim.state import FARM, KINDS, LEASED, Quarter, State
from sim.streams import QuarterDraws

ZH = "生产与市场"
DRAWS = ("village_shock", "weather")
RUN_DRAWS = ("common_shock", "industry_0", "industry_1", "industry_2", "industry_3", "industry_4")


@dataclass(frozen=True)
class Parameters:
    persistence: RunArray = quantity(
        0.8,
        unit="share",
        bounds=(0, 0.99),
        prior=(0.5, 0.95),
        source="assumption",
        zh="冲击持续性",
        meaning="share of a market shock that is left after a quarter",
    )
    common_sd: RunArray = quantity(
        0.06,
        unit="sd of ln",
        bounds=(0, 1),
        prior=(0.02, 0.12),
        source="assumption",
        zh="共同冲击标准差",
        meaning="standard deviation of the shock common to the county",
    )
    industry_sd: RunArray = quantity(
        0.08,
        unit="sd of ln",
        bounds=(0, 1),
        prior=(0.03, 0.15),
        source="assumption",
        zh="行业冲击标准差",
        meaning="standard deviation of the shock of an industry",
    )
    village_sd: RunArray = quantity(
        0.10,
        unit="sd of ln",
        bounds=(0, 1),
        prior=(0.03, 0.2),
        source="assumption",
        zh="村级冲击标准差",
        meaning="standard deviation of the shock of a village",
    )
    weather_sd: RunArray = quantity(
        0.12,
        unit="sd of ln",
        bounds=(0, 1),
        prior=(0.05, 0.25),
        source="assumption",
        zh="天气冲击标准差",
        meaning="standard deviation of a quarter's weather for farm projects",
    )
    leased_exposure: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="租金风险敞口",
        meaning="share of a market shock that reaches the rent of leased premises",
    )
    deposit_rate: RunArray = quantity(
        0.015,
        unit="1/year",
        bounds=(0, 0.2),
        prior=(0.005, 0.025),
        source="assumption",
        zh="存款利率",
        meaning="real interest on cash in the bank, and what a project is compared with",
    )


@dataclass(frozen=True)
class Flows:
    """Production sets prices; the money is posted where it is earned (land, projects)."""


def shock(before: Array, innovation: Array, persistence: Array, sd: Array) -> Array:
    """One step of a first-order autoregressive log shock with stationary standard deviation ``sd``.

    Shapes broadcast; ``innovation`` is standard normal.
    """
    return persistence * before + sd * np.sqrt(1.0 - persistence * persistence) * innovation


def market_factor(log_shock: Array, variance: Array, exposure: Array) -> Array:
    """Revenue factor of mean 1 for a normal log shock with the given variance, at an exposure between 0 and 1."""
    return np.exp(exposure * log_shock - 0.5 * exposure * exposure * variance)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Move the shocks on by a quarter and set the market factors."""
    p = parameters
    common = shock(state.common_shock, draws.normal("common_shock"), p.persistence, p.common_sd)
    drawn = np.concatenate([draws.normal(name) for name in RUN_DRAWS[1:]], axis=1)
    industry = shock(state.industry_shock, drawn, p.persistence, p.industry_sd)
    village = shock(state.village_shock, draws.normal("village_shock"), p.persistence, p.village_sd)
    total = common + np.take_along_axis(industry, state.industry, axis=1) + village
    variance = p.common_sd * p.common_sd + p.industry_sd * p.industry_sd + p.village_sd * p.village_sd
    weather = p.weather_sd * draws.normal("weather")
    market = np.empty((state.runs, len(KINDS), state.villages))
    everything = variance + p.weather_sd * p.weather_sd
    market[:, FARM] = market_factor(total + weather, everything, np.ones_like(variance))
    market[:, LEASED] = market_factor(total, variance, p.leased_exposure)
    return (
        state.replace(
            common_shock=common,
            industry_shock=industry,
            village_shock=village,
            market=market,
            deposit_rate=p.deposit_rate,
        ),
        Flows(),
    )
