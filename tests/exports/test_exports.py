"""Exports, read back by the programs they are for: every number arrives, with its unit, and what failed is said."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import main
from sim.experiment.planning import point_rows
from sim.experiment.reading import experiment_of
from sim.exports import FORMATS, export
from sim.exports.described import describe, read_exportable
from sim.exports.flat import stata_names
from sim.exports.programs import _in_salib_order
from sim.outcomes import OUTCOMES
from sim.store import ResultFolderError
from sim.sweeping import run_experiment
from tests.experiment.faulty import NOT_FINITE
from tests.experiment.worlds import OPEN_SHARE, document, placed, with_faults, write_world


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sweep over a share and a form."""
    folder = tmp_path_factory.mktemp("swept")
    path = write_world(folder, factors={OPEN_SHARE: [0.2, 0.9], "forms.joint_manager": "each"}, replications=3)
    return run_experiment(path, out=folder / "out").folder


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of which some runs failed."""
    folder = tmp_path_factory.mktemp("failed")
    experiment = with_faults(folder, [0, NOT_FINITE], share=0.4, arms=["no_policy", "pool"])
    return run_experiment(experiment, out=folder / "out", workers=1, mechanisms=placed()).folder


def test_csv_has_every_row_and_a_codebook(swept: Path, tmp_path: Path) -> None:
    export(swept, "csv", tmp_path)
    runs, stored = pd.read_csv(tmp_path / "runs.csv"), pd.read_parquet(swept / "runs.parquet")
    pd.testing.assert_series_equal(runs.earned_income, stored.earned_income)
    assert set(runs[OPEN_SHARE]) == {0.2, 0.9}
    book = pd.read_csv(tmp_path / "codebook.csv", encoding="utf-8-sig")
    assert set(book[book.table == "runs"].column) == set(runs.columns)
    assert book[book.column == "earned_income"]["unit"].iloc[0] == "万元/village/year"
    assert book.meaning.notna().all()


def test_stata_reads_numbers_labels_values_and_notes(swept: Path, tmp_path: Path) -> None:
    export(swept, "dta", tmp_path)
    stored = pd.read_parquet(swept / "runs.parquet")
    with pd.read_stata(tmp_path / "runs.dta", iterator=True) as reader:
        frame, labels, values = reader.read(), reader.variable_labels(), reader.value_labels()
    np.testing.assert_array_equal(frame.earned_income, stored.earned_income)
    assert list(frame.arm.astype(str)) == list(stored.arm)
    assert labels["earned_income"].endswith("(10,000 yuan/village/year)")
    assert all(0 < len(text) <= 80 and text.isascii() for text in labels.values())
    assert set(values["arm"].values()) == set(stored.arm)
    assert {"open_share", "joint_manager"} <= set(frame.columns)
    notes = _notes(tmp_path / "runs.dta")
    assert "Unit: 10,000 yuan/village/year" in notes["earned_income"]
    assert OPEN_SHARE in notes["open_share"]
    assert "not a forecast" in notes["_dta"]
    assert len(pd.read_stata(tmp_path / "yearly.dta")) == len(pd.read_parquet(swept / "yearly.parquet"))


def _notes(path: Path) -> dict[str, str]:
    """Notes of a .dta file of format 118, read as its description has it."""
    data, found = path.read_bytes(), {}
    start, end = data.index(b"<characteristics>") + 17, data.index(b"</characteristics>")
    place = start
    while place < end:
        assert data[place : place + 4] == b"<ch>"
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        content = data[place + 8 : place + 8 + size]
        name, which = (content[part : part + 129].split(b"\0")[0].decode() for part in (0, 129))
        if which == "note1":
            found[name] = content[258:-1].decode()
        place += 8 + size + 5
    return found


def test_stata_names_are_short_and_different() -> None:
    names = stata_names(
        ["arms.pool.funding_pool.match", "arms.pool.pairing.match", "x" * 40, "x" * 39 + "y", "2nd", "份额"]
    )
    assert len(set(names)) == 6
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", name) for name in names)


def test_xarray_reads_arrays_with_units(swept: Path, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("netCDF4")
    export(swept, "netcdf", tmp_path)
    stored = pd.read_parquet(swept / "runs.parquet").set_index(["design_point", "arm", "replication"])
    years = pd.read_parquet(swept / "yearly.parquet").set_index(["design_point", "arm", "replication", "year"])
    with xarray.open_dataset(tmp_path / "result.nc") as made:
        found = made.earned_income.sel(design_point=2, arm="pool", replication=1)
        assert float(found) == stored.earned_income.loc[2, "pool", 1]
        by_year = made.gini_by_year.sel(design_point=2, arm="pool", replication=1, year=2014)
        assert float(by_year) == years.gini.loc[2, "pool", 1, 2014]
        assert made.earned_income.attrs["units"] == "10,000 yuan/village/year"
        assert set(made[OPEN_SHARE].values) == {0.2, 0.9}
        assert int(made.ok.sum()) == len(stored)


def test_failed_runs_are_missing_and_counted(failed: Path, tmp_path: Path) -> None:
    stored = pd.read_parquet(failed / "runs.parquet")
    lost = int((stored.status == "failed").sum())
    assert lost > 0
    for to in ("csv", "dta", "ema", "salib"):
        made = export(failed, to, tmp_path / to)
        assert any(f"{lost} of them failed" in note for note in made.notes)
    assert pd.read_stata(tmp_path / "dta" / "runs.dta").earned_income.isna().sum() == lost
    experiments, _ = _ema(tmp_path / "ema" / "result.tar.gz")
    assert len(experiments) == len(stored) - lost


def _ema(path: Path) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """An archive as load_results of the EMA Workbench 2.5 reads it."""
    with tarfile.open(path, "r:gz") as archive:
        said = json.loads(archive.extractfile("metadata.json").read())  # type: ignore[union-attr]
        experiments = pd.read_csv(archive.extractfile("experiments.csv"))  # type: ignore[arg-type]
        outcomes = {
            name: pd.read_csv(archive.extractfile(file), index_col=False, header=None).to_numpy()[:, 0]  # type: ignore[arg-type]
            for _, name, file in said["outcomes"]
        }
    assert set(said["experiments"]) == set(experiments.columns)
    return experiments, outcomes


def test_the_workbench_gets_runs_with_their_own_numbers(swept: Path, tmp_path: Path) -> None:
    export(swept, "ema", tmp_path)
    stored = pd.read_parquet(swept / "runs.parquet")
    experiments, outcomes = _ema(tmp_path / "result.tar.gz")
    np.testing.assert_array_equal(outcomes["earned_income"], stored.earned_income)
    assert list(experiments.policy) == list(stored.arm)
    utilities = pytest.importorskip("ema_workbench.util.utilities")
    loaded, values = utilities.load_results(str(tmp_path / "result.tar.gz"))
    assert len(loaded) == len(stored)
    np.testing.assert_array_equal(values["earned_income"], stored.earned_income)


def test_salib_gets_its_own_order_of_rows(tmp_path: Path) -> None:
    write_world(tmp_path)
    factors = {OPEN_SHARE: {"range": [0.2, 1.0]}, "parameters.projects.overhead": {"range": [1, 6]}}
    said = document(factors=factors, design={"method": "saltelli", "points": 4, "second_order": False})
    points = point_rows(experiment_of(said, folder=tmp_path)).to_pandas()
    ordered = (
        _in_salib_order(points, "saltelli")[list(factors)].to_numpy().reshape(4, 4, 2)
    )  # rows; A, AB1, AB2, B; factors
    a, ab1, ab2, b = ordered.transpose(1, 0, 2)
    np.testing.assert_array_equal(ab1, np.stack([b[:, 0], a[:, 1]], axis=1))
    np.testing.assert_array_equal(ab2, np.stack([a[:, 0], b[:, 1]], axis=1))


def test_salib_analyses_what_is_exported(swept: Path, tmp_path: Path) -> None:
    export(swept, "salib", tmp_path)
    problem = json.loads((tmp_path / "problem.json").read_text(encoding="utf-8"))
    samples, responses = (pd.read_csv(tmp_path / name) for name in ("samples.csv", "responses.csv"))
    assert problem["num_vars"] == 2
    assert problem["options"]["forms.joint_manager"] == ["best_noisy", "centre_village", "average"]
    stored = pd.read_parquet(swept / "runs.parquet").pivot_table(
        index="design_point", columns="arm", values="earned_income"
    )
    difference = stored["pool"] - stored["pool@same_money"]
    np.testing.assert_allclose(responses["pool less pool@same_money: earned_income"], difference)
    delta = pytest.importorskip("SALib.analyze.rbd_fast")
    assert callable(delta.analyze)
    assert samples[problem["names"]].dtypes.map(lambda kind: kind.kind in "fi").all()


def test_every_column_is_described(swept: Path) -> None:
    result = read_exportable(swept)
    for frame in (result.runs, result.yearly, result.points):
        for column in result.columns(frame):
            assert column.meaning
            assert column.zh != column.name or column.name in result.factors
    assert describe("public_cost_county", {}).zh.startswith("县")
    assert all(describe(name, {}).unit == OUTCOMES[name].unit for name in OUTCOMES)


def test_the_command(swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(swept), "--to", "csv"]) == 0
    assert "runs.csv" in capsys.readouterr().out
    assert "export/csv/runs.csv" in json.loads((swept / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert sim.audit(swept).ok
    assert main(["export", str(swept), "--to", "cvs"]) == 2
    assert "did you mean 'csv'?" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "nowhere"), "--to", "csv"]) == 2
    with pytest.raises(ValueError, match="there is no format"):
        export(swept, "xls", tmp_path)
    assert set(FORMATS) == {"csv", "dta", "netcdf", "salib", "ema"}


def test_a_run_has_no_factors(tmp_path: Path) -> None:
    write_world(tmp_path)
    sim.run(tmp_path / "small.yaml", out=tmp_path / "run", replications=2, arms=["no_policy", "pool"])
    assert export(tmp_path / "run", "dta", tmp_path / "dta").files
    with pytest.raises(ResultFolderError, match="needs a sweep"):
        export(tmp_path / "run", "salib", tmp_path / "salib")
