"""``lianjian describe`` and ``lianjian schema``."""

from __future__ import annotations

import json
import re
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


def test_a_stem_says_everything_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "joint_management")
    for part in (
        "in the quarter: 4/15: who runs joint projects and what meeting costs, before members judge the pool",
        "files: sim/mechanisms/joint_management.py, tests/mechanisms/test_joint_management.py",
        "  stake  sim/mechanisms/joint_management.py:",
        "sigma: the share of the fruit of his effort that a member answers for",
        "changes: manager_log 经营者能力对数",
        "best_noisy: the member judged best, with error 择优选取; 由公认能力最强的成员村经营，判断有误差（择优选取）",
        "centre_village 中心村工作人员费用: payers -> staff (none), priced staff time",
        "literature:holmstrom_1982\n      A team that shares its output",
        "example:\n    schema: 1",
    ):
        assert part in text
    assert text.endswith("中文: 片区联合项目由谁经营、成员村投入多少努力、协商协调花费多少\n")


def test_a_policy_says_what_it_sets_and_costs(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "centre_village")
    assert "sets: joint_management.joint_manager 联合经营者, joint_management.manager_weight 经营者权重" in text
    assert "public cost: 中心村工作人员费用 (parameters.joint_management.staff_time 1.5 万元/village/year)" in text
    assert "reported by places:\n  places:dawang.structure.centre_village_leads" in text
    assert "        - policy: centre_village  # 中心村" in text


def test_chinese(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(capsys, "projects", "--lang", "zh")
    assert text.startswith("projects 项目 (机制)\n\n村集体自行或由联合社把资金转化为什么项目\n\n季度内顺序: 7/15: ")
    assert "4 万元/项目/年; 允许范围 0 至 100; 合理区间 0 至 10" in text
    assert "    设施农业项目的固定费用；为 4 万元时约 37 万元资产可保本\n    出处: 假设" in text
    assert "project 自有项目收益: 外部市场 -> 村集体自有资金 (经营性收入), 自有项目收益，已扣除运行成本" in text
    assert "公式与假设（代码说明原文）:" in text
    assert "fixed overhead" not in text
    monkeypatch.setenv("LIANJIAN_LANG", "zh")
    assert said(capsys, "projects") == text


def test_nothing_declared_is_left_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--lang", "zh")
    known = catalogue()
    for path, declaration in all_paths().items():
        assert path in text
        assert f"    {declaration.meaning}\n" not in text
    assert not [o.meaning for o in known.outcomes.values() if f"    {o.meaning}\n" in text]


def test_facts_of_a_policy_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "funding_pool", "--lang", "zh")
    assert "出资方: 中央财政、省级财政、县级财政、乡镇财政\n是否需要预算: 是\n同一方案中须有: 无" in text


@pytest.mark.parametrize("stem", sorted(set(catalogue().mechanisms) & set(catalogue().policies)))
def test_both_of_a_stem_in_both_languages(stem: str, capsys: pytest.CaptureFixture[str]) -> None:
    english, chinese = said(capsys, stem), said(capsys, stem, "--lang", "zh")
    mechanism = catalogue().mechanism(stem)
    for text, kinds in ((english, ("mechanism", "policy")), (chinese, ("机制", "政策工具"))):
        assert all(re.search(rf"^{stem} \S+ \({kind}\)$", text, re.MULTILINE) for kind in kinds)
        assert mechanism.__doc__.splitlines()[0] in text
        assert all(name in text for name in (*catalogue().mechanisms[stem], *catalogue().policies[stem]))
    assert said(capsys, mechanism.ZH) == english


def test_a_policy_in_chinese_has_units_and_zeros_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "policy.pairing", "--lang", "zh")
    assert "不起作用的取值: mandate_floor 0 且 benefit_share 0" in text
    assert "财政成本: 结对帮带人员费用 (parameters.pairing.staff_time 0.5 万元/村/年)" in text
    assert "大王镇地方报道" in said(capsys, "joint_services", "--lang", "zh")
    assert "/village" not in said(capsys, "policy.council_grouping", "--lang", "zh")


