"""Skewness and bootstrap-t: by hand, against scipy and against a loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from sim.statistics import (
    BOOTSTRAP_SEED,
    RESAMPLES,
    TooFewReplications,
    bootstrap_t_interval,
    is_skewed,
    mean_interval,
    resample_indices,
    skewness,
    t_interval,
)
from sim.statistics.studentised import resample_counts

SKEWED = np.random.Generator(np.random.PCG64(8)).standard_exponential(30)
NORMAL = stats.norm.ppf((np.arange(30) + 0.5) / 30)


def test_skewness_by_hand():
    # 0 0 3: mean 1, second moment (1 + 1 + 4) / 3 = 2, third (-1 - 1 + 8) / 3 = 2: 2 / 2 ** 1.5
    assert skewness(np.array([0.0, 0.0, 3.0])) == pytest.approx(2 / 2**1.5)
    assert skewness(np.full(5, 0.1)) == 0.0


def test_skewness_by_column():
    values = np.column_stack([SKEWED, -SKEWED, NORMAL])
    assert skewness(values) == pytest.approx(stats.skew(values))
    assert list(is_skewed(values)) == [True, True, False]


def test_the_rule_at_its_border():
    # one 1 among zeros: skewness (n - 2) / sqrt(n - 1); n = 4: 1.1547 > .2; two of four: 0
    assert is_skewed(np.array([1.0, 0.0, 0.0, 0.0]))
    assert not is_skewed(np.array([1.0, 1.0, 0.0, 0.0]))
    # 49 ones and 61 zeros: (1 - 2p) / sqrt(p q) = .2195, against .1 sqrt(110) = 1.0488
    assert not is_skewed(np.repeat([1.0, 0.0], [49, 61]))
    # 25 and 85: 1.3015
    assert is_skewed(np.repeat([1.0, 0.0], [25, 85]))


def test_bootstrap_t_is_a_loop_over_resamples():
    n, drawn = len(SKEWED), []
    for places in resample_indices(n, RESAMPLES, BOOTSTRAP_SEED):
        again = SKEWED[places]
        drawn.append((again.mean() - SKEWED.mean()) / (again.std(ddof=1) / np.sqrt(n)))
    low, high = np.quantile(drawn, [0.05, 0.95])
    error = SKEWED.std(ddof=1) / np.sqrt(n)
    found = bootstrap_t_interval(SKEWED, 0.9)
    # the upper quantile makes the lower bound
    assert (found.low, found.high) == pytest.approx((SKEWED.mean() - high * error, SKEWED.mean() - low * error))
    assert (found.mean, found.n, found.method) == (SKEWED.mean(), n, "bootstrap-t")


def test_it_reaches_further_towards_the_long_tail():
    found = bootstrap_t_interval(SKEWED)
    assert found.high - found.mean > found.mean - found.low
    assert found.half_width > t_interval(SKEWED).half_width


def test_resamples_that_do_not_vary_leave_a_finite_bound():
    # one 1 in 20: the resamples without it would say that anything is possible
    found = bootstrap_t_interval(np.repeat([1.0, 0.0], [1, 19]))
    # mean .05, s = .2236, all zero: t* = -.2236 / .1 x sqrt(20) = -10, less the spread of a share: high = .05 + 10 x .05
    assert found.high == pytest.approx(0.05 + 0.05 / 0.1, rel=1e-6)


def test_what_does_not_vary_is_a_point():
    assert bootstrap_t_interval(np.full(20, 0.1)).half_width == 0.0
    assert mean_interval(np.zeros(20)).half_width == 0.0


def test_mean_interval_says_which_it_is():
    assert mean_interval(NORMAL) == t_interval(NORMAL)
    assert mean_interval(SKEWED) == bootstrap_t_interval(SKEWED)
    assert (mean_interval(NORMAL).method, mean_interval(SKEWED).method) == ("t", "bootstrap-t")


@pytest.mark.parametrize("interval", [mean_interval, bootstrap_t_interval])
def test_what_is_refused(interval):
    with pytest.raises(TooFewReplications):
        interval(np.ones(1))
    with pytest.raises(ValueError, match="finite"):
        interval(np.array([1.0, np.nan, 2.0]))


def test_counts_are_those_of_the_indices():
    counts = resample_counts(7, 5, 3)
    assert [np.bincount(places, minlength=7).tolist() for places in resample_indices(7, 5, 3)] == counts.tolist()


@given(arrays(float, st.integers(2, 40), elements=st.floats(-1e6, 1e6)), st.sampled_from([0.5, 4.0]))
def test_the_interval_holds_its_mean_and_moves_with_the_unit(values, scale):
    found, scaled = bootstrap_t_interval(values), bootstrap_t_interval(scale * values)
    assert found.low <= found.mean <= found.high
    assert np.isfinite([found.low, found.high]).all()
    assert (scaled.low, scaled.high) == pytest.approx((scale * found.low, scale * found.high), rel=1e-6, abs=1e-6)


def test_numbers_too_small_to_square_do_not_vary():
    tiny = np.array([0.0, 1e-200, 0.0, 3e-200])
    assert (skewness(tiny), bootstrap_t_interval(tiny).half_width) == (0.0, 0.0)


def test_the_mean_stays_inside_at_any_confidence():
    # t* of skewed values has its median off 0: both quantiles may lie on one side
    for sign in (1.0, -1.0):
        found = bootstrap_t_interval(sign * SKEWED, 0.01)
        assert found.low <= found.mean <= found.high
        assert found.mean in (found.low, found.high)
