"""Does the policy search find a known front under noise, and are the numbers that it shows unbiased?

Runs the very loop, choice of points, evaluation afresh and intervals of `lianjian optimise` on problems whose front is known, with
an evaluator that adds noise by replication: half of its variance common to all candidates, as common random numbers
make it, half a candidate's own. About four minutes of one processor.

    python -m experiments.search_check [--searches 30] [--seed 1] --out docs/statistics-search.md
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.markdown import table
from sim.declare import Array
from sim.search.candidates import Candidate, Variable
from sim.search.found import Found, Values, choose, judge, measured
from sim.search.front import hypervolume
from sim.search.loop import Archive, Entry, Scored, search
from sim.search.problem import Draws, Goal, Search
from sim.search.scores import Rule
from sim.statistics import Interval

BUDGET = 0.7
REPLICATIONS, FRESH = 10, 100
REFERENCE = np.array([BUDGET, 1.1])
KNOWN = 0.1 * BUDGET + 2.0 / 3.0 * BUDGET**1.5
"""Volume that the front of the cost problem dominates within the budget: integral of .1 + sqrt(cost)."""
NOISES = (0.0, 0.05, 0.2)
VARIABLES = (
    Variable("first", "real"),
    Variable("second", "real"),
    Variable("third", "real"),
    Variable("whole", "whole", 0, 10),
    Variable("ordered", "level", 0, 4),
    Variable("kind", "level", 0, 3, ordered=False),
    Variable("member a", "truth"),
    Variable("member b", "truth"),
)
"""Every sort of variable that a search has."""


@dataclass(frozen=True)
class Problem:
    """Goals of a candidate without noise, (goals,), less is better, and the signs that turn them into what is searched."""

    true: Callable[[Candidate], Array]
    goals: tuple[Goal, ...]
    budget: float | None
    algorithm: str
    population: int
    generations: int


def zdt1(candidate: Candidate) -> Array:
    """Cost and minus gain: ZDT1 (Zitzler, Deb and Thiele 2000) whose distance from the front has parts of every sort."""
    first, second, third, whole, ordered, kind, a, b = candidate
    parts = (second, third, whole / 10, ordered / 4, float(kind != 2), float(a), float(b))
    distance = 1.0 + 9.0 * sum(parts) / len(parts)
    return np.array([first, distance * (1.0 - math.sqrt(first / distance)) - 1.0])


def dtlz2(goals: int) -> Callable[[Candidate], Array]:
    """DTLZ2 (Deb, Thiele, Laumanns and Zitzler 2002): the front is a part of the unit sphere."""

    def true(candidate: Candidate) -> Array:
        angles = [math.pi / 2 * value for value in candidate[: goals - 1]]
        distance = 1.0 + sum((value - 0.5) ** 2 for value in candidate[goals - 1 :])
        found = []
        for goal in range(goals):
            product = math.prod(math.cos(angle) for angle in angles[: goals - 1 - goal])
            found.append(distance * product * (math.sin(angles[goals - 1 - goal]) if goal else 1.0))
        return np.array(found)

    return true


COST, GAIN = Goal("public_cost", "less", difference=False), Goal("earned_income", "more", difference=True)
OTHERS = ("public_cost", "gini", "share_of_losers", "theil")
"""Goals of the problems with three and four; what they are called means nothing there."""
PROBLEM = Problem(zdt1, (GAIN, COST), BUDGET, "nsga2", 32, 100)


def noise(candidate: Candidate, replications: int, seed: int, goals: int, size: float) -> Array:
    """(replications, goals): a part that all candidates of a seed have in common, and one of the candidate's own."""
    own = int.from_bytes(hashlib.sha256(repr((seed, candidate)).encode()).digest()[:8], "big")
    shape = replications, goals
    parts = [np.random.default_rng(root).standard_normal(shape) for root in (seed, own)]
    return size * (parts[0] + parts[1]) / math.sqrt(2.0)


def measure(problem: Problem, candidate: Candidate, replications: int, seed: int, size: float) -> Array:
    """Values in the units of the goals, (worlds = 1, replications, goals)."""
    signs = np.array([goal.sign for goal in problem.goals])
    worth = _ordered(problem, problem.true(candidate))
    drawn = noise(candidate, replications, seed, len(signs), size)
    if problem is PROBLEM:
        drawn[:, 1] *= 0.1  # money is known better than gains
    return np.asarray((signs * worth + drawn)[None])


def _ordered(problem: Problem, worth: Array) -> Array:
    """Goals as searched: cost stands last."""
    return worth[::-1] if problem is PROBLEM else worth


