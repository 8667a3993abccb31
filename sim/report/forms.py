"""Conclusions under other forms as files and on the screen 形式稳健性结果: forms.md, forms.csv, a table an arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from sim.analysis.forms import IDENTICAL, NO_EFFECT, FormRow, losers_against
from sim.outcomes import NO_POLICY, SAME_MANAGEMENT, SAME_MONEY
from sim.report.answer import console_for, print_table, reference_label, table_line
from sim.report.forms_wording import HOW_TO_READ, OUTCOME_LABELS, TITLE, interval, label, sentence, starred, survives
from sim.report.rows import read_rows, write_rows
from sim.report.wording import DASH, EARNED, NOT_A_FORECAST, Manifest, judged_arms, number

POOREST = "poorest_tercile_income"
FILE = "forms.csv"
Tables = Mapping[tuple[str, str, str], Sequence[FormRow]]
"""(arm, against, outcome) -> its rows, the default first."""


def write_forms(folder: Path, manifest: Manifest, rows: Sequence[FormRow]) -> None:
    """Write forms.csv (every outcome) and forms.md (to be read)."""
    write_rows(folder / FILE, FormRow, rows)
    (folder / "forms.md").write_text(markdown(manifest, rows), encoding="utf-8")


def read_forms(folder: Path) -> list[FormRow]:
    """The rows of forms.csv. Raises ResultFolderError, naming the line, where it is missing or cannot be read."""
    return read_rows(folder / FILE, FormRow)


def by_table(rows: Sequence[FormRow]) -> Tables:
    """Rows by what they judge."""
    found: dict[tuple[str, str, str], list[FormRow]] = {}
    for row in rows:
        found.setdefault((row.arm, row.against, row.outcome), []).append(row)
    return found


def markdown(manifest: Manifest, rows: Sequence[FormRow]) -> str:
    """forms.md: what survives in plain words, then a table for each arm and what it is compared with."""
    tables = by_table(rows)
    title = manifest["title"].get("en", manifest["scenario"])
    (first, last), runs = manifest["window"], manifest["replications"]
    lines = [
        f"# {title}: which conclusions survive other forms",
        "",
        f"{runs} replication{'s' if runs > 1 else ''}, seed {manifest['seed']}, {len(manifest['forms'])} variants; 万元 a "
        f"village and year, {first}{DASH}{last}, paired differences [95% interval]. {HOW_TO_READ}",
        "",
        "## In plain words",
        "",
    ]
    for arm in _arms(manifest):
        lines += [line for said in _said(tables, arm) for line in (f"- {said}", "")]
    lines += [NOT_A_FORECAST, ""]
    for arm in dict.fromkeys(key[0] for key in tables):
        for against in _references(tables, arm):
            if arm in _arms(manifest) or (arm.endswith(SAME_MANAGEMENT) and against.endswith(SAME_MONEY)):
                lines += _section(tables, arm, against)
    return "\n".join(lines)


def _section(tables: Tables, arm: str, against: str) -> list[str]:
    """A table: each variant's difference in earned income, what survives, the poorest third, who loses."""
    lines = [f"## {arm} less {reference_label(against)}", ""]
    if _never_differs(tables, arm, against):
        return [*lines, f"{_NEVER_DIFFERS}.", ""]
    columns = ["difference", "verdict", "survives", "change from the default"]
    losers = losers_against(arm, against) if (arm, against, losers_against(arm, against)) in tables else ""
    headed = {EARNED: columns, POOREST: [f"poorest third: {name}" for name in columns[:3]]}
    headed |= {losers: [f"villages that lose: {name}" for name in ("share", "verdict", "survives")]} if losers else {}
    head = ["variant", *(name for names in headed.values() for name in names)]
    lines += [table_line(head), table_line(["---"] * len(head))]
    for rows in zip(*(tables[arm, against, outcome] for outcome in headed), strict=True):
        cells = [label(rows[0])]
        for row, names in zip(rows, headed.values(), strict=True):
            cells += [interval(row), starred(row), survives(row), interval(row, change=True)][: len(names)]
        lines.append(table_line(cells))
    return [*lines, ""]


def print_forms(manifest: Manifest, rows: Sequence[FormRow], file: IO[str] | None = None) -> None:
    """Print one compact table an arm, against the first reference that it differs from, and what survives."""
    console, tables = console_for(file), by_table(rows)
    for arm in _arms(manifest):
        against = _first_that_differs(tables, arm)
        console.print(f"\n{TITLE}: {arm} less {reference_label(against)}, earned income")
        if not _never_differs(tables, arm, against):
            print_table(console, *compact(tables, arm, against))
        for said in _said(tables, arm):
            console.print(f"- {said}")
    console.print(f"\n{HOW_TO_READ}")


def compact(tables: Tables, arm: str, against: str) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of the table on the screen; variants without any effect are left to the sentences."""
    head = ["variant", "difference", "verdict", "survives", "poorest\nthird", "villages\nthat lose"]
    losers = tables.get((arm, against, losers_against(arm, against)), [])
    lines = []
    for place, (row, poorest) in enumerate(
        zip(tables[arm, against, EARNED], tables[arm, against, POOREST], strict=True)
    ):
        if row.survives == NO_EFFECT and row.single:
            continue
        share = number(losers[place].estimate, "share") if losers else DASH
        third = number(poorest.estimate, sign=True)
        lines.append([label(row), interval(row), starred(row), survives(row), third, share])
    return head, lines


def _said(tables: Tables, arm: str) -> Iterator[str]:
    """Sentences about an arm: earned income against each reference; the first one's other headlines too."""
    first = _first_that_differs(tables, arm)
    for against in _references(tables, arm):
        name = f"{arm} less {reference_label(against)}"
        if _never_differs(tables, arm, against):
            yield f"{name}: {_NEVER_DIFFERS}."
            continue
        outcomes = (EARNED, POOREST, losers_against(arm, against)) if against == first else (EARNED,)
        for outcome in outcomes:
            if (arm, against, outcome) in tables:
                said = sentence(tables[arm, against, outcome], name_without_effect=outcome == EARNED)
                yield f"{name}, {OUTCOME_LABELS[outcome]}: {said}"


_NEVER_DIFFERS = "identical in every replication, by default and under every alternative"


def _never_differs(tables: Tables, arm: str, against: str) -> bool:
    return all(row.verdict == IDENTICAL for row in tables[arm, against, EARNED])


def _first_that_differs(tables: Tables, arm: str) -> str:
    references = _references(tables, arm)
    return next((name for name in references if not _never_differs(tables, arm, name)), references[0])


def _references(tables: Tables, arm: str) -> list[str]:
    """What an arm is compared with: the companions before no policy, since they answer the question."""
    found = dict.fromkeys(against for of, against, _ in tables if of == arm)
    return sorted(found, key=lambda name: name == NO_POLICY)


def _arms(manifest: Manifest) -> list[str]:
    """Arms that are judged; where none is kept, the arms that are."""
    return judged_arms(manifest) or [arm for arm in manifest["arms"] if arm != NO_POLICY]
