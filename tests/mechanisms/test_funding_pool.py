"""Funding pool 资金整合: what members pool, and what the public adds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import funding_pool as rule
from sim.mechanisms import projects
from sim.mechanisms.funding_pool import CONTRIBUTION
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer, project_array

Q = Quarter(20, 2015, 0)
IMITATION = float(CONTRIBUTION.index("imitation"))


def test_the_return_of_the_pool_by_hand():
    # trust one half: 0.5 x (0.5 x 8 - 0.25 x 4) / 30 = 0.5 x 3 / 30 = 0.05
    numbers = (array(0.5), array(0.5), array(8), array(0.25), array(4))
    assert rule.pool_return(*numbers, array(30)) == pytest.approx(array(0.05))
    assert rule.pool_return(*numbers, array(0)).tolist() == [[0.0]]
    # a pool that loses: 0.8 x (0.5 x -2 - 0.25 x 4) / 10 = -0.16
    assert rule.pool_return(array(0.8), array(0.5), array(-2), array(0.25), array(4), array(10)) == pytest.approx(
        array(-0.16)
    )


def test_the_target_by_hand():
    # 50 x (0.05 - 0.07) + 2 x 0.5 x (0.6 - 0.5) = -1 + 0.1 = -0.9: 1 / (1 + e^0.9) = 0.2890504973749960
    found = rule.target_share(array(0.05), array(0.07), array(0.6), array(50), array(0.5))
    assert found == pytest.approx(array(0.289050497374996))
    # equal returns, peers in the middle: one half
    assert rule.target_share(array(0.05), array(0.05), array(0.5), array(50), array(1)).tolist() == [[0.5]]


def test_the_target_survives_absurd_returns():
    found = rule.target_share(array(900, -900), array(0, 0), array(0.5, 0.5), array(1000), array(1))
    # the log odds are held at 500: e^-500 = 7.124576406741286e-218
    assert found == pytest.approx(array(1, 7.124576406741286e-218))


@given(
    pool=st.floats(-0.2, 0.3),
    own=st.floats(0, 0.3),
    others=st.floats(0, 1),
    slope=st.floats(0.1, 100),
    peers=st.floats(0.01, 3),
)
def test_a_member_pools_more_for_a_better_pool_a_worse_alternative_and_keener_peers(pool, own, others, slope, peers):
    def target(p=pool, o=own, x=others):
        return rule.target_share(array(p), array(o), array(x), array(slope), array(peers))[0, 0]

    assert 0 <= target() <= 1
    assert target(p=pool + 0.01) >= target()
    assert target(o=own + 0.01) <= target()
    assert target(x=others + 0.1) >= target()


def test_the_first_decision_has_nothing_to_hold_on_to():
    assert rule.adjusted_share(array(-1, -1), array(0.6, 0.1), array(0.7), array(0, 0.3)).tolist() == [[0.6, 0.3]]
    # a share of zero is a decision
    assert rule.adjusted_share(array(0), array(0.6), array(0.7), array(0)) == pytest.approx(array(0.42))


def test_a_step_towards_the_target_by_hand():
    # 0.2 + 0.7 x (0.6 - 0.2) = 0.48;   0.5 + 0.7 x (0 - 0.5) = 0.15, but the floor is 0.3
    found = rule.adjusted_share(array(0.2, 0.5), array(0.6, 0), array(0.7), array(0, 0.3))
    assert found == pytest.approx(array(0.48, 0.3))
    assert rule.adjusted_share(array(0.2), array(0.6), array(1), array(0)) == pytest.approx(array(0.6))


@given(before=st.floats(0, 1), target=st.floats(0, 1), speed=st.floats(0.01, 1), floor=st.floats(0, 1))
def test_a_share_stays_a_share(before, target, speed, floor):
    assert floor <= rule.adjusted_share(array(before), array(target), array(speed), array(floor))[0, 0] <= 1


# ---- step: two members, constant returns ----
# A farm brings 0.1 K - 4 under a median manager, from 30 万元 on, if that is more than 2%; premises are out of reach.

TECHNOLOGY = projects.technology(
    small.given(
        projects,
        gross_margin=0.1,
        overhead=4,
        minimum=30,
        leased_minimum=10000,
        project_scale=1,
        idle_rent=0.005,
        hurdle_factor=2,
    ),
    array(0.01),
)
JOINT = float(np.log(1.2))
"""ln M of joint management: a joint farm brings 0.12 K - 4."""
COUNCIL = dict(
    technology=TECHNOLOGY,
    deposit_rate=array(0.01),
    own_cash=array(100, 100),
    open_cash=array(40, 20),
    earmarked=by_payer(60, 80),
    joint_log_next=array(JOINT, JOINT),
    coordination_due=array(0.5, 0.5),
    base_share=array(0.1, 0.1),
    equity_weight=array(0.8, 0.8),
)
NUMBERS = dict(
    open_share=1,
    contribution_floor=0,
    choice_slope=10,
    peer_weight=1,
    adjustment=0.7,
    first_belief=0.5,
    decides=array(1, 1),
)


def stepped(p=None, council=(0, 0), **changes):
    state = small.village_state(council, **(COUNCIL | changes))
    return rule.step(state, small.given(rule, **(NUMBERS | (p or {}))), small.Draws(villages=len(council)), Q)


OWN_0, EARMARKED_0 = 0.340739611548614579, 0.348954869719696943
"""Shares of the first member's purses, worked out below."""


