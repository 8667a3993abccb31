"""Policy centre_village: which parameters it sets, where, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.mechanisms.joint_management import MANAGERS
from sim.policies import centre_village
from sim.policies.centre_village import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

CENTRE, AVERAGE = float(MANAGERS.index("centre_village")), float(MANAGERS.index("average"))
BASE = small.parameters(joint_management__staff_time=2, joint_manager="average", joint_management__manager_weight=0.4)


def terms(in_scope=(True, False), payer=COUNTY) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=payer)[:, :, :1], array(0), array(1), array(0))


def test_the_centre_leads_in_scope():
    changed = adjust(BASE, Levers(array(0.7)), terms())
    p = changed.joint_management
    assert p.joint_manager.tolist() == [[CENTRE, AVERAGE]]
    assert p.manager_weight.tolist() == [[0.7, 0.4]]
    # 2 万元 a village and year: half a quarter
    assert p.staff[0, COUNTY].tolist() == [0.5, 0]
    assert p.staff.sum() == 0.5
    assert p.led.tolist() == [[True, False]]
    # services move with his authority; their own staff is another policy's
    assert changed.joint_services.level.tolist() == [[0.7, 0]]
    assert changed.joint_services.staff is None


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, Levers(array(0.7)), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        allowed = {
            "joint_management": {"joint_manager", "manager_weight", "staff", "led"},
            "joint_services": {"level"},
        }
        assert changed == allowed.get(field.name, set()), field.name


def test_two_blocks_side_by_side():
    first, second = (terms((True, False)), Levers(array(0.7))), (terms((False, True), payer=0), Levers(array(0.2)))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for where, lever in blocks:
            p = adjust(p, lever, where)
        management = p.joint_management
        assert management.joint_manager.tolist() == [[CENTRE, CENTRE]]
        assert management.manager_weight.tolist() == [[0.7, 0.2]]
        assert management.led.tolist() == [[True, True]]
        assert p.joint_services.level.tolist() == [[0.7, 0.2]]
        assert management.staff[0, :, 0].tolist() == [0, 0, 0.5, 0]
        assert management.staff[0, :, 1].tolist() == [0.5, 0, 0, 0]


@pytest.mark.parametrize("nothing", [(0.0, (True, False)), (0.7, (False, False))])
def test_at_zero_and_without_villages_nothing_is_set(nothing):
    authority, scope = nothing
    changed = adjust(BASE, Levers(array(authority)), terms(scope))
    p = changed.joint_management
    assert p.joint_manager.tolist() == [[AVERAGE, AVERAGE]]
    assert p.manager_weight.tolist() == [[0.4, 0.4]]
    assert not p.staff.any()
    assert not p.led.any()
    assert not changed.joint_services.level.any()


def test_declarations():
    assert centre_village.ZERO == {"authority": 0.0}
    assert (centre_village.TAKES_BUDGET, centre_village.REQUIRES) == (False, ())
