"""Draws: one stream per seed, replication and stem; nothing else moves them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.schedule import SCHEDULE, stem
from sim.streams import EXACT_MEAN, Draws, QuarterDraws, generator, normal, poisson


def made(replications=(0, 1), stem_="talent", quarters=6, villages=3, **names) -> Draws:
    given_names = names or dict(names=("a", "b"), run_names=("c",), fixed_names=("d", "e"))
    return Draws(1, replications, stem_, quarters, villages, **given_names)


def every(draws: Draws) -> dict[str, np.ndarray]:
    by_quarter = {n: np.stack([draws.uniform(n, q) for q in range(draws.quarters)]) for n in ("a", "b", "c")}
    return by_quarter | {n: draws.uniform(n) for n in ("d", "e")}


def test_order_of_filling_by_hand():
    # the stream of (seed 1, replication 3, talent) is read quarter by quarter, village by village, name by name
    flat = generator(1, 3, "talent").random(2 * 3 * 2)
    draws = Draws(1, (3,), "talent", 2, 3, names=("a", "b"))
    assert draws.uniform("a", 0).tolist() == [[flat[0], flat[2], flat[4]]]
    assert draws.uniform("b", 0).tolist() == [[flat[1], flat[3], flat[5]]]
    assert draws.uniform("a", 1).tolist() == [[flat[6], flat[8], flat[10]]]
    assert draws.uniform("a", 1, count=2).tolist() == [[[flat[6], flat[8], flat[10]], [flat[7], flat[9], flat[11]]]]


def test_a_replication_does_not_depend_on_the_others():
    many, alone = every(made((5, 2, 9))), every(made((9,)))
    for name, values in many.items():
        row = values[:, 2:] if name in "abc" else values[2:]
        assert np.array_equal(row, alone[name]), name


def test_a_longer_run_begins_with_the_same_draws():
    long, short = every(made(quarters=9)), every(made(quarters=4))
    for name in "abc":
        assert np.array_equal(long[name][:4], short[name])
    for name in "de":
        assert np.array_equal(long[name], short[name])


@pytest.mark.parametrize("change", [dict(replications=(1, 0)), dict(stem_="land")])
def test_another_replication_or_stem_draws_otherwise(change):
    one, other = every(made()), every(made(**change))
    assert not any(np.any(one[name] == other[name]) for name in one)


def test_another_seed_draws_otherwise():
    assert generator(1, 0, "talent").random() != generator(2, 0, "talent").random()


def test_run_names_and_fixed_names_have_their_shapes():
    draws = made()
    assert draws.uniform("a", 3).shape == (2, 3)
    assert draws.uniform("c", 3).shape == (2, 1)
    assert draws.normal("c", 3).shape == (2, 1)
    assert draws.uniform("d").shape == (2, 3)


def test_a_mechanism_sees_one_row_a_run():
    draws = made()
    seen = QuarterDraws(draws, 3, 2)
    # two design points repeat the two replications
    assert np.array_equal(seen.uniform("a"), np.concatenate([draws.uniform("a", 3)] * 2))
    assert np.array_equal(seen.normal("b")[2:], draws.normal("b", 3))
    # what is drawn once is the same in every quarter
    assert np.array_equal(seen.uniform("d"), QuarterDraws(draws, 5, 2).uniform("d"))
    assert seen.uniform("a", 2).shape == (4, 2, 3)


def test_normals_by_hand():
    # the median, and the quantile of 0.975 of any table
    assert normal(np.array([0.5, 0.975])) == pytest.approx([0, 1.959963984540054])
    # an exact zero is drawn once in 2^53: it must not be minus infinity
    assert np.isfinite(normal(np.array([0.0]))).all()


@given(u=st.floats(2**-53, 1 - 2**-53), more=st.floats(1e-6, 0.5))
def test_normals_rise_with_their_uniform(u, more):
    low, high = normal(np.array([u, min(u + more, 1 - 2**-53)]))
    assert low <= high


def test_draws_are_uniform_and_uncorrelated():
    draws = Draws(3, range(40), "projects", 20, 9, names=("a", "b"))
    a, b = (np.stack([draws.uniform(n, q) for q in range(20)]).ravel() for n in ("a", "b"))
    assert stats.kstest(a, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05
    assert abs(np.corrcoef(a[:-1], a[1:])[0, 1]) < 0.05


def test_no_two_mechanisms_share_a_stream_or_a_name():
    stems = [stem(module) for module in SCHEDULE]
    assert len(set(stems)) == len(stems)
    first = {name: generator(1, 0, name).random() for s in stems for name in (s, f"{s}.run", f"{s}.fixed")}
    assert len(set(first.values())) == len(first)
    for module in SCHEDULE:
        names = (*module.DRAWS, *getattr(module, "RUN_DRAWS", ()), *getattr(module, "FIXED_DRAWS", ()))
        assert len(set(names)) == len(names)


# ---- Poisson counts ----


def test_small_poisson_counts_by_hand():
    # mean 0.5: P(N <= 0) = 0.6065, P(N <= 1) = 0.9098, P(N <= 2) = 0.9856
    drawn = np.array([[0.0, 0.60, 0.61, 0.90, 0.92, 0.99]])
    assert poisson(np.array([[0.5]]), drawn).tolist() == [[0, 0, 1, 1, 2, 3]]
    assert poisson(np.zeros((1, 6)), drawn).tolist() == [[0] * 6]


def test_small_poisson_counts_are_exact():
    drawn = np.random.default_rng(1).random((40, 500))
    mean = np.linspace(0.001, EXACT_MEAN, 40)[:, None]
    assert np.array_equal(poisson(mean, drawn), stats.poisson.ppf(drawn, mean))


def test_large_poisson_counts_are_off_by_one_at_most_and_right_in_the_mean():
    drawn = np.random.default_rng(2).random((40, 5000))
    mean = np.geomspace(EXACT_MEAN * 1.0001, 500, 40)[:, None]
    off = poisson(mean, drawn) - stats.poisson.ppf(drawn, mean)
    assert np.abs(off).max() <= 1
    assert np.mean(off != 0) < 0.015
    assert abs(off.mean()) < 0.001


def test_the_ends_of_the_unit_interval_give_finite_counts():
    ends = np.array([[0.0, 2.0**-53, 1 - 2.0**-53]])
    for mean in (1e-12, 1.0, EXACT_MEAN, 7.0, 1e6):
        counts = poisson(np.array([[mean]]), ends)
        assert np.all(np.isfinite(counts))
        assert np.all(counts >= 0)
        assert np.all(np.diff(counts[0]) >= 0)


def test_a_count_does_not_depend_on_its_neighbours():
    drawn = np.random.default_rng(3).random((30, 8))
    mean = np.geomspace(0.01, 60, 30)[:, None]
    together = poisson(mean, drawn)
    alone = np.concatenate([poisson(mean[row : row + 1], drawn[row : row + 1]) for row in range(30)])
    assert np.array_equal(together, alone)
