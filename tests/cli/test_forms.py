"""``lianjian run --forms``: variants on the real engine, their files, their audit, what is refused."""

import json
import textwrap

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import sim
from sim.cli import main
from sim.scenario.declared import catalogue
from sim.store import MANIFEST, ResultFolderError, hashes

SCENARIO = textwrap.dedent("""
    schema: 1
    title: {en: Small Town, zh: 小镇}
    population: {villages: 6, councils: {rule: adjacency, count: 2}}
    calendar: {start: 2010, burn_in_years: 2, policy_years: 3, after_years: 2}
    arms:
      no_policy: []
      grant:
        - {policy: demonstration_grant, payer: county, budget: {per_year: 150}, allocation: equal, start: 2012, end: 2013}
      pool:
        - {policy: demonstration_grant, payer: county, budget: {per_year: 150}, allocation: equal, start: 2012, end: 2013}
        - policy: funding_pool
          payer: county
          budget: {per_year: 30}
          open_share: 1
          contribution_floor: 0.3
          match: 0.2
          start: 2012
          end: 2013
    run: {replications: 5}
""")
TABLES = ("runs", "yearly", "villages", "accounts", "balances")
FEW = "joint_manager,after_money"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "town.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def written(file):
    """A result with every form, written once by the command."""
    out = file.parent / "each"
    assert main(["run", str(file), "--forms", "each", "--quiet", "--out", str(out)]) == 0
    return sim.open_results(out)


@pytest.fixture
def result(written, tmp_path):
    """A copy that a test may spoil."""
    import shutil

    return shutil.copytree(written.folder, tmp_path / "out")


def rewrite_hashes(folder):
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": hashes(folder)}))


def test_every_declared_form_has_its_rows_and_files_are_listed(written):
    single = sum(len(declared.options) - 1 for declared in catalogue().forms.values())
    assert len(written.manifest["forms"]) == 1 + single + 2
    assert {"forms.md", "forms.csv", "forms_runs.parquet"} <= written.manifest["files"].keys()
    arms = len(written.manifest["arms"])
    assert len(written.forms_runs) == written.manifest["tables"]["forms_runs"] == (single + 3) * arms * 5
    frame = written.forms()
    pool = frame[(frame.arm == "pool") & (frame.against == "pool@same_money") & (frame.outcome == "earned_income")]
    assert len(pool) == single + 3
    assert pool.low.dtype == float
    assert not frame.duplicated(["arm", "against", "outcome", "form", "option"]).any()
    assert len(written.form_rows()) == len(frame)


def test_the_audit_passes_and_says_what_it_cannot_recompute(written, capsys):
    assert main(["audit", str(written.folder)]) == 0
    said = capsys.readouterr().out
    assert f"forms_runs {len(written.forms_runs):,}" in said
    assert "note: forms_runs" in said


def test_main_tables_are_those_of_a_run_without_forms(file, written, tmp_path):
    plain = sim.run(file, out=tmp_path / "plain")
    for table in TABLES:
        name = f"{table}.parquet"
        assert plain.manifest["files"][name] == written.manifest["files"][name]
    assert plain.manifest["files"]["answer.csv"] == written.manifest["files"]["answer.csv"]
    assert "forms" not in plain.manifest
    with pytest.raises(ResultFolderError, match="--forms each"):
        plain.forms()


@pytest.mark.parametrize(("form", "option"), [("joint_manager", "average"), ("carry_over", "lapse")])
def test_a_variant_has_the_numbers_of_a_run_with_that_setting(file, written, tmp_path, form, option):
    alone = sim.run(file, set=[f"forms.{form}={option}"], out=tmp_path / "alone").runs
    among = written.forms_runs
    among = among[(among.form == form) & (among.option == option)].reset_index(drop=True)
    for name in alone.columns.drop(["design_point", "status", "message"]):
        assert among[name].equals(alone[name]), name


def test_the_default_among_the_variants_is_the_table_runs(written):
    among = written.forms_runs[written.forms_runs.design_point == 0].reset_index(drop=True)
    for name in written.runs.columns:
        assert among[name].equals(written.runs[name]), name


@pytest.mark.parametrize(("workers", "block"), [(1, 1), (1, 7), (2, 4)])
def test_files_are_byte_equal_for_any_workers_and_blocks(file, tmp_path, workers, block):
    one = sim.run(file, forms=FEW, replications=3, workers=1, out=tmp_path / "one")
    other = sim.run(file, forms=FEW, replications=3, workers=workers, block=block, out=tmp_path / "other")
    assert one.manifest["files"] == other.manifest["files"]


