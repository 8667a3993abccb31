"""Council map 片区图: the villages of one replication where they lie, coloured by what they earn and gain, joined in councils."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.declare import Array
from sim.language import Text
from sim.outcomes import NO_POLICY
from sim.report.figures.board import Board, board, title
from sim.report.figures.captions import caption
from sim.report.figures.errors import FigureError
from sim.report.figures.material import Material, loses
from sim.report.figures.style import SMALL, Sheet
from sim.report.figures.words import arm_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZH = "片区图"
MOST = 5
"""Maps of gains where nobody named arms: the first arms of the file."""
STEPS = (-1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0)
INCOMES = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0)
EAST, NORTH = Text("km east", "东西向（km）"), Text("km north", "南北向（km）")
BEFORE = Text("income in {year}", "{year}年收入")
INCOME_BAR = Text("earned income in {year}, 10,000 yuan", "{year}年经营与投资收入（万元）")
GAIN_BAR = Text("gain over no policy, 10,000 yuan per year", "相对于无政策的增益（万元/年）")
GAINS, STAYS, LOSES = Text("gains", "增收"), Text("as without policy", "不变"), Text("loses", "受损")
BAR_MM = 13.0
"""Room for the key of a map's colours."""
DRAWN = Text(
    "The villages of replication 0 (of {n}) where they lie; area of a marker by registered population. First map: collective "
    "earned income in {year}, the last year before any policy. Other maps: gain in earned income over the window against no "
    "policy in the same replication; a triangle marks a village that loses. Thin lines join the villages of a council to its "
    "middle, as in the last year of the arm.{few} One replication shows a pattern, not an effect.",
    "第0次重复（共{n}次）各村位置；标记面积表示户籍人口。第一幅：政策前最后一年（{year}年）的经营与投资收入。"
    "其余各幅：评判期内相对于同一次重复中无政策的收入增益；三角形为受损村。细线把同一片区的村连到片区中心（取该方案最后一年）。"
    "{few}单次重复只显示格局，不代表效应。",
)
FEW = Text(
    " Maps of the first {shown} of {arms} arms; others with --arms.",
    "只画{arms}个方案中的前{shown}个，其他用 --arms 指定。",
)


def draw(material: Material, sheet: Sheet) -> Figure:
    """A map of incomes before and a map of gains an arm."""
    if NO_POLICY not in material.study.arms:
        raise FigureError(f"{material.folder} does not store the arm {NO_POLICY}: gains cannot be mapped")
    arms = shown(material)
    made = board(sheet, len(arms) + 1, 2 if sheet.width == "single" else 3)
    gains = {arm: material.paired(arm, NO_POLICY)[0] for arm in arms}
    incomes, gained = _income_colours(), _gain_colours(limits(list(gains.values())))
    _map(made.axes[0], material, _unchanged(material), np.maximum(material.before[0], 0.0), incomes, paired=False)
    title(made, made.axes[0], sheet.say(BEFORE, year=material.year_before))
    for axes, arm in zip(made.axes[1:], arms, strict=True):
        _map(axes, material, arm, gains[arm], gained, paired=True)
        title(made, axes, arm_label(arm, sheet))
    bars = [(incomes, sheet.say(INCOME_BAR, year=material.year_before)), (gained, sheet.say(GAIN_BAR))]
    beside = sheet.width == "double"
    marks = [_mark("o", "0.6"), _mark("o", "white"), _mark("v", "0.6")], [sheet.say(s) for s in (GAINS, STAYS, LOSES)]
    below = BAR_MM if beside else 2 * BAR_MM
    room = made.finish(
        None, x=sheet.say(EAST), y=sheet.say(NORTH), legend=marks, shape=_shape(made.axes[0]), below_mm=below
    )
    for place, (colours, text) in enumerate(bars):
        _bar(made, room, colours, text, place, len(bars) if beside else 1)
    return made.figure


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    arms = shown(material)
    few = sheet.say(FEW, shown=len(arms), arms=len(material.arms)) if len(arms) < len(material.arms) else ""
    said = sheet.say(DRAWN, n=material.study.replications, year=material.year_before, few=few)
    return caption(material, sheet, said, interval=None)


def shown(material: Material) -> tuple[str, ...]:
    """The arms that are mapped."""
    return material.arms if material.named else material.arms[:MOST]


def limits(gains: Sequence[Array]) -> list[float]:
    """Bounds of the colours: round, symmetric, 0 among them; nine of ten gains of each arm lie within the outermost."""
    largest = max(1e-6, *(float(np.quantile(np.abs(of_arm), 0.9)) for of_arm in gains))
    size = 10.0 ** math.floor(math.log10(largest))
    top = next(digit * size for digit in (1.0, 2.0, 5.0, 10.0) if digit * size >= largest * (1.0 - 1e-12))
    return [float(f"{top * step:.3g}") for step in STEPS]


