"""Joint services 服务下沉: trust near the centre village, what a joint office shows, what it saves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import joint_services as rule
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array, block, by_payer, scenario

Q4 = Quarter(23, 2015, 3)
FREE = dict(service_gain=0.1, service_distance=2, oversight_gain=0.2, office_saving=0.3)
# the second village is 5 km from the centre
PLACES = dict(x=array(1, 4), y=array(2, 6), centre=np.array([[0, 0]]))


def served(quarter=Q4, p=None, **changes):
    state = small.village_state(**(PLACES | changes))
    return state, rule.step(state, small.given(rule, **(FREE | (p or {}))), small.Draws(), quarter)


def test_reach_by_hand():
    # at the centre its level; 2 km at a radius of 2 km: 0.5 / e = 0.18393972058572117
    assert rule.reach(array(0.5, 0.5, 0), array(0, 2, 0), array(2)) == pytest.approx(array(0.5, 0.18393972058572117, 0))


def test_trust_by_hand():
    # 0.5 + 0.1 x 0.5 x 0.5 = 0.525;   0.6 + 0.1 x 1 x 0.4 = 0.64
    assert rule.served_trust(array(0.5, 0.6), array(0.5, 1), array(0.1)) == pytest.approx(array(0.525, 0.64))


@given(trust=st.floats(0.001, 0.999), level=st.floats(0, 1), distance=st.floats(0, 200), gain=st.floats(0, 0.1))
def test_trust_rises_with_level_and_nearness_and_stays_inside(trust, level, distance, gain):
    def after(lev=level, far=distance):
        return rule.served_trust(array(trust), rule.reach(array(lev), array(far), array(3)), array(gain))[0, 0]

    assert trust <= after() < 1
    assert after(lev=min(1, level + 0.1)) >= after() >= after(far=distance + 1)


def test_step_by_hand():
    state, (after, flows) = served(p=dict(level=array(0.5, 0.5)), trust=array(0.5, 0.6), monitoring=array(0.5, 0.2))
    near = 0.5 * math.exp(-2.5)
    # at the centre: 0.5 x 0.1 x 0.5 = 0.025;   5 km off: 0.1 x 0.5 exp(-2.5) x 0.4 = 0.001641699972478
    assert after.trust == pytest.approx(array(0.525, 0.601641699972478))
    assert after.office_oversight == pytest.approx(array(0.1, 0.2 * near))
    # 0.5 + 0.1 x 0.5 = 0.55;   0.2 + 0.2 x 0.5 exp(-2.5) x 0.8
    assert after.monitoring_in_force == pytest.approx(array(0.55, 0.2 + 0.16 * near))
    assert after.monitoring is state.monitoring
    # the saving does not fade: 0.3 x 0.5
    assert after.administration_shared == pytest.approx(array(0.15, 0.15))
    assert flows.staff is None


def test_trust_moves_at_the_end_of_a_year_only():
    for season in (0, 1, 2):
        state, (after, _) = served(Quarter(20 + season, 2015, season), p=dict(level=array(0.5, 0.5)))
        assert after.trust is state.trust
        assert after.office_oversight.all()


def test_oversight_and_saving_end_with_the_office_and_never_add_up():
    level = dict(level=array(1, 0))
    _, (once, _) = served(p=level)
    again, _ = rule.step(once, small.given(rule, **(FREE | level)), small.Draws(), Q4)
    assert np.array_equal(again.office_oversight, once.office_oversight)
    assert once.administration_shared.tolist() == [[0.3, 0]]
    for nothing in (None, array(0, 0)):
        ended, _ = rule.step(again, small.given(rule, **(FREE | dict(level=nothing))), small.Draws(), Q4)
        assert not ended.office_oversight.any()
        assert not ended.administration_shared.any()
        assert ended.monitoring_in_force is ended.monitoring
    # one of the two is enough to be cleared
    for left in (dict(office_oversight=array(0.1, 0)), dict(administration_shared=array(0, 0.1))):
        _, (ended, _) = served(**left)
        assert not ended.office_oversight.any()
        assert not ended.administration_shared.any()


def test_without_an_office_nothing_moves():
    for level in (None, array(0, 0)):
        state, (after, flows) = served(p=dict(level=level))
        assert after is state
        assert flows.staff is None


def test_a_village_outside_any_council_has_no_office():
    _, (after, _) = served(p=dict(level=array(1, 1)), council=(-1, 1), centre=np.array([[0, 1]]))
    assert after.trust[0, 0] == 0.5
    assert after.office_oversight[0, 0] == after.administration_shared[0, 0] == 0
    assert after.trust[0, 1] > 0.5


def test_staff_is_charged_where_there_is_any():
    staff = by_payer(0.25, 0.25)
    assert np.array_equal(served(p=dict(staff=staff))[1][1].staff, staff)
    alone = served(p=dict(staff=staff), council=(-1, 1), centre=np.array([[0, 1]]))[1][1].staff
    assert np.array_equal(alone, by_payer(0, 0.25))
    assert served(p=dict(staff=by_payer(0, 0)))[1][1].staff is None


# ---- in a run ----


def test_a_joint_office_saves_administration_while_it_is_open_and_a_quarter_longer():
    gains = {
        "joint_services.office_saving": 0.1,
        "joint_services.service_gain": 0,
        "joint_services.oversight_gain": 0,
        "grants.base_transfer": 20,
    }
    point = scenario({"arm": [block("joint_services", 8, 11, level=0.5)]}, years=(2, 1, 1), changes=gains)
    seen = small.states(point, "arm", replications=(0,))
    shares = [float(state.administration_shared.max()) for state in seen]
    # saving 0.1 x level 0.5, from the quarter in which the block starts to the one in which it ends
    assert shares == pytest.approx([0] * 8 + [0.05] * 4 + [0] * 4)
    paid = small.simulate(point)["arm"].accounts["village.cash", "staff", "administration", "none"]
    # six villages x 20; the office is felt in 4 of the 4 quarters from the one after its start on: 3 this year, 1 next
    assert paid == pytest.approx(np.array([[120, 120, 120 - 6 * 3 * 0.25, 120 - 6 * 0.25]] * 2))


def test_a_joint_office_costs_staff_time_and_lowers_capture():
    grant = block("demonstration_grant", 8, 15, budget=600)
    office = block("joint_services", 8, 15)
    point = scenario(
        {"grant": [grant], "both": [grant, office]}, years=(2, 2, 1), changes={"joint_services.staff_time": 2}
    )
    records = small.simulate(point)

    def total(arm: str, kind: str) -> np.ndarray:
        return sum(a for (_, _, k, _), a in records[arm].accounts.items() if k == kind)

    # six villages x 2 万元 in each of two years
    assert total("both", "joint_services") == pytest.approx(np.array([[0, 0, 12, 12, 0]] * 2))
    # the office of the first year shows in the second year's grant
    assert np.array_equal(total("both", "leakage")[:, 2], total("grant", "leakage")[:, 2])
    assert np.all(total("both", "leakage")[:, 3] < total("grant", "leakage")[:, 3])
    trust = (records[arm].villages["trust"][:, 2:4] for arm in ("both", "grant"))
    assert np.all(next(trust) > next(trust))
