"""What differs from what, and by more than chance: pure functions over arrays, used by the maps and patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import stdtr
from scipy.stats import rankdata

from sim.analysis.verdicts import Verdicts, paired, shares
from sim.declare import Array
from sim.outcomes import TIE

__all__ = ["Verdicts", "above", "best_of", "inner_beats_ends", "paired", "ranked", "shares", "spearman"]
LEVEL = 0.05
FIRST, INNER, LAST, UNDECIDED = "first", "inner", "last", "undecided"


# ---- is an inner value best?


def above(one: Array, other: Array) -> float:
    """One-sided p value of the paired t test that ``one`` has the larger mean; 1 where they are the same."""
    difference = np.where(np.abs(one - other) <= TIE, 0.0, one - other)
    spread = float(difference.std(ddof=1))
    if spread == 0.0:
        return 0.0 if difference.mean() > 0.0 else 1.0
    return float(stdtr(len(difference) - 1, -difference.mean() / spread * np.sqrt(len(difference))))


def best_of(outcomes: Array) -> str:
    """Which value is best: the first, the last, some value in between, or undecided. (replications, values) -> name.

    Three claims, each tested at a third of 5%, so that all three together err in at most 5% of cases:

    - an inner value is best: SOME inner value lies above both ends; p of one value is the larger of its two, and the
      smallest over the inner values is multiplied by their number (Bonferroni, which Holm equals for one rejection);
    - the first (last) is best, give or take its neighbour: it lies above EVERY other value but the one next to it, which
      is the same optimum as far as the grid can tell; p is the largest of them (intersection-union).

    Where an inner value is shown to lie above both ends, it is named, whatever else holds.
    """
    last = outcomes.shape[1] - 1
    inner = [max(above(outcomes[:, n], outcomes[:, end]) for end in (0, last)) for n in range(1, last)]
    if min(1.0, len(inner) * min(inner, default=1.0)) <= LEVEL / 3.0:
        return INNER
    rivals = {FIRST: (0, range(2, last + 1)), LAST: (last, range(last - 1))}
    p_values = {
        name: max(above(outcomes[:, end], outcomes[:, other]) for other in others)
        for name, (end, others) in rivals.items()
    }
    name = min(p_values, key=lambda claim: p_values[claim])
    return name if p_values[name] <= LEVEL / 3.0 else UNDECIDED


def inner_beats_ends(outcomes: Array) -> bool:
    """Some inner value beats both ends at 95%: chosen on the even replications, tested on the odd ones."""
    chosen = 1 + int(outcomes[::2, 1:-1].mean(axis=0).argmax())
    held_out = outcomes[1::2]
    return all(above(held_out[:, chosen], held_out[:, end]) <= LEVEL / 2.0 for end in (0, -1))


# ---- what goes with what


def spearman(x: Array, y: Array) -> float:
    """Rank correlation over pairs that are known, 0 where one side does not vary."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def ranked(coordinates: Sequence[Mapping[str, float]], outcome: Array) -> list[tuple[str, float]]:
    """Rank correlation of every factor with an outcome, the strongest first."""
    found = {name: spearman(np.array([c[name] for c in coordinates]), outcome) for name in coordinates[0]}
    return sorted(found.items(), key=lambda item: -abs(item[1]))
