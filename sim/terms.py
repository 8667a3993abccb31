"""Terms of a policy in one quarter: what all policies share 适用范围、出资方、预算、期限.

The engine works them out from the blocks of an arm; a policy's ``adjust`` turns levers and terms into parameters of
mechanisms, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.declare import Array, Mask, PayerArray, RunArray


@dataclass(frozen=True)
class Terms:
    """Where, when and on whose account a policy acts in a quarter; all zero in runs where it is not active."""

    in_scope: Mask
    """(runs, villages): the village is covered this quarter."""
    payer: PayerArray
    """(runs, public payers, 1): 1 for the payer, 0 elsewhere."""
    budget: RunArray
    """(runs, 1): 万元 released this quarter: the year's budget in the first active quarter of a calendar year."""
    fraction: RunArray
    """(runs, 1): share of the calendar year that the block is active, in its first active quarter; 0 later."""
    ends: RunArray
    """(runs, 1): 1 in the last quarter of the arm's last block of this policy."""

    starts: RunArray = field(default_factory=lambda: np.zeros((1, 1)))
    """(runs, 1): 1 in the first quarter of the block."""

    @property
    def opens(self) -> RunArray:
        """(runs, 1): 1 in the first active quarter of a calendar year."""
        return (self.fraction > 0).astype(float)

    def by_payer(self, amount: Array) -> PayerArray:
        """Spread an amount of shape (runs, 1) or (runs, villages) over the money axis: (runs, payers, villages)."""
        covered = amount * self.in_scope
        return self.payer * covered[:, None, :]


def added(before: PayerArray | None, more: PayerArray) -> PayerArray:
    """Sum on the money axis; different payers do not meet, so the order of blocks changes nothing."""
    return more if before is None else before + more
