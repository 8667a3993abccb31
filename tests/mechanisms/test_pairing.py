"""Pairing 以强带弱: what help brings, what it costs, who pays whom."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.accounts import Ledger
from sim.mechanisms import pairing as rule
from sim.mechanisms.pairing import CATCH_UP, EFFORT, MATCHING, WITHIN
from sim.state import FARM, Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer, project_array

LOGISTIC, EXPONENTIAL = (float(CATCH_UP.index(form)) for form in ("logistic", "exponential"))
INCENTIVE, MANDATE = (float(EFFORT.index(form)) for form in ("incentive", "mandate_only"))
CENTRE, RANK, KNOW_HOW, NEAREST, RANDOM = (float(list(MATCHING).index(form)) for form in MATCHING)
COUNCIL, TOWN = (float(list(WITHIN).index(form)) for form in WITHIN)
Q = Quarter(20, 2015, 0)
E = math.e


def numbers(*values: int) -> np.ndarray:
    return np.array([values], dtype=np.int64)


# ---- the rules


def test_catch_up_by_hand():
    # A_w / A_s = 1/2, gap ln 2: 1 - 1/2 and 2 - 1;   nothing to learn from an equal or from one who knows less
    gap = array(math.log(2), 0, -1)
    assert rule.catch_up(gap, array(LOGISTIC)) == pytest.approx(array(0.5, 0, 0))
    assert rule.catch_up(gap, array(EXPONENTIAL)) == pytest.approx(array(1, 0, 0))


RULE = dict(transfer_rate=0.4, transfer_distance=5, homophily=2, misfit=0.1)


LN2 = math.log(2)


def rate(gap=LN2, ability=1.0, distance=5.0, differs=0.0, form=LOGISTIC, **changes):
    p = small.given(rule, **(RULE | dict(catch_up=form) | changes))
    return rule.transfer(array(gap), array(ability), array(distance), array(differs), p)[0, 0]


def test_the_bracket_by_hand():
    # 0.4 x 1/2 x exp(-5/5) x exp(-2 ln 2) x 1/2 = 0.4 x 1/2 x 1/e x 1/4 x 1/2 = 0.025 / e
    assert rate() == pytest.approx(0.025 / E)
    # H = 3: 3/4 instead of 1/2
    assert rate(ability=3) == pytest.approx(0.0375 / E)
    # exponential: 1 instead of 1/2;   other industries: - 0.1 x 0.4
    assert rate(form=EXPONENTIAL) == pytest.approx(0.05 / E)
    assert rate(differs=1) == pytest.approx(0.025 / E - 0.04)
    # a weaker helper teaches nothing, and other industries still cost
    assert rate(gap=-1) == 0
    assert rate(gap=-1, differs=1) == pytest.approx(-0.04)


@given(
    gap=st.floats(0.01, 2), ability=st.floats(0.2, 4), distance=st.floats(0, 30), differs=st.sampled_from([0.0, 1.0])
)
def test_help_is_weaker_from_afar_and_among_the_unlike(gap, ability, distance, differs):
    given_ = dict(gap=gap, ability=ability, distance=distance, differs=differs)
    assert rate(**given_ | dict(distance=distance + 1)) < rate(**given_)
    assert rate(**given_, homophily=2.5) < rate(**given_)
    assert rate(**given_ | dict(ability=ability * 1.1)) > rate(**given_)
    assert rate(**given_, misfit=0.2) <= rate(**given_)
    # at full effort for a year nobody passes his helper
    assert rate(**given_) < gap
    assert rate(**given_, form=EXPONENTIAL) > rate(**given_)


def effort(share=0.5, reward=10.0, horizon=2.0, drag=0.04, helped=2.0, own=50.0, cost=8.0):
    return rule.chosen_effort(*(array(v) for v in (share, reward, horizon, drag, helped, own, cost)))[0, 0]


def test_effort_by_hand():
    # (0.5 x 10 x 2 - 0.04 x 2 x 50) / 8 = (10 - 4) / 8
    assert effort() == pytest.approx(0.75)
    # the helper loses more than it gets: (5 - 4) / 8;   (2 - 4) / 8 is below 0;   (20 - 4) / 8 is above 1
    assert effort(share=0.25) == pytest.approx(0.125)
    assert effort(share=0.1) == 0
    assert effort(share=1) == 1


@given(share=st.floats(0, 1), reward=st.floats(0, 50), helped=st.integers(1, 9), own=st.floats(0, 200))
def test_effort_follows_the_incentive(share, reward, helped, own):
    given_ = dict(share=share, reward=reward, helped=helped, own=own)
    assert 0 <= effort(**given_) <= 1
    assert effort(**given_ | dict(share=min(share + 0.1, 1))) >= effort(**given_)
    assert effort(**given_ | dict(reward=reward + 1)) >= effort(**given_)
    assert effort(**given_ | dict(own=own + 10)) <= effort(**given_)
    assert effort(**given_, cost=10) <= effort(**given_)
    assert effort(**given_ | dict(share=0)) == 0


def test_time_by_hand():
    # 8% of 50 a year: 4, a quarter of it 1;   no more than all of it: 12.5
    assert rule.time_lost(array(0.08, 1.2, 0), array(50, 50, 50)) == pytest.approx(array(1, 12.5, 0))


def test_the_gain_from_help_by_hand():
    # 0.2 M 100 - 4, M = 1.1 with help and 1 without: 0.2 x 100 x 0.1 = 2;   two such projects: 4
    t = small.village_state(
        at=small.parameters(projects__gross_margin=0.2, projects__overhead=4, projects__scale=1)
    ).technology
    log, gain = np.array([math.log(1.1)]), np.array([math.log(1.1)])
    one = np.array([[[100.0, 0.0], [0.0, 0.0]]])
    two = np.array([[[100.0, 100.0], [0.0, 0.0]]])
    assert rule.gain_from_help(one, (one > 0) * 1.0, log, gain, t) == pytest.approx([2])
    assert rule.gain_from_help(two, (two > 0) * 1.0, log, gain, t) == pytest.approx([4])
    # a village that lost by help owes nothing
    assert rule.gain_from_help(one, (one > 0) * 1.0, log, -gain, t) == [0]
    # mothballed without help: 0.2 x 15 x 1.6 - 4 = 0.8, without it 3 - 4 < 0.005 x 15 = 0.075: 0.725
    small_one = np.array([[[15.0, 0.0], [0.0, 0.0]]])
    log = gain = np.array([math.log(1.6)])
    assert rule.gain_from_help(small_one, (small_one > 0) * 1.0, log, gain, t) == pytest.approx([0.725])


# ---- step: pairs

ALL = np.array([[True, True, True, True]])
FOUR = dict(council=(0, 0, 0, 0), earned_last_year=array(10, 40, 20, 30))


def form(p=None, draws=None, **changes):
    """Helpers after the first quarter of a block over four villages, and the state before."""
    state = small.village_state(**(FOUR | changes))
    settings = dict(active=ALL, forms_pairs=numbers(1, 1, 1, 1), matching=RANK, within=COUNCIL) | (p or {})
    after, _ = rule.step(state, small.given(rule, **settings), draws or small.Draws(villages=4), Q)
    return after.helper.tolist()[0]


def test_ranks_follow_last_years_earned_income():
    # strengths: 1 (40), 3 (30), 2 (20), 0 (10)
    assert form() == [1, -1, 3, -1]


def test_the_centre_village_helps_its_council():
    centre = dict(centre=numbers(2, 2, 2, 3), council=(0, 0, 0, -1))
    assert form(dict(matching=CENTRE), **centre) == [2, 2, -1, -1]
    # and its council alone, wherever partners may be sought
    assert form(dict(matching=CENTRE, within=TOWN), **centre) == [2, 2, -1, -1]


def test_the_nearest_helps():
    # strong are 1 at 0 km and 3 at 9 km;   0 at 8 km, 2 at 2 km
    assert form(dict(matching=NEAREST), x=array(8, 0, 2, 9)) == [3, -1, 1, -1]
    # north to south as well
    assert form(dict(matching=NEAREST), x=array(0, 0, 0, 0), y=array(8, 0, 2, 9)) == [3, -1, 1, -1]


def test_random_pairs_do_not_look_at_strength():
    draws = small.Draws(uniforms=dict(partner=array(0.9, 0.1, 0.5, 0.7)), villages=4)
    # by the draw: 0, 3, 2, 1
    assert form(dict(matching=RANDOM), draws) == [-1, 0, 3, -1]


def test_partners_within_councils_or_within_the_town():
    councils = dict(council=(0, 0, 2, -1))
    # the third is a council of its own, the fourth in none
    assert form(**councils) == [1, -1, -1, -1]
    # two that are in none are strangers to each other
    assert form(council=(0, 0, -1, -1)) == [1, -1, -1, -1]
    # the town does not ask: 1, 3, 2, 0
    assert form(dict(within=TOWN), **councils) == [1, -1, 3, -1]
    towns = small.village_state(**FOUR).towns
    two_towns = dataclasses.replace(towns, council=numbers(0, 1, 1, 0))
    assert form(dict(within=TOWN), towns=two_towns) == [3, -1, 1, -1]


def test_blocks_do_not_exchange_helpers():
    # by strength 1, 3, 2, 0; each block for itself: 1 with 2, and 3 with 0
    assert form(dict(forms_pairs=numbers(2, 1, 1, 2))) == [3, -1, 1, -1]
    # each by its own rule: the nearest of two is the other one, the first council has its centre
    rules = dict(forms_pairs=numbers(1, 2, 1, 2), matching=array(CENTRE, RANK, CENTRE, RANK), within=array(0, 0, 0, 0))
    assert form(rules, centre=numbers(2, 2, 2, 2)) == [2, -1, -1, 1]


def test_villages_out_of_scope_take_no_part():
    scope = np.array([[True, False, True, True]])
    assert form(dict(active=scope, forms_pairs=numbers(1, 0, 1, 1))) == [3, -1, -1, -1]


def test_pairs_last_while_the_block_does():
    held = dict(helper=numbers(1, -1, 3, -1))
    later = dict(forms_pairs=numbers(0, 0, 0, 0), matching=RANK)
    # strengths have changed, the pairs stand
    assert form(later, **held, earned_last_year=array(40, 10, 30, 20)) == [1, -1, 3, -1]
    assert form(dict(forms_pairs=None), **held) == [1, -1, 3, -1]
    # one of two blocks ends: its villages are alone
    assert form(later | dict(active=np.array([[False, False, True, True]])), **held) == [-1, -1, 3, -1]
    # one starts beside another that goes on
    assert form(dict(forms_pairs=numbers(1, 1, 0, 0)), **held, earned_last_year=array(9, 1, 5, 5)) == [-1, 0, 3, -1]
    # pairs of a block that has ended are not kept by the next one
    assert form(dict(forms_pairs=numbers(1, 0, 1, 0)), **held) == [2, -1, -1, -1]


def test_a_village_that_is_merged_neither_helps_nor_is_helped():
    held, later = dict(helper=numbers(1, -1, 3, -1)), dict(forms_pairs=None)
    assert form(later, **held, exists=np.array([[True, False, True, True]])) == [-1, -1, 3, -1]
    assert form(later, **held, exists=np.array([[True, True, False, True]])) == [1, -1, -1, -1]
    # nor is it paired
    assert form(exists=np.array([[True, False, True, True]])) == [3, -1, -1, -1]


def test_runs_of_a_batch_may_follow_different_rules():
    one, other = small.village_state(**FOUR, x=array(0, 1, 2, 3)), small.village_state(**FOUR, x=array(3, 2, 1, 0))
    names = ("helper", "help_effort", "help_received", "exists", "centre", "earned_last_year", "x", "y", "own_profit")
    names += ("own_cash", "know_how", "leader_ability", "industry", "pairing_gain", "entrusted")
    stacked = one.replace(**{n: np.concatenate([getattr(s, n) for s in (one, other)]) for n in names})
    councils = dataclasses.replace(one.councils, council=np.zeros((2, 4), dtype=np.int64))
    stacked = stacked.replace(councils=councils, towns=councils)
    p = small.given(
        rule,
        runs=2,
        active=np.repeat(ALL, 2, axis=0),
        forms_pairs=np.ones((2, 4), dtype=np.int64),
        matching=np.array([[RANK], [NEAREST]]),
        within=np.array([[COUNCIL], [TOWN]]),
    )
    after = rule.step(stacked, p, small.Draws(villages=4), Q)[0]
    # strong are 1 at 2 km and 3 at 0 km;   0 at 3 km, 2 at 1 km from both: the lower index
    assert after.helper.tolist() == [[1, -1, 3, -1], [1, -1, 1, -1]]


# ---- step: help


NOTHING = dict(active=None, forms_pairs=None)
TWO = dict(
    helper=numbers(1, -1),
    help_effort=array(0, 0),
    know_how=array(1, 2),
    own_profit=array(20, 100),
    own_cash=array(50, 50),
)
HELP = RULE | dict(
    active=np.array([[True, True]]),
    mandate_floor=array(0.5, 0.5),
    benefit_share=array(0.0, 0.0),
    helper_drag=0.04,
    receiver_time=0.02,
    transfer_distance=1,
    homophily=2,
)
"""Village 1 helps village 0, a kilometre away, with know-how 2 against 1."""


def helped(p=None, **changes):
    state = small.village_state(**(TWO | changes))
    return rule.step(state, small.given(rule, **(HELP | (p or {}))), small.Draws(villages=state.villages), Q)


def test_without_the_policy_nothing_happens():
    state = small.village_state()
    nobody = np.array([[False, False]])
    for p in (NOTHING, dict(active=nobody), dict(active=nobody, mandate_floor=array(1, 1), staff=by_payer(1, 1))):
        after, flows = rule.step(state, small.given(rule, **p), small.Draws(), Q)
        assert after is state
        assert all(value is None for value in vars(flows).values())
    # covered, but nobody has been paired
    after, flows = rule.step(state, small.given(rule, **HELP), small.Draws(), Q)
    assert after.helper.tolist() == [[-1, -1]]
    assert all(value is None for value in vars(flows).values())


def test_a_quarter_of_help_by_hand():
    after, flows = helped(help_received=array(0.1, 0))
    # the bracket: 0.025 / e a year at full effort;   effort one half, a quarter
    assert after.help_received == pytest.approx(array(0.1 + 0.5 * 0.025 / E / 4, 0))
    assert after.help_effort.tolist() == [[0, 0.5]]
    # the helper loses 0.04 x 0.5 x 100 = 2 a year, the helped 0.02 x 0.5 x 20 = 0.2
    assert flows.time == pytest.approx(array(0.05, 0.5))
    assert flows.benefit_share is None
    assert flows.staff is None
    changed = {name for name, value in vars(after).items() if value is not vars(small.village_state(**TWO)).get(name)}
    assert {"help_received", "help_effort", "helper"} <= changed
    # know-how moves at the end of the year, with what talent does
    assert after.know_how.tolist() == [[1, 2]]


def test_two_helped_cost_the_helper_twice():
    three = dict(
        council=(0, 0, 0),
        helper=numbers(1, -1, 1),
        help_effort=array(0, 0, 0),
        know_how=array(1, 2, 4),
        own_profit=array(20, 100, 40),
        own_cash=array(50, 50, 50),
        leader_ability=array(3, 1, 1),
        industry=numbers(0, 0, 1),
    )
    p = HELP | dict(active=np.array([[True] * 3]), mandate_floor=array(*[0.5] * 3), benefit_share=array(0, 0, 0))
    after, flows = helped(p, **three)
    # H = 3: 0.0375 / e;   the other knows more than its helper and works in another industry: -0.04
    assert after.help_received == pytest.approx(array(0.5 * 0.0375 / E / 4, 0, -0.5 * 0.04 / 4))
    assert flows.time == pytest.approx(array(0.05, 1, 0.1))


def test_time_is_never_more_than_the_profit_or_the_purse():
    # 0.5 x 3 of the profit: all of it, 100 / 4 = 25, of which the purse holds 10;   no purse, no loss
    flows = helped(dict(helper_drag=3), own_cash=array(-1e-9, 10))[1]
    assert flows.time == pytest.approx(array(0, 10))
    flows = helped(dict(helper_drag=3, receiver_time=3))[1]
    assert flows.time == pytest.approx(array(5, 25))
    assert not helped(own_profit=array(0, 0))[1].time.any()


def test_the_pairs_distance_counts_in_both_directions():
    # 3 km east and 4 km north: 5 km
    far = helped(dict(transfer_distance=5), x=array(1, 4), y=array(6, 2))[0]
    assert far.help_received == pytest.approx(array(0.5 * 0.025 / E / 4, 0))


def test_parameters_of_single_runs_and_single_villages():
    # at the helped village
    after, flows = helped(dict(transfer_rate=array(0.8, 9), receiver_time=array(0.04, 9)))
    assert after.help_received[0, 0] == pytest.approx(0.5 * 0.05 / E / 4)
    assert flows.time == pytest.approx(array(0.1, 0.5))


def test_the_helpers_effort_follows_its_share():
    # exponential, near by, 0.4 x 1/2 x 1/e x 1/4 x 1 = 0.05 / e;   with rp = 4: 0.5 / e;   reward: 400 x 0.5 / e = 200 / e
    # (0.05 x 200 / e x 2 - 0.04 x 100) / 8 = (20 / e - 4) / 8
    strong = dict(catch_up=EXPONENTIAL, transfer_rate=4, benefit_share=array(0.05, 0.05), mandate_floor=array(0, 0))
    rich = dict(own_profit=array(400, 100))
    wanted = (20 / E - 4) / 8
    after, flows = helped(strong, **rich)
    assert after.help_effort == pytest.approx(array(0, wanted))
    assert after.help_received[0, 0] == pytest.approx(wanted * 0.5 / E / 4)
    assert flows.time == pytest.approx(array(0.02 * wanted * 400 / 4, 0.04 * wanted * 100 / 4))
    # a floor below it does not bind, one above it does; who only obeys does what is demanded
    assert helped(strong | dict(mandate_floor=array(0.3, 0.3)), **rich)[0].help_effort == pytest.approx(
        array(0, wanted)
    )
    assert helped(strong | dict(mandate_floor=array(0.9, 0.9)), **rich)[0].help_effort.tolist() == [[0, 0.9]]
    obeys = strong | dict(pairing_effort=MANDATE, mandate_floor=array(0.3, 0.3))
    assert helped(obeys, **rich)[0].help_effort.tolist() == [[0, 0.3]]
    # horizon and cost of effort
    assert helped(strong | dict(benefit_horizon=3), **rich)[0].help_effort[0, 1] == pytest.approx((30 / E - 4) / 8)
    assert helped(strong | dict(effort_cost=16), **rich)[0].help_effort[0, 1] == pytest.approx(wanted / 2)


def test_who_would_lose_by_help_gives_none_of_its_own_will():
    # the bracket is negative: no reward
    unlike = dict(benefit_share=array(1, 1), mandate_floor=array(0, 0), misfit=1)
    after, flows = helped(unlike, industry=numbers(0, 1), own_profit=array(400, 0))
    assert not after.help_effort.any()
    assert not after.help_received.any()
    assert not flows.time.any()


def test_at_the_defaults_only_the_floor_moves_effort():
    # the declared values, with a helper twice as good and profits four times those of a plain village:
    # share 0.2 x 40 x [0.3 x 1/2 x exp(-1/8) x exp(-0.8 ln 2) x 1/2] x 2 - 0.04 x 20 < 0
    usual = small.given(rule, active=np.array([[True, True]]), mandate_floor=array(0, 0), benefit_share=array(0.2, 0.2))
    for profits in (array(40, 20), array(10, 40), array(5, 60)):
        state = small.village_state(**(TWO | dict(own_profit=profits)))
        assert rule.step(state, usual, small.Draws(), Q)[0].help_effort[0, 1] < 0.02


def test_effort_and_pairs_end_with_the_policy():
    held = small.village_state(**(TWO | dict(help_effort=array(0, 0.5), help_received=array(0.01, 0))))
    for p in (NOTHING, dict(active=np.array([[False, False]]))):
        after, flows = rule.step(held, small.given(rule, **p), small.Draws(), Q)
        assert after.helper.tolist() == [[-1, -1]]
        assert after.help_effort.tolist() == [[0, 0]]
        assert after.help_received is held.help_received
        assert flows.time is None
    # a helper that is covered no longer, alone in a batch with others that are
    after = rule.step(held, small.given(rule, active=np.array([[True, False]])), small.Draws(), Q)[0]
    assert after.helper.tolist() == [[-1, -1]]
    assert after.help_effort.tolist() == [[0, 0]]
    # effort without any pair is cleared too
    alone = held.replace(helper=numbers(-1, -1))
    assert not rule.step(alone, small.given(rule), small.Draws(), Q)[0].help_effort.any()


def test_staff_is_paid_for_each_village_that_is_helped():
    flows = helped(dict(staff=by_payer(0.25, 0.25)))[1]
    assert flows.staff[0, COUNTY].tolist() == [0.25, 0]
    assert flows.staff.sum() == 0.25


# ---- step: the share of the benefit

MARKET = small.parameters(projects__gross_margin=0.2, projects__overhead=4, projects__scale=1, projects__gestation=4)
FARMING = dict(
    at=MARKET,
    project_capital=project_array(k0s0v0=100),
    project_age=project_array(k0s0v0=5),
    project_quality=project_array(k0s0v0=1),
    log_management=array(math.log(1.1), 0),
    pairing_gain=array(math.log(1.1), 0),
)
"""A farm of 100 whose manager has learned a tenth of his ability from the helper: worth 2 万元 a year."""
SHARES = dict(benefit_share=array(0.4, 0.4), receiver_time=0, helper_drag=0)


def shared(p=None, **changes):
    return helped(SHARES | (p or {}), **(FARMING | changes))[1].benefit_share


def test_the_share_by_hand():
    # 0.4 x 2 / 4
    paid = shared()
    assert paid.paid == pytest.approx(array(0.2, 0))
    assert paid.received == pytest.approx(array(0, 0.2))
    # a market of 1.5: 0.4 x 3 / 4;   quality one half: 0.4 x 1 / 4
    better = np.ones((1, 2, 2))
    better[0, FARM, 0] = 1.5
    assert shared(market=better).paid == pytest.approx(array(0.3, 0))
    assert shared(project_quality=project_array(k0s0v0=0.5)).paid == pytest.approx(array(0.1, 0))


def test_only_what_was_learned_and_has_paid_is_shared():
    # never learned, lost by help, a project in gestation, run by the council's manager, no share agreed
    assert shared(pairing_gain=array(0, 0)) is None
    assert shared(pairing_gain=array(-0.1, 0)) is None
    assert not shared(project_age=project_array(k0s0v0=4)).paid.any()
    assert shared(entrusted=np.array([[True, False]])) is None
    assert shared(dict(benefit_share=array(0, 0))) is None
    assert shared(dict(benefit_share=None)) is None
    # the helper's own gain is its own
    assert shared(pairing_gain=array(0, 0.3)) is None


def test_the_share_is_paid_out_of_the_purse_after_the_time():
    # time: 0.5 x 0.02 x 20 / 4 = 0.05 of 0.15: 0.1 is left of 0.2
    paid = shared(dict(receiver_time=0.02), own_cash=array(0.15, 0))
    assert paid.paid == pytest.approx(array(0.1, 0))
    assert paid.received == pytest.approx(array(0, 0.1))
    assert not shared(own_cash=array(-1e-9, 0)).paid.any()


def test_a_helper_of_two_is_paid_by_both():
    three = FARMING | dict(
        council=(0, 0, 0),
        helper=numbers(1, -1, 1),
        help_effort=array(0, 0, 0),
        know_how=array(1, 2, 1),
        own_profit=array(20, 100, 40),
        own_cash=array(50, 50, 50),
        project_capital=project_array(3, k0s0v0=100, k0s1v2=200),
        project_age=project_array(3, k0s0v0=5, k0s1v2=9),
        project_quality=project_array(3, k0s0v0=1, k0s1v2=1),
        log_management=array(math.log(1.1), 0, math.log(1.2)),
        pairing_gain=array(math.log(1.1), 0, math.log(1.2)),
    )
    every = dict(active=np.array([[True] * 3]), mandate_floor=array(0, 0, 0), benefit_share=array(0.4, 0.4, 0.4))
    paid = helped(SHARES | every, **three)[1].benefit_share
    # the other: 0.2 x 200 x 0.2 = 8 a year
    assert paid.paid == pytest.approx(array(0.2, 0, 0.8))
    assert paid.received == pytest.approx(array(0, 1, 0))


def test_the_money_is_posted():
    state = small.village_state(**(TWO | FARMING))
    p = small.given(rule, **(HELP | SHARES | dict(receiver_time=0.02, helper_drag=0.04, staff=by_payer(0.25, 0.25))))
    ledger = Ledger(1, 2)
    ledger.open_quarter(state, 0)
    after = ledger.post(*rule.step(state, p, small.Draws(), Q))
    # 50 - 0.05 - 0.2;   50 - 0.5 + 0.2 - 8 x 0.5^2 / 8
    assert after.own_cash == pytest.approx(array(49.75, 49.45))
    assert after.operating_income == pytest.approx(array(-0.25, -0.55))
    assert ledger.paid_by_public[0, COUNTY] == 0.25
    ledger.close_quarter(after)
    sums = ledger.close_year(after)[0]
    assert {(*key, round(total[0], 12)) for key, total in sums.items()} == {
        ("county.programme", "staff", "pairing", "none", 0.25),
        ("village.cash", "outside", "pairing_time", "operating", 0.55),
        ("village.cash", "staff", "pairing_effort", "operating", 0.25),
        ("village.cash", "village.cash", "benefit_share", "operating", 0.2),
    }


# ---- nothing guarantees a sign: what each side has of a quarter, income against profit gained in a year


def balance(p=None, **changes):
    """(helped, helper): earned income of the quarter, with what the know-how learned so far brings in it."""
    after, flows = helped(p, **(FARMING | changes))
    gain = after.pairing_gain
    learned = 0.2 * 100 * (math.exp(after.log_management[0, 0]) - math.exp(after.log_management[0, 0] - gain[0, 0])) / 4
    net = array(learned, 0) - flows.time
    if flows.benefit_share is not None:
        net = net + flows.benefit_share.received - flows.benefit_share.paid
    return net[0]


def test_mandated_help_without_a_share_costs_the_helper():
    weak, strong = balance()
    assert weak > 0 > strong


def test_the_helped_may_lose():
    # it has learned nothing yet and gives time;   other industries have cost it know-how
    assert balance(pairing_gain=array(0, 0))[0] < 0
    assert balance(dict(receiver_time=0), pairing_gain=array(-0.02, 0))[0] < 0
    after = helped(dict(misfit=0.1, receiver_time=0), know_how=array(1, 1.05), industry=numbers(0, 3))[0]
    assert after.help_received[0, 0] < 0


def test_both_may_gain():
    # the helper gets 0.4 x 2 / 4 = 0.2 and loses 0.5 x 0.04 x 20 / 4 = 0.1; the helped keeps 0.3 and loses 0.05
    weak, strong = balance(dict(benefit_share=array(0.4, 0.4)), own_profit=array(20, 20))
    assert weak == pytest.approx(0.25)
    assert strong == pytest.approx(0.1)


def test_both_may_lose():
    weak, strong = balance(dict(benefit_share=array(0.4, 0.4)), pairing_gain=array(-0.01, 0))
    assert weak < 0
    assert strong < 0


@given(
    know=st.tuples(st.floats(0.5, 2), st.floats(0.5, 2)),
    own=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    cash=st.tuples(st.floats(0, 5), st.floats(0, 5)),
    share=st.floats(0, 1),
    floor=st.floats(0, 1),
    gain=st.floats(-0.3, 0.3),
)
def test_money_is_neither_made_nor_overspent(know, own, cash, share, floor, gain):
    p = dict(benefit_share=array(share, share), mandate_floor=array(floor, floor), helper_drag=0.5, receiver_time=0.5)
    state = dict(know_how=array(*know), own_profit=array(*own), own_cash=array(*cash), pairing_gain=array(gain, 0))
    flows = helped(p, **(FARMING | state))[1]
    left = array(*cash) - flows.time
    assert (flows.time <= array(*own) / 4 + 1e-12).all()
    if flows.benefit_share is not None:
        left = left - flows.benefit_share.paid
        assert flows.benefit_share.paid.sum() == flows.benefit_share.received.sum()
    assert (left >= 0).all()


def test_effort_costs_its_square_and_never_more_than_there_is():
    assert rule.effort_spending(array(0.5, 1, 1), array(8), array(9, 9, 0.4)) == pytest.approx(array(0.25, 1, 0.4))


def test_pairs_by_know_how_follow_know_how_and_not_income():
    state = small.village_state(
        (0, 0, 0, 0), know_how=array(1, 3, 2, 4), earned_last_year=array(9, 1, 8, 2), leader_ability=array(1, 1, 1, 1)
    )
    everybody = np.full((1, 4), True)
    p = small.given(
        rule, active=everybody, forms_pairs=np.ones((1, 4), dtype=np.int64), matching=array(*[KNOW_HOW] * 4),
        within=array(0, 0, 0, 0), mandate_floor=array(0.1, 0.1, 0.1, 0.1),
    )  # fmt: skip
    after, _ = rule.step(state, p, small.Draws(villages=4), Q)
    # 3 knows most and helps 0, 1 helps 2
    assert after.helper.tolist() == [[3, -1, 1, -1]]
