"""The engine end to end, in a world so plain that pencil and paper follow it.

Two villages, one council, no luck, no wear of trust or talent: a farm brings 0.1 K - 4 万元 a year and loses 1% of its
capital a quarter; nothing else earns or costs money. Quarter 4 is the first of the policy years.
"""

import numpy as np
import pytest

from sim.engine import arm_names, simulate_block, simulation_of_one
from tests.scenarios_for_tests import block, differences, scenario, simulate

PLAIN = {
    "enterprises.arrivals": 0,
    "grants.base_transfer": 0,
    "grants.leakage": 0,
    "land.reserve_share": 0,
    "population.assets.none_share": 1,
    "population.people.log_sd": 0,
    "production.common_sd": 0,
    "production.industry_sd": 0,
    "production.village_sd": 0,
    "production.weather_sd": 0,
    "production.deposit_rate": 0,
    "talent.leader_sd": 0,
    "talent.know_how_sd": 0,
    "talent.learning": 0,
    "talent.skill_learning": 0,
    "governance.trust_start_sd": 0,
    "joint_management.effort_elasticity": 0,
    "joint_management.span": 0,
    "joint_vehicle.retained_share": 0,
    "joint_vehicle.sale_share": 0.6,
    "joint_vehicle.exit_after": 100,
    "projects.gross_margin": 0.1,
    "projects.overhead": 4,
    "projects.minimum": 30,
    "projects.gestation": 4,
    "projects.depreciation": 0.04,
    "projects.hazard": 0,
    "projects.quality_sd": 0,
    "projects.idle_rent": 0,
    "projects.leased_minimum": 10000,
    "projects.minimum_extension": 10000,
    "distribution.saved_share": 0,
    "distribution.open_share": 0,
    "project_scale": "constant",
    "group_cost": "none",
}


def pooled(grant=100.0, *, end=7, budget=0.0, match=0.0, years=(1, 3, 1), **changes):
    """Records of an arm whose two villages must pool all of a grant of the first policy year."""
    blocks = [
        block("demonstration_grant", 4, 7, budget=grant),
        block("funding_pool", 4, end, budget=budget, match=match, contribution_floor=1),
    ]
    point = scenario({"arm": blocks}, villages=2, councils=1, years=years, changes=PLAIN | changes, companions=())
    return simulate(point, replications=[0])["arm"]


def flow(records, source: str, target: str, kind: str) -> list[float]:
    """万元 by year of a kind of flow between two accounts."""
    rows = [a[0] for (f, t, k, _), a in records.accounts.items() if (f, t, k) == (source, target, kind)]
    return np.sum(rows, axis=0).tolist() if rows else [0.0] * len(records.years)


def village(records, column: str, n: int = 0) -> list[float]:
    return records.villages[column][0, :, n].tolist()


# The farm of 100 is started in quarter 4, wears from quarter 5 on and pays from quarter 9 on, at the age of four.
# Capital at the start of quarter 4 + n is 100 x 0.99^(n - 1).
K = {quarter: 100 * 0.99 ** (quarter - 5) for quarter in range(5, 25)}


def test_the_table_of_capital_by_hand():
    # quarter 9: 0.99^4 = 0.96059601;   quarter 10: 0.9509900499
    assert [K[5], K[6], K[9], K[10]] == pytest.approx([100, 99, 96.059601, 95.09900499])


# Returns of quarters 9 and 10: (0.1 x 96.059601 - 4) / 4 = 5.6059601 / 4 = 1.401490025
#                               (0.1 x 95.09900499 - 4) / 4 = 5.509900499 / 4 = 1.37747512475
R9, R10 = 1.401490025, 1.37747512475
RETURNS = {9: R9, 10: R10} | {quarter: (0.1 * K[quarter] - 4) / 4 for quarter in range(11, 25)}


