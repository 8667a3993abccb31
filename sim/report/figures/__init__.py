"""Figures 图: one small file a figure, each a pure function of a stored result; this file knows them all and saves them.

Vector PDF and SVG, and PNG, at the column widths of journals; the same result gives the same bytes.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.report.figures import (
    acceptability,
    cost,
    councils,
    differences,
    distribution,
    fonts,
    terciles,
    thresholds,
    trajectories,
)
from sim.report.figures.errors import FigureError
from sim.report.figures.material import Material, select
from sim.report.figures.style import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.study import Study

__all__ = [
    "FIGURES",
    "FORMATS",
    "FigureError",
    "Kind",
    "Material",
    "Sheet",
    "draw",
    "save",
    "select",
    "settled",
    "write",
    "write_of_run",
]

FORMATS = ("pdf", "svg", "png")
PNG_DPI = 300
FOLDER = "figures"


@dataclass(frozen=True)
class Kind:
    """One sort of figure."""

    zh: str
    draw: Callable[[Material, Sheet], Figure]
    """Raises FigureError where the result lacks what it needs."""
    describe: Callable[[Material, Sheet], str]
    """Its caption."""


FIGURES = {
    "trajectories": Kind(trajectories.ZH, trajectories.draw, trajectories.describe),
    "differences": Kind(differences.ZH, differences.draw, differences.describe),
    "distribution": Kind(distribution.ZH, distribution.draw, distribution.describe),
    "terciles": Kind(terciles.ZH, terciles.draw, terciles.describe),
    "terciles_same_money": Kind(terciles.ZH_SAME_MONEY, terciles.draw_same_money, terciles.describe_same_money),
    "map": Kind(councils.ZH, councils.draw, councils.describe),
    "thresholds": Kind(thresholds.ZH, thresholds.draw, thresholds.describe),
    "cost": Kind(cost.ZH, cost.draw, cost.describe),
    "acceptability": Kind(acceptability.ZH, acceptability.draw, acceptability.describe),
}
OF_EVERY_RUN = {name: ("pdf", "png") if name == "trajectories" else ("pdf",) for name in FIGURES}
"""What ``lianjian run`` leaves; everything else is drawn when it is asked for."""


def known(name: str) -> str:
    """The name of a figure, as given. Raises FigureError for an unknown one."""
    if name not in FIGURES:
        close = difflib.get_close_matches(name, FIGURES, 1, 0.5)
        meant = f"; did you mean {close[0]!r}?" if close else ";"
        raise FigureError(f"there is no figure {name!r}{meant} there are: {', '.join(FIGURES)}")
    return name


def draw(name: str, material: Material, sheet: Sheet) -> Figure:
    """Draw a figure and settle its layout, so that every format shows the same.

    Raises FigureError for an unknown figure, where the result lacks what it needs, and for a character that no font has.
    """
    kind = FIGURES[known(name)]
    if not material.arms:
        raise FigureError(f"{material.folder} has no arm with a policy: there is nothing to compare")
    return settled(lambda: kind.draw(material, sheet), sheet)


def settled(make: Callable[[], Figure], sheet: Sheet) -> Figure:
    """Draw a figure under the settings of its sheet; every character has a font, and the layout is the same in all formats."""
    from matplotlib import rc_context

    with rc_context(sheet.settings()):
        figure = make()
        fonts.refuse_missing(fonts.texts_of(figure), sheet.font)
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
            figure.set_layout_engine("none")
    return figure


def write(folder: Path, name: str, material: Material, sheet: Sheet, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write a figure in each format and its caption beside it; returns the paths. Raises as :func:`draw` does."""
    paths = save(draw(name, material, sheet), [folder / f"{name}.{format_}" for format_ in formats], sheet)
    told = folder / f"{name}.txt"
    told.write_text(FIGURES[name].describe(material, sheet), encoding="utf-8")
    return [*paths, told]


def save(figure: Figure, paths: Sequence[Path], sheet: Sheet) -> list[Path]:
    """Save a figure whose layout is settled; the ending of a path is its format."""
    from matplotlib import rc_context

    with rc_context(sheet.settings()):
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            _SAVE[path.suffix[1:]](figure, path)
    return list(paths)


def write_of_run(folder: Path, study: Study) -> list[Path]:
    """Write what a run leaves in ``folder``/figures, in the language of the run.

    A figure that cannot be drawn is left out with a warning: it must not cost an hour's simulation.
    """
    material, paths = select(study, folder, None), []
    sheet = Sheet(study.manifest.get("language", "en"))
    if not material.arms:
        return []
    for name, formats in OF_EVERY_RUN.items():
        try:
            paths += write(folder / FOLDER, name, material, sheet, formats)
        except FigureError as error:
            warnings.warn(f"no figure {name}: {error}", stacklevel=2)
    return paths


def _pdf(figure: Figure, path: Path) -> None:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    canvas: Any = FigureCanvasPdf(figure)
    canvas.print_pdf(path, metadata={"CreationDate": None})


def _svg(figure: Figure, path: Path) -> None:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(path, metadata={"Date": None})


def _png(figure: Figure, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(PNG_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(path, metadata={"Software": None})


_SAVE: dict[str, Callable[[Figure, Path], None]] = {"pdf": _pdf, "svg": _svg, "png": _png}
