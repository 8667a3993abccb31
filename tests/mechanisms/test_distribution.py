"""Distribution 收益分配: interest, administration, welfare, and the cash open to investment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import distribution
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array


def welfare(earned, saved, cash, tax_share=0, tax_saved=0.5):
    return distribution.welfare(array(*earned), array(tax_share), array(saved), array(tax_saved), array(*cash))


def test_welfare_by_hand():
    # (1 - 0.2) x 10 = 8, cash 50: 8;   (1 - 0.2) x 30 = 24, cash 5: 5;   a loss of 4: 0
    assert welfare((10, 30, -4), 0.2, (50, 5, 50)) == pytest.approx(array(8, 5, 0))
    # all saved: nothing spent;   nothing saved: all of it
    assert welfare((10,), 1, (50,)).tolist() == [[0.0]]
    assert welfare((10,), 0, (50,)).tolist() == [[10.0]]


def test_a_tax_share_is_spent_by_a_rule_of_its_own():
    # 0.8 x 10 + 0.25 x 4 = 9;   a loss is not set against it
    assert welfare((10,), 0.2, (50,), tax_share=4, tax_saved=0.75) == pytest.approx(array(9))
    assert welfare((-3,), 0.2, (50,), tax_share=4, tax_saved=0.75) == pytest.approx(array(1))


def test_nothing_is_spent_from_an_empty_purse():
    assert welfare((10,), 0.2, (0,)).tolist() == [[0.0]]
    assert welfare((10,), 0.2, (-1e-12,)).tolist() == [[0.0]]


@given(earned=st.floats(-500, 500), saved=st.floats(0, 1), cash=st.floats(0, 500))
def test_welfare_is_within_income_and_cash(earned, saved, cash):
    spent = welfare((earned,), saved, (cash,))[0, 0]
    assert 0 <= spent <= cash
    assert spent <= max(earned, 0)


def test_a_village_that_saves_more_spends_less():
    low, high = (welfare((10,), s, (50,))[0, 0] for s in (0.1, 0.4))
    assert high < low


def test_step_pays_interest_and_administration_each_quarter():
    state = small.village_state(own_cash=array(100, 2), base_received=array(5, 5), deposit_rate=array(0.02))
    p = small.given(distribution)
    after, flows = distribution.step(state, p, small.Draws(), Quarter(0, 2010, 0))
    # interest 0.02 x 100 / 4 = 0.5;   0.02 x 2 / 4 = 0.01
    assert flows.interest == pytest.approx(array(0.5, 0.01))
    # administration: 5, but no more than the 2 that are there
    assert flows.administration == pytest.approx(array(5, 2))
    assert flows.welfare is None
    assert after is state


def test_step_spends_and_opens_cash_at_the_end_of_the_year():
    state = small.village_state(
        own_cash=array(100, 2),
        base_received=array(5, 5),
        deposit_rate=array(0.02),
        operating_income=array(30, 9),
        investment_income=array(10, 1),
    )
    p = small.given(distribution, saved_share=0.25, open_share=0.4)
    after, flows = distribution.step(state, p, small.Draws(), Quarter(3, 2010, 3))
    assert flows.interest == pytest.approx(array(0.5, 0.01))
    assert flows.administration == pytest.approx(array(5, 2))
    # left: 100 + 0.5 - 5 = 95.5;   2 + 0.01 - 2 = 0.01
    # welfare: 0.75 x 40 = 30;   0.75 x 10 = 7.5, but 0.01 is left
    assert flows.welfare == pytest.approx(array(30, 0.01))
    # open: 0.4 x (95.5 - 30) = 26.2;   0
    assert after.open_cash == pytest.approx(array(26.2, 0))


def test_what_a_joint_office_saves_stays_in_the_villages_cash():
    state = small.village_state(
        own_cash=array(100, 2), base_received=array(5, 5), administration_shared=array(0.2, 0.2)
    )
    flows = distribution.step(state, small.given(distribution), small.Draws(), Quarter(0, 2010, 0))[1]
    # 5 x 0.8 = 4, no more than the 2 that are there
    assert flows.administration == pytest.approx(array(4, 2))
