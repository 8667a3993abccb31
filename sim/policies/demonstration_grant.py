"""Demonstration grant 示范补助: earmarked project money for the villages in scope.

The year's budget is paid in the first active quarter of a calendar year, in proportion to the part of the year that
the block covers. It takes no staff time of its own: supervising projects is part of what the administration does for
any earmarked money.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS, Array, RunArray, choice, quantity
from sim.mechanisms.grants import ALLOCATIONS
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "示范补助"
TAKES_BUDGET = True
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
BY_PAYER = True  # its levers stand on the money axis: grants of two payers may reach the same village
ZERO = {"budget": 0.0}


@dataclass(frozen=True)
class Levers:
    allocation: Array = choice(
        "equal", ALLOCATIONS, source="assumption", zh="分配方式", meaning="how the budget is split over the villages"
    )
    per_village: RunArray = quantity(
        0,
        unit="万元/village/year",
        bounds=(0, 10000),
        prior=(10, 150),
        source="places:shanxian.input.county_grant",
        zh="每村申请额",
        meaning="what each village asks for; 0 means that the whole budget is split",
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Add the grant's budget, claims and eligibility on the payer's place of the money axis."""
    grants = parameters.grants
    covered = terms.by_payer(np.ones_like(terms.budget))
    released = terms.payer * terms.budget[:, None, :]
    claim = terms.by_payer(levers.per_village * terms.fraction)
    return dataclasses.replace(
        parameters,
        grants=dataclasses.replace(
            grants,
            budget=added(grants.budget, released),
            claim=added(grants.claim, claim),
            eligible=added(grants.eligible, covered),
            allocation=added(grants.allocation, terms.payer * levers.allocation[:, None, :]),
        ),
    )
