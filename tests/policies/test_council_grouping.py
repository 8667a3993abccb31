"""Policy council_grouping: which parameters it sets, where, when, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.mechanisms.grouping import KEEP, RANDOM, STRONG_WEAK
from sim.policies import council_grouping
from sim.policies.council_grouping import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

BASE = small.parameters(grouping__staff_time=2, grouping__set_up_cost=3)


def terms(in_scope=(True, False), payer=COUNTY, starts=1) -> Terms:
    where = by_payer(1.0, payer=payer)[:, :, :1]
    return Terms(np.array([in_scope]), where, array(0), array(1), array(0), array(starts))


def levers(rule=STRONG_WEAK, size=5) -> Levers:
    return Levers(array(rule), array(size))


def test_at_its_start_villages_in_scope_are_grouped():
    p = adjust(BASE, levers(), terms()).grouping
    assert p.at.tolist() == [[True, False]]
    assert p.rule[0, 0] == STRONG_WEAK
    assert p.size[0, 0] == 5
    # 2 万元 a village and year: half a quarter; 3 万元 once
    assert p.staff[0, COUNTY].tolist() == [0.5, 0]
    assert p.set_up[0, COUNTY].tolist() == [3, 0]
    assert (p.staff.sum(), p.set_up.sum()) == (0.5, 3)


def test_later_there_is_the_staff_alone():
    p = adjust(BASE, levers(), terms(starts=0)).grouping
    assert not p.at.any()
    assert p.staff[0, COUNTY].tolist() == [0.5, 0]
    assert not p.set_up.any()


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, levers(), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        assert changed == ({"at", "rule", "size", "staff", "set_up"} if field.name == "grouping" else set())


def test_two_blocks_side_by_side():
    first = (terms((True, False)), levers())
    second = (terms((False, True), payer=0), levers(RANDOM, 2))
    later = (terms((False, True), payer=0, starts=0), levers(RANDOM, 2))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for where, lever in blocks:
            p = adjust(p, lever, where)
        assert p.grouping.at.tolist() == [[True, True]]
        assert p.grouping.rule.tolist() == [[STRONG_WEAK, RANDOM]]
        assert p.grouping.size.tolist() == [[5, 2]]
        assert p.grouping.staff[0, :, 0].tolist() == [0, 0, 0.5, 0]
        assert p.grouping.staff[0, :, 1].tolist() == [0.5, 0, 0, 0]
    p = adjust(adjust(BASE, later[1], later[0]), first[1], first[0]).grouping
    assert p.at.tolist() == [[True, False]]


@pytest.mark.parametrize("nothing", [(KEEP, (True, False)), (RANDOM, (False, False))])
def test_at_zero_and_without_villages_nothing_is_set(nothing):
    rule, scope = nothing
    p = adjust(BASE, levers(rule), terms(scope)).grouping
    assert not p.at.any()
    assert not p.staff.any()
    assert not p.set_up.any()


def test_declarations():
    assert council_grouping.ZERO == {"rule": "keep"}
    assert (council_grouping.TAKES_BUDGET, council_grouping.REQUIRES) == (False, ())
