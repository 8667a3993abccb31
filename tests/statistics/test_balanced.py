"""Balanced simultaneous intervals: they hold together, and a rare column widens no other."""

import numpy as np
import pytest

from sim.statistics import (
    TooFewReplications,
    balanced_intervals,
    bootstrap_t_interval,
    simultaneous_t_intervals,
    t_interval,
)


def draws(rng, n):
    """Seven columns that go together, one of them skewed, one 0 in nine of ten replications; all with mean 0."""
    values = 0.7 * (rng.standard_normal((n, 7)) + rng.standard_normal((n, 1)))
    values[:, 0] = np.exp(values[:, 0]) - np.exp(0.49)
    values[:, 1] = (rng.random(n) < 0.1) - 0.1
    return values


def test_they_hold_together():
    rng, missed, studies = np.random.default_rng(1), 0, 120
    for _ in range(studies):
        missed += any(not found.contains_zero for found in balanced_intervals(draws(rng, 60)))
    assert missed / studies <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / studies)


def test_a_rare_column_widens_its_own_interval_only():
    values = draws(np.random.default_rng(2), 100)
    values[:, 1] = 0.0
    values[:3, 1] = (1.0, 1.5, 1.2)
    together = simultaneous_t_intervals(values, method="bootstrap-t")
    found = balanced_intervals(values)
    assert found[5].half_width < 0.7 * together[5].half_width
    assert all(
        one.half_width >= t_interval(column).half_width - 1e-12 for one, column in zip(found, values.T, strict=True)
    )
    assert {one.method for one in found} == {"balanced"}


def test_one_column_has_about_the_interval_of_one_mean():
    values = np.random.default_rng(3).standard_normal((80, 1))
    (found,) = balanced_intervals(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.half_width == pytest.approx(bootstrap_t_interval(values[:, 0]).half_width, rel=0.1)


def test_equal_columns_cost_nothing_and_a_constant_one_is_a_point():
    one = np.random.default_rng(4).standard_normal((80, 1))
    alone = balanced_intervals(one)[0]
    found = balanced_intervals(np.hstack([one, one, np.full((80, 1), 0.3)]))
    assert found[0] == found[1]
    assert (found[0].low, found[0].high) == pytest.approx((alone.low, alone.high), rel=1e-12)
    assert (found[2].low, found[2].high) == (found[2].mean, found[2].mean) == pytest.approx((0.3, 0.3))
    assert balanced_intervals(np.zeros((5, 2)))[1].half_width == 0.0


def test_too_few_and_not_finite():
    with pytest.raises(TooFewReplications):
        balanced_intervals(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="finite"):
        balanced_intervals(np.array([[1.0], [np.nan]]))
