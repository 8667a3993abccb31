"""People 人才: who leaves and comes back, who gains a skill, what talent does for know-how; pure functions on arrays.

The mechanism ``talent`` declares the numbers and calls these rules once a year; its docstring has the equations.
"""

from __future__ import annotations

import numpy as np

from sim.declare import RunArray, VillageArray
from sim.groups import part
from sim.succession import chance_of_reserve


def leaving_share(gap: VillageArray, intercept: RunArray, response: RunArray) -> VillageArray:
    """Share of resident labour that leaves in a year, in (0, 1), rising with the log wage gap."""
    return 1.0 / (1.0 + np.exp(-(intercept + response * gap)))


def pull(by: VillageArray, elasticity: RunArray) -> VillageArray:
    """Factor (1 + by)^elasticity on the number who come back: ``by`` is jobs per worker, or 万元 spent; 1 at 0."""
    factor: VillageArray = np.exp(elasticity * np.log1p(by))
    return factor


def newly_skilled(
    trainees: VillageArray, skilled: VillageArray, residents: VillageArray, success: RunArray
) -> VillageArray:
    """Persons who gain a skill in courses; each further trainee adds less, and at most all residents are skilled."""
    reached = -np.expm1(-part(success * trainees, residents))
    return np.maximum(residents - skilled, 0.0) * reached


def yearly_recruits(start: RunArray, ageing: RunArray, elections: RunArray, from_returnees: RunArray) -> RunArray:
    """Reserve youth who come forward on their own each year: what keeps the starting pool, in the mean.

    They make up for ageing and for heads taken from the pool (``elections``: changes of head a year), less what
    returnees bring at the declared rate; none where those bring more than is lost.
    """
    lost = ageing * start + elections * chance_of_reserve(start)
    return np.maximum(lost - from_returnees, 0.0)


def talent_effect(talent: VillageArray, half: RunArray) -> VillageArray:
    """Part of what skilled people, returnees and partners can bring, in [0, 1); 1/2 at ``half`` persons."""
    return talent / (talent + half)


def know_how_change(
    log_excess: VillageArray, attrition: RunArray, learned: VillageArray, help_received: VillageArray
) -> VillageArray:
    """Yearly change of ln know-how: what was learned and what helpers gave, less the fading of ln A - ln A_0."""
    return learned + help_received - attrition * log_excess
