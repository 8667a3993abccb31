"""Decomposition 政策分解: which member of a package did it, from a sweep over the coalitions of its members.

The value of a coalition is the mean paired effect of the package with those members only: less no policy, which is the
empty coalition, or less the same money spent village by village. Every quantity is linear in the values (sim.analysis.shapley),
so a replication has its own Shapley values, and they add up to the effect in that replication; intervals are over these.

Replications of which a run failed at any coalition are left out of all coalitions, and counted: values of coalitions must be of
the same villages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.comparison import NO_COST, NO_DENOMINATOR, NO_GAIN, ONE_REPLICATION, settled
from sim.analysis.effects import EARNED, PUBLIC_COST, verdicts
from sim.analysis.many import ratio_intervals
from sim.analysis.shapley import (
    MissingCoalition,
    alone_weights,
    interaction_weights,
    last_weights,
    order_errors,
    pairs,
    value_weights,
)
from sim.analysis.stored import StoredRows, cells_by_point, villages_of
from sim.declare import PUBLIC_PAYERS, Array, Mask
from sim.experiment.coalitions import Order
from sim.language import Text
from sim.outcomes import LOSERS, NO_POLICY, OUTCOMES, SAME_MONEY, TIE
from sim.statistics import CONFIDENCE, Interval, balanced_intervals, mean_interval

METHOD = "coalitions"
HEADLINES = (EARNED, "total_income", "poorest_tercile_income", "gini", LOSERS)
"""Outcomes that are taken apart where none are named, as far as the runs hold them."""
GAIN_PER_100 = "gain_per_100"
SURE = 2.0
"""Standard errors of drawn orders by which an interval must miss 0 besides, before a verdict is given."""
NOT_DRAWN = Text("no drawn order has the two side by side", "抽取的次序中两者从未相邻")


class DecompositionError(ValueError):
    """The result cannot be taken apart; the message says why and what to do."""


@dataclass(frozen=True)
class Estimates:
    """Several means with intervals that hold together, and what the drawing of orders adds (0 where none were drawn)."""

    estimate: Array
    low: Array
    high: Array
    orders_error: Array

    @property
    def verdict(self) -> list[str]:
        """What each says against 0: positive, negative, undecided, identical, or no interval."""
        wider = SURE * np.where(self.orders_error > 0.0, self.orders_error, 0.0)
        unknown = np.isnan(self.orders_error) & ~np.isnan(self.low)
        low, high = np.where(unknown, np.nan, self.low - wider), np.where(unknown, np.nan, self.high + wider)
        return [str(word) for word in verdicts(low, high)]


@dataclass(frozen=True)
class Ratios:
    """Ratios of means with paired bootstrap intervals, and why one is missing."""

    estimate: Array
    low: Array
    high: Array
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """One outcome taken apart: the package less no policy, or less its same money."""

    scenario: str
    arm: str
    members: tuple[str, ...]
    outcome: str
    unit: str
    against: str
    total: Interval
    values: Estimates
    shares: Ratios
    alone: Estimates
    last: Estimates
    interactions: Estimates
    """Of the pairs in the order of ``sim.analysis.shapley.pairs``."""
    gain_per_100: Ratios | None
    """Earned income a year of all villages per 100 万元 of the member's own share of public cost; of earned income only."""
    gap: float
    """Largest difference, over replications, between the sum of the values and the effect of the package."""
    n: int
    failed: int
    """Replications left out because a run failed at some coalition."""
    unequal: int
    """Replications left out because some coalition has no such run: a stopping rule ended earlier there."""
    coalitions: int
    orders: int
    """Orders that were drawn; 0: all coalitions, no error from drawing."""
    empty_gap: float
    """Largest difference between no policy and the empty coalition, of earned income; NaN where no policy is not kept."""


def refuse_other_designs(method: str, where: str) -> None:
    """Raise DecompositionError for a design that is not about coalitions."""
    if method != METHOD:
        raise DecompositionError(
            f"{where} has the design {method}; to take a package apart an experiment says "
            "design: {method: coalitions, arm: package}"
        )


