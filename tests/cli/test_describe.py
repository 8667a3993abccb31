"""``lianjian describe`` and ``lianjian schema``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.cli import main
from sim.scenario.declared import all_paths, catalogue


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["describe", *words]) == 0
    out: str = capsys.readouterr().out
    return out


def test_everything_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys)
    known = catalogue()
    for path, declaration in all_paths().items():
        assert path in text
        assert declaration.zh in text
        assert declaration.meaning in text
    for policy, levers in known.policies.items():
        assert all(f"arms.ARM.{policy}.{lever}" in text for lever in levers)
    assert all(f"{name}  {outcome.zh}" in text for name, outcome in known.outcomes.items())


def test_one_parameter_by_any_of_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    texts = {said(capsys, name) for name in ("overhead", "projects.overhead", "parameters.projects.overhead")}
    assert len(texts) == 1
    (text,) = texts
    declaration = catalogue().mechanisms["projects"]["overhead"]
    assert f"parameters.projects.overhead  {declaration.zh}" in text
    assert "4 万元/project/year; bounds 0 to 100; prior 0 to 10" in text
    assert f"source: {declaration.source}" in text
    assert "minimum" not in text


def test_a_stem_shows_mechanism_and_policy(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "funding_pool")
    assert "funding_pool 资金整合 (mechanism)" in text
    assert "funding_pool 资金整合 (policy)" in text
    assert "payers: centre, province, county, town" in text
    assert "does nothing at: open_share 0" in text
    assert "r_pool" in text  # the equation


@pytest.mark.parametrize(
    "name", ["arms.pool.funding_pool.match", "funding_pool.match", "arms.pool.funding_pool#2.match"]
)
def test_a_lever(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "arms.ARM.funding_pool.match  配套比例" in said(capsys, name)


def test_forms_list_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "joint_manager")
    for option, meaning in catalogue().forms["joint_manager"].options.items():
        assert f"{option}: {meaning}" in text


@pytest.mark.parametrize("name", ["people", "calendar", "state", "outcomes", "gini", "trust", "budget"])
def test_other_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert name in said(capsys, name)


def test_chinese_headings(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(capsys, "projects", "--lang", "zh")
    assert "(机制)" in text
    assert "合理区间" in text
    monkeypatch.setenv("LIANJIAN_LANG", "zh")
    assert said(capsys, "projects") == text


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "projects", "--md").splitlines()
    assert lines[0] == "## projects 项目 (mechanism)"
    assert "| name | 中文 | value | unit | bounds | prior | source | meaning |" in lines
    rows = [line for line in lines if line.startswith("| parameters.projects.overhead |")]
    assert len(rows) == 1
    assert "| 4 | 万元/project/year | 0 to 100 | 0 to 10 | assumption |" in rows[0]


def test_latex_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "projects", "--tex")
    assert r"\begin{longtable}" in text
    assert r"parameters.projects.gross\_margin &" in text
    assert all(line.endswith(r"\\") for line in text.splitlines() if " & " in line)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    (section,) = json.loads(said(capsys, "overhead", "--json"))
    assert section["lines"][0]["path"] == "parameters.projects.overhead"
    assert section["lines"][0]["unit"] == "万元/project/year"


def test_schema_is_printed_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    monkeypatch.chdir(tmp_path)
    assert main(["schema", "--out", "schema.json", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert Path("schema.json").read_text(encoding="utf-8") == printed
    assert main(["schema", "--out", "missing/schema.json"]) == 2
    assert "missing/schema.json" in capsys.readouterr().err
