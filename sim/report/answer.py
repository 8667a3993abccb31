"""The answer as files and on the screen 结果表: answer.md, answer.csv and a compact table."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sim.analysis.comparison import GAIN, GAIN_LEFT, GAIN_PER_100, LOSERS, POOREST, Row, note_in
from sim.declare import PAYERS_ZH, PUBLIC_PAYERS
from sim.language import Language, Text
from sim.measures import COLUMNS, MEASURES, REFERENCES
from sim.outcomes import NO_POLICY, OUTCOMES, SAME_MANAGEMENT, SAME_MONEY
from sim.report.rows import read_rows, write_rows
from sim.report.wording import (
    DASH,
    EARNED,
    IDENTICAL,
    NOT_A_FORECAST,
    Manifest,
    Rows,
    by_key,
    estimate,
    identical,
    in_words,
    language_of,
    number,
    reading,
    title_of,
    unit_in,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


MANY_ARMS = 8
"""Arms from which on the screen leaves their companions out: what they are for stands in the columns."""
NARROWEST = 56
"""Columns that are taken for granted where the terminal says less."""
GAP = 3
"""Cells between two columns of the table: padding on either side and the divider, a space."""


def write_answer(folder: Path, manifest: Manifest, rows: Sequence[Row]) -> None:
    """Write answer.csv (one line an arm, its reference and outcome) and answer.md (to be read)."""
    write_rows(folder / "answer.csv", Row, rows)
    (folder / "answer.md").write_text(markdown(manifest, rows), encoding="utf-8")


_TITLE = Text("# {title}: what the arms do", "# {title}：各方案效果比较")
_ABOUT = Text(
    "{n} {replications}, seed {seed}, {villages} villages. Unless a line says otherwise, numbers are yearly means of "
    "{first}–{last} (the years after the policy years, or the last three policy years), differences "
    "are paired by replication, [95% interval].",
    "{n}次重复，随机种子{seed}，{villages}个村。除另有说明外，数值为{first}–{last}年的年均值（政策期之后各年；"
    "若无此类年份，则为政策期最后三年），差异按重复配对，方括号内为95%置信区间。",
)
_PLAIN = Text("## In plain words", "## 结果解读")


def markdown(manifest: Manifest, rows: Sequence[Row]) -> str:
    """answer.md: a reading in plain words, then a table an arm, in the language of the run."""
    made, found, language = manifest, by_key(rows), language_of(manifest)
    first, last = made["window"]
    several = "replications" if made["replications"] > 1 else "replication"
    facts = {"n": made["replications"], "replications": several, "seed": made["seed"], "villages": made["villages"]}
    lines = [
        _TITLE.say(language, title=title_of(made)),
        "",
        _ABOUT.say(language, first=first, last=last, **facts),
        "",
        _PLAIN.say(language),
        "",
    ]
    lines += [line for paragraph in reading(manifest, rows) for line in (f"- {paragraph}", "")]
    lines += [NOT_A_FORECAST.say(language), *_safeguards(manifest), ""]
    for arm in made["arms"]:
        lines += _arm_section(found, arm, made)
    return "\n".join(lines)


_BITES = Text("Village-years in which a bound of the model bites: {bit}.", "模型边界起作用的村年占比：{bit}。")
_NONE = Text("none", "无")
SAFEGUARDS = {
    "arrears": Text("arrears", "联合社拖欠协调费用"),
    "firms_turned_away": Text("firms_turned_away", "企业名额已满"),
    "hazard_at_bound": Text("hazard_at_bound", "项目失败风险触及上下限"),
    "no_own_cash": Text("no_own_cash", "无自有资金"),
    "trust_near_bound": Text("trust_near_bound", "信任接近边界"),
}
"""What the engine counts of its bounds; a name that is not here is shown as it is."""


def _safeguards(manifest: Manifest) -> list[str]:
    """How often a bound of the model bit, as a share of village-years: often means a fault, not a result."""
    language, of_arms = language_of(manifest), manifest["safeguards"].values()
    cells = manifest["replications"] * len(manifest["years"]) * manifest["villages"] * len(manifest["arms"])
    counted = {name: sum(of_arm.get(name, 0.0) for of_arm in of_arms) for of in of_arms for name in of}
    bit = [
        f"{SAFEGUARDS[name].say(language) if name in SAFEGUARDS else name} {100 * count / cells:.2g}%"
        for name, count in sorted(counted.items())
        if count
    ]
    return ["", _BITES.say(language, bit=_LIST.say(language).join(bit) or _NONE.say(language))]


_LIST = Text(", ", "、")
_COLUMNS = (Text("outcome", "指标"), Text("unit", "单位"), Text("mean", "均值"))
_DIFFERENCE_TO = Text("difference to {reference}", "与{reference}相比的差异")
_NO_DIFFERENCE = Text("Difference to {reference}: none, {identical}.", "与{reference}相比的差异：无，{identical}。")
_VILLAGES_THAT_LOSE = Text("villages that lose, against that arm", "相对该对照的受损村比例")


def _arm_section(rows: Rows, arm: str, manifest: Manifest) -> list[str]:
    language = language_of(manifest)
    compared = list(dict.fromkeys(against for of, against, _ in rows if of == arm and against))
    same = [name for name in compared if identical(rows, arm, name)]
    references = [name for name in compared if name not in same]
    shown = {name: reference_label(name, language) for name in compared}
    head = [text.say(language) for text in _COLUMNS]
    head += [_DIFFERENCE_TO.say(language, reference=shown[name]) for name in references]
    lines = [f"## {arm}{in_words(manifest, arm)}", ""]
    lines += [table_line(head), table_line(["---", "---", *["---:"] * (len(head) - 2)])]
    for key, row in rows.items():
        if key[:2] == (arm, "") and not row.outcome.startswith("public_cost_"):
            cells = [_with_worse(rows.get((arm, name, row.outcome)), language) for name in references]
            lines.append(table_line([_label(row.outcome), unit_in(language, row.unit), estimate(row), *cells]))
    for outcome in (LOSERS, GAIN, GAIN_PER_100, GAIN_LEFT):
        of_outcome = [rows.get((arm, name, outcome)) for name in references]
        if any(of_outcome):
            unit = next(row.unit for row in of_outcome if row)
            label = (_VILLAGES_THAT_LOSE if outcome == LOSERS else MEASURES[outcome].label).say(language)
            cells = [_with_note(row, language) for row in of_outcome]
            lines.append(table_line([label, unit_in(language, unit), "", *cells]))
    for name in same:
        lines += ["", _NO_DIFFERENCE.say(language, reference=shown[name], identical=IDENTICAL.say(language))]
    return [*lines, "", _payers(rows, arm, language), ""]


def _label(outcome: str) -> str:
    declared = OUTCOMES.get(outcome)
    return f"{outcome} {declared.zh}" if declared else outcome


_BY_PAYER = Text("Public cost of the whole run by payer: {paid}.", "整个运行期的财政投入，按出资方：{paid}。")
_PAID = Text("{payer} {amount} 万元", "{payer}{amount}万元")


def _payers(rows: Rows, arm: str, language: Language) -> str:
    costs = {payer: rows[arm, "", f"public_cost_{payer}"] for payer in PUBLIC_PAYERS}
    paid = [
        _PAID.say(language, payer=Text(payer, PAYERS_ZH[payer]).say(language), amount=number(row.mean))
        for payer, row in costs.items()
        if abs(row.mean) > 1e-9
    ]
    return _BY_PAYER.say(language, paid=_LIST.say(language).join(paid) or _NONE.say(language))


_WORSE_IN = Text("{estimate}, worse in {worse}", "{estimate}，{worse}的重复劣于对照")
_NOTED = Text("{estimate} ({note})", "{estimate}（{note}）")


def _with_worse(row: Row | None, language: Language) -> str:
    if row is None or math.isnan(row.share_worse) or row.outcome == "public_cost":
        return estimate(row)
    return _WORSE_IN.say(language, estimate=estimate(row), worse=number(row.share_worse, "share"))


def _with_note(row: Row | None, language: Language) -> str:
    if row is None:
        return ""
    text = _with_worse(row, language)
    return _NOTED.say(language, estimate=text, note=note_in(language, row.note)) if row.note else text


def table_line(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


_REFERENCES = {"": Text("no policy", "无政策")} | {reference.name: reference.label for reference in REFERENCES}


def reference_label(reference: str, language: Language = "en") -> str:
    """How tables name what an arm is compared with."""
    return _REFERENCES["" if reference == NO_POLICY else reference.partition("@")[2]].say(language)


def read_answer(folder: Path) -> list[Row]:
    """The rows of answer.csv. Raises ResultFolderError, naming the line, where it is missing or cannot be read."""
    return read_rows(folder / "answer.csv", Row)


def print_answer(manifest: Manifest, rows: Sequence[Row], file: IO[str] | None = None) -> None:
    """Print the compact table and its legend; a terminal too narrow for it gets several tables, no broken number."""
    console = console_for(file)
    print_table(console, *compact(manifest, rows))
    print_text(console, legend(manifest))


def console_for(file: IO[str] | None = None) -> Console:
    """Where to print: the terminal, taken to be at least NARROWEST wide, or a file."""
    from rich.console import Console

    console = Console(file=file, highlight=False, markup=False)
    console.width = max(console.width, NARROWEST)
    return console


_PIECES = re.compile(r"(?:[^\s\u2e80-\u9fff\uff00-\uffef]+|\s|.)[，。；：、）”]*")
"""Of a text that mixes languages, what stays together at the end of a line: a word or number, a Chinese character."""


def print_text(console: Console, text: str) -> None:
    """Print a paragraph; a line of Chinese may end at any character, but not within a name or number."""
    from rich.cells import cell_len

    lines, used = [""], 0
    for piece in _PIECES.findall(text):
        wide = cell_len(piece)
        if used and used + wide > console.width:
            lines.append("")
            used, wide, piece = 0, cell_len(piece.lstrip()), piece.lstrip()
        lines[-1] += piece
        used += wide
    console.print("\n".join(line.rstrip() for line in lines), soft_wrap=True)


def print_table(console: Console, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Print a table, or several that repeat the first column where the terminal is too narrow for one."""
    wide, width = _widths(head, lines), console.width
    for columns in _fitting(wide, width):
        # a number that is cut off looks like another number: rather a line too wide for the terminal
        console.width = max(width, sum(wide[c] + GAP for c in columns))
        console.print(_rich_table([head[c] for c in columns], [[line[c] for c in columns] for line in lines]))
    console.width = width