def decompose(
    rows: StoredRows, outcomes: Sequence[str] | None = None, confidence: float = CONFIDENCE
) -> tuple[list[Found], list[str]]:
    """Each outcome and public cost taken apart, less no policy first, then less the same money; and outcomes without numbers.

    ``outcomes`` must be among those stored. Raises DecompositionError.
    """
    stored = [name for name in rows.runs.column_names if name in OUTCOMES and name != PUBLIC_COST]
    wanted = [name for name in (HEADLINES if outcomes is None else outcomes) if name in stored]
    found, empty = [], dict[str, None]()
    for scenario in rows.facts["scenarios"]:
        world = _world(rows, scenario, [*wanted, EARNED] if EARNED in stored else wanted)
        for against in filter(None, (NO_POLICY, world.same_money)):
            for outcome in (*wanted, PUBLIC_COST):
                if against != NO_POLICY and (outcome.startswith(LOSERS) or outcome == PUBLIC_COST):
                    continue  # villages that lose are a comparison already, and the money is the same
                game = _game(world, outcome, against)
                if game is None:
                    empty[outcome] = None
                else:
                    found.append(_found(world, game, confidence))
    return found, list(empty)


def replications_of(rows: StoredRows, outcome: str) -> dict[str, Array]:
    """Shapley values of each replication of the first scenario, (replications, members), by what it is compared with.

    Raises DecompositionError.
    """
    world = _world(rows, next(iter(rows.facts["scenarios"])), [outcome])
    weights = value_weights(len(world.members), world.coalitions, world.orders)
    games = (_game(world, outcome, against) for against in (NO_POLICY, world.same_money) if against)
    return {game.against: settled(_applied(weights, game.values)) for game in games if game is not None}


# ---- what is stored


@dataclass(frozen=True)
class _World:
    """The runs of one scenario as arrays (coalitions, arms, replications)."""

    scenario: str
    arm: str
    members: tuple[str, ...]
    coalitions: tuple[int, ...]
    orders: tuple[Order, ...]
    arms: tuple[str, ...]
    stored: Mask
    ok: Mask
    values: dict[str, Array]
    villages: float

    @property
    def same_money(self) -> str:
        """Name of the package's companion; empty where it was not kept."""
        name = self.arm + SAME_MONEY
        return name if name in self.arms else ""

    def named(self, coalition: int) -> str:
        """A coalition in words."""
        inside = [member for place, member in enumerate(self.members) if coalition >> place & 1]
        return " + ".join(inside) or "nobody (the empty coalition)"


def _world(rows: StoredRows, scenario: str, outcomes: Sequence[str]) -> _World:
    assert rows.points is not None
    design = rows.facts["design"]
    arm, members = str(design["arm"]), tuple(design["members"])
    mine = [name == scenario for name in rows.points["scenario"].to_pylist()]
    points = rows.points.filter(mine)
    inside = np.array([points[member].to_numpy() for member in members], dtype=np.int64)
    coalitions = tuple(int(mask) for mask in (inside << np.arange(len(members))[:, None]).sum(axis=0))
    numbers = [int(number) for number in points["design_point"].to_pylist()]
    arms = tuple(name for name in (NO_POLICY, arm, arm + SAME_MONEY) if name in rows.facts["arms"])
    costs = [f"{PUBLIC_COST}_{payer}" for payer in PUBLIC_PAYERS]
    columns = [name for name in dict.fromkeys((*outcomes, *costs)) if name in rows.runs.column_names]
    parts = list(cells_by_point(rows.runs, arms, columns, numbers))
    longest = max(part.ok.shape[2] for part in parts)
    values = {name: np.concatenate([_padded(part.values[name], longest, np.nan) for part in parts]) for name in columns}
    values[PUBLIC_COST] = np.asarray(sum(values[name] for name in costs if name in values))
    return _World(
        scenario=scenario,
        arm=arm,
        members=members,
        coalitions=coalitions,
        orders=tuple(tuple(order) for order in design["orders"]),
        arms=arms,
        stored=np.concatenate([_padded(part.stored, longest, False) for part in parts]),
        ok=np.concatenate([_padded(part.ok, longest, False) for part in parts]),
        values=values,
        villages=float(villages_of(rows, numbers[:1])[0]),
    )