def test_the_first_decision_by_hand():
    after, flows = stepped()
    # believed of the other: 0.5 x (20 + 80) = 50
    # own use of all 100 at hand: 0.1 x 100 - 4 = 6
    # earmarked purse of 60:
    #   without it 40 are left for own use: 4 - 4 = 0, idle 0.2, below the hurdle: (6 - 0) / 60 = 0.1
    #   R(50 + 60) = 0.12 x 110 - 4 - 0.5 = 8.7;   R(50) = 6 - 4 - 0.5 = 1.5
    #   share with 0.1 + 0.8 x 60/110 = 0.5363636, without 0.1
    #   r_pool = 0.5 x (0.5363636 x 8.7 - 0.1 x 1.5) / 60 = 2.2581818 / 60 = 0.0376364
    #   log odds 10 x (0.0376364 - 0.1) = -0.6236364: 0.3489549; half the peers: nothing to add
    assert after.earmarked_contribution_share[0, 0] == pytest.approx(EARMARKED_0)
    # own purse of 40:
    #   without it 60 are left: 6 - 4 = 2: (6 - 2) / 40 = 0.1
    #   R(90) = 10.8 - 4.5 = 6.3;   share with 0.1 + 0.8 x 40/90 = 0.4555556
    #   r_pool = 0.5 x (2.87 - 0.15) / 40 = 0.034;   log odds -0.66: 0.3407396
    assert after.own_contribution_share[0, 0] == pytest.approx(OWN_0)
    assert flows.own_contribution[0, 0] == pytest.approx(40 * OWN_0)
    assert flows.earmarked_contribution[0, COUNTY, 0] == pytest.approx(60 * EARMARKED_0)
    assert (flows.match, flows.asked, flows.match_leakage, flows.staff) == (None, None, None, None)


def test_what_is_pooled_is_entered_in_the_vehicle():
    after, flows = stepped(
        vehicle_fund=array(7, 0), paid_in=array(1, 2), fund_age=array(5, 0), vehicle_earmarked=by_payer(2, 0)
    )
    own, earmarked = flows.own_contribution, flows.earmarked_contribution[:, COUNTY]
    assert after.vehicle.tolist() == [[1, 0]]
    assert after.vehicle_fund == pytest.approx(array(7 + own.sum() + earmarked.sum(), 0))
    assert after.vehicle_earmarked[0, COUNTY] == pytest.approx([2 + earmarked.sum(), 0])
    assert after.paid_in == pytest.approx(array(1, 2) + own + earmarked)
    assert after.open_cash == pytest.approx(array(40, 20) - own)
    # earmarked money was waiting already: its clock runs on
    assert after.fund_age.tolist() == [[5, 0]]
    # the new shares: base 0.1 + 0.8 x equity
    assert after.dividend_share == pytest.approx(0.1 + 0.8 * after.paid_in / after.paid_in.sum())


def test_the_clock_starts_with_the_first_earmarked_money():
    after, _ = stepped(vehicle_fund=array(7, 0), fund_age=array(5, 0))
    assert after.fund_age.tolist() == [[0, 0]]
    # nothing arrives: nothing starts
    after, _ = stepped(
        p=dict(adjustment=1, choice_slope=1000),
        vehicle_fund=array(7, 0),
        fund_age=array(5, 0),
        own_cash=array(0, 0),
        earmarked=by_payer(0, 0),
    )
    assert after.fund_age.tolist() == [[5, 0]]
    assert after.vehicle.tolist() == [[0, 0]]


