"""Timeline 时间表: the parameters of every mechanism in every quarter of an arm.

Blocks of an arm are a set: they are put in one order before anything is applied, so that the order in which they were
written changes no bit. Scopes are resolved from the state when a block starts and frozen for the run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from sim.declare import PUBLIC_PAYERS, Array, Declaration, Mask, declarations
from sim.outcomes import TERCILES, TIERS, tier
from sim.policies import POLICIES
from sim.scenario.scenario import Block, Scenario, Scope
from sim.schedule import SCHEDULE, ModelParameters, stem
from sim.state import State
from sim.terms import Terms


def by_run(values: Sequence[float], replications: int) -> Array:
    """One number a design point -> shape (runs, 1), runs ordered design point major, replication fastest."""
    return np.repeat(np.asarray(values, dtype=float), replications)[:, None]


def model_parameters(
    points: Sequence[Scenario], replications: int, mechanisms: Sequence[ModuleType] = SCHEDULE
) -> ModelParameters:
    """The parameters of all mechanisms without any policy, arrays of shape (runs, 1)."""
    own = [module for module in mechanisms if hasattr(module, "Parameters") and module not in SCHEDULE]
    parts: dict[str, Any] = {}
    for module in (*SCHEDULE, *own):
        name = stem(module)
        parts[name] = module.Parameters(
            **{
                declared.name: _values(declared, name, points, replications)
                for declared in declarations(module.Parameters).values()
            }
        )
    return parameters_class(own)(**parts)


def parameters_class(own: Sequence[ModuleType]) -> type[ModelParameters]:
    """ModelParameters with one more field for each mechanism of a researcher's own."""
    if not own:
        return ModelParameters
    fields = [(stem(module), module.Parameters) for module in own]
    return dataclasses.make_dataclass("ModelParameters", fields, bases=(ModelParameters,), frozen=True)


def _values(declared: Declaration, owner: str, points: Sequence[Scenario], replications: int) -> Any:
    if declared.sort == "choice":
        return by_run([declared.code(point.forms[declared.name]) for point in points], replications)
    path = f"{owner}.{declared.name}"
    if declared.sort == "shares":
        return tuple(by_run([point.weights[path][part] for point in points], replications) for part in declared.options)
    return by_run([point.parameters[path] for point in points], replications)


def in_scope(scope: Scope, state: State) -> Mask:
    """Villages that a scope covers in the state at hand, shape (runs, villages)."""
    covered = np.zeros((state.runs, state.villages), dtype=bool)
    earned = state.earned_last_year
    if scope.rule == "all":
        covered[:] = True
    elif scope.rule == "villages":
        covered[:, list(_indices(scope))] = True
    elif scope.rule == "councils":
        covered = np.isin(_council_ranks(state), list(_indices(scope)))
    elif scope.rule == "tier":
        covered = tier(earned) == TIERS.index(str(scope.value))
    elif scope.rule == "tercile":
        rank = np.argsort(np.argsort(earned, axis=1, kind="stable"), axis=1, kind="stable")
        first, second = max(1, round(state.villages / 3)), round(2 * state.villages / 3)  # as in outcomes.poorest_third
        covered = (rank >= first).astype(int) + (rank >= second) == TERCILES.index(str(scope.value))
    elif scope.rule == "below" and isinstance(scope.value, Mapping):
        covered[:] = True
        for threshold in scope.value.values():
            covered &= earned < threshold
    return covered & state.exists


def _indices(scope: Scope) -> tuple[int, ...]:
    return scope.value if isinstance(scope.value, tuple) else ()


def _council_ranks(state: State) -> Array:
    """Councils counted from 0 in the order of their founding villages, -1 for none."""
    order = np.cumsum(state.councils.founder, axis=1) - 1
    return np.where(state.councils.member, state.councils.of(order.astype(float)), -1.0)


@dataclass(frozen=True)
class _Slot:
    """The n-th block of one policy and payer, across design points; None where a point has none."""

    policy: str
    blocks: tuple[Block | None, ...]
    last: tuple[int, ...]
    """Last quarter of the point's last block of this policy, -1 where it has none."""


def _slots(points: Sequence[Scenario], arm: str) -> tuple[_Slot, ...]:
    ordered = [sorted(point.arms[arm], key=lambda b: (b.policy, b.start, b.end, b.payer, b.path)) for point in points]
    counts: dict[str, int] = {}
    for blocks in ordered:
        for policy in {block.policy for block in blocks}:
            counts[policy] = max(counts.get(policy, 0), sum(block.policy == policy for block in blocks))
    slots = []
    for policy in sorted(counts):
        mine = [[block for block in blocks if block.policy == policy] for blocks in ordered]
        last = tuple(max((block.end for block in blocks), default=-1) for blocks in mine)
        for n in range(counts[policy]):
            slots.append(_Slot(policy, tuple(blocks[n] if n < len(blocks) else None for blocks in mine), last))
    return tuple(slots)


