"""Talent 人才: who is there, who leads, what they know how to do.

Once a year, at its end:

    leave = logistic(intercept + response x gap),   gap = ln premium - ln(1 + jobs / labour)
    resident' = resident - leave resident + return migrant,   migrant' = migrant + leave resident - return migrant
    d ln A = learning 1{has a project, own or joint} - attrition (ln A - ln A_0)

At an election (every few years, second quarter) a head leaves with the turnover probability; the successor's ability
is a fresh lognormal draw. Management and care of the village's own manager follow:

    ln M = aH ln H + ln A,    ln care = aH ln H + aO ln A

Sources: Harris-Todaro migration in logit form (literature:nbs_migrants_2023 for the premium of 1.317), return rates
(literature:returnees_stock), terms of five years since 2018; form E10, E1. Learning and attrition are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import RunArray, VillageArray, quantity
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "人才"
DRAWS = ("leader_exit", "leader_ability", "selection")


@dataclass(frozen=True)
class Parameters:
    ability_exponent: RunArray = quantity(
        0.7,
        unit="exponent",
        bounds=(0, 2),
        prior=(0.3, 1),
        source="assumption",
        zh="头雁能力弹性 aH",
        meaning="elasticity of management with respect to the head's ability",
    )
    care_exponent: RunArray = quantity(
        0.5,
        unit="exponent",
        bounds=(0, 2),
        prior=(0.2, 1),
        source="assumption",
        zh="组织资本避险弹性 aO",
        meaning="elasticity of project safety with respect to know-how",
    )
    leader_sd: RunArray = quantity(
        0.25,
        unit="sd of ln",
        bounds=(0, 1.5),
        prior=(0.15, 0.45),
        source="assumption",
        zh="头雁能力离散度",
        meaning="standard deviation of ln ability of village heads",
    )
    know_how_sd: RunArray = quantity(
        0.20,
        unit="sd of ln",
        bounds=(0, 1.5),
        prior=(0.1, 0.4),
        source="assumption",
        zh="组织资本离散度",
        meaning="standard deviation of ln know-how at the start",
    )
    learning: RunArray = quantity(
        0.01,
        unit="1/year",
        bounds=(0, 0.2),
        prior=(0, 0.03),
        source="assumption",
        zh="干中学速度",
        meaning="growth of know-how while a village runs a project, alone or jointly",
    )
    attrition: RunArray = quantity(
        0.08,
        unit="1/year",
        bounds=(0, 0.5),
        prior=(0.02, 0.15),
        source="assumption",
        zh="组织资本流失率",
        meaning="rate at which know-how falls back to its start",
    )
    election_every: RunArray = quantity(
        5,
        unit="year",
        bounds=(1, 20),
        prior=(3, 5),
        source="literature:village_terms_2018",
        zh="换届周期",
        meaning="years between elections of village heads; the first is in the second year of a run",
        integer=True,
    )
    leader_turnover: RunArray = quantity(
        0.35,
        unit="share",
        bounds=(0, 1),
        prior=(0.2, 0.5),
        source="assumption",
        zh="换届更替率",
        meaning="probability that a head leaves at an election",
    )
    migrant_share_start: RunArray = quantity(
        0.6,
        unit="share",
        bounds=(0, 0.95),
        prior=(0.4, 0.7),
        source="literature:shandong_migration_2016",
        zh="外出劳动力比例",
        meaning="share of a village's labour that works outside at the start",
    )
    leave_intercept: RunArray = quantity(
        -3.75,
        unit="1",
        bounds=(-10, 5),
        prior=(-4.5, -3),
        source="assumption",
        zh="外出截距",
        meaning="log odds a year of leaving without a wage gap",
    )
    wage_response: RunArray = quantity(
        1,
        unit="1",
        bounds=(0, 10),
        prior=(0.3, 2),
        source="assumption",
        zh="外出对工资差的反应",
        meaning="response of the log odds of leaving to the log wage gap",
    )
    wage_premium: RunArray = quantity(
        1.317,
        unit="1",
        bounds=(0.5, 5),
        prior=(1.2, 1.5),
        source="literature:nbs_migrants_2023",
        zh="外出工资倍数",
        meaning="wage outside over the wage at home",
    )
    return_rate: RunArray = quantity(
        0.02,
        unit="share/year",
        bounds=(0, 1),
        prior=(0.005, 0.04),
        source="assumption",
        zh="返乡率",
        meaning="share of migrants who come back each year, all ages",
    )
    jobs_per_capital: RunArray = quantity(
        0.3,
        unit="1",
        bounds=(0, 5),
        prior=(0.1, 0.6),
        source="assumption",
        zh="单位资产就业",
        meaning="jobs at home for each 万元 of the village's project capital, its share of joint projects included",
    )


@dataclass(frozen=True)
class Flows:
    """People move; no money does."""


def leaving_share(gap: VillageArray, intercept: RunArray, response: RunArray) -> VillageArray:
    """Share of resident labour that leaves in a year, in (0, 1), rising with the log wage gap."""
    return 1.0 / (1.0 + np.exp(-(intercept + response * gap)))


def know_how_change(
    log_excess: VillageArray, learning: RunArray, attrition: RunArray, active: VillageArray
) -> VillageArray:
    """Yearly change of ln know-how; ``log_excess`` is ln A - ln A_0, ``active`` 1 where a project is run."""
    return learning * active - attrition * log_excess


def successors(
    ability: VillageArray, exit_draw: VillageArray, ability_draw: VillageArray, turnover: RunArray, sd: RunArray
) -> tuple[VillageArray, VillageArray]:
    """Ability of heads after an election and 1 where the head changed; draws are uniform and standard normal."""
    leaves = exit_draw < turnover
    return np.where(leaves, np.exp(sd * ability_draw), ability), leaves.astype(float)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Elections in the second quarter, people and know-how at the end of the year."""
    if quarter.season == 1:
        state = _elect(state, parameters, draws, quarter)
    if quarter.closes_year:
        state = _learn(_migrate(state, parameters), parameters)
    return state, Flows()


