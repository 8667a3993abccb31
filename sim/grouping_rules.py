"""Rules that say which villages belong together 片区划分规则; pure functions on arrays.

Each returns council labels of shape (runs, villages): the index of the council's founding village, which is
its member with the lowest index. Councils are as equal in size as they can be: sizes differ by one at most. A
council of one village is a council.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.declare import Array, VillageArray

Labels = npt.NDArray[np.int64]
SEAT_CHANGES = 4
"""Rounds in which villages of one industry change seats; later ones bring councils hardly closer together."""


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


def similar_industry(industry: Labels, x: VillageArray, y: VillageArray, count: int) -> Labels:
    """Councils of one industry 产业相近, neighbours within it, labels of shape (runs, villages).

    Each industry first fills as many whole councils as it can, cut from its map as under :func:`adjacency`. The
    villages that are left, those farthest from the others of their industry, share councils with the next industry.
    """
    sizes = council_sizes(industry.shape[1], count)
    # whole councils are made of the size that most councils have
    sizes = sizes if 2 * sizes.count(sizes[0]) >= count else sizes[::-1]
    middle_x, middle_y = _mean_of_kind(x, industry), _mean_of_kind(y, industry)
    rank, alike = _rank_in_kind(industry, np.hypot(x - middle_x, y - middle_y))
    left = rank >= alike // sizes[0] * sizes[0]
    first = np.where(left, industry + industry.max(initial=0) + 1, industry)
    labels = np.empty(industry.shape, dtype=np.int64)
    everyone = np.tile(np.arange(industry.shape[1]), (len(industry), 1))
    _bisect(x, y, everyone, sizes, labels, first)
    return labels


def complementary_industry(industry: Labels, x: VillageArray, y: VillageArray, count: int) -> Labels:
    """Councils of as many different industries as there can be 优势互补, near by, labels of shape (runs, villages).

    First it is settled how many villages of each industry every council takes: they are seated one after the other,
    the rarest industry first, each in a council that has the fewest of its industry, among these one with most room,
    among these the nearest. Most room first makes the number of different industries the largest possible (so Gale and
    Ryser build a table of zeros and ones from its margins). Then villages of one industry change seats among
    themselves until each sits near the middle of its council.
    """
    number = _numbers(adjacency(x, y, count))
    room = _per_council(np.ones(industry.shape), number, count)
    middle_x, middle_y = (_per_council(place, number, count) / room for place in (x, y))
    distance = np.hypot(x[:, :, None] - middle_x[:, None, :], y[:, :, None] - middle_y[:, None, :])
    seat = _seated(industry, distance, room)
    for _ in range(SEAT_CHANGES):
        middle_x, middle_y = (_per_council(place, seat, count) / room for place in (x, y))
        distance = np.hypot(x[:, :, None] - middle_x[:, None, :], y[:, :, None] - middle_y[:, None, :])
        seat = _nearest_seats(industry, distance, seat)
    return _named(seat, count)


def strong_weak(earned: VillageArray, count: int) -> Labels:
    """Strong with weak 强弱搭配, labels of shape (runs, villages), from earned income.

    Villages are dealt from the richest to the poorest, to the councils in turn and back again, so that each council has
    one of every layer of incomes.
    """
    runs, villages = earned.shape
    order = np.argsort(-earned, axis=1, kind="stable")
    deal, place = np.divmod(np.arange(villages), count)
    seat = np.empty((runs, villages), dtype=np.int64)
    np.put_along_axis(seat, order, np.tile(np.where(deal % 2 == 0, place, count - 1 - place), (runs, 1)), axis=1)
    return _named(seat, count)


def _bisect(
    x: VillageArray,
    y: VillageArray,
    members: Labels,
    sizes: tuple[int, ...],
    labels: Labels,
    first: Labels | None = None,
) -> None:
    """Label the members, indices of shape (runs, members), with councils of the given sizes.

    Where ``first`` is given, the line is drawn between its values and across the map only among equal ones.
    """
    if len(sizes) == 1:
        _found(members, labels)
        return
    east, north = np.take_along_axis(x, members, axis=1), np.take_along_axis(y, members, axis=1)
    wide = np.ptp(east, axis=1, keepdims=True) >= np.ptp(north, axis=1, keepdims=True)
    across = np.where(wide, east, north)
    if first is None:
        order = np.argsort(across, axis=1, kind="stable")
    else:
        order = np.lexsort((across, np.take_along_axis(first, members, axis=1)), axis=1)
    members = np.take_along_axis(members, order, axis=1)
    half = (len(sizes) + 1) // 2
    cut = sum(sizes[:half])
    _bisect(x, y, members[:, :cut], sizes[:half], labels, first)
    _bisect(x, y, members[:, cut:], sizes[half:], labels, first)


def _found(members: Labels, labels: Labels) -> None:
    founder = np.broadcast_to(members.min(axis=1, keepdims=True), members.shape)
    np.put_along_axis(labels, members, founder, axis=1)


def _seated(industry: Labels, distance: Array, room: Array) -> Labels:
    """Seats, as numbers of councils, that make each council's industries as many as possible, (runs, villages).

    ``distance`` has the shape (runs, villages, councils), ``room`` (runs, councils).
    """
    runs, villages, count = distance.shape
    left, has = room.copy(), np.zeros((runs, count, int(industry.max(initial=0)) + 1))
    rank, alike = _rank_in_kind(industry, np.zeros(industry.shape))
    # whoever comes after one of his industry could sit in every council waits until all others are seated
    order = np.lexsort((rank, industry, alike, rank >= count), axis=1)
    rows, seat = np.arange(runs), np.empty(industry.shape, dtype=np.int64)
    for turn in range(villages):
        village = order[:, turn]
        kind = industry[rows, village]
        open_to = left > 0
        for least in (has[rows, :, kind], -left):
            open_to &= least == np.where(open_to, least, np.inf).min(axis=1, keepdims=True)
        chosen = np.argmin(np.where(open_to, distance[rows, village], np.inf), axis=1)
        seat[rows, village] = chosen
        left[rows, chosen] -= 1.0
        has[rows, chosen, kind] += 1.0
    return seat


def _nearest_seats(industry: Labels, distance: Array, seat: Labels) -> Labels:
    """Seats handed out again among the villages of each industry: to the nearest one that is left.

    Those choose first who would lose most by sitting anywhere.
    """
    runs, villages, count = distance.shape
    rows = np.arange(runs)
    left = np.zeros((runs, count, int(industry.max(initial=0)) + 1))
    np.add.at(left, (rows[:, None], seat, industry), 1.0)
    order = np.argsort(distance.min(axis=2) - distance.mean(axis=2), axis=1, kind="stable")
    changed = np.empty_like(seat)
    for turn in range(villages):
        village = order[:, turn]
        kind = industry[rows, village]
        chosen = np.argmin(np.where(left[rows, :, kind] > 0, distance[rows, village], np.inf), axis=1)
        changed[rows, village] = chosen
        left[rows, chosen, kind] -= 1.0
    return changed


def _numbers(labels: Labels) -> Labels:
    """Labels by founding village -> councils counted from 0 in the order of their founding villages."""
    founder = labels == np.arange(labels.shape[1])
    return np.take_along_axis(np.cumsum(founder, axis=1) - 1, labels, axis=1)


def _named(number: Labels, count: int) -> Labels:
    """Councils counted from 0 in any order -> labels by founding village."""
    runs, villages = number.shape
    rows = np.broadcast_to(np.arange(runs)[:, None], number.shape)
    founder = np.full((runs, count), villages, dtype=np.int64)
    np.minimum.at(founder, (rows, number), np.broadcast_to(np.arange(villages), number.shape))
    return np.take_along_axis(founder, number, axis=1)


def _per_council(values: VillageArray, number: Labels, count: int) -> Array:
    """Sums by council, shape (runs, councils)."""
    runs = len(number)
    place = (number + np.arange(runs)[:, None] * count).ravel()
    sums: Array = np.bincount(place, weights=values.ravel(), minlength=runs * count).astype(float, copy=False)
    return sums.reshape(runs, count)


def _mean_of_kind(values: VillageArray, kind: Labels) -> VillageArray:
    """Mean over the villages of the same kind, at every village."""
    kinds = int(kind.max(initial=0)) + 1
    number = _per_council(np.ones(kind.shape), kind, kinds)
    mean = _per_council(values, kind, kinds) / np.maximum(number, 1.0)
    return np.take_along_axis(mean, kind, axis=1)


def _rank_in_kind(kind: Labels, values: VillageArray) -> tuple[Labels, Labels]:
    """(place in the order of ``values`` among the villages of the same kind, number of these), at every village."""
    kinds = int(kind.max(initial=0)) + 1
    number = _per_council(np.ones(kind.shape), kind, kinds).astype(np.int64)
    before = np.cumsum(number, axis=1) - number
    order = np.lexsort((values, kind), axis=1)
    place = np.empty(kind.shape, dtype=np.int64)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(kind.shape[1]), kind.shape), axis=1)
    return place - np.take_along_axis(before, kind, axis=1), np.take_along_axis(number, kind, axis=1)
