"""Worked examples of the outcomes: every expected number is calculated by hand in the comment beside it."""

import numpy as np
import pytest

from sim.outcomes import (
    OUTCOMES,
    TERCILES,
    THRESHOLDS,
    Observed,
    compared_arm,
    gini,
    mean_of,
    observe,
    poorest_third,
    share_that_loses,
    terciles,
    theil,
    tier,
    window,
)
from tests import synthetic

ALL = np.ones(4, dtype=bool)


def observed(earned, *, no_policy=None, same_money=None, exists=None, cost=None) -> Observed:
    """One run; ``earned`` is years x villages. The other columns are simple multiples, to tell them apart."""
    earned = np.array(earned, dtype=float)[None]
    there = np.ones(earned.shape, dtype=bool) if exists is None else np.array(exists)[None]
    columns = {"earned_income": earned, "operating_income": earned - 1.0, "investment_income": earned * 0 + 1.0}
    columns |= {"total_income": earned + 5.0, "tax_share": earned * 0 + 2.0, "subsidies": earned * 0 + 3.0}
    columns |= {"reported_income": earned + 6.0, "local_tax": earned * 2.0}
    columns |= {"jobs": earned + 20.0, "household_wages": earned + 100.0}
    return Observed(
        villages=columns,
        exists=there,
        terciles=terciles(earned[:, 0], there[:, 0]),
        first_policy_year=1,
        public_cost=np.zeros(earned.shape[:2]) if cost is None else np.array(cost, dtype=float)[None],
        no_policy=None if no_policy is None else np.array(no_policy, dtype=float)[None],
        same_money=None if same_money is None else np.array(same_money, dtype=float)[None],
    )


def yearly(name: str, seen: Observed) -> list[float]:
    return OUTCOMES[name].yearly(seen)[0].tolist()


def test_gini_of_four_incomes():
    # sorted 1 2 3 4: 2 (1x1 + 2x2 + 3x3 + 4x4) / (4 x 10) - 5/4 = 60/40 - 1.25 = 0.25
    assert gini(np.array([4.0, 1.0, 3.0, 2.0]), ALL) == pytest.approx(0.25, abs=1e-15)


def test_gini_where_one_has_all():
    # (n - 1) / n = 3/4
    assert gini(np.array([0.0, 0.0, 7.0, 0.0]), ALL) == pytest.approx(0.75, abs=1e-15)


def test_gini_of_equal_and_of_no_income_is_zero():
    assert gini(np.full(4, 3.0), ALL) == pytest.approx(0.0, abs=1e-15)
    assert gini(np.zeros(4), ALL) == 0.0


def test_gini_takes_negative_income_as_zero():
    assert gini(np.array([-5.0, 0.0, 7.0, -1.0]), ALL) == pytest.approx(0.75, abs=1e-15)


def test_gini_leaves_out_merged_villages():
    # only 1 and 3 exist: 2 (1x1 + 2x3) / (2 x 4) - 3/2 = 14/8 - 1.5 = 0.25
    there = np.array([True, False, True, False])
    assert gini(np.array([1.0, 0.0, 3.0, 0.0]), there) == pytest.approx(0.25, abs=1e-15)


def test_theil_of_two_incomes():
    # mean 2: (0.5 ln 0.5 + 1.5 ln 1.5) / 2 = (-0.3465736 + 0.6081977) / 2 = 0.1308120
    assert theil(np.array([1.0, 3.0]), np.ones(2, dtype=bool)) == pytest.approx(0.130812035941137, abs=1e-12)


def test_theil_where_one_has_all_is_ln_n():
    assert theil(np.array([0.0, 0.0, 7.0, 0.0]), ALL) == pytest.approx(np.log(4.0), abs=1e-12)
    assert theil(np.zeros(4), ALL) == 0.0


def test_poorest_third_breaks_ties_by_index():
    income = np.array([[5.0, 2.0, 2.0, 2.0, 9.0, 1.0]])  # a third of 6 is 2: the 1 and the first of the 2s
    assert poorest_third(income, np.ones((1, 6), dtype=bool)).tolist() == [[False, True, False, False, False, True]]


def test_poorest_third_of_two_villages_is_one():
    assert poorest_third(np.array([[3.0, 2.0]]), np.ones((1, 2), dtype=bool)).tolist() == [[False, True]]


