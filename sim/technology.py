"""Project technology 项目技术: what a project of a kind and size yields, the one place where scale enters.

    pi = max(rho q M^w 100 (K / 100)^nu - F, idle K)          万元 a year, K in 万元

Own and joint projects use the same function: only money, manager and coordination differ. The mechanism ``projects``
declares the numbers; they travel in the state because the pool's decision looks at the same technology.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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
    minimum_extension: Array
    """Smallest sum by which a project is extended, 万元, infinite where that is ruled out, shape (runs, 1)."""
    salvage: Array
    """Share of capital that comes back from a failed project, shape (runs, 1)."""
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

    Arrays broadcast to (runs, kinds, villages) or (runs, kinds, slots, villages), or hold one number a project, as those
    of :func:`of_projects`. ``quality`` carries the market too and is 0 where there is no project.
    """
    t = technology
    slots = (slice(None), slice(None), None) if capital.ndim == 4 else ...
    exponent = t.scale[slots]
    # 100 (K/100)^nu = 100^(1-nu) K^nu. Powers of zero are slow: an empty place has quality 0 whatever its size.
    managed = t.margin[slots] * np.exp(t.management_weight[slots] * log_management) * np.power(100.0, 1.0 - exponent)
    cash = np.power(np.maximum(capital, 1e-9), exponent)
    cash *= quality
    cash *= managed
    cash -= t.overhead[slots]
    return np.maximum(cash, t.idle_rent[slots] * capital, out=cash)


class Standing(NamedTuple):
    """Where the projects are, as positions in flattened arrays, one entry a project."""

    place: Index
    """In (runs, kinds, slots, villages)."""
    run: Index
    kind: Index
    """In (runs, kinds)."""
    owner: Index
    """In (runs, villages)."""
    market: Index
    """In (runs, kinds, villages)."""


def standing(capital: ProjectArray) -> Standing:
    """The places that hold a project, in their order: kind by kind within a run, slot by slot, village by village."""
    _, kinds, slots, villages = capital.shape
    place = np.flatnonzero(capital != 0)
    row = place // villages
    village = place - row * villages
    kind = row // slots
    run = kind // kinds
    return Standing(place, run, kind, run * villages + village, kind * villages + village)


def of_projects(technology: Technology, run: Index, kind: Index) -> Technology:
    """The technology of single projects at their positions in (runs,) and (runs, kinds): arrays of shape (projects,)."""
    return Technology(
        **{name: values.take(kind if values.ndim == 3 else run) for name, values in vars(technology).items()}
    )


class Prospect(NamedTuple):
    """What an owner would do with money at hand; every array has the shape (runs, villages)."""

    profit: VillageArray
    """Expected gain of profit, 万元 a year; 0 where nothing can be started."""
    kind: Index
    slot: Index
    """The project of that kind that is extended, NEW for a new one."""
    worth: VillageArray
    """1 where the cash return of the money is above the hurdle."""


NEW = -1
TIE = 1e-9
"""万元 a year: gains closer than this are equal, and money then goes to a project that is there."""


def prospect(
    money: VillageArray, log_management: VillageArray, technology: Technology, held: Portfolio | None = None
) -> Prospect:
    """The best use of ``money``: a new project of expected quality 1, or an extension of the largest one of a kind.

    A kind is open from its minimum size on; a project that the owner holds can be extended from the minimum extension
    on, at its own quality and without a second overhead. Uses are ranked by the expected gain of profit net of wear and
    expected loss, because kinds wear and fail at different speeds.
    """
    found = Prospect(
        np.zeros(money.shape),
        np.zeros(money.shape, dtype=np.int64),
        np.full(money.shape, NEW, dtype=np.int64),
        np.zeros(money.shape),
    )
    # Few villages have the money for anything in a quarter: the rest are left out of the arithmetic.
    smallest = technology.minimum.min(axis=1)
    smallest = smallest if held is None else np.minimum(smallest, technology.minimum_extension)
    cases = np.flatnonzero((money > 0) & (money >= smallest))
    if len(cases) == 0:
        return found
    runs = cases // money.shape[1]
    here = Technology(**{name: values.take(runs, axis=0) for name, values in vars(technology).items()})
    added = money.ravel()[cases][:, None]
    gain, slot = _gains(added, log_management.ravel()[cases][:, None], here, _of_cases(held, cases))
    lost = here.depreciation[:, :, 0] + here.hazard[:, :, 0] * (1.0 - here.salvage)
    kind = np.argmax(gain - lost * added, axis=1)
    best = np.take_along_axis(gain, kind[:, None], axis=1)[:, 0]
    possible = best > -np.inf
    found.profit.ravel()[cases] = np.where(possible, best, 0.0)
    found.kind.ravel()[cases] = kind
    found.slot.ravel()[cases] = np.take_along_axis(slot, kind[:, None], axis=1)[:, 0]
    found.worth.ravel()[cases] = possible & (best > here.hurdle[:, 0] * added[:, 0])
    return found


