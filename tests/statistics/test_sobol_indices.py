"""Sobol indices against analytic values and SALib, with noise, with gaps."""

import numpy as np
import pytest

from experiments.known_functions import (
    g_function,
    g_indices,
    ishigami,
    ishigami_indices,
    own_noise,
    shared_noise,
)
from sim.experiment.designs import saltelli
from sim.statistics.sobol_indices import Blocks, TooFewRows, pairs, sobol_indices

NAN = float("nan")


def blocks_of(values, factors, second=False):
    """Answers at the points of a Saltelli design, in the order in which it is made."""
    values = values if values.ndim == 2 else values[:, None]
    cut = values.reshape((2 * factors if second else factors) + 2, -1, values.shape[1])
    return Blocks(cut[0], cut[1], cut[2 : 2 + factors], cut[2 + factors :] if second else None)


def design(factors, rows, second=False, seed=3):
    return saltelli([1] * factors, rows, seed, second)


def of_ishigami(rows=256, second=False, seed=3, noise=None):
    at = design(3, rows, second, seed)
    values = ishigami(at)[:, None]
    return blocks_of(values + (0.0 if noise is None else noise(at)), 3, second)


def test_ishigami_analytic():
    found = sobol_indices(of_ishigami(8192, second=True), resamples=50).plain
    first, total, second = ishigami_indices()
    assert found.first.estimate == pytest.approx(first, abs=0.02)
    assert found.total.estimate == pytest.approx(total, abs=0.02)
    assert found.second.estimate == pytest.approx(second, abs=0.03)


def test_g_function_analytic():
    at = design(6, 8192)
    found = sobol_indices(blocks_of(g_function(at), 6), resamples=50).plain
    first, total = g_indices()
    assert found.first.estimate == pytest.approx(first, abs=0.02)
    assert found.total.estimate == pytest.approx(total, abs=0.02)


def salib_order(blocks):
    """Answers row by row as SALib has them: A, AB of each factor, BA of each factor, B."""
    parts = [blocks.a, *blocks.ab, *(() if blocks.ba is None else blocks.ba), blocks.b]
    return np.stack([part[:, 0] for part in parts], axis=1).ravel()


RECORDED = {
    "S1": [0.31288822, 0.42607592, -0.00178442],
    "ST": [0.66561650, 0.45395448, 0.24891327],
    "S2": [0.03357695, 0.24851779, 0.02300217],
}
"""SALib 1.6.0, analyze.sobol, Ishigami on 512 base rows of seed 3."""


def test_the_numbers_of_salib():
    found = sobol_indices(of_ishigami(512, second=True), resamples=50).plain
    assert found.first.estimate == pytest.approx(RECORDED["S1"], abs=1e-8)
    assert found.total.estimate == pytest.approx(RECORDED["ST"], abs=1e-8)
    assert found.second.estimate == pytest.approx(RECORDED["S2"], abs=1e-8)


def test_salib_itself_where_it_is_installed():
    sobol = pytest.importorskip("SALib.analyze.sobol")
    blocks = of_ishigami(256, second=True)
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, salib_order(blocks), calc_second_order=True, num_resamples=10, seed=1)
    ours = sobol_indices(blocks, resamples=50).plain
    assert ours.first.estimate == pytest.approx(theirs["S1"], abs=1e-12)
    assert ours.total.estimate == pytest.approx(theirs["ST"], abs=1e-12)
    assert ours.second.estimate == pytest.approx([theirs["S2"][i, j] for i, j in pairs(3)], abs=1e-12)


def test_a_failed_run_costs_its_row_and_nothing_else():
    blocks = of_ishigami(512)
    blocks.ab[1, 7, 0] = NAN
    found = sobol_indices(blocks, resamples=50)
    keep = np.arange(512) != 7
    without = sobol_indices(Blocks(blocks.a[keep], blocks.b[keep], blocks.ab[:, keep]), resamples=50)
    assert found.rows == 511
    assert found.plain.first.estimate == pytest.approx(without.plain.first.estimate, abs=0.0)
    assert (found.plain.total.estimate > 0.1).all()


def test_salib_gives_nothing_for_one_failed_run():
    sobol = pytest.importorskip("SALib.analyze.sobol")
    blocks = of_ishigami(64)
    blocks.a[0, 0] = NAN
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    with np.errstate(all="ignore"):
        theirs = sobol.analyze(problem, salib_order(blocks), calc_second_order=False, num_resamples=10, seed=1)
    assert not np.any(np.nan_to_num(np.asarray(theirs["S1"])))  # 0.0 or NaN, whatever the factors do


def test_failures_that_do_not_depend_on_the_answer_leave_the_indices_right():
    blocks = of_ishigami(4096)
    lost = np.random.default_rng(4).random(4096) < 0.1
    blocks.b[lost] = NAN
    found = sobol_indices(blocks, resamples=50)
    assert found.rows == 4096 - lost.sum()
    assert found.plain.total.estimate == pytest.approx(ishigami_indices()[1], abs=0.05)


