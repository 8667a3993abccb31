"""Policy pairing: which parameters it sets, where, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.mechanisms.pairing import MATCHING, WITHIN
from sim.policies import pairing
from sim.policies.pairing import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

BASE = small.parameters(pairing__staff_time=2)
NEAREST, TOWN = float(list(MATCHING).index("nearest")), float(list(WITHIN).index("town"))


def levers(matching=NEAREST, within=TOWN, floor=0.4, share=0.2) -> Levers:
    return Levers(array(matching), array(within), array(floor), array(share))


def terms(in_scope=(True, False), payer=COUNTY, starts=1.0) -> Terms:
    ones = by_payer(1.0, payer=payer)[:, :, :1]
    return Terms(np.array([in_scope]), ones, array(0), array(1), array(0), array(starts))


def test_it_pairs_in_scope():
    p = adjust(BASE, levers(), terms()).pairing
    assert p.active.tolist() == [[True, False]]
    assert p.forms_pairs.tolist() == [[1, 0]]
    assert p.matching.tolist() == [[NEAREST, 0]]
    assert p.within.tolist() == [[TOWN, 0]]
    assert p.mandate_floor.tolist() == [[0.4, 0]]
    assert p.benefit_share.tolist() == [[0.2, 0]]
    # 2 万元 a village and year: half a quarter
    assert p.staff[0, COUNTY].tolist() == [0.5, 0]
    assert p.staff.sum() == 0.5


def test_pairs_are_formed_in_the_first_quarter_alone():
    p = adjust(BASE, levers(), terms(starts=0.0)).pairing
    assert p.active.tolist() == [[True, False]]
    assert p.forms_pairs.tolist() == [[0, 0]]


@pytest.mark.parametrize(("floor", "share"), [(0.4, 0.0), (0.0, 0.2)])
def test_a_floor_or_a_share_is_enough(floor, share):
    p = adjust(BASE, levers(floor=floor, share=share), terms()).pairing
    assert p.active.tolist() == [[True, False]]
    assert p.staff[0, COUNTY].tolist() == [0.5, 0]


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, levers(), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        mine = {"active", "forms_pairs", "matching", "within", "mandate_floor", "benefit_share", "staff"}
        assert changed == (mine if field.name == "pairing" else set()), field.name


def test_two_blocks_side_by_side():
    first = (terms((True, True, False, False)), levers())
    second = (terms((False, False, True, True), payer=0), levers(matching=0.0, within=0.0, floor=0.9, share=0.0))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for where, lever in blocks:
            p = adjust(p, lever, where)
        p = p.pairing
        assert p.active.all()
        # each block has a number of its own
        assert p.forms_pairs[0, 0] == p.forms_pairs[0, 1] != p.forms_pairs[0, 2] == p.forms_pairs[0, 3]
        assert (p.forms_pairs > 0).all()
        assert p.matching.tolist() == [[NEAREST, NEAREST, 0, 0]]
        assert p.within.tolist() == [[TOWN, TOWN, 0, 0]]
        assert p.mandate_floor.tolist() == [[0.4, 0.4, 0.9, 0.9]]
        assert p.benefit_share.tolist() == [[0.2, 0.2, 0, 0]]
        assert p.staff[0, COUNTY].tolist() == [0.5, 0.5, 0, 0]
        assert p.staff[0, 0].tolist() == [0, 0, 0.5, 0.5]


def test_a_block_that_goes_on_beside_one_that_starts():
    p = adjust(BASE, levers(), terms((True, False), starts=0.0))
    p = adjust(p, levers(), terms((False, True))).pairing
    assert p.forms_pairs.tolist() == [[0, 1]]


@pytest.mark.parametrize("nothing", [(0.0, (True, False)), (0.7, (False, False))])
def test_at_zero_and_without_villages_nothing_is_set(nothing):
    strength, scope = nothing
    p = adjust(BASE, levers(floor=strength, share=strength), terms(scope)).pairing
    for value in (p.active, p.forms_pairs, p.matching, p.within, p.mandate_floor, p.benefit_share, p.staff):
        assert not value.any()


def test_declarations():
    assert pairing.ZERO == {"mandate_floor": 0.0, "benefit_share": 0.0}
    assert (pairing.TAKES_BUDGET, pairing.REQUIRES) == (False, ())
