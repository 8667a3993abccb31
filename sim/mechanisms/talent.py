"""Talent 人才: who is there, who leads, what they know how to do.

Once a year, at its end, with w = jobs / labour, jobs = jobs_per_capital x capital at work + jobs in firms:

    leave = logistic(intercept + response x gap),   gap = ln premium - ln(1 + w)
    others back ~ Poisson(return_rate x migrants (1 + w)^opportunity)
    returnees 归雁 back ~ Poisson(returnee_rate (m / 0.6) (1 + w)^opportunity (1 + s)^recruiting)
    partners 合伙人 ~ Poisson(partner_rate);   returnees and partners leave at constant rates
    skilled 鸿雁:   d S = (L - S) [1 - exp(-success x trainees / L)] - loss (S - S_0),   L resident labour
    reserve 青雁:   d R = reserve_share x returnees back + youth_share x newly skilled + recruits - ageing R
    d ln A = learning (1{project} - 1{project at the start}) + skill_learning [g(N) - g(N_0)] 1{project}
             + help received - attrition (ln A - ln A_0),    g(N) = N / (N + half),   N = skilled + returnees + partners
    d pairing gain = help received - attrition x pairing gain

m is the share of labour that is away, s the year's spending on bringing people back, in 万元 a village. Labour is kept:
who leaves is a migrant, who comes back is none any more; partners are from elsewhere and no part of it. Training is
spread over residents at random, so that each further trainee is less likely to be one who had not the skill. At an
election (every few years, second quarter) a head leaves with the turnover probability; leader succession 头雁接任 is in
``sim.succession``, the rules on people in ``sim.people``. Management and care of the village's own manager follow:

    ln M = aH ln H + ln A,    ln care = aH ln H + aO ln A

The world without policy starts in its stationary state by construction: arrivals of returnees and partners start in
balance with departures, A_0 holds the practice and the talent of the start, recruits make up for ageing and for heads
taken from the reserve, heads are centred on selection from the starting reserve (``settled``, ``_recruits``).

Sources: Harris-Todaro migration in logit form and arrivals as Poisson counts from a pool of migrants (form E10), premium
literature:nbs_migrants_2023, returns literature:returnees_stock, literature:wenshang_talent, terms
literature:village_terms_2018; reported counts include the effect of policies there. Learning, attrition and the part of
skills are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import Array, Mask, PayerArray, RunArray, VillageArray, quantity
from sim.groups import part
from sim.people import know_how_change, leaving_share, newly_skilled, pull, talent_effect, yearly_recruits
from sim.state import Quarter, State, over_payers
from sim.streams import QuarterDraws, normal, poisson
from sim.succession import best_judged, candidates, from_reserve, successor_ability

ZH = "人才"
DRAWS: tuple[str, ...] = ()
YEAR_DRAWS = (
    "leader_exit",
    "candidates_standing",
    "best_judged",
    "ability_beyond",
    "successor_origin",
    "selection",
    "returnees_back",
    "others_back",
    "partners_come",
)


AWAY_WHERE_COUNTED = 0.6
"""Share of labour away to which the rate of returnees refers (literature:shandong_migration_2016); a unit, no parameter."""


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
        meaning="standard deviation of ln ability of village heads at the start and of candidates",
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
        meaning="growth of know-how while a village that had no project at the start runs one, alone or jointly",
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
        meaning="share of migrants who come back each year, founders and office holders apart",
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
    candidate_noise: RunArray = quantity(
        0.3,
        unit="sd of ln",
        bounds=(0, 2),
        prior=(0, 0.6),
        source="assumption",
        zh="接任人选评判误差",
        meaning="standard error in judging ln ability of a candidate for village head",
    )
    reserve_start: RunArray = quantity(
        2,
        unit="person",
        bounds=(0, 20),
        prior=(0, 6),
        source="places:tianqiao.input.reserve_talents; places:wenshang.input.reserve_talents; assumption",
        zh="初始后备人才",
        meaning="reserve youth of a village at the start; places report 4 and 5.3 a village with their policies at work",
    )
    reserve_ageing: RunArray = quantity(
        0.1,
        unit="1/year",
        bounds=(0, 1),
        prior=(0.05, 0.2),
        source="assumption",
        zh="后备人才退出率",
        meaning="rate at which reserve youth grow too old or turn to something else",
    )
    returnee_rate: RunArray = quantity(
        0.14,
        unit="person/village/year",
        bounds=(0, 5),
        prior=(0.05, 0.4),
        source="places:wenshang.input.returnees; literature:wenshang_talent; literature:returnees_stock",
        zh="归雁返乡率",
        meaning="founders and office holders who come back, where six tenths of labour are away and there are no jobs at home",
    )
    returnee_attrition: RunArray = quantity(
        0.08,
        unit="1/year",
        bounds=(0.01, 1),
        prior=(0.05, 0.1),
        source="assumption",
        zh="归雁流失率",
        meaning="rate at which founders and office holders who came back leave again",
    )
    reserve_share: RunArray = quantity(
        0.3,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.6),
        source="assumption",
        zh="归雁任职意愿",
        meaning="share of the founders and office holders coming back who join the reserve of possible heads",
    )
    opportunity: RunArray = quantity(
        1,
        unit="exponent",
        bounds=(0, 5),
        prior=(0, 3),
        source="assumption",
        zh="就业机会弹性",
        meaning="elasticity of returns with respect to 1 + jobs at home per worker",
    )
    recruiting: RunArray = quantity(
        0.3,
        unit="exponent",
        bounds=(0, 2),
        prior=(0, 1),
        source="assumption",
        zh="引才支出弹性",
        meaning="elasticity of returns of founders and office holders with respect to 1 + yearly spending on it in 万元",
    )
    partner_rate: RunArray = quantity(
        0.058,
        unit="person/village/year",
        bounds=(0, 5),
        prior=(0.01, 0.2),
        source="places:wenshang.input.partners",
        zh="合伙人引进率",
        meaning="partners from outside who come to a village",
    )
    partner_attrition: RunArray = quantity(
        0.1,
        unit="1/year",
        bounds=(0.01, 1),
        prior=(0.05, 0.3),
        source="assumption",
        zh="合伙人流失率",
        meaning="rate at which partners leave",
    )
    skilled_start: RunArray = quantity(
        5,
        unit="person",
        bounds=(0, 100),
        prior=(1, 20),
        source="assumption",
        zh="初始技能人才",
        meaning="skilled people of a village at the start, and without training",
    )
    skilled_loss: RunArray = quantity(
        0.1,
        unit="1/year",
        bounds=(0, 1),
        prior=(0.05, 0.25),
        source="assumption",
        zh="技能消退率",
        meaning="rate at which skills beyond those of the start are forgotten or leave",
    )
    training_success: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0, 1),
        prior=(0.1, 0.8),
        source="assumption",
        zh="培训成效率",
        meaning="share of trainees who come out skilled where nobody is yet",
    )
    youth_share: RunArray = quantity(
        0.05,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.2),
        source="assumption",
        zh="学员中青年后备比例",
        meaning="share of the newly skilled who join the reserve of possible heads",
    )
    training_cost: RunArray = quantity(
        0.1,
        unit="万元/person",
        bounds=(0, 10),
        prior=(0.03, 0.4),
        source="assumption",
        zh="人均培训费用",
        meaning="cost of a trainee's course, teachers and organisers included",
    )
    skill_learning: RunArray = quantity(
        0.01,
        unit="1/year",
        bounds=(0, 0.2),
        prior=(0, 0.03),
        source="assumption",
        zh="人才助学速度",
        meaning="growth of know-how in a village with a project if talent went from none to without limit",
    )
    skill_half: RunArray = quantity(
        10,
        unit="person",
        bounds=(0.1, 1000),
        prior=(3, 30),
        source="assumption",
        zh="人才半效人数",
        meaning="skilled people, returnees and partners who bring half of what they can bring",
    )
    staff_time: RunArray = quantity(
        0.5,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0.1, 2),
        source="assumption",
        zh="引才工作时间价值",
        meaning="priced staff time of keeping in touch with migrants of a village and bringing them back",
    )
    # set by the policies, (runs, payers, villages)
    trainees: PayerArray | None = None
    spending: PayerArray | None = None
    staff: PayerArray | None = None


@dataclass(frozen=True)
class Flows:
    training: PayerArray | None = flow(
        "payers", "outside", kind="training", zh="培训费用", meaning="courses bought from those who teach"
    )
    talent_return: PayerArray | None = flow(
        "payers", "household", kind="talent_return", zh="返乡扶持", meaning="start-up help for those who come back"
    )
    staff: PayerArray | None = flow(
        "payers", "staff", kind="talent_return", zh="引才工作费用", meaning="priced staff time of bringing people back"
    )


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Elections in the second quarter, people and know-how at the end of the year; policies pay each quarter."""
    state, flows = _pay(state, parameters)
    if quarter.season == 1:
        state = _elect(state, parameters, draws, quarter)
    if quarter.closes_year:
        state = _learn(_train(_migrate(state, parameters, draws), parameters), parameters)
    return state, flows


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


