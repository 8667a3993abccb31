"""Funding pool 资金整合: villages of a council may put part of their money into a joint vehicle.

The policy opens the pool, sets its floor, its dividend rule and a public match; the budget is for the match. Running
it takes priced staff time in every village in scope, paid by the same payer on top of the budget.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS, Array, RunArray, quantity, taken
from sim.mechanisms import funding_pool, joint_vehicle
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "资金整合"
TAKES_BUDGET = True
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
ZERO = {"open_share": 0.0}


@dataclass(frozen=True)
class Levers:
    open_share: RunArray = taken(funding_pool.Parameters, "open_share", value=1)
    contribution_floor: RunArray = taken(funding_pool.Parameters, "contribution_floor")
    match: RunArray = quantity(
        0,
        unit="share",
        bounds=(0, 10),
        prior=(0, 1),
        source="assumption",
        zh="配套比例",
        meaning="public money added to each yuan pooled, within the budget",
    )
    distribution: tuple[Array, ...] = taken(joint_vehicle.Parameters, "distribution")


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Open the pool in scope; with an open share of 0 nothing changes."""
    pool, vehicle, management = parameters.funding_pool, parameters.joint_vehicle, parameters.joint_management
    is_open = terms.in_scope & (levers.open_share > 0)
    # Nobody pays into a vehicle that is wound up in the same quarter.
    winds_up = terms.ends * (vehicle.after_money != joint_vehicle.AFTER_MONEY.index("keep"))
    decides = terms.opens * (1.0 - winds_up) * is_open
    weights = zip(levers.distribution, vehicle.distribution, strict=True)
    return dataclasses.replace(
        parameters,
        funding_pool=dataclasses.replace(
            pool,
            open_share=np.where(is_open, levers.open_share, pool.open_share),
            contribution_floor=np.where(is_open, levers.contribution_floor, pool.contribution_floor),
            match=added(pool.match, terms.by_payer(levers.match * is_open)),
            match_budget=added(pool.match_budget, terms.payer * terms.budget[:, None, :]),
            staff=added(pool.staff, terms.by_payer(pool.staff_time / 4.0 * is_open)),
            decides=np.maximum(0.0 if pool.decides is None else pool.decides, decides),
        ),
        joint_vehicle=dataclasses.replace(
            vehicle,
            distribution=tuple(np.where(is_open, lever, rule) for lever, rule in weights),
            active=is_open if vehicle.active is None else vehicle.active | is_open,
            ends=np.maximum(0.0 if vehicle.ends is None else vehicle.ends, terms.ends),
        ),
        joint_management=dataclasses.replace(
            management, active=is_open if management.active is None else management.active | is_open
        ),
    )
