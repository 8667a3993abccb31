"""Policy talent_return: what is spent, where, on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.declare import declarations
from sim.policies import talent_return
from sim.policies.talent_return import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

BASE = small.parameters(talent__staff_time=2)


def terms(in_scope=(True, False), payer=COUNTY) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=payer)[:, :, :1], array(0), array(0), array(0))


def test_spending_and_staff_in_scope_on_the_payers_account():
    p = adjust(BASE, Levers(array(3)), terms()).talent
    assert p.spending[0, COUNTY].tolist() == [3, 0]
    assert p.spending.sum() == 3
    # 2 万元 a village and year: half a quarter
    assert p.staff[0, COUNTY].tolist() == [0.5, 0]
    assert p.staff.sum() == 0.5


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, Levers(array(3)), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        assert changed == ({"spending", "staff"} if field.name == "talent" else set()), field.name


def test_two_payers_on_the_same_village():
    first, second = (terms((True, True)), Levers(array(3))), (terms((True, False), payer=0), Levers(array(1)))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for where, lever in blocks:
            p = adjust(p, lever, where)
        assert p.talent.spending[0, COUNTY].tolist() == [3, 3]
        assert p.talent.spending[0, 0].tolist() == [1, 0]
        assert p.talent.staff[0, COUNTY].tolist() == [0.5, 0.5]
        assert p.talent.staff[0, 0].tolist() == [0.5, 0]


@pytest.mark.parametrize("nothing", [(0.0, (True, False)), (3.0, (False, False))])
def test_at_zero_and_without_villages_nothing_is_spent(nothing):
    spending, scope = nothing
    p = adjust(BASE, Levers(array(spending)), terms(scope)).talent
    assert not p.spending.any()
    assert not p.staff.any()


def world(*blocks, **changes):
    return small.scenario({"arm": blocks}, companions=(), changes=changes)


def test_what_it_costs_and_brings():
    block = small.block("talent_return", 8, 15, spending=20.0)
    point = world(block, **{"talent.staff_time": 0.5, "talent.recruiting": 1})
    records = small.simulate(point, replications=range(20))["arm"]
    # six villages: 20 + 0.5 万元 a village and year
    assert records.public_cost["county"][:, 2:4] == pytest.approx(123)
    assert not records.public_cost["county"][:, 4:].any()
    assert records.accounts["county.programme", "household", "talent_return", "none"][:, 2] == pytest.approx(120)
    assert records.accounts["county.programme", "staff", "talent_return", "none"][:, 2] == pytest.approx(3)
    with_, without = (small.states(point, arm, replications=range(20)) for arm in ("arm", "no_policy"))
    assert with_[11].returnees.sum() > without[11].returnees.sum() + 50
    assert np.array_equal(with_[7].returnees, without[7].returnees)


def test_without_a_response_the_money_brings_nobody():
    point = world(small.block("talent_return", 8, 15, spending=20.0), **{"talent.recruiting": 0})
    with_, without = (small.states(point, arm)[-1] for arm in ("arm", "no_policy"))
    assert np.array_equal(with_.returnees, without.returnees)
    assert np.array_equal(with_.know_how, without.know_how)


def test_two_payers_spend_as_one():
    parts = [
        small.block("talent_return", 8, 15, payer=payer, spending=2.0, path=f"arms.arm.talent_return#{payer}")
        for payer in ("county", "town")
    ]
    whole = small.block("talent_return", 8, 15, spending=4.0)
    two, one = (small.states(world(*blocks), "arm", replications=range(10))[-1] for blocks in (parts, [whole]))
    assert np.array_equal(two.returnees, one.returnees)


def test_declarations():
    assert talent_return.ZERO == {"spending": 0.0}
    assert (talent_return.TAKES_BUDGET, talent_return.REQUIRES) == (False, ())
    assert declarations(Levers)["spending"].combine == "add"
