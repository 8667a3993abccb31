"""What readers see: answer.md, answer.csv, the table on the screen."""

import io
import re

import pandas as pd
import pytest

from sim.analysis.study import read_study
from sim.report.answer import legend, print_answer
from sim.report.wording import estimate, number
from tests import synthetic


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return synthetic.result(tmp_path_factory.mktemp("results") / "out", replications=6)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234.5, "万元", "1,234"),
        (12.345, "万元", "12.3"),
        (-0.456, "万元", "−0.46"),
        (-0.001, "万元", "0.00"),
        (0.5, "share", "50%"),
        (0.1234, "1", "0.123"),
        (float("nan"), "", "–"),
    ],
)
def test_numbers(value, unit, text):
    assert number(value, unit) == text


def test_signs_only_where_asked():
    assert number(2.0, sign=True) == "+2.00"
    assert number(0.0, sign=True) == "0.00"


def test_the_reading_puts_the_same_money_first_and_never_a_mean_alone(result):
    text = (result.folder / "answer.md").read_text(encoding="utf-8")
    (pool,) = [line for line in text.splitlines() if line.startswith("- **pool**")]
    assert pool.index("same public money") < pool.index("no policy")
    for said in ("[", "% of 6 replications", "% of the villages earn less", "who manages", "last three years"):
        assert said in pool
    assert "not a forecast" in text


def test_an_arm_without_companion_says_so(tmp_path):
    from sim.analysis.comparison import compare
    from sim.report.wording import reading

    study = read_study(synthetic.result(tmp_path / "out", replications=3).folder)
    rows = [row for row in compare(study) if "@" not in row.against]
    assert all("no same-money companion" in said for said in reading(study.manifest, rows))


def test_every_arm_has_its_table(result):
    text = (result.folder / "answer.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[1:] == result.manifest["arms"]
    assert "county 216 万元" in text or "county 216.0 万元" in text  # 0.9 x 20 x 6 villages x 2 years
    assert text.count("share of the gain left") == 5


def test_an_arm_equal_to_its_companion_says_so_once(result):
    text = (result.folder / "answer.md").read_text(encoding="utf-8")
    said = "identical in every replication and outcome, by construction or by chance"
    (grant,) = [line for line in text.splitlines() if line.startswith("- **grant**")]
    section = text.partition("## grant\n")[2].partition("\n## ")[0]
    assert grant.count(said) == section.count(said) == 1
    assert "| difference to same money" not in section
    assert text.count(said) == 2


def test_answer_csv_is_tidy(result):
    answer = result.answer()
    assert not answer.duplicated(["arm", "against", "outcome"]).any()
    assert answer["difference"].dtype == float
    pool = answer.set_index(["arm", "against", "outcome"]).loc[("pool", "pool@same_money", "earned_income")]
    villages = result.villages[result.villages["year"] >= 2017].groupby("arm")["earned_income"].mean()
    assert pool["difference"] == pytest.approx(villages["pool"] - villages["pool@same_money"])
    assert pool["low"] < pool["difference"] < pool["high"]


def test_rows_read_back_are_the_rows_written(result):
    assert [row.outcome for row in result.rows()] == result.answer()["outcome"].tolist()


@pytest.mark.parametrize("width", [*range(56, 121), 200])
def test_the_table_breaks_no_number_and_fits(result, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    shown = io.StringIO()
    print_answer(result.manifest, result.rows(), shown)
    lines = shown.getvalue().splitlines()
    table = lines[: lines.index(next(line for line in lines if line.startswith("万元")))]
    assert max(len(line) for line in table) <= width
    assert "…" not in shown.getvalue()
    assert all(line.count("[") == line.count("]") for line in table)
    intervals = [estimate(row) for row in result.rows() if row.arm == "pool" and row.outcome == "earned_income"]
    assert all(any(text in line for line in table) for text in intervals if text.startswith(("+", "−")))
    assert sum(line.startswith("pool ") for line in table) == sum(line.startswith("arm ") for line in table)


def test_the_legend_says_what_it_is_not(result):
    assert "not a forecast" in legend(result.manifest)
    assert "n = 6" in legend(result.manifest)


def test_frames_are_pandas(result):
    for name in ("runs", "yearly", "villages", "accounts", "balances"):
        assert isinstance(getattr(result, name), pd.DataFrame)
    assert result.audit().ok
