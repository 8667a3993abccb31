"""Intervals against numbers from tables and by hand."""

import numpy as np
import pytest

from sim import statistics
from sim.statistics import (
    TooFewReplications,
    bootstrap_interval,
    correlation,
    paired_t_interval,
    ratio_interval,
    replications_needed,
    simultaneous_t_intervals,
    t_interval,
    t_quantile,
)


def mean(rows):
    return rows[..., 0].mean(axis=-1)


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (4, 2.776), (9, 2.262), (199, 1.972)])
def test_t_quantiles_are_those_of_the_printed_table(freedom, quantile):
    assert t_quantile(freedom, 0.95) == pytest.approx(quantile, abs=5e-4)


def test_t_interval_by_hand():
    # 2 4 6 8 10: mean 6, sd sqrt(40/4) = 3.1623, error 1.4142, t 2.7764: 6 -+ 3.9264
    interval = t_interval(np.array([2.0, 4.0, 6.0, 8.0, 10.0]))
    assert (interval.mean, interval.n) == (6.0, 5)
    assert (interval.low, interval.high) == (pytest.approx(2.0736, abs=1e-3), pytest.approx(9.9264, abs=1e-3))
    assert interval.half_width == pytest.approx(3.9264, abs=1e-3)


def test_pairing_takes_out_what_is_common():
    # differences 1 1 2: mean 4/3, sd 0.57735, error 1/3, t(2) 4.3027: 1.3333 -+ 1.4342
    interval = paired_t_interval(np.array([101.0, 51.0, 12.0]), np.array([100.0, 50.0, 10.0]))
    assert interval.low == pytest.approx(4 / 3 - 1.4342, abs=1e-3)
    assert interval.contains_zero


def test_equal_arms_have_an_interval_of_width_zero():
    values = np.array([3.0, 4.0, 9.0])
    interval = paired_t_interval(values, values)
    assert (interval.mean, interval.low, interval.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_replication_has_no_interval(values):
    with pytest.raises(TooFewReplications, match="at least 2 replications"):
        t_interval(np.array(values))


def test_a_failed_run_has_no_place_in_an_interval():
    with pytest.raises(ValueError, match="finite"):
        t_interval(np.array([1.0, np.nan]))


def test_arms_must_be_paired():
    with pytest.raises(ValueError, match="not paired"):
        paired_t_interval(np.ones(3), np.ones(4))


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_bootstrap_of_a_mean_is_near_the_t_interval(method):
    values = np.random.Generator(np.random.PCG64(3)).normal(5.0, 2.0, 200)
    by_t, drawn = t_interval(values), bootstrap_interval(values, mean, method=method)
    assert drawn.mean == pytest.approx(values.mean())
    assert (drawn.low, drawn.high) == (pytest.approx(by_t.low, abs=0.06), pytest.approx(by_t.high, abs=0.06))


def test_bca_shifts_the_interval_of_a_skewed_sample_upwards():
    values = np.random.Generator(np.random.PCG64(5)).exponential(1.0, 40)
    plain, corrected = (bootstrap_interval(values, mean, method=m) for m in ("percentile", "bca"))
    assert corrected.low > plain.low
    assert corrected.high > plain.high


def test_bca_covers_the_mean_of_a_skewed_distribution():
    generator = np.random.Generator(np.random.PCG64(11))
    covered = 0
    for _ in range(200):
        interval = bootstrap_interval(generator.exponential(1.0, 40), mean, resamples=400)
        covered += interval.low <= 1.0 <= interval.high
    assert 0.87 <= covered / 200 <= 0.99  # nominal .95, standard error .015


def test_the_bootstrap_is_deterministic():
    values = np.arange(20.0)
    assert bootstrap_interval(values, mean) == bootstrap_interval(values, mean)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="percentile or bca"):
        bootstrap_interval(np.arange(5.0), mean, method="jackknife")


def test_ratio_of_sums_by_hand():
    # (1 + 2 + 6) / (10 + 10 + 20) = 9 / 40, not the mean of ratios (0.1 + 0.2 + 0.3) / 3
    interval = ratio_interval(np.array([1.0, 2.0, 6.0]), np.array([10.0, 10.0, 20.0]))
    assert interval.mean == pytest.approx(0.225)
    assert 0.1 <= interval.low <= 0.225 <= interval.high <= 0.3


