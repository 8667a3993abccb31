"""Headings and labels of descriptions in both languages, and a section in the language asked for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from sim.accounts import ACCOUNTS_ZH
from sim.declare import PAYERS_ZH
from sim.description.chinese import chinese
from sim.description.sections import Flow, Line, Section
from sim.evidence import ASSUMPTION

KINDS_ZH = {
    "mechanism": "机制",
    "policy": "政策工具",
    "population": "初始村庄",
    "settings": "设置",
    "outcomes": "结果指标",
    "state": "状态变量",
    "answer": "比较结果",
    "module": "模块",
}
HEADINGS = {
    "en": {
        "name": "name",
        "zh": "中文",
        "value": "value",
        "unit": "unit",
        "bounds": "bounds",
        "prior": "prior",
        "source": "source",
        "meaning": "meaning",
        "place": "file",
    },
    "zh": {
        "name": "名称",
        "zh": "中文",
        "value": "取值",
        "unit": "单位",
        "bounds": "允许范围",
        "prior": "合理区间",
        "source": "出处",
        "meaning": "含义",
        "place": "文件",
    },
}
FLOW_HEADINGS = {
    "en": ("kind", "中文", "from", "to", "income", "meaning"),
    "zh": ("类别", "中文", "付出账户", "收入账户", "收入列", "含义"),
}
_ZH = {
    "docstring": "公式与假设（代码说明原文）",
    "in the quarter": "季度内顺序",
    "files": "文件",
    "docstring of": "所用规则（代码说明原文）",
    "rules": "规则函数（英文为代码说明原文）",
    "changes": "改变的状态变量",
    "sets": "设定的参数",
    "options": "备选形式",
    "flows": "资金流",
    "sources": "文献依据（要点为英文）",
    "reported by places": "各地报道",
    "example": "示例（可通过 lianjian check）",
    "see also": "另见",
    "rule": "规则",
    "file": "文件",
    "what it does": "作用",
    "fact": "内容",
    "citation": "文献",
    "provenance": "来源性质",
    "state variable": "状态变量",
    "parameter": "参数",
    "option": "选项",
    "meaning": "含义",
    "payers": "出资方",
    "takes a budget": "是否需要预算",
    "needs in the same arm": "同一方案中须有",
    "does nothing at": "不起作用的取值",
    "public cost": "财政成本",
    "yes": "是",
    "no": "否",
    "nothing": "无",
    "budget": "预算",
    "mechanism": "机制",
    "policy": "政策工具",
    "lever": "政策参数",
    "form": "形式",
    "flow": "资金流",
    "outcome": "结果指标",
    "population": "初始村庄",
    "settings": "设置",
    "module": "模块",
    "what": "类型",
    "name": "名称",
    "seen": "已查阅",
    "derived": "推算",
    "press": "报道",
    "memory": "凭记忆",
}
PURSES_ZH = {"payers": "出资方", "village.own_cash": "村集体自有资金", "village.earmarked": "村集体专项资金"}


def word(english: str, lang: str) -> str:
    """A heading or label in the language asked for."""
    return _ZH.get(english, english) if lang == "zh" else english


def spoken(section: Section, lang: str) -> Section:
    """The section whose meanings, units, ranges and accounts are in the language asked for."""
    if lang != "zh":
        return section
    return dataclasses.replace(
        section,
        text=section.summary_zh or section.text,
        lines=tuple(_line(line) for line in section.lines),
        flows=tuple(_flow(flow) for flow in section.flows),
        facts={word(fact, lang): _listed(value) for fact, value in section.facts.items()},
    )


def _line(line: Line) -> Line:
    return dataclasses.replace(
        line,
        unit=unit(line.unit),
        bounds=line.bounds.replace(" to ", " 至 "),
        prior=line.prior.replace(" to ", " 至 "),
        source=line.source.replace(ASSUMPTION, "假设"),
        meaning=line.meaning_zh or line.meaning,
        options={option: line.options_zh.get(option) or meaning for option, meaning in line.options.items()},
    )


def unit(english: str) -> str:
    """A unit in Chinese."""
    return chinese(f"units.{english}") or english


def _flow(flow: Flow) -> Flow:
    accounts: Mapping[str, str] = ACCOUNTS_ZH | PURSES_ZH
    return dataclasses.replace(
        flow,
        source=accounts.get(flow.source, flow.source),
        target=accounts.get(flow.target, flow.target),
        income=chinese(f"income.{flow.income}") or flow.income,
        meaning=flow.meaning_zh or flow.meaning,
    )


def _listed(value: str) -> str:
    """Payers, yes, no and the like, one or several."""
    words = _ZH | PAYERS_ZH
    parts = [part.strip() for part in value.replace(";", ",").split(",")]
    return "、".join(words.get(part) or _priced(part) for part in parts).replace(" and ", " 且 ")


def _priced(cost: str) -> str:
    """``费用 (parameters.pairing.staff_time 0.5 万元/village/year)`` with the unit in Chinese."""
    return re.sub(r"(\S+)\)$", lambda found: f"{unit(found[1])})", cost)
