"""``lianjian run`` and ``lianjian audit`` on the real engine: what they write, say, and exit with."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import sim
from sim.cli import main

ROOT = Path(__file__).parents[2]
SCENARIO = textwrap.dedent("""
    schema: 1
    title: {en: Small Town, zh: 小镇}
    population: {villages: 6, councils: {rule: adjacency, count: 2}}
    calendar: {start: 2010, burn_in_years: 2, policy_years: 3, after_years: 2}
    arms:
      no_policy: []
      pool:
        - {policy: demonstration_grant, payer: county, budget: {per_year: 150}, allocation: equal, start: 2012, end: 2013}
        - policy: funding_pool
          payer: county
          budget: {per_year: 30}
          open_share: 1
          contribution_floor: 0.1
          match: 0.2
          start: 2012
          end: 2013
    run: {replications: 4}
""")


@pytest.fixture
def town(tmp_path, monkeypatch):
    """A scenario in a folder with a space and Chinese characters, which is also the working folder."""
    folder = tmp_path / "a town 小镇"
    folder.mkdir()
    (folder / "town.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def test_run_writes_says_where_and_the_audit_passes(town, capsys):
    assert main(["run", "town.yaml"]) == 0
    shown = capsys.readouterr()
    for said in ("pool@same_money", "results/town/answer.md", "results/town/figures", "took", "not a forecast"):
        assert said in shown.out
    assert shown.err == ""  # no bar where nobody watches
    assert main(["audit", "results/town"]) == 0
    assert "results/town: OK" in capsys.readouterr().out


def test_quiet_says_nothing(town, capsys):
    assert main(["run", "town.yaml", "--quiet", "--out", "out"]) == 0
    assert main(["audit", "out", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_audit_fails_and_names_the_account(town, capsys):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    assert main(["run", "town.yaml", "--quiet", "--out", "out"]) == 0
    table = parquet.read_table("out/accounts.parquet")
    amounts = table["amount"].to_pylist()
    amounts[7] += 1e-3
    place = table.column_names.index("amount")
    parquet.write_table(table.set_column(place, "amount", pa.array(amounts)), "out/accounts.parquet")
    assert main(["audit", "out"]) == 1
    shown = capsys.readouterr().out
    assert "accounts.parquet: changed" in shown
    assert f"account {table['to_account'][7]}, arm no_policy, replication 0, year {table['year'][7]}: opening" in shown


def test_no_result_is_exit_2(town, capsys):
    assert main(["audit", "nowhere"]) == 2
    assert main(["audit", "."]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    assert main(["audit", "town.yaml"]) == 2
    assert capsys.readouterr().err == "town.yaml is a file; a result is a folder, name that\n"


def test_an_unknown_arm_is_guessed_and_nothing_is_written(town, capsys):
    assert main(["run", "town.yaml", "--arms", "no_policy,poll"]) == 2
    assert "did you mean 'pool'?" in capsys.readouterr().err
    assert os.listdir(town) == ["town.yaml"]


def test_a_wrong_setting_is_exit_2_and_nothing_is_written(town, capsys):
    assert main(["run", "town.yaml", "--set", "parameters.projects.overhaed=3"]) == 2
    assert main(["run", "nowhere.yaml"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert os.listdir(town) == ["town.yaml"]


def test_a_setting_changes_numbers_and_stands_in_the_manifest(town):
    assert main(["run", "town.yaml", "--quiet", "--out", "a", "--set", "parameters.projects.overhead=9"]) == 0
    assert main(["run", "town.yaml", "--quiet", "--out", "b"]) == 0
    one, other = sim.open_results("a"), sim.open_results("b")
    assert one.manifest["files"]["runs.parquet"] != other.manifest["files"]["runs.parquet"]
    assert "--set" in one.manifest["command"]


def test_a_folder_of_somebody_else_is_exit_1(town, capsys):
    Path("thesis").mkdir()
    Path("thesis/chapter.tex").write_text("")
    assert main(["run", "town.yaml", "--out", "thesis"]) == 1
    assert "thesis holds files" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_exit_1(town, capsys):
    assert main(["run", "town.yaml", "--out", "town.yaml/out"]) == 1
    assert "cannot write town.yaml/out" in capsys.readouterr().err


@pytest.mark.parametrize(("workers", "block"), [(1, 1), (2, 2)])
def test_the_engines_tables_are_byte_equal_for_any_workers_and_blocks(town, workers, block):
    assert main(["run", "town.yaml", "--quiet", "--out", "one", "--workers", "1"]) == 0
    asked = ["--workers", str(workers), "--block", str(block)]
    assert main(["run", "town.yaml", "--quiet", "--out", "other", *asked]) == 0
    assert sim.open_results("one").manifest["files"] == sim.open_results("other").manifest["files"]


def test_an_arm_alone_has_the_rows_it_has_among_others(town):
    assert main(["run", "town.yaml", "--quiet", "--out", "every"]) == 0
    assert main(["run", "town.yaml", "--quiet", "--out", "alone", "--arms", "pool@same_money"]) == 0
    every, alone = sim.open_results("every"), sim.open_results("alone")
    for table in ("runs", "yearly", "villages", "accounts", "balances"):
        rows = getattr(every, table)
        assert rows[rows["arm"] == "pool@same_money"].reset_index(drop=True).equals(getattr(alone, table))
    assert alone.audit().ok


def test_python_gives_the_same_as_the_command(town):
    assert main(["run", "town.yaml", "--quiet", "--replications", "2", "--seed", "7"]) == 0
    result = sim.run("town.yaml", replications=2, seed=7, out="python")
    assert result.manifest["files"] == sim.open_results("results/town").manifest["files"]


def test_ctrl_c_leaves_nothing(town):
    # The shell that runs the tests may ignore SIGINT for its children (a job in the background): restore it.
    code = (
        "import signal, sys; from sim.cli import main; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
    )
    asked = ["run", "town.yaml", "--replications", "200000", "--block", "50", "--workers", "2", "--out", "out"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(3.0)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    finally:
        # Whatever went wrong, no worker may go on in the background.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, said) == (130, "interrupted: nothing was written\n")
    assert os.listdir(town) == ["town.yaml"]
