"""Gain by initial tercile 按初始收入分组的增益: who gains, and who loses, among poor and rich villages of the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.language import Text
from sim.outcomes import NO_POLICY, SAME_MONEY, TERCILES
from sim.report.figures.captions import caption
from sim.report.figures.errors import FigureError
from sim.report.figures.material import Material, estimate, loses
from sim.report.figures.rows import height_mm, nothing, point, row_board, zero_line
from sim.report.figures.style import SMALL, Sheet
from sim.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ZH, ZH_SAME_MONEY = "按初始收入分组的增益", "按初始收入分组的增益（对等额资金）"
NAMES = (
    Text("poorest third", "最低三分之一"),
    Text("middle third", "中间三分之一"),
    Text("richest third", "最高三分之一"),
)
LOOK: tuple[dict[str, Any], ...] = (
    {"color": "#D55E00", "marker": "v"},
    {"color": "#000000", "marker": "o"},
    {"color": "#56B4E9", "marker": "s"},
)
GAIN = Text("mean gain, 10,000 yuan per village and year", "平均增益（万元/村·年）")
LOSERS = Text("villages that lose, %", "受损村比例（%）")
NONE = Text("none", "无")
AGAINST = {
    "": Text("no policy", "无政策"),
    SAME_MONEY: Text("the same public money spent village by village", "同样财政资金逐村使用"),
}
DRAWN = Text(
    "Left: mean gain in collective earned income over the window against {against}, 10,000 yuan a village and year, paired "
    "by replication, for villages in the poorest, middle and richest third by earned income in {year}, the last year before "
    "any policy. Right: share of the villages of each third that earn less than with {against}; 0 where all gain or stay "
    "as they were. Open markers: the interval of the gain contains 0.",
    "左：评判期内村集体经营与投资收入的平均增益（相对于{against}，万元/村·年，按重复配对），"
    "按政策前最后一年（{year}年）收入分为最低、中间、最高三组。右：各组中收入低于“{against}”的村所占比例。空心：增益区间含0。",
)


def draw(material: Material, sheet: Sheet) -> Figure:
    """Against no policy."""
    return _draw(material, sheet, "")


def draw_same_money(material: Material, sheet: Sheet) -> Figure:
    """Against the same money."""
    return _draw(material, sheet, SAME_MONEY)


def describe(material: Material, sheet: Sheet) -> str:
    """The caption of the figure against no policy."""
    return _describe(material, sheet, "")


def describe_same_money(material: Material, sheet: Sheet) -> str:
    """The caption of the figure against the same money."""
    return _describe(material, sheet, SAME_MONEY)


def _draw(material: Material, sheet: Sheet, reference: str) -> Figure:
    compared = {arm: other for arm in material.arms if (other := material.compared_with(arm, reference))}
    if not compared:
        missing = f"arm {NO_POLICY}" if not reference else "same-money companion of these arms"
        raise FigureError(f"{material.folder} does not store the {missing}: gains by tercile cannot be drawn")
    made = row_board(material, sheet, 2)
    left, right = made.axes
    zero_line(left)
    zero_line(right)
    for place, arm in enumerate(material.arms):
        if arm not in compared:
            nothing(left, place, sheet.say(NONE))
            nothing(right, place, sheet.say(NONE))
            continue
        paired = material.paired(arm, compared[arm])
        for third in range(len(TERCILES)):
            row = place + 0.27 * (third - 1)
            gain, lost = by_tercile(material, paired, third)
            point(left, row, gain, filled=not gain.contains_zero, **LOOK[third])
            point(right, row, _percent(lost), **LOOK[third])
    right.set_xlim(left=min(-2.0, right.get_xlim()[0]), right=max(10.0, right.get_xlim()[1]))
    for axes, label in ((left, GAIN), (right, LOSERS)):
        axes.set_xlabel(sheet.wrapped(sheet.say(label), (sheet.millimetres - 28.0) / 2.0), fontsize=SMALL)
    keys = [_key(third) for third in range(len(TERCILES))], [sheet.say(name) for name in NAMES]
    made.finish(height_mm(material, sheet, 7.4), legend=keys)
    return made.figure


def by_tercile(material: Material, paired: np.ndarray, third: int) -> tuple[Interval, Interval]:
    """Mean gain of the villages of a third, and the share of them that lose."""
    within = material.terciles == third
    count = np.maximum(within.sum(axis=1), 1)
    gains = np.where(within, paired, 0.0).sum(axis=1) / count
    return estimate(gains), estimate((loses(paired) & within).sum(axis=1) / count)


def _percent(share: Interval) -> Interval:
    return Interval(100 * share.mean, max(100 * share.low, 0.0), min(100 * share.high, 100.0), share.n)


def _describe(material: Material, sheet: Sheet, reference: str) -> str:
    return caption(material, sheet, sheet.say(DRAWN, against=sheet.say(AGAINST[reference]), year=material.year_before))


def _key(third: int) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="-", linewidth=1.1, markersize=3.6, **LOOK[third])
