"""When and where a block acts: quarters (``2016``, ``2016Q3``) and scopes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.outcomes import TERCILES, TIERS
from sim.scenario import checks
from sim.scenario.problems import listed, shown, suggestion
from sim.scenario.scenario import Calendar, Scope
from sim.scenario.structure import BELOW, SCOPES

_MOMENT = re.compile(r"([0-9]{4})(?:[Qq]([1-4]))?")


@dataclass(frozen=True)
class Moment:
    """A year, or one quarter (1 to 4) of it."""

    year: int
    quarter: int | None = None

    def __str__(self) -> str:
        return f"{self.year}Q{self.quarter}" if self.quarter else str(self.year)

    def index(self, calendar: Calendar, *, last: bool) -> int:
        """Quarter of the run, counted from 0; of a whole year the first quarter, or the last one."""
        quarter = self.quarter or (4 if last else 1)
        return 4 * (self.year - calendar.start) + quarter - 1


def moment(value: Any) -> Moment:
    """``2016`` or ``2016Q3``."""
    found = _MOMENT.fullmatch(str(value)) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    if not found:
        checks.refuse(((), f"{shown(value)} is neither a year (2016) nor a quarter (2016Q3)"))
    return Moment(int(found[1]), int(found[2]) if found[2] else None)


def scope(value: Any) -> Scope:
    """``all``, ``none`` or a mapping of one rule, see :data:`sim.scenario.structure.SCOPES`."""
    if isinstance(value, str) and value in ("all", "none"):
        return Scope(value)
    if not isinstance(value, Mapping):
        refused = f"{shown(value)} is not a scope; write all, none or one of {listed(_examples())}"
        checks.refuse(((), refused + (suggestion(value, SCOPES) if isinstance(value, str) else "")))
    unknown: checks.Faults = [
        ((rule,), f"unknown rule; there are {listed(_RULES)}{suggestion(rule, _RULES)}")
        for rule in value
        if rule not in _RULES
    ]
    if unknown:
        checks.refuse(*unknown)
    if len(value) != 1:
        checks.refuse(((), f"a scope has one rule, not {len(value)}"))
    rule, argument = next(iter(value.items()))
    return Scope(rule, _RULES[rule](rule, argument))


def _examples() -> list[str]:
    return [
        "{villages: [0, 1]}",
        "{councils: [0]}",
        "{tier: weak}",
        "{tercile: poorest}",
        "{below: {earned_income: 10}}",
    ]


def _indices(rule: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        checks.refuse(((rule,), f"{shown(value)} is not a list of {rule}, counted from 0"))
    faults: checks.Faults = []
    for place, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, int) or item < 0:
            faults.append(((rule, place), f"{shown(item)} is not one of the {rule}, which are counted from 0"))
        elif item in value[:place]:
            faults.append(((rule, place), f"{item} is listed twice"))
    if faults:
        checks.refuse(*faults)
    return tuple(value)


def _level(options: tuple[str, ...], rule: str, value: Any) -> str:
    if not isinstance(value, str) or value not in options:
        hint = suggestion(value, options) if isinstance(value, str) else ""
        checks.refuse(((rule,), f"{shown(value)} is not one of {listed(options)}{hint}"))
    return value


def _below(rule: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not value:
        checks.refuse(((rule,), f"{shown(value)} is not a mapping such as {{earned_income: 10}}"))
    faults: checks.Faults = []
    for column, number in value.items():
        if column not in BELOW:
            faults.append(((rule, column), f"unknown column ({listed(BELOW)}){suggestion(column, BELOW)}"))
        elif isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) < float("inf"):
            faults.append(((rule, column), f"{shown(number)} is not a number (万元)"))
    if faults:
        checks.refuse(*faults)
    return {column: float(number) for column, number in value.items()}


def _tier(rule: str, value: Any) -> str:
    return _level(TIERS, rule, value)


def _tercile(rule: str, value: Any) -> str:
    return _level(TERCILES, rule, value)


_RULES: Mapping[str, Callable[[str, Any], Any]] = {
    "villages": _indices,
    "councils": _indices,
    "tier": _tier,
    "tercile": _tercile,
    "below": _below,
}


def could_overlap(first: Scope, second: Scope, *, same_start: bool, councils_fixed: bool = True) -> bool:
    """Whether two scopes may have a village in common, as far as a file can tell.

    Tiers and terciles are read when a block starts, so that two of them are surely apart only if their blocks
    start together; so are councils where a policy of the arm draws them anew.
    """
    if "none" in (first.rule, second.rule):
        return False
    if first.rule == second.rule == "councils" and not (same_start or councils_fixed):
        return True
    if first.rule == second.rule and first.rule in ("villages", "councils"):
        return bool(set(first.value or ()) & set(second.value or ()))
    if first.rule == second.rule and first.rule in ("tier", "tercile"):
        return first.value == second.value or not same_start
    return True
