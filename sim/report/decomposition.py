"""Which part of a package did it 政策分解结果: decomposition.csv, decomposition.md, tables on the screen.

decomposition.csv has every number, in English in every language; decomposition.md is to be read: sentences first, then what
was done and what was left out, then a table of members and one of pairs for each outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sim.analysis.comparison import note_in
from sim.analysis.decomposition import GAIN_PER_100, NOT_DRAWN, Estimates, Found, Ratios
from sim.analysis.effects import EARNED, PUBLIC_COST
from sim.analysis.forms import IDENTICAL, NEGATIVE, POSITIVE, UNDECIDED
from sim.analysis.shapley import pairs
from sim.language import Language, Text
from sim.measures import MEASURES
from sim.outcomes import NO_POLICY, OUTCOMES
from sim.report.answer import console_for, print_table, print_text, reference_label, table_line
from sim.report.rows import write_rows
from sim.report.wording import DASH, NOT_A_FORECAST, number, unit_in

CSV, MARKDOWN = "decomposition.csv", "decomposition.md"
PAIRS_NAMED = 4
"""Pairs in a sentence, the strongest first; the rest is counted."""
PAIRS_ON_SCREEN = 8
"""Pairs listed on the screen, the strongest first; decomposition.md has all."""


@dataclass(frozen=True)
class Decomposition:
    """What was found of which sweep."""

    name: str
    title: str
    found: Sequence[Found]
    empty: Sequence[str]
    """Outcomes that the runs hold no numbers of."""
    confidence: float

    @property
    def several(self) -> bool:
        """Whether there is more than one scenario."""
        return len({of.scenario for of in self.found}) > 1


@dataclass(frozen=True)
class Line:
    """One line of decomposition.csv: the whole package, or a quantity of a member or pair."""

    scenario: str
    outcome: str
    unit: str
    against: str
    quantity: str
    """total, value, alone, last, interaction or gain_per_100."""
    member: str
    other: str
    estimate: float
    low: float
    high: float
    orders_error: float
    share: float
    share_low: float
    share_high: float
    verdict: str
    n: int
    dropped: int
    note: str


def lines(found: Found) -> Iterator[Line]:
    """All that is known of one outcome."""
    none = math.nan

    def line(quantity: str, member: str, other: str, numbers: Sequence[float], **more: Any) -> Line:
        estimate, low, high, orders_error = map(float, numbers)
        said: dict[str, Any] = {
            "scenario": found.scenario,
            "outcome": found.outcome,
            "unit": found.unit,
            "against": found.against,
            "quantity": quantity,
            "member": member,
            "other": other,
            "estimate": estimate,
            "low": low,
            "high": high,
            "orders_error": orders_error,
            "n": found.n,
            "dropped": found.failed + found.unequal,
        }
        empty = {"share": none, "share_low": none, "share_high": none, "verdict": "", "note": ""}
        return Line(**said | empty | more)

    yield line("total", found.arm, "", (found.total.mean, found.total.low, found.total.high, 0.0))
    for quantity, of in (("value", found.values), ("alone", found.alone), ("last", found.last)):
        for place, member in enumerate(found.members):
            more: dict[str, Any] = {"verdict": of.verdict[place]}
            if quantity == "value":
                more |= _ratio(found.shares, place, ("share", "share_low", "share_high"))
            yield line(quantity, member, "", _numbers(of, place), **more)
    for place, (one, other) in enumerate(pairs(len(found.members))):
        of, note = found.interactions, NOT_DRAWN.en if math.isnan(found.interactions.estimate[place]) else ""
        names = found.members[one], found.members[other]
        yield line("interaction", *names, _numbers(of, place), verdict=of.verdict[place], note=note)
    if found.gain_per_100 is not None:
        for place, member in enumerate(found.members):
            cells = _ratio(found.gain_per_100, place, ("estimate", "low", "high"))
            more = {"unit": MEASURES[GAIN_PER_100].unit, "note": cells["note"]}
            yield line(GAIN_PER_100, member, "", (*(cells[name] for name in ("estimate", "low", "high")), none), **more)


def _numbers(of: Estimates, place: int) -> tuple[float, float, float, float]:
    return of.estimate[place], of.low[place], of.high[place], of.orders_error[place]


def _ratio(of: Ratios, place: int, names: tuple[str, str, str]) -> dict[str, Any]:
    numbers = (float(bound[place]) for bound in (of.estimate, of.low, of.high))
    return dict(zip(names, numbers, strict=True)) | {"note": of.notes[place]}


def write_decomposition(folder: Path, made: Decomposition, language: Language) -> list[Path]:
    """Write decomposition.csv and decomposition.md; returns their paths."""
    write_rows(folder / CSV, Line, [line for found in made.found for line in lines(found)])
    (folder / MARKDOWN).write_text(markdown(made, language), encoding="utf-8")
    return [folder / CSV, folder / MARKDOWN]


# ---- names and cells

_LESS = Text("{arm} less {reference}", "{arm}与{reference}之差")
_HEADING = Text("{what}: {outcome}, {unit}{scenario}", "{what}：{outcome}，{unit}{scenario}")


def title_of(made: Decomposition, found: Found, language: Language) -> str:
    """``package less no policy: earned_income, 万元/village/year``."""
    declared = OUTCOMES[found.outcome]
    outcome = found.outcome if language == "en" else f"{declared.zh}（{found.outcome}）"
    return _HEADING.say(
        language,
        what=_LESS.say(language, arm=found.arm, reference=reference_label(found.against, language)),
        outcome=outcome,
        unit=unit_in(language, found.unit),
        scenario=f", {found.scenario}" if made.several else "",
    )


def _cell(value: float, low: float, high: float, unit: str, *, sign: bool = True) -> str:
    if math.isnan(value):
        return DASH
    shown = number(value, unit, sign=sign)
    return shown if math.isnan(low) else f"{shown} [{number(low, unit, sign=sign)}, {number(high, unit, sign=sign)}]"


def _of(of: Estimates, place: int, unit: str) -> str:
    shown = _cell(of.estimate[place], of.low[place], of.high[place], unit)
    error = of.orders_error[place]
    return f"{shown} ±{number(error, unit)}" if error > 0.0 else shown


def _ratio_cell(of: Ratios, place: int, unit: str, *, sign: bool = False) -> str:
    return _cell(of.estimate[place], of.low[place], of.high[place], unit, sign=sign)


# ---- tables

_HEADS = (
    Text("member", "成员"),
    Text("Shapley value", "沙普利值"),
    Text("share", "占比"),
    Text("alone", "单独实施"),
    Text("added last", "最后加入"),
    Text("its public cost", "分摊财政投入"),
    Text("gain per 100", "每100万元增收"),
)
_SUM, _WHOLE = Text("sum of the values", "各成员之和"), Text("whole package", "整个方案")


def member_table(found: Found, cost: Found | None, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and a line a member, then the sum and the effect of the whole package, which must agree."""
    rows = []
    for place, member in enumerate(found.members):
        row = [member, _of(found.values, place, found.unit), _ratio_cell(found.shares, place, "share")]
        row += [_of(of, place, found.unit) for of in (found.alone, found.last)]
        if found.gain_per_100 is not None:
            paid = _of(cost.values, place, cost.unit) if cost is not None else DASH
            row += [paid, _ratio_cell(found.gain_per_100, place, "")]
        rows.append(row)
    width = 7 if found.gain_per_100 is not None else 5
    total = found.total
    ends = [
        (_SUM, number(float(found.values.estimate.sum()), found.unit, sign=True)),
        (_WHOLE, _cell(total.mean, total.low, total.high, found.unit)),
    ]
    rows += [[name.say(language), shown, *[""] * (width - 2)] for name, shown in ends]
    return [head.say(language) for head in _HEADS[:width]], rows


