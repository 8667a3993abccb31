"""``lianjian plot``: what it writes and what it says when it cannot."""

import json
import shutil

import pytest

import sim
from sim.cli import main
from tests import synthetic


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "out", replications=2).folder


@pytest.fixture
def folder(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    return shutil.copytree(written, tmp_path / "town")


def test_it_writes_where_it_says_and_the_audit_still_passes(folder, capsys):
    assert main(["plot", "town", "--figure", "differences", "--format", "svg,png", "--width", "single"]) == 0
    assert capsys.readouterr().out.split() == [f"town/figures/differences.{ending}" for ending in ("svg", "png", "txt")]
    assert sim.audit(folder).ok
    assert "figures/differences.svg" in json.loads((folder / "manifest.json").read_text())["files"]
    assert list(json.loads((folder / "manifest.json").read_text())["files"]) == sorted(
        json.loads((folder / "manifest.json").read_text())["files"]
    )


def test_plot_gives_what_run_left(folder):
    before = (folder / "figures" / "differences.pdf").read_bytes()
    assert main(["plot", "town", "--figure", "differences", "--quiet"]) == 0
    assert (folder / "figures" / "differences.pdf").read_bytes() == before


def test_elsewhere_the_result_is_left_alone_and_chinese_is_asked_for_either_way(folder, tmp_path, monkeypatch, capsys):
    before = (folder / "manifest.json").read_bytes()
    assert main(["plot", "town", "--figure", "cost", "--out", "paper", "--lang", "zh", "--quiet"]) == 0
    said = (tmp_path / "paper" / "cost.txt").read_text(encoding="utf-8")
    monkeypatch.setenv("LIANJIAN_LANG", "zh")
    assert main(["plot", "town", "--figure", "cost", "--out", "slides", "--quiet"]) == 0
    assert (tmp_path / "slides" / "cost.txt").read_text(encoding="utf-8") == said
    assert "不是预测" in said
    assert (folder / "manifest.json").read_bytes() == before
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--figure", "trajectory"], "there is no figure 'trajectory'; did you mean 'trajectories'? there are: traj"),
        (["--format", "jpg"], "there is no format 'jpg'; there are: pdf, svg, png"),
        (["--arms", "pol"], "town holds no arm 'pol'; did you mean 'pool'? it holds: no_policy"),
        (["--figure", "map", "--font", "none.ttf"], "none.ttf cannot be read: No such file"),
        (["--lang", "fr"], "'fr' is not one of"),
        (["--width", "wide"], "'wide' is not one of"),
    ],
)
def test_a_wrong_word_is_one_line_that_says_what_there_is(folder, capsys, arguments, said):
    assert main(["plot", "town", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) <= 2


def test_what_is_no_result_or_an_old_one_is_said(folder, tmp_path, capsys):
    (tmp_path / "notes").mkdir()
    for place, said in (("notes", "is not a result"), ("nowhere", "does not exist")):
        assert main(["plot", place]) == 2
        assert said in capsys.readouterr().err
    (folder / "places.parquet").unlink()
    assert main(["plot", "town", "--figure", "map"]) == 2
    assert "places.parquet" in capsys.readouterr().err
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"layout": 0}))
    assert main(["plot", "town"]) == 2
    assert "has layout 0, this version reads layout 1" in capsys.readouterr().err


def test_an_arm_without_companions_is_drawn_and_one_figure_alone_says_what_it_lacks(tmp_path, capsys):
    result = synthetic.result(tmp_path / "some", replications=2, arms=["no_policy", "pool"]).folder
    assert main(["plot", str(result), "--figure", "terciles_same_money"]) == 2
    assert "does not store the same-money companion" in capsys.readouterr().err
    assert main(["plot", str(result)]) == 0
    shown = capsys.readouterr()
    assert "differences.pdf" in shown.out
    assert shown.err.count("\n") == 1  # the figure left out
