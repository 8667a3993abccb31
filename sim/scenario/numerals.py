"""What to write instead of a number that cannot be used: ``30%``, ``6万``, ``'6'``, yuan for 万元, percent for shares."""

from __future__ import annotations

import re

from sim.declare import Declaration
from sim.scenario.problems import number

WAN = 10_000
_WIDE = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("．"): ".", ord("％"): "%", ord("，"): ","}
_NUMBER = re.compile(r"([-+]?(?:[0-9]+(?:,[0-9]{3})*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*(.*)")


def instead(declaration: Declaration, value: object) -> str:
    """``; write 0.3`` for text that stands for a number, '' for other values."""
    if not isinstance(value, str):
        return ""
    plain = value.strip().translate(_WIDE)
    found = _NUMBER.fullmatch(plain)
    if not found:
        return ""
    amount, unit = float(found[1].replace(",", "")), found[2]
    if unit:
        return _without_unit(declaration, amount, unit)
    if plain != value.strip():
        return f"; write {plain} without full-width characters"
    return f"; write {number(amount)} without " + ("commas" if "," in plain else "quotes")


def _without_unit(declaration: Declaration, amount: float, unit: str) -> str:
    in_wan = declaration.unit.startswith("万")
    if unit == "%":
        is_share = declaration.unit.startswith("share") or (declaration.unit == "1" and not declaration.integer)
        return f"; write {_short(amount / 100)}" if is_share else ""
    if unit.startswith("万"):
        return f"; write {_short(amount if in_wan else amount * WAN)}"
    if unit == "元" and in_wan:
        return f"; write {_short(amount / WAN)}"
    return f"; write {number(amount)}" if unit == declaration.unit else ""


def other_unit(declaration: Declaration, value: float) -> str:
    """A guess at why a number is far out of bounds: yuan where 万元 are meant, percent where a share is."""
    low, high = declaration.bounds
    if declaration.unit.startswith("万元") and value >= 1000 and value > high and low <= value / WAN <= high:
        return f"; given in yuan? write {_short(value / WAN)}"
    is_share = declaration.unit.startswith(("share", "1")) and not declaration.integer and (high <= 1 or high == 10)
    if is_share and max(2, high) <= value <= 100 and low <= value / 100 <= high:
        return f"; percent? write {_short(value / 100)}"
    return ""


def _short(value: float) -> str:
    """Without the last digits of a division: 0.07 and not 0.07000000000000001."""
    return number(float(f"{value:.12g}"))
