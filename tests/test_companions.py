"""Companions 对照: the same public money without councils, and the same management without a pool."""

import dataclasses

import numpy as np
import pytest

from sim.companions import Replay, Stream, companion_kind, companions_of, judged
from sim.declare import PUBLIC_PAYERS
from sim.mechanisms import joint_services
from sim.mechanisms.grants import replayed_money
from sim.scenario import load_document, load_scenario
from sim.scenario.scenario import Scope
from tests import scenarios_for_tests as small
from tests.repository import ROOT
from tests.scenarios_for_tests import COUNTY, array, block, differences, scenario, simulate

YEARS = (2, 5, 4)
REPS = (0, 1, 2)


def grant(budget=300.0, **more):
    return block("demonstration_grant", 8, 19, budget=budget, **more)


def pool(**more):
    return block("funding_pool", 8, 19, **(dict(budget=60, match=0.3, contribution_floor=0.2) | more))


def test_names():
    assert (judged("pool@same_money"), judged("pool")) == ("pool", "pool")
    assert (companion_kind("pool@same_money"), companion_kind("pool")) == ("same_money", "")


def test_which_arms_have_companions():
    point = scenario({"g": [grant()], "p": [grant(), pool()], "c": [block("centre_village", 8, 11)], "e": []})
    assert companions_of(point, "no_policy") == companions_of(point, "e") == ()
    assert companions_of(point, "g") == ("g@same_money",)
    assert companions_of(point, "p") == ("p@same_money", "p@same_management")
    assert companions_of(point, "c") == ("c@same_money", "c@same_management")
    assert companions_of(scenario({"p": [pool()]}, companions=["same_management"]), "p") == ("p@same_management",)
    assert companions_of(scenario({"p": [pool()]}, companions=[]), "p") == ()
    # decided from the file: only public payers count
    assert companions_of(scenario({"p": [pool(payer="enterprise")]}), "p") == ()


# ---- the replay by hand: one payer, two villages ----


def stream(gross, staff, returned, covered=(True, True)) -> Stream:
    def at(values):
        return [np.array([[0.0, 0.0, float(value), 0.0]]) for value in values]

    quarters = len(gross)
    empty = small.parameters()
    masks = [np.array([covered])] * quarters
    coordination = [array(0.4, 0.1)] * quarters
    state = small.village_state()
    councils, centre = [state.councils] * quarters, [state.centre] * quarters
    return Stream(at(gross), at(staff), at(returned), coordination, masks, masks, [empty] * quarters, councils, centre)


def replayed(kind, gross, staff, returned, *, by_need=0.0, state=None, covered=(True, True)):
    """(money paid, staff charged, change of what is owed) by quarter, of the county."""
    replay = Replay(stream(gross, staff, returned, covered), kind, array(by_need))
    base, found = small.parameters(), []
    for quarter in range(len(gross)):
        p, owed = replay.at(quarter, base)
        money = replayed_money(state or small.village_state(), p.grants)
        charged = p.grants.replay_staff
        found.append(
            (
                [0.0, 0.0] if money is None else money[0, COUNTY].tolist(),
                [0.0, 0.0] if charged is None else charged[0, COUNTY].tolist(),
                float(owed[0, COUNTY]),
            )
        )
    return found


def test_same_money_pays_the_gross_stream():
    found = replayed("same_money", gross=[20, 0, 6], staff=[2, 0, 1], returned=[0, 0, 0])
    # staff was public money too: all of it is paid as project money, half to each
    assert found == [([10, 10], [0, 0], 0), ([0, 0], [0, 0], 0), ([3, 3], [0, 0], 0)]


def test_money_given_back_is_deducted_from_later_payments():
    found = replayed("same_money", gross=[20, 0, 6, 8], staff=[0] * 4, returned=[0, 9, 0, 0])
    # 9 came back after quarter 1: all of the 6, then 3 of the 8
    assert found == [([10, 10], [0, 0], 0), ([0, 0], [0, 0], 9), ([0, 0], [0, 0], -6), ([2.5, 2.5], [0, 0], -3)]


