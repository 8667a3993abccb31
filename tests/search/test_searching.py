"""``lianjian optimise`` from end to end: stopped and gone on, changed, failed, in several worlds."""

import csv
import json

import numpy as np
import pytest

pytest.importorskip("pymoo")

import sim.searching as searching
from sim.cli import main
from sim.experiment.folder import ChangedExperiment
from sim.search.candidates import Space
from sim.search.found import NothingFound
from sim.search.reading import load_search
from sim.search.sweeps import worlds
from sim.searching import Simulated, optimise
from sim.store import read_manifest
from tests.search.worlds import write_world

FILES = ("front.csv", "front.md", "candidates.csv", "figures/front.pdf", "figures/front.txt", "search.json")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    path = write_world(folder)
    return path, folder / "out", optimise(path, out=folder / "out")


@pytest.fixture
def no_figure(monkeypatch):
    monkeypatch.setattr("sim.report.figures.search.write_figure", lambda *given: [])


def rows(folder, name="front.csv"):
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def same(one, other):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def test_what_is_written(done):
    _, folder, found = done
    front, candidates = rows(folder), rows(folder, "candidates.csv")
    assert [row["point"] for row in front] == [point.label for point in (*found.points, *found.written)]
    assert len(candidates) == len(found.archive.entries)
    assert sum(row["on_front"] == "True" for row in candidates) >= found.size
    for row in front[:-1]:
        assert float(row["earned_income_low"]) <= float(row["earned_income"]) <= float(row["earned_income_high"])
    manifest = read_manifest(folder)
    assert manifest["verb"] == "search"
    assert set(manifest["files"]) >= set(FILES)


def test_no_draw_of_the_search_is_used_again(done):
    _, folder, found = done
    seeds = {
        part: json.loads((folder / part / "manifest.json").read_text())["seed"] for part in ("generations/000", "fresh")
    }
    assert seeds["fresh"] != seeds["generations/000"]
    assert found.fresh_replications == 6


def test_the_package_as_written_is_a_candidate_and_what_the_scenario_says(done):
    """The first candidate is the arm as written: numbers of a search and of the scenario are the same, bit for bit."""
    found = done[2]
    first, own = next(iter(found.archive.entries.values())), found.written[0]
    assert first.candidate == (True, True, 150.0, 0.3)
    assert first.scored.goals.tolist() == list(own.searched)


def test_done_once_it_is_not_simulated_again(done, tmp_path, monkeypatch):
    path, folder, _ = done
    monkeypatch.setattr("sim.sweeping._simulate", lambda *a, **k: pytest.fail("simulated again"))
    before = {name: (folder / name).read_bytes() for name in FILES}
    optimise(path, out=folder)
    assert all((folder / name).read_bytes() == content for name, content in before.items())