def test_kept_the_vehicle_pays_on():
    records = pooled()
    # year 2 (quarters 8 to 11): its dividend, in quarter 11, is of quarters 9 and 10; half to each
    assert flow(records, "vehicle.cash", "village.cash", "dividend")[:3] == pytest.approx([0, 0, R9 + R10])
    assert village(records, "investment_income")[2] == pytest.approx((R9 + R10) / 2)
    # year 3: quarters 11 to 14;   year 4: quarters 15 to 18
    assert flow(records, "vehicle.cash", "village.cash", "dividend")[3:] == pytest.approx(
        [sum(RETURNS[q] for q in range(11, 15)), sum(RETURNS[q] for q in range(15, 19))]
    )
    # quarter 19 ends the run: capital 100 x 0.99^15, and the return of quarter 19 is in the vehicle's purse
    assert records.balances["vehicle.assets"][0].tolist() == pytest.approx([0, 0, K[8], K[12], K[16], K[20]])
    assert records.balances["vehicle.cash"][0, -1] == pytest.approx(RETURNS[19])
    assert village(records, "operating_income") == [0] * 5
    # the county paid 100, and 1.5 a village for a year's staff time
    assert records.public_cost["county"][0].tolist() == pytest.approx([0, 103, 0, 0, 0])
    assert village(records, "earmarked_contribution_share") == [-1, 1, 1, 1, 1]


def test_dissolved_each_runs_its_half():
    records = pooled(after_money="dissolve")
    # wound up in quarter 7, before that quarter's wear: 100 x 0.99^2 = 98.01, half of it each
    assert flow(records, "vehicle.assets", "village.assets", "capital_return") == pytest.approx([0, 98.01, 0, 0, 0])
    assert village(records, "project_assets")[1] == pytest.approx(49.005 * 0.99)
    # each half pays an overhead of its own: quarter 9, K = 48.0298005: (4.80298005 - 4) / 4 = 0.2007450125
    #   quarter 10, K = 47.549502495: 0.18873756;  quarter 11, K = 47.07400747: 0.17685019
    halves = [max(0.1 * K[q] / 2 - 4, 0) / 4 for q in range(9, 12)]
    assert halves == pytest.approx([0.2007450125, 0.188737562375, 0.17685018675125])
    assert village(records, "operating_income")[2] == pytest.approx(sum(halves))
    assert records.balances["vehicle.assets"][0].tolist() == [0] * 6
    assert records.balances["vehicle.cash"][0].tolist() == [0] * 6
    assert village(records, "investment_income") == [0] * 5


def test_liquidated_each_gets_his_half_of_the_sale():
    records = pooled(after_money="liquidate")
    # 98.01 x 0.6 = 58.806 in all; 39.204 are lost; it is no income
    assert flow(records, "vehicle.assets", "vehicle.cash", "capital_return") == pytest.approx([0, 58.806, 0, 0, 0])
    assert flow(records, "vehicle.assets", "write_off", "liquidation") == pytest.approx([0, 39.204, 0, 0, 0])
    assert flow(records, "vehicle.cash", "village.cash", "capital_return") == pytest.approx([0, 58.806, 0, 0, 0])
    assert village(records, "cash") == pytest.approx([0] + [29.403] * 4)
    assert village(records, "earned_income") == [0] * 5
    assert village(records, "total_income") == pytest.approx([0, 50, 0, 0, 0])


def test_unequal_payers_get_unequal_parts():
    blocks = [
        block("demonstration_grant", 4, 7, budget=100, allocation="population"),
        block("funding_pool", 4, 7, contribution_floor=1, distribution=dict(equity=1.0, equal=0.0, need=0.0, work=0.0)),
    ]
    people = PLAIN | {"population.people.log_sd": 0.5, "after_money": "liquidate"}
    point = scenario({"arm": blocks}, villages=2, councils=1, years=(1, 3, 1), changes=people, companions=())
    records = simulate(point, replications=[0])["arm"]
    grants = records.villages["subsidies"][0, 1]
    assert abs(grants[0] - grants[1]) > 1
    # 58.806 by what each has paid in
    assert records.villages["cash"][0, 1].tolist() == pytest.approx((0.58806 * grants).tolist())


