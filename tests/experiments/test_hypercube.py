"""Drawing of design points: what is drawn, from where, and that a scenario takes every value."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments import hypercube, pairing_map, pool_map, tax_map
from experiments.hypercube import Factor
from sim.policies import POLICIES
from sim.scenario import Scenario, vary
from sim.scenario.declared import all_paths

MAPS = {
    "funding_pool": (hypercube.default_scenario, pool_map.factors),
    "pairing": (pairing_map.scenario_of, pairing_map.factors),
    "tax_sharing": (tax_map.scenario_of, tax_map.factors),
}
Map = tuple[Scenario, tuple[Factor, ...]]


@pytest.fixture(params=MAPS)
def chosen(request: pytest.FixtureRequest) -> Map:
    make, factors = MAPS[request.param]
    scenario = make()
    return scenario, factors(scenario)


def test_a_scenario_takes_every_value_that_can_be_drawn(chosen: Map) -> None:
    scenario, factors = chosen
    for factor in factors:
        for uniform in (0.0, 0.3, 0.999999):
            parts = len(factor.declared.options)
            value, _ = hypercube._drawn(factor, iter([max(uniform, 1e-9)] * max(parts, 1)))
            if factor.paths:
                vary(scenario, dict.fromkeys(factor.paths, value))


def test_points_are_varied_whole(chosen: Map) -> None:
    scenario, factors = chosen
    for point in hypercube.draw(factors, 3, 1):
        varied = vary(scenario, point.values)
        for path, value in point.values.items():
            if path.startswith("parameters.") and not isinstance(value, dict):
                assert varied.parameters[path.removeprefix("parameters.")] == value
            elif path.startswith("arms."):
                arm, policy, lever = path.split(".")[1:]
                [block] = [block for block in varied.arms[arm] if block.policy == policy]
                assert block.levers[lever] == value


def test_everything_uncertain_is_drawn_but_what_only_a_policy_switches_on(chosen: Map) -> None:
    scenario, factors = chosen
    drawn = {path for factor in factors for path in factor.paths}
    arms = {arm for arm in (*pool_map.ARMS, *pairing_map.ARMS, *tax_map.ARMS) if arm in scenario.arms}
    present = {block.policy for arm in arms for block in scenario.arms[arm]}
    for path, declared in all_paths().items():
        world = path.startswith(hypercube.WORLD) and not path.startswith((*hypercube.SIZE, *hypercube.POOL_ONLY))
        if world and declared.prior[0] < declared.prior[1]:
            idle = hypercube.owner(path) in set(POLICIES) - present
            assert (path in drawn) != (idle or hypercube.stands_for(path, declared))


def test_a_lever_replaces_the_parameter_it_stands_for() -> None:
    names = [factor.name for factor in pool_map.factors(hypercube.default_scenario())]
    assert "arms.pool.funding_pool.contribution_floor" in names
    assert "parameters.funding_pool.contribution_floor" not in names
    assert "parameters.joint_vehicle.distribution" not in names
    assert not [name for name in names if "demonstration_grant" in name]
    assert names[-1] == pool_map.GRANT_NAME


def two_pools() -> Scenario:
    block = {"policy": "funding_pool", "payer": "county", "budget": {"per_year": 10}}
    return hypercube.with_arms(hypercube.default_scenario(), {"one": [block], "two": [block]})


def test_one_lever_in_two_arms_is_one_factor_unless_it_is_fixed_in_one() -> None:
    scenario = two_pools()
    factors = {f.name: f for f in hypercube.factors(scenario, ("one", "two"), fixed=("arms.two.funding_pool.match",))}
    assert factors["arms.one.funding_pool.match"].paths == ("arms.one.funding_pool.match",)
    assert factors["arms.one.funding_pool.contribution_floor"].paths == (
        "arms.one.funding_pool.contribution_floor",
        "arms.two.funding_pool.contribution_floor",
    )


def test_a_mechanism_that_bears_a_policys_name_is_idle_without_it() -> None:
    grant = {"policy": "demonstration_grant", "payer": "county", "budget": {"per_year": 10}}
    scenario = hypercube.with_arms(hypercube.default_scenario(), {"grant": [grant]})
    names = [f.name for f in hypercube.factors(scenario, ("grant",))]
    assert "parameters.projects.overhead" in names
    assert not [name for name in names if name.startswith(("parameters.funding_pool.", "forms.contribution"))]


def test_fixed_paths_are_not_drawn() -> None:
    names = [f.name for f in hypercube.factors(two_pools(), ("one",), fixed=hypercube.POOL_ONLY)]
    assert not [name for name in names if name.startswith(hypercube.POOL_ONLY)]


def test_with_arms_replaces_the_arms_alone() -> None:
    before, after = hypercube.default_scenario(), two_pools()
    assert list(after.arms) == ["no_policy", "one", "two"]
    assert after.parameters == before.parameters
    assert after.ranges["parameters.projects.overhead"] == before.ranges["parameters.projects.overhead"]
    assert after.population == before.population


def factor(sort: str, name: str = "f", paths: tuple[str, ...] = ("p", "q")) -> Factor:
    declared = next(d for d in all_paths().values() if (d.sort == sort and not d.integer) or d.sort == sort == "choice")
    return Factor(name, declared, (1.0, 3.0), paths)


def test_points_fill_every_stratum_once() -> None:
    points = list(hypercube.draw([factor("quantity")], 10, 4))
    places = sorted(int((point.coordinates["f"] - 1.0) / 0.2) for point in points)
    assert places == list(range(10))
    assert all(point.values["p"] == point.values["q"] for point in points)


def test_same_seed_same_points_and_shares_sum_to_one() -> None:
    one, other = (
        list(hypercube.draw([factor("shares", "s", ("s",)), factor("choice", "c", ("c",))], 6, 4)) for _ in range(2)
    )
    assert one == other
    for point in one:
        assert sum(point.values["s"].values()) == pytest.approx(1.0)
        options = [value for name, value in point.coordinates.items() if "=" in name]
        assert sum(options) == 1.0


def test_tasks_cover_all_points_in_order() -> None:
    points = list(hypercube.draw([factor("quantity")], 7, 1))
    tasks = hypercube.tasks(points, 2, 1, block=3)
    assert [n for task in tasks for n in task.numbers] == list(range(7))
    assert [values for task in tasks for values in task.values] == [point.values for point in points]


def test_runs_of_a_point_stand_together() -> None:
    assert hypercube.by_point(np.arange(6.0), 3).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_results_do_not_depend_on_the_block() -> None:
    points = list(pool_map.draw_points(hypercube.default_scenario(), 2, 1))
    together = [pool_map.simulate(4, task) for task in hypercube.tasks(points, 2, 1, block=2)]
    alone = [pool_map.simulate(4, task) for task in hypercube.tasks(points, 2, 1, block=1)]
    assert together[0] == [*alone[0], *alone[1]]


def test_budgets_of_the_pool_follow_its_grant() -> None:
    [point] = pool_map.draw_points(hypercube.default_scenario(), 1, 1)
    grant = 27.0 * point.coordinates[pool_map.GRANT_NAME]
    assert point.values["arms.pool.demonstration_grant.budget.per_year"] == grant
    match = point.values["arms.pool.funding_pool.match"]
    assert point.values["arms.pool.funding_pool.budget.per_year"] == pytest.approx(grant * match)


def test_head_says_how_the_report_was_made() -> None:
    options = SimpleNamespace(command="python -m x", points=300, replications=20, seed=3, started=0.0)
    text = "\n".join(hypercube.head("Title", options, 1000, 300))  # type: ignore[arg-type]
    for part in ("python -m x", "300 points", "20 paired replications", "seed 3", "1,000 runs", "15 of 300"):
        assert part in text