def run(problem: Problem, variables: Sequence[Variable], size: float, seed: int, *, at_random: bool = False) -> Found:
    """One search, its front on fresh draws; ``at_random`` draws as many candidates without learning."""
    asked = Search(
        name="check", title={}, question="", scenario=None, arm="", members=(), fixed=(), decisions=(),  # type: ignore[arg-type]
        goals=problem.goals, budget=problem.budget, compare=(), population=problem.population,
        generations=problem.generations, algorithm=problem.algorithm, shown=20, draws=Draws(REPLICATIONS, 2 * seed),
        fresh=Draws(FRESH, 2 * seed + 1), seed=seed, robust=None, time_limit_s=1.0,
    )  # fmt: skip
    rule, signs = Rule.of(problem.goals, None), np.array([goal.sign for goal in problem.goals])
    cost = [goal.outcome for goal in problem.goals].index("public_cost") if problem.budget else None

    def evaluate(generation: int, candidates: Sequence[Candidate]) -> list[Scored]:
        scored = []
        for candidate in candidates:
            worth = rule(measure(problem, candidate, REPLICATIONS, asked.draws.seed, size))
            scored.append(Scored(worth, 0.0 if cost is None else float(worth[cost])))
        return scored

    def decode(raw: Mapping[str, Any]) -> Candidate:
        return tuple(_plain(variable, raw[variable.name]) for variable in variables)

    if at_random:
        drawn = _at_random(variables, problem.population * problem.generations, seed)
        found = zip(drawn, evaluate(0, drawn), strict=True)
        archive = Archive({candidate: Entry(candidate, 0, scored) for candidate, scored in found}, len(drawn))
    else:
        archive = search(
            variables, decode, signs, evaluate, algorithm=problem.algorithm, population=problem.population,
            generations=problem.generations, seed=seed, budget=problem.budget,
        )  # fmt: skip
    chosen = choose(asked, archive, {})
    values = [
        np.array([measure(problem, c, draws.replications, draws.seed, size) for c in chosen.candidates])
        for draws in (asked.draws, asked.fresh)
    ]
    assert measured(asked) == problem.goals
    none = Values(np.empty((0, 1, REPLICATIONS, len(signs))), np.empty((0, 1, FRESH, len(signs))))
    return judge(asked, None, archive, chosen, Values(*values), none)  # type: ignore[arg-type]


def _at_random(variables: Sequence[Variable], count: int, seed: int) -> list[Candidate]:
    """Candidates drawn evenly, without learning."""
    rows = np.random.default_rng(seed).random((count, len(variables)))
    return [tuple(_plain(v, _scaled(v, u)) for v, u in zip(variables, row, strict=True)) for row in rows]


def _scaled(variable: Variable, uniform: float) -> float:
    if variable.sort == "real":
        return float(variable.low + (variable.high - variable.low) * uniform)
    return math.floor(variable.low + (variable.high - variable.low + 1) * uniform)


def _plain(variable: Variable, value: Any) -> Any:
    if variable.sort == "real":
        return float(f"{float(value):.3g}")
    return bool(value) if variable.sort == "truth" else int(value)


@dataclass(frozen=True)
class Seen:
    """What a search reached, by what one looks at."""

    true: float
    searched: float
    fresh: float
    gap_searched: float
    """Gain in the search less the true one, mean over the points of the front."""
    gap_fresh: float
    told: float
    """The optimism that is reported."""
    inside: float
    """Share of the points whose fresh interval of the gain holds the true one."""


def look(found: Found, problem: Problem) -> Seen:
    """Compare a front with the truth that it knows nothing of."""
    signs = np.array([goal.sign for goal in problem.goals])
    front = [point for point in found.points if point.on_front]
    true = np.array([_ordered(problem, problem.true(point.candidate or ())) for point in front]) * signs
    searched = np.array([point.searched for point in front])
    fresh = np.array([[at.mean for at in point.fresh] for point in front])
    volumes = [_volume(signs * values) for values in (true, searched, fresh)]
    holds = [_inside(point.fresh[0], row[0]) for point, row in zip(front, true, strict=True)]
    gains = (searched - true)[:, 0].mean(), (fresh - true)[:, 0].mean()
    return Seen(*volumes, *map(float, gains), found.optimism[0].mean, float(np.mean(holds)))


def _inside(at: Interval, true: float) -> bool:
    return bool(at.low - 1e-9 <= true <= at.high + 1e-9)