def test_no_decision_is_due():
    state = small.village_state(**COUNCIL)
    for p in (dict(decides=None), dict(decides=array(0, 0)), dict(open_share=0)):
        after, flows = rule.step(state, small.given(rule, **(NUMBERS | p)), small.Draws(), Q)
        assert after is state
        assert [value for value in vars(flows).values() if value is not None] == []


def test_only_those_decide_whose_pool_is_open_and_due():
    for p in (dict(open_share=array(1, 0)), dict(decides=array(1, 0))):
        after, flows = stepped(p=p | dict(contribution_floor=0.2))
        assert (flows.own_contribution > 0).tolist() == [[True, False]]
        assert (flows.earmarked_contribution[0, COUNTY] > 0).tolist() == [True, False]
        assert after.own_contribution_share[0, 1] == after.earmarked_contribution_share[0, 1] == -1
    # a village in no council has nobody to pool with
    after, flows = stepped(p=dict(contribution_floor=0.2), council=(0, -1))
    assert after.own_contribution_share[0, 1] == -1
    assert flows.own_contribution[0, 1] == 0
    state = small.village_state((-1, -1), **COUNCIL)
    flows = rule.step(state, small.given(rule, **NUMBERS), small.Draws(), Q)[1]
    assert (flows.own_contribution, flows.earmarked_contribution) == (None, None)


def test_the_open_share_is_what_may_be_pooled():
    floor = dict(contribution_floor=1)
    full, half = (stepped(p=floor | dict(open_share=share))[1] for share in (1, 0.5))
    assert full.own_contribution == pytest.approx(array(40, 20))
    assert full.earmarked_contribution[0, COUNTY] == pytest.approx([60, 80])
    assert half.own_contribution == pytest.approx(array(20, 10))
    assert half.earmarked_contribution[0, COUNTY] == pytest.approx([30, 40])


def test_own_cash_is_pooled_as_far_as_it_is_there_and_open():
    _, flows = stepped(p=dict(contribution_floor=1), own_cash=array(30, 100), open_cash=array(40, 20))
    assert flows.own_contribution == pytest.approx(array(30, 20))
    _, flows = stepped(p=dict(contribution_floor=1), own_cash=array(-1e-12, 100))
    assert flows.own_contribution == pytest.approx(array(0, 20))


def test_own_cash_leaves_a_pool_that_promises_nothing():
    # meetings eat more than the joint project brings: no own cash beyond the floor
    for floor in (0, 0.2):
        after, _ = stepped(p=dict(contribution_floor=floor), **LAST, coordination_due=array(12, 12))
        assert after.own_contribution_share.tolist() == [[floor, floor]]
        # earmarked money has no bank to stay in: the comparison decides
        assert after.earmarked_contribution_share[0, 0] > max(floor, 0.1)
    # R = 0 is no surplus: 0.12 x 90 - 4 - 6.8 = 0
    after, _ = stepped(coordination_due=array(6.8 + 1e-9, 0))
    assert after.own_contribution_share[0, 0] == 0
    after, _ = stepped(coordination_due=array(6.8 - 1e-9, 0))
    assert after.own_contribution_share[0, 0] > 0.1


def test_own_cash_could_stay_in_the_bank():
    # too little for any own project: a yield of 0 for earmarked money, the deposit rate for own cash
    little = dict(open_cash=array(10, 20), earmarked=by_payer(10, 80), deposit_rate=array(0.04))
    after, _ = stepped(p=dict(adjustment=1), **little)
    # R(50 + 10) = 7.2 - 4.5 = 2.7;   R(50) = 1.5;   share with 0.1 + 0.8 x 10/60 = 0.2333333
    # r_pool = 0.5 x (0.63 - 0.15) / 10 = 0.024;   earmarked: log odds 0.24, own: 10 x (0.024 - 0.04) = -0.16
    assert after.earmarked_contribution_share[0, 0] == pytest.approx(1 / (1 + np.exp(-0.24)))
    assert after.own_contribution_share[0, 0] == pytest.approx(1 / (1 + np.exp(0.16)))


