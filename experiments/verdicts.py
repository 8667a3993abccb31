"""What differs from what, and by more than chance: pure functions over arrays, used by the maps and patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit
from scipy.stats import rankdata

from sim.declare import Array
from sim.outcomes import TIE

LEVEL = 0.05
FIRST, INNER, LAST, UNDECIDED = "first", "inner", "last", "undecided"


@dataclass(frozen=True)
class Verdicts:
    """Paired differences by row: mean, half width at 95%, and 1 (more), -1 (less) or 0 (cannot be told)."""

    mean: Array
    half: Array
    sign: Array


def paired(differences: Array) -> Verdicts:
    """Verdicts over the last axis (replications); NaN = no pair there, fewer than two pairs decide nothing."""
    settled = np.where(np.abs(differences) <= TIE, 0.0, differences)
    count = np.isfinite(settled).sum(axis=-1)
    known = np.maximum(count, 1)
    mean = np.where(count > 0, np.nansum(settled, axis=-1) / known, np.nan)
    squares = np.nansum((settled - mean[..., None]) ** 2, axis=-1)
    freedom = np.maximum(count - 1, 1)
    half = np.where(count > 1, stdtrit(freedom, 0.975) * np.sqrt(squares / freedom / known), np.inf)
    return Verdicts(mean, half, np.where(mean > half, 1, np.where(mean < -half, -1, 0)))


def shares(signs: Array) -> tuple[float, float, float]:
    """Shares of 1, -1 and 0."""
    return float(np.mean(signs == 1)), float(np.mean(signs == -1)), float(np.mean(signs == 0))


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


def impurity(labels: Array) -> float:
    """Gini impurity of labels times their number."""
    _, counts = np.unique(labels, return_counts=True)
    return float(len(labels) - (counts**2).sum() / len(labels)) if len(labels) else 0.0


@dataclass(frozen=True)
class Split:
    """A factor and the value that parts points best; ``below`` marks the points up to it."""

    name: str
    at: float
    below: npt.NDArray[np.bool_]


def best_split(coordinates: Sequence[Mapping[str, float]], labels: Array, least: int) -> Split | None:
    """The split that makes labels purest, at quartiles of a factor; both sides hold ``least`` points or more."""
    found: tuple[float, Split] | None = None
    for name in coordinates[0] if len(coordinates) else ():
        x = np.array([c[name] for c in coordinates])
        for at in np.unique(np.quantile(x, (0.25, 0.5, 0.75))):
            below = x <= at
            if min(below.sum(), (~below).sum()) < least:
                continue
            left = impurity(labels[below]) + impurity(labels[~below])
            if found is None or left < found[0] - 1e-12:
                found = (left, Split(name, float(at), below))
    return found[1] if found and found[0] < impurity(labels) - 1e-12 else None


def tree(
    coordinates: Sequence[Mapping[str, float]], labels: Array, depth: int = 2, least: int | None = None
) -> list[tuple[int, str, Array]]:
    """A small classification tree: (level, condition, labels of the points that meet it), from the root down.

    A description of the points drawn, not a test; leaves hold a tenth of all points or more.
    """
    least = max(1, len(labels) // 10) if least is None else least
    split = best_split(coordinates, labels, least) if depth else None
    if split is None:
        return []
    nodes: list[tuple[int, str, Array]] = []
    for side, sign in ((split.below, "≤"), (~split.below, ">")):
        nodes.append((0, _condition(split, sign), labels[side]))
        mine = [c for c, inside in zip(coordinates, side, strict=True) if inside]
        below = tree(mine, labels[side], depth - 1, least)
        nodes += [(level + 1, condition, found) for level, condition, found in below]
    return nodes


def _condition(split: Split, sign: str) -> str:
    """``name ≤ 0.3``; for an option of a form whether it is chosen."""
    if "=" in split.name:
        return f"`{split.name}`" if sign == ">" else f"not `{split.name}`"
    return f"`{split.name}` {sign} {split.at:.3g}"
