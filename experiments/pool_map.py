"""Where does pooling beat the same money? A Latin hypercube over everything that is declared uncertain.

For each design point (all priors at once: quantities, forms, dividend rule, grant size) and each council size the arm
`pool` of scenarios/tianqiao.yaml is compared with its same-money companion on common random numbers. Prints a report in
Markdown: the share of points where pooling wins, loses or is undecided at 95%, by council size, what goes with the
difference, and one plausible point each way.

    python experiments/pool_map.py [--points 300] [--replications 20] [--seed 1] [--workers 2] > docs/pool-map.md
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.special import stdtrit
from scipy.stats import qmc, rankdata

from sim.declare import Declaration, declarations
from sim.engine import simulate_block
from sim.policies import POLICIES
from sim.scenario import load_scenario, vary
from sim.scenario.declared import all_paths
from sim.scenario.scenario import Scenario

SCENARIO = Path(__file__).parent.parent / "scenarios" / "tianqiao.yaml"
SIZES = {2: 14, 4: 7, 7: 4, 14: 2, 27: 1}
"""Mean council size -> number of councils among 27 villages."""
FIXED = ("population.villages", "population.councils", "population.file")
"""Not drawn: the size of the place; council size is crossed with the points."""
BLOCK = 20
"""Design points simulated together: 20 x 20 runs x 27 villages fill the cache."""
GRANT = (10.0, 150.0)
"""万元 a village and year: the range of core-equations, places:shanxian.input.county_grant lies inside."""
GRANT_NAME = "grant a village and year"
FLOOR = "arms.pool.funding_pool.contribution_floor"
ARMS = ("no_policy", "pool", "pool@same_money", "pool@same_management")


@dataclass(frozen=True)
class Point:
    """One draw from the priors: values by path, and the numbers that the report correlates."""

    values: Mapping[str, object]
    coordinates: Mapping[str, float]


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


def factors(scenario: Scenario) -> dict[str, Declaration]:
    """Everything declared that matters for the pool arm: parameters, forms, endowments and the pool's levers."""
    chosen: dict[str, Declaration] = {}
    for path, declared in all_paths().items():
        if path.startswith(("parameters.", "forms.", "population.")) and not path.startswith(FIXED):
            stem = path.partition(".")[2].partition(".")[0]
            # The pool's own levers stand for the mechanism's parameters that they set.
            if not (stem == "funding_pool" and declared.name in ("open_share", "contribution_floor")):
                chosen[path] = declared
    for lever in declarations(POLICIES["funding_pool"].Levers).values():
        chosen[f"arms.pool.funding_pool.{lever.name}"] = lever
    return {path: declared for path, declared in chosen.items() if declared.prior[0] < declared.prior[1]}


def draw_points(scenario: Scenario, count: int, seed: int) -> Iterator[Point]:
    """Latin hypercube over all factors; shares are uniform on their simplex, forms uniform over their options."""
    declared = factors(scenario)
    columns = sum(len(d.options) if d.sort == "shares" else 1 for d in declared.values()) + 1
    for row in qmc.LatinHypercube(columns, rng=np.random.default_rng(seed)).random(count):
        uniforms = iter(row)
        values: dict[str, object] = {}
        coordinates: dict[str, float] = {}
        for path, d in declared.items():
            if d.sort == "shares":
                weights = -np.log(np.array([next(uniforms) for _ in d.options]))
                weights /= weights.sum()
                values[path] = dict(zip(d.options, (float(w) for w in weights), strict=True))
                coordinates |= {f"{path}.{part}": float(w) for part, w in zip(d.options, weights, strict=True)}
            elif d.sort == "choice":
                position = int(next(uniforms) * len(d.options))
                values[path] = list(d.options)[position]
                coordinates |= {f"{path}={option}": float(n == position) for n, option in enumerate(d.options)}
            else:
                low, high = scenario.ranges.get(path, d.prior)
                value = low + (high - low) * next(uniforms)
                values[path] = round(value) if d.integer else float(value)
                coordinates[path] = float(value)
        grant = GRANT[0] + (GRANT[1] - GRANT[0]) * next(uniforms)
        values["arms.pool.demonstration_grant.budget.per_year"] = 27.0 * grant
        # Enough for the whole match: a fixed budget would make large grants a promise that is not kept.
        values["arms.pool.funding_pool.budget.per_year"] = 27.0 * grant * coordinates["arms.pool.funding_pool.match"]
        coordinates[GRANT_NAME] = grant
        yield Point(values, coordinates)


