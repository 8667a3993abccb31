"""Numbers and sentences 文字: how an estimate is written, and what a comparison says in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sim.analysis.comparison import GAIN_LEFT, GAIN_PER_100, LOSERS, Row
from sim.outcomes import NO_POLICY, SAME_MANAGEMENT, SAME_MONEY

DASH = "–"
MINUS = "−"
EARNED = "earned_income"
NOT_A_FORECAST = (
    "This compares arms under the assumptions of the scenario; it is not a forecast. The intervals show "
    "chance within the model, not how far the assumptions could be wrong: for that, vary the parameters."
)
Manifest = Mapping[str, Any]
Rows = Mapping[tuple[str, str, str], Row]


def by_key(rows: Sequence[Row]) -> Rows:
    """Rows by (arm, against, outcome)."""
    return {(row.arm, row.against, row.outcome): row for row in rows}


def number(value: float, unit: str = "", *, sign: bool = False) -> str:
    """A number as readers see it: shares in percent, otherwise about three significant digits.

    >>> number(-0.456, "share"), number(12.345, "万元", sign=True), number(float("nan"))
    ('−46%', '+12.3', '–')
    """
    if math.isnan(value):
        return DASH
    if unit == "share":
        text = f"{100 * value:+.0f}%"
    else:
        size = abs(value)
        places = 3 if unit == "1" else 0 if size >= 1000 else 1 if size >= 10 else 2
        text = f"{value:+,.{places}f}"
    if not any(digit in text for digit in "123456789"):
        text = text[1:]  # no sign before a zero
    elif not sign:
        text = text.removeprefix("+")
    return text.replace("-", MINUS)


def estimate(row: Row | None) -> str:
    """Difference (or mean) with its interval; a dash where there is none."""
    if row is None:
        return DASH
    differs = not math.isnan(row.difference)
    value = row.difference if differs else row.mean
    if math.isnan(row.low):
        return number(value, row.unit, sign=differs)
    bounds = f"[{number(row.low, row.unit, sign=differs)}, {number(row.high, row.unit, sign=differs)}]"
    return f"{number(value, row.unit, sign=differs)} {bounds}"


def verdict(row: Row) -> str:
    """What a difference in income says in plain words."""
    if math.isnan(row.low):
        return "one replication tells nothing about chance"
    if row.low == row.high == 0.0:
        return "the same in every replication"
    if row.low > 0.0:
        return f"{row.arm} earns more"
    return f"{row.arm} earns less" if row.high < 0.0 else "which earns more is undecided (the interval contains 0)"


IDENTICAL = "identical in every replication and outcome, by construction or by chance"


def identical(rows: Rows, arm: str, reference: str) -> bool:
    """Whether an arm and what it is compared with gave the same numbers throughout, losers included."""
    pairs = [row for (of, against, _), row in rows.items() if (of, against) == (arm, reference)]
    losers = [row.mean for row in pairs if row.outcome == LOSERS]
    differences = [row for row in pairs if not math.isnan(row.difference)]
    same = all(row.difference == row.low == row.high == 0.0 for row in differences)
    return bool(differences) and same and not any(losers)


def judged_arms(manifest: Manifest) -> list[str]:
    """Arms with a policy of their own: neither no_policy nor companions."""
    return [arm for arm in manifest["arms"] if arm != NO_POLICY and "@" not in arm]


def reading(manifest: Manifest, rows: Sequence[Row]) -> list[str]:
    """One paragraph an arm: same money first, then no policy, who loses, what is left; never only a mean."""
    found = by_key(rows)
    return [" ".join(_about(manifest, found, arm)) for arm in judged_arms(manifest)]


def _about(manifest: Manifest, rows: Rows, arm: str) -> list[str]:
    first, last = manifest["window"]
    said = [f"**{arm}** (earned income, 万元 a village and year, {first}{DASH}{last})."]
    said += _same_money(rows, arm)
    said += _no_policy(rows, arm)
    said += _manager(rows, arm)
    said += _left(rows, arm)
    return said


def _same_money(rows: Rows, arm: str) -> list[str]:
    row = rows.get((arm, arm + SAME_MONEY, EARNED))
    if row is None:
        return [
            "There is no same-money companion here (no public payer, or companions are off), so nothing below "
            "tells the way the money is spent from the money itself."
        ]
    if identical(rows, arm, arm + SAME_MONEY):
        return [f"Against the same public money spent village by village: {IDENTICAL}."]
    return [
        f"Against the same public money spent village by village: {estimate(row)}, {verdict(row)};",
        _who_loses(row, rows[arm, arm + SAME_MONEY, LOSERS]),
    ]


def _no_policy(rows: Rows, arm: str) -> list[str]:
    row = rows.get((arm, NO_POLICY, EARNED))
    if row is None:
        return []
    said = [f"Against no policy: {estimate(row)}, {verdict(row)};", _who_loses(row, rows[arm, NO_POLICY, LOSERS])]
    ratio = rows[arm, NO_POLICY, GAIN_PER_100]
    if ratio.note:
        return [*said, f"Gain per 100 万元 of public money: {DASH} ({ratio.note})."]
    return [*said, f"Per 100 万元 of public money all villages together gain {estimate(ratio)} 万元 a year."]


def _who_loses(row: Row, losers: Row) -> str:
    share = number(row.share_worse, "share")
    often = f"it is worse in {share} of {row.n} replications"
    often = f"{often}, and " if row.n > 1 else ""
    return f"{often}{number(losers.mean, 'share')} of the villages earn less than they would there."


def _manager(rows: Rows, arm: str) -> list[str]:
    row = rows.get((arm + SAME_MANAGEMENT, arm + SAME_MONEY, EARNED))
    own = rows.get((arm, arm + SAME_MANAGEMENT, EARNED))
    if row is None or own is None:
        return []
    return [
        f"The difference to the same money has two parts: who manages, {estimate(row)} (the joint manager, "
        f"its coordination and staff, without pooling), and pooling itself, {estimate(own)} (scale and incentive)."
    ]


def _left(rows: Rows, arm: str) -> list[str]:
    row = rows.get((arm, NO_POLICY, GAIN_LEFT))
    if row is None:
        return []
    if row.note:
        return [f"Share of the gain left at the end: {DASH} ({row.note})."]
    return [
        f"In the last three years of the run the gain is {estimate(row)} of that in the last three years with money, "
        "when projects may still have been under construction."
    ]
