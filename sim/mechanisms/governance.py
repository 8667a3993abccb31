"""Governance 治理: trust in joint undertakings, moved once a year by what members have seen.

    T' = T + up (1 - T) kept - down T / 2 broken - 2 T (failure 1{joint project failed} + exit 1{head left})
           + reversion (L - T),    L = T_0 exp(-migration (m - m_0))                where more are away than at the start,
                                   L = 1 - (1 - T_0) exp(-migration (m_0 - m))    where fewer are

kept: the dividend per yuan of the stake that is left is at least the yield of the village's own projects that year and
no arrears are open; broken: it is below. Nobody judges before joint projects have paid for a full year. Every loss is
proportional to T and the gain to 1 - T; the bounds below keep their sum within one, so trust stays inside (0, 1)
without a clip.

Sources: conditional co-operation (literature:fischbacher_2001), kept promises and boundaries (literature:ostrom_1990),
out-migration lowers collective action (literature:wang_chen_araral_2016). Sizes are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import Mask, RunArray, VillageArray, quantity
from sim.groups import part
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "治理"
DRAWS: tuple[str, ...] = ()
FULL_YEAR = 4
"""Quarters with joint returns in a year from which on members judge its dividend."""


@dataclass(frozen=True)
class Parameters:
    trust_start: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0.01, 0.99),
        prior=(0.25, 0.75),
        source="assumption",
        zh="初始信任",
        meaning="median trust in joint undertakings at the start",
    )
    trust_start_sd: RunArray = quantity(
        0.4,
        unit="1",
        bounds=(0, 3),
        prior=(0.1, 0.8),
        source="assumption",
        zh="初始信任离散度",
        meaning="standard deviation of the log odds of trust across villages",
    )
    trust_up: RunArray = quantity(
        0.10,
        unit="1/year",
        bounds=(0, 0.5),
        prior=(0.03, 0.2),
        source="assumption",
        zh="守信增信",
        meaning="gain of trust in a year of kept promises, as a share of what is missing",
    )
    trust_down: RunArray = quantity(
        0.20,
        unit="1/year",
        bounds=(0, 0.4),
        prior=(0.1, 0.4),
        source="assumption",
        zh="失信减信",
        meaning="loss of trust in a year of broken promises; half of it applies as a share of trust",
    )
    trust_reversion: RunArray = quantity(
        0.10,
        unit="1/year",
        bounds=(0, 0.3),
        prior=(0.05, 0.2),
        source="assumption",
        zh="信任回归",
        meaning="share of the distance to its start that trust makes good in a year",
    )
    failure_loss: RunArray = quantity(
        0.15,
        unit="share",
        bounds=(0, 0.2),
        prior=(0, 0.2),
        source="assumption",
        zh="项目失败损信",
        meaning="loss of trust at trust 1/2 in a year when a joint project failed",
    )
    exit_loss: RunArray = quantity(
        0.03,
        unit="share",
        bounds=(0, 0.05),
        prior=(0, 0.05),
        source="assumption",
        zh="头雁离任损信",
        meaning="loss of trust at trust 1/2 in a year when the head left",
    )
    migration_loss: RunArray = quantity(
        0.5,
        unit="1",
        bounds=(0, 1),
        prior=(0, 1),
        source="literature:wang_chen_araral_2016",
        zh="外出损信",
        meaning="how much the level to which trust reverts falls with a higher migrant share",
    )
    monitoring: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="监督力度",
        meaning="share of effort and of spending in joint undertakings that others see",
    )


@dataclass(frozen=True)
class Flows:
    """Trust costs no money; priced staff time is posted by the policy that needs it."""


def trust_change(
    trust: VillageArray,
    kept: VillageArray,
    broken: VillageArray,
    failed: VillageArray,
    left: VillageArray,
    target: VillageArray,
    p: Parameters,
) -> VillageArray:
    """Change of trust in a year; kept, broken, failed and left are 0 or 1, all of shape (runs, villages)."""
    gain = p.trust_up * (1.0 - trust) * kept
    loss = trust * (0.5 * p.trust_down * broken + 2.0 * p.failure_loss * failed + 2.0 * p.exit_loss * left)
    return gain - loss + p.trust_reversion * (target - trust)


def trust_level(trust_start: VillageArray, more_migrants: VillageArray, migration_loss: RunArray) -> VillageArray:
    """Trust to which a village reverts, inside (0, 1); ``more_migrants`` is the migrant share less that at the start."""
    fades = np.exp(-migration_loss * np.abs(more_migrants))
    return np.where(more_migrants > 0, trust_start * fades, 1.0 - (1.0 - trust_start) * fades)


def judge(dividends: VillageArray, paid_in: VillageArray, own_yield: VillageArray, due: Mask) -> VillageArray:
    """1 where dividends per yuan paid in reach the own projects' yield, -1 where they do not, 0 where none are due."""
    fair = dividends >= own_yield * paid_in
    return np.where(due, np.where(fair & (dividends > 0), 1.0, -1.0), 0.0)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Move trust at the end of the year."""
    if not quarter.closes_year:
        return state, Flows()
    p = parameters
    migrants = state.migrant_labour / np.maximum(state.resident_labour + state.migrant_labour, 1e-9)
    target = trust_level(state.trust_start, migrants - state.migrant_share_start, p.migration_loss)
    verdict, failed = _verdict(state)
    change = trust_change(
        state.trust, (verdict > 0).astype(float), (verdict < 0).astype(float), failed, state.leader_left, target, p
    )
    none = np.zeros_like(state.trust)
    return state.replace(
        trust=state.trust + change, leader_left=none, joint_failure=none, joint_operating=none
    ), Flows()


def _present_stake(state: State) -> VillageArray:
    """What is left of the money paid in, 万元: own projects are judged by their present capital too."""
    worth = state.councils.of(state.joint_assets + state.vehicle_fund)
    return state.paid_in * np.minimum(1.0, part(worth, state.councils.sum(state.paid_in)))


def _verdict(state: State) -> tuple[VillageArray, VillageArray]:
    if not state.paid_in.any():
        nothing = np.zeros_like(state.trust)
        return nothing, nothing
    members = state.councils
    failed = members.of(state.joint_failure) * (state.paid_in > 0)
    own_yield = np.where(state.project_assets > 1, state.own_return / np.maximum(state.project_assets, 1.0), 0.0)
    due = (state.paid_in > 0) & (members.of(state.joint_operating) >= FULL_YEAR)
    verdict = judge(state.investment_income, _present_stake(state), own_yield, due)
    in_arrears = members.of(state.vehicle_arrears) > 0
    return np.where(due & in_arrears, -1.0, verdict), failed