def test_own_use_is_of_the_money_that_is_there():
    # open 60, but 20 in the purse: 20 + 60 = 80: 8 - 4 = 4; without the 60 nothing: 4 / 60
    after, _ = stepped(p=dict(peer_weight=0), own_cash=array(20, 100), open_cash=array(60, 20))
    pooled = 2.25818181818181818 / 60
    assert after.earmarked_contribution_share[0, 0] == pytest.approx(1 / (1 + np.exp(10 * (4 / 60 - pooled))))


def test_own_use_may_be_an_extension():
    # a farm of 200 is there: every yuan adds 0.1, and 40 left without the earmarked purse still add 4: 6 / 60 = 0.1
    # under a manager with M = 1.5 it adds 0.15
    held = dict(project_capital=project_array(k0s0v0=200), project_quality=project_array(k0s0v0=1))
    after, _ = stepped(p=dict(peer_weight=0), **held, log_management=array(np.log(1.5), 0))
    pooled = 2.25818181818181818 / 60
    assert after.earmarked_contribution_share[0, 0] == pytest.approx(1 / (1 + np.exp(10 * (0.15 - pooled))))


LAST = dict(own_contribution_share=array(0.2, 0.25), earmarked_contribution_share=array(0.4, 0.5))


def test_later_decisions_follow_last_years_shares():
    after, _ = stepped(**LAST)
    # the other pooled 0.25 x 20 + 0.5 x 80 = 45
    # earmarked: R(105) = 12.6 - 4.5 = 8.1;   R(45) = 5.4 - 4.5 = 0.9 (1.4 > 2% of 45);   share 0.1 + 0.8 x 60/105
    # r_pool = 0.5 x ((0.1 + 0.8 x 60/105) x 8.1 - 0.09) / 60
    pooled = 0.5 * ((0.1 + 48 / 105) * 8.1 - 0.09) / 60
    # peers: the other's earmarked share 0.5 adds nothing
    target = 1 / (1 + np.exp(-10 * (pooled - 0.1)))
    assert after.earmarked_contribution_share[0, 0] == pytest.approx(0.4 + 0.7 * (target - 0.4))
    # own purse: R(85) = 10.2 - 4.5 = 5.7; share 0.1 + 0.8 x 40/85; peers: the other's own share, 2 x (0.25 - 0.5) = -0.5
    pooled = 0.5 * ((0.1 + 32 / 85) * 5.7 - 0.09) / 40
    target = 1 / (1 + np.exp(-10 * (pooled - 0.1) + 0.5))
    assert after.own_contribution_share[0, 0] == pytest.approx(0.2 + 0.7 * (target - 0.2))


def test_beliefs_by_hand():
    def share(trust, x0=0.5, peers=1.0):
        p = dict(first_belief=x0, peer_weight=peers, contribution=IMITATION, imitation_weight=1)
        after, _ = stepped(p=p, trust=array(trust, 0.5))
        return after.earmarked_contribution_share[0, 1]

    # the second member does as it believes that the first one will, by his trust:
    # trust 0.75: log odds 2 x 0.25 = 0.5: 0.6224593312018546
    assert share(0.75) == pytest.approx(0.6224593312018546)
    # x_0 = 0.8: log odds ln 4 + 2 x 2 x (0.25 - 0.5) = ln 4 - 1: 4/e / (1 + 4/e)
    assert share(0.25, 0.8, 2.0) == pytest.approx(4 / np.e / (1 + 4 / np.e))


def test_the_mean_of_the_others_leaves_oneself_out():
    last = dict(earmarked_contribution_share=array(0.9, 0.6, 0.3), own_contribution_share=array(0, 0, 0))
    many = {
        name: np.repeat(value[..., :1], 3, axis=-1)
        for name, value in COUNCIL.items()
        if name != "technology" and value.shape[-1] == 2
    }
    p = dict(contribution=IMITATION, imitation_weight=1, adjustment=1, decides=array(1, 1, 1))
    after, _ = stepped(p=p, council=(0, 0, 0), **(many | last), trust=array(0.5, 0.5, 0.5))
    # (0.6 + 0.3) / 2;   (0.9 + 0.3) / 2;   (0.9 + 0.6) / 2
    assert after.earmarked_contribution_share == pytest.approx(array(0.45, 0.6, 0.75))


