"""Talent 人才: heads, know-how, people who come and go, courses; the rules by hand are in test_people, test_succession."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from sim.mechanisms import talent
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer


@pytest.mark.parametrize(
    ("index", "held"), [(1, 0), (4, 0), (5, 1), (6, 0), (7, 0), (9, 0), (25, 1), (24, 0), (29, 0), (45, 1)]
)
def test_elections_are_in_the_second_quarter_of_years_two_seven_twelve(index, held):
    # every five years: quarters 4 + 1 = 5, 24 + 1 = 25, 44 + 1 = 45
    quarter = Quarter(index, 2010 + index // 4, index % 4)
    assert talent.is_election(small.given(talent, election_every=5), quarter).tolist() == [[held]]


def test_election_terms_differ_between_runs():
    p = small.given(talent, 2, election_every=np.array([[3.0], [5.0]]))
    # year index 4: 4 - 1 = 3 is a multiple of 3, not of 5
    assert talent.is_election(p, Quarter(17, 2014, 1)).tolist() == [[1], [0]]


def test_management_and_care_by_hand():
    state = small.village_state(leader_ability=array(np.e, 1), know_how=array(1, np.e**2))
    after = talent.managed(state, small.given(talent, ability_exponent=0.7, care_exponent=0.5))
    # ln M: 0.7 x 1 + 0 = 0.7;   0 + 2 = 2.     ln care: 0.7 x 1 + 0.5 x 0;   0.5 x 2 = 1
    assert after.log_management == pytest.approx(array(0.7, 2))
    assert after.log_care == pytest.approx(array(0.7, 1))


ELECTION = Quarter(5, 2011, 1)
NO_SELECTION = dict(leader_sd=0.25, candidate_noise=0, reserve_start=0)
"""With a pool that was empty at the start and no error of judgement ln H is 0.25 times the best judged."""


def test_step_holds_an_election():
    state = small.village_state(
        leader_ability=array(2, 2),
        know_how=array(1, np.e),
        leader_left=array(0, 1),
        manager=np.array([[1, 1]]),
        selection_noise=array(9, 9),
        reserve=array(0, 0),
    )
    drawn = small.Draws(
        uniforms={"leader_exit": array(0.1, 0.9), "best_judged": array(*[ndtr(4.0)] * 2)},
        normals={"selection": array(-1, 2)},
    )
    p = small.given(talent, leader_turnover=0.35, ability_exponent=0.7, election_every=5, **NO_SELECTION)
    after, flows = talent.step(state, p, drawn, ELECTION)
    # the first head leaves: exp(0.25 x 4) = e; ln M = 0.7 x 1 + 0; the second stays: ln M = 0.7 ln 2 + 1
    assert after.leader_ability == pytest.approx(array(np.e, 2))
    assert after.log_management == pytest.approx(array(0.7, 0.7 * 0.6931471805599453 + 1))
    assert after.leader_left.tolist() == [[1, 1]]
    assert after.manager.tolist() == [[-1, -1]]
    assert after.selection_noise.tolist() == [[-1, 2]]
    assert after.reserve.tolist() == [[0, 0]]
    assert set(vars(flows).values()) == {None}


def test_turnover_is_met_exactly():
    # draws 0.34 and 0.35 against a turnover of 0.35: the first leaves
    drawn = small.Draws(uniforms={"leader_exit": array(0.34, 0.35)})
    after = talent.step(small.village_state(), small.given(talent, leader_turnover=0.35), drawn, ELECTION)[0]
    assert after.leader_left.tolist() == [[1, 0]]
    nobody = talent.step(small.village_state(), small.given(talent, leader_turnover=0), drawn, ELECTION)[0]
    assert nobody.leader_left.tolist() == [[0, 0]]


def test_a_successor_from_the_reserve_leaves_it():
    # two stand beside the one at large: below 2/3 the reserve is chosen;   half a person stands where 0.5 + 0.5 = 1
    drawn = small.Draws(
        villages=4,
        uniforms={
            "leader_exit": array(0, 0, 0, 0.9),
            "candidates_standing": array(0, 0, 0.5, 0),
            "successor_origin": array(0.66, 0.67, 0.4, 0),
        },
    )
    state = small.village_state(council=(0, 0, 2, 2), reserve=array(2, 2, 0.5, 2))
    after = talent.step(state, small.given(talent, leader_turnover=0.5), drawn, ELECTION)[0]
    assert after.reserve.tolist() == [[1, 2, 0, 2]]


def test_a_larger_pool_has_abler_successors():
    drawn = small.Draws(uniforms={"leader_exit": array(0, 0), "candidates_standing": array(0, 0)})
    after = talent.step(small.village_state(reserve=array(2, 3)), small.given(talent), drawn, ELECTION)[0]
    # medians of the best judged of 3 and 4: their z for rho 0.25 / sqrt(0.25^2 + 0.3^2), less the 0.8463 expected of 3
    rho = 0.25 / np.hypot(0.25, 0.3)
    three, four = (0.25 * rho * (ndtri(0.5 ** (1 / k)) - 0.8462843753216345) for k in (3, 4))
    assert np.log(after.leader_ability) == pytest.approx(array(three, four))
    assert four > three


def test_step_without_an_election_changes_nothing():
    state = small.village_state()
    for index in (0, 1, 2, 4, 6, 9):
        assert talent.step(state, small.given(talent), small.Draws(), Quarter(index, 2010, index % 4))[0] is state


def test_a_batch_elects_only_where_an_election_is_due():
    both = small.village_state()
    state = both.replace(**{
        name: np.concatenate([value, value])
        for name, value in vars(both).items()
        if isinstance(value, np.ndarray)
    }).replace(manager=np.array([[1, 1], [1, 1]]), selection_noise=np.full((2, 2), 9.0))  # fmt: skip
    turnover = dict(election_every=np.array([[3.0], [5.0]]), leader_turnover=1)
    p = small.given(talent, 2, **turnover, leader_sd=0.25, candidate_noise=0, reserve_start=0)
    uniforms = {"leader_exit": 0.2, "best_judged": ndtr(4.0), "candidates_standing": 0, "successor_origin": 0.9}
    drawn = small.Draws(
        normals={"selection": np.zeros((2, 2))},
        uniforms={name: np.full((2, 2), value) for name, value in (uniforms | {"ability_beyond": 0.5}).items()},
    )
    after = talent.step(state.replace(reserve=np.zeros((2, 2))), p, drawn, Quarter(17, 2014, 1))[0]
    assert after.manager.tolist() == [[-1, -1], [1, 1]]
    assert after.selection_noise.tolist() == [[0, 0], [9, 9]]
    assert after.leader_left.tolist() == [[1, 1], [0, 0]]
    assert after.leader_ability == pytest.approx(np.array([[np.e, np.e], [1, 1]]))


YEAR_END = Quarter(3, 2010, 3)
NOBODY = dict(returnees_back=array(0, 0), others_back=array(0, 0), partners_come=array(0, 0))
"""Draws at which no count is above zero."""
PLAIN = dict(
    learning=0.02, attrition=0.1, skill_learning=0, ability_exponent=0.7, care_exponent=0.5, leave_intercept=-2,
    wage_response=2, wage_premium=float(np.e), return_rate=0.05, jobs_per_capital=0.5, opportunity=0, returnee_rate=0.5,
)  # fmt: skip


def year_end(uniforms=None, p=None, **changes):
    """The state after the last quarter of a year; nobody has come back before, and nobody comes unless drawn."""
    state = small.village_state(**(dict(returnees=array(0, 0)) | changes))
    drawn = small.Draws(uniforms=NOBODY | (uniforms or {}), villages=state.villages)
    return talent.step(state, small.given(talent, **(PLAIN | (p or {}))), drawn, YEAR_END)[0]


def test_step_moves_people_at_the_end_of_the_year():
    after = year_end(resident_labour=array(400, 100), migrant_labour=array(100, 0))
    # gap ln e - ln 1 = 1;   log odds -2 + 2 x 1 = 0: one half leaves: 400 - 200, 100 + 200;   100 - 50
    assert after.resident_labour == pytest.approx(array(200, 50))
    assert after.migrant_labour == pytest.approx(array(300, 50))


def test_migrants_come_back_as_whole_persons():
    people = dict(resident_labour=array(400, 400), migrant_labour=array(100, 100))
    # mean 0.05 x 100 = 5: P(N <= 4) = 0.4404932850652124, P(N <= 5) = 0.6159606548330632
    after = year_end(dict(others_back=array(0.44, 0.45)), **people)
    assert after.resident_labour == pytest.approx(array(204, 205))
    assert after.migrant_labour == pytest.approx(array(296, 295))
    assert after.returnees.tolist() == [[0, 0]]
    # twice as many jobs a worker as would double 1 + jobs: mean 10, P(N <= 9) = 0.4579297144718522
    jobs = dict(project_capital=small.project_array(k0s0v0=1000), practice_start=array(1, 0))
    pulled = year_end(dict(others_back=array(0.45, 0.45)), p=dict(opportunity=1, wage_response=0), **people, **jobs)
    # log odds -2: 1 / (1 + e^2) of 400 leave
    stay = 400 * (1 - 0.11920292202211755)
    assert pulled.resident_labour == pytest.approx(array(stay + 9, stay + 5))


FEW_BACK = dict(returnees_back=array(0.6, 0.61))
"""At a mean of one half P(N = 0) = exp(-0.5) = 0.6065306597126334."""


def test_founders_come_back_in_proportion_to_those_away():
    # 300 of 500 are away, six tenths: mean 0.5, the second village has one
    after = year_end(FEW_BACK, resident_labour=array(200, 200), migrant_labour=array(300, 300))
    assert after.returnees.tolist() == [[0, 1]]
    # half of the residents leave, the returnee comes
    assert after.resident_labour == pytest.approx(array(100, 101))
    # a tenth of that away: mean 0.05, P(N = 0) = 0.951: none
    after = year_end(FEW_BACK, resident_labour=array(470, 470), migrant_labour=array(30, 30))
    assert after.returnees.tolist() == [[0, 0]]


def test_founders_answer_to_jobs_and_to_spending():
    people = dict(resident_labour=array(200, 200), migrant_labour=array(300, 300))
    jobs = dict(firm_jobs=array(500, 500))
    # one job a worker and an elasticity of one: mean 1, P(N = 0) = 0.3679
    assert year_end(dict(returnees_back=array(0.36, 0.37)), p=dict(opportunity=1), **people, **jobs).returnees.tolist() \
        == [[0, 1]]  # fmt: skip
    # 3 万元 spent and a response of one half: (1 + 3)^0.5 = 2, mean 1 where it is spent
    spent = dict(recruiting_spent=array(3, 0))
    after = year_end(dict(returnees_back=array(0.6, 0.6)), p=dict(recruiting=0.5), **people, **spent)
    assert after.returnees.tolist() == [[1, 0]]
    assert after.recruiting_spent.tolist() == [[0, 0]]
    # no response: the money brings nobody
    assert not year_end(dict(returnees_back=array(0.6, 0.6)), p=dict(recruiting=0), **people, **spent).returnees.any()


def test_returnees_leave_at_their_own_rate():
    after = year_end(
        p=dict(returnee_attrition=0.1),
        resident_labour=array(110, 100),
        migrant_labour=array(100, 100),
        returnees=array(10, 0),
    )
    # a tenth of 10 and one half of the other 100 leave: 110 - 1 - 50
    assert after.returnees == pytest.approx(array(9, 0))
    assert after.resident_labour == pytest.approx(array(59, 50))
    assert after.migrant_labour == pytest.approx(array(151, 150))


def test_nobody_comes_back_who_is_not_away():
    sure = dict(returnees_back=array(0.999, 0.999), others_back=array(0.999, 0.999))
    away = dict(resident_labour=array(0, 0), migrant_labour=array(1.5, 0))
    after = year_end(sure, p=dict(returnee_rate=5, return_rate=1), **away)
    assert after.resident_labour.tolist() == [[1.5, 0]]
    assert after.migrant_labour.tolist() == [[0, 0]]
    assert after.returnees.tolist() == [[1.5, 0]]


def test_partners_come_from_elsewhere():
    people = dict(resident_labour=array(80, 80), migrant_labour=array(20, 20))
    # mean 0.1: P(N = 0) = 0.9048;   a fifth of those there leave: 5 - 1, 5 - 1 + 1
    after = year_end(
        dict(partners_come=array(0.9, 0.91)), p=dict(partner_rate=0.1, partner_attrition=0.2), partners=array(5, 5),
        **people,
    )  # fmt: skip
    assert after.partners == pytest.approx(array(4, 5))
    assert after.resident_labour == pytest.approx(array(40, 40))
    assert after.migrant_labour == pytest.approx(array(60, 60))


def test_the_reserve_by_hand():
    pool = dict(
        reserve_start=2, reserve_ageing=0.1, reserve_share=0.4, leader_turnover=0.3, election_every=3, youth_share=0.5
    )
    after = year_end(
        FEW_BACK, p=pool, reserve=array(5, 2), resident_labour=array(200, 200), migrant_labour=array(300, 300),
    )  # fmt: skip
    # recruits 0.1 x 2 + 0.3 / 3 x 2/3 - 0.4 x 0.5 = 1/15;   5 x 0.9 + 1/15;   2 x 0.9 + 1/15 + 0.4 x 1
    assert after.reserve == pytest.approx(array(4.5 + 1 / 15, 2.2 + 1 / 15))


def test_jobs_at_home_keep_people():
    after = year_end(
        resident_labour=array(80, 80),
        migrant_labour=array(20, 20),
        project_capital=small.project_array(k1s0v1=200 * (np.e - 1)),
    )
    # jobs per worker: 0.5 x 200 (e - 1) / 100 = e - 1, gap 1 - ln(e) = 0, log odds -2: 1 / (1 + e^2) = 0.11920292202211755
    # village 0 as above: 80 / 2 = 40 leave
    assert after.resident_labour == pytest.approx(array(80 - 40, 80 - 80 * 0.11920292202211755))
    assert after.jobs == pytest.approx(array(0, 100 * (np.e - 1)))
    # jobs in firms count alike
    firms = year_end(resident_labour=array(80, 80), migrant_labour=array(20, 20), firm_jobs=array(0, 100 * (np.e - 1)))
    assert firms.resident_labour == pytest.approx(after.resident_labour)
    assert firms.jobs == pytest.approx(after.jobs)


def test_an_empty_village_stays_empty():
    after = year_end(
        resident_labour=array(0, 0.5),
        migrant_labour=array(0, 0),
        skilled=array(5, 5),
        project_capital=small.project_array(k0s0v1=2 * (np.e - 1)),
    )
    # labour below one counts as one: jobs 0.5 x 2 (e - 1) / 1 = e - 1, gap 0, 0.1192... of 0.5 leave
    left = 0.5 * (1 - 0.11920292202211755)
    assert after.resident_labour == pytest.approx(array(0, left))
    # no more are skilled than live there
    assert after.skilled == pytest.approx(array(0, left))


def test_step_moves_know_how_at_the_end_of_the_year():
    after = year_end(
        know_how=array(np.e, np.e),
        know_how_start=array(1, np.e),
        leader_ability=array(1, np.e),
        project_capital=small.project_array(k0s1v1=7),
    )
    # village 0: ln A - ln A0 = 1, no project: -0.1 x 1, ln A = 0.9;   village 1: at its start, runs one: ln A = 1.02
    assert np.log(after.know_how) == pytest.approx(array(0.9, 1.02))
    # ln M = 0.7 ln H + ln A: 0.9;   0.7 + 1.02 = 1.72.    ln care = 0.7 ln H + 0.5 ln A: 0.45;   0.7 + 0.51 = 1.21
    assert after.log_management == pytest.approx(array(0.9, 1.72))
    assert after.log_care == pytest.approx(array(0.45, 1.21))


def test_practice_of_the_start_is_in_the_start():
    # a project as at the start: nothing moves;   one that is gone: -0.02
    after = year_end(practice_start=array(1, 1), project_capital=small.project_array(k0s0v0=7))
    assert np.log(after.know_how) == pytest.approx(array(0, -0.02))


def test_talent_beyond_that_of_the_start_helps_where_there_is_a_project():
    talented = dict(
        skilled=array(6, 6), returnees=array(3, 3), partners=array(2, 2), talent_start=array(5, 5),
        resident_labour=array(1006, 1006), migrant_labour=array(400, 400), practice_start=array(1, 0),
    )  # fmt: skip
    p = dict(skill_learning=0.03, skill_half=5, skilled_loss=0, returnee_attrition=1 / 3, partner_attrition=0.5)
    after = year_end(p=p, project_capital=small.project_array(k0s0v0=7), **talented)
    # 6 + 2 + 1 = 9 of 9 + 5, and 5 of 10 at the start: 0.03 x (9/14 - 1/2) = 0.03 / 7;   no project: nothing
    assert np.log(after.know_how) == pytest.approx(array(0.03 / 7, 0))


def test_help_adds_to_know_how_once():
    helped = dict(help_received=array(0.05, 0), pairing_gain=array(0.2, 0.1), know_how=array(np.exp(0.3), 1))
    after = year_end(**helped, know_how_start=array(1, 1))
    # ln A: 0.3 + 0.05 - 0.03;   gain: 0.2 + 0.05 - 0.02, 0.1 - 0.01
    assert np.log(after.know_how) == pytest.approx(array(0.32, 0))
    assert after.pairing_gain == pytest.approx(array(0.23, 0.09))
    assert after.help_received.tolist() == [[0, 0]]


@given(
    help_=st.lists(st.floats(-0.1, 0.3), min_size=3, max_size=12), attrition=st.floats(0, 0.5), talent_=st.floats(0, 90)
)
def test_the_gain_from_pairing_is_exactly_what_know_how_would_lack(help_, attrition, talent_):
    p = small.given(talent, **(PLAIN | dict(attrition=attrition, skill_learning=0.03)))
    project = dict(project_capital=small.project_array(k0s0v0=7), skilled=array(talent_, talent_))
    helped = alone = small.village_state(**project)
    for n, received in enumerate(help_):
        quarter = Quarter(4 * n + 3, 2010 + n, 3)
        alone = talent.step(alone, p, small.Draws(), quarter)[0]
        helped = talent.step(helped.replace(help_received=array(received, received)), p, small.Draws(), quarter)[0]
    assert np.log(helped.know_how) - np.log(alone.know_how) == pytest.approx(helped.pairing_gain, abs=1e-12)
    assert not alone.pairing_gain.any()


def test_skills_go_back_to_those_of_the_start():
    p = dict(skilled_start=5, skilled_loss=0.2, reserve_ageing=0, reserve_start=0, returnee_rate=0)
    people = dict(resident_labour=array(200, 200), migrant_labour=array(0, 0), reserve=array(1, 1))
    # 15 - 0.2 x 10 = 13;   2 - 0.2 x -3 = 2.6
    after = year_end(p=p, skilled=array(15, 2), **people)
    assert after.skilled == pytest.approx(array(13, 2.6))
    # 100 residents after the year, 50 trained of whom all succeed: 13 + 87 x (1 - exp(-0.5)), a tenth into the reserve
    gained = 87 * (1 - np.exp(-0.5))
    trained = year_end(
        p=p | dict(training_success=1, youth_share=0.1), skilled=array(15, 2), trained=array(50, 0), **people
    )
    assert trained.skilled == pytest.approx(array(13 + gained, 2.6))
    assert trained.reserve == pytest.approx(array(1 + 0.1 * gained, 1))
    assert trained.trained.tolist() == [[0, 0]]


def test_joint_projects_give_jobs_and_practice_by_share():
    joint = dict(
        resident_labour=array(80, 80),
        migrant_labour=array(20, 20),
        vehicle=array(1, 0),
        joint_capital=small.project_array(k0s0v0=800 * (np.e - 1)),
        dividend_share=array(0.25, 0),
    )
    after = year_end(**joint)
    # a quarter of 800 (e - 1) is 200 (e - 1): gap 0, 0.1192... leave; the other member owns nothing: one half leaves
    assert after.resident_labour == pytest.approx(array(80 - 80 * 0.11920292202211755, 40))
    assert np.log(after.know_how) == pytest.approx(array(0.02, 0))
    alone = year_end(**(joint | dict(vehicle=array(0, 0))))
    assert alone.resident_labour == pytest.approx(array(40, 40))
    both = year_end(**joint, project_capital=small.project_array(k0s0v1=200 * (np.e - 1)))
    assert both.resident_labour[0, 1] == pytest.approx(80 - 80 * 0.11920292202211755)


@given(
    resident=st.floats(0, 5000),
    migrant=st.floats(0, 5000),
    back=st.floats(0, 1),
    draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=2),
    spent=st.floats(0, 100),
)
def test_people_are_conserved(resident, migrant, back, draws, spent):
    after = year_end(
        dict(returnees_back=array(draws[0], 0), others_back=array(draws[1], 0)),
        resident_labour=array(resident, 1),
        migrant_labour=array(migrant, 1),
        returnees=array(back * resident, 1),
        recruiting_spent=array(spent, 0),
    )
    assert after.resident_labour[0, 0] + after.migrant_labour[0, 0] == pytest.approx(resident + migrant, rel=1e-12)
    assert min(after.resident_labour[0, 0], after.migrant_labour[0, 0]) >= -1e-9
    assert 0 <= after.returnees[0, 0] <= after.resident_labour[0, 0] + 1e-9
    assert 0 <= after.skilled[0, 0] <= after.resident_labour[0, 0] + 1e-9


# ---- the start, and what policies pay ----


def test_the_stocks_at_the_start_by_hand():
    p = small.parameters(
        talent__returnee_rate=0.2, talent__returnee_attrition=0.1, talent__partner_rate=0.06,
        talent__partner_attrition=0.2, talent__skilled_start=7, talent__reserve_start=3, talent__opportunity=2,
        talent__jobs_per_capital=0.5,
    )  # fmt: skip
    labour = dict(resident_labour=array(200, 1), migrant_labour=array(300, 0), project_capital=small.project_array(
        k1s0v0=1000))  # fmt: skip
    start = talent.settled(small.village_state(**labour), p.talent)
    # six tenths away, 500 jobs for 500 workers: 0.2 / 0.1 x 2^2 = 8;   nobody away: none comes back;   7 skilled, 1 where 1 lives
    assert start.returnees == pytest.approx(array(8, 0))
    assert start.partners == pytest.approx(array(0.3, 0.3))
    assert start.skilled.tolist() == [[7, 1]]
    assert start.reserve.tolist() == [[3, 3]]
    assert start.practice_start.tolist() == [[1, 0]]
    assert start.talent_start == pytest.approx(array(15.3, 1.3))
    # no more than live there
    many = talent.settled(
        small.village_state(**(labour | dict(resident_labour=array(4, 1), migrant_labour=array(6, 0)))), p.talent
    )
    assert many.returnees[0, 0] == 4


def test_without_policy_nothing_drifts():
    """Twenty years on the stocks are, over a term of five years, where they began.

    Four standard errors of returnees are 0.11; jobs wear off a little, and with them the pull on them.
    """
    quarters = small.states(small.scenario(years=(19, 1, 0), villages=20), "no_policy", replications=range(60))
    first, term = quarters[0], quarters[63::4]

    def later(name: str) -> float:
        return float(np.mean([getattr(state, name).mean() for state in term]))

    for name, margin in (("returnees", 0.2), ("partners", 0.1), ("skilled", 1e-6), ("reserve", 0.1)):
        assert later(name) == pytest.approx(getattr(first, name).mean(), abs=margin), name
    last = quarters[-1]
    assert np.log(last.leader_ability).mean() == pytest.approx(np.log(first.leader_ability).mean(), abs=0.03)
    assert np.log(last.know_how / last.know_how_start).mean() == pytest.approx(0, abs=0.02)


def test_policies_pay_each_quarter_and_are_remembered():
    p = small.given(
        talent, trainees=by_payer(40, 0) + by_payer(0, 8, payer=0), training_cost=0.25, spending=by_payer(2, 0),
        staff=by_payer(0.125, 0),
    )  # fmt: skip
    state = small.village_state(trained=array(5, 5), recruiting_spent=array(1, 1))
    after, flows = talent.step(state, p, small.Draws(), Quarter(4, 2011, 0))
    # 40 / 4 = 10 persons at 0.25 万元: 2.5;   2 / 4 = 0.5
    assert after.trained.tolist() == [[15, 7]]
    assert flows.training[0, COUNTY].tolist() == [2.5, 0]
    assert flows.training[0, 0].tolist() == [0, 0.5]
    assert flows.training.sum() == 3
    assert after.recruiting_spent.tolist() == [[1.5, 1]]
    assert flows.talent_return[0, COUNTY].tolist() == [0.5, 0]
    assert flows.staff is p.staff


def test_one_policy_alone():
    state = small.village_state()
    after, flows = talent.step(state, small.given(talent, trainees=by_payer(4, 0)), small.Draws(), Quarter(4, 2011, 0))
    assert flows.training[0, COUNTY].tolist() == [0.1, 0]
    assert (flows.talent_return, flows.staff) == (None, None)
    assert after.recruiting_spent is state.recruiting_spent
    after, flows = talent.step(state, small.given(talent, spending=by_payer(4, 0)), small.Draws(), Quarter(4, 2011, 0))
    assert flows.training is None
    assert flows.talent_return[0, COUNTY].tolist() == [1, 0]
    assert after.trained is state.trained