def test_a_form_that_does_not_matter_is_no_survival(written):
    frame = written.forms()
    grant = frame[(frame.arm == "grant") & (frame.outcome == "earned_income") & (frame.against == "no_policy")]
    without = grant[grant.form.isin(["after_money", "joint_manager", "group_cost"])]  # no vehicle, no joint projects
    assert set(without.survives) == {"no effect"}
    assert (without.change == 0.0).all()


def test_the_screen_says_what_survives(file, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["run", str(file), "--forms", FEW, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    for text in ("Under other forms: pool less same money", "by default", "joint_manager=average", "forms.md"):
        assert text in said
    assert "carry_over" not in said.partition("Under other forms")[2]


def test_a_setting_changes_what_is_default(file, tmp_path):
    asked = ["--set", "forms.after_money=liquidate", "--forms", "after_money", "--quiet", "--replications", "2"]
    assert main(["run", str(file), *asked, "--out", str(tmp_path / "out")]) == 0
    result = sim.open_results(tmp_path / "out")
    assert [fact["option"] for fact in result.manifest["forms"]] == ["", "keep", "dissolve"]
    assert {"--forms", "after_money"} <= set(result.manifest["command"])
    assert result.audit().ok


def test_arms_are_kept_as_asked_and_compared_all_the_same(file, written, tmp_path):
    asked = ["--forms", "each", "--arms", "pool", "--quiet", "--out", str(tmp_path / "out")]
    assert main(["run", str(file), *asked]) == 0
    alone = sim.open_results(tmp_path / "out")
    assert set(alone.forms_runs["arm"]) == {"pool"}
    every = written.forms()
    assert alone.forms().equals(every[every.arm == "pool"].reset_index(drop=True))
    report = alone.audit()
    assert report.ok
    assert any(note.startswith("forms.csv was not recomputed") for note in report.notes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("joint_manger", "did you mean 'joint_manager'?"), ("all", "write 'each', or forms"), ("", "no form was named")],
)
def test_a_wrong_word_is_exit_2_on_one_line_and_nothing_is_written(file, tmp_path, capsys, wrong, said):
    assert main(["run", str(file), "--forms", wrong, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_one_replication_concludes_nothing(file, tmp_path, capsys):
    asked = ["--forms", "after_money", "--replications", "1", "--out", str(tmp_path / "out")]
    assert main(["run", str(file), *asked]) == 0
    assert "no interval by default" in capsys.readouterr().out


def change(folder, column, row, add):
    path = folder / "forms_runs.parquet"
    held = parquet.read_table(path)
    values = held[column].to_pylist()
    values[row] += add
    parquet.write_table(held.set_column(held.column_names.index(column), column, pa.array(values)), path)
    rewrite_hashes(folder)


def row_of(frame, **wanted):
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    return int(frame.index[0])


@pytest.mark.parametrize("column", ["earned_income", "gini", "poorest_tercile_income", "share_of_losers_same_money"])
def test_the_audit_finds_a_changed_number_of_a_variant(written, result, column):
    at = row_of(written.forms_runs, form="joint_manager", option="average", arm="pool", replication=3)
    change(result, column, at, 1e-3)
    failures = sim.audit(result).failures
    assert failures
    assert all("joint_manager average" in line and column in line for line in failures)


def test_the_audit_compares_the_default_with_runs(written, result):
    at = row_of(written.forms_runs, form="default", arm="grant", replication=2)
    change(result, "public_cost_county", at, 1e-3)
    (line,) = sim.audit(result).failures
    assert line.startswith("forms_runs: public_cost_county, default, arm grant, replication 2")


def test_the_audit_recomputes_what_holds_together(written, result):
    path = result / "forms.csv"
    bound = repr(float(written.forms().low_together[0]))
    path.write_text(path.read_text(encoding="utf-8").replace(bound, "-99.0", 1), encoding="utf-8")
    rewrite_hashes(result)
    (line,) = sim.audit(result).failures
    assert "low_together -99 was recomputed as" in line


@pytest.mark.parametrize(("word", "other"), [("yes", "no"), ("no effect", "yes")])
def test_the_audit_recomputes_forms_csv(result, word, other):
    path = result / "forms.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f",{word},", f",{other},", 1), encoding="utf-8")
    assert any("forms.csv: changed" in line for line in sim.audit(result).failures)
    rewrite_hashes(result)
    (line,) = sim.audit(result).failures
    assert line.startswith("forms.csv: ")
    assert f"survives {other!r} was recomputed as {word!r}" in line


def test_the_audit_wants_every_row_once(result):
    path = result / "forms_runs.parquet"
    parquet.write_table(parquet.read_table(path).slice(1), path)
    rewrite_hashes(result)
    (line,) = sim.audit(result).failures
    assert "not exactly one row for each variant" in line
