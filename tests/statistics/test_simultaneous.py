"""Intervals that hold all at once: known critical values, what costs nothing, the bootstrap against a loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.statistics import (
    BOOTSTRAP_SEED,
    TooFewReplications,
    resample_indices,
    simultaneous,
    simultaneous_t_intervals,
    t_interval,
)
from sim.statistics.simultaneous import MAX_T_RESAMPLES, critical_value

SKEWED = np.random.Generator(np.random.PCG64(8)).standard_exponential((25, 3)) ** 2


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


def test_the_bootstrap_is_a_loop_over_resamples() -> None:
    n = len(SKEWED)
    largest = []
    for drawn in resample_indices(n, MAX_T_RESAMPLES, BOOTSTRAP_SEED):
        again = SKEWED[drawn]  # whole rows: what one replication gave stays together
        t = (again.mean(axis=0) - SKEWED.mean(axis=0)) / again.std(axis=0, ddof=1) * np.sqrt(n)
        largest.append(np.abs(t).max())
    assert critical_value(SKEWED, 0.9, "bootstrap-t") == pytest.approx(np.quantile(largest, 0.9), rel=1e-9)


def test_the_bootstrap_is_taken_where_one_column_is_skewed():
    normal = np.random.Generator(np.random.PCG64(5)).normal(size=(25, 2))
    assert {i.method for i in simultaneous_t_intervals(normal)} == {"t"}
    mixed = np.column_stack([normal, SKEWED[:, 0]])
    assert simultaneous_t_intervals(mixed) == simultaneous_t_intervals(mixed, method="bootstrap-t")
    assert simultaneous_t_intervals(mixed)[0].half_width > simultaneous_t_intervals(mixed, method="t")[0].half_width


def test_the_bootstrap_agrees_with_the_multivariate_t_on_normal_output():
    values = np.random.Generator(np.random.PCG64(6)).normal(size=(400, 5))
    by_t, by_bootstrap = (simultaneous_t_intervals(values, method=m)[0].half_width for m in ("t", "bootstrap-t"))
    assert by_bootstrap == pytest.approx(by_t, rel=0.03)


@pytest.mark.parametrize("method", ["t", "bootstrap-t"])
def test_flat_and_equal_columns_cost_nothing(method):
    # 0.1 cannot be written exactly: the mean of many is off by a rounding, and still does not vary
    values = np.column_stack([SKEWED, SKEWED[:, 0], np.full(len(SKEWED), 0.1)])
    found, alone = simultaneous_t_intervals(values, method=method), simultaneous_t_intervals(SKEWED, method=method)
    assert found[4].low == found[4].mean == found[4].high == pytest.approx(0.1)
    assert [i.half_width for i in found[:3]] == pytest.approx([i.half_width for i in alone], rel=0.02)
    assert found[3] == found[0]


@pytest.mark.parametrize("method", ["auto", "t", "bootstrap-t"])
def test_nothing_varies(method):
    assert {i.half_width for i in simultaneous_t_intervals(np.ones((20, 2)), method=method)} == {0.0}


def test_what_is_refused():
    with pytest.raises(ValueError, match="auto, t or bootstrap-t"):
        simultaneous_t_intervals(SKEWED, method="z")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        simultaneous_t_intervals(np.full((20, 2), np.nan))


@given(arrays(float, (20, 3), elements=st.floats(-1e3, 1e3)), st.sampled_from(["t", "bootstrap-t"]))
def test_never_narrower_than_one_by_one(values, method):
    for wide, single in zip(simultaneous_t_intervals(values, method=method), map(t_interval, values.T), strict=True):
        assert wide.half_width >= single.half_width - 1e-9


def test_the_bootstrap_is_never_below_students_t():
    # ten of twenty: t* takes few values, and its quantile at 95% is 1.902 (six or fourteen), Student's 2.093
    values = np.repeat([[0.0], [1.0]], 10, axis=0)
    found = simultaneous_t_intervals(values, 0.95, "bootstrap-t")[0]
    assert found.half_width == pytest.approx(t_interval(values[:, 0], 0.95).half_width)


def test_more_columns_than_replications_need_the_same_critical_value():
    # 30 columns of 12 replications: the factor is the rows; 8 columns, fewer than replications: Cholesky's
    values = np.random.default_rng(5).normal(size=(12, 30))
    centred = (values - values.mean(axis=0)) / values.std(axis=0, ddof=1)
    correlations = np.einsum("ra,rb->ab", centred, centred) / 11.0
    factor = simultaneous._factor(centred)
    assert factor.shape == (30, 12)
    assert np.allclose(factor @ factor.T, correlations)
    by_cholesky = np.linalg.cholesky(correlations + 1e-9 * np.eye(30))
    found = [simultaneous._max_t_quantile(made, 11, 0.95) for made in (factor, by_cholesky)]
    assert found[0] == pytest.approx(found[1], abs=0.06)  # other draws: twice the sampling error of each
    assert simultaneous._factor(centred[:, :8]).shape == (8, 8)


@pytest.mark.slow
def test_eighty_eight_differences_of_twenty_replications_raise_few_false_alarms():
    # one chi-square for all columns would raise them in 0.09 of studies
    generator = np.random.default_rng(8)
    alarms = sum(
        not all(interval.contains_zero for interval in simultaneous_t_intervals(generator.normal(size=(20, 88))))
        for _ in range(600)
    )
    assert alarms / 600 <= 0.05 + 2.6 * (0.05 * 0.95 / 600) ** 0.5
