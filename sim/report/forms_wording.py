"""Sentences about conclusions under other forms 形式稳健性文字."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis.forms import IDENTICAL, NO_EFFECT, NO_INTERVAL, NOTHING, UNDECIDED, FormRow
from sim.report.wording import DASH, number
from sim.scenario.forms import DEFAULT, EVERY_FORM

HOW_TO_READ = (
    "Default: the scenario as written. Each other row changes one form, the last rows every form at once. Survives: the "
    "same verdict as the default's; a form that changes no replication of this comparison has no effect here. An interval "
    "that contains 0 is undecided: that the default's sign is not shown there is no proof that the form matters (the "
    "column 'change' in forms.md is about that). Verdicts are at 95% row by row, so of many rows a few are wrong by "
    "chance; * marks those that hold with intervals for all rows of a table at once (max-t)."
)
TITLE = "Under other forms"
OUTCOME_LABELS = {
    "earned_income": "earned income",
    "poorest_tercile_income": "poorest third",
    "share_of_losers": "villages that lose",
    "share_of_losers_same_money": "villages that lose",
}


def label(row: FormRow) -> str:
    """How a row is named: ``default``, ``joint_manager=average``, ``every form, last alternatives``."""
    if row.form == DEFAULT:
        return "default"
    return f"every form, {_words(row.option)}" if row.form == EVERY_FORM else f"{row.form}={row.option}"


def survives(row: FormRow) -> str:
    """Yes, no or no effect; a dash for the default, and where it has no sign that could survive."""
    return DASH if row.survives in ("", NOTHING) else row.survives


def interval(row: FormRow, *, change: bool = False) -> str:
    """The estimate (or its change from the default) with its interval."""
    value, low, high = (row.change, row.change_low, row.change_high) if change else (row.estimate, row.low, row.high)
    signed = change or not row.outcome.startswith("share_of_losers")
    shown = number(value, row.unit, sign=signed)
    if low != low:
        return shown
    return f"{shown} [{number(low, row.unit, sign=signed)}, {number(high, row.unit, sign=signed)}]"


def starred(row: FormRow) -> str:
    """The verdict, with a star where it holds for the whole table at once."""
    holds = row.verdict_together == row.verdict and row.verdict not in (UNDECIDED, IDENTICAL, NO_INTERVAL)
    return f"{row.verdict}{'*' if holds else ''}"


def sentence(table: Sequence[FormRow], *, name_without_effect: bool = True) -> str:
    """What the rows of one arm, reference and outcome say: the default, how often it survives, where it does not."""
    default = table[0]
    said = f"{default.verdict} by default, {interval(default)}"
    return f"{said}{_survival(table)}{_without_effect(table, name_without_effect)}{_at_once(table)}"


def _survival(table: Sequence[FormRow]) -> str:
    default, singles = table[0], [row for row in table if row.single]
    tried = [row for row in singles if row.survives != NO_EFFECT]
    if not tried:
        return f"; none of the {len(singles)} alternatives changes any replication"
    same = sum(row.verdict == default.verdict for row in tried)
    count = f"all {len(tried)}" if same == len(tried) else f"{same or 'none'} of the {len(tried)}"
    concludes = default.verdict not in (UNDECIDED, NO_INTERVAL)
    verb = "stays so" if concludes else f"no sign that could survive: {default.verdict}"
    said = f"; {verb} under {count} alternatives that change anything"
    for verdict in dict.fromkeys(row.verdict for row in tried if row.verdict != default.verdict):
        said += f"; {verdict} under {_listed([row for row in tried if row.verdict == verdict], singles)}"
    return said


def _without_effect(table: Sequence[FormRow], named: bool) -> str:
    singles = [row for row in table if row.single]
    without = [row for row in singles if row.survives == NO_EFFECT]
    if not without or len(without) == len(singles):
        return ""
    return f" ({len(without)} have no effect here{f': {_listed(without, singles)}' if named else ''})"


def _listed(rows: Sequence[FormRow], singles: Sequence[FormRow]) -> str:
    """Alternatives by name; a form all of whose alternatives are meant, by its own."""
    names = []
    for form in dict.fromkeys(row.form for row in rows):
        mine = [row for row in rows if row.form == form]
        whole = len(mine) > 1 and len(mine) == sum(row.form == form for row in singles)
        names += [f"{form} (any)"] if whole else [label(row) for row in mine]
    return ", ".join(names)


def _at_once(table: Sequence[FormRow]) -> str:
    """What the rows say in which every form is changed."""
    every = [row for row in table if row.form == EVERY_FORM]
    if not every:
        return "."
    if len({row.verdict for row in every}) == 1:
        return f". Every form changed at once: {every[0].verdict}."
    return f". Every form changed at once: {', '.join(f'{row.verdict} ({_words(row.option)})' for row in every)}."


def _words(option: str) -> str:
    return option.replace("_", " ")
