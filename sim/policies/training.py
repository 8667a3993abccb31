"""Training 人才培训: courses for people who live in the villages in scope.

It buys places on courses, spread over the quarters of a year; what they leave behind is the mechanism's affair. A
trainee's cost holds teachers and organisers, so no staff time comes on top. It goes to those who teach and not to the
staff account: companions that keep an arm's joint manager must not keep its courses as if they were his salary.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sim.declare import PUBLIC_PAYERS, RunArray, quantity
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "人才培训"
TAKES_BUDGET = False
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
ZERO = {"trainees": 0.0}


@dataclass(frozen=True)
class Levers:
    trainees: RunArray = quantity(
        20,
        unit="person/village/year",
        bounds=(0, 500),
        prior=(5, 100),
        source="places:tianqiao.input.training; assumption",
        zh="年培训人次",
        meaning="trainees of each village a year; Tianqiao reports 2,300 over 27 villages in a period not stated",
        combine="add",
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Add the payer's trainees in scope; two payers may send trainees of the same village."""
    talent = parameters.talent
    trainees = added(talent.trainees, terms.by_payer(levers.trainees))
    return dataclasses.replace(parameters, talent=dataclasses.replace(talent, trainees=trainees))
