"""Groups: sums, means and extremes over the members of a council."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.groups import groups, part, pick

# village 3 sits in no council; council 1 has the members 1 and 4, council 0 the members 0 and 2
LABELS = np.array([[0, 1, 0, -1, 1]])
VALUES = np.array([[1.0, 10.0, 3.0, 7.0, 30.0]])


def test_membership_by_hand():
    g = groups(LABELS)
    assert g.member.tolist() == [[True, True, True, False, True]]
    assert g.founder.tolist() == [[True, True, False, False, False]]
    assert g.size.tolist() == [[2, 2, 2, 1, 2]]


def test_sums_and_means_by_hand():
    g = groups(LABELS)
    # 1 + 3 = 4 at village 0;   10 + 30 = 40 at village 1;   nothing elsewhere
    assert g.total(VALUES).tolist() == [[4, 40, 0, 0, 0]]
    # everybody hears his council's number, the village on its own its own
    assert g.of(np.array([[4.0, 40.0, 0.0, 9.0, 0.0]])).tolist() == [[4, 40, 4, 9, 40]]
    assert g.sum(VALUES).tolist() == [[4, 40, 4, 7, 40]]
    assert g.mean(VALUES).tolist() == [[2, 20, 2, 7, 20]]


def test_the_spread_is_the_standard_deviation_of_the_members():
    # 1 and 3: mean 2, deviations 1: 1;   10 and 30: 10;   alone: 0
    assert groups(LABELS).spread(VALUES).tolist() == [[1, 10, 1, 0, 10]]


def test_the_best_member_by_hand():
    assert groups(LABELS).argmax(VALUES).tolist() == [[2, 4, 2, 3, 4]]
    # the first one wins a tie
    assert groups(LABELS).argmax(np.ones((1, 5))).tolist() == [[0, 1, 0, 3, 1]]
    assert groups(LABELS).argmax(-VALUES).tolist() == [[0, 1, 0, 3, 1]]


def test_runs_do_not_meet():
    two = groups(np.array([[0, 0], [-1, -1]]))
    assert two.total(np.array([[1.0, 2.0], [5.0, 6.0]])).tolist() == [[3, 0], [0, 0]]
    assert two.sum(np.array([[1.0, 2.0], [5.0, 6.0]])).tolist() == [[3, 3], [5, 6]]
    assert two.argmax(np.array([[1.0, 2.0], [6.0, 5.0]])).tolist() == [[1, 1], [0, 1]]


def test_picking_by_index():
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert pick(values, np.array([[1, 1], [0, 1]])).tolist() == [[2, 2], [3, 4]]
    # one number a run is the same for every village
    assert pick(np.array([[5.0], [6.0]]), np.array([[1, 0], [0, 1]])).tolist() == [[5, 5], [6, 6]]


def test_a_part_of_nothing_is_nothing():
    assert part(np.array([1.0, 0.0, 3.0]), np.array([4.0, 0.0, 0.0])).tolist() == [0.25, 0, 0]


@st.composite
def councils(draw):
    villages = draw(st.integers(1, 8))
    labels = [draw(st.integers(-1, villages - 1)) for _ in range(villages)]
    # a council is named by its first member
    return np.array([[-1 if label < 0 else labels.index(label) for label in labels]])


@given(labels=councils(), seed=st.integers(0, 1000))
def test_against_plain_loops(labels, seed):
    values = np.random.default_rng(seed).normal(size=labels.shape)
    g = groups(labels)
    for village, label in enumerate(labels[0]):
        mates = [village] if label < 0 else [j for j, other in enumerate(labels[0]) if other == label]
        numbers = values[0, mates]
        assert g.size[0, village] == len(mates)
        assert g.sum(values)[0, village] == pytest.approx(sum(numbers))
        assert g.mean(values)[0, village] == pytest.approx(numbers.mean())
        assert g.spread(values)[0, village] == pytest.approx(numbers.std(), abs=1e-12)
        assert g.argmax(values)[0, village] == mates[int(np.argmax(numbers))]
        assert g.founder[0, village] == (label == village)
    assert g.total(values).sum() == pytest.approx(values[0, labels[0] >= 0].sum())


@given(labels=councils(), runs=st.integers(2, 40), seed=st.integers(0, 1000))
def test_a_batch_changes_no_bit(labels, runs, seed):
    values = np.random.default_rng(seed).normal(size=(runs, labels.shape[1]))
    together = groups(np.repeat(labels, runs, axis=0))
    alone = groups(labels)
    for name in ("total", "sum", "mean", "spread", "argmax"):
        batch = getattr(together, name)(values)
        for run in (0, runs - 1):
            assert np.array_equal(batch[run : run + 1], getattr(alone, name)(values[run : run + 1]))
