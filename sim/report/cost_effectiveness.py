"""Cost-effectiveness as files and on the screen 成本效果报告: what to buy at which price, and which arms buy no more for more.

cost.csv has one line an arm, cost_acceptability.csv one line an arm and willingness to pay, in English in every language;
cost.md is to be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from sim.analysis.buys import Curves
from sim.analysis.cost_effectiveness import incremental_ratio, resampled_means, share_on_frontier
from sim.language import Language, Text
from sim.report.answer import console_for, print_table, print_text, table_line
from sim.report.factor_words import plain
from sim.report.rows import write_rows
from sim.report.wording import DASH, NOT_A_FORECAST, number
from sim.statistics import TooFewReplications, t_interval

CSV, CURVES_CSV, MARKDOWN = "cost.csv", "cost_acceptability.csv", "cost.md"
PRICES_SHOWN = 6


@dataclass(frozen=True)
class CostReport:
    """Curves with the name of the result and what they are of."""

    name: str
    curves: Curves
    points: int
    """Design points; 1: replications of one."""


@dataclass(frozen=True)
class ArmLine:
    """One line of cost.csv."""

    arm: str
    public_cost: float
    public_cost_low: float
    public_cost_high: float
    gain: float
    gain_low: float
    gain_high: float
    draws: int
    status: str
    by: str
    """Arms that dominate it, or that it equals."""
    compared_with: str
    """The arm before it on the frontier."""
    extra_cost: float
    extra_gain: float
    ratio: float
    """万元 of public cost for one more 万元 a year."""
    ratio_low: float
    ratio_high: float
    on_frontier: float
    """Share of resampled means in which the arm is on the frontier."""


@dataclass(frozen=True)
class PriceLine:
    """One line of cost_acceptability.csv."""

    willingness_to_pay: float
    arm: str
    share_of_draws: float
    share_of_resamples: float
    mean_net_benefit: float
    best_on_average: str


def arm_lines(made: CostReport) -> list[ArmLine]:
    """cost.csv."""
    curves, buys = made.curves, made.curves.buys
    shares = np.full(len(buys.arms), math.nan)
    if buys.gain.shape[1] > 1:
        shares = share_on_frontier(*resampled_means(buys.gain, buys.cost))
    lines = []
    for place, arm in enumerate(buys.arms):
        of = curves.standing[place]
        ratio = None if of.before is None else incremental_ratio(buys.gain, buys.cost, place, of.before)
        lines.append(
            ArmLine(
                arm,
                *_bounds(buys.cost[place]),
                *_bounds(buys.gain[place]),
                buys.gain.shape[1],
                of.status,
                "|".join(buys.arms[other] for other in of.by),
                "" if of.before is None else buys.arms[of.before],
                of.extra_cost,
                of.extra_gain,
                of.ratio,
                math.nan if ratio is None else ratio.low,
                math.nan if ratio is None else ratio.high,
                float(shares[place]),
            )
        )
    return lines


def _bounds(values: np.ndarray) -> tuple[float, float, float]:
    try:
        found = t_interval(values)
    except TooFewReplications:
        return float(values.mean()), math.nan, math.nan
    return found.mean, found.low, found.high


def price_lines(made: CostReport) -> Iterator[PriceLine]:
    """cost_acceptability.csv."""
    curves, buys = made.curves, made.curves.buys
    benefit = curves.willingness[:, None] * buys.gain.mean(axis=1) - buys.cost.mean(axis=1)
    for place, price in enumerate(curves.willingness):
        for arm, name in enumerate(buys.arms):
            of_means = math.nan if curves.of_means is None else float(curves.of_means[arm, place])
            best = "yes" if curves.best[place] == arm else "no"
            yield PriceLine(
                float(price), name, float(curves.of_draws[arm, place]), of_means, float(benefit[place, arm]), best
            )


def write_cost(folder: Path, made: CostReport, language: Language) -> list[Path]:
    """Write cost.csv, cost_acceptability.csv and cost.md; returns their paths."""
    write_rows(folder / CSV, ArmLine, arm_lines(made))
    write_rows(folder / CURVES_CSV, PriceLine, list(price_lines(made)))
    (folder / MARKDOWN).write_text(markdown(made, language), encoding="utf-8")
    return [folder / name for name in (CSV, CURVES_CSV, MARKDOWN)]


# ---- in words

_TITLE = Text("# {name}: gain against public cost", "# {name}：财政成本与增益")
_UP_TO = Text("up to {price} 万元: {arm}", "{price}万元以下：{arm}")
_FROM_TO = Text("{low} to {high} 万元: {arm}", "{low}至{high}万元：{arm}")
_ABOVE = Text("above {price} 万元: {arm}", "{price}万元以上：{arm}")
_ALWAYS = Text("at any price: {arm}", "任何价格下：{arm}")
_BUY = Text(
    "What to buy, on average, at what one 万元 a year more of all villages' earned income is worth in public money, paid "
    "once: {steps}.",
    "按平均值，全部村经营与投资收入每年多1万元值得一次性投入的财政资金不同，最优选择为：{steps}。",
)
_WINDOW = Text(
    "Gain: earned income against no policy, all villages, 万元 a year, mean of the years of the window. Cost: public cost of "
    "the whole run, net of repayments, all payers, 万元, not discounted.",
    "增益：相对于无政策的经营与投资收入，全部村，万元/年，评判期各年均值。成本：全期财政成本，扣除归还，全部出资方，万元，不贴现。",
)
_DISCOUNTED = Text(
    "Gain: the level earned income from the first policy year on with the same present value at 3% a year, against no "
    "policy, all villages, 万元 a year. Cost: public cost discounted to the first policy year at 3%, 万元.{annuity}",
    "增益：自首个政策年起、按年3%贴现现值相同的年均经营与投资收入，相对于无政策，全部村，万元/年。"
    "成本：按3%贴现至首个政策年的财政成本，万元。{annuity}",
)
_ANNUITY = Text(
    " One 万元 a year over these years is worth {worth} 万元 then: above that price public money is not earned back as "
    "collective income.",
    "这些年每年1万元的现值为{worth}万元：价格高于此，财政投入不能以集体收入收回。",
)
_DRAWS = Text(
    "{draws} replications, the same draws in all arms; single histories: share of replications in which the arm is the best "
    "buy; means: the same for means of replications drawn with replacement, which says how sure the simulation is, not how "
    "sure the world: it goes to 0 or 1 as replications are added.",
    "{draws}次重复，各方案随机数相同。“单次历史”：方案为最优选择的重复所占比例；“均值”：对重复有放回抽样后按均值计，"
    "反映模拟的把握而非现实的把握，重复越多越接近0或1。",
)
_POINTS = Text(
    "{draws} design points; a share is that of points at which the arm is the best buy by its mean there, all points "
    "equally likely over the ranges of the experiment file. Intervals are over design points.",
    "{draws}个设计点；比例指方案按该处均值为最优选择的设计点所占比例，设计点在试验文件范围内等可能。区间为跨设计点的区间。",
)
_LEFT = Text(
    "Left out: {runs} replications in which one of the arms failed.",
    "因某一方案运行失败而剔除{runs}次重复。",
)
_LEFT_POINTS = Text(" {points} design points had none left.", "{points}个设计点无剩余重复。")
_FRONTIER_TITLE = Text("## Arms", "## 各方案")
_PRICES_TITLE = Text("## Best buy by price", "## 不同支付意愿下的最优选择")
_HEADS = (
    Text("arm", "方案"),
    Text("public cost, 万元", "财政成本，万元"),
    Text("gain, 万元 a year", "增益，万元/年"),
    Text("standing", "地位"),
    Text("万元 for one more 万元 a year", "每多1万元/年需投入（万元）"),
    Text("on the frontier", "位于前沿的比例"),
)
_STATUS = {
    "frontier": Text("frontier", "前沿"),
    "dominated": Text("dominated by {by}", "被{by}优超"),
    "extendedly dominated": Text("extendedly dominated by {by}", "被{by}的组合优超"),
    "equal": Text("the same as {by}", "与{by}相同"),
}
_OVER = Text("{ratio}, over {before}", "{ratio}，相对于{before}")
_NO_RATIO = Text("{ratio} (gain not told from 0), over {before}", "{ratio}（增益与0无法区分），相对于{before}")
_PRICE = Text("willingness to pay, 万元", "支付意愿，万元")
_BEST = Text("best on average", "平均最优")
_OF_HISTORIES = Text("single histories", "单次历史")
_OF_POINTS = Text("design points", "设计点")
_OF_MEANS = Text("means", "均值")
_NOTE = Text(
    "A dominated arm costs no less and gains no more than the one named; an extendedly dominated one than a mixture of the "
    "two named. Everything is collective income only: wages, tax, services and who loses are not in it "
    "(`lianjian compare`).",
    "被优超：花费不少于、增益不高于所列方案；组合优超：不及所列两方案的组合。此处仅计集体收入，工资、税收、服务以及谁受损不在其内"
    "（见 `lianjian compare`）。",
)


def what_to_buy(made: CostReport, language: Language) -> str:
    """Which arm is the best buy on average, by price."""
    curves = made.curves
    arms = curves.buys.arms
    hull = [place for place, of in enumerate(curves.standing) if of.status == "frontier"]
    hull.sort(key=lambda place: float(curves.buys.cost[place].mean()))
    prices = [curves.standing[place].ratio for place in hull[1:]]
    if not prices:
        steps = [_ALWAYS.say(language, arm=arms[hull[0]])]
    else:
        steps = [_UP_TO.say(language, price=plain(prices[0]), arm=arms[hull[0]])]
        for low, high, place in zip(prices, prices[1:], hull[1:], strict=False):
            steps.append(_FROM_TO.say(language, low=plain(low), high=plain(high), arm=arms[place]))
        steps.append(_ABOVE.say(language, price=plain(prices[-1]), arm=arms[hull[-1]]))
    return _BUY.say(language, steps=("；" if language == "zh" else "; ").join(steps))


def about(made: CostReport, language: Language) -> list[str]:
    """What gain, cost and shares are, and what was left out."""
    buys = made.curves.buys
    if buys.account == "window":
        said = [_WINDOW.say(language)]
    else:
        worth = "" if math.isnan(buys.annuity) else _ANNUITY.say(language, worth=plain(buys.annuity))
        said = [_DISCOUNTED.say(language, annuity=worth)]
    said.append((_POINTS if buys.across_points else _DRAWS).say(language, draws=buys.gain.shape[1]))
    if buys.runs_left_out:
        left = _LEFT.say(language, runs=buys.runs_left_out)
        more = buys.across_points and buys.left_out
        said.append(left + (_LEFT_POINTS.say(language, points=buys.left_out) if more else ""))
    return [*said, _NOTE.say(language)]


def arm_table(made: CostReport, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines, cheapest first."""
    lines = sorted(arm_lines(made), key=lambda line: (line.public_cost, -line.gain))
    return [head.say(language) for head in _HEADS], [_arm_cells(line, language) for line in lines]


