"""Council grouping 片区组建: the villages in scope are grouped into councils anew, once, at the start of the block.

It sets the rule, the size and the date, and charges priced staff time: once for each village that is grouped anew, and
for each village in scope as long as the block lasts. Labels have no effect of their own, and they stay afterwards.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS, CodeArray, RunArray, choice, quantity
from sim.mechanisms.grouping import KEEP, RULES
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "片区组建"
TAKES_BUDGET = False
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
MOVES_COUNCILS = True  # two scopes by councils that are apart may overlap if they are read at different times
ZERO = {"rule": "keep"}


@dataclass(frozen=True)
class Levers:
    rule: CodeArray = choice(
        "adjacency",
        RULES,
        source="places:tianqiao.grouping_principles; places:dawang.grouping_principles",
        zh="片区划分规则",
        meaning="how the villages in scope are grouped anew, within each town",
    )
    size: RunArray = quantity(
        4,
        unit="1",
        bounds=(1, 5000),
        prior=(2, 14),
        source="places:tianqiao.structure.councils; assumption",
        zh="片区规模",
        meaning="villages of a council; sizes differ by one at most",
        integer=True,
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Group anew in scope; with the rule keep nothing changes."""
    grouping = parameters.grouping
    redraws = terms.in_scope & (levers.rule != KEEP)
    starts = redraws & (terms.starts > 0)
    return dataclasses.replace(
        parameters,
        grouping=dataclasses.replace(
            grouping,
            at=starts if grouping.at is None else grouping.at | starts,
            rule=np.where(starts, levers.rule, float(KEEP) if grouping.rule is None else grouping.rule),
            size=np.where(starts, levers.size, 1.0 if grouping.size is None else grouping.size),
            staff=added(grouping.staff, terms.by_payer(grouping.staff_time / 4.0 * redraws)),
            set_up=added(grouping.set_up, terms.by_payer(grouping.set_up_cost * starts)),
        ),
    )