def test_what_comes_back_after_the_last_payment_stays_unreplayed():
    found = replayed("same_money", gross=[20, 0], staff=[0, 0], returned=[0, 5])
    assert [owed for _, _, owed in found] == [0, 5]


def test_same_management_charges_the_staff():
    found = replayed("same_management", gross=[20, 3], staff=[2, 3], returned=[0, 0])
    assert found == [([9, 9], [1, 1], 0), ([0, 0], [1.5, 1.5], 0)]


def test_money_goes_to_villages_in_scope_by_need_or_equally():
    assert replayed("same_money", [20], [0], [0], covered=(False, True))[0][0] == [0, 20]
    state = small.village_state(need=array(0.3, 0.1))
    assert replayed("same_money", [20], [0], [0], by_need=1.0, state=state)[0][0] == pytest.approx([15, 5])


def test_a_manager_and_his_bills_come_with_the_first_money():
    replay = Replay(stream([0, 5, 0], [0, 0, 0], [0, 0, 0]), "same_management", array(0))
    base = small.parameters()
    by_quarter = [replay.at(q, base)[0] for q in range(3)]
    assert [p.joint_management.entrusted.tolist() for p in by_quarter] == [[[False] * 2], [[True] * 2], [[True] * 2]]
    assert [p.joint_vehicle.charged.tolist() for p in by_quarter] == [[[0, 0]], [[0.4, 0.1]], [[0.4, 0.1]]]


def test_councils_and_joint_services_come_with_the_first_money():
    made = stream([0, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0])
    apart = small.village_state(council=(0, 1))
    made.councils[0:] = [made.councils[0], apart.councils, apart.councils, made.councils[0]]
    made.centre[1:3] = [np.array([[0, 1]])] * 2
    served = small.parameters()
    served = dataclasses.replace(served, joint_services=small.given(joint_services, level=array(0.5, 0)))
    made.parameters[0:2] = [served, served]
    replay = Replay(made, "same_management", array(0))
    base = small.parameters()
    first, second, third, fourth = (replay.at(q, base)[0] for q in range(4))
    # nothing was paid yet
    assert first.joint_services.level.tolist() == [[0, 0]]
    assert first.grouping.council is None
    assert second.joint_services.level.tolist() == [[0.5, 0]]
    assert third.joint_services.level is None
    for p in (second, third):
        assert p.grouping.council.tolist() == [[0, 1]]
        assert p.grouping.centre.tolist() == [[0, 1]]
    assert fourth.grouping.council is None
    # redrawn before anything was paid: the baseline's councils until then
    late = Replay(
        dataclasses.replace(made, gross=[0 * made.gross[1]] * 2 + made.gross[1:2] * 2), "same_management", array(0)
    )
    late.at(0, base)
    assert late.at(1, base)[0].grouping.council.tolist() == [[0, 0]]
    assert late.at(2, base)[0].grouping.centre.tolist() == [[0, 1]]
    # the same money has neither
    money = Replay(made, "same_money", array(0))
    for quarter in range(4):
        p = money.at(quarter, base)[0]
        assert p.grouping is base.grouping
        assert p.joint_services is base.joint_services


# ---- end to end ----


@pytest.mark.parametrize("carry_over", ["build_anyway", "indefinite"])
def test_an_equal_grant_equals_its_own_companion(carry_over):
    """Where money lapses it does not: what X gave back is taken off the companion's money, of which more lapses."""
    arms = {"arm": [grant(30), block("demonstration_grant", 12, 19, budget=50, payer="centre")]}
    point = scenario(arms, years=YEARS, changes={"carry_over": carry_over, "grants.carry_over_term": 3})
    records = simulate(point, replications=REPS)
    for name, values in records["arm"].villages.items():
        assert np.abs(values - records["arm@same_money"].villages[name]).max() <= 1e-9, name


