"""Payments that a researcher's rule makes: checked, and put into the form that the ledger posts."""

from __future__ import annotations

import dataclasses
import math
import re
from functools import cache
from numbers import Real
from typing import Any

import numpy as np

from sim.accounts import BOUNDARY, INCOME, Transfer, flow
from sim.state import State

KIND = re.compile(r"[a-z][a-z0-9_]*")


def payment(state: State, village: int, to: Any, amount: float, *, kind: str, income: str) -> Any:
    """Flows of one payment out of a village's own cash. Raises ValueError or TypeError with what is wrong."""
    target = to if isinstance(to, str) else getattr(to, "index", None)
    if isinstance(target, str) and target not in BOUNDARY:
        raise ValueError(f"there is no account {target!r} to pay to; there are {', '.join(BOUNDARY)}, or a village")
    if not isinstance(target, str) and (isinstance(to, type) or not isinstance(target, int) or not hasattr(to, "pay")):
        raise TypeError(f"pay to a village or to a named account ({', '.join(BOUNDARY)}), not to {to!r}")
    if target == village:
        raise ValueError("a village cannot pay itself")
    if not (isinstance(kind, str) and KIND.fullmatch(kind)):
        raise ValueError(f"kind {kind!r} must be lower-case letters, digits and _: it is a name in the accounts table")
    if income not in INCOME:
        raise ValueError(f"income {income!r} is not one of {', '.join(INCOME)}")
    own = float(state.own_cash[0, village])
    if isinstance(amount, bool) or not isinstance(amount, Real):
        raise TypeError(f"{amount!r} 万元 cannot be paid: an amount is a number of 0 or more")
    if not (math.isfinite(amount) and amount >= 0):
        raise ValueError(f"{amount!r} 万元 cannot be paid: an amount is a number of 0 or more")
    if amount > max(own, 0.0):
        raise ValueError(f"village {village} has {own:.4g} 万元 of own cash and cannot pay {amount:.4g}")
    paid = _at(state, village, amount)
    if isinstance(target, str):
        return _flows(target, kind, income)(paid)
    return _flows("village.own_cash", kind, income)(Transfer(paid, _at(state, int(target), amount)))


def _at(state: State, village: int, amount: float) -> Any:
    amounts = np.zeros((1, state.villages))
    amounts[0, village] = amount
    return amounts


@cache
def _flows(target: str, kind: str, income: str) -> type:
    """A ``Flows`` class of one flow, as mechanisms declare theirs."""
    declared = flow(
        "village.own_cash", target, kind=kind, zh="自定义支付", meaning="paid by a researcher's rule", income=income
    )
    return dataclasses.make_dataclass("Flows", [("amount", Any, declared)], frozen=True)