@pytest.mark.parametrize(("noise", "spread"), [(own_noise, 8.0), (shared_noise, 1.5)])
def test_noise_is_taken_out_on_average(noise, spread):
    rng = np.random.default_rng(5)
    still = sobol_indices(of_ishigami(128), resamples=2).plain
    wanted = still.total.estimate * still.variance
    free, plain = [], []
    for _ in range(60):
        found = sobol_indices(of_ishigami(128, noise=lambda at: noise(at, 6, spread, rng)), resamples=20)
        free.append(_total_variance(found.free))
        plain.append(_total_variance(found.plain))
    error = np.std(free, axis=0, ddof=1) / np.sqrt(60)
    assert (np.abs(np.mean(free, axis=0) - wanted) < 3.0 * error).all()
    assert (np.mean(plain, axis=0) - wanted > 3.0 * error).any()


def _total_variance(indices):
    """Total indices times the variance: not a ratio, so without noise on average."""
    return indices.total.estimate * indices.variance


@pytest.mark.parametrize(("noise", "spread"), [(own_noise, 8.0), (shared_noise, 1.5)])
def test_noise_free_indices_hold_the_true_ones(noise, spread):
    rng = np.random.default_rng(5)
    found = sobol_indices(of_ishigami(2048, noise=lambda at: noise(at, 20, spread, rng)), resamples=400)
    first, total, _ = ishigami_indices()
    assert found.noise.moving > 0.01
    for estimates, truth in ((found.free.first, first), (found.free.total, total)):
        assert (estimates.low < truth).all()
        assert (truth < estimates.high).all()
    assert found.free.variance == pytest.approx(13.84, rel=0.2)


def test_without_noise_both_kinds_agree():
    still = of_ishigami(256, noise=lambda at: np.zeros((len(at), 4)))
    found = sobol_indices(still, resamples=200)
    assert found.free.first.estimate == pytest.approx(found.plain.first.estimate, abs=1e-12)
    assert found.free.total.low == pytest.approx(found.plain.total.low, abs=1e-9)
    assert found.noise.moving == pytest.approx(0.0, abs=1e-12)


def test_missing_replications_are_used_as_far_as_they_are_there():
    rng = np.random.default_rng(6)
    whole = of_ishigami(1024, noise=lambda at: shared_noise(at, 10, 2.0, rng))
    gaps = Blocks(whole.a.copy(), whole.b.copy(), whole.ab.copy())
    for part in (gaps.a, gaps.b, gaps.ab):
        part[rng.random(part.shape) < 0.1] = NAN
    found, wanted = sobol_indices(gaps, resamples=50), sobol_indices(whole, resamples=50)
    assert found.rows == 1024
    assert found.free.total.estimate == pytest.approx(wanted.free.total.estimate, abs=0.03)


def test_nothing_but_noise_has_no_indices():
    rng = np.random.default_rng(7)
    at = design(3, 128)
    found = sobol_indices(blocks_of(own_noise(at, 10, 1.0, rng), 3), resamples=200)
    assert np.isnan(found.free.total.estimate).all()
    assert found.noise.moving == pytest.approx(1.0, abs=0.3)


def test_an_answer_that_never_varies_has_no_indices_rather_than_zeros():
    found = sobol_indices(blocks_of(np.full(5 * 16, 0.1), 3))
    assert np.isnan(found.plain.first.estimate).all()
    assert found.plain.variance == 0.0


def test_one_or_two_replications_give_no_noise_free_interval():
    two = of_ishigami(64, noise=lambda at: own_noise(at, 2, 0.1, np.random.default_rng(8)))
    for blocks in (of_ishigami(64), two):
        found = sobol_indices(blocks, resamples=50)
        assert np.isnan(found.free.total.estimate).all()
        assert np.isfinite(found.plain.total.low).all()


def test_too_few_rows_are_refused():
    blocks = of_ishigami(16)
    blocks.b[:9] = NAN
    with pytest.raises(TooFewRows, match="7 complete base rows of 16; indices need 8 or more"):
        sobol_indices(blocks)


def test_the_level_and_the_unit_do_not_matter():
    blocks = of_ishigami(256)
    moved = Blocks(1e6 - 50.0 * blocks.a, 1e6 - 50.0 * blocks.b, 1e6 - 50.0 * blocks.ab)
    one, other = sobol_indices(blocks, resamples=50), sobol_indices(moved, resamples=50)
    assert one.plain.first.estimate == pytest.approx(other.plain.first.estimate, abs=1e-7)
    assert one.plain.total.high == pytest.approx(other.plain.total.high, abs=1e-7)
