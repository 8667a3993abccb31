"""Companions 对照: the same public money without councils, and the same management without a pool.

For an arm X the engine records, quarter by quarter, what X's policies took from each public payer. ``X@same_money``
pays that stream village by village as earmarked cash for own projects. ``X@same_management`` replays it too, charges
X's priced staff time and coordination as they were charged there, lets the joint manager run the members' own
projects, and keeps X's councils and joint services, whose staff it pays: X less same_management is scale and incentive,
same_management less same_money is the manager.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.declare import PUBLIC_PAYERS, Array, Index, Mask, PayerArray, VillageArray
from sim.groups import Groups
from sim.mechanisms import joint_management
from sim.mechanisms.grants import ALLOCATIONS
from sim.scenario.scenario import NO_POLICY, Scenario
from sim.schedule import ModelParameters
from sim.timeline import with_parameters

SAME_MONEY, SAME_MANAGEMENT = "same_money", "same_management"
KINDS = (SAME_MONEY, SAME_MANAGEMENT)
MANAGED = frozenset({"funding_pool", "centre_village"})
"""Policies that put a joint manager in charge: only their arms have a same_management companion."""


BESIDE_A_MANAGER = frozenset({"demonstration_grant", "council_grouping", "joint_services"})
"""Policies that the same_management companion replays or leaves alone. Money of any other, a park or a course, would come
back as project grants there: the difference would not be scale and incentive, so such an arm has no such companion."""


def judged(arm: str) -> str:
    """The arm that a companion belongs to; an arm itself."""
    return arm.partition("@")[0]


def companion_kind(arm: str) -> str:
    """same_money, same_management, or an empty text for an arm that is no companion."""
    return arm.partition("@")[2]


def companions_of(scenario: Scenario, arm: str) -> tuple[str, ...]:
    """Companions of an arm, decided from the file: only where a block has a public payer."""
    blocks = scenario.arms[arm]
    if arm == NO_POLICY or not any(block.payer in PUBLIC_PAYERS for block in blocks):
        return ()
    wanted = [kind for kind in KINDS if kind in scenario.companions]
    present = {block.policy for block in blocks}
    if not present & MANAGED or present - MANAGED - BESIDE_A_MANAGER:
        wanted = [kind for kind in wanted if kind != SAME_MANAGEMENT]
    return tuple(f"{arm}@{kind}" for kind in wanted)


def needed(kept: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """What must be simulated to store and compare these arms: no policy, judged arms, their companions."""
    arms = {judged(arm) for arm in kept}
    wanted = {NO_POLICY, *kept, *arms, *(arm for arm in known if judged(arm) in kept)}
    wanted |= {f"{judged(arm)}@{SAME_MONEY}" for arm in kept if companion_kind(arm) == SAME_MANAGEMENT}
    return tuple(arm for arm in known if arm in wanted)


@dataclass
class Stream:
    """What one arm took from the public purse, quarter by quarter; lists of arrays, one a quarter."""

    gross: list[Array] = field(default_factory=list)
    """(runs, payers) paid by public payers for policies, staff included."""
    staff: list[Array] = field(default_factory=list)
    """(runs, payers) the part of it that paid for staff time."""
    returned: list[Array] = field(default_factory=list)
    """(runs, payers) repayments and lapsed money."""
    coordination: list[VillageArray] = field(default_factory=list)
    """(runs, villages) coordination borne by each member, through the vehicle or called."""
    covered: list[Mask] = field(default_factory=list)
    """(runs, villages) in the arm's scope so far."""
    managed: list[Mask] = field(default_factory=list)
    """(runs, villages) where a policy has put a joint manager in charge so far."""
    parameters: list[ModelParameters] = field(default_factory=list)
    councils: list[Groups] = field(default_factory=list)
    centre: list[Index] = field(default_factory=list)
    """(runs, villages) centre village of each village's council."""