def test_a_fund_that_is_too_small_comes_back_after_its_term():
    records = pooled(20, **{"grants.carry_over_term": 2})
    # 10 each are pooled in quarter 4 and wait in quarters 5 and 6; in quarter 7 they are past their term of two:
    # they come back, and are built at once, far below the smallest size
    assert flow(records, "village.cash", "vehicle.cash", "contribution") == pytest.approx([0, 20, 0, 0, 0])
    assert flow(records, "vehicle.cash", "village.cash", "capital_return") == pytest.approx([0, 20, 0, 0, 0])
    assert flow(records, "village.cash", "village.assets", "investment") == pytest.approx([0, 20, 0, 0, 0])
    assert village(records, "project_assets")[1] == pytest.approx(10)
    assert village(records, "earned_income") == [0] * 5
    # a quarter more: it comes back a year later
    records = pooled(20, **{"grants.carry_over_term": 3})
    assert flow(records, "vehicle.cash", "village.cash", "capital_return") == pytest.approx([0, 0, 20, 0, 0])


def test_it_may_go_back_to_its_payer():
    records = pooled(20, **{"grants.carry_over_term": 2, "carry_over": "lapse"})
    assert flow(records, "village.cash", "county.programme", "lapse") == pytest.approx([0, 20, 0, 0, 0])
    assert records.public_cost["county"][0].tolist() == pytest.approx([0, 3, 0, 0, 0])
    records = pooled(20, carry_over="indefinite")
    assert records.balances["vehicle.cash"][0].tolist() == pytest.approx([0, 0, 20, 20, 20, 20])


def test_eight_quarters_of_arrears_end_it():
    # two members: one pair, 400 x (1.5 - 0.5) = 400 a year, 100 a quarter, from quarter 5 on
    high = {"joint_management.coordination": 400, "group_cost": "quadratic", "governance.trust_reversion": 0}
    records = pooled(**high, **{"joint_management.heterogeneity": 0})
    # nobody has cash: arrears in quarters 5 to 12; the returns of quarters 9, 10 and 11 pay a little of them
    staff = flow(records, "vehicle.cash", "staff", "coordination")
    assert staff[2] == pytest.approx(R9 + R10)
    # in quarter 12: capital 100 x 0.99^7 = 93.2065347906, sold for 55.92392; all of it goes to arrears
    sale = 0.6 * 93.206534790699
    assert flow(records, "vehicle.assets", "vehicle.cash", "capital_return")[3] == pytest.approx(sale)
    assert staff[3] == pytest.approx(RETURNS[11] + sale)
    assert flow(records, "vehicle.cash", "village.cash", "capital_return") == [0] * 5
    assert records.balances["vehicle.assets"][0].tolist() == pytest.approx([0, 0, K[8], K[12], 0, 0])
    # open at the end of two years
    assert records.safeguards["arrears"].tolist() == [2]


def test_members_leave_after_years_of_loss():
    high = {"joint_management.coordination": 8, "group_cost": "quadratic", "governance.trust_reversion": 0}
    records = pooled(**high, **{"joint_management.heterogeneity": 0, "joint_vehicle.exit_after": 1})
    # a farm of 98 brings 5.8 at best, meeting costs 8: in quarter 7 they part
    assert flow(records, "vehicle.assets", "village.assets", "capital_return") == pytest.approx([0, 98.01, 0, 0, 0])
    assert records.balances["vehicle.assets"][0, -1] == 0


def test_the_match_is_cut_in_proportion_to_its_budget():
    records = pooled(100, match=0.5, budget=30)
    # 50 asked, 30 paid: a farm of 130
    assert records.claims["county"][0].tolist() == pytest.approx([0, 150, 0, 0, 0])
    assert flow(records, "county.programme", "vehicle.cash", "funding_pool") == pytest.approx([0, 30, 0, 0, 0])
    assert records.balances["vehicle.assets"][0, 2] == pytest.approx(1.3 * K[8])
    full = pooled(100, match=0.5, budget=80)
    assert flow(full, "county.programme", "vehicle.cash", "funding_pool") == pytest.approx([0, 50, 0, 0, 0])


