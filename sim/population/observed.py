"""Observed income 观测收入: endowments that return it in the first year without policy, in expectation.

    income = reserve land x rent + sum over quarters of S^t [q D^t G(K) - F] / 4,   t = 0..3
    G(K) = rho M^w 100 (K/100)^nu,   D = (1 - depreciation/4)^nu,   S = (1 - h)^(1/4)

S is the chance that the premises are still let and D their wear; h is the hazard under the village's own
manager. Income is meant without the fees that firms are expected to pay. What is solved for depends on what the
file gives:

- land rent alone exceeds the income: reserve land is scaled down to it and premises are dropped; premises
  that the file gives stay, at a quality that pays their overhead and nothing else (they then bring their idle
  rent);
- the file gives premises: their quality q is solved;
- it gives none, or 0, and income is left: premises are set to the size that yields the rest at the drawn
  quality, so that yields stay plausible. An asset of 0 beside an income that land cannot explain is taken for
  one not booked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import Array, Mask, RunArray, VillageArray


@dataclass(frozen=True)
class Premises:
    """Technology of leased premises, by run; ``management`` and ``hazard`` by run and village."""

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
        return (4.0 * net + self.overhead * self._left(0.0 * self.scale)) / self._left(self.scale)

    def idle(self) -> VillageArray:
        """What mothballed premises bring in the first year, 万元 for each 万元 of capital."""
        return self.idle_rent * self._left(np.ones_like(self.scale)) / 4.0

    def _left(self, exponent: RunArray) -> VillageArray:
        """Sum over the quarters of a year of the chance to be let times capital left to the power ``exponent``."""
        quarter = np.log1p(-self.hazard) / 4.0 + exponent * np.log1p(-self.depreciation / 4.0)
        return 1.0 + np.exp(quarter) + np.exp(2.0 * quarter) + np.exp(3.0 * quarter)


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
    assets_given: Mask,
    quality: VillageArray,
    premises: Premises,
) -> Fitted:
    """Solve for endowments that return ``income`` (万元 a year); NaN there leaves a village as it is.

    ``assets_given`` is true where the file gives premises above 0. Shapes broadcast to (runs, villages).
    """
    observed: Mask = np.logical_not(np.isnan(income))
    target = np.where(observed, income, 0.0)
    idle = premises.idle()
    floor = np.where(assets_given, idle * assets, 0.0)
    for_land = np.maximum(target - floor, 0.0)
    rents = reserve_land * rent
    land = np.where(rents > for_land, for_land / np.maximum(rents, 1e-300), 1.0)
    net = target - rents * land
    earns = (rents <= for_land) & (net > floor)
    needed = premises.needed(np.where(earns, net, 0.0))
    # Very little is left: premises of that size would rather be mothballed, and bring their idle rent.
    size = np.minimum(premises.capital(needed / quality), net / np.maximum(idle, 1e-300))
    solved = needed / np.maximum(premises.gross(assets), 1e-300)
    return Fitted(
        reserve_land=np.where(observed, reserve_land * land, reserve_land),
        assets=np.where(observed & np.logical_not(assets_given), np.where(earns, size, 0.0), assets),
        quality=np.where(observed & assets_given, solved, quality),
    )
