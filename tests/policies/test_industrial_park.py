"""Policy industrial_park: where its budget is built, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.declare import PUBLIC_PAYERS
from sim.policies import industrial_park
from sim.policies.industrial_park import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, block, by_payer

BASE = small.parameters()


def terms(in_scope=(True, True, False), *, budget=60.0, payer=COUNTY) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=payer)[:, :, :1], array(budget), array(1), array(0))


def test_the_budget_is_spread_over_the_villages_in_scope():
    p = adjust(BASE, Levers(), terms()).enterprises
    assert p.park_grant[0, COUNTY].tolist() == [30, 30, 0]
    assert p.park_grant.sum() == 60


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, Levers(), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        assert changed == ({"park_grant"} if field.name == "enterprises" else set()), field.name


def test_two_payers_build_side_by_side():
    first, second = terms(), terms((False, True, True), budget=8, payer=0)
    for blocks in ((first, second), (second, first)):
        p = BASE
        for where in blocks:
            p = adjust(p, Levers(), where)
        assert p.enterprises.park_grant[0, COUNTY].tolist() == [30, 30, 0]
        assert p.enterprises.park_grant[0, 0].tolist() == [0, 4, 4]


def test_without_villages_or_money_nothing_is_built():
    for where in (terms((False, False, False)), terms(budget=0)):
        assert not adjust(BASE, Levers(), where).enterprises.park_grant.any()


def test_a_year_of_it_in_the_whole_model():
    arms = {"park": [block("industrial_park", 9, 15, budget=200.0)]}
    records = small.simulate(small.scenario(arms, years=(2, 2, 4)), replications=range(8))
    park, before = records["park"], records["no_policy"]
    # three quarters of the first year, the whole of the second
    for paid in (park.public_cost, park.claims):
        assert paid["county"][0] == pytest.approx([0, 0, 150, 200, 0, 0, 0, 0])
    more = park.villages["local_tax"] - before.villages["local_tax"]
    # built in the second quarter of the year, it draws firms from the next year on, and after the money too
    assert not more[:, :3].any()
    assert more.min() >= -1e-9
    assert more[:, 4:].sum() > 0
    assert records["park@same_money"].public_cost["county"] == pytest.approx(park.public_cost["county"])


def test_declarations():
    assert industrial_park.ZERO == {"budget": 0.0}
    assert (industrial_park.TAKES_BUDGET, industrial_park.PAYERS) == (True, PUBLIC_PAYERS)
    assert (industrial_park.REQUIRES, industrial_park.BY_PAYER) == ((), True)
