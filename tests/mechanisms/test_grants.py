"""Grants 财政补助: budgets, claims, leakage, terms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import grants
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer

Q = Quarter(20, 2015, 0)


def budget(amount: float, payer: int = COUNTY) -> np.ndarray:
    return by_payer(amount, payer=payer)


def test_a_budget_is_split_by_weight():
    # 100 over weights 1 : 3: 25 and 75; all of it is asked for and paid
    asked, paid = grants.allocate(by_payer(0, 0), budget(100), by_payer(1, 3))
    assert asked[0, COUNTY] == pytest.approx([25, 75])
    assert paid[0, COUNTY] == pytest.approx([25, 75])
    assert np.delete(paid, COUNTY, axis=1).sum() == 0


def test_claims_above_the_budget_are_cut_in_proportion():
    # 60 + 90 = 150 asked, 100 there: two thirds, 40 and 60
    asked, paid = grants.allocate(by_payer(60, 90), budget(100), by_payer(1, 1))
    assert asked[0, COUNTY] == pytest.approx([60, 90])
    assert paid[0, COUNTY] == pytest.approx([40, 60])


def test_claims_below_the_budget_are_paid_in_full():
    asked, paid = grants.allocate(by_payer(10, 20), budget(100), by_payer(1, 1))
    assert asked[0, COUNTY] == pytest.approx([10, 20])
    assert paid[0, COUNTY] == pytest.approx([10, 20])


def test_who_is_not_eligible_asks_for_nothing():
    asked, paid = grants.allocate(by_payer(10, 20), budget(15), by_payer(0, 1))
    # 20 asked, 15 there
    assert asked[0, COUNTY] == pytest.approx([0, 20])
    assert paid[0, COUNTY] == pytest.approx([0, 15])


def test_without_budget_or_eligible_villages_nothing_flows():
    for claim in (by_payer(0, 0), by_payer(10, 20)):
        asked, paid = grants.allocate(claim, budget(0), by_payer(1, 1))
        assert (asked.sum(), paid.sum()) == (0, 0)
        asked, paid = grants.allocate(claim, budget(100), by_payer(0, 0))
        assert (asked.sum(), paid.sum()) == (0, 0)


def test_payers_do_not_meet():
    claim, purse = by_payer(60, 90) + by_payer(0, 0, payer=0), budget(100) + budget(50, payer=0)
    asked, paid = grants.allocate(claim, purse, by_payer(1, 1) + by_payer(1, 4, payer=0))
    assert paid[0, COUNTY] == pytest.approx([40, 60])
    assert paid[0, 0] == pytest.approx([10, 40])
    assert asked[0, 0] == pytest.approx([10, 40])


@given(
    claims=st.lists(st.floats(0, 1000), min_size=2, max_size=5),
    weights=st.lists(st.floats(0, 5), min_size=5, max_size=5),
    amount=st.floats(0, 1000),
)
def test_never_more_than_the_budget_or_the_claim(claims, weights, amount):
    asked, paid = grants.allocate(by_payer(*claims), budget(amount), by_payer(*weights[: len(claims)]))
    assert paid.min() >= 0
    assert paid.sum() <= amount * (1 + 1e-12)
    assert np.all(paid <= asked * (1 + 1e-12))


def test_capture_by_hand():
    # at monitoring one half: 2 x 0.08 / (1 + 1) = 0.08, whatever the slope
    assert grants.captured_share(array(0.08), array(4), array(0.5)) == pytest.approx(array(0.08))
    # monitoring 1, slope 4: 2 x 0.08 / (1 + e^2) = 0.16 / 8.38905609893065 = 0.019072467523538808
    # monitoring 0: 0.16 / (1 + e^-2) = 0.16 / 1.1353352832366128 = 0.14092753247646119
    assert grants.captured_share(array(0.08), array(4), array(1, 0)) == pytest.approx(
        array(0.019072467523538808, 0.14092753247646119)
    )
    assert grants.captured_share(array(0.08), array(0), array(1, 0)) == pytest.approx(array(0.08, 0.08))


@given(leakage=st.floats(0, 0.5), slope=st.floats(0, 20), low=st.floats(0, 1), high=st.floats(0, 1))
def test_capture_is_a_share_and_falls_with_monitoring(leakage, slope, low, high):
    less, more = grants.captured_share(array(leakage), array(slope), array(min(low, high), max(low, high)))[0]
    assert 0 <= more <= less <= 1


def receipts(*cumulative: float) -> tuple[np.ndarray, ...]:
    return tuple(by_payer(amount, 0) for amount in cumulative)


def test_money_within_its_term_by_hand():
    # 10 came three quarters ago, 5 a quarter ago: sums 0, 10, 10, 15, 15
    received = receipts(0, 10, 10, 15, 15)
    fresh = {term: grants.within_term(received, array(term))[0, COUNTY, 0] for term in (0, 1, 2, 3, 4, 9, np.inf)}
    # term 0: nothing but what came now, and that is past too;   1: 15 - 15;   2: 15 - 10;   3: 15 - 10;   4: 15 - 0
    assert fresh == {0: 0, 1: 0, 2: 5, 3: 5, 4: 15, 9: 15, np.inf: np.inf}


def test_each_run_has_its_own_term():
    received = tuple(np.concatenate([amount, amount]) for amount in receipts(0, 10, 15))
    fresh = grants.within_term(received, np.array([[1.0], [2.0]]))
    # run 0: 15 - 10;   run 1: 15 - 0
    assert fresh[:, COUNTY, 0].tolist() == [5, 15]


def test_weights_by_rule():
    state = small.village_state(need=array(0.5, 0.25), population=array(800, 1200))
    everyone = by_payer(1, 1)
    weights = [
        grants.weigh(state, everyone, by_payer(grants_rule)[:, :, :1])[0, COUNTY].tolist() for grants_rule in (0, 1, 2)
    ]
    assert weights == [[1, 1], [0.5, 0.25], [800, 1200]]
    assert grants.weigh(state, by_payer(0, 1), by_payer(2)[:, :, :1])[0, COUNTY].tolist() == [0, 1200]


def test_step_without_policy_pays_the_base_transfer_alone():
    state = small.village_state()
    after, flows = grants.step(state, small.given(grants, base_transfer=20), small.Draws(), Q)
    assert flows.base_transfer.tolist() == [[5.0, 5.0]]
    given_up = [flows.demonstration_grant, flows.same_money, flows.leakage, flows.asked, flows.same_management]
    assert given_up == [None] * 5
    assert after.base_received.tolist() == [[5.0, 5.0]]
    assert len(after.received) == 2
    assert not after.fresh.any()


def granted(**changes):
    parts = dict(budget=budget(100), claim=by_payer(0, 0), eligible=by_payer(1, 1), allocation=by_payer(0)[:, :, :1])
    return small.given(grants, leakage=0.1, leakage_slope=0, carry_over_term=2, **(parts | changes))


def test_step_pays_a_grant_and_what_leaks():
    state = small.village_state()
    after, flows = grants.step(state, granted(), small.Draws(), Q)
    assert flows.demonstration_grant[0, COUNTY].tolist() == [50, 50]
    assert flows.asked[0, COUNTY].tolist() == [50, 50]
    # a tenth leaks: 5 each; 45 are remembered and within their term
    assert flows.leakage[0, COUNTY] == pytest.approx([5, 5])
    assert after.received[-1][0, COUNTY] == pytest.approx([45, 45])
    assert after.fresh[0, COUNTY] == pytest.approx([45, 45])
    assert after.captured == pytest.approx(array(0.1, 0.1))
    assert flows.same_money is None


def test_step_needs_every_part_of_a_grant():
    state = small.village_state()
    for missing in ("budget", "claim", "eligible", "allocation"):
        flows = grants.step(state, granted(**{missing: None}), small.Draws(), Q)[1]
        assert flows.demonstration_grant is None
    flows = grants.step(state, granted(budget=budget(0), claim=by_payer(9, 9)), small.Draws(), Q)[1]
    assert flows.demonstration_grant is None
    assert flows.asked is None


def test_step_adds_replayed_money_to_a_grant():
    state = small.village_state(received=(by_payer(0, 0), by_payer(30, 0)))
    staff = by_payer(1, 1)
    replay = dict(replay=budget(30), replay_eligible=by_payer(1, 1), replay_allocation=by_payer(1)[:, :, :1])
    state = state.replace(need=array(0.2, 0.4))
    after, flows = grants.step(state, granted(**replay, replay_staff=staff), small.Draws(), Q)
    # 50 + 10 = 60 and 50 + 20 = 70 arrive, a tenth leaks: 54 and 63 more than the 30 and 0 received so far
    assert flows.same_money[0, COUNTY] == pytest.approx([10, 20])
    assert flows.leakage[0, COUNTY] == pytest.approx([6, 7])
    assert after.received[-1][0, COUNTY] == pytest.approx([84, 63])
    # the term of two quarters reaches back to a sum of 0
    assert after.fresh[0, COUNTY] == pytest.approx([84, 63])
    assert flows.same_management is staff


def test_replayed_money_goes_to_those_who_are_eligible():
    replay = dict(replay=budget(30), replay_eligible=by_payer(0, 1), replay_allocation=by_payer(0)[:, :, :1])
    flows = grants.step(small.village_state(), small.given(grants, **replay), small.Draws(), Q)[1]
    assert flows.same_money[0, COUNTY].tolist() == [0, 30]
    assert flows.demonstration_grant is None
    for missing in replay:
        p = small.given(grants, **{name: value for name, value in replay.items() if name != missing})
        assert grants.step(small.village_state(), p, small.Draws(), Q)[1].same_money is None


def test_replayed_staff_is_charged_without_money_too():
    staff = by_payer(1, 1)
    assert (
        grants.step(small.village_state(), small.given(grants, replay_staff=staff), small.Draws(), Q)[1].same_management
        is staff
    )


def test_money_ages():
    state = small.village_state(received=receipts(0, 40, 40))
    after = grants.step(state, small.given(grants, carry_over_term=2), small.Draws(), Q)[0]
    # three quarters on, a term of two: past
    assert after.fresh[0, COUNTY].tolist() == [0, 0]
    after = grants.step(state, small.given(grants, carry_over_term=3), small.Draws(), Q)[0]
    assert after.fresh[0, COUNTY].tolist() == [40, 0]


def test_money_without_a_term_waits_before_any_has_been_received():
    p = small.parameters(carry_over="indefinite").grants
    after = grants.step(small.village_state(), p, small.Draws(), Q)[0]
    assert np.isinf(after.fresh).all()


def test_no_more_receipts_are_remembered_than_a_term_can_ask_for():
    # 41 quarters are kept: the longest term, 40, needs the sum of 40 quarters ago
    state = small.village_state(received=receipts(*([0] + [7] * 40)))
    after = grants.step(state, small.given(grants, carry_over_term=40), small.Draws(), Q)[0]
    assert len(after.received) == 41
    assert after.fresh[0, COUNTY].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("form", "term", "lapses"), [("build_anyway", 6, 0), ("lapse", 6, 1), ("indefinite", np.inf, 0)]
)
def test_forms_of_carry_over(form, term, lapses):
    p = small.parameters(carry_over=form, grants__carry_over_term=6).grants
    after = grants.step(small.village_state(), p, small.Draws(), Q)[0]
    assert (after.carry_over_term.tolist(), after.lapses.tolist()) == ([[term]], [[lapses]])
