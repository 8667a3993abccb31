"""The experiments that come with the package: every file is right and says of itself what is true."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

import sim
from sim.scenario.resolve import is_search
from sim.search.reading import load_search
from tests.cli.test_check import lianjian

FOLDER = Path(__file__).parents[2] / "experiments"
FILES = [path for path in sorted(FOLDER.glob("*.yaml")) if not is_search(path)]
SEARCHES = [path for path in sorted(FOLDER.glob("*.yaml")) if is_search(path)]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_there_are_those_that_the_readme_names():
    assert {path.stem for path in FILES} >= {
        "council_size",
        "hypercube",
        "pairing_rule",
        "pool_rate",
        "tax_share",
        "who_manages",
    }


def test_check_finds_nothing():
    result = lianjian("check", *map(str, FILES))
    assert result.returncode == 0, result.stderr
    assert result.stdout.count(": ok (") == len(FILES)


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_searches_say_how_large_they_are_and_how_long_they_take(path):
    search = load_search(path)
    most = search.generations * search.population
    said = " ".join(
        line.removeprefix("#").strip() for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"
    )
    assert f"{search.generations} generations of {search.population} candidates ({most} at most)" in said
    assert f"x 2 arms x {search.draws.replications} replications" in said
    assert f"{search.shown} points x 2 arms x {search.fresh.replications} fresh replications" in said
    assert re.search(r"about \d+ s on two cores", said)


def test_it_says_what_it_asks_how_large_it_is_and_how_long_it_takes(path):
    experiment = sim.load_experiment(path)
    assert experiment.title.keys() == {"en", "zh"}
    assert re.fullmatch(r"[A-Z][^.?!]*\?", experiment.question)
    said = " ".join(
        line.removeprefix("#").strip() for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"
    )
    points, arms, replications = len(experiment.points), len(experiment.arms), experiment.replications
    assert f"{points} points x {arms} arms x {replications.at_least} " in said
    if replications.until is None:
        assert f"{points * arms * replications.at_least:,} runs" in said
    else:
        assert f"{replications.at_least} to {replications.at_most} replications" in said
    assert re.search(r"about \d+ s on two cores", said)


def test_it_is_large_enough_to_learn_from_and_compares_with_the_same_money(path):
    experiment = sim.load_experiment(path)
    assert len(experiment.points) >= 5
    assert len(experiment.points) * len(experiment.arms) * experiment.replications.at_least >= 500
    if experiment.method not in ("morris", "saltelli"):  # studies of one difference, which keep nothing else
        assert "no_policy" in experiment.arms
    assert any(arm.endswith("@same_money") for arm in experiment.arms)


def test_one_goes_on_until_it_knows():
    assert any(sim.load_experiment(path).replications.until for path in FILES)


def stated(name, **changed):
    document = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    scenario = sim.load_scenario((FOLDER / document["scenario"]).resolve())
    return sim.experiment_of({**document, "scenario": scenario, **changed})


def differences(results, arm, against, outcome="earned_income"):
    """(points, replications)"""
    wide = results.runs.pivot(index=["design_point", "replication"], columns="arm", values=outcome)
    return (wide[arm] - wide[against]).unstack("replication")


def test_without_an_open_share_there_is_no_pool(tmp_path):
    results = sim.run_experiment(stated("pool_rate", replications=2), workers=1, out=tmp_path / "out")
    assert results.audit().failures == ()
    points = results.points.set_index("design_point")
    closed = points["arms.pool.funding_pool.open_share"] == 0.0
    for companion in ("pool@same_money", "pool@same_management"):
        gap = differences(results, "pool", companion)
        # an equal split granted twice over, once by the policy and once by the companion: equal to rounding
        assert np.abs(gap[closed]).max(axis=None) < 1e-9
        assert (np.abs(gap[~closed]).max(axis=1) > 1e-3).all()


def test_without_order_or_share_nobody_helps(tmp_path):
    results = sim.run_experiment(stated("pairing_rule", replications=2), workers=1, out=tmp_path / "out")
    points = results.points.set_index("design_point")
    off = (points["arms.pairing.pairing.mandate_floor"] == 0.0) & (points["arms.pairing.pairing.benefit_share"] == 0.0)
    for arm, against in (("pairing", "no_policy"), ("grant_and_pairing", "grant")):
        gap = differences(results, arm, against)
        assert (gap[off] == 0.0).all(axis=None)
        assert (gap[points["arms.pairing.pairing.mandate_floor"] > 0.0] != 0.0).all(axis=None)


def test_a_manager_without_a_say_is_like_any_other(tmp_path):
    results = sim.run_experiment(stated("who_manages", replications=2), workers=1, out=tmp_path / "out")
    pool = differences(results, "pool", "pool@same_money")
    points = results.points.set_index("design_point")
    weight, spread = (points[f"parameters.{name}"] for name in ("joint_management.manager_weight", "talent.leader_sd"))
    for sd in spread.unique():
        alike = pool[(weight == 0.0) & (spread == sd)]
        assert (alike == alike.iloc[0]).all(axis=None)
        assert not (pool[(weight == 1.0) & (spread == sd)] == alike.iloc[0]).all(axis=1).all()
