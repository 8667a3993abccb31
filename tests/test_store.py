"""The result folder: written as a set, never over somebody's files, the same bytes for the same numbers."""

import errno
import json
import os
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as parquet
import pytest

from sim.provenance import model_version
from sim.store import (
    MANIFEST,
    ResultFolderError,
    check_writable,
    leftovers,
    read_manifest,
    repair,
    sha256,
    write_manifest,
    writing,
)
from sim.tables import TABLES
from tests import synthetic


def small(out, text="a"):
    """A result folder with one file."""
    with writing(out) as folder:
        (folder / "answer.md").write_text(text)
        write_manifest(folder, {"verb": "run"})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    return int(process.stdout)


def test_a_second_run_replaces_the_first(tmp_path):
    small(tmp_path / "out", "first")
    small(tmp_path / "out", "second")
    assert (tmp_path / "out" / "answer.md").read_text() == "second"
    assert names(tmp_path) == ["out"]


def test_nothing_is_left_of_a_run_that_fails(tmp_path):
    small(tmp_path / "out", "first")

    def half() -> None:
        with writing(tmp_path / "out") as folder:
            (folder / "answer.md").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert (tmp_path / "out" / "answer.md").read_text() == "first"
    assert names(tmp_path) == ["out"]


def test_nothing_is_left_of_an_interrupted_first_run(tmp_path):
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "out"):
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_a_folder_without_manifest_is_not_swapped_in(tmp_path):
    with pytest.raises(ResultFolderError, match="manifest"), writing(tmp_path / "out"):
        pass
    assert names(tmp_path) == []


def test_somebody_elses_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(ResultFolderError, match=r"thesis holds files and no manifest.json of lianjian.*--out"):
        small(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "years of work"
    assert names(tmp_path) == ["thesis"]


@pytest.mark.parametrize("manifest", ["{}", "[]", "no json", '{"name": "somebody else"}'])
def test_a_manifest_of_another_program_does_not_make_a_folder_ours(tmp_path, manifest):
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / MANIFEST).write_text(manifest)
    with pytest.raises(ResultFolderError):
        small(tmp_path / "web")
    assert (tmp_path / "web" / MANIFEST).read_text() == manifest


def test_a_file_put_into_a_result_is_not_deleted(tmp_path):
    small(tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(ResultFolderError, match=r"notes\.txt"):
        small(tmp_path / "out")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ResultFolderError, match="is a file"):
        small(tmp_path / "out")


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "out").mkdir()
    small(tmp_path / "out")
    assert names(tmp_path / "out") == ["answer.md", MANIFEST]


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "disk").mkdir()
    os.symlink(tmp_path / "disk" / "result", tmp_path / "out")
    small(tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path / "disk") == ["result"]


def test_an_unwritable_place_is_named_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultFolderError, match="file/out"):
        check_writable(tmp_path / "file" / "out")


def test_a_full_disk_is_one_line_that_names_the_folder(tmp_path):
    small(tmp_path / "out", "first")
    with pytest.raises(ResultFolderError, match="No space left") as caught, writing(tmp_path / "out"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(tmp_path / "out") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "out" / "answer.md").read_text() == "first"


def test_a_swap_that_stopped_between_its_two_renames_is_finished(tmp_path, dead):
    small(tmp_path / "out", "new")
    os.rename(tmp_path / "out", tmp_path / f"out.partial-{dead}")
    small(tmp_path / "old", "old")
    os.rename(tmp_path / "old", tmp_path / f"out.replaced-{dead}")
    repair(tmp_path / "out")
    assert (tmp_path / "out" / "answer.md").read_text() == "new"
    assert names(tmp_path) == ["out"]


def test_a_swap_whose_new_folder_is_not_whole_is_undone(tmp_path, dead):
    small(tmp_path / "old", "old")
    os.rename(tmp_path / "old", tmp_path / f"out.replaced-{dead}")
    (tmp_path / f"out.partial-{dead}").mkdir()
    repair(tmp_path / "out")
    assert (tmp_path / "out" / "answer.md").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_what_a_finished_swap_left_is_cleared(tmp_path, dead):
    small(tmp_path / "out", "new")
    (tmp_path / f"out.replaced-{dead}").mkdir()
    assert leftovers(tmp_path / "out") == [tmp_path / f"out.replaced-{dead}"]
    small(tmp_path / "out", "newer")
    assert names(tmp_path) == ["out"]


def test_folders_of_a_running_process_and_of_others_are_left_alone(tmp_path):
    running = tmp_path / f"out.partial-{os.getppid()}"
    other = tmp_path / "out.partial-draft"
    running.mkdir()
    other.mkdir()
    small(tmp_path / "out")
    assert running.exists()
    assert other.exists()


def test_the_manifest_lists_every_file_with_its_hash(tmp_path):
    result = synthetic.result(tmp_path / "out", replications=2)
    listed = result.manifest["files"]
    found = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert sorted([*listed, MANIFEST]) == found
    assert all(sha256(tmp_path / "out" / name) == digest for name, digest in listed.items())


