"""Candidates: the same policy is the same candidate, and means what the scenario would say."""

import dataclasses

import pytest

from sim.scenario import vary
from sim.search.candidates import MEMBER, Space, rounded
from sim.search.reading import load_search
from tests.search.worlds import BUDGET, FLOOR, write_world


@pytest.fixture
def space(tmp_path):
    return Space(load_search(write_world(tmp_path)))


def raw(space, **changes):
    return {MEMBER + "pool": True, MEMBER + "pairing": True, BUDGET: 100.0, FLOOR: 1} | changes


def test_a_lever_of_a_member_that_is_left_out_does_not_matter(space):
    without = {MEMBER + "pairing": False}
    one, other = (space.decode(raw(space, **without, **{FLOOR: place})) for place in (0, 2))
    assert one == other == (True, False, 100.0, None)
    assert space.settings(one) == {"arms.package": {"all_of": ["pool"]}, BUDGET: 100.0}


def test_numbers_have_three_digits_and_stay_in_their_range(space):
    assert space.decode(raw(space, **{BUDGET: 123.456}))[2] == 123.0
    assert rounded(199.99, 20, 199.5) == 199.5


def test_the_arm_as_written_is_a_candidate_only_within_the_ranges(tmp_path):
    assert Space(load_search(write_world(tmp_path))).as_written() == (True, True, 150.0, 0.3)
    narrow = load_search(write_world(tmp_path, decisions={BUDGET: {"range": [20, 100]}}))
    assert Space(narrow).as_written() is None


def test_encoding_is_undone_by_decoding(space):
    for candidate in [
        (True, True, 44.0, 0.5),
        (False, True, None, 0.1),
        (True, False, 20.0, None),
        (False, False, None, None),
    ]:
        assert space.decode(space.encode(candidate)) == candidate


def test_shares_are_levels_that_come_back_as_mappings(tmp_path):
    path, levels = "arms.pool.funding_pool.distribution", [{"equity": 1}, {"equal": 1}]
    space = Space(load_search(write_world(tmp_path, decisions={path: levels})))
    candidate = space.decode({MEMBER + "pool": True, MEMBER + "pairing": True, path: 1})
    assert hash(candidate)
    assert space.settings(candidate)[path]["equal"] == 1


def test_leaving_members_out_is_the_arm_that_joins_the_rest(space):
    """Bit for bit what an arm of the scenario that is written so does."""
    scenario = space.search.scenario
    varied = vary(scenario, space.settings((True, False, 150.0, None)))
    assert [dataclasses.replace(b, path="", position=None) for b in varied.arms["package"]] == [
        dataclasses.replace(b, path="", position=None) for b in scenario.arms["pool"]
    ]


def test_a_search_starts_from_the_arm_as_written_and_each_member_alone(space):
    assert space.first() == [(True, True, 150.0, 0.3), (True, False, 150.0, None), (False, True, None, 0.3)]
