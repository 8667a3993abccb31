"""``lianjian discover``: what it says and writes of a sweep, and what it says when it cannot."""

import csv
import json

import numpy as np
import pytest

import sim.analysis.discovery as discovery
from sim.cli import main
from tests.stored_runs import earning, stored, write_folder

POINTS = 120
FACTORS = [
    {"name": "rate", "paths": ["arms.pool.funding_pool.match"], "unit": "share", "zh": "配套比例", "meaning": "match",
     "levels": None, "range": [0.0, 1.0]},
    {"name": "parameters.projects.minimum", "paths": ["parameters.projects.minimum"], "unit": "万元",
     "zh": "设施农业最小规模", "meaning": "least size", "levels": None, "range": [10.0, 2000.0]},
    {"name": "population.councils.count", "paths": ["population.councils.count"], "unit": "1", "zh": "片区数",
     "meaning": "councils", "levels": [14, 7, 2], "range": None},
    {"name": "forms.after_money", "paths": ["forms.after_money"], "unit": "1", "zh": "资金退出后",
     "meaning": "what happens", "levels": ["keep", "dissolve", "liquidate"], "range": None},
]  # fmt: skip


def world():
    draws = np.random.default_rng(1)
    return {
        "rate": draws.random(POINTS).tolist(),
        "parameters.projects.minimum": (10.0 + 1990.0 * draws.random(POINTS)).tolist(),
        "population.councils.count": [(14.0, 7.0, 2.0)[n] for n in draws.integers(0, 3, POINTS)],
        "forms.after_money": [("keep", "dissolve", "liquidate")[n] for n in draws.integers(0, 3, POINTS)],
    }


def sweep(folder, losing, replace=None):
    runs = {}
    for point, loses in enumerate(losing):
        runs |= {(point, "no_policy"): earning(1.0, 2.0, 3.0, 2.0)}
        runs |= {(point, "pool@same_money"): earning(5.0, 5.0, 5.0, 5.0, cost=10.0)}
        gain = -1.0 if loses else 1.0
        runs |= {(point, "pool"): earning(5.1 + gain, 4.9 + gain, 5.2 + gain, 5.0 + gain, cost=10.0)}
    made = {"place": [], "coordinates": list(world())}
    rows = stored(runs | (replace or {}), ("earned_income",), world(), columns=made)
    rows.facts["factors"] = FACTORS
    return write_folder(folder, rows)


def planted():
    of = world()
    amount, form = np.array(of["parameters.projects.minimum"]), np.array(of["forms.after_money"])
    return (amount > 700.0) & (form != "dissolve")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    quick = discovery.Question
    monkeypatch.setattr(discovery, "Question", lambda *a: quick(*a, resamples=40, permutations=39))


@pytest.fixture
def folder(tmp_path):
    return sweep(tmp_path / "cube", planted())


def said(capsys):
    return " ".join(capsys.readouterr().out.split())


def lines(folder, name):
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_sentence_comes_first_and_files_are_on_the_manifest(folder, capsys):
    assert main(["discover", str(folder)]) == 0
    out = said(capsys)
    start = "pool loses to the same money when projects minimum is above "
    assert out.startswith(start)
    assert " 万元 and form after_money is `keep` or `liquidate`: this covers 100% of the points where it does" in out
    assert "and 100% of the points inside are such points" in out
    assert "No run of these arms failed." in out
    assert "Undecided points count as points where it is not so." in out
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    written = ["discovery.csv", "discovery.md", "discovery_points.csv", "discovery_trajectory.csv"]
    assert set(written) | {"figures/discovery.pdf", "figures/discovery.txt"} <= set(files)


def test_the_tables_hold_limits_trajectory_and_points(folder):
    assert main(["discover", str(folder), "--quiet"]) == 0
    limits = lines(folder, "discovery.csv")
    assert [(line["factor"], line["side"]) for line in limits] == [
        ("parameters.projects.minimum", "low"),
        ("forms.after_money", "without"),
    ]
    amount, form = limits
    assert float(amount["value"]) == pytest.approx(700.0, abs=25.0)
    assert (amount["range_low"], amount["range_high"]) == ("10.0", "2000.0")
    assert (form["value"], form["options"]) == ("", "keep|liquidate")
    assert {line["p_value"] for line in limits} == {"0.025"}
    assert all(float(line["found_again"]) > 0.9 for line in limits)
    steps = lines(folder, "discovery_trajectory.csv")
    assert steps[0]["support"] == "1.0"
    assert [step["taken"] for step in steps].count("yes") == 1
    points = lines(folder, "discovery_points.csv")
    assert len(points) == POINTS
    assert [line["case"] == "yes" for line in points] == planted().tolist()
    assert [line["box"] == "1" for line in points] == planted().tolist()


