"""Joint management 联合经营管理: who runs a council's joint projects, how hard members try, what meeting costs.

    best_noisy:      ln m = w ln M_k + (1 - w) mean_j ln M_j,   k = argmax_j (ln M_j + s eps_j) at each election
    centre_village:  the same with k = the centre village 中心村
    average:         ln m = mean_j ln M_j
    odds(o_j) = odds(monitoring_j) odds(T_j),   sigma_j = o_j + (1 - o_j) s_j
    effort_j = (sigma_j / cost)^psi,   joint M = m (sum_j s_j sigma_j / cost)^psi / (active projects)^span
    coordination = kappa [n (n - 1) / 2]^eta (1 + theta Het) (1.5 - mean T)     a year, only with joint assets

s_j is a member's share of the dividends. An owner who works for himself has sigma = 1: effort under sharing falls
short of it, to 1/n with equal shares and no oversight (literature:holmstrom_1982). Members oversee one another better
where they trust. The other forms of the meeting cost are linear, kappa (n - 1), and none. Het is the spread of
ln(1 + earned income / 10 万元) within the council. Who manages decides the sign of the study: always vary it.

Sources: span of control (literature:lucas_1978), cost of deciding together (literature:hansmann_1996,
literature:agrawal_goyal_2001); the exponent of oversight on trust is an assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import CodeArray, CouncilArray, Index, Mask, PayerArray, RunArray, VillageArray, choice, quantity
from sim.groups import Groups, pick
from sim.state import Quarter, State, over_projects
from sim.streams import QuarterDraws

ZH = "联合经营管理"
DRAWS: tuple[str, ...] = ()
MANAGERS = ("best_noisy", "centre_village", "average")
GROUP_COSTS = ("quadratic", "linear", "none")


@dataclass(frozen=True)
class Parameters:
    joint_manager: CodeArray = choice(
        "best_noisy",
        {
            "best_noisy": "the member judged best, with error 择优选取",
            "centre_village": "the centre village 中心村",
            "average": "all members alike 集体管理",
        },
        source="assumption",
        zh="联合经营者",
        meaning="who manages joint projects",
    )
    manager_weight: VillageArray = quantity(
        0.4,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="经营者权重",
        meaning="weight of the chosen member in joint management; the rest is the members' average",
    )
    selection_noise: RunArray = quantity(
        0.3,
        unit="sd of ln",
        bounds=(0, 2),
        prior=(0, 0.6),
        source="assumption",
        zh="择优误差",
        meaning="standard error in judging ln M when the best member is chosen",
    )
    span: RunArray = quantity(
        0.1,
        unit="exponent",
        bounds=(0, 1),
        prior=(0, 0.3),
        source="literature:lucas_1978; assumption",
        zh="管理幅度",
        meaning="how much a manager's M falls with the number of projects run",
    )
    effort_elasticity: RunArray = quantity(
        0.3,
        unit="exponent",
        bounds=(0, 1),
        prior=(0, 0.6),
        source="literature:holmstrom_1982; assumption",
        zh="投入弹性",
        meaning="elasticity of effort with respect to the share of its fruit",
    )
    effort_cost: RunArray = quantity(
        1,
        unit="1",
        bounds=(0.1, 10),
        prior=(0.5, 2),
        source="assumption",
        zh="投入成本",
        meaning="cost of effort in joint projects, 1 is its cost in an owner's own project",
    )
    coordination: RunArray = quantity(
        0.6,
        unit="万元/year",
        bounds=(0, 50),
        prior=(0.3, 3),
        source="literature:hansmann_1996; assumption",
        zh="协调成本系数",
        meaning="coordination cost of two members of equal standing at trust one half",
    )
    coordination_exponent: RunArray = quantity(
        0.6,
        unit="exponent",
        bounds=(0, 1.5),
        prior=(0.4, 0.9),
        source="literature:agrawal_goyal_2001; assumption",
        zh="协调成本指数",
        meaning="exponent on the number of pairs of members",
    )
    heterogeneity: RunArray = quantity(
        0.5,
        unit="1",
        bounds=(0, 5),
        prior=(0, 1),
        source="literature:poteete_ostrom_2004; assumption",
        zh="异质性成本",
        meaning="rise of the coordination cost with the spread of members' incomes",
    )
    group_cost: CodeArray = choice(
        "quadratic",
        {
            "quadratic": "grows with the number of pairs of members",
            "linear": "grows with the number of members",
            "none": "no coordination cost",
        },
        source="literature:agrawal_goyal_2001; assumption",
        zh="协调成本形式",
        meaning="how the cost of coordination grows with the number of members",
    )
    staff_time: RunArray = quantity(
        1.5,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0.5, 4),
        source="assumption",
        zh="干部工作时间价值",
        meaning="priced staff time of a village in a council with a centre village in charge",
    )
    # set by policies and companions
    active: Mask | None = None
    led: Mask | None = None
    """A policy has put the centre village in charge."""
    entrusted: Mask | None = None
    staff: PayerArray | None = None


@dataclass(frozen=True)
class Flows:
    staff: PayerArray | None = flow(
        "payers",
        "staff",
        kind="centre_village",
        zh="中心村工作人员费用",
        meaning="priced staff time of a centre village in charge",
    )


def oversight(monitoring: VillageArray, trust: VillageArray) -> VillageArray:
    """Share of a member's effort that the others see and hold him to; equals monitoring at trust 1/2."""
    seen = monitoring * trust
    return seen / (seen + (1.0 - monitoring) * (1.0 - trust))


