"""What readers see: answer.md, answer.csv, the table on the screen, the figure."""

import io
import re

import pandas as pd
import pytest

from sim.analysis.study import read_study
from sim.report.answer import legend, print_answer
from sim.report.figures import trajectories, trajectories_caption, write_trajectories
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


def test_the_figure_is_the_same_twice_and_embeds_truetype(result, tmp_path):
    study = read_study(result.folder)
    first, second = (write_trajectories(tmp_path / name, study) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    pdf = first[0].read_bytes()
    assert b"/Type3" not in pdf
    assert b"/FontFile2" in pdf
    assert b"CreationDate" not in pdf


def test_the_figure_has_its_width_units_and_an_entry_for_every_arm(result):
    figure = trajectories(read_study(result.folder))
    assert figure.get_figwidth() == pytest.approx(140 / 25.4)
    assert "10,000 yuan" in figure.axes[0].get_ylabel()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [label.strip() for label in labels] == [
        "no policy",
        "grant",
        "same money",
        "pool",
        "same money",
        "same management",
    ]


def test_lines_differ_in_grey(result):
    axes = trajectories(read_study(result.folder)).axes[0]
    judged = [line for line in axes.get_lines() if line.get_linewidth() > 1]
    assert len({line.get_linestyle() for line in judged}) == len(judged) == 3


def test_the_caption_gives_n_interval_and_seed(result):
    caption = trajectories_caption(read_study(result.folder))
    for said in ("n = 6", "seed 1", "95%", "2013 to 2014", "not a forecast"):
        assert said in caption


def test_one_replication_is_drawn_without_bands(tmp_path):
    result = synthetic.result(tmp_path / "out", replications=1)
    assert "no bands" in (result.folder / "figures" / "trajectories.txt").read_text(encoding="utf-8")


def test_frames_are_pandas(result):
    for name in ("runs", "yearly", "villages", "accounts", "balances"):
        assert isinstance(getattr(result, name), pd.DataFrame)
    assert result.audit().ok
