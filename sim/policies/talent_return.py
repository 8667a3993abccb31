"""Talent return 人才返乡: money and staff time to bring founders and office holders back to the villages in scope.

The spending is start-up help, paid to households quarter by quarter; how many more come back for it is the mechanism's
response, which may be none. Each payer's staff time is priced and comes on top wherever he spends anything.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sim.declare import PUBLIC_PAYERS, RunArray, quantity
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "人才返乡"
TAKES_BUDGET = False
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
ZERO = {"spending": 0.0}


@dataclass(frozen=True)
class Levers:
    spending: RunArray = quantity(
        1,
        unit="万元/village/year",
        bounds=(0, 100),
        prior=(0.2, 5),
        source="assumption",
        zh="引才支出",
        meaning="start-up help for founders and office holders who come back to a village",
        combine="add",
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Add the payer's spending and staff time in scope; with no spending nothing changes."""
    talent = parameters.talent
    works = talent.staff_time / 4.0 * (levers.spending > 0)
    return dataclasses.replace(
        parameters,
        talent=dataclasses.replace(
            talent,
            spending=added(talent.spending, terms.by_payer(levers.spending)),
            staff=added(talent.staff, terms.by_payer(works)),
        ),
    )
