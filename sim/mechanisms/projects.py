"""Projects 项目: what money is turned into, by a village on its own or by a council's joint vehicle.

    pi = max(rho q M^w 100 (K/100)^nu - F, idle K)       a year; 0 during gestation; a quarter receives pi x market / 4
    K' = K (1 - depreciation / 4)
    failure a quarter: 1 - (1 - h)^(1/4),  h = hazard exp(-ln care) within hazard x [0.3, 3];  salvage share comes back

Two kinds: farm 设施农业 (small minimum, weather, needs a good manager) and leased premises 厂房商铺租赁 (larger
minimum, safer). Both are open to everybody who has the money. An owner decides on earmarked money every quarter and on
own cash once a year. It starts a new project or extends its largest one of a kind, at that project's quality and
without a second overhead (form extension), whichever has the highest expected gain of profit net of wear and expected
loss, where the cash return pi / I beats the hurdle. An extension is built while the project runs and earns from the next
quarter on (assumption). An owner runs up to two projects of a kind side by side. Earmarked money
past its term is built anyway, whatever the smallest size of its kind, once it adds up to a site; or goes back, or waits
(form carry_over). A project is extended only if it then has the smallest size of its kind: nothing grows from a foothold.

The joint vehicle 联合社 builds from its fund and is paid by its own projects; failure and depreciation are the same.
Villages with an entrusted manager 委托经营 run their own projects with that manager's ability.

Sources: yields of farm projects and leased workshops (literature:shandong_farm_yield, literature:shanghang_pooled),
decreasing returns and span of control (literature:lucas_1978); hazards and minimum sizes are assumptions.
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
    PayerArray,
    ProjectArray,
    RunArray,
    VillageArray,
    choice,
    quantity,
)
from sim.state import KINDS, SLOTS, Quarter, State, over_payers, over_projects
from sim.streams import QuarterDraws
from sim.technology import NEW, Portfolio, Prospect, Technology, of_projects, place, profit, prospect, standing

ZH = "项目"
ORDINALS = 12
"""Qualities drawn for each owner; later projects of the same owner draw the last one again."""
DRAWS = tuple(f"{owner}_failure_{kind}_{slot}" for owner in ("own", "joint") for kind in KINDS for slot in range(SLOTS))
FIXED_DRAWS = tuple(f"{owner}_quality_{ordinal}" for owner in ("own", "joint") for ordinal in range(ORDINALS))
EXTENSION = ("allowed", "none")
SMALLEST_CAPITAL = 1.0
"""万元: what depreciation has worn down to this is written off (assumption)."""


@dataclass(frozen=True)
class Parameters:
    gross_margin: RunArray = quantity(
        0.10,
        unit="1/year",
        bounds=(0, 1),
        prior=(0.07, 0.14),
        source="literature:shandong_farm_yield; assumption",
        zh="设施农业毛利率",
        meaning="gross margin of a farm project of 100 万元 under a median manager",
    )
    overhead: RunArray = quantity(
        4,
        unit="万元/project/year",
        bounds=(0, 100),
        prior=(0, 10),
        source="assumption",
        zh="设施农业固定费用",
        meaning="fixed overhead of a farm project; at 4 it breaks even near 37 万元 of capital",
    )
    minimum: RunArray = quantity(
        30,
        unit="万元",
        bounds=(0, 10000),
        prior=(10, 50),
        source="assumption",
        zh="设施农业最小规模",
        meaning="smallest farm project that can be started",
    )
    gestation: RunArray = quantity(
        4,
        unit="quarter",
        bounds=(0, 40),
        prior=(2, 8),
        source="assumption",
        zh="设施农业建设期",
        meaning="quarters before a farm project brings money",
        integer=True,
    )
    depreciation: RunArray = quantity(
        0.03,
        unit="1/year",
        bounds=(0, 0.5),
        prior=(0.01, 0.06),
        source="assumption",
        zh="设施农业折旧率",
        meaning="depreciation of farm projects net of upkeep",
    )
    hazard: RunArray = quantity(
        0.04,
        unit="1/year",
        bounds=(0, 0.3),
        prior=(0.02, 0.12),
        source="literature:failure_prior; assumption",
        zh="设施农业失败率",
        meaning="probability that a farm project fails in a year under a median manager",
    )
    leased_gross_margin: RunArray = quantity(
        0.075,
        unit="1/year",
        bounds=(0, 1),
        prior=(0.055, 0.095),
        source="literature:shanghang_pooled; assumption",
        zh="租赁物业毛利率",
        meaning="gross rent of leased premises of 100 万元 under a median manager",
    )
    leased_overhead: RunArray = quantity(
        1,
        unit="万元/project/year",
        bounds=(0, 100),
        prior=(0, 3),
        source="assumption",
        zh="租赁物业固定费用",
        meaning="fixed overhead of leased premises",
    )
    leased_minimum: RunArray = quantity(
        100,
        unit="万元",
        bounds=(0, 10000),
        prior=(50, 200),
        source="assumption",
        zh="租赁物业最小规模",
        meaning="smallest leased premises that can be started",
    )
    leased_gestation: RunArray = quantity(
        6,
        unit="quarter",
        bounds=(0, 40),
        prior=(4, 10),
        source="assumption",
        zh="租赁物业建设期",
        meaning="quarters before leased premises bring money",
        integer=True,
    )
    leased_depreciation: RunArray = quantity(
        0.015,
        unit="1/year",
        bounds=(0, 0.5),
        prior=(0.005, 0.04),
        source="assumption",
        zh="租赁物业折旧率",
        meaning="depreciation of leased premises net of upkeep",
    )
    leased_hazard: RunArray = quantity(
        0.02,
        unit="1/year",
        bounds=(0, 0.3),
        prior=(0.01, 0.04),
        source="literature:failure_prior",
        zh="租赁物业失败率",
        meaning="probability that leased premises fall empty for good in a year under a median manager",
    )
    leased_management_weight: RunArray = quantity(
        0.4,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="租赁物业经营权重",
        meaning="how much of the manager's ability shows in rents; 1 is a farm project",
    )
    scale: RunArray = quantity(
        0.92,
        unit="exponent",
        bounds=(0.1, 1),
        prior=(0.8, 0.95),
        source="literature:lucas_1978; assumption",
        zh="规模报酬指数",
        meaning="elasticity of a project's gross margin with respect to its capital",
    )
    quality_sd: RunArray = quantity(
        0.45,
        unit="sd of ln",
        bounds=(0, 2),
        prior=(0.2, 0.7),
        source="assumption",
        zh="项目质量离散度",
        meaning="standard deviation of ln project quality, mean 1",
    )
    salvage: RunArray = quantity(
        0.2,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.5),
        source="assumption",
        zh="残值率",
        meaning="share of capital that comes back from a failed project",
    )
    idle_rent: RunArray = quantity(
        0.005,
        unit="1/year",
        bounds=(0, 0.05),
        prior=(0, 0.01),
        source="assumption",
        zh="闲置资产租金率",
        meaning="what mothballed capital brings in a year",
    )
    minimum_extension: RunArray = quantity(
        20,
        unit="万元",
        bounds=(0, 10000),
        prior=(5, 50),
        source="assumption",
        zh="最小扩建规模",
        meaning="smallest sum by which an owner extends a project instead of starting a new one",
    )
    smallest_site: RunArray = quantity(
        5,
        unit="万元",
        bounds=(1, 100),
        prior=(1, 20),
        source="assumption",
        zh="最小动工额",
        meaning="smallest sum with which anything is built at all; money past its term waits until it adds up to this",
    )
    hurdle_factor: RunArray = quantity(
        1.5,
        unit="1",
        bounds=(0, 20),
        prior=(1, 3),
        source="assumption",
        zh="投资门槛倍数",
        meaning="expected return for which a project is started, in deposit rates",
    )
    extension: CodeArray = choice(
        "allowed",
        {
            "allowed": "a project may be extended, without a second overhead 扩建",
            "none": "every project is a site of its own 新建",
        },
        source="assumption",
        zh="扩建形式",
        meaning="whether money may extend a project that the owner has",
    )
    project_scale: CodeArray = choice(
        "decreasing",
        {"decreasing": "decreasing returns, exponent below one", "constant": "constant returns, exponent one"},
        source="literature:lucas_1978; assumption",
        zh="规模报酬形式",
        meaning="returns to the size of a project",
    )


@dataclass(frozen=True)
class Flows:
    return_own: VillageArray | None = flow(
        "outside",
        "village.own_cash",
        kind="project",
        income="operating",
        zh="自有项目收益",
        meaning="return of own projects net of running cost",
    )
    return_joint: CouncilArray | None = flow(
        "outside", "vehicle.cash", kind="joint_project", zh="联合项目收益", meaning="return of joint projects"
    )
    invest_own: VillageArray | None = flow(
        "village.own_cash", "village.assets", kind="investment", zh="自有资金投资", meaning="own cash put into projects"
    )
    invest_earmarked: PayerArray | None = flow(
        "village.earmarked",
        "village.assets",
        kind="investment",
        zh="专项资金投资",
        meaning="earmarked money put into projects",
    )
    invest_joint: CouncilArray | None = flow(
        "vehicle.cash", "vehicle.assets", kind="investment", zh="联合投资", meaning="joint money put into projects"
    )
    lapse: PayerArray | None = flow(
        "village.earmarked", "payers", kind="lapse", zh="结转收回", meaning="money past its term goes back to its payer"
    )
    depreciation_own: VillageArray | None = flow(
        "village.assets", "depreciation", kind="depreciation", zh="自有资产折旧", meaning="wear of own projects"
    )
    depreciation_joint: CouncilArray | None = flow(
        "vehicle.assets", "depreciation", kind="depreciation", zh="联合资产折旧", meaning="wear of joint projects"
    )
    write_off_own: VillageArray | None = flow(
        "village.assets", "write_off", kind="failure", zh="自有项目核销", meaning="capital lost in failed own projects"
    )
    write_off_joint: CouncilArray | None = flow(
        "vehicle.assets",
        "write_off",
        kind="failure",
        zh="联合项目核销",
        meaning="capital lost in failed joint projects",
    )
    salvage_own: VillageArray | None = flow(
        "village.assets",
        "village.own_cash",
        kind="capital_return",
        zh="自有项目残值",
        meaning="salvage of failed own projects",
    )
    salvage_joint: CouncilArray | None = flow(
        "vehicle.assets",
        "vehicle.cash",
        kind="capital_return",
        zh="联合项目残值",
        meaning="salvage of failed joint projects",
    )


def technology(p: Parameters, deposit_rate: RunArray) -> Technology:
    """Stack the declared numbers by kind, shape (runs, kinds, 1)."""

    def stack(farm: Array, leased: Array) -> Array:
        return np.stack([farm, leased], axis=1)

    exponent = np.where(p.project_scale == 1, 1.0, p.scale)
    return Technology(
        margin=stack(p.gross_margin, p.leased_gross_margin),
        overhead=stack(p.overhead, p.leased_overhead),
        minimum=stack(p.minimum, p.leased_minimum),
        gestation=stack(p.gestation, p.leased_gestation),
        depreciation=stack(p.depreciation, p.leased_depreciation),
        hazard=stack(p.hazard, p.leased_hazard),
        management_weight=stack(np.ones_like(p.leased_management_weight), p.leased_management_weight),
        scale=stack(exponent, exponent),
        idle_rent=stack(p.idle_rent, p.idle_rent),
        minimum_extension=np.where(p.extension == EXTENSION.index("none"), np.inf, p.minimum_extension),
        salvage=p.salvage,
        hurdle=p.hurdle_factor * deposit_rate,
    )


def quarterly_failure(hazard: Array, log_care: Array) -> Array:
    """Probability that a project fails in a quarter; the yearly hazard is exp(-ln care) times the kind's, in [0.3, 3]."""
    yearly = np.minimum(hazard * np.exp(np.clip(-log_care, np.log(0.3), np.log(3.0))), 0.999)
    return 1.0 - np.power(1.0 - yearly, np.full_like(yearly, 0.25))


