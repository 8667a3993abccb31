"""A checked experiment 实验: which scenarios, arms, design points and replications a sweep simulates.

Plain data with everything filled in; sim.experiment.reading makes it of a file, sim.experiment.sweep runs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.declare import Declaration
    from sim.scenario.scenario import Scenario

LEAST_REPLICATIONS = 20
"""Replications before a stopping rule may look: with fewer a variance is too uncertain to plan by."""


@dataclass(frozen=True)
class Factor:
    """One thing that a sweep varies: its name in tables, where its value goes, and from what it is taken."""

    name: str
    paths: tuple[str, ...]
    """Paths as ``--set`` takes them; one value goes to all of them."""
    declaration: Declaration
    levels: tuple[Any, ...] | None
    """The values to take, in order; None where the factor is drawn from ``range``."""
    range: tuple[float, float] | None = None
    """Lowest and highest value of a quantity that is drawn."""


@dataclass(frozen=True)
class DesignPoint:
    """One setting of all factors. Numbers count from 0 in the order of the design."""

    number: int
    scenario: str
    """Name of the scenario that is varied: a key of ``Experiment.scenarios``."""
    values: Mapping[str, Any]
    """Path -> value, as ``sim.scenario.vary`` takes them."""
    coordinates: Mapping[str, Any]
    """Column of the table of design points -> value: one a factor, one a part of shares."""
    place: Mapping[str, Any] = field(default_factory=dict)
    """Column -> where the point stands in a design that has parts: trajectory, step and moved of Morris' design; block,
    moved and row of Saltelli's. The same columns at all points of an experiment; further columns of the table."""


@dataclass(frozen=True)
class Until:
    """Go on until the interval of a contrast is narrow: ``arm`` less ``against`` in ``outcome``."""

    arm: str
    against: str
    outcome: str
    half_width: float
    """In the unit of the outcome."""
    confidence: float = 0.95


@dataclass(frozen=True)
class Replications:
    """How many replications of each design point: a fixed number, or between two until a contrast is known."""

    at_least: int
    at_most: int
    until: Until | None = None


@dataclass(frozen=True)
class Record:
    """Tables that are kept besides runs and yearly, and of which replications (None: of all)."""

    tables: tuple[str, ...] = ()
    """Among villages, accounts, balances."""
    sample: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Experiment:
    """All that a sweep needs to know."""

    name: str
    title: Mapping[str, str]
    question: str
    """What the sweep is to answer, in a sentence."""
    scenarios: Mapping[str, Scenario]
    """Name -> scenario, with what ``set`` changes at every point."""
    arms: tuple[str, ...]
    """Arms whose rows are kept, companions included, in the scenario's order; the same in all scenarios."""
    factors: tuple[Factor, ...]
    method: str
    """Name of the design."""
    design: Mapping[str, Any]
    """Options of the design as used, and what an analysis must know of it: a plain mapping for the manifest."""
    points: tuple[DesignPoint, ...]
    replications: Replications
    seed: int
    """Root of the draws of the model, the same at all design points."""
    record: Record = field(default_factory=Record)
    yearly: bool = True
    """Whether the table of years is kept."""
    time_limit_s: float = 60.0
    """Seconds that one run may take by itself before it is given up."""
    document: Mapping[str, Any] = field(default_factory=dict)
    """The file as plain data, for the record."""

    def scenario_at(self, point: DesignPoint) -> Scenario:
        """The scenario of a design point. Raises :class:`sim.scenario.ScenarioErrors` for values that do not fit."""
        from sim.scenario import vary

        scenario = self.scenarios[point.scenario]
        return vary(scenario, point.values) if point.values else scenario
