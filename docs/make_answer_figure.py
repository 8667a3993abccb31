"""Make the figure of the README: what pooling adds to the same public money, and on which assumptions that depends.

    lianjian run scenarios/tianqiao.yaml --arms pool,pool@same_money,pool@same_management --forms each \
        --replications 100 --out results/answer
    python -m docs.make_answer_figure results/answer

writes docs/figures/answer.png and .svg, answer-zh.png and .svg, and their captions. Left: pool less the same money under
the scenario as written and under each other form of it; right: the same for the poorest third. The same result gives the
same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from sim.analysis.forms import NO_EFFECT, FormRow
from sim.language import LANGUAGES, Text
from sim.report.figures import fonts, save
from sim.report.figures.board import Board, board
from sim.report.figures.rows import point, zero_line
from sim.report.figures.style import OKABE_ITO, PALE, SMALL, Sheet
from sim.report.forms import read_forms
from sim.report.forms_wording import label
from sim.scenario.forms import DEFAULT, EVERY_FORM, FIRST, LAST
from sim.statistics import Interval
from sim.store import read_manifest

ARM, OTHER = "pool", "pool@same_money"
TARGET = Path(__file__).parent / "figures"
PANELS = {
    "earned_income": Text("all villages", "全部村"),
    "poorest_tercile_income": Text("poorest third", "最低三分之一"),
}
AXIS = Text(
    "pooled less the same money unpooled: earned income, 10,000 yuan per village and year",
    "片区统筹减去同样资金逐村使用：经营与投资收入之差（万元/村·年）",
)
AS_WRITTEN = Text("as written", "原情景")
ALL_AT_ONCE = {
    FIRST: Text("every form, first alternatives", "全部形式换第一备选"),
    LAST: Text("every form, last alternatives", "全部形式换最后备选"),
}
CAPTION = Text(
    "What pooling public money in councils adds to the same money spent village by village: difference in collective earned "
    "income {first} to {last}, mean over villages, 10,000 yuan a village and year, paired by replication. First row: the "
    "scenario as written; other rows change one form of it (name=option), the last ones all at once; forms that change "
    "nothing are left out. Filled: the 95% interval (Student's t, row by row) leaves 0 out; open: it does not. "
    "{villages} villages, n = {n} replications, seed {seed}, scenario {scenario}. A comparison under assumptions, not a "
    "forecast.\n",
    "财政资金由片区统筹与同样资金逐村使用相比：{first}至{last}年村集体经营与投资收入之差（各村平均，万元/村·年，按重复配对）。"
    "第一行为原情景；其余各行改变一种形式（名称=选项），最后几行同时改变全部形式；不起作用的形式未列出。"
    "实心：95%区间（学生t分布，逐行）不含0；空心：含0。{villages}个村，n = {n}次重复，随机种子{seed}，情景文件{scenario}。"
    "以上为假设下的比较，不是预测。\n",
)


def main(result: Path) -> None:
    """Draw, save and describe the figure in both languages."""
    manifest, rows = read_manifest(result), read_forms(result)
    for language in LANGUAGES:
        sheet = Sheet(language, "double")
        name = "answer" if language == "en" else f"answer-{language}"
        with rc_context(sheet.settings()):
            figure = answer(rows, sheet)
        fonts.refuse_missing(fonts.texts_of(figure))
        save(figure, [TARGET / f"{name}.{ending}" for ending in ("png", "svg")], sheet)
        first, last = manifest["window"]
        known = {"villages": manifest["villages"], "n": manifest["replications"], "seed": manifest["seed"]}
        said = sheet.say(CAPTION, **known, first=first, last=last, scenario=manifest["scenario"])
        (TARGET / f"{name}.txt").write_text(said, encoding="utf-8")


def answer(rows: list[FormRow], sheet: Sheet) -> Figure:
    """Two panels that share the forms."""
    found = {(row.outcome, row.form, row.option): row for row in rows if (row.arm, row.against) == (ARM, OTHER)}
    shown = [row for (outcome, *_), row in found.items() if outcome == "earned_income" and row.survives != NO_EFFECT]
    made = board(sheet, len(PANELS), len(PANELS))
    for axes, (outcome, title) in zip(made.axes, PANELS.items(), strict=True):
        axes.set_title(sheet.say(title), fontsize=SMALL)
        _lines(made, axes, [_said(row, sheet) for row in shown])
        for place, row in enumerate(shown):
            _estimate(axes, place, found[outcome, row.form, row.option])
    made.finish(4.3 * len(shown), x=sheet.say(AXIS))
    return made.figure


def _lines(made: Board, axes: Any, names: list[str]) -> None:
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names)
    axes.axhspan(-0.5, 0.5, color=PALE, zorder=0, linewidth=0)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=5)
    zero_line(axes)


def _estimate(axes: Any, place: int, row: FormRow) -> None:
    interval = Interval(row.estimate, row.low, row.high, row.n)
    look = {"color": OKABE_ITO[0 if row.form == DEFAULT else 1], "marker": "D" if row.form == DEFAULT else "o"}
    point(axes, place, interval, filled=not interval.contains_zero, **look)


def _said(row: FormRow, sheet: Sheet) -> str:
    if row.form == DEFAULT:
        return sheet.say(AS_WRITTEN)
    return sheet.say(ALL_AT_ONCE[row.option]) if row.form == EVERY_FORM else label(row)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
