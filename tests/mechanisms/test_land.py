"""Land 土地: rent of reserve land."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import land
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array


def test_rent_of_a_quarter_by_hand():
    # 50 亩 x 0.08 万元/亩 x 1.01^0 / 4 = 4 / 4 = 1;   200 亩: 200 x 0.08 / 4 = 4
    assert land.rent(array(50, 200), array(0.08), array(0.01), array(0)) == pytest.approx(array(1.0, 4.0))
    # two years on at 10%: 1.1 x 1.1 = 1.21;   100 亩 x 0.04 x 1.21 / 4 = 4 x 1.21 / 4 = 1.21
    assert land.rent(array(100), array(0.04), array(0.10), array(2)) == pytest.approx(array(1.21))
    # ten years on at 1%: 1.01^10 = 1.104622125411204;   40 亩 x 0.1 x that / 4 = 1.104622125411204
    assert land.rent(array(40), array(0.1), array(0.01), array(10)) == pytest.approx(array(1.104622125411204))
    # falling rents: 0.95 x 0.95 = 0.9025;   80 亩 x 0.05 x 0.9025 / 4 = 0.9025
    assert land.rent(array(80), array(0.05), array(-0.05), array(2)) == pytest.approx(array(0.9025))


def test_no_land_or_no_rent_brings_nothing():
    assert land.rent(array(0, 0), array(0.08), array(0.01), array(5)).tolist() == [[0.0, 0.0]]
    assert land.rent(array(30), array(0), array(0.01), array(5)).tolist() == [[0.0]]


@given(
    mu=st.floats(0, 5000),
    rent=st.floats(0, 1),
    growth=st.floats(-0.05, 0.1),
    years=st.integers(0, 60),
)
def test_rent_is_proportional_to_land_and_never_negative(mu, rent, growth, years):
    one = land.rent(array(mu), array(rent), array(growth), array(years))
    two = land.rent(array(2 * mu), array(rent), array(growth), array(years))
    assert one.min() >= 0
    assert two == pytest.approx(2 * one)


def test_rent_rises_with_growth_and_with_time():
    flat, growing = (land.rent(array(10), array(0.08), array(g), array(9))[0, 0] for g in (0.0, 0.02))
    assert growing > flat
    early, late = (land.rent(array(10), array(0.08), array(0.01), array(y))[0, 0] for y in (1, 9))
    assert late > early


def test_step_posts_the_rent_of_the_year_and_changes_no_state():
    state = small.village_state(reserve_land=array(50, 200))
    p = small.given(land, rent=0.08, growth=0.10)
    # quarter 9 is the second quarter of the third year: two whole years have passed, 1.1^2 = 1.21
    after, flows = land.step(state, p, small.Draws(), Quarter(9, 2012, 1))
    assert flows.rent == pytest.approx(array(1.21, 4.84))
    assert vars(after) == vars(state)
    # the first year is not indexed
    first = land.step(state, p, small.Draws(), Quarter(3, 2010, 3))[1]
    assert first.rent == pytest.approx(array(1.0, 4.0))
    assert np.all(flows.rent > first.rent)