def _fitting(wide: Sequence[int], width: int) -> list[list[int]]:
    """Columns of each table to print, the first column in every one, so that none is wider than ``width``."""
    tables, left = [[0]], width - wide[0]
    for column in range(1, len(wide)):
        if wide[column] + GAP > left and len(tables[-1]) > 1:
            tables.append([0])
            left = width - wide[0]
        tables[-1].append(column)
        left -= wide[column] + GAP
    return tables


def _widths(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[int]:
    """Cells that the widest text of each column takes on the screen."""
    from rich.cells import cell_len

    texts = [[*head[c].split("\n"), *(line[c] for line in lines)] for c in range(len(head))]
    return [max(cell_len(text) for text in of_column) for of_column in texts]


_ARM = Text("arm", "方案")


def compact(manifest: Manifest, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of the table on the screen."""
    found, language = by_key(rows), language_of(manifest)
    head = [_ARM.say(language), *(heading.say(language) for _, heading in COLUMNS)]
    arms = manifest["arms"]
    shown = arms if len(arms) <= MANY_ARMS else [arm for arm in arms if "@" not in arm] or arms
    lines = [_compact_line(found, arm) for arm in shown]
    used = [0, 1, *(column for column in range(2, len(head)) if any(line[column] != DASH for line in lines))]
    return [head[column] for column in used], [[line[column] for column in used] for line in lines]


def _compact_line(rows: Rows, arm: str) -> list[str]:
    same_money = rows.get((arm, arm + SAME_MONEY, EARNED))
    losers = rows.get((arm, arm + SAME_MONEY, LOSERS)) or rows.get((arm, NO_POLICY, LOSERS))
    cost = sum(rows[arm, "", f"public_cost_{payer}"].mean for payer in PUBLIC_PAYERS)
    poorest = rows.get((arm, arm + SAME_MONEY, POOREST)) or rows.get((arm, NO_POLICY, POOREST))
    return [
        arm,
        number(rows[arm, "", EARNED].mean),
        estimate(rows.get((arm, NO_POLICY, EARNED))),
        estimate(same_money),
        estimate(rows.get((arm, arm + SAME_MANAGEMENT, EARNED))),
        number(same_money.share_worse, "share") if same_money else DASH,
        number(losers.mean, "share") if losers else DASH,
        number(poorest.difference, sign=True) if poorest else DASH,
        number(cost),
        _mean(rows.get((arm, NO_POLICY, GAIN_PER_100))),
        _mean(rows.get((arm, NO_POLICY, GAIN_LEFT))),
    ]


def _mean(row: Row | None) -> str:
    return number(row.mean, row.unit) if row else DASH


_LEGEND = Text(
    "万元 a village and year, {first}–{last}, n = {n}, differences paired, "
    "[95% interval]. Worse than same money: share of replications. Villages that lose and poorest third: against "
    "the same money where there is such an arm, else no policy. Public cost: 万元, whole run. Gain per 100: "
    "万元 a year, all villages, per 100 万元 of public cost, against no policy. ",
    "单位：万元/村/年，{first}–{last}年，n = {n}，配对差异，方括号内为95%置信区间。劣于同等资金：占全部重复的比例。"
    "受损村与最弱三分之一村：有同等资金对照时与其相比，否则与无政策相比。财政投入：万元，整个运行期合计。"
    "每100万元增收：每100万元财政投入全部村合计每年增收的万元数，与无政策相比。",
)


def legend(manifest: Manifest) -> str:
    """What stands in the columns of the table on the screen."""
    (first, last), language = manifest["window"], language_of(manifest)
    said = _LEGEND.say(language, first=first, last=last, n=manifest["replications"])
    return said + NOT_A_FORECAST.say(language)


def _rich_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for position, name in enumerate(head):
        table.add_column(name, no_wrap=True, justify="left" if position == 0 else "right")
    for line in lines:
        table.add_row(*line)
    return table
