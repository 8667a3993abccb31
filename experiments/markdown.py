"""Tables in Markdown and the words that maps share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from experiments.verdicts import ranked, shares
from sim.analysis.classification import tree
from sim.declare import Array


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> list[str]:
    """Lines of a table; the first ``words`` columns hold words, the others numbers."""
    rule = [("---" if place < words else "---:") for place in range(len(head))]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{share:.0%}"


def interval(mean: float, half: float, digits: int = 2) -> str:
    """``+1.20 [+0.80, +1.60]``; the mean alone where there is no interval, a dash where there is no mean."""
    if not np.isfinite(mean):
        return "—"
    if not np.isfinite(half):
        return f"{mean:+.{digits}f}"
    return f"{mean:+.{digits}f} [{mean - half:+.{digits}f}, {mean + half:+.{digits}f}]"


def correlations(coordinates: Sequence[Mapping[str, float]], outcome: Array, first: int = 12) -> list[str]:
    """Table of the factors that go with an outcome, the strongest first."""
    found = ranked(coordinates, outcome)[:first]
    return table(("factor", "rank correlation"), ((f"`{name}`", f"{value:+.2f}") for name, value in found))


def noise(points: int) -> str:
    """How large a rank correlation chance alone gives."""
    return f"Noise alone gives rank correlations up to about {2 / np.sqrt(points):.2f} (two standard errors)."


def verdict_cells(signs: Array, means: Array) -> list[str]:
    """Shares of more, less and undecided, and the median difference."""
    return [*(percent(share) for share in shares(signs)), f"{np.nanmedian(means):+.2f}"]


def by_form(
    coordinates: Sequence[Mapping[str, float]], signs: Array, means: Array, where: str = "="
) -> Iterable[list[str]]:
    """One row for each option of each form and lever that is chosen: how often, and the verdicts there."""
    for name in (name for name in coordinates[0] if "=" in name and where in name):
        mine = np.array([c[name] > 0 for c in coordinates])
        if mine.any():
            cells = verdict_cells(signs[mine], means[mine])
            yield [f"`{name.removeprefix('forms.')}`", str(mine.sum()), *cells]


def tree_lines(coordinates: Sequence[Mapping[str, float]], labels: Array) -> list[str]:
    """The tree as an indented list, with the shares of the labels in each branch."""
    names = np.unique(labels)
    lines = []
    for level, condition, mine in tree(coordinates, labels):
        parts = ", ".join(f"{name} {np.mean(mine == name):.0%}" for name in names)
        lines.append(f"{'  ' * level}- {condition}: {len(mine)} points, {parts}")
    return lines or ["- No factor parts the points."]


def two_way(
    coordinates: Sequence[Mapping[str, float]], one: str, other: str, labels: Array, shown: Sequence[str]
) -> list[str]:
    """Table of the shares of some labels by thirds of two factors: ``one`` down, ``other`` across."""
    thirds = {}
    for name in (one, other):
        x = np.array([c[name] for c in coordinates])
        edges = np.quantile(x, (0.0, 1 / 3, 2 / 3, 1.0))
        places = np.searchsorted(edges[1:3], x, side="right")
        thirds[name] = [(f"{low:.3g} to {high:.3g}", places == n) for n, (low, high) in enumerate(pairwise(edges))]

    def cell(mine: Array) -> str:
        if not mine.any():
            return "—"
        return " / ".join(percent(float(np.mean(labels[mine] == label))) for label in shown) + f" ({mine.sum()})"

    rows = ([words, *(cell(down & across) for _, across in thirds[other])] for words, down in thirds[one])
    return table(("", *(words for words, _ in thirds[other])), rows)


def extreme(share: float, claim: str, none: str, every: str) -> list[str]:
    """A share in words; where it is 0 or 1 the reason from the equations, so that nobody takes it for a finding."""
    line = f"{claim}: {share:.0%} of points."
    if share <= 0.0:
        return [f"{line} {none}", ""]
    if share >= 1.0:
        return [f"{line} {every}", ""]
    return [line, ""]