def quarterly_return(
    projects: Portfolio, log_management: Array, market: Array, t: Technology
) -> tuple[VillageArray, VillageArray]:
    """What the projects of each owner bring in a quarter, 万元, (runs, villages): (cash, cash were none in gestation).

    ``market`` has shape (runs, kinds, villages) and multiplies the gross margin, not the overhead.
    """
    # Nine places in ten are empty: only the projects there are go into the arithmetic.
    place, run, kind, owner, at_market = standing(projects.capital)
    here = of_projects(t, run, kind)
    quality = projects.quality.take(place) * market.take(at_market)
    cash = profit(projects.capital.take(place), log_management.take(owner), quality, here)
    mature = projects.age.take(place) >= here.gestation

    def by_owner(values: Array) -> VillageArray:
        sums = np.bincount(owner, values, log_management.size).astype(float, copy=False)
        return sums.reshape(log_management.shape) / 4.0

    return by_owner(cash * mature), by_owner(cash)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Start projects, receive returns, wear and failure; first the villages' own, then the joint ones."""
    if quarter.opens_year:  # no policy changes its numbers within a year
        state = state.replace(technology=technology(parameters, state.deposit_rate))
    state, own = _own(state, parameters, draws, quarter)
    if not state.vehicle.any():
        return state, own
    state, joint = _joint(state, parameters, draws)
    return state, dataclasses.replace(
        own, **{f.name: v for f in dataclasses.fields(joint) if (v := getattr(joint, f.name)) is not None}
    )