def test_a_short_term_points_to_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "税收分成", "--lang", "zh")
    assert "  tax_sharing  镇村税收分成  政策工具  sim/policies/tax_sharing.py" in text.partition("另见")[2]


@pytest.mark.parametrize("words", [("helper", "effort"), ("helper effort",)])
def test_search(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, *words).splitlines()
    assert lines[0] == "helper effort:"
    assert any(line.startswith("  help_effort  帮带力度  state variable  sim/state.py:") for line in lines)


def test_search_in_chinese_and_other_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert "  parameters.talent.leader_turnover  换届更替率  参数  sim/mechanisms/talent.py:" in said(
        capsys, "换届", "--lang", "zh"
    )
    assert "| succession.successor_ability |  | rule | sim/succession.py:" in said(capsys, "leader succession", "--md")
    assert r"succession.successor\_ability &  & rule & sim/succession.py:" in said(capsys, "leader succession", "--tex")
    hits = json.loads(said(capsys, "leader succession", "--json"))
    assert {"sort", "name", "zh", "meaning", "meaning_zh", "place", "score"} == set(hits[0])


def test_one_line_or_flow_points_further(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "dividend")
    assert "  dividend 分红: vehicle.cash -> village.own_cash (investment), dividend of the vehicle" in text
    assert "see also:\n" in text
    assert "joint_vehicle.dividend_shares  rule" in text
    assert "see also" not in said(capsys, "dividend", "--quiet")
    assert "see also" not in said(capsys, "joint_vehicle")


def test_an_unknown_word_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "joint_manger"]) == 2
    assert capsys.readouterr() == (
        "",
        "nothing is called 'joint_manger'; did you mean 'joint_manager' or 'joint_age'?\n",
    )


def test_a_misspelt_chinese_term_is_searched_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "资金整和").splitlines()[1].startswith("  funding_pool  资金整合  mechanism")


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "projects", "--md").splitlines()
    assert lines[0] == "## projects 项目 (mechanism)"
    assert "| name | 中文 | value | unit | bounds | prior | source | meaning | file |" in lines
    rows = [line for line in lines if line.startswith("| parameters.projects.overhead |")]
    assert len(rows) == 1
    assert "| 4 | 万元/project/year | 0 to 100 | 0 to 10 | assumption |" in rows[0]
    headings = [line for line in lines if line.startswith("### ")]
    assert headings.pop() == "### docstring of sim/technology.py"
    assert headings == [
        f"### {name}"
        for name in ["in the quarter", "files", "rules", "changes", "options", "sources", "example", "中文"]
    ]


def test_latex_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "projects", "--tex")
    assert r"\begin{longtable}" in text
    assert r"parameters.projects.gross\_margin &" in text
    assert all(line.endswith(r"\\") for line in text.splitlines() if " & " in line)
    assert r"quarterly\_failure & sim/mechanisms/projects.py:" in text
    assert (
        text.count(r"\begin{verbatim}") == text.count(r"\end{verbatim}") == 3
    )  # equations, example, equations of technology


def test_latex_headings_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    assert r"docstring of sim/pairing\_rules.py" in said(capsys, "mechanism.pairing", "--tex")


def test_json_carries_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    (section,) = json.loads(said(capsys, "overhead", "--json"))
    assert section["lines"][0]["path"] == "parameters.projects.overhead"
    assert section["lines"][0]["unit"] == "万元/project/year"
    assert section["lines"][0]["meaning_zh"].startswith("设施农业项目的固定费用")
    mechanism, policy = json.loads(said(capsys, "funding_pool", "--json"))
    assert mechanism["details"]["rules"][0]["name"] == "pool_return"
    assert mechanism["summary_zh"] == "成员村决定把多少资金投入本片区的联合社"
    assert policy["details"]["example"].startswith("schema: 1\n")


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
