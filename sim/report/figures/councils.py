"""Council map 片区图: the villages of one replication where they lie, coloured by what they earn and gain, joined in councils."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.declare import Array
from sim.language import Text
from sim.outcomes import NO_POLICY
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
GAINS, LOSES = Text("gains or stays", "增收或不变"), Text("loses", "受损")
DRAWN = Text(
    "The villages of replication 0 (of {n}) where they lie; area of a marker by registered population. First map: collective "
    "earned income in {year}, the last year before any policy. Other maps: gain in earned income over the window against no "
    "policy in the same replication; a triangle marks a village that loses. Thin lines join the villages of a council to its "
    "middle, as in the last year of the arm.{few} One replication shows a pattern, not an effect.",
    "第0次重复（共{n}次）各村位置；标记面积表示户籍人口。第一幅：政策前最后一年（{year}年）的经营与投资收入。"
    "其余各幅：评判期内相对于同一次重复中无政策的收入增益；三角形为受损村。细线把同一片区的村连到片区中心（取该方案最后一年）。"
    "{few}单次重复只显示格局，不代表效应。",
)
FEW = Text(" Maps of the first {shown} of {arms} arms; others with --arms.", "只画{arms}个方案中的前{shown}个，其他用 --arms 指定。")


def draw(material: Material, sheet: Sheet) -> Figure:
    """A map of incomes before and a map of gains an arm."""
    if NO_POLICY not in material.study.arms:
        raise FigureError(f"{material.folder} does not store the arm {NO_POLICY}: gains cannot be mapped")
    places, arms = material.places, shown(material)
    from matplotlib.colors import BoundaryNorm, ListedColormap

    gains = {arm: material.paired(arm, NO_POLICY)[0] for arm in arms}
    figure, grid = _maps(sheet, len(arms) + 1, float(np.ptp(places.y)) / max(float(np.ptp(places.x)), 1e-9))
    income_map = ListedColormap(_shades("Greys", len(INCOMES), 0.08, 0.95))
    income_norm = BoundaryNorm([*INCOMES, 1e9], len(INCOMES))
    bounds = limits(np.concatenate(list(gains.values())))
    colours = [*_shades("Oranges", 4, 0.95, 0.35), *_shades("Blues", 4, 0.25, 0.95)]
    gain_map, gain_norm = ListedColormap(colours), BoundaryNorm([-1e9, *bounds, 1e9], 8)
    _joined(grid[0], material, material.councils(_unchanged(material)))
    _villages(grid[0], material, np.maximum(material.before[0], 0.0), income_map, income_norm, None)
    grid[0].set_title(sheet.say(BEFORE, year=material.year_before), fontsize=SMALL, pad=2)
    for axes, arm in zip(grid[1:], arms, strict=True):
        _joined(axes, material, material.councils(arm))
        _villages(axes, material, gains[arm], gain_map, gain_norm, loses(gains[arm]))
        axes.set_title(sheet.wrapped(arm_label(arm, sheet), _room(sheet, len(arms) + 1)), fontsize=SMALL, pad=2)
    _bars(figure, grid, sheet, material, (income_map, income_norm), (gain_map, gain_norm, bounds))
    sheet.x_label(figure, sheet.say(EAST))
    sheet.y_label(figure, sheet.say(NORTH))
    sheet.legend(figure, [_mark("o"), _mark("v")], [sheet.say(GAINS), sheet.say(LOSES)])
    return figure


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    arms = shown(material)
    few = sheet.say(FEW, shown=len(arms), arms=len(material.arms)) if len(arms) < len(material.arms) else ""
    said = sheet.say(DRAWN, n=material.study.replications, year=material.year_before, few=few)
    return caption(material, sheet, said, interval=None)


def shown(material: Material) -> tuple[str, ...]:
    """The arms that are mapped."""
    return material.arms if material.named else material.arms[:MOST]


def limits(gains: Array) -> list[float]:
    """Bounds of the colours: round, symmetric, 0 among them; nine of ten gains lie within the outermost."""
    largest = max(float(np.quantile(np.abs(gains), 0.9)), 1e-6)
    size = 10.0 ** math.floor(math.log10(largest))
    top = next(digit * size for digit in (1.0, 2.0, 5.0, 10.0) if digit * size >= largest)
    return [float(f"{top * step:.3g}") for step in STEPS]


def _maps(sheet: Sheet, n: int, shape: float) -> tuple[Figure, list[Axes]]:
    columns = min(n, 2 if sheet.width == "single" else 3)
    rows = -(-n // columns)
    panel = (sheet.millimetres - 12.0) / columns
    figure = sheet.figure(rows * (panel * min(max(shape, 0.5), 1.6) + 5.0) + 28.0)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[n:]:
        axes.set_axis_off()
    for axes in grid[:n]:
        axes.set_aspect("equal")
        axes.locator_params(nbins=4)
    for axes in grid[max(0, n - columns) : n]:
        axes.xaxis.set_tick_params(labelbottom=True)
    return figure, list(grid[:n])


def _room(sheet: Sheet, n: int) -> float:
    return (sheet.millimetres - 12.0) / min(n, 2 if sheet.width == "single" else 3) - 2.0


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


def _villages(axes: Axes, material: Material, values: Array, colours: Any, norm: Any, lost: Any) -> None:
    places = material.places
    size = np.clip(places.population / places.population.mean(), 0.3, 4.0) * (22.0 if len(values) < 50 else 11.0)
    lost = np.zeros(len(values), dtype=bool) if lost is None else lost
    for mask, marker in ((~lost, "o"), (lost, "v")):
        axes.scatter(
            places.x[mask], places.y[mask], s=size[mask], c=values[mask], cmap=colours, norm=norm, marker=marker,
            edgecolors="black", linewidths=0.4, zorder=2,
        )  # fmt: skip


def _bars(figure: Figure, grid: list[Axes], sheet: Sheet, material: Material, incomes: Any, gains: Any) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    gain_map, _, bounds = gains
    said = [sheet.say(INCOME_BAR, year=material.year_before), sheet.say(GAIN_BAR)]
    inner = ListedColormap(gain_map.colors[1:-1]).with_extremes(under=gain_map.colors[0], over=gain_map.colors[-1])
    income = ListedColormap(incomes[0].colors[:-1]).with_extremes(over=incomes[0].colors[-1])
    bars = [(income, BoundaryNorm(INCOMES, len(INCOMES) - 1), "max", INCOMES)]
    bars.append((inner, BoundaryNorm(bounds, len(bounds) - 1), "both", tuple(bounds)))
    for text, (colours, norm, extend, ticks) in zip(said, bars, strict=True):
        room = {"orientation": "horizontal", "location": "bottom", "fraction": 0.05, "aspect": 30, "shrink": 0.8}
        bar = figure.colorbar(
            ScalarMappable(norm, colours), ax=grid, extend=extend, ticks=ticks, spacing="uniform", pad=0.02,
            **{key: value for key, value in room.items() if key != "orientation"},
        )  # fmt: skip
        bar.ax.set_xticklabels([f"{tick:g}".replace("-", "−") for tick in ticks])
        bar.set_label(text, fontsize=SMALL)
        bar.outline.set_linewidth(0.5)  # type: ignore[operator]
        bar.ax.tick_params(length=1.5)


def _shades(name: str, n: int, first: float, last: float) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps[name](float(value)) for value in np.linspace(first, last, n)]


def _mark(marker: str) -> Any:
    from matplotlib.lines import Line2D

    look = {"markersize": 4.5, "markerfacecolor": "0.8", "markeredgewidth": 0.5}
    return Line2D([], [], marker=marker, color="black", linestyle="none", **look)  # type: ignore[arg-type]
