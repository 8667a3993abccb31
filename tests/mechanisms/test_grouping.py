"""Grouping 片区划分: labels, and the need weight of last year's income."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.groups import groups
from sim.mechanisms import grouping
from sim.mechanisms.grouping import ADJACENCY, COMPLEMENTARY, RANDOM, RULES, SIMILAR, STRONG_WEAK
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array, block, by_payer, scenario

Q = Quarter(21, 2015, 1)


def test_need_by_hand():
    # 1 / (1 + 10/10) = 1/2;   1 / (1 + 30/10) = 1/4;   1 / (1 + 2.5/10) = 1 / 1.25 = 0.8
    assert grouping.need(array(10, 30, 2.5), array(10)) == pytest.approx(array(0.5, 0.25, 0.8))
    # another line: 1 / (1 + 30/5) = 1/7
    assert grouping.need(array(30), array(5)) == pytest.approx(array(1 / 7))


def test_need_is_one_without_income_and_for_losses():
    assert grouping.need(array(0, -7), array(10)).tolist() == [[1.0, 1.0]]


@given(low=st.floats(-100, 1000), more=st.floats(0.01, 1000), line=st.floats(0.1, 1000))
def test_need_falls_with_income_and_stays_in_bounds(low, more, line):
    poor, rich = grouping.need(array(low, low + more), array(line))[0]
    assert 0 < rich <= poor <= 1


def test_step_sets_need_at_the_start_of_a_year_only():
    state = small.village_state(earned_last_year=array(10, 30))
    p = small.given(grouping, weak_line=10)
    opened, flows = grouping.step(state, p, small.Draws(), Quarter(4, 2011, 0))
    assert opened.need == pytest.approx(array(0.5, 0.25))
    assert flows == grouping.Flows()
    for season in (1, 2, 3):
        later, flows = grouping.step(state, p, small.Draws(), Quarter(4 + season, 2011, season))
        assert later is state
        assert flows == grouping.Flows()


# ---- grouped anew ----


def test_the_number_of_councils_by_hand():
    # 27 / 4 = 6.75;   6 / 4 = 1.5, up;   5 / 4 = 1.25;   fewer villages than a council has: one
    assert [grouping.council_count(*x) for x in ((27, 4.0), (6, 4.0), (5, 4.0), (2, 9.0), (3, 1.0))] == [7, 2, 1, 1, 3]


def test_members_that_stay_are_named_by_the_first_of_them():
    # of 0, 1, 4 the founder leaves; of 2, 3 both; 5 has never been in a council; 6 alone stays alone
    members = groups(np.array([[0, 0, 2, 2, 0, -1, 6]]))
    moves = np.array([[True, False, True, True, False, False, False]])
    assert grouping.left_behind(members, moves).tolist() == [[-1, 1, -1, -1, 1, -1, 6]]


def test_centre_villages_by_hand():
    members, people = groups(np.array([[0, 0, 0, 3, 3]])), array(100, 300, 200, 50, 60)
    nobody = np.zeros((1, 5), dtype=bool)
    assert grouping.centres(members, people, nobody).tolist() == [[1, 1, 1, 4, 4]]
    # a village that was a centre stays one, the most populous of two such
    assert grouping.centres(members, people, nobody | [True, False, False, True, True]).tolist() == [[0, 0, 0, 4, 4]]
    # even one that all have left
    empty = grouping.centres(groups(np.array([[0, 0]])), array(300, 0), np.array([[False, True]]))
    assert empty.tolist() == [[1, 1]]


def anew(rule, size=2, at=None, uniforms=None, p=None, **changes):
    state = small.village_state(**changes)
    every = np.ones((1, state.villages), dtype=bool)
    p = small.given(
        grouping, at=every if at is None else np.array([at]), rule=array(rule), size=array(size), **(p or {})
    )
    draws = small.Draws({} if uniforms is None else {"council": array(*uniforms)}, villages=state.villages)
    return state, grouping.step(state, p, draws, Q)[0]


SIX = dict(council=(0, 0, 0, 3, 3, 3))


def test_rules_by_hand():
    # along a road of six villages, from west to east
    _, after = anew(ADJACENCY, **SIX)
    assert after.councils.council.tolist() == [[0, 0, 2, 2, 4, 4]]
    # incomes 6 5 4 3 2 1 dealt to three councils and back: 6 with 1, 5 with 2, 4 with 3
    _, after = anew(STRONG_WEAK, **SIX, earned_last_year=array(6, 5, 4, 3, 2, 1))
    assert after.councils.council.tolist() == [[0, 1, 2, 2, 1, 0]]
    # order of the uniforms: 5, 3 | 4, 0 | 1, 2
    _, after = anew(RANDOM, **SIX, uniforms=(0.4, 0.5, 0.6, 0.2, 0.3, 0.1))
    assert after.councils.council.tolist() == [[0, 1, 1, 3, 0, 3]]
    # like with like; and each with another
    industry = dict(industry=np.array([[1, 0, 1, 0, 1, 0]]))
    _, after = anew(SIMILAR, 3, **SIX, **industry)
    assert after.councils.council.tolist() == [[0, 1, 0, 1, 0, 1]]
    _, after = anew(COMPLEMENTARY, **SIX, **industry)
    assert after.councils.council.tolist() == [[0, 0, 2, 2, 4, 4]]


def test_towns_are_grouped_apart():
    town = dict(town=np.array([[0, 1, 0, 1, 0, 1]]), towns=groups(np.array([[0, 1, 0, 1, 0, 1]])))
    _, after = anew(ADJACENCY, 3, **SIX, **town)
    assert after.councils.council.tolist() == [[0, 1, 0, 1, 0, 1]]
    # towns of unequal size: 4 and 2
    town = dict(town=np.array([[0, 0, 0, 0, 1, 1]]), towns=groups(np.array([[0, 0, 0, 0, 4, 4]])))
    _, after = anew(ADJACENCY, 4, **SIX, **town)
    assert after.councils.council.tolist() == [[0, 0, 0, 0, 4, 4]]


def test_two_blocks_with_rules_of_their_own():
    rule, size = array(*[ADJACENCY] * 3, *[STRONG_WEAK] * 3), array(1, 1, 1, 3, 3, 3)
    state = small.village_state(**SIX)
    p = small.given(grouping, at=np.ones((1, 6), dtype=bool), rule=rule, size=size)
    after = grouping.step(state, p, small.Draws(villages=6), Q)[0]
    assert after.councils.council.tolist() == [[0, 1, 2, 3, 3, 3]]
    # one rule, two sizes
    p = small.given(grouping, at=np.ones((1, 6), dtype=bool), rule=array(ADJACENCY), size=size)
    after = grouping.step(state, p, small.Draws(villages=6), Q)[0]
    assert after.councils.council.tolist() == [[0, 1, 2, 3, 3, 3]]


def test_only_villages_in_scope_that_exist_move():
    at, exists = [True, True, False, True, False, False], np.array([[True, False, True, True, True, True]])
    _, after = anew(ADJACENCY, 2, at, **SIX, exists=exists)
    # 0 and 3 meet; 1 and 2, 4 and 5 are what is left of their councils
    assert after.councils.council.tolist() == [[0, 1, 1, 0, 4, 4]]


def test_a_council_with_a_vehicle_keeps_its_members_and_pays_nothing():
    cost = by_payer(*[0.5] * 6)
    state = small.village_state(**SIX, vehicle=array(1, 0, 0, 0, 0, 0))
    p = small.given(grouping, at=np.ones((1, 6), dtype=bool), rule=array(ADJACENCY), size=array(1), set_up=cost)
    after, flows = grouping.step(state, p, small.Draws(villages=6), Q)
    assert after.councils.council.tolist() == [[0, 0, 0, 3, 4, 5]]
    assert flows.set_up.tolist() == by_payer(0, 0, 0, 0.5, 0.5, 0.5).tolist()
    # all councils hold one: nothing moves, nothing is paid
    state = small.village_state(**SIX, vehicle=array(1, 0, 0, 1, 0, 0))
    after, flows = grouping.step(state, p, small.Draws(villages=6), Q)
    assert after is state
    assert flows == grouping.Flows()
    # a village without a council may sit where a vehicle once stood
    _, after = anew(ADJACENCY, 2, council=(-1, -1), vehicle=array(1, 0))
    assert after.councils.council.tolist() == [[0, 0]]


def test_a_council_that_changes_chooses_anew_and_one_that_does_not_stays_as_it_is():
    chosen = dict(
        council=(0, 0, 2, 2, 2, 2),
        manager=np.array([[1, 1, 3, 3, 3, 3]]),
        centre=np.array([[1, 1, 2, 2, 2, 2]]),
        population=array(100, 90, 80, 70, 60, 65),
        joint_failure=array(1, 0, 1, 0, 0, 0),
    )
    _, after = anew(ADJACENCY, 2, **chosen)
    assert after.councils.council.tolist() == [[0, 0, 2, 2, 4, 4]]
    assert after.manager.tolist() == [[1, 1, -1, -1, -1, -1]]
    # 1 and 2 were centres and stay; of 4 and 5 the most populous
    assert after.centre.tolist() == [[1, 1, 2, 2, 5, 5]]
    assert after.joint_failure.tolist() == [[1, 0, 0, 0, 0, 0]]
    # a council that loses a member keeps its name and yet is another
    left = dict(council=(0, 0, 0), manager=np.array([[0, 0, 0]]), centre=np.array([[2, 2, 2]]))
    _, after = anew(ADJACENCY, 2, [False, False, True], **left)
    assert after.councils.council.tolist() == [[0, 0, 2]]
    assert after.manager.tolist() == [[-1, -1, -1]]
    assert after.centre.tolist() == [[0, 0, 2]]


def test_a_village_on_its_own_was_no_centre():
    alone = dict(council=(-1, 1), centre=np.array([[0, 1]]), population=array(900, 100))
    # 1 was the centre of its council of one and leads, though 0 is larger
    assert anew(ADJACENCY, 2, **alone)[1].centre.tolist() == [[1, 1]]


def test_the_same_councils_again_change_nothing():
    state, after = anew(ADJACENCY, 3, **SIX)
    assert after is state


def test_never_and_nowhere_nothing_happens():
    state = small.village_state(**SIX)
    for at in (None, np.zeros((1, 6), dtype=bool)):
        p = small.given(grouping, at=at, rule=array(ADJACENCY), size=array(2), staff=by_payer(*[0] * 6))
        after, flows = grouping.step(state, p, small.Draws(villages=6), Q)
        assert after is state
        assert flows == grouping.Flows()


def test_staff_and_set_up_are_charged():
    staff, set_up = by_payer(*[0.1] * 6), by_payer(*[0.5] * 6)
    state = small.village_state(**SIX)
    p = small.given(grouping, staff=staff, set_up=set_up)
    flows = grouping.step(state, p, small.Draws(villages=6), Q)[1]
    assert flows.staff is staff
    assert flows.set_up is None
    p = small.given(grouping, staff=staff, set_up=set_up, at=state.exists, rule=array(ADJACENCY), size=array(2))
    flows = grouping.step(state, p, small.Draws(villages=6), Q)[1]
    assert flows.staff is staff
    assert flows.set_up.tolist() == set_up.tolist()
    # a year opens with it
    opened, flows = grouping.step(state, p, small.Draws(villages=6), Quarter(20, 2015, 0))
    assert flows.staff is staff
    assert opened.need.tolist() == [[1.0] * 6]


def test_the_companion_joins_the_councils_of_its_arm():
    state = small.village_state(**SIX, manager=np.array([[0, 0, 0, 4, 4, 4]]))
    council, centre = np.array([[0, 0, 2, 3, 3, 3]]), np.array([[1, 1, 2, 3, 3, 3]])
    p = small.given(grouping, council=council, centre=centre)
    after = grouping.step(state, p, small.Draws(villages=6), Q)[0]
    assert after.councils.council is council
    assert after.centre.tolist() == [[1, 1, 2, 3, 3, 3]]
    assert after.manager.tolist() == [[-1, -1, -1, 4, 4, 4]]
    assert grouping.step(after, p, small.Draws(villages=6), Q)[0] is after


@settings(max_examples=30)
@given(data=st.data())
def test_every_rule_gives_councils_of_about_equal_size_whatever_the_batch(data):
    runs, n = 3, data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    towns = np.sort(rng.integers(0, 2, (runs, n)), axis=1)
    state = small.village_state(tuple(range(n)))
    several = dict(
        x=rng.random((runs, n)),
        y=rng.random((runs, n)),
        industry=rng.integers(0, 5, (runs, n)),
        earned_last_year=rng.random((runs, n)),
        population=rng.random((runs, n)),
        exists=rng.random((runs, n)) < 0.9,
        vehicle=(rng.random((runs, n)) < 0.2).astype(float),
        centre=np.tile(np.arange(n), (runs, 1)),
        manager=np.full((runs, n), -1),
        joint_failure=np.zeros((runs, n)),
        town=towns,
    )
    firsts = np.array([[row.tolist().index(t) for t in row] for row in towns])
    uniforms, at = rng.random((runs, n)), rng.random((runs, n)) < 0.8
    size, code = data.draw(st.integers(1, 6)), data.draw(st.integers(1, len(RULES) - 1))

    def labels(rows):
        few = {name: values[rows] for name, values in several.items()}
        p = small.given(grouping, at=at[rows], rule=array(code), size=array(size))
        alone = groups(np.tile(np.arange(n), (len(few["x"]), 1)))
        now = state.replace(**few, councils=alone, towns=groups(firsts[rows]))
        return grouping.step(now, p, small.Draws({"council": uniforms[rows]}, villages=n), Q)[0].councils

    found = labels(slice(None))
    for run in range(runs):
        assert np.array_equal(found.council[run], labels(slice(run, run + 1)).council[0])
        moved = at[run] & several["exists"][run] & (several["vehicle"][run] == 0)
        for t in (0, 1):
            mine = found.council[run][moved & (towns[run] == t)]
            if len(mine):
                names, sizes = np.unique(mine, return_counts=True)
                assert len(names) == grouping.council_count(len(mine), float(size))
                assert sizes.max() - sizes.min() <= 1
                assert all(towns[run][names] == t)
        assert np.array_equal(found.council[run][~moved], np.flatnonzero(~moved))


# ---- in a run ----


def test_villages_are_grouped_once_at_the_start_and_labels_stay():
    changes = {"grouping.staff_time": 2, "grouping.set_up_cost": 3}
    anew = block("council_grouping", 9, 14, rule="random", size=2)
    point = scenario({"arm": [anew]}, years=(2, 2, 1), changes=changes)
    records = small.simulate(point, replications=(0, 1, 2))
    before, after = records["no_policy"], records["arm"]
    assert np.array_equal(after.council[:, :2], before.council[:, :2])
    assert np.array_equal(after.council[:, 2], after.council[:, 4])
    assert all(len(set(row.tolist())) == 3 for row in after.council[:, 4])
    # six villages: 3 万元 once, 2 a year for three quarters each year
    assert after.public_cost["county"] == pytest.approx(np.array([[0, 0, 18 + 9, 9, 0]] * 3))
    # a label alone moves nothing in the villages
    for name, values in after.villages.items():
        assert np.array_equal(values, before.villages[name]), name


def test_a_pool_follows_the_new_councils():
    grant = block("demonstration_grant", 8, 11, budget=600)
    pool = block("funding_pool", 8, 11, contribution_floor=0.5)
    anew = block("council_grouping", 8, 11, rule="strong_weak", size=3)
    late = block("council_grouping", 12, 15, rule="adjacency", size=2)
    point = scenario({"arm": [grant, pool, anew, late]}, years=(2, 2, 2))
    state = small.states(point, "arm", replications=range(3))
    first, last = state[8], state[-1]
    assert np.array_equal(first.councils.founder, first.vehicle > 0)
    # what owns a vehicle is not torn apart
    assert last.councils is first.councils
