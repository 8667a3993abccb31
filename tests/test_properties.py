"""What must hold in every world: random parameters within their bounds, random forms, random packages of policies."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.accounts import BOUNDARY, OWN_BUSINESS, PAYER_ACCOUNTS
from sim.declare import PUBLIC_PAYERS, declarations
from sim.engine import arm_names, simulate_block
from sim.mechanisms import governance
from sim.policies import POLICIES
from sim.scenario.scenario import Scenario, Scope
from sim.schedule import SCHEDULE
from sim.state import over_payers
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import block, scenario

VILLAGES, COUNCILS = 6, 2
BURN_IN, POLICY, AFTER = 2, 4, 2
FIRST, LAST = 4 * BURN_IN, 4 * (BURN_IN + POLICY) - 1

# ---- random worlds, drawn from the declarations ----

OWNERS = small.owners()
QUANTITIES = {
    f"{owner}.{d.name}": d for owner, c in OWNERS.items() for d in declarations(c).values() if d.sort == "quantity"
}
FORMS = {d.name: d for c in OWNERS.values() for d in declarations(c).values() if d.sort == "choice"}


def numbers(declared: Any, bounds: tuple[float, float]) -> st.SearchStrategy[float]:
    low, high = bounds
    return st.integers(int(low), int(high)).map(float) if declared.integer else st.floats(low, high)


@st.composite
def parameter_values(draw: Any) -> dict[str, float | str]:
    """A dozen numbers, most of them plausible, some anywhere within their bounds; and every form."""
    names = draw(st.lists(st.sampled_from(sorted(QUANTITIES)), unique=True, max_size=12))
    values: dict[str, float | str] = {}
    for name in names:
        declared = QUANTITIES[name]
        values[name] = draw(numbers(declared, draw(st.sampled_from([declared.prior, declared.prior, declared.bounds]))))
    return values | {name: draw(st.sampled_from(sorted(d.options))) for name, d in FORMS.items()}


@st.composite
def simplex(draw: Any, parts: tuple[str, ...]) -> dict[str, float]:
    cuts = sorted(draw(st.lists(st.floats(0, 1), min_size=len(parts) - 1, max_size=len(parts) - 1)))
    edges = [0.0, *cuts, 1.0]
    return {part: edges[n + 1] - edges[n] for n, part in enumerate(parts)}


scopes = st.one_of(
    st.sampled_from(["all", "none"]).map(Scope),
    st.sets(st.integers(0, VILLAGES - 1), min_size=1, max_size=4).map(lambda v: Scope("villages", tuple(sorted(v)))),
    st.sampled_from([(0,), (1,), (0, 1)]).map(lambda v: Scope("councils", v)),
    st.sampled_from(["weak", "middle", "strong"]).map(lambda v: Scope("tier", v)),
    st.sampled_from(["poorest", "middle", "richest"]).map(lambda v: Scope("tercile", v)),
    st.floats(0, 60).map(lambda v: Scope("below", {"earned_income": v})),
)


@st.composite
def a_block(draw: Any, policy: str, payer: str, first: int, last: int) -> Any:
    start = draw(st.integers(first, last))
    levers: dict[str, Any] = {}
    for d in declarations(POLICIES[policy].Levers).values():
        if d.sort == "choice":
            levers[d.name] = draw(st.sampled_from(sorted(d.options)))
        elif d.sort == "shares":
            levers[d.name] = draw(simplex(tuple(d.options)))
        else:
            levers[d.name] = draw(numbers(d, (d.bounds[0], min(d.bounds[1], 200.0))))
    return block(
        policy,
        start,
        draw(st.integers(start, last)),
        scope=draw(scopes),
        payer=payer,
        budget=draw(st.floats(0, 3000)) if POLICIES[policy].TAKES_BUDGET else None,
        path=f"arms.arm.{policy}#{payer}{start}",
        **levers,
    )


@st.composite
def packages(draw: Any) -> list[Any]:
    """Up to two grants of different payers, up to two pools one after the other, perhaps other policies.

    Half of the packages begin with enough money and a floor high enough for joint projects.
    """
    payers = draw(st.permutations(PUBLIC_PAYERS))
    middle = (FIRST + LAST) // 2
    parts = [a_block("demonstration_grant", payers[1], FIRST, LAST)]
    for name in sorted(set(POLICIES) - {"demonstration_grant", "funding_pool"}):
        payer = draw(st.sampled_from(POLICIES[name].PAYERS))
        start = draw(st.sampled_from([FIRST, middle]))
        parts.append(a_block(name, payer, start, LAST))
    blocks = [draw(part) for part in parts if draw(st.booleans())]
    if draw(st.booleans()):
        rich = draw(st.floats(600, 4000))
        blocks.append(block("demonstration_grant", FIRST, LAST, budget=rich, payer=payers[0], path="arms.arm.rich"))
        pool = dict(budget=rich, match=draw(st.floats(0, 1)), contribution_floor=draw(st.floats(0.5, 1)))
        rule = draw(simplex(("equity", "equal", "need", "work")))
        end = draw(st.integers(FIRST, middle))
        blocks.append(
            block("funding_pool", FIRST, end, payer=payers[2], distribution=rule, path="arms.arm.first", **pool)
        )
    else:
        parts = [
            a_block("demonstration_grant", payers[0], FIRST, LAST),
            a_block("funding_pool", payers[2], FIRST, middle),
        ]
        blocks += [draw(part) for part in parts if draw(st.booleans())]
    if draw(st.booleans()):
        blocks.append(draw(a_block("funding_pool", payers[0], middle + 1, LAST)))
    return blocks


@st.composite
def worlds(draw: Any) -> Scenario:
    return scenario(
        {"arm": draw(packages())},
        villages=VILLAGES,
        councils=COUNCILS,
        rule=draw(st.sampled_from(["adjacency", "random"])),
        years=(BURN_IN, POLICY, AFTER),
        allocation=draw(st.sampled_from(["equal", "need"])),
        weights={"joint_vehicle.distribution": draw(simplex(("equity", "equal", "need", "work")))},
        changes=draw(parameter_values()),
    )


# ---- what is looked at in every quarter ----


def probe(found: list[str]) -> Any:
    """A last mechanism of the quarter that changes nothing and writes down what should not be."""
    people: dict[str, Any] = {}

    def look(state: Any, parameters: Any, draws: Any, quarter: Any) -> tuple[Any, Any]:
        at = f"quarter {quarter.index}: "
        labour = state.resident_labour + state.migrant_labour
        land = state.cultivated_land
        if quarter.index == 0:
            people.update(labour=labour, land=land, people=state.population)
        scale = 1.0 + np.abs(state.own_cash) + over_payers(state.earmarked)
        checks = {
            "own cash": state.own_cash.min() >= -1e-9,
            "earmarked cash": state.earmarked.min() >= -1e-9,
            "vehicle cash": (state.vehicle_cash / (1.0 + state.joint_assets)).min() >= -1e-9,
            "vehicle fund": (state.vehicle_fund / (1.0 + state.vehicle_cash)).min() >= -1e-9,
            "fund within cash": ((state.vehicle_fund - state.vehicle_cash) / (1.0 + state.vehicle_cash)).max() <= 1e-9,
            "open cash": state.open_cash.min() >= 0,
            "capital": min(state.project_capital.min(), state.joint_capital.min()) >= 0,
            "age": min(state.project_age.min(), state.joint_age.min()) >= 0,
            "quality": min(state.project_quality.min(), state.joint_quality.min()) >= 0,
            "trust": state.trust.min() > 0 and state.trust.max() < 1,
            "need": state.need.min() > 0 and state.need.max() <= 1,
            "arrears": state.vehicle_arrears.min() >= 0,
            "paid in": state.paid_in.min() >= 0,
            "labour": min(state.resident_labour.min(), state.migrant_labour.min()) >= 0,
            "people conserved": np.allclose(labour, people["labour"], rtol=1e-9),
            "land conserved": land is people["land"] and state.population is people["people"],
            "shares": state.dividend_share.min() >= 0
            and (state.councils.total(state.dividend_share)).max() <= 1 + 1e-9,
            "contribution shares": max(state.own_contribution_share.max(), state.earmarked_contribution_share.max())
            <= 1,
            "effort": state.effort.min() >= 0,
            "attraction": state.attraction_effort.min() >= 0 and state.attraction_effort.max() <= 2,
            "park": state.park_capital.min() >= 0,
            "firms": bool(
                np.all((state.firm_village >= -1) & (state.firm_village < VILLAGES) & (state.firm_size >= 0))
                and np.all((state.firm_size > 0) >= (state.firm_village >= 0))
                and state.firm_life.min() >= 0
            ),
            "firm jobs": bool(np.all((state.firm_jobs >= 0) & (state.firm_jobs <= labour + 1e-6))),
            "coordination": state.coordination_due.min() >= 0,
            "manager is a member": np.all(
                (state.manager < 0)
                | (
                    np.take_along_axis(state.councils.council, np.maximum(state.manager, 0), 1)
                    == state.councils.council
                )
            ),
            "finite": bool(np.isfinite(scale).all() and np.isfinite(state.joint_log_management).all()),
        }
        found.extend(at + name for name, holds in checks.items() if not holds)
        return state, governance.Flows()

    # It goes by the name of the last mechanism, whose parameters and (empty) draws it is handed.
    return types.SimpleNamespace(__name__="probe.governance", DRAWS=(), step=look, Parameters=governance.Parameters)


def simulated(point: Scenario) -> tuple[dict[str, Any], list[str]]:
    found: list[str] = []
    records = simulate_block([point], [0], [0, 1], arm_names(point), 1, mechanisms=(*SCHEDULE, probe(found)))
    return {r.arm: r for r in records}, found


@settings(max_examples=25)
@given(point=worlds())
def test_every_world_keeps_its_books_and_its_bounds(point):
    # the ledger raises where books do not close, in every quarter of every arm
    records, found = simulated(point)
    assert found == []
    for r in records.values():
        assert r.worst_imbalance.max() <= 1e-9
        assert all(np.isfinite(values).all() for values in r.villages.values())
        books_agree(r)
        incomes_agree(r)
    no_policy_before_the_start(point, records)
    replay_agrees(records)


def books_agree(r: Any) -> None:
    """Opening balance plus what came in less what went out is the closing balance, for every account and year."""
    accounts = {name for key in r.accounts for name in key[:2]} | set(r.balances)
    for account in accounts:
        into = sum((a for key, a in r.accounts.items() if key[1] == account), np.zeros(r.policy_active.shape))
        out = sum((a for key, a in r.accounts.items() if key[0] == account), np.zeros(r.policy_active.shape))
        opening, closing = r.balances[account][:, :-1], r.balances[account][:, 1:]
        size = 1.0 + np.abs(opening) + into + out
        assert (np.abs(opening + into - out - closing) / size).max() <= 1e-9, account
    whole = sum(r.balances.values())
    size = 1.0 + sum(np.abs(b) for b in r.balances.values())
    assert (np.abs(whole - whole[:, :1]) / size).max() <= 1e-9
    assert min(a.min() for a in r.accounts.values()) >= 0
    assert np.allclose(r.villages["cash"].sum(axis=2), r.balances["village.cash"][:, 1:], rtol=1e-9, atol=1e-9)
    assert not {account for account in r.balances if account not in BOUNDARY and r.balances[account].min() < -1e-6}


def incomes_agree(r: Any) -> None:
    """The income columns are the flows that are marked so, into the villages less out of them."""
    for column, mark in (
        ("operating_income", "operating"),
        ("investment_income", "investment"),
        ("tax_share", "tax_share"),
        ("subsidies", "subsidy"),
    ):
        # what villages pay one another goes out of and into the same account
        marked = {key: amount for key, amount in r.accounts.items() if key[3] == mark}
        into = sum((a for key, a in marked.items() if key[1] == "village.cash"), np.zeros(r.policy_active.shape))
        out = sum((a for key, a in marked.items() if key[0] == "village.cash"), np.zeros(r.policy_active.shape))
        flows = into - out
        assert np.allclose(r.villages[column].sum(axis=2), flows, rtol=1e-9, atol=1e-6), column
    assert np.all(r.villages["tax_share"].sum(axis=2) <= r.villages["local_tax"].sum(axis=2) * (1 + 1e-9))
    for payer, account in PAYER_ACCOUNTS.items():
        out = sum(
            (a for key, a in r.accounts.items() if key[0] == account and key[2] not in OWN_BUSINESS),
            np.zeros(r.policy_active.shape),
        )
        back = sum(
            (a for key, a in r.accounts.items() if key[1] == account and key[2] not in OWN_BUSINESS),
            np.zeros(r.policy_active.shape),
        )
        assert np.allclose(r.public_cost[payer], out - back, rtol=1e-9, atol=1e-6)
        assert np.all(r.claims[payer] >= -1e-9)


def no_policy_before_the_start(point: Scenario, records: dict[str, Any]) -> None:
    start = min((b.start for b in point.arms["arm"]), default=4 * (BURN_IN + POLICY + AFTER)) // 4
    for arm, r in records.items():
        for name, values in r.villages.items():
            assert np.array_equal(values[:, :start], records["no_policy"].villages[name][:, :start]), (arm, name)


def replay_agrees(records: dict[str, Any]) -> None:
    for arm, r in records.items():
        if "@" not in arm:
            continue
        for payer, account in PAYER_ACCOUNTS.items():
            paid = sum(
                (a for key, a in r.accounts.items() if key[0] == account and key[2].startswith("same_")),
                np.zeros(r.policy_active.shape),
            )
            gap = paid + r.unreplayed[payer] - records["arm"].public_cost[payer]
            assert np.abs(gap).max() <= 1e-6 * (1.0 + np.abs(records["arm"].public_cost[payer]).max()), (arm, payer)


@settings(max_examples=6)
@given(point=worlds(), data=st.data())
def test_the_order_of_blocks_changes_no_bit(point, data):
    blocks = list(point.arms["arm"])
    shuffled = data.draw(st.permutations(blocks))
    other = scenario({"arm": shuffled}, villages=VILLAGES, councils=COUNCILS, years=(BURN_IN, POLICY, AFTER))
    plain = scenario({"arm": blocks}, villages=VILLAGES, councils=COUNCILS, years=(BURN_IN, POLICY, AFTER))
    one, two = (small.simulate(p, replications=[0], arms=["arm"])["arm"] for p in (plain, other))
    assert small.differences(one, two) == []


@settings(max_examples=10)
@given(points=st.lists(worlds(), min_size=2, max_size=3))
def test_worlds_side_by_side_change_no_bit(points):
    arms = ["no_policy", "arm"]
    shared = [set(arm_names(point)) for point in points]
    arms += [arm for arm in arm_names(points[0]) if "@" in arm and all(arm in names for names in shared)]
    together = small.simulate(points, replications=[0, 1], arms=arms)
    for n, point in enumerate(points):
        alone = small.simulate(point, replications=[1], arms=arms)
        for arm, records in alone.items():
            assert small.differences(together[arm], records, [2 * n + 1]) == [], arm
