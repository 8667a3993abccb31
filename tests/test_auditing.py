"""The audit notices any one amount that is off by a thousandth of 万元, and names where."""

import dataclasses
import json
import os
from functools import partial
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim import audit
from sim.accounts import OTHER_VILLAGES
from sim.engine import simulate_block
from sim.experiment.local import plan
from sim.mechanisms import governance
from sim.running import Request, execute
from sim.schedule import SCHEDULE
from sim.store import MANIFEST, ResultFolderError, hashes
from sim.tables import TABLES
from tests import scenarios_for_tests as small
from tests import synthetic


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "out", replications=3).folder


@pytest.fixture
def result(written, tmp_path):
    """A copy that a test may spoil."""
    import shutil

    return shutil.copytree(written, tmp_path / "out")


def rewrite_hashes(folder):
    """What a careful forger would do."""
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": hashes(folder)}))


def change(folder, table, column, row, value):
    """Set one value (or apply a function to it) and rewrite the hashes."""
    path = folder / f"{table}.parquet"
    held = parquet.read_table(path)
    values = held[column].to_pylist()
    values[row] = value(values[row]) if callable(value) else value
    place = held.column_names.index(column)
    parquet.write_table(held.set_column(place, column, pa.array(values, held.schema.field(column).type)), path)
    rewrite_hashes(folder)


def drop(folder, table, row, times=0):
    """Remove one row, or write it twice."""
    path = folder / f"{table}.parquet"
    held = parquet.read_table(path)
    parts = [held.slice(0, row), *[held.slice(row, 1)] * times, held.slice(row + 1)]
    parquet.write_table(pa.concat_tables(parts), path)
    rewrite_hashes(folder)


def row_of(folder, table, **wanted):
    frame = parquet.read_table(folder / f"{table}.parquet").to_pandas()
    mask = np.logical_and.reduce([frame[name] == value for name, value in wanted.items()])
    return int(np.flatnonzero(mask)[0])


def plus(x):
    return x + 1e-3


def test_a_result_as_written_passes(written):
    report = audit(written)
    assert report.failures == ()
    assert report.ok
    assert report.checked["villages"] == 6 * 3 * 10 * 6


def test_a_changed_file_is_named(result):
    with (result / "answer.md").open("a") as file:
        file.write("pool wins")
    (result / "figures" / "trajectories.pdf").unlink()
    failures = audit(result).failures
    assert any(line.startswith("answer.md: changed") for line in failures)
    assert any(line.startswith("figures/trajectories.pdf: missing") for line in failures)


def test_an_amount_off_by_a_thousandth_is_found_with_the_hash_rewritten(result):
    at = row_of(result, "accounts", arm="pool", replication=1, year=2014, kind="dividend")
    change(result, "accounts", "amount", at, plus)
    failures = audit(result).failures
    assert any(
        line.startswith("balances: account vehicle.cash, arm pool, replication 1, year 2014: opening")
        for line in failures
    )
    assert any("account village.cash, arm pool, replication 1, year 2014" in line for line in failures)
    assert any(line.startswith("villages: investment_income, arm pool, replication 1, year 2014") for line in failures)


@pytest.mark.parametrize("seed", range(12))
def test_any_amount_of_any_row_is_guarded(result, seed):
    rows = parquet.read_metadata(result / "accounts.parquet").num_rows
    at = int(np.random.Generator(np.random.PCG64(seed)).integers(rows))
    change(result, "accounts", "amount", at, plus if seed % 2 else lambda x: max(x - 1e-3, 0.0) + 0.0)
    assert not audit(result).ok


@pytest.mark.parametrize("column", ["opening", "closing"])
def test_balances_are_guarded(result, column):
    change(result, "balances", column, row_of(result, "balances", arm="grant", year=2015, account="household"), plus)
    assert any("account household, arm grant, replication 0, year 201" in line for line in audit(result).failures)


@pytest.mark.parametrize(
    "column",
    [
        "cash",
        "operating_income",
        "investment_income",
        "earned_income",
        "tax_share",
        "subsidies",
        "total_income",
        "project_assets",
    ],
)
def test_columns_of_villages_are_guarded(result, column):
    at = row_of(result, "villages", arm="pool", replication=2, year=2013, village=4)
    change(result, "villages", column, at, plus)
    failures = audit(result).failures
    assert failures
    assert all("arm pool, replication 2" in line or line.startswith("answer.csv") for line in failures)


def test_tiers_are_guarded(result):
    change(result, "villages", "tier", 0, "strong")
    assert any(line.startswith("villages: tier, arm no_policy, replication 0") for line in audit(result).failures)


@pytest.mark.parametrize("table", ["runs", "yearly"])
@pytest.mark.parametrize("column", ["earned_income", "gini", "share_of_losers", "public_cost", "public_cost_county"])
def test_outcomes_are_recomputed(result, table, column):
    at = row_of(result, table, arm="pool", replication=1)
    change(result, table, column, at, plus)
    assert any(line.startswith(f"{table}: {column}, arm pool, replication 1") for line in audit(result).failures)


def test_the_answer_is_recomputed(result):
    path = result / "answer.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("pool,pool@same_money,earned_income"))
    cells = lines[at].split(",")
    cells[5] = "9.9"  # the difference
    path.write_text("".join([*lines[:at], ",".join(cells), *lines[at + 1 :]]), encoding="utf-8")
    rewrite_hashes(result)
    (line,) = audit(result).failures
    assert line.startswith(
        "answer.csv: earned_income of pool against pool@same_money: difference 9.9 was recomputed as"
    )