def stake(share: VillageArray, overseen: VillageArray) -> VillageArray:
    """sigma: the share of the fruit of his effort that a member answers for, between his dividend share and 1."""
    return overseen + (1.0 - overseen) * share


def effort(sigma: VillageArray, cost: RunArray, elasticity: RunArray) -> VillageArray:
    """A member's effort in the joint project; an owner's in his own is 1."""
    return np.power(sigma / cost, elasticity)


def manager_log(
    log_management: VillageArray, manager: Index, form: CodeArray, weight: VillageArray, members: Groups
) -> VillageArray:
    """ln m of each council's manager, at all members; ``manager`` is the chosen member's index."""
    average = members.mean(log_management)
    chosen = pick(log_management, manager)
    return np.where(form == MANAGERS.index("average"), average, weight * chosen + (1.0 - weight) * average)


def coordination_cost(
    size: CouncilArray, spread: VillageArray, mean_trust: VillageArray, form: CodeArray, p: Parameters
) -> VillageArray:
    """Coordination of a council, 万元 a year; 0 for a council of one."""
    pairs = np.power(size * (size - 1.0) / 2.0, p.coordination_exponent)
    by_size = np.where(form == GROUP_COSTS.index("quadratic"), np.where(size > 1, pairs, 0.0), size - 1.0)
    by_size = np.where(form == GROUP_COSTS.index("none"), 0.0, by_size)
    return p.coordination * by_size * (1.0 + p.heterogeneity * spread) * (1.5 - mean_trust)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Choose managers where needed and bring joint management up to date."""
    p = parameters
    staff = None if p.staff is None else p.staff * state.councils.member[:, None, :]
    flows = Flows(staff=staff if staff is not None and staff.any() else None)
    state = _chosen(state, p)
    if not _needed(state, p):
        # A manager whose council has ended its vehicle hands the members' own projects back.
        gone = np.zeros_like(state.entrusted)
        return state.replace(entrusted=gone) if state.entrusted.any() else state, flows
    return _manage(state, p), flows


def _needed(state: State, p: Parameters) -> bool:
    marked = [mask for mask in (p.active, p.entrusted) if mask is not None]
    return bool(state.vehicle.any() or any(mask.any() for mask in marked))


def _manage(state: State, p: Parameters) -> State:
    members = state.councils
    form, weight = _in_force(p, members)
    manager = np.where(form == MANAGERS.index("centre_village"), state.centre, state.manager)
    alone = manager_log(state.log_management, manager, form, weight, members)
    care = manager_log(state.log_care, manager, form, weight, members)
    share = np.where(members.of(state.vehicle) > 0, state.dividend_share, 1.0 / members.size)
    sigma = stake(share, oversight(state.monitoring_in_force, state.trust))
    together = members.sum(share * sigma) / p.effort_cost
    incentive = p.effort_elasticity * np.log(np.maximum(together, 1e-12))
    running = members.of(over_projects((state.joint_capital > 0).astype(float)))
    spread = members.spread(np.log1p(np.maximum(state.earned_last_year, 0.0) / 10.0))
    entrusted = np.zeros(state.trust.shape, dtype=bool) if p.entrusted is None else p.entrusted
    return state.replace(
        manager_log=alone,
        joint_log_management=alone + incentive - p.span * np.log(np.maximum(running, 1.0)),
        joint_log_next=alone + incentive - p.span * np.log(running + 1.0),
        joint_log_care=care,
        effort=effort(sigma, p.effort_cost, p.effort_elasticity),
        coordination_due=coordination_cost(members.size, spread, members.mean(state.trust), p.group_cost, p),
        entrusted=entrusted,
        entrusted_log=alone - p.span * np.log(np.maximum(_projects_of(state), 1.0)),
    )


def _chosen(state: State, p: Parameters) -> State:
    """Choose the best member where an election is past, joint projects or not: a later pool finds him in place."""
    unset = state.manager < 0
    if not unset.any():
        return state
    best = state.councils.argmax(state.log_management + p.selection_noise * state.selection_noise)
    return state.replace(manager=np.where(unset, best, state.manager))


def _in_force(p: Parameters, members: Groups) -> tuple[CodeArray, VillageArray]:
    """Form and weight of each council, at its members: the centre leads where a policy covers any of them."""
    if p.joint_manager.shape[1] == 1:
        return p.joint_manager, p.manager_weight
    first = members.argmax((p.joint_manager == MANAGERS.index("centre_village")).astype(float))
    return pick(p.joint_manager, first), pick(p.manager_weight, first)


def _projects_of(state: State) -> VillageArray:
    """Own projects that the members of a council run together, at all members."""
    return state.councils.sum(over_projects((state.project_capital > 0).astype(float)))
