"""Figures 图: one function a figure, drawn from a study and nothing else.

Vector PDF and PNG at the width of one and a half columns, text of 7 to 8 points set as TrueType, colours that
colour-blind readers can tell apart and line styles that survive grey printing. The same study gives the
same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.study import Study
from sim.declare import Array
from sim.outcomes import NO_POLICY, SAME_MONEY
from sim.statistics import CONFIDENCE, t_quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_MM, HEIGHT_MM = 140.0, 84.0
IN_ONE_PANEL = 6
"""Arms with a policy that are drawn in one panel; with more, each gets a small panel of its own."""
PANELS_ACROSS, PANEL_MM = 4, 34.0
OKABE_ITO = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Black for no policy, then arms in order (Okabe and Ito 2008); yellow is left out, it vanishes on white."""
LINES: tuple[Any, ...] = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), ":")
COMPANION_LINES: dict[str, Any] = {"same_money": (0, (3, 2)), "same_management": (0, (1, 1.6))}
STYLE: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "font.family": ["DejaVu Sans"],
    "pdf.fonttype": 42,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


def write_trajectories(folder: Path, study: Study) -> list[Path]:
    """Write trajectories.pdf, .png and the caption beside them, .txt; returns the paths."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(STYLE):
        figure = trajectories(study)
        canvas: Any = FigureCanvasPdf(figure)
        canvas.print_pdf(folder / "trajectories.pdf", metadata={"CreationDate": None})
        figure.set_dpi(300)
        canvas = FigureCanvasAgg(figure)
        canvas.print_png(folder / "trajectories.png", metadata={"Software": None})
    (folder / "trajectories.txt").write_text(trajectories_caption(study), encoding="utf-8")
    return [folder / f"trajectories.{ending}" for ending in ("pdf", "png", "txt")]


def trajectories(study: Study) -> Figure:
    """Earned income a village over the years, one line an arm with the 95% band of its mean.

    Companions are thin lines in the colour of the arm they belong to; the years with money are shaded. With many arms
    each has a small panel with no policy and its companions.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if len(_judged(study)) - 1 > IN_ONE_PANEL:
        return _panels(study)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_MM / 25.4, HEIGHT_MM / 25.4), layout="constrained")
        axes = figure.subplots()
        _shade(axes, study)
        for arm in _drawing_order(study):
            _draw(axes, study, arm)
        axes.set_xlabel("year")
        axes.set_ylabel("earned income, 10,000 yuan\nper village and year, constant prices")
        axes.set_xlim(study.years[0], study.years[-1])
        axes.locator_params(axis="x", integer=True, nbins=8)
        figure.legend(loc="outside right center", frameon=False, handlelength=3.2, borderaxespad=0.2)
    return figure


