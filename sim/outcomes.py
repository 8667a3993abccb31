"""What is measured 结果指标: declared outcomes, each a pure function of what the villages table holds.

Every outcome has a value of each year (``yearly``) and one number a run (``over_window``): the mean of the
yearly values over the window, that is the years after the policy years, or the last three policy years where
there are no such years. Two differ: public cost is summed over the whole run, and who loses is decided on the
window's mean income, so that a village with one bad year is not called a loser.

Means are per village of the start of the run, merged ones included (their income moves to the village they
joined), so that arms stay paired; Gini and Theil are over the villages that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sim.declare import Array
from sim.records import Records

NO_POLICY = "no_policy"
SAME_MONEY = "@same_money"
SAME_MANAGEMENT = "@same_management"
"""Companions of an arm X are named X@same_money and X@same_management."""
TIE = 1e-9
"""Paired differences of incomes (万元 a year) up to this size are ties: neither a gain nor a loss."""
THRESHOLDS = (5, 10, 50, 100)
"""万元 a year."""
TIERS = ("weak", "middle", "strong")
TIERS_ZH = {"weak": "强基", "middle": "创优", "strong": "示范"}
TIER_BOUNDS = (10.0, 50.0)
"""万元 of earned income a year: below the first, up to and with the second, above it. Source: assumption."""
TERCILES = ("poorest", "middle", "richest")
"""Thirds of the villages by earned income in the last year of the burn-in."""
TERCILES_ZH = {"poorest": "最弱", "middle": "中间", "richest": "最强"}
WINDOW_WITHOUT_AFTER = 3
"""Years of the window where a run stops with its policies: the last policy years."""

Mask = npt.NDArray[np.bool_]
FromYears = Callable[[Array, slice, int], Array]
"""(values of the years (runs, years), years of the window, position of the first policy year) -> (runs,)."""


@dataclass(frozen=True)
class Observed:
    """What outcomes are computed from: one arm, its runs in the first axis.

    Incomes are (runs, years, villages) in 万元 a year. ``no_policy`` and ``same_money`` hold the earned
    income of those arms in the same replications, or None where that arm was not simulated.
    """

    villages: Mapping[str, Array]
    exists: Mask
    terciles: npt.NDArray[np.int8]
    """(runs, villages): see :func:`terciles`, by earned income in the last year of the burn-in."""
    first_policy_year: int
    """Position of the first policy year among the years."""
    public_cost: Array
    """(runs, years), 万元 of the year, all public payers, net of repayments."""
    no_policy: Array | None = None
    same_money: Array | None = None

    @property
    def poorest(self) -> Mask:
        """(runs, villages): the poorest third."""
        return np.asarray(self.terciles == 0)


@dataclass(frozen=True)
class Outcome:
    """One declared outcome; ``better`` says which direction a reader would call an improvement."""

    name: str
    zh: str
    unit: str
    meaning: str
    better: Literal["more", "less"]
    yearly: Callable[[Observed], Array]
    """Value of each year, (runs, years)."""
    over_window: Callable[[Observed, slice], Array]
    """One number a run, (runs,); the slice picks the years of the window."""
    from_years: FromYears | None = None
    """The same number from the values of the years; None where they do not tell it: who loses is decided on mean incomes."""


def observe(arms: Mapping[str, Records], arm: str, burn_in_years: int) -> Observed:
    """What is measured of one arm; ``arms`` holds all arms simulated, the same runs in the same order."""
    records = arms[arm]
    earned = records.villages["earned_income"]
    last_burn_in = max(burn_in_years - 1, 0)
    no_policy, same_money = arms.get(NO_POLICY), arms.get(arm + SAME_MONEY)
    return Observed(
        villages=records.villages,
        exists=records.exists,
        terciles=terciles(earned[:, last_burn_in], records.exists[:, last_burn_in]),
        first_policy_year=burn_in_years,
        public_cost=sum(records.public_cost.values(), start=np.zeros(earned.shape[:2])),
        no_policy=None if no_policy is None else no_policy.villages["earned_income"],
        same_money=None if same_money is None else same_money.villages["earned_income"],
    )


def window(burn_in_years: int, policy_years: int, after_years: int) -> slice:
    """Positions of the years over which gains and all one-number outcomes are taken.

    >>> window(5, 10, 10), window(5, 10, 0)
    (slice(15, 25, None), slice(12, 15, None))
    """
    years = burn_in_years + policy_years + after_years
    last = after_years if after_years > 0 else min(WINDOW_WITHOUT_AFTER, policy_years or years)
    return slice(years - last, years)


def terciles(income: Array, exists: Mask) -> npt.NDArray[np.int8]:
    """Index into :data:`TERCILES` of each village by its income, (runs, villages); -1 where it does not exist.

    The poorest and the richest third of n villages have n / 3 rounded, and at least one (a single village is the
    poorest third); the middle has the rest. Ties: the lower index is the poorer.
    """
    order = np.argsort(np.where(exists, income, np.inf), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(order.shape[1]), order.shape), axis=1)
    count = exists.sum(axis=1)[:, None]
    third = np.maximum(1, np.rint(count / 3.0))
    of_rank = np.where(rank < third, 0, np.where(rank < count - third, 1, 2))
    return np.where(exists, of_rank, -1).astype(np.int8)


def poorest_third(income: Array, exists: Mask) -> Mask:
    """The poorest of the :func:`terciles`, (runs, villages)."""
    return np.asarray(terciles(income, exists) == 0)


def gini(income: Array, exists: Mask) -> Array:
    """Gini coefficient over the last axis, existing villages; negative incomes count as 0, all 0 gives 0."""
    held = np.where(exists, np.maximum(income, 0.0), np.inf)
    ranked = np.sort(held, axis=-1)
    ranked = np.where(np.isinf(ranked), 0.0, ranked)
    count = np.maximum(exists.sum(axis=-1), 1)
    total = ranked.sum(axis=-1)
    place = np.arange(1, income.shape[-1] + 1, dtype=float)
    weighted = (ranked * place).sum(axis=-1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, (2.0 * weighted - count - 1.0) / count, 0.0)


def theil(income: Array, exists: Mask) -> Array:
    """Theil index T over the last axis, existing villages; negative incomes count as 0, all 0 gives 0."""
    held = np.where(exists, np.maximum(income, 0.0), 0.0)
    count = np.maximum(exists.sum(axis=-1), 1)
    mean = held.sum(axis=-1) / count
    ratio = held / np.where(mean > 0, mean, 1.0)[..., None]
    entropy = ratio * np.log(np.where(ratio > 0, ratio, 1.0))
    return np.asarray(entropy.sum(axis=-1) / count)


def share_that_loses(gain: Array, members: Mask | None = None) -> Array:
    """Share of villages (last axis), of all or of those marked, whose paired gain is negative.

    Ties within 1e-9 do not lose. NaN where nobody is marked.
    """
    loses = gain < -TIE
    if members is None:
        return np.asarray(loses.mean(axis=-1))
    count = members.sum(axis=-1).astype(float)
    return np.asarray((loses & members).sum(axis=-1) / np.where(count > 0.0, count, np.nan))


DISCOUNT_RATE = 0.03
"""A year, real (assumption)."""


def discounted(income: Array) -> Array:
    """The level income of the same present value: weighted mean over the years, (runs, years) -> (runs,).

    >>> float(discounted(np.array([[5.0, 5.0]]))[0])
    5.0
    """
    weights = (1.0 + DISCOUNT_RATE) ** -np.arange(income.shape[1])
    return np.asarray((income * weights).sum(axis=1) / weights.sum())


def mean_of(income: Array, members: Mask) -> Array:
    """Mean over the villages marked, (runs, years); ``members`` is (runs, villages)."""
    marked = np.where(members[:, None, :], income, 0.0).sum(axis=-1)
    return np.asarray(marked / np.maximum(members.sum(axis=-1), 1)[:, None])


def tier(earned_income: Array) -> npt.NDArray[np.int8]:
    """Index into :data:`TIERS` of each village by its earned income of the year."""
    low, high = TIER_BOUNDS
    return (earned_income >= low).astype(np.int8) + (earned_income > high).astype(np.int8)


def _by_year(
    name: str,
    zh: str,
    unit: str,
    meaning: str,
    yearly: Callable[[Observed], Array],
    better: Literal["more", "less"] = "more",
) -> Outcome:
    """An outcome whose number of the run is the mean of its yearly values over the window."""
    return _derived(name, zh, unit, meaning, yearly, lambda values, years, first: values[:, years].mean(axis=1), better)


def _derived(
    name: str,
    zh: str,
    unit: str,
    meaning: str,
    yearly: Callable[[Observed], Array],
    from_years: FromYears,
    better: Literal["more", "less"] = "more",
) -> Outcome:
    """An outcome whose number of the run follows from its yearly values."""

    def over_window(seen: Observed, years: slice) -> Array:
        return np.asarray(from_years(yearly(seen), years, seen.first_policy_year))

    return Outcome(name, zh, unit, meaning, better, yearly, over_window, from_years)


def _income(name: str, zh: str, meaning: str) -> Outcome:
    def yearly(seen: Observed) -> Array:
        return np.asarray(seen.villages[name].mean(axis=-1))

    return _by_year(name, zh, "万元/village/year", f"{meaning}, mean over villages", yearly)


def _threshold(level: int, suffix: str, column: str, zh: str) -> Outcome:
    def yearly(seen: Observed) -> Array:
        return np.asarray(((seen.villages[column] >= level) & seen.exists).sum(axis=-1).astype(float))

    return _by_year(
        f"villages_at_or_above_{level}{suffix}",
        f"{zh}{level}万元及以上村数",
        "villages",
        f"villages with a {column.replace('_', ' ')} of {level} 万元 a year or more, mean over years",
        yearly,
    )


LOSERS, LOSERS_SAME_MONEY = "share_of_losers", "share_of_losers_same_money"
_MEASURED_AGAINST: dict[str, Literal["no_policy", "same_money"]] = {
    LOSERS: "no_policy",
    LOSERS_SAME_MONEY: "same_money",
}
_THAN = {
    "no_policy": "in the same replication without policy",
    "same_money": "with the same public money spent village by village",
}


def losers_by_tercile(losers: str) -> tuple[str, ...]:
    """Names of an outcome that counts losers, for each tercile: ``share_of_losers_poorest`` and its like."""
    return tuple(f"{losers}_{tercile}" for tercile in TERCILES)


def compared_arm(outcome: str, arm: str) -> str:
    """The arm that an outcome of an arm is measured against; empty where the outcome needs the arm alone.

    >>> compared_arm("share_of_losers_same_money_poorest", "pool"), compared_arm("gini", "pool")
    ('pool@same_money', '')
    """
    for losers, reference in _MEASURED_AGAINST.items():
        if outcome in (losers, *losers_by_tercile(losers)):
            return NO_POLICY if reference == "no_policy" else arm + SAME_MONEY
    return ""


def _losers(losers: str, tercile: int | None = None) -> Outcome:
    """Who loses against what ``losers`` is measured against: of all villages, or of one tercile."""
    reference = _MEASURED_AGAINST[losers]

    def gain(seen: Observed) -> Array | None:
        other = getattr(seen, reference)
        return None if other is None else np.asarray(seen.villages["earned_income"] - other)

    def members(seen: Observed) -> Mask | None:
        return None if tercile is None else seen.terciles == tercile

    def yearly(seen: Observed) -> Array:
        paired, counted = gain(seen), members(seen)
        if paired is None:
            return np.full(seen.public_cost.shape, np.nan)
        return share_that_loses(paired, None if counted is None else counted[:, None, :])

    def over_window(seen: Observed, years: slice) -> Array:
        paired = gain(seen)
        if paired is None:
            return np.full(seen.public_cost.shape[0], np.nan)
        return share_that_loses(paired[:, years].mean(axis=1), members(seen))

    than, zh = _THAN[reference], "" if reference == "no_policy" else "同等资金"
    if tercile is None:
        meaning = f"share of villages that earn less than {than}"
        return Outcome(losers, f"{zh}受损村比例", "share", meaning, "less", yearly, over_window)
    name = TERCILES[tercile]
    return Outcome(
        losers_by_tercile(losers)[tercile],
        f"{TERCILES_ZH[name]}三分之一村{zh}受损比例",
        "share",
        f"share of the {name} third of villages, by earned income in the last burn-in year, that earn less than {than}",
        "less",
        yearly,
        over_window,
    )


_DECLARED = (
    _income("earned_income", "经营与投资收入", "operating plus investment income of the collective"),
    _derived(
        "earned_income_discounted",
        "贴现经营与投资收入",
        "万元/village/year",
        "earned income from the first policy year on, mean over villages, discounted at 3% a year: what helping, courting "
        "or building costs in the policy years counts too",
        lambda seen: np.asarray(seen.villages["earned_income"].mean(axis=-1)),
        lambda values, years, first: discounted(values[:, first:]),
    ),
    _income("operating_income", "经营性收入", "rents, project returns net of running cost, surpluses, fees"),
    _income("investment_income", "投资收益", "dividends of joint vehicles"),
    _income("total_income", "集体总收入", "operating, investment, tax share and subsidies"),
    _income("tax_share", "税收分成", "share of local tax handed down by the town"),
    _income("subsidies", "补助收入", "transfers and grants received"),
    _income("local_tax", "地方留成税收", "local retained part of the tax of firms hosted, before any is shared"),
    _by_year(
        "town_and_village_income",
        "镇村合计收入",
        "万元/village/year",
        "earned income plus local tax, mean over villages; what the town hands down to villages cancels",
        lambda seen: np.asarray((seen.villages["earned_income"] + seen.villages["local_tax"]).mean(axis=-1)),
    ),
    _by_year(
        "jobs",
        "本地就业",
        "person/village",
        "jobs of residents at home, in projects and in firms, at year end, mean over villages",
        lambda seen: np.asarray(seen.villages["jobs"].mean(axis=-1)),
    ),
    _income("household_wages", "农户工资收入", "wages of jobs at home, all households of the village"),
    *(_threshold(level, "", "earned_income", "经营与投资收入") for level in THRESHOLDS),
    *(_threshold(level, "_total", "total_income", "总收入") for level in THRESHOLDS),
    *(_threshold(level, "_reported", "reported_income", "上报收入") for level in THRESHOLDS),
    _by_year(
        "gini",
        "基尼系数",
        "1",
        "Gini coefficient of earned income over the villages that exist; negative incomes count as 0",
        lambda seen: gini(seen.villages["earned_income"], seen.exists),
        "less",
    ),
    _by_year(
        "theil",
        "泰尔指数",
        "1",
        "Theil index T of earned income over the villages that exist; negative incomes count as 0",
        lambda seen: theil(seen.villages["earned_income"], seen.exists),
        "less",
    ),
    _by_year(
        "poorest_tercile_income",
        "最弱三分之一村收入",
        "万元/village/year",
        "mean earned income of the third of villages with the lowest earned income in the last burn-in year",
        lambda seen: mean_of(seen.villages["earned_income"], seen.poorest),
    ),
    *(_losers(losers) for losers in _MEASURED_AGAINST),
    *(_losers(losers, tercile) for losers in _MEASURED_AGAINST for tercile in range(len(TERCILES))),
    _derived(
        "public_cost",
        "财政投入",
        "万元",
        "public money spent on policies with priced staff time, less repayments; of the year or of the run",
        lambda seen: seen.public_cost,
        lambda values, years, first: values.sum(axis=1),
        "less",
    ),
)

OUTCOMES: dict[str, Outcome] = {outcome.name: outcome for outcome in _DECLARED}
"""Every outcome by name: the names a scenario may list under ``outcomes:``."""
