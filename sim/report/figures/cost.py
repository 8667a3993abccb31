"""Cost against gain 成本与增益: what each arm costs the public and what the villages gain a year, replication by replication."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.comparison import gain
from sim.declare import PUBLIC_PAYERS, Array
from sim.language import Text
from sim.outcomes import NO_POLICY
from sim.report.figures.board import small_multiples, title
from sim.report.figures.captions import caption
from sim.report.figures.errors import FigureError
from sim.report.figures.material import Material, estimate
from sim.report.figures.style import GREY, LABEL, SMALL, Sheet
from sim.report.figures.words import COMPANIONS, THE_ARM, arm_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZH = "成本与增益"
HUNDRED = 100.0
RAYS = (0.5, 1.0, 2.0)
"""Lines of equal gain a 100 万元, as multiples of the round number nearest to the arms' median."""
COST = Text("public cost of the whole run, 10,000 yuan", "全期财政成本（万元）")
GAIN = Text("gain, all villages, 10,000 yuan per year", "全部村庄增益（万元/年）")
OTHERS = Text("other arms", "其他方案")
EQUAL = Text("equal gain per 100", "每100万元增益相等")
RAY = (0, (4, 2))
DRAWN = Text(
    "Public cost of the whole run (net of repayments, all villages, 10,000 yuan) against the gain in collective earned "
    "income over no policy, all villages, 10,000 yuan a year of the window. Small dots: replications; large markers: means "
    "with the intervals of both. Open: the same public money spent village by village.{others} Thin rays join equal gains a "
    "year per 100 (10,000 yuan) of public cost: {rays}.",
    "全期财政成本（扣除归还，全部村庄，万元）与评判期内相对于无政策的村集体经营与投资收入增益（全部村庄，万元/年）。"
    "小点：各次重复；大标记：均值及两个方向的区间；空心：同样财政资金逐村使用。{others}细射线上每100万元财政成本的年增益相等：{rays}。",
)
GREY_DOTS = Text(
    " Grey dots: means of the other arms. Arms near 0 are told apart when they are drawn alone (--arms).",
    "灰点：其他方案的均值。靠近原点的方案可用 --arms 单独绘制。",
)


def draw(material: Material, sheet: Sheet) -> Figure:
    """One panel where arms can be told apart, else a panel an arm."""
    if NO_POLICY not in material.study.arms:
        raise FigureError(f"{material.folder} does not store the arm {NO_POLICY}: gains cannot be drawn")
    return _one_panel(material, sheet) if material.few else _panels(material, sheet)


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    others = "" if material.few else sheet.say(GREY_DOTS)
    rays = ("、" if sheet.language == "zh" else ", ").join(f"{slope:g}" for slope in slopes(material)) or "–"
    return caption(material, sheet, sheet.say(DRAWN, others=others, rays=rays))


def costs_and_gains(material: Material, arm: str) -> tuple[Array, Array]:
    """Public cost of the run and gain a year, all villages, (replications,) each."""
    data = material.study.arms[arm]
    cost = np.sum([data.public_cost[payer] for payer in PUBLIC_PAYERS], axis=0)
    return cost, gain(data, material.study.arms[NO_POLICY], material.study.window)


def slopes(material: Material) -> list[float]:
    """Gains a 100 万元 of the rays: round numbers around the median of the arms that cost and gain."""
    found = [costs_and_gains(material, arm) for arm in material.arms]
    ratios = [HUNDRED * g.mean() / c.mean() for c, g in found if c.mean() > 0.0 and g.mean() > 0.0]
    if not ratios:
        return []
    middle = _round(float(np.median(ratios)))
    return [float(f"{middle * multiple:.2g}") for multiple in RAYS]