def _own(state: State, p: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    manager = np.where(state.entrusted, state.entrusted_log, state.log_management)
    care = np.where(state.entrusted, state.joint_log_care, state.log_care)
    projects = Portfolio(state.project_capital, state.project_age, state.project_quality)
    earned, _ = quarterly_return(projects, manager, state.market, state.technology)
    projects, worn, lost, saved, _ = wear(projects, care, state.technology, _failure_draws(draws, "own"))
    own_cash, earmarked, best, lapsed = _decide(state, p, manager, projects, quarter)
    money = own_cash if earmarked is None else own_cash + over_payers(earmarked)
    if money.any():
        quality = _quality(draws, "own", state.projects_started, p.quality_sd)
        projects = place(projects, money, best.kind, quality, slot=best.slot)
    state = state.replace(
        project_capital=projects.capital,
        project_age=projects.age,
        project_quality=projects.quality,
        # A site below the smallest size is no project of the owner's choice: it uses up no draw of quality.
        projects_started=state.projects_started + ((money > 0) & (best.slot == NEW) & (money >= _least(state, best))),
        own_return=state.own_return + earned,
        own_profit=4.0 * earned,
        open_cash=np.maximum(state.open_cash - own_cash, 0.0),
    )
    return state, Flows(
        return_own=earned,
        invest_own=own_cash if own_cash.any() else None,
        invest_earmarked=earmarked,
        lapse=lapsed,
        depreciation_own=worn,
        write_off_own=lost if lost.any() else None,
        salvage_own=saved if saved.any() else None,
    )


def _least(state: State, chosen: Prospect) -> VillageArray:
    """Smallest size of the kind that each village chose, 万元."""
    smallest = np.broadcast_to(state.technology.minimum, (state.runs, len(KINDS), state.villages))
    return np.take_along_axis(smallest, chosen.kind[:, None, :], axis=1)[:, 0]


def _decide(
    state: State, p: Parameters, manager: VillageArray, projects: Portfolio, quarter: Quarter
) -> tuple[VillageArray, PayerArray | None, Prospect, PayerArray | None]:
    """What each village invests now: (own cash, earmarked by payer or None, in what, lapsed by payer or None)."""
    open_cash = np.minimum(state.open_cash, state.own_cash)
    has_earmarked = state.earmarked.any()
    waiting = over_payers(state.earmarked) if has_earmarked else np.zeros_like(open_cash)
    # Own cash is put to use once a year, after the accounts are closed, or together with earmarked money.
    decides = np.full(waiting.shape, True) if quarter.opens_year else waiting > 0
    best = prospect(np.where(decides, open_cash + waiting, 0.0), manager, state.technology, projects)
    own = open_cash * best.worth
    if not has_earmarked:
        return own, None, best, None
    starts = best.worth[:, None, :] > 0
    expired = np.maximum(state.earmarked - state.fresh, 0.0)
    lapses = state.lapses[:, :, None] > 0
    expired = np.where(lapses | (over_payers(expired) >= p.smallest_site)[:, None, :], expired, 0.0)
    invested = np.where(starts, state.earmarked, np.where(lapses, 0.0, expired))
    lapsed = np.where(starts | ~lapses, 0.0, expired)
    hurried = _hurried(over_payers(invested), manager, state.technology, projects)
    kind = np.where(best.worth > 0, best.kind, hurried.kind)
    slot = np.where(best.worth > 0, best.slot, hurried.slot)
    best = best._replace(kind=kind, slot=slot)
    return own, invested if invested.any() else None, best, lapsed if lapsed.any() else None


def _hurried(money: VillageArray, manager: VillageArray, t: Technology, projects: Portfolio) -> Prospect:
    """Money built in a hurry goes where its prospect is best, whatever the smallest size."""
    nothing = np.zeros_like(t.minimum)
    ruled_out = np.isinf(t.minimum_extension)
    any_size = dataclasses.replace(
        t, minimum=nothing, minimum_extension=np.where(ruled_out, np.inf, np.zeros_like(t.minimum_extension))
    )
    return prospect(money, manager, any_size, projects)


def wear(
    projects: Portfolio, log_care: VillageArray, t: Technology, uniforms: ProjectArray
) -> tuple[Portfolio, VillageArray, VillageArray, VillageArray, VillageArray]:
    """Depreciation and failure of a quarter: (projects, worn, lost, saved, failures), sums by owner (runs, villages)."""
    worn = projects.capital * (t.depreciation[:, :, None] / 4.0)
    capital, age, quality = projects.capital - worn, projects.age + 1.0, projects.quality
    place, run, kind, owner, _ = standing(projects.capital)
    failed = uniforms[np.unravel_index(place, capital.shape)] < quarterly_failure(
        t.hazard.take(kind), log_care.take(owner)
    )
    failed &= projects.age.take(place) >= t.gestation.take(kind)
    left = capital.take(place)
    ends = np.flatnonzero(failed | (left < SMALLEST_CAPITAL))
    lost, saved, failures = (np.zeros(log_care.shape) for _ in range(3))
    if len(ends):
        owner, failed, left = owner[ends], failed[ends], left[ends]
        back = np.where(failed, left * t.salvage.take(run[ends]), 0.0)
        for sums, parts in ((saved, back), (lost, left - back), (failures, failed.astype(float))):
            np.add.at(sums.ravel(), owner, parts)
        quality = quality.copy()
        for values in (capital, age, quality):
            values.ravel()[place[ends]] = 0.0
    return Portfolio(capital, age, quality), over_projects(worn), lost, saved, failures


def _failure_draws(draws: QuarterDraws, owner: str) -> ProjectArray:
    by_place = draws.uniform(f"{owner}_failure_{KINDS[0]}_0", count=len(KINDS) * SLOTS)
    return by_place.reshape(by_place.shape[0], len(KINDS), SLOTS, by_place.shape[2])


def _quality(draws: QuarterDraws, owner: str, started: VillageArray, sd: RunArray) -> VillageArray:
    """Quality of an owner's next project: drawn by (owner, ordinal), lognormal with mean 1."""
    drawn = draws.normal(f"{owner}_quality_{ORDINALS - 1}")
    for ordinal in range(ORDINALS - 1):
        drawn = np.where(started == ordinal, draws.normal(f"{owner}_quality_{ordinal}"), drawn)
    return np.exp(sd * drawn - 0.5 * sd * sd)


def _joint(state: State, p: Parameters, draws: QuarterDraws) -> tuple[State, Flows]:
    t = state.technology
    at_founder = state.councils.founder & (state.vehicle > 0)
    projects = Portfolio(state.joint_capital, state.joint_age, state.joint_quality)
    earned, expected = quarterly_return(projects, state.joint_log_management, state.market, t)
    projects, worn, lost, saved, failures = wear(projects, state.joint_log_care, t, _failure_draws(draws, "joint"))
    fund = np.minimum(state.vehicle_fund, state.vehicle_cash) * at_founder
    best = prospect(fund, state.joint_log_next, t, projects)
    money = fund * best.worth
    if money.any():
        quality = _quality(draws, "joint", state.joint_started, p.quality_sd)
        projects = place(projects, money, best.kind, quality, slot=best.slot)
    started = money > 0
    state = state.replace(
        joint_capital=projects.capital,
        joint_age=projects.age,
        joint_quality=projects.quality,
        joint_started=state.joint_started + (started & (best.slot == NEW)),
        joint_profit=4.0 * expected,
        joint_operating=state.joint_operating + (earned > 0),
        joint_failure=np.maximum(state.joint_failure, (failures > 0).astype(float)),
        # What a failed project leaves waits for the next one.
        vehicle_fund=state.vehicle_fund - money + saved,
        vehicle_earmarked=np.where(started[:, None, :], 0.0, state.vehicle_earmarked),
        fund_age=np.where(started, 0.0, state.fund_age),
    )
    return state, Flows(
        return_joint=earned,
        invest_joint=money if money.any() else None,
        depreciation_joint=worn,
        write_off_joint=lost if lost.any() else None,
        salvage_joint=saved if saved.any() else None,
    )
