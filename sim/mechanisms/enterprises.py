"""Enterprises 企业

Being written.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "企业"
DRAWS: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameters:
    """None yet."""


@dataclass(frozen=True)
class Flows:
    """None yet."""


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Nothing yet."""
    return state, Flows()
