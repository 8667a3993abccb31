"""The answer as files and on the screen 结果表: answer.md, answer.csv and a compact table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sim.analysis.comparison import GAIN, GAIN_LEFT, GAIN_PER_100, LOSERS, POOREST, Row
from sim.declare import PUBLIC_PAYERS
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
    number,
    reading,
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


def markdown(manifest: Manifest, rows: Sequence[Row]) -> str:
    """answer.md: a reading in plain words, then a table an arm."""
    made, found = manifest, by_key(rows)
    first, last = made["window"]
    title = made["title"].get("en", made["scenario"])
    lines = [
        f"# {title}: what the arms do",
        "",
        f"{made['replications']} replication{'s' if made['replications'] > 1 else ''}, seed {made['seed']}, "
        f"{made['villages']} villages. Unless a line says otherwise, numbers are yearly means of "
        f"{first}{DASH}{last} (the years after the policy years, or the last three policy years), differences "
        "are paired by replication, [95% interval].",
        "",
        "## In plain words",
        "",
    ]
    lines += [line for paragraph in reading(manifest, rows) for line in (f"- {paragraph}", "")]
    lines += [NOT_A_FORECAST, *_safeguards(manifest), ""]
    for arm in made["arms"]:
        lines += _arm_section(found, arm)
    return "\n".join(lines)


def _safeguards(manifest: Manifest) -> list[str]:
    """How often a bound of the model bit, as a share of village-years: often means a fault, not a result."""
    of_arms = manifest["safeguards"].values()
    cells = manifest["replications"] * len(manifest["years"]) * manifest["villages"] * len(manifest["arms"])
    counted = {name: sum(of_arm.get(name, 0.0) for of_arm in of_arms) for of in of_arms for name in of}
    bit = [f"{name} {100 * count / cells:.2g}%" for name, count in sorted(counted.items()) if count]
    return ["", f"Village-years in which a bound of the model bites: {', '.join(bit) or 'none'}."]


def _arm_section(rows: Rows, arm: str) -> list[str]:
    compared = list(dict.fromkeys(against for of, against, _ in rows if of == arm and against))
    same = [name for name in compared if identical(rows, arm, name)]
    references = [name for name in compared if name not in same]
    head = ["outcome", "unit", "mean", *(f"difference to {reference_label(name)}" for name in references)]
    lines = [f"## {arm}", "", table_line(head), table_line(["---", "---", *["---:"] * (len(head) - 2)])]
    for key, row in rows.items():
        if key[:2] == (arm, "") and not row.outcome.startswith("public_cost_"):
            cells = [_with_worse(rows.get((arm, name, row.outcome))) for name in references]
            lines.append(table_line([_label(row.outcome), row.unit, estimate(row), *cells]))
    for outcome in (LOSERS, GAIN, GAIN_PER_100, GAIN_LEFT):
        of_outcome = [rows.get((arm, name, outcome)) for name in references]
        if any(of_outcome):
            unit = next(row.unit for row in of_outcome if row)
            lines.append(table_line([_LABELS[outcome], unit, "", *(_with_note(row) for row in of_outcome)]))
    lines += [line for name in same for line in ("", f"Difference to {reference_label(name)}: none, {IDENTICAL}.")]
    return [*lines, "", _payers(rows, arm), ""]


_LABELS = {
    LOSERS: "villages that lose, against that arm",
    GAIN: "gain in earned income, all villages",
    GAIN_PER_100: "gain per 100 万元 of public cost",
    GAIN_LEFT: "share of the gain left at the end",
}


def _label(outcome: str) -> str:
    declared = OUTCOMES.get(outcome)
    return f"{outcome} {declared.zh}" if declared else outcome


def _payers(rows: Rows, arm: str) -> str:
    costs = {payer: rows[arm, "", f"public_cost_{payer}"] for payer in PUBLIC_PAYERS}
    paid = [f"{payer} {number(row.mean)} 万元" for payer, row in costs.items() if abs(row.mean) > 1e-9]
    return f"Public cost of the whole run by payer: {', '.join(paid) or 'none'}."


def _with_worse(row: Row | None) -> str:
    if row is None or math.isnan(row.share_worse) or row.outcome == "public_cost":
        return estimate(row)
    return f"{estimate(row)}, worse in {number(row.share_worse, 'share')}"


def _with_note(row: Row | None) -> str:
    if row is None:
        return ""
    text = _with_worse(row)
    return f"{text} ({row.note})" if row.note else text


def table_line(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def reference_label(reference: str) -> str:
    """How tables name what an arm is compared with."""
    return "no policy" if reference == NO_POLICY else reference.partition("@")[2].replace("_", " ")


def read_answer(folder: Path) -> list[Row]:
    """The rows of answer.csv. Raises ResultFolderError, naming the line, where it is missing or cannot be read."""
    return read_rows(folder / "answer.csv", Row)


def print_answer(manifest: Manifest, rows: Sequence[Row], file: IO[str] | None = None) -> None:
    """Print the compact table and its legend; a terminal too narrow for it gets several tables, no broken number."""
    console = console_for(file)
    print_table(console, *compact(manifest, rows))
    console.print(legend(manifest))


def console_for(file: IO[str] | None = None) -> Console:
    """Where to print: the terminal, taken to be at least NARROWEST wide, or a file."""
    from rich.console import Console

    console = Console(file=file, highlight=False, markup=False)
    console.width = max(console.width, NARROWEST)
    return console


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


def compact(manifest: Manifest, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of the table on the screen."""
    found = by_key(rows)
    head = [
        "arm",
        "earned\nincome",
        "difference to\nno policy",
        "difference to\nsame money",
        "difference to\nsame management",
        "worse than\nsame money",
        "villages\nthat lose",
        "poorest\nthird",
        "public\ncost",
        "gain\nper 100",
        "gain\nleft",
    ]
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


def legend(manifest: Manifest) -> str:
    """What stands in the columns of the table on the screen."""
    first, last = manifest["window"]
    return (
        f"万元 a village and year, {first}{DASH}{last}, n = {manifest['replications']}, differences paired, "
        "[95% interval]. Worse than same money: share of replications. Villages that lose and poorest third: against "
        "the same money where there is such an arm, else no policy. Public cost: 万元, whole run. Gain per 100: "
        "万元 a year, all villages, per 100 万元 of public cost, against no policy. " + NOT_A_FORECAST
    )


def _rich_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for position, name in enumerate(head):
        table.add_column(name, no_wrap=True, justify="left" if position == 0 else "right")
    for line in lines:
        table.add_row(*line)
    return table
