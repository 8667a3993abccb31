"""Timeline 时间表: scopes, calendars, and the parameters of every quarter."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.outcomes import poorest_third
from sim.scenario.scenario import Scope
from sim.timeline import Timeline, by_run, in_scope, model_parameters
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array

STATE = small.village_state((0, 1, 0, -1, 1, 1), earned_last_year=array(4, 9.99, 10, 50, 50.01, 80))


def covered(scope: Scope) -> list[int]:
    return np.flatnonzero(in_scope(scope, STATE)[0]).tolist()


def test_scopes_by_hand():
    assert covered(Scope("all")) == [0, 1, 2, 3, 4, 5]
    assert covered(Scope("none")) == []
    assert covered(Scope("villages", (1, 4))) == [1, 4]
    # councils are counted in the order of their founding villages; village 3 belongs to none
    assert covered(Scope("councils", (0,))) == [0, 2]
    assert covered(Scope("councils", (1,))) == [1, 4, 5]
    assert covered(Scope("councils", (0, 1))) == [0, 1, 2, 4, 5]
    # below 10, 10 to 50, above 50
    assert covered(Scope("tier", "weak")) == [0, 1]
    assert covered(Scope("tier", "middle")) == [2, 3]
    assert covered(Scope("tier", "strong")) == [4, 5]
    assert covered(Scope("tercile", "poorest")) == [0, 1]
    assert covered(Scope("tercile", "middle")) == [2, 3]
    assert covered(Scope("tercile", "richest")) == [4, 5]
    assert covered(Scope("below", {"earned_income": 49.0})) == [0, 1, 2]


def test_a_village_that_is_merged_is_in_no_scope():
    gone = STATE.replace(exists=np.array([[True, False, True, True, True, True]]))
    assert not in_scope(Scope("all"), gone)[0, 1]
    assert not in_scope(Scope("villages", (1,)), gone)[0, 1]


@given(incomes=st.lists(st.floats(0, 100), min_size=3, max_size=12))
def test_terciles_part_the_villages(incomes):
    state = small.village_state(range(len(incomes)), earned_last_year=array(*incomes))
    thirds = [in_scope(Scope("tercile", name), state) for name in ("poorest", "middle", "richest")]
    assert np.all(sum(part.astype(int) for part in thirds) == 1)
    exists = np.ones(state.earned_last_year.shape, dtype=bool)
    assert np.array_equal(thirds[0], poorest_third(state.earned_last_year, exists))
    sizes = [int(part.sum()) for part in thirds]
    assert max(sizes) - min(sizes) <= 1
    poor, rich = state.earned_last_year[thirds[0]], state.earned_last_year[thirds[2]]
    assert poor.max() <= rich.min()


def test_runs_are_ordered_design_point_major():
    assert by_run([1, 2], 3).tolist() == [[1], [1], [1], [2], [2], [2]]


def test_parameters_of_design_points():
    points = [
        small.scenario(changes={"projects.overhead": n, "carry_over": f}) for n, f in ((3, "lapse"), (5, "indefinite"))
    ]
    weights = {"joint_vehicle.distribution": {"equity": 0.1, "equal": 0.2, "need": 0.3, "work": 0.4}}
    points.append(small.scenario(weights=weights))
    p = model_parameters(points, 2)
    assert p.projects.overhead.ravel().tolist() == [3, 3, 5, 5, 4, 4]
    assert p.grants.carry_over.ravel().tolist() == [1, 1, 2, 2, 0, 0]
    assert [w[4, 0] for w in p.joint_vehicle.distribution] == [0.1, 0.2, 0.3, 0.4]


def timeline(*blocks, villages=6, **changes) -> tuple[Timeline, object]:
    point = small.scenario({"arm": blocks}, villages=villages, changes=changes or None)
    base = model_parameters([point], 1)
    return Timeline([point], 1, "arm", base), base


def budgets(line: Timeline, state=STATE, quarters=range(8, 20)) -> list[float]:
    """The grant's budget released in every quarter."""
    found = []
    for quarter in quarters:
        budget = line.at(quarter, state).grants.budget
        found.append(0.0 if budget is None else float(budget[0, COUNTY, 0]))
    return found


def test_a_years_budget_is_released_when_its_year_opens():
    line, base = timeline(small.block("demonstration_grant", 9, 17, budget=100))
    # active from quarter 9: three quarters of the first year, all of the second, two quarters of the third
    assert budgets(line) == [0, 75, 0, 0, 100, 0, 0, 0, 50, 0, 0, 0]
    assert line.at(18, STATE) is base
    assert line.at(8, STATE) is base