def test_a_ratio_whose_denominator_crosses_zero_is_refused():
    with pytest.raises(ZeroDivisionError):
        ratio_interval(np.ones(5), np.array([1.0, -1.0, 2.0, -2.0, 0.5]))
    with pytest.raises(ZeroDivisionError):
        ratio_interval(np.ones(5), np.zeros(5))


def test_correlation_of_arms():
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])) == pytest.approx(1.0)
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([6.0, 4.0, 2.0])) == pytest.approx(-1.0)
    assert np.isnan(correlation(np.ones(3), np.arange(3.0)))


def test_replications_needed_by_hand():
    # sd of 1 2 3 4 is 1.2910; half width 0.5: (1.96 x 1.291 / 0.5)^2 = 25.6; with t(27) = 2.052: 28 give .5006, 29 .4911
    assert replications_needed(np.array([1.0, 2.0, 3.0, 4.0]), 0.5) == 29


def test_replications_needed_are_two_where_nothing_varies():
    assert replications_needed(np.ones(4), 0.1) == 2
    with pytest.raises(ValueError, match="above 0"):
        replications_needed(np.ones(4), 0.0)


def test_one_mean_or_the_same_mean_many_times_has_students_t():
    values = np.random.Generator(np.random.PCG64(3)).normal(size=(40, 1))
    single = t_interval(values[:, 0])
    assert simultaneous_t_intervals(values) == [single]
    for interval in simultaneous_t_intervals(np.repeat(values, 5, axis=1)):
        assert interval.half_width == pytest.approx(single.half_width, rel=0.02)


def test_independent_means_need_the_known_critical_value():
    # max |t| of k independent normals: Sidak, 1 - 0.95 ** (1 / 10) two-sided, 2.800
    values = np.linalg.qr(np.random.Generator(np.random.PCG64(4)).normal(size=(4000, 11)))[0][:, 1:]
    for single, wide in zip(map(t_interval, values.T), simultaneous_t_intervals(values), strict=True):
        assert wide.half_width / single.half_width * 1.9606 == pytest.approx(2.800, abs=0.06)
        assert wide.mean == pytest.approx(single.mean)


def test_a_column_that_does_not_vary_keeps_its_point_and_costs_nothing():
    values = np.random.Generator(np.random.PCG64(5)).normal(size=(20, 2))
    flat = np.column_stack([values, np.zeros(20)])
    found = simultaneous_t_intervals(flat)
    assert (found[2].low, found[2].high) == (0.0, 0.0)
    assert found[:2] == simultaneous_t_intervals(values)


def test_simultaneous_intervals_of_few_replications_are_refused():
    with pytest.raises(TooFewReplications):
        simultaneous_t_intervals(np.ones((1, 3)))


def test_more_columns_than_replications_need_the_same_critical_value():
    # 30 columns of 12 replications: the factor is the rows; 8 columns, fewer than replications: Cholesky's
    values = np.random.default_rng(5).normal(size=(12, 30))
    centred = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    correlations = np.einsum("ra,rb->ab", centred, centred) / 11.0
    factor = statistics._factor(centred)
    assert factor.shape == (30, 12)
    assert np.allclose(factor @ factor.T, correlations)
    by_cholesky = np.linalg.cholesky(correlations + 1e-9 * np.eye(30))
    found = [statistics._max_t_quantile(made, 11, 0.95) for made in (factor, by_cholesky)]
    assert found[0] == pytest.approx(found[1], abs=0.06)  # other draws: twice the sampling error of each
    assert statistics._factor(centred[:, :8]).shape == (8, 8)


@pytest.mark.slow
def test_eighty_eight_differences_of_twenty_replications_raise_few_false_alarms():
    # one chi-square for all columns would raise them in 0.09 of studies
    generator = np.random.default_rng(8)
    alarms = sum(
        not all(interval.contains_zero for interval in simultaneous_t_intervals(generator.normal(size=(20, 88))))
        for _ in range(600)
    )
    assert alarms / 600 <= 0.05 + 2.6 * (0.05 * 0.95 / 600) ** 0.5