def test_poorest_third_is_of_villages_that_exist():
    there = np.array([[False, True, True, True]])
    assert poorest_third(np.array([[0.0, 3.0, 2.0, 4.0]]), there).tolist() == [[False, False, True, False]]


def test_mean_of_the_marked():
    # villages 0 and 2: (1 + 3) / 2 = 2, then (4 + 6) / 2 = 5
    income = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    assert mean_of(income, np.array([[True, False, True]])).tolist() == [[2.0, 5.0]]


def test_ties_do_not_lose():
    # losses of 1e-10 and 0 are ties, 1e-6 is a loss: 1 of 4
    assert share_that_loses(np.array([-1e-10, 0.0, -1e-6, 2.0])) == 0.25


def test_tiers_at_their_bounds():
    assert tier(np.array([9.99, 10.0, 50.0, 50.01])).tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("calendar", "years"),
    [((5, 10, 10), slice(15, 25)), ((5, 10, 0), slice(12, 15)), ((5, 2, 0), slice(5, 7)), ((4, 0, 0), slice(1, 4))],
)
def test_window(calendar, years):
    # the after years; without them the last three policy years; without either the last three years
    assert window(*calendar) == years


def test_incomes_are_means_over_villages():
    seen = observed([[1.0, 3.0], [10.0, 50.0]])
    assert yearly("earned_income", seen) == [2.0, 30.0]
    assert yearly("operating_income", seen) == [1.0, 29.0]
    assert yearly("total_income", seen) == [7.0, 35.0]
    assert (yearly("tax_share", seen), yearly("subsidies", seen)) == ([2.0, 2.0], [3.0, 3.0])
    assert yearly("investment_income", seen) == [1.0, 1.0]


def test_jobs_wages_and_tax_are_means_over_villages():
    seen = observed([[1.0, 3.0], [10.0, 50.0]])
    assert yearly("jobs", seen) == [22.0, 50.0]
    assert yearly("household_wages", seen) == [102.0, 130.0]
    assert yearly("local_tax", seen) == [4.0, 60.0]
    # earned income and twice as much tax
    assert yearly("town_and_village_income", seen) == [6.0, 90.0]


def test_thresholds_count_villages_at_or_above():
    seen = observed([[4.0, 5.0, 10.0, 49.0], [50.0, 94.0, 95.0, 100.0]])
    assert [yearly(f"villages_at_or_above_{level}", seen) for level in THRESHOLDS] == [
        [3.0, 4.0],
        [2.0, 4.0],
        [0.0, 4.0],
        [0.0, 1.0],
    ]
    # total is 5 more: 9, 10, 15, 54 and 55, 99, 100, 105; reported 6 more: 10, 11, 16, 55
    assert yearly("villages_at_or_above_10_total", seen) == [3.0, 4.0]
    assert yearly("villages_at_or_above_100_total", seen) == [0.0, 2.0]
    assert yearly("villages_at_or_above_10_reported", seen) == [4.0, 4.0]


def test_merged_villages_reach_no_threshold():
    seen = observed([[60.0, 60.0]], exists=[[True, False]])
    assert yearly("villages_at_or_above_50", seen) == [1.0]


def test_poorest_tercile_follows_the_villages_that_were_poor():
    # in the first year village 2 is poorest; its income later is 40
    seen = observed([[5.0, 6.0, 1.0], [5.0, 6.0, 40.0]])
    assert yearly("poorest_tercile_income", seen) == [1.0, 40.0]


def test_losers_of_the_run_are_judged_on_the_mean_of_the_window():
    # gains of village 0: -1 and +3, mean +1; of village 1: +1 and -2, mean -0.5: one of two loses
    seen = observed([[4.0, 6.0], [8.0, 3.0]], no_policy=[[5.0, 5.0], [5.0, 5.0]])
    assert yearly("share_of_losers", seen) == [0.5, 0.5]
    assert OUTCOMES["share_of_losers"].over_window(seen, slice(0, 2)).tolist() == [0.5]


def test_losers_are_unknown_without_the_arm_to_compare_with():
    seen = observed([[4.0, 6.0]])
    assert np.isnan(OUTCOMES["share_of_losers_same_money"].over_window(seen, slice(0, 1))).all()
    assert np.isnan(yearly("share_of_losers_same_money", seen)).all()


