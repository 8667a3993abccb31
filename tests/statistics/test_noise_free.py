"""Products free of noise: by hand, with gaps, and with noise that all points share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.statistics.noise_free import (
    noise_free_product,
    noise_shares,
    plain_product,
    replication_means,
    without_replication_effects,
)

NAN = float("nan")


def test_a_product_of_different_replications_by_hand():
    # 1 * 4 and 3 * 2, not 1 * 2 and 3 * 4
    assert noise_free_product(np.array([1.0, 3.0]), np.array([2.0, 4.0])) == pytest.approx(5.0)
    assert plain_product(np.array([1.0, 3.0]), np.array([2.0, 4.0])) == pytest.approx(6.0)


def test_gaps_leave_the_pairs_that_are_there():
    # replications 0 and 1 of the first, 1 and 2 of the second: 1*5, 1*7, 3*7; not 3*5
    first, second = np.array([1.0, 3.0, NAN]), np.array([NAN, 5.0, 7.0])
    assert noise_free_product(first, second) == pytest.approx((5.0 + 7.0 + 21.0) / 3.0)


def test_one_common_replication_has_no_pair():
    assert np.isnan(noise_free_product(np.array([2.0, NAN]), np.array([3.0, NAN])))
    assert np.isnan(noise_free_product(np.array([2.0]), np.array([3.0])))
    assert noise_free_product(np.array([2.0, NAN]), np.array([NAN, 3.0])) == pytest.approx(6.0)


def test_it_is_unbiased_where_the_plain_product_is_not():
    drawn = np.random.default_rng(1).normal(2.0, 3.0, (20_000, 4))
    assert noise_free_product(drawn, drawn).mean() == pytest.approx(4.0, abs=0.2)
    assert plain_product(drawn, drawn).mean() == pytest.approx(4.0 + 9.0 / 4.0, abs=0.2)


@given(st.integers(0, 1000), st.integers(2, 6), st.integers(2, 5))
def test_without_gaps_replication_effects_are_column_means(seed, points, replications):
    values = np.random.default_rng(seed).normal(size=(points, replications))
    left = without_replication_effects(values)
    assert np.allclose(left, values - values.mean(axis=0))


def test_a_gap_does_not_move_a_point():
    effect, point = np.array([-5.0, 0.0, 5.0]), np.array([1.0, 2.0, 3.0, 6.0])
    values = point[:, None] + effect
    values[1, 2] = NAN  # its mean alone would be 2.5 lower
    assert np.allclose(replication_means(without_replication_effects(values)), point - 3.0)


def test_noise_that_all_points_share_moves_no_difference():
    rng = np.random.default_rng(2)
    point, common = rng.normal(size=(50, 1)), rng.normal(0.0, 3.0, (1, 8))
    shares = noise_shares(point + common)
    assert shares.moving == pytest.approx(0.0, abs=1e-12)
    assert shares.within > 0.5
    own = noise_shares(point + rng.normal(0.0, 3.0, (50, 8)))
    assert own.moving == pytest.approx(own.within, rel=0.05)


def test_one_replication_says_nothing_of_noise():
    assert np.isnan(noise_shares(np.arange(5.0)[:, None])).all()
