"""Cost-effectiveness: a case solved by hand, the analytic acceptability of two normals, properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from sim.analysis.buys import Buys, curves_of, read_buys
from sim.analysis.cost_effectiveness import (
    acceptability,
    best_on_average,
    frontier,
    incremental_ratio,
    net_benefit,
    resampled_means,
    share_on_frontier,
)
from sim.outcomes import DISCOUNT_RATE
from sim.statistics import TooFewReplications
from sim.store import ResultFolderError
from tests.stored_runs import earning, stored

# Solved by hand. Cost, gain: none 0, 0; a 10, 5; b 20, 6; c 40, 15; d 45, 12; e 70, 20.
#   d costs more and gains less than c: dominated.
#   a over none: 10/5 = 2; b over a: 10/1 = 10; c over b: 20/9 = 2.2 < 10: b is extendedly dominated by a and c;
#   c over a: 30/10 = 3; e over c: 30/5 = 6.
COST = np.array([0.0, 10.0, 20.0, 40.0, 45.0, 70.0])
GAIN = np.array([0.0, 5.0, 6.0, 15.0, 12.0, 20.0])


def test_the_frontier_by_hand() -> None:
    found = frontier(GAIN, COST)
    statuses = [of.status for of in found]
    assert statuses == ["frontier", "frontier", "extendedly dominated", "frontier", "dominated", "frontier"]
    assert [of.before for of in found] == [None, 0, None, 1, None, 3]
    assert [found[arm].ratio for arm in (1, 3, 5)] == [2.0, 3.0, 6.0]
    assert (found[3].extra_cost, found[3].extra_gain) == (30.0, 10.0)
    assert found[2].by == (1, 3)
    assert found[4].by == (3,)
    assert np.isnan(found[0].ratio)


def test_equal_arms_and_arms_that_lose_are_named() -> None:
    found = frontier(np.array([0.0, 0.0, -1.0, -2.0, 3.0]), np.array([0.0, 0.0, 5.0, 0.0, 0.0]))
    assert [of.status for of in found] == ["dominated", "equal", "dominated", "dominated", "frontier"]
    assert found[0].by == (4,)
    assert found[1].by == (0,)


def test_the_best_buy_changes_at_the_ratios() -> None:
    prices = np.array([0.0, 1.99, 2.01, 2.99, 3.01, 5.99, 6.01, 100.0])
    assert best_on_average(GAIN[:, None], COST[:, None], prices).tolist() == [0, 0, 1, 1, 3, 3, 5, 5]
    assert best_on_average(GAIN[:, None], COST[:, None], np.array([2.0])).tolist() == [0]  # of equals the cheapest


def test_net_benefit_and_shares_by_hand() -> None:
    gain = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    cost = np.array([[0.0] * 4, [4.0] * 4])
    assert net_benefit(gain, cost, np.array([2.0]))[0, 1].tolist() == [-2.0, 0.0, 2.0, 4.0]
    # at 2 the second draw is a tie and counts half for each
    assert acceptability(gain, cost, np.array([0.0, 2.0, 10.0])).tolist() == [[1.0, 0.375, 0.0], [0.0, 0.625, 1.0]]


def normal_draws(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Gain 10 sd 6, cost 50 sd 10, correlation .5."""
    z = np.random.default_rng(seed).standard_normal((2, n))
    gain, cost = 10.0 + 6.0 * z[0], 50.0 + 10.0 * (0.5 * z[0] + np.sqrt(0.75) * z[1])
    return np.stack([np.zeros(n), gain]), np.stack([np.zeros(n), cost])


def analytic(price: np.ndarray, n: int = 1) -> np.ndarray:
    """P(price x gain − cost > 0) for that bivariate normal, of single draws or of means of n."""
    variance = (price * 6.0) ** 2 + 100.0 - 2.0 * price * 0.5 * 6.0 * 10.0
    return norm.cdf((price * 10.0 - 50.0) / np.sqrt(variance / n))


def test_acceptability_of_single_draws_is_the_analytic_one() -> None:
    prices = np.array([0.0, 2.0, 4.0, 5.0, 6.0, 10.0, 30.0])
    found = acceptability(*normal_draws(100_000), prices)[1]
    assert found == pytest.approx(analytic(prices), abs=0.006)
    assert analytic(prices)[3] == pytest.approx(0.5)


def test_acceptability_of_means_is_the_analytic_one_on_average_over_studies() -> None:
    # one study's curve is shifted by its own error: its chance is uniform over studies where the two arms are equal
    prices, n = np.array([4.0, 5.0, 6.0]), 40
    curves = [acceptability(*resampled_means(*normal_draws(n, seed), resamples=400), prices)[1] for seed in range(300)]
    spread = norm.ppf(analytic(prices, n))
    # the curve of a study is Phi(its own standardised mean), itself normal around the true one with variance 1
    expected = norm.cdf(spread / np.sqrt(2.0))
    assert np.mean(curves, axis=0) == pytest.approx(expected, abs=0.04)


def test_shares_on_the_frontier_and_ratio_intervals() -> None:
    gain, cost = normal_draws(200)
    assert share_on_frontier(*resampled_means(gain, cost)).tolist() == [1.0, 1.0]
    ratio = incremental_ratio(gain, cost, 1, 0)
    assert ratio is not None
    assert ratio.mean == pytest.approx(cost[1].sum() / gain[1].sum())
    assert ratio.low < ratio.mean < ratio.high
    assert incremental_ratio(gain - gain.mean(axis=1, keepdims=True), cost, 1, 0) is None
    with pytest.raises(TooFewReplications):
        resampled_means(gain[:, :1], cost[:, :1])


arms = st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 40)), min_size=1, max_size=7)


