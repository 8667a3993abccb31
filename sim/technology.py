"""Project technology 项目技术: what a project of a kind and size yields, the one place where scale enters.

    pi = max(rho q M^w 100 (K / 100)^nu - F, idle K)          万元 a year, K in 万元

Own and joint projects use the same function: only money, manager and coordination differ. The mechanism ``projects``
declares the numbers; they travel in the state because the pool's decision looks at the same technology.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.declare import Array, Index, ProjectArray, VillageArray


@dataclass(frozen=True)
class Technology:
    """Numbers of all kinds of project, each of shape (runs, kinds, 1)."""

    margin: Array
    """rho, gross margin a year of a project of 100 万元 under a median manager."""
    overhead: Array
    """F, 万元 a year."""
    minimum: Array
    """Smallest project, 万元."""
    gestation: Array
    """Quarters before the first return."""
    depreciation: Array
    """Net of upkeep, 1/year."""
    hazard: Array
    """Probability of failure a year under a median manager."""
    management_weight: Array
    """w, how much of the manager's ability the kind needs."""
    scale: Array
    """nu, 1 under constant returns."""
    idle_rent: Array
    """What mothballed capital brings, 1/year."""
    salvage: Array
    """Share of capital that comes back from a failed or liquidated project, shape (runs, 1)."""
    hurdle: Array
    """Smallest expected return for which a project is started, 1/year, shape (runs, 1)."""


@dataclass(frozen=True)
class Portfolio:
    """Projects of all owners: capital 万元, age in quarters, quality; shape (runs, kinds, slots, villages)."""

    capital: ProjectArray
    age: ProjectArray
    quality: ProjectArray


def profit(capital: Array, log_management: Array, quality: Array, technology: Technology) -> Array:
    """Cash return of a project, 万元 a year; mothballed where running it brings less than leaving it idle.

    Arrays broadcast to (runs, kinds, villages) or (runs, kinds, slots, villages). ``quality`` carries the market too and
    is 0 where there is no project.
    """
    t = technology
    slots = (slice(None), slice(None), None) if capital.ndim == 4 else (slice(None), slice(None))
    exponent = t.scale[slots]
    # 100 (K/100)^nu = 100^(1-nu) K^nu. Powers of zero are slow: an empty place has quality 0 whatever its size.
    managed = t.margin[slots] * np.exp(t.management_weight[slots] * log_management) * np.power(100.0, 1.0 - exponent)
    cash = np.power(np.maximum(capital, 1e-9), exponent)
    cash *= quality
    cash *= managed
    cash -= t.overhead[slots]
    return np.maximum(cash, t.idle_rent[slots] * capital, out=cash)


def prospect(
    money: VillageArray, log_management: VillageArray, technology: Technology
) -> tuple[VillageArray, Index, VillageArray]:
    """The best project that ``money`` can start: (expected profit 万元 a year, kind, 1 where it is worth starting).

    Expected quality is 1. A kind is open from its minimum size on. The best open kind is the one with the highest
    expected profit net of wear and expected loss; worth starting means that its cash return is above the hurdle. Profit
    is 0 where no kind is open. All of shape (runs, villages).
    """
    best, kind, worth = np.zeros(money.shape), np.zeros(money.shape, dtype=np.int64), np.zeros(money.shape)
    # Few villages have the money for any project in a quarter: the rest are left out of the arithmetic.
    cases = np.flatnonzero((money > 0) & (money >= technology.minimum.min(axis=1)))
    if len(cases) == 0:
        return best, kind, worth
    runs = cases // money.shape[1]
    here = Technology(**{name: values.take(runs, axis=0) for name, values in vars(technology).items()})
    kinds = technology.minimum.shape[1]
    capital = np.repeat(money.ravel()[cases], kinds).reshape(-1, kinds, 1)
    management = np.repeat(log_management.ravel()[cases], kinds).reshape(-1, kinds, 1)
    expected = profit(capital, management, np.ones_like(capital), here)[:, :, 0]
    # Kinds wear and fail at different speeds: they are ranked by what is left once that is put aside.
    lost = here.depreciation[:, :, 0] + here.hazard[:, :, 0] * (1.0 - here.salvage)
    net = expected - lost * capital[:, :, 0]
    chosen = np.argmax(np.where(capital[:, :, 0] >= here.minimum[:, :, 0], net, -np.inf), axis=1)
    found = np.take_along_axis(expected, chosen[:, None], axis=1)[:, 0]
    best.ravel()[cases] = found
    kind.ravel()[cases] = chosen
    worth.ravel()[cases] = found > here.hurdle[:, 0] * money.ravel()[cases]
    return best, kind, worth


def place(
    projects: Portfolio,
    money: VillageArray,
    kind: Index,
    quality: VillageArray,
    technology: Technology,
    age: VillageArray | None = None,
) -> Portfolio:
    """Put ``money`` (0 where nothing starts) into the first free slot of a kind, else into its last project.

    Quality and age of a project that is extended become the averages of old and new capital, ages counted up to the
    gestation: the whole stands still for the part of the gestation that the new capital is of it. New capital has the
    given age, 0 by default. Returns a new portfolio.
    """
    capital, ages, drawn = projects.capital.copy(), projects.age.copy(), projects.quality.copy()
    runs, villages = np.nonzero(money > 0)
    kinds = kind[runs, villages]
    free = capital[runs, kinds, :, villages] == 0
    slots = np.where(free.any(axis=1), np.argmax(free, axis=1), capital.shape[2] - 1)
    where = (runs, kinds, slots, villages)
    added = money[runs, villages]
    before = capital[where]
    weight = before / (before + added)
    capital[where] = before + added
    gestation = technology.gestation[runs, kinds, 0]
    new = np.zeros_like(added) if age is None else age[runs, villages]
    mixed = np.minimum(ages[where], gestation) * weight + np.minimum(new, gestation) * (1.0 - weight)
    ages[where] = np.where(before > 0, mixed, new)
    drawn[where] = drawn[where] * weight + quality[runs, villages] * (1.0 - weight)
    return Portfolio(capital, ages, drawn)
