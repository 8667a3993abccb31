"""The same bits: whatever else is simulated beside a run, it comes out the same."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.scenario import Scenario, Scope
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import block, differences, scenario, simulate

REPLICATIONS = tuple(range(12))


def packages(start: int, end: int, **levers) -> dict[str, list]:
    """A grant, a pool with a grant, and both with a centre village, joint services and councils drawn anew."""
    grant = block("demonstration_grant", start, end, budget=400)
    pool = block("funding_pool", start, end, budget=60, match=0.3, contribution_floor=0.2, **levers)
    anew = block("council_grouping", start, end, rule="random", size=3)
    led = [block("centre_village", start, end), block("joint_services", start, end), anew]
    return {"grant": [grant], "arm": [grant, pool], "centre": [grant, pool, *led]}


SCENARIO = scenario(packages(8, 15), years=(2, 5, 3), allocation="need")


@pytest.fixture(scope="module")
def everything():
    return simulate(SCENARIO, replications=REPLICATIONS)


def agrees(everything, part, rows) -> None:
    found = {arm: changed for arm in part if (changed := differences(everything[arm], part[arm], rows))}
    assert found == {}


def test_the_same_call_gives_the_same_bits(everything):
    agrees(everything, simulate(SCENARIO, replications=REPLICATIONS), list(REPLICATIONS))


def test_another_seed_differs(everything):
    other = simulate(SCENARIO, replications=REPLICATIONS, seed=2)
    for arm, records in other.items():
        assert len(differences(everything[arm], records)) > 10, arm


def test_replications_differ(everything):
    income = everything["no_policy"].villages["earned_income"]
    assert len({row.tobytes() for row in income}) == len(REPLICATIONS)


@settings(max_examples=4)
@given(rows=st.lists(st.sampled_from(REPLICATIONS), min_size=1, max_size=5, unique=True))
def test_any_replications_in_any_order(everything, rows):
    agrees(everything, simulate(SCENARIO, replications=rows), rows)


@settings(max_examples=2)
@given(cuts=st.sets(st.integers(1, len(REPLICATIONS) - 1), min_size=1, max_size=4))
def test_any_chunks(everything, cuts):
    edges = [0, *sorted(cuts), len(REPLICATIONS)]
    for first, last in itertools.pairwise(edges):
        agrees(everything, simulate(SCENARIO, replications=range(first, last)), list(range(first, last)))


def test_an_arm_alone_or_among_others(everything):
    for arm in everything:
        alone = simulate(SCENARIO, replications=[2, 7], arms=[arm])
        assert list(alone) == [arm]
        agrees(everything, alone, [2, 7])


def test_another_arm_of_the_file_moves_nothing(everything):
    one = scenario({"arm": SCENARIO.arms["arm"]}, years=(2, 5, 3), allocation="need")
    agrees(everything, simulate(one, replications=[0, 5]), [0, 5])


POINTS = [
    SCENARIO,
    # a pool that starts later, under another ending, with another council cost
    scenario(
        packages(16, 23),
        years=(2, 5, 3),
        changes={"after_money": "liquidate", "group_cost": "linear", "projects.overhead": 1.5},
    ),
    scenario(
        packages(9, 17, scope=Scope("tercile", "poorest")),
        years=(2, 5, 3),
        councils=3,
        rule="random",
        changes={"after_money": "dissolve", "carry_over": "lapse", "grants.carry_over_term": 2, "talent.learning": 0.2},
    ),
    scenario(
        {"grant": [], "arm": packages(8, 15)["grant"], "centre": packages(8, 19)["arm"]},
        years=(2, 5, 3),
        changes={"carry_over": "indefinite", "contribution": "imitation", "joint_manager": "average"},
    ),
]
"""Design points with their own calendars, forms, councils and even policies."""


def test_design_points_alone_or_together():
    arms = ("no_policy", "grant", "arm", "arm@same_money", "centre", "centre@same_money", "centre@same_management")
    together = simulate(POINTS, replications=[0, 1, 2], arms=arms)
    for n, point in enumerate(POINTS):
        known = [arm for arm in arms if arm in small.arm_names(point)]
        alone = simulate(point, replications=[0, 1, 2], arms=known)
        agrees(together, alone, slice(3 * n, 3 * n + 3))


def learning_fast(start: int) -> Scenario:
    """Know-how moves fast and heads are alike, so that who is judged best changes within a term of office."""
    numbers = {
        "talent.learning": 0.2,
        "talent.attrition": 0,
        "talent.leader_sd": 0.1,
        "joint_management.selection_noise": 0.05,
        "joint_management.manager_weight": 1,
    }
    return scenario(packages(start, start + 7, scope=Scope("all")), years=(2, 6, 4), changes=numbers)


def test_a_manager_is_chosen_at_elections_not_when_another_run_needs_one():
    points = [learning_fast(8), learning_fast(20)]
    reps = range(20)
    together = simulate(points, replications=reps, arms=["arm", "arm@same_management"])
    for n, point in enumerate(points):
        alone = simulate(point, replications=reps, arms=["arm", "arm@same_management"])
        agrees(together, alone, slice(20 * n, 20 * n + 20))


def test_a_grant_without_budget_asks_for_nothing_beside_one_with_a_budget():
    points = [scenario({"arm": [block("demonstration_grant", 8, 11, budget=b, per_village=9)]}) for b in (0, 30)]
    together = simulate(points, arms=["arm"])
    for n, point in enumerate(points):
        agrees(together, simulate(point, arms=["arm"]), slice(2 * n, 2 * n + 2))


def test_one_run_and_three_hundred():
    """Wide registers work on four or eight numbers at a time and on what is left over one by one: it must not show."""
    large = scenario(packages(4, 11), villages=7, councils=2, years=(1, 3, 1))
    arms = ("no_policy", "arm", "arm@same_money", "arm@same_management")
    block_of_300 = simulate(large, replications=range(300), arms=arms)
    for run in (0, 1, 150, 298, 299):
        agrees(block_of_300, simulate(large, replications=[run], arms=arms), [run])
    agrees(block_of_300, simulate(large, replications=range(293, 300), arms=arms), list(range(293, 300)))


def test_design_points_must_share_calendar_and_size():
    for other in (scenario(years=(3, 3, 2)), scenario(villages=7)):
        with pytest.raises(ValueError, match="calendar"):
            simulate([scenario(), other])


def test_nothing_is_written_in_place(monkeypatch):
    """Every array of every state is made read-only as soon as it exists: a rule that wrote into one would raise."""
    from sim import engine
    from sim.state import State

    plain = State.replace

    def guarded(self, **changes):
        return small.frozen(plain(self, **changes))

    monkeypatch.setattr(State, "replace", guarded)
    monkeypatch.setattr(engine, "initial_state", lambda *a: small.frozen(initial(*a)))
    initial = __import__("sim.initialization", fromlist=["initial_state"]).initial_state
    records = simulate(SCENARIO, replications=[0])
    assert np.isfinite(records["centre"].villages["earned_income"]).all()