@settings(max_examples=200)
@given(arms)
def test_on_the_frontier_are_those_that_some_price_makes_best(pairs: list[tuple[int, int]]) -> None:
    gain, cost = np.array([(0, 0), *pairs], dtype=float).T
    found = frontier(gain, cost)
    hull = {arm for arm, of in enumerate(found) if of.status == "frontier"}
    ratios = sorted(of.ratio for of in found if of.before is not None)
    between = [*(np.array([0.0, *ratios[:-1]]) + np.array(ratios)), 2.0 * ratios[-1] + 2.0] if ratios else [1.0]
    prices = np.array([1e-9, *np.array(between) / 2.0, 1e9])
    best = set(best_on_average(gain[:, None], cost[:, None], prices).tolist())
    assert best <= hull
    if ratios and min(ratios) > 0.0:
        assert best == hull
    for of in found:
        assert all(other in hull or found[other].status != "frontier" for other in of.by)


@settings(max_examples=50)
@given(arms, st.integers(0, 1000))
def test_shares_sum_to_one_and_do_not_hang_on_the_order(pairs: list[tuple[int, int]], seed: int) -> None:
    draws = np.random.default_rng(seed)
    means = np.array([(0, 0), *pairs], dtype=float).T[:, :, None]
    gain, cost = means + draws.standard_normal((2, means.shape[1], 30))
    prices = np.linspace(0.0, 10.0, 5)
    shares = acceptability(gain, cost, prices)
    assert shares.sum(axis=0) == pytest.approx(np.ones(5))
    order = draws.permutation(len(gain))
    assert acceptability(gain[order], cost[order], prices) == pytest.approx(shares[order])


# ---- from stored rows

POOL = earning(6.0, 7.0, 8.0, 9.0, cost=20.0)
NONE = earning(5.0, 6.0, 7.0, 8.0)


def test_gains_are_of_all_villages_and_a_replication_with_a_failed_run_is_left_out() -> None:
    rows = stored({(0, "no_policy"): NONE, (0, "pool"): earning(6.0, None, 8.5, 9.0, cost=20.0)})
    found = read_buys(rows, ["pool"], [0], "window")
    assert found.gain.tolist() == [[0.0] * 3, [10.0, 15.0, 10.0]]  # ten villages
    assert found.cost.tolist() == [[0.0] * 3, [20.0] * 3]
    assert (found.left_out, found.across_points) == (1, False)


def test_across_points_a_draw_is_a_points_mean() -> None:
    failed = earning(None, None, None, None)
    runs = {(point, "no_policy"): NONE for point in range(3)} | {(0, "pool"): POOL, (1, "pool"): failed}
    runs[2, "pool"] = earning(5.0, 6.0, 7.0, 12.0, cost=40.0)
    rows = stored(runs, points={"rate": [0.1, 0.2, 0.3]})
    found = read_buys(rows, ["pool"], [0, 1, 2], "window")
    assert found.gain.tolist() == [[0.0, 0.0], [10.0, 10.0]]
    assert found.cost.tolist() == [[0.0, 0.0], [20.0, 40.0]]
    assert (found.left_out, found.runs_left_out) == (1, 4)
    made = curves_of(found)
    assert made.of_means is None
    assert made.standing[1].ratio == 3.0
    assert made.willingness[-1] == 10.0
    # best buy at 2.5 where it costs 20 for 10, not where it costs 40
    assert made.of_draws[1][np.searchsorted(made.willingness, 2.5)] == 0.5


def test_what_is_not_stored_is_said() -> None:
    rows = stored({(0, "no_policy"): NONE, (0, "pool"): POOL})
    with pytest.raises(ResultFolderError, match="earned_income_discounted is not stored"):
        read_buys(rows, ["pool"], [0], "discounted")
    rows = stored({(0, "no_policy"): earning(None), (0, "pool"): earning(1.0)})
    with pytest.raises(ResultFolderError, match="no replication"):
        read_buys(rows, ["pool"], [0], "window")


def test_discounted_costs_by_hand() -> None:
    import pyarrow as pa

    runs = {(0, "no_policy"): [{"earned_income_discounted": 1.0}], (0, "pool"): [{"earned_income_discounted": 3.0}]}
    rows = stored(
        runs,
        ("earned_income_discounted",),
        scenarios={"made_up": {"villages": 10, "years": [2010, 2011, 2012, 2013], "calendar": {"burn_in_years": 1}}},
    )
    years = [2010, 2011, 2012, 2013]
    paid = {"no_policy": [0.0] * 4, "pool": [0.0, 10.0, 20.0, 0.0]}
    table = {
        "design_point": [0] * 8,
        "arm": [arm for arm in paid for _ in years],
        "replication": [0] * 8,
        "year": years * 2,
        "public_cost_county": [cost for costs in paid.values() for cost in costs],
    }
    table |= {f"public_cost_{payer}": [0.0] * 8 for payer in ("centre", "province", "town")}
    found = read_buys(rows._replace(yearly=pa.table(table)), ["pool"], [0], "discounted")
    assert found.gain[1].tolist() == [20.0]
    assert found.cost[1].tolist() == [pytest.approx(10.0 + 20.0 / (1.0 + DISCOUNT_RATE))]
    assert found.annuity == pytest.approx(1.0 + 1.0 / (1.0 + DISCOUNT_RATE) + 1.0 / (1.0 + DISCOUNT_RATE) ** 2)


def test_one_draw_has_a_frontier_and_no_curve_of_means() -> None:
    buys = Buys(("no_policy", "pool"), np.array([[0.0], [5.0]]), np.array([[0.0], [10.0]]), "window", False, 0, 0, 1.0)
    made = curves_of(buys, 4.0)
    assert made.of_means is None
    assert made.willingness[-1] == 4.0
    assert made.standing[1].ratio == 2.0
