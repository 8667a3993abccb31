"""Statistics over worlds and replications: three numbers by hand, limits, and the interval's coverage elsewhere."""

from itertools import chain

import numpy as np
import pytest

from sim.search import scores
from sim.search.problem import Goal, Robust
from sim.search.scores import Rule

GAIN, COST, LOSERS = (
    Goal("earned_income", "more", True),
    Goal("public_cost", "less", False),
    Goal("gini", "less", False),
)


def rule(statistic, points=10):
    return Rule.of((GAIN, LOSERS, COST), Robust((), points, statistic, 1))


def by_world():
    """(points 1, worlds 10, replications 2, goals 3): means 0 ... 9 in every goal."""
    means = np.arange(10.0)[None, :, None, None]
    return means + np.array([-0.5, 0.5])[None, None, :, None] * np.ones((1, 10, 2, 3))


@pytest.mark.parametrize(
    ("statistic", "gain", "losers"), [("mean", 4.5, 4.5), ("worst", 0.0, 9.0), ("worst_decile", 0.0, 9.0)]
)
def test_the_worst_is_least_gain_most_losers_and_cost_is_a_mean(statistic, gain, losers):
    assert rule(statistic)(by_world())[0].tolist() == [gain, losers, 4.5]


@pytest.mark.parametrize(("points", "worst"), [(2, 1), (10, 1), (11, 2), (20, 2), (100, 10)])
def test_the_worst_decile_is_a_tenth_rounded_up(points, worst):
    assert Robust((), points, "worst_decile", 1).worst == worst


def test_without_worlds_it_is_the_mean():
    values = np.array([1.0, 2.0, 6.0]).reshape(1, 1, 3, 1)
    assert Rule.of((GAIN,), None)(values).tolist() == [[3.0]]
    [[interval]] = scores.intervals(values, Rule.of((GAIN,), None), together=False)
    assert interval.mean == 3.0
    assert interval.high - 3.0 == pytest.approx(4.3027 * np.sqrt(7.0 / 3.0), rel=1e-4)


def test_a_replication_in_which_a_point_failed_is_left_out_of_all():
    values = np.zeros((2, 1, 4, 1))
    values[1, 0, 2, 0] = np.nan
    assert scores.complete(values).tolist() == [0, 1, 3]


def test_intervals_over_worlds_hold_the_estimate_and_widen_together():
    drawn = np.random.default_rng(1).normal(size=(3, 5, 40, 2))
    over = Rule.of((GAIN, LOSERS), Robust((), 5, "worst", 1))
    alone, together = (scores.intervals(drawn, over, together=how) for how in (False, True))
    for one, other in zip(chain(*alone), chain(*together), strict=True):
        assert other.low <= one.mean <= other.high
        assert one.high - one.low < other.high - other.low


def test_differences_are_paired():
    base = np.random.default_rng(2).normal(size=(1, 1, 30, 1)) * 100
    [[gap]] = scores.differences(base + 1.0, base, Rule.of((GAIN,), None))
    assert (gap.low, gap.high) == pytest.approx((1.0, 1.0))


def test_optimism_is_positive_where_the_search_saw_more_gain_and_less_cost():
    searched, fresh = np.zeros((2, 1, 10, 2)), np.zeros((2, 1, 20, 2))
    searched[..., 0], searched[..., 1] = 3.0, 5.0
    fresh[..., 0], fresh[..., 1] = 1.0, 9.0
    found = scores.optimism(searched, fresh, Rule.of((GAIN, COST), None))
    assert [one.mean for one in found] == [2.0, 4.0]
