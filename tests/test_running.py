"""From a scenario to a result: what is simulated, what is stored, what is refused."""

import pytest

import sim
from sim.companions import needed
from sim.running import UnknownArm
from sim.store import ResultFolderError
from tests import synthetic

KNOWN = synthetic.all_arms(synthetic.scenario())


@pytest.mark.parametrize(
    ("kept", "simulated"),
    [
        (["no_policy"], ["no_policy"]),
        (["grant"], ["no_policy", "grant", "grant@same_money"]),
        (["pool"], ["no_policy", "pool", "pool@same_money", "pool@same_management"]),
        (["pool@same_money"], ["no_policy", "pool", "pool@same_money"]),
        (["pool@same_management"], ["no_policy", "pool", "pool@same_money", "pool@same_management"]),
    ],
)
def test_what_an_arm_needs_is_simulated(kept, simulated):
    assert needed(kept, KNOWN) == tuple(simulated)


def test_only_the_arms_asked_for_are_stored(tmp_path):
    result = synthetic.result(tmp_path / "out", replications=2, arms=["pool@same_money"])
    assert set(result.runs["arm"]) == set(result.accounts["arm"]) == {"pool@same_money"}
    assert ("pool@same_money", "no_policy") in {(row.arm, row.against) for row in result.rows()}


def test_an_unknown_arm_is_guessed(tmp_path):
    from sim.running import _kept

    with pytest.raises(UnknownArm, match=r"no arm 'pol'.*did you mean 'pool'"):
        _kept(["pol"], KNOWN)


def test_a_foreign_folder_is_refused_before_anything_is_simulated(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("")

    def never(*args, **kwargs):
        raise AssertionError("simulated")

    from sim.experiment.local import plan
    from sim.running import execute

    wanted = synthetic.request(tmp_path / "out")
    with pytest.raises(ResultFolderError):
        execute(wanted, plan(wanted.scenario, 6, 2), engine=never)


def test_names_of_the_package_are_lazy():
    assert "run" in dir(sim)
    assert callable(sim.run)
    assert callable(sim.audit)
    with pytest.raises(AttributeError, match="has no attribute 'runn'"):
        sim.runn  # noqa: B018


def test_the_manifest_has_the_names_of_own_villages(tmp_path):
    lines = ["name,population,council", "甲村,900,东", "乙村,800,东", "丙村,700,"]
    (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "schema: 1\npopulation: {file: mine.csv, councils: {rule: file}}\nrun: {replications: 2}\narms: {no_policy: []}\n"
        "calendar: {burn_in_years: 1, policy_years: 1, after_years: 0}\n",
        encoding="utf-8",
    )
    manifest = sim.run(tmp_path / "mine.yaml", out=tmp_path / "out").manifest
    assert manifest["village_names"] == ["甲村", "乙村", "丙村"]
    assert manifest["village_councils"] == ["东", "东", ""]
    assert "village_names" not in synthetic.result(tmp_path / "drawn", replications=2).manifest


def test_open_results(tmp_path):
    synthetic.result(tmp_path / "out", replications=2)
    assert "6 arms, 2 replications" in repr(sim.open_results(tmp_path / "out"))
    with pytest.raises(ResultFolderError, match="does not exist"):
        sim.open_results(tmp_path / "nowhere")
