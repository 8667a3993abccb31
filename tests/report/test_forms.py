"""What readers see of conclusions under other forms."""

import io
import re
from dataclasses import replace

import pytest

from sim.analysis.forms import NEGATIVE, NO, NO_EFFECT, NOTHING, POSITIVE, UNDECIDED, YES, FormRow
from sim.report.forms import print_forms, read_forms, write_forms
from sim.report.forms_wording import label, sentence, starred, survives
from sim.scenario.forms import DEFAULT, EVERY_FORM, FIRST, LAST

BASE = FormRow(
    "pool", "pool@same_money", "earned_income", "万元/village/year", DEFAULT, "", -0.29, -0.47, -0.11, NEGATIVE, "",
    -0.55, -0.03, NEGATIVE, 0.0, 0.0, 0.0, 200,
)  # fmt: skip


def row(form, option, verdict, survives=NO, **changed):
    return replace(BASE, form=form, option=option, verdict=verdict, survives=survives, **changed)


TABLE = [
    BASE,
    row("joint_manager", "average", NEGATIVE, YES),
    row("joint_manager", "centre_village", UNDECIDED),
    row("carry_over", "lapse", POSITIVE),
    row("carry_over", "indefinite", POSITIVE),
    row("after_money", "dissolve", NEGATIVE, NO_EFFECT),
    row("after_money", "liquidate", NEGATIVE, NO_EFFECT),
    row("extension", "none", NEGATIVE, NO_EFFECT),
    row(EVERY_FORM, FIRST, UNDECIDED),
    row(EVERY_FORM, LAST, NEGATIVE, YES),
]


def test_the_sentence_counts_what_survives_and_names_what_does_not():
    assert sentence(TABLE) == (
        "negative by default, −0.29 [−0.47, −0.11]; stays so under 1 of the 4 alternatives that change anything; "
        "undecided under joint_manager=centre_village; positive under carry_over (any) "
        "(3 have no effect here: after_money (any), extension=none). Every form changed at once: undecided "
        "(first alternatives), negative (last alternatives)."
    )


def test_an_undecided_default_has_no_sign_to_survive():
    table = [replace(r, survives=NOTHING) for r in TABLE[:4]]
    table[0] = replace(table[0], verdict=UNDECIDED, survives="")
    said = sentence(table)
    assert "no sign that could survive: undecided under 1 of the 3" in said
    assert "negative under joint_manager=average; positive under carry_over" in said
    assert survives(table[1]) == survives(table[0]) == "–"


def test_all_and_none():
    assert "stays so under all 1 alternatives" in sentence(TABLE[:2])
    assert "stays so under none of the 2" in sentence([TABLE[0], *TABLE[3:5]])
    assert "none of the 2 alternatives changes any replication." in sentence([TABLE[0], *TABLE[5:7]])


def test_a_star_where_it_holds_for_the_whole_table():
    assert starred(BASE) == "negative*"
    assert starred(replace(BASE, verdict_together=UNDECIDED)) == "negative"
    assert starred(replace(BASE, verdict=UNDECIDED, verdict_together=UNDECIDED)) == "undecided"


def test_labels():
    labels = [label(TABLE[0]), label(TABLE[1]), label(TABLE[-1])]
    assert labels == ["default", "joint_manager=average", "every form, last alternatives"]


MANIFEST = {
    "arms": ["no_policy", "pool", "pool@same_money"],
    "title": {"en": "Made-up Town"},
    "scenario": "made_up",
    "replications": 200,
    "seed": 1,
    "window": [2025, 2034],
    "forms": [{}] * len(TABLE),
}


@pytest.fixture
def rows():
    poorest = [replace(r, outcome="poorest_tercile_income") for r in TABLE]
    losers = [replace(r, outcome="share_of_losers_same_money", unit="share", estimate=0.58) for r in TABLE]
    against_none = [replace(r, against="no_policy") for r in (*TABLE, *poorest)]
    return [*TABLE, *poorest, *losers, *against_none]


def test_the_screen_fits_100_columns_and_leaves_out_what_has_no_effect(rows, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    shown = io.StringIO()
    print_forms(MANIFEST, rows, shown)
    text = shown.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 100
    (table,) = re.findall(r"─\n(default.*?)\n- ", text, re.DOTALL)
    assert [line.split("  ")[0] for line in table.splitlines()] == [
        label(r) for r in TABLE if r.survives != NO_EFFECT or not r.single
    ]
    assert "58%" in table
    assert "row by row" in text.replace("\n", " ")


def test_files_hold_every_row(rows, tmp_path):
    write_forms(tmp_path, MANIFEST, rows)
    assert read_forms(tmp_path) == rows
    text = (tmp_path / "forms.md").read_text(encoding="utf-8")
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "In plain words",
        "pool less same money",
        "pool less no policy",
    ]
    section = text.partition("## pool less same money")[2].partition("\n## ")[0]
    assert section.count("\n| ") == 2 + len(TABLE)
    assert "| after_money=dissolve |" in section
    assert "no effect" in section
    assert "villages that lose: share" in section
