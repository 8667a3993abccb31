"""Governance 治理: what moves trust."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.declare import declarations
from sim.mechanisms import governance
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array

NONE = array(0)
ONE = array(1)


def change(trust, *, kept=0, broken=0, failed=0, left=0, target=None, **p):
    """Change of the trust of one village in a year."""
    level = array(trust if target is None else target)
    flags = (array(flag) for flag in (kept, broken, failed, left))
    return governance.trust_change(array(trust), *flags, level, small.given(governance, **p))[0, 0]


def test_each_cause_by_hand():
    # kept: 0.1 x (1 - 0.6) = 0.04
    assert change(0.6, kept=1, trust_up=0.1) == pytest.approx(0.04)
    # broken: 0.6 x 0.5 x 0.2 = 0.06
    assert change(0.6, broken=1, trust_down=0.2) == pytest.approx(-0.06)
    # a joint project failed: 0.5 x 2 x 0.15 = 0.15;   at trust 0.2: 0.2 x 2 x 0.15 = 0.06
    assert change(0.5, failed=1, failure_loss=0.15) == pytest.approx(-0.15)
    assert change(0.2, failed=1, failure_loss=0.15) == pytest.approx(-0.06)
    # the head left: 0.5 x 2 x 0.03 = 0.03
    assert change(0.5, left=1, exit_loss=0.03) == pytest.approx(-0.03)
    # reversion: 0.1 x (0.5 - 0.7) = -0.02
    assert change(0.7, target=0.5, trust_reversion=0.1) == pytest.approx(-0.02)


def test_causes_add_up():
    # 0.1 x 0.5 = 0.05;   0.5 x (0.5 x 0.2 + 2 x 0.15 + 2 x 0.03) = 0.5 x 0.46 = 0.23;   0.1 x (0.4 - 0.5) = -0.01
    p = dict(trust_up=0.1, trust_down=0.2, failure_loss=0.15, exit_loss=0.03, trust_reversion=0.1)
    assert change(0.5, kept=1, broken=1, failed=1, left=1, target=0.4, **p) == pytest.approx(0.05 - 0.23 - 0.01)


def test_the_level_of_trust_by_hand():
    # 0.1 more migrants: 0.5 x exp(-1 x 0.1) = 0.5 x 0.9048374180359595 = 0.45241870901797976
    # 0.1 fewer: 1 - 0.5 x 0.9048374180359595 = 0.5475812909820202;   as many: 0.5
    level = governance.trust_level(array(0.5, 0.5, 0.5), array(0.1, -0.1, 0), array(1))
    assert level == pytest.approx(array(0.45241870901797976, 0.5475812909820202, 0.5))
    # 0.2 fewer, weight 0.5, start 0.8: 1 - 0.2 x exp(-0.1) = 1 - 0.18096748360719192
    assert governance.trust_level(array(0.8), array(-0.2), array(0.5)) == pytest.approx(array(0.8190325163928081))
    assert governance.trust_level(array(0.8), array(0.2), array(0.5)) == pytest.approx(array(0.7238699344287676))


@given(start=st.floats(0.001, 0.999), low=st.floats(-0.95, 0.9), more=st.floats(0.001, 0.9), loss=st.floats(0.01, 1))
def test_migration_lowers_the_level_of_trust_inside_its_bounds(start, low, more, loss):
    few, many = governance.trust_level(array(start, start), array(low, low + more), array(loss))[0]
    assert 0 < many < few < 1


def test_a_promise_is_kept_where_dividends_reach_the_own_yield():
    # own yield 5% of 100 paid in = 5: 5 is fair, 4.9 is not, 6 is;   not due: no verdict
    verdict = governance.judge(
        array(5, 4.9, 6, 6),
        array(100, 100, 100, 100),
        array(0.05, 0.05, 0.05, 0.05),
        np.array([[True, True, True, False]]),
    )
    assert verdict.tolist() == [[1, -1, 1, 0]]


def test_no_dividend_is_no_kept_promise_even_where_own_projects_bring_nothing():
    verdict = governance.judge(array(0, 0.1), array(100, 100), array(0, 0), np.array([[True, True]]))
    assert verdict.tolist() == [[-1, 1]]


BOUNDS = {name: d.bounds for name, d in declarations(governance.Parameters).items()}


@given(
    trust=st.floats(1e-6, 1 - 1e-6),
    target=st.floats(1e-6, 1 - 1e-6),
    flags=st.tuples(*[st.sampled_from([0, 1])] * 3),
    verdict=st.sampled_from([-1, 0, 1]),
    p=st.fixed_dictionaries(
        {
            name: st.floats(*BOUNDS[name])
            for name in ("trust_up", "trust_down", "trust_reversion", "failure_loss", "exit_loss")
        }
    ),
)
def test_trust_stays_inside_its_bounds_without_a_clip(trust, target, flags, verdict, p):
    moved = change(trust, kept=verdict > 0, broken=verdict < 0, failed=flags[0], left=flags[1], target=target, **p)
    assert -1e-12 <= trust + moved < 1


def test_trust_stands_still_until_the_year_ends():
    state = small.village_state(trust=array(0.9, 0.1))
    for season in (0, 1, 2):
        after, flows = governance.step(state, small.given(governance), small.Draws(), Quarter(season, 2010, season))
        assert after is state
        assert vars(flows) == {}


def year_end(**changes):
    p = small.given(
        governance,
        trust_up=0.1,
        trust_down=0.2,
        trust_reversion=0.1,
        failure_loss=0.15,
        exit_loss=0.03,
        migration_loss=0.5,
    )
    return governance.step(small.village_state(**changes), p, small.Draws(), Quarter(3, 2010, 3))[0]


def test_step_without_a_pool_reverts_and_feels_the_head_leave():
    after = year_end(
        trust=array(0.6, 0.6),
        trust_start=array(0.5, 0.5),
        leader_left=array(0, 1),
        resident_labour=array(300, 240),
        migrant_labour=array(300, 360),
        joint_failure=array(1, 0),
        migrant_share_start=array(0.5, 0.5),
    )
    # nobody has paid in: the failure of a joint project moves nobody
    # village 0: as many migrants, 0.6 + 0.1 x (0.5 - 0.6) = 0.59
    # village 1: 0.1 more migrants: level 0.5 exp(-0.05) = 0.475614712250357; 0.6 - 0.6 x 2 x 0.03 - 0.1 x 0.124385287749643
    assert after.trust == pytest.approx(array(0.59, 0.6 - 0.036 - 0.0124385287749643))
    assert after.leader_left.tolist() == [[0, 0]]
    assert after.joint_failure.tolist() == [[0, 0]]


POOLED = dict(
    trust=array(0.5, 0.5),
    trust_start=array(0.5, 0.5),
    resident_labour=array(290, 290),
    migrant_labour=array(290, 290),
    paid_in=array(100, 100),
    joint_operating=array(4, 0),  # quarters of the year with joint returns
    vehicle=array(1, 0),
    joint_capital=small.project_array(k1s0v0=200),
)


def test_step_judges_dividends_against_own_projects():
    after = year_end(
        **POOLED,
        investment_income=array(4, 4),
        own_return=array(3, 5),
        project_capital=small.project_array(k0s0v0=100, k0s0v1=100),
    )
    # own yields 3% and 5%; dividends 4 on 100: kept for the first, broken for the second
    # 0.5 + 0.1 x 0.5 = 0.55;   0.5 - 0.5 x 0.5 x 0.2 = 0.45
    assert after.trust == pytest.approx(array(0.55, 0.45))


def test_a_village_without_own_projects_is_content_with_any_dividend():
    after = year_end(
        **POOLED,
        investment_income=array(4, 0),
        own_return=array(3, 3),
        project_capital=small.project_array(k0s0v0=1.0, k0s0v1=0.5),
    )
    # 1 万元 of capital or less is no project to compare with; no dividend is a broken promise all the same
    assert after.trust == pytest.approx(array(0.55, 0.45))


def test_own_yield_is_over_all_own_projects():
    assets = small.project_array(k0s0v0=1.5, k0s0v1=30, k1s1v1=10)
    after = year_end(**POOLED, investment_income=array(20, 5), own_return=array(0.3, 2.4), project_capital=assets)
    # 0.3 / 1.5 = 20% of 100 = 20, dividend 20: kept;   2.4 / 40 = 6% of 100 = 6, dividend 5: broken
    assert after.trust == pytest.approx(array(0.55, 0.45))


def test_a_stake_that_has_worn_away_is_judged_by_what_is_left():
    own = dict(own_return=array(10, 10), project_capital=small.project_array(k0s0v0=100, k0s0v1=100))
    held = POOLED | dict(joint_capital=small.project_array(k1s0v0=60), vehicle_fund=array(40, 0))
    after = year_end(**held, **own, investment_income=array(5, 4.9))
    # 60 of capital and 40 of cash are left of 200: 50 each; own yield 10%: 5 is fair, 4.9 is not
    assert after.trust == pytest.approx(array(0.55, 0.45))
    # retained profit does not make a stake larger: 100 each, 10 is fair
    rich = POOLED | dict(vehicle_fund=array(500, 0))
    assert year_end(**rich, **own, investment_income=array(10, 9.9)).trust == pytest.approx(array(0.55, 0.45))


def test_arrears_break_the_promise_of_every_member():
    after = year_end(**POOLED, investment_income=array(4, 4), vehicle_arrears=array(0.5, 0))
    assert after.trust == pytest.approx(array(0.45, 0.45))


def test_nobody_judges_before_the_joint_project_runs():
    # three quarters of returns are no year to judge by
    for quarters in (0, 3):
        after = year_end(**(POOLED | dict(joint_operating=array(quarters, 0))), vehicle_arrears=array(0.5, 0))
        assert after.trust == pytest.approx(array(0.5, 0.5))
        assert after.joint_operating.tolist() == [[0, 0]]


def test_a_failed_joint_project_moves_those_who_paid_in():
    after = year_end(**(POOLED | dict(paid_in=array(100, 0), joint_operating=array(0, 0))), joint_failure=array(1, 0))
    # 0.5 - 0.5 x 2 x 0.15 = 0.35; the other member has no money in it
    assert after.trust == pytest.approx(array(0.35, 0.5))


def test_more_out_migration_means_less_trust():
    few, many = (
        year_end(resident_labour=array(580 - m, 580 - m), migrant_labour=array(m, m)).trust[0, 0] for m in (200, 400)
    )
    assert many < few
