"""Production and markets 生产与市场: shocks and revenue factors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import production
from sim.state import FARM, LEASED, Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array


def test_a_shock_by_hand():
    # 0.8 x 0.5 = 0.4;   sqrt(1 - 0.64) = 0.6;   0.1 x 0.6 x 2 = 0.12;   0.4 + 0.12 = 0.52
    assert production.shock(array(0.5), array(2), array(0.8), array(0.1)) == pytest.approx(array(0.52))
    # 0.6 x -1 = -0.6;   sqrt(1 - 0.36) = 0.8;   0.5 x 0.8 x -1 = -0.4;   -1
    assert production.shock(array(-1), array(-1), array(0.6), array(0.5)) == pytest.approx(array(-1.0))


def test_a_shock_without_persistence_is_the_innovation():
    assert production.shock(array(3), array(2), array(0), array(0.1)) == pytest.approx(array(0.2))


def test_a_shock_without_spread_fades():
    # 0.5 x 0.8 = 0.4
    assert production.shock(array(0.5), array(9), array(0.8), array(0)) == pytest.approx(array(0.4))


def test_market_factors_by_hand():
    # exposure 1: exp(0.3 - 0.5 x 1 x 0.02) = exp(0.29) = 1.3364274880254721
    assert production.market_factor(array(0.3), array(0.02), array(1)) == pytest.approx(array(1.3364274880254721))
    # exposure 0.5: exp(0.5 x 0.3 - 0.5 x 0.25 x 0.02) = exp(0.15 - 0.0025) = exp(0.1475) = 1.15893328482975
    assert production.market_factor(array(0.3), array(0.02), array(0.5)) == pytest.approx(array(1.15893328482975))
    # no exposure: always 1
    assert production.market_factor(array(5), array(4), array(0)).tolist() == [[1.0]]


@given(sd=st.floats(0.01, 0.5), exposure=st.floats(0, 1))
def test_the_factor_has_mean_one_over_a_normal_shock(sd, exposure):
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    factors = production.market_factor(sd * nodes[None], np.array([[sd * sd]]), np.array([[exposure]]))
    assert (factors * weights).sum() / weights.sum() == pytest.approx(1.0, rel=1e-9)


@given(before=st.floats(-2, 2), persistence=st.floats(0, 0.99), sd=st.floats(0, 1))
def test_a_shock_keeps_its_stationary_variance(before, persistence, sd):
    # variance after = persistence^2 sd^2 + sd^2 (1 - persistence^2) = sd^2
    level, moved = (
        production.shock(array(b), array(e), array(persistence), array(sd))[0, 0] for b, e in ((sd, 0), (0, 1))
    )
    assert level**2 + moved**2 == pytest.approx(sd * sd)


def test_step_adds_the_three_shocks_of_a_village():
    state = small.village_state(
        common_shock=array(0.5),
        industry_shock=array(0.0, 1.0, 0.0, 0.0, 0.0),
        village_shock=array(0.2, -0.2),
        industry=np.array([[1, 4]]),
    )
    p = small.given(
        production,
        persistence=0.8,
        common_sd=0.1,
        industry_sd=0.2,
        village_sd=0.3,
        weather_sd=0.4,
        leased_exposure=0.5,
        deposit_rate=0.02,
    )
    drawn = {
        "common_shock": array(1),
        "industry_0": array(9),
        "industry_1": array(-1),
        "industry_2": array(9),
        "industry_3": array(9),
        "industry_4": array(2),
        "village_shock": array(1, 0),
        "weather": array(0.5, -1),
    }
    after, flows = production.step(state, p, small.Draws(normals=drawn), Quarter(0, 2010, 0))
    # common: 0.8 x 0.5 + 0.1 x 0.6 x 1 = 0.46
    assert after.common_shock == pytest.approx(array(0.46))
    # industry 1: 0.8 x 1 - 0.2 x 0.6 = 0.68;   industry 4: 0.2 x 0.6 x 2 = 0.24;   0, 2, 3: 0.2 x 0.6 x 9 = 1.08
    assert after.industry_shock == pytest.approx(array(1.08, 0.68, 1.08, 1.08, 0.24))
    # village: 0.8 x 0.2 + 0.3 x 0.6 = 0.34;   0.8 x -0.2 = -0.16
    assert after.village_shock == pytest.approx(array(0.34, -0.16))
    # sums: 0.46 + 0.68 + 0.34 = 1.48;   0.46 + 0.24 - 0.16 = 0.54;   variance 0.01 + 0.04 + 0.09 = 0.14
    # leased: 0.5 x 1.48 - 0.5 x 0.25 x 0.14 = 0.74 - 0.0175 = 0.7225;   0.27 - 0.0175 = 0.2525
    assert np.log(after.market[:, LEASED]) == pytest.approx(array(0.7225, 0.2525))
    # farm: 1.48 - 0.07 = 1.41, weather 0.4 x 0.5 - 0.5 x 0.16 = 0.12, sum 1.53;
    #       0.54 - 0.07 = 0.47, weather -0.4 - 0.08 = -0.48, sum -0.01
    assert np.log(after.market[:, FARM]) == pytest.approx(array(1.53, -0.01))
    assert after.deposit_rate.tolist() == [[0.02]]
    assert vars(flows) == {}


def test_good_weather_helps_farms_only():
    state, p = small.village_state(), small.given(production)
    bad, good = (
        production.step(state, p, small.Draws(normals={"weather": array(w, w)}), Quarter(0, 2010, 0))[0].market
        for w in (-1, 1)
    )
    assert np.all(good[:, FARM] > bad[:, FARM])
    assert np.array_equal(good[:, LEASED], bad[:, LEASED])
