"""``lianjian cost``: what it says and writes of a run and of a sweep, and what it says when it cannot."""

import csv
import json

import pytest

import sim
from sim.cli import main
from tests import synthetic
from tests.stored_runs import earning, stored, write_folder


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "town", replications=6).folder


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def read(folder, name="cost.csv"):
    with (folder / name).open(encoding="utf-8") as file:
        return {line["arm"]: line for line in csv.DictReader(file)}


def sweep(folder):
    runs = {}
    for point, (gain, cost) in enumerate([(1.0, 20.0), (1.0, 20.0), (0.5, 40.0)]):
        runs |= {(point, "no_policy"): earning(5.0, 6.0)}
        runs |= {(point, "pool"): earning(5.0 + gain, 6.0 + gain, cost=cost)}
        runs |= {(point, "dear"): earning(5.1, 6.1, cost=100.0)}
    runs[1, "dear"] = earning(None, 6.1, cost=100.0)
    return write_folder(folder, stored(runs, points={"rate": [0.1, 0.2, 0.3]}))


def test_a_run_has_frontier_curves_and_figure_and_the_audit_still_passes(town, capsys):
    assert main(["cost", str(town)]) == 0
    out = capsys.readouterr().out
    assert "What to buy, on average" in out
    assert out.splitlines()[-5:] == [
        f"{town}/{name}"
        for name in ("cost.csv", "cost_acceptability.csv", "cost.md", "figures/acceptability.pdf",
                     "figures/acceptability.txt")
    ]  # fmt: skip
    assert sim.audit(town).ok
    found = read(town)
    assert set(found) == {"no_policy", "grant", "pool", "grant@same_money", "pool@same_money"}
    assert found["no_policy"]["gain"] == "0.0"
    answer = sim.open_results(town).answer()
    gains = answer[(answer.outcome == "gain") & (answer.against == "no_policy")].set_index("arm")
    for arm in ("grant", "pool"):
        same = gains.loc[arm]
        for column, number in (("gain", same.difference), ("gain_low", same.low), ("gain_high", same.high)):
            assert float(found[arm][column]) == pytest.approx(number, abs=1e-9)


def test_a_sweep_is_judged_across_points(tmp_path, capsys):
    folder = sweep(tmp_path / "rate")
    assert main(["cost", str(folder), "--up-to", "10"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "up to 3.2 万元: no_policy; above 3.2 万元: pool." in out  # 80/3 for 25/3 a year
    assert "3 design points" in out
    assert "Left out: 1 replications in which one of the arms failed." in out
    found = read(folder)
    assert (found["dear"]["status"], found["dear"]["by"]) == ("dominated", "pool")
    assert float(found["pool"]["ratio"]) == pytest.approx(3.2)
    with (folder / "cost_acceptability.csv").open(encoding="utf-8") as file:
        curve = [line for line in csv.DictReader(file) if line["arm"] == "pool"]
    assert float(curve[-1]["willingness_to_pay"]) == 10.0
    assert float(curve[-1]["share_of_draws"]) == 1.0
    at_3 = next(line for line in curve if abs(float(line["willingness_to_pay"]) - 3.0) < 1e-9)
    assert float(at_3["share_of_draws"]) == pytest.approx(2.0 / 3.0)
    assert at_3["best_on_average"] == "no"
    assert float(at_3["mean_net_benefit"]) == pytest.approx(3.0 * 25.0 / 3.0 - 80.0 / 3.0)
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {"cost.csv", "cost.md", "cost_acceptability.csv", "figures/acceptability.pdf"} <= set(files)


def test_one_point_of_a_sweep_is_judged_by_its_replications(tmp_path, capsys):
    folder = sweep(tmp_path / "rate")
    assert main(["cost", str(folder), "--points", "2", "--arms", "pool"]) == 0
    assert "2 replications" in capsys.readouterr().out
    assert list(read(folder)) == ["no_policy", "pool"]


def test_chinese(town, capsys):
    assert main(["cost", str(town), "--lang", "zh"]) == 0
    assert "支付意愿" in (town / "cost.md").read_text(encoding="utf-8")
    assert "不是预测" in (town / "cost.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.startswith("按平均值")


def test_present_values_name_what_a_year_is_worth(tmp_path, capsys):
    folder = sweep(tmp_path / "rate")
    assert main(["cost", str(folder), "--discounted"]) == 2
    assert "earned_income_discounted is not stored" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--arms", "pol"], "holds no arm 'pol'; did you mean 'pool'? it holds: no_policy, "),
        (["--arms", "no_policy"], "no arm with a policy was named"),
        (["--points", "3"], "there is no design point 3; there are 0 to 0"),
        (["--up-to", "-1"], "--up-to -1 must be above 0"),
        (["--format", "jpg"], "there is no format 'jpg'"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(town, words, told, capsys):
    assert main(["cost", str(town), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1