def test_a_council_of_one_has_no_peers():
    p = dict(contribution=IMITATION, imitation_weight=1, adjustment=1)
    after, _ = stepped(
        p=p,
        council=(0, 1),
        trust=array(0.5, 0.5),
        earmarked_contribution_share=array(0.9, 0.9),
        own_contribution_share=array(0, 0),
    )
    assert after.earmarked_contribution_share == pytest.approx(array(0.5, 0.5))


def test_imitation_by_hand():
    p = dict(contribution=IMITATION, imitation_weight=0.6, first_belief=0.3, adjustment=0.7)
    after, _ = stepped(p=p, **LAST, trust=array(0.6, 0.5))
    # earmarked, first: 0.6 x 0.5 + 0.4 x 0.3 + 0.6 - 0.5 = 0.52;   0.4 + 0.7 x 0.12 = 0.484
    # second: 0.6 x 0.4 + 0.12 + 0 = 0.36;   0.5 - 0.7 x 0.14 = 0.402
    assert after.earmarked_contribution_share == pytest.approx(array(0.484, 0.402))
    # trust of 0 or 1 cannot push a target out of its bounds: 0.6 x 0.5 + 0.12 - 0.5 < 0
    after, _ = stepped(p=p, **LAST, trust=array(0.001, 0.999))
    assert after.earmarked_contribution_share[0, 0] == pytest.approx(0.4 * 0.3)


def test_a_target_above_one_is_one():
    p = dict(contribution=IMITATION, imitation_weight=0.6, first_belief=0.99, adjustment=1)
    after, _ = stepped(p=p, **LAST, trust=array(0.9, 0.5))
    # 0.6 x 0.5 + 0.4 x 0.99 + 0.4 = 1.096
    assert after.earmarked_contribution_share[0, 0] == 1


# ---- what the pool is expected to bring ----


def expected_share(p=None, **changes) -> float:
    """The first member's earmarked share with full adjustment and no peers: the logistic of 10 x (r_pool - 0.1)."""
    after, _ = stepped(p=dict(adjustment=1, peer_weight=0) | (p or {}), **changes)
    return float(after.earmarked_contribution_share[0, 0])


def logistic(pooled: float) -> float:
    return float(1 / (1 + np.exp(-10 * (pooled - 0.1))))


def test_running_projects_and_the_fund_count_towards_the_pool():
    running = dict(
        joint_profit=array(3, 0),
        vehicle_fund=array(20, 0),
        joint_capital=project_array(k0s0v0=50),
        paid_in=array(40, 10),
    )
    # R(60 + 50) = 3 + 0.12 x 130 - 4 - 0.5 = 14.1;   R(50) = 3 + 0.12 x 70 - 4 - 0.5 = 6.9
    # share with 0.1 + 0.8 x (40 + 60) / (50 + 50 + 60) = 0.6, without 0.1 + 0.8 x 40 / 100 = 0.42
    assert expected_share(**running) == pytest.approx(logistic(0.5 * (0.6 * 14.1 - 0.42 * 6.9) / 60))


def test_a_fund_that_stays_too_small_brings_nothing_but_meetings_go_on():
    small_ = dict(earmarked=by_payer(5, 20), open_cash=array(0, 0), joint_log_next=array(JOINT, JOINT))
    own_use = dict(log_management=array(0, 0))
    # 5 + 0.5 x 20 = 15 is below 30: nothing starts, no assets, no meetings: R = 0; own use of 5: nothing
    assert expected_share(**small_, **own_use) == pytest.approx(0.5)
    # with assets meetings cost 0.5: R = -0.5 with and without; share with 0.1 + 0.8 x 5/15, without 0.1
    loss = 0.5 * ((0.1 + 4 / 15) * -0.5 - 0.1 * -0.5) / 5
    found = expected_share(**small_, **own_use, joint_capital=project_array(k0s0v0=3))
    assert found == pytest.approx(1 / (1 + np.exp(-10 * loss)))


def test_a_match_makes_the_pool_better():
    # each yuan pooled brings half a yuan more: R(110 x 1.5) = 19.8 - 4.5 = 15.3;   R(75) = 9 - 4.5 = 4.5
    match = dict(match=by_payer(0.5, 0.5), match_budget=by_payer(1000)[:, :, :1])
    assert expected_share(p=match) == pytest.approx(logistic(0.5 * ((0.1 + 48 / 110) * 15.3 - 0.1 * 4.5) / 60))


