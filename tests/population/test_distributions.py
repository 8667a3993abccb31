"""Inverse distribution functions, by hand."""

import numpy as np
import pytest

from sim.population.distributions import category, logit_normal, lognormal_of_mean, lognormal_with_tail


def row(*values: float) -> np.ndarray:
    return np.array([values])


def test_lognormal_has_the_mean_it_is_given():
    # 800 exp(0.7 x 1 - 0.49 / 2) = 800 exp(0.455) = 800 x 1.5761734 = 1260.9387
    assert lognormal_of_mean(row(800), row(0.7), row(1.0))[0, 0] == pytest.approx(1260.9387)
    # at z = sd / 2 the two terms cancel
    assert lognormal_of_mean(row(800), row(0.7), row(0.35))[0, 0] == pytest.approx(800)
    z = np.random.default_rng(3).standard_normal((1, 200_000))
    assert lognormal_of_mean(row(800), row(0.7), z).mean() == pytest.approx(800, rel=0.01)


def test_logit_normal_moves_log_odds():
    # odds of 0.6 are 1.5; 1.5 exp(0.5 x 2) = 4.0774227; 4.0774227 / 5.0774227 = 0.8030497
    assert logit_normal(row(0.6), row(0.5), row(2.0))[0, 0] == pytest.approx(0.8030497)
    assert logit_normal(row(0.6), row(0.5), row(0.0))[0, 0] == pytest.approx(0.6)
    assert logit_normal(row(0.0, 1.0), row(0.5), row(2.0)).tolist() == [[0.0, 1.0]]


NINETIETH = 100 * np.exp(1.2815515655)  # 360.22: a tenth of a lognormal with median 100 and sd 1 lies above


def test_body_is_lognormal_and_the_tail_is_pareto():
    values = lognormal_with_tail(row(0.5, 0.9, 0.975), row(100), row(1), row(NINETIETH), row(2), row(1e9))
    # half lies below the median, a tenth above the start, a quarter of that tenth above start x 0.25^(-1/2) = 2 start
    assert values[0] == pytest.approx([100, NINETIETH, 2 * NINETIETH], rel=1e-6)


def test_the_tail_ends_at_the_largest():
    largest = 4 * NINETIETH
    values = lognormal_with_tail(row(0.975, 1 - 2**-53), row(100), row(1), row(NINETIETH), row(2), row(largest))
    # (largest/start)^-2 = 1/16; 1/4 + 3/4 x 1/16 = 0.296875; 0.296875^(-1/2) = 1.8353259
    assert values[0] == pytest.approx([1.8353259 * NINETIETH, largest], rel=1e-6)


def test_without_spread_everybody_is_the_median():
    assert lognormal_with_tail(row(0.01, 0.99), row(100), row(0), row(400), row(2), row(900))[0] == pytest.approx(100)


def test_category_counts_the_limits_passed():
    assert category(row(0.0, 0.49, 0.5, 0.79, 0.8, 0.999), row(0.5, 0.3, 0.2)).tolist() == [[0, 0, 1, 1, 2, 2]]
    # weights that sum to a little less than one leave nobody out
    assert category(row(1 - 2**-53), row(0.3, 0.3, 0.39999999))[0, 0] == 2