def _round(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten."""
    size = 10.0 ** math.floor(math.log10(value))
    return float(min((digit * size for digit in (1.0, 2.0, 5.0, 10.0)), key=lambda near: abs(math.log(near / value))))


def _one_panel(material: Material, sheet: Sheet) -> Figure:
    beside = sheet.width == "double"
    figure = sheet.figure(84.0 if beside else 66.0 + 3.6 * (len(material.arms) + 3) / 2)
    axes = figure.subplots()
    axes.axhline(0.0, color=GREY, linewidth=0.7, zorder=0.6)
    for arm in material.arms:
        _arm(axes, material, arm)
    _rays(axes, material, named=True)
    axes.set_xlabel(sheet.say(COST))
    axes.set_ylabel(sheet.wrapped(sheet.say(GAIN), 60.0 if beside else 44.0, LABEL))
    handles, labels = _legend(material, sheet)
    figure.legend(
        handles, labels, loc="outside right center" if beside else "outside lower left", ncols=1 if beside else 2
    )
    return figure


def _panels(material: Material, sheet: Sheet) -> Figure:
    made = small_multiples(sheet, len(material.arms))
    means = [[float(values.mean()) for values in costs_and_gains(material, arm)] for arm in material.arms]
    for axes, arm in zip(made.axes, material.arms, strict=True):
        axes.axhline(0.0, color=GREY, linewidth=0.7, zorder=0.6)
        axes.plot(*zip(*means, strict=True), linestyle="none", marker=".", markersize=2.5, color="0.7", zorder=1)
        _arm(axes, material, arm)
        title(made, axes, arm_label(arm, sheet))
        axes.locator_params(axis="x", nbins=3 if sheet.width == "double" else 2)
    made.share_limits()
    for place, axes in enumerate(made.axes):
        _rays(axes, material, named=place == 0)
    made.finish(
        sheet.panel_mm, x=sheet.say(COST), y=sheet.say(GAIN), legend=_legend_of_panels(material, sheet), gap_mm=3.5
    )
    return made.figure


def _legend_of_panels(material: Material, sheet: Sheet) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    arm = material.arms[0]
    handles, labels = [_mark(material, arm)], [sheet.say(THE_ARM)]
    if any(f"{name}@same_money" in material.study.arms for name in material.arms):
        handles.append(_mark(material, arm, filled=False))
        labels.append(sheet.say(COMPANIONS["same_money"]))
    handles.append(Line2D([], [], linestyle="none", marker=".", markersize=2.5, color="0.7"))
    handles.append(Line2D([], [], color=GREY, linewidth=0.5, linestyle=RAY))
    return handles, [*labels, sheet.say(OTHERS), sheet.say(EQUAL)]


def _arm(axes: Axes, material: Material, arm: str) -> None:
    """The cloud of an arm, its mean with both intervals, and its same-money companion, open."""
    colour = material.colour(arm)
    same_money = f"{arm}@same_money"
    for name in (same_money, arm):
        if name not in material.study.arms:
            continue
        cost, gained = costs_and_gains(material, name)
        if name == arm:
            cloud: dict[str, Any] = {"marker": ".", "markersize": 2.2, "linestyle": "none", "markeredgewidth": 0}
            axes.plot(cost, gained, color=colour, alpha=0.45, zorder=1.5, **cloud)
        across, up = estimate(cost), estimate(gained)
        for bounds in (([across.low, across.high], [up.mean] * 2), ([across.mean] * 2, [up.low, up.high])):
            axes.plot(*bounds, color=colour, linewidth=0.9, zorder=2)
        face = colour if name == arm else "white"
        look: dict[str, Any] = {"marker": material.marker(arm), "markersize": 4.2, "markeredgewidth": 0.9}
        axes.plot([across.mean], [up.mean], color=colour, markerfacecolor=face, zorder=2.5, **look)


def _rays(axes: Axes, material: Material, *, named: bool) -> None:
    """Rays of equal gain a 100 万元 within what is drawn already; a name at the end of each."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    axes.set_xlim(-0.05 * right, right)
    axes.set_ylim(axes.get_ylim()[0], top)
    for slope in slopes(material):
        end = min(right, HUNDRED * top / slope)
        axes.plot([0.0, end], [0.0, slope * end / HUNDRED], color=GREY, linewidth=0.5, linestyle=RAY, zorder=0.7)
        if named:
            at_top = end < right
            place: Any = {"ha": "center", "va": "bottom"} if at_top else {"ha": "left", "va": "center"}
            offset = (0, 1) if at_top else (1, 0)
            axes.annotate(
                f"{slope:g}", (end, slope * end / HUNDRED), offset, textcoords="offset points", fontsize=SMALL,
                color="0.3", annotation_clip=False, **place,
            )  # fmt: skip


def _mark(material: Material, arm: str, *, filled: bool = True) -> Any:
    from matplotlib.lines import Line2D

    colour = material.colour(arm)
    face = colour if filled else "white"
    look: dict[str, Any] = {"marker": material.marker(arm), "markersize": 4.2, "markeredgewidth": 0.9}
    return Line2D([], [], color=colour, markerfacecolor=face, linestyle="none", **look)


def _legend(material: Material, sheet: Sheet) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    handles = [_mark(material, arm) for arm in material.arms]
    labels = [sheet.wrapped(arm_label(arm, sheet), 34.0) for arm in material.arms]
    if any(f"{arm}@same_money" in material.study.arms for arm in material.arms):
        open_mark: dict[str, Any] = {
            "marker": "o",
            "markersize": 4.2,
            "markerfacecolor": "white",
            "markeredgewidth": 0.9,
        }
        handles.append(Line2D([], [], color="0.2", linestyle="none", **open_mark))
        labels.append(sheet.say(COMPANIONS["same_money"]))
    handles.append(Line2D([], [], color=GREY, linewidth=0.5, linestyle=RAY))
    return handles, [*labels, sheet.say(EQUAL)]
