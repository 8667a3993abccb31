"""Threshold counts 达标村数: how many villages earn at least 5, 10, 50 and 100 万元, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.declare import Array
from sim.language import Text
from sim.outcomes import NO_POLICY, THRESHOLDS
from sim.report.figures.board import small_multiples, title
from sim.report.figures.captions import caption
from sim.report.figures.material import Material, bands
from sim.report.figures.style import GREY, LINES, Sheet, band
from sim.report.figures.trajectories import YEARS_SHOWN, shade_years, years_axis
from sim.report.figures.words import NO_POLICY_SAID, YEAR, arm_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZH = "达标村数"
COLOURS = ("#56B4E9", "#0072B2", "#D55E00", "#000000")
"""From light to dark, so that grey printing keeps the order."""
LEVEL = Text("≥ {level}", "≥{level}万元")
LEVEL_FIRST = Text("≥ {level} (10,000 yuan)", "≥{level}万元")
VILLAGES = Text("villages at or above", "达到或超过的村数")
DRAWN = Text(
    "Number of villages whose collective earned income of the year is at or above 5, 10, 50 and 100 (10,000 yuan), mean over "
    "replications, by year; thin lines of the same pattern: no policy. Shaded: years in which the arm was active.",
    "当年村集体经营与投资收入达到或超过5、10、50、100万元的村数（对重复取平均），按年份；同样线型的细灰线为无政策。"
    "灰色背景：该方案生效的年份。",
)


def draw(material: Material, sheet: Sheet) -> Figure:
    """A panel an arm, a line a threshold."""
    made = small_multiples(sheet, len(material.arms))
    baseline = NO_POLICY in material.study.arms
    for axes, arm in zip(made.axes, material.arms, strict=True):
        shade_years(axes, material.study.active_years(arm))
        for place, level in enumerate(THRESHOLDS):
            if baseline:
                _line(axes, material, NO_POLICY, level, {"color": GREY, "linestyle": LINES[place], "linewidth": 0.6})
            look = {"color": COLOURS[place], "linestyle": LINES[place], "linewidth": 1.3}
            _line(axes, material, arm, level, look, with_band=True)
        title(made, axes, arm_label(arm, sheet))
        axes.set_ylim(bottom=0.0)
        years_axis(axes, material, YEARS_SHOWN)
        axes.locator_params(axis="y", integer=True, nbins=4)
    made.finish(sheet.panel_mm, x=sheet.say(YEAR), y=sheet.say(VILLAGES), legend=_legend(sheet, baseline))
    return made.figure


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    return caption(material, sheet, sheet.say(DRAWN))


def counts(earned: Array, level: float) -> Array:
    """Villages at or above a level, (replications, years)."""
    return np.asarray((earned >= level).sum(axis=2), dtype=float)


def _line(
    axes: Axes, material: Material, arm: str, level: int, look: dict[str, Any], *, with_band: bool = False
) -> None:
    years = material.study.years
    mean, half = bands(counts(material.study.arms[arm].earned, level))
    axes.plot(years, mean, **look)
    if with_band and material.study.replications > 1:
        band(axes, years, mean - half, mean + half, look["color"])


def _legend(sheet: Sheet, baseline: bool) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    looks: list[dict[str, Any]] = [
        {"color": COLOURS[place], "linestyle": LINES[place], "linewidth": 1.3} for place in range(len(THRESHOLDS))
    ]
    labels = [sheet.say(LEVEL if place else LEVEL_FIRST, level=level) for place, level in enumerate(THRESHOLDS)]
    if baseline:
        looks.append({"color": GREY, "linestyle": "-", "linewidth": 0.6})
        labels.append(sheet.say(NO_POLICY_SAID))
    return [Line2D([], [], **look) for look in looks], labels
