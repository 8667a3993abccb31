"""Grouping 片区划分: which villages form a council.

The labels come with the population (rule ``keep``). A label has no effect, no cost and no pool of its own: it says
who would sit together if a policy switched a council process on. What the councils need to know of their members,
the need weight of last year's income, is worked out here once a year:

    need_i = 1 / (1 + max(earned income of last year, 0) / 10 万元)

Assumption: need falls smoothly with earned income and reaches one half at 10 万元, the weak-village line 强基.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import RunArray, VillageArray, quantity
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "片区划分"
DRAWS: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameters:
    weak_line: RunArray = quantity(
        10,
        unit="万元",
        bounds=(0.1, 1000),
        prior=(5, 20),
        source="places:wenshang.structure.tiers; assumption",
        zh="强基村标准",
        meaning="earned income of a year at which the need weight is one half",
    )


@dataclass(frozen=True)
class Flows:
    """Labels move no money."""


def need(earned: VillageArray, weak_line: RunArray) -> VillageArray:
    """Need weight in (0, 1], falling with earned income (万元 a year), shape (runs, villages)."""
    return 1.0 / (1.0 + np.maximum(earned, 0.0) / weak_line)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Read the labels; set need at the start of a year."""
    if not quarter.opens_year:
        return state, Flows()
    return state.replace(need=need(state.earned_last_year, parameters.weak_line)), Flows()
