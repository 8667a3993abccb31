"""The design of coalitions: what is read and refused, what stands in the points, and that parts of a package are right."""

import dataclasses
import itertools
import sys
import types

import numpy as np
import pytest

import sim
from sim.engine import simulate_block
from sim.experiment.coalitions import coalitions_of, drawn_orders, members_of
from sim.experiment.reading import experiment_of
from sim.experiment.schema import json_schema
from sim.policies import pairing
from sim.scenario import ScenarioErrors, load_document, vary
from sim.scenario.resolve import from_mapping
from sim.scenario.validate import validate
from tests.scenarios_for_tests import differences

PAID = {"payer": "county", "start": 2012, "end": 2013}
DOCUMENT = {
    "schema": 1,
    "population": {"villages": 6, "councils": {"count": 2}},
    "calendar": {"burn_in_years": 2, "policy_years": 2, "after_years": 2},
    "arms": {
        "no_policy": [],
        "pool": [
            {"policy": "demonstration_grant", "budget": {"per_year": 150}, **PAID},
            {"policy": "funding_pool", "budget": {"per_year": 30}, **PAID},
        ],
        "pairs": [{"policy": "pairing", **PAID}],
        "courses": [{"policy": "training", "trainees": 17, **PAID}],
        "more": [{"policy": "demonstration_grant", "budget": {"per_year": 50}, **PAID, "payer": "centre"}],
        "two": {"all_of": ["pairs", "courses"]},
        "package": {"all_of": ["pool", "two", "more"]},
    },
    "outcomes": ["earned_income", "gini", "share_of_losers", "share_of_losers_same_money", "public_cost"],
}
BY = {"method": "coalitions", "arm": "package"}


def town(**arms):
    return load_document({**DOCUMENT, "arms": {**DOCUMENT["arms"], **arms}}, name="town")


def experiment(scenario=None, **changes):
    said = {"schema": 1, "question": "Which part?", "scenario": scenario or town(), "design": BY, "replications": 3}
    return experiment_of({**said, **changes})


def messages(scenario=None, **changes):
    with pytest.raises(ScenarioErrors) as caught:
        experiment(scenario, **changes)
    return list(caught.value.messages)


def test_every_coalition_is_a_point_the_whole_package_first_the_empty_one_last():
    made = experiment()
    assert made.arms == ("no_policy", "package", "package@same_money")
    assert [factor.name for factor in made.factors] == ["pool", "two", "more"]
    assert made.design["members"] == ["pool", "two", "more"]
    assert (made.design["sample"], made.design["orders"]) == (0, [])
    assert len(made.points) == 8
    assert made.points[0].values == {"arms.package": {"all_of": ["pool", "two", "more"]}}
    assert made.points[-1].values == {"arms.package": {"all_of": []}}
    assert made.points[-1].coordinates == {"pool": 0.0, "two": 0.0, "more": 0.0}
    inside = [tuple(point.coordinates.values()) for point in made.points]
    assert sorted(inside) == sorted(itertools.product((0.0, 1.0), repeat=3))
    for point in made.points:
        policies = [block.policy for block in made.scenario_at(point).arms["package"]]
        wanted = {
            "pool": ["demonstration_grant", "funding_pool"],
            "two": ["pairing", "training"],
            "more": ["demonstration_grant"],
        }
        assert policies == [policy for member, of in wanted.items() if point.coordinates[member] for policy in of]


def test_orders_are_drawn_where_it_is_asked_for_or_where_there_are_many_members():
    made = experiment(design=BY | {"sample": 4, "seed": 3})
    orders = drawn_orders(3, 4, 3)
    assert made.design["orders"] == [list(order) for order in orders]
    assert len(made.points) == len(coalitions_of(orders, 3, interactions=True))
    many = {f"m{n}": [{"policy": "talent_return", "spending": 1, **PAID, "start": 2012, "end": 2012}] for n in range(1)}
    many |= {
        f"v{n}": [{"policy": "pairing", **PAID, "scope": {"villages": [n]}, "payer": p}] for n, p in enumerate(PAYERS)
    }
    many |= {f"t{n}": [{"policy": "training", **PAID, "payer": p}] for n, p in enumerate(PAYERS)}
    names = list(many)
    made = experiment(town(**many, package={"all_of": names}))
    assert len(names) == 9
    assert len(made.design["orders"]) == made.design["sample"] == 200
    assert len(made.points) <= 512


PAYERS = ("centre", "province", "county", "town")


def test_a_part_of_a_package_is_the_same_whether_it_is_patched_or_checked_in_full():
    scenario = town()
    for members in (["pool"], ["two", "more"], ["more", "pool"], ["pool", "two", "more"], []):
        quick = vary(scenario, {"arms.package": {"all_of": members}})
        document = from_mapping(
            {**scenario.document, "arms": {**scenario.document["arms"], "package": {"all_of": members}}}, "town", "."
        )
        whole = validate(document)
        assert [dataclasses.replace(block, position=None) for block in quick.arms["package"]] == [
            dataclasses.replace(block, position=None) for block in whole.arms["package"]
        ]
        assert quick.document == whole.document
        assert members_of(quick, "package") == tuple(members)
        assert quick.arms["pool"] == scenario.arms["pool"]


