"""Where does pooling beat the same money? A Latin hypercube over everything that is declared uncertain.

For each design point (all priors at once: quantities, forms, dividend rule, grant size) and each council size the arm
`pool` of scenarios/tianqiao.yaml is compared with its same-money companion on common random numbers. Writes a report in
Markdown: the share of points where pooling wins, loses or is undecided at 95%, by council size, what goes with the
difference, and one plausible point each way. 300 points x 20 replications take two and a half minutes on two processes.

    python -m experiments.pool_map [--points 300] [--replications 20] [--seed 1] [--workers 2] --out docs/pool-map.md
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from scipy.stats import rankdata

from experiments import hypercube
from experiments.hypercube import Factor, Point, Task, by_point
from experiments.markdown import by_form, correlations, noise, percent, table, verdict_cells
from experiments.verdicts import paired, ranked, shares
from sim.declare import Declaration
from sim.scenario import vary
from sim.scenario.scenario import Scenario

SIZES = {2: 14, 4: 7, 7: 4, 14: 2, 27: 1}
"""Mean council size -> number of councils among 27 villages; crossed with the points."""
GRANT = (10.0, 150.0)
"""万元 a village and year: the range of core-equations, places:shanxian.input.county_grant lies inside."""
GRANT_NAME = "grant a village and year"
FLOOR = "arms.pool.funding_pool.contribution_floor"
ARMS = ("no_policy", "pool", "pool@same_money", "pool@same_management")


@dataclass(frozen=True)
class Result:
    """Mean paired differences of a design point at one council size, 万元 a village and year, and who wins."""

    size: int
    point: int
    mean: float
    verdict: int
    scale: float
    manager: float
    gain: float


def factors(scenario: Scenario) -> tuple[Factor, ...]:
    """All that matters for the pool, and the size of the grant, which is a budget and so not declared."""
    grant = Declaration(
        name="grant",
        sort="quantity",
        value=25.0,
        unit="万元/village/year",
        bounds=GRANT,
        prior=GRANT,
        source="places:shanxian.input.county_grant",
        zh="每村补助",
        meaning="public money a village and year while the grant runs",
    )
    drawn = hypercube.factors(scenario, ("pool",), fixed=("arms.pool.demonstration_grant",))
    return (*drawn, Factor(GRANT_NAME, grant, GRANT, ()))


def draw_points(scenario: Scenario, count: int, seed: int) -> Iterator[Point]:
    """The points of the map, budgets worked out from the grant."""
    for point in hypercube.draw(factors(scenario), count, seed):
        budget = 27.0 * point.coordinates[GRANT_NAME]
        budgets = {
            "arms.pool.demonstration_grant.budget.per_year": budget,
            # Enough for the whole match: a fixed budget would make large grants a promise that is not kept.
            "arms.pool.funding_pool.budget.per_year": budget * point.coordinates["arms.pool.funding_pool.match"],
        }
        yield dataclasses.replace(point, values={**point.values, **budgets})


def of_size(size: int) -> Scenario:
    """Tianqiao with councils of this mean size."""
    return vary(hypercube.default_scenario(), {"population.councils.count": SIZES[size]})


def simulate(size: int, task: Task) -> list[Result]:
    """All replications of some design points at one council size."""
    scenario = of_size(size)
    window = scenario.calendar.burn_in_years + scenario.calendar.policy_years
    earned = {
        arm: by_point(r.villages["earned_income"][:, window:].mean(axis=(1, 2)), task.replications)
        for arm, r in hypercube.records(scenario, ARMS, task).items()
    }
    found = paired(earned["pool"] - earned["pool@same_money"])
    scale = (earned["pool"] - earned["pool@same_management"]).mean(axis=1)
    manager = (earned["pool@same_management"] - earned["pool@same_money"]).mean(axis=1)
    gain = (earned["pool"] - earned["no_policy"]).mean(axis=1)
    return [
        Result(size, n, float(m), int(v), float(s), float(g), float(t))
        for n, m, v, s, g, t in zip(task.numbers, found.mean, found.sign, scale, manager, gain, strict=True)
    ]


def report(points: list[Point], results: list[Result], chosen: argparse.Namespace) -> str:
    """The report in Markdown."""
    runs = len(results) * len(ARMS) * chosen.replications
    coordinates = [point.coordinates for point in points]
    four = {r.point: r for r in results if r.size == 4}
    difference = np.array([four[n].mean for n in range(len(points))])
    signs = np.array([four[n].verdict for n in range(len(points))])
    verdicts = ("pooling wins", "same money wins")
    lines = [
        *hypercube.head("Where pooling beats the same money", chosen, runs, len(points)),
        "",
        "Outcome: earned income, 万元 a village and year, mean of the ten years after the policy years.",
        "",
        *table(
            ("council size", *verdicts, "undecided", "median difference", "scale, incentive", "manager"),
            _by_size(results),
            words=0,
        ),
        "",
        "Scale, incentive: pool less same management; manager: same management less same money.",
        "",
        "## What goes with the difference",
        "",
        f"Difference to the same money, council size 4. {noise(len(points))}",
        "",
        *correlations(coordinates, difference, 15),
        "",
        "## By the forms that nobody observes",
        "",
        *table(
            ("form", "points", *verdicts, "undecided", "median difference"),
            by_form(coordinates, signs, difference, "forms."),
        ),
        "",
        "## By the size of the grant and the floor of contributions",
        "",
        *table(
            ("grant, 万元 a village and year", "floor", "points", *verdicts, "undecided", "median difference"),
            _by_grant(points, signs, difference),
            words=2,
        ),
        "",
        "## One plausible point each way",
        "",
    ]
    top = [name for name, _ in ranked(coordinates, difference)[:8]]
    for label, sign in (("pooling wins", 1), ("the same money wins", -1)):
        lines += _example(points, four, top, label, sign)
    return "\n".join(lines)


def _by_size(results: list[Result]) -> Iterator[list[str]]:
    for size in SIZES:
        mine = [r for r in results if r.size == size]
        medians = [np.median([getattr(r, name) for r in mine]) for name in ("mean", "scale", "manager")]
        parts = shares(np.array([r.verdict for r in mine]))
        yield [str(size), *(percent(s) for s in parts), *(f"{m:+.2f}" for m in medians)]


def _by_grant(points: list[Point], signs: np.ndarray, difference: np.ndarray) -> Iterator[list[str]]:
    """One row for each third of the grant's range and each half of the floor's, council size 4."""
    grants = np.array([point.coordinates[GRANT_NAME] for point in points])
    floors = np.array([point.coordinates[FLOOR] for point in points])
    for low, high in pairwise(np.linspace(*GRANT, 4)):
        for floor in (0.0, 0.25):
            mine = (low <= grants) & (grants < high) & (floor <= floors) & (floors < floor + 0.25)
            if mine.any():
                cells = verdict_cells(signs[mine], difference[mine])
                yield [f"{low:.0f} to {high:.0f}", f"{floor:.2f} to {floor + 0.25:.2f}", str(mine.sum()), *cells]


def _example(points: list[Point], four: Mapping[int, Result], top: list[str], label: str, sign: int) -> list[str]:
    """The most central point of the hypercube with the given verdict, preferably with a vehicle that is kept."""
    names = list(points[0].coordinates)
    values = np.array([[p.coordinates[name] for name in names] for p in points])
    ranks = np.apply_along_axis(rankdata, 0, values) / len(points)
    distance = np.abs(ranks - 0.5).sum(axis=1)
    found = [n for n, r in four.items() if r.verdict == sign]
    # A vehicle that goes on after the money is the case that practitioners know; any other only if there is none.
    eligible = [n for n in found if points[n].coordinates["forms.after_money=keep"] > 0] or found
    if not eligible:
        return [f"- No point where {label}."]
    best = min(eligible, key=lambda n: distance[n])
    numbers = ", ".join(f"`{name}` {points[best].coordinates[name]:.3g}" for name in top)
    return [f"- **Point {best}: {label}** by {abs(four[best].mean):.2f} 万元 a village and year. {numbers}."]


def main() -> None:
    chosen = hypercube.options("pool_map", __doc__)
    points = list(draw_points(hypercube.default_scenario(), chosen.points, chosen.seed))
    work = hypercube.tasks(points, chosen.replications, chosen.seed)
    results = hypercube.run([partial(simulate, size, task) for size in SIZES for task in work], chosen.workers)
    hypercube.write(report(points, results, chosen), chosen.out)


if __name__ == "__main__":
    main()