def _panels(study: Study) -> Figure:
    """A small panel an arm, all on the same axes: no policy in black, the arm, its companions."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    arms = [arm for arm in study.shown if "@" not in arm and arm != NO_POLICY]
    rows = -(-len(arms) // PANELS_ACROSS)
    with rc_context(STYLE):
        size = (1.25 * WIDTH_MM / 25.4, (rows * PANEL_MM + 12.0) / 25.4)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, PANELS_ACROSS, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, arm in zip(grid, arms, strict=False):
            for shown in (NO_POLICY, arm, *(other for other in study.shown if other.startswith(f"{arm}@"))):
                if shown in study.arms:
                    _draw(axes, study, shown, position=int(shown != NO_POLICY))
            axes.set_title(arm.replace("_", " "), fontsize=7, pad=2)
            axes.set_xlim(study.years[0], study.years[-1])
            axes.locator_params(axis="x", integer=True, nbins=3)
        for axes in grid[len(arms) :]:
            axes.set_axis_off()
        figure.supxlabel("year", fontsize=8)
        figure.supylabel("earned income, 10,000 yuan\nper village and year, constant prices", fontsize=8, ha="center")
        figure.legend(*_legend_of_panels(), loc="outside upper left", ncols=4, frameon=False, handlelength=3.2)
    return figure


def _legend_of_panels() -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    def line(colour: str, style: Any, width: float) -> Line2D:
        return Line2D([], [], color=colour, linestyle=style, linewidth=width)

    companions = [line(OKABE_ITO[1], style, 0.8) for style in COMPANION_LINES.values()]
    lines = [line(OKABE_ITO[0], LINES[0], 1.6), line(OKABE_ITO[1], LINES[1], 1.6), *companions]
    return lines, ["no policy", "the arm", *(name.replace("_", " ") for name in COMPANION_LINES)]


def trajectories_caption(study: Study) -> str:
    """The caption: what is drawn, n, interval, seed."""
    active = _money_years(study)
    money = f" Shaded: {active[0]} to {active[-1]}, the years in which a policy was active." if active else ""
    made = study.manifest
    interval = (
        "Bands: 95% confidence interval of each mean (Student's t over replications); arms share their draws, so "
        "bands that overlap do not mean that arms do not differ: see the paired differences in answer.md."
        if study.replications > 1
        else "One replication: no bands."
    )
    return (
        "Collective earned income (operating plus investment income) a village and year, mean over "
        f"{made['villages']} villages, 10,000 yuan (万元) at constant prices, by arm. {interval} Thin broken "
        "lines: the same public money spent village by village (same_money) and the joint manager without "
        f"pooling (same_management), in the colour of their arm.{money} n = {study.replications} replications, seed "
        f"{made['seed']}, scenario {made['scenario']}. A comparison under the scenario's assumptions, not a "
        "forecast.\n"
    )


def _draw(axes: Axes, study: Study, arm: str, position: int | None = None) -> None:
    """Draw one arm; ``position`` in the palette is the judged arm's own unless it is given."""
    mean, half = _mean_and_half_width(study.arms[arm].earned.mean(axis=2))
    judged, _, companion = arm.partition("@")
    place = _judged(study).index(judged) if position is None else position
    colour = OKABE_ITO[place % len(OKABE_ITO)]
    style = COMPANION_LINES.get(companion, LINES[place % len(LINES)])
    label = arm.replace("_", " ") if not companion else f"  {companion.replace('_', ' ')}"
    width = 0.8 if companion else 1.6
    axes.plot(study.years, mean, color=colour, linestyle=style, linewidth=width, label=label)
    if not companion and half is not None:
        axes.fill_between(study.years, mean - half, mean + half, color=colour, alpha=0.15, linewidth=0)


def _mean_and_half_width(values: Array) -> tuple[Array, Array | None]:
    """Mean over replications by year and half of its interval; None for one replication."""
    n = len(values)
    mean = np.asarray(values.mean(axis=0))
    if n < 2:
        return mean, None
    return mean, t_quantile(n - 1, CONFIDENCE) * values.std(axis=0, ddof=1) / np.sqrt(n)


def _judged(study: Study) -> list[str]:
    """Arms that own a colour: no policy first, so that black is always the baseline."""
    own = dict.fromkeys(arm.partition("@")[0] for arm in study.shown)
    return [NO_POLICY, *(arm for arm in own if arm != NO_POLICY)]


def _drawing_order(study: Study) -> list[str]:
    """Judged arms, each followed by its companions: the order of the legend."""
    return sorted(study.shown, key=lambda arm: (_judged(study).index(arm.partition("@")[0]), _rank(arm)))


def _rank(arm: str) -> int:
    return 0 if "@" not in arm else 1 if arm.endswith(SAME_MONEY) else 2


def _money_years(study: Study) -> list[int]:
    return sorted({year for arm in study.shown for year in study.active_years(arm)})


def _shade(axes: Axes, study: Study) -> None:
    """Shade the years with money; values stand at the year, so the shade reaches half a year beyond."""
    active = _money_years(study)
    if not active:
        return
    first, last = active[0] - 0.5, active[-1] + 0.5
    axes.axvspan(first, last, color="0.93", zorder=0, linewidth=0)
    notes = [(first, "money starts ", "right")]
    if active[-1] < study.years[-1]:
        notes.append((last, " money stops", "left"))
    for year, text, side in notes:
        axes.axvline(year, color="0.55", linewidth=0.6, zorder=0.5)
        place: Any = {"xy": (year, 1.0), "xycoords": ("data", "axes fraction"), "xytext": (0, 2)}
        axes.annotate(text, **place, textcoords="offset points", ha=side, fontsize=7, color="0.35")
