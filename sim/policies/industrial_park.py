"""Industrial park 产业园区: public money for park facilities, on top of what the town itself spends.

The year's budget is spent in the first active quarter of a calendar year, on the parks of the towns that have villages
in scope, in proportion to these villages. It takes no staff time of its own: building is part of the price, and running
a park is what the town's own spending pays for.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "产业园区"
TAKES_BUDGET = True
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
BY_PAYER = True  # money of two payers may build the same park
ZERO = {"budget": 0.0}


@dataclass(frozen=True)
class Levers:
    """None: the budget is all there is to choose."""


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Add the budget, spread evenly over the villages in scope, on the payer's place of the money axis."""
    firms = parameters.enterprises
    each = terms.budget / np.maximum(terms.in_scope.sum(axis=1, keepdims=True), 1)
    return dataclasses.replace(
        parameters,
        enterprises=dataclasses.replace(firms, park_grant=added(firms.park_grant, terms.by_payer(each))),
    )
