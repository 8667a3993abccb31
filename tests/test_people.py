"""People 人才: leaving and coming back, courses, the reserve, what talent does for know-how."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import people
from tests.scenarios_for_tests import array


def test_leaving_by_hand():
    # -2 + 1 x 2 = 0: one half;   -3 + 2 x 1 = -1: 1 / (1 + e) = 1 / 3.718281828459045 = 0.2689414213699951
    assert people.leaving_share(array(2), array(-2), array(1)) == pytest.approx(array(0.5))
    assert people.leaving_share(array(1), array(-3), array(2)) == pytest.approx(array(0.2689414213699951))


@given(gap=st.floats(-3, 3), more=st.floats(0.01, 3), response=st.floats(0.01, 5), intercept=st.floats(-8, 2))
def test_a_wider_wage_gap_drives_more_people_away(gap, more, response, intercept):
    near, far = people.leaving_share(array(gap, gap + more), array(intercept), array(response))[0]
    assert 0 < near < far < 1


def test_pull_by_hand():
    # (1 + 3)^0.5 = 2;   nothing spent: 1;   no response: 1
    assert people.pull(array(3, 0), array(0.5)) == pytest.approx(array(2, 1))
    assert people.pull(array(3, 0), array(0)).tolist() == [[1, 1]]


def test_courses_by_hand():
    # 100 residents, 20 skilled, 50 trainees of whom all come out skilled: 80 x (1 - exp(-0.5)) = 31.477547222989324
    assert people.newly_skilled(array(50), array(20), array(100), array(1)) == pytest.approx(array(31.477547222989324))
    # half come out skilled: 80 x (1 - exp(-0.25))
    assert people.newly_skilled(array(50), array(20), array(100), array(0.5)) == pytest.approx(array(17.695937349))
    # nobody there, no trainees, all skilled
    empty = people.newly_skilled(array(50, 0, 9), array(0, 20, 100), array(0, 100, 100), array(1))
    assert empty.tolist() == [[0, 0, 0]]
    # more skilled than are left in the village: nobody unlearns in a course
    assert people.newly_skilled(array(50), array(120), array(100), array(1)).tolist() == [[0]]


@given(
    trainees=st.floats(0, 500), more=st.floats(1, 100), residents=st.floats(20, 2000), part=st.floats(0, 0.9),
    success=st.floats(0.01, 1),
)  # fmt: skip
def test_each_further_trainee_adds_less(trainees, more, residents, part, success):
    sent = array(trainees, trainees + more, trainees + 2 * more)
    gained = people.newly_skilled(sent, array(part * residents), array(residents), array(success))[0]
    first, second = np.diff(gained)
    # where nearly all are skilled the last ones differ by less than a rounding error
    assert -1e-9 <= second <= first + 1e-9
    assert gained[-1] <= (1 - part) * residents + 1e-9
    assert gained[0] <= success * trainees + 1e-9


def test_recruits_by_hand():
    # 2 persons, a tenth ages out: 0.2;   0.07 changes of head a year, two thirds from the pool: 0.0466..;   less 0.042
    found = people.yearly_recruits(array(2), array(0.1), array(0.07), array(0.042))
    assert found == pytest.approx(array(0.2 + 0.07 * 2 / 3 - 0.042))
    # returnees bring more than is lost: none
    assert people.yearly_recruits(array(2), array(0.1), array(0.07), array(3)).tolist() == [[0]]


def test_talent_by_hand():
    # 10 of half 10: one half;   30: three quarters;   none: none
    assert people.talent_effect(array(10, 30, 0), array(10)) == pytest.approx(array(0.5, 0.75, 0))


@given(talent=st.floats(0, 500), more=st.floats(0.1, 50), half=st.floats(0.1, 100))
def test_more_talent_brings_more_and_less_and_less(talent, more, half):
    a, b, c = people.talent_effect(array(talent, talent + more, talent + 2 * more), array(half))[0]
    assert 0 <= a < b < c < 1
    assert c - b < b - a


def test_know_how_by_hand():
    # 0.01 learned, 0.03 from a helper, a tenth of 0.05 fades: 0.035;   nothing new: -0.004
    found = people.know_how_change(array(0.05, 0.05), array(0.1, 0.08), array(0.01, 0), array(0.03, 0))
    assert found == pytest.approx(array(0.035, -0.004))


@given(learning=st.floats(0, 0.2), attrition=st.floats(0.001, 0.5))
def test_know_how_stands_still_where_learning_and_attrition_meet(learning, attrition):
    change = people.know_how_change(array(learning / attrition), array(attrition), array(learning), array(0))
    assert change[0, 0] == pytest.approx(0, abs=1e-12)
