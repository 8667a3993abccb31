"""Talent 人才: heads, know-how, migration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import talent
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array


def test_leaving_by_hand():
    # -2 + 1 x 2 = 0: one half;   -3 + 2 x 1 = -1: 1 / (1 + e) = 1 / 3.718281828459045 = 0.2689414213699951
    assert talent.leaving_share(array(2), array(-2), array(1)) == pytest.approx(array(0.5))
    assert talent.leaving_share(array(1), array(-3), array(2)) == pytest.approx(array(0.2689414213699951))


@given(gap=st.floats(-3, 3), more=st.floats(0.01, 3), response=st.floats(0.01, 5), intercept=st.floats(-8, 2))
def test_a_wider_wage_gap_drives_more_people_away(gap, more, response, intercept):
    near, far = talent.leaving_share(array(gap, gap + more), array(intercept), array(response))[0]
    assert 0 < near < far < 1


def test_know_how_by_hand():
    # a village with a project: 0.01 - 0.08 x 0.05 = 0.006;   without: -0.08 x 0.05 = -0.004
    assert talent.know_how_change(array(0.05, 0.05), array(0.01), array(0.08), array(1, 0)) == pytest.approx(
        array(0.006, -0.004)
    )


@given(learning=st.floats(0, 0.2), attrition=st.floats(0.001, 0.5))
def test_know_how_stands_still_where_learning_and_attrition_meet(learning, attrition):
    change = talent.know_how_change(array(learning / attrition), array(learning), array(attrition), array(1))
    assert change[0, 0] == pytest.approx(0, abs=1e-12)


def test_successors_by_hand():
    # draws 0.34 and 0.35 against a turnover of 0.35: the first leaves; his successor: exp(0.25 x 2) = 1.6487212707
    ability, left = talent.successors(array(2, 2), array(0.34, 0.35), array(2, 2), array(0.35), array(0.25))
    assert ability == pytest.approx(array(1.6487212707001282, 2))
    assert left.tolist() == [[1, 0]]


def test_without_turnover_nobody_leaves():
    ability, left = talent.successors(array(2), array(0), array(9), array(0), array(0.25))
    assert (ability.tolist(), left.tolist()) == ([[2.0]], [[0.0]])


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


def test_step_holds_an_election():
    state = small.village_state(
        leader_ability=array(2, 2),
        know_how=array(1, np.e),
        leader_left=array(0, 1),
        manager=np.array([[1, 1]]),
        selection_noise=array(9, 9),
    )
    drawn = small.Draws(
        uniforms={"leader_exit": array(0.1, 0.9)},
        normals={"leader_ability": array(4, 4), "selection": array(-1, 2)},
    )
    p = small.given(talent, leader_turnover=0.35, leader_sd=0.25, ability_exponent=0.7, election_every=5)
    after, flows = talent.step(state, p, drawn, Quarter(5, 2011, 1))
    # the first head leaves: exp(0.25 x 4) = e; ln M = 0.7 x 1 + 0; the second stays: ln M = 0.7 ln 2 + 1
    assert after.leader_ability == pytest.approx(array(np.e, 2))
    assert after.log_management == pytest.approx(array(0.7, 0.7 * 0.6931471805599453 + 1))
    assert after.leader_left.tolist() == [[1, 1]]
    assert after.manager.tolist() == [[-1, -1]]
    assert after.selection_noise.tolist() == [[-1, 2]]
    assert vars(flows) == {}


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
    p = small.given(talent, 2, election_every=np.array([[3.0], [5.0]]), leader_turnover=1)
    drawn = small.Draws(normals={"selection": np.zeros((2, 2)), "leader_ability": np.full((2, 2), 4.0)},
                        uniforms={"leader_exit": np.full((2, 2), 0.2)})  # fmt: skip
    after = talent.step(state, p, drawn, Quarter(17, 2014, 1))[0]
    assert after.manager.tolist() == [[-1, -1], [1, 1]]
    assert after.selection_noise.tolist() == [[0, 0], [9, 9]]
    assert after.leader_left.tolist() == [[1, 1], [0, 0]]
    assert after.leader_ability == pytest.approx(np.array([[np.e, np.e], [1, 1]]))


def year_end(**changes):
    p = small.given(
        talent,
        learning=0.02,
        attrition=0.1,
        ability_exponent=0.7,
        care_exponent=0.5,
        leave_intercept=-2,
        wage_response=2,
        wage_premium=np.full((1, 1), np.e),
        return_rate=0.05,
        jobs_per_capital=0.5,
    )
    return talent.step(small.village_state(**changes), p, small.Draws(), Quarter(3, 2010, 3))[0]


def test_step_moves_people_at_the_end_of_the_year():
    after = year_end(resident_labour=array(400, 100), migrant_labour=array(100, 0))
    # gap ln e - ln 1 = 1;   log odds -2 + 2 x 1 = 0: one half leaves
    # 400 - 200 + 0.05 x 100 = 205;   100 + 200 - 5 = 295;     100 - 50 = 50
    assert after.resident_labour == pytest.approx(array(205, 50))
    assert after.migrant_labour == pytest.approx(array(295, 50))


def test_jobs_at_home_keep_people():
    after = year_end(
        resident_labour=array(80, 80),
        migrant_labour=array(20, 20),
        project_capital=small.project_array(k1s0v1=200 * (np.e - 1)),
    )
    # jobs per worker: 0.5 x 200 (e - 1) / 100 = e - 1, gap 1 - ln(e) = 0, log odds -2: 1 / (1 + e^2) = 0.11920292202211755
    # village 0 as above: 80 / 2 = 40 leave, 1 returns
    assert after.resident_labour == pytest.approx(array(80 - 40 + 1, 80 - 80 * 0.11920292202211755 + 1))


def test_an_empty_village_stays_empty():
    after = year_end(
        resident_labour=array(0, 0.5),
        migrant_labour=array(0, 0),
        project_capital=small.project_array(k0s0v1=2 * (np.e - 1)),
    )
    # labour below one counts as one: jobs 0.5 x 2 (e - 1) / 1 = e - 1, gap 0, 0.1192... of 0.5 leave
    assert after.resident_labour == pytest.approx(array(0, 0.5 * (1 - 0.11920292202211755)))


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
    assert after.resident_labour == pytest.approx(array(81 - 80 * 0.11920292202211755, 41))
    assert np.log(after.know_how) == pytest.approx(array(0.02, 0))
    alone = year_end(**(joint | dict(vehicle=array(0, 0))))
    assert alone.resident_labour == pytest.approx(array(41, 41))
    both = year_end(**joint, project_capital=small.project_array(k0s0v1=200 * (np.e - 1)))
    assert both.resident_labour[0, 1] == pytest.approx(81 - 80 * 0.11920292202211755)


@given(resident=st.floats(0, 5000), migrant=st.floats(0, 5000))
def test_people_are_conserved(resident, migrant):
    after = year_end(resident_labour=array(resident, 1), migrant_labour=array(migrant, 1))
    assert after.resident_labour[0, 0] + after.migrant_labour[0, 0] == pytest.approx(resident + migrant)
    assert min(after.resident_labour[0, 0], after.migrant_labour[0, 0]) >= 0
