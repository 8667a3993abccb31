"""Shapley values and interactions 沙普利值与交互指数: what each member of a package adds, averaged over all orders.

A game gives every coalition S of n members a value v(S), here the effect of a package with those members only. All that is
taken from it is linear in v, so each quantity is a row of weights on the coalitions:

    Shapley value     phi_i  = sum over S without i   s! (n-s-1)! / n!      [v(S+i) - v(S)]
    interaction       I_ij   = sum over S without i,j s! (n-s-2)! / (n-1)!  [v(S+i+j) - v(S+i) - v(S+j) + v(S)]
    alone, last       v(i) - v(0)  and  v(N) - v(N-i)

The values add up to v(N) - v(0). They are the only attribution that does so, treats equal members equally, gives nothing
to one that changes nothing, and adds over games (Shapley 1953). I_ij is above 0 where two members do more together
than apart: complements; below 0: substitutes (Owen 1972; Grabisch and Roubens 1999).

Of drawn orders the weights are averages over those orders: phi_i of what i adds where it stands, I_ij of those orders
in which the two are neighbours, which they are behind coalitions of every size equally often.

Shapley, L. S. (1953). A value for n-person games. In: Contributions to the Theory of Games II, Princeton, 307-317.
Owen, G. (1972). Multilinear extensions of games. Management Science 18, P64-P79.
Grabisch, M., and Roubens, M. (1999). An axiomatic approach to the concept of interaction among players in cooperative
games. International Journal of Game Theory 28, 547-565.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np

from sim.declare import Array
from sim.experiment.coalitions import Order, steps

Coalitions: TypeAlias = Sequence[int]
"""Coalitions as whole numbers, bit k for member k, in the order of the columns of weights."""
Term: TypeAlias = tuple[int, float]
"""A coalition and its sign."""


class MissingCoalition(LookupError):
    """A coalition that is needed is not there."""

    def __init__(self, coalition: int) -> None:
        super().__init__(f"coalition {coalition:b} is missing")
        self.coalition = coalition


def pairs(members: int) -> list[tuple[int, int]]:
    """Pairs of members in the order of the rows of interactions."""
    return list(combinations(range(members), 2))


def value_weights(members: int, coalitions: Coalitions, orders: Sequence[Order] = ()) -> Array:
    """Weights of the Shapley values, (members, coalitions): exact, or over the drawn orders. Raises MissingCoalition."""
    if orders:
        found = [_added(order, members) for order in orders]
        return _sum(members, coalitions, ((row, t, 1.0 / len(orders)) for of in found for row, t in of.items()))
    return _sum(members, coalitions, _all_values(members))


def interaction_weights(members: int, coalitions: Coalitions, orders: Sequence[Order] = ()) -> Array:
    """Weights of the interactions, (pairs, coalitions); NaN for a pair that no drawn order has side by side."""
    rows = len(pairs(members))
    if not orders:
        return _sum(rows, coalitions, _all_interactions(members))
    found = [_together(order, members) for order in orders]
    times = np.bincount([row for of in found for row in of], minlength=rows)
    weights = _sum(rows, coalitions, ((row, t, 1.0 / times[row]) for of in found for row, t in of.items()))
    weights[times == 0] = np.nan
    return weights


def alone_weights(members: int, coalitions: Coalitions) -> Array:
    """Weights of each member alone, against none, (members, coalitions). Raises MissingCoalition."""
    return _sum(members, coalitions, ((i, ((1 << i, 1.0), (0, -1.0)), 1.0) for i in range(members)))


def last_weights(members: int, coalitions: Coalitions) -> Array:
    """Weights of each member added last: the whole package less all but that one. Raises MissingCoalition."""
    whole = (1 << members) - 1
    return _sum(members, coalitions, ((i, ((whole, 1.0), (whole ^ 1 << i, -1.0)), 1.0) for i in range(members)))


def order_errors(members: int, values: Mapping[int, float], orders: Sequence[Order]) -> tuple[Array, Array]:
    """Standard errors of Shapley values and interactions that come of the drawing of orders, (members,) and (pairs,).

    ``values`` is one number a coalition. An order and its reverse, which stand side by side, count as one draw. NaN with
    fewer than two draws.
    """
    added = [_numbers(_added(order, members), values) for order in orders]
    together = [_numbers(_together(order, members), values) for order in orders]
    return _errors(added, members), _errors(together, len(pairs(members)))


# ---- terms of one order, and of all


def _added(order: Order, members: int) -> dict[int, tuple[Term, ...]]:
    """Member -> what it adds in an order."""
    return {member: ((before | 1 << member, 1.0), (before, -1.0)) for before, member, _ in steps(order)}


def _together(order: Order, members: int) -> dict[int, tuple[Term, ...]]:
    """Row of each pair of neighbours in an order -> what the two do together beyond what they do apart."""
    row = {pair: place for place, pair in enumerate(pairs(members))}
    return {
        row[min(one, other), max(one, other)]: _mixed(before, one, other)
        for before, one, other in steps(order)
        if other is not None
    }


def _mixed(before: int, one: int, other: int) -> tuple[Term, ...]:
    first, second = before | 1 << one, before | 1 << other
    return (first | second, 1.0), (first, -1.0), (second, -1.0), (before, 1.0)


def _all_values(members: int) -> Iterator[tuple[int, tuple[Term, ...], float]]:
    for coalition in range(1 << members):
        size = coalition.bit_count()
        for member in (member for member in range(members) if not coalition >> member & 1):
            weight = 1.0 / (members * math.comb(members - 1, size))
            yield member, ((coalition | 1 << member, 1.0), (coalition, -1.0)), weight


def _all_interactions(members: int) -> Iterator[tuple[int, tuple[Term, ...], float]]:
    for row, (one, other) in enumerate(pairs(members)):
        for coalition in range(1 << members):
            if not coalition & (1 << one | 1 << other):
                weight = 1.0 / ((members - 1) * math.comb(members - 2, coalition.bit_count()))
                yield row, _mixed(coalition, one, other), weight


def _sum(rows: int, coalitions: Coalitions, parts: Iterator[tuple[int, tuple[Term, ...], float]]) -> Array:
    column = {coalition: place for place, coalition in enumerate(coalitions)}
    weights = np.zeros((rows, len(coalitions)))
    for row, terms, weight in parts:
        for coalition, sign in terms:
            if coalition not in column:
                raise MissingCoalition(coalition)
            weights[row, column[coalition]] += sign * weight
    return weights


def _numbers(terms: Mapping[int, tuple[Term, ...]], values: Mapping[int, float]) -> dict[int, float]:
    return {row: sum(sign * values[coalition] for coalition, sign in of) for row, of in terms.items()}


def _errors(of_orders: Sequence[Mapping[int, float]], rows: int) -> Array:
    draws: list[list[float]] = [[] for _ in range(rows)]
    for one, reverse in zip(of_orders[::2], of_orders[1::2], strict=True):
        for row in one:
            draws[row].append((one[row] + reverse[row]) / 2.0)
    return np.array([np.std(of, ddof=1) / math.sqrt(len(of)) if len(of) > 1 else np.nan for of in draws])