@pytest.mark.parametrize("calls", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_stopped_anywhere_it_ends_the_same(done, tmp_path, monkeypatch, calls):
    path, folder, _ = done
    count, simulated = [0], Simulated._simulated

    def stops(self, *given):
        if (count := count_up()) > calls:
            raise KeyboardInterrupt(count)
        return simulated(self, *given)

    def count_up():
        count[0] += 1
        return count[0]

    monkeypatch.setattr(Simulated, "_simulated", stops)
    with pytest.raises(KeyboardInterrupt):
        optimise(path, out=tmp_path / "out")
    monkeypatch.setattr(Simulated, "_simulated", simulated)
    optimise(path, out=tmp_path / "out")
    assert same(folder, tmp_path / "out")


@pytest.mark.slow
def test_workers_change_no_byte(done, tmp_path):
    path, folder, _ = done
    optimise(path, out=tmp_path / "out", workers=2)
    assert same(folder, tmp_path / "out")


def test_another_search_is_refused_with_what_changed(done, tmp_path):
    path, folder, _ = done
    text = path.read_text(encoding="utf-8")
    other = path.with_name("other.yaml")
    other.write_text(text.replace("budget: 300", "budget: 310"), encoding="utf-8")
    with pytest.raises(ChangedExperiment, match="budget: 300 -> 310"):
        optimise(other, out=folder)


def test_a_folder_of_something_else_is_left_alone(done, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(searching.ResultFolderError, match=r"mine\.txt, which no search wrote"):
        optimise(done[0], out=tmp_path)


@pytest.mark.slow
def test_fresh_throws_away_ours_alone(done, tmp_path):
    path = done[0]
    optimise(path, out=tmp_path / "out")
    (tmp_path / "out" / "mine.txt").write_text("mine")
    optimise(path, out=tmp_path / "out", fresh=True)
    assert (tmp_path / "out" / "mine.txt").exists()
    assert same(done[1], tmp_path / "out")


def test_a_candidate_of_which_a_run_failed_is_not_allowed(done, tmp_path, monkeypatch, no_figure):
    simulated = Simulated._simulated

    def with_failures(self, experiment, part, arms):
        values = simulated(self, experiment, part, arms)
        if part == "generations/000":
            values[0, 2, 1] = np.nan
        if part == "fresh":
            values[0, 0, 4] = np.nan
        return values

    monkeypatch.setattr(Simulated, "_simulated", with_failures)
    found = optimise(done[0], out=tmp_path / "out")
    [failed] = found.archive.failed
    assert failed.scored.why == "1 of 3 replications failed"
    assert failed.candidate not in {point.candidate for point in found.points}
    assert (found.dropped, found.fresh_replications) == (1, 5)
    row = rows(tmp_path / "out", "candidates.csv")[2]
    assert (row["status"], row["message"], row["earned_income"]) == ("failed", failed.scored.why, "")
    assert "1 failed" in (tmp_path / "out" / "front.md").read_text(encoding="utf-8")


def test_nothing_within_the_budget_is_said(tmp_path, no_figure):
    path = write_world(tmp_path, members=["pairing"], budget=1, generations=1)
    with pytest.raises(NothingFound, match=r"none of \d+ candidates costs 1 万元 or less"):
        optimise(path, out=tmp_path / "out")


def test_robust_candidates_share_their_worlds(tmp_path, no_figure):
    robust = {"over": ["parameters.projects.overhead", "forms.joint_manager"], "points": 4, "statistic": "worst"}
    path = write_world(tmp_path, robust=robust, generations=1)
    search = load_search(path)
    assert worlds(search.robust) == worlds(search.robust) != worlds(search.robust, fresh=True)
    found = optimise(path, out=tmp_path / "out")
    simulated = Simulated(search, tmp_path / "out", None, print)
    [values] = [simulated.evaluate(0, list(found.archive.entries))]
    first = simulated.values[next(iter(found.archive.entries))]
    assert first.shape == (4, 3, 3)
    assert values[0].goals[0] == first[:, :, 0].mean(axis=1).min()
    assert values[0].cost == pytest.approx(first[:, :, 2].mean())
    assert "Robust: every candidate" in (tmp_path / "out" / "front.md").read_text(encoding="utf-8")


def test_the_command_in_two_languages(done, capsys):
    path, folder, _ = done
    assert main(["optimise", str(path), "--out", str(folder)]) == 0
    assert "Within 300 万元 the best use found" in " ".join(capsys.readouterr().out.split())
    assert main(["optimise", str(path), "--out", str(folder), "--lang", "zh"]) == 0
    assert "在300万元预算内" in capsys.readouterr().out
    optimise(path, out=folder)


def test_without_pymoo_it_says_how_to_have_it(done, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "pymoo", None)
    assert main(["optimise", str(done[0]), "--out", str(tmp_path / "out")]) == 1
    assert "pip install 'lianjian[search]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_check_knows_search_files(done, capsys):
    assert main(["check", str(done[0])]) == 0
    assert ": ok (2 decisions and 2 members, 3 goals, up to 12 candidates)" in capsys.readouterr().out


def test_settings_of_a_point_are_what_was_simulated(done):
    _, _, found = done
    for point in found.points:
        assert Space(found.search).decode(found.space.encode(point.candidate)) == point.candidate
