"""Which unknown drives the answer 敏感性分析结果: sensitivity.csv, sensitivity.md, tables on the screen.

sensitivity.csv has every index of every answer, in English in every language; sensitivity.md is to be read: the
sentence first, then what was done, what failed, and the factors in the order of their importance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sim.analysis.sensitivity import Answer, Found, Line, at, lines, ranked, usable
from sim.analysis.stored import StoredRows, failed_runs
from sim.language import Language, Text
from sim.outcomes import OUTCOMES
from sim.report.answer import console_for, print_table, print_text, reference_label, table_line
from sim.report.rows import write_rows
from sim.report.wording import DASH, number, unit_in
from sim.statistics.elementary_effects import Screening
from sim.statistics.sobol_indices import SobolIndices, pairs

CSV, MARKDOWN = "sensitivity.csv", "sensitivity.md"
ON_SCREEN, IN_MARKDOWN = 10, 25
"""Factors listed; sensitivity.csv has all."""
NAMED = 3
"""Factors in a sentence."""
PAIRS_NAMED = 5


@dataclass(frozen=True)
class Sensitivity:
    """What was found of which sweep."""

    name: str
    rows: StoredRows
    found: Sequence[Found]
    confidence: float

    @property
    def factors(self) -> list[str]:
        return [fact["name"] for fact in self.rows.facts["factors"]]

    @property
    def contrasts(self) -> list[Found]:
        """Differences; where the sweep has none, levels."""
        return [one for one in self.found if one.answer.against] or list(self.found)

    @property
    def levels(self) -> list[Found]:
        """Levels where there are differences too."""
        shown = {id(one) for one in self.contrasts}
        return [one for one in self.found if id(one) not in shown]


def write_sensitivity(folder: Path, made: Sensitivity, language: Language) -> list[Path]:
    """Write sensitivity.csv and sensitivity.md; returns their paths."""
    every = [line for found in made.found for line in lines(found, made.factors)]
    write_rows(folder / CSV, Line, every)
    (folder / MARKDOWN).write_text(markdown(made, language), encoding="utf-8")
    return [folder / CSV, folder / MARKDOWN]


# ---- names


_LESS = Text("{arm} less {reference}", "{arm}与{reference}之差")
_LEVEL = Text("level of {arm}", "{arm}的水平")
_TITLE = Text("{what}: {outcome}, {unit}{scenario}", "{what}：{outcome}，{unit}{scenario}")


def answer_label(answer: Answer, language: Language) -> str:
    """``pool less same money``."""
    if not answer.against:
        return _LEVEL.say(language, arm=answer.arm)
    return _LESS.say(language, arm=answer.arm, reference=reference_label(answer.against, language))


def _title(made: Sensitivity, found: Found, language: Language) -> str:
    answer = found.answer
    several = len(made.rows.facts["scenarios"]) > 1
    outcome = answer.outcome if language == "en" else f"{OUTCOMES[answer.outcome].zh}（{answer.outcome}）"
    return _TITLE.say(
        language,
        what=answer_label(answer, language),
        outcome=outcome,
        unit=unit_in(language, answer.unit),
        scenario=f", {answer.scenario}" if several else "",
    )


def factor_label(fact: Mapping[str, Any], language: Language) -> str:
    """A factor's path without the part that all have; in Chinese its term before it."""
    name = str(fact["name"]).removeprefix("parameters.").removeprefix("arms.")
    return f"{fact['zh']} {name}" if language == "zh" and fact.get("zh") else name


def _names(made: Sensitivity, language: Language) -> list[str]:
    return [factor_label(fact, language) for fact in made.rows.facts["factors"]]


# ---- sentences


