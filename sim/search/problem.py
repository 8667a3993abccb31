"""A checked search 政策搜索: what may be decided, what is wanted, under which budget; plain data, all filled in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sim.outcomes import OUTCOMES

if TYPE_CHECKING:
    from sim.experiment.experiment import Factor
    from sim.scenario.scenario import Scenario

PUBLIC_COST = "public_cost"
WORST_TENTH = 0.1
"""Share of the worlds whose mean is ``worst_decile``."""
STATISTICS: Mapping[str, str] = {
    "mean": "mean over the worlds",
    "worst_decile": "mean over the worst tenth of the worlds, at least one",
    "worst": "the worst world",
}


@dataclass(frozen=True)
class Goal:
    """One thing that is wanted."""

    outcome: str
    better: Literal["more", "less"]
    difference: bool
    """Whether it is the paired difference from no_policy; else the level."""

    @property
    def sign(self) -> float:
        """What turns its values into values of which less is better."""
        return -1.0 if self.better == "more" else 1.0

    @property
    def unit(self) -> str:
        return OUTCOMES[self.outcome].unit


@dataclass(frozen=True)
class Robust:
    """Every candidate is evaluated at the same worlds, drawn from the ranges of what nobody knows."""

    factors: tuple[Factor, ...]
    points: int
    statistic: str
    """One of :data:`STATISTICS`."""
    seed: int
    """Of the worlds of the search; those of the fresh evaluation have the next one."""

    @property
    def worst(self) -> int:
        """Worlds that the statistic is the mean of."""
        if self.statistic == "mean":
            return self.points
        return 1 if self.statistic == "worst" else math.ceil(WORST_TENTH * self.points - 1e-9)


@dataclass(frozen=True)
class Draws:
    """Replications of the model: how many, and of which root."""

    replications: int
    seed: int


@dataclass(frozen=True)
class Search:
    """All that a search needs to know."""

    name: str
    title: Mapping[str, str]
    question: str
    scenario: Scenario
    """With what ``set`` changes, without companions: nothing here is compared with them."""
    arm: str
    """The arm whose blocks are decided upon."""
    members: tuple[str, ...]
    """Arms that it joins and that may be left out."""
    fixed: tuple[str, ...]
    """Arms that it joins and that stay."""
    decisions: tuple[Factor, ...]
    """Levers and budgets with their levels or ranges."""
    goals: tuple[Goal, ...]
    budget: float | None
    """Most 万元 of mean public cost over the run; None where it is not limited."""
    compare: tuple[str, ...]
    """Arms of the scenario as written that the front is compared with."""
    population: int
    generations: int
    algorithm: str
    """nsga2 or nsga3."""
    shown: int
    """Points of the front that are evaluated afresh and shown, at most."""
    draws: Draws
    """Of the search, the same for all candidates."""
    fresh: Draws
    """Of the evaluation of the front: never seen by the search."""
    seed: int
    """Root of the choices of the search itself."""
    robust: Robust | None
    time_limit_s: float
    document: Mapping[str, Any] = field(default_factory=dict)
    """The file as plain data, for the record."""

    @property
    def is_joined(self) -> bool:
        """Whether which members the arm joins is decided upon."""
        return bool(self.members)
