"""Conclusions under other forms 形式稳健性: which differences keep their sign under forms that nobody observes.

Each row is one arm, what it is compared with, one outcome and one variant of the forms. Differences are paired by
replication; all variants share their draws, so the change from the default is paired too. Intervals are Student's t at
95%, one by one, and once more wide enough for all rows of a table (same arm, reference and outcome) to hold together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.comparison import settled
from sim.analysis.study import RUNS_KEYS, numbers, references_of
from sim.declare import PUBLIC_PAYERS, Array
from sim.outcomes import LOSERS, LOSERS_SAME_MONEY, NO_POLICY, OUTCOMES, SAME_MONEY, compared_arm
from sim.scenario.forms import DEFAULT, EVERY_FORM, Variant
from sim.statistics import Interval, simultaneous_t_intervals, t_interval
from sim.store import ResultFolderError, read_table
from sim.tables import BY_FORM, FormNumbers

POSITIVE, NEGATIVE, UNDECIDED, IDENTICAL = "positive", "negative", "undecided", "identical"
MOST_LOSE, FEW_LOSE = "most lose", "fewer than half lose"
NO_INTERVAL = "no interval"
YES, NO, NO_EFFECT, NOTHING = "yes", "no", "no effect", "no conclusion"
"""Whether a conclusion survives; NO_EFFECT: the form changes no replication; NOTHING: the default concludes nothing."""


@dataclass(frozen=True)
class FormRow:
    """One line of forms.csv."""

    arm: str
    against: str
    outcome: str
    unit: str
    form: str
    option: str
    estimate: float
    """Difference to ``against``; of the share of losers, the share itself."""
    low: float
    high: float
    verdict: str
    survives: str
    low_together: float
    """Bounds that hold for all rows of the same arm, reference and outcome at once."""
    high_together: float
    verdict_together: str
    change: float
    """Estimate less that of the default, paired by replication."""
    change_low: float
    change_high: float
    n: int

    @property
    def single(self) -> bool:
        """Whether exactly one form differs from the scenario as written."""
        return self.form not in (DEFAULT, EVERY_FORM)


@dataclass(frozen=True)
class FormStudy:
    """Numbers of every variant, one a run."""

    variants: Sequence[Variant]
    """The scenario as written first."""
    shown: Sequence[str]
    """Arms whose rows are stored."""
    simulated: Sequence[str]
    """Those and arms simulated for comparison, as far as their numbers are at hand."""
    numbers: FormNumbers

    @property
    def outcomes(self) -> list[str]:
        costs = {f"public_cost_{payer}" for payer in PUBLIC_PAYERS}
        return [name for name in self.numbers[0, self.shown[0]] if name not in costs]


def conclusions(study: FormStudy) -> list[FormRow]:
    """All rows: arm by arm, reference by reference, outcome by outcome, variants in order."""
    return [
        row
        for arm in study.shown
        for reference in references_of(arm, study.simulated)
        for outcome in study.outcomes
        for row in _table(study, arm, reference, outcome)
    ]


def _table(study: FormStudy, arm: str, reference: str, outcome: str) -> Iterator[FormRow]:
    """One row a variant; none where the outcome says nothing of this reference."""
    counted_against = compared_arm(outcome, arm)
    losers = bool(counted_against)
    if losers and reference != counted_against:
        return
    values = [_values(study, variant.design_point, arm, reference, outcome) for variant in study.variants]
    together = _together(values)
    default = ""
    for variant, own, wide in zip(study.variants, values, together, strict=True):
        narrow, change = _interval(own), _interval(settled(own - values[0]))
        found = verdict(narrow, losers)
        default = default or found
        yield FormRow(
            arm,
            reference,
            outcome,
            OUTCOMES[outcome].unit,
            variant.form,
            variant.option,
            narrow.mean,
            narrow.low,
            narrow.high,
            found,
            survival(variant.form, default, found, bool(np.any(settled(own - values[0])))),
            wide.low,
            wide.high,
            verdict(wide, losers),
            change.mean,
            change.low,
            change.high,
            narrow.n,
        )


def losers_against(arm: str, reference: str) -> str:
    """The outcome that counts the villages that lose against a reference; empty where none does."""
    if reference == NO_POLICY:
        return LOSERS
    return LOSERS_SAME_MONEY if reference == arm + SAME_MONEY else ""


def _values(study: FormStudy, point: int, arm: str, reference: str, outcome: str) -> Array:
    own = study.numbers[point, arm][outcome]
    if compared_arm(outcome, arm):
        return own
    return settled(own - study.numbers[point, reference][outcome])


def verdict(interval: Interval, losers: bool = False) -> str:
    """What an interval says of a difference, or of the share of villages that lose."""
    if math.isnan(interval.low):
        return NO_INTERVAL
    if losers:
        return MOST_LOSE if interval.low > 0.5 else FEW_LOSE if interval.high < 0.5 else UNDECIDED
    if interval.low == interval.high == 0.0:
        return IDENTICAL
    return POSITIVE if interval.low > 0.0 else NEGATIVE if interval.high < 0.0 else UNDECIDED


def survival(form: str, default: str, found: str, has_effect: bool) -> str:
    """Whether the default's conclusion survives a variant; empty for the default itself."""
    if form == DEFAULT:
        return ""
    if not has_effect:
        return NO_EFFECT
    if default in (UNDECIDED, NO_INTERVAL):
        return NOTHING
    return YES if found == default else NO


def _interval(values: Array) -> Interval:
    if len(values) < 2:
        return Interval(float(np.mean(values)), math.nan, math.nan, len(values))
    return t_interval(values)


def _together(values: Sequence[Array]) -> list[Interval]:
    if len(values[0]) < 2:
        return [_interval(own) for own in values]
    return simultaneous_t_intervals(np.stack(values, axis=1), method="t")


def stated(variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """What the manifest says of the variants."""
    return [
        {"design_point": v.design_point, "form": v.form, "option": v.option, "changes": dict(v.changes)}
        for v in variants
    ]


def read_form_study(folder: Path, manifest: Mapping[str, Any]) -> FormStudy:
    """Numbers of forms_runs.parquet. Raises ResultFolderError where rows are missing or there twice."""
    table = read_table(folder, BY_FORM)
    variants = [Variant(**fact) for fact in manifest["forms"]]
    arms, n = list(manifest["arms"]), int(manifest["replications"])
    wanted = [(v.design_point, v.form, v.option, arm, r) for v in variants for arm in arms for r in range(n)]
    keys = [table[name].to_pylist() for name in ("design_point", "form", "option", "arm", "replication")]
    if list(zip(*keys, strict=True)) != wanted:
        raise ResultFolderError(
            f"{BY_FORM}: has not exactly one row for each variant, arm and replication that the manifest lists, in order"
        )
    columns = [name for name in table.column_names if name not in (*RUNS_KEYS, "form", "option")]
    found = {name: numbers(table, name).reshape(len(variants), len(arms), n) for name in columns}
    return FormStudy(
        variants,
        arms,
        arms,
        {
            (v.design_point, arm): {name: values[p, a] for name, values in found.items()}
            for p, v in enumerate(variants)
            for a, arm in enumerate(arms)
        },
    )
