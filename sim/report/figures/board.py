"""A board of panels 版面: laid out in millimetres from the words it has to hold, so that nothing overlaps or is cut off.

Faster by far than matplotlib's own layout of many panels, and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.report.figures.style import LABEL, LINE_MM, SMALL, SMALL_LINE_MM, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGE_MM = 1.0
TICK_MM = 1.8
"""A tick and the space to its label."""
HANDLE_MM = 13.0
"""The sample of a legend's entry and the space around it."""


@dataclass(frozen=True)
class Board:
    """Panels in rows and columns on one figure; places behind the last panel stay empty."""

    sheet: Sheet
    figure: Figure
    axes: list[Axes]
    rows: int
    columns: int
    shared_x: bool = True

    def share_limits(self) -> None:
        """The same limits in all panels. Not matplotlib's own sharing, which takes seconds for twenty panels."""
        for name in ("x", "y") if self.shared_x else ("y",):
            limits = [getattr(axes, f"get_{name}lim")() for axes in self.axes]
            downward = limits[0][0] > limits[0][1]
            low, high = min(map(min, limits)), max(map(max, limits))
            for axes in self.axes:
                getattr(axes, f"set_{name}lim")(*((high, low) if downward else (low, high)))

    @property
    def panel_width_mm(self) -> float:
        """About how wide a panel is, for titles that must not run into one another."""
        return (self.sheet.millimetres - 15.0) / self.columns - 2.0

    def finish(
        self,
        panel_mm: float | None,
        *,
        x: str = "",
        y: str = "",
        legend: tuple[Sequence[Any], Sequence[str]] = ((), ()),
        shape: float = 1.0,
        below_mm: float = 0.0,
        gap_mm: float = 3.0,
    ) -> tuple[float, float]:
        """Set the size of the figure and place panels of this height, labels and legend; ``shape`` is height over
        width where no height is given, ``below_mm`` is kept free at the bottom.

        Returns left edge and width of the panels, mm.
        """
        self.share_limits()
        sheet = self.sheet
        wide = sheet.millimetres
        y_lines, x_lines = 0, 0
        left = EDGE_MM + _tick_width_mm(self.axes[0], sheet) + TICK_MM
        if y:
            rough = (panel_mm or wide / self.columns * shape) * self.rows + 8.0
            y = sheet.wrapped(y, rough, LABEL)
            y_lines = y.count("\n") + 1
            left += LINE_MM * y_lines + 0.4
        right = wide - 3.0
        panel_width = (right - left - gap_mm * (self.columns - 1)) / self.columns
        high = panel_mm or panel_width * shape
        if x:
            x = sheet.wrapped(x, right - left, LABEL)
            x_lines = x.count("\n") + 1
        own = max((axes.get_xlabel().count("\n") + 1 for axes in self.axes if axes.get_xlabel()), default=0)
        bottom = below_mm + EDGE_MM + LINE_MM * x_lines + SMALL_LINE_MM * (1 + own) + TICK_MM + 0.6 * bool(own)
        lines = max((axes.get_title().count("\n") + 1 for axes in self.axes if axes.get_title()), default=0)
        titles = SMALL_LINE_MM * lines + 1.2 * bool(lines)
        legend_rows = self._legend_rows(legend[1])
        top = EDGE_MM + (3.6 * legend_rows + 1.0 if legend_rows else 0.0) + titles
        between = titles + 2.2
        height = top + self.rows * high + (self.rows - 1) * between + bottom
        self.figure.set_size_inches(wide / 25.4, height / 25.4)
        self.figure.subplots_adjust(
            left=left / wide, right=right / wide, top=1.0 - top / height, bottom=bottom / height,
            wspace=gap_mm / panel_width, hspace=between / high,
        )  # fmt: skip
        middle = (bottom + (height - top - bottom) / 2.0) / height
        if y:
            self.figure.text(
                EDGE_MM / wide, middle, y, rotation=90, ha="left", va="center", fontsize=LABEL, linespacing=1.05
            )
        if x:
            at = (below_mm + EDGE_MM) / height
            self.figure.text(
                (left + right) / 2.0 / wide, at, x, ha="center", va="bottom", fontsize=LABEL, linespacing=1.05
            )
        if legend_rows:
            columns = -(-len(legend[1]) // legend_rows)
            place: Any = {"loc": "upper left", "bbox_to_anchor": (0.0, 1.0 - 0.5 / height), "borderpad": 0.2}
            self.figure.legend(*legend, ncols=columns, **place)
        return left, right - left

    def _legend_rows(self, labels: Sequence[str]) -> int:
        if not labels:
            return 0
        widest = max(self.sheet.text_mm(label) for label in labels) + HANDLE_MM
        columns = max(1, min(len(labels), int(self.sheet.millimetres / widest)))
        return -(-len(labels) // columns)


def board(sheet: Sheet, n: int, most: int, *, shared_x: bool = True) -> Board:
    """n panels, at most so many in a row, rows as even as can be; the vertical axis is shared, the other where asked."""
    rows = -(-n // most)
    columns = -(-n // rows)
    figure = sheet.figure(100.0, laid_out=False)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for place, axes in enumerate(grid):
        if place >= n:
            axes.set_axis_off()
        if place % columns:
            axes.yaxis.set_tick_params(labelleft=False)
        if shared_x and place + columns < n:
            axes.xaxis.set_tick_params(labelbottom=False)
    return Board(sheet, figure, list(grid[:n]), rows, columns, shared_x)


def small_multiples(sheet: Sheet, n: int) -> Board:
    """A small panel an arm."""
    return board(sheet, n, 3 if sheet.width == "single" else 5)


def title(board_: Board, axes: Axes, text: str) -> None:
    """The name of a panel above it, in as many lines as it needs."""
    axes.set_title(board_.sheet.wrapped(text, board_.panel_width_mm), fontsize=SMALL, pad=2.5, linespacing=1.0)


def _tick_width_mm(axes: Axes, sheet: Sheet) -> float:
    """Width of the widest label of the vertical axis."""
    low, high = sorted(axes.get_ylim())
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    labels = axes.yaxis.get_major_formatter().format_ticks(ticks)
    return max((sheet.text_mm(line) for label in labels for line in label.split("\n")), default=0.0)
