"""Pairing rules 结对规则: who helps whom."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.pairing_rules import by_centre, by_distance, by_rank, ranked
from tests.scenarios_for_tests import array


def numbers(*rows):
    values = np.array(rows, dtype=np.int64)
    return values[None] if values.ndim == 1 else values


def test_ranking_by_hand():
    # group 3: villages 0, 2, 4 with 5, 9, 5: 2 first, then 0 before 4;   group 7: village 1;   village 3 is in none
    row = ranked(numbers(3, 7, 3, -1, 3), array(5, 1, 9, 8, 5))
    assert row.place.tolist() == [2, 0, 4, 1]
    assert row.first.tolist() == [0, 3]
    assert row.size.tolist() == [3, 1]


def test_the_strongest_helps_the_weakest():
    # by strength 9, 8, 5, 4, 1: villages 2, 0, 4, 1, 3;   2 helps 3, 0 helps 1, 4 is the middle one
    assert by_rank(numbers(0, 0, 0, 0, 0), array(8, 4, 9, 1, 5)).tolist() == [[-1, 0, -1, 2, -1]]
    # of equals the lower index is the stronger: 0, 1, 2, 3
    assert by_rank(numbers(0, 0, 0, 0), array(2, 2, 2, 2)).tolist() == [[-1, -1, 1, 0]]


def test_groups_and_runs_keep_to_themselves():
    group = numbers([0, 0, 4, 4], [4, 0, 0, 4], [0, 1, 2, -1])
    strength = array([1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4])
    assert by_rank(group, strength).tolist() == [[1, -1, 3, -1], [3, 2, -1, -1], [-1, -1, -1, -1]]
    # the last village of a run and the first one of the next bear one number, and are strangers
    assert by_rank(numbers([0, 1], [1, 2]), array([1, 2], [3, 4])).tolist() == [[-1, -1], [-1, -1]]


def test_the_nearest_of_the_stronger_half():
    # strong: 0 at (0, 0) and 1 at (6, 8); weak: 2 at (3, 3): 4.24 from the first, 5.83 from the second;
    # 3 at (6, 0): 6 and 8; 4 is the middle one by strength and takes no part
    x, y = array(0, 6, 3, 6, 3), array(0, 8, 3, 0, 3)
    assert by_distance(numbers(1, 1, 1, 1, 1), array(9, 8, 2, 1, 5), x, y).tolist() == [[-1, -1, 0, 0, -1]]
    # moved north the last one is nearer to the second: 8 and 6, then 5 and 5: the lower index
    north = array(0, 8, 3, 8, 3)
    assert by_distance(numbers(1, 1, 1, 1, 1), array(9, 8, 2, 1, 5), x, north).tolist() == [[-1, -1, 0, 1, -1]]
    level = by_distance(numbers(1, 1, 1, 1), array(8, 9, 2, 1), array(0, 10, 5, 5), array(0, 0, 1, -1))
    assert level.tolist() == [[-1, -1, 0, 0]]


def test_distance_counts_in_both_directions():
    # 2 at the origin: 0 is 5 east, 1 is 3 east and 3 north (4.24), and the other way round for 3 at (5, 5)
    helper = by_distance(numbers(0, 0, 0, 0), array(9, 8, 2, 1), array(5, 3, 0, 5), array(0, 3, 0, -2))
    assert helper.tolist() == [[-1, -1, 1, 0]]


def test_a_pair_of_one_is_nobody():
    assert by_distance(numbers(0, 1, -1), array(1, 2, 3), array(0, 1, 2), array(0, 0, 0)).tolist() == [[-1, -1, -1]]
    assert by_distance(numbers([0, 0], [0, 0]), array([2, 1], [1, 2]), array([0, 1], [0, 1]), array([0, 0], [0, 0])).tolist() == [
        [-1, 0],
        [1, -1],
    ]  # fmt: skip


def test_the_centre_helps_all_members_of_its_block():
    centre = numbers(1, 1, 1, 4, 4, 5)
    assert by_centre(centre, numbers(1, 1, 1, 1, 1, 1)).tolist() == [[1, -1, 1, 4, -1, -1]]
    # village 2 takes no part, the centre 4 is in another block than its member
    assert by_centre(centre, numbers(1, 1, 0, 1, 2, 1)).tolist() == [[1, -1, -1, -1, -1, -1]]
    # a centre out of scope helps nobody
    assert by_centre(centre, numbers(1, 0, 1, 1, 1, 1)).tolist() == [[-1, -1, -1, 4, -1, -1]]


@given(data=st.data())
@pytest.mark.parametrize("rule", ["rank", "distance"])
def test_helpers_have_no_helper_and_stay_in_their_group(rule, data):
    n = data.draw(st.integers(1, 12))
    group = numbers(data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n)))
    coordinate = st.lists(st.floats(0, 9), min_size=n, max_size=n)
    value, x, y = (array(*data.draw(coordinate)) for _ in range(3))
    helper = by_rank(group, value) if rule == "rank" else by_distance(group, value, x, y)
    helped = np.flatnonzero(helper[0] >= 0)
    by = helper[0, helped]
    assert (helper[0, by] == -1).all()
    assert (group[0, by] == group[0, helped]).all()
    assert (group[0, helped] >= 0).all()
    assert (value[0, by] >= value[0, helped]).all()
    # half of every group is helped, and by rank no two by the same village
    for label in range(3):
        assert (group[0, helped] == label).sum() == (group[0] == label).sum() // 2
    if rule == "rank":
        assert len(set(by.tolist())) == len(by)
