"""The answer 比较结果: every arm against no policy and against its companions, from the stored tables alone.

All differences are paired by replication. An interval is Student's t over replications at 95%; ratios carry
a paired bootstrap interval. It says how far chance within the model carries, not how far the assumptions
could be wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sim.analysis.study import ArmData, Study
from sim.declare import PUBLIC_PAYERS, Array
from sim.language import Language, Text
from sim.measures import MEASURES
from sim.outcomes import NO_POLICY, OUTCOMES, SAME_MONEY, TIE, mean_of, share_that_loses
from sim.statistics import Interval, TooFewReplications, ratio_interval, t_interval

GAIN = "gain"
GAIN_PER_100 = "gain_per_100"
GAIN_LEFT = "share_of_gain_left"
LOSERS = "share_of_losers"
POOREST = "poorest_tercile_income"
LEAST_GAIN = 0.05
"""万元 a village and year: below this a gain in the policy years is too small to divide by (assumption)."""
LAST_YEARS = 3
"""Years at either end over which the share of the gain left is taken."""
ONE_REPLICATION = Text("one replication: no interval", "只有一次重复，无置信区间")
NO_GAIN = Text("no gain: the interval of the gain contains 0", "无增收：增收额的置信区间含0")
LOSS = Text(
    "no gain while the money flowed: a loss of {loss} 万元 a year, all villages",
    "资金投入期内无增收：全部村每年合计减收{loss}万元",
)
LITTLE_GAIN = Text("hardly any gain while a policy was active", "政策实施期内几乎没有增收")
NO_COST = Text("no public cost", "无财政投入")
NEVER_STOPPED = Text("the money never stopped", "资金投入一直未停止")
NEVER_ACTIVE = Text("no policy was active", "没有实施任何政策")
NO_DENOMINATOR = Text("the denominator cannot be told from 0", "分母与0无法区分")
NOTES = (ONE_REPLICATION, NO_GAIN, LOSS, LITTLE_GAIN, NO_COST, NEVER_STOPPED, NEVER_ACTIVE, NO_DENOMINATOR)
"""Why a number is missing. answer.csv has the English in every language of a run."""


def note_in(language: Language, note: str) -> str:
    """A note of answer.csv in the language asked for.

    >>> note_in("zh", "no public cost")
    '无财政投入'
    """
    for text in NOTES:
        pattern = re.escape(text.en).replace(r"\{loss\}", "(?P<loss>.+)")
        if found := re.fullmatch(pattern, note):
            return text.say(language, **found.groupdict())
    return note


@dataclass(frozen=True)
class Row:
    """One line of answer.csv. ``low`` and ``high`` bound the difference where there is one, else the mean."""

    arm: str
    against: str
    """What the arm is compared with; empty for the arm's own level."""
    outcome: str
    unit: str
    mean: float
    difference: float
    low: float
    high: float
    n: int
    share_worse: float
    """Share of replications in which the arm is worse than what it is compared with."""
    note: str = ""


def compare(study: Study) -> list[Row]:
    """All rows of the answer, arm by arm in the scenario's order."""
    return [row for arm in study.shown for row in _arm_rows(study, study.arms[arm])]


def _arm_rows(study: Study, arm: ArmData) -> Iterator[Row]:
    references = study.references(arm.arm)
    for name in _level_names(arm):
        values = _outcome(study, arm, name)
        yield _level(arm.arm, name, _unit(name), values)
        for reference in references:
            against = _outcome(study, study.arms[reference], name)
            yield _difference(arm.arm, reference, name, values, against)
    for payer in PUBLIC_PAYERS:
        yield _level(arm.arm, f"public_cost_{payer}", "万元", arm.public_cost[payer])
    for reference in references:
        yield _losers(study, arm, study.arms[reference])
        yield _gain(study, arm, study.arms[reference])
        if reference == NO_POLICY:
            yield _gain_per_100(study, arm, study.arms[reference])
        if reference in (NO_POLICY, arm.arm + SAME_MONEY):
            yield _gain_left(study, arm, study.arms[reference])


def _level_names(arm: ArmData) -> list[str]:
    names = ["earned_income", *arm.outcomes, POOREST]
    return [name for name in dict.fromkeys(names) if not name.startswith(LOSERS)]


def _unit(name: str) -> str:
    return OUTCOMES[name].unit if name in OUTCOMES else "1"


def _outcome(study: Study, arm: ArmData, name: str) -> Array:
    """One number a replication; what every answer shows is computed where the file does not list it."""
    if name in arm.outcomes:
        return arm.outcomes[name]
    if name == POOREST:
        return np.asarray(mean_of(arm.earned, arm.poorest)[:, study.window].mean(axis=1))
    return np.asarray(arm.earned[:, study.window].mean(axis=(1, 2)))