_PAIR_HEADS = (Text("pair", "成员对"), Text("interaction", "交互指数"), Text("reading", "解读"))
_HELPS, _HINDERS = Text("help one another", "相互促进"), Text("in one another's way", "相互妨碍")
_READINGS = {
    UNDECIDED: Text("cannot be told from 0", "与0无法区分"),
    IDENTICAL: Text("none", "无"),
}
_NO_READING = Text("no interval", "无置信区间")


def pair_table(found: Found, language: Language, most: int | None = None) -> tuple[list[str], list[list[str]]]:
    """Heads and a line a pair, the largest interaction first."""
    of = found.interactions
    verdict = of.verdict
    readings = _READINGS | dict(zip(_good_first(found), (_HELPS, _HINDERS), strict=True))
    rows = []
    for place in _strongest(found)[:most]:
        reading = readings.get(verdict[place], _NO_READING).say(language)
        reading = NOT_DRAWN.say(language) if math.isnan(of.estimate[place]) else reading
        rows.append([_pair(found, place), _of(of, place, found.unit), reading])
    return [head.say(language) for head in _PAIR_HEADS], rows


def _good_first(found: Found) -> tuple[str, str]:
    """The sign of an interaction that a reader would welcome, then the other: of a Gini coefficient, below 0 comes first."""
    return (NEGATIVE, POSITIVE) if OUTCOMES[found.outcome].better == "less" else (POSITIVE, NEGATIVE)


