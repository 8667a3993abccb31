"""The audit of a sweep names what is wrong with it: each test spoils one thing, as a forger of hashes would."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import sim
from sim.auditing.notes import Notes
from sim.auditing.sweeps import is_runners, sweep_failures
from sim.experiment import folder as folders
from sim.outcomes import OUTCOMES
from sim.scenario.own import Registered, known
from sim.store import MANIFEST, SWEEP, ResultFolderError, add_files, hashes, read_manifest
from tests.experiment import faulty

TIANQIAO = Path(__file__).parent.parent / "scenarios" / "tianqiao.yaml"
STATED = {
    "schema": 1,
    "question": "Does the audit see what is wrong?",
    "set": {"population.villages": 6, "population.councils.count": 2, "calendar.after_years": 2},
    "arms": ["no_policy", "pool", "pool@same_money"],
}
MATCH = "arms.pool.funding_pool.match"


def swept(out, **more):
    mechanisms = more.pop("mechanisms", ())
    with known(Registered.of((), mechanisms)):
        experiment = sim.experiment_of({**STATED, **more, "scenario": sim.load_scenario(TIANQIAO)})
    return sim.run_experiment(experiment, workers=1, out=out, mechanisms=mechanisms).folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Two calendars x two matches, years and all details of some replications kept."""
    return swept(
        tmp_path_factory.mktemp("plain") / "out",
        factors={MATCH: [0, 0.4], "calendar.policy_years": [10, 11]},
        replications=3,
        record={"tables": ["villages", "accounts", "balances"], "sample": [0, 2]},
    )


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Half of the replications that have a pool raise in its first year."""
    made_to_fail = {"parameters.faulty.fault": faulty.RAISES, "parameters.faulty.with_pool_only": 1}
    return swept(
        tmp_path_factory.mktemp("failing") / "out",
        set={**STATED["set"], "calendar.start": 2012, "calendar.burn_in_years": 3, **made_to_fail},
        factors={"parameters.faulty.share": [0, 0.5]},
        replications=6,
        mechanisms=[(faulty, "after", "governance")],
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    rule = {"contrast": ["pool", "pool@same_money"], "outcome": "earned_income", "half_width": 2.0}
    return swept(
        tmp_path_factory.mktemp("stopped") / "out",
        factors={MATCH: [0, 0.4]},
        replications={"until": rule, "at_least": 20, "at_most": 60},
    )


@pytest.fixture
def spoiled(tmp_path, request):
    """A copy of a sweep that a test may spoil."""

    def copy(name):
        return shutil.copytree(request.getfixturevalue(name), tmp_path / name)

    return copy


def forge(folder):
    path = folder / MANIFEST
    manifest = json.loads(path.read_text())
    there = hashes(folder)
    files = {name: there[name] for name in manifest["files"] if name in there}
    files |= {name: digest for name, digest in there.items() if not is_runners(name)}
    path.write_text(json.dumps(manifest | {"files": files}))


def restate(folder, **changed):
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def change(folder, table, column, row, value):
    path = folder / f"{table}.parquet"
    held = parquet.read_table(path)
    values = held[column].to_pylist()
    values[row] = value(values[row]) if callable(value) else value
    place = held.column_names.index(column)
    parquet.write_table(held.set_column(place, column, pa.array(values, held.schema.field(column).type)), path)
    forge(folder)


def repeat(folder, table, row, times):
    """Write a row so often; 0 drops it."""
    path = folder / f"{table}.parquet"
    held = parquet.read_table(path)
    parquet.write_table(
        pa.concat_tables([held.slice(0, row), *[held.slice(row, 1)] * times, held.slice(row + 1)]), path
    )
    forge(folder)


def row_of(folder, table, **wanted):
    frame = parquet.read_table(folder / f"{table}.parquet").to_pandas()
    return int(np.flatnonzero(np.logical_and.reduce([frame[name] == value for name, value in wanted.items()]))[0])


RUN = {"design_point": 2, "arm": "pool", "replication": 1}
NAMED = "design point 2, arm pool, replication 1"


def plus(x):
    return x + 1e-3


@pytest.mark.parametrize("name", ["plain", "failing", "stopped"])
def test_a_sweep_as_written_passes(name, request):
    report = sim.audit(request.getfixturevalue(name))
    assert report.failures == ()
    assert not [note for note in report.notes if "manifest" in note]  # shards, progress, lock are no strangers


@pytest.mark.parametrize("name", ["plain", "failing", "stopped"])
def test_equal_arms_were_compared_whatever_is_varied(name, request):
    """A calendar is read anew at every point, and the arm that is compared must be there all the same."""
    assert read_manifest(request.getfixturevalue(name))["baseline_duplicate"] == {"tianqiao": 0.0}


def test_it_says_how_many_rows_were_checked(plain, failing):
    checked = sim.audit(plain).checked
    assert checked["runs"] == 4 * 3 * 3
    assert checked["yearly"] == 2 * 9 * (17 + 18)
    assert checked["villages"] == 2 * 3 * 2 * (17 + 18) * 6
    assert checked["accounts"] > 0
    assert sim.audit(failing).checked["failures"] == len(sim.open_results(failing).failures) > 0


def test_without_details_it_says_what_it_cannot_recompute(failing):
    assert any(note.startswith("share_of_losers could not") for note in sim.audit(failing).notes)
    assert any(note.startswith("share_of_losers 以村") for note in sim.audit(failing, language="zh").notes)


# ---- rows


@pytest.mark.parametrize(("times", "said"), [(0, "no row"), (2, "2 rows")])
def test_a_run_that_is_missing_or_there_twice(spoiled, times, said):
    folder = spoiled("plain")
    repeat(folder, "runs", row_of(folder, "runs", **RUN), times)
    assert f"runs: {NAMED}: {said}" in sim.audit(folder).failures


@pytest.mark.parametrize(("times", "said"), [(0, "no row"), (2, "2 rows")])
def test_a_year_that_is_missing_or_there_twice(spoiled, times, said):
    folder = spoiled("plain")
    repeat(folder, "yearly", row_of(folder, "yearly", **RUN, year=2019), times)
    assert f"yearly: {NAMED}, year 2019: {said}" in sim.audit(folder).failures


@pytest.mark.parametrize(("column", "value"), [("replication", 3), ("design_point", 4), ("arm", "grant")])
def test_a_run_that_was_never_asked_for(spoiled, column, value):
    folder = spoiled("plain")
    change(folder, "runs", column, row_of(folder, "runs", **RUN), value)
    failures = sim.audit(folder).failures
    assert "runs: 1 row of a run that the design does not have" in failures
    assert f"runs: {NAMED}: no row" in failures


def test_a_year_outside_the_calendar_of_its_design_point(spoiled):
    folder = spoiled("plain")
    change(folder, "yearly", "year", row_of(folder, "yearly", **RUN, year=2019), 2027)  # a year of design point 3
    assert any(
        line.startswith("yearly: 1 row of a run that is not ok or a year") for line in sim.audit(folder).failures
    )


def test_order_of_rows_does_not_matter(spoiled):
    folder = spoiled("plain")
    for table in ("runs", "yearly", "accounts", "villages", "balances"):
        held = parquet.read_table(folder / f"{table}.parquet")
        parquet.write_table(held.take(np.arange(held.num_rows)[::-1]), folder / f"{table}.parquet")
    forge(folder)
    assert sim.audit(folder).failures == ()


# ---- numbers


@pytest.mark.parametrize("column", ["earned_income", "earned_income_discounted", "gini", "public_cost", "jobs"])
def test_an_outcome_of_a_run_follows_from_its_years(spoiled, column):
    folder = spoiled("plain")
    change(folder, "runs", column, row_of(folder, "runs", **RUN), plus)
    failures = sim.audit(folder).failures
    assert any(line.startswith(f"runs: {column}, {NAMED}: ") and "from yearly" in line for line in failures)
    assert all(NAMED in line for line in failures)


def test_a_year_in_the_window_moves_the_run(spoiled):
    folder = spoiled("plain")
    change(folder, "yearly", "earned_income", row_of(folder, "yearly", **RUN, phase="after"), plus)
    assert any(line.startswith(f"runs: earned_income, {NAMED}: ") for line in sim.audit(folder).failures)


@pytest.mark.parametrize(("table", "key"), [("runs", {}), ("yearly", {"year": 2016})])
def test_public_cost_is_the_sum_of_the_years(spoiled, table, key):
    folder = spoiled("plain")
    change(folder, table, "public_cost_county", row_of(folder, table, **RUN, **key), plus)
    failures = sim.audit(folder).failures
    assert any(line.startswith(f"runs: public_cost_county, {NAMED}: ") for line in failures)
    if table == "yearly":
        assert any(line.startswith(f"yearly: public_cost, {NAMED}, year 2016: ") for line in failures)


def test_a_phase_is_that_of_its_year(spoiled):
    folder = spoiled("plain")
    change(folder, "yearly", "phase", row_of(folder, "yearly", **RUN, year=2019), "after")
    assert sim.audit(folder).failures == (f"yearly: phase, {NAMED}, year 2019: it is not after",)


def test_a_year_without_a_number(spoiled):
    folder = spoiled("plain")
    change(folder, "yearly", "claims_county", row_of(folder, "yearly", **RUN, year=2019), None)
    assert sim.audit(folder).failures == (f"yearly: claims_county, {NAMED}, year 2019: no number",)


@pytest.mark.parametrize(
    ("value", "said"), [(1e-6, "1e-06 is above 1e-09"), (None, "no number although the run is ok")]
)
def test_books_that_did_not_close(spoiled, value, said):
    folder = spoiled("plain")
    change(folder, "runs", "worst_imbalance", row_of(folder, "runs", **RUN), value)
    assert sim.audit(folder).failures == (f"runs: worst_imbalance, {NAMED}: {said}",)


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ("accounts", "amount", "balances: account "),
        ("balances", "closing", "balances: account "),
        ("villages", "earned_income", "villages: earned_income, design point 1, arm pool, replication 2"),
        ("villages", "know_how", None),
    ],
)
def test_details_close_as_those_of_a_run(spoiled, table, column, said):
    folder = spoiled("plain")
    at = row_of(folder, table, design_point=1, arm="pool", replication=2, year=2016)
    change(folder, table, column, at, plus if said else float("nan"))
    failures = sim.audit(folder).failures
    assert any(
        line.startswith(said or "villages: know_how, design point 1, arm pool, replication 2") for line in failures
    )
    assert all("design point 1, arm pool, replication 2" in line for line in failures)


def test_losers_are_recomputed_where_villages_are_kept(spoiled):
    folder = spoiled("plain")
    change(folder, "runs", "share_of_losers", row_of(folder, "runs", **{**RUN, "replication": 2}), plus)
    (failure,) = sim.audit(folder).failures
    assert failure.startswith("runs: share_of_losers, design point 2, arm pool, replication 2: ")


def test_details_of_another_replication(spoiled):
    folder = spoiled("plain")
    rows = parquet.read_table(folder / "villages.parquet").to_pandas()
    chosen = (rows.design_point == 0) & (rows.arm == "pool") & (rows.replication == 2)
    rows.loc[chosen, "replication"] = 1
    parquet.write_table(pa.Table.from_pandas(rows, preserve_index=False), folder / "villages.parquet")
    forge(folder)
    failures = sim.audit(folder).failures
    assert "villages: design point 0, arm pool, replication 2: no rows" in failures
    assert any(line.startswith("villages: design point 0, arm pool, replication 1: rows of a run") for line in failures)


# ---- status


def failed_row(folder):
    frame = parquet.read_table(folder / "runs.parquet").to_pandas()
    return int(np.flatnonzero(frame.status == "failed")[0])


def test_a_failed_run_that_is_called_ok(spoiled):
    folder = spoiled("failing")
    change(folder, "runs", "status", failed_row(folder), "ok")
    failures = sim.audit(folder).failures
    assert any(
        line.startswith("runs: earned_income, design point 1, arm pool") and "no number" in line for line in failures
    )
    assert any(line.startswith("failures: design point 1, arm pool") for line in failures)
    assert any(line.startswith("manifest.json: runs.ok: ") for line in failures)
    assert any(line.startswith("yearly: design point 1, arm pool") and line.endswith("no row") for line in failures)


def test_an_ok_run_that_is_called_failed(spoiled):
    folder = spoiled("plain")
    change(folder, "runs", "status", row_of(folder, "runs", **RUN), "failed")
    failures = sim.audit(folder).failures
    assert f"runs: earned_income, {NAMED}: a number although the run has failed" in failures
    assert "failures: no table, but 1 runs have failed" in failures


def test_a_status_nobody_knows(spoiled):
    folder = spoiled("plain")
    change(folder, "runs", "status", row_of(folder, "runs", **RUN), "fine")
    assert f"runs: status, {NAMED}: 'fine' is neither ok nor failed" in sim.audit(folder).failures


def test_a_number_put_into_a_failed_run(spoiled):
    folder = spoiled("failing")
    change(folder, "runs", "earned_income", failed_row(folder), 4.2)
    (failure,) = sim.audit(folder).failures
    assert failure.startswith("runs: earned_income, design point 1, arm pool")
    assert failure.endswith("a number although the run has failed")


def test_failures_and_runs_name_the_same(spoiled):
    folder = spoiled("failing")
    repeat(folder, "failures", 0, 0)
    assert any(
        line.startswith("failures: design point 1") and line.endswith("no row") for line in sim.audit(folder).failures
    )
    change(folder, "failures", "message", 0, "all is well")
    assert any("not the message of runs" in line for line in sim.audit(folder).failures)


def test_who_loses_against_a_failed_run_has_no_number(failing):
    """Without a policy nobody fails here; where the reference is not ok there must be none to compare with."""
    runs = sim.open_results(failing).runs
    assert runs[runs.status == "ok"].share_of_losers.notna().all()
    assert runs[runs.status == "failed"].share_of_losers.isna().all()


# ---- points and manifest


def test_points_hold_what_was_set(spoiled):
    folder = spoiled("plain")
    change(folder, "points", MATCH, 3, 0.7)
    assert sim.audit(folder).failures == (f"points: {MATCH}, design point 3: 0.7 is not what was set, 0.4",)


def test_points_are_all_there(spoiled):
    folder = spoiled("plain")
    repeat(folder, "points", 3, 0)
    assert sim.audit(folder).failures == ("points: not one row for each of the 4 design points, 0 to 3 in order",)


def test_replications_are_those_of_the_design(spoiled):
    folder = spoiled("plain")
    change(folder, "points", "replications", 3, 2)
    assert sim.audit(folder).failures == ("points: design point 3: 2 replications, the design has 3 to 3",)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("half_width", plus, "points: half_width, design point 1: "),
        ("half_width_reached", lambda reached: not reached, "points: half_width_reached, design point 1: "),
    ],
)
def test_the_stopping_rule_is_decided_again(spoiled, column, value, said):
    folder = spoiled("stopped")
    change(folder, "points", column, 1, value)
    (failure,) = sim.audit(folder).failures
    assert failure.startswith(said)


def test_stopping_too_early_is_seen(spoiled):
    folder = spoiled("stopped")
    reached = sim.open_results(folder).points.replications[1]
    assert reached > 20
    change(folder, "points", "replications", 1, 20)
    for table in ("runs", "yearly"):
        rows = parquet.read_table(folder / f"{table}.parquet").to_pandas()
        rows = rows[(rows.design_point == 0) | (rows.replication < 20)]
        parquet.write_table(pa.Table.from_pandas(rows, preserve_index=False), folder / f"{table}.parquet")
    forge(folder)
    assert "points: design point 1: the stopping rule does not stop at 20 replications" in sim.audit(folder).failures


def test_counts_in_the_manifest(spoiled):
    folder = spoiled("plain")
    restate(folder, runs={"ok": 35, "failed": 1})
    assert sim.audit(folder).failures == (
        "manifest.json: runs.ok: 35 is not 36, the rows of runs",
        "manifest.json: runs.failed: 1 is not 0, the rows of runs",
    )
    restate(folder, runs={"ok": 36, "failed": 0}, tables={**read_manifest(folder)["tables"], "yearly": 7})
    assert sim.audit(folder).failures == ("manifest.json: tables.yearly: 7 is not 630, the rows of the table",)


@pytest.mark.parametrize(
    ("gap", "said"), [({"tianqiao": 1e-12}, "arms alike differ by 1e-12"), ({}, "nothing on scenario")]
)
def test_equal_arms_must_have_been_equal(spoiled, gap, said):
    folder = spoiled("plain")
    restate(folder, baseline_duplicate=gap)
    (failure,) = sim.audit(folder).failures
    assert said in failure


def test_a_hash_and_a_stranger(spoiled):
    folder = spoiled("plain")
    with (folder / "runs.parquet").open("ab") as file:
        file.write(b" ")
    (folder / "mine.csv").write_text("1")
    report = sim.audit(folder)
    assert any(line.startswith("runs.parquet: changed since it was written") for line in report.failures)
    assert any("mine.csv" in note for note in report.notes)
    assert not any("shards" in note for note in report.notes)


def test_a_comparison_is_guarded_by_its_hash_and_a_note_says_so(spoiled):
    folder = spoiled("stopped")
    (folder / "comparison.csv").write_text("pool wins")
    add_files(folder, [folder / "comparison.csv"])
    report = sim.audit(folder)
    assert report.ok
    assert any(note.startswith("comparison.csv was not recomputed") for note in report.notes)
    (folder / "comparison.csv").write_text("the same money wins")
    assert any(line.startswith("comparison.csv: changed") for line in sim.audit(folder).failures)


def test_a_table_that_cannot_be_read_is_named(spoiled):
    folder = spoiled("plain")
    (folder / "yearly.parquet").write_bytes(b"")
    assert any("yearly.parquet cannot be read" in line for line in sim.audit(folder).failures)


def test_years_that_were_not_kept_are_no_fault(tmp_path):
    folder = swept(tmp_path / "out", replications=2, record={"yearly": False, "tables": ["villages"]})
    report = sim.audit(folder)
    assert report.failures == ()
    assert any(note.startswith("the years were not kept") for note in report.notes)
    results = sim.open_results(folder)
    assert len(results.villages)
    with pytest.raises(ResultFolderError, match="yearly: true"):
        _ = results.yearly


def test_years_that_should_be_there(spoiled):
    folder = spoiled("plain")
    manifest = read_manifest(folder)
    restate(folder, tables={k: v for k, v in manifest["tables"].items() if k != "yearly"})
    assert "manifest.json: tables: no yearly, but the experiment keeps it" in sim.audit(folder).failures


def test_every_number_in_runs_is_moved_once(spoiled):
    """No column of runs goes unwatched."""
    folder = spoiled("plain")
    manifest, kept = read_manifest(folder), (folder / "runs.parquet").read_bytes()
    at = row_of(folder, "runs", **{**RUN, "replication": 2})
    for column in [*manifest["outcomes"], "public_cost_county", "public_cost_town"]:
        change(folder, "runs", column, at, plus)
        assert sweep_failures(folder, manifest, Notes())[0], column
        (folder / "runs.parquet").write_bytes(kept)


def test_losers_alone_do_not_follow_from_years():
    assert {name for name, outcome in OUTCOMES.items() if outcome.from_years is None} == {
        name for name in OUTCOMES if name.startswith("share_of_losers")
    }


# ---- opening


def test_results_of_a_sweep(plain, failing):
    results = sim.open_results(plain)
    assert repr(results) == f"<Results {plain}: sweep of 4 design points, 3 arms, 36 runs ok, 0 failed>"
    assert list(results.points[MATCH]) == [0.0, 0.0, 0.4, 0.4]
    assert len(results.runs) == 36
    assert len(results.yearly) == 630
    assert results.failures.empty
    assert list(results.failures.columns) == list(sim.open_results(failing).failures.columns)
    assert set(sim.open_results(failing).failures.cause) == {"raised"}
    assert results.audit().ok


def test_what_a_sweep_has_not_says_how_to_have_it(failing):
    results = sim.open_results(failing)
    with pytest.raises(ResultFolderError, match=r"table villages was not kept; say `record: \{tables: \[villages\]\}`"):
        _ = results.villages
    with pytest.raises(ResultFolderError, match="only the result of a run has it"):
        _ = results.places
    with pytest.raises(ResultFolderError, match="lianjian compare"):
        results.answer()
    with pytest.raises(ResultFolderError, match="make forms factors"):
        results.forms()


def test_a_run_has_no_design_points(tmp_path):
    results = sim.run(TIANQIAO, arms=["no_policy"], replications=1, out=tmp_path / "run", quiet=True)
    with pytest.raises(ResultFolderError, match="a run has no table points"):
        _ = results.points


def test_a_sweep_that_has_not_ended_is_said_to_be_one(spoiled):
    folder = spoiled("plain")
    (folder / MANIFEST).unlink()
    with pytest.raises(ResultFolderError, match="has not ended"):
        sim.open_results(folder)
    assert folders.SWEEP == SWEEP
