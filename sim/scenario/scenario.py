"""The resolved scenario: what is left of a YAML file once it has been read, merged and checked.

Everything below is plain data with all defaults filled in; the engine needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NO_POLICY = "no_policy"


@dataclass(frozen=True)
class Position:
    """Where something was written: the path as the user gave it, line and column counted from one.

    Line 0 means that there are no lines: ``--set PATH``, or a mapping handed over from Python.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Calendar:
    """Years of a run: ``start`` is the first year of the burn-in."""

    start: int
    burn_in_years: int
    policy_years: int
    after_years: int

    @property
    def years(self) -> int:
        return self.burn_in_years + self.policy_years + self.after_years

    @property
    def quarters(self) -> int:
        return 4 * self.years

    def phase(self, year: int) -> str:
        """Name of the phase that a calendar year belongs to: burn_in, policy or after."""
        passed = year - self.start
        if passed < self.burn_in_years:
            return "burn_in"
        return "policy" if passed < self.burn_in_years + self.policy_years else "after"


@dataclass(frozen=True)
class Scope:
    """Which villages a block covers; resolved from the state when the block starts, then frozen.

    ``rule`` is all, none, villages, councils, tier, tercile or below; ``value`` holds what the rule needs:
    a tuple of indices counted from 0 (villages, councils), a name (tier: weak|middle|strong, tercile:
    poorest|middle|richest) or a mapping {outcome column: threshold} (below).
    """

    rule: str
    value: tuple[int, ...] | str | Mapping[str, float] | None = None


@dataclass(frozen=True)
class Block:
    """One policy of one arm: levers plus what all policies share.

    ``start`` and ``end`` are quarters counted from the first quarter of the run, both inclusive. ``levers`` holds
    every lever of the policy by name: a float for a quantity, an option's name for a choice, a mapping for shares.
    ``budget`` is 万元 a year for the whole scope, or None where the policy has no budget.
    """

    policy: str
    start: int
    end: int
    scope: Scope
    payer: str
    budget: float | None
    levers: Mapping[str, Any]
    path: str
    position: Position | None = None
    origin: str = ""
    """Path where it was written; differs from ``path`` in an arm that joins others by ``all_of``."""


@dataclass(frozen=True)
class PopulationSpec:
    """How the initial villages come about; see population.py for what each number means and its source."""

    villages: int
    council_rule: str  # adjacency | similar_industry | complementary_industry | random | file
    council_count: int
    tail: str  # pareto | lognormal
    file: str | None = None  # a researcher's CSV, resolved to a path that opens


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    ``parameters`` maps "stem.name" of every declared quantity (mechanisms and population) to its value, ``forms``
    every declared choice by its bare name to an option, ``weights`` "stem.name" of declared shares to part -> share.
    ``ranges`` holds the priors that the file replaced and ``sources`` what it said of sources, both by the full path
    (``parameters.projects.overhead``, ``arms.pool.funding_pool.match``). ``arms`` keeps the order written, no_policy first.
    ``document`` is the merged plain document that goes to the manifest.
    """

    name: str
    title: Mapping[str, str]
    population: PopulationSpec
    calendar: Calendar
    parameters: Mapping[str, float]
    forms: Mapping[str, str]
    weights: Mapping[str, Mapping[str, float]]
    arms: Mapping[str, tuple[Block, ...]]
    companions: tuple[str, ...]
    companion_allocation: str  # equal | need
    outcomes: tuple[str, ...]
    replications: int
    seed: int
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    record_accounts_of: tuple[int, ...] = ()  # replications whose accounts are kept by single entity
    document: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""  # of the scenario file, where population.file is looked for
