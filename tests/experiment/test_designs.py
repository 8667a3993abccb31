"""Designs against hand, published lists and scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard
from scipy.stats import qmc

from sim.experiment import designs


def test_grid_by_hand() -> None:
    assert designs.grid([2, 3]).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert designs.grid([]).shape == (1, 0)


def test_zipped_by_hand() -> None:
    assert designs.zipped([3, 3]).tolist() == [[0, 0], [1, 1], [2, 2]]
    with pytest.raises(ValueError, match="different lengths"):
        designs.zipped([2, 3])


def test_one_at_a_time_by_hand() -> None:
    assert designs.one_at_a_time([2, 1]).tolist() == [[-1, -1], [0, -1], [1, -1], [-1, 0]]


# ---- fractional factorials


def test_walsh_columns_are_the_published_list() -> None:
    # Sanchez and Sanchez (2005), table of the generators of resolution V
    published = (1, 2, 4, 8, 15, 16, 32, 51, 64, 85, 106, 128, 150, 171, 219, 237, 247)
    assert designs.walsh_columns(17, 5) == published
    assert designs.walsh_columns(8, 4) == (1, 2, 4, 7, 8, 11, 13, 14)
    assert designs.walsh_columns(7, 3) == (1, 2, 3, 4, 5, 6, 7)


def test_the_half_fraction_of_three_factors_by_hand() -> None:
    signs = 2 * designs.fractional_factorial(3, 3) - 1
    assert signs.tolist() == [[-1, -1, 1], [1, -1, -1], [-1, 1, -1], [1, 1, 1]]  # C = AB
    assert designs.generators(designs.walsh_columns(3, 3)) == {2: (0, 1)}


@pytest.mark.parametrize(
    ("factors", "resolution", "runs"),
    [(7, 3, 8), (15, 3, 16), (8, 4, 16), (16, 4, 32), (5, 5, 16), (8, 5, 64), (11, 5, 128), (17, 5, 256)],
)
def test_runs_are_as_few_as_in_the_tables(factors: int, resolution: int, runs: int) -> None:
    assert designs.fractional_factorial(factors, resolution).shape == (runs, factors)


@pytest.mark.parametrize("resolution", [3, 4, 5])
@pytest.mark.parametrize("factors", [1, 2, 3, 5, 6, 9])
def test_no_product_of_fewer_factors_than_the_resolution_is_constant(factors: int, resolution: int) -> None:
    signs = 2 * designs.fractional_factorial(factors, resolution) - 1
    assert not signs.sum(axis=0).any()
    for length in range(1, resolution):
        for word in itertools.combinations(range(factors), length):
            assert abs(signs[:, word].prod(axis=1).sum()) < len(signs)


def test_columns_are_products_of_their_generators_and_of_a_hadamard_matrix() -> None:
    columns = designs.walsh_columns(9, 4)
    signs = 2 * designs.fractional_factorial(9, 4) - 1
    for factor, product in designs.generators(columns).items():
        assert (signs[:, factor] == signs[:, product].prod(axis=1)).all()
    walsh = hadamard(len(signs))[:, list(columns)]
    assert (abs((signs * walsh).sum(axis=0)) == len(signs)).all()  # equal but for the sign


def test_what_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="3, 4 or 5"):
        designs.walsh_columns(3, 2)
    with pytest.raises(ValueError, match="need more than 1,000,000 runs"):
        designs.walsh_columns(400, 5)


# ---- on the unit hypercube


def test_latin_hypercube_is_scipys_and_fills_every_stratum_once() -> None:
    made = designs.latin_hypercube(3, 10, 7)
    assert (made == qmc.LatinHypercube(3, rng=np.random.default_rng(7)).random(10)).all()
    assert (np.sort((made * 10).astype(int), axis=0) == np.arange(10)[:, None]).all()


def test_sobol_is_scipys_and_balanced() -> None:
    made = designs.sobol(3, 16, 7)
    assert (made == qmc.Sobol(3, rng=np.random.default_rng(7)).random(16)).all()
    assert (np.sort((made * 16).astype(int), axis=0) == np.arange(16)[:, None]).all()
    with pytest.raises(ValueError, match="not a power of two"):
        designs.sobol(3, 10, 7)


@pytest.mark.parametrize("second", [False, True])
def test_saltelli_blocks(second: bool) -> None:
    widths = [1, 2, 1]
    made = designs.saltelli(widths, 8, 3, second)
    blocks = designs.saltelli_blocks(8, 3, second)
    a, b = made[blocks["A", -1]], made[blocks["B", -1]]
    assert (np.concatenate([a, b], axis=1) == designs.sobol(8, 8, 3)).all()
    own = [[0], [1, 2], [3]]
    for factor in range(3):
        for name, kept, other in [("AB", a, b), ("BA", b, a)][: 1 + second]:
            block = made[blocks[name, factor]]
            others = [column for column in range(4) if column not in own[factor]]
            assert (block[:, own[factor]] == other[:, own[factor]]).all()
            assert (block[:, others] == kept[:, others]).all()
    assert len(made) == 8 * (3 * (1 + second) + 2)
    assert sum(block.stop - block.start for block in blocks.values()) == len(made)


def test_saltelli_points_give_the_known_indices_of_a_linear_function() -> None:
    # f = 1 a + 2 b + 3 c of uniforms: shares of variance 1, 4, 9 of 14
    made = designs.saltelli([1, 1, 1], 4096, 1)
    f = made @ np.array([1.0, 2.0, 3.0])
    blocks = designs.saltelli_blocks(4096, 3)
    a, b = f[blocks["A", -1]], f[blocks["B", -1]]
    first = [np.mean(b * (f[blocks["AB", i]] - a)) / f.var() for i in range(3)]
    assert first == pytest.approx([1 / 14, 4 / 14, 9 / 14], abs=0.01)


@given(st.integers(1, 6), st.sampled_from([2, 4, 8]), st.integers(0, 100))
def test_morris_moves_one_factor_a_step_by_delta(factors: int, levels: int, seed: int) -> None:
    made, steps = designs.morris(factors, 5, levels, seed)
    rows = made.reshape(5, factors + 1, factors)
    moves = np.diff(rows, axis=1)
    delta = levels / (2 * (levels - 1))
    assert np.allclose(np.abs(moves).sum(axis=2), delta)
    assert (np.count_nonzero(moves, axis=2) == 1).all()
    assert (np.count_nonzero(moves, axis=1) == 1).all()  # every factor once a trajectory
    assert np.allclose(made * (levels - 1), np.round(made * (levels - 1)))
    assert ((made >= 0) & (made <= 1)).all()
    marks = steps.reshape(5, factors + 1, 3)
    assert (marks[:, :, 0] == np.arange(5)[:, None]).all()
    assert (marks[:, :, 1] == np.arange(factors + 1)).all()
    assert (marks[:, 0, 2] == -1).all()
    assert (marks[:, 1:, 2] == np.abs(moves).argmax(axis=2)).all()


def test_morris_finds_the_slopes_of_a_linear_function() -> None:
    made, steps = designs.morris(3, 10, 4, 1)
    f = made @ np.array([1.0, -2.0, 0.0])
    effects = np.diff(f.reshape(10, 4), axis=1) / np.diff(made.reshape(10, 4, 3), axis=1).sum(axis=2)
    moved = steps.reshape(10, 4, 3)[:, 1:, 2]
    for factor, slope in enumerate((1.0, -2.0, 0.0)):
        assert effects[moved == factor] == pytest.approx(slope)


def test_morris_uses_all_levels_about_equally() -> None:
    made, _ = designs.morris(4, 2000, 4, 1)
    shares = np.bincount(np.round(made * 3).astype(int).ravel()) / made.size
    assert shares == pytest.approx([0.25] * 4, abs=0.01)
    with pytest.raises(ValueError, match="even number"):
        designs.morris(3, 5, 3, 1)
