"""Rules that say which villages belong together 片区划分规则; pure functions on arrays.

Each returns council labels of shape (runs, villages): the index of the council's founding village, which is
its member with the lowest index. Councils are as equal in size as they can be: sizes differ by one at most. A
council of one village is a council.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.declare import VillageArray

Labels = npt.NDArray[np.int64]


def council_sizes(villages: int, count: int) -> tuple[int, ...]:
    """Sizes of ``count`` councils over ``villages`` villages, larger ones first.

    Raises ValueError unless there are 1 to ``villages`` councils.
    """
    if not 1 <= count <= villages:
        raise ValueError(f"{count} councils cannot be made of {villages} villages (1 to {villages})")
    size, larger = divmod(villages, count)
    return (size + 1,) * larger + (size,) * (count - larger)


def adjacency(x: VillageArray, y: VillageArray, count: int) -> Labels:
    """Councils of neighbours 地域相邻, labels of shape (runs, villages); ``x`` and ``y`` in km, same shape.

    The map is cut in two across its longer side, so that each part holds the members of half the councils,
    and each part again, until one council is left in each. Any two councils can therefore be parted by a
    straight line.
    """
    runs, villages = x.shape
    labels = np.empty((runs, villages), dtype=np.int64)
    everyone = np.tile(np.arange(villages), (runs, 1))
    _bisect(x, y, everyone, council_sizes(villages, count), labels)
    return labels


def random(uniforms: VillageArray, count: int) -> Labels:
    """Councils drawn at random, labels of shape (runs, villages), from one uniform a village."""
    runs, villages = uniforms.shape
    labels = np.empty((runs, villages), dtype=np.int64)
    order = np.argsort(uniforms, axis=1, kind="stable")
    begin = 0
    for size in council_sizes(villages, count):
        _found(order[:, begin : begin + size], labels)
        begin += size
    return labels


def _bisect(x: VillageArray, y: VillageArray, members: Labels, sizes: tuple[int, ...], labels: Labels) -> None:
    """Label the members, indices of shape (runs, members), with councils of the given sizes."""
    if len(sizes) == 1:
        _found(members, labels)
        return
    east, north = np.take_along_axis(x, members, axis=1), np.take_along_axis(y, members, axis=1)
    wide = np.ptp(east, axis=1, keepdims=True) >= np.ptp(north, axis=1, keepdims=True)
    order = np.argsort(np.where(wide, east, north), axis=1, kind="stable")
    members = np.take_along_axis(members, order, axis=1)
    half = (len(sizes) + 1) // 2
    cut = sum(sizes[:half])
    _bisect(x, y, members[:, :cut], sizes[:half], labels)
    _bisect(x, y, members[:, cut:], sizes[half:], labels)


def _found(members: Labels, labels: Labels) -> None:
    founder = np.broadcast_to(members.min(axis=1, keepdims=True), members.shape)
    np.put_along_axis(labels, members, founder, axis=1)