_SHARE = Text("{name} ({total} with its interactions, {first} by itself)", "{name}（含交互{total}，单独{first}）")
_DRIVES = Text(
    "Over the ranges varied the mean is {mean} and the standard deviation {spread}. Of the variance, most goes with "
    "{names}. By themselves the factors make up {sum} of it, the rest is interactions.",
    "在所变动的范围内，均值为{mean}，标准差为{spread}。方差主要来自{names}。各因子单独作用合计占{sum}，其余为交互作用。",
)
_MOVES = Text("{name} ({star})", "{name}（{star}）")
_SCREENED = Text(
    "Over the ranges varied the mean is {mean}. It is moved most, on average over the whole range of a factor, by "
    "{names}. {told} of {count} factors have an effect on these trajectories that can be told from replication noise (one by one).",
    "在所变动的范围内，均值为{mean}。因子在其整个范围内变动时，平均影响最大的是{names}。"
    "{count}个因子中有{told}个在这些轨迹上的影响可与重复噪声区分（逐项判断）。",
)
_FLAT = Text(
    "It is the same at every design point: no factor has any effect.", "在所有设计点上完全相同：没有任何因子有影响。"
)
_NOISE_ONLY = Text(
    "Its variation between design points cannot be told from replication noise: no noise-free indices. More replications.",
    "设计点之间的差异无法与重复噪声区分，不给出去噪指数；请增加重复次数。",
)
_NO_FREE = Text(
    "Fewer than three replications: noise cannot be taken out; the indices below hold it.",
    "重复不足三次，无法去除噪声；以下指数含噪声。",
)
_NOTHING = Text("No analysis: {why}.", "未能分析：{why}。")
_LIST = Text(", ", "、")


def sentence(made: Sensitivity, found: Found, language: Language) -> str:
    """Which unknown drives an answer, in words."""
    result = found.result
    if result is None:
        return _NOTHING.say(language, why=found.why)
    names, unit, join = _names(made, language), found.answer.unit, _LIST.say(language).join
    mean = number(found.mean, unit, sign=bool(found.answer.against))
    first = ranked(found)[:NAMED]
    if isinstance(result, Screening):
        if not result.mu_star.estimate.any():
            return _FLAT.say(language)
        said = join(_MOVES.say(language, name=names[p], star=number(result.mu_star.estimate[p], unit)) for p in first)
        told = int(result.told.sum())
        return _SCREENED.say(language, mean=mean, names=said, told=told, count=len(names))
    if result.plain.variance == 0.0:
        return _FLAT.say(language)
    if not usable(result) and result.replications >= _ENOUGH:
        return _NOISE_ONLY.say(language)
    indices = result.free if usable(result) else result.plain
    said = join(
        _SHARE.say(
            language,
            name=names[p],
            total=_share(*at(indices.total, p)),
            first=number(indices.first.estimate[p], "share"),
        )
        for p in first
    )
    spread = number(math.sqrt(indices.variance), unit)
    drives = _DRIVES.say(
        language, mean=mean, spread=spread, names=said, sum=number(float(indices.first.estimate.sum()), "share")
    )
    return drives if usable(result) else f"{drives} {_NO_FREE.say(language)}"


_ENOUGH = 3


def _share(value: float, low: float, high: float) -> str:
    return _interval(value, low, high, "share")


def _interval(value: float, low: float, high: float, unit: str, *, sign: bool = False) -> str:
    if math.isnan(value):
        return DASH
    if math.isnan(low):
        return number(value, unit, sign=sign)
    return f"{number(value, unit, sign=sign)} [{number(low, unit, sign=sign)}, {number(high, unit, sign=sign)}]"


# ---- tables


_SOBOL_HEADS = (
    Text("factor", "因子"),
    Text("total", "总效应"),
    Text("first order", "一阶"),
    Text("total, noise in it", "总效应（含噪声）"),
    Text("first, noise in it", "一阶（含噪声）"),
)
_MORRIS_HEADS = (
    Text("factor", "因子"),
    Text("mu*", "mu*"),
    Text("if noise were all", "若只有噪声"),
    Text("mu", "mu"),
    Text("sigma, noise-free", "sigma（去噪）"),
    Text("root mean square, noise-free", "均方根（去噪）"),
)
_SECOND_HEADS = (Text("pair", "因子对"), Text("second order", "二阶"))


