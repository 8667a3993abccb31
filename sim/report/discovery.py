"""Scenario discovery as files and on the screen 情景发现报告: the sentence first, then all that it rests on.

discovery.csv has one line a limit of each box, discovery_trajectory.csv one line a box of each peeling trajectory,
discovery_points.csv one line a design point with its verdict and boxes, all in English in every language; discovery.md is
to be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from sim.analysis.classification import tree
from sim.analysis.discovery import LEAST_CASES, LEAST_POINTS, STABLE, Discovery, Found
from sim.analysis.prim import MOST_LIMITS, Column, Limit, Step, inside, told
from sim.analysis.stored import StoredRows, failed_runs
from sim.language import Language, Text
from sim.outcomes import NO_POLICY, OUTCOMES
from sim.report.answer import console_for, print_text, reference_label, table_line
from sim.report.factor_words import Factor, conditions, factors_in, joined, kept_options, plain
from sim.report.rows import write_rows
from sim.report.wording import DASH, number, unit_in

LIMITS_CSV, TRAJECTORY_CSV, POINTS_CSV = "discovery.csv", "discovery_trajectory.csv", "discovery_points.csv"
MARKDOWN = "discovery.md"
FACTORS_SHOWN = 10
VERDICTS = {1: "wins", 0: "undecided", -1: "loses"}


@dataclass(frozen=True)
class Report:
    """A discovery with the names of its factors."""

    name: str
    """Of the folder."""
    rows: StoredRows
    found: Discovery
    factors: tuple[Factor, ...]


def report_of(name: str, rows: StoredRows, found: Discovery) -> Report:
    """What is written and printed."""
    return Report(name, rows, found, factors_in(rows, found.columns))


# ---- the sentence

_LOSES = Text("{arm} loses to {against}", "{arm}劣于{against}")
_WINS = Text("{arm} beats {against}", "{arm}优于{against}")
_OPEN = Text("whether {arm} beats {against} is undecided", "{arm}与{against}孰优尚无定论")
_CLAIMS = {"loses": _LOSES, "wins": _WINS, "undecided": _OPEN}
_SENTENCE = Text(
    "{claim} when {conditions}: this covers {coverage} of the points where it does, and {density} of the points inside are "
    "such points; base rate {base}. On points that a search had not seen: {out_coverage} [{oc_low}, {oc_high}] and "
    "{out_density} [{od_low}, {od_high}].",
    "{conditions}时，{claim}：涵盖此类设计点的{coverage}，其内{density}的设计点如此，总体比例为{base}。"
    "在搜索未使用的设计点上：{out_coverage}［{oc_low}，{oc_high}］与{out_density}［{od_low}，{od_high}］。",
)
_TENTATIVE = Text(
    "Tentative, for its limits do not come back in half of the resamples ({shares}): {sentence}",
    "以下区域尚不稳定，其界限在重抽样中重现不足一半（{shares}）：{sentence}",
)
_FURTHER = Text("Among the points outside the box{plural} before: {sentence}", "在前述区域之外的设计点中：{sentence}")
_NO_BOX = Text(
    "No box worth telling: where {claim} ({base} of the points searched) follows no limits of these factors by more than "
    "chance ({why}).",
    "没有值得报告的区域：{claim}的设计点（占所搜索设计点的{base}）与这些因素的取值范围之间没有超出偶然的联系（{why}）。",
)
_SHUFFLED = Text("permutation test: p = {p:.3f}", "置换检验p={p:.3f}")
_NO_LIMIT = Text("no limit of a factor tells anything", "没有任何因素的界限提供信息")
_NO_MORE = Text("No further box is worth telling ({why}).", "其余设计点中没有值得报告的区域（{why}）。")
_TOO_FEW = Text(
    "Not searched: {cases} of {points} points where {claim}; it takes {least} points or more, and {each} or more of either "
    "kind.",
    "未搜索：{points}个设计点中有{cases}个{claim}；至少需要{least}个设计点，且两类各不少于{each}个。",
)


def claim(made: Report, language: Language) -> str:
    """What is asked: 'pool loses to same money'."""
    question = made.found.question
    return _CLAIMS[question.when].say(language, arm=question.arm, against=_against(question.against, language))


def _against(reference: str, language: Language) -> str:
    """What the arm is compared with, in a sentence; an arm that is no companion by its own name."""
    if reference != NO_POLICY and "@" not in reference:
        return reference
    label = reference_label(reference, language)
    return f"the {label}" if language == "en" and reference != NO_POLICY else label


def sentences(made: Report, language: Language) -> list[str]:
    """What was found, one sentence a box."""
    found = made.found
    if not found.boxes:
        used = found.cases[found.used]
        counts = {"cases": int(used.sum()), "points": len(used), "least": LEAST_POINTS, "each": LEAST_CASES}
        return [_TOO_FEW.say(language, claim=claim(made, language), **counts)]
    said = []
    for place, box in enumerate(found.boxes):
        if box.believed:
            sentence = _sentence(made, box, language)
            further = _FURTHER.say(language, sentence=sentence, plural="es" if place > 1 else "")
            said.append(further if place else sentence)
        elif place:
            said.append(_NO_MORE.say(language, why=_why(box, language)))
        else:
            base = number(found.base_rate, "share").lstrip("+")
            said.append(_NO_BOX.say(language, claim=claim(made, language), base=base, why=_why(box, language)))
    return said


def _why(box: Found, language: Language) -> str:
    return _SHUFFLED.say(language, p=box.p_value) if box.box else _NO_LIMIT.say(language)


def _sentence(made: Report, box: Found, language: Language) -> str:
    assert box.stability is not None
    phrases = conditions(box.box, made.found.columns, made.factors, language)
    base = float(made.found.cases[box.searched].mean())
    cover, dense = box.stability.coverage, box.stability.density
    said = _SENTENCE.say(
        language,
        claim=claim(made, language),
        conditions=joined(phrases, language),
        coverage=_percent(box.told.coverage),
        density=_percent(box.told.density),
        base=_percent(base),
        **{name: _percent(value) for name, value in zip(("out_coverage", "oc_low", "oc_high"), cover, strict=True)},
        **{name: _percent(value) for name, value in zip(("out_density", "od_low", "od_high"), dense, strict=True)},
    )
    if box.stable:
        return said
    again = [f"{made.factors[limit.factor].label(language)} {_percent(of.share)}"
             for limit, of in box.stability.limits.items() if of.share < STABLE]  # fmt: skip
    return _TENTATIVE.say(language, shares=_LIST.say(language).join(again), sentence=said)


_LIST = Text(", ", "、")


def _percent(share: float) -> str:
    return DASH if math.isnan(share) else f"{100.0 * share:.0f}%"


# ---- what it rests on

_ASKED = Text(
    "{points} design points of `{name}`; `{outcome}` ({unit}) of {arm} less {against}, paired by replication. {how} "
    "{wins} points win, {loses} lose, {undecided} are undecided{unknown}.",
    "`{name}`的{points}个设计点；指标`{outcome}`（{unit}），{arm}减{against}，按重复配对。{how}"
    "{wins}个设计点占优，{loses}个受损，{undecided}个无定论{unknown}。",
)
_BY_TEST = Text(
    "Verdicts by Student's t at {confidence}, point by point: where nothing differs, {wrong} of {points} points are still "
    "called, half of them each way.",
    "逐点以{confidence}的t检验判定：即使毫无差异，{points}个设计点中仍会有约{wrong}个被判出高下，两个方向各半。",
)
_BY_SIGN = Text(
    "Verdicts by the sign of the mean difference, however small.",
    "按平均差异的正负判定，不论差异大小。",
)
_UNKNOWN = Text(
    ", {count} have no verdict (too few pairs of runs) and are not searched",
    "，{count}个因成对运行过少无法判定，未参与搜索",
)
_COUNTED = Text(
    "Undecided points count as points where it is not so.",
    "无定论的设计点计入“并非如此”的一类。",
)
_LEFT_OUT = Text(
    "Undecided points are left out: shares are of the {used} decided ones.",
    "无定论的设计点不参与搜索：各比例以{used}个有定论的设计点为基数。",
)
_NONE_FAILED = Text("No run of these arms failed.", "这些方案没有失败的运行。")
_FAILED = Text(
    "{count} runs failed ({by_arm}); their pairs are dropped: {dropped} pairs at {points} design points.",
    "{count}次运行失败（{by_arm}），所在配对已剔除：{points}个设计点共{dropped}对。",
)
_METHOD = Text(
    "Boxes by patient rule induction (alpha {alpha:g}): factors are thinned out by coarse peelings until {most} or fewer are "
    "left; of "
    "the last trajectory the box with the largest excess of cases, support x (density − base rate), is taken; limits with a "
    "quasi-p-value above 5% are dropped, limits are moved out as long as the density does not fall. "
    "The permutation test repeats all of it with verdicts shuffled over the points, {permutations} times.",
    "用病人规则归纳法（PRIM，α={alpha:g}）寻找区域：先以粗剥离逐步淘汰因素，直至剩{most}个；在最后的剥离轨迹中取"
    "超额（支持度×（密度−总体比例））最大的区域；去掉准p值高于5%的界限，在密度不降的前提下外扩界限。"
    "置换检验将判定结果在设计点间打乱，重复整个过程{permutations}次。",
)
_NO_PROBABILITY = Text(
    "Shares are of design points, all equally likely over the ranges of the experiment file: no probability that a policy "
    "loses somewhere. A limit says where verdicts change in the model, not why.",
    "各比例以设计点计，设计点在试验文件的取值范围内等可能：并非政策在某地受损的概率。界限只说明模型中结论在何处改变，不说明原因。",
)


def about(made: Report, language: Language) -> list[str]:
    """How the points were judged and searched, what failed."""
    found, question = made.found, made.found.question
    judged, points = found.judged, len(found.judged.points)
    if question.by == "test":
        wrong = f"{(1.0 - question.confidence) * points:.3g}"
        how = _BY_TEST.say(language, confidence=f"{100 * question.confidence:g}%", wrong=wrong, points=points)
    else:
        how = _BY_SIGN.say(language)
    unknown = int((~judged.known).sum())
    counts = {word: int((judged.known & (judged.sign == sign)).sum()) for sign, word in VERDICTS.items()}
    asked = _ASKED.say(
        language,
        points=points,
        name=made.name,
        outcome=question.outcome,
        unit=unit_in(language, OUTCOMES[question.outcome].unit),
        arm=question.arm,
        against=_against(question.against, language),
        how=how,
        unknown=_UNKNOWN.say(language, count=unknown) if unknown else "",
        **counts,
    )
    method = {"alpha": question.alpha, "most": MOST_LIMITS, "permutations": question.permutations}
    return [
        asked,
        *_undecided(made, language),
        _failed(made, language),
        _METHOD.say(language, **method),
        _NO_PROBABILITY.say(language),
    ]


def _undecided(made: Report, language: Language) -> Iterator[str]:
    if made.found.question.when != "undecided":
        counted = made.found.question.undecided == "counted"
        yield (_COUNTED if counted else _LEFT_OUT).say(language, used=int(made.found.used.sum()))


def _failed(made: Report, language: Language) -> str:
    judged, question = made.found.judged, made.found.question
    by_arm = failed_runs(made.rows, judged.points.tolist(), [question.arm, question.against])
    if not by_arm:
        return _NONE_FAILED.say(language)
    named = _LIST.say(language).join(f"{arm} {count}" for arm, count in by_arm.items())
    counts = {"dropped": int(judged.dropped.sum()), "points": int((judged.dropped > 0).sum())}
    return _FAILED.say(language, count=sum(by_arm.values()), by_arm=named, **counts)


# ---- discovery.md

_TITLE = Text("# {name}: when {claim}", "# {name}：{claim}的条件")
_HOW = Text("## How it was found", "## 方法")
_BOX = Text("## Box {number}", "## 区域{number}")
_INSIDE = Text(
    "{points} points inside, {cases} of them cases; mean difference inside {mean} {unit}. Permutation test: p = {p:.3f}. "
    "{none} of {resamples} resamples found no box.",
    "区域内{points}个设计点，其中{cases}个如此；区域内平均差异{mean}{unit}。置换检验p={p:.3f}。"
    "{resamples}次重抽样中有{none}次未找到区域。",
)
_LIMITS = (
    Text("limit", "界限"),
    Text("range", "取值范围"),
    Text("quasi-p", "准p值"),
    Text("found again", "重现比例"),
    Text("95% of resamples", "95%重抽样区间"),
)
_FACTORS = Text(
    "Factors limited in the resamples: {names}.",
    "重抽样中被限定的因素：{names}。",
)
_TRAJECTORY = Text("### Peeling trajectory", "### 剥离轨迹")
_TRAJECTORY_SAID = Text(
    "From all points searched to the smallest box; * the one taken, before limits were dropped and moved out.",
    "从全部设计点到最小区域；*为所取区域（去掉与外扩界限之前）。",
)
_STEPS = (
    Text("box", "区域"),
    Text("coverage", "覆盖率"),
    Text("density", "密度"),
    Text("support", "支持度"),
    Text("mean difference", "平均差异"),
    Text("factors", "因素数"),
    Text("last cut", "最后一次剥离"),
)
_TREE = Text("## A small tree", "## 小分类树")
_TREE_SAID = Text(
    "Another look at the same points: splits at quartiles that part the verdicts best, a tenth of the points in a leaf or "
    "more. A description, not a test.",
    "同样设计点的另一种看法：在四分位处作最能区分结论的划分，叶节点不少于十分之一的设计点。仅为描述，不是检验。",
)
_NO_SPLIT = Text("- No factor parts the points.", "- 没有因素能区分这些设计点。")
_BRANCH = Text("{count} points: {shares}", "{count}个设计点：{shares}")
_MEANING = Text("## The factors named", "## 所涉因素")
_VERDICT_WORDS = {
    "wins": Text("wins", "占优"),
    "loses": Text("loses", "受损"),
    "undecided": Text("undecided", "无定论"),
}


def markdown(made: Report, language: Language) -> str:
    """discovery.md."""
    lines = [_TITLE.say(language, name=made.name, claim=claim(made, language)), ""]
    lines += [line for said in sentences(made, language) for line in (f"**{said}**", "")]
    lines += [_HOW.say(language), ""]
    lines += [line for said in about(made, language) for line in (said, "")]
    for place, box in enumerate(made.found.boxes):
        if box.believed:
            lines += [_BOX.say(language, number=place + 1), "", *_box_lines(made, box, language)]
    lines += [_TREE.say(language), "", _TREE_SAID.say(language), "", *_tree_lines(made, language), ""]
    meanings = list(_meanings(made, language))
    if meanings:
        lines += [_MEANING.say(language), "", *meanings, ""]
    return "\n".join(lines)


def _box_lines(made: Report, box: Found, language: Language) -> list[str]:
    assert box.stability is not None
    unit = OUTCOMES[made.found.question.outcome].unit
    lines = [
        _INSIDE.say(
            language,
            points=box.told.points,
            cases=box.told.cases,
            mean=number(box.mean, unit, sign=True),
            unit=unit_in(language, unit),
            p=box.p_value,
            none=box.stability.none,
            resamples=box.stability.resamples,
        ),
        "",
        table_line([head.say(language) for head in _LIMITS]),
        table_line(["---"] * len(_LIMITS)),
    ]
    lines += [table_line(_limit_cells(made, box, limit, language)) for limit in sorted(box.box)]
    often = list(box.stability.factors.items())[:FACTORS_SHOWN]
    named = [f"{made.factors[factor].label(language)} {_percent(share)}" for factor, share in often]
    lines += ["", _FACTORS.say(language, names=_LIST.say(language).join(named)), ""]
    lines += [_TRAJECTORY.say(language), "", _TRAJECTORY_SAID.say(language), ""]
    lines += [table_line([head.say(language) for head in _STEPS]), table_line(["---"] * len(_STEPS))]
    lines += [table_line(cells) for cells in _step_cells(made, box, language)]
    return [*lines, ""]


def _limit_cells(made: Report, box: Found, limit: Limit, language: Language) -> list[str]:
    assert box.stability is not None
    column, factor = made.found.columns[limit.factor], made.factors[limit.factor]
    shown = box.stability.limits[limit]
    said = conditions({limit: box.box[limit]}, made.found.columns, made.factors, language)[0]
    if column.options:
        return [said, " / ".join(column.options), f"{box.quasi_p[limit]:.2g}", _percent(shown.share), DASH]
    ends = f"{plain(factor.range[0])} – {plain(factor.range[1])}" if factor.range else DASH
    again = DASH if math.isnan(shown.low) else f"{plain(shown.low)} – {plain(shown.high)}"
    return [said, ends, f"{box.quasi_p[limit]:.2g}", _percent(shown.share), again]


def _step_cells(made: Report, box: Found, language: Language) -> Iterator[list[str]]:
    hits, means = made.found.cases[box.searched], made.found.judged.mean[box.searched]
    before: Step | None = None
    for place, step in enumerate(box.fitted.trajectory):
        shown = told(hits, step.inside)
        cut = _cut(made, before, step, language)
        mark = f"{place}*" if place == box.fitted.chosen else str(place)
        mean = number(float(np.nanmean(means[step.inside])), sign=True)
        factors = len({limit.factor for limit in step.box})
        shares = (_percent(value) for value in (shown.coverage, shown.density, shown.support))
        yield [mark, *shares, mean, str(factors), cut]
        before = step


def _cut(made: Report, before: Step | None, step: Step, language: Language) -> str:
    """What the last cut said, in words."""
    if before is None:
        return ""
    new = {limit: at for limit, at in step.box.items() if before.box.get(limit) != at}
    return joined(conditions(new, made.found.columns, made.factors, language), language)


def _tree_lines(made: Report, language: Language) -> list[str]:
    found = made.found
    known = found.judged.known
    labels = np.array([_VERDICT_WORDS[VERDICTS[int(sign)]].say(language) for sign in found.judged.sign[known]])
    names = sorted(set(labels.tolist()))
    lines = []
    for level, condition, mine in tree(_one_by_one(found.columns, known), labels) if len(labels) else ():
        shares = ", ".join(f"{name} {_percent(float(np.mean(mine == name)))}" for name in names)
        lines.append(
            f"{'  ' * level}- {condition}{'：' if language == 'zh' else ': '}"
            f"{_BRANCH.say(language, count=len(mine), shares=shares)}"
        )
    return lines or [_NO_SPLIT.say(language)]


def _one_by_one(columns: Sequence[Column], known: np.ndarray) -> list[dict[str, float]]:
    """Coordinates as the tree takes them: an option of a choice is 1 where it is chosen."""
    spread: dict[str, np.ndarray] = {}
    for column in columns:
        values = column.values[known]
        if column.options:
            spread |= {f"{column.name}={option}": values == code for code, option in enumerate(column.options)}
        else:
            spread[column.name] = values
    return [{name: float(values[row]) for name, values in spread.items()} for row in range(int(known.sum()))]


def _meanings(made: Report, language: Language) -> Iterator[str]:
    """Path and meaning of every factor that a box names."""
    from sim.scenario.declared import catalogue

    places = dict.fromkeys(limit.factor for box in made.found.believed for limit in sorted(box.box))
    for place in places:
        factor, column = made.factors[place], made.found.columns[place]
        meaning = factor.zh if language == "zh" else factor.meaning
        yield f"- `{factor.name}` ({unit_in(language, factor.unit)}): {meaning}"
        declared = catalogue().at(factor.path) if column.options else None
        if declared is not None and language == "en":
            yield from (f"  - `{option}`: {said}" for option, said in declared.options.items())
        elif column.options:
            yield from (f"  - {factor.option(option, language)}" for option in column.options)


# ---- files


@dataclass(frozen=True)
class LimitLine:
    """One line of discovery.csv. Of a box that is not believed nothing was resampled."""

    box: int
    believed: str
    stable: str
    factor: str
    unit: str
    side: str
    value: float
    options: str
    """Options of a choice that the box allows."""
    range_low: float
    range_high: float
    quasi_p: float
    found_again: float
    resamples_low: float
    resamples_high: float
    points: int
    cases: int
    coverage: float
    coverage_of_all: float
    density: float
    support: float
    base_rate: float
    mean_difference: float
    p_value: float
    coverage_unseen: float
    coverage_unseen_low: float
    coverage_unseen_high: float
    density_unseen: float
    density_unseen_low: float
    density_unseen_high: float


@dataclass(frozen=True)
class StepLine:
    """One line of discovery_trajectory.csv."""

    box: int
    step: int
    taken: str
    coverage: float
    density: float
    support: float
    points: int
    cases: int
    mean_difference: float
    factors: int
    limits: str


@dataclass(frozen=True)
class PointLine:
    """One line of discovery_points.csv."""

    design_point: int
    mean_difference: float
    half_width: float
    verdict: str
    pairs: int
    dropped: int
    searched: str
    case: str
    box: int
    """The first box that holds the point, counted from 1; 0: none."""


def write_discovery(folder: Path, made: Report, language: Language) -> list[Path]:
    """Write the tables and discovery.md; returns their paths."""
    write_rows(folder / LIMITS_CSV, LimitLine, list(limit_lines(made)))
    write_rows(folder / TRAJECTORY_CSV, StepLine, list(_step_lines(made)))
    write_rows(folder / POINTS_CSV, PointLine, list(_point_lines(made)))
    (folder / MARKDOWN).write_text(markdown(made, language), encoding="utf-8")
    return [folder / name for name in (LIMITS_CSV, TRAJECTORY_CSV, POINTS_CSV, MARKDOWN)]


def limit_lines(made: Report) -> Iterator[LimitLine]:
    """discovery.csv."""
    nowhere = (math.nan, math.nan, math.nan)
    for place, box in enumerate(made.found.boxes):
        stability = box.stability
        for limit in sorted(box.box):
            column, factor = made.found.columns[limit.factor], made.factors[limit.factor]
            again = None if stability is None else stability.limits[limit]
            ends = factor.range or (math.nan, math.nan)
            yield LimitLine(
                place + 1,
                _yes(box.believed),
                _yes(box.stable),
                factor.name,
                factor.unit,
                limit.side,
                math.nan if column.options else box.box[limit],
                "|".join(kept_options(limit.factor, box.box, column)) if column.options else "",
                *((math.nan, math.nan) if column.options else ends),
                box.quasi_p[limit],
                *(nowhere if again is None else (again.share, again.low, again.high)),
                box.told.points,
                box.told.cases,
                box.told.coverage,
                box.coverage_of_all,
                box.told.density,
                box.told.support,
                float(made.found.cases[box.searched].mean()),
                box.mean,
                box.p_value,
                *(nowhere if stability is None else stability.coverage),
                *(nowhere if stability is None else stability.density),
            )


def _step_lines(made: Report) -> Iterator[StepLine]:
    for place, box in enumerate(made.found.boxes):
        hits, means = made.found.cases[box.searched], made.found.judged.mean[box.searched]
        for number_, step in enumerate(box.fitted.trajectory):
            shown = told(hits, step.inside)
            phrases = conditions(step.box, made.found.columns, made.factors, "en")
            yield StepLine(
                place + 1,
                number_,
                _yes(number_ == box.fitted.chosen),
                shown.coverage,
                shown.density,
                shown.support,
                shown.points,
                shown.cases,
                float(np.nanmean(means[step.inside])),
                len({limit.factor for limit in step.box}),
                joined(phrases, "en"),
            )


def _point_lines(made: Report) -> Iterator[PointLine]:
    found, judged = made.found, made.found.judged
    held = np.zeros(len(judged.points), dtype=np.int64)
    for place, box in reversed(list(enumerate(found.believed))):
        held[inside(found.columns, box.box) & box.searched] = place + 1
    for row, point in enumerate(judged.points):
        half = float(judged.half[row])
        yield PointLine(
            int(point),
            float(judged.mean[row]),
            half if math.isfinite(half) else math.nan,
            VERDICTS[int(judged.sign[row])] if judged.known[row] else "unknown",
            int(judged.pairs[row]),
            int(judged.dropped[row]),
            _yes(bool(found.used[row])),
            _yes(bool(found.cases[row])),
            int(held[row]),
        )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# ---- the screen


def print_discovery(made: Report, language: Language, file: IO[str] | None = None) -> None:
    """The sentence, then how the points were judged and searched."""
    console = console_for(file)
    for said in (*sentences(made, language), "", *about(made, language)):
        print_text(console, said)
