"""How large should councils (P14) and villages (P15) be for pooling? Nothing in the model favours a size. For patterns.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from experiments import hypercube, pool_map
from experiments.hypercube import Task
from experiments.markdown import extreme, interval, percent, table
from experiments.patterns_table import REPORT, Finding
from experiments.verdicts import inner_beats_ends, paired
from sim.declare import Array
from sim.scenario.scenario import NO_POLICY
from sim.statistics import wilson

SIZES = tuple(pool_map.SIZES)
PEOPLE = (350, 672, 1600, 2778)
"""Mean registered people: 350 a hamlet, 672 Shandong's mean village, 1600 China's mean, 2778 the villages that merge."""
PEOPLE_PATH = "population.people.mean"
POOL = (NO_POLICY, "pool", "pool@same_money")


@dataclass(frozen=True)
class BySize:
    """A design point: whether an inner size beats both ends, and the mean income of each size."""

    inner: bool
    mean: Array


def simulate(task: Task) -> list[BySize]:
    """The pool arm of some design points at every council size, on the same draws."""
    earned = []
    for size in SIZES:
        scenario = pool_map.of_size(size)
        window = scenario.calendar.burn_in_years + scenario.calendar.policy_years
        records = hypercube.records(scenario, ("pool",), task)["pool"]
        income = records.villages["earned_income"][:, window:].mean(axis=(1, 2))
        earned.append(hypercube.by_point(income, task.replications))
    by_size = np.stack(earned, axis=-1)
    return [BySize(inner_beats_ends(values), values.mean(axis=0)) for values in by_size]


def inner_size(points: int, replications: int, seed: int, workers: int) -> tuple[list[Finding], list[str]]:
    """P14: the finding and its details."""
    drawn = list(pool_map.draw_points(hypercube.default_scenario(), points, seed))
    jobs = [partial(simulate, task) for task in hypercube.tasks(drawn, replications, seed)]
    found = hypercube.run(jobs, workers)
    hits = sum(point.inner for point in found)
    share = hits / len(found)
    low, high = wilson(hits, len(found))
    largest = np.array([point.mean.argmax() for point in found])
    spread = np.array([np.ptp(point.mean) for point in found])
    finding = Finding(
        "P14",
        "points where some council size from 4 to 14 beats both 2 and 27",
        "none",
        "none",
        percent(share),
        f"{low:.0%} to {high:.0%}",
        REPORT,
    )
    none = (
        "Scale is bounded by diminishing returns, and span of control, shirking and coordination all grow with size, so "
        "an inner size is possible in the equations; at no point is its lead large enough to be told from chance."
    )
    every = "At every point small councils miss scale and large ones lose more to span, shirking and coordination."
    details = [
        "## P14: is there a best council size?",
        "",
        f"{len(found)} points of the pool map's hypercube; the inner size is chosen on half of {replications} replications "
        "and tested on the other half against sizes 2 and 27, one-sided at 2.5% each. Where nothing differed the share "
        "would be below 2.5%.",
        "",
        *extreme(share, "Some inner size beats both ends", none, every),
        *table(
            ("council size", *(str(size) for size in SIZES)),
            [["points where its mean is largest", *(percent(np.mean(largest == n)) for n in range(len(SIZES)))]],
        ),
        "",
        f"Largest less smallest mean over sizes, 万元 a village and year: median {np.median(spread):.2f}, 95% of points below "
        f"{np.quantile(spread, 0.95):.2f}.",
    ]
    return [finding], details


def village_size(replications: int, seed: int) -> tuple[list[Finding], list[str]]:
    """P15: the gain from pooling by the mean population of villages, at the file's values otherwise."""
    scenario = hypercube.default_scenario()
    task = Task(0, tuple({PEOPLE_PATH: float(mean)} for mean in PEOPLE), replications, seed)
    window = scenario.calendar.burn_in_years + scenario.calendar.policy_years
    earned = {
        arm: hypercube.by_point(r.villages["earned_income"][:, window:].mean(axis=(1, 2)), replications)
        for arm, r in hypercube.records(scenario, POOL, task).items()
    }
    to = {"no policy": earned["pool"] - earned[NO_POLICY], "same money": earned["pool"] - earned["pool@same_money"]}
    found = [
        Finding(
            "P15",
            f"gain from pooling, {PEOPLE[-1]:,} less {PEOPLE[0]:,} people, against {name}, 万元 a village and year",
            "none",
            "none",
            f"{float(change.mean):+.2f}",
            f"{float(change.mean - change.half):+.2f} to {float(change.mean + change.half):+.2f}",
            REPORT,
        )
        for name, change in ((name, paired(gain[-1] - gain[0])) for name, gain in to.items())
    ]
    head = ("mean people a village", "earned income without policy", *(f"pool less {name}" for name in to))
    details = [
        "## P15: does pooling gain more in large villages?",
        "",
        f"Scenario `{scenario.name}`, {replications} replications, money a village unchanged, 万元 a village and year in the "
        "years after the policy years. Populations of 2,778 are those of Tianqiao's merging villages, 672 Shandong's mean.",
        "",
        *table(head, _by_people(earned, to), words=0),
    ]
    return found, details


def _by_people(earned: dict[str, Array], to: dict[str, Array]) -> Iterator[list[str]]:
    for place, people in enumerate(PEOPLE):
        gains = [paired(gain[place]) for gain in to.values()]
        cells = (interval(float(g.mean), float(g.half)) for g in gains)
        yield [f"{people:,}", f"{earned[NO_POLICY][place].mean():.2f}", *cells]