def simulate(task: tuple[int, int, list[Mapping[str, object]], int, int]) -> list[Result]:
    """All replications of some design points at one council size."""
    size, first, values, replications, seed = task
    scenario = vary(load_scenario(SCENARIO), {"population.councils.count": SIZES[size]})
    points = [vary(scenario, value) for value in values]
    numbers = range(first, first + len(points))
    records = dict(zip(ARMS, simulate_block(points, numbers, range(replications), ARMS, seed), strict=True))
    window = scenario.calendar.burn_in_years + scenario.calendar.policy_years
    earned = {
        arm: r.villages["earned_income"][:, window:].mean(axis=(1, 2)).reshape(len(points), replications)
        for arm, r in records.items()
    }
    difference = earned["pool"] - earned["pool@same_money"]
    half = stdtrit(replications - 1, 0.975) * difference.std(axis=1, ddof=1) / np.sqrt(replications)
    mean = difference.mean(axis=1)
    scale = (earned["pool"] - earned["pool@same_management"]).mean(axis=1)
    manager = (earned["pool@same_management"] - earned["pool@same_money"]).mean(axis=1)
    gain = (earned["pool"] - earned["no_policy"]).mean(axis=1)
    verdicts = np.where(mean > half, 1, np.where(mean < -half, -1, 0))
    return [
        Result(size, n, float(m), int(v), float(s), float(g), float(t))
        for n, m, v, s, g, t in zip(numbers, mean, verdicts, scale, manager, gain, strict=True)
    ]


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Rank correlation, 0 where one side does not vary."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def report(points: list[Point], results: list[Result], seconds: float, options: argparse.Namespace) -> str:
    """The report in Markdown."""
    lines = [
        "# Where pooling beats the same money",
        "",
        f"Latin hypercube of {len(points)} points over all declared priors (`experiments/pool_map.py --points "
        f"{options.points} --replications {options.replications} --seed {options.seed}`), {options.replications} paired "
        "replications a point, scenario `tianqiao`, earned income a village in the ten years after the policy years. "
        f"{len(results) * len(ARMS) * options.replications:,} runs in {seconds:.0f} s.",
        "",
        "| council size | pooling wins | same money wins | undecided | median difference | scale, incentive | manager |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for size in SIZES:
        mine = [r for r in results if r.size == size]
        share = [np.mean([r.verdict == sign for r in mine]) for sign in (1, -1, 0)]
        medians = [np.median([getattr(r, name) for r in mine]) for name in ("mean", "scale", "manager")]
        cells = [f"{s:.0%}" for s in share] + [f"{m:+.2f}" for m in medians]
        lines.append(f"| {size} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Differences in 万元 a village and year. Wins and losses are significant at 95% (paired t), one by one.",
        "Scale, incentive: pool less same management; manager: same management less same money.",
        "",
        "## What goes with the difference",
        "",
        "Spearman rank correlation of each factor with the difference to the same money, council size 4; noise alone",
        f"gives up to about {2 / np.sqrt(len(points)):.2f}.",
        "",
        "| factor | rank correlation |",
        "| --- | ---: |",
    ]
    four = {r.point: r for r in results if r.size == 4}
    difference = np.array([four[n].mean for n in range(len(points))])
    ranked = {
        name: spearman(np.array([p.coordinates[name] for p in points]), difference) for name in points[0].coordinates
    }
    for name, value in sorted(ranked.items(), key=lambda item: -abs(item[1]))[:15]:
        lines.append(f"| `{name}` | {value:+.2f} |")
    lines += [
        "",
        "## By the forms that nobody observes",
        "",
        "| form | points | pooling wins | same money wins | median difference |",
        "| --- | ---: | ---: | ---: | ---: |",
        *_by_form(points, four),
        "",
        "## By the size of the grant and the floor of contributions",
        "",
        "| grant, 万元 a village and year | floor | points | pooling wins | same money wins | median difference |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *_by_grant(points, four),
    ]
    top = [name for name, _ in sorted(ranked.items(), key=lambda item: -abs(item[1]))[:8]]
    lines += ["", "## One plausible point each way", ""]
    for label, sign in (("pooling wins", 1), ("the same money wins", -1)):
        lines += _example(points, four, top, label, sign)
    return "\n".join(lines)


def _by_form(points: list[Point], four: Mapping[int, Result]) -> Iterator[str]:
    """One table row for each option of each form, council size 4."""
    for name in (name for name in points[0].coordinates if name.startswith("forms.")):
        mine = [four[n] for n, point in enumerate(points) if point.coordinates[name] > 0]
        wins, losses = (np.mean([r.verdict == sign for r in mine]) for sign in (1, -1))
        median = np.median([r.mean for r in mine])
        yield f"| `{name.removeprefix('forms.')}` | {len(mine)} | {wins:.0%} | {losses:.0%} | {median:+.2f} |"


def _by_grant(points: list[Point], four: Mapping[int, Result]) -> Iterator[str]:
    """One row for each third of the grant's range and each half of the floor's, council size 4."""
    edges = np.linspace(*GRANT, 4)
    for low, high in pairwise(edges):
        for floor in (0.0, 0.25):
            mine = [
                four[n]
                for n, point in enumerate(points)
                if low <= point.coordinates[GRANT_NAME] < high and floor <= point.coordinates[FLOOR] < floor + 0.25
            ]
            wins, losses = (np.mean([r.verdict == sign for r in mine]) for sign in (1, -1))
            median = np.median([r.mean for r in mine])
            cells = f"{len(mine)} | {wins:.0%} | {losses:.0%} | {median:+.2f}"
            yield f"| {low:.0f} to {high:.0f} | {floor:.2f} to {floor + 0.25:.2f} | {cells} |"


def _example(points: list[Point], four: Mapping[int, Result], top: list[str], label: str, sign: int) -> list[str]:
    """The most central point of the hypercube with the given verdict, preferably with a vehicle that is kept."""
    names = list(points[0].coordinates)
    table = np.array([[p.coordinates[name] for name in names] for p in points])
    ranks = np.apply_along_axis(rankdata, 0, table) / len(points)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    started = time.perf_counter()
    points = list(draw_points(load_scenario(SCENARIO), options.points, options.seed))
    tasks = [
        (size, first, [p.values for p in points[first : first + BLOCK]], options.replications, options.seed)
        for size in SIZES
        for first in range(0, len(points), BLOCK)
    ]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        results = [result for part in pool.map(simulate, tasks) for result in part]
    print(report(points, results, time.perf_counter() - started, options))


if __name__ == "__main__":
    sys.exit(main())
