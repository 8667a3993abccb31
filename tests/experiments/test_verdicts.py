"""Verdicts of the maps: paired tests, whether an inner value is best, what parts points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.verdicts import (
    FIRST,
    INNER,
    LAST,
    UNDECIDED,
    above,
    best_of,
    inner_beats_ends,
    paired,
    ranked,
    shares,
    spearman,
)

NOISE = np.array([-0.02, 0.01, 0.03, -0.01, 0.02, -0.03, 0.0, 0.01, -0.02, 0.01])


def test_paired_by_hand() -> None:
    # mean 2, standard deviation 1, n = 3: half width 4.3027 / sqrt(3)
    found = paired(np.array([[1.0, 2.0, 3.0], [-3.0, -3.1, -2.9], [9.0, 9.0, 9.0]]))
    assert found.half[0] == pytest.approx(4.30265273 / np.sqrt(3))
    assert list(found.mean) == pytest.approx([2.0, -3.0, 9.0])
    assert list(found.sign) == [0, -1, 1]


def test_a_tie_is_no_difference_and_a_missing_pair_does_not_count() -> None:
    found = paired(np.array([[1e-12, 1e-12, 1e-12], [1.0, np.nan, np.nan], [np.nan] * 3, [1.0, np.nan, 1.0]]))
    assert list(found.sign) == [0, 0, 0, 1]
    assert found.mean[1] == 1.0
    assert np.isnan(found.mean[2])


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=12).filter(lambda v: np.std(v) > 0.01))
def test_verdict_is_that_of_the_t_test(values: list[float]) -> None:
    p = stats.ttest_1samp(values, 0.0).pvalue
    if abs(p - 0.05) > 1e-6:
        assert (paired(np.array(values)).sign != 0) == (p < 0.05)


def test_shares_of_signs() -> None:
    assert shares(np.array([1, 1, -1, 0])) == (0.5, 0.25, 0.25)


def test_above_is_the_one_sided_paired_test() -> None:
    one, other = NOISE + 0.01, NOISE[::-1]
    assert above(one, other) == pytest.approx(stats.ttest_rel(one, other, alternative="greater").pvalue)
    assert above(one, one) == 1.0
    assert above(one + 1.0, one) == 0.0


def outcomes(*means: float) -> np.ndarray:
    """Ten replications of values with these means, all with noise of their own."""
    return np.stack([mean + np.roll(NOISE, place) for place, mean in enumerate(means)], axis=1)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ((0.0, 1.0, 2.0, 1.0, 0.0), INNER),
        ((2.0, 1.5, 1.0, 0.5, 0.0), FIRST),
        ((0.0, 0.5, 1.0, 1.5, 2.0), LAST),
        ((0.0, 0.0, 0.0, 0.0, 0.0), UNDECIDED),
        ((2.0, 0.0, 0.0, 0.0, 2.0), UNDECIDED),  # both ends alike: neither is above every other value
        ((2.0, 2.0, 1.0, 0.5, 0.0), FIRST),  # the neighbour is the same optimum as far as the grid can tell
        ((2.0, 0.0, 2.0, 0.0, 0.0), UNDECIDED),  # an inner value as good as the first
    ],
)
def test_which_value_is_best(means: tuple[float, ...], expected: str) -> None:
    assert best_of(outcomes(*means)) == expected


def test_nothing_differs_nothing_is_claimed() -> None:
    assert best_of(np.ones((10, 5))) == UNDECIDED


def test_false_claims_are_rare_where_nothing_differs() -> None:
    draws = np.random.default_rng(1).standard_normal((400, 12, 7))
    claimed = [best_of(values) != UNDECIDED for values in draws]
    assert np.mean(claimed) <= 0.05


def test_inner_size_is_chosen_and_tested_on_different_replications() -> None:
    assert inner_beats_ends(outcomes(0.0, 1.0, 0.5, 0.0))
    assert not inner_beats_ends(outcomes(1.0, 0.5, 0.5, 0.0))
    assert not inner_beats_ends(outcomes(0.0, 0.5, 0.5, 1.0))
    chosen_by_chance = outcomes(0.0, 0.0, 0.0, 0.0)
    chosen_by_chance[::2, 1] += 1.0  # large on the replications that choose, nothing on those that test
    assert not inner_beats_ends(chosen_by_chance)


def test_rank_correlation() -> None:
    x, y = np.array([1.0, 2.0, 3.0, 9.0]), np.array([1.0, 4.0, 2.0, np.nan])
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x[:3], y[:3]).statistic)
    assert spearman(x, np.ones(4)) == 0.0


def test_the_strongest_factor_comes_first() -> None:
    points = [{"a": 1.0, "b": float(n)} for n in range(5)]
    assert ranked(points, -np.arange(5.0))[0] == ("b", pytest.approx(-1.0))