@pytest.mark.parametrize("line", ["a note of mine\n", "pool,,gini,1,1.0,,,,six,,\n", "a,,b,1,1,1,1,1,1,1,,more,more\n"])
def test_a_line_more_in_the_answer_is_named(result, line):
    path = result / "answer.csv"
    written = path.read_text(encoding="utf-8")
    path.write_text(written + line, encoding="utf-8")
    rewrite_hashes(result)
    (failure,) = audit(result).failures
    place = written.count("\n") + 1
    assert failure.startswith(f"{path}: line {place} was not written by lianjian")


def test_what_was_not_replayed_is_guarded(result):
    at = row_of(result, "yearly", arm="pool@same_money", replication=0, year=2013)
    change(result, "yearly", "unreplayed_county", at, plus)
    (line,) = audit(result).failures
    assert line.startswith("yearly: unreplayed_county, arm pool@same_money, replication 0, year 2013: paid plus")


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_amounts_are_finite_and_not_negative(result, value):
    change(result, "accounts", "amount", 5, value)
    assert any("is not a finite number >= 0" in line for line in audit(result).failures)


def test_incomes_are_of_the_closed_list(result):
    change(result, "accounts", "income", 5, "operatng")
    assert any("income is none of operating" in line for line in audit(result).failures)


def test_an_account_without_balance_is_named(result):
    change(result, "accounts", "to_account", 5, "pocket")
    assert any("an account has no balance" in line for line in audit(result).failures)


@pytest.mark.parametrize("table", [name for name in TABLES if name != "accounts"])
def test_a_missing_row_is_named(result, table):
    drop(result, table, 3)
    assert any(line.startswith(f"{table}: ") and line.endswith("no row") for line in audit(result).failures)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_there_twice_is_named(result, table):
    drop(result, table, 3, times=2)
    assert any(
        (line.startswith(f"{table}: ") and "2 rows" in line) or "twice" in line for line in audit(result).failures
    )


def test_a_missing_flow_breaks_its_accounts(result):
    drop(result, "accounts", 3)
    assert not audit(result).ok


def test_a_missing_column_is_named(result):
    path = result / "villages.parquet"
    parquet.write_table(parquet.read_table(path).drop_columns(["cash"]), path)
    assert any(line.startswith("villages: no column") for line in audit(result).failures)


def test_a_table_that_is_no_table_is_named(result):
    (result / "balances.parquet").write_bytes(b"not parquet")
    assert any("balances.parquet" in line and "cannot be read" in line for line in audit(result).failures)


def test_many_failures_of_one_sort_are_counted(result):
    path = result / "villages.parquet"
    held = parquet.read_table(path)
    place = held.column_names.index("total_income")
    spoiled = pa.array(held["total_income"].to_numpy() + 1.0)
    parquet.write_table(held.set_column(place, "total_income", spoiled), path)
    failures = audit(result).failures
    assert any("more of this sort" in line for line in failures)
    assert len(failures) < 1000


def test_half_a_swap_beside_the_folder_is_told(result):
    os.mkdir(result.with_name("out.replaced-999999999"))
    assert any("interrupted run" in line for line in audit(result).failures)


def test_a_readers_own_file_is_a_note_not_a_failure(result):
    (result / "notes.txt").write_text("mine")
    report = audit(result)
    assert report.ok
    assert report.notes == ("notes.txt: not listed in the manifest, so not checked",)


def test_an_arm_stored_alone_passes_and_says_what_was_not_recomputed(tmp_path):
    report = audit(synthetic.result(tmp_path / "out", replications=2, arms=["pool"]).folder)
    assert report.ok
    assert any("share_of_losers of arm pool was not recomputed: arm no_policy" in note for note in report.notes)


def test_no_result_is_an_error(tmp_path):
    with pytest.raises(ResultFolderError, match="does not exist"):
        audit(tmp_path / "nowhere")
    with pytest.raises(ResultFolderError, match="not a result"):
        audit(tmp_path)


def test_money_that_villages_pay_one_another_passes(tmp_path):
    """A real run with pairs, in which every helped village has learned from its helper."""
    pairing = next(place for place, module in enumerate(SCHEDULE) if module.__name__.endswith(".pairing"))

    def teach(state, *_):
        return state.replace(pairing_gain=np.where(state.helper >= 0, 0.2, 0.0)), governance.Flows()

    taught = SimpleNamespace(__name__="taught.governance", DRAWS=(), step=teach)
    mechanisms = (*SCHEDULE[:pairing], taught, *SCHEDULE[pairing:])
    made = small.scenario({"arm": [small.block("pairing", 9, 18, matching="nearest", within="town")]})
    made = dataclasses.replace(made, record_accounts_of=(0,))
    arms = ("no_policy", "arm", "arm@same_money")
    request = Request(made, arms, arms, 2, 1, tmp_path / "out", ("test",))
    execute(request, plan(made, len(arms), 2, 1, None), engine=partial(simulate_block, mechanisms=mechanisms))
    assert audit(request.out).failures == ()
    shares = parquet.read_table(request.out / "accounts.parquet").to_pandas().query("kind == 'benefit_share'")
    assert set(shares["from_account"]) == set(shares["to_account"]) == {"village.cash"}
    assert set(shares["arm"]) == {"arm"}
    # each side has its rows where single villages are recorded, and they agree with the sum
    single = parquet.read_table(request.out / "village_accounts.parquet").to_pandas().query("kind == 'benefit_share'")
    wanted = shares.query("replication == 0").set_index("year")["amount"]
    for side in ("from_account", "to_account"):
        found = single[single[side] == OTHER_VILLAGES].groupby("year")["amount"].sum()
        assert found.to_dict() == pytest.approx(wanted.to_dict())
        assert len(single[single[side] == OTHER_VILLAGES]) > 0
