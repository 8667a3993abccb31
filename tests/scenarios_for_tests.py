"""Small worlds for tests: a maker of scenarios, of tiny states, of parameters, and of draws that a test writes itself.

Everything starts from the declarations, so that a new parameter needs no change here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from sim.declare import PUBLIC_PAYERS, declarations
from sim.engine import arm_names, simulate_block
from sim.groups import groups
from sim.initialization import initial_state
from sim.mechanisms import governance
from sim.policies import POLICIES
from sim.population import GROUPS
from sim.population.population import Population
from sim.records import Records
from sim.scenario.scenario import Block, Calendar, PopulationSpec, Scenario, Scope
from sim.schedule import SCHEDULE, ModelParameters, stem
from sim.state import State
from sim.timeline import model_parameters

COUNTY = PUBLIC_PAYERS.index("county")
PAYERS = len(PUBLIC_PAYERS)


# ---- scenarios ----


def owners() -> dict[str, type]:
    """Every class with declared fields that a scenario fills, by the name before the dot."""
    return {stem(m): m.Parameters for m in SCHEDULE} | {f"population.{name}": c for name, c in GROUPS.items()}


def declared_values() -> tuple[dict[str, float], dict[str, str], dict[str, Mapping[str, float]]]:
    """(parameters, forms, weights) as a scenario holds them, all at their declared values."""
    parameters: dict[str, float] = {}
    forms: dict[str, str] = {}
    weights: dict[str, Mapping[str, float]] = {}
    for owner, cls in owners().items():
        for d in declarations(cls).values():
            if d.sort == "choice":
                forms[d.name] = str(d.value)
            elif d.sort == "shares":
                weights[f"{owner}.{d.name}"] = d.value  # type: ignore[assignment]
            else:
                parameters[f"{owner}.{d.name}"] = float(d.value)  # type: ignore[arg-type]
    return parameters, forms, weights


def block(
    policy: str,
    start: int,
    end: int,
    *,
    scope: Scope | str = "all",
    payer: str | None = None,
    budget: float | None = None,
    path: str = "",
    **levers: Any,
) -> Block:
    """A policy block with every lever at its declared value but those given; quarters count from 0, both inclusive.

    The county pays where it may, else the first payer that may.
    """
    may_pay = POLICIES[policy].PAYERS
    if payer is None:
        payer = "county" if "county" in may_pay else may_pay[0]
    values = {d.name: d.value for d in declarations(POLICIES[policy].Levers).values()} | levers
    where = scope if isinstance(scope, Scope) else Scope(scope)
    if budget is None and POLICIES[policy].TAKES_BUDGET:
        budget = 0.0
    return Block(policy, start, end, where, payer, budget, values, path or f"arms.arm.{policy}")


def scenario(
    arms: Mapping[str, Sequence[Block]] | None = None,
    *,
    villages: int = 6,
    councils: int = 2,
    rule: str = "adjacency",
    years: tuple[int, int, int] = (2, 3, 2),
    companions: Sequence[str] = ("same_money", "same_management"),
    allocation: str = "equal",
    weights: Mapping[str, Mapping[str, float]] | None = None,
    changes: Mapping[str, float | str] | None = None,
    file: str | None = None,
) -> Scenario:
    """A scenario of a few villages; ``changes`` holds parameters ("projects.overhead") and forms ("carry_over")."""
    parameters, forms, shares = declared_values()
    for name, value in (changes or {}).items():
        if name in parameters:
            parameters[name] = float(value)
        elif name in forms:
            forms[name] = str(value)
        else:
            raise KeyError(name)
    return Scenario(
        name="small",
        title={},
        population=PopulationSpec(villages, rule, councils, "pareto", file),
        calendar=Calendar(2010, *years),
        parameters=parameters,
        forms=forms,
        weights={**shares, **(weights or {})},
        arms={"no_policy": (), **{name: tuple(blocks) for name, blocks in (arms or {}).items()}},
        companions=tuple(companions),
        companion_allocation=allocation,
        outcomes=("earned_income",),
        replications=1,
        seed=1,
    )


def simulate(
    points: Scenario | Sequence[Scenario],
    *,
    replications: Sequence[int] = (0, 1),
    arms: Sequence[str] | None = None,
    seed: int = 1,
) -> dict[str, Records]:
    """Records by arm; all arms with their companions where none are named."""
    listed = [points] if isinstance(points, Scenario) else list(points)
    wanted = arm_names(listed[0]) if arms is None else tuple(arms)
    records = simulate_block(listed, range(len(listed)), list(replications), wanted, seed)
    return {r.arm: r for r in records}


def columns(records: Records) -> dict[str, np.ndarray]:
    """Every array of numbers in the records that the world makes, by a flat name; flows of nothing are left out.

    What a file alone decides (the name of the arm, the years in which its blocks stand) is not among them.
    """
    parts: dict[str, np.ndarray] = {}
    for name in ("villages", "balances", "public_cost", "claims", "unreplayed", "safeguards"):
        parts |= {f"{name}.{key}": np.asarray(values) for key, values in getattr(records, name).items()}
    parts |= {"accounts." + "|".join(key): v for key, v in records.accounts.items() if np.any(v != 0)}
    parts |= {name: getattr(records, name) for name in ("council", "town", "helper", "exists", "worst_imbalance")}
    return parts


def differences(one: Records, other: Records, rows: Sequence[int] | slice = slice(None)) -> list[str]:
    """Names of the arrays that differ in a bit; ``rows`` picks runs of ``one`` to set against all runs of ``other``."""
    mine, theirs = columns(one), columns(other)
    found = []
    for name in sorted(mine.keys() | theirs.keys()):
        nothing = np.zeros_like(next(v for v in (mine.get(name), theirs.get(name)) if v is not None)[:1])
        a = mine[name][rows] if name in mine else nothing
        b = theirs.get(name, np.zeros_like(a))
        if not np.array_equal(np.broadcast_to(a, b.shape) if name not in mine else a, b, equal_nan=a.dtype.kind == "f"):
            found.append(name)
    return found


# ---- tiny states and parameters for the mechanisms ----


def parameters(runs: int = 1, **changes: float | str) -> ModelParameters:
    """Parameters of all mechanisms at their declared values; ``projects__overhead=3`` changes one."""
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return model_parameters([scenario(changes=dotted)], runs)


def given(module: ModuleType, runs: int = 1, **values: Any) -> Any:
    """``module.Parameters`` at declared values but those given; numbers become arrays (runs, 1), arrays stay."""
    base = getattr(parameters(runs), stem(module))
    made = {n: np.full((runs, 1), float(v)) if isinstance(v, int | float) else v for n, v in values.items()}
    return dataclasses.replace(base, **made)


def array(*rows: Any) -> np.ndarray:
    """Floats of shape (runs, villages): ``array(1, 2)`` is one run of two villages."""
    values = np.array(rows, dtype=float)
    return values[None] if values.ndim == 1 else values


def endowments(council: Sequence[int] = (0, 0), **changes: Any) -> Population:
    """One run of plain villages: 1,000 people, 580 workers, 10 亩 of reserve land, ability 1, trust one half."""
    n = len(council)
    every: dict[str, Any] = dict(
        population=np.full((1, n), 1000.0),
        labour=np.full((1, n), 580.0),
        migrant_share=np.full((1, n), 0.5),
        cultivated_land=np.full((1, n), 1000.0),
        reserve_land=np.full((1, n), 10.0),
        x=np.arange(n, dtype=float)[None],
        y=np.zeros((1, n)),
        industry=np.zeros((1, n), dtype=np.int64),
        town=np.zeros((1, n), dtype=np.int64),
        council=np.array([council], dtype=np.int64),
        centre=np.where(np.array([council]) < 0, np.arange(n), np.array([council])).astype(np.int64),
        leader_ability=np.ones((1, n)),
        know_how=np.ones((1, n)),
        trust=np.full((1, n), 0.5),
        assets=np.zeros((1, n)),
        asset_quality=np.ones((1, n)),
        names=tuple(f"village_{i}" for i in range(n)),
    )
    return Population(**(every | changes))


def village_state(council: Sequence[int] = (0, 0), *, at: ModelParameters | None = None, **changes: Any) -> State:
    """The state of one run of plain villages; ``changes`` replaces state variables, read-only like all the rest."""
    state = initial_state(endowments(council), at or parameters())
    if "councils" not in changes:
        changes["councils"] = groups(np.array([council], dtype=np.int64))
    return frozen(state.replace(**changes))


def frozen(state: State) -> State:
    """Make every array read-only: a rule that writes in place raises."""
    for value in vars(state).values():
        for array_ in value if isinstance(value, tuple) else (value,):
            if isinstance(array_, np.ndarray):
                array_.flags.writeable = False
    return state


def by_payer(*amounts: float, payer: int = COUNTY) -> np.ndarray:
    """Money of one payer, shape (1, payers, villages)."""
    money = np.zeros((1, PAYERS, len(amounts)))
    money[0, payer] = amounts
    return money


def project_array(villages: int = 2, **places: float) -> np.ndarray:
    """(1, kinds, slots, villages), zero but for ``k0s1v0=5`` (kind 0, slot 1, village 0)."""
    values = np.zeros((1, 2, 2, villages))
    for name, number in places.items():
        kind, slot, village = (int(part) for part in name.replace("k", "").replace("s", " ").replace("v", " ").split())
        values[0, kind, slot, village] = number
    return values


@dataclasses.dataclass(frozen=True)
class Draws:
    """Draws of one quarter as a mechanism sees them, given by name; ``others`` stands for every other name."""

    uniforms: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    normals: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    villages: int = 2
    others: float = 0.5

    def uniform(self, name: str, count: int = 1) -> np.ndarray:
        if count == 1:
            return self._of(self.uniforms, name, self.others)
        value = self.uniforms.get(name, np.full((1, count, self.villages), self.others))
        return np.asarray(value, dtype=float)

    def normal(self, name: str) -> np.ndarray:
        return self._of(self.normals, name, 0.0)

    def _of(self, known: Mapping[str, Any], name: str, other: float) -> np.ndarray:
        if name in known:
            return np.asarray(known[name], dtype=float)
        single = name == "common_shock" or name.startswith("industry_")
        return np.full((1, 1 if single else self.villages), other)


def states(point: Scenario, arm: str, *, replications: Sequence[int] = (0, 1), seed: int = 1) -> list[State]:
    """The state at the end of every quarter of one arm, before the books of the year are closed."""
    seen: list[State] = []

    def look(state: State, *_: Any) -> tuple[State, Any]:
        seen.append(state)
        return state, governance.Flows()

    # A last mechanism that changes nothing; it goes by the name of the one whose parameters it is handed.
    watcher: Any = SimpleNamespace(__name__="watcher.governance", DRAWS=(), step=look)
    simulate_block([point], [0], list(replications), [arm], seed, mechanisms=(*SCHEDULE, watcher))
    return seen[-point.calendar.quarters :]
