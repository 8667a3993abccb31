"""Bands of the operating income that drawn endowments would earn: land rent plus leased premises, first year.

    python benchmarks/endowments.py [SCENARIO.yaml] [--replications 400]

Compares them with the bands of Anqing 2018 (pattern P1). Endowments only: nothing is simulated and income
stays an output of the run. Without a file the declared defaults are used.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field

import numpy as np

from sim.declare import declarations
from sim.population import BORROWED, GROUPS, Population, draw
from sim.population.drawing import Point

BANDS = (0.0, 5.0, 10.0, 30.0, 50.0, np.inf)
ANQING = (0.264, 0.267, 0.353, 0.076, 0.041)


@dataclass(frozen=True)
class Size:
    """The default place: as many villages as Tianqiao."""

    villages: int = 27
    council_rule: str = "adjacency"
    council_count: int = 7
    tail: str = "pareto"
    file: str | None = None


@dataclass(frozen=True)
class Defaults:
    """A design point made of the declarations alone."""

    parameters: dict[str, float]
    weights: dict[str, dict[str, float]]
    population: Size = field(default_factory=Size)
    forms: dict[str, str] = field(default_factory=dict)


def defaults() -> Defaults:
    """Every default that the population reads."""
    from sim.schedule import SCHEDULE

    groups = {f"population.{name}": declarations(group) for name, group in GROUPS.items()}
    groups |= {module.__name__.rsplit(".", 1)[1]: declarations(module.Parameters) for module in SCHEDULE}
    every = {f"{group}.{name}": d for group, fields in groups.items() for name, d in fields.items()}
    parameters = {key: float(d.value) for key, d in every.items() if d.sort == "quantity"}
    weights = {key: dict(d.value) for key, d in every.items() if d.sort == "shares"}
    assert set(BORROWED) <= set(parameters)
    return Defaults(parameters, weights)


def income(point: Point, drawn: Population) -> np.ndarray:
    """Expected operating income of the first year without wear or shocks, 万元, shape (runs, villages)."""
    p = point.parameters
    log_management = p["talent.ability_exponent"] * np.log(drawn.leader_ability) + np.log(drawn.know_how)
    management = np.exp(p["projects.leased_management_weight"] * log_management)
    scale = 1.0 if point.forms.get("project_scale") == "constant" else p["projects.scale"]
    gross = p["projects.leased_gross_margin"] * drawn.asset_quality * management * 100 * (drawn.assets / 100) ** scale
    premises = np.maximum(gross - p["projects.leased_overhead"], p["projects.idle_rent"] * drawn.assets)
    return drawn.reserve_land * p["land.rent"] + premises


def main() -> None:
    """Print bands, quantiles and the means of what villages are given."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("scenario", nargs="?")
    arguments.add_argument("--replications", type=int, default=400)
    chosen = arguments.parse_args()
    point: Point = defaults()
    if chosen.scenario:
        from sim.scenario import load_scenario

        point = load_scenario(chosen.scenario)
    drawn = draw([point], range(chosen.replications), seed=1)
    earned = income(point, drawn)
    print(f"{'万元':>8} {'model':>8} {'Anqing':>8}")
    shares = np.histogram(earned, BANDS)[0] / earned.size
    for low, high, share, observed in zip(BANDS, BANDS[1:], shares, ANQING, strict=False):
        print(f"{f'{low:g}-{high:g}':>8} {share:8.3f} {observed:8.3f}")
    print(
        "median",
        round(float(np.median(earned)), 2),
        "(Anqing about 9)   mean",
        round(float(earned.mean()), 2),
        "(19.06)",
    )
    log = np.log(np.maximum(earned, 0.1))
    print(
        "sd of ln",
        round(float(log.std()), 2),
        "(fit to Anqing 0.97)   within a place",
        round(float(log.std(axis=1).mean()), 2),
    )
    for name in ("population", "cultivated_land", "reserve_land", "assets"):
        values = getattr(drawn, name)
        print(f"{name}: mean {values.mean():.0f}, median {np.median(values):.0f}")


if __name__ == "__main__":
    main()
