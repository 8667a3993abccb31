"""``lianjian query``: answers, what is refused, and what it says of a question that cannot be answered."""

import json

import pytest

from sim.analysis.query import UNITS, VILLAGE_UNITS, Tables, unit_of
from sim.cli import main
from sim.records import VILLAGE_FLOATS
from sim.store import files_in
from tests import synthetic
from tests.stored_runs import earning, stored, write_folder

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "town", replications=3).folder


@pytest.fixture(autouse=True)
def _plain(monkeypatch, tmp_path):
    monkeypatch.delenv("LIANJIAN_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)


def test_an_answer_as_table_csv_and_json(town, capsys):
    sql = "SELECT arm, count(*) AS n, NULL AS nothing FROM runs WHERE arm LIKE 'pool%' GROUP BY arm ORDER BY arm"
    assert main(["query", str(town), sql]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["pool", "3"],
        ["pool@same_management", "3"],
        ["pool@same_money", "3"],
    ]
    assert main(["query", str(town), sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["arm,n,nothing", "pool,3,"]
    assert main(["query", str(town), sql, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {"arm": "pool", "n": 3, "nothing": None}


def test_numbers_are_written_in_full_and_what_is_none_is_null(town, capsys):
    sql = "SELECT 0.1::DOUBLE AS a, 'nan'::DOUBLE AS b, [1, 2] AS c, DATE '2020-01-31' AS d, sum(replication) AS e FROM runs"
    assert main(["query", str(town), sql, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"a": 0.1, "b": None, "c": [1, 2], "d": "2020-01-31", "e": 18}]
    assert main(["query", str(town), sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == '0.1,,"[1, 2]",2020-01-31,18'


def test_tables_can_be_joined(tmp_path, capsys):
    runs = {(point, arm): earning(1.0, 2.0 + point) for point in (0, 1) for arm in ("no_policy", "pool")}
    folder = write_folder(tmp_path / "sweep", stored(runs, points={"rate": [0.1, 0.3]}))
    sql = (
        "SELECT rate, avg(earned_income) AS mean FROM runs JOIN points USING (design_point) GROUP BY rate ORDER BY rate"
    )
    assert main(["query", str(folder), sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines() == ["rate,mean", "0.1,1.5", "0.3,2.0"]
    assert main(["query", str(folder), "--format", "csv"]) == 0
    assert "points,rate,double,share" in capsys.readouterr().out.splitlines()


def test_without_a_question_tables_are_listed(town, capsys):
    assert main(["query", str(town), "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "villages,cash,double,万元" in lines
    assert "runs,earned_income,double,万元/village/year" in lines
    assert {line.split(",")[0] for line in lines[1:]} == {
        "runs",
        "yearly",
        "villages",
        "accounts",
        "balances",
        "places",
    }
    assert main(["query", str(town), "--format", "csv", "--lang", "zh"]) == 0
    assert "villages,jobs,double,人" in capsys.readouterr().out.splitlines()


def test_every_number_has_a_unit(town):
    assert set(VILLAGE_UNITS) == set(VILLAGE_FLOATS)
    with Tables(town) as tables:
        for table, columns in tables.columns().items():
            missing = [column for column, kind, unit in columns if kind == "double" and not unit]
            assert not missing, table
    assert unit_of("points", "half_width") == ""
    assert UNITS["x"] == "km"


def test_a_long_answer_is_cut_on_the_screen_only(town, tmp_path, capsys):
    assert main(["query", str(town), "SELECT village FROM villages"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1].startswith("... and more: these are the first 200 rows")
    rows = len(out) - 3
    assert rows == 200
    assert main(["query", str(town), "SELECT village FROM villages", "--out", "all.csv"]) == 0
    assert capsys.readouterr().out == "all.csv\n"
    assert len((tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()) == 1 + 6 * 3 * 10 * 6


def test_out_takes_the_format_of_its_ending(town, tmp_path):
    for name in ("a.json", "a.txt"):
        assert main(["query", str(town), "SELECT DISTINCT arm FROM runs ORDER BY arm", "--out", name, "--quiet"]) == 0
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))[0] == {"arm": "grant"}
    assert (tmp_path / "a.txt").read_text(encoding="utf-8").splitlines()[:2] == ["arm", "grant"]


def test_out_is_not_written_into_the_result_nor_half(town, tmp_path, capsys):
    assert main(["query", str(town), "SELECT 1", "--out", str(town / "a.csv")]) == 2
    assert "lies in the result folder" in capsys.readouterr().err
    failing = "SELECT CAST(CASE WHEN village = 5 THEN arm ELSE '1' END AS INTEGER) FROM villages"
    assert main(["query", str(town), failing, "--out", "half.csv"]) == 2
    assert "Could not convert string" in capsys.readouterr().err
    assert main(["query", str(town), "SELECT 1", "--out", "none/a.csv"]) == 2
    assert "cannot write none/a.csv: No such file" in capsys.readouterr().err
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT foo FROM runs", "there is no column 'foo'; runs: design_point, arm, replication, status"),
        (
            "SELECT r.earned FROM runs r",
            "there is no column 'earned'; did you mean 'earned_income'? runs: design_point",
        ),
        (
            "SELECT * FROM rns",
            "there is no table 'rns'; did you mean 'runs'? there are: accounts, balances, places, runs",
        ),
        ("SELECT x.arm FROM runs", "there is no table 'x'; there are: accounts"),
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT nofunc(1)", "Scalar Function with name nofunc does not exist"),
        ("SELECT 1; SELECT 2", "ask one question at a time: this is 2 statement(s)"),
        ("", "ask one question at a time: this is no statement(s)"),
        ("COPY runs TO 'x.csv'", "COPY is refused: a query only reads the tables of "),
        ("CREATE TABLE a AS SELECT 1", "CREATE is refused"),
        ("DELETE FROM runs", "DELETE is refused"),
        ("ATTACH 'x.db'", "ATTACH is refused"),
        ("INSTALL httpfs", "LOAD is refused"),
        ("SET enable_external_access = true", "SET is refused"),
        ("EXPORT DATABASE 'x'", "EXPORT is refused"),
        ("SELECT * FROM read_csv('/etc/hosts')", 'Cannot access file "/etc/hosts": a query reads the tables of '),
        ("SELECT * FROM read_parquet('x.parquet')", 'Cannot access file "x.parquet"'),
        ("SELECT * FROM glob('*')", 'Cannot access file "*"'),
        ("SELECT * FROM read_text('manifest.json')", 'Cannot access file "manifest.json"'),
        ("SELECT * FROM '/etc/hosts'", "there is no table '/etc/hosts'"),
        ("SELECT * FROM 'x.parquet'", "x.parquet"),
        ("SELECT * FROM 'http://localhost/x.parquet'", "x.parquet"),
        ("SELECT * FROM sys", "there is no table 'sys'"),
        ("EXPLAIN ANALYZE COPY runs TO 'x.csv'", "Cannot access file"),
    ],
)
def test_what_is_refused_and_what_is_not_there(town, tmp_path, sql, said, capsys):
    assert main(["query", str(town), sql]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
    assert files_in(tmp_path) == []


def test_settings_are_locked_for_every_question(town):
    with Tables(town) as tables:
        for sql in ("SET lock_configuration = false", "LOAD httpfs", "COPY (SELECT 1) TO 'x.csv'"):
            with pytest.raises(Exception, match=r"locked|disabled"):
                tables._connection.execute(sql)


def test_what_is_no_result_is_said_in_a_line(tmp_path, capsys):
    assert main(["query", "none", "SELECT 1"]) == 2
    assert capsys.readouterr().err == "lianjian: none does not exist\n"
    assert main(["query", str(tmp_path), "SELECT 1"]) == 2
    assert "is not a result" in capsys.readouterr().err
    assert main(["query"]) == 2
    assert "Missing argument 'DIR'" in capsys.readouterr().err


def test_a_broken_table_is_named(tmp_path, capsys):
    folder = write_folder(tmp_path / "sweep", stored({(0, "no_policy"): earning(1.0)}))
    (folder / "runs.parquet").write_bytes(b"nothing of the kind")
    assert main(["query", str(folder), "SELECT 1 FROM runs"]) == 2
    assert "runs.parquet cannot be read" in capsys.readouterr().err
    assert main(["query", str(folder)]) == 2
    assert "runs.parquet cannot be read" in capsys.readouterr().err