def test_a_match_is_expected_as_its_budget_will_cut_it():
    # both are believed to pool half: 50 each, half of it matched: 50 asked of a budget of 25: a quarter yuan a yuan
    match = dict(match=by_payer(0.5, 0.5), match_budget=by_payer(25)[:, :, :1])
    # R(110 x 1.25) = 16.5 - 4.5 = 12;   R(62.5) = 7.5 - 4.5 = 3
    assert expected_share(p=match) == pytest.approx(logistic(0.5 * ((0.1 + 48 / 110) * 12 - 0.1 * 3) / 60))
    # last year's shares: 0.2 x 40 + 0.4 x 60 = 32, 0.25 x 20 + 0.5 x 80 = 45: 38.5 asked, 25 there
    rate = 0.5 * 25 / 38.5
    found = expected_share(p=match, **LAST)
    with_, without = 0.12 * 105 * (1 + rate) - 4.5, 0.12 * 45 * (1 + rate) - 4.5
    assert found == pytest.approx(logistic(0.5 * ((0.1 + 48 / 105) * with_ - 0.1 * without) / 60))
    # without a budget none is expected
    for p in (dict(match=by_payer(0.5, 0.5)), dict(match_budget=by_payer(25)[:, :, :1])):
        assert expected_share(p=p) == pytest.approx(EARMARKED_0)
    two = by_payer(0.5, 0.5) + by_payer(0.25, 0.25, payer=0)
    budgets = by_payer(25)[:, :, :1] + by_payer(1000, payer=0)[:, :, :1]
    # the county's quarter and the centre's: R(110 x 1.5) = 15.3;   R(75) = 4.5
    found = expected_share(p=dict(match=two, match_budget=budgets))
    assert found == pytest.approx(logistic(0.5 * ((0.1 + 48 / 110) * 15.3 - 0.1 * 4.5) / 60))


def test_the_pool_may_extend_what_it_has():
    held = dict(
        joint_capital=project_array(k0s1v0=200),
        joint_quality=project_array(k0s1v0=1),
        joint_profit=array(20, 0),
        paid_in=array(100, 100),
    )
    # without a second overhead: R(110) = 20 + 0.12 x 110 - 0.5 = 32.7;   R(50) = 20 + 6 - 0.5 = 25.5
    # share with 0.1 + 0.8 x 160/310, without 0.1 + 0.8 x 100/250 = 0.42
    assert expected_share(**held) == pytest.approx(logistic(0.5 * ((0.1 + 128 / 310) * 32.7 - 0.42 * 25.5) / 60))
    # the second member sees the same projects, though they are entered at the first: R(50 + 80), R(50)
    after, _ = stepped(p=dict(adjustment=1, peer_weight=0), **held)
    pooled = 0.5 * ((0.1 + 0.8 * 180 / 330) * (20 + 0.12 * 130 - 0.5) - 0.42 * 25.5) / 80
    # own use of its 100: 6; of 20: nothing: 6 / 80
    assert after.earmarked_contribution_share[0, 1] == pytest.approx(1 / (1 + np.exp(10 * (6 / 80 - pooled))))


def test_trust_a_good_manager_and_cheap_meetings_draw_money_in():
    plain = expected_share()
    assert expected_share(trust=array(0.7, 0.5)) > plain
    assert expected_share(joint_log_next=array(JOINT + 0.1, JOINT)) > plain
    assert expected_share(coordination_due=array(0.2, 0.5)) > plain
    assert expected_share(log_management=array(0.1, 0)) < plain


def test_equal_shares_invite_free_riding():
    equal = dict(base_share=array(0.5, 0.5), equity_weight=array(0, 0))
    equity = dict(base_share=array(0, 0), equity_weight=array(1, 1))
    # a large fund is there already, so that one's own money adds little to what is shared out
    rich = dict(vehicle_fund=array(500, 0), paid_in=array(250, 250))
    assert expected_share(**equal, **rich) < expected_share(**equity, **rich)


# ---- the match ----

FLOOR = dict(contribution_floor=1)


def matched(budget: float, rate=(0.5, 0.5), captured=(0, 0), **changes):
    p = dict(match=by_payer(*rate), match_budget=by_payer(budget)[:, :, :1])
    return stepped(p=FLOOR | p, captured=array(*captured), **changes)


