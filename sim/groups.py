"""Sums, means and extremes over the members of a council, or of a town; sums over firms by host village.

A council is named by the index of its founding village; -1 means no council. All results have the shape
(runs, villages): ``total`` gives a council's sum at its founding village and 0 elsewhere, ``of`` hands a council's
value back to its members. Sums run over villages in their own order by ``bincount``, so that neither the number of
runs in a batch nor the place of a run in it changes a bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import Array, CouncilArray, Index, Mask, VillageArray


@dataclass(frozen=True)
class Groups:
    """Membership of councils, with what follows from it (made by :func:`groups`)."""

    council: Index
    """(runs, villages): index of the founding village, -1 for none."""
    flat: Index
    """(runs * villages,): position of the founding village in a flattened array; own position where none."""
    member: Mask
    """(runs, villages): belongs to a council."""
    size: CouncilArray
    """(runs, villages): number of members, at every member (1 for a village on its own)."""
    founder: Mask
    """(runs, villages): is the founding village of a council."""

    def total(self, values: Array) -> CouncilArray:
        """Sum over the members, at the founding village; 0 elsewhere."""
        runs, villages = self.council.shape
        weights = np.where(self.member, values, 0.0).ravel()
        sums: Array = np.bincount(self.flat, weights=weights, minlength=runs * villages).astype(float, copy=False)
        return sums.reshape(runs, villages)

    def of(self, council_values: Array) -> VillageArray:
        """The value of a village's council (its own entry where it has none)."""
        return np.take(council_values.ravel(), self.flat).reshape(self.council.shape)

    def sum(self, values: Array) -> VillageArray:
        """Sum over the members, at every member; a village on its own gets its own value."""
        return self.of(np.where(self.member, self.total(values), values))

    def mean(self, values: Array) -> VillageArray:
        """Mean over the members, at every member."""
        return self.sum(values) / self.size

    def spread(self, values: Array) -> VillageArray:
        """Standard deviation over the members (population form), at every member."""
        centred = values - self.mean(values)
        return np.sqrt(np.maximum(self.mean(centred * centred), 0.0))

    def argmax(self, values: Array) -> Index:
        """Index of the member with the highest value, at every member; the first one wins a tie."""
        runs, villages = self.council.shape
        highest = np.full(runs * villages, -np.inf)
        np.maximum.at(highest, self.flat, values.ravel())
        wins = values.ravel() == highest[self.flat]
        index = np.tile(np.arange(villages), runs)
        best = np.full(runs * villages, villages, dtype=np.int64)
        np.minimum.at(best, self.flat[wins], index[wins])
        return best[self.flat].reshape(runs, villages)


def groups(council: Index) -> Groups:
    """Build the membership from council labels of shape (runs, villages)."""
    runs, villages = council.shape
    member = council >= 0
    own = np.broadcast_to(np.arange(villages), council.shape)
    first = np.where(member, council, own) + np.arange(runs)[:, None] * villages
    flat = np.ascontiguousarray(first.ravel())
    counts = np.bincount(flat, minlength=runs * villages).astype(float)
    return Groups(
        council=np.ascontiguousarray(council),
        flat=flat,
        member=member,
        size=counts[flat].reshape(runs, villages),
        founder=member & (council == own),
    )


def pick(values: Array, index: Index) -> Array:
    """``values[run, index[run, village]]`` for arrays of shape (runs, villages)."""
    runs, villages = index.shape
    rows = np.arange(runs)[:, None] * villages
    picked: Array = np.take(np.broadcast_to(values, index.shape).ravel(), (index + rows).ravel())
    return picked.reshape(index.shape)


def hosted(values: Array, host: Index, villages: int) -> VillageArray:
    """Sum of firms' values by host village: (runs, places) -> (runs, villages); a place with host -1 is empty."""
    occupied = np.flatnonzero(host >= 0)
    runs, places = host.shape
    flat = occupied // places * villages + host.ravel()[occupied]
    sums = np.bincount(flat, weights=values.ravel()[occupied], minlength=runs * villages)
    return sums.astype(float, copy=False).reshape(runs, villages)


TINY = 1e-300
"""Below this a sum is nothing: quotients of such numbers overflow."""


def part(value: Array, total: Array) -> Array:
    """``value / total``, 0 where the total is 0 or so small that the quotient has no meaning."""
    positive = total > TINY
    return np.where(positive, value / np.where(positive, total, 1.0), 0.0)