def _of_cases(held: Portfolio | None, cases: Index) -> tuple[Array, Array] | None:
    """Capital and quality of the cases' projects, each (cases, kinds, slots)."""
    if held is None:
        return None
    villages = held.capital.shape[3]
    # Position of each case's first project in the flattened array; the others follow a row of villages apart.
    first = (cases // villages) * (held.capital.size // len(held.capital)) + cases % villages
    places = first[:, None] + np.arange(held.capital[0].size // villages) * villages
    shape = (len(cases), *held.capital.shape[1:3])
    return held.capital.take(places).reshape(shape), held.quality.take(places).reshape(shape)


def _gains(
    added: Array, log_management: Array, here: Technology, held: tuple[Array, Array] | None
) -> tuple[Array, Index]:
    """(gain of profit, slot) of the better of a new project and an extension, by kind: (cases, kinds)."""
    shape = (len(added), here.minimum.shape[1], 1)
    money, management = (np.ascontiguousarray(np.broadcast_to(x[:, :, None], shape)) for x in (added, log_management))
    is_open = (money >= here.minimum)[:, :, 0]
    gain = np.where(is_open, profit(money, management, np.ones(shape), here)[:, :, 0], -np.inf)
    slot = np.full(gain.shape, NEW, dtype=np.int64)
    if held is None:
        return gain, slot
    largest = np.argmax(held[0], axis=2)
    capital, quality = (np.take_along_axis(x, largest[:, :, None], axis=2) for x in held)
    more = profit(capital + money, management, quality, here) - profit(capital, management, quality, here)
    # Nothing grows from a foothold: what was built below the smallest size must reach it in one step.
    can = (capital > 0) & (money >= here.minimum_extension[:, :, None]) & (capital + money >= here.minimum)
    more = np.where(can, more, -np.inf)[:, :, 0]
    # Idle capital earns the same wherever it lies: an exact tie must not be settled by the last bit of the money.
    extends = (more > -np.inf) & (more >= gain - TIE)
    return np.where(extends, more, gain), np.where(extends, largest, slot)


def place(
    projects: Portfolio,
    money: VillageArray,
    kind: Index,
    quality: VillageArray,
    age: VillageArray | None = None,
    slot: Index | None = None,
) -> Portfolio:
    """Put ``money`` (0 where nothing starts) into a kind's slot; NEW is its first free slot, or its last if none is free.

    A project that is extended keeps its age: it runs on while it is extended. Its quality stays where it was chosen for
    extension, else it becomes the average of old and new capital. A new project has the given age, 0 by default. Returns
    a new portfolio.
    """
    capital, ages, drawn = projects.capital.copy(), projects.age.copy(), projects.quality.copy()
    runs, villages = np.nonzero(money > 0)
    kinds = kind[runs, villages]
    free = capital[runs, kinds, :, villages] == 0
    slots = np.where(free.any(axis=1), np.argmax(free, axis=1), capital.shape[2] - 1)
    if slot is not None:
        slots = np.where(slot[runs, villages] == NEW, slots, slot[runs, villages])
    where = (runs, kinds, slots, villages)
    added = money[runs, villages]
    before = capital[where]
    weight = before / (before + added)
    capital[where] = before + added
    ages[where] = np.where(before > 0, ages[where], 0.0 if age is None else age[runs, villages])
    averaged = drawn[where] * weight + quality[runs, villages] * (1.0 - weight)
    keeps = np.zeros(len(added), dtype=bool) if slot is None else slot[runs, villages] != NEW
    drawn[where] = np.where(keeps & (before > 0), drawn[where], averaged)
    return Portfolio(capital, ages, drawn)
