"""The front of a policy search 政策前沿图: public cost against the first goal on fresh draws, and what each point is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.language import Language, Text
from sim.report.figures.style import GREY, LABEL, MARKERS, SMALL, Sheet
from sim.search.candidates import MEMBER
from sim.search.found import Found, Point, leading
from sim.search.problem import PUBLIC_COST, Goal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "front"
FORMATS = ("pdf", "png")
SHADES = "cividis"
"""Even in lightness, so that it survives grey printing, and colour blindness."""
ROW_MM = 3.4
SPOT = 26.0
"""Area of the largest dot, points squared."""
COST = Text("public cost of the whole run, 10,000 yuan", "全期财政成本（万元）")
DRAWN = Text(
    "Left: public cost of the whole run against {goal}, each point of the front evaluated on {n} replications (seed "
    "{seed}) that the search never saw, with 95% intervals one by one (chance within the model); shade: {shade}. Open "
    "markers: arms as written. Right: what each point is, from the cheapest down; a full dot is the highest value that "
    "could be chosen, a small one the lowest, none: not in the package. {size} candidates were on the front of the "
    "search, {shown} points are shown. Scenario {scenario}. A comparison under the scenario's assumptions, not a forecast.",
    "左：全期财政成本与{goal}；前沿各点均用搜索从未用过的{n}次重复（种子{seed}）评价，附逐项95%区间（模型内随机性）；深浅：{shade}。"
    "空心：现行设定的方案。右：各点的内容，自上而下成本递增；大点为可选的最高值，小点为最低值，无点为未纳入。"
    "搜索前沿共{size}个候选，图示{shown}个点。情景文件{scenario}。以上为情景假设下的方案比较，不是预测。",
)
NO_SHADE = Text("none", "无")


def write_figure(folder: Path, found: Found, language: Language) -> list[Path]:
    """Write the figure in each format and its caption; returns the paths."""
    from matplotlib import rc_context

    from sim.report.figures import fonts, save

    sheet = Sheet(language)
    with rc_context(sheet.settings()):
        figure = draw(found, sheet)
        fonts.refuse_missing(fonts.texts_of(figure), sheet.font)
        engine = figure.get_layout_engine()
        assert engine is not None
        engine.execute(figure)
        figure.set_layout_engine("none")
    paths = save(figure, [folder / f"{NAME}.{format_}" for format_ in FORMATS], sheet)
    told = folder / f"{NAME}.txt"
    told.write_text(caption(found, sheet), encoding="utf-8")
    return [*paths, told]


def caption(found: Found, sheet: Sheet) -> str:
    """The text beside the figure."""
    first, shade = _axes_of(found)
    facts = {
        "goal": _said(found.measured[first], sheet),
        "shade": sheet.say(NO_SHADE) if shade is None else _said(found.measured[shade], sheet),
        "n": found.fresh_replications,
        "seed": found.search.fresh.seed,
        "size": found.size,
        "shown": len(found.points),
        "scenario": found.search.scenario.name,
    }
    return sheet.say(DRAWN, **facts) + "\n"


def _axes_of(found: Found) -> tuple[int, int | None]:
    """Goals on the upright axis and in the shade."""
    goals = leading(found.search)
    return goals[0], goals[1] if len(goals) > 1 else None


def _said(goal: Goal, sheet: Sheet) -> str:
    from sim.report.search import goal_name
    from sim.report.wording import unit_in

    less = Text(" less no policy", "（较无政策之差）").say(sheet.language) if goal.difference else ""
    return f"{goal_name(goal, sheet.language)}{less}, {unit_in(sheet.language, goal.unit)}"


def draw(found: Found, sheet: Sheet) -> Figure:
    """Front and decisions side by side."""
    figure = sheet.figure(max(78.0, 34.0 + ROW_MM * len(found.points)))
    parts: Any = figure.subfigures(1, 2, width_ratios=(1.25, 1.0))
    left, right = parts
    _front(left, left.subplots(), found, sheet)
    _decisions(right.subplots(), found)
    return figure


def _front(figure: Any, axes: Axes, found: Found, sheet: Sheet) -> None:
    import matplotlib

    first, shade = _axes_of(found)
    cost = [goal.outcome for goal in found.measured].index(PUBLIC_COST)
    for point in (*found.points, *found.written):
        _cross(axes, point, cost, first)
    at = [(point.fresh[cost].mean, point.fresh[first].mean) for point in found.points]
    shades: Any = "0.2" if shade is None else [point.fresh[shade].mean for point in found.points]
    look: dict[str, Any] = {"s": 18.0, "zorder": 3, "linewidths": 0.4, "edgecolors": "black"}
    across, up = zip(*at, strict=True)
    drawn = axes.scatter(across, up, c=shades, cmap=matplotlib.colormaps[SHADES], **look)
    if shade is not None:
        bar = figure.colorbar(drawn, ax=axes, location="bottom", fraction=0.06, pad=0.02, aspect=30)
        bar.set_label(sheet.wrapped(_said(found.measured[shade], sheet), 80.0, SMALL), fontsize=SMALL)
        bar.outline.set_linewidth(0.4)
    for place, arm in enumerate(found.written):
        where = arm.fresh[cost].mean, arm.fresh[first].mean
        axes.plot(
            *where, MARKERS[place % len(MARKERS)], markerfacecolor="white", color="black", markersize=5, label=arm.label
        )
    axes.axhline(0.0, color=GREY, linewidth=0.6, zorder=0.5)
    told = {versus.label for versus in found.versus if versus.label}
    for point in found.points:
        if point.label in told:
            spot = point.fresh[cost].mean, point.fresh[first].mean
            axes.annotate(point.label, spot, (3, -7), textcoords="offset points", fontsize=SMALL)
    axes.set_xlabel(sheet.say(COST))
    axes.set_ylabel(sheet.wrapped(_said(found.measured[first], sheet), 60.0, LABEL))
    if found.written:
        axes.legend(loc="lower right")


def _cross(axes: Axes, point: Point, across: int, up: int) -> None:
    x, y = point.fresh[across], point.fresh[up]
    axes.plot([x.low, x.high], [y.mean, y.mean], color=GREY, linewidth=0.7, zorder=2)
    axes.plot([x.mean, x.mean], [y.low, y.high], color=GREY, linewidth=0.7, zorder=2)


def _decisions(axes: Axes, found: Found) -> None:
    """A row a point, a column a member or decision; the larger the dot, the higher within what could be chosen."""
    from sim.report.search import decision_name

    space = found.space
    names = [variable.name.removeprefix(MEMBER) for variable in space.variables]
    for row, point in enumerate(found.points):
        assert point.candidate is not None
        raw = space.encode(point.candidate)
        for column, (variable, value) in enumerate(zip(space.variables, point.candidate, strict=True)):
            if value is None or value is False:
                continue
            share = (float(raw[variable.name]) - variable.low) / max(variable.high - variable.low, 1e-12)
            axes.scatter([column], [row], s=SPOT * (0.1 + 0.9 * share), color="0.25", linewidths=0)
    axes.set_yticks(range(len(found.points)), [point.label for point in found.points])
    axes.set_xticks(range(len(names)), [decision_name(name).replace("_", " ") for name in names], rotation=90)
    axes.xaxis.tick_top()
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(len(found.points) - 0.4, -0.6)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(color="0.9", linewidth=0.4)
    axes.set_axisbelow(True)
