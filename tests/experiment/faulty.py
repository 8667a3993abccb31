"""A mechanism that fails on demand: for tests of what a sweep does about it.

``fault`` says how: 0 not at all, 1 raises, 2 loops for ever, 3 ends the process, 4 makes trust NaN. It strikes from the
first policy year on, in the runs whose own draw of that quarter is below ``share``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.declare import Array, quantity
from sim.state import Quarter, State

ZH = "故障"
DRAWS = ("strike",)
RAISES, LOOPS, EXITS, NOT_FINITE = 1, 2, 3, 4


@dataclass(frozen=True)
class Parameters:
    """How it fails, and in which share of the replications."""

    fault: Array = quantity(
        0,
        unit="1",
        bounds=(0, 4),
        prior=(0, 4),
        source="assumption",
        zh="故障类型",
        meaning="which fault",
        integer=True,
    )
    share: Array = quantity(
        1.0,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="故障比例",
        meaning="replications struck",
    )
    with_pool_only: Array = quantity(
        0,
        unit="1",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="仅有资金池时",
        meaning="1: only runs with a vehicle",
        integer=True,
    )


@dataclass(frozen=True)
class Flows:
    """No money moves."""


def step(state: State, parameters: Parameters, draws: Any, quarter: Quarter) -> tuple[State, Flows]:
    """Strike where it is due."""
    runs = np.arange(state.runs)
    struck = draws.uniform("strike")[:, 0] < np.broadcast_to(parameters.share, (state.runs, 1))[:, 0]
    struck &= quarter.index == 14
    pool = (state.councils.of(state.vehicle) > 0).any(axis=1)
    struck &= pool | (np.broadcast_to(parameters.with_pool_only, (state.runs, 1))[:, 0] == 0)
    fault = np.where(struck, np.broadcast_to(parameters.fault, (state.runs, 1))[:, 0], 0)
    if (fault == RAISES).any():
        raise RuntimeError("this run was made to fail")
    while (fault == LOOPS).any():
        pass
    if (fault == EXITS).any():
        os._exit(7)
    broken = runs[fault == NOT_FINITE]
    if len(broken):
        trust = np.array(state.trust)
        trust[broken] = np.nan
        state = state.replace(trust=trust)
    return state, Flows()