def _volume(worth: Array) -> float:
    """(gain, cost) to be minimised -> the share of the known volume."""
    return hypervolume(np.column_stack([worth[:, 1], worth[:, 0] + 1.0]), REFERENCE) / KNOWN


def known_front_lines(searches: int, seed: int) -> list[str]:
    """Hypervolume reached, and what looked too good, by size of the noise."""
    lines, biases = [], []
    for size in NOISES:
        for at_random in (False, True):
            seen = [
                look(run(PROBLEM, VARIABLES, size, seed + k, at_random=at_random), PROBLEM) for k in range(searches)
            ]
            mean = {name: np.mean([getattr(one, name) for one in seen]) for name in Seen.__dataclass_fields__}
            error = {n: np.std([getattr(one, n) for one in seen], ddof=1) / math.sqrt(searches) for n in mean}
            how = "random draws" if at_random else "search"
            lines.append([f"{size:g}", how, *(f"{mean[n]:.3f}" for n in ("true", "searched", "fresh"))])
            if not at_random and size:
                biases.append([f"{size:g}", *(f"{mean[n]:+.4f} ±{error[n]:.4f}" for n in ("gap_searched", "told", "gap_fresh")),
                               f"{mean['inside']:.3f}"])  # fmt: skip
    return [
        f"Hypervolume of the at most 20 points shown, as a share of that of the known front ({KNOWN:.4f}), mean of "
        f"{searches} searches of {PROBLEM.population * PROBLEM.generations:,} candidates. `in the search` is what the "
        "search believes, `fresh` what is shown, `true` what its points are worth without noise.",
        "",
        *table(["noise", "candidates", "true", "in the search", "fresh"], lines),
        "",
        "What looked too good: gain of the points of the front less their true gain, mean over points and searches, ± "
        "Monte Carlo standard error. `optimism reported` is what front.md says. Shares of points whose 95% interval of the "
        "gain on fresh draws holds the truth.",
        "",
        *table(["noise", "in the search", "optimism reported", "fresh", "interval holds"], biases),
    ]


def sphere_lines(searches: int, seed: int) -> list[str]:
    """How far the points are from a front that is a sphere, with three goals and with four."""
    lines = []
    for goals, algorithm, population in ((3, "nsga2", 40), (4, "nsga3", 40)):
        named = OTHERS[:goals]
        problem = Problem(dtlz2(goals), tuple(Goal(n, "less", False) for n in named), None, algorithm, population, 40)
        variables = [Variable(f"x{k}", "real") for k in range(goals + 4)]
        for size in NOISES[:2]:
            radii = []
            for k in range(searches):
                found = run(problem, variables, size, seed + k)
                radii += [float(np.linalg.norm(problem.true(p.candidate or ()))) for p in found.points if p.on_front]
            first = [
                float(np.linalg.norm(problem.true(tuple(row))))
                for row in np.random.default_rng(seed).random((500, len(variables)))
            ]
            how = {"nsga2": "NSGA-II", "nsga3": "NSGA-III"}[algorithm]
            lines.append([str(goals), how, f"{size:g}",
                          f"{np.mean(first) - 1:.3f}", f"{np.mean(radii) - 1:.3f}"])  # fmt: skip
    return table(["goals", "algorithm", "noise", "random candidates", "points shown"], lines)


def markdown(searches: int, seed: int) -> str:
    """The whole page."""
    few = max(2, searches // 10)
    lines = [
        "# Does the search find a front that is known, and are its numbers unbiased?",
        "",
        f"`python -m experiments.search_check --searches {searches} --seed {seed}`: problems with a known front, evaluated "
        f"by {REPLICATIONS} noisy replications in the search and {FRESH} fresh ones afterwards, through the loop, the choice "
        "of points and the intervals of `lianjian optimise`. Noise is the standard deviation of a replication; half of its "
        "variance is common to all candidates. Gains on the front lie between 0 and .84.",
        "",
        "## A front of cost and gain under a budget",
        "",
        "ZDT1 as cost and gain, with reals, a whole number, levels, a kind and two members to be left out; the budget is "
        f"{BUDGET:g} of the range of costs; every gain on the front needs all of them right.",
        "",
        *known_front_lines(searches, seed),
        "",
        "How to read it: choosing the best of many noisy numbers makes them look better than they are, and the more noise "
        "the more. Fresh draws undo it, and the difference is reported.",
        "",
        "## Many goals",
        "",
        "DTLZ2, whose front is a part of the unit sphere: mean distance of candidates from it, "
        f"{few} searches of 1,600 candidates.",
        "",
        *sphere_lines(few, seed),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = markdown(given.searches, given.seed)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
