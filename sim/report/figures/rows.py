"""Figures with a row an arm: names at the left, estimates with their intervals beside them, shared by all panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.figures.board import Board, board
from sim.report.figures.material import Material
from sim.report.figures.style import GREY, PALE, SMALL, SMALL_LINE_MM, Sheet
from sim.report.figures.words import arm_label
from sim.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {"single": 25.0, "double": 42.0}
"""mm for the names of the arms."""


def row_board(material: Material, sheet: Sheet, panels: int) -> Board:
    """Panels side by side, a row an arm from the top; every second row is shaded so that eyes find the way."""
    names = _names(material, sheet)
    made = board(sheet, panels, panels, shared_x=False)
    for axes in made.axes:
        for place in range(1, len(names), 2):
            axes.axhspan(place - 0.5, place + 0.5, color=PALE, zorder=0, linewidth=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), names, linespacing=1.0)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=5 if sheet.width == "double" else 4)
    return made


def height_mm(material: Material, sheet: Sheet, row_mm: float) -> float:
    """Height of all rows: a row has room for its arm's name."""
    lines = max(name.count("\n") + 1 for name in _names(material, sheet))
    return max(row_mm, SMALL_LINE_MM * lines + 0.4) * max(len(material.arms), 2)


def _names(material: Material, sheet: Sheet) -> list[str]:
    return [sheet.wrapped(arm_label(arm, sheet), NAMES[sheet.width]) for arm in material.arms]


def point(axes: Axes, place: float, found: Interval, *, filled: bool = True, **look: Any) -> None:
    """An estimate and its interval in a row; an open marker where the interval contains 0."""
    face = look["color"] if filled else "white"
    marked: Any = {"markersize": 3.6, "markeredgewidth": 0.9, "linestyle": "none"} | look
    if found.low == found.low:
        axes.plot([found.low, found.high], [place, place], color=look["color"], linewidth=1.1, solid_capstyle="butt")
    axes.plot([found.mean], [place], markerfacecolor=face, **marked)


def zero_line(axes: Axes) -> None:
    """Where nothing differs."""
    axes.axvline(0.0, color=GREY, linewidth=0.7, zorder=0.6)


def nothing(axes: Axes, place: float, text: str) -> None:
    """A row in which there is nothing to draw says so."""
    place_in: Any = axes.get_yaxis_transform()
    axes.text(0.98, place, text, transform=place_in, ha="right", va="center", fontsize=SMALL, color=GREY)
