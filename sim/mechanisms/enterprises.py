"""Enterprises 企业: firms come to villages, pay fees, wages and local tax, and leave; the town builds its park.

    arrivals_i ~ Poisson(lambda (park / park_0)^a (1 + b e_i) ((1 + S_i) / (1 + S_i0))^t)         a year, a < 1
    park' = (1 - delta) park + G,   G = park share x max(base + tax_-1 - policy outlay_-1, 0) + industrial park policy
    park_0 = park share x (base + n lambda tax / (1 - exp(-exit))) / delta
    ln size ~ N(-sd^2 / 2, sd^2),   a firm leaves once exit x years exceed its life, a unit exponential drawn at arrival
    jobs_i = min(jobs of the town's firms / labour of the town, 1) x resident labour_i

e is the village's effort to attract firms (tax_sharing.py), S its skilled people, returnees and partners (S_0 theirs at
the start), n the villages of the town, tax_-1 and outlay_-1 those of last year. park_0 is where the park settles with
the expected tax and no policy, so that without policy lambda is the rate on average. a >= 1 would explode: tax builds
the park and the park draws firms, so a is bounded below one. Where the town spends nothing on its park (park share 0)
there is no park to speak of and its factor is 1.

Once a year, in the first quarter, firms leave and arrive; in the last one those present pay a management or land fee to
their host, wages to residents of any village of the town (who commute) and the local retained part of tax to the town.
The k-th arrival of a village's year has the k-th draws in every arm, whatever place of the arrays it sits in. Firms are
there from the first day, drawn from the stationary state. Of every firm's tax the displaced share is what other
counties lose: they make it good to the enterprise account, so its net payment is what is new.

Departures: arrivals are counted by village, so that a large town is not emptier than a small one, and the park is a
stock, because facilities outlast the money (delta 1 is the flow of the starting equations): decision 0009. A merged
village's arrivals and firms go on where it was merged into. The town's base revenue, tax and park run in every arm; its
other ordinary spending is not modelled, so its balance merely runs. Jobs in excess of labour go to outsiders and pay
nothing to the villages' households.

Sources: local governments that keep revenue court firms (literature:oi_1992, literature:qian_weingast_1997,
literature:jin_qian_weingast_2005); jobs of a workshop (literature:workshops_zhejiang), wages near home
(literature:nbs_migrants_2023); starting values literature:core_equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import Array, Index, PayerArray, RunArray, VillageArray, quantity
from sim.groups import hosted, part
from sim.state import Quarter, State, over_payers
from sim.streams import QuarterDraws, normal

ZH = "企业"
ARRIVALS, START = 4, 8
"""Most arrivals of a village in a year, and most firms of a village at the start; what is beyond is turned away."""
DRAWS: tuple[str, ...] = ()
YEAR_DRAWS = ("arrivals", *(f"{name}_{k}" for name in ("size", "life") for k in range(ARRIVALS)))
FIXED_DRAWS = (
    "start_firms",
    *(f"start_{name}_{k}" for name in ("size", "life", "age") for k in range(START)),
)


@dataclass(frozen=True)
class Parameters:
    arrivals: RunArray = quantity(
        0.037,
        unit="firm/village/year",
        bounds=(0, 0.5),
        prior=(0.01, 0.11),
        source="literature:core_equations; assumption",
        zh="企业落地率",
        meaning="firms that come to a village a year without policy, one a year to a town of 27 villages",
    )
    park_elasticity: RunArray = quantity(
        0.5,
        unit="exponent",
        bounds=(0, 0.95),
        prior=(0.2, 0.9),
        source="assumption",
        zh="园区弹性",
        meaning="elasticity of arrivals with respect to park facilities; at one and above growth would feed itself",
    )
    effort_response: RunArray = quantity(
        1,
        unit="1",
        bounds=(0, 10),
        prior=(0.1, 4),
        source="assumption",
        zh="招商力度效果",
        meaning="relative rise of a village's arrivals for a unit of effort",
    )
    talent_elasticity: RunArray = quantity(
        0.1,
        unit="exponent",
        bounds=(0, 1),
        prior=(0, 0.5),
        source="assumption",
        zh="人才弹性",
        meaning="elasticity of arrivals with respect to one plus skilled people, returnees and partners",
    )
    exit: RunArray = quantity(
        0.05,
        unit="1/year",
        bounds=(0.01, 1),
        prior=(0.02, 0.1),
        source="assumption",
        zh="企业退出率",
        meaning="hazard with which a firm leaves",
    )
    size_sd: RunArray = quantity(
        0.5,
        unit="sd of ln",
        bounds=(0, 2),
        prior=(0, 1.2),
        source="assumption",
        zh="企业规模离散度",
        meaning="standard deviation of the log size of firms, whose mean size is 1",
    )
    fee: RunArray = quantity(
        0.5,
        unit="万元/firm/year",
        bounds=(0, 50),
        prior=(0, 3),
        source="places:tianqiao.input.tax_sharing; assumption",
        zh="园区管理费",
        meaning="management or land fee that a firm of size 1 pays to its host village",
    )
    jobs_per_firm: RunArray = quantity(
        60,
        unit="person/firm",
        bounds=(0, 1000),
        prior=(20, 100),
        source="literature:workshops_zhejiang; assumption",
        zh="企业用工",
        meaning="jobs in a firm of size 1",
    )
    wage: RunArray = quantity(
        4.96,
        unit="万元/person/year",
        bounds=(0, 50),
        prior=(3, 6),
        source="literature:nbs_migrants_2023",
        zh="本地工资",
        meaning="wage of a job at home, 4,131 yuan a month",
    )
    tax_per_firm: RunArray = quantity(
        15,
        unit="万元/firm/year",
        bounds=(0, 1000),
        prior=(10, 100),
        source="literature:core_equations; assumption",
        zh="企业地方留成税收",
        meaning="local retained part of the tax of a firm of size 1",
    )
    displaced_share: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="外地转移比例",
        meaning="share of firms' tax that would have been paid in another county",
    )
    base_fiscal: RunArray = quantity(
        1000,
        unit="万元/town/year",
        bounds=(0, 100000),
        prior=(200, 5000),
        source="assumption",
        zh="乡镇基本财力",
        meaning="revenue of a town besides its firms' tax",
    )
    park_share: RunArray = quantity(
        0.1,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.4),
        source="assumption",
        zh="园区支出比例",
        meaning="share of a town's revenue, less what policies took from it last year, that is spent on its park",
    )
    park_depreciation: RunArray = quantity(
        0.1,
        unit="share/year",
        bounds=(0.01, 1),
        prior=(0.03, 1),
        source="assumption",
        zh="园区折旧率",
        meaning="wear of park facilities; 1 makes the park a flow of one year's spending",
    )
    # set by the policy industrial_park: money axis (runs, payers, villages), 万元 of the quarter
    park_grant: PayerArray | None = None


@dataclass(frozen=True)
class Flows:
    fiscal_base: VillageArray | None = flow(
        "outside", "town.treasury", kind="fiscal_base", zh="乡镇基本财力", meaning="the town's other revenue"
    )
    park: VillageArray | None = flow(
        "town.treasury", "outside", kind="park", zh="园区建设支出", meaning="the town's own spending on its park"
    )
    industrial_park: PayerArray | None = flow(
        "payers", "outside", kind="industrial_park", zh="产业园区投入", meaning="policy spending on parks"
    )
    fee: VillageArray | None = flow(
        "enterprise",
        "village.own_cash",
        kind="enterprise_fee",
        income="operating",
        zh="园区管理费",
        meaning="management and land fees of the firms hosted",
    )
    wages: VillageArray | None = flow(
        "enterprise", "household", kind="wages", zh="企业工资", meaning="wages of residents who work in firms"
    )
    local_tax: VillageArray | None = flow(
        "enterprise", "town.treasury", kind="local_tax", zh="地方留成税收", meaning="local retained part of tax"
    )
    displacement: VillageArray | None = flow(
        "other_counties",
        "enterprise",
        kind="displacement",
        zh="外地税收损失",
        meaning="tax that other counties lose because the firm is here",
    )
    asked: PayerArray | None = None
    """What the policy's budget asked for, 万元; a memo, not a flow."""


