"""A box of scenario discovery 情景区域图: the peeling trajectory, the limits against the ranges, and the two main factors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.discovery import Found
from sim.analysis.prim import Column, Limit, told
from sim.declare import Array
from sim.language import Text
from sim.report.discovery import Report, claim, sentences
from sim.report.factor_words import Factor, kept_options, plain
from sim.report.figures.style import GREY, LABEL, OKABE_ITO, PALE, SMALL, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "discovery"
CASE, OTHER = OKABE_ITO[2], OKABE_ITO[1]
COVERAGE = Text("coverage: share of all such points inside", "覆盖率：区域内占全部此类设计点的比例")
DENSITY = Text("density: share of points inside that are such", "密度：区域内此类设计点的比例")
SUCH = Text("{claim}", "{claim}")
NOT_SUCH = Text("all other points", "其余设计点")
BOX = Text("the box", "区域")
BASE = Text("base rate", "总体比例")
PATH = Text("peeling trajectory", "剥离轨迹")
RANGE = Text("share of the factor's range", "占因素取值范围的比例")
DRAWN = Text(
    "Left: boxes of the peeling trajectory from all points (right end) to the smallest; darker with more factors limited; "
    "the diamond is the box told, the dashed line the base rate. Middle: what the box keeps (dark) of each factor's range or "
    "options. {scatter}{sentence} Shares are of design points and no probability that a policy loses somewhere.",
    "左：剥离轨迹上的区域，自全部设计点（右端）至最小区域；颜色越深，受限因素越多；菱形为所报告区域，虚线为总体比例。"
    "中：各因素取值范围或选项中保留的部分（深色）。{scatter}{sentence}各比例以设计点计，并非政策在某地受损的概率。",
)
SCATTER = Text(
    "Right: design points by two factors, filled where {claim}; frame: the box's limits in these two. ",
    "右：按两个因素排列的设计点，实心点表示{claim}；框线为区域在这两个因素上的界限。",
)


def write_box(folder: Path, made: Report, sheet: Sheet, formats: Sequence[str]) -> list[Path]:
    """Write the figure of the first box in each format and its caption; returns the paths."""
    from sim.report.figures import save, settled

    figure = settled(lambda: draw(made, sheet), sheet)
    paths = save(figure, [folder / f"{NAME}.{format_}" for format_ in formats], sheet)
    words = folder / f"{NAME}.txt"
    words.write_text(describe(made, sheet), encoding="utf-8")
    return [*paths, words]


def draw(made: Report, sheet: Sheet) -> Figure:
    """Three panels side by side, one below the other on a single column."""
    box = made.found.believed[0]
    panels = 3 if len(made.found.columns) > 1 else 2
    beside = sheet.width == "double"
    figure = sheet.figure(70.0 if beside else 58.0 * panels)
    axes = figure.subplots(1, panels) if beside else figure.subplots(panels, 1)
    _trajectory(axes[0], made, box, sheet)
    _limits(axes[1], made, box, sheet)
    if panels == 3:
        _scatter(axes[2], made, box, sheet)
    return figure


def describe(made: Report, sheet: Sheet) -> str:
    """The caption."""
    scatter = sheet.say(SCATTER, claim=claim(made, sheet.language)) if len(made.found.columns) > 1 else ""
    gap = " " if sheet.language == "en" else ""
    return (
        sheet.say(DRAWN, scatter=scatter, sentence=sentences(made, sheet.language)[0] + gap).replace("  ", " ") + "\n"
    )


# ---- the trajectory


def _trajectory(axes: Axes, made: Report, box: Found, sheet: Sheet) -> None:
    hits = made.found.cases[box.searched]
    shown = [told(hits, step.inside) for step in box.fitted.trajectory]
    limited = [len({limit.factor for limit in step.box}) for step in box.fitted.trajectory]
    x, y = [t.coverage for t in shown], [t.density for t in shown]
    axes.axhline(
        float(hits.mean()), color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=0.6, label=sheet.say(BASE)
    )
    axes.plot(x, y, color=GREY, linewidth=0.6, zorder=1, label=sheet.say(PATH))
    for across, up, count in zip(x, y, limited, strict=True):
        face = str(0.9 - 0.8 * count / max(max(limited), 1))
        axes.plot([across], [up], marker="o", markersize=4.0, color=face, markeredgecolor="0.2", markeredgewidth=0.4)
    mark: dict[str, Any] = {"marker": "D", "markersize": 5.5, "markeredgewidth": 1.2, "linestyle": "none"}
    axes.plot(
        [box.told.coverage],
        [box.told.density],
        color=CASE,
        markerfacecolor="none",
        label=sheet.say(BOX),
        zorder=3,
        **mark,
    )
    axes.set_xlim(0.0, 1.05)
    axes.set_ylim(min(0.0, *y), 1.05)
    axes.set_xlabel(sheet.wrapped(sheet.say(COVERAGE), _panel_mm(sheet), LABEL))
    axes.set_ylabel(sheet.wrapped(sheet.say(DENSITY), 50.0, LABEL))
    axes.legend(loc="lower left", handlelength=1.8)


def _panel_mm(sheet: Sheet) -> float:
    return 42.0 if sheet.width == "double" else 66.0


# ---- limits against ranges


def _limits(axes: Axes, made: Report, box: Found, sheet: Sheet) -> None:
    places = sorted({limit.factor for limit in box.box})
    names = []
    for row, place in enumerate(places):
        column, factor = made.found.columns[place], made.factors[place]
        if column.options:
            _option_row(axes, row, kept_options(place, box.box, column), column)
        else:
            _range_row(axes, row, box, place, column, factor)
        unit = factor.unit_said(sheet.language)
        names.append(sheet.wrapped(factor.label(sheet.language) + (f",{unit}" if unit else ""), 26.0))
    axes.set_yticks(range(len(places)), names, linespacing=1.0)
    axes.set_ylim(len(places) - 0.4, -0.8)
    axes.set_xlim(-0.06, 1.06)
    axes.set_xlabel(sheet.wrapped(sheet.say(RANGE), _panel_mm(sheet), LABEL))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _range_row(axes: Axes, row: int, box: Found, place: int, column: Column, factor: Factor) -> None:
    first, last = factor.range or (float(column.values.min()), float(column.values.max()))
    low = max(box.box.get(Limit(place, "low"), first), first)
    high = min(box.box.get(Limit(place, "high"), last), last)
    width = last - first or 1.0
    axes.plot([0.0, 1.0], [row, row], color="0.8", linewidth=5.0, solid_capstyle="butt", zorder=1)
    kept = [(low - first) / width, (high - first) / width]
    axes.plot(kept, [row, row], color="0.25", linewidth=5.0, solid_capstyle="butt", zorder=2)
    for share, value in zip(kept, (low, high), strict=True):
        axes.annotate(plain(value), (share, row), (0, 5), textcoords="offset points", ha="center", fontsize=SMALL)


def _option_row(axes: Axes, row: int, kept: Sequence[str], column: Column) -> None:
    edges = np.linspace(0.0, 1.0, len(column.options) + 1)
    for option, left, right in zip(column.options, edges, edges[1:], strict=False):
        inner = option in kept
        shade = "0.25" if inner else "0.8"
        axes.plot([left + 0.01, right - 0.01], [row, row], color=shade, linewidth=5.0, solid_capstyle="butt", zorder=2)
        said = option.replace("_", " ").replace(" ", "\n") if len(column.options) > 2 else option.replace("_", " ")
        axes.annotate(
            said, ((left + right) / 2, row), (0, 5), textcoords="offset points", ha="center", va="bottom",
            fontsize=SMALL, color="0.1" if inner else GREY, linespacing=0.95,
        )  # fmt: skip


# ---- two factors


def main_factors(made: Report, box: Found) -> tuple[int, int]:
    """Limited factors, the one with the strongest limit first; then the factor most often limited in resamples."""
    strength = {limit.factor: 1.0 for limit in box.box}
    for limit in box.box:
        strength[limit.factor] = min(strength[limit.factor], box.quasi_p[limit])
    places = sorted(strength, key=lambda place: (strength[place], place))
    often = [] if box.stability is None else list(box.stability.factors)
    places += [place for place in (*often, *range(len(made.found.columns))) if place not in places]
    return places[0], places[1]


def _scatter(axes: Axes, made: Report, box: Found, sheet: Sheet) -> None:
    first, second = main_factors(made, box)
    used, cases = made.found.used, made.found.cases
    x, y = (_spread(made.found.columns[place]) for place in (first, second))
    looks: dict[bool, dict[str, Any]] = {
        True: {"color": CASE, "markerfacecolor": CASE},
        False: {"color": OTHER, "markerfacecolor": "none"},
    }
    for case, text in ((False, sheet.say(NOT_SUCH)), (True, claim(made, sheet.language))):
        mine = used & (cases == case)
        shape: dict[str, Any] = {"marker": "o" if case else "^", "markersize": 2.8, "markeredgewidth": 0.6}
        label = sheet.wrapped(text, _panel_mm(sheet) - 8.0)
        axes.plot(x[mine], y[mine], linestyle="none", label=label, **shape, **looks[case])
    for place, name in ((first, "x"), (second, "y")):
        _axis(axes, name, made.found.columns[place], made.factors[place], sheet)
    _frame(axes, box, (first, second), made)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1, handlelength=1.0)


def _spread(column: Column) -> Array:
    """Places on an axis; points of an option lie side by side in the order of the design, so that none hides another."""
    if not column.options:
        return column.values
    return np.asarray(column.values + 0.6 * (np.arange(len(column.values)) * 0.618034 % 1.0 - 0.5))


def _axis(axes: Axes, name: str, column: Column, factor: Factor, sheet: Sheet) -> None:
    unit = factor.unit_said(sheet.language)
    label = sheet.wrapped(factor.label(sheet.language) + (f",{unit}" if unit else ""), _panel_mm(sheet), LABEL)
    getattr(axes, f"set_{name}label")(label)
    if column.options:
        words = [option.replace("_", "\n" if name == "x" else " ") for option in column.options]
        getattr(axes, f"set_{name}ticks")(range(len(words)), [sheet.wrapped(word, 16.0) for word in words])
        getattr(axes, f"set_{name}lim")(-0.5, len(words) - 0.5)
    else:
        low, high = float(column.values.min()), float(column.values.max())
        edge = 0.04 * (high - low)
        getattr(axes, f"set_{name}lim")(low - edge, high + edge)
        axes.locator_params(axis=name, nbins=4)  # type: ignore[arg-type]


def _frame(axes: Axes, box: Found, places: tuple[int, int], made: Report) -> None:
    """What the box keeps in the two factors; options that lie apart have a frame each."""
    spans = [_spans(box, place, made.found.columns[place], lim) for place, lim in
             zip(places, (axes.get_xlim(), axes.get_ylim()), strict=True)]  # fmt: skip
    for left, right in spans[0]:
        for low, high in spans[1]:
            axes.fill([left, right, right, left], [low, low, high, high], color=PALE, zorder=0.5)
            axes.plot(
                [left, right, right, left, left], [low, low, high, high, low], color="0.2", linewidth=1.0, zorder=3
            )


def _spans(box: Found, place: int, column: Column, ends: tuple[float, float]) -> list[tuple[float, float]]:
    if not column.options:
        return [(box.box.get(Limit(place, "low"), ends[0]), box.box.get(Limit(place, "high"), ends[1]))]
    kept = kept_options(place, box.box, column)
    if len(kept) == len(column.options):
        return [ends]
    return [(code - 0.45, code + 0.45) for code, option in enumerate(column.options) if option in kept]
