"""The search 搜索过程: propose, evaluate what is new, learn, until the generations are over; whoever evaluates.

Nothing here is stored: the same seed and the same evaluations go the same way, so a search that was stopped goes through
its generations again and finds them evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.declare import Array
from sim.search.algorithm import Algorithm, without_values
from sim.search.candidates import Candidate, Variable

FAILED_EXCESS = 1e9
"""In place of a cost beyond the budget: worse than any."""


@dataclass(frozen=True)
class Scored:
    """What an evaluation found of a candidate."""

    goals: Array | None
    """Value of each goal in its own unit, (goals,); None where it failed."""
    cost: float = 0.0
    """Mean public cost."""
    why: str = ""
    """Why it failed."""


@dataclass(frozen=True)
class Entry:
    """A candidate that was evaluated: in which generation, and with what result."""

    candidate: Candidate
    generation: int
    scored: Scored


@dataclass
class Archive:
    """Every candidate that was evaluated, in the order of evaluation."""

    entries: dict[Candidate, Entry] = field(default_factory=dict)
    proposed: int = 0
    """Candidates proposed, those that were known already included."""

    @property
    def failed(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.scored.goals is None]


Evaluate = Callable[[int, Sequence[Candidate]], Sequence[Scored]]
"""(number of the generation, candidates that are new) -> what they are worth."""
Learned = Callable[[int, Archive], None]
"""Called after each generation with its number and all that is known."""


def search(
    variables: Sequence[Variable],
    decode: Callable[[Mapping[str, Any]], Candidate],
    signs: Array,
    evaluate: Evaluate,
    *,
    algorithm: str,
    population: int,
    generations: int,
    seed: int,
    budget: float | None = None,
    first: Sequence[Mapping[str, Any]] = (),
    learned: Learned = lambda generation, archive: None,
) -> Archive:
    """Evaluate candidates, generation by generation. ``signs`` (1 less is better, -1 more is) turn goals to be minimised."""
    archive = Archive()
    limited = True  # failures need a limit to be beyond
    made = Algorithm(
        variables, len(signs), name=algorithm, population=population, seed=seed, limited=limited, first=first
    )
    for generation in range(generations):
        proposed = [decode(raw) for raw in made.ask()]
        if not proposed:
            break
        new = list(dict.fromkeys(candidate for candidate in proposed if candidate not in archive.entries))
        for candidate, scored in zip(new, evaluate(generation, new) if new else (), strict=True):
            archive.entries[candidate] = Entry(candidate, generation, scored)
        archive.proposed += len(proposed)
        made.tell(*_worth([archive.entries[candidate].scored for candidate in proposed], signs, budget))
        learned(generation, archive)
    return archive


def _worth(scored: Sequence[Scored], signs: Array, budget: float | None) -> tuple[Array, Array]:
    worth = without_values(len(scored), len(signs))
    excess = np.full(len(scored), FAILED_EXCESS)
    for place, one in enumerate(scored):
        if one.goals is not None:
            worth[place] = signs * one.goals
            excess[place] = over_budget(one.cost, budget)
    return worth, excess


def over_budget(cost: float, budget: float | None) -> float:
    """How far a cost is beyond the budget, as a share of it; at most 0 where it is allowed."""
    return -1.0 if budget is None else (cost - budget) / max(budget, 1.0)