def test_public_cost_of_the_run_is_a_sum_the_rest_are_means():
    seen = observed([[1.0, 3.0], [2.0, 4.0]], cost=[100.0, 30.0])
    assert OUTCOMES["public_cost"].over_window(seen, slice(1, 2)).tolist() == [130.0]
    assert OUTCOMES["earned_income"].over_window(seen, slice(0, 2)).tolist() == [2.5]  # (2 + 3) / 2


def test_outcomes_are_the_same_alone_or_in_a_batch():
    made = synthetic.scenario()
    arms = synthetic.all_arms(made)
    together = {r.arm: r for r in synthetic.simulate_block([made], [0], range(6), arms, 1)}
    alone = {r.arm: r for r in synthetic.simulate_block([made], [0], [4], arms, 1)}
    for outcome in OUTCOMES.values():
        many = outcome.yearly(observe(together, "pool", 3))[4]
        assert np.array_equal(many, outcome.yearly(observe(alone, "pool", 3))[0], equal_nan=True)


def test_every_outcome_is_declared_in_full():
    for name, outcome in OUTCOMES.items():
        assert name == outcome.name
        assert all((outcome.zh, outcome.unit, outcome.meaning))


def test_discounted_income_counts_the_years_of_the_policy() -> None:
    seen = observed([[50.0], [0.0], [10.3]])
    # the first year is burn-in: (0 + 10.3 / 1.03) / (1 + 1 / 1.03)
    found = OUTCOMES["earned_income_discounted"].over_window(seen, slice(2, 3))
    assert found.tolist() == pytest.approx([10.0 / (1.0 + 1.0 / 1.03)])


def test_terciles_are_of_villages_that_exist_and_the_middle_has_the_rest():
    there = np.array([[True, True, True, True, False, True]])
    # five villages: 1 poorest has round(5 / 3) = 2, richest 2, the middle 1; equal incomes by index
    found = terciles(np.array([[7.0, 1.0, 3.0, 3.0, 0.0, 9.0]]), there)
    assert found.tolist() == [[2, 0, 0, 1, -1, 2]]


@pytest.mark.parametrize(("villages", "sizes"), [(1, [1, 0, 0]), (2, [1, 0, 1]), (3, [1, 1, 1]), (4, [1, 2, 1])])
def test_terciles_of_few_villages(villages, sizes):
    found = terciles(np.arange(villages, dtype=float)[None], np.ones((1, villages), dtype=bool))
    assert [int((found == third).sum()) for third in range(3)] == sizes


def test_losers_by_tercile():
    # burn-in incomes 1 2 3 4 5 6: two villages a third; in the window villages 0, 4, 5 earn less than without policy
    burn_in, none = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    policy = [0.5, 2.0, 1.0, 1.0 - 1e-12, 0.0, 0.9]
    seen = observed([burn_in, policy], no_policy=[burn_in, none])
    shares = [OUTCOMES[f"share_of_losers_{third}"].over_window(seen, slice(1, 2))[0] for third in TERCILES]
    assert shares == [0.5, 0.0, 1.0]  # 1 of 2, 0 of 2, 2 of 2
    assert yearly("share_of_losers_poorest", seen) == [0.0, 0.5]
    assert np.isnan(yearly("share_of_losers_same_money_poorest", seen)).all()


def test_losers_by_tercile_against_the_same_money_and_what_they_are_measured_against():
    burn_in = [1.0, 2.0, 3.0]
    seen = observed([burn_in, [1.0, 1.0, 1.0]], no_policy=[burn_in, [0.0] * 3], same_money=[burn_in, [2.0, 1.0, 0.0]])
    assert yearly("share_of_losers_same_money_poorest", seen) == [0.0, 1.0]
    assert yearly("share_of_losers_same_money_richest", seen) == [0.0, 0.0]
    assert yearly("share_of_losers_poorest", seen) == [0.0, 0.0]
    assert compared_arm("share_of_losers_richest", "pool") == "no_policy"
    assert compared_arm("share_of_losers_same_money_richest", "pool") == "pool@same_money"
    assert compared_arm("earned_income", "pool") == ""


def test_a_tercile_without_villages_has_no_share():
    seen = observed([[1.0], [0.0]], no_policy=[[1.0], [1.0]])
    assert np.isnan(OUTCOMES["share_of_losers_richest"].over_window(seen, slice(1, 2))).all()
    assert OUTCOMES["share_of_losers_poorest"].over_window(seen, slice(1, 2)).tolist() == [1.0]