def _strongest(found: Found) -> list[int]:
    sizes = [-1.0 if math.isnan(value) else abs(value) for value in found.interactions.estimate.tolist()]
    return sorted(range(len(sizes)), key=lambda place: -sizes[place])


def _pair(found: Found, place: int) -> str:
    one, other = pairs(len(found.members))[place]
    return f"{found.members[one]} × {found.members[other]}"


# ---- sentences

_DOES = Text(
    "{title}. The whole package: {total}. Averaged over the orders in which its members could have been added, of this {did}.",
    "{title}。整个方案：{total}。按成员所有可能的加入次序取平均，其中{did}。",
)
_NOTHING = Text("no member's part can be told from 0", "没有任何成员的贡献可与0区分")
_DID = Text("{member} makes {value}{share}", "{member}贡献{value}{share}")
_OF_IT = Text(" ({share})", "（占{share}）")
_REST = Text("What {members} adds cannot be told from 0.", "{members}的贡献与0无法区分。")
_IDLE = Text("{members} changes nothing in any coalition.", "{members}在任何组合中都不改变结果。")
_HELP = Text("Pairs that help one another: {pairs}.", "相互促进的成员对：{pairs}。")
_HINDER = Text("Pairs in one another's way: {pairs}.", "相互妨碍的成员对：{pairs}。")
_MORE_PAIRS = Text(" and {more} more", "，另有{more}对")
_NO_PAIR_MATTERS = Text("No interaction of two members can be told from 0.", "没有任何两个成员的交互可与0区分。")
_PAYS = Text(
    "Per 100 万元 of what it adds to public cost: {members} (万元 a year, all villages).",
    "每100万元新增财政投入的年增收（全部村，万元）：{members}。",
)
_SEPARATOR = Text(", ", "、")


def sentences(made: Decomposition, found: Found, language: Language) -> list[str]:
    """What one outcome says: which member did it, which pairs help or hurt one another, what it costs."""
    verdict, total = found.values.verdict, found.total
    ranked = sorted(range(len(found.members)), key=lambda place: -abs(float(found.values.estimate[place])))
    told = [place for place in ranked if verdict[place] in (POSITIVE, NEGATIVE)]
    did = _SEPARATOR.say(language).join(_did(found, place, language) for place in told) or _NOTHING.say(language)
    shown = _cell(total.mean, total.low, total.high, found.unit)
    said = [_DOES.say(language, title=title_of(made, found, language), total=shown, did=did)]
    for text, word in ((_REST, UNDECIDED), (_IDLE, IDENTICAL)):
        names = [found.members[place] for place in ranked if verdict[place] == word]
        if names and (told or word == IDENTICAL):
            said.append(text.say(language, members=_SEPARATOR.say(language).join(names)))
    return [*said, *_of_pairs(found, language), *_of_cost(found, language)]


