"""A design point made of declarations alone, so that these tests need no scenario file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sim.declare import declarations
from sim.mechanisms import enterprises, governance, land, projects, talent
from sim.population import BORROWED, GROUPS


@dataclass(frozen=True)
class Size:
    villages: int = 27
    council_rule: str = "adjacency"
    council_count: int = 7
    tail: str = "pareto"
    file: str | None = None


@dataclass(frozen=True)
class Point:
    parameters: dict[str, float]
    weights: dict[str, dict[str, float]]
    population: Size = Size()
    forms: dict[str, str] = field(default_factory=dict)


MakePoint = Callable[..., Point]


def declared() -> dict[str, Any]:
    """Every declaration that the population reads, by key."""
    owners: dict[str, type] = {f"population.{name}": group for name, group in GROUPS.items()}
    owners |= {m.__name__.rsplit(".", 1)[1]: m.Parameters for m in (enterprises, governance, land, projects, talent)}
    every = {f"{owner}.{name}": d for owner, c in owners.items() for name, d in declarations(c).items()}
    return {key: d for key, d in every.items() if key.startswith("population.") or key in BORROWED}


@pytest.fixture(scope="session")
def point() -> MakePoint:
    """``point({"population.people.mean": 900}, villages=30)``: the defaults, changed."""

    def make(changed: dict[str, float] | None = None, forms: dict[str, str] | None = None, **size: Any) -> Point:
        numbers = {key: d.value for key, d in declared().items() if d.sort == "quantity"}
        weights = {key: dict(d.value) for key, d in declared().items() if d.sort == "shares"}
        return Point(numbers | (changed or {}), weights, replace(Size(), **size), forms or {})

    return make


@pytest.fixture(scope="session")
def population_declarations() -> dict[str, Any]:
    return declared()
