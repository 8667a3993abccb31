"""Conclusions under other forms as files and on the screen 形式稳健性结果: forms.md, forms.csv, a table an arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from sim.analysis.forms import IDENTICAL, NO_EFFECT, FormRow, losers_against
from sim.language import Language, Text
from sim.outcomes import NO_POLICY, SAME_MANAGEMENT, SAME_MONEY
from sim.report.answer import console_for, print_table, print_text, reference_label, table_line
from sim.report.forms_wording import (
    COMPARED,
    HOW_TO_READ,
    OUTCOME_LABELS,
    TITLE,
    interval,
    label,
    sentence,
    starred,
    survives,
)
from sim.report.rows import read_rows, write_rows
from sim.report.wording import DASH, EARNED, NOT_A_FORECAST, Manifest, judged_arms, language_of, number, title_of

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


_HEADING = Text("# {title}: which conclusions survive other forms", "# {title}：哪些结论在其他形式下仍成立")
_ABOUT = Text(
    "{n} {replications}, seed {seed}, {variants} variants; 万元 a village and year, {first}–{last}, paired differences "
    "[95% interval]. {how}",
    "{n}次重复，随机种子{seed}，{variants}种形式变体；单位：万元/村/年，{first}–{last}年，配对差异，方括号内为95%置信区间。{how}",
)
_PLAIN = Text("## In plain words", "## 结果解读")


def markdown(manifest: Manifest, rows: Sequence[FormRow]) -> str:
    """forms.md: what survives in plain words, then a table for each arm and what it is compared with."""
    tables, language = by_table(rows), language_of(manifest)
    (first, last), runs = manifest["window"], manifest["replications"]
    facts = {"n": runs, "replications": "replications" if runs > 1 else "replication", "seed": manifest["seed"]}
    facts |= {"variants": len(manifest["forms"]), "first": first, "last": last, "how": HOW_TO_READ.say(language)}
    lines = [
        _HEADING.say(language, title=title_of(manifest)),
        "",
        _ABOUT.say(language, **facts),
        "",
        _PLAIN.say(language),
        "",
    ]
    for arm in _arms(manifest):
        lines += [line for said in _said(tables, arm, language) for line in (f"- {said}", "")]
    lines += [NOT_A_FORECAST.say(language), ""]
    for arm in dict.fromkeys(key[0] for key in tables):
        for against in _references(tables, arm):
            if arm in _arms(manifest) or (arm.endswith(SAME_MANAGEMENT) and against.endswith(SAME_MONEY)):
                lines += _section(tables, arm, against, language)
    return "\n".join(lines)


_VARIANT, _DIFFERENCE, _VERDICT = Text("variant", "形式变体"), Text("difference", "差异"), Text("verdict", "结论")
_SURVIVES, _CHANGE = Text("survives", "仍成立"), Text("change from the default", "与默认相比的变化")
_SHARE, _OF = Text("share", "比例"), Text("{outcome}: {name}", "{outcome}：{name}")


def _section(tables: Tables, arm: str, against: str, language: Language) -> list[str]:
    """A table: each variant's difference in earned income, what survives, the poorest third, who loses."""
    lines = [f"## {_compared(arm, against, language)}", ""]
    if _never_differs(tables, arm, against):
        return [*lines, _NEVER_DIFFERS.say(language), ""]
    columns = [_DIFFERENCE, _VERDICT, _SURVIVES, _CHANGE]
    losers = losers_against(arm, against) if (arm, against, losers_against(arm, against)) in tables else ""
    headed = {EARNED: [name.say(language) for name in columns], POOREST: _of(POOREST, columns[:3], language)}
    headed |= {losers: _of(losers, [_SHARE, _VERDICT, _SURVIVES], language)} if losers else {}
    head = [_VARIANT.say(language), *(name for names in headed.values() for name in names)]
    lines += [table_line(head), table_line(["---"] * len(head))]
    for rows in zip(*(tables[arm, against, outcome] for outcome in headed), strict=True):
        cells = [label(rows[0], language)]
        for row, names in zip(rows, headed.values(), strict=True):
            shown = [interval(row), starred(row, language), survives(row, language), interval(row, change=True)]
            cells += shown[: len(names)]
        lines.append(table_line(cells))
    return [*lines, ""]


