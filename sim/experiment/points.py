"""From factors and a design to numbered design points 设计点, the design repeated for every scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.experiment import designs, values
from sim.experiment.experiment import DesignPoint, Factor
from sim.experiment.models import DesignSaid
from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Designed:
    """The design of one scenario, row by row, before values are looked up."""

    rows: Sequence[Sequence[Any]]
    """Levels by place, uniforms, or values, by the sort of design."""
    sort: str
    """levels, uniforms or values."""
    places: Sequence[Mapping[str, Any]] = ()
    """Where each row stands in the design; empty where the design has no parts."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What an analysis must know besides the options."""


def size(factors: Sequence[Factor], said: DesignSaid, listed: int = 0) -> int:
    """Rows of the design, worked out before it is made. Raises ValueError where it cannot be made."""
    counts = [len(factor.levels or ()) for factor in factors]
    method, options = said.method, said.options
    if method in ("grid", "factorial"):
        return math.prod(counts)
    if method == "zipped":
        return counts[0] if counts else 1
    if method == "one_at_a_time":
        return 1 + sum(counts)
    if method == "list":
        return listed
    if method == "fractional_factorial":
        columns = designs.walsh_columns(len(factors), options["resolution"])
        return 1 << max(columns, default=0).bit_length()
    if method == "morris":
        return int(options["trajectories"]) * (len(factors) + 1)
    if method == "saltelli":
        return int(options["points"]) * ((2 if options["second_order"] else 1) * len(factors) + 2)
    return int(options["points"])


def designed(factors: Sequence[Factor], said: DesignSaid, listed: Sequence[Sequence[Any]] = ()) -> Designed:
    """The rows of the design; ``listed`` holds those of a file."""
    counts = [len(factor.levels or ()) for factor in factors]
    widths = [values.width(factor) for factor in factors]
    method, options = said.method, said.options
    if method in ("grid", "factorial"):
        return Designed(designs.grid(counts).tolist(), "levels")
    if method == "zipped":
        return Designed(designs.zipped(counts).tolist(), "levels")
    if method == "one_at_a_time":
        return Designed(designs.one_at_a_time(counts).tolist(), "levels")
    if method == "list":
        return Designed(listed, "values")
    if method == "fractional_factorial":
        return _fractional(factors, options["resolution"])
    if method == "morris":
        return _morris(factors, options)
    if method == "saltelli":
        return _saltelli(factors, widths, options)
    draw = designs.sobol if method == "sobol" else designs.latin_hypercube
    return Designed(draw(sum(widths), options["points"], options["seed"]).tolist(), "uniforms")


def _fractional(factors: Sequence[Factor], resolution: int) -> Designed:
    columns = designs.walsh_columns(len(factors), resolution)
    aliased = {
        factors[factor].name: [factors[basic].name for basic in product]
        for factor, product in designs.generators(columns).items()
    }
    rows = designs.fractional_factorial(len(factors), resolution).tolist()
    return Designed(rows, "levels", facts={"generators": aliased})


def _morris(factors: Sequence[Factor], options: Mapping[str, Any]) -> Designed:
    rows, steps = designs.morris(len(factors), options["trajectories"], options["levels"], options["seed"])
    places = [
        {"trajectory": trajectory, "step": step, "moved": factors[moved].name if moved >= 0 else ""}
        for trajectory, step, moved in steps.tolist()
    ]
    return Designed(rows.tolist(), "uniforms", places)


def _saltelli(factors: Sequence[Factor], widths: Sequence[int], options: Mapping[str, Any]) -> Designed:
    points, second = options["points"], options["second_order"]
    rows = designs.saltelli(widths, points, options["seed"], second)
    places = [
        {"block": block, "moved": factors[factor].name if factor >= 0 else "", "row": row}
        for block, factor in designs.saltelli_blocks(points, len(factors), second)
        for row in range(points)
    ]
    return Designed(rows.tolist(), "uniforms", places)


def points_of(factors: Sequence[Factor], made: Designed, scenarios: Mapping[str, Scenario]) -> tuple[DesignPoint, ...]:
    """All design points: the whole design for the first scenario, then for the second, and so on, numbered from 0."""
    found = (point for name, scenario in scenarios.items() for point in _of_scenario(factors, made, name, scenario))
    return tuple(DesignPoint(number, *parts) for number, parts in enumerate(found))


def _of_scenario(
    factors: Sequence[Factor], made: Designed, name: str, scenario: Scenario
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], Mapping[str, Any]]]:
    written = [values.as_written(scenario, factor.paths[0]) for factor in factors]
    for number, row in enumerate(made.rows):
        chosen = list(_chosen(factors, made.sort, row))
        if _repeats_the_base(chosen, written, number):
            continue
        settings: dict[str, Any] = {}
        coordinates: dict[str, Any] = {}
        for factor, value, own in zip(factors, chosen, written, strict=True):
            if value is not AS_WRITTEN:
                settings |= dict.fromkeys(factor.paths, value)
            coordinates |= values.coordinates(factor, own if value is AS_WRITTEN else value)
        yield name, settings, coordinates, made.places[number] if made.places else {}


AS_WRITTEN = object()
"""In place of a value: what the scenario says."""


def _chosen(factors: Sequence[Factor], sort: str, row: Sequence[Any]) -> Iterator[Any]:
    if sort == "values":
        yield from row
        return
    if sort == "uniforms":
        start = 0
        for factor in factors:
            yield values.drawn(factor, row[start : start + values.width(factor)])
            start += values.width(factor)
        return
    for factor, place in zip(factors, row, strict=True):
        assert factor.levels is not None
        yield AS_WRITTEN if place == designs.AS_WRITTEN else factor.levels[place]


def _repeats_the_base(chosen: Sequence[Any], written: Sequence[Any], number: int) -> bool:
    """A later row of a one-at-a-time design whose single level is the scenario's own value."""
    changed = [value != own for value, own in zip(chosen, written, strict=True) if value is not AS_WRITTEN]
    return number > 0 and len(changed) < len(chosen) and not any(changed)
