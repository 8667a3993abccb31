"""Pairing rules 结对规则: who helps whom, from strength, place and council.

Each rule returns the index of the village that helps, shape (runs, villages), -1 for a village without a helper. A
village that helps has no helper of its own. Groups are numbers; villages of one run and one number may be paired.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.declare import Index, VillageArray


def by_centre(centre: Index, block: Index) -> Index:
    """Each member is helped by its council's centre village, where both belong to the same block (0 is none)."""
    own = np.arange(centre.shape[1])
    return np.where((block > 0) & (centre != own) & (np.take_along_axis(block, centre, axis=1) == block), centre, -1)


class Ranking(NamedTuple):
    """Villages of all groups of all runs in one row, group after group, the highest first in each."""

    place: Index
    """Position of the village in the flattened (runs, villages)."""
    first: Index
    """(groups,): where in the row a group begins."""
    size: Index
    """(groups,)"""


def ranked(group: Index, value: VillageArray) -> Ranking:
    """Rank the villages of each group (-1: of none) by ``value``; of equals the lower index goes first."""
    taking = np.flatnonzero(group >= 0)
    run, label = taking // group.shape[1], group.ravel()[taking]
    order = np.lexsort((taking, -value.ravel()[taking], label, run))
    run, label = run[order], label[order]
    begins = np.ones(len(taking), dtype=bool)
    begins[1:] = (run[1:] != run[:-1]) | (label[1:] != label[:-1])
    first = np.flatnonzero(begins)
    return Ranking(taking[order], first, np.diff(first, append=len(taking)))


def by_rank(group: Index, value: VillageArray) -> Index:
    """The highest helps the lowest, the second highest the second lowest; the middle one of an odd number is alone."""
    place, first, size = ranked(group, value)
    rank = np.arange(len(place)) - np.repeat(first, size)
    opposite = np.repeat(first + size - 1, size) - rank
    helped = rank > opposite - np.repeat(first, size)
    helper = np.full(group.size, -1, dtype=np.int64)
    helper[place[helped]] = place[opposite[helped]] % group.shape[1]
    return helper.reshape(group.shape)


def by_distance(group: Index, value: VillageArray, x: VillageArray, y: VillageArray) -> Index:
    """Each of the lower half is helped by the nearest of the higher half; the middle one of an odd number is alone."""
    place, firsts, sizes = ranked(group, value)
    helper = np.full(group.size, -1, dtype=np.int64)
    east, north = x.ravel(), y.ravel()
    for first, size in zip(firsts, sizes, strict=True):
        half = size // 2
        if half == 0:
            continue
        strong, weak = np.sort(place[first : first + half]), place[first + size - half : first + size]
        distance = np.hypot(east[weak][:, None] - east[strong], north[weak][:, None] - north[strong])
        helper[weak] = strong[np.argmin(distance, axis=1)] % group.shape[1]
    return helper.reshape(group.shape)
