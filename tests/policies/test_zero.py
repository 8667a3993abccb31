"""Every policy at its ZERO, or covering nobody, is the run without policy, bit for bit; its companions too."""

import numpy as np
import pytest

from sim.declare import declarations
from sim.policies import POLICIES
from sim.scenario.scenario import Scope
from tests.scenarios_for_tests import block, differences, scenario, simulate

REPS = (0, 1, 2)
STRONG: dict[str, dict[str, float | str]] = {
    "funding_pool": dict(budget=200.0, match=0.8, contribution_floor=0.5, open_share=1.0),
    "demonstration_grant": dict(budget=500.0, per_village=40.0),
    "centre_village": dict(authority=1.0),
    "pairing": dict(mandate_floor=1.0, benefit_share=0.5, matching="centre_village"),
    "council_grouping": dict(rule="strong_weak", size=2),
    "joint_services": dict(level=1.0),
    "industrial_park": dict(budget=400.0),
    "tax_sharing": dict(share=0.9, term=20.0, basis="total", recipient="council"),
    "training": dict(trainees=200.0),
    "talent_return": dict(spending=20.0),
}
"""Levers far from their zeros: those that ZERO does not name must not matter."""
TOWN_WIDE = frozenset({"industrial_park", "tax_sharing"})
"""They act on a town's park or purse, and so on villages out of scope too: their own arms are not looked at there."""


def levers(policy: str, *, zero: bool) -> dict[str, float | str]:
    values = dict(STRONG[policy])
    return values | POLICIES[policy].ZERO if zero else values


def arm(policy: str, **more):
    return block(policy, 9, 18, **more)


def beside(policy: str) -> list:
    """Blocks that make the policy matter if it did anything."""
    return [block(name, 8, 19, **STRONG[name]) for name in sorted(POLICIES) if name != policy]


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_alone_at_zero(policy):
    records = simulate(scenario({"arm": [arm(policy, **levers(policy, zero=True))]}), replications=REPS)
    assert len(records) >= 3
    for r in records.values():
        assert differences(records["no_policy"], r) == [], r.arm


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize("scope", [Scope("none"), Scope("below", {"earned_income": -1.0})], ids=["none", "nobody poor"])
def test_alone_without_villages(policy, scope):
    records = simulate(scenario({"arm": [arm(policy, scope=scope, **levers(policy, zero=False))]}), replications=REPS)
    for r in records.values():
        assert differences(records["no_policy"], r) == [], r.arm


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize("off", ["zero", "nobody"])
def test_beside_other_policies(policy, off):
    others = beside(policy)
    if off == "zero":
        mine = arm(policy, **levers(policy, zero=True))
    else:
        mine = arm(policy, scope=Scope("none"), **levers(policy, zero=False))
    records = simulate(scenario({"with": [*others, mine], "without": others}), replications=REPS)
    for name in ("", "@same_money", "@same_management"):
        if f"without{name}" in records:
            assert differences(records[f"without{name}"], records[f"with{name}"]) == [], name


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_away_from_zero_it_matters(policy):
    blocks = [*beside(policy), arm(policy, **levers(policy, zero=False))]
    records = simulate(scenario({"with": blocks, "without": beside(policy)}), replications=REPS)
    assert differences(records["without"], records["with"]) != []


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_before_its_start_and_out_of_its_scope_nothing_changes(policy):
    scope = Scope("councils", (0,))
    names = [name for name in sorted(POLICIES) if name != policy and (policy in TOWN_WIDE or name not in TOWN_WIDE)]
    blocks = [block(name, 8, 19, scope=scope, **STRONG[name]) for name in names]
    late = block(policy, 13, 19, scope=scope, **STRONG[policy])
    # the town's people commute to its firms: who stays in one village is felt in the jobs left to another
    point = scenario({"with": [*blocks, late], "without": blocks}, changes={"enterprises.jobs_per_firm": 0})
    records = simulate(point, replications=REPS)
    one, other = records["with"], records["without"]
    council = one.council[:, 0]
    outside = council != council.min(axis=1, keepdims=True)
    for name, values in one.villages.items():
        theirs = other.villages[name]
        # three whole years before quarter 13
        assert np.array_equal(values[:, :3], theirs[:, :3]), name
        if policy not in TOWN_WIDE:
            assert np.array_equal(values.transpose(0, 2, 1)[outside], theirs.transpose(0, 2, 1)[outside]), name


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_two_periods_that_join_are_one(policy):
    others = beside(policy)
    parts = [
        block(policy, first, last, path=f"arms.arm.{policy}#{n}", **STRONG[policy])
        for n, (first, last) in enumerate(((8, 11), (12, 15)))
    ]
    whole = [block(policy, 8, 15, **STRONG[policy])]
    records = simulate(scenario({"two": [*others, *parts], "one": [*others, *whole]}), replications=REPS)
    for name in ("", "@same_money", "@same_management"):
        if f"one{name}" in records:
            assert differences(records[f"one{name}"], records[f"two{name}"]) == [], name


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_two_periods_apart(policy):
    periods = ((8, 11), (16, 19))
    blocks = [
        block(policy, first, last, path=f"arms.arm.{policy}#{n}", **STRONG[policy])
        for n, (first, last) in enumerate(periods)
    ]
    records = simulate(
        scenario({"both": blocks, "first": blocks[:1], "second": blocks[1:]}, years=(2, 4, 1)), replications=REPS
    )
    both, first, second = (records[name] for name in ("both", "first", "second"))
    assert both.policy_active[0].tolist() == [False, False, True, False, True, False, False]
    # years 0 to 3 are those of the first period alone
    for name, values in both.villages.items():
        assert np.array_equal(values[:, :4], first.villages[name][:, :4]), name
    payer = blocks[0].payer
    paid = both.public_cost[payer]
    assert np.all(paid[:, [0, 1, 3, 5, 6]] == 0)
    # a year's budget or staff time is the same in either period; a match or a share of tax depends on what was before
    if policy not in {"funding_pool", "tax_sharing"}:
        assert np.array_equal(paid[:, 2], first.public_cost[payer][:, 2])
        assert np.array_equal(paid[:, 4], second.public_cost[payer][:, 4])
        assert np.all(paid[:, 2] > 0)


def test_every_zero_names_a_lever_or_the_budget():
    for policy in POLICIES.values():
        assert policy.ZERO
        assert set(policy.ZERO) <= {"budget", *declarations(policy.Levers)}