def test_an_equal_grant_equals_its_own_companion_where_idle_capital_ties():
    """Small sums past their term earn the same idle rent in a new site and in an old one: the last bit must not choose."""
    tianqiao = load_scenario(ROOT / "scenarios" / "tianqiao.yaml")
    small_grant = {
        "policy": "demonstration_grant",
        "payer": "county",
        "budget": {"per_year": 200},
        "start": 2015,
        "end": 2019,
    }
    document = {**tianqiao.document, "arms": {"no_policy": [], "arm": [small_grant]}, "companions": ["same_money"]}
    point = load_document(document, name="small", folder=tianqiao.folder)
    records = simulate(point, replications=range(3))
    for name, values in records["arm"].villages.items():
        assert np.abs(values - records["arm@same_money"].villages[name]).max() <= 1e-9, name


def test_a_grant_by_need_equals_the_companion_by_need():
    point = scenario({"arm": [grant(allocation="need")]}, years=YEARS, allocation="need")
    records = simulate(point, replications=REPS)
    assert np.abs(records["arm"].villages["cash"] - records["arm@same_money"].villages["cash"]).max() <= 1e-9
    # and differs from the equal split
    equal = simulate(scenario({"arm": [grant()]}, years=YEARS), replications=REPS)
    assert np.abs(records["arm"].villages["cash"] - equal["arm"].villages["cash"]).max() > 1


PACKAGES = {
    "pool": [grant(), pool()],
    "small": [grant(18), pool()],
    "two payers": [grant(), pool(payer="province"), grant(90, payer="town")],
    "centre": [grant(), pool(), block("centre_village", 10, 18, payer="centre", scope=Scope("councils", (0,)))],
    "drawn anew": [grant(), pool(), block("council_grouping", 8, 15, rule="random", payer="town")],
    "served": [grant(), pool(), block("joint_services", 8, 15, payer="province")],
    "some": [grant(scope=Scope("tercile", "poorest")), pool(scope=Scope("tercile", "poorest"))],
}


@pytest.mark.parametrize("carry_over", ["build_anyway", "lapse"])
@pytest.mark.parametrize("package", PACKAGES)
def test_money_paid_and_unreplayed_is_the_net_cost_of_the_arm(package, carry_over):
    changes = {"carry_over": carry_over, "grants.carry_over_term": 2, "projects.minimum": 60}
    records = simulate(scenario({"arm": PACKAGES[package]}, years=YEARS, changes=changes), replications=REPS)
    for companion in ("arm@same_money", "arm@same_management"):
        paid = gross_of(records[companion])
        for payer in PUBLIC_PAYERS:
            total = paid[payer] + records[companion].unreplayed[payer]
            assert np.abs(total - records["arm"].public_cost[payer]).max() <= 1e-6, (companion, payer)
    if carry_over == "lapse" and package == "small":
        assert lapsed(records["arm"]) > 0
        assert any(values.any() for values in records["arm@same_money"].unreplayed.values())


def gross_of(records) -> dict[str, np.ndarray]:
    """What a companion paid, before anything lapsed in it."""
    from sim.accounts import PAYER_ACCOUNTS

    nothing = np.zeros(records.policy_active.shape)
    return {
        payer: sum(
            (a for (f, _, kind, _), a in records.accounts.items() if f == account and kind.startswith("same_")), nothing
        )
        for payer, account in PAYER_ACCOUNTS.items()
    }


def lapsed(records) -> float:
    return float(sum(a.sum() for (_, _, kind, _), a in records.accounts.items() if kind == "lapse"))


FREE = {f"{name}.staff_time": 0 for name in ("funding_pool", "joint_management", "grouping", "joint_services")} | {
    "grouping.set_up_cost": 0
}


def test_a_run_in_which_nothing_was_paid_is_the_run_without_policy():
    # villages pool their own cash; no grant, no match, no staff: the arm differs, its companions do not
    free = [pool(match=0.0), block("centre_village", 8, 19), block("joint_services", 8, 19)]
    free.append(block("council_grouping", 8, 19, rule="random"))
    point = scenario({"arm": free}, years=YEARS, changes=FREE)
    records = simulate(point, replications=REPS)
    assert differences(records["no_policy"], records["arm"]) != []
    for companion in ("arm@same_money", "arm@same_management"):
        assert differences(records["no_policy"], records[companion]) == []


