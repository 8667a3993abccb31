"""``lianjian sensitivity``: simulates what is missing, uses what is stored, says which unknown drives the answer."""

import csv

import pytest

import sim
from sim.cli import main
from sim.experiment.reading import experiment_of
from sim.store import sha256
from sim.sweeping import run_experiment
from tests.experiment.worlds import OPEN_SHARE, document, placed, write_world

FACTORS = {
    OPEN_SHARE: {"range": [0, 1]},
    "parameters.projects.gross_margin": "prior",
    "forms.after_money": "each",
}
MORRIS = {"method": "morris", "trajectories": 6}
SALTELLI = {"method": "saltelli", "points": 8}
ARMS = ["pool", "pool@same_money"]


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def write(folder, design=MORRIS, **others):
    return write_world(folder, factors=FACTORS, design=design, arms=ARMS, **others)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screening")
    assert main(["sensitivity", str(write(folder)), "--out", str(folder / "out"), "--workers", "1", "--quiet"]) == 0
    return folder


def read(folder):
    with (folder / "sensitivity.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_experiment_is_simulated_and_analysed(swept):
    out = swept / "out"
    assert {line["index"] for line in read(out)} >= {"mu_star", "sigma", "root_mean_square", "noise_share"}
    text = (out / "sensitivity.md").read_text(encoding="utf-8")
    assert "# out: which unknown drives the answer" in text
    assert "**pool less same money: earned_income" in text
    assert (out / "figures" / "sensitivity_1.pdf").stat().st_size > 1000
    assert "Morris screening of 3 factors" in (out / "figures" / "sensitivity_1.txt").read_text(encoding="utf-8")
    listed = sim.open_results(out).manifest["files"]
    for name in ("sensitivity.csv", "sensitivity.md", "figures/sensitivity_1.png", "figures/sensitivity_1.txt"):
        assert listed[name] == sha256(out / name)


def test_stored_runs_are_used_again_and_the_same_bytes_come_out(swept, capsys):
    out = swept / "out"
    shards = {path: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    first = (out / "sensitivity.csv").read_bytes(), (out / "figures" / "sensitivity_1.pdf").read_bytes()
    assert main(["sensitivity", str(swept / "experiment.yaml"), "--out", str(out)]) == 0
    assert "It is moved most" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (out / "shards").iterdir()} == shards
    assert main(["sensitivity", str(out), "--lang", "zh"]) == 0
    assert "Morris筛选：3个因子，6条轨迹，5次重复" in capsys.readouterr().out
    assert (out / "sensitivity.csv").read_bytes() == first[0]
    assert main(["sensitivity", str(out), "--quiet"]) == 0
    assert ((out / "sensitivity.csv").read_bytes(), (out / "figures" / "sensitivity_1.pdf").read_bytes()) == first
    assert capsys.readouterr().out == ""


def test_contrasts_and_outcomes_can_be_chosen(swept):
    out = str(swept / "out")
    words = ["--contrast", "pool@same_money,pool", "--outcomes", "gini", "--quiet"]
    assert main(["sensitivity", out, *words]) == 0
    assert {(line["arm"], line["against"], line["outcome"]) for line in read(swept / "out")} == {
        ("pool@same_money", "pool", "gini"),
        ("pool@same_money", "", "gini"),
        ("pool", "", "gini"),
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--contrast", "pool"], "--contrast pool: name two arms, such as pool,pool@same_money"),
        (["--contrast", "pool,pol"], "holds no arm 'pol'; did you mean 'pool'?"),
        (["--outcomes", "gin"], "holds no outcome 'gin'; did you mean 'gini'?"),
        (["--confidence", "95"], "--confidence 95 must lie between 0.5 and 1, for example 0.95"),
        (["--out", "there"], "--out names the result folder of an experiment file"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(swept, capsys, words, said):
    assert main(["sensitivity", str(swept / "out"), *words]) == 2
    assert said in capsys.readouterr().err


def test_sobol_indices_with_second_order(tmp_path, capsys):
    path = write(tmp_path, {**SALTELLI, "second_order": True}, replications=3)
    assert main(["sensitivity", str(path), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    assert "Sobol indices from a Saltelli design: 3 factors, 8 base rows, 3 replications." in capsys.readouterr().out
    made = read(tmp_path / "out")
    assert [line["index"] for line in made].count("second_order") % 3 == 0
    assert {line["index"] for line in made} >= {"first_order", "total", "second_order"}
    said = (tmp_path / "out" / "figures" / "sensitivity_1.txt").read_text(encoding="utf-8")
    assert "Sobol indices of 3 factors" in said


def test_another_design_is_refused_before_anything_is_simulated(tmp_path, capsys):
    path = write_world(tmp_path)
    assert main(["sensitivity", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "has the design 'grid': sensitivity needs 'design: {method: morris, trajectories: 10}'" in said
    assert "saltelli" in said
    assert not (tmp_path / "out").exists()


def test_a_finished_sweep_of_another_design_is_refused(tmp_path, capsys):
    run_experiment(write_world(tmp_path, replications=1), out=tmp_path / "out", workers=1)
    assert main(["sensitivity", str(tmp_path / "out")]) == 2
    assert "has the design 'grid'" in capsys.readouterr().err


def test_failed_runs_are_counted_and_no_index_is_zero_for_them(tmp_path, capsys):
    factors = {**FACTORS, "fault": {"paths": ["parameters.faulty.fault"], "levels": [0, 1]}}
    design = {"method": "saltelli", "points": 16}
    share = {"parameters.faulty.share": 0.5}  # some of the replications, the same at all points
    write_world(tmp_path)
    said = document(set=share, factors=factors, design=design, arms=ARMS, replications=4)
    made = experiment_of(said, name="faults", folder=tmp_path, mechanisms=placed())
    run_experiment(made, out=tmp_path / "out", workers=1, mechanisms=placed())
    assert main(["sensitivity", str(tmp_path / "out")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "runs failed (pool" in out
    assert "points rest on fewer replications" in out
    totals = [
        line for line in read(tmp_path / "out") if line["index"] == "total" and line["outcome"] == "earned_income"
    ]
    assert any(float(line["plain"]) > 0.1 for line in totals)