def test_the_end_is_that_of_the_last_block():
    first = small.block("funding_pool", 8, 11, budget=10)
    second = small.block("funding_pool", 16, 19, budget=10, path="arms.arm.funding_pool#2")
    line, _ = timeline(second, first)
    ends = {q: line.at(q, STATE).joint_vehicle.ends for q in range(8, 20)}
    assert [q for q, value in ends.items() if value is not None and value.any()] == [19]


def test_a_scope_is_resolved_at_the_start_and_frozen():
    line, _ = timeline(small.block("demonstration_grant", 8, 19, budget=9, scope=Scope("tier", "weak")))
    at_start = line.at(8, STATE).grants.eligible[0, COUNTY]
    assert np.flatnonzero(at_start).tolist() == [0, 1]
    richer = STATE.replace(earned_last_year=array(90, 90, 1, 1, 1, 1))
    assert np.flatnonzero(line.at(12, richer).grants.eligible[0, COUNTY]).tolist() == [0, 1]
    assert np.flatnonzero(line.covered(19, (1, 6))).tolist() == [0, 1]


def test_a_second_block_reads_the_state_anew():
    weak = dict(budget=9, scope=Scope("tier", "weak"))
    line, _ = timeline(
        small.block("demonstration_grant", 8, 11, **weak),
        small.block("demonstration_grant", 16, 19, path="arms.arm.demonstration_grant#2", **weak),
    )
    line.at(8, STATE)
    richer = STATE.replace(earned_last_year=array(90, 90, 90, 90, 90, 1))
    assert np.flatnonzero(line.at(16, richer).grants.eligible[0, COUNTY]).tolist() == [5]
    # covered so far: both
    assert np.flatnonzero(line.covered(12, (1, 6))).tolist() == [0, 1]
    assert np.flatnonzero(line.covered(16, (1, 6))).tolist() == [0, 1, 5]


def test_which_years_are_active():
    line, _ = timeline(
        small.block("demonstration_grant", 9, 10, budget=1),
        small.block("funding_pool", 13, 14, budget=1),
    )
    assert [q for q in range(8, 20) if line.active(q)[0]] == [9, 10, 13, 14]


def test_no_policy_has_no_quarter():
    point = small.scenario()
    base = model_parameters([point, point], 3)
    line = Timeline([point, point], 3, "no_policy", base)
    assert line.at(5, STATE) is base
    assert line.active(5).tolist() == [False] * 6


def test_blocks_of_design_points_stay_apart():
    points = [
        small.scenario({"arm": [small.block("demonstration_grant", 8, 11, budget=60)]}),
        small.scenario({"arm": [small.block("demonstration_grant", 10, 15, budget=80, payer="centre")]}),
        small.scenario({"arm": []}),
    ]
    base = model_parameters(points, 1)
    line = Timeline(points, 1, "arm", base)
    three = small.village_state((0, 0, 0, 0, 0, 0))
    three = three.replace(
        **{
            f.name: np.repeat(v, 3, axis=0)
            for f in dataclasses.fields(three)
            if isinstance(v := getattr(three, f.name), np.ndarray)
        }
    )
    at_8, at_10, at_12 = (line.at(q, three).grants for q in (8, 10, 12))
    assert at_8.budget[:, :, 0].tolist() == [[0, 0, 60, 0], [0] * 4, [0] * 4]
    # half of the second point's first year is left
    assert at_10.budget[:, :, 0].tolist() == [[0] * 4, [40, 0, 0, 0], [0] * 4]
    assert at_10.eligible.any(axis=2).tolist() == [
        [False, False, True, False],
        [True, False, False, False],
        [False] * 4,
    ]
    assert at_12.budget[:, :, 0].tolist() == [[0] * 4, [80, 0, 0, 0], [0] * 4]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_blocks_changes_no_parameter(order):
    blocks = [
        small.block("demonstration_grant", 8, 15, budget=60, path="arms.arm.demonstration_grant"),
        small.block("funding_pool", 8, 15, budget=5, match=0.3, scope=Scope("villages", (0, 1))),
        small.block("funding_pool", 8, 15, budget=7, match=0.2, payer="centre", scope=Scope("villages", (4,))),
    ]
    written, _ = timeline(*blocks)
    shuffled, _ = timeline(*[dataclasses.replace(blocks[n], path=f"arms.arm.{n}") for n in order])
    one, other = written.at(8, STATE), shuffled.at(8, STATE)
    for part in dataclasses.fields(one):
        for field in dataclasses.fields(getattr(one, part.name)):
            a, b = (getattr(getattr(p, part.name), field.name) for p in (one, other))
            assert (a is None) == (b is None)
            if a is not None:
                assert np.array_equal(np.asarray(a), np.asarray(b)), field.name
