"""Enterprises 企业: firms come, pay and go; the town builds its park."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.declare import declarations
from sim.mechanisms import enterprises
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array, block, by_payer

OPENS, CLOSES = Quarter(8, 2012, 0), Quarter(11, 2012, 3)

# ---- the rules ----


def test_counts_by_hand():
    # mean ln 2: P(0) = 1/2, P(1) = .5 x .6931 = .3466, cumulative .8466; P(2) = .3466 x .6931 / 2 = .1201, to .9667
    count, beyond = enterprises.counts(array(0.499, 0.5, 0.84, 0.85, 0.966, 0.967), array(math.log(2)), 2)
    assert count.tolist() == [[0, 1, 1, 2, 2, 2]]
    assert beyond.tolist() == [[0, 0, 0, 0, 0, 1]]


@given(mean=st.floats(0, 3), uniform=st.floats(0, 0.999))
def test_counts_are_those_of_the_poisson_distribution(mean, uniform):
    count, beyond = enterprises.counts(array(uniform), array(mean), 4)
    exact = stats.poisson.ppf(uniform, mean) if mean > 0 else 0
    edges = stats.poisson.cdf(np.arange(6), mean)
    if np.abs(edges - uniform).min() > 1e-12:
        assert count[0, 0] == min(max(exact, 0), 4)
        assert beyond[0, 0] == (exact > 4)


def test_sizes_and_lives_by_hand():
    # Phi(1) = 0.8413447460685429: exp(0.5 x 1 - 0.125) = e^0.375;   without spread: 1
    assert enterprises.sizes(array(0.8413447460685429, 0.3), array(0.5, 0)) == pytest.approx(array(math.exp(0.375), 1))
    assert enterprises.lives(array(0, 1 - math.exp(-2))) == pytest.approx(array(0, 2))


def test_sizes_have_mean_one():
    grid = (np.arange(100_000) + 0.5) / 100_000
    assert enterprises.sizes(grid, np.array([0.8])).mean() == pytest.approx(1, abs=1e-3)


def test_talent_by_hand():
    # from 3 to 15 people: (16 / 4)^0.5 = 2;   none and none: 1
    assert enterprises.talent_factor(array(15, 0), array(3, 0), array(0.5)).tolist() == [[2, 1]]


def test_the_park_by_hand():
    # .1 x (1000 + 300 - 100) = 120;   outlays above revenue: 0
    assert enterprises.park_spending(array(1000, 10), array(300, 0), array(100, 50), array(0.1)).tolist() == [[120, 0]]
    # 27 villages, exit ln 2: 1 - exp(-exit) = .5, tax 27 x .05 x 10 / .5 = 27;   .1 x (73 + 27) / .2 = 50
    p = small.given(
        enterprises, arrivals=0.05, exit=math.log(2), tax_per_firm=10, base_fiscal=73, park_share=0.1,
        park_depreciation=0.2,
    )  # fmt: skip
    assert enterprises.settled_park(array(27), p) == pytest.approx(array(50))


def test_the_factor_of_the_park_by_hand():
    # four times its settled size at an elasticity of one half: 2;   no park to speak of: 1;   lost altogether: 0
    assert enterprises.park_factor(array(80, 0, 0), array(20, 0, 20), array(0.5)).tolist() == [[2, 1, 0]]


def test_jobs_fill_labour_at_most():
    assert enterprises.filled(array(30, 90, 5), array(60, 60, 0)).tolist() == [[0.5, 1, 0]]


def test_no_explosion_below_an_elasticity_of_one():
    # the town's expected tax and park, year by year, from twice the settled park: back to where they settle
    p = small.given(enterprises, park_elasticity=0.95, tax_per_firm=100, base_fiscal=200, park_share=0.4)
    settled, villages = enterprises.settled_park(array(27), p), 27
    park, firms = 2 * settled, villages * p.arrivals / p.exit
    for _ in range(2000):
        spent = enterprises.park_spending(p.base_fiscal, firms * p.tax_per_firm, array(0), p.park_share)
        park = (1 - p.park_depreciation) * park + spent
        come = villages * p.arrivals * enterprises.park_factor(park, settled, p.park_elasticity)
        firms = firms * np.exp(-p.exit) + come
    assert park == pytest.approx(settled, rel=0.01)
    assert declarations(enterprises.Parameters)["park_elasticity"].bounds[1] < 1


# ---- step ----


def firms(*places, villages=2):
    """State variables of firms (village, size, since, life); the rest of the places is empty."""
    made = dict(
        firm_village=np.full((1, 4 * villages), -1), firm_size=np.zeros((1, 4 * villages)),
        firm_since=np.zeros((1, 4 * villages)), firm_life=np.zeros((1, 4 * villages)),
    )  # fmt: skip
    for place, (village, size, since, life) in enumerate(places):
        made["firm_village"][0, place] = village
        for name, value in (("size", size), ("since", since), ("life", life)):
            made[f"firm_{name}"][0, place] = value
    return made


P = dict(fee=0.5, tax_per_firm=10, jobs_per_firm=60, wage=5, displaced_share=0.4)


def test_a_year_end_of_two_villages_and_two_firms():
    # sizes 1 and 2 in village 0: fees .5 + 1, tax 10 + 20, of which 40% is lost elsewhere
    # 180 jobs for 400 residents, 300 of village 0: 180 x 3 / 4 = 135 and 45; wages 5 each: 675 and 225
    state = small.village_state(
        **firms((0, 1, -3, 1), (0, 2, 1, 1)),
        resident_labour=array(300, 100),
        jobs=array(20, 12),
        firm_jobs=array(15, 20),
    )
    after, flows = enterprises.step(state, small.given(enterprises, **P), small.Draws(), CLOSES)
    assert flows.fee.tolist() == [[1.5, 0]]
    assert flows.local_tax.tolist() == [[30, 0]]
    assert flows.displacement == pytest.approx(array(12, 0))
    assert flows.wages == pytest.approx(array(675, 225))
    assert (flows.park, flows.fiscal_base, flows.industrial_park, flows.asked) == (None, None, None, None)
    assert after.local_tax.tolist() == [[30, 0]]
    assert after.firm_jobs == pytest.approx(array(135, 45))
    # jobs in projects a year ago: 20 - 15 = 5, and 12 - 20 is none: 5 x 140 = 700 and 225
    assert after.household_wages == pytest.approx(array(700, 225))
    assert after.firm_village is state.firm_village


def test_jobs_beyond_labour_pay_nothing_here():
    state = small.village_state(**firms((1, 10, 0, 1)), resident_labour=array(100, 50))
    after, flows = enterprises.step(state, small.given(enterprises, **P), small.Draws(), CLOSES)
    assert after.firm_jobs.tolist() == [[100, 50]]
    assert flows.wages.tolist() == [[500, 250]]


@given(sizes=st.lists(st.floats(0, 50), min_size=1, max_size=8), labour=st.floats(0, 3000))
def test_jobs_stay_within_labour_and_demand(sizes, labour):
    state = small.village_state(**firms(*((n % 2, size, 0, 1) for n, size in enumerate(sizes))))
    state = state.replace(resident_labour=array(labour, 40))
    jobs = enterprises.step(state, small.given(enterprises, **P), small.Draws(), CLOSES)[0].firm_jobs
    assert np.all(jobs >= 0)
    assert np.all(jobs <= state.resident_labour * (1 + 1e-12))
    assert jobs.sum() <= 60 * sum(sizes) * (1 + 1e-9) + 1e-9


OPEN = dict(
    arrivals=0.1, exit=0.2, size_sd=0, base_fiscal=100, park_share=0.5, park_depreciation=0.25, park_elasticity=0.5,
    effort_response=2, talent_elasticity=0.5, tax_per_firm=10,
)  # fmt: skip


def opened(uniforms=None, quarter=OPENS, p=None, **changes):
    given_ = dict(park_capital=array(100, 0), park_settled=array(100, 0), local_tax=array(30, 20)) | changes
    state = small.village_state(**given_)
    drawn = small.Draws({"arrivals": array(0, 0)} | (uniforms or {}), villages=state.villages)
    return enterprises.step(state, small.given(enterprises, **(OPEN | (p or {}))), drawn, quarter)


def test_the_towns_budget_by_hand():
    # .5 x (100 + 50 - 10 - 30) = 55;   the park: 100 x .75 + 55 = 130
    after, flows = opened(town_outlay_last_year=array(10, 30))
    assert flows.fiscal_base.tolist() == [[100, 0]]
    assert flows.park.tolist() == [[55, 0]]
    assert after.park_capital.tolist() == [[130, 0]]
    assert (flows.fee, flows.wages, flows.local_tax, flows.displacement) == (None, None, None, None)


def test_firms_leave_when_their_life_is_used_up():
    after, _ = opened(**firms((1, 1, 0, 0.2), (1, 3, 0, 0.5), (0, 2, 0, 0.1)))
    assert after.firm_village[0, :3].tolist() == [-1, 1, -1]
    assert after.firm_size[0, :3].tolist() == [0, 3, 0]
    assert after.firm_life[0, :3] == pytest.approx([0, 0.3, 0])
    assert after.firm_since is not None


def test_arrivals_by_hand():
    # park: 100 x .75 + .5 x (100 + 50) = 150, over its settled 37.5: 4^.5 = 2
    # village 0: .1 x 2 x (4 / 1)^.5 = .4 without effort, x (1 + 2 x .5) = .8;   village 1: .2
    # P(0) = e^-.8 = .4493, e^-.8 (1 + .8) = .8088, + .1438 = .9526: a draw of .9 gives 2;   e^-.2 = .8187: .82 gives 1
    given_ = dict(
        park_settled=array(37.5, 0), attraction_effort=array(0.5, 0), skilled=array(1, 0), returnees=array(1, 0),
        partners=array(1, 0), talent_start=array(0, 0), **firms((0, 7, 0, 9)),
    )  # fmt: skip
    life = np.zeros((1, 4, 2))
    life[0, 0], life[0, 1, 0] = (1 - math.exp(-1), 1 - math.exp(-3)), 1 - math.exp(-2)
    after, _ = opened({"arrivals": array(0.9, 0.82), "life_0": life}, **given_)
    assert after.firm_village.tolist() == [[0, 0, 0, 1, -1, -1, -1, -1]]
    assert after.firm_size[0, :4].tolist() == [7, 1, 1, 1]
    assert after.firm_life[0, :4] == pytest.approx([8.8, 1, 2, 3])
    assert after.firm_since[0, :4].tolist() == [0, 2, 2, 2]
    assert after.firms_turned_away.tolist() == [[0, 0]]
    # what a unit of effort adds: .4 x 2 x 10 = 8;   .2 x 2 x 10 = 4
    assert after.attraction_yield == pytest.approx(array(8, 4))
    assert opened({"arrivals": array(0.44, 0.81)}, **given_)[0].firm_village[0].tolist() == [0, *[-1] * 7]


def test_arrivals_without_a_place_are_counted():
    full = firms(*((0, 1, 0, 9) for _ in range(7)))
    # e^-.1 (1 + .1 + .005) = .99985 for two: .9999 is three firms, the one place goes to the first
    after, _ = opened({"arrivals": array(0, 0.9999)}, p=dict(park_elasticity=0), **full)
    assert after.firm_village.tolist() == [[0, 0, 0, 0, 0, 0, 0, 1]]
    assert after.firms_turned_away.tolist() == [[0, 2]]
    # beyond the fourth arrival of a village one more is counted
    after, _ = opened({"arrivals": array(0.9999999999999999, 0)}, p=dict(park_elasticity=0))
    assert after.firm_village.tolist() == [[0, 0, 0, 0, -1, -1, -1, -1]]
    assert after.firms_turned_away.tolist() == [[1, 0]]


def test_each_run_of_a_batch_fills_its_own_places():
    one = small.village_state(**firms((1, 5, 0, 9)), park_capital=array(100, 0), park_settled=array(100, 0))
    other = small.village_state(park_capital=array(100, 0), park_settled=array(100, 0))
    both = one.replace(**{
        name: np.concatenate([value, getattr(other, name)])
        for name, value in vars(one).items()
        if isinstance(value, np.ndarray)
    })  # fmt: skip
    both = both.replace(towns=small.groups(np.zeros((2, 2), dtype=np.int64)))
    drawn = small.Draws({"arrivals": np.array([[0.93, 0.0], [0.93, 0.999]]), "size_0": np.full((2, 4, 2), 0.5),
                         "life_0": np.full((2, 4, 2), 0.5)})  # fmt: skip
    after = enterprises.step(both, small.given(enterprises, 2, **OPEN | dict(park_elasticity=0)), drawn, OPENS)[0]
    assert after.firm_village[:, :4].tolist() == [[1, 0, -1, -1], [0, 1, 1, -1]]


def test_firms_of_a_merged_village_go_on():
    # village 2 was merged into 1: its firm and its arrival are there, those of village 1 stay, 0 has none
    state = small.village_state(
        (0, 0, 0), exists=np.array([[True, True, False]]), merged_into=np.array([[-1, -1, 1]]),
        park_capital=array(100, 0, 0), park_settled=array(100, 0, 0),
        **firms((2, 2, 0, 9), (1, 3, 0, 9), villages=3),
    )  # fmt: skip
    drawn = small.Draws({"arrivals": array(0, 0, 0.95)}, villages=3)
    after = enterprises.step(state, small.given(enterprises, **OPEN | dict(park_elasticity=0)), drawn, OPENS)[0]
    assert after.firm_village[0, :4].tolist() == [1, 1, 1, -1]


def test_a_park_grant_is_built_in_the_quarter_in_which_it_is_paid():
    state = small.village_state(park_capital=array(50, 0))
    p = small.given(enterprises, park_grant=by_payer(6, 4))
    after, flows = enterprises.step(state, p, small.Draws(), Quarter(10, 2012, 2))
    assert after.park_capital.tolist() == [[60, 0]]
    assert flows.industrial_park is p.park_grant
    assert flows.asked is p.park_grant
    assert enterprises.step(state, small.given(enterprises), small.Draws(), Quarter(10, 2012, 2))[0] is state
    # in the first quarter before firms look at it: 100 x .75 + 75 + 10
    assert opened(p=dict(park_grant=by_payer(6, 4)))[0].park_capital.tolist() == [[160, 0]]


def test_towns_have_parks_of_their_own():
    state = small.village_state(
        (0, 0, 0), towns=small.groups(np.array([[0, 0, 2]])), park_capital=array(100, 0, 100),
        park_settled=array(200, 0, 100), local_tax=array(10, 20, 40),
    )  # fmt: skip
    p = small.given(enterprises, **OPEN)
    after, flows = enterprises.step(state, p, small.Draws({"arrivals": array(0, 0, 0)}, villages=3), OPENS)
    # .5 x (100 + 30) = 65, .5 x (100 + 40) = 70;   145 / 145: x (140 / 200)^.5, x (145 / 100)^.5, x 2 x 10 x .1 = 2
    assert flows.park.tolist() == [[65, 0, 70]]
    assert after.park_capital.tolist() == [[140, 0, 145]]
    assert after.attraction_yield == pytest.approx(2 * np.sqrt(array(0.7, 0.7, 1.45)))


def test_the_first_day_by_hand():
    # exit ln 2: mean .3 / (1 - .5) = .6: P(0) = e^-.6 = .5488, to .8781 for one, to .9769 for two
    start = {f"start_{name}_0": np.full((1, 8, 2), 0.5) for name in ("size", "life", "age")}
    start["start_age_0"][0, 0, 0] = 1 - math.exp(-2.5 * math.log(2))
    p = dict(arrivals=0.3, exit=math.log(2), park_depreciation=0.5)
    after, flows = opened(
        {"start_firms": array(0.97, 0.54), "arrivals": array(0, 0), **start},
        Quarter(0, 2010, 0), p, park_capital=array(0, 0), park_settled=array(0, 0), local_tax=array(0, 0),
        skilled=array(3, 0), partners=array(1, 0), returnees=array(1, 2),
    )  # fmt: skip
    # two firms; lives ln 2 each are used up by the first year's exit, which is ln 2 as well
    assert after.firm_village.max() == -1
    # ages 2.5 and 1 years: floors 2 and 1, so since -3 and -2
    assert after.firm_since[0, :2].tolist() == [-3, -2]
    # settled: .5 x (100 + 2 x .3 x 10 / .5) / .5 = 112;   spent .5 x (100 + 20), park .5 x 112 + 60
    assert after.park_settled == pytest.approx(array(112, 0))
    assert flows.park == pytest.approx(array(60, 0))
    assert after.park_capital == pytest.approx(array(116, 0))


# ---- the whole model ----


def test_without_policy_firms_are_stationary_and_effort_does_not_matter():
    point = small.scenario(villages=12, changes={"enterprises.tax_per_firm": 1}, years=(4, 8, 8))
    records = small.simulate(point, replications=range(300), arms=["no_policy"])["no_policy"]
    by_year = records.villages["local_tax"].mean(axis=(0, 2))
    expected = 0.037 / (1 - math.exp(-0.05))
    # 3,600 villages, firms of mean size 1 and mean square 1.284: standard error of a year .99 / 60 = .016
    assert np.abs(by_year - expected).max() < 0.055
    assert records.safeguards["firms_turned_away"].max() == 0


def test_a_firm_that_comes_in_both_arms_is_the_same():
    arms = {"share": [block("tax_sharing", 8, 27, payer="town", share=1.0)]}
    changes = {"tax_sharing.effort_cost": 2, "enterprises.effort_response": 4, "enterprises.arrivals": 0.08}
    point = small.scenario(arms, years=(2, 5, 1), changes=changes, companions=())
    one, other = (small.states(point, arm, replications=[0, 1])[27] for arm in ("no_policy", "share"))

    def known(state):
        return {
            (run, village, since, size)
            for run, place in zip(*np.nonzero(state.firm_village >= 0), strict=True)
            for village, since, size in [
                (state.firm_village[run, place], state.firm_since[run, place], state.firm_size[run, place])
            ]
        }

    plain, courted = known(one), known(other)
    # the park is poorer with sharing, so a firm may be missing; what is in both years and villages is one firm
    assert len(courted) > len(plain)
    assert len(plain & courted) >= 0.9 * len(plain)
    old = {firm for firm in plain if firm[2] <= 2}
    assert old == {firm for firm in courted if firm[2] <= 2}
