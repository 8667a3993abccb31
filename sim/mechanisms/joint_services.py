"""Joint services 服务下沉: what a joint office at the centre village changes for the members of a council.

    reach_i = level_i exp(-d_i / d_0)                       d_i: distance to the centre village 中心村
    T_i' = T_i + service_gain reach_i (1 - T_i)             once a year: services near by, trust in joint undertakings
    monitoring in force = m_i + office_oversight_i (1 - m_i),   office_oversight_i = oversight_gain reach_i
    administration_i = (1 - office_saving level_i) operating transfer

A rotating joint office 联合办公 moves services to the centre village, lets members see what is done there, and shares a
part of the villages' administration. Oversight and saving hold while the office is open and are gone with it: they are
worked out from the parameters each quarter and never add up. The step stands late in the quarter, so both are in force
from the next quarter on, and one quarter longer than the office. The saving is a lower expense, no income; what is saved
of the operating transfer can be invested, and no column shows it as a cost: it is 0 unless a scenario says otherwise.

Villages outside any council have no joint office. Sizes are assumptions, zero is inside every prior; that places move
services and rotate a joint office: places:dawang.structure.rotating_joint_office,
places:dawang.input.services_moved_to_centre_village, places:shanxian.input.services_moved_down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.accounts import flow
from sim.declare import PayerArray, RunArray, VillageArray, quantity
from sim.groups import pick
from sim.state import Quarter, State
from sim.streams import QuarterDraws

ZH = "服务下沉"
DRAWS: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameters:
    service_gain: RunArray = quantity(
        0.01,
        unit="1/year",
        bounds=(0, 0.1),
        prior=(0, 0.02),
        source="assumption",
        zh="服务下沉增信",
        meaning="rise of trust a year, as a share of what is missing, where services move to a centre village next door",
    )
    service_distance: RunArray = quantity(
        3,
        unit="km",
        bounds=(0.1, 50),
        prior=(1, 6),
        source="assumption",
        zh="服务半径",
        meaning="distance over which the gain from services at the centre village fades to 1/e",
    )
    oversight_gain: RunArray = quantity(
        0.1,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.3),
        source="assumption",
        zh="联合办公增监督",
        meaning="part of what members do not see otherwise that a joint office next door shows them",
    )
    office_saving: RunArray = quantity(
        0,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.3),
        source="assumption",
        zh="联合办公节支",
        meaning="share of a village's administration that a shared office saves",
    )
    staff_time: RunArray = quantity(
        1,
        unit="万元/village/year",
        bounds=(0, 50),
        prior=(0.3, 3),
        source="assumption",
        zh="联合办公人员费用",
        meaning="priced staff time of a joint office that is open throughout, for each village that it serves",
    )
    # set by policies and companions
    level: VillageArray | None = None
    """Share of services moved and of days on which the office is open."""
    staff: PayerArray | None = None


@dataclass(frozen=True)
class Flows:
    staff: PayerArray | None = flow(
        "payers",
        "staff",
        kind="joint_services",
        zh="联合办公人员费用",
        meaning="priced staff time of joint offices",
    )


def reach(level: VillageArray, distance: VillageArray, service_distance: RunArray) -> VillageArray:
    """How much of the office arrives in the village: its level at the centre, fading with distance (km)."""
    return level * np.exp(-distance / service_distance)


def served_trust(trust: VillageArray, reached: VillageArray, service_gain: RunArray) -> VillageArray:
    """Trust after a year of services near by; stays inside (0, 1) as the gain is a share of what is missing."""
    return trust + service_gain * reached * (1.0 - trust)


def step(state: State, parameters: Parameters, draws: QuarterDraws, quarter: Quarter) -> tuple[State, Flows]:
    """Set what the office shows and saves from the next quarter on; at year end trust follows."""
    p = parameters
    staff = None if p.staff is None else p.staff * state.councils.member[:, None, :]
    flows = Flows(staff=staff if staff is not None and staff.any() else None)
    if p.level is None or not p.level.any():
        return _closed(state), flows
    level = p.level * state.councils.member
    distance = np.hypot(state.x - pick(state.x, state.centre), state.y - pick(state.y, state.centre))
    reached = reach(level, distance, p.service_distance)
    trust = served_trust(state.trust, reached, p.service_gain) if quarter.closes_year else state.trust
    return state.replace(
        trust=trust, office_oversight=p.oversight_gain * reached, administration_shared=p.office_saving * level
    ), flows


def _closed(state: State) -> State:
    """Without an office anywhere nothing of it is left."""
    if not (state.office_oversight.any() or state.administration_shared.any()):
        return state
    nothing = np.zeros_like(state.trust)
    return state.replace(office_oversight=nothing, administration_shared=nothing)
