"""Coalitions of the members of a package 联合: every one of them, or those that sampled orders of the members pass through.

A package is an arm ``all_of`` others; each member is an arm of its own. A coalition is the package with some members only,
as a whole number whose bit k says whether member k is in it. Every coalition can be simulated: a member has passed the whole
check as an arm of its own, what a policy requires is there in any arm that joins it, and blocks that do not clash in the
package do not clash in a part of it.

Values of the members are averages over orders in which they could have been added (Shapley 1953). With few members all
coalitions are simulated and the averages are exact. With many, orders are drawn (Castro, Gomez and Tejada 2009), each
together with its reverse: both are uniform, so the average stays unbiased, and their errors offset one another (Mitchell et
al. 2022). What two members do to one another needs, for every two neighbours of an order, the coalition in which they have
changed places.

Castro, J., Gomez, D., and Tejada, J. (2009). Polynomial calculation of the Shapley value based on sampling. Computers &
Operations Research 36, 1726-1730.
Mitchell, R., Cooper, J., Frank, E., and Holmes, G. (2022). Sampling permutations for Shapley value estimation. Journal of
Machine Learning Research 23(43), 1-46.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sim.declare import Declaration
from sim.experiment.experiment import DesignPoint, Factor
from sim.experiment.factors import RESERVED
from sim.scenario.complaints import Complaints
from sim.scenario.problems import listed, suggestion
from sim.scenario.scenario import Scenario

MOST_IN_FULL = 8
"""Members of which all coalitions are simulated where nothing else is said: 256 design points."""
ORDERS = 200
"""Orders that are drawn where there are more."""
MOST_MEMBERS = 60
Order = tuple[int, ...]
"""Members by their place in the package, in the order in which they are added."""


def all_coalitions(members: int) -> list[int]:
    """Every coalition, the whole package first, then the larger ones, at last the empty one."""
    return _in_order(range(1 << members))


def drawn_orders(members: int, count: int, seed: int) -> tuple[Order, ...]:
    """``count`` orders, rounded up to pairs: a uniform one, then its reverse."""
    rng = np.random.default_rng(seed)
    made: list[Order] = []
    for _ in range(-(-count // 2)):
        order = tuple(int(member) for member in rng.permutation(members))
        made += [order, order[::-1]]
    return tuple(made)


def coalitions_of(orders: Iterable[Order], members: int, *, interactions: bool) -> list[int]:
    """Coalitions that the orders need, each once; each member alone and all but each besides, for they are shown."""
    whole = (1 << members) - 1
    found = {0, whole}
    for member in range(members):
        found |= {1 << member, whole ^ (1 << member)}
    for order in orders:
        for before, member, following in steps(order):
            found.add(before | 1 << member)
            if interactions and following is not None:
                found.add(before | 1 << following)
    return _in_order(found)


def steps(order: Order) -> Iterator[tuple[int, int, int | None]]:
    """(coalition before, member added, member added next or None), one a member."""
    before = 0
    for place, member in enumerate(order):
        yield before, member, order[place + 1] if place + 1 < len(order) else None
        before |= 1 << member


def _in_order(coalitions: Iterable[int]) -> list[int]:
    return sorted(coalitions, key=lambda coalition: (-coalition.bit_count(), coalition))


# ---- as a design


def members_of(scenario: Scenario, arm: str) -> tuple[str, ...]:
    """The arms that an arm joins by ``all_of``; none where it is written as a list of blocks."""
    written = scenario.document.get("arms", {}).get(arm)
    return tuple(written["all_of"]) if isinstance(written, Mapping) else ()


def read_members(scenarios: Mapping[str, Scenario], arm: str, complaints: Complaints) -> tuple[str, ...]:
    """The members of the package, the same in all scenarios; what is wrong goes to the complaints."""
    where, members = ("design", "arm"), tuple[str, ...]()
    for name, scenario in scenarios.items():
        if arm not in scenario.arms:
            complaints.add(where, f"there is no arm '{arm}' in scenario '{name}'{suggestion(arm, scenario.arms)}")
            continue
        found = members_of(scenario, arm)
        fault = _fault(name, arm, found, members)
        if fault:
            complaints.add(where, fault)
        members = members or found
    return members


def _fault(scenario: str, arm: str, found: Sequence[str], members: Sequence[str]) -> str:
    reserved = [member for member in found if member in RESERVED]
    if len(found) < 2:
        return f"'{arm}' in scenario '{scenario}' is not all_of two arms or more: it has no members to take apart"
    if len(found) > MOST_MEMBERS:
        return f"'{arm}' joins {len(found)} arms; at most {MOST_MEMBERS} can be taken apart"
    if reserved:
        return f"the member '{reserved[0]}' has the name of a column of the table of design points; name it otherwise"
    if members and found != members:
        return (
            f"'{arm}' joins {listed(found)} in scenario '{scenario}', not {listed(members)}; it must join the same arms"
        )
    return ""


def factor(arm: str, member: str) -> Factor:
    """A member of a package as something that is varied: in it or not."""
    declared = Declaration(
        name=member,
        sort="quantity",
        value=1.0,
        unit="1",
        bounds=(0.0, 1.0),
        prior=(0.0, 1.0),
        source="",
        zh=f"{arm}是否含{member}",
        meaning=f"whether {member} is in {arm}",
        integer=True,
    )
    return Factor(member, (f"arms.{arm}",), declared, (0, 1))


def design_of(members: int, options: Mapping[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """The coalitions of a package of so many members, and what an analysis must know: the orders, if they were drawn."""
    count = options["sample"] or (0 if members <= MOST_IN_FULL else ORDERS)
    if not count:
        return all_coalitions(members), {"sample": 0, "orders": []}
    orders = drawn_orders(members, count, options["seed"])
    found = coalitions_of(orders, members, interactions=options["interactions"])
    return found, {"sample": len(orders), "orders": [list(order) for order in orders]}


def points_of(
    arm: str, members: Sequence[str], coalitions: Sequence[int], scenarios: Iterable[str]
) -> tuple[DesignPoint, ...]:
    """A design point a coalition, numbered from 0, the whole design for each scenario."""
    made = ((scenario, coalition) for scenario in scenarios for coalition in coalitions)
    points = []
    for number, (scenario, coalition) in enumerate(made):
        inside = {member: coalition >> place & 1 for place, member in enumerate(members)}
        values = {f"arms.{arm}": {"all_of": [member for member in members if inside[member]]}}
        points.append(DesignPoint(number, scenario, values, {m: float(is_in) for m, is_in in inside.items()}))
    return tuple(points)
