"""Centre village 中心村: the head of the centre village runs the council's joint projects, services move there.

It sets who manages, charges the staff time that this takes and moves services to the centre village, to a level equal
to its authority; nothing else.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS, RunArray, quantity
from sim.mechanisms.joint_management import MANAGERS
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "中心村"
TAKES_BUDGET = False
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
ZERO = {"authority": 0.0}


@dataclass(frozen=True)
class Levers:
    authority: RunArray = quantity(
        0.5,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="places:dawang.structure.centre_village_leads; assumption",
        zh="中心村权重",
        meaning="weight of the centre village's head in joint management; 0 leaves management as it is",
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Hand joint management to the centre village in scope; with an authority of 0 nothing changes."""
    management, services = parameters.joint_management, parameters.joint_services
    leads = terms.in_scope & (levers.authority > 0)
    level = levers.authority * leads
    return dataclasses.replace(
        parameters,
        joint_management=dataclasses.replace(
            management,
            joint_manager=np.where(leads, float(MANAGERS.index("centre_village")), management.joint_manager),
            manager_weight=np.where(leads, levers.authority, management.manager_weight),
            led=leads if management.led is None else management.led | leads,
            staff=added(management.staff, terms.by_payer(management.staff_time / 4.0 * leads)),
        ),
        joint_services=dataclasses.replace(
            services, level=level if services.level is None else np.maximum(services.level, level)
        ),
    )
