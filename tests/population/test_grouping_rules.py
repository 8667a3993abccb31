"""Who belongs together: sizes, contiguity, independence of the batch."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.grouping_rules import (
    adjacency,
    complementary_industry,
    council_sizes,
    random,
    similar_industry,
    strong_weak,
)


def test_sizes_differ_by_one_at_most():
    assert council_sizes(27, 7) == (4, 4, 4, 4, 4, 4, 3)
    assert council_sizes(27, 1) == (27,)
    assert council_sizes(3, 3) == (1, 1, 1)


@pytest.mark.parametrize("count", [0, 4, -1])
def test_more_councils_than_villages_are_refused(count):
    with pytest.raises(ValueError, match=f"{count} councils cannot be made of 3 villages"):
        council_sizes(3, count)


def test_six_villages_along_a_road_by_hand():
    # west to east: villages 3, 0, 4 | 1, 5, 2; cut in the middle, named by the lowest index
    x, y = np.array([[1.0, 3.0, 5.0, 0.0, 2.0, 4.0]]), np.zeros((1, 6))
    assert adjacency(x, y, 2).tolist() == [[0, 1, 1, 0, 0, 1]]
    # the same road from south to north
    assert adjacency(y, x, 2).tolist() == [[0, 1, 1, 0, 0, 1]]


def test_random_councils_follow_the_uniforms():
    # order of the uniforms: 2, 0, 3, 1; the first two form one council, the last two the other
    assert random(np.array([[0.3, 0.9, 0.1, 0.5]]), 2).tolist() == [[0, 1, 0, 1]]


def test_strong_and_weak_by_hand():
    # incomes 70 60 50 | 40 30 20 | 10: dealt to councils 1 2 3, then 3 2 1, then 1; sums 100 90 90
    assert strong_weak(np.array([[10.0, 20, 30, 40, 50, 60, 70]]), 3).tolist() == [[0, 0, 2, 3, 3, 2, 0]]
    # ties go by the order of the villages
    assert strong_weak(np.array([[5.0, 5, 5, 5]]), 2).tolist() == [[0, 1, 1, 0]]


def test_like_with_like_by_hand():
    # grain at 0, 1, 2 and 9 km, livestock at 3 and 8, councils of three: the far grain village goes with livestock
    x, industry = np.array([[0.0, 1, 2, 9, 3, 8]]), np.array([[0, 0, 0, 0, 2, 2]])
    assert similar_industry(industry, x, 0 * x, 2).tolist() == [[0, 0, 0, 3, 3, 3]]
    # two councils of one industry are cut apart like neighbours
    x, industry = np.array([[0.0, 3, 1, 2, 9, 8]]), np.array([[0, 0, 0, 0, 2, 2]])
    assert similar_industry(industry, x, 0 * x, 3).tolist() == [[0, 1, 0, 1, 4, 4]]
    # seven villages in councils of 2, 2, 2, 1: a whole council is one of two
    industry = np.array([[0, 0, 1, 1, 2, 2, 3]])
    assert similar_industry(industry, np.zeros((1, 7)), np.zeros((1, 7)), 4).tolist() == [[0, 0, 2, 2, 4, 4, 6]]
    # five in councils of 1, 1, 1, 2: a whole council is one of one
    assert similar_industry(industry[:, :5], np.zeros((1, 5)), np.zeros((1, 5)), 4).tolist() == [[0, 1, 2, 3, 3]]


def test_complements_by_hand():
    # two places, 10 km apart, each with grain, fruit and trade in another order: each place is a council
    x, industry = np.array([[0.0, 10, 0.1, 10.1, 0.2, 10.2]]), np.array([[0, 0, 1, 1, 4, 4]])
    assert complementary_industry(industry, x, 0 * x, 2).tolist() == [[0, 1, 0, 1, 0, 1]]
    # grain in the west, fruit in the east: each council gets one of both, those in the north together
    x, y = np.array([[0.0, 0, 9, 9]]), np.array([[0.0, 20, 20, 0]])
    assert complementary_industry(np.array([[0, 0, 1, 1]]), x, y, 2).tolist() == [[0, 1, 1, 0]]


@st.composite
def maps(draw):
    villages = draw(st.integers(1, 40))
    count = draw(st.integers(1, villages))
    seed = draw(st.integers(0, 1000))
    x, y = np.random.default_rng(seed).random((2, 3, villages))
    return x, draw(st.sampled_from([0.1, 1.0, 7.0])) * y, count


@given(maps())
def test_everybody_is_in_one_council_of_about_equal_size(places):
    x, y, count = places
    for labels in every_rule(x, y, count):
        for row in labels:
            founders, sizes = np.unique(row, return_counts=True)
            assert len(founders) == count
            assert sizes.max() - sizes.min() <= 1
            assert all(row[founder] == founder for founder in founders)
            assert all(np.flatnonzero(row == founder)[0] == founder for founder in founders)


@given(maps())
def test_neighbours_can_be_parted_by_a_straight_line(places):
    x, y, count = places
    for run, labels in enumerate(adjacency(x, y, count)):
        councils = [np.flatnonzero(labels == founder) for founder in np.unique(labels)]
        for first, one in enumerate(councils):
            for other in councils[:first]:
                assert any(
                    side[run, a].max() <= side[run, b].min() for side in (x, y) for a, b in ((one, other), (other, one))
                )


@given(maps())
def test_a_run_does_not_depend_on_the_batch(places):
    x, y, count = places
    for together, alone in zip(every_rule(x, y, count), every_rule(x[1:2], y[1:2], count), strict=True):
        assert (together[1:2] == alone).all()


def industries(x):
    """Five industries of unequal frequency, from where a village stands."""
    return np.minimum((np.floor(1000 * x) % 11).astype(np.int64) // 2, 4)


def every_rule(x, y, count):
    kind = industries(x)
    return (
        adjacency(x, y, count),
        random(x, count),
        strong_weak(y, count),
        similar_industry(kind, x, y, count),
        complementary_industry(kind, x, y, count),
    )


def different(kind, labels) -> int:
    """Different industries of all councils of one run together."""
    return sum(len(set(kind[labels == founder].tolist())) for founder in np.unique(labels))


def most_different(kind, count) -> int:
    """The most there can be: the smallest cut of the flow from industries to councils."""
    held = np.minimum(np.bincount(kind, minlength=5), count)
    sizes = np.array(council_sizes(len(kind), count))
    return min(
        int(sum(held[k] for k in range(5) if k not in inside) + np.minimum(sizes, len(inside)).sum())
        for r in range(6)
        for inside in itertools.combinations(range(5), r)
    )


@given(maps())
def test_complements_are_as_many_as_can_be(places):
    x, y, count = places
    kind = industries(x)
    for run, labels in enumerate(complementary_industry(kind, x, y, count)):
        assert different(kind[run], labels) == most_different(kind[run], count)


@given(maps())
def test_like_sits_with_like_more_than_among_neighbours(places):
    x, y, count = places
    kind = industries(x)
    for run, labels in enumerate(similar_industry(kind, x, y, count)):
        # an industry fills whole councils; what is left of the five shares councils along a line
        mixed = [f for f in np.unique(labels) if len(set(kind[run][labels == f].tolist())) > 1]
        assert len(mixed) <= 5
        assert different(kind[run], labels) <= count + 5


@given(maps())
def test_strong_and_weak_councils_are_alike(places):
    _, income, count = places
    villages = income.shape[1]
    for run, labels in enumerate(strong_weak(income, count)):
        rank = np.argsort(np.argsort(-income[run], kind="stable"), kind="stable")
        for founder in np.unique(labels):
            # one of each layer of ``count`` villages
            layers = sorted((rank[labels == founder] // count).tolist())
            assert layers == list(range(len(layers)))
            assert len(layers) in (villages // count, -(-villages // count))


def test_complements_stay_near():
    rng = np.random.default_rng(5)
    x, y, kind = rng.random((40, 27)), rng.random((40, 27)), rng.choice(5, p=[0.5, 0.2, 0.1, 0.12, 0.08], size=(40, 27))

    def apart(labels) -> float:
        far = np.hypot(x[:, :, None] - x[:, None, :], y[:, :, None] - y[:, None, :])
        together = (labels[:, :, None] == labels[:, None, :]) & ~np.eye(27, dtype=bool)
        return float(far[together].mean())

    by_chance, near = apart(random(rng.random((40, 27)), 7)), apart(adjacency(x, y, 7))
    # more than half of the way from chance to neighbours
    assert apart(complementary_industry(kind, x, y, 7)) < 0.5 * (by_chance + near)