def _arm_cells(line: ArmLine, language: Language) -> list[str]:
    by = ("＋" if language == "zh" else " and ").join(line.by.split("|"))
    return [
        line.arm,
        _with_bounds(line.public_cost, line.public_cost_low, line.public_cost_high),
        _with_bounds(line.gain, line.gain_low, line.gain_high, sign=True),
        _STATUS[line.status].say(language, by=by),
        _ratio(line, language),
        DASH if math.isnan(line.on_frontier) else f"{100 * line.on_frontier:.0f}%",
    ]


def _with_bounds(value: float, low: float, high: float, *, sign: bool = False) -> str:
    if math.isnan(low) or low == high:
        return number(value, sign=sign)
    return f"{number(value, sign=sign)} [{number(low, sign=sign)}, {number(high, sign=sign)}]"


def _ratio(line: ArmLine, language: Language) -> str:
    if not line.compared_with:
        return DASH
    text = _NO_RATIO if math.isnan(line.ratio_low) else _OVER
    return text.say(
        language, ratio=_with_bounds(line.ratio, line.ratio_low, line.ratio_high), before=line.compared_with
    )


def price_table(made: CostReport, language: Language) -> tuple[list[str], list[list[str]]]:
    """Best buy at some prices, with how often it and the runner-up are."""
    curves = made.curves
    kinds = [(_OF_POINTS if curves.buys.across_points else _OF_HISTORIES, curves.of_draws)]
    kinds += [] if curves.of_means is None else [(_OF_MEANS, curves.of_means)]
    places = np.unique(np.linspace(0, len(curves.willingness) - 1, PRICES_SHOWN).round().astype(int))
    lines = []
    for place in places:
        cells = [plain(float(curves.willingness[place])), curves.buys.arms[int(curves.best[place])]]
        cells += [_shares(shares[:, place], curves.buys.arms) for _, shares in kinds]
        lines.append(cells)
    return [_PRICE.say(language), _BEST.say(language), *(text.say(language) for text, _ in kinds)], lines


