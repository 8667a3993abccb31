"""Which unknown drives the answer 敏感性图: bars of first and total Sobol indices, or mu* against sigma of a screening.

One figure a difference of arms, a panel an outcome. Not a figure of a run: it is drawn of what was found in a sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.sensitivity import Found, ranked, usable
from sim.language import Text
from sim.outcomes import OUTCOMES
from sim.report.figures import fonts
from sim.report.figures.style import GREY, OKABE_ITO, PALE, SMALL, SMALL_LINE_MM, Sheet
from sim.report.sensitivity import Sensitivity, answer_label, factor_label
from sim.report.wording import unit_in
from sim.statistics.elementary_effects import Screening
from sim.statistics.sobol_indices import SobolIndices

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("pdf", "png")
MOST_FACTORS, MOST_PANELS = 12, 3
REACH = 60.0
"""Largest over smallest number on an axis of the screening; smaller ones lie on the edge."""
TOTAL = Text("total", "总效应")
FIRST = Text("first order", "一阶")
SHARE = Text("share of the variance, %", "占方差的份额（%）")
MU_STAR = Text("mu*{unit}", "mu*{unit}")
SIGMA = Text("sigma", "sigma")
NOTHING = Text("no indices", "无指数")
SOBOL_SAID = Text(
    "{what}. Sobol indices of {factors} factors, the {shown} with the largest total in the first panel: dark bars total, pale "
    "bars first order, both {noise}. Whiskers: {confidence} over the base rows{over} drawn. {rows} base rows, {replications} "
    "replications. Shares are over the ranges of the experiment.",
    "{what}。{factors}个因子的Sobol指数，列出首图总效应最大的{shown}个：深色为总效应，浅色为一阶，均{noise}。"
    "须线：{confidence}区间，对所抽基础行{over}成立。{rows}个基础行，{replications}次重复。份额以实验的取值范围为准。",
)
FREE, HELD = Text("free of replication noise", "已去除重复噪声"), Text("with replication noise in them", "含重复噪声")
AND_REPLICATIONS = Text(" and replications", "与重复")
MORRIS_SAID = Text(
    "{what}. Morris screening of {factors} factors: mean absolute elementary effect (mu*, whisker: {confidence} over "
    "trajectories) against the standard deviation of the effects (sigma, free of replication noise). Numbered: the {shown} "
    "with the largest mu* in the first panel. Axes are logarithmic, smaller numbers lie on the edge. On the dashed line "
    "sigma equals mu*: above it a factor acts "
    "very differently from place to place. {rows} trajectories, {replications} replications.",
    "{what}。{factors}个因子的Morris筛选：基本效应绝对值的均值（mu*，须线为对轨迹的{confidence}区间）与其标准差（sigma，已去除重复噪声）。"
    "编号为首图mu*最大的{shown}个因子。坐标为对数刻度，更小的值画在边缘。虚线上sigma等于mu*，其上方的因子在不同位置作用差别很大。"
    "{rows}条轨迹，{replications}次重复。",
)


def write_figures(folder: Path, made: Sensitivity, sheet: Sheet) -> list[Path]:
    """Draw one figure a difference into ``folder``, with its caption beside it; returns the paths."""
    from sim.report.figures import save

    paths: list[Path] = []
    for place, panels in enumerate(grouped(made), 1):
        figure = draw(made, panels, sheet)
        paths += save(figure, [folder / f"sensitivity_{place}.{ending}" for ending in FORMATS], sheet)
        told = folder / f"sensitivity_{place}.txt"
        told.write_text(describe(made, panels, sheet), encoding="utf-8")
        paths.append(told)
    return paths


def grouped(made: Sensitivity) -> list[list[Found]]:
    """What belongs into a figure each: one difference, its first outcomes."""
    found: dict[tuple[str, str, str], list[Found]] = {}
    for one in made.contrasts:
        if one.result is not None:
            found.setdefault((one.answer.scenario, one.answer.arm, one.answer.against), []).append(one)
    return [panels[:MOST_PANELS] for panels in found.values()]


def draw(made: Sensitivity, panels: Sequence[Found], sheet: Sheet) -> Figure:
    """Panels side by side, laid out. Raises FigureError for a character that no font has."""
    from matplotlib import rc_context

    with rc_context(sheet.settings()):
        shown = ranked(panels[0])[:MOST_FACTORS]
        screened = isinstance(panels[0].result, Screening)
        figure = (_screening if screened else _bars)(made, panels, shown, sheet)
        fonts.refuse_missing(fonts.texts_of(figure), sheet.font)
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
            figure.set_layout_engine("none")
    return figure


def describe(made: Sensitivity, panels: Sequence[Found], sheet: Sheet) -> str:
    """The caption."""
    first = panels[0]
    result = first.result
    assert result is not None
    what = answer_label(first.answer, sheet.language)
    facts: dict[str, Any] = {
        "what": what[:1].upper() + what[1:] if sheet.language == "en" else what,
        "factors": len(made.factors),
        "shown": min(MOST_FACTORS, len(made.factors)),
        "confidence": f"{100 * made.confidence:g}%",
        "rows": first.groups - first.dropped,
        "replications": result.replications,
    }
    if isinstance(result, Screening):
        return sheet.say(MORRIS_SAID, **facts) + "\n"
    free = usable(result)
    facts |= {"noise": sheet.say(FREE if free else HELD), "over": sheet.say(AND_REPLICATIONS) if free else ""}
    return sheet.say(SOBOL_SAID, **facts) + "\n"


def _labels(made: Sensitivity, shown: Sequence[int], sheet: Sheet, limit_mm: float) -> list[str]:
    """Names of factors in words, which can be broken over lines; a path with dots cannot."""
    facts = made.rows.facts["factors"]
    names = [factor_label(facts[place], sheet.language).removeprefix("forms.") for place in shown]
    return [sheet.wrapped(name.replace(".", " ").replace("_", " "), limit_mm - 3.0) for name in names]


def _panel_title(found: Found, sheet: Sheet, limit_mm: float) -> str:
    outcome = OUTCOMES[found.answer.outcome]
    name = outcome.zh if sheet.language == "zh" else outcome.name.replace("_", " ")
    return sheet.wrapped(name, limit_mm)


def _unit(found: Found, sheet: Sheet) -> str:
    """The unit behind a label; nothing for a pure number."""
    unit = found.answer.unit
    if unit == "1":
        return ""
    if sheet.language == "zh":
        return f"（{unit_in('zh', unit)}）"
    return f", {unit.replace('万元', '10,000 yuan')}"


# ---- Sobol


def _bars(made: Sensitivity, panels: Sequence[Found], shown: Sequence[int], sheet: Sheet) -> Figure:
    names_mm = 0.33 * sheet.millimetres
    labels = _labels(made, shown, sheet, names_mm)
    row_mm = max(5.0, max(label.count("\n") + 1 for label in labels) * SMALL_LINE_MM + 0.6)
    figure = sheet.figure(18.0 + row_mm * len(shown))
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, found in zip(every, panels, strict=True):
        assert isinstance(found.result, SobolIndices)
        _bar_panel(axes, found.result, shown, sheet)
        limit = (sheet.millimetres - names_mm) / len(panels)
        axes.set_title(_panel_title(found, sheet, limit), fontsize=SMALL)
        axes.set_xlabel(sheet.wrapped(sheet.say(SHARE), limit), fontsize=SMALL)
    every[0].set_yticks(range(len(shown)), labels, linespacing=1.0)
    every[0].set_ylim(len(shown) - 0.5, -0.5)
    handles, words = every[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, words, loc="outside upper right", ncols=2)
    return figure


def _bar_panel(axes: Axes, result: SobolIndices, shown: Sequence[int], sheet: Sheet) -> None:
    for place in range(1, len(shown), 2):
        axes.axhspan(place - 0.5, place + 0.5, color=PALE, zorder=0, linewidth=0)
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    indices = result.free if usable(result) else result.plain
    if not np.isfinite(indices.total.estimate).any():
        where: Any = axes.transAxes
        axes.text(0.5, 0.5, sheet.say(NOTHING), transform=where, ha="center", fontsize=SMALL, color=GREY)
        return
    looks = ((indices.total, TOTAL, "#0072B2", -0.19), (indices.first, FIRST, "#BFDCEC", 0.19))
    for estimates, name, colour, shift in looks:
        at = np.arange(len(shown)) + shift
        value, low, high = (100.0 * bound[list(shown)] for bound in (estimates.estimate, estimates.low, estimates.high))
        look: dict[str, Any] = {"color": colour, "edgecolor": "black", "linewidth": 0.4, "label": sheet.say(name)}
        axes.barh(at, np.nan_to_num(value), 0.36, **look)
        axes.hlines(at, low, high, color="black", linewidth=0.8)


# ---- Morris


def _screening(made: Sensitivity, panels: Sequence[Found], shown: Sequence[int], sheet: Sheet) -> Figure:
    wide = sheet.width == "double"
    across = len(panels) + 1 if wide else 1
    key_mm = (0.28 if wide else 0.95) * sheet.millimetres
    labels = [f"{n} {label}" for n, label in enumerate(_labels(made, shown, sheet, key_mm - 9.0), 1)]
    panel_mm = 55.0
    lines = sum(label.count("\n") + 1 for label in labels)
    key_high = lines * SMALL_LINE_MM + 4.0
    high = max(panel_mm, key_high) + 4.0 if wide else panel_mm * len(panels) + key_high
    figure = sheet.figure(high)
    grid: Any
    if wide:
        grid = figure.subplots(1, across, squeeze=False, width_ratios=[1.0] * len(panels) + [0.52 * len(panels)])[0]
    else:
        ratios = [panel_mm] * len(panels) + [key_high]
        grid = figure.subplots(len(panels) + 1, 1, squeeze=False, height_ratios=ratios)[:, 0]
    for axes, found in zip(grid, panels, strict=False):
        assert isinstance(found.result, Screening)
        _screening_panel(axes, found.result, shown)
        limit = (sheet.millimetres - key_mm) / len(panels) if wide else sheet.millimetres
        unit = _unit(found, sheet)
        axes.set_title(_panel_title(found, sheet, limit), fontsize=SMALL)
        axes.set_xlabel(sheet.wrapped(sheet.say(MU_STAR, unit=unit), limit), fontsize=SMALL)
    grid[0].set_ylabel(sheet.say(SIGMA), fontsize=SMALL)
    grid[-1].set_axis_off()
    where: Any = grid[-1].transAxes
    grid[-1].text(0.0, 1.0, "\n".join(labels), transform=where, va="top", fontsize=SMALL, linespacing=1.15)
    return figure


def _screening_panel(axes: Axes, result: Screening, shown: Sequence[int]) -> None:
    """Both axes are logarithmic: a few factors move the answer a hundred times as far as most."""
    star, sigma = result.mu_star.estimate, result.sigma_free
    sigma = np.where(np.isfinite(sigma), sigma, result.sigma.estimate)
    most = max(float(np.nanmax(star)), float(np.nanmax(sigma)), 1e-12)
    least = most / REACH
    across, up = np.maximum(star, least), np.maximum(sigma, least)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda value, _: "")
    axes.set_xlim(least / 1.15, most * 1.6)
    axes.set_ylim(least / 1.15, most * 1.6)
    axes.plot([least, most * 1.6], [least, most * 1.6], linestyle="--", color=GREY, linewidth=0.6, zorder=0)
    others = [place for place in range(len(star)) if place not in shown]
    axes.plot(across[others], up[others], linestyle="none", marker="o", markersize=1.8, color="0.65", zorder=1)
    for place in shown:
        ends = [max(float(bound[place]), least) for bound in (result.mu_star.low, result.mu_star.high)]
        axes.plot(ends, [up[place]] * 2, color="0.7", linewidth=0.6, zorder=1)
    for number, place in enumerate(shown, 1):
        axes.plot([across[place]], [up[place]], marker="o", markersize=3.0, color=OKABE_ITO[1], linestyle="none")
        where: Any = {"xytext": (2.5, 2.0), "textcoords": "offset points"}
        axes.annotate(str(number), (across[place], up[place]), fontsize=SMALL, **where)
