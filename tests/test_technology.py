"""Project technology 项目技术: what a project yields, which one is best, where new capital goes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import projects
from sim.state import FARM, LEASED
from sim.technology import NEW, Portfolio, Technology, place, profit, prospect
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array

NUMBERS = dict(
    gross_margin=0.1,
    overhead=4,
    minimum=30,
    depreciation=0.03,
    hazard=0.04,
    leased_gross_margin=0.075,
    leased_overhead=1,
    leased_minimum=100,
    leased_depreciation=0.015,
    leased_hazard=0.01,
    leased_management_weight=0.5,
    idle_rent=0.005,
    salvage=0.2,
    hurdle_factor=2,
    minimum_extension=20,
)


def technology(scale: float = 1.0, **changes: float) -> Technology:
    """One run; a scale of 1 makes profit margin x K - overhead. Hurdle: 2 x 1% = 2%."""
    p = small.given(projects, **(NUMBERS | {"scale": scale} | changes))
    return projects.technology(p, array(0.01))


def profits(capital, log_management=0.0, quality=1.0, **t):
    """Yearly profit of a farm and of leased premises with the same capital, one village."""
    both = np.full((1, 2, 1), float(capital))
    return profit(both, np.full((1, 2, 1), log_management), np.full((1, 2, 1), quality), technology(**t))[0, :, 0]


def test_profit_by_hand():
    # constant returns, 200 万元: 0.1 x 200 - 4 = 16;   0.075 x 200 - 1 = 14
    assert profits(200) == pytest.approx([16, 14])
    # square root, 400 万元: 100 x (400/100)^0.5 = 200: 0.1 x 200 - 4 = 16;   0.075 x 200 - 1 = 14
    assert profits(400, scale=0.5) == pytest.approx([16, 14])
    # 25 万元: 100 x 0.5 = 50: 5 - 4 = 1;   3.75 - 1 = 2.75
    assert profits(25, scale=0.5) == pytest.approx([1, 2.75])
    # quality 1.5: 1.5 x 20 - 4 = 26;   1.5 x 15 - 1 = 21.5
    assert profits(200, quality=1.5) == pytest.approx([26, 21.5])


def test_a_good_manager_shows_by_the_weight_of_the_kind():
    # ln M = 2 ln 2: farm M = 4: 4 x 20 - 4 = 76;   leased with weight 0.5, M^0.5 = 2: 2 x 15 - 1 = 29
    assert profits(200, log_management=2 * math.log(2)) == pytest.approx([76, 29])


def test_a_project_that_loses_money_is_mothballed():
    # 20 万元: 2 - 4 = -2 against idle 0.005 x 20 = 0.1;   1.5 - 1 = 0.5 runs
    assert profits(20) == pytest.approx([0.1, 0.5])
    # break-even of idling: 0.1 K - 4 = 0.005 K, K = 4 / 0.095 = 42.105...
    assert profits(42)[FARM] == pytest.approx(0.21)
    assert profits(43)[FARM] == pytest.approx(0.3)


def test_an_empty_place_brings_nothing():
    for scale in (0.5, 1.0):
        assert profits(0, quality=0, scale=scale).tolist() == [0, 0]
        assert profits(0, quality=0, scale=scale, overhead=0, leased_overhead=0).tolist() == [0, 0]


def test_places_side_by_side_are_separate_projects():
    capital = small.project_array(k0s0v0=200, k0s1v0=50, k1s0v1=200)
    quality = (capital > 0).astype(float)
    found = profit(capital, np.zeros((1, 1, 1, 2)), quality, technology())
    # farm 200: 16; farm 50: 5 - 4 = 1; leased 200: 14
    assert found == pytest.approx(small.project_array(k0s0v0=16, k0s1v0=1, k1s0v1=14))


@given(capital=st.floats(1, 5000), more=st.floats(1, 5000), management=st.floats(-1, 1), scale=st.floats(0.1, 1))
def test_profit_rises_with_capital_and_management_and_yield_falls_without_overhead(capital, more, management, scale):
    assert np.all(profits(capital + more, management, scale=scale) >= profits(capital, management, scale=scale))
    assert np.all(profits(capital, management + 0.1, scale=scale) >= profits(capital, management, scale=scale))
    free = dict(scale=scale, overhead=0, leased_overhead=0, idle_rent=0)
    small_one, large_one = profits(capital, **free) / capital, profits(capital + more, **free) / (capital + more)
    assert np.all(large_one <= small_one * (1 + 1e-12))


def best(*money: float, log_management: float = 0.0, **t: float):
    found = prospect(array(*money), np.full((1, len(money)), log_management), technology(**t))
    assert np.all(found.slot == NEW)
    return [part[0].tolist() for part in (found.profit, found.kind, found.worth)]


def test_the_best_project_by_hand():
    # 20: nothing is open;  50: a farm, 5 - 4 = 1, just 2% of 50, which is no more than the hurdle
    # 60: a farm, 6 - 4 = 2, 3.33%;   200: farm 16 - (0.03 + 0.04 x 0.8) x 200 = 16 - 12.4 = 3.6,
    #     leased 14 - (0.015 + 0.01 x 0.8) x 200 = 14 - 4.6 = 9.4: leased premises, 14, 7%
    profit_, kind, worth = best(20, 50, 60, 200)
    assert profit_ == pytest.approx([0, 1, 2, 14])
    assert kind[1:] == [FARM, FARM, LEASED]
    assert worth == [0, 0, 1, 1]


def test_at_its_minimum_a_kind_is_open():
    # farm: 3 - 4 mothballed, 0.005 x 30 = 0.15;   leased: 7.5 - 1 = 6.5
    assert best(30, 29.999, 100)[0] == pytest.approx([0.15, 0, 6.5])
    assert best(100, 99.999)[1] == [LEASED, FARM]


def test_a_great_manager_prefers_a_farm():
    # ln M = ln 4: farm 4 x 20 - 4 = 76 less 12.4;   leased 2 x 15 - 1 = 29 less 4.6
    profit_, kind, worth = best(200, log_management=math.log(4))
    assert (profit_, kind, worth) == ([pytest.approx(76)], [FARM], [1])


def test_no_money_no_project():
    assert best(0, 0, minimum=0, leased_minimum=0) == [[0, 0], [0, 0], [0, 0]]


def test_each_run_has_its_own_technology():
    p = small.given(projects, 2, **NUMBERS, scale=1.0)
    p = projects.Parameters(**(vars(p) | {"overhead": np.array([[4.0], [1.0]]), "minimum": np.array([[30.0], [70.0]])}))
    t = projects.technology(p, np.full((2, 1), 0.01))
    money = np.array([[60.0, 80.0], [60.0, 80.0]])
    found, _, _, worth = prospect(money, np.zeros((2, 2)), t)
    # run 0: 6 - 4 = 2, 8 - 4 = 4;   run 1: 60 is too little, 8 - 1 = 7
    assert found == pytest.approx(np.array([[2.0, 4.0], [0.0, 7.0]]))
    assert worth.tolist() == [[1, 1], [0, 1]]


def extended(money: float, quality: float, log_management: float = 0.0, t=None, **places: float):
    """(gain, kind, slot, worth) for one owner of projects of one quality."""
    capital = small.project_array(1, **places)
    held = Portfolio(capital, 40.0 * (capital > 0), quality * (capital > 0))
    found = prospect(array(money), array(log_management), technology(**(t or {})), held)
    return tuple(float(part[0, 0]) for part in found)


def test_extending_a_good_farm_by_hand():
    # 200 at quality 1.5: 30 - 4 = 26; with 20 more 33 - 4 = 29: a gain of 3, and no second overhead
    assert extended(20, 1.5, k0s0v0=200) == pytest.approx((3, FARM, 0, 1))
    # below the smallest extension nothing is possible
    assert extended(19.99, 1.5, k0s0v0=200)[3] == 0
    # 60: a new farm 6 - 4 = 2, an extension 1.5 x 6 = 9
    assert extended(60, 1.5, k0s0v0=200) == pytest.approx((9, FARM, 0, 1))
    # under a manager with M = 2: 2 x 9 = 18
    assert extended(60, 1.5, math.log(2), k0s0v0=200) == pytest.approx((18, FARM, 0, 1))


def test_a_bad_farm_is_not_extended():
    # 200 at quality 0.2: 4 - 4 = 0, idle 1; with 60 more 1.2 against idle 1.3: a gain of 0.3; a new farm brings 2
    assert extended(60, 0.2, k0s0v0=200) == pytest.approx((2, FARM, NEW, 1))


def test_an_extension_can_bring_an_idle_farm_back():
    # 20: 2 - 4, idle 0.1; with 60 more 8 - 4 = 4: a gain of 3.9, more than the 2 of a new one
    assert extended(60, 1, k0s0v0=20) == pytest.approx((3.9, FARM, 0, 1))


def test_the_largest_project_of_a_kind_is_extended():
    assert extended(20, 1.5, k0s0v0=50, k0s1v0=200) == pytest.approx((3, FARM, 1, 1))
    assert extended(20, 1.5, k0s0v0=200, k0s1v0=50) == pytest.approx((3, FARM, 0, 1))


def test_kinds_compete_net_of_wear_for_an_extension_too():
    # 20 more: farm 2 - 0.062 x 20 = 0.76;   premises 1.5 - 0.023 x 20 = 1.04
    assert extended(20, 1, k0s0v0=200, k1s1v0=200) == pytest.approx((1.5, LEASED, 1, 1))


def test_extension_may_be_ruled_out():
    assert extended(60, 1.5, k0s0v0=200, t=dict(extension=1)) == pytest.approx((2, FARM, NEW, 1))
    assert extended(20, 1.5, k0s0v0=200, t=dict(extension=1)) == (0, 0, NEW, 0)


def test_each_owner_extends_his_own():
    capital = small.project_array(3, k0s0v0=200, k0s1v2=200)
    held = Portfolio(capital, 40.0 * (capital > 0), 1.5 * (capital > 0))
    found = prospect(array(20, 20, 20), array(0, 0, 0), technology(), held)
    assert found.profit == pytest.approx(array(3, 0, 3))
    assert found.slot.tolist() == [[0, NEW, 1]]
    assert found.worth.tolist() == [[1, 0, 1]]


EMPTY = Portfolio(small.project_array(), small.project_array(), small.project_array())


def put(portfolio: Portfolio, *money: float, kind=(FARM, FARM), quality=(1.0, 1.0), age=None) -> Portfolio:
    given_age = None if age is None else array(*age)
    return place(portfolio, array(*money), np.array([kind]), array(*quality), given_age)


def test_new_money_takes_the_first_free_place():
    after = put(EMPTY, 50, 0, quality=(1.2, 9))
    assert after.capital == pytest.approx(small.project_array(k0s0v0=50))
    assert after.quality == pytest.approx(small.project_array(k0s0v0=1.2))
    assert not after.age.any()
    after = put(after, 30, 20, kind=(FARM, LEASED), quality=(0.8, 1.1))
    assert after.capital == pytest.approx(small.project_array(k0s0v0=50, k0s1v0=30, k1s0v1=20))
    assert after.quality == pytest.approx(small.project_array(k0s0v0=1.2, k0s1v0=0.8, k1s0v1=1.1))


def test_a_place_that_fell_free_is_taken_again():
    held = Portfolio(small.project_array(k0s1v0=30), small.project_array(k0s1v0=7), small.project_array(k0s1v0=2))
    after = put(held, 10, 0)
    assert after.capital == pytest.approx(small.project_array(k0s0v0=10, k0s1v0=30))
    assert after.age == pytest.approx(small.project_array(k0s1v0=7))


def test_without_a_free_place_the_last_project_is_extended():
    held = Portfolio(
        small.project_array(k0s0v0=50, k0s1v0=30),
        small.project_array(k0s0v0=9, k0s1v0=8),
        small.project_array(k0s0v0=1, k0s1v0=1.6),
    )
    after = put(held, 10, 0, quality=(0.8, 1))
    # 30 + 10 = 40; it runs on at its age of 8; quality 0.75 x 1.6 + 0.25 x 0.8 = 1.4
    assert after.capital == pytest.approx(small.project_array(k0s0v0=50, k0s1v0=40))
    assert after.age == pytest.approx(small.project_array(k0s0v0=9, k0s1v0=8))
    assert after.quality == pytest.approx(small.project_array(k0s0v0=1, k0s1v0=1.4))
    # a share of a joint project that meets an own one takes its age; in a free place it keeps its own
    assert put(held, 10, 0, age=(2, 0)).age[0, FARM, 1, 0] == pytest.approx(8)
    assert put(EMPTY, 10, 0, age=(2, 0)).age[0, FARM, 0, 0] == pytest.approx(2)


@given(first=st.floats(0.1, 1000), second=st.floats(0.1, 1000), third=st.floats(0.1, 1000), fourth=st.floats(0.1, 1000))
def test_no_capital_is_lost_and_old_portfolios_stay(first, second, third, fourth):
    one = put(EMPTY, first, 0)
    two = put(put(one, second, third), fourth, 0)
    assert two.capital.sum() == pytest.approx(first + second + third + fourth)
    assert one.capital == pytest.approx(small.project_array(k0s0v0=first))
    assert not EMPTY.capital.any()
