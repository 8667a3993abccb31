"""``lianjian decompose``: what it prints and writes, of an experiment file and of a folder, and what it says when it cannot."""

import csv

import pytest
import yaml

import sim
from sim.cli import main
from sim.store import read_manifest
from tests import synthetic
from tests.experiment.test_coalitions import BY, DOCUMENT
from tests.experiment.worlds import write_world


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def write_experiment(folder, **changes):
    said = {"schema": 1, "question": "Which part?", "title": {"en": "Parts", "zh": "分解"}, "scenario": "town.yaml"}
    said |= {"design": BY, "replications": 4, **changes}
    (folder / "town.yaml").write_text(yaml.safe_dump(DOCUMENT, sort_keys=False), encoding="utf-8")
    (folder / "parts.yaml").write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder / "parts.yaml"


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decompose")
    path = write_experiment(folder)
    assert main(["decompose", str(path), "--workers", "1", "--out", str(folder / "out"), "--quiet"]) == 0
    return folder / "out"


def read(folder):
    with (folder / "decomposition.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_experiment_file_is_simulated_and_taken_apart(swept):
    results = sim.open_results(swept)
    assert results.manifest["runs"] == {"ok": 8 * 3 * 4, "failed": 0}
    assert results.audit().ok
    files = read_manifest(swept)["files"]
    for name in ("decomposition", "decomposition_same_money"):
        assert {f"figures/{name}.{ending}" for ending in ("pdf", "png", "txt")} <= set(files)
    assert {"decomposition.csv", "decomposition.md"} <= set(files)
    lines = [line for line in read(swept) if (line["outcome"], line["against"]) == ("earned_income", "no_policy")]
    total = float(next(line["estimate"] for line in lines if line["quantity"] == "total"))
    values = {line["member"]: float(line["estimate"]) for line in lines if line["quantity"] == "value"}
    assert sum(values.values()) == pytest.approx(total, abs=1e-9)
    wide = results.runs.pivot(index=["design_point", "replication"], columns="arm", values="earned_income")
    assert total == pytest.approx((wide["package"] - wide["no_policy"]).loc[0].mean(), abs=1e-9)
    alone = {line["member"]: float(line["estimate"]) for line in lines if line["quantity"] == "alone"}
    point = results.points.query("pool == 1 and two == 0 and more == 0").design_point.item()
    assert alone["pool"] == pytest.approx((wide["package"] - wide["no_policy"]).loc[point].mean(), abs=1e-9)
    assert [line["quantity"] for line in lines].count("interaction") == 3


def test_a_folder_is_read_alone_and_says_what_it_found(swept, capsys):
    before = (swept / "decomposition.csv").read_bytes()
    assert main(["decompose", str(swept)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "package less no policy: earned_income, 万元/village/year" in out
    assert (
        "8 coalitions of 3 members of package, 4 replications each, paired; all of them, so nothing is approximated."
        in out
    )
    assert "the empty coalition differs from no policy by 0" in out
    assert "sum of the values" in out
    assert (swept / "decomposition.csv").read_bytes() == before
    text = (swept / "decomposition.md").read_text(encoding="utf-8")
    assert text.startswith("# Parts: which part of package did it\n\n## In plain words\n")
    assert "| whole package |" in text
    assert "not a forecast" in text


def test_in_chinese_and_one_outcome_only(swept, capsys):
    assert main(["decompose", str(swept), "--lang", "zh", "--outcomes", "gini"]) == 0
    out = capsys.readouterr().out
    assert "沙普利值" in out
    assert "基尼" in out
    assert {line["outcome"] for line in read(swept)} == {"gini", "public_cost"}
    assert "沙普利值" in (swept / "figures" / "decomposition.txt").read_text(encoding="utf-8")
    assert main(["decompose", str(swept), "--quiet"]) == 0
    assert sim.audit(swept).ok


def test_drawn_orders_are_said(tmp_path, capsys):
    path = write_experiment(tmp_path, design=BY | {"sample": 2}, arms=["no_policy", "package"])
    assert main(["decompose", str(path), "--workers", "1", "--out", str(tmp_path / "out")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "those of 2 drawn orders, in pairs of an order and its reverse" in out
    assert "no drawn order has the two side by side" in out


def test_what_cannot_be_taken_apart(tmp_path, capsys, swept):
    town = synthetic.result(tmp_path / "town", replications=2).folder
    other = write_world(tmp_path / "other")
    cases = {
        (str(town),): "is a run, not a sweep",
        (str(other),): "has the design grid; to take a package apart an experiment says design: {method: coalitions",
        (str(swept), "--out", "x"): "--out names the result folder of an experiment file",
        (str(swept), "--outcomes", "ginni"): "no outcome 'ginni'; did you mean 'gini'?",
        (str(swept), "--confidence", "95"): "must lie between 0.5 and 1",
        (str(tmp_path / "nothing"),): "nothing does not exist",
    }
    for words, said in cases.items():
        assert main(["decompose", *words]) == 2, words
        err = capsys.readouterr().err
        assert said in err
        assert err.count("\n") == 1, err
