"""Design points over everything that is declared uncertain, simulated block by block: the common part of the maps.

A map compares arms of one scenario at many points of a Latin hypercube. This module finds the factors that matter for
the arms, draws the points, runs blocks of them in several processes and writes the head of the report. What is compared
and how it is told is each map's own (pool_map, pairing_map, tax_map).

Measured on two processes: some 800 runs of 27 villages and 25 years a second, arms counted as runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy.stats import qmc

from sim.declare import Array, Declaration
from sim.engine import simulate_block
from sim.experiment.reach import owner, stands_for
from sim.policies import POLICIES
from sim.records import Records
from sim.scenario import load_document, load_scenario, vary
from sim.scenario.declared import all_paths, catalogue
from sim.scenario.scenario import NO_POLICY, Scenario

SCENARIO = Path(__file__).parent.parent / "scenarios" / "tianqiao.yaml"
WORLD = ("parameters.", "forms.", "population.")
SIZE = ("population.villages", "population.councils", "population.file")
"""Not drawn: the size of the place."""
POOL_ONLY = (
    *("parameters.joint_vehicle.", "parameters.joint_management."),
    *("forms.joint_manager", "forms.group_cost", "forms.after_money"),
)
"""What nothing reads in arms without a pool, besides the pool's own parameters: maps of such arms leave it as it is."""
BLOCK = 20
"""Design points simulated together: 20 x 20 runs x 27 villages fill the cache."""
Found = TypeVar("Found")


@dataclass(frozen=True)
class Factor:
    """One thing that is not known: what it is called, from what it is drawn, and where its value goes."""

    name: str
    declared: Declaration
    range: tuple[float, float]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One draw of all factors: values by path, and the numbers that reports correlate."""

    values: Mapping[str, Any]
    coordinates: Mapping[str, float]


@dataclass(frozen=True)
class Task:
    """A block of design points for one process; ``first`` is the number of its first point."""

    first: int
    values: tuple[Mapping[str, Any], ...]
    replications: int
    seed: int

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + len(self.values))


def with_arms(scenario: Scenario, arms: Mapping[str, Sequence[Mapping[str, Any]]]) -> Scenario:
    """The scenario with these arms, lists of blocks as a file has them, in place of its own; no companions."""
    document = {**scenario.document, "arms": {NO_POLICY: [], **arms}, "companions": []}
    return load_document(document, name=scenario.name, folder=scenario.folder or ".")


def factors(scenario: Scenario, arms: Sequence[str], fixed: Sequence[str] = ()) -> tuple[Factor, ...]:
    """Everything declared that matters for the arms: parameters, forms, endowments and levers of their policies.

    A parameter that a policy's lever stands for belongs to the policy: it is drawn as a lever where an arm has the
    policy and stays off elsewhere. A mechanism with the name of a policy is idle without it and not drawn then. One
    lever in several arms is one factor. ``fixed`` holds beginnings of paths that are not drawn.
    """
    present = {block.policy for arm in arms for block in scenario.arms[arm]}
    world = {
        path: (declared, (path,))
        for path, declared in all_paths().items()
        if path.startswith(WORLD) and not path.startswith(SIZE) and not stands_for(path, declared)
        if owner(path) not in set(POLICIES) - present
    }
    drawn = world | _levers(scenario, arms, tuple(fixed))
    return tuple(
        Factor(paths[0], declared, scenario.ranges.get(paths[0], declared.prior), paths)
        for declared, paths in drawn.values()
        if declared.prior[0] < declared.prior[1] and not paths[0].startswith(tuple(fixed))
    )


def _levers(
    scenario: Scenario, arms: Sequence[str], fixed: tuple[str, ...]
) -> dict[str, tuple[Declaration, tuple[str, ...]]]:
    """Levers of the arms' blocks by policy and name, with every path at which their value goes."""
    found: dict[str, tuple[Declaration, tuple[str, ...]]] = {}
    for block in (block for arm in arms for block in scenario.arms[arm]):
        for name, declared in catalogue().policies[block.policy].items():
            path = f"{block.path}.{name}"
            if not path.startswith(fixed):
                key = f"{block.path.split('.', 2)[2]}.{name}"
                found[key] = (declared, (*found.get(key, (declared, ()))[1], path))
    return found