def factor_table(made: Sensitivity, found: Found, language: Language, most: int) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of the most important factors."""
    names, result, unit = _names(made, language), found.result, found.answer.unit
    shown = ranked(found)[:most]
    if isinstance(result, SobolIndices):
        parts = (result.free.total, result.free.first, result.plain.total, result.plain.first)
        body = [[names[p], *(_share(*at(part, p)) for part in parts)] for p in shown]
        return [text.say(language) for text in _SOBOL_HEADS], body
    assert result is not None
    body = [
        [
            names[p],
            _interval(*at(result.mu_star, p), unit),
            number(result.mu_star_noise[p], unit),
            _interval(*at(result.mu, p), unit, sign=True),
            number(result.sigma_free[p], unit),
            _interval(*at(result.rms, p), unit),
        ]
        for p in shown
    ]
    return [text.say(language) for text in _MORRIS_HEADS], body


def pair_table(made: Sensitivity, found: Found, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of the strongest pairs; no lines where the design has no second order."""
    result, names = found.result, _names(made, language)
    if not isinstance(result, SobolIndices) or (second := result.free.second) is None or not usable(result):
        return [], []
    every = pairs(len(names))
    order = sorted(range(len(every)), key=lambda p: -second.estimate[p])[:PAIRS_NAMED]
    body = [[" × ".join(names[i] for i in every[p]), _share(*at(second, p))] for p in order]
    return [text.say(language) for text in _SECOND_HEADS], body


_LEVEL_HEADS = (Text("answer", "结果"), Text("mean", "均值"), Text("noise", "噪声"), Text("driven by", "主要来自"))


