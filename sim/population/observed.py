"""Observed income 观测收入: endowments that return it in the first year without policy, in expectation.

    income = reserve land x rent + sum over quarters of S^t [q D^t G(K) - F] / 4,   t = 0..3
    G(K) = rho M^w 100 (K/100)^nu,   D = (1 - depreciation/4)^nu,   S = (1 - h)^(1/4)

S is the chance that the premises are still let and D their wear; h is the hazard under the village's own manager.
What is solved for depends on what the file gives:

- land rent alone exceeds the income: reserve land is scaled down to it and premises are dropped; premises that the
  file gives stay, at a quality that pays their overhead and nothing else (they then bring their idle rent);
- the file gives premises: their quality q is solved;
- it gives none, or 0, and income is left: premises are set to the size that yields the rest at the drawn quality, so
  that yields stay plausible. An asset of 0 beside an income that land cannot explain is taken for one not booked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import Array, RunArray, VillageArray


@dataclass(frozen=True)
class Premises:
    """Technology of leased premises, each of shape (runs, 1) but ``management`` and ``hazard`` (runs, villages)."""

    margin: RunArray
    overhead: RunArray
    scale: RunArray
    idle_rent: RunArray
    depreciation: RunArray
    management: VillageArray
    """M^w of the village's own manager."""
    hazard: VillageArray
    """Yearly probability of failure."""

    def gross(self, capital: Array) -> Array:
        """Gross rent of a year at quality 1 and without wear, 万元."""
        size = np.exp(self.scale * np.log(np.maximum(capital, 1e-9) / 100.0))
        return np.where(capital > 0, self.margin * self.management * 100.0 * size, 0.0)

    def capital(self, gross: Array) -> Array:
        """Capital whose gross rent at quality 1 is ``gross``, 万元: the inverse of :meth:`gross`."""
        size = gross / (100.0 * self.margin * self.management)
        return 100.0 * np.exp(np.log(np.maximum(size, 1e-12)) / self.scale)

    def needed(self, net: Array) -> Array:
        """Gross rent without wear that returns ``net`` in the first year, 万元."""
        alive = [np.exp(t * np.log1p(-self.hazard) / 4.0) for t in range(4)]
        worn = [a * np.exp(t * self.scale * np.log1p(-self.depreciation / 4.0)) for t, a in enumerate(alive)]
        return (4.0 * net + self.overhead * sum(alive)) / sum(worn)


@dataclass(frozen=True)
class Fitted:
    """What the fit changes, each (runs, villages)."""

    reserve_land: VillageArray
    assets: VillageArray
    quality: VillageArray


def fit(
    income: VillageArray,
    reserve_land: VillageArray,
    rent: RunArray,
    assets: VillageArray,
    assets_given: Array,
    quality: VillageArray,
    premises: Premises,
) -> Fitted:
    """Solve for endowments that return ``income`` (万元 a year); NaN there leaves a village as it is.

    ``assets_given`` is true where the file gives premises above 0. Shapes broadcast to (runs, villages).
    """
    observed = ~np.isnan(income)
    target = np.where(observed, income, 0.0)
    floor = np.where(assets_given, premises.idle_rent * assets, 0.0)
    for_land = np.maximum(target - floor, 0.0)
    rents = reserve_land * rent
    land = np.where(rents > for_land, for_land / np.maximum(rents, 1e-300), 1.0)
    net = target - rents * land
    earns = net > floor
    needed = premises.needed(np.where(earns, net, 0.0))
    size = np.where(earns, premises.capital(needed / quality), 0.0)
    solved = needed / np.maximum(premises.gross(assets), 1e-300)
    return Fitted(
        reserve_land=np.where(observed, reserve_land * land, reserve_land),
        assets=np.where(observed & ~assets_given, size, assets),
        quality=np.where(observed & assets_given, solved, quality),
    )
