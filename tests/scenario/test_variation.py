"""``vary``: the same as writing the value into the file, only quick."""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import Scenario, ScenarioErrors, load_document, load_scenario, vary
from sim.scenario.declared import all_paths, catalogue
from tests.strategies import numbers, shares

TEXT = """schema: 1
parameters: {projects.overhead: {value: 5, range: [1, 9], source: survey}}
arms:
  grant: [{policy: demonstration_grant, payer: county, budget: {per_year: 100}}]
  pool: [{policy: funding_pool, payer: county, budget: {per_year: 10}, match: 0.1}]
  package: {all_of: [pool, grant]}
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    file = tmp_path_factory.mktemp("scenarios") / "s.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return load_scenario(file)


def same(one: Scenario, other: Scenario) -> bool:
    """Equal but for where things were written."""

    def bare(scenario: Scenario) -> Any:
        arms = {n: [dataclasses.replace(b, position=None) for b in blocks] for n, blocks in scenario.arms.items()}
        return dataclasses.replace(scenario, arms=arms, folder="")  # type: ignore[arg-type]

    return bool(bare(one) == bare(other))


CHANGES: list[dict[str, Any]] = [
    {"parameters.projects.overhead": 3},
    {"population.people.mean": 900, "population.assets.tail": "lognormal"},
    {"population.industries.mix": {"grain": 1}},
    {"forms.joint_manager": "average"},
    {"arms.pool.funding_pool.match": 0.4, "arms.grant.demonstration_grant.budget.per_year": 7},
    {"arms.package.funding_pool.match": 0.4},
    {"arms.pool.funding_pool.distribution": {"equity": 0.5, "equal": 0.5}},
    {"arms.pool.funding_pool#1.match": 0.4},
    {"arms.pool.funding_pool.scope": {"tier": "weak"}},
    {"calendar.burn_in_years": 2, "parameters.projects.overhead": 3},
    {"population.councils.count": 14},
    {"population.villages": 50, "run.seed": 9},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_vary_is_like_writing_it_down(scenario: Scenario, changes: dict[str, Any]) -> None:
    varied = vary(scenario, changes)
    assert not same(varied, scenario)
    assert same(load_document(varied.document, name=scenario.name), varied)


def test_a_change_reaches_the_arms_that_join_a_block(scenario: Scenario) -> None:
    arms = vary(scenario, {"arms.pool.funding_pool.match": 0.4}).arms
    assert [arms["pool"][0].levers["match"], arms["package"][0].levers["match"]] == [0.4, 0.4]
    alone = vary(scenario, {"arms.package.funding_pool.match": 0.4}).arms
    assert [alone["pool"][0].levers["match"], alone["package"][0].levers["match"]] == [0.1, 0.4]


def test_numbers_of_numpy_are_numbers(scenario: Scenario) -> None:
    changes = {"parameters.projects.overhead": np.float64(3), "parameters.projects.gestation": np.int64(5)}
    varied = vary(scenario, changes | {"population.villages": np.int64(30)})
    assert (varied.parameters["projects.overhead"], varied.parameters["projects.gestation"]) == (3, 5)
    json.dumps(varied.document)


def test_the_original_is_untouched_and_the_old_source_dropped(scenario: Scenario) -> None:
    varied = vary(scenario, {"parameters.projects.overhead": 3})
    assert scenario.parameters["projects.overhead"] == 5
    assert scenario.document["parameters"]["projects"]["overhead"]["value"] == 5
    assert (scenario.sources, varied.sources) == ({"parameters.projects.overhead": "survey"}, {})
    assert varied.ranges == scenario.ranges


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"parameters.projects.overhed": 3},
            "--set parameters.projects.overhed: unknown key; did you mean 'overhead'?",
        ),
        (
            {"forms.joint_manager": "me"},
            "--set forms.joint_manager: 'me' is not one of best_noisy, centre_village or average",
        ),
        (
            {"arms.pol.funding_pool.match": 1},
            "--set arms.pol.funding_pool.match: there is no arm 'pol'; did you mean 'pool'?",
        ),
        (
            {"arms.pool.funding_pool.match": float("nan")},
            "--set arms.pool.funding_pool.match: .nan is not a finite number (0 to 10 share)",
        ),
    ],
)
def test_a_change_that_cannot_be_made(scenario: Scenario, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        vary(scenario, changes)
    assert caught.value.messages == (message,)


@given(st.data())
def test_any_declared_path_can_be_varied(data: st.DataObject) -> None:
    scenario = load_document({"schema": 1})
    known = all_paths()
    path = data.draw(
        st.sampled_from([p for p, d in known.items() if d.sort != "choice" and not p.endswith(("villages", "count"))])
    )
    declaration = known[path]
    value = data.draw(shares(list(declaration.options)) if declaration.sort == "shares" else numbers(declaration))
    varied = vary(scenario, {path: value})
    assert same(load_document(varied.document), varied)


def test_every_declared_quantity_is_in_the_scenario() -> None:
    scenario = load_document({"schema": 1})
    known = catalogue()
    expected = {f"{s}.{n}" for s, fields in known.mechanisms.items() for n, d in fields.items() if d.sort == "quantity"}
    expected |= {
        f"population.{g}.{n}" for g, fields in known.groups.items() for n, d in fields.items() if d.sort == "quantity"
    }
    assert set(scenario.parameters) == expected
    assert set(scenario.forms) == set(known.forms)


def test_a_design_point_takes_well_under_a_millisecond(scenario: Scenario) -> None:
    changes = {"parameters.projects.overhead": 3, "arms.pool.funding_pool.match": 0.4, "forms.joint_manager": "average"}
    vary(scenario, changes)
    best = min(_seconds(scenario, changes) for _ in range(5))
    assert best < 1e-3


def _seconds(scenario: Scenario, changes: dict[str, Any]) -> float:
    started = time.perf_counter()
    for _ in range(20):
        vary(scenario, changes)
    return (time.perf_counter() - started) / 20