def _padded(values: Any, length: int, empty: Any) -> Any:
    """Rows of replications that reach as far as those of other points."""
    wanted = [(0, 0), (0, 0), (0, length - values.shape[2])]
    return np.pad(values, wanted, constant_values=empty)


# ---- a game


@dataclass(frozen=True)
class _Game:
    """Values of all coalitions in every replication that all of them have, (replications, coalitions)."""

    outcome: str
    against: str
    values: Array
    kept: Mask
    failed: int
    unequal: int


def _game(world: _World, outcome: str, against: str) -> _Game | None:
    """The game of an outcome; None where the runs hold no number of it. Raises DecompositionError."""
    places = [world.arms.index(name) for name in (world.arm, against) if name != NO_POLICY]
    stored: Mask = np.asarray(world.stored[:, places].all(axis=1))
    ok: Mask = np.asarray(world.ok[:, places].all(axis=1))
    for coalition, of_coalition in zip(world.coalitions, ok, strict=True):
        if not of_coalition.any():
            raise DecompositionError(
                f"scenario {world.scenario}: no run of the coalition {world.named(coalition)} has succeeded, and without its "
                "value nothing can be attributed; see `lianjian status`, and --retry-failed of `lianjian sweep`"
            )
    everywhere: Mask = np.asarray(stored.all(axis=0))
    kept: Mask = np.asarray(ok.all(axis=0))
    if not kept.any():
        raise DecompositionError(
            f"scenario {world.scenario}: no replication has succeeded at every coalition; see `lianjian status`"
        )
    values = world.values[outcome][:, world.arms.index(world.arm)][:, kept].T
    if against == NO_POLICY:
        values = values - values[:, [world.coalitions.index(0)]]
    else:
        values = values - world.values[outcome][:, world.arms.index(against)][:, kept].T
    if not np.isfinite(values).all():
        return None
    failed, unequal = int((everywhere & ~kept).sum()), int((stored.any(axis=0) & ~everywhere).sum())
    return _Game(outcome, against, values, kept, failed, unequal)


def _found(world: _World, game: _Game, confidence: float) -> Found:
    members, coalitions, orders = len(world.members), world.coalitions, world.orders
    try:
        weights = [
            value_weights(members, coalitions, orders),
            alone_weights(members, coalitions),
            last_weights(members, coalitions),
        ]
        weights.append(_interactions(world))
    except MissingCoalition as missing:
        raise DecompositionError(
            f"scenario {world.scenario}: the coalition {world.named(missing.coalition)} is missing from the design points"
        ) from None
    values, alone, last, interactions = (settled(_applied(of, game.values)) for of in weights)
    effect = game.values[:, coalitions.index((1 << members) - 1)] - game.values[:, coalitions.index(0)]
    of_values, of_pairs = _order_errors(world, game)
    exact = np.zeros(members)
    total = _mean(settled(effect), confidence)
    is_earned = game.outcome == EARNED and game.against == NO_POLICY
    estimates = _together(values, of_values, confidence)
    return Found(
        scenario=world.scenario,
        arm=world.arm,
        members=world.members,
        outcome=game.outcome,
        unit=OUTCOMES[game.outcome].unit,
        against=game.against,
        total=total,
        values=estimates,
        shares=_shares(values, effect, total, confidence),
        alone=_together(alone, exact, confidence),
        last=_together(last, exact, confidence),
        interactions=_together(interactions, of_pairs, confidence),
        gain_per_100=_gains_per_100(world, game, values, estimates, confidence) if is_earned else None,
        gap=float(np.abs(_applied(weights[0], game.values).sum(axis=1) - effect).max()),
        n=len(values),
        failed=game.failed,
        unequal=game.unequal,
        coalitions=len(coalitions),
        orders=len(orders),
        empty_gap=_gap_to_no_policy(world),
    )


