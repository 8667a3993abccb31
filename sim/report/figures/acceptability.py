"""Cost-effectiveness 成本效果: the frontier of gain against public cost, and which arm is the best buy at what price."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.buys import Buys, Curves, curves_of
from sim.analysis.comparison import gain
from sim.declare import PUBLIC_PAYERS, Array
from sim.language import Text
from sim.outcomes import NO_POLICY, SAME_MONEY
from sim.report.cost_effectiveness import CostReport, about, what_to_buy
from sim.report.figures.captions import caption
from sim.report.figures.cost import COST, GAIN
from sim.report.figures.errors import FigureError
from sim.report.figures.material import Material
from sim.report.figures.style import GREY, LABEL, LINES, MARKERS, OKABE_ITO, Sheet
from sim.report.figures.words import arm_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZH = "成本效果"
NAME = "acceptability"
MOST_SHOWN = 6
"""Arms with a line of their own: no policy, then those that are the best buy most often."""
LEAST_SHOWN = 0.02
MOST_DOTS = 500
"""Draws of an arm that are drawn as dots, the first ones."""
PRICE = Text(
    "willingness to pay: public money, once, for 1 a year more (10,000 yuan)",
    "支付意愿：年增收1万元值得一次性投入的财政资金（万元）",
)
HISTORIES = Text("share of replications in which it is the best buy", "为最优选择的重复所占比例")
POINTS = Text("share of design points at which it is the best buy", "为最优选择的设计点所占比例")
RESAMPLES = Text("share of resampled means for which it is the best buy", "重抽样均值下为最优选择的比例")
FRONTIER = Text("frontier", "前沿")
OTHERS = Text("other arms", "其他方案")
DRAWN = Text(
    "Left: mean gain in collective earned income over no policy, all villages, 10,000 yuan a year, against mean public cost "
    "of the whole run, 10,000 yuan; small dots: single draws; the line joins the arms of the frontier, "
    "all others buy no more for more. "
    "{curves} The best buy has the largest gain times willingness to pay less cost; bold: the arm with the largest mean. ",
    "左：相对于无政策的村集体经营与投资收入平均增益（全部村庄，万元/年）与全期平均财政成本（万元）；小点：单次结果；折线连接前沿上的方案，"
    "其余方案花费更多而增益不更高。{curves}最优选择指增益乘以支付意愿再减成本最大者；粗线段：平均值最大的方案。",
)
CURVES = Text(
    "Middle: share of replications in which an arm is the best buy, that is of single histories. Right: the same for means of "
    "replications drawn with replacement: how sure the simulation is of the means; it goes to 0 or 1 as replications are "
    "added.",
    "中：方案为最优选择的重复（即单次历史）所占比例。右：对重复作有放回抽样后的均值，反映模拟对均值的把握，重复越多越接近0或1。",
)
ACROSS = Text(
    "Right: share of design points at which an arm is the best buy by its mean there.",
    "右：方案按该处均值为最优选择的设计点所占比例。",
)


def buys_of(material: Material) -> Buys:
    """Gain and cost of the arms to draw and their same-money companions, no policy first."""
    if NO_POLICY not in material.study.arms:
        raise FigureError(f"{material.folder} does not store the arm {NO_POLICY}: gains cannot be drawn")
    arms = [NO_POLICY]
    for arm in material.arms:
        arms += [name for name in (arm, arm + SAME_MONEY) if name in material.study.arms and name not in arms]
    data = [material.study.arms[arm] for arm in arms]
    none, years = material.study.arms[NO_POLICY], material.study.window
    gains = np.stack([gain(of, none, years) for of in data])
    costs = np.stack([np.sum([of.public_cost[payer] for payer in PUBLIC_PAYERS], axis=0) for of in data])
    return Buys(tuple(arms), gains, costs, "window", False, 0, 0, float("nan"))


def draw(material: Material, sheet: Sheet) -> Figure:
    """The frontier and two sorts of acceptability curves."""
    return draw_curves(curves_of(buys_of(material)), sheet)


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    return caption(material, sheet, sheet.say(DRAWN, curves=sheet.say(CURVES)).strip(), interval=None)


def draw_curves(made: Curves, sheet: Sheet) -> Figure:
    """Panels side by side, one below the other on a single column; one legend for all."""
    kinds = [(POINTS if made.buys.across_points else HISTORIES, made.of_draws)]
    kinds += [] if made.of_means is None else [(RESAMPLES, made.of_means)]
    shown = arms_shown(made)
    beside = sheet.width == "double"
    panels = 1 + len(kinds)
    figure = sheet.figure(76.0 if beside else 56.0 * panels + 4.0 * len(shown))
    axes = figure.subplots(1, panels) if beside else figure.subplots(panels, 1)
    _plane(axes[0], made, shown, sheet)
    for panel, (text, shares) in zip(axes[1:], kinds, strict=True):
        _curves(panel, made, shares, shown, sheet.wrapped(sheet.say(text), 48.0, LABEL))
    for panel in axes[1:]:
        panel.set_xlabel(sheet.wrapped(sheet.say(PRICE), 46.0 if beside else 66.0, LABEL))
    handles, labels = _legend(made, shown, sheet)
    figure.legend(handles, labels, loc="outside lower center", ncols=3 if beside else 1)
    return figure


def arms_shown(made: Curves) -> list[int]:
    """No policy, then arms that are the best buy at some willingness to pay, those with the largest shares first."""
    largest = made.of_draws.max(axis=1)
    if made.of_means is not None:
        largest = np.maximum(largest, made.of_means.max(axis=1))
    on_frontier = {place for place, of in enumerate(made.standing) if of.status == "frontier"}
    order = sorted(range(1, len(largest)), key=lambda arm: (arm not in on_frontier, -largest[arm]))
    chosen = [arm for arm in order if largest[arm] >= LEAST_SHOWN or arm in on_frontier][: MOST_SHOWN - 1]
    return [0, *sorted(chosen)]


def _plane(axes: Axes, made: Curves, shown: list[int], sheet: Sheet) -> None:
    gain, cost = made.buys.gain.mean(axis=1), made.buys.cost.mean(axis=1)
    rest = [arm for arm in range(len(gain)) if arm not in shown]
    axes.axhline(0.0, color=GREY, linewidth=0.5, zorder=0.6)
    axes.plot(cost[rest], gain[rest], linestyle="none", marker=".", markersize=3.5, color="0.6", zorder=1)
    hull = [arm for arm, of in enumerate(made.standing) if of.status == "frontier"]
    hull.sort(key=lambda arm: float(cost[arm]))
    axes.plot(cost[hull], gain[hull], color=GREY, linewidth=0.9, zorder=1.2)
    for place, arm in enumerate(shown):
        cloud: dict[str, Any] = {"marker": ".", "markersize": 1.8, "linestyle": "none", "markeredgewidth": 0}
        drawn = slice(MOST_DOTS)
        axes.plot(made.buys.cost[arm, drawn], made.buys.gain[arm, drawn], color=OKABE_ITO[place], alpha=0.4, **cloud)
    for place, arm in enumerate(shown):
        axes.plot([cost[arm]], [gain[arm]], zorder=2.5, **_mark(place, filled=arm in hull))
    axes.margins(0.08)
    axes.set_xlabel(sheet.wrapped(sheet.say(COST), 46.0 if sheet.width == "double" else 66.0, LABEL))
    axes.set_ylabel(sheet.wrapped(sheet.say(GAIN), 48.0, LABEL))
    axes.locator_params(axis="x", nbins=4)


def _mark(place: int, *, filled: bool = True) -> dict[str, Any]:
    colour = OKABE_ITO[place]
    return {
        "linestyle": "none",
        "marker": MARKERS[place],
        "markersize": 4.5,
        "color": colour,
        "markerfacecolor": colour if filled else "white",
        "markeredgewidth": 0.9,
    }


def _curves(axes: Axes, made: Curves, shares: Array, shown: list[int], label: str) -> None:
    for place, arm in enumerate(shown):
        look: dict[str, Any] = {"color": OKABE_ITO[place], "linestyle": LINES[place]}
        axes.plot(made.willingness, shares[arm], linewidth=1.0, **look)
        bold = np.where(made.best == arm, shares[arm], np.nan)
        axes.plot(made.willingness, bold, linewidth=2.4, color=OKABE_ITO[place], solid_capstyle="butt")
    axes.set_xlim(0.0, made.willingness[-1])
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel(label)
    axes.locator_params(axis="x", nbins=4)


def _legend(made: Curves, shown: list[int], sheet: Sheet) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    for place, arm in enumerate(shown):
        filled = made.standing[arm].status == "frontier"
        handles.append(Line2D([], [], **(_mark(place, filled=filled) | {"linestyle": LINES[place], "linewidth": 1.0})))
    labels = [sheet.wrapped(arm_label(made.buys.arms[arm], sheet), 38.0) for arm in shown]
    handles.append(Line2D([], [], color=GREY, linewidth=0.9))
    labels.append(sheet.say(FRONTIER))
    if len(shown) < len(made.buys.arms):
        handles.append(Line2D([], [], linestyle="none", marker=".", markersize=3.5, color="0.6"))
        labels.append(sheet.say(OTHERS))
    return handles, labels


def write_curves(folder: Path, made: CostReport, sheet: Sheet, formats: Sequence[str]) -> list[Path]:
    """Write the figure of ``lianjian cost`` in each format and its caption; returns the paths."""
    from sim.report.figures import save, settled

    figure = settled(lambda: draw_curves(made.curves, sheet), sheet)
    paths = save(figure, [folder / f"{NAME}.{format_}" for format_ in formats], sheet)
    words = folder / f"{NAME}.txt"
    curves = sheet.say(ACROSS if made.curves.buys.across_points else CURVES)
    said = [sheet.say(DRAWN, curves=curves).strip(), what_to_buy(made, sheet.language), *about(made, sheet.language)]
    words.write_text((" " if sheet.language == "en" else "").join(said) + "\n", encoding="utf-8")
    return [*paths, words]