def is_election(parameters: Parameters, quarter: Quarter) -> RunArray:
    """1 in the runs that hold elections this quarter, shape (runs, 1)."""
    due = np.mod(quarter.passed - 1.0, parameters.election_every) == 0
    held: RunArray = (due & (quarter.season == 1) & (quarter.passed > 0)).astype(float)
    return held


def managed(state: State, p: Parameters) -> State:
    """Bring the management and care of own managers up to date."""
    log_ability, log_know_how = np.log(state.leader_ability), np.log(state.know_how)
    return state.replace(
        log_management=p.ability_exponent * log_ability + log_know_how,
        log_care=p.ability_exponent * log_ability + p.care_exponent * log_know_how,
    )


def _elect(state: State, p: Parameters, draws: QuarterDraws, quarter: Quarter) -> State:
    held = is_election(p, quarter)
    if not held.any():
        return state
    ability, left = successors(
        state.leader_ability,
        draws.uniform("leader_exit"),
        draws.normal("leader_ability"),
        p.leader_turnover * held,
        p.leader_sd,
    )
    elected = np.broadcast_to(held > 0, ability.shape)
    return managed(
        state.replace(
            leader_ability=ability,
            leader_left=np.maximum(state.leader_left, left),
            selection_noise=np.where(elected, draws.normal("selection"), state.selection_noise),
            # A council chooses its manager anew after an election.
            manager=np.where(elected, -1, state.manager),
        ),
        p,
    )


def _capital_at_work(state: State) -> VillageArray:
    """Capital of own projects and the village's share of the joint ones, 万元: both give jobs and practice."""
    if not state.vehicle.any():
        return state.project_assets
    return state.project_assets + state.councils.of(state.joint_assets) * state.dividend_share


def _migrate(state: State, p: Parameters) -> State:
    labour = state.resident_labour + state.migrant_labour
    jobs = p.jobs_per_capital * _capital_at_work(state) / np.maximum(labour, 1.0)
    leave = leaving_share(np.log(p.wage_premium) - np.log1p(jobs), p.leave_intercept, p.wage_response)
    moved = leave * state.resident_labour - p.return_rate * state.migrant_labour
    return state.replace(resident_labour=state.resident_labour - moved, migrant_labour=state.migrant_labour + moved)


def _learn(state: State, p: Parameters) -> State:
    active = (_capital_at_work(state) > 0).astype(float)
    excess = np.log(state.know_how / state.know_how_start)
    change = know_how_change(excess, p.learning, p.attrition, active)
    return managed(state.replace(know_how=state.know_how * np.exp(change)), p)
