"""Policy training: whose trainees, where, on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.declare import declarations
from sim.policies import training
from sim.policies.training import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

BASE = small.parameters()


def terms(in_scope=(True, False), payer=COUNTY) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=payer)[:, :, :1], array(0), array(0), array(0))


def test_trainees_in_scope_on_the_payers_account():
    trainees = adjust(BASE, Levers(array(30)), terms()).talent.trainees
    assert trainees[0, COUNTY].tolist() == [30, 0]
    assert trainees.sum() == 30


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, Levers(array(30)), terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        assert changed == ({"trainees"} if field.name == "talent" else set()), field.name


def test_two_payers_on_the_same_village():
    first, second = (terms((True, True)), Levers(array(30))), (terms((True, False), payer=0), Levers(array(8)))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for where, lever in blocks:
            p = adjust(p, lever, where)
        assert p.talent.trainees[0, COUNTY].tolist() == [30, 30]
        assert p.talent.trainees[0, 0].tolist() == [8, 0]


@pytest.mark.parametrize("nothing", [(0.0, (True, False)), (30.0, (False, False))])
def test_at_zero_and_without_villages_nobody_is_trained(nothing):
    trainees, scope = nothing
    assert not adjust(BASE, Levers(array(trainees)), terms(scope)).talent.trainees.any()


def test_two_payers_pay_their_own_and_train_together():
    def years(*payers):
        blocks = [
            small.block("training", 8, 15, payer=payer, trainees=20.0, path=f"arms.arm.training#{payer}")
            for payer in payers
        ]
        point = small.scenario({"arm": blocks}, companions=())
        return small.simulate(point)["arm"], small.states(point, "arm")

    one, state = years("county")
    both, more = years("county", "town")
    # six villages, 20 persons, 0.1 万元 a person: 12 万元 a year from each payer
    assert one.public_cost["county"][:, 2:4] == pytest.approx(12)
    for payer in ("county", "town"):
        assert both.public_cost[payer][:, 2:4] == pytest.approx(12)
        assert not both.public_cost[payer][:, 4:].any()
    # forty trainees bring more than twenty, less than twice as many
    start, once, twice = (s.skilled.sum() for s in (state[7], state[11], more[11]))
    assert once - start < twice - start < 2 * (once - start)
    assert ("county.programme", "outside", "training", "none") in both.accounts


def test_half_a_year_trains_half():
    point = small.scenario({"arm": [small.block("training", 10, 11, trainees=20.0)]}, companions=())
    assert small.simulate(point)["arm"].public_cost["county"][:, 2] == pytest.approx(6)
    assert small.states(point, "arm")[10].trained == pytest.approx(np.full((2, 6), 5.0))


def test_declarations():
    assert training.ZERO == {"trainees": 0.0}
    assert (training.TAKES_BUDGET, training.REQUIRES) == (False, ())
    assert declarations(Levers)["trainees"].combine == "add"
