"""Fronts, the points that stand for them, hypervolume: by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.search.front import best_within, hypervolume, non_dominated, spread

ROWS = arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.integers(0, 4).map(float))


@given(ROWS)
def test_the_front_is_what_nobody_beats(worth):
    kept = non_dominated(worth)
    assert kept.any()
    for place, row in enumerate(worth):
        beaten = any(all(other <= row) and any(other < row) for other in worth)
        assert kept[place] == (not beaten)


@given(ROWS)
def test_the_hypervolume_is_the_share_of_a_grid_that_is_dominated(worth):
    reference = np.full(worth.shape[1], 5.0)
    corners = np.stack(np.meshgrid(*[np.arange(5.0)] * worth.shape[1], indexing="ij"), -1).reshape(-1, worth.shape[1])
    covered = (worth[None] <= corners[:, None]).all(axis=2).any(axis=1).sum()
    assert hypervolume(worth, reference) == pytest.approx(covered)


@given(ROWS, st.integers(1, 5))
def test_points_shown_hold_the_best_of_each_goal(worth, count):
    chosen = spread(worth, count)
    assert len(chosen) == len(set(chosen)) <= max(count, min(count, len(worth)))
    if count >= worth.shape[1]:
        assert (worth[chosen].min(axis=0) == worth.min(axis=0)).all()


def test_points_shown_are_far_apart():
    line = np.array([[0.0, 1.0], [0.1, 0.9], [0.5, 0.5], [0.55, 0.45], [1.0, 0.0]])
    assert spread(line, 3) == [0, 2, 4]


def test_the_best_of_no_more_money():
    worth, cost = np.array([[-3.0, 9.0], [-2.0, 4.0], [-2.0, 3.0]]), np.array([9.0, 4.0, 3.0])
    assert best_within(worth, cost, 10.0, [0]) == 0
    assert best_within(worth, cost, 4.0, [0, 1]) == 2
    assert best_within(worth, cost, 1.0, [0]) is None