def in_charge(management: joint_management.Parameters, shape: tuple[int, int]) -> Mask:
    """Villages over which a pool is open or a centre village leads this quarter, (runs, villages)."""
    mask = np.zeros(shape, dtype=bool)
    if management.active is not None:
        mask |= management.active
    if management.led is not None:
        mask |= management.led
    return mask


class Replay:
    """Hands a stream to a companion, quarter by quarter, and keeps count of what could not be replayed."""

    def __init__(self, stream: Stream, kind: str, by_need: Array) -> None:
        self._stream = stream
        self._kind = kind
        self._by_need = by_need  # (runs, 1): 1 where money is split by need, 0 equally
        self._owed = np.zeros_like(stream.gross[0])
        self._has_paid = np.zeros((len(self._owed), 1), dtype=bool)

    def at(self, quarter: int, base: ModelParameters) -> tuple[ModelParameters, Array]:
        """(parameters of the quarter, change of what is still owed to the payers, (runs, payers))."""
        stream = self._stream
        staff = stream.staff[quarter] if self._kind == SAME_MANAGEMENT else np.zeros_like(stream.gross[quarter])
        gross = stream.gross[quarter] - staff
        # Money that X gave back lowers this payer's later payments, not its earlier ones.
        deducted = np.minimum(self._owed, gross)
        before = self._owed
        self._owed = self._owed - deducted + stream.returned[quarter]
        paid = (gross - deducted)[:, :, None]
        covered = stream.covered[quarter]
        changes: dict[str, dict[str, Any]] = {"grants": {}}
        if paid.any():
            # Split by the mechanism itself: need is brought up to date before money is handed out.
            changes["grants"] = {
                "replay": paid,
                "replay_eligible": covered[:, None, :] * np.ones_like(paid),
                "replay_allocation": (self._by_need * list(ALLOCATIONS).index("need"))[:, :, None],
            }
        self._has_paid = self._has_paid | (stream.gross[quarter] > 0).any(axis=1, keepdims=True)
        if self._kind == SAME_MANAGEMENT:
            changes["grants"]["replay_staff"] = _spread(staff, covered)
            changes |= self._management(quarter) | self._services(quarter) | self._councils(quarter)
        return with_parameters(base, **changes), self._owed - before

    def _management(self, quarter: int) -> dict[str, dict[str, Any]]:
        theirs = self._stream.parameters[quarter].joint_management
        # A run in which X has paid nothing has no companion of its own: it is the run without policy.
        management: dict[str, Any] = {
            "entrusted": self._stream.managed[quarter] & self._has_paid,
            "joint_manager": theirs.joint_manager,
            "manager_weight": theirs.manager_weight,
        }
        charged = self._stream.coordination[quarter] * self._has_paid
        return {"joint_management": management, "joint_vehicle": {"charged": charged}}

    def _services(self, quarter: int) -> dict[str, dict[str, Any]]:
        """X's joint offices: their staff is charged here too, so what they do must not be credited to the pool."""
        level = self._stream.parameters[quarter].joint_services.level
        return {} if level is None else {"joint_services": {"level": level * self._has_paid}}

    def _councils(self, quarter: int) -> dict[str, dict[str, Any]]:
        """X's councils where they have been drawn anew: the same villages have the same manager."""
        first, now = self._stream.councils[0], self._stream.councils[quarter]
        if now is first:
            return {}
        council = np.where(self._has_paid, now.council, first.council)
        centre = np.where(self._has_paid, self._stream.centre[quarter], self._stream.centre[0])
        return {"grouping": {"council": council, "centre": centre}}


def _spread(by_payer: Array, covered: Mask) -> PayerArray | None:
    """Spread an amount by payer evenly over the villages covered; None where there is none."""
    if not by_payer.any():
        return None
    count = np.maximum(covered.sum(axis=1), 1)[:, None]
    each: PayerArray = by_payer[:, :, None] * (covered / count)[:, None, :]
    return each
