"""Who belongs together: sizes, contiguity, independence of the batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.grouping_rules import adjacency, council_sizes, random


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
    for labels in (adjacency(x, y, count), random(x, count)):
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
    assert (adjacency(x, y, count)[1:2] == adjacency(x[1:2], y[1:2], count)).all()
    assert (random(x, count)[1:2] == random(x[1:2], count)).all()