# ---- the rules, on plain arrays ----


def counts(uniform: Array, mean: Array, most: int) -> tuple[Index, Array]:
    """(Poisson count by inverse distribution function up to ``most``, 1 where the draw asks for more)."""
    term = np.exp(-mean)
    cumulative, count = term, np.zeros(uniform.shape, dtype=np.int64)
    for k in range(most):
        count = count + (uniform >= cumulative)
        term = term * mean / (k + 1.0)
        cumulative = cumulative + term
    return count, (uniform >= cumulative).astype(float)


def sizes(uniform: Array, sd: Array) -> Array:
    """Lognormal sizes of mean 1."""
    drawn: Array = np.exp(sd * normal(uniform) - sd * sd / 2.0)
    return drawn


def lives(uniform: Array) -> Array:
    """Unit exponentials, from uniforms in [0, 1)."""
    drawn: Array = -np.log1p(-uniform)
    return drawn


def talent_factor(now: VillageArray, start: VillageArray, elasticity: RunArray) -> VillageArray:
    """Factor of arrivals for talented people, 1 while they are as many as at the start."""
    factor: VillageArray = np.power((1.0 + now) / (1.0 + start), elasticity)
    return factor


def park_spending(base: Array, local_tax: Array, outlay: Array, share: Array) -> Array:
    """What towns spend on their parks in a year, 万元: a share of what policies left of last year's revenue."""
    return share * np.maximum(base + local_tax - outlay, 0.0)