def level_table(made: Sensitivity, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of levels: a line each, with the factors that drive it."""
    names, body = _names(made, language), []
    for found in made.levels:
        drivers = [names[p] for p in ranked(found)[:NAMED]] if found.result is not None else [DASH]
        body.append(
            [
                f"{answer_label(found.answer, language)}: {found.answer.outcome}",
                number(found.mean, found.answer.unit),
                number(found.noise.moving, "share"),
                _LIST.say(language).join(drivers),
            ]
        )
    return [text.say(language) for text in _LEVEL_HEADS], body


# ---- what was done


_SOBOL_DONE = Text(
    "Sobol indices from a Saltelli design: {factors} factors, {groups} base rows, {replications} replications. First "
    "order: share of the variance that would go if the factor were known. Total: share that would be left if all others "
    "were known. Intervals: {confidence}, bootstrap over base rows; those of noise-free indices hold over the base rows and "
    "the replications drawn (jackknife), those of indices with noise over the rows alone.",
    "Saltelli设计的Sobol指数：{factors}个因子，{groups}个基础行，{replications}次重复。一阶：若该因子已知，方差可减少的份额。"
    "总效应：若其余因子均已知，方差仍保留的份额。置信区间：{confidence}，对基础行自助抽样；"
    "去噪指数的区间兼顾基础行与重复（刀切法），含噪声指数的区间只对基础行成立。",
)
_MORRIS_DONE = Text(
    "Morris screening: {factors} factors, {groups} trajectories, {replications} replications. mu* is the mean absolute "
    "change of the answer per whole range of a factor (a form: from one option to another), mu the mean with its sign, sigma "
    "its standard deviation: large where a factor acts differently in different places. Intervals: {confidence} over the "
    "trajectories drawn, those of mu and of the root mean square over the replications too.",
    "Morris筛选：{factors}个因子，{groups}条轨迹，{replications}次重复。mu*为因子在整个范围内变动（形式：由一种改为另一种）时"
    "结果变化绝对值的均值，mu为带符号的均值，sigma为其标准差，数值大表示该因子在不同位置作用不同。"
    "置信区间：{confidence}，对轨迹成立；mu与均方根的区间还兼顾重复。",
)
_NOISE = Text(
    "Replication noise, {what}: {moving} of the variance of the means of design points ({within} counting noise that all "
    "points have in common, which moves no difference between them).",
    "重复噪声（{what}）：占设计点均值方差的{moving}（若计入各点共有、不影响点间差异的噪声，则为{within}）。",
)
_ALL_RAN = Text("No run failed.", "没有失败的运行。")
_FAILED = Text(
    "{count} of {all} runs failed ({by_arm}).",
    "{all}次运行中有{count}次失败（{by_arm}）。",
)
_DROPPED = Text(
    "{what}: {dropped} of {groups} {word} left out whole, because one of their points has no complete replication; {thinned} "
    "points rest on fewer replications. What failed is no random choice: nothing is said of such settings.",
    "{what}：{groups}{word}中有{dropped}{word}因其中某点没有任何完整重复而整体剔除；{thinned}个设计点的重复数较少。"
    "失败并非随机发生：以上结论不涉及这类设定。",
)
_WORDS = {"morris": Text("trajectories", "条轨迹"), "saltelli": Text("base rows", "个基础行")}
_RANGES = Text(
    "Shares and effects are over the ranges of this experiment, every value in them equally likely; other ranges give others.",
    "份额与影响均以本实验的取值范围为准，范围内各值等可能；范围不同，结果也不同。",
)


def about(made: Sensitivity, language: Language) -> Iterator[str]:
    """Paragraphs on what was done, noise and failures."""
    facts = made.rows.facts
    first = made.found[0]
    done = _MORRIS_DONE if facts["method"] == "morris" else _SOBOL_DONE
    at_least, at_most = (int(facts["replications"][key]) for key in ("at_least", "at_most"))
    yield done.say(
        language,
        factors=len(made.factors),
        groups=first.groups,
        replications=at_least if at_least == at_most else f"{at_least}-{at_most}",
        confidence=f"{100 * made.confidence:g}%",
    )
    for found in made.contrasts:
        if found.result is not None and not math.isnan(found.noise.moving):
            shares = {"moving": number(found.noise.moving, "share"), "within": number(found.noise.within, "share")}
            yield _NOISE.say(language, what=_short(found, language), **shares)
    yield from _failures(made, language)
    yield _RANGES.say(language)


def _short(found: Found, language: Language) -> str:
    return f"{answer_label(found.answer, language)}, {found.answer.outcome}"


def _failures(made: Sensitivity, language: Language) -> Iterator[str]:
    assert made.rows.points is not None
    arms = list(dict.fromkeys(name for one in made.found for name in (one.answer.arm, one.answer.against) if name))
    lost = failed_runs(made.rows, made.rows.points["design_point"].to_pylist(), arms)
    if not lost:
        yield _ALL_RAN.say(language)
        return
    total = sum(name in arms for name in made.rows.runs["arm"].to_pylist())
    by_arm = _LIST.say(language).join(f"{arm} {count}" for arm, count in lost.items())
    yield _FAILED.say(language, count=sum(lost.values()), all=total, by_arm=by_arm)
    word = _WORDS[made.rows.facts["method"]].say(language)
    for found in made.contrasts:
        if found.dropped or found.thinned:
            counts = {"dropped": found.dropped, "groups": found.groups, "thinned": found.thinned, "word": word}
            yield _DROPPED.say(language, what=_short(found, language), **counts)


# ---- sensitivity.md


_HEADING = Text("# {name}: which unknown drives the answer", "# {name}：结果由哪些未知因素决定")
_LEVELS = Text("## Levels", "## 各方案水平")
_REST = Text("All {count} factors: {file}.", "全部{count}个因子见{file}。")


def markdown(made: Sensitivity, language: Language) -> str:
    """sensitivity.md."""
    parts = [_HEADING.say(language, name=made.name), str(made.rows.facts.get("question", ""))]
    parts += [f"- **{_title(made, found, language)}.** {sentence(made, found, language)}" for found in made.contrasts]
    parts += list(about(made, language))
    for found in made.contrasts:
        parts.append(f"## {_title(made, found, language)}")
        if found.result is None:
            parts.append(sentence(made, found, language))
            continue
        parts.append(_markdown_table(*factor_table(made, found, language, IN_MARKDOWN)))
        head, body = pair_table(made, found, language)
        parts += [_markdown_table(head, body)] if body else []
    if made.levels:
        parts += [_LEVELS.say(language), _markdown_table(*level_table(made, language))]
    if len(made.factors) > IN_MARKDOWN:
        parts.append(_REST.say(language, count=len(made.factors), file=CSV))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    return "\n".join([table_line(head), table_line(["---"] * len(head)), *map(table_line, body)])


# ---- the screen


def print_sensitivity(made: Sensitivity, language: Language, file: IO[str] | None = None) -> None:
    """Print, for each difference, the sentence and the first factors; then what was done and what failed."""
    console = console_for(file)
    outcome = made.contrasts[0].answer.outcome
    for found in made.contrasts:
        console.print(_title(made, found, language))
        print_text(console, sentence(made, found, language))
        if found.result is not None and found.answer.outcome == outcome:
            print_table(console, *factor_table(made, found, language, ON_SCREEN))
        console.print()
    for said in about(made, language):
        print_text(console, said)