def test_what_is_no_part_goes_through_the_whole_check():
    scenario = town(bigger={"all_of": ["package"]})
    changed = vary(scenario, {"arms.package": {"all_of": ["pool"]}})
    assert [block.policy for block in changed.arms["bigger"]] == ["demonstration_grant", "funding_pool"]
    with pytest.raises(ScenarioErrors, match="there is no arm 'pol'"):
        vary(scenario, {"arms.package": {"all_of": ["pol"]}})
    with pytest.raises(ScenarioErrors, match="listed twice"):
        vary(scenario, {"arms.package": {"all_of": ["pool", "pool"]}})


def test_the_empty_coalition_is_no_policy_to_the_bit_and_so_is_its_same_money():
    made = experiment()
    points = [made.scenario_at(point) for point in made.points]
    (no_policy,) = simulate_block([points[0]], [0], [0, 1], ["no_policy"], 1)
    for chosen in (range(8), [7], [7, 0]):
        records = simulate_block([points[n] for n in chosen], list(chosen), [0, 1], made.arms, 1)
        by_arm = {of.arm: of for of in records}
        rows = np.flatnonzero(by_arm["package"].design_point == 7)
        for arm in ("package", "package@same_money"):
            assert differences(by_arm[arm], no_policy, rows) == []
    assert differences(*(simulate_block([points[0]], [0], [0], [arm], 1)[0] for arm in ("no_policy", "package"))) != []


def test_a_coalition_is_the_arm_that_joins_its_members():
    made = experiment()
    number = next(point.number for point in made.points if list(point.coordinates.values()) == [1.0, 0.0, 1.0])
    part = made.scenario_at(made.points[number])
    (found,) = simulate_block([part], [number], [0, 1], ["package"], 1)
    (wanted,) = simulate_block([town(both={"all_of": ["pool", "more"]})], [number], [0, 1], ["both"], 1)
    assert differences(found, wanted) == []


def test_a_policy_that_requires_another_brings_it_along(tmp_path):
    """A member alone has passed the check of arms, so no coalition can be refused: a precedence never arises."""
    needy = types.ModuleType("needy")
    names = ("ZH", "TAKES_BUDGET", "PAYERS", "ZERO", "Levers", "adjust")
    needy.__dict__.update({name: getattr(pairing, name) for name in names}, REQUIRES=("training",))
    needy.__file__ = str(tmp_path / "needy.py")
    (tmp_path / "needy.py").write_text("", encoding="utf-8")
    sys.modules["needy"] = needy
    try:
        lone = {"helpers": [{"policy": "needy", **PAID}], "package": {"all_of": ["helpers", "courses"]}}
        with pytest.raises(ScenarioErrors) as caught:
            load_document({**DOCUMENT, "arms": {**DOCUMENT["arms"], **lone}}, policies=[needy])
        assert "needs a block of policy training in the same arm; add one to 'helpers'" in "\n".join(
            caught.value.messages
        )
    finally:
        del sys.modules["needy"]


def test_what_is_refused():
    assert messages(design=BY | {"arm": "pakage"}) == [
        "experiment: design.arm: there is no arm 'pakage' in scenario 'town'; did you mean 'package'?"
    ]
    assert "is not all_of two arms or more" in messages(design=BY | {"arm": "pool"})[0]
    assert "is not all_of two arms or more" in messages(town(package={"all_of": ["pool"]}))[0]
    assert "varies the members of a package and nothing else" in messages(factors={"forms.joint_manager": "each"})[0]
    assert "the arm 'package', which is taken apart, is not among those kept" in messages(arms=["no_policy", "pool"])[0]
    assert "arm is missing (an arm all_of others" in messages(design={"method": "coalitions"})[0]
    assert (
        "name of a column"
        in messages(town(row=[{"policy": "training", **PAID}], package={"all_of": ["row", "pool"]}))[0]
    )
    said = {
        "schema": 1,
        "question": "?",
        "design": BY,
        "scenarios": {"a": town(), "b": town(package={"all_of": ["pool", "two"]})},
    }
    with pytest.raises(ScenarioErrors, match="it must join the same arms"):
        experiment_of(said)


def test_two_scenarios_have_a_design_each():
    said = {"schema": 1, "question": "Which?", "scenarios": {"a": town(), "b": town()}, "design": BY, "replications": 2}
    made = experiment_of(said)
    assert [point.scenario for point in made.points] == ["a"] * 8 + ["b"] * 8
    assert [point.number for point in made.points] == list(range(16))


def test_the_schema_knows_it():
    designs = json_schema()["properties"]["design"]["anyOf"]
    (mine,) = (one for one in designs if one.get("properties", {}).get("method", {}).get("const") == "coalitions")
    assert mine["required"] == ["method", "arm"]
    assert mine["properties"]["interactions"]["default"] is True


def test_a_sweep_is_audited_and_replayed(tmp_path):
    results = sim.run_experiment(experiment(replications=2), workers=1, out=tmp_path / "out")
    report = results.audit()
    assert report.ok, report.failures
    from sim.experiment.explaining import explain, replay

    for name in ("7/package@same_money/1", "7/package/0", "0/package/1"):
        assert replay(explain(tmp_path / "out", name)).differing == {}
