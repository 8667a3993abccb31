"""Policy demonstration_grant: which parameters it sets, where, and on whose account."""

import dataclasses

import numpy as np

from sim.mechanisms.grants import ALLOCATIONS
from sim.policies import demonstration_grant
from sim.policies.demonstration_grant import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

NEED = float(list(ALLOCATIONS).index("need"))
BASE = small.parameters()


def terms(in_scope=(True, False), *, budget=100.0, fraction=1.0, payer=COUNTY) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=payer)[:, :, :1], array(budget), array(fraction), array(0))


def test_the_budget_is_released_on_the_payers_account():
    p = adjust(BASE, Levers(array(NEED), array(30)), terms(fraction=0.5)).grants
    assert p.budget[0, :, 0].tolist() == [0, 0, 100, 0]
    # half a year: half of the 30 that each village asks for a year
    assert p.claim[0, COUNTY].tolist() == [15, 0]
    assert p.eligible[0, COUNTY].tolist() == [1, 0]
    assert p.allocation[0, :, 0].tolist() == [0, 0, NEED, 0]
    assert (p.claim.sum(), p.eligible.sum()) == (15, 1)


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, Levers(array(0), array(30)), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        assert changed == ({"budget", "claim", "eligible", "allocation"} if field.name == "grants" else set()), (
            field.name
        )


def test_grants_of_two_payers_do_not_meet():
    first = (Levers(array(0), array(0)), terms((True, True), budget=100))
    second = (Levers(array(NEED), array(8)), terms((False, True), budget=40, payer=0))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for lever, where in blocks:
            p = adjust(p, lever, where)
        assert p.grants.budget[0, :, 0].tolist() == [40, 0, 100, 0]
        assert p.grants.allocation[0, :, 0].tolist() == [NEED, 0, 0, 0]
        assert p.grants.eligible[0, 0].tolist() == [0, 1]
        assert p.grants.eligible[0, COUNTY].tolist() == [1, 1]
        assert p.grants.claim[0, 0].tolist() == [0, 8]
        assert not p.grants.claim[0, COUNTY].any()


def test_without_villages_nobody_is_eligible():
    p = adjust(BASE, Levers(array(0), array(30)), terms((False, False))).grants
    assert not p.eligible.any()
    assert not p.claim.any()


def test_declarations():
    assert demonstration_grant.ZERO == {"budget": 0.0}
    assert (demonstration_grant.TAKES_BUDGET, demonstration_grant.REQUIRES) == (True, ())