def _shares(shares: np.ndarray, arms: Sequence[str]) -> str:
    """The three arms that are the best buy most often."""
    order = np.argsort(-shares, kind="stable")[:3]
    return ", ".join(f"{arms[arm]} {100 * shares[arm]:.0f}%" for arm in order if shares[arm] >= 0.005)


def markdown(made: CostReport, language: Language) -> str:
    """cost.md."""
    lines = [_TITLE.say(language, name=made.name), "", f"**{what_to_buy(made, language)}**", ""]
    lines += [line for said in (*about(made, language), NOT_A_FORECAST.say(language)) for line in (said, "")]
    for title, (head, body) in (
        (_FRONTIER_TITLE, arm_table(made, language)),
        (_PRICES_TITLE, price_table(made, language)),
    ):
        lines += [
            title.say(language),
            "",
            table_line(head),
            table_line(["---"] * len(head)),
            *map(table_line, body),
            "",
        ]
    return "\n".join(lines)


def print_cost(made: CostReport, language: Language, file: IO[str] | None = None) -> None:
    """What to buy, the arms, and what the numbers are."""
    console = console_for(file)
    print_text(console, what_to_buy(made, language))
    console.print()
    print_table(console, *arm_table(made, language))
    console.print()
    for said in about(made, language):
        print_text(console, said)
