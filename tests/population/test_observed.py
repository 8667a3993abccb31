"""Observed income is returned in the first year; the arithmetic is in the comments."""

from dataclasses import fields

import numpy as np
import pytest

from sim.population import draw
from sim.population.observed import Premises, fit
from sim.technology import Technology, profit


def row(*values: float) -> np.ndarray:
    return np.array([values])


def premises(depreciation: float = 0.0, hazard: float = 0.0) -> Premises:
    """8% gross at any size, 1 万元 overhead."""
    return Premises(
        margin=row(0.08),
        overhead=row(1.0),
        scale=row(1.0),
        idle_rent=row(0.005),
        depreciation=row(depreciation),
        management=row(1.0),
        hazard=row(hazard),
    )


def solve(income, reserve, assets=0.0, given=False, quality=1.0, shop=None):
    fitted = fit(
        row(income), row(reserve), row(0.08), row(assets), np.array([[given]]), row(quality), shop or premises()
    )
    return fitted.reserve_land[0, 0], fitted.assets[0, 0], fitted.quality[0, 0]


def test_given_premises_get_the_quality_that_explains_the_rest():
    # 50 亩 x 0.08 = 4 of 11; 7 + 1 overhead = 8 gross; 100 万元 gross 8 at quality 1
    assert solve(11, 50, assets=100, given=True, quality=3) == pytest.approx((50, 100, 1.0))
    # 200 万元 gross 16 at quality 1, so half will do
    assert solve(11, 50, assets=200, given=True) == pytest.approx((50, 200, 0.5))


def test_missing_premises_get_the_size_that_explains_the_rest():
    assert solve(11, 50) == pytest.approx((50, 100, 1.0))
    # at the drawn quality of one half it takes twice the premises; what was drawn before does not matter
    assert solve(11, 50, assets=999, quality=0.5) == pytest.approx((50, 200, 0.5))


def test_land_that_earns_more_than_observed_is_scaled_down():
    # 200 亩 x 0.08 = 16 > 11; 11 / 0.08 = 137.5 亩 and no premises
    assert solve(11, 200, assets=70) == pytest.approx((137.5, 0, 1.0))


def test_given_premises_stay_and_bring_their_idle_rent():
    # idle rent 0.005 x 100 = 0.5 leaves 10.5 for land: 131.25 亩; quality 1 / 8 pays the overhead alone
    assert solve(11, 200, assets=100, given=True) == pytest.approx((131.25, 100, 0.125))


def test_a_little_beside_the_land_comes_from_mothballed_premises():
    # 4.02 - 4 = 0.02: let at 8% they would be 100 x 1.02 / 8 = 12.75 and idle worth 0.06; 0.02 / 0.005 = 4 idle
    assert solve(4.02, 50) == pytest.approx((50, 4, 1.0))


def test_no_income_means_no_land_let_and_no_premises():
    assert solve(0, 50, assets=70) == pytest.approx((0, 0, 1.0))


def test_silence_changes_nothing():
    assert solve(np.nan, 50, assets=70, quality=1.3) == pytest.approx((50, 70, 1.3))


def test_wear_and_failure_within_the_year_are_made_up_for():
    # 1% wear a quarter; survival 0.99 a quarter: hazard 1 - 0.99^4 = 0.03940399
    # alive 1 + 0.99 + 0.9801 + 0.970299 = 3.940399; worn 0.99 x 0.99 = 0.9801 a quarter:
    # 1 + 0.9801 + 0.96059601 + 0.94148015 = 3.88217616; (4 x 7 + 3.940399) / 3.88217616 = 8.2274471
    shop = premises(depreciation=0.04, hazard=0.03940399)
    assert solve(11, 50, assets=100, given=True, shop=shop)[2] == pytest.approx(8.2274471 / 8, rel=1e-6)


CSV = """name,population,operating_income,assets
甲村,1200,18,250
乙村,800,6,0
丙村,900,0.4,0
丁村,2500,140,900
"""


def first_year(point, drawn):
    """Expected operating income of the first year by the model's own technology, quarter by quarter."""
    p = point.parameters
    numbers = {field.name: 0.0 for field in fields(Technology)}  # what profit() does not read may be anything
    numbers |= {
        "margin": p["projects.leased_gross_margin"],
        "overhead": p["projects.leased_overhead"],
        "management_weight": p["projects.leased_management_weight"],
        "scale": p["projects.scale"],
        "idle_rent": p["projects.idle_rent"],
    }
    technology = Technology(**{name: np.full((1, 1, 1), value) for name, value in numbers.items()})
    led = p["talent.ability_exponent"] * np.log(drawn.leader_ability)
    care = led + p["talent.care_exponent"] * np.log(drawn.know_how)
    alive = (1 - p["projects.leased_hazard"] * np.exp(-care)) ** 0.25
    # a firm that comes every 27 years and stays 1 / (1 - e^-.05) = 20.504 years on average pays .5 a year
    total = drawn.reserve_land * p["land.rent"] + 0.037 * 20.5042 * 0.5
    for quarter in range(4):
        capital = drawn.assets * (1 - p["projects.leased_depreciation"] / 4) ** quarter
        log_management = led + np.log(drawn.know_how)
        earned = profit(capital[:, None], log_management[:, None], drawn.asset_quality[:, None], technology)[:, 0]
        total = total + alive**quarter * earned / 4
    return total


def test_a_file_with_income_is_returned_in_every_replication(point, tmp_path):
    file = tmp_path / "villages.csv"
    file.write_text(CSV, encoding="utf-8")
    here = point(villages=4, council_count=2, file=str(file))
    drawn = draw([here], range(30), seed=1)
    assert (drawn.population == [1200, 800, 900, 2500]).all()
    assert (drawn.assets[:, [0, 3]] == [250, 900]).all()
    expected = np.broadcast_to([18, 6, 0.4, 140], (30, 4))
    assert first_year(here, drawn) == pytest.approx(expected, rel=1e-5)
    assert drawn.names == ("甲村", "乙村", "丙村", "丁村")


SCENARIO = """schema: 1
title: four villages
population: {villages: 4, councils: {count: 2}, file: villages.csv}
calendar: {start: 2020, burn_in_years: 1, policy_years: 1, after_years: 0}
arms: {no_policy: []}
"""


def test_the_model_returns_it_in_expectation(tmp_path):
    from sim.engine import simulate_block
    from sim.scenario import load_scenario

    (tmp_path / "villages.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "town.yaml").write_text(SCENARIO, encoding="utf-8")
    scenario = load_scenario(str(tmp_path / "town.yaml"))
    (records,) = simulate_block([scenario], [0], range(300), ["no_policy"], 1)
    first = records.villages["operating_income"][:, 0]
    assert (np.abs(first.mean(axis=0) - [18, 6, 0.4, 140]) < 3 * first.std(axis=0) / np.sqrt(300) + 1e-9).all()
    # firms of the first day come in ones and twos: their fees have a standard error of .03
    assert first.mean(axis=0) == pytest.approx([18, 6, 0.4, 140], rel=0.015, abs=0.1)
