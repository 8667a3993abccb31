"""Policy joint_services: which parameters it sets, where, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.policies import centre_village, joint_services
from sim.policies.joint_services import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

BASE = small.parameters(joint_services__staff_time=2)


def terms(in_scope=(True, False), payer=COUNTY) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=payer)[:, :, :1], array(0), array(1), array(0))


def test_an_office_in_scope():
    p = adjust(BASE, Levers(array(0.5)), terms()).joint_services
    assert p.level.tolist() == [[0.5, 0]]
    # 2 万元 a village and year, half of the days: a quarter of 1
    assert p.staff[0, COUNTY].tolist() == [0.25, 0]
    assert p.staff.sum() == 0.25


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, Levers(array(1)), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        assert changed == ({"level", "staff"} if field.name == "joint_services" else set()), field.name


def test_two_payers_at_one_village_the_higher_level_holds_and_each_pays():
    for levels in ((0.5, 1.0), (1.0, 0.5)):
        p = BASE
        for level, payer in zip(levels, (COUNTY, 3), strict=True):
            p = adjust(p, Levers(array(level)), terms(payer=payer))
        assert p.joint_services.level.tolist() == [[1, 0]]
        assert p.joint_services.staff[0, COUNTY].tolist() == [0.5 * levels[0], 0]
        assert p.joint_services.staff[0, 3].tolist() == [0.5 * levels[1], 0]


def test_beside_a_centre_village_the_higher_level_holds():
    leads = (centre_village, centre_village.Levers(array(0.7)), terms((True, True)))
    office = (joint_services, Levers(array(0.9)), terms())
    for blocks in ((leads, office), (office, leads)):
        p = BASE
        for module, levers, where in blocks:
            p = module.adjust(p, levers, where)
        assert p.joint_services.level.tolist() == [[0.9, 0.7]]
        # each pays its own staff
        assert p.joint_services.staff[0, COUNTY].tolist() == [0.45, 0]
        assert p.joint_management.staff[0, COUNTY].tolist() == [0.375, 0.375]


@pytest.mark.parametrize("nothing", [(0.0, (True, False)), (1.0, (False, False))])
def test_at_zero_and_without_villages_nothing_is_set(nothing):
    level, scope = nothing
    p = adjust(BASE, Levers(array(level)), terms(scope)).joint_services
    assert not p.level.any()
    assert not p.staff.any()


def test_declarations():
    assert joint_services.ZERO == {"level": 0.0}
    assert (joint_services.TAKES_BUDGET, joint_services.REQUIRES) == (False, ())
