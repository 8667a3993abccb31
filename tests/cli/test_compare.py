"""``lianjian compare``: what it prints and writes, of a run and of a sweep, and what it says when it cannot."""

import csv
import json

import numpy as np
import pytest

import sim
from sim.cli import main
from sim.cli.compare import numbers_in
from sim.store import add_files
from tests import synthetic
from tests.stored_runs import earning, stored, write_folder


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "town", replications=6).folder


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def sweep(folder, points, gains, **others):
    """A sweep of two arms: what the pool adds at each design point, the same noise at all of them."""
    base = np.array([5.0, 9.0, 7.0, 6.0])
    runs = {}
    for point, gain in enumerate(gains):
        runs |= {(point, "no_policy"): earning(*base, gini=0.3)}
        runs |= {(point, "pool"): earning(*(base + gain + np.array([0.1, 0.0, -0.1, 0.05])), gini=0.3, cost=100.0)}
    return write_folder(folder, stored(runs | others.get("replace", {}), ("earned_income", "gini"), points))


def read(folder):
    with (folder / "comparison.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_is_compared_and_the_audit_still_passes(town, capsys):
    assert main(["compare", str(town)]) == 0
    out = capsys.readouterr().out
    assert "pool less same money" in out
    assert "for all 36 differences" in " ".join(out.split())  # 9 comparisons of arms x 4 outcomes
    assert out.splitlines()[-2:] == [f"{town}/comparison.csv", f"{town}/comparison.md"]
    assert sim.audit(town).ok
    lines = read(town)
    answer = sim.open_results(town).answer()
    for line in lines:
        if line["outcome"] == "earned_income":
            same = answer[(answer.arm == line["arm"]) & (answer.against == line["against"])]
            same = same[same.outcome == "earned_income"].iloc[0]
            assert float(line["estimate"]) == pytest.approx(same.difference, abs=1e-9)
            assert (float(line["low"]), float(line["high"])) == pytest.approx((same.low, same.high), abs=1e-9)
        if line["outcome"] == "gain_per_100" and line["estimate"]:
            same = answer[(answer.arm == line["arm"]) & (answer.outcome == "gain_per_100")].iloc[0]
            assert [float(line[name]) for name in ("estimate", "low", "high")] == pytest.approx(
                [same["mean"], same.low, same.high], rel=1e-9
            )


def test_the_same_comparison_gives_the_same_bytes(town):
    assert main(["compare", str(town), "--quiet"]) == 0
    first = (town / "comparison.csv").read_bytes()
    assert main(["compare", str(town), "--quiet", "--lang", "zh"]) == 0
    assert (town / "comparison.csv").read_bytes() == first
    assert "“联合”区间使同一设计点的全部36项差异同时成立" in (town / "comparison.md").read_text(encoding="utf-8")


def test_one_factor_has_a_line_a_level(tmp_path, capsys):
    folder = sweep(tmp_path / "rate", {"rate": [0.3, 0.1]}, [2.0, 0.0])
    assert main(["compare", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "2 design points" in out
    assert "No run failed." in out
    text = (folder / "comparison.md").read_text(encoding="utf-8")
    by_level = text[text.index("## By factor level") :].splitlines()
    lines = [line for line in by_level if line.startswith("| 0.")]
    assert lines[0].startswith("| 0.1 | +0.01 [")  # numbers in order, whatever the order of the design
    assert lines[1].startswith("| 0.3 | +2.01 [")
    assert "0.1 of 2 design points" in text  # 5% of two
    line = next(line for line in read(folder) if line["outcome"] == "earned_income" and line["design_point"] == "0")
    assert (line["scenario"], line["rate"], line["verdict"]) == ("made_up", "0.3", "positive")


def test_two_factors_are_a_table_of_levels(tmp_path):
    points = {"rate": [0.1, 0.1, 0.2, 0.2], "rule": ["near", "rich", "near", "rich"]}
    folder = sweep(tmp_path / "grid", points, [1.0, 2.0, 3.0, 4.0])
    assert main(["compare", str(folder), "--quiet", "--outcomes", "earned_income"]) == 0
    text = (folder / "comparison.md").read_text(encoding="utf-8")
    assert "| rate \\ rule | near | rich |" in text
    line = next(line for line in text.splitlines() if line.startswith("| 0.2 |"))
    assert line.index("+3.01") < line.index("+4.01")


def test_many_factors_are_summed_up(tmp_path, capsys):
    points = {name: [0.1, 0.2, 0.3] for name in "abc"}
    folder = sweep(tmp_path / "cube", points, [-1.0, 1.0, 2.0])
    assert main(["compare", str(folder), "--outcomes", "earned_income"]) == 0
    out = capsys.readouterr().out
    assert "67%" in out
    assert "33%" in out
    assert "−0.99 (0)" in out
    assert "+2.01 (2)" in out
    assert "By factor level" not in (folder / "comparison.md").read_text(encoding="utf-8")


def test_failed_runs_are_said(tmp_path, capsys):
    replace = {(1, "pool"): earning(6.0, None, 8.0, 7.5)}
    folder = sweep(tmp_path / "rate", {"rate": [0.1, 0.3]}, [1.0, 1.0], replace=replace)
    assert main(["compare", str(folder)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1 of 16 runs failed (pool 1)." in out
    assert "dropped: 1 of 8 pairs in earned_income." in out


def test_design_points_arms_and_references_can_be_chosen(town, tmp_path, capsys):
    folder = sweep(tmp_path / "cube", {name: [0.1, 0.2, 0.3] for name in "abc"}, [-1.0, 1.0, 2.0])
    assert main(["compare", str(folder), "--points", "1-2", "--quiet"]) == 0
    assert {line["design_point"] for line in read(folder)} == {"1", "2"}
    assert main(["compare", str(town), "--arms", "pool", "--against", "same_money", "--quiet"]) == 0
    assert {(line["arm"], line["against"]) for line in read(town)} == {("pool", ""), ("pool", "pool@same_money")}
    assert capsys.readouterr().out == ""


def test_confidence_widens(town):
    def width():
        line = next(line for line in read(town) if line["arm"] == "pool" and line["outcome"] == "earned_income")
        return float(line["high"]) - float(line["low"]), float(line["high_together"]) - float(line["low_together"])

    assert main(["compare", str(town), "--quiet", "--confidence", "0.8"]) == 0
    narrow = width()
    assert main(["compare", str(town), "--quiet", "--confidence", "0.99"]) == 0
    assert all(a < b for a, b in zip(narrow, width(), strict=True))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--outcomes", "earned"],
            "holds no outcome 'earned'; did you mean 'earned_income'? it holds: earned_income, ",
        ),
        (["--arms", "pol"], "holds no arm 'pol'; did you mean 'pool'? it holds: no_policy, "),
        (["--against", "nothing"], "holds no reference 'nothing'; it holds: no_policy, same_money, same_management"),
        (["--points", "3"], "there is no design point 3; there are 0 to 0"),
        (["--points", "a-b"], "'a-b' is neither a number nor a range like 0-5"),
        (["--confidence", "95"], "--confidence 95 must lie between 0.5 and 1"),
        (["--arms", "no_policy"], "holds nothing to compare: no arm has such a reference"),
        (["--arms", ","], "no arm was named"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(town, words, said, capsys):
    assert main(["compare", str(town), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_what_is_no_result_is_said_in_a_line(tmp_path, capsys):
    (tmp_path / "shards").mkdir()
    assert main(["compare", str(tmp_path)]) == 2
    assert "is not a result: it has no manifest.json" in capsys.readouterr().err
    (tmp_path / "sweep.json").write_text("{}", encoding="utf-8")
    assert main(["compare", str(tmp_path)]) == 2
    assert "is not the folder of a sweep" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "none")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_files_are_on_the_manifest(tmp_path):
    folder = sweep(tmp_path / "rate", {"rate": [0.1, 0.3]}, [1.0, 2.0])
    assert main(["compare", str(folder), "--quiet"]) == 0
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    before = files["comparison.csv"]
    add_files(folder, [folder / "comparison.csv"])
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]["comparison.csv"] == before


def test_design_points_in_words():
    assert numbers_in("3,0-1", [0, 1, 2, 3]) == [0, 1, 3]
    assert numbers_in("2-9", [0, 1, 2, 3]) == [2, 3]
