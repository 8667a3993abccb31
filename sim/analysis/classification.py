"""A small classification tree 分类树: which factors part points with one label from those with another.

A description of the points drawn, not a test: splits at quartiles of a factor, chosen by Gini impurity (Breiman et al. 1984).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[Any]


def impurity(labels: Labels) -> float:
    """Gini impurity of labels times their number."""
    _, counts = np.unique(labels, return_counts=True)
    return float(len(labels) - (counts**2).sum() / len(labels)) if len(labels) else 0.0


@dataclass(frozen=True)
class Split:
    """A factor and the value that parts points best; ``below`` marks the points up to it."""

    name: str
    at: float
    below: npt.NDArray[np.bool_]


def best_split(coordinates: Sequence[Mapping[str, float]], labels: Labels, least: int) -> Split | None:
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
    coordinates: Sequence[Mapping[str, float]], labels: Labels, depth: int = 2, least: int | None = None
) -> list[tuple[int, str, Labels]]:
    """A small classification tree: (level, condition, labels of the points that meet it), from the root down.

    A description of the points drawn, not a test; leaves hold a tenth of all points or more.
    """
    least = max(1, len(labels) // 10) if least is None else least
    split = best_split(coordinates, labels, least) if depth else None
    if split is None:
        return []
    nodes: list[tuple[int, str, Labels]] = []
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
