"""Trajectories 收入轨迹: earned income a village over the years, a line an arm with the 95% band of its mean.

Companions are thin lines in the colour of their arm, the years with money are shaded. With many arms each has a small panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.language import Text
from sim.outcomes import NO_POLICY
from sim.report.figures.board import small_multiples, title
from sim.report.figures.captions import caption
from sim.report.figures.material import Material, bands
from sim.report.figures.style import COMPANION_LINES, LABEL, PALE, SMALL, Sheet, band
from sim.report.figures.words import COMPANIONS, INCOME_VALUES, THE_ARM, YEAR, arm_label, companion_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZH = "收入轨迹"
YEARS_SHOWN = 3
"""Labels on the axis of years of a small panel, about."""
DRAWN = Text(
    "Collective earned income (operating plus investment income) a village and year, mean over villages, 10,000 yuan at "
    "constant prices, by arm.{companions}{money} Arms share their draws: bands that overlap do not mean that arms do not "
    "differ, see the paired differences.",
    "各方案下每村每年的村集体经营与投资收入（各村平均，万元，不变价）。{companions}{money}"
    "各方案共用同一组随机数：带状区间重叠并不表示方案无差别，请看配对差异图。",
)
THIN = Text(
    " Thin broken lines, in the colour of their arm: the same public money spent village by village (same money) and the "
    "joint manager without pooling (same management).",
    "细虚线（与所属方案同色）：同样的财政资金逐村使用（等额资金）；由联合经营者管理但不合资（同等管理）。",
)
MONEY = Text(" Shaded: {years}, the years in which a policy was active.", "灰色背景：{years}，政策生效的年份。")
STARTS, STOPS = Text("money starts ", "资金开始 "), Text(" money stops", " 资金停止")


def draw(material: Material, sheet: Sheet) -> Figure:
    """One panel where arms can be told apart, else a panel an arm."""
    return _one_panel(material, sheet) if material.few else _panels(material, sheet)


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    years = money_years(material)
    thin = sheet.say(THIN) if any(material.companions(arm) for arm in material.arms) else ""
    money = sheet.say(MONEY, years=said_years(years, sheet)) if years else ""
    return caption(material, sheet, sheet.say(DRAWN, companions=thin, money=money))


def _one_panel(material: Material, sheet: Sheet) -> Figure:
    arms = [arm for arm in (NO_POLICY, *material.arms) if arm in material.study.arms]
    lines = [line for arm in arms for line in (arm, *(material.companions(arm) if arm in material.arms else ()))]
    beside = sheet.width == "double"
    figure = sheet.figure(84.0 if beside else 62.0 + 3.6 * (len(lines) + 1) / 2)
    axes = figure.subplots()
    _shade(axes, material, sheet)
    for arm in lines:
        draw_line(axes, material, arm, _label(arm, sheet, beside))
    years_axis(axes, material, 8 if beside else 5, None)
    axes.set_xlabel(sheet.say(YEAR))
    axes.set_ylabel(sheet.wrapped(sheet.say(INCOME_VALUES), 60.0 if beside else 44.0, LABEL))
    if beside:
        figure.legend(loc="outside right center")
    else:
        figure.legend(loc="outside lower left", ncols=2)
    return figure


def _label(arm: str, sheet: Sheet, under_its_arm: bool) -> str:
    companion = arm.partition("@")[2]
    if companion and under_its_arm:
        return "  " + companion_label(companion, sheet)
    return sheet.wrapped(arm_label(arm, sheet), 40.0 if under_its_arm else 28.0)


def _panels(material: Material, sheet: Sheet) -> Figure:
    made = small_multiples(sheet, len(material.arms))
    for axes, arm in zip(made.axes, material.arms, strict=True):
        shade_years(axes, material.study.active_years(arm))
        for shown in (NO_POLICY, arm, *material.companions(arm)):
            if shown in material.study.arms:
                draw_line(axes, material, shown, "")
        title(made, axes, arm_label(arm, sheet))
        years_axis(axes, material, YEARS_SHOWN)
    made.finish(sheet.panel_mm, x=sheet.say(YEAR), y=sheet.say(INCOME_VALUES), legend=_legend(material, sheet))
    return made.figure


def _legend(material: Material, sheet: Sheet) -> tuple[list[Any], list[str]]:
    arm = material.arms[0]
    shown = [(NO_POLICY, arm_label(NO_POLICY, sheet)), (arm, sheet.say(THE_ARM))]
    there = {name.partition("@")[2] for arm in material.arms for name in material.companions(arm)}
    shown += [(f"{arm}@{name}", sheet.say(said)) for name, said in COMPANIONS.items() if name in there]
    return [_key(material, name) for name, _ in shown], [said for _, said in shown]


def _key(material: Material, arm: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **_look(material, arm))


def _look(material: Material, arm: str) -> dict[str, Any]:
    companion = "" if arm in material.arms else arm.partition("@")[2]
    style = COMPANION_LINES.get(companion) or material.line(arm)
    return {"color": material.colour(arm), "linestyle": style, "linewidth": 0.8 if companion else 1.4}


def draw_line(axes: Axes, material: Material, arm: str, label: str) -> None:
    """One arm's mean over the years; its band too unless it is a companion."""
    years = material.study.years
    mean, half = bands(material.study.arms[arm].earned.mean(axis=2))
    axes.plot(years, mean, label=label or None, **_look(material, arm))
    if (arm in material.arms or "@" not in arm) and material.study.replications > 1:
        band(axes, years, mean - half, mean + half, material.colour(arm))


def money_years(material: Material) -> list[int]:
    """Years in which any arm that is drawn had an active policy."""
    return sorted({year for arm in material.arms for year in material.study.active_years(arm)})


def said_years(years: list[int], sheet: Sheet) -> str:
    """First and last year in words."""
    return sheet.say(Text("{first} to {last}", "{first}至{last}年"), first=years[0], last=years[-1])


def years_axis(axes: Axes, material: Material, most: int, prune: str | None = "lower") -> None:
    """All years of the run; the first label is left out where the label of the panel before it would touch it."""
    axes.set_xlim(material.study.years[0], material.study.years[-1])
    axes.locator_params(axis="x", integer=True, nbins=most, prune=prune)


def shade_years(axes: Axes, active: list[int]) -> None:
    """Shade the years with money; values stand at the year, so the shade reaches half a year beyond."""
    if active:
        axes.axvspan(active[0] - 0.5, active[-1] + 0.5, color=PALE, zorder=0, linewidth=0)


def _shade(axes: Axes, material: Material, sheet: Sheet) -> None:
    active = money_years(material)
    shade_years(axes, active)
    if not active:
        return
    notes = [(active[0] - 0.5, sheet.say(STARTS), "right")]
    if active[-1] < material.study.years[-1]:
        notes.append((active[-1] + 0.5, sheet.say(STOPS), "left"))
    for year, text, side in notes:
        axes.axvline(year, color="0.55", linewidth=0.6, zorder=0.5)
        place: Any = {"xy": (year, 1.0), "xycoords": ("data", "axes fraction"), "xytext": (0, 2)}
        axes.annotate(text, **place, textcoords="offset points", ha=side, fontsize=SMALL, color="0.25")
