"""How all figures look 图样: column widths of journals, 7 to 8 points, colours and lines that survive grey printing.

An arm has the same colour, line and marker in every figure drawn of the same arms.
"""

from __future__ import annotations

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
LABEL, SMALL = 8.0, 7.0
"""Points at print size."""
LINE_MM, SMALL_LINE_MM = 3.9, 3.1
"""Height of a line of each size; the shipped font has tall ones."""
OKABE_ITO = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Black for no policy, then arms in order (Okabe and Ito 2008); yellow is left out, it vanishes on white."""
LINES: tuple[Any, ...] = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), ":", (0, (3, 1, 1, 1)))
MARKERS = ("s", "o", "^", "D", "v", "P", "X")
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

    @property
    def panel_mm(self) -> float:
        """Height of a small panel."""
        return 20.0 if self.width == "single" else 23.0

    def settings(self) -> Any:
        """What to draw under (matplotlib's rc)."""
        return RC | {"font.family": list(fonts.families(self.font))}

    def say(self, text: Text, **values: Any) -> str:
        """A text in the language of the figure."""
        return text.say(self.language, **values)

    def figure(self, height_mm: float, *, laid_out: bool = True) -> Figure:
        """An empty figure; matplotlib lays it out unless a board does."""
        from matplotlib.figure import Figure

        size = (self.millimetres / 25.4, height_mm / 25.4)
        figure = Figure(figsize=size, layout="constrained" if laid_out else None)
        if laid_out:
            engine: Any = figure.get_layout_engine()
            engine.set(w_pad=1.0 / 25.4, h_pad=0.8 / 25.4)
        return figure

    def wrapped(self, text: str, limit_mm: float, points: float = SMALL) -> str:
        """A text in as few lines of at most this width as it takes, about equally long."""
        lines = fonts.wrapped(text, points, limit_mm, self.font)
        while "\n" in lines:
            limit_mm *= 0.95
            shorter = fonts.wrapped(text, points, limit_mm, self.font)
            if shorter.count("\n") > lines.count("\n") or shorter.split() != text.split():
                break
            lines = shorter
        return lines

    def text_mm(self, text: str, points: float = SMALL) -> float:
        """Width of a line of text."""
        return fonts.width(text, points, self.font)


def band(axes: Axes, places: Any, low: Any, high: Any, colour: str) -> None:
    """A pale band between two lines. Faster than fill_between, which lays out all panels anew each time."""
    import numpy as np
    from matplotlib.collections import PolyCollection

    across = np.asarray(places, dtype=float)
    outline = np.stack([np.concatenate([across, across[::-1]]), np.concatenate([low, high[::-1]])], axis=1)
    axes.add_collection(PolyCollection([outline], facecolor=colour, alpha=0.13, linewidth=0, zorder=1), autolim=False)
    axes.update_datalim([(across[0], np.min(low)), (across[-1], np.max(high))])
