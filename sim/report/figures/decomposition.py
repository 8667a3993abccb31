"""Which part of a package did it 政策分解图: Shapley values of the members as bars, interactions of pairs as a heat map.

Not a figure of a run: it is drawn of what was found in a sweep over coalitions, one a reference (no policy, same money).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.decomposition import Found
from sim.analysis.forms import NEGATIVE, POSITIVE
from sim.analysis.shapley import pairs
from sim.language import Text
from sim.outcomes import OUTCOMES
from sim.report.answer import reference_label
from sim.report.decomposition import Decomposition, shown_first
from sim.report.figures import fonts
from sim.report.figures.style import GREY, OKABE_ITO, PALE, SMALL, SMALL_LINE_MM, Sheet
from sim.report.figures.words import arm_label
from sim.report.wording import number, unit_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.declare import Array

FORMATS = ("pdf", "png")
STEM = "decomposition"
COLOURS = "PuOr_r"
"""Of interactions: both ends are dark in grey, so each cell has its number, with its sign."""
MOST_IN_A_MAP = 12
"""Members up to which cells of the map have room for their numbers."""
VALUE, ALONE, LAST = Text("Shapley value", "沙普利值"), Text("alone", "单独实施"), Text("added last", "最后加入")
PAIRS = Text("interaction of pairs", "成员对的交互")
AXIS = Text("{outcome}{unit}", "{outcome}{unit}")
SAID = Text(
    "{arm} less {reference}: {outcome}{unit}, taken apart by member. Left: Shapley values, that is, what a member adds on average "
    "over all orders in which the members could have been added; they sum to the effect of the whole package, {total}. Whiskers: "
    "{confidence} intervals that hold for all members together (bootstrap of replications); triangles: the member alone, and "
    "added last. Right: interaction index of each pair, above 0 where the two do more together than apart; framed: the interval, "
    "for all pairs together, leaves 0 out. {coalitions} coalitions{orders}, {n} replications. A comparison under the scenario's "
    "assumptions, not a forecast.",
    "{arm}与{reference}之差：{outcome}{unit}，按成员分解。左：沙普利值，即按成员所有可能的加入次序平均，该成员带来的增量；"
    "各成员之和等于整个方案的效应{total}。须线：对全部成员联合成立的{confidence}区间（对重复自助抽样）；"
    "三角：单独实施与最后加入时的效应。右：成员对的交互指数，大于0表示合起来多于分开；加框：对全部成员对联合成立的区间不含0。"
    "{coalitions}种组合{orders}，{n}次重复。以上为情景假设下的方案比较，不是预测。",
)
ORDERS = Text(" of {orders} drawn orders", "（取自{orders}个随机次序）")


def write_figures(folder: Path, made: Decomposition, sheet: Sheet) -> list[Path]:
    """Draw one figure a scenario and reference into ``folder``, with its caption beside it; returns the paths."""
    from sim.report.figures import save

    paths: list[Path] = []
    for found in shown_first(made):
        name = "_".join(filter(None, [STEM, found.scenario if made.several else "", found.against.partition("@")[2]]))
        paths += save(draw(found, sheet), [folder / f"{name}.{ending}" for ending in FORMATS], sheet)
        told = folder / f"{name}.txt"
        told.write_text(describe(made, found, sheet), encoding="utf-8")
        paths.append(told)
    return paths


def draw(found: Found, sheet: Sheet) -> Figure:
    """Bars and map, laid out. Raises FigureError for a character that no font has."""
    from matplotlib import rc_context

    with rc_context(sheet.settings()):
        figure = _panels(found, sheet)
        fonts.refuse_missing(fonts.texts_of(figure), sheet.font)
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
            figure.set_layout_engine("none")
    return figure


def describe(made: Decomposition, found: Found, sheet: Sheet) -> str:
    """The caption."""
    against = reference_label(found.against, sheet.language)
    total = found.total
    bounds = f" [{number(total.low, found.unit, sign=True)}, {number(total.high, found.unit, sign=True)}]"
    facts = {
        "arm": arm_label(found.arm, sheet),
        "reference": against,
        "outcome": _outcome(found, sheet),
        "unit": _unit(found, sheet),
        "total": number(total.mean, found.unit, sign=True) + (bounds if total.low == total.low else ""),
        "confidence": f"{100 * made.confidence:g}%",
        "coalitions": found.coalitions,
        "orders": sheet.say(ORDERS, orders=found.orders) if found.orders else "",
        "n": found.n,
    }
    said = sheet.say(SAID, **facts)
    return said[:1].upper() + said[1:] + "\n"


def _outcome(found: Found, sheet: Sheet) -> str:
    outcome = OUTCOMES[found.outcome]
    return outcome.zh if sheet.language == "zh" else outcome.name.replace("_", " ")


def _unit(found: Found, sheet: Sheet) -> str:
    """The unit behind a label; nothing for a pure number."""
    if found.unit == "1":
        return ""
    if sheet.language == "zh":
        return f"（{unit_in('zh', found.unit)}）"
    return f", {found.unit.replace('万元', '10,000 yuan')}"


def _panels(found: Found, sheet: Sheet) -> Figure:
    wide, count = sheet.width == "double", len(found.members)
    with_map = count <= MOST_IN_A_MAP and bool(np.isfinite(found.interactions.estimate).any())
    names_mm = 26.0
    names = [sheet.wrapped(arm_label(member, sheet), names_mm) for member in found.members]
    row_mm = max(7.0, SMALL_LINE_MM * max(name.count("\n") + 1 for name in names) + 1.0)
    high = row_mm * count + 24.0
    figure = sheet.figure(high if wide or not with_map else 2.0 * high + 6.0)
    across = (1, 2) if wide and with_map else (2, 1) if with_map else (1, 1)
    grid: Any = figure.subplots(*across, squeeze=False).ravel()
    _bars(grid[0], found, names, sheet)
    if with_map:
        _map(grid[1], found, names, sheet)
    return figure


def _bars(axes: Axes, found: Found, names: list[str], sheet: Sheet) -> None:
    places = np.arange(len(names))
    for place in range(1, len(names), 2):
        axes.axhspan(place - 0.5, place + 0.5, color=PALE, zorder=0, linewidth=0)
    values = found.values
    look: dict[str, Any] = {"color": OKABE_ITO[5], "edgecolor": "black", "linewidth": 0.4}
    axes.barh(places, values.estimate, 0.55, label=sheet.say(VALUE), zorder=2, **look)
    axes.hlines(places, values.low, values.high, color="black", linewidth=1.0, zorder=3)
    ends: dict[str, Any] = {"linestyle": "none", "markersize": 4.0, "markeredgewidth": 0.8, "zorder": 4}
    for of, said, marker, shift in ((found.alone, ALONE, ">", -0.36), (found.last, LAST, "<", 0.36)):
        face = "white" if of is found.alone else "0.3"
        axes.plot(
            of.estimate,
            places + shift,
            marker=marker,
            color="black",
            markerfacecolor=face,
            label=sheet.say(said),
            **ends,
        )
    axes.axvline(0.0, color=GREY, linewidth=0.7, zorder=1)
    axes.set_yticks(places, names, linespacing=1.0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    label = sheet.say(AXIS, outcome=_outcome(found, sheet), unit=_unit(found, sheet))
    axes.set_xlabel(sheet.wrapped(label, 55.0), fontsize=SMALL)
    place_of: Any = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "ncols": 3, "borderaxespad": 0.1}
    axes.legend(handlelength=1.0, columnspacing=0.9, handletextpad=0.4, **place_of)


def _map(axes: Axes, found: Found, names: list[str], sheet: Sheet) -> None:
    """A cell a pair, both halves alike; the scale is symmetric around 0."""
    count = len(names)
    cells = _square(found.interactions.estimate, count)
    most = max(float(np.nanmax(np.abs(cells))), 1e-12)
    axes.imshow(np.ma.masked_invalid(cells), cmap=COLOURS, vmin=-1.6 * most, vmax=1.6 * most, aspect="auto")
    for (one, other), value, verdict in zip(
        pairs(count), found.interactions.estimate, found.interactions.verdict, strict=True
    ):
        for across, down in ((one, other), (other, one)):
            said: Any = {"ha": "center", "va": "center", "fontsize": SMALL}
            if np.isfinite(value):
                axes.text(across, down, number(float(value), found.unit, sign=True), **said)
            if verdict in (POSITIVE, NEGATIVE):
                _frame(axes, across, down)
    turned: Any = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(count), [name.replace("\n", " ") for name in names], **turned)
    axes.set_yticks(range(count), names if sheet.width == "single" else [""] * count, linespacing=1.0)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(sheet.say(PAIRS), fontsize=SMALL)


def _square(values: Array, count: int) -> Array:
    cells = np.full((count, count), np.nan)
    for (one, other), value in zip(pairs(count), values, strict=True):
        cells[one, other] = cells[other, one] = value
    return cells


def _frame(axes: Axes, across: int, down: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((across - 0.47, down - 0.47), 0.94, 0.94, fill=False, linewidth=1.0, edgecolor="black"))