@dataclass(frozen=True)
class Colours:
    """Classes of values and their colours, one more colour than classes at each open end."""

    bounds: Sequence[float]
    inner: Sequence[Any]
    over: Any
    under: Any | None = None

    def norm_and_map(self) -> tuple[Any, Any]:
        """What matplotlib needs to colour values and to draw the bar."""
        from matplotlib.colors import BoundaryNorm, ListedColormap

        colours = ListedColormap(self.inner).with_extremes(over=self.over, under=self.under or self.inner[0])
        return BoundaryNorm(self.bounds, len(self.inner)), colours


def _income_colours() -> Colours:
    greys = _shades("Greys", len(INCOMES), 0.08, 0.95)
    return Colours(INCOMES, greys[:-1], greys[-1])


def _gain_colours(bounds: Sequence[float]) -> Colours:
    under, *losses = _shades("Oranges", 4, 0.95, 0.35)
    *gains, over = _shades("Blues", 4, 0.25, 0.95)
    return Colours(bounds, [*losses, *gains], over, under)


def _map(axes: Axes, material: Material, arm: str, values: Array, colours: Colours, *, paired: bool) -> None:
    axes.set_aspect("equal", adjustable="datalim")
    _joined(axes, material, material.councils(arm))
    lost = loses(values) if paired else np.zeros(len(values), dtype=bool)
    stays = (values == 0.0) if paired else np.zeros(len(values), dtype=bool)
    places = material.places
    size = np.clip(places.population / places.population.mean(), 0.3, 4.0) * (22.0 if len(values) < 50 else 11.0)
    norm, colour_map = colours.norm_and_map()
    faces = colour_map(norm(values))
    faces[stays] = (1.0, 1.0, 1.0, 1.0)
    for mask, marker in ((~lost, "o"), (lost, "v")):
        look: Any = {"c": faces[mask], "marker": marker, "edgecolors": "black", "linewidths": 0.4, "zorder": 2}
        axes.scatter(places.x[mask], places.y[mask], s=size[mask], **look)
    axes.xaxis.set_major_locator(_whole())
    axes.yaxis.set_major_locator(_whole())


def _whole() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True)


def _shape(axes: Axes) -> float:
    """Height over width of the villages' square."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return min(max((high - low) / (right - left), 0.5), 1.6)


def _unchanged(material: Material) -> str:
    """The arm whose councils the first map shows: no policy where it is stored."""
    return NO_POLICY if NO_POLICY in material.study.shown else material.arms[0]


def _joined(axes: Axes, material: Material, councils: np.ndarray) -> None:
    from matplotlib.collections import LineCollection

    x, y = material.places.x, material.places.y
    lines = []
    for council in np.unique(councils[councils >= 0]):
        members = np.flatnonzero(councils == council)
        middle = float(x[members].mean()), float(y[members].mean())
        lines += [[middle, (float(x[m]), float(y[m]))] for m in members]
    axes.add_collection(LineCollection(lines, colors="0.55", linewidths=0.6, zorder=1))


def _bar(made: Board, room: tuple[float, float], colours: Colours, text: str, place: int, across: int) -> None:
    """The key of a map's colours below the maps."""
    from matplotlib.cm import ScalarMappable

    (left, wide), sheet = room, made.sheet
    height = float(made.figure.get_figheight()) * 25.4
    each = wide / across
    x = left + each * (place % across) + 0.06 * each
    y = 8.6 + (0.0 if across > 1 else BAR_MM * (1 - place))
    axes = made.figure.add_axes((x / sheet.millimetres, y / height, 0.88 * each / sheet.millimetres, 2.4 / height))
    extend = "both" if colours.under is not None else "max"
    bar = made.figure.colorbar(
        ScalarMappable(*colours.norm_and_map()), cax=axes, orientation="horizontal", extend=extend, spacing="uniform"
    )
    bar.set_ticks(list(colours.bounds), labels=[f"{bound:g}".replace("-", "−") for bound in colours.bounds])
    bar.set_label(sheet.wrapped(text, each), fontsize=SMALL, labelpad=1.5)
    bar.outline.set_linewidth(0.5)
    axes.tick_params(length=1.5, pad=1.5)


def _shades(name: str, n: int, first: float, last: float) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps[name](float(value)) for value in np.linspace(first, last, n)]


def _mark(marker: str, face: str) -> Any:
    from matplotlib.lines import Line2D

    look: Any = {"markersize": 4.5, "markerfacecolor": face, "markeredgewidth": 0.5, "linestyle": "none"}
    return Line2D([], [], marker=marker, color="black", **look)