def test_only_the_runs_in_which_something_was_paid_move():
    # villages below 3 万元 get something: in some replications there are none
    scope = Scope("below", {"earned_income": 3.0})
    point = scenario({"arm": [grant(scope=scope)]}, villages=2, councils=1, years=YEARS)
    records = simulate(point, replications=range(20))
    paid = records["arm"].public_cost["county"].sum(axis=1) > 0
    assert 0 < paid.sum() < 20
    still = np.flatnonzero(~paid).tolist()
    for arm in ("arm", "arm@same_money"):
        mine, theirs = (small.columns(records[a]) for a in (arm, "no_policy"))
        for name, values in theirs.items():
            assert np.array_equal(mine[name][still], values[still], equal_nan=values.dtype.kind == "f"), name


def test_same_management_pays_for_manager_and_meetings():
    records = simulate(scenario({"arm": [grant(), pool()]}, years=YEARS), replications=REPS)

    def total(arm: str, target: str, *kinds: str) -> np.ndarray:
        return sum(a for (_, t, kind, _), a in records[arm].accounts.items() if t == target and kind in kinds)

    # priced staff: as in the arm, year by year
    staff = total("arm", "staff", "funding_pool")
    assert staff.sum() > 0
    assert total("arm@same_management", "staff", "same_management") == pytest.approx(staff)
    # coordination: what members bore there, within their free cash
    there, here = (total(a, "staff", "coordination").sum() for a in ("arm", "arm@same_management"))
    assert there > 0
    assert 0.8 * there <= here <= there + 1e-9
    # same_money has neither
    assert not any(
        kind in ("coordination", "same_management") for (_, _, kind, _) in records["arm@same_money"].accounts
    )


def test_a_better_manager_shows_in_same_management_alone():
    def gain(weight: float) -> float:
        changes = {"joint_management.manager_weight": weight, "joint_management.span": 0, "group_cost": "none"}
        point = scenario({"arm": [grant(), pool()]}, years=YEARS, changes=changes | FREE)
        records = simulate(point, replications=range(8), arms=["arm@same_money", "arm@same_management"])
        earned = {arm: r.villages["earned_income"][:, -3:].mean() for arm, r in records.items()}
        return float(earned["arm@same_management"] - earned["arm@same_money"])

    assert gain(1.0) > gain(0.0)


def test_same_management_has_the_councils_and_the_offices_of_its_arm():
    anew = block("council_grouping", 8, 15, rule="strong_weak", size=3)
    arm = [grant(), pool(), anew, block("joint_services", 8, 19)]
    point = scenario({"arm": arm}, years=YEARS, changes={"joint_services.office_saving": 0.1})
    records = simulate(point, replications=REPS)
    arm, managed, money, nothing = (
        records[name] for name in ("arm", "arm@same_management", "arm@same_money", "no_policy")
    )
    assert np.array_equal(managed.council, arm.council)
    assert np.array_equal(money.council, nothing.council)
    assert not np.array_equal(arm.council, nothing.council)
    # administration is saved in both, by the same offices
    key = ("village.cash", "staff", "administration", "none")
    assert np.array_equal(managed.accounts[key], arm.accounts[key])
    assert np.all(managed.accounts[key][:, 2:6] < money.accounts[key][:, 2:6])


def test_after_the_vehicle_has_ended_villages_manage_for_themselves():
    ends = dict(years=YEARS, changes={"after_money": "liquidate"} | FREE)
    short = [grant(), block("funding_pool", 8, 11, match=0.2, budget=60, contribution_floor=0.5)]
    records = simulate(scenario({"arm": short}, **ends), replications=REPS)
    none = [a for (_, _, kind, _), a in records["arm@same_management"].accounts.items() if kind == "coordination"]
    assert not any(a[:, 3:].any() for a in none)


def test_the_replay_survives_a_companion_that_is_asked_for_alone():
    point = scenario({"arm": [grant(), pool()]}, years=YEARS)
    every, alone = simulate(point, replications=REPS), simulate(point, replications=REPS, arms=["arm@same_management"])
    assert differences(every["arm@same_management"], alone["arm@same_management"]) == []