def _interactions(world: _World) -> Array:
    """Weights of interactions; all NaN where the design was told not to look at them."""
    members = len(world.members)
    try:
        return interaction_weights(members, world.coalitions, world.orders)
    except MissingCoalition:
        if not world.orders:
            raise
        return np.full((len(pairs(members)), len(world.coalitions)), np.nan)


def _applied(weights: Array, values: Array) -> Array:
    """(rows, coalitions) on (replications, coalitions): (replications, rows); not a product of matrices, for its rounding."""
    return np.asarray(np.einsum("kc,rc->rk", weights, values))


def _order_errors(world: _World, game: _Game) -> tuple[Array, Array]:
    members = len(world.members)
    if not world.orders:
        return np.zeros(members), np.zeros(len(pairs(members)))
    means = dict(zip(world.coalitions, game.values.mean(axis=0).tolist(), strict=True))
    of_values, of_pairs = order_errors(members, means, world.orders)
    return of_values, of_pairs


def _gap_to_no_policy(world: _World) -> float:
    """How far the empty coalition is from no policy: 0, or the draws are not shared."""
    if NO_POLICY not in world.arms or EARNED not in world.values:
        return float("nan")
    both = world.values[EARNED][world.coalitions.index(0)]
    gaps = np.abs(both[world.arms.index(world.arm)] - both[world.arms.index(NO_POLICY)])
    return float(np.nanmax(gaps)) if np.isfinite(gaps).any() else float("nan")


# ---- intervals


def _mean(values: Array, confidence: float) -> Interval:
    if len(values) < 2:
        return Interval(float(values.mean()), float("nan"), float("nan"), len(values))
    return mean_interval(values, confidence)


def _together(values: Array, orders_error: Array, confidence: float) -> Estimates:
    """Means of columns, (replications, k), with a bootstrap of whole replications whose intervals hold together."""
    mean = values.mean(axis=0)
    low, high = np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    known = np.isfinite(mean)
    if len(values) > 1 and known.any():
        found = balanced_intervals(np.ascontiguousarray(values[:, known]), confidence)
        low[known], high[known] = [i.low for i in found], [i.high for i in found]
    return Estimates(mean, low, high, orders_error)


def _shares(values: Array, effect: Array, total: Interval, confidence: float) -> Ratios:
    """Share of each member in the effect of the package; none where that cannot be told from 0."""
    if len(values) < 2:
        return _no_ratios(values.shape[1], ONE_REPLICATION.en)
    if total.contains_zero:
        return _no_ratios(values.shape[1], NO_DENOMINATOR.en)
    return _ratios(values, np.repeat(effect[:, None], values.shape[1], axis=1), confidence)


def _gains_per_100(world: _World, game: _Game, values: Array, found: Estimates, confidence: float) -> Ratios:
    """Gain of all villages a year per 100 万元, each member's value over its own share of the cost."""
    paid = world.values[PUBLIC_COST][:, world.arms.index(world.arm)][:, game.kept].T
    cost = _applied(value_weights(len(world.members), world.coalitions, world.orders), paid)
    if len(values) < 2:
        return _no_ratios(values.shape[1], ONE_REPLICATION.en)
    ratios = _ratios(100.0 * world.villages * values, cost, confidence)
    costly, contains_zero = (np.abs(cost) > TIE).any(axis=0), (found.low <= 0.0) & (found.high >= 0.0)
    words = np.select([~costly, contains_zero], [NO_COST.en, NO_GAIN.en], "")
    notes = tuple(str(word) or note for word, note in zip(words, ratios.notes, strict=True))
    hidden = np.array([bool(note) for note in notes])
    estimate, low, high = (np.where(hidden, np.nan, of) for of in (ratios.estimate, ratios.low, ratios.high))
    return Ratios(estimate, low, high, notes)


def _ratios(above: Array, below: Array, confidence: float) -> Ratios:
    estimate, low, high = ratio_intervals(above, below, confidence)
    notes = tuple(NO_DENOMINATOR.en if np.isnan(value) else "" for value in estimate)
    return Ratios(estimate, low, high, notes)


def _no_ratios(count: int, note: str) -> Ratios:
    none = np.full(count, np.nan)
    return Ratios(none, none, none, (note,) * count)