def _did(found: Found, place: int, language: Language) -> str:
    share = _ratio_cell(found.shares, place, "share")
    value = _of(found.values, place, found.unit)
    inside = "" if share == DASH else _OF_IT.say(language, share=share)
    return _DID.say(language, member=found.members[place], value=value, share=inside)


def _of_pairs(found: Found, language: Language) -> Iterator[str]:
    verdict = found.interactions.verdict
    counted = False
    for text, word in zip((_HELP, _HINDER), _good_first(found), strict=True):
        names = [
            f"{_pair(found, place)} ({_of(found.interactions, place, found.unit)})"
            for place in _strongest(found)
            if verdict[place] == word
        ]
        counted |= bool(names)
        if names:
            shown = _SEPARATOR.say(language).join(names[:PAIRS_NAMED])
            more = len(names) - PAIRS_NAMED
            yield text.say(language, pairs=shown + (_MORE_PAIRS.say(language, more=more) if more > 0 else ""))
    if not counted and any(word in (UNDECIDED, IDENTICAL) for word in verdict):
        yield _NO_PAIR_MATTERS.say(language)


def _of_cost(found: Found, language: Language) -> Iterator[str]:
    gains = found.gain_per_100
    if gains is not None:
        names = [
            f"{member} {_ratio_cell(gains, place, '')}"
            for place, member in enumerate(found.members)
            if not gains.notes[place]
        ]
        if names:
            yield _PAYS.say(language, members=_SEPARATOR.say(language).join(names))


# ---- what was done

_MADE = Text(
    "{coalitions} coalitions of {members} members of {arm}, {n} replications each, paired; {drawn}.",
    "{arm}的{members}个成员的{coalitions}种组合，每种{n}次重复，按重复配对；{drawn}。",
)
_ALL = Text("all of them, so nothing is approximated", "为全部组合，没有近似")
_DRAWN = Text(
    "those of {orders} drawn orders, in pairs of an order and its reverse: ± is the standard error that comes of drawing, "
    "apart from chance in the model, and a verdict must hold by two of them",
    "取自{orders}个随机次序（正序与逆序成对）：±为抽取次序带来的标准误，与模型内的随机性分列；结论须在两倍标准误之外仍成立",
)
_INTERVALS = Text(
    "Intervals: {confidence}, bootstrap of whole replications; those of one column of a table hold for all its rows together "
    "(balanced, Beran 1988), the whole package's and ratios (share, gain per 100) one by one.",
    "区间：{confidence}，对整次重复做自助抽样；表中同一列的区间对各行联合成立（均衡法，Beran 1988）；"
    "整个方案的区间与比值（占比、每100万元增收）逐项给出。",
)
_ADDS_UP = Text(
    "Check: in each replication the values add up to the effect of the whole package, to {gap} at most; {empty}.",
    "检验：每次重复中各成员之和等于整个方案的效应，最大相差{gap}；{empty}。",
)
_SAME = Text("the empty coalition differs from no policy by {gap}", "空组合与无政策相差{gap}")
_UNCHECKED = Text("no policy is not stored beside the coalitions", "未保存无政策方案，未与空组合比对")
_LOST = Text(
    "Left out of all coalitions: {failed} replications in which a run failed at some coalition, {unequal} that not all "
    "coalitions have.",
    "从全部组合中剔除：{failed}次重复因某一组合运行失败，{unequal}次重复并非所有组合都有。",
)
_EMPTY = Text("Not taken apart, as runs hold no number: {outcomes}.", "因运行结果无数值而未分解：{outcomes}。")
_MIXED = Text(
    "Less no policy mixes public money with the way it is spent; less the same money is the way alone. A member that makes the "
    "others more costly, or cheaper, has that in its cost. Every part of a package can be simulated: each member is an arm that "
    "was checked by itself.",
    "与无政策之差混合了财政资金本身与使用方式；与同等资金之差只反映使用方式。某成员若使其他成员的支出增减，计入该成员的分摊投入。"
    "方案的任一部分都可模拟：每个成员本身就是通过检查的方案。",
)