def gain(arm: ArmData, reference: ArmData, years: slice | list[int]) -> Array:
    """Paired gain in earned income, summed over villages, mean of the years: 万元 a year, (replications,)."""
    paired = settled(arm.earned[:, years] - reference.earned[:, years])
    return np.asarray(paired.sum(axis=2).mean(axis=1))


def settled(differences: Array) -> Array:
    """Differences with ties set to 0, so that rounding is never read as a gain or a loss."""
    return np.where(np.abs(differences) <= TIE, 0.0, differences)


def _level(arm: str, name: str, unit: str, values: Array) -> Row:
    interval, note = _interval(values)
    return Row(arm, "", name, unit, interval.mean, math.nan, interval.low, interval.high, interval.n, math.nan, note)


def _difference(arm: str, against: str, name: str, values: Array, other: Array) -> Row:
    differences = settled(values - other)
    interval, note = _interval(differences)
    downward = name in OUTCOMES and OUTCOMES[name].better == "less"
    worse = differences > 0.0 if downward else differences < 0.0
    return Row(
        arm,
        against,
        name,
        _unit(name),
        float(values.mean()),
        interval.mean,
        interval.low,
        interval.high,
        interval.n,
        float(worse.mean()),
        note,
    )


def _losers(study: Study, arm: ArmData, reference: ArmData) -> Row:
    paired = (arm.earned[:, study.window] - reference.earned[:, study.window]).mean(axis=1)
    level = _level(arm.arm, LOSERS, "share", share_that_loses(paired))
    return replace(level, against=reference.arm, low=max(level.low, 0.0), high=min(level.high, 1.0))


def _gain(study: Study, arm: ArmData, reference: ArmData) -> Row:
    gains = gain(arm, reference, study.window)
    interval, note = _interval(gains)
    return Row(
        arm.arm,
        reference.arm,
        GAIN,
        MEASURES[GAIN].unit,
        math.nan,
        interval.mean,
        interval.low,
        interval.high,
        interval.n,
        float((gains < 0.0).mean()),
        note,
    )


def _gain_per_100(study: Study, arm: ArmData, reference: ArmData) -> Row:
    gains = gain(arm, reference, study.window)
    cost = np.sum([arm.public_cost[payer] for payer in PUBLIC_PAYERS], axis=0)
    if not np.any(np.abs(cost) > TIE):
        return _dash(arm, reference, GAIN_PER_100, NO_COST.en)
    return _ratio(arm, reference, GAIN_PER_100, 100.0 * gains, cost, gains)


def _gain_left(study: Study, arm: ArmData, reference: ArmData) -> Row:
    active = [study.years.index(year) for year in study.active_years(arm.arm)][-LAST_YEARS:]
    last = list(range(len(study.years)))[-LAST_YEARS:]
    if not active:
        return _dash(arm, reference, GAIN_LEFT, NEVER_ACTIVE.en)
    if active[-1] >= last[0]:
        return _dash(arm, reference, GAIN_LEFT, NEVER_STOPPED.en)
    during = gain(arm, reference, active)
    if abs(during.mean()) < LEAST_GAIN * arm.earned.shape[2]:
        return _dash(arm, reference, GAIN_LEFT, LITTLE_GAIN.en)
    if (bounds := _interval(during)[0]).high < 0.0:
        return _dash(arm, reference, GAIN_LEFT, LOSS.say("en", loss=f"{-bounds.mean:.3g}"))
    return _ratio(arm, reference, GAIN_LEFT, gain(arm, reference, last), during, during)


def _ratio(arm: ArmData, reference: ArmData, name: str, above: Array, below: Array, gains: Array) -> Row:
    """A ratio of sums with its bootstrap interval; a dash where the gain behind it cannot be told from 0."""
    interval, note = _interval(gains)
    if note:
        return _dash(arm, reference, name, note)
    if interval.contains_zero:
        return _dash(arm, reference, name, NO_GAIN.en)
    try:
        ratio = ratio_interval(above, below)
    except ZeroDivisionError:
        return _dash(arm, reference, name, NO_DENOMINATOR.en)
    return Row(
        arm.arm,
        reference.arm,
        name,
        MEASURES[name].unit,
        ratio.mean,
        math.nan,
        ratio.low,
        ratio.high,
        ratio.n,
        math.nan,
        "",
    )


def _dash(arm: ArmData, reference: ArmData, name: str, note: str) -> Row:
    none = math.nan
    return Row(arm.arm, reference.arm, name, MEASURES[name].unit, none, none, none, none, len(arm.earned), none, note)


def _interval(values: Array) -> tuple[Interval, str]:
    """The interval, or the mean alone and the reason where there is one replication only."""
    try:
        return t_interval(values), ""
    except TooFewReplications:
        return Interval(float(np.mean(values)), math.nan, math.nan, len(values)), ONE_REPLICATION.en
