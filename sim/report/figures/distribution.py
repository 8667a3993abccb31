"""Distribution before and after 收入分布: what share of the villages earns at most so much, before any policy and in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.declare import Array
from sim.language import Text
from sim.outcomes import NO_POLICY
from sim.report.figures.board import small_multiples, title
from sim.report.figures.captions import caption
from sim.report.figures.material import Material, bands
from sim.report.figures.style import GREY, LINES, Sheet, band
from sim.report.figures.words import INCOME, NO_POLICY_SAID, THE_ARM, arm_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZH = "政策前后的收入分布"
MARKED = (5, 10, 50)
"""万元 a year: thresholds of the programmes."""
LINEAR = 1.0
"""万元 up to which the axis is linear: incomes have zeros."""
STEPS = 160
SHARE = Text("share of villages at or below, %", "不高于该收入的村所占比例（%）")
BEFORE = Text("all arms, {year}", "各方案，{year}年")
DRAWN = Text(
    "Cumulative distribution of collective earned income over villages, 10,000 yuan a village and year: in {year}, the last "
    "year before any policy, the same in all arms; and the mean of the window without policy and in each arm. The axis is "
    "linear up to {linear} and logarithmic beyond, since incomes may be 0; dotted: 5, 10 and 50. A line further right: "
    "villages earn more.",
    "各村经营与投资收入的累积分布（万元/村·年）：政策前最后一年（{year}年，各方案相同），以及评判期均值（无政策、各方案）。"
    "横轴在{linear}以下为线性、以上为对数（收入可能为0）；点线为5、10、50万元。曲线越靠右，收入越高。",
)


def draw(material: Material, sheet: Sheet) -> Figure:
    """A panel an arm: before, no policy, the arm."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    grid_of = _grid(material)
    made = small_multiples(sheet, len(material.arms))
    for axes, arm in zip(made.axes, material.arms, strict=True):
        for level in MARKED:
            axes.axvline(level, color=GREY, linewidth=0.6, linestyle=(0, (1, 1.5)), zorder=0.5)
        for key, incomes in _incomes(material, arm):
            _curve(axes, incomes, grid_of, _look(material, arm, key), material.study.replications)
        axes.set_xscale("symlog", linthresh=LINEAR, linscale=0.5)
        axes.set_xlim(grid_of[0], grid_of[-1])
        axes.set_ylim(0.0, 100.0)
        axes.set_xticks([tick for tick in _ticks(sheet) if grid_of[0] <= tick <= grid_of[-1]])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_yticks([0, 50, 100])
        title(made, axes, arm_label(arm, sheet))
    curves = ("before", NO_POLICY, "arm")
    labels = [sheet.say(BEFORE, year=material.year_before), sheet.say(NO_POLICY_SAID), sheet.say(THE_ARM)]
    kept = [place for place, key in enumerate(curves) if key != NO_POLICY or NO_POLICY in material.study.arms]
    handles = [_key(_look(material, material.arms[0], curves[place], legend=True)) for place in kept]
    keys = handles, [labels[place] for place in kept]
    made.finish(sheet.panel_mm, x=sheet.say(INCOME), y=sheet.say(SHARE), legend=keys)
    return made.figure


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    return caption(material, sheet, sheet.say(DRAWN, year=material.year_before, linear=f"{LINEAR:g}"))


def share_at_or_below(incomes: Array, levels: Array) -> Array:
    """Percent of the villages at or below each level, (replications, levels)."""
    ranked = np.sort(incomes, axis=1)
    counts = np.stack([np.searchsorted(row, levels, side="right") for row in ranked])
    return np.asarray(100.0 * counts / incomes.shape[1])


def _ticks(sheet: Sheet) -> tuple[float, ...]:
    return (0.0, 1.0, 5.0, 10.0, 50.0) if sheet.width == "double" else (0.0, 5.0, 50.0)


def _incomes(material: Material, arm: str) -> list[tuple[str, Array]]:
    found = [("before", material.before)]
    if NO_POLICY in material.study.arms:
        found.append((NO_POLICY, material.window_income(NO_POLICY)))
    return [*found, ("arm", material.window_income(arm))]


def _look(material: Material, arm: str, key: str, *, legend: bool = False) -> dict[str, Any]:
    if key == "before":
        return {"color": GREY, "linestyle": ":", "linewidth": 1.2}
    if key == NO_POLICY:
        return {"color": material.colour(NO_POLICY), "linestyle": "-", "linewidth": 1.0}
    colour = "0.2" if legend and material.few and len(material.arms) > 1 else material.colour(arm)
    return {"color": colour, "linestyle": LINES[1], "linewidth": 1.4}


def _curve(axes: Axes, incomes: Array, levels: Array, look: dict[str, Any], replications: int) -> None:
    mean, half = bands(share_at_or_below(incomes, levels))
    axes.plot(levels, mean, **look)
    if replications > 1:
        low, high = np.clip(mean - half, 0.0, 100.0), np.clip(mean + half, 0.0, 100.0)
        band(axes, levels, low, high, look["color"])


def _grid(material: Material) -> Array:
    """Levels at which shares are taken, even on the axis; all but a thousandth of the villages lie within."""
    shown = [material.before, *(incomes for arm in material.arms for _, incomes in _incomes(material, arm))]
    low = min(0.0, *(float(np.quantile(incomes, 0.001)) for incomes in shown))
    high = max(60.0, *(float(np.quantile(incomes, 0.999)) for incomes in shown))
    below = [low, *np.linspace(0.0, LINEAR, STEPS // 5)] if low < 0.0 else list(np.linspace(0.0, LINEAR, STEPS // 5))
    return np.array([*below, *np.geomspace(LINEAR, high, STEPS)[1:]])


def _key(look: dict[str, Any]) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **look)
