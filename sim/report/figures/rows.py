"""Figures with a row an arm: names at the left, estimates with their intervals beside them, shared by all panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.report.figures.material import Material
from sim.report.figures.style import GREY, PALE, SMALL, Sheet
from sim.report.figures.words import arm_label
from sim.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {"single": 25.0, "double": 42.0}
"""mm for the names of the arms."""
LINE_MM = 3.1


def row_figure(
    material: Material, sheet: Sheet, panels: int, row_mm: float, above_mm: float
) -> tuple[Figure, Sequence[Axes]]:
    """Panels side by side, a row an arm from the top; every second row is shaded so that eyes find the way."""
    names = [sheet.wrapped(arm_label(arm, sheet), NAMES[sheet.width]) for arm in material.arms]
    row = max(row_mm, LINE_MM * max(name.count("\n") + 1 for name in names) + 0.6)
    figure = sheet.figure(row * max(len(names), 2) + above_mm)
    grid = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
    for axes in grid:
        for place in range(1, len(names), 2):
            axes.axhspan(place - 0.5, place + 0.5, color=PALE, zorder=0, linewidth=0)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=5 if sheet.width == "double" else 4)
    grid[0].set_ylim(len(names) - 0.5, -0.5)
    grid[0].set_yticks(range(len(names)), names, linespacing=1.0)
    return figure, grid


def point(axes: Axes, place: float, found: Interval, *, filled: bool = True, **look: Any) -> None:
    """An estimate and its interval in a row; an open marker where the interval contains 0."""
    face = look["color"] if filled else "white"
    look = {"markersize": 3.6, "markeredgewidth": 0.9, "linestyle": "none"} | look
    if found.low == found.low:
        axes.plot([found.low, found.high], [place, place], color=look["color"], linewidth=1.1, solid_capstyle="butt")
    axes.plot([found.mean], [place], markerfacecolor=face, **look)


def zero_line(axes: Axes) -> None:
    """Where nothing differs."""
    axes.axvline(0.0, color=GREY, linewidth=0.7, zorder=0.6)


def nothing(axes: Axes, place: float, text: str) -> None:
    """A row in which there is nothing to draw says so."""
    place_in: Any = axes.get_yaxis_transform()
    axes.text(0.98, place, text, transform=place_in, ha="right", va="center", fontsize=SMALL, color=GREY)