class Timeline:
    """Parameters of one arm for a batch of runs, quarter by quarter; ask for the quarters in their order."""

    def __init__(self, points: Sequence[Scenario], replications: int, arm: str, base: ModelParameters) -> None:
        self._points, self._replications = len(points), replications
        self._base = base
        self._slots = _slots(points, arm)
        self._policies = [policy_module(slot.policy, arm) for slot in self._slots]
        self._levers = [self._lever_arrays(slot) for slot in self._slots]
        self._scopes: list[Mask | None] = [None for _ in self._slots]
        self._known: dict[tuple[Any, ...], ModelParameters] = {}

    def at(self, quarter: int, state: State) -> ModelParameters:
        """Parameters of a quarter; scopes of blocks that start in it are resolved from ``state``."""
        terms = []
        key: list[Any] = []
        for position, slot in enumerate(self._slots):
            self._resolve(position, slot, quarter, state)
            calendar = [_calendar(block, last, quarter) for block, last in zip(slot.blocks, slot.last, strict=True)]
            terms.append(calendar)
            key.append(tuple(calendar))
        if not any(moment.active for calendar in terms for moment in calendar):
            return self._base
        if tuple(key) not in self._known:
            self._known[tuple(key)] = self._adjusted(terms)
        return self._known[tuple(key)]

    def active(self, quarter: int) -> Mask:
        """(runs,): any block of the arm is active in the quarter."""
        covered = np.zeros(self._points, dtype=bool)
        for slot in self._slots:
            covered |= np.array([block is not None and block.start <= quarter <= block.end for block in slot.blocks])
        return np.repeat(covered, self._replications)

    def covered(self, quarter: int, shape: tuple[int, int], policies: frozenset[str] | None = None) -> Mask:
        """Villages that any block (of the given policies) has covered up to and in the quarter, (runs, villages)."""
        result = np.zeros(shape, dtype=bool)
        for slot, scope in zip(self._slots, self._scopes, strict=True):
            if scope is None or (policies is not None and slot.policy not in policies):
                continue
            started = [block is not None and block.start <= quarter for block in slot.blocks]
            result |= scope & (by_run(started, self._replications) > 0)
        return result

    def _resolve(self, position: int, slot: _Slot, quarter: int, state: State) -> None:
        for point, block in enumerate(slot.blocks):
            if block is None or block.start != quarter:
                continue
            before = self._scopes[position]
            mask = np.zeros((state.runs, state.villages), dtype=bool) if before is None else before.copy()
            rows = slice(point * self._replications, (point + 1) * self._replications)
            mask[rows] = in_scope(block.scope, state)[rows]
            self._scopes[position] = mask
            self._known.clear()

    def _adjusted(self, terms: Sequence[Sequence[_Moment]]) -> ModelParameters:
        parameters = self._base
        mine = zip(self._slots, self._policies, self._scopes, self._levers, terms, strict=True)
        for slot, policy, scope, levers, calendar in mine:
            if scope is not None and any(moment.active for moment in calendar):
                parameters = policy.adjust(parameters, levers, self._terms(slot, scope, calendar))
                if not isinstance(parameters, ModelParameters):
                    raise TypeError(
                        f"adjust of policy {slot.policy} must return the changed ModelParameters, not {parameters!r}"
                    )
        return parameters

    def _terms(self, slot: _Slot, scope: Mask, calendar: Sequence[_Moment]) -> Terms:
        repeat = self._replications
        active = by_run([moment.active for moment in calendar], repeat)
        budgets = [0.0 if block is None or block.budget is None else block.budget for block in slot.blocks]
        payer = np.zeros((len(slot.blocks), len(PUBLIC_PAYERS), 1))
        for point, block in enumerate(slot.blocks):
            if block is not None and block.payer in PUBLIC_PAYERS:
                payer[point, PUBLIC_PAYERS.index(block.payer)] = 1.0
        fraction = by_run([moment.fraction for moment in calendar], repeat)
        return Terms(
            in_scope=scope & (active > 0),
            payer=np.repeat(payer, repeat, axis=0) * active[:, None, :],
            budget=by_run(budgets, repeat) * fraction,
            fraction=fraction,
            ends=by_run([moment.ends for moment in calendar], repeat),
            starts=by_run([moment.starts for moment in calendar], repeat),
        )

    def _lever_arrays(self, slot: _Slot) -> Any:
        cls = POLICIES[slot.policy].Levers
        arrays: dict[str, Any] = {}
        for declared in declarations(cls).values():
            values = [
                declared.value if block is None else block.levers.get(declared.name, declared.value)
                for block in slot.blocks
            ]
            if declared.sort == "choice":
                arrays[declared.name] = by_run([declared.code(str(value)) for value in values], self._replications)
            elif declared.sort == "shares":
                parts = [dict(value) if isinstance(value, Mapping) else {} for value in values]
                arrays[declared.name] = tuple(
                    by_run([part[name] for part in parts], self._replications) for name in declared.options
                )
            else:
                arrays[declared.name] = by_run([float(value) for value in values], self._replications)  # type: ignore[arg-type]
        return cls(**arrays)


class UnknownPolicy(LookupError):
    """A block of a policy whose module is not at hand; the message says how to give it."""


def policy_module(name: str, arm: str) -> ModuleType:
    """The module of a policy, built in or a researcher's own; raises :class:`UnknownPolicy`."""
    if name not in POLICIES:
        raise UnknownPolicy(f"arm {arm}: policy {name!r} is not built in; hand its module over: policies=[{name}]")
    return POLICIES[name]


class _Moment(NamedTuple):
    """Where a block stands in a quarter, as :class:`sim.terms.Terms` explains it."""

    active: bool
    fraction: float
    ends: bool
    starts: bool


def _calendar(block: Block | None, last: int, quarter: int) -> _Moment:
    if block is None or not block.start <= quarter <= block.end:
        return _Moment(False, 0.0, False, False)
    first_of_year = 4 * (quarter // 4)
    if quarter != max(block.start, first_of_year):
        return _Moment(True, 0.0, quarter == last, False)
    fraction = (min(block.end, first_of_year + 3) - quarter + 1) / 4.0
    return _Moment(True, fraction, quarter == last, quarter == block.start)


def with_parameters(parameters: ModelParameters, **changes: Mapping[str, Any]) -> ModelParameters:
    """A copy with some fields of some mechanisms' parameters replaced: ``grants={"replay": ...}``."""
    return dataclasses.replace(
        parameters,
        **{name: dataclasses.replace(getattr(parameters, name), **fields) for name, fields in changes.items()},
    )
