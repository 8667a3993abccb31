"""Policy funding_pool: which parameters it sets, where, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.declare import declarations
from sim.mechanisms import joint_vehicle
from sim.policies import funding_pool
from sim.policies.funding_pool import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer


def terms(in_scope=(True, False), *, budget=100.0, fraction=1.0, ends=0.0, payer=COUNTY) -> Terms:
    return Terms(
        in_scope=np.array([in_scope]),
        payer=by_payer(1.0, payer=payer)[:, :, :1],
        budget=array(budget),
        fraction=array(fraction),
        ends=array(ends),
    )


def levers(open_share=0.8, contribution_floor=0.1, match=0.2, distribution=(0.4, 0.3, 0.2, 0.1)) -> Levers:
    return Levers(array(open_share), array(contribution_floor), array(match), tuple(array(w) for w in distribution))


BASE = small.parameters(funding_pool__staff_time=1.5, after_money="dissolve")


def test_it_opens_the_pool_in_scope():
    p = adjust(BASE, levers(), terms())
    pool = p.funding_pool
    assert pool.open_share.tolist() == [[0.8, 0]]
    assert pool.contribution_floor.tolist() == [[0.1, 0]]
    assert pool.match[0, COUNTY].tolist() == [0.2, 0]
    assert pool.match_budget[0, :, 0].tolist() == [0, 0, 100, 0]
    # 1.5 万元 a village and year: 0.375 a quarter
    assert pool.staff[0, COUNTY].tolist() == [0.375, 0]
    assert pool.decides.tolist() == [[1, 0]]
    assert [w.tolist() for w in p.joint_vehicle.distribution] == [[[0.4, 0.8]], [[0.3, 0.2]], [[0.2, 0]], [[0.1, 0]]]
    assert p.joint_vehicle.active.tolist() == [[True, False]]
    assert p.joint_vehicle.ends.tolist() == [[0]]
    assert p.joint_management.active.tolist() == [[True, False]]


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, levers(), terms())
    touched = {"funding_pool", "joint_vehicle", "joint_management"}
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        allowed = {
            "funding_pool": {"open_share", "contribution_floor", "match", "match_budget", "staff", "decides"},
            "joint_vehicle": {"distribution", "active", "ends"},
            "joint_management": {"active"},
        }
        assert changed == (allowed[field.name] if field.name in touched else set()), field.name


def test_decisions_are_due_when_a_year_opens():
    assert adjust(BASE, levers(), terms(fraction=0.25)).funding_pool.decides.tolist() == [[1, 0]]
    assert adjust(BASE, levers(), terms(fraction=0)).funding_pool.decides.tolist() == [[0, 0]]


def test_nobody_pays_into_a_vehicle_that_is_wound_up_in_the_same_quarter():
    for form, due in (("keep", 1), ("dissolve", 0), ("liquidate", 0)):
        p = adjust(small.parameters(after_money=form), levers(), terms(ends=1))
        assert p.funding_pool.decides.tolist() == [[due, 0]]
        assert p.joint_vehicle.ends.tolist() == [[1]]


def test_two_blocks_side_by_side():
    first = terms((True, False), budget=100, fraction=1)
    second = terms((False, True), budget=40, fraction=0, ends=1, payer=0)
    one = adjust(adjust(BASE, levers(), first), levers(open_share=0.5, match=0.6), second)
    other = adjust(adjust(BASE, levers(open_share=0.5, match=0.6), second), levers(), first)
    for p in (one, other):
        assert p.funding_pool.open_share.tolist() == [[0.8, 0.5]]
        assert p.funding_pool.match[0, COUNTY].tolist() == [0.2, 0]
        assert p.funding_pool.match[0, 0].tolist() == [0, 0.6]
        assert p.funding_pool.match_budget[0, :, 0].tolist() == [40, 0, 100, 0]
        assert p.funding_pool.staff[0, :, 0].tolist() == [0, 0, 0.375, 0]
        assert p.funding_pool.staff[0, :, 1].tolist() == [0.375, 0, 0, 0]
        # the second one does not open its year: only the first one's members decide
        assert p.funding_pool.decides.tolist() == [[1, 0]]
        assert p.joint_vehicle.active.tolist() == [[True, True]]
        assert p.joint_management.active.tolist() == [[True, True]]
        assert p.joint_vehicle.ends.tolist() == [[1]]


@pytest.mark.parametrize("nothing", [dict(levers=levers(open_share=0)), dict(terms=terms((False, False)))])
def test_at_zero_and_without_villages_nothing_is_set(nothing):
    p = adjust(BASE, nothing.get("levers", levers()), nothing.get("terms", terms()))
    assert np.array_equal(np.broadcast_to(BASE.funding_pool.open_share, (1, 2)), p.funding_pool.open_share)
    assert not p.funding_pool.contribution_floor.any()
    for part in (p.funding_pool.match, p.funding_pool.staff, p.funding_pool.decides, p.joint_vehicle.active):
        assert not part.any()
    assert not p.joint_management.active.any()
    rules = zip(p.joint_vehicle.distribution, BASE.joint_vehicle.distribution, strict=True)
    assert all(np.array_equal(after, np.broadcast_to(before, (1, 2))) for after, before in rules)


def test_declarations():
    assert funding_pool.ZERO == {"open_share": 0.0}
    declared = declarations(Levers)
    assert list(declared) == ["open_share", "contribution_floor", "match", "distribution"]
    assert declared["distribution"].value == declarations(joint_vehicle.Parameters)["distribution"].value
    assert (funding_pool.TAKES_BUDGET, funding_pool.REQUIRES) == (True, ())
    assert set(funding_pool.ZERO) <= set(declared)
