"""Grouping 片区划分: labels, and the need weight of last year's income."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import grouping
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array


def test_need_by_hand():
    # 1 / (1 + 10/10) = 1/2;   1 / (1 + 30/10) = 1/4;   1 / (1 + 2.5/10) = 1 / 1.25 = 0.8
    assert grouping.need(array(10, 30, 2.5), array(10)) == pytest.approx(array(0.5, 0.25, 0.8))
    # another line: 1 / (1 + 30/5) = 1/7
    assert grouping.need(array(30), array(5)) == pytest.approx(array(1 / 7))


def test_need_is_one_without_income_and_for_losses():
    assert grouping.need(array(0, -7), array(10)).tolist() == [[1.0, 1.0]]


@given(low=st.floats(-100, 1000), more=st.floats(0.01, 1000), line=st.floats(0.1, 1000))
def test_need_falls_with_income_and_stays_in_bounds(low, more, line):
    poor, rich = grouping.need(array(low, low + more), array(line))[0]
    assert 0 < rich <= poor <= 1


def test_step_sets_need_at_the_start_of_a_year_only():
    state = small.village_state(earned_last_year=array(10, 30))
    p = small.given(grouping, weak_line=10)
    opened, flows = grouping.step(state, p, small.Draws(), Quarter(4, 2011, 0))
    assert opened.need == pytest.approx(array(0.5, 0.25))
    assert vars(flows) == {}
    for season in (1, 2, 3):
        later, flows = grouping.step(state, p, small.Draws(), Quarter(4 + season, 2011, season))
        assert later is state
        assert vars(flows) == {}
