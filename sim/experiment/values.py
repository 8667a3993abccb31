"""What a number of a design means for a factor: its value as a scenario takes it, and how tables name it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sim.declare import Declaration
from sim.experiment.experiment import Factor
from sim.scenario.scenario import Scenario

LEAST_UNIFORM = 2.0**-53
"""In place of 0, whose logarithm is not finite."""


def width(factor: Factor) -> int:
    """Columns of a unit hypercube that a factor takes: one, but one a part for shares drawn from their simplex."""
    return len(factor.declaration.options) if factor.levels is None and factor.declaration.sort == "shares" else 1


def drawn(factor: Factor, uniforms: Sequence[float]) -> Any:
    """The value at a place of the unit hypercube: uniform over the levels, the range, or the simplex of shares.

    Whole numbers are equally likely, the ends included.
    """
    first = float(uniforms[0])
    if factor.levels is not None:
        return factor.levels[position(first, len(factor.levels))]
    if factor.declaration.sort == "shares":
        return simplex(tuple(factor.declaration.options), uniforms)
    assert factor.range is not None
    low, high = factor.range
    if factor.declaration.integer:
        return int(low) + position(first, int(high) - int(low) + 1)
    # min: the sum may pass the end by one bit
    return min(low + (high - low) * first, high)


def position(uniform: float, count: int) -> int:
    """The place among ``count`` equally likely ones; 1 belongs to the last."""
    return min(int(uniform * count), count - 1)


def simplex(parts: Sequence[str], uniforms: Sequence[float]) -> dict[str, float]:
    """Shares that sum to one, uniform over all such: exponentials over their sum (Devroye 1986, ch. V)."""
    weights = [-math.log(max(float(uniform), LEAST_UNIFORM)) for uniform in uniforms]
    total = math.fsum(weights)
    return {part: weight / total for part, weight in zip(parts, weights, strict=True)}


def coordinates(factor: Factor, value: Any) -> dict[str, Any]:
    """Columns of the table of design points: a number, the name of an option, or a number for each part of shares."""
    sort = factor.declaration.sort
    if sort == "shares":
        return {f"{factor.name}.{part}": float(value.get(part, 0.0)) for part in factor.declaration.options}
    return {factor.name: value if sort == "choice" else float(value)}


def columns(factor: Factor) -> tuple[str, ...]:
    """Names of the columns that :func:`coordinates` fills."""
    if factor.declaration.sort == "shares":
        return tuple(f"{factor.name}.{part}" for part in factor.declaration.options)
    return (factor.name,)


def evenly(declaration: Declaration, ends: tuple[float, float], count: int) -> tuple[float | int, ...]:
    """So many levels over a range, both ends among them; whole numbers where the quantity is whole."""
    low, high = ends
    levels = [low + (high - low) * place / (count - 1) for place in range(count - 1)] + [high]
    if declaration.integer:
        return tuple(dict.fromkeys(round(level) for level in levels))
    return tuple(dict.fromkeys(float(f"{level:.12g}") for level in levels))  # 0.3, not 0.30000000000000004


def as_written(scenario: Scenario, path: str) -> Any:
    """The value that a scenario has at a declared path."""
    first, _, rest = path.partition(".")
    if first == "arms":
        return _of_block(scenario, path)
    if first == "forms":
        return scenario.forms[rest]
    if first == "calendar":
        return getattr(scenario.calendar, rest)
    key = rest if first == "parameters" else path
    for values in (scenario.parameters, scenario.weights, _size(scenario)):
        if key in values:
            return values[key]
    raise KeyError(path)


def _size(scenario: Scenario) -> Mapping[str, Any]:
    place = scenario.population
    return {
        "population.villages": place.villages,
        "population.councils.count": place.council_count,
        "population.councils.rule": place.council_rule,
        "population.assets.tail": place.tail,
    }


def _of_block(scenario: Scenario, path: str) -> Any:
    _, arm, name, lever = path.split(".", 3)
    wanted = f"arms.{arm}.{name.removesuffix('#1')}"
    block = next(block for block in scenario.arms[arm] if block.path == wanted)
    return block.budget if lever == "budget.per_year" else block.levers[lever]


def short_names(names: Sequence[str]) -> list[str]:
    """The last words of paths, as many as tell them apart.

    >>> short_names(["arms.pool.funding_pool.match", "parameters.projects.overhead"])
    ['match', 'overhead']
    """
    for length in range(1, 8):
        short = [".".join(name.split(".")[-length:]) for name in names]
        if len(set(short)) == len(names):
            return short
    return list(names)
