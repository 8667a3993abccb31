"""A sweep end to end: what it stores, what it does about runs that fail, and that whatever stops it changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import main
from sim.engine import simulate_block
from sim.experiment import folder as folders
from sim.experiment import sweep as sweeps
from sim.experiment.engines import Serial
from sim.experiment.explaining import explain, replay
from sim.experiment.folder import LOCK, PROGRESS, SWEEP, ChangedExperiment, Held, read_sweep
from sim.experiment.planning import prepare
from sim.experiment.processes import Processes
from sim.experiment.reading import load_experiment
from sim.experiment.shards import Shard, address, read_index, write_shard
from sim.experiment.standing import standing
from sim.experiment.tasks import Call, Failure
from sim.experiment.units import Piece
from sim.experiment.work import do
from sim.report.sweep_status import status_lines
from sim.scenario.own import OwnModuleError
from sim.store import ResultFolderError, sha256
from sim.sweeping import run_experiment
from tests.experiment.faulty import EXITS, LOOPS, NOT_FINITE, RAISES
from tests.experiment.worlds import OPEN_SHARE, SCENARIO, placed, with_faults, write_world
from tests.repository import ROOT

KEYS = ["design_point", "arm", "replication"]


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def by_run(results: Any) -> pd.DataFrame:
    return results.runs.set_index(KEYS)


def shard_files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "shards").glob("*.parquet")}


def finished_shards(folder: Path) -> dict[str, int]:
    """Shards that are whole: the file of runs comes last."""
    return {name: when for name, when in shard_files(folder).items() if name.endswith("-runs.parquet")}


# ---- what is stored


def test_rows_are_those_of_a_run(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    results = run_experiment(path, out=tmp_path / "out", workers=1)
    one = sim.run(tmp_path / "small.yaml", set=[f"{OPEN_SHARE}=0.7"], out=tmp_path / "run")
    swept = results.runs.query("design_point == 2").drop(columns=["worst_imbalance"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(swept.drop(columns="design_point"), one.runs.drop(columns="design_point"))
    years = results.yearly.query("design_point == 2").drop(columns="design_point").reset_index(drop=True)
    pd.testing.assert_frame_equal(years, one.yearly.drop(columns="design_point"))
    assert results.manifest["runs"] == {"ok": 4 * 4 * 5, "failed": 0}
    assert results.manifest["baseline_duplicate"] == {"small": 0.0}
    assert list(results.runs.columns[:5]) == [*KEYS, "status", "message"]


def test_tables_in_key_order_and_the_same_in_any_engine(tmp_path: Path) -> None:
    path = write_world(tmp_path, record={"tables": ["villages", "accounts", "balances"], "sample": [1, 3]})
    serial = run_experiment(path, out=tmp_path / "serial")
    several = run_experiment(path, out=tmp_path / "several", workers=2)
    assert tables(tmp_path / "serial") == tables(tmp_path / "several")
    assert serial.manifest["files"] == {**several.manifest["files"], SWEEP: serial.manifest["files"][SWEEP]}
    order = {arm: place for place, arm in enumerate(serial.manifest["arms"])}
    keys = list(zip(serial.runs.design_point, serial.runs.arm.map(order), serial.runs.replication, strict=True))
    assert keys == sorted(keys)
    villages = pd.read_parquet(tmp_path / "serial" / "villages.parquet")
    assert set(villages.replication) == {1, 3}


def test_design_points_with_other_sizes_and_calendars(tmp_path: Path) -> None:
    path = write_world(tmp_path, factors={"population.villages": [4, 6], "calendar.after_years": [1, 3]})
    results = run_experiment(path, out=tmp_path / "out", workers=1)
    years = results.yearly.groupby("design_point").year.nunique().tolist()
    assert years == [5, 7, 5, 7]
    assert results.manifest["runs"]["failed"] == 0


def test_identical_design_points_are_kept_apart(tmp_path: Path) -> None:
    experiment = with_faults(tmp_path, [0, 4])
    twice = experiment.points[0]
    points = tuple(type(twice)(n, twice.scenario, twice.values, twice.coordinates) for n in range(3))
    results = run_experiment(
        type(experiment)(**{**vars(experiment), "points": points}), out=tmp_path / "out", mechanisms=placed()
    )
    runs = by_run(results)
    pd.testing.assert_frame_equal(runs.loc[0], runs.loc[2])


# ---- runs that fail


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any, list[str]]:
    """A sweep whose points raise, loop, exit and return NaN in some replications, and one without faults."""
    folder = tmp_path_factory.mktemp("faults")
    told: list[str] = []
    experiment = with_faults(folder, [0, RAISES, LOOPS, EXITS, NOT_FINITE], share=0.4, time_limit_s=5, replications=3)
    broken = run_experiment(experiment, out=folder / "broken", workers=2, mechanisms=placed(), told=told.append)
    clean = run_experiment(
        with_faults(folder, [0, 1, 2, 3, 4], share=0.0, replications=3), out=folder / "clean", mechanisms=placed()
    )
    return folder / "broken", broken, clean, told


@pytest.mark.slow
def test_each_fault_is_recorded_and_every_other_row_is_right(faults: tuple[Path, Any, Any, list[str]]) -> None:
    _, broken, clean, _ = faults
    runs, right = by_run(broken), by_run(clean)
    failed = runs.status == "failed"
    assert set(runs.index[failed].get_level_values(0)) == {1, 2, 3, 4}
    assert 0 < failed.sum() < len(runs)
    numbers = [name for name in runs.columns if name not in ("status", "message")]
    assert runs.loc[failed, numbers].isna().all().all()
    assert runs.loc[failed, "message"].notna().all()
    pd.testing.assert_frame_equal(runs.loc[~failed], right.loc[~failed])
    causes = pd.read_parquet(broken.folder / "failures.parquet")
    assert causes.groupby("design_point").cause.first().to_dict() == {
        1: "raised",
        2: "hung",
        3: "died",
        4: "not_finite",
    }
    assert set(map(tuple, causes[KEYS].to_numpy())) == set(runs.index[failed])
    assert broken.manifest["runs"] == {"ok": int((~failed).sum()), "failed": int(failed.sum())}
    assert len(broken.yearly) == 6 * int((~failed).sum())


@pytest.mark.slow
def test_all_faults_are_named_at_once_and_in_the_status(faults: tuple[Path, Any, Any, list[str]]) -> None:
    folder, broken, _, told = faults
    assert len(told) == broken.manifest["runs"]["failed"]
    said = "\n".join(status_lines(standing(folder), "en"))
    for cause in ("raised", "hung", "died", "not_finite"):
        assert f"({cause})" in said
        assert any(f"({cause})" in line for line in told)
    tracebacks = pd.read_parquet(folder / "failures.parquet").groupby("cause").traceback.first()
    assert "made to fail" in tracebacks["raised"]
    assert "faulty.py" in tracebacks["hung"]  # where it hung


@pytest.mark.slow
def test_a_fault_in_one_arm_leaves_the_others(tmp_path: Path) -> None:
    experiment = with_faults(tmp_path, [0, RAISES], share=0.5, with_pool_only=True)
    results = run_experiment(experiment, out=tmp_path / "out", workers=1, mechanisms=placed())
    runs = results.runs
    failed = runs[runs.status == "failed"]
    assert len(failed) > 0
    # companions replay the money of the arm that fails, so they fail with it
    assert set(failed.arm) == {"pool", "pool@same_money", "pool@same_management"}
    baseline = runs[runs.arm == "no_policy"].groupby("replication").earned_income.nunique()
    assert (baseline == 1).all()


@pytest.mark.slow
def test_where_the_baseline_fails_nobody_is_compared_with_it(tmp_path: Path) -> None:
    experiment = with_faults(tmp_path, [0, NOT_FINITE], share=0.4, arms=["no_policy", "pool"])
    results = run_experiment(experiment, out=tmp_path / "out", workers=1, mechanisms=placed())
    runs = results.runs.query("design_point == 1")
    lost = set(runs[(runs.arm == "no_policy") & (runs.status == "failed")].replication)
    assert lost
    alone = runs[(runs.arm == "pool") & (runs.status == "ok") & runs.replication.isin(lost)]
    assert alone.share_of_losers.isna().all()


@pytest.mark.slow
def test_retry_failed_simulates_those_alone(tmp_path: Path) -> None:
    experiment = with_faults(tmp_path, [0, RAISES], share=0.4)
    out = tmp_path / "out"
    first = run_experiment(experiment, out=out, workers=1, mechanisms=placed())
    before = shard_files(out)
    again = run_experiment(experiment, out=out, workers=1, mechanisms=placed(), retry_failed=True)
    after = shard_files(out)
    assert {name: after[name] for name in before} == before
    assert len(after) > len(before)
    pd.testing.assert_frame_equal(first.runs, again.runs)


def test_an_experiment_in_which_all_fails_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "HOPELESS", 3)
    experiment = with_faults(tmp_path, [RAISES, EXITS])
    with pytest.raises(sweeps.Hopeless, match="made to fail"):
        run_experiment(experiment, out=tmp_path / "out", workers=1, mechanisms=placed())
    assert not (tmp_path / "out" / LOCK).exists()


def test_processes_survive_what_calls_do_to_them() -> None:
    engine = Processes(1)
    try:
        found = {}
        for number, call in enumerate((Call(os.getpid, None), Call(_exits, 5), Call(abs, -3), Call(abs, "x"))):
            engine.submit(number, Call(_without_argument, call) if number == 0 else call, 60.0)
            while not (came := engine.wait()):
                pass
            found |= dict(came)
    finally:
        engine.close()
    assert found[0] != os.getpid()
    assert isinstance(found[1], Failure)
    assert (found[1].cause, "exit status 5" in found[1].message) == ("died", True)
    assert found[2] == 3
    assert found[3].cause == "raised"


def _without_argument(call: Call) -> Any:
    return call.function()


def _exits(status: int) -> None:
    os._exit(status)


# ---- common random numbers


def test_arms_that_do_not_share_their_draws_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_world(tmp_path)

    def own_draws(points: Any, numbers: Any, replications: Any, arms: Sequence[str], seed: int, **rest: Any) -> Any:
        records = simulate_block(points, numbers, replications, arms, seed, **rest)
        for place, of_arm in enumerate(records):
            of_arm.villages["trust"][:] += 1e-12 * place
        return records

    monkeypatch.setattr("sim.engine.simulate_block", own_draws)
    with pytest.raises(sweeps.DrawsDiffer, match="no_policy differs"):
        run_experiment(path, out=tmp_path / "out")


# ---- stopping and going on


def test_a_finished_sweep_is_not_simulated_again(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.parquet")}
    run_experiment(path, out=tmp_path / "out")
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.parquet")} == before


def test_a_sweep_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_world(tmp_path, replications=40)
    whole = run_experiment(path, out=tmp_path / "whole")
    store = sweeps.Sweep._store
    stored: list[int] = []

    def stops(self: Any, piece: Any, done: Any) -> None:
        if len(stored) == 1:
            raise KeyboardInterrupt
        stored.append(1)
        store(self, piece, done)

    monkeypatch.setattr(sweeps.Sweep, "_store", stops)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(path, out=tmp_path / "out")
    monkeypatch.setattr(sweeps.Sweep, "_store", store)
    stands = standing(tmp_path / "out")
    assert (stands.state, stands.units_done > 0, stands.units_done < 160) == ("stopped", True, True)
    before = shard_files(tmp_path / "out")
    resumed = run_experiment(path, out=tmp_path / "out", workers=1)
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    after = shard_files(tmp_path / "out")
    assert {name: after[name] for name in before} == before
    assert resumed.manifest["runs"] == whole.manifest["runs"]


@pytest.mark.slow
def test_kill_at_any_moment(tmp_path: Path) -> None:
    path = write_world(tmp_path, replications=400)
    run_experiment(path, out=tmp_path / "whole", workers=2)
    out = tmp_path / "out"
    program = "from sim.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", program, "sweep", str(path), "--out", str(out), "--workers", "2", "--quiet"]
    stored: dict[str, int] = {}
    for shards_wanted in (1, 3, 5):
        process = subprocess.Popen(command, cwd=ROOT)
        while process.poll() is None and len(finished_shards(out)) < shards_wanted:
            time.sleep(0.02)
        process.kill()
        process.wait()
        assert {name: finished_shards(out).get(name) for name in stored} == stored  # none was computed again
        stored = finished_shards(out)
    assert subprocess.run(command, cwd=ROOT).returncode == 0
    assert {name: finished_shards(out).get(name) for name in stored} == stored
    assert tables(out) == tables(tmp_path / "whole")


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_workers_end_with_their_parent() -> None:
    program = (
        "import time; from sim.experiment.processes import Processes; from sim.experiment.tasks import Call\n"
        "p = Processes(1); p.submit(0, Call(time.sleep, 600), 900.0)\n"
        "print(p._workers[0]._process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(600):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").exists() and " Z " in Path(f"/proc/{worker}/stat").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")


def test_what_cannot_be_written_stops_the_sweep_and_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_world(tmp_path, replications=40)
    write = sweeps.write_shard
    calls: list[int] = []

    def full(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(sweeps, "write_shard", full)
    with pytest.raises(ResultFolderError, match="No space left on device; what is finished stays"):
        run_experiment(path, out=tmp_path / "out")
    assert read_index(tmp_path / "out").of_unit
    run_experiment(path, out=tmp_path / "out")
    run_experiment(path, out=tmp_path / "whole")
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_a_damaged_shard_is_computed_again(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    (tmp_path / "out" / "manifest.json").unlink()
    damaged = next((tmp_path / "out" / "shards").glob("*-yearly.parquet"))
    right = tables(tmp_path / "out")
    damaged.write_bytes(damaged.read_bytes()[:200])
    with pytest.raises(ResultFolderError, match="computed anew"):
        run_experiment(path, out=tmp_path / "out")
    run_experiment(path, out=tmp_path / "out")
    assert tables(tmp_path / "out") == right


# ---- the folder


def test_a_changed_experiment_is_refused_and_said(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    write_world(tmp_path, factors={OPEN_SHARE: [0.0, 0.5]}, replications=6)
    with pytest.raises(ChangedExperiment) as caught:
        run_experiment(path, out=tmp_path / "out")
    assert "replications: 5 -> 6" in str(caught.value)
    assert "--fresh" in str(caught.value)
    assert "[0.0, 0.4, 0.7, 1.0] -> [0.0, 0.5]" in str(caught.value)
    fresh = run_experiment(path, out=tmp_path / "out", fresh=True)
    assert fresh.manifest["points"] == 2
    assert len(fresh.runs) == 2 * 4 * 6


def test_a_changed_scenario_is_refused_and_said(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    scenario = tmp_path / "small.yaml"
    scenario.write_text(scenario.read_text().replace("villages: 6", "villages: 7"))
    with pytest.raises(ChangedExperiment, match=r"population.villages: 6 -> 7"):
        run_experiment(path, out=tmp_path / "out")


def test_words_may_change(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    write_world(tmp_path, question="Another wording?", time_limit_s=77)
    run_experiment(path, out=tmp_path / "out")
    assert read_sweep(tmp_path / "out")["question"] == "Another wording?"


def test_two_at_once(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    (out / LOCK).write_text(json.dumps({"process": os.getppid(), "host": __import__("socket").gethostname()}))
    with pytest.raises(Held, match=f"process {os.getppid()}"):
        run_experiment(path, out=out)
    (out / LOCK).write_text(json.dumps({"process": 2**22 + 1, "host": __import__("socket").gethostname()}))
    run_experiment(path, out=out)  # a lock left behind by a process that is no more
    assert not (out / LOCK).exists()


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.docx").write_text("years of work")
    with pytest.raises(ResultFolderError, match=r"thesis\.docx"):
        run_experiment(path, out=mine, fresh=True)
    assert (mine / "thesis.docx").read_text() == "years of work"
    run = tmp_path / "run"
    sim.run(tmp_path / "small.yaml", out=run, replications=2)
    with pytest.raises(ResultFolderError, match="result of a run"):
        run_experiment(path, out=run)
    with pytest.raises(ResultFolderError, match="is a file"):
        run_experiment(path, out=path)


def test_fresh_leaves_what_is_not_ours(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    run_experiment(path, out=tmp_path / "out", fresh=True)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_a_chinese_path_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "田桥 镇"
    path = write_world(folder)
    results = run_experiment(path, out=folder / "结 果", workers=1)
    assert len(results.runs) == 80


# ---- replications until a contrast is known


def test_replications_go_on_until_the_contrast_is_known(tmp_path: Path) -> None:
    until = {"contrast": ["pool", "pool@same_money"], "outcome": "earned_income", "half_width": 0.3}
    path = write_world(tmp_path, replications={"until": until, "at_least": 20, "at_most": 120})
    results = run_experiment(path, out=tmp_path / "out")
    points = pd.read_parquet(tmp_path / "out" / "points.parquet")
    counts = results.runs.groupby("design_point").replication.nunique()
    assert points.replications.tolist() == counts.tolist()
    assert points.replications.min() >= 20
    assert points.replications.nunique() > 1
    reached = points[points.half_width_reached]
    assert (reached.half_width <= 0.3).all()
    assert (points[~points.half_width_reached].replications == 120).all()
    again = run_experiment(path, out=tmp_path / "again", workers=2)
    assert tables(again.folder) == tables(results.folder)


# ---- hashes


def test_keys_depend_on_what_numbers_depend_on(tmp_path: Path) -> None:
    keys = [
        prepare(load_experiment(write_world(tmp_path / str(n), **c))).keys
        for n, c in enumerate(
            (
                {},
                {},
                {"title": {"en": "other"}},
                {"seed": 9},
                {"set": {"parameters.projects.overhead": 5}},
                {"arms": ["pool"]},
            )
        )
    ]
    assert keys[0] == keys[1] == keys[2]
    assert len({frozenset(k.values()) for k in keys}) == 4
    assert len(set(keys[0].values())) == 4


def test_serial_for_little_work_but_not_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.experiment.engines import engine_for

    assert isinstance(engine_for(1000, None, None), Serial)
    for engine in (engine_for(1000, None, None, alone=False), engine_for(1000, 1, None)):
        assert isinstance(engine, Processes)
        engine.close()
    with pytest.raises(ValueError, match="workers must be 1 or more"):
        engine_for(1000, 0, None)


def test_progress_of_an_unfinished_sweep(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    stands = standing(tmp_path / "out")
    assert stands.state == "finished"
    assert stands.runs_done == stands.runs_wanted == 80
    assert stands.widths is not None
    assert (stands.widths.arm, stands.widths.against) == ("pool", "pool@same_money")
    np.testing.assert_allclose(stands.widths.least, 0.0)  # nothing may be pooled at design point 0
    (tmp_path / "out" / PROGRESS).unlink()
    assert standing(tmp_path / "out").runs_done == 80
    with pytest.raises(ResultFolderError, match="does not exist"):
        standing(tmp_path / "nowhere")
    with pytest.raises(ResultFolderError, match="not the folder of a sweep"):
        standing(tmp_path)


# ---- half states


def test_words_may_change_of_a_finished_sweep_and_its_hashes_still_match(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    write_world(tmp_path, question="Another wording?")
    results = run_experiment(path, out=tmp_path / "out")
    assert results.manifest["question"] == "Another wording?"
    assert results.manifest["files"][SWEEP] == sha256(tmp_path / "out" / SWEEP)


def test_half_a_manifest_does_not_lock_the_folder(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    whole = tables(tmp_path / "out")
    before = shard_files(tmp_path / "out")
    (tmp_path / "out" / "manifest.json").write_text('{"layout": 1, "fil')
    run_experiment(path, out=tmp_path / "out")
    assert tables(tmp_path / "out") == whole
    assert shard_files(tmp_path / "out") == before
    (tmp_path / "out" / "manifest.json").write_text("")
    run_experiment(path, out=tmp_path / "out", fresh=True)
    assert tables(tmp_path / "out") == whole


def test_shards_of_another_experiment_are_not_taken_in(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    run_experiment(path, out=tmp_path / "out")
    write_world(tmp_path, factors={OPEN_SHARE: [0.1, 0.2, 0.3, 0.9]})
    (tmp_path / "out" / SWEEP).unlink()  # as an interrupted --fresh could leave it
    (tmp_path / "out" / LOCK).write_text("{}")
    mixed = run_experiment(path, out=tmp_path / "out")
    right = run_experiment(path, out=tmp_path / "right")
    pd.testing.assert_frame_equal(mixed.runs, right.runs)


def test_a_finished_sweep_without_shards_stays_finished(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    results = run_experiment(path, out=tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "shards")
    run_experiment(path, out=tmp_path / "out")
    assert not shard_files(tmp_path / "out")
    assert standing(tmp_path / "out").runs_done == 80
    explained = explain(tmp_path / "out", "2/pool/3")
    assert explained.outcomes is not None
    assert explained.outcomes["earned_income"] == by_run(results).loc[(2, "pool", 3), "earned_income"]


def test_an_interrupted_retry_leaves_no_tables_of_an_earlier_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = with_faults(tmp_path, [0, NOT_FINITE], share=0.5)
    out = tmp_path / "out"
    whole = run_experiment(experiment, out=out, mechanisms=placed()).runs
    store = sweeps.Sweep._store

    def stops(self: Any, piece: Any, done: Any) -> None:
        store(self, piece, done)
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeps.Sweep, "_store", stops)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(experiment, out=out, workers=1, mechanisms=placed(), retry_failed=True)
    assert standing(out).state == "stopped"
    assert (out / "points.parquet").exists()  # compare and explain read it
    monkeypatch.setattr(sweeps.Sweep, "_store", store)
    pd.testing.assert_frame_equal(whole, run_experiment(experiment, out=out, mechanisms=placed()).runs)


def test_replications_beyond_what_the_stopping_rule_wants_are_left_out(tmp_path: Path) -> None:
    """As where runs that had failed succeed later, and the rule then stops sooner."""
    until = {"contrast": ["pool", "pool@same_money"], "outcome": "earned_income", "half_width": 100.0}
    path = write_world(tmp_path, factors={OPEN_SHARE: [0.4, 1.0]}, replications={"until": until, "at_most": 60})
    right = run_experiment(path, out=tmp_path / "right")
    experiment = load_experiment(path)
    prepared, out = prepare(experiment), tmp_path / "out"
    run_experiment(path, out=out)
    piece = Piece("small", (0,), (50, 51))
    done = do(prepared.job(piece))
    name = address({0: prepared.keys[0]}, piece.replications, 0)
    write_shard(out / "shards", Shard(name, tuple(piece.units), 0, (), tuple(done.tables), 0.1, 1), done.tables)
    (out / "manifest.json").unlink()
    again = run_experiment(path, out=out)
    assert again.runs.replication.max() < 50
    assert tables(out) == tables(right.folder)
    assert again.manifest["runs"] == right.manifest["runs"]


def test_scenarios_with_other_outcomes_have_the_same_columns(tmp_path: Path) -> None:
    path = write_world(tmp_path, replications=2)
    (tmp_path / "other.yaml").write_text(
        SCENARIO.replace(
            "outcomes: [earned_income, gini, share_of_losers, share_of_losers_same_money, public_cost]",
            "outcomes: [gini, public_cost]",
        )
    )
    path.write_text(path.read_text().replace("scenario: small.yaml", "scenarios: {b: other.yaml, a: small.yaml}"))
    results = run_experiment(path, out=tmp_path / "out")
    assert results.runs.earned_income.notna().all()
    halves = [results.runs[results.runs.design_point // 4 == half].gini.to_numpy() for half in (0, 1)]
    np.testing.assert_array_equal(*halves)


def test_an_empty_lock_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    link = os.link

    def looks(source: Any, target: Any) -> None:
        seen.append(Path(source).read_text())
        link(source, target)

    monkeypatch.setattr(os, "link", looks)
    with folders.held(tmp_path / "out"):
        assert json.loads((tmp_path / "out" / LOCK).read_text())["process"] == os.getpid()
    assert json.loads(seen[0])["process"] == os.getpid()
    assert not list((tmp_path / "out").glob("*lock*"))


def test_replay_knows_own_modules_or_says_which_are_missing(tmp_path: Path) -> None:
    experiment = with_faults(tmp_path, [0, NOT_FINITE], share=0.0, replications=2)
    run_experiment(experiment, out=tmp_path / "out", mechanisms=placed())
    explained = explain(tmp_path / "out", "1/pool/1")
    with pytest.raises(OwnModuleError, match="faulty"):
        replay(explained)
    assert not replay(explained, mechanisms=placed()).differing


def test_a_sweep_that_has_not_ended_is_asked_and_compared_as_far_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = run_experiment(write_world(tmp_path), out=tmp_path / "out").runs
    for name in ("manifest.json", "runs.parquet", "yearly.parquet"):
        (tmp_path / "out" / name).unlink()
    sql = "SELECT sum(earned_income) AS total FROM runs JOIN points USING (design_point)"
    assert main(["query", str(tmp_path / "out"), sql, "--format", "csv"]) == 0
    asked = capsys.readouterr()
    assert float(asked.out.splitlines()[1]) == pytest.approx(whole.earned_income.sum())
    assert "has not ended" in asked.err
    assert main(["compare", str(tmp_path / "out")]) == 0
    assert "0 of 80 runs are missing" in " ".join(capsys.readouterr().out.split())