def test_the_match_by_hand():
    # all is pooled: 100 and 100; half of it each, within a budget of 100
    after, flows = matched(100)
    assert flows.match[0, COUNTY] == pytest.approx([50, 50])
    assert flows.asked[0, COUNTY] == pytest.approx([50, 50])
    assert flows.match_leakage is None
    assert after.vehicle_fund == pytest.approx(array(300, 0))
    # 60 + 80 earmarked and 100 of match are public money
    assert after.vehicle_earmarked[0, COUNTY] == pytest.approx([240, 0])
    assert after.paid_in == pytest.approx(array(150, 150))


def test_the_match_is_cut_in_proportion():
    # 50 and 50 asked, 60 there: 30 and 30
    _, flows = matched(60)
    assert flows.match[0, COUNTY] == pytest.approx([30, 30])
    assert flows.asked[0, COUNTY] == pytest.approx([50, 50])
    # rates may differ: 20 and 60 asked, three quarters paid
    _, flows = matched(60, rate=(0.2, 0.6))
    assert flows.match[0, COUNTY] == pytest.approx([15, 45])
    assert matched(0)[1].match[0, COUNTY].tolist() == [0, 0]


def test_without_contributions_no_match():
    _, flows = matched(60, own_cash=array(0, 0), earmarked=by_payer(0, 0))
    assert flows.match is None
    assert stepped(p=FLOOR | dict(match=by_payer(0.5, 0.5)))[1].match is None
    assert stepped(p=FLOOR | dict(match_budget=by_payer(9)[:, :, :1]))[1].match is None


def test_what_leaks_from_the_match():
    # a tenth of 50 and a fifth of 50: 15 leak from 240 of public money: 225 stay, 285 in the fund
    after, flows = matched(100, captured=(0.1, 0.2))
    assert flows.match_leakage == pytest.approx(array(15, 0))
    assert after.vehicle_earmarked[0, COUNTY] == pytest.approx([225, 0])
    assert after.vehicle_fund == pytest.approx(array(285, 0))
    # what was credited stays credited
    assert after.paid_in == pytest.approx(array(150, 150))


def test_two_payers_match_side_by_side():
    rates = by_payer(0.5, 0.5) + by_payer(0.1, 0.1, payer=0)
    p = FLOOR | dict(match=rates, match_budget=by_payer(50)[:, :, :1] + by_payer(100, payer=0)[:, :, :1])
    after, flows = stepped(p=p)
    # the county: 100 asked, 50 there;   the centre: 20 asked, 100 there
    assert flows.match[0, COUNTY] == pytest.approx([25, 25])
    assert flows.match[0, 0] == pytest.approx([10, 10])
    assert after.vehicle_earmarked[0, :, 0] == pytest.approx([20, 0, 190, 0])
    assert after.paid_in == pytest.approx(array(135, 135))


def test_staff_is_paid_every_quarter_where_there_is_any():
    state, staff = small.village_state(**COUNCIL), by_payer(0.375, 0.375)
    p = small.given(rule, staff=staff)
    assert rule.step(state, p, small.Draws(), Q)[1].staff is staff
    assert rule.step(state, small.given(rule, staff=by_payer(0, 0)), small.Draws(), Q)[1].staff is None
    assert stepped(p=dict(staff=staff))[1].staff is staff


@given(
    own=st.floats(0, 200),
    opened=st.floats(0, 200),
    earmarked=st.floats(0, 200),
    share=st.floats(0.01, 1),
    floor=st.floats(0, 1),
    trust=st.floats(0.01, 0.99),
    form=st.sampled_from([0.0, IMITATION]),
)
def test_nobody_pools_what_is_not_there(own, opened, earmarked, share, floor, trust, form):
    after, flows = stepped(
        p=dict(open_share=share, contribution_floor=floor, contribution=form),
        own_cash=array(own, 50),
        open_cash=array(opened, 50),
        earmarked=by_payer(earmarked, 50),
        trust=array(trust, 0.5),
    )
    paid_own = 0.0 if flows.own_contribution is None else flows.own_contribution[0, 0]
    paid_earmarked = 0.0 if flows.earmarked_contribution is None else flows.earmarked_contribution[0, COUNTY, 0]
    assert 0 <= paid_own <= share * min(own, opened) + 1e-9
    assert 0 <= paid_earmarked <= share * earmarked + 1e-9
    assert paid_own >= floor * share * min(own, opened) - 1e-9
    for decided in (after.own_contribution_share, after.earmarked_contribution_share):
        assert 0 <= decided.min() <= decided.max() <= 1