def _of(outcome: str, names: Sequence[Text], language: Language) -> list[str]:
    """Heads of an outcome's columns: ``poorest third: verdict``."""
    return [_OF.say(language, outcome=OUTCOME_LABELS[outcome].say(language), name=name.say(language)) for name in names]


def _compared(arm: str, against: str, language: Language) -> str:
    return COMPARED.say(language, arm=arm, reference=reference_label(against, language))


_SCREEN_TITLE = Text("{title}: {compared}, {outcome}", "{title}：{compared}，{outcome}")


def print_forms(manifest: Manifest, rows: Sequence[FormRow], file: IO[str] | None = None) -> None:
    """Print one compact table an arm, against the first reference that it differs from, and what survives."""
    console, tables, language = console_for(file), by_table(rows), language_of(manifest)
    for arm in _arms(manifest):
        against = _first_that_differs(tables, arm)
        compared, outcome = _compared(arm, against, language), OUTCOME_LABELS[EARNED].say(language)
        title = _SCREEN_TITLE.say(language, title=TITLE.say(language), compared=compared, outcome=outcome)
        console.print(f"\n{title}")
        if not _never_differs(tables, arm, against):
            print_table(console, *compact(tables, arm, against, language))
        for said in _said(tables, arm, language):
            print_text(console, f"- {said}")
    console.print()
    print_text(console, HOW_TO_READ.say(language))


_NARROW_HEADS = (Text("poorest\nthird", "最弱三分\n之一村"), Text("villages\nthat lose", "受损村\n比例"))


def compact(tables: Tables, arm: str, against: str, language: Language = "en") -> tuple[list[str], list[list[str]]]:
    """Heads and lines of the table on the screen; variants without any effect are left to the sentences."""
    head = [text.say(language) for text in (_VARIANT, _DIFFERENCE, _VERDICT, _SURVIVES, *_NARROW_HEADS)]
    losers = tables.get((arm, against, losers_against(arm, against)), [])
    lines = []
    for place, (row, poorest) in enumerate(
        zip(tables[arm, against, EARNED], tables[arm, against, POOREST], strict=True)
    ):
        if row.survives == NO_EFFECT and row.single:
            continue
        share = number(losers[place].estimate, "share") if losers else DASH
        third = number(poorest.estimate, sign=True)
        judged = [label(row, language), interval(row), starred(row, language), survives(row, language)]
        lines.append([*judged, third, share])
    return head, lines


_SAID = Text("{compared}, {outcome}: {said}", "{compared}，{outcome}：{said}")
_SAID_NOTHING = Text("{compared}: {said}", "{compared}：{said}")


def _said(tables: Tables, arm: str, language: Language) -> Iterator[str]:
    """Sentences about an arm: earned income against each reference; the first one's other headlines too."""
    first = _first_that_differs(tables, arm)
    for against in _references(tables, arm):
        compared = _compared(arm, against, language)
        if _never_differs(tables, arm, against):
            yield _SAID_NOTHING.say(language, compared=compared, said=_NEVER_DIFFERS.say(language))
            continue
        outcomes = (EARNED, POOREST, losers_against(arm, against)) if against == first else (EARNED,)
        for outcome in outcomes:
            if (arm, against, outcome) in tables:
                said = sentence(tables[arm, against, outcome], language, name_without_effect=outcome == EARNED)
                label_of = OUTCOME_LABELS[outcome].say(language)
                yield _SAID.say(language, compared=compared, outcome=label_of, said=said)


_NEVER_DIFFERS = Text(
    "identical in every replication, by default and under every alternative.",
    "每次重复都完全相同，默认情形与所有备选形式下均如此。",
)


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
