"""Joint management 联合经营管理: who runs joint projects, how hard members try, what meeting costs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.groups import groups
from sim.mechanisms import joint_management as rule
from sim.mechanisms.joint_management import GROUP_COSTS, MANAGERS
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array, by_payer

Q = Quarter(20, 2015, 0)
BEST, CENTRE, AVERAGE = (float(MANAGERS.index(form)) for form in ("best_noisy", "centre_village", "average"))
QUADRATIC, LINEAR, FREE = (float(GROUP_COSTS.index(form)) for form in ("quadratic", "linear", "none"))


def council(*labels: int):
    return groups(np.array([labels], dtype=np.int64))


def test_oversight_by_hand():
    # trust one half: 0.3 x 0.5 / (0.3 x 0.5 + 0.7 x 0.5) = 0.3
    # 0.5 x 0.8 / (0.5 x 0.8 + 0.5 x 0.2) = 0.4 / 0.5 = 0.8;   0.2 x 0.8 / (0.16 + 0.8 x 0.2) = 0.16 / 0.32 = 0.5
    assert rule.oversight(array(0.3, 0.5, 0.2), array(0.5, 0.8, 0.8)) == pytest.approx(array(0.3, 0.8, 0.5))
    assert rule.oversight(array(0, 1), array(0.7, 0.7)).tolist() == [[0, 1]]


def test_stakes_by_hand():
    # 0.5 + 0.5 x 0.25 = 0.625;   nobody looks: the dividend share;   all is seen: 1
    assert rule.stake(array(0.25, 0.25, 0.25), array(0.5, 0, 1)) == pytest.approx(array(0.625, 0.25, 1))


def test_effort_by_hand():
    # (0.25 / 1)^0.5 = 0.5;   (0.5 / 2)^0.5 = 0.5;   elasticity 0: 1
    assert rule.effort(array(0.25), array(1), array(0.5)) == pytest.approx(array(0.5))
    assert rule.effort(array(0.5), array(2), array(0.5)) == pytest.approx(array(0.5))
    assert rule.effort(array(0.25), array(1), array(0)).tolist() == [[1.0]]


@given(
    monitoring=st.floats(0.01, 0.99), trust=st.floats(0.01, 0.98), more=st.floats(0.001, 0.01), share=st.floats(0, 1)
)
def test_effort_rises_with_trust_monitoring_and_share_and_falls_with_its_cost(monitoring, trust, more, share):
    def tried(m=monitoring, t=trust, s=share, cost=1.0):
        return rule.effort(rule.stake(array(s), rule.oversight(array(m), array(t))), array(cost), array(0.3))[0, 0]

    assert 0 <= tried() <= 1 + 1e-12
    assert tried(t=trust + more) >= tried()
    assert tried(m=monitoring + more) >= tried()
    assert tried(s=min(share + more, 1)) >= tried()
    assert tried(cost=1.1) < tried()


def test_managers_by_hand():
    ability = array(0, 0.6, 0.3, 0.9)
    members, chosen = council(0, 0, 0, -1), np.array([[1, 1, 1, 3]])
    # mean of the council: 0.9 / 3 = 0.3;   0.4 x 0.6 + 0.6 x 0.3 = 0.42;   a village on its own: its own
    for form, together in ((BEST, 0.42), (CENTRE, 0.42), (AVERAGE, 0.3)):
        found = rule.manager_log(ability, chosen, array(form), array(0.4), members)
        assert found == pytest.approx(array(together, together, together, 0.9))
    # all weight on the chosen one, or none
    assert rule.manager_log(ability, chosen, array(BEST), array(1), members)[0, 0] == pytest.approx(0.6)
    assert rule.manager_log(ability, chosen, array(BEST), array(0), members)[0, 0] == pytest.approx(0.3)


COSTS = dict(coordination=0.6, coordination_exponent=0.5, heterogeneity=0.5)


def cost(size, spread=0.0, trust=0.5, form=QUADRATIC):
    return rule.coordination_cost(array(size), array(spread), array(trust), array(form), small.given(rule, **COSTS))[
        0, 0
    ]


def test_coordination_by_hand():
    # two members: one pair, 0.6 x 1 x 1 x (1.5 - 0.5) = 0.6
    assert cost(2) == pytest.approx(0.6)
    # nine: 36 pairs, square root 6: 3.6;   four: 6 pairs, square root 2.449489742783178: 1.4696938456699067
    assert cost(9) == pytest.approx(3.6)
    assert cost(4) == pytest.approx(1.4696938456699067)
    # spread 0.4: 1 + 0.5 x 0.4 = 1.2;   trust 0.7: 1.5 - 0.7 = 0.8;   0.6 x 6 x 1.2 x 0.8 = 3.456
    assert cost(9, 0.4, 0.7) == pytest.approx(3.456)
    # linear: 0.6 x 8 = 4.8;   none: 0
    assert cost(9, form=LINEAR) == pytest.approx(4.8)
    assert cost(9, form=FREE) == 0


@pytest.mark.parametrize("form", [QUADRATIC, LINEAR, FREE])
def test_a_village_alone_meets_nobody(form):
    p = small.given(rule, **(COSTS | dict(coordination_exponent=0)))
    assert rule.coordination_cost(array(1), array(0), array(0.5), array(form), p).tolist() == [[0.0]]


@given(
    size=st.integers(1, 30), spread=st.floats(0, 2), trust=st.floats(0.01, 0.99), form=st.sampled_from([0.0, 1.0, 2.0])
)
def test_coordination_is_never_negative_and_grows(size, spread, trust, form):
    assert cost(size, spread, trust, form) >= 0
    assert cost(size + 1, spread, trust, form) >= cost(size, spread, trust, form)
    assert cost(size, spread + 0.1, trust, form) >= cost(size, spread, trust, form)
    assert cost(size, spread, trust + 0.01, form) <= cost(size, spread, trust, form)


# ---- step ----

THREE = dict(council=(0, 0, 0), log_management=array(0, 0.6, 0.3), log_care=array(0.3, 0, 0.6))
OPEN = np.array([[True, True, True]])


def managed(p=None, **changes):
    state = small.village_state(**(THREE | changes))
    p = small.given(rule, **(dict(active=OPEN, span=0.1, effort_elasticity=0.5, manager_weight=0.4) | (p or {})))
    return rule.step(state, p, small.Draws(villages=state.villages), Q)


def test_step_without_a_pool_chooses_but_changes_nothing_else():
    state = small.village_state(**THREE)
    after, flows = rule.step(state, small.given(rule), small.Draws(), Q)
    assert after.manager.tolist() == [[1, 1, 1]]
    changed = {name for name, value in vars(after).items() if value is not getattr(state, name)}
    assert changed == {"manager"}
    assert flows.staff is None
    # once chosen he stays
    assert rule.step(after.replace(log_management=array(9, 0, 0)), small.given(rule), small.Draws(), Q)[
        0
    ].manager.tolist() == [[1, 1, 1]]


def test_the_best_is_chosen_with_an_error():
    # judged 0 + 0.5 x 2 = 1, 0.6 + 0.5 x 0 = 0.6, 0.3 + 0.5 x 1 = 0.8: the first is taken for the best
    after = managed(p=dict(selection_noise=0.5), selection_noise=array(2, 0, 1))[0]
    assert after.manager.tolist() == [[0, 0, 0]]
    after = managed(p=dict(selection_noise=0), selection_noise=array(2, 0, 1))[0]
    assert after.manager.tolist() == [[1, 1, 1]]


def test_only_where_the_last_choice_has_run_out():
    after = managed(council=(0, 0, 2), log_management=array(0, 0.6, 0.3), manager=np.array([[0, 0, -1]]))[0]
    assert after.manager.tolist() == [[0, 0, 2]]


def test_step_by_hand():
    after, flows = managed(monitoring=array(0.5, 0.5, 0.5), trust=array(0.5, 0.5, 0.5))
    # manager 1: ln m = 0.4 x 0.6 + 0.6 x 0.3 = 0.42;   his care: 0.4 x 0 + 0.6 x 0.3 = 0.18
    assert after.manager_log == pytest.approx(array(0.42, 0.42, 0.42))
    assert after.joint_log_care == pytest.approx(array(0.18, 0.18, 0.18))
    # no vehicle yet: shares 1/3, sigma 0.5 + 0.5 / 3 = 2/3; sum of shares x sigma = 2/3; ln M = 0.42 + 0.5 ln(2/3)
    together = 0.42 + 0.5 * math.log(2 / 3)
    assert after.joint_log_management == pytest.approx(array(together, together, together))
    # the first project bears no span: 0 running + 1
    assert after.joint_log_next == pytest.approx(array(together, together, together))
    # effort: (2/3)^0.5
    assert after.effort == pytest.approx(array(*[math.sqrt(2 / 3)] * 3))
    # three members, no spread: 0.6 x 3^0.6 x 1.0
    assert after.coordination_due == pytest.approx(array(*[0.6 * 3**0.6] * 3))
    assert not after.entrusted.any()
    assert flows.staff is None


def test_more_projects_are_harder_to_run():
    running = small.project_array(3, k0s0v0=50, k0s1v0=40, k1s0v0=9)
    after = managed(joint_capital=running, vehicle=array(1, 0, 0), dividend_share=array(0.5, 0.25, 0.25))[0]
    # sigma: 0.5 + 0.5 x 0.5 = 0.75;   0.5 + 0.5 x 0.25 = 0.625.   0.5 x 0.75 + 2 x 0.25 x 0.625 = 0.6875
    effort = 0.5 * math.log(0.6875)
    # three projects: ln 3;   with one more: ln 4
    assert after.joint_log_management[0, 2] == pytest.approx(0.42 + effort - 0.1 * math.log(3))
    assert after.joint_log_next[0, 2] == pytest.approx(0.42 + effort - 0.1 * math.log(4))


def test_dividend_shares_count_only_where_there_is_a_vehicle():
    alone = managed(dividend_share=array(1, 0, 0))[0]
    # shares of 1/3 each: sum of shares x sigma = 2/3
    assert alone.joint_log_management[0, 0] == pytest.approx(0.42 + 0.5 * math.log(2 / 3))
    held = managed(dividend_share=array(1, 0, 0), vehicle=array(1, 0, 0))[0]
    # all to the first: 1 x 1
    assert held.joint_log_management[0, 0] == pytest.approx(0.42)


def test_dear_effort_and_no_effort_at_all():
    dear = managed(p=dict(effort_cost=2))[0]
    assert dear.joint_log_management[0, 0] == pytest.approx(0.42 + 0.5 * math.log(1 / 3))
    # nobody owns anything and nobody looks: the floor of 1e-12 keeps the logarithm finite
    idle = managed(monitoring=array(0, 0, 0), dividend_share=array(0, 0, 0), vehicle=array(1, 0, 0))[0]
    assert idle.joint_log_management[0, 0] == pytest.approx(0.42 + 0.5 * math.log(1e-12))


def test_the_spread_of_incomes_makes_meetings_dearer():
    # ln(1 + y/10): 0, ln 2, 0;  mean ln2/3, deviations -1/3, 2/3, -1/3 of ln 2: sd = ln 2 sqrt(6/27) = ln 2 sqrt(2)/3
    after = managed(earned_last_year=array(0, 10, -2), trust=array(0.2, 0.5, 0.8))[0]
    spread = math.log(2) * math.sqrt(2) / 3
    # mean trust 0.5
    assert after.coordination_due[0, 0] == pytest.approx(0.6 * 3**0.6 * (1 + 0.5 * spread))


def test_an_entrusted_manager_runs_the_members_own_projects():
    own = small.project_array(3, k0s0v0=50, k1s0v1=40, k1s1v2=9, k0s1v2=3)
    entrusted = np.array([[True, True, False]])
    after = managed(p=dict(active=None, entrusted=entrusted), project_capital=own)[0]
    # four projects in the council, no incentive term: 0.42 - 0.1 ln 4
    assert after.entrusted_log == pytest.approx(array(*[0.42 - 0.1 * math.log(4)] * 3))
    assert after.entrusted.tolist() == entrusted.tolist()
    none = managed(p=dict(active=None, entrusted=entrusted))[0]
    assert none.entrusted_log[0, 0] == pytest.approx(0.42)


def test_a_manager_hands_own_projects_back():
    held = dict(entrusted=np.array([[True, True, False]]))
    for nobody in (np.array([[False, False, False]]), None):
        assert not managed(p=dict(active=None, entrusted=nobody), **held)[0].entrusted.any()
        # whatever other runs of the batch still need a manager
        assert not managed(p=dict(active=OPEN, entrusted=nobody), **held)[0].entrusted.any()


def test_a_centre_village_leads_with_its_authority():
    centre = dict(joint_manager=CENTRE, manager_weight=np.full((1, 3), 0.5))
    after = managed(p=centre, centre=np.array([[2, 2, 2]]))[0]
    # 0.5 x 0.3 + 0.5 x 0.3 = 0.3; care 0.5 x 0.6 + 0.5 x 0.3 = 0.45; the best one stays on record
    assert after.manager_log[0, 0] == pytest.approx(0.3)
    assert after.joint_log_care[0, 0] == pytest.approx(0.45)
    assert after.manager.tolist() == [[1, 1, 1]]


def test_a_standing_vehicle_is_managed_though_no_pool_is_open():
    after = managed(p=dict(active=None), vehicle=array(1, 0, 0))[0]
    assert after.manager_log == pytest.approx(array(0.42, 0.42, 0.42))
    for nobody in (np.array([[False, False, False]]), None):
        after = managed(p=dict(active=nobody, entrusted=nobody))[0]
        assert not after.manager_log.any()


def test_a_council_has_one_manager():
    # a policy covers the last member alone: the centre, village 2, leads the whole council with that authority
    part = dict(joint_manager=array(AVERAGE, AVERAGE, CENTRE), manager_weight=array(0.4, 0.4, 1))
    found = managed(p=part, centre=np.array([[2, 2, 2]]))[0]
    assert found.manager_log == pytest.approx(array(0.3, 0.3, 0.3))
    assert found.joint_log_care == pytest.approx(array(0.6, 0.6, 0.6))
    # none is covered: the form of the place
    none = dict(joint_manager=array(BEST, BEST, BEST), manager_weight=array(1, 1, 1))
    assert managed(p=none)[0].manager_log == pytest.approx(array(0.6, 0.6, 0.6))


def test_a_joint_office_shows_more_of_what_members_do():
    # o = 0.5 + 0.4 x 0.5 = 0.7 seen at trust one half; equal shares: sigma = 0.7 + 0.3 / 3 = 0.8
    after = managed(monitoring=array(0.5, 0.5, 0.5), office_oversight=array(0.4, 0.4, 0.4))[0]
    assert after.effort == pytest.approx(array(*[math.sqrt(0.8)] * 3))


def test_staff_is_charged_where_there_is_any():
    state = small.village_state(manager=np.array([[0, 0]]))
    staff = by_payer(0.375, 0.375)
    assert np.array_equal(rule.step(state, small.given(rule, staff=staff), small.Draws(), Q)[1].staff, staff)
    # a village outside any council has no centre village to pay for
    alone = small.village_state((-1, 1), manager=np.array([[0, 1]]))
    charged = rule.step(alone, small.given(rule, staff=staff), small.Draws(), Q)[1].staff
    assert np.array_equal(charged, by_payer(0, 0.375))
    assert rule.step(state, small.given(rule, staff=by_payer(0, 0)), small.Draws(), Q)[1].staff is None