def test_the_manifest_says_what_was_run(tmp_path):
    made = synthetic.result(tmp_path / "out", replications=2).manifest
    wanted = {"lianjian", "model_version", "python", "numpy", "pyarrow", "platform", "seed", "replications", "arms"}
    wanted |= {"document", "command", "wall_time_s", "peak_memory_mib", "village_quarters_per_second"}
    assert wanted <= made.keys()
    assert made["document"]["title"] == {"en": "Made-up Town"}
    assert made["model_version"] == model_version()
    assert made["window"] == [2017, 2019]
    assert made["policy_active_years"]["pool"] == [2013, 2014]


def test_a_layout_of_the_future_is_refused(tmp_path):
    small(tmp_path / "out")
    path = tmp_path / "out" / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layout": 99}))
    with pytest.raises(ResultFolderError, match="layout 99"):
        read_manifest(tmp_path / "out")


@pytest.mark.parametrize(("workers", "block"), [(1, 1), (1, 3), (2, 2)])
def test_tables_have_the_same_bytes_for_any_workers_and_blocks(tmp_path, workers, block):
    one = synthetic.result(tmp_path / "one").manifest["files"]
    other = synthetic.result(tmp_path / "other", workers=workers, block=block).manifest["files"]
    assert one == other  # the answer and the figures as well


def test_another_seed_gives_other_bytes(tmp_path):
    one = synthetic.result(tmp_path / "one", replications=2).manifest["files"]
    other = synthetic.result(tmp_path / "other", replications=2, seed=2).manifest["files"]
    assert all(one[f"{name}.parquet"] != other[f"{name}.parquet"] for name in TABLES)


def test_an_arm_alone_has_the_rows_it_has_among_others(tmp_path):
    every, alone = synthetic.result(tmp_path / "every"), synthetic.result(tmp_path / "alone", arms=["pool"])
    for name in TABLES:
        among = getattr(every, name)
        among = among[among["arm"] == "pool"].reset_index(drop=True)
        pd.testing.assert_frame_equal(among, getattr(alone, name), check_exact=True)


def test_an_arm_alone_is_compared_as_among_others(tmp_path):
    every, alone = synthetic.result(tmp_path / "every"), synthetic.result(tmp_path / "alone", arms=["pool"])
    among = [row for row in every.rows() if row.arm == "pool"]
    assert [str(row) for row in alone.rows()] == [str(row) for row in among]


def test_tables_hold_what_is_promised(tmp_path):
    result = synthetic.result(tmp_path / "out", replications=2)
    keys = ["design_point", "arm", "replication"]
    assert list(result.runs.columns[:5]) == [*keys, "status", "message"]
    assert list(result.yearly.columns[:5]) == [*keys, "year", "phase"]
    incomes = ["operating_income", "investment_income", "earned_income", "tax_share", "subsidies", "total_income"]
    wanted = [*keys, "year", "village", "town", "council", "exists", "tier", "cash", *incomes, "reported_income"]
    assert list(result.villages.columns[: len(wanted)]) == wanted
    flow = ["from_account", "to_account", "kind", "income", "amount"]
    assert list(result.accounts.columns) == [*keys, "year", *flow]
    assert list(result.balances.columns) == [*keys, "year", "account", "opening", "closing"]
    payers = {f"public_cost_{payer}" for payer in ("centre", "province", "county", "town")}
    assert payers <= set(result.runs.columns) & set(result.yearly.columns)
    assert set(result.manifest["outcomes"]) <= set(result.runs.columns) & set(result.yearly.columns)


def test_rows_stand_in_key_order(tmp_path):
    result = synthetic.result(tmp_path / "out", replications=3, block=2)
    order = {arm: place for place, arm in enumerate(result.manifest["arms"])}
    for name, more in (("runs", []), ("yearly", []), ("villages", ["village"]), ("balances", ["account"])):
        table = getattr(result, name).assign(place=lambda t: t["arm"].map(order))
        year = ["year"] if "year" in table else []
        keys = table[["design_point", "place", "replication", *year, *more]]
        assert keys.equals(keys.sort_values(list(keys.columns), kind="stable"))


def test_phases_and_missing_references_are_told(tmp_path):
    result = synthetic.result(tmp_path / "out", replications=2)
    phases = result.yearly.groupby("year")["phase"].unique().str[0].tolist()
    assert phases == ["burn_in"] * 3 + ["policy"] * 4 + ["after"] * 3
    same_money = result.runs.set_index("arm")["share_of_losers_same_money"]
    assert same_money["pool"].notna().all()
    assert same_money["no_policy"].isna().all()


def test_amounts_of_exactly_zero_are_not_stored(tmp_path):
    accounts = synthetic.result(tmp_path / "out", replications=2).accounts
    assert (accounts["amount"] > 0).all()
    assert "demonstration_grant" not in set(accounts.loc[accounts["arm"] == "no_policy", "kind"])


def test_text_is_dictionary_encoded_and_floats_are_not(tmp_path):
    synthetic.result(tmp_path / "out", replications=2)
    metadata = parquet.read_metadata(tmp_path / "out" / "accounts.parquet").row_group(0)
    encodings = {metadata.column(i).path_in_schema: metadata.column(i).encodings for i in range(9)}
    assert "RLE_DICTIONARY" in encodings["kind"]
    assert "RLE_DICTIONARY" not in encodings["amount"]