def about(made: Decomposition, found: Found, language: Language) -> list[str]:
    """How the numbers were made, what checks say and what was left out."""
    drawn = _DRAWN.say(language, orders=found.orders) if found.orders else _ALL.say(language)
    facts = {"coalitions": found.coalitions, "members": len(found.members), "arm": found.arm, "n": found.n}
    empty = _UNCHECKED if math.isnan(found.empty_gap) else _SAME
    gap = max(of.gap for of in made.found)
    checks = {"gap": f"{gap:.1g}", "empty": empty.say(language, gap=f"{found.empty_gap:g}")}
    said = [
        _MADE.say(language, drawn=drawn, **facts),
        _INTERVALS.say(language, confidence=f"{100 * made.confidence:g}%"),
        _ADDS_UP.say(language, **checks),
    ]
    if found.failed or found.unequal:
        said.append(_LOST.say(language, failed=found.failed, unequal=found.unequal))
    if made.empty:
        said.append(_EMPTY.say(language, outcomes=_SEPARATOR.say(language).join(made.empty)))
    return [*said, _MIXED.say(language)]


# ---- as a page and on the screen

_PAGE = Text("# {title}: which part of {arm} did it", "# {title}：{arm}各成员的贡献")
_PLAIN, _DONE = Text("## In plain words", "## 结果解读"), Text("## How it was made", "## 方法说明")


def markdown(made: Decomposition, language: Language) -> str:
    """decomposition.md."""
    gap = "" if language == "zh" else " "
    parts = [_PAGE.say(language, title=made.title, arm=made.found[0].arm), "", _PLAIN.say(language), ""]
    for found in shown_first(made):
        parts += [f"- {gap.join(sentences(made, found, language))}", ""]
    parts += [NOT_A_FORECAST.say(language), "", _DONE.say(language), ""]
    parts += [line for said in about(made, made.found[0], language) for line in (f"- {said}", "")]
    for found in made.found:
        parts += [f"## {title_of(made, found, language)}", ""]
        for head, body in (member_table(found, _cost_of(made, found), language), pair_table(found, language)):
            parts += [table_line(head), table_line(["---", *["---:"] * (len(head) - 1)]), *map(table_line, body), ""]
    notes = _notes(made, language)
    return "\n".join([*parts, *notes])


def shown_first(made: Decomposition) -> list[Found]:
    """The first outcome of each scenario and reference: what sentences and the screen are about."""
    found: dict[tuple[str, str], Found] = {}
    for of in made.found:
        if of.outcome != PUBLIC_COST:
            found.setdefault((of.scenario, of.against), of)
    return list(found.values()) or list(made.found)


def _cost_of(made: Decomposition, found: Found) -> Found | None:
    mine = (of for of in made.found if of.scenario == found.scenario and of.outcome == PUBLIC_COST)
    return next(mine, None)


def _notes(made: Decomposition, language: Language) -> list[str]:
    """Why a ratio is missing."""
    said = []
    for found in made.found:
        if found.outcome == EARNED and found.against == NO_POLICY and found.gain_per_100 is not None:
            label = MEASURES[GAIN_PER_100].label.say(language)
            said += [
                f"- {label}, {member}: {note_in(language, note)}"
                for member, note in zip(found.members, found.gain_per_100.notes, strict=True)
                if note
            ]
    return [*said, ""] if said else []


def print_decomposition(made: Decomposition, language: Language, file: IO[str] | None = None) -> None:
    """Tables of the first outcome and the sentences of every reference."""
    console = console_for(file)
    for found in shown_first(made):
        console.print(title_of(made, found, language), style="bold")
        print_table(console, *member_table(found, _cost_of(made, found), language))
        print_table(console, *pair_table(found, language, PAIRS_ON_SCREEN))
        print_text(console, ("" if language == "zh" else " ").join(sentences(made, found, language)))
        console.print()
    for said in about(made, made.found[0], language):
        print_text(console, said)