def settled(state: State, p: Parameters) -> State:
    """The state with its stocks of talent as they would be had people come and gone for long without policy."""
    here = np.ones_like(state.population)
    jobs = _jobs(state, p) / np.maximum(state.resident_labour + state.migrant_labour, 1.0)
    back = _expected_founders(state, p, pull(jobs, p.opportunity))
    state = state.replace(
        skilled=np.minimum(p.skilled_start, state.resident_labour),
        reserve=p.reserve_start * here,
        returnees=np.minimum(back / p.returnee_attrition, state.resident_labour),
        partners=p.partner_rate / p.partner_attrition * here,
        practice_start=_runs_a_project(state),
    )
    return managed(state.replace(talent_start=state.talented), p)


def _pay(state: State, p: Parameters) -> tuple[State, Flows]:
    """A quarter of what the policies pay, and the memory of it until people move at the year's end."""
    if p.trainees is None and p.spending is None:
        return state, Flows()
    courses = cost = help_ = None
    if p.trainees is not None:
        courses = p.trainees / 4.0
        cost = courses * p.training_cost[:, None, :]
        state = state.replace(trained=state.trained + over_payers(courses))
    if p.spending is not None:
        help_ = p.spending / 4.0
        state = state.replace(recruiting_spent=state.recruiting_spent + over_payers(help_))
    return state, Flows(training=cost, talent_return=help_, staff=p.staff)


