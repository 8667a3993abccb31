"""Leader succession 头雁接任: candidates, judgement, ability centred on the starting pool."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import succession as rule
from tests.scenarios_for_tests import array


def test_candidates_by_hand():
    # 2.4 + 0.5 = 2.9: two stand;   2.4 + 0.6 = 3: the fraction stands too;   0 + 0.99: none;   7: no more than three
    stand = rule.candidates(np.array([2.4, 2.4, 0, 7]), np.array([0.5, 0.6, 0.99, 0]))
    assert stand.tolist() == [3, 4, 1, 4]


@given(reserve=st.floats(0, 3))
def test_as_many_stand_in_the_mean_as_there_are(reserve):
    standing = (np.arange(1000) + 0.5) / 1000
    assert rule.candidates(np.full(1000, reserve), standing).mean() == pytest.approx(1 + reserve, abs=1e-3)


def test_expected_maxima_are_those_of_standard_normals():
    # k phi(z) Phi(z)^(k-1) integrates z to the expected maximum: by the trapezoid rule on a fine grid
    z = np.linspace(-9, 9, 20001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    below = 0.5 * (1 + np.array([math.erf(x / math.sqrt(2)) for x in z]))
    for k, expected in enumerate(rule.EXPECTED_MAXIMUM, start=1):
        assert np.trapezoid(z * k * density * below ** (k - 1), z) == pytest.approx(expected, abs=1e-9)
    # a pool of 1.25: 0.75 x 0.5642 + 0.25 x 0.8463
    assert rule.expected_maximum(np.array([1.25, 9.0])) == pytest.approx([0.6347132662, 1.0293753730])


def test_the_chance_of_the_reserve_by_hand():
    # one of three stands at large: two thirds;   half way between one half and two thirds: 7/12
    assert rule.chance_of_reserve(np.array([0, 2, 1.5, 30])) == pytest.approx([0, 2 / 3, 7 / 12, 3 / 4])
    # draws 0.6 and 0.7 against 2/3;   nobody of the reserve stands: never
    drawn = rule.from_reserve(np.array([0.6, 0.7, 0.0]), np.array([3.0, 3.0, 1.0]))
    assert drawn.tolist() == [True, False, False]


def test_reliability_by_hand():
    # 0.3 / sqrt(0.09 + 0.16) = 0.6;   no error: 1;   nothing to tell apart: 0
    assert rule.reliability(np.array([0.3, 0.3, 0, 0]), np.array([0.4, 0, 0.3, 0])) == pytest.approx([0.6, 1, 0, 0])


def test_ability_by_hand():
    one = np.array([1.0])
    # rho 0.6: 0.3 x (0.6 x 1 + 0.8 x 0.5 - 0.6 x 0.8462843753) = 0.3 x 0.4922293748
    found = rule.successor_ability(one, one / 2, one * 0.3, one * 0.4, one * 2)
    assert found == pytest.approx([0.14766881244])
    # one candidate and a pool that was empty: what judges think says nothing of the mean
    assert rule.successor_ability(one, one / 2, one * 0.3, one * 0, one * 0) == pytest.approx([0.3])


def test_the_best_judged_by_hand():
    # one candidate: the median draw is the median;   of two, 0.25 is the square of 0.5
    assert rule.best_judged(np.array([0.5, 0.25]), np.array([1.0, 2.0])) == pytest.approx([0, 0], abs=1e-12)
    assert np.all(np.isfinite(rule.best_judged(np.array([0.0, 1 - 2.0**-53]), np.array([4.0, 4.0]))))


@given(uniform=st.floats(0.001, 0.999), count=st.integers(1, 3))
def test_one_more_candidate_never_hurts_what_judges_see(uniform, count):
    few, more = rule.best_judged(np.full(2, uniform), np.array([count, count + 1.0]))
    assert more > few


def test_three_draws_give_what_two_for_each_candidate_give():
    n, sd, noise = 200_000, 0.25, 0.3
    random = np.random.default_rng(5)
    true = random.standard_normal((n, 3))
    judged = sd * true + noise * random.standard_normal((n, 3))
    chosen = np.take_along_axis(true, judged.argmax(axis=1)[:, None], axis=1)[:, 0]
    full = [np.full(n, value) for value in (3.0, sd, noise, 2.0)]
    best = rule.best_judged(random.random(n), full[0])
    drawn = rule.successor_ability(best, random.standard_normal(n), *full[1:])
    direct = sd * (chosen - rule.reliability(full[1], full[2]) * rule.EXPECTED_MAXIMUM[2])
    # four standard errors of sd / sqrt(n) = 0.00056
    assert drawn.mean() == pytest.approx(0, abs=0.0023)
    assert direct.mean() == pytest.approx(0, abs=0.0023)
    assert drawn.std() == pytest.approx(direct.std(), rel=0.01)
    for q in (0.05, 0.5, 0.95):
        assert np.quantile(drawn, q) == pytest.approx(np.quantile(direct, q), abs=0.004)


@pytest.mark.parametrize("reserve", [0.0, 0.4, 1.0, 2.0, 2.7, 6.0])
def test_without_a_change_of_the_pool_heads_do_not_drift(reserve):
    n = 200_000
    random = np.random.default_rng(6)
    count = rule.candidates(np.full(n, reserve), random.random(n))
    full = [np.full(n, value) for value in (0.25, 0.3, reserve)]
    ability = rule.successor_ability(rule.best_judged(random.random(n), count), random.standard_normal(n), *full)
    assert ability.mean() == pytest.approx(0, abs=0.0023)
    came = rule.from_reserve(random.random(n), count)
    assert came.mean() == pytest.approx(rule.chance_of_reserve(array(reserve))[0, 0], abs=0.005)