def test_a_grant_is_cut_in_proportion_to_its_budget():
    blocks = [block("demonstration_grant", 4, 11, budget=60, per_village=40)]
    point = scenario({"arm": blocks}, villages=2, councils=1, years=(1, 3, 1), changes=PLAIN, companions=())
    records = simulate(point, replications=[0])["arm"]
    assert records.claims["county"][0].tolist() == pytest.approx([0, 80, 80, 0, 0])
    assert village(records, "subsidies") == pytest.approx([0, 30, 30, 0, 0])


def test_a_pool_that_ends_as_a_year_opens_is_not_refilled():
    records = pooled(end=8, after_money="liquidate")
    assert flow(records, "village.cash", "vehicle.cash", "contribution") == pytest.approx([0, 100, 0, 0, 0])
    # wound up in quarter 8: 100 x 0.99^3 x 0.6
    assert flow(records, "vehicle.assets", "vehicle.cash", "capital_return")[2] == pytest.approx(0.6 * 97.0299)
    assert records.balances["vehicle.assets"][0, -1] == 0


def test_the_same_companion_waits_as_its_arm_does():
    blocks = [block("demonstration_grant", 4, 7, budget=100)]
    point = scenario({"arm": blocks}, villages=2, councils=1, years=(1, 3, 1), changes=PLAIN)
    records = simulate(point, replications=[0])
    # 50 each: a farm of 50: quarter 9, K = 48.0298005: 0.2007450125; 10: 0.188737562375; 11: 0.17685018675125
    for arm in ("arm", "arm@same_money"):
        assert village(records[arm], "operating_income")[2] == pytest.approx(0.56633276162625)


def test_names_of_arms_in_order():
    grant, pool = block("demonstration_grant", 8, 9, budget=1), block("funding_pool", 8, 9)
    point = scenario({"b": [grant], "a": [grant, pool]})
    every = ("no_policy", "b", "b@same_money", "a", "a@same_money", "a@same_management")
    assert arm_names(point) == every
    assert arm_names(point, ["a@same_money", "no_policy"]) == ("no_policy", "a@same_money")
    with pytest.raises(KeyError, match="b@same_management"):
        arm_names(point, ["b@same_management"])


def test_runs_are_ordered_and_named():
    point = scenario({"arm": [block("demonstration_grant", 8, 9, budget=1)]})
    seen: list[int] = []
    records = simulate_block([point, point], [7, 9], [3, 5], ["arm"], 1, progress=seen.append)
    assert [r.arm for r in records] == ["arm"]
    assert records[0].design_point.tolist() == [7, 7, 9, 9]
    assert records[0].replication.tolist() == [3, 5, 3, 5]
    assert records[0].years.tolist() == list(range(2010, 2017))
    # 28 quarters x 4 runs x 6 villages
    assert sum(seen) == 28 * 4 * 6
    assert records[0].policy_active[0].tolist() == [False, False, True, False, False, False, False]


def test_a_simulation_goes_quarter_by_quarter_and_ends():
    point = scenario({"arm": [block("demonstration_grant", 4, 7, budget=100)]}, villages=4, councils=2, years=(1, 1, 1))
    one = simulation_of_one(point, "arm", 2, 1)
    seen = []
    while not one.finished:
        seen.append((one.quarter.index, one.quarter.year, one.quarter.season, len(one.records().years)))
        one.step()
    first = point.calendar.start
    assert seen == [(n, first + n // 4, n % 4, n // 4) for n in range(12)]
    (whole,) = simulate_block([point], [0], [1, 2], ["arm"], 1)
    assert differences(whole, one.records(), [1]) == []
    with pytest.raises(ValueError, match="all 12 quarters"):
        one.step()
    with pytest.raises(KeyError):
        simulation_of_one(point, "army", 0, 1)
