"""How all figures look 图样: column widths of journals, 7 to 8 points, colours and lines that survive grey printing.

An arm has the same colour, line and marker in every figure drawn of the same arms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sim.language import Language, Text
from sim.report.figures import fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Width = Literal["single", "double"]
WIDTHS_MM: dict[Width, float] = {"single": 85.0, "double": 174.0}
TALLEST_MM = 240.0
"""The printed page of most journals; a figure of very many arms may be taller, and its caption says so."""
LABEL, SMALL = 8.0, 7.0
"""Points at print size."""
OKABE_ITO = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Black for no policy, then arms in order (Okabe and Ito 2008); yellow is left out, it vanishes on white."""
LINES: tuple[Any, ...] = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), ":", (0, (3, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
COMPANION_LINES: dict[str, Any] = {"same_money": (0, (3, 2)), "same_management": (0, (1, 1.6))}
GREY, PALE = "0.45", "0.93"
RC: dict[str, Any] = {
    "font.size": LABEL,
    "axes.labelsize": LABEL,
    "axes.titlesize": LABEL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "figure.labelsize": LABEL,
    "text.parse_math": False,  # an arm may have any name
    "axes.formatter.use_mathtext": False,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "lianjian",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "hatch.linewidth": 0.4,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "legend.borderaxespad": 0.2,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.35,
}


@dataclass(frozen=True)
class Sheet:
    """What a figure is drawn on: its language, its width and a reader's own font."""

    language: Language = "en"
    width: Width = "double"
    font: Path | None = None

    @property
    def millimetres(self) -> float:
        return WIDTHS_MM[self.width]

    def settings(self) -> dict[str, Any]:
        """What to draw under (matplotlib's rc)."""
        return RC | {"font.family": list(fonts.families(self.font))}

    def say(self, text: Text, **values: Any) -> str:
        """A text in the language of the figure."""
        return text.say(self.language, **values)

    def figure(self, height_mm: float) -> Figure:
        """An empty figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(self.millimetres / 25.4, height_mm / 25.4), layout="constrained")
        figure.get_layout_engine().set(w_pad=1.0 / 25.4, h_pad=0.8 / 25.4, wspace=0.02, hspace=0.02)  # type: ignore[union-attr]
        return figure

    def wrapped(self, text: str, limit_mm: float, points: float = SMALL) -> str:
        """A text in lines of at most this width."""
        return fonts.wrapped(text, points, limit_mm, self.font)

    def legend(self, figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
        """A legend above everything, in as many columns as fit."""
        handle_mm = 3.6 * SMALL / fonts.POINTS_PER_MM + 2.0
        widest = max(fonts.width(label, SMALL, self.font) for label in labels) + handle_mm
        columns = max(1, min(len(labels), int((self.millimetres - 2.0) / widest)))
        rows = -(-len(labels) // columns)
        figure.legend(handles, labels, loc="outside upper left", ncols=-(-len(labels) // rows))

    def panels(self, n: int, panel_mm: float, above_mm: float, **shared: Any) -> tuple[Figure, list[Axes]]:
        """A figure of n panels of this height, and ``above_mm`` for legend and axis label; empty places stay empty."""
        most = 3 if self.width == "single" else 5
        rows = -(-n // most)
        columns = -(-n // rows)
        figure = self.figure(rows * panel_mm + above_mm)
        grid = figure.subplots(rows, columns, squeeze=False, **({"sharex": True, "sharey": True} | shared))
        for axes in grid.ravel()[n:]:
            axes.set_axis_off()
        for axes in grid.ravel()[max(0, n - columns) : n]:
            axes.xaxis.set_tick_params(labelbottom=True)  # nothing stands below it
        return figure, list(grid.ravel()[:n])

    def panel_width_mm(self, n: int) -> float:
        """About how wide a panel of n is, for titles that must not run into one another."""
        most = 3 if self.width == "single" else 5
        return (self.millimetres - 10.0) / -(-n // -(-n // most)) - 1.5

    def y_label(self, figure: Figure, text: str) -> None:
        """One label for all vertical axes."""
        height_mm = float(figure.get_figheight()) * 25.4 - 8.0
        figure.supylabel(self.wrapped(text, height_mm, LABEL), fontsize=LABEL, ha="center", linespacing=1.1)

    def x_label(self, figure: Figure, text: str) -> None:
        """One label for all horizontal axes."""
        figure.supxlabel(self.wrapped(text, self.millimetres - 8.0, LABEL), fontsize=LABEL)
