"""Leader succession 头雁接任: who may stand for head, who is chosen, and how able he is.

    candidates k = 1 + min(floor(reserve + u), 3)        u uniform: a fraction of a person stands with that probability
    chosen = argmax_j (sd z_j + noise e_j)               judged with error, z and e standard normal
    ln H = sd (z_chosen - rho c(reserve at the start)),  rho = sd / sqrt(sd^2 + noise^2)

Candidate 0 comes from the village at large, the others from the reserve pool 青雁. The expected z of the chosen of k
is rho c_k, with c_k the expected maximum of k standard normals. Taking off what selection from the STARTING pool is
expected to bring centres ln H on 0 as long as the pool stays as it was: only a pool that grows or shrinks moves the
mean. c of a pool that is no whole number lies between those of its neighbours, as the number who stand does.
"""

from __future__ import annotations

import numpy as np

from sim.declare import Array, Mask

FROM_RESERVE = 3
"""At most so many candidates from the reserve pool stand beside the one from the village at large."""
CANDIDATES = 1 + FROM_RESERVE
EXPECTED_MAXIMUM = (0.0, 0.5641895835477563, 0.8462843753216345, 1.0293753730039641)
"""Expected maximum of 1, 2, 3 and 4 standard normals (order statistics)."""
CHANCE_OF_RESERVE = (0.0, 1 / 2, 2 / 3, 3 / 4)
"""Probability that one of the reserve is chosen where 0, 1, 2 or 3 of them stand: candidates are alike beforehand."""


def expected_maximum(reserve: Array) -> Array:
    """Expected maximum of the candidates' standard normal abilities, for a reserve pool of any size."""
    return _between(reserve, EXPECTED_MAXIMUM)


def chance_of_reserve(reserve: Array) -> Array:
    """Probability that the successor comes from the reserve pool."""
    return _between(reserve, CHANCE_OF_RESERVE)


def _between(reserve: Array, values: tuple[float, ...]) -> Array:
    between: Array = np.interp(reserve, np.arange(CANDIDATES), values)
    return between


def candidates(reserve: Array, standing: Array) -> Array:
    """How many stand, 1 to CANDIDATES; ``standing`` is a uniform draw that settles whether a fraction stands."""
    return 1.0 + np.minimum(np.floor(reserve + standing), FROM_RESERVE)


def reliability(sd: Array, noise: Array) -> Array:
    """rho, the correlation of true and judged ability; 0 where nothing varies."""
    spread = np.hypot(sd, noise)
    return np.where(spread > 0, sd / np.where(spread > 0, spread, 1.0), 0.0)


def choose_successor(
    abilities: Array, errors: Array, count: Array, sd: Array, noise: Array, reserve_start: Array
) -> tuple[Array, Mask]:
    """(ln H of the new head, whether he comes from the reserve) for each of n elections that change the head.

    ``abilities`` and ``errors`` are standard normal draws of shape (n, CANDIDATES); all else has the shape (n,).
    """
    judged = sd[:, None] * abilities + noise[:, None] * errors
    stands = np.arange(CANDIDATES) < count[:, None]
    chosen = np.argmax(np.where(stands, judged, -np.inf), axis=1)
    true = np.take_along_axis(abilities, chosen[:, None], axis=1)[:, 0]
    return sd * (true - reliability(sd, noise) * expected_maximum(reserve_start)), chosen > 0