def _elect(state: State, p: Parameters, draws: QuarterDraws, quarter: Quarter) -> State:
    held = is_election(p, quarter)
    if not held.any():
        return state
    leaves = draws.uniform("leader_exit") < p.leader_turnover * held
    elected = np.broadcast_to(held > 0, leaves.shape)
    state = _succeed(state, p, draws, leaves)
    return managed(
        state.replace(
            leader_left=np.maximum(state.leader_left, leaves.astype(float)),
            selection_noise=np.where(elected, draws.normal("selection"), state.selection_noise),
            # A council chooses its manager anew after an election.
            manager=np.where(elected, -1, state.manager),
        ),
        p,
    )


def _succeed(state: State, p: Parameters, draws: QuarterDraws, leaves: Mask) -> State:
    """Leader succession where a head leaves; a new head from the reserve is no longer in it."""
    where = np.nonzero(leaves)

    def there(values: VillageArray) -> Array:
        return np.broadcast_to(values, leaves.shape)[where]

    standing = candidates(state.reserve[where], draws.uniform("candidates_standing")[where])
    log_ability = successor_ability(
        best_judged(draws.uniform("best_judged")[where], standing),
        normal(draws.uniform("ability_beyond")[where]),
        there(p.leader_sd),
        there(p.candidate_noise),
        there(p.reserve_start),
    )
    called = from_reserve(draws.uniform("successor_origin")[where], standing)
    ability, reserve = state.leader_ability.copy(), state.reserve.copy()
    ability[where] = np.exp(log_ability)
    reserve[where] = np.maximum(reserve[where] - called, 0.0)
    return state.replace(leader_ability=ability, reserve=reserve)


