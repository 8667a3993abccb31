"""The front 前沿: candidates that no other beats in every goal; which of them are shown; what looked too good.

All functions take arrays of which less is better unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.declare import Array

Mask = npt.NDArray[np.bool_]


def non_dominated(worth: Array) -> Mask:
    """Whether no other row is at least as good in all columns and better in one, (rows, goals). Equal rows all stay.

    >>> non_dominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]])).tolist()
    [True, True, False]
    """
    kept = np.ones(len(worth), dtype=bool)
    for place, row in enumerate(worth):
        kept[place] = not np.any(np.all(worth <= row, axis=1) & np.any(worth < row, axis=1))
    return kept


def spread(worth: Array, count: int) -> list[int]:
    """Rows that stand for all: the best in each goal, then always the one farthest from those chosen.

    Distances are on the ranges of the goals (Gonzalez 1985); the first of equals is taken. In the order of the rows.
    """
    if len(worth) <= count:
        return list(range(len(worth)))
    span = np.ptp(worth, axis=0)
    scaled = (worth - worth.min(axis=0)) / np.where(span > 0, span, 1.0)
    chosen = list(dict.fromkeys(int(row) for row in scaled.argmin(axis=0)))[:count]
    nearest = np.min([np.abs(scaled - scaled[row]).sum(axis=1) for row in chosen], axis=0)
    while len(chosen) < count and nearest.max() > 0:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.abs(scaled - scaled[chosen[-1]]).sum(axis=1))
    return sorted(chosen)


def hypervolume(worth: Array, reference: Array) -> float:
    """The volume that is dominated, up to a reference point; exact, by slices of the last goal.

    >>> hypervolume(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([2.0, 2.0]))
    3.0
    """
    inside = worth[np.all(worth < reference, axis=1)]
    if not len(inside):
        return 0.0
    if worth.shape[1] == 1:
        return float(reference[0] - inside.min())
    front = inside[non_dominated(inside)]
    front = front[np.argsort(front[:, -1], kind="stable")]
    levels = np.append(front[:, -1], reference[-1])
    total = 0.0
    for place in range(len(front)):
        height = levels[place + 1] - levels[place]
        if height > 0:
            total += height * hypervolume(front[: place + 1, :-1], reference[:-1])
    return float(total)


def best_within(worth: Array, cost: Array, limit: float, goals: Sequence[int]) -> int | None:
    """The row that is best in the first of ``goals``, the next deciding ties, among those that cost no more than a limit."""
    allowed = [row for row in range(len(cost)) if cost[row] <= limit]
    return min(allowed, key=lambda row: tuple(worth[row, goal] for goal in goals), default=None)