def settled_park(villages: Array, p: Parameters) -> Array:
    """park_0 of towns of so many villages, 万元."""
    expected_tax = villages * p.arrivals * p.tax_per_firm / -np.expm1(-p.exit)
    return park_spending(p.base_fiscal, expected_tax, np.zeros_like(villages), p.park_share) / p.park_depreciation


def park_factor(park: Array, settled: Array, elasticity: Array) -> Array:
    """Factor of arrivals for the park, 1 at its settled size and where there is no park at all."""
    has_park = settled > 0
    ratio = np.where(has_park, park, 1.0) / np.where(has_park, settled, 1.0)
    return np.power(ratio, elasticity)


def filled(jobs: VillageArray, labour: VillageArray) -> VillageArray:
    """Share of resident labour that works in firms, from the jobs and the labour of the town."""
    return part(np.minimum(jobs, labour), labour)


# ---- wiring ----


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """The town builds and firms move as a year opens; firms pay as it closes."""
    p = parameters
    flows: dict[str, Array] = {}
    if quarter.index == 0:
        state = _settle(state, p, draws)
    if quarter.opens_year:
        state, flows = _build(state, p)
    if p.park_grant is not None and p.park_grant.any():
        state = state.replace(park_capital=state.park_capital + state.towns.total(over_payers(p.park_grant)))
        flows |= dict(industrial_park=p.park_grant, asked=p.park_grant)
    if quarter.opens_year:
        state = _arrive(_leave(state, p), p, draws, quarter)
    if quarter.closes_year:
        state, flows = _pay(state, p, flows)
    return state, Flows(**flows)


def _settle(state: State, p: Parameters, draws: QuarterDraws) -> State:
    """The first day: firms of the stationary state, the park where it settles, last year's tax of these firms."""
    shape = (state.runs, state.villages)
    # The number of firms after a year's arrivals: those that leave and arrive in the first year come on top.
    mean = np.broadcast_to(p.arrivals / -np.expm1(-p.exit), shape)
    position, k, beyond = _drawn(draws.uniform("start_firms"), mean, START)
    run, village = position // state.villages, position % state.villages
    settled = np.where(state.towns.founder, settled_park(state.towns.size, p), 0.0)
    size, life, age = (
        draws.uniform(f"start_{name}_0", count=START)[run, k, village] for name in ("size", "life", "age")
    )
    since = -1.0 - np.floor(lives(age) / p.exit[run, 0])
    state = _place(
        state.replace(
            firms_turned_away=beyond,
            park_capital=settled,
            park_settled=settled,
        ),
        (run, village),
        sizes(size, p.size_sd[run, 0]),
        lives(life),
        since,
    )
    return state.replace(local_tax=p.tax_per_firm * hosted(state.firm_size, state.firm_village, state.villages))


def _build(state: State, p: Parameters) -> tuple[State, dict[str, Array]]:
    """The town's revenue, and the year's wear of and own spending on its park."""
    towns = state.towns
    base = np.where(towns.founder, p.base_fiscal, 0.0)
    spent = park_spending(base, towns.total(state.local_tax), towns.total(state.town_outlay_last_year), p.park_share)
    park = (1.0 - p.park_depreciation) * state.park_capital + spent
    return state.replace(park_capital=park), dict(fiscal_base=base, park=spent)


def _leave(state: State, p: Parameters) -> State:
    """Use up a year of every firm's life; firms of a merged village go on where it was merged into."""
    life = np.maximum(state.firm_life - p.exit, 0.0)
    stays = life > 0
    host = state.firm_village
    if not state.exists.all():
        host = np.where(host < 0, host, np.take_along_axis(_home(state), np.maximum(host, 0), axis=1))
    return state.replace(
        firm_life=life, firm_village=np.where(stays, host, -1), firm_size=np.where(stays, state.firm_size, 0.0)
    )


