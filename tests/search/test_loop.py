"""The loop and the algorithms: known fronts, budgets, failures, the same seed the same way."""

import numpy as np
import pytest

pytest.importorskip("pymoo")

from sim.search.algorithm import partitions
from sim.search.candidates import Variable
from sim.search.front import non_dominated
from sim.search.loop import Scored, over_budget, search

VARIABLES = (
    Variable("x", "real"),
    Variable("y", "real"),
    Variable("n", "whole", 0, 6),
    Variable("level", "level", 0, 3),
    Variable("kind", "level", 0, 2, ordered=False),
    Variable("in", "truth"),
)


def decode(raw):
    numbers = round(float(raw["x"]), 3), round(float(raw["y"]), 2)
    return (*numbers, *(int(raw[name]) for name in ("n", "level", "kind")), bool(raw["in"]))


def worth(candidate):
    """Cost x, loss 1 - x and what is wrong in the rest: the front is a line."""
    x, y, n, level, kind, is_in = candidate
    return np.array([x, 1.0 - x + y + abs(n - 3) / 6 + level / 3 + (kind != 1) + is_in])


def run(seed=1, generations=30, budget=None, fails=lambda candidate: False, first=(), algorithm="nsga2", asked=None):
    def evaluate(generation, candidates):
        if asked is not None:
            asked.extend(candidates)
        return [Scored(None, why="bad") if fails(c) else Scored(worth(c), float(worth(c)[0])) for c in candidates]

    return search(
        VARIABLES, decode, np.array([1.0, 1.0]), evaluate, algorithm=algorithm, population=20,
        generations=generations, seed=seed, budget=budget, first=first,
    )  # fmt: skip


def front(archive):
    entries = [e for e in archive.entries.values() if e.scored.goals is not None]
    values = np.array([e.scored.goals for e in entries])
    return values[non_dominated(values)]


@pytest.mark.parametrize("algorithm", ["nsga2", "nsga3"])
def test_a_line_is_found(algorithm):
    found = front(run(algorithm=algorithm, generations=50))
    assert np.abs(found.sum(axis=1) - 1.0).mean() < 0.25
    assert np.ptp(found[:, 0]) > 0.5


def test_the_same_seed_goes_the_same_way_whatever_else_draws():
    one = list(run(generations=6).entries)
    np.random.seed(7)  # noqa: NPY002 - what somebody else's code may do
    np.random.random(3)  # noqa: NPY002
    assert list(run(generations=6).entries) == one
    assert list(run(seed=2, generations=6).entries) != one


def test_no_candidate_is_evaluated_twice():
    asked = []
    archive = run(asked=asked)
    assert len(asked) == len(set(asked)) == len(archive.entries)
    assert archive.proposed >= len(asked)


def test_it_starts_with_what_it_is_given():
    first = {"x": 0.5, "y": 0.0, "n": 3, "level": 0, "kind": 1, "in": False}
    assert next(iter(run(generations=1, first=[first]).entries)) == (0.5, 0.0, 3, 0, 1, False)


def test_later_candidates_keep_to_the_budget():
    entries = run(budget=0.2).entries.values()
    early = [entry.scored.cost <= 0.2 for entry in entries if entry.generation == 0]
    late = [entry.scored.cost <= 0.2 for entry in entries if entry.generation > 15]
    assert np.mean(late) > 0.6 > np.mean(early)


def test_what_fails_is_counted_and_left():
    archive = run(fails=lambda candidate: candidate[5])
    late = [entry.candidate[5] for entry in archive.entries.values() if entry.generation > 15]
    assert archive.failed
    assert np.mean(late) < 0.25


def test_all_may_fail():
    archive = run(generations=3, fails=lambda candidate: True)
    assert len(archive.failed) == len(archive.entries) > 20


@pytest.mark.parametrize(("cost", "budget", "over"), [(5, None, -1), (5, 10, -0.5), (15, 10, 0.5), (10, 10, 0)])
def test_over_budget(cost, budget, over):
    assert over_budget(cost, budget) == over


@pytest.mark.parametrize("goals", [2, 3, 4, 5])
def test_reference_directions_are_no_more_than_candidates(goals):
    from pymoo.util.ref_dirs import get_reference_directions

    count = len(get_reference_directions("das-dennis", goals, n_partitions=partitions(goals, 36)))
    assert count <= 36 < len(get_reference_directions("das-dennis", goals, n_partitions=partitions(goals, 36) + 1))