def draw(drawn: Sequence[Factor], count: int, seed: int) -> Iterator[Point]:
    """Latin hypercube over the factors; shares are uniform on their simplex, forms uniform over their options."""
    columns = sum(len(f.declared.options) if f.declared.sort == "shares" else 1 for f in drawn)
    for row in qmc.LatinHypercube(columns, rng=np.random.default_rng(seed)).random(count):
        uniforms = iter(row)
        values: dict[str, Any] = {}
        coordinates: dict[str, float] = {}
        for factor in drawn:
            value, found = _drawn(factor, uniforms)
            values |= dict.fromkeys(factor.paths, value)
            coordinates |= found
        yield Point(values, coordinates)


def _drawn(factor: Factor, uniforms: Iterator[float]) -> tuple[Any, dict[str, float]]:
    """(value as a scenario takes it, coordinates by name) of one factor."""
    name, declared = factor.name, factor.declared
    if declared.sort == "shares":
        weights = -np.log(np.array([next(uniforms) for _ in declared.options]))
        parts = dict(zip(declared.options, (float(w) for w in weights / weights.sum()), strict=True))
        return parts, {f"{name}.{part}": weight for part, weight in parts.items()}
    if declared.sort == "choice":
        options = list(declared.options)
        position = int(next(uniforms) * len(options))
        return options[position], {f"{name}={option}": float(n == position) for n, option in enumerate(options)}
    low, high = factor.range
    value = float(low + (high - low) * next(uniforms))
    return round(value) if declared.integer else value, {name: value}


def tasks(points: Sequence[Point], replications: int, seed: int, block: int = BLOCK) -> list[Task]:
    """The points cut into blocks."""
    starts = range(0, len(points), block)
    return [Task(n, tuple(p.values for p in points[n : n + block]), replications, seed) for n in starts]


def records(scenario: Scenario, arms: Sequence[str], task: Task) -> dict[str, Records]:
    """All replications of a block of points for each arm."""
    points = [vary(scenario, value) for value in task.values]
    return dict(zip(arms, simulate_block(points, task.numbers, range(task.replications), arms, task.seed), strict=True))


def by_point(values: Array, replications: int) -> Array:
    """One number a run -> (points, replications)."""
    return values.reshape(-1, replications)


def run(jobs: Sequence[Callable[[], list[Found]]], workers: int) -> list[Found]:
    """All jobs in several processes, results in the order of the jobs."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [found for part in pool.map(_call, jobs) for found in part]


def _call(job: Callable[[], list[Found]]) -> list[Found]:
    return job()


# ---- command line and head of the report


def options(module: str, docstring: str | None, *, points: int = 300, replications: int = 20) -> argparse.Namespace:
    """The command line of a map; ``command`` holds what makes the same report again."""
    parser = argparse.ArgumentParser(
        prog=f"python -m experiments.{module}",
        description=docstring,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--points", type=int, default=points)
    parser.add_argument("--replications", type=int, default=replications)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes; changes no number")
    parser.add_argument("--out", type=Path, default=None, help="file to write (the screen)")
    chosen = parser.parse_args()
    if min(chosen.points, chosen.workers) < 1 or chosen.replications < 2:
        parser.error("--points and --workers must be 1 or more, --replications 2 or more")
    if chosen.out is not None:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)  # before the work, not after it
    chosen.command = f"{parser.prog} --points {chosen.points} --replications {chosen.replications} --seed {chosen.seed}"
    chosen.started = time.perf_counter()
    return chosen


def head(title: str, chosen: argparse.Namespace, runs: int, verdicts: int) -> list[str]:
    """Title, how the report was made, and how many of its verdicts (in one column) chance alone would give."""
    seconds = time.perf_counter() - chosen.started
    return [
        f"# {title}",
        "",
        f"`{chosen.command}`: Latin hypercube of {chosen.points} points over the declared ranges and forms, "
        f"{chosen.replications} paired replications a point, seed {chosen.seed}, scenario `{SCENARIO.stem}`. "
        f"{runs:,} runs in {seconds:.0f} s.",
        "",
        f"Verdicts are paired t tests at 95%, one by one: if nothing differed anywhere, {0.05 * verdicts:.0f} of "
        f"{verdicts} would still be called, half of them each way. Shares of points are shares of the declared "
        "ranges, all of them equally likely: no probability that a policy works somewhere.",
    ]


def write(text: str, out: Path | None) -> None:
    """The report to its file or to the screen."""
    if out is None:
        print(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


def default_scenario() -> Scenario:
    """The scenario that the maps start from."""
    return load_scenario(SCENARIO)