def test_the_report_has_the_trajectory_a_tree_and_what_factors_mean(folder):
    assert main(["discover", str(folder), "--quiet"]) == 0
    text = (folder / "discovery.md").read_text(encoding="utf-8")
    assert text.startswith("# cube: when pool loses to the same money\n\n**pool loses")
    for heading in (
        "## How it was found",
        "## Box 1",
        "### Peeling trajectory",
        "## A small tree",
        "## The factors named",
    ):
        assert heading in text
    assert "- `parameters.projects.minimum` (万元): least size" in text
    assert "  - `dissolve`: assets go to the members by share" in text
    assert "no probability that a policy loses somewhere" in text


def test_chinese(folder, capsys):
    assert main(["discover", str(folder), "--lang", "zh"]) == 0
    out = capsys.readouterr().out.replace("\n", "")
    assert out.startswith("设施农业最小规模高于")
    assert (
        "且资金退出后为“keep”（联合社继续存续，不再有新的出资）或“liquidate”（资产变卖（清算））时，pool劣于同等资金"
        in out
    )
    assert "并非政策在某地受损的概率" in out
    text = (folder / "discovery.md").read_text(encoding="utf-8")
    for word in ("loses", "points", "range", "box"):
        assert word not in text
    assert "情景" not in (folder / "discovery.csv").read_text(encoding="utf-8")


def test_levels_are_named_not_the_middle_between_two(tmp_path, capsys):
    few = np.array(world()["population.councils.count"]) <= 7.0
    folder = sweep(tmp_path / "cube", few)
    assert main(["discover", str(folder)]) == 0
    assert said(capsys).startswith("pool loses to the same money when councils count is 7 or less: this covers 100%")
    assert main(["discover", str(folder), "--when", "wins"]) == 0
    assert said(capsys).startswith("pool beats the same money when councils count is 14: this covers 100%")


def test_noise_is_called_noise_and_leaves_no_figure(tmp_path, capsys):
    folder = sweep(tmp_path / "cube", np.random.default_rng(5).random(POINTS) < 0.5)
    assert main(["discover", str(folder)]) == 0
    out = said(capsys)
    assert out.startswith("No box worth telling: where pool loses to the same money (")
    assert not (folder / "figures").exists()


def test_failed_runs_and_points_without_a_verdict_are_counted(tmp_path, capsys):
    replace = {(0, "pool"): earning(None, None, None, 4.0), (1, "pool"): earning(4.0, None, 4.1, 4.2)}
    folder = sweep(tmp_path / "cube", planted(), replace)
    assert main(["discover", str(folder)]) == 0
    out = said(capsys)
    assert "1 have no verdict (too few pairs of runs) and are not searched" in out
    assert "4 runs failed (pool 4); their pairs are dropped: 4 pairs at 2 design points." in out


def test_another_contrast_and_the_sign(folder, capsys):
    assert main(["discover", str(folder), "--contrast", "pool,no_policy", "--by", "sign"]) == 0
    out = said(capsys)
    assert out.startswith("Not searched: 0 of 120 points where pool loses to no policy")
    assert "Verdicts by the sign of the mean difference" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--outcome", "earned"], "holds no outcome 'earned'; did you mean 'earned_income'? it holds: earned_income"),
        (["--contrast", "pol,no_policy"], "holds no arm 'pol'; did you mean 'pool'? it holds: no_policy, "),
        (["--contrast", "pool"], "--contrast pool: name two arms with a comma between them, like pool,pool@same_money"),
        (["--confidence", "95"], "--confidence 95 must lie between 0.5 and 1"),
        (["--alpha", "0"], "--alpha 0 must lie above 0 and up to 0.5"),
        (["--format", "jpg"], "there is no format 'jpg'; there are: pdf, svg, png"),
    ],
)
def test_what_cannot_be_searched_is_said_in_a_line(folder, words, told, capsys):
    assert main(["discover", str(folder), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1


def test_a_run_is_no_sweep(tmp_path, capsys):
    folder = write_folder(tmp_path / "run", stored({(0, "no_policy"): earning(1.0), (0, "pool"): earning(2.0)}))
    assert main(["discover", str(folder)]) == 2
    assert "is no sweep over factors: conditions need design points that differ" in capsys.readouterr().err


def test_the_same_sweep_gives_the_same_bytes(folder):
    def written():
        names = ("discovery.csv", "discovery.md", "discovery_trajectory.csv", "figures/discovery.pdf")
        return [(folder / name).read_bytes() for name in names]

    assert main(["discover", str(folder), "--quiet"]) == 0
    first = written()
    assert main(["discover", str(folder), "--quiet"]) == 0
    assert written() == first


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figure_has_its_width_and_its_fonts(folder, lang, width):
    assert main(["discover", str(folder), "--quiet", "--lang", lang, "--width", width, "--format", "pdf,svg"]) == 0
    pdf = (folder / "figures" / "discovery.pdf").read_bytes()
    assert b"/Type3" not in pdf
    assert b"/FontFile2" in pdf
    assert "<text" not in (folder / "figures" / "discovery.svg").read_text(encoding="utf-8")
