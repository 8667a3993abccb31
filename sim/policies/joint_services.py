"""Joint services 联合办公与服务下沉: a rotating joint office at the centre village, to which services move.

It sets the level of joint services in its scope and charges the staff time of the office, in proportion to the level:
an office that is open half the days takes half the time. Where a centre village has moved services too, the higher of
the two levels holds and each policy pays its own staff.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS, RunArray, quantity
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "联合办公与服务下沉"
TAKES_BUDGET = False
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
ZERO = {"level": 0.0}


@dataclass(frozen=True)
class Levers:
    level: RunArray = quantity(
        1,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="places:dawang.structure.rotating_joint_office; places:dawang.input.services_moved_to_centre_village",
        zh="服务下沉程度",
        meaning="share of services moved and of days on which the joint office is open; 0 means that there is none",
        combine="max",
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Open the joint office in scope; at a level of 0 nothing changes."""
    services = parameters.joint_services
    level = levers.level * terms.in_scope
    return dataclasses.replace(
        parameters,
        joint_services=dataclasses.replace(
            services,
            level=level if services.level is None else np.maximum(services.level, level),
            staff=added(services.staff, terms.by_payer(services.staff_time / 4.0 * level)),
        ),
    )
