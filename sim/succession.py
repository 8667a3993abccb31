"""Leader succession 头雁接任: how many may stand for head, who is chosen, and how able he is.

    candidates k = 1 + min(floor(reserve + u), 3)        u uniform: a fraction of a person stands with that probability
    judged_j = sd z_j + noise e_j                        z and e standard normal; the best judged takes office
    ln H = sd [z of the chosen - rho c(reserve at the start)],   rho = sd / sqrt(sd^2 + noise^2)

One candidate comes from the village at large, the others from the reserve pool 青雁. Candidates are alike beforehand,
so who is chosen is one of the k with equal chance, the best judgement among them is the maximum v of k standard
normals, whatever rho is, and the z behind it is rho v + sqrt(1 - rho^2) w with another standard normal w. Three draws
thus give what 2 k would give, and v, the chance of the reserve and ability never fall where one more stands.

The expected z of the chosen is rho c_k, c_k the expected maximum of k standard normals. Taking off what selection from
the STARTING pool is expected to bring centres ln H on 0 as long as the pool stays as it was: only a pool that grows or
shrinks moves the mean. c of a pool that is no whole number lies between those of its neighbours, as the number who
stand does.
"""

from __future__ import annotations

import numpy as np

from sim.declare import Array, Mask
from sim.streams import normal

FROM_RESERVE = 3
"""At most so many candidates from the reserve pool stand beside the one from the village at large."""
EXPECTED_MAXIMUM = (0.0, 0.5641895835477563, 0.8462843753216345, 1.0293753730039641)
"""Expected maximum of 1, 2, 3 and 4 standard normals (order statistics)."""
CHANCE_OF_RESERVE = (0.0, 1 / 2, 2 / 3, 3 / 4)
"""Probability that one of the reserve is chosen where 0, 1, 2 or 3 of them stand."""
BELOW_ONE = 1.0 - 2.0**-53


def expected_maximum(reserve: Array) -> Array:
    """Expected maximum of the candidates' standard normals, for a reserve pool of any size."""
    return _between(reserve, EXPECTED_MAXIMUM)


def chance_of_reserve(reserve: Array) -> Array:
    """Probability that the successor comes from the reserve pool."""
    return _between(reserve, CHANCE_OF_RESERVE)


def _between(reserve: Array, values: tuple[float, ...]) -> Array:
    between: Array = np.interp(reserve, np.arange(FROM_RESERVE + 1), values)
    return between


def candidates(reserve: Array, standing: Array) -> Array:
    """How many stand, 1 to 4; ``standing`` is a uniform draw that settles whether a fraction of a person stands."""
    return 1.0 + np.minimum(np.floor(reserve + standing), FROM_RESERVE)


def reliability(sd: Array, noise: Array) -> Array:
    """rho, the correlation of true and judged ability; 0 where nothing varies."""
    spread = np.hypot(sd, noise)
    return np.where(spread > 0, sd / np.where(spread > 0, spread, 1.0), 0.0)


def best_judged(uniforms: Array, count: Array) -> Array:
    """Maximum of ``count`` standard normals, from one uniform draw."""
    return normal(np.minimum(np.power(uniforms, 1.0 / count), BELOW_ONE))


def from_reserve(uniforms: Array, count: Array) -> Mask:
    """Whether the one chosen is of the reserve and not the candidate from the village at large."""
    mask: Mask = uniforms * count < count - 1.0
    return mask


def successor_ability(judged: Array, beyond: Array, sd: Array, noise: Array, reserve_start: Array) -> Array:
    """ln H of a new head; ``judged`` is the best judgement, ``beyond`` a standard normal, what judges cannot see."""
    rho = reliability(sd, noise)
    ability = rho * judged + np.sqrt(1.0 - rho * rho) * beyond
    return sd * (ability - rho * expected_maximum(reserve_start))