def _capital_at_work(state: State) -> VillageArray:
    """Capital of own projects and the village's share of the joint ones, 万元: both give jobs and practice."""
    if not state.vehicle.any():
        return state.project_assets
    return state.project_assets + state.councils.of(state.joint_assets) * state.dividend_share


def _runs_a_project(state: State) -> VillageArray:
    return (_capital_at_work(state) > 0).astype(float)


def _jobs(state: State, p: Parameters) -> VillageArray:
    jobs: VillageArray = p.jobs_per_capital * _capital_at_work(state) + state.firm_jobs
    return jobs


def _migrate(state: State, p: Parameters, draws: QuarterDraws) -> State:
    """Who leaves and who comes back; nobody comes back who is not away."""
    resident, migrant, returnees = state.resident_labour, state.migrant_labour, state.returnees
    labour, jobs = resident + migrant, _jobs(state, p)
    per_worker = jobs / np.maximum(labour, 1.0)
    leave = leaving_share(np.log(p.wage_premium) - np.log1p(per_worker), p.leave_intercept, p.wage_response)
    # Founders and office holders who came back leave at a rate of their own, not for the wage gap.
    left_again = p.returnee_attrition * returnees
    drawn_back = pull(per_worker, p.opportunity)
    expected = _expected_founders(state, p, drawn_back)
    founders = np.minimum(poisson(expected, draws.uniform("returnees_back")), migrant)
    others = poisson(p.return_rate * migrant * drawn_back, draws.uniform("others_back"))
    back = founders + np.minimum(others, migrant - founders)
    moved = leave * (resident - returnees) + left_again - back
    return state.replace(
        jobs=jobs,
        resident_labour=resident - moved,
        migrant_labour=migrant + moved,
        returnees=returnees - left_again + founders,
        partners=state.partners * (1.0 - p.partner_attrition) + poisson(p.partner_rate, draws.uniform("partners_come")),
        reserve=state.reserve * (1.0 - p.reserve_ageing) + _recruits(p) + p.reserve_share * founders,
        recruiting_spent=np.zeros_like(state.recruiting_spent),
    )


def _expected_founders(state: State, p: Parameters, drawn_back: VillageArray) -> VillageArray:
    """Founders and office holders who may be expected back in a year, in proportion to the labour that is away."""
    away = part(state.migrant_labour, state.resident_labour + state.migrant_labour)
    expected: VillageArray = p.returnee_rate * (away / AWAY_WHERE_COUNTED) * drawn_back
    if state.recruiting_spent.any():
        expected = expected * pull(state.recruiting_spent, p.recruiting)
    return expected


def _recruits(p: Parameters) -> RunArray:
    elections = p.leader_turnover / p.election_every
    return yearly_recruits(p.reserve_start, p.reserve_ageing, elections, p.reserve_share * p.returnee_rate)


def _train(state: State, p: Parameters) -> State:
    """Skills fade to those of the start; the year's trainees add to them and, the young ones, to the reserve."""
    residents = state.resident_labour
    skilled = np.minimum(state.skilled, residents)
    kept = skilled - p.skilled_loss * (skilled - np.minimum(p.skilled_start, residents))
    if not state.trained.any():
        return state.replace(skilled=kept)
    gained = newly_skilled(state.trained, kept, residents, p.training_success)
    return state.replace(
        skilled=kept + gained,
        reserve=state.reserve + p.youth_share * gained,
        trained=np.zeros_like(state.trained),
    )


def _learn(state: State, p: Parameters) -> State:
    active = _runs_a_project(state)
    beyond = talent_effect(state.talented, p.skill_half) - talent_effect(state.talent_start, p.skill_half)
    excess = np.log(state.know_how / state.know_how_start)
    learned = p.learning * (active - state.practice_start) + p.skill_learning * beyond * active
    change = know_how_change(excess, p.attrition, learned, state.help_received)
    return managed(
        state.replace(
            know_how=state.know_how * np.exp(change),
            # ln A is linear: this is what it would fall short of itself had nobody helped.
            pairing_gain=state.pairing_gain + state.help_received - p.attrition * state.pairing_gain,
            help_received=np.zeros_like(state.help_received),
        ),
        p,
    )
