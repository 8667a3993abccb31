"""Search by everyday words 检索: ``helper effort``, ``dividend rule``, ``分红``; the best hits with file and line.

A word counts by how rare it is and by where it stands: in a name or Chinese term most, in a docstring least. English
words are compared by their beginnings (``helper`` finds ``helps``), Chinese ones by pairs of characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sim.description.chinese import with_chinese
from sim.description.details import located
from sim.description.rules import Rule, code, first_sentence
from sim.description.sections import Flow, Line, Section, modules, sections

SHOWN = 10
NAME, MEANING, AROUND = 4.0, 2.0, 1.0
"""Weights of a word in a name or term, in a meaning, in what is said of the section around it."""
_CHINESE = r"[\u4e00-\u9fff]+"
_IDLE = frozenset(
    re.findall(
        "[a-z]+",
        "a an and are at by do does file find for from function how in is it of on or that the there to what when "
        "where which who with",
    )
)
"""Words of a question that say nothing of what is looked for."""
_ENDINGS = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ions",
    "ion",
    "ings",
    "ing",
    "ors",
    "ers",
    "or",
    "er",
    "ed",
    "es",
    "s",
    "e",
)
_SAME = {
    "succession": ("successor", "turnover", "election"),
    "replacement": ("turnover", "successor"),
    "chief": ("head", "leader"),
    "secretary": ("head", "leader"),
    "leader": ("head",),
    "boss": ("manager",),
    "cost": ("price",),
    "subsidy": ("grant", "subsidies"),
    "company": ("firm", "enterprise", "vehicle"),
    "firm": ("enterprise",),
    "payout": ("dividend",),
    "profit": ("return", "surplus"),
    "corruption": ("leakage", "captured"),
    "inequality": ("gini", "theil"),
    "wages": ("wage", "jobs"),
    "rule": ("form", "split"),
    "formula": ("rule",),
    "work": ("effort",),
    "help": ("helper", "pairing"),
    "cooperative": ("vehicle", "co-operative"),
}
"""Everyday words and the words of the code that mean the same."""

_SAME_ZH = {
    "村支书": ("头雁", "换届"),
    "支部书记": ("头雁", "换届"),
    "村书记": ("头雁", "换届"),
    "带头人": ("头雁",),
    "村干部": ("头雁", "换届"),
    "帮扶": ("帮带", "以强带弱", "结对"),
    "对口支援": ("帮带", "以强带弱"),
    "抱团": ("资金整合", "联合社"),
    "飞地": ("产业园区", "联合社"),
    "入股": ("出资", "分红"),
    "合并": ("片区组建",),
    "返乡创业": ("归雁", "返乡"),
    "奖补": ("示范补助", "财政补助"),
    "腐败": ("截留",),
}
"""The same in Chinese: what people in villages and offices say."""


@dataclass(frozen=True)
class Hit:
    """Something a search found: what sort of thing, its name, Chinese term, meanings and ``file:line``."""

    sort: str
    name: str
    zh: str
    meaning: str
    meaning_zh: str
    place: str
    score: float = 0.0


@dataclass(frozen=True)
class _Entry:
    hit: Hit
    words: dict[str, float]
    """Root of a word or pair of characters -> weight of the best place it stands in."""


def search(query: str) -> tuple[Hit, ...]:
    """What fits all words of a query, best first; failing that, what fits the rarest ones."""
    asked = _asked(query)
    if not asked:
        return ()
    entries = _entries()
    rarity = [_rarity(word, entries) for word in asked]
    found = []
    for entry in entries:
        fits = [max((entry.words.get(root, 0.0) * weight for root, weight in word), default=0.0) for word in asked]
        found.append((sum(fit * rare for fit, rare in zip(fits, rarity, strict=True)), all(fits), entry.hit))
    whole = [item for item in found if item[1]]
    several = len(asked) > 1 and not re.search("[_.]", query)
    kept = whole or (found if several else [])
    best = max((score for score, _, _ in kept), default=0.0)
    ranked = sorted((item for item in kept if item[0] > 0.4 * best > 0), key=lambda item: -item[0])
    return tuple(Hit(**{**vars(hit), "score": round(score, 2)}) for score, _, hit in ranked[:SHOWN])


def _asked(query: str) -> list[list[tuple[str, float]]]:
    """For each word of the query, the roots that mean it with a weight; a misspelt name is one word."""
    asked: list[list[tuple[str, float]]] = []
    for word, others in _SAME_ZH.items():
        if word in query:
            query = query.replace(word, " ")
            alike = [(pair, 0.8) for other in others for pair in _pairs(other)]
            asked.append([(pair, 1.0) for pair in _pairs(word) if len(word) == 2] + alike)
    asked += [[(pair, 1.0)] for pair in _pairs(query)]
    for word in re.findall("[a-z]+", query.lower()):
        if word not in _IDLE:
            same = _SAME.get(word, ()) or _SAME.get(word.rstrip("s"), ())
            asked.append([(_root(word), 1.0), *((_root(other), 0.6) for other in same)])
    return asked


def _rarity(word: Iterable[tuple[str, float]], entries: Iterable[_Entry]) -> float:
    roots = [root for root, _ in word]
    having = sum(any(root in entry.words for root in roots) for entry in entries)
    return math.log(1.0 + 1000.0 / (1.0 + having))


def _root(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _pairs(text: str) -> Iterator[str]:
    """Pairs of neighbouring Chinese characters; a single one stands for itself."""
    for run in re.findall(_CHINESE, text):
        yield from ([run[i : i + 2] for i in range(len(run) - 1)] or [run])


def _roots(text: str) -> Iterator[str]:
    yield from (_root(word) for word in re.findall("[a-z]+", text.lower()) if word not in _IDLE)
    yield from _pairs(text)
    yield from re.findall(r"[\u4e00-\u9fff]", text)


def _entry(hit: Hit, *, name: str, meaning: str, around: str) -> _Entry:
    words: dict[str, float] = {}
    for text, weight in ((around, AROUND), (meaning, MEANING), (name, NAME)):
        words |= dict.fromkeys(_roots(text), weight)
    return _Entry(hit, words)


@lru_cache(maxsize=1)
def _entries() -> tuple[_Entry, ...]:
    found: list[_Entry] = []
    for section in sections():
        whole = with_chinese(located(section))
        found += _of_section(whole)
    for module in modules():
        found += _of_module(with_chinese(module))
    return tuple(found)


def _of_section(section: Section) -> Iterator[_Entry]:
    around = f"{section.name} {section.zh} {section.summary}"
    if section.kind in ("mechanism", "policy"):
        read = code(section.module)
        brief = section.summary_zh.split("。")[0]
        hit = Hit(section.kind, section.name, section.zh, section.summary, brief, read.file)
        meaning = f"{section.summary} {section.summary_zh}"
        yield _entry(hit, name=f"{section.name} {section.zh}", meaning=meaning, around=section.text)
        yield from (_of_rule(rule, section.name, around) for rule in read.rules)
    yield from (_of_line(section, line, around) for line in section.lines)
    yield from (_of_flow(flow, around) for flow in section.flows)


def _of_module(module: Section) -> Iterator[_Entry]:
    """A module with rules apart from any mechanism: what its docstring says and its rules."""
    read = code(module.module)
    hit = Hit("module", module.name, module.zh, first_sentence(read.text), module.summary_zh, read.file)
    term = read.text.partition(":")[0] if module.zh else ""
    yield _entry(hit, name=f"{module.name} {term}", meaning=f"{hit.meaning} {hit.meaning_zh}", around=read.text)
    yield from (_of_rule(rule, module.name, hit.meaning) for rule in read.rules)


def _of_rule(rule: Rule, owner: str, around: str) -> _Entry:
    hit = Hit("rule", f"{owner}.{rule.name}", "", rule.text, "", rule.place)
    return _entry(hit, name=rule.name, meaning=rule.text, around=around)


def _of_line(section: Section, line: Line, around: str) -> _Entry:
    sorts = {
        "policy": "lever",
        "outcomes": "outcome",
        "answer": "outcome",
        "state": "state variable",
        "mechanism": "parameter",
    }
    sort = "form" if line.path.startswith("forms.") else sorts.get(section.kind, section.kind)
    options = " ".join((*line.options, *line.options.values(), *line.options_zh.values()))
    hit = Hit(sort, line.path, line.zh, line.meaning, line.meaning_zh, line.place)
    name = f"{line.path.rsplit('.', 1)[-1]} {line.zh} {' '.join(line.also)}"
    return _entry(hit, name=name, meaning=f"{line.meaning} {line.meaning_zh} {options}", around=around)


def _of_flow(flow: Flow, around: str) -> _Entry:
    hit = Hit("flow", f"{flow.mechanism}.{flow.name}", flow.zh, flow.meaning, flow.meaning_zh, flow.place)
    name = f"{flow.name} {flow.kind} {flow.zh}"
    return _entry(hit, name=name, meaning=f"{flow.meaning} {flow.meaning_zh}", around=around)
