"""Paired differences 配对差异: each arm less no policy, and less the same money spent village by village."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.language import Text
from sim.outcomes import NO_POLICY, SAME_MONEY
from sim.report.figures.captions import caption
from sim.report.figures.errors import FigureError
from sim.report.figures.material import Material, estimate
from sim.report.figures.rows import height_mm, nothing, point, row_board, zero_line
from sim.report.figures.style import SMALL, Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ZH = "配对差异"
PANELS = (Text("less no policy", "减去无政策"), Text("less the same money", "减去等额资金"))
AXIS = Text("difference in earned income, 10,000 yuan per village and year", "经营与投资收入之差（万元/村·年）")
NONE = Text("none", "无")
DRAWN = Text(
    "Difference in collective earned income over the window, mean over villages, 10,000 yuan a village and year, paired by "
    "replication: each arm less no policy (left) and less the same public money spent village by village (right), arms in "
    "the order of the file. A filled marker: the interval leaves 0 out; an open one: it does not. Intervals are one by one, "
    "not corrected for the number of arms. The panels have different scales.{none}",
    "评判期内村集体经营与投资收入之差（各村平均，万元/村·年，按重复配对）：各方案减去无政策（左）、减去同样财政资金逐村使用（右），"
    "次序同情景文件。实心：区间不含0；空心：区间含0。区间逐一给出，未按方案数目校正。左右两图刻度不同。{none}",
)
NO_COMPANION = Text(
    " 'none': the arm has no same-money companion in this result.", "“无”：本结果中该方案没有等额资金对照。"
)


def draw(material: Material, sheet: Sheet) -> Figure:
    """A forest plot: two panels that share the arms."""
    if NO_POLICY not in material.study.arms:
        raise FigureError(f"{material.folder} does not store the arm {NO_POLICY}: differences cannot be drawn")
    made = row_board(material, sheet, 2)
    for axes, title, reference in zip(made.axes, PANELS, ("", SAME_MONEY), strict=True):
        zero_line(axes)
        axes.set_title(sheet.say(title), fontsize=SMALL)
        for place, arm in enumerate(material.arms):
            other = material.compared_with(arm, reference)
            if other is None:
                nothing(axes, place, sheet.say(NONE))
                continue
            found = estimate(material.paired(arm, other).mean(axis=1))
            look = {"color": material.colour(arm), "marker": material.marker(arm)}
            point(axes, place, found, filled=not found.contains_zero, **look)
    made.finish(height_mm(material, sheet, 4.4), x=sheet.say(AXIS))
    return made.figure


def describe(material: Material, sheet: Sheet) -> str:
    """The caption."""
    missing = any(material.compared_with(arm, SAME_MONEY) is None for arm in material.arms)
    return caption(material, sheet, sheet.say(DRAWN, none=sheet.say(NO_COMPANION) if missing else ""))
