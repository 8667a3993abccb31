"""Intervals of many columns at once against those one by one."""

import numpy as np
import pytest

from sim.analysis.many import ratio_intervals, wilson_bounds
from sim.statistics import ratio_interval


def test_wilson_bounds_by_hand():
    # 1 of 4 at 95%: z2 = 3.8415: (.25 + .4802 -+ sqrt(3.8415 x (.1875 + .2401) / 4)) / 1.9604
    low, high = wilson_bounds(np.array([1.0, 0.0, 4.0, 0.0]), np.array([4.0, 4.0, 4.0, 0.0]))
    assert (low[0], high[0]) == (pytest.approx(0.0456, abs=1e-4), pytest.approx(0.6994, abs=1e-4))
    assert (low[1], high[2]) == (0.0, pytest.approx(1.0))
    assert high[1] == pytest.approx(1.0 - low[2])
    assert np.isnan([low[3], high[3]]).all()


@pytest.mark.parametrize("n", [2, 4, 9, 25])
def test_many_ratios_are_those_one_by_one(n):
    generator = np.random.default_rng(2)
    above, below = generator.normal(2.0, 1.0, (n, 40)), generator.normal(4.0, 0.5, (n, 40))
    above[:, 5] = 1.0  # the numerator does not vary
    above[:, 6] = 2.0 * below[:, 6]  # the ratio does not vary
    below[:, 7] -= below[:, 7].mean()  # changes its sign
    below[:, 8] = 0.0
    estimates, low, high = ratio_intervals(above, below)
    assert np.isnan([estimates[7], low[8], high[7]]).all()
    for column in (0, 1, 5, 6, 39):
        one = ratio_interval(above[:, column], below[:, column])
        assert (estimates[column], low[column], high[column]) == pytest.approx((one.mean, one.low, one.high), rel=1e-9)


def test_resamples_in_another_order_are_ties():
    # with few replications many resamples hold the same ones, and sum to the estimate but for rounding
    above, below = np.array([0.1, 0.2, 0.3, 0.45]), np.array([0.3, 0.1, 0.7, 0.9])
    _, low, high = ratio_intervals(above[:, None], below[:, None])
    one = ratio_interval(above, below)
    assert (low[0], high[0]) == (pytest.approx(one.low, rel=1e-12), pytest.approx(one.high, rel=1e-12))