def _home(state: State) -> Index:
    """Index of each village, or of the one that it was merged into."""
    own = np.broadcast_to(np.arange(state.villages), state.exists.shape)
    return np.where(state.exists, own, np.maximum(state.merged_into, 0))


def _arrive(state: State, p: Parameters, draws: QuarterDraws, quarter: Quarter) -> State:
    """Firms that come this year, and what a unit of effort would have added to the town's tax a year."""
    run, town = np.nonzero(state.towns.founder)
    factor = np.zeros((state.runs, state.villages))
    factor[run, town] = park_factor(
        state.park_capital[run, town], state.park_settled[run, town], p.park_elasticity[run, 0]
    )
    rate = p.arrivals * state.towns.of(factor)
    talented = state.talented
    if not np.array_equal(talented, state.talent_start):
        rate = rate * talent_factor(talented, state.talent_start, p.talent_elasticity)
    mean = rate * (1.0 + p.effort_response * state.attraction_effort)
    position, k, beyond = _drawn(draws.uniform("arrivals"), mean, ARRIVALS)
    run, village = position // state.villages, position % state.villages
    size, life = (draws.uniform(f"{name}_0", count=ARRIVALS)[run, k, village] for name in ("size", "life"))
    return _place(
        state.replace(firms_turned_away=beyond, attraction_yield=rate * p.effort_response * p.tax_per_firm),
        (run, village if state.exists.all() else _home(state)[run, village]),
        sizes(size, p.size_sd[run, 0]),
        lives(life),
        np.full(len(run), float(quarter.passed)),
    )


def _drawn(uniform: Array, mean: Array, most: int) -> tuple[Index, Index, VillageArray]:
    """(flat position of the village, k) of every firm drawn, by run and village, and the draws that asked for more."""
    beyond = np.zeros(uniform.shape)
    busy = np.flatnonzero(uniform >= np.exp(-mean))  # few villages get a firm in a year
    count, more = counts(uniform.ravel()[busy], mean.ravel()[busy], most)
    beyond.ravel()[busy] = more
    first = np.repeat(np.cumsum(count) - count, count)
    return np.repeat(busy, count), np.arange(len(first)) - first, beyond


def _place(state: State, where: tuple[Index, Index], size: Array, life: Array, since: Array) -> State:
    """Put firms, ordered by run, into the free places of their run; those that find none are turned away."""
    run, village = where
    if len(run) == 0:
        return state
    is_free = state.firm_village < 0
    free, wanted = is_free.sum(axis=1), np.bincount(run, minlength=state.runs)
    rank = np.arange(len(run)) - (np.cumsum(wanted) - wanted)[run]
    fits = rank < free[run]
    at = np.flatnonzero(is_free)[((np.cumsum(free) - free)[run] + rank)[fits]]
    new = {}
    for name, values in (("village", village), ("size", size), ("life", life), ("since", since)):
        new[f"firm_{name}"] = getattr(state, f"firm_{name}").copy()
        new[f"firm_{name}"].ravel()[at] = values[fits]
    if fits.all():
        return state.replace(**new)
    lost = np.bincount((run * state.villages + village)[~fits], minlength=state.runs * state.villages)
    return state.replace(**new, firms_turned_away=state.firms_turned_away + lost.reshape(state.runs, state.villages))


def _pay(state: State, p: Parameters, flows: dict[str, Array]) -> tuple[State, dict[str, Array]]:
    """Fees, wages, local tax of the firms present, and the part of it that other counties lose."""
    size = hosted(state.firm_size, state.firm_village, state.villages)
    tax = p.tax_per_firm * size
    jobs, labour = state.towns.total(p.jobs_per_firm * size), state.towns.total(state.resident_labour)
    firm_jobs = state.towns.of(filled(jobs, labour)) * state.resident_labour
    # Jobs in projects are counted after this, at year end: those of a year ago stand for the year.
    project_jobs = np.maximum(state.jobs - state.firm_jobs, 0.0)
    paid = dict(fee=p.fee * size, wages=p.wage * firm_jobs, local_tax=tax, displacement=p.displaced_share * tax)
    return (
        state.replace(local_tax=tax, firm_jobs=firm_jobs, household_wages=p.wage * (firm_jobs + project_jobs)),
        flows | paid,
    )
