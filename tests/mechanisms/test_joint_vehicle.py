"""Joint vehicle 联合社: dividend shares, coordination, dividends, refunds, and its end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.groups import groups
from sim.mechanisms import joint_vehicle as rule
from sim.mechanisms import projects
from sim.mechanisms.joint_vehicle import AFTER_MONEY
from sim.state import FARM, LEASED, Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer, project_array

Q2, Q4 = Quarter(21, 2015, 1), Quarter(23, 2015, 3)
KEEP, DISSOLVE, LIQUIDATE = (float(AFTER_MONEY.index(form)) for form in ("keep", "dissolve", "liquidate"))


def weights(equity=0.0, equal=0.0, need=0.0, work=0.0):
    return tuple(array(weight) for weight in (equity, equal, need, work))


def council(*labels: int):
    return groups(np.array([labels], dtype=np.int64))


def test_dividend_shares_by_hand():
    paid, need, work = array(30, 10, 0), array(0.5, 0.25, 0.25), array(100, 100, 300)
    members = council(0, 0, 0)

    def shares(**w):
        return rule.dividend_shares(paid, need, work, weights(**w), members)

    assert shares(equity=1) == pytest.approx(array(0.75, 0.25, 0))
    assert shares(equal=1) == pytest.approx(array(1 / 3, 1 / 3, 1 / 3))
    assert shares(need=1) == pytest.approx(array(0.5, 0.25, 0.25))
    assert shares(work=1) == pytest.approx(array(0.2, 0.2, 0.6))
    # 0.4 x 0.75 + 0.3 / 3 + 0.2 x 0.5 + 0.1 x 0.2 = 0.3 + 0.1 + 0.1 + 0.02 = 0.52
    # 0.4 x 0.25 + 0.1 + 0.2 x 0.25 + 0.02 = 0.1 + 0.1 + 0.05 + 0.02 = 0.27;   0 + 0.1 + 0.05 + 0.06 = 0.21
    assert shares(equity=0.4, equal=0.3, need=0.2, work=0.1) == pytest.approx(array(0.52, 0.27, 0.21))


def test_nobody_holds_equity_before_anybody_has_paid():
    found = rule.dividend_shares(array(0, 0), array(1, 1), array(1, 1), weights(equity=0.8, equal=0.2), council(0, 0))
    assert found == pytest.approx(array(0.1, 0.1))


@given(
    paid=st.lists(st.floats(0.01, 1000), min_size=4, max_size=4),
    need=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    work=st.lists(st.floats(1, 1000), min_size=4, max_size=4),
    cuts=st.tuples(*[st.floats(0, 1)] * 3),
)
def test_shares_sum_to_one_in_every_council(paid, need, work, cuts):
    a, b, c = sorted(cuts)
    rules = weights(equity=a, equal=b - a, need=c - b, work=1 - c)
    found = rule.dividend_shares(array(*paid), array(*need), array(*work), rules, council(0, 0, 0, 3))
    assert found.min() >= 0
    assert found[0, :3].sum() == pytest.approx(1)
    assert found[0, 3] == pytest.approx(1)


def test_who_pays_more_gets_more_under_equity_alone():
    for w, more in ((weights(equity=1), True), (weights(equal=1), False)):
        low, high = (
            rule.dividend_shares(array(paid, 10), array(1, 1), array(1, 1), w, council(0, 0))[0, 0] for paid in (10, 20)
        )
        assert (high > low) == more


def test_a_debt_is_paid_as_far_as_cash_goes():
    assert rule.settle(array(5, 5, 5), array(9, 2, -1)).tolist() == [[5, 2, 0]]


def test_the_operating_transfer_is_not_free():
    state = small.village_state(own_cash=array(9, 3), base_received=array(5, 5))
    assert rule.free_cash(state).tolist() == [[4, 0]]


# ---- step: a council of two, equity alone unless a test says otherwise ----

TECHNOLOGY = projects.technology(small.given(projects, gestation=4, leased_gestation=6), array(0.015))


def stepped(quarter=Q2, p=None, council_labels=(0, 0), **changes):
    state = small.village_state(
        council_labels,
        **(
            dict(
                vehicle=array(1, 0),
                paid_in=array(30, 10),
                carry_over_term=array(8),
                technology=TECHNOLOGY,
                monitoring=array(0.5, 0.5),
                deposit_rate=array(0),
            )
            | changes
        ),
    )
    parameters = small.given(rule, **({"distribution": weights(equity=1), "sale_share": 0.25} | (p or {})))
    return rule.step(state, parameters, small.Draws(), quarter)


def flowing(flows) -> set[str]:
    return {name for name, value in vars(flows).items() if value is not None and value.any()}


def test_without_a_vehicle_nothing_happens():
    state = small.village_state(own_cash=array(9, 9), paid_in=array(1, 1))
    after, flows = rule.step(state, small.given(rule), small.Draws(), Q4)
    assert after is state
    assert flowing(flows) == set()
    nobody = np.array([[False, False]])
    assert rule.step(state, small.given(rule, active=nobody), small.Draws(), Q4)[0] is state


def test_an_open_pool_learns_its_dividend_rule_before_it_has_a_vehicle():
    after, flows = stepped(
        p=dict(active=np.array([[True, True]]), distribution=weights(equity=0.6, equal=0.4)),
        vehicle=array(0, 0),
        paid_in=array(0, 0),
    )
    assert after.base_share == pytest.approx(array(0.2, 0.2))
    assert after.equity_weight == pytest.approx(array(0.6, 0.6))
    assert after.dividend_share == pytest.approx(array(0.2, 0.2))
    assert flowing(flows) == set()


def test_shares_follow_need_and_work():
    after, _ = stepped(
        p=dict(distribution=weights(equity=0.5, need=0.25, work=0.25)),
        need=array(0.75, 0.25),
        resident_labour=array(100, 300),
    )
    # 0.25 x 0.75 + 0.25 x 0.25 = 0.25;   0.25 x 0.25 + 0.25 x 0.75 = 0.25;   equity 0.5 x 0.75, 0.5 x 0.25
    assert after.base_share == pytest.approx(array(0.25, 0.25))
    assert after.dividend_share == pytest.approx(array(0.625, 0.375))


def test_one_council_has_one_dividend_rule():
    # scope over the second member alone: his rule, equal shares, holds for both; the first one's rule is by equity
    mixed = tuple(np.array([[first, second]]) for first, second in ((1, 0), (0, 1), (0, 0), (0, 0)))
    after, _ = stepped(p=dict(distribution=mixed, active=np.array([[False, True]])))
    assert after.dividend_share == pytest.approx(array(0.5, 0.5))
    after, _ = stepped(p=dict(distribution=mixed, active=np.array([[True, True]])))
    assert after.dividend_share == pytest.approx(array(0.75, 0.25))


def test_the_rule_outlives_the_pool_that_set_it():
    after, _ = stepped(p=dict(distribution=weights(equal=1), active=np.array([[True, False]])))
    later = rule.step(after, small.given(rule, distribution=weights(equity=1)), small.Draws(), Q4)[0]
    assert later.dividend_share == pytest.approx(array(0.5, 0.5))
    assert later.dividend_rule[0, :, 0] == pytest.approx([0, 1, 0, 0])


def test_a_vehicle_that_has_ended_leaves_no_rule():
    after, _ = stepped(
        p=dict(distribution=weights(equal=1), active=np.array([[True, True]]), ends=array(1), after_money=array(1))
    )
    assert not after.vehicle.any()
    assert not after.dividend_rule.any()


COORDINATED = dict(coordination_due=array(8, 8), joint_capital=project_array(k0s0v0=40))


def test_the_vehicle_pays_its_coordination():
    after, flows = stepped(**COORDINATED, vehicle_cash=array(10, 0), vehicle_fund=array(9, 0))
    # 8 a year: 2 a quarter; 8 of the cash are left for a fund of 9
    assert flows.coordination == pytest.approx(array(2, 0))
    assert flowing(flows) == {"coordination"}
    assert after.vehicle_fund == pytest.approx(array(8, 0))
    assert after.vehicle_arrears.tolist() == [[0, 0]]
    assert after.arrears_quarters.tolist() == [[0, 0]]


def test_without_joint_assets_nobody_meets():
    after, flows = stepped(**(COORDINATED | dict(joint_capital=project_array())), vehicle_cash=array(10, 0))
    assert flowing(flows) == set()
    assert after.vehicle_arrears.tolist() == [[0, 0]]


def test_members_are_called_for_what_is_missing():
    after, flows = stepped(**COORDINATED, vehicle_cash=array(0.8, 0), own_cash=array(5, 5), vehicle_fund=array(0.8, 0))
    # 2 due, 0.8 there, 1.2 called: 0.75 x 1.2 = 0.9 and 0.25 x 1.2 = 0.3
    assert flows.coordination == pytest.approx(array(0.8, 0))
    assert flows.coordination_call == pytest.approx(array(0.9, 0.3))
    assert after.vehicle_arrears.tolist() == [[0, 0]]
    assert after.vehicle_fund.tolist() == [[0, 0]]


def test_members_pay_no_more_than_their_free_cash():
    after, flows = stepped(
        **COORDINATED, own_cash=array(5.5, 9), base_received=array(5, 5), arrears_quarters=array(2, 0)
    )
    # 2 due: 1.5 and 0.5 called, 0.5 and 4 free; 1 stays open
    assert flows.coordination is None
    assert flows.coordination_call == pytest.approx(array(0.5, 0.5))
    assert after.vehicle_arrears == pytest.approx(array(1, 0))
    assert after.arrears_quarters.tolist() == [[3, 0]]


def test_old_arrears_are_the_vehicles_alone():
    after, flows = stepped(
        **COORDINATED, vehicle_arrears=array(3, 0), own_cash=array(9, 9), arrears_quarters=array(4, 0)
    )
    # owed 2 + 3; this quarter's 2 are called, the 3 stay
    assert flows.coordination_call == pytest.approx(array(1.5, 0.5))
    assert after.vehicle_arrears == pytest.approx(array(3, 0))
    assert after.arrears_quarters.tolist() == [[5, 0]]
    # cash pays for all of it
    after, flows = stepped(
        **COORDINATED, vehicle_arrears=array(3, 0), vehicle_cash=array(6, 0), arrears_quarters=array(4, 0)
    )
    assert flows.coordination == pytest.approx(array(5, 0))
    assert flows.coordination_call is None
    assert after.arrears_quarters.tolist() == [[0, 0]]
    # 4 of the 5 owed: 1 is missing, less than this quarter's 2, and called
    after, flows = stepped(**COORDINATED, vehicle_arrears=array(3, 0), vehicle_cash=array(4, 0), own_cash=array(9, 9))
    assert flows.coordination_call == pytest.approx(array(0.75, 0.25))
    assert after.vehicle_arrears.tolist() == [[0, 0]]


def test_only_members_of_a_vehicle_are_called():
    _, flows = stepped(
        council_labels=(0, 0, 2, 2),
        vehicle=array(1, 0, 0, 0),
        paid_in=array(1, 1, 1, 1),
        coordination_due=array(8, 8, 8, 8),
        joint_capital=project_array(4, k0s0v0=40, k0s0v2=40),
        own_cash=array(9, 9, 9, 9),
        monitoring=array(0.5, 0.5, 0.5, 0.5),
    )
    assert flows.coordination_call == pytest.approx(array(1, 1, 0, 0))


def test_a_companion_charges_what_the_judged_arm_bore():
    _, flows = stepped(
        p=dict(charged=array(2, 3)), own_cash=array(9, 7), base_received=array(5, 5), vehicle_cash=array(50, 0)
    )
    assert flows.coordination_call == pytest.approx(array(2, 2))
    assert flowing(flows) == {"coordination_call"}
    # nothing charged: the vehicle goes on as ever
    assert stepped(Q4, p=dict(charged=array(0, 0)), vehicle_cash=array(50, 0))[1].dividend is not None


def test_the_vehicle_earns_interest_on_its_cash():
    _, flows = stepped(vehicle_cash=array(50, 0), deposit_rate=array(0.02))
    # 0.02 x 50 / 4 = 0.25
    assert flows.interest == pytest.approx(array(0.25, 0))
    # none on a debt, none where there is no vehicle, none in the quarter of its end
    assert not stepped(vehicle_cash=array(-1e-12, 0), deposit_rate=array(0.02))[1].interest.any()
    _, flows = stepped(vehicle_cash=array(0, 50), deposit_rate=array(0.02))
    assert not flows.interest.any()
    ends = dict(ends=array(1), after_money=LIQUIDATE)
    assert not stepped(p=ends, vehicle_cash=array(50, 0), deposit_rate=array(0.02))[1].interest.any()


LOSING = dict(coordination_due=array(8, 8), joint_capital=project_array(k0s0v0=40), own_cash=array(9, 9))


def test_years_of_loss_are_counted_without_a_break():
    for profit, before, after_ in ((7.9, 1, 2), (8, 1, 0), (7.9, 0, 1)):
        after, _ = stepped(
            Q4, p=dict(exit_after=9), **LOSING, joint_profit=array(profit, 0), loss_years=array(before, 0)
        )
        assert after.loss_years.tolist() == [[after_, 0]]
    # in the other quarters the count stands
    after, _ = stepped(Q2, p=dict(exit_after=9), **LOSING, joint_profit=array(0, 0), loss_years=array(1, 0))
    assert after.loss_years.tolist() == [[1, 0]]
    # without joint assets, or without a vehicle, nothing is lost
    after, _ = stepped(Q4, coordination_due=array(8, 8), loss_years=array(1, 0))
    assert after.loss_years.tolist() == [[0, 0]]
    after, _ = stepped(Q4, p=dict(exit_after=9), **(LOSING | dict(joint_capital=project_array(k0s0v1=40))))
    assert after.loss_years.tolist() == [[0, 0]]


def test_members_leave_a_vehicle_that_keeps_losing():
    losing = LOSING | dict(
        joint_profit=array(0, 0), joint_age=project_array(k0s0v0=9), joint_quality=project_array(k0s0v0=1)
    )
    after, flows = stepped(Q4, p=dict(exit_after=3), **losing, loss_years=array(1, 0))
    assert flows.asset_transfer is None
    assert after.loss_years.tolist() == [[2, 0]]
    after, flows = stepped(Q4, p=dict(exit_after=3), **losing, loss_years=array(2, 0))
    # the third year: the farm of 40 goes to the members by equity
    assert flows.asset_transfer == pytest.approx(array(30, 10))
    assert flows.liquidation is None
    is_gone(after)


PROFITABLE = dict(vehicle_cash=array(50, 0), vehicle_fund=array(10, 0))


def test_dividends_by_hand():
    after, flows = stepped(Q4, p=dict(retained_share=0.1), **PROFITABLE)
    # surplus 50 - 10 = 40, 36 are paid by equity: 27 and 9; 4 stay in the fund
    assert flows.dividend == pytest.approx(array(27, 9))
    assert after.vehicle_fund == pytest.approx(array(14, 0))
    # once a year
    assert stepped(Q2, p=dict(retained_share=0.1), **PROFITABLE)[1].dividend is None


def test_coordination_is_paid_before_dividends():
    after, flows = stepped(Q4, p=dict(retained_share=0.1), **COORDINATED, **PROFITABLE)
    # 50 - 2 - 10 = 38: 34.2 paid, 3.8 kept
    assert flows.dividend == pytest.approx(array(25.65, 8.55))
    assert after.vehicle_fund == pytest.approx(array(13.8, 0))


def test_no_dividend_in_arrears_nor_without_a_surplus():
    _, flows = stepped(Q4, **COORDINATED, vehicle_cash=array(0, 0), own_cash=array(0, 0))
    assert flows.dividend is None
    after, flows = stepped(Q4, vehicle_cash=array(5, 0), vehicle_fund=array(10, 0))
    assert flows.dividend is None
    assert after.vehicle_fund.tolist() == [[5, 0]]


def test_what_nobody_holds_a_share_of_stays():
    after, flows = stepped(
        Q4,
        p=dict(retained_share=0, distribution=weights(equity=0.5, equal=0.5)),
        **(PROFITABLE | dict(paid_in=array(0, 0))),
    )
    # shares 1/4 each: 10 and 10 of the 40; 20 stay
    assert flows.dividend == pytest.approx(array(10, 10))
    assert after.vehicle_fund == pytest.approx(array(30, 0))


def test_no_dividend_without_a_vehicle():
    after, flows = stepped(
        Q4,
        p=dict(retained_share=0),
        council_labels=(0, 0, 2, 2),
        vehicle=array(0, 0, 1, 0),
        vehicle_cash=array(8, 0, 8, 0),
        paid_in=array(1, 1, 1, 1),
        monitoring=array(0.5, 0.5, 0.5, 0.5),
    )
    assert flows.dividend == pytest.approx(array(0, 0, 4, 4))
    assert not after.vehicle_fund.any()


WAITING = dict(
    vehicle_cash=array(25, 0), vehicle_fund=array(20, 0), vehicle_earmarked=by_payer(12, 0), fund_age=array(8, 0)
)


def test_money_that_has_waited_past_its_term_goes_back():
    after, flows = stepped(**WAITING)
    # the ninth quarter, term 8: 12 earmarked and 8 free, by equity: 9 and 3, 6 and 2
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([9, 3])
    assert np.delete(flows.refund_earmarked, COUNTY, axis=1).sum() == 0
    assert flows.refund == pytest.approx(array(6, 2))
    assert after.paid_in == pytest.approx(array(15, 5))
    assert after.vehicle_fund.tolist() == [[0, 0]]
    assert not after.vehicle_earmarked.any()
    assert after.fund_age.tolist() == [[0, 0]]
    assert after.vehicle.tolist() == [[1, 0]]


def test_within_its_term_it_waits():
    after, flows = stepped(**(WAITING | dict(fund_age=array(7, 0))))
    assert flowing(flows) == set()
    assert after.fund_age.tolist() == [[8, 0]]
    # free money waits without a term
    after, flows = stepped(**(WAITING | dict(vehicle_earmarked=by_payer(0, 0))))
    assert flowing(flows) == set()
    # an empty fund has no age
    after, _ = stepped(**(WAITING | dict(vehicle_fund=array(0, 0), vehicle_earmarked=by_payer(0, 0))))
    assert after.fund_age.tolist() == [[0, 0]]


def test_earmarked_money_comes_back_as_far_as_it_is_there():
    after, flows = stepped(**(WAITING | dict(vehicle_cash=array(6, 0))))
    # 6 are left of a fund of 20, 12 of it earmarked: 6 earmarked come back, nothing free
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([4.5, 1.5])
    assert flows.refund.tolist() == [[0, 0]]
    assert after.paid_in == pytest.approx(array(25.5, 8.5))


def test_a_refund_is_due_in_its_own_council_only():
    two = dict(
        council_labels=(0, 0, 2, 2),
        vehicle=array(1, 0, 1, 0),
        paid_in=array(3, 1, 1, 1),
        vehicle_cash=array(20, 0, 20, 0),
        vehicle_fund=array(20, 0, 20, 0),
        vehicle_earmarked=by_payer(20, 0, 10, 0),
        fund_age=array(8, 0, 3, 0),
        monitoring=array(0.5, 0.5, 0.5, 0.5),
    )
    after, flows = stepped(**two)
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([15, 5, 0, 0])
    assert not flows.refund.any()
    assert after.vehicle_fund.tolist() == [[0, 0, 20, 0]]
    assert after.vehicle_earmarked[0, COUNTY].tolist() == [0, 0, 10, 0]
    assert after.fund_age.tolist() == [[0, 0, 4, 0]]
    assert after.paid_in == pytest.approx(array(0, 0, 1, 1))


def test_who_has_nothing_left_in_it_shares_equally():
    _, flows = stepped(**(WAITING | dict(paid_in=array(0, 0))))
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([6, 6])
    assert flows.refund == pytest.approx(array(4, 4))


def test_a_refund_leaves_the_dividend_of_the_year_alone():
    after, flows = stepped(Q4, p=dict(retained_share=0.2), **WAITING)
    # surplus 25 - 20 = 5: 4 paid, 1 to the fund; fund 21: 12 earmarked, 9 free
    assert flows.dividend == pytest.approx(array(3, 1))
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([9, 3])
    assert flows.refund == pytest.approx(array(6.75, 2.25))
    assert after.vehicle_fund.tolist() == [[0, 0]]


# ---- the end ----

STANDING = dict(
    vehicle_cash=array(25, 0),
    vehicle_fund=array(20, 0),
    vehicle_earmarked=by_payer(12, 0),
    joint_capital=project_array(k0s0v0=40, k1s1v0=120),
    joint_age=project_array(k0s0v0=9, k1s1v0=3),
    joint_quality=project_array(k0s0v0=1.5, k1s1v0=0.5),
    joint_profit=array(7, 0),
    joint_operating=array(2, 0),
    loss_years=array(1, 0),
)


def ended(form, **changes):
    return stepped(p=dict(ends=array(1), after_money=form), **(STANDING | changes))


def is_gone(after) -> None:
    zero = (
        "vehicle",
        "loss_years",
        "vehicle_arrears",
        "arrears_quarters",
        "joint_profit",
        "joint_operating",
        "paid_in",
    )
    zero += (
        "dividend_share",
        "vehicle_fund",
        "fund_age",
        "vehicle_earmarked",
        "joint_capital",
        "joint_age",
        "joint_quality",
    )
    assert {name for name in zero if getattr(after, name).any()} == set()


def test_kept_it_goes_on():
    after, flows = ended(KEEP)
    assert flowing(flows) == set()
    assert after.vehicle.tolist() == [[1, 0]]
    assert after.joint_capital.sum() == 160


@pytest.mark.parametrize("form", [DISSOLVE, LIQUIDATE])
def test_before_the_money_stops_every_form_goes_on(form):
    for ends in (array(0), None):
        after, flows = stepped(p=dict(ends=ends, after_money=form), **STANDING)
        assert flowing(flows) == set()
        assert after.vehicle.tolist() == [[1, 0]]


def test_dissolved_its_projects_go_to_the_members():
    after, flows = ended(DISSOLVE, project_capital=project_array(k0s0v0=5))
    # 3/4 and 1/4 of 40 and of 120
    assert flows.asset_transfer == pytest.approx(array(120, 40))
    assert after.project_capital == pytest.approx(project_array(k0s0v0=5, k0s1v0=30, k1s0v0=90, k0s0v1=10, k1s0v1=30))
    assert after.project_age[0, FARM, 1, 0] == 9
    assert after.project_quality[0, LEASED, 0, 1] == 0.5
    # 12 earmarked and 13 free come back
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([9, 3])
    assert flows.refund == pytest.approx(array(9.75, 3.25))
    assert flowing(flows) == {"asset_transfer", "refund", "refund_earmarked"}
    is_gone(after)
    assert after.vehicle_cash.tolist() == [[25, 0]]


def test_liquidated_its_projects_are_sold():
    after, flows = ended(LIQUIDATE)
    # 160 at a quarter: 40, and 120 lost; 25 + 40 = 65 back: 12 earmarked, 53 free
    assert flows.liquidation == pytest.approx(array(40, 0))
    assert flows.liquidation_loss == pytest.approx(array(120, 0))
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([9, 3])
    assert flows.refund == pytest.approx(array(39.75, 13.25))
    assert not after.project_capital.any()
    is_gone(after)
    assert after.vehicle_cash.tolist() == [[25, 0]]


def test_arrears_are_paid_from_the_sale_before_members_get_anything():
    poor = dict(
        vehicle_cash=array(0, 0),
        vehicle_fund=array(0, 0),
        vehicle_earmarked=by_payer(0, 0),
        vehicle_arrears=array(3, 0),
    )
    _, flows = ended(LIQUIDATE, **poor)
    # 40 - 3 = 37
    assert flows.coordination == pytest.approx(array(3, 0))
    assert flows.refund == pytest.approx(array(27.75, 9.25))
    # arrears above the proceeds: all of it goes there, what is left is lost to those who did the work
    after, flows = ended(LIQUIDATE, **(poor | dict(vehicle_arrears=array(70, 0))))
    assert flows.coordination == pytest.approx(array(40, 0))
    assert not flows.refund.any()
    is_gone(after)
    # coordination of the quarter and arrears
    _, flows = ended(LIQUIDATE, **(poor | dict(coordination_due=array(8, 8), vehicle_cash=array(1, 0))))
    # owed 2 + 3, 1 paid, the 2 of this quarter called from empty purses: arrears 4, paid from the sale; 36 left
    assert flows.coordination == pytest.approx(array(5, 0))
    assert flows.refund == pytest.approx(array(27, 9))


def test_eight_quarters_of_arrears_wind_it_up():
    broke = dict(
        vehicle_cash=array(0, 0),
        vehicle_fund=array(0, 0),
        vehicle_earmarked=by_payer(0, 0),
        coordination_due=array(8, 8),
    )
    for quarters, gone in ((6, False), (7, True)):
        after, flows = stepped(**(STANDING | broke), arrears_quarters=array(quarters, 0), vehicle_arrears=array(1, 0))
        assert after.vehicle.tolist() == [[float(not gone), 0]]
        assert (flows.liquidation is not None) == gone
    # 2 due and 1 from before: 3 of the 40; members 37
    assert flows.coordination == pytest.approx(array(3, 0))
    assert flows.refund == pytest.approx(array(27.75, 9.25))
    # a vehicle that is dissolved that quarter is not sold
    after, flows = ended(DISSOLVE, **broke, arrears_quarters=array(7, 0), vehicle_arrears=array(1, 0))
    assert flows.liquidation is None
    assert flows.asset_transfer == pytest.approx(array(120, 40))
    is_gone(after)


def test_at_the_end_of_a_year_the_dividend_comes_first():
    _, flows = stepped(Q4, p=dict(ends=array(1), after_money=LIQUIDATE, retained_share=0.2), **STANDING)
    # surplus 5: 4 in dividends; 25 - 4 + 40 = 61 back, 12 of it earmarked
    assert flows.dividend == pytest.approx(array(3, 1))
    assert flows.refund == pytest.approx(array(36.75, 12.25))


def test_an_overdue_fund_is_given_back_once_when_the_vehicle_ends():
    _, flows = ended(LIQUIDATE, fund_age=array(8, 0))
    # first the fund of 20, 12 of it earmarked; then 5 + 40
    assert flows.refund_earmarked[0, COUNTY] == pytest.approx([9, 3])
    assert flows.refund == pytest.approx(array(6 + 33.75, 2 + 11.25))


def test_other_councils_and_other_runs_go_on():
    after, flows = stepped(
        p=dict(ends=array(0), after_money=LIQUIDATE),
        council_labels=(0, 0, 2, 2),
        vehicle=array(1, 0, 1, 0),
        paid_in=array(3, 1, 3, 1),
        joint_capital=project_array(4, k0s0v0=40, k0s0v2=40),
        joint_age=project_array(4, k0s0v0=9, k0s0v2=9),
        joint_quality=project_array(4, k0s0v0=1, k0s0v2=2),
        vehicle_arrears=array(1, 0, 0, 0),
        arrears_quarters=array(7, 0, 0, 0),
        vehicle_cash=array(0, 0, 5, 0),
        vehicle_fund=array(0, 0, 5, 0),
        joint_profit=array(1, 0, 2, 0),
        joint_operating=array(1, 0, 2, 0),
        monitoring=array(0.5, 0.5, 0.5, 0.5),
    )
    assert after.vehicle.tolist() == [[0, 0, 1, 0]]
    assert after.joint_capital == pytest.approx(project_array(4, k0s0v2=40))
    assert after.joint_age == pytest.approx(project_array(4, k0s0v2=9))
    assert after.joint_quality == pytest.approx(project_array(4, k0s0v2=2))
    assert after.vehicle_fund.tolist() == [[0, 0, 5, 0]]
    assert after.paid_in == pytest.approx(array(0, 0, 3, 1))
    assert after.dividend_share == pytest.approx(array(0, 0, 0.75, 0.25))
    assert (after.joint_profit.tolist(), after.joint_operating.tolist()) == ([[0, 0, 2, 0]], [[0, 0, 2, 0]])
    # 40 at a quarter, 1 of it for the arrears
    assert flows.liquidation == pytest.approx(array(10, 0, 0, 0))
    assert flows.liquidation_loss == pytest.approx(array(30, 0, 0, 0))
    assert flows.refund == pytest.approx(array(6.75, 2.25, 0, 0))


def test_dissolving_one_council_leaves_the_other_alone():
    after, flows = stepped(
        p=dict(ends=array(1), after_money=DISSOLVE),
        council_labels=(0, 0, 2, 2),
        vehicle=array(1, 0, 0, 0),
        paid_in=array(3, 1, 0, 0),
        joint_capital=project_array(4, k0s0v0=40),
        joint_age=project_array(4, k0s0v0=9),
        joint_quality=project_array(4, k0s0v0=1),
        project_capital=project_array(4, k0s0v2=7),
        dividend_share=array(0, 0, 0.5, 0.5),
        monitoring=array(0.5, 0.5, 0.5, 0.5),
    )
    assert flows.asset_transfer == pytest.approx(array(30, 10, 0, 0))
    assert after.project_capital == pytest.approx(project_array(4, k0s0v0=30, k0s0v1=10, k0s0v2=7))


@given(
    cash=st.floats(0, 100),
    fund=st.floats(0, 100),
    earmarked=st.floats(0, 100),
    assets=st.floats(0, 500),
    arrears=st.floats(0, 20),
    quarters=st.integers(0, 9),
    age=st.integers(0, 12),
    form=st.sampled_from([KEEP, DISSOLVE, LIQUIDATE]),
    ends=st.sampled_from([0, 1]),
    quarter=st.sampled_from([Q2, Q4]),
    own=st.floats(0, 20),
)
def test_no_vehicle_pays_what_it_does_not_have(
    cash, fund, earmarked, assets, arrears, quarters, age, form, ends, quarter, own
):
    after, flows = stepped(
        quarter,
        p=dict(ends=array(ends), after_money=form),
        vehicle_cash=array(cash, 0),
        vehicle_fund=array(min(fund, cash), 0),
        vehicle_earmarked=by_payer(min(earmarked, fund, cash), 0),
        joint_capital=project_array(k0s0v0=assets),
        vehicle_arrears=array(arrears, 0),
        arrears_quarters=array(quarters, 0),
        fund_age=array(age, 0),
        coordination_due=array(8, 8),
        own_cash=array(own, own),
    )
    amounts = {name: value for name, value in vars(flows).items() if value is not None}
    assert all(value.min() >= 0 for value in amounts.values())
    out = sum(amounts[n].sum() for n in ("coordination", "dividend", "refund", "refund_earmarked") if n in amounts)
    sold = amounts["liquidation"].sum() if "liquidation" in amounts else 0.0
    assert out <= cash + sold + 1e-9
    if not after.vehicle.any():
        assert out == pytest.approx(cash + sold, abs=1e-9)
        is_gone(after)
    gone = sum(amounts[n].sum() for n in ("asset_transfer", "liquidation", "liquidation_loss") if n in amounts)
    assert after.joint_capital.sum() + gone == pytest.approx(assets)
