"""Projects 项目: returns, wear, failure, and what money is turned into."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms import projects
from sim.state import FARM, LEASED, Quarter
from sim.technology import Portfolio
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer, project_array

Q = Quarter(20, 2015, 0)

# Constant returns keep the arithmetic in the head: a farm brings 0.1 K - 4, leased premises 0.075 K - 1 a year.
NUMBERS = dict(
    gross_margin=0.1,
    overhead=4,
    minimum=30,
    gestation=4,
    depreciation=0.04,
    hazard=0,
    leased_gross_margin=0.075,
    leased_overhead=1,
    leased_minimum=100,
    leased_gestation=6,
    leased_depreciation=0.02,
    leased_hazard=0,
    leased_management_weight=0.5,
    project_scale=1,
    quality_sd=0.4,
    salvage=0.2,
    idle_rent=0.005,
    hurdle_factor=2,
    minimum_extension=20,
)
RATE = array(0.01)


def numbers(**changes: float):
    return small.given(projects, **(NUMBERS | changes))


def test_technology_stacks_the_kinds():
    t = projects.technology(numbers(hazard=0.05, leased_hazard=0.01, project_scale=0, scale=0.9), array(0.015))
    stacked = {name: value[0].ravel().tolist() for name, value in vars(t).items()}
    assert stacked == {
        "margin": [0.1, 0.075],
        "overhead": [4, 1],
        "minimum": [30, 100],
        "gestation": [4, 6],
        "depreciation": [0.04, 0.02],
        "hazard": [0.05, 0.01],
        "management_weight": [1, 0.5],
        "scale": [0.9, 0.9],
        "idle_rent": [0.005, 0.005],
        "minimum_extension": [20],
        "salvage": [0.2],
        "hurdle": [0.03],  # 2 x 1.5%
    }
    constant = projects.technology(numbers(scale=0.9), array(0.015))
    assert constant.scale.ravel().tolist() == [1, 1]
    assert np.isinf(projects.technology(numbers(extension=1), array(0.015)).minimum_extension).all()


def failure(hazard: float, log_care: float) -> float:
    return float(projects.quarterly_failure(array(hazard), array(log_care))[0, 0])


def test_failure_by_hand():
    # 1 - 0.0625 = 0.9375 a year: 0.0625^(1/4) = 0.5, so one half a quarter
    assert failure(0.9375, 0) == pytest.approx(0.5)
    # care ln 2 halves the yearly hazard: 0.3439 / 2... 1 - 0.9^4 = 0.3439, one in ten a quarter
    assert failure(2 * 0.3439, math.log(2)) == pytest.approx(0.1)
    # bad care doubles it
    assert failure(0.3439 / 2, -math.log(2)) == pytest.approx(0.1)


def test_failure_is_bounded_on_both_sides():
    # never below 0.3 nor above 3 times the hazard of the kind
    assert failure(0.3439 / 0.3, 50) == pytest.approx(0.1)
    assert failure(0.3439 / 3, -50) == pytest.approx(0.1)
    # and never certain: 1 - 0.001^(1/4) = 1 - 0.1778279410038923
    assert failure(0.9, -50) == pytest.approx(1 - 0.1778279410038923)
    assert failure(0, 0) == 0


@given(hazard=st.floats(0, 0.3), care=st.floats(-3, 3), more=st.floats(0.01, 3))
def test_care_lowers_failure(hazard, care, more):
    assert 0 <= failure(hazard, care + more) <= failure(hazard, care) < 1


T = projects.technology(numbers(), RATE)


def portfolio(ages=None, **places: float) -> Portfolio:
    """Projects of quality 1, past any gestation unless ``ages`` says otherwise."""
    capital = project_array(**places)
    standing = (capital > 0).astype(float)
    return Portfolio(capital, 40.0 * standing if ages is None else ages, standing)


def test_returns_of_a_quarter_by_hand():
    held = portfolio(k0s0v0=200, k0s1v0=60, k1s0v1=200)
    market = np.ones((1, 2, 2))
    # village 0: (16 + 2) / 4 = 4.5;   village 1: 14 / 4 = 3.5
    assert projects.quarterly_return(held, array(0, 0), market, T)[0] == pytest.approx(array(4.5, 3.5))
    # a good year for farms, a bad one for premises: 1.5 x 20 - 4 = 26, 1.5 x 6 - 4 = 5;   0.6 x 15 - 1 = 8
    market = np.array([[[1.5, 1.5], [0.6, 0.6]]])
    assert projects.quarterly_return(held, array(0, 0), market, T)[0] == pytest.approx(array(31 / 4, 2))


def test_nothing_comes_in_during_gestation():
    places = dict(k0s0v0=200, k1s0v1=200)
    for ages, expected in (
        (project_array(k0s0v0=3, k1s0v1=5), (0, 0)),
        (project_array(k0s0v0=4, k1s0v1=5), (4, 0)),
        (project_array(k0s0v0=4, k1s0v1=6), (4, 3.5)),
    ):
        found, complete = projects.quarterly_return(portfolio(ages, **places), array(0, 0), np.ones((1, 2, 2)), T)
        assert found == pytest.approx(array(*expected))
        # what they bring once past gestation: 16 / 4 and 14 / 4
        assert complete == pytest.approx(array(4, 3.5))


def worn(held: Portfolio, hit=None, t=T, care=(0, 0)):
    """Wear with draws of one half but those given."""
    uniforms = np.where(project_array(**(hit or {})) > 0, project_array(**(hit or {})), 0.5)
    return projects.wear(held, array(*care), t, uniforms)


def test_wear_by_hand():
    after, lost_to_wear, lost, saved, failures = worn(portfolio(k0s0v0=100, k1s1v0=50, k1s0v1=80))
    # farm 4% / 4 = 1% of 100; leased 2% / 4 = 0.5% of 50 and of 80
    assert lost_to_wear == pytest.approx(array(1.25, 0.4))
    assert after.capital == pytest.approx(project_array(k0s0v0=99, k1s1v0=49.75, k1s0v1=79.6))
    assert after.age[0, FARM, 0, 0] == 41
    assert (lost.sum(), saved.sum(), failures.sum()) == (0, 0, 0)


FRAGILE = projects.technology(numbers(hazard=0.3439, leased_hazard=0.3439), RATE)


def test_a_failed_project_leaves_its_salvage():
    held = portfolio(k0s0v0=100, k0s1v0=100, k1s0v0=100, k1s0v1=80)
    # one in ten fails a quarter: draws of 0.099 and 0.0999 hit, 0.1 does not
    after, _, lost, saved, failures = worn(held, dict(k0s0v0=0.099, k1s0v0=0.0999, k0s1v0=0.10001, k1s0v1=0.2), FRAGILE)
    # 99 + 99.5 = 198.5 are gone: a fifth, 39.7, comes back, 158.8 is lost
    assert saved == pytest.approx(array(39.7, 0))
    assert lost == pytest.approx(array(158.8, 0))
    assert failures.tolist() == [[2, 0]]
    for part in (after.capital, after.age, after.quality):
        assert part[0, FARM, 0, 0] == part[0, LEASED, 0, 0] == 0
    assert after.capital[0, FARM, 1, 0] == pytest.approx(99)
    assert after.quality[0, FARM, 1, 0] == 1


def test_nothing_fails_that_is_not_there_or_not_finished():
    young = Portfolio(project_array(k0s0v0=100), project_array(k0s0v0=3), project_array(k0s0v0=1))
    after, _, lost, _, failures = worn(young, dict(k0s0v0=1e-9, k0s0v1=1e-9), FRAGILE)
    assert (lost.sum(), failures.sum()) == (0, 0)
    assert after.capital[0, FARM, 0, 0] == pytest.approx(99)
    # a quarter older it can fail
    ready = Portfolio(project_array(k0s0v0=100), project_array(k0s0v0=4), project_array(k0s0v0=1))
    assert worn(ready, dict(k0s0v0=1e-9), FRAGILE)[4].tolist() == [[1, 0]]


def test_what_is_worn_down_to_nothing_is_written_off_without_salvage():
    # 1.005 x 0.99 = 0.99495 < 1: written off;   1.02 x 0.99 = 1.0098: goes on
    after, lost_to_wear, lost, saved, failures = worn(portfolio(k0s0v0=1.005, k0s0v1=1.02))
    assert lost == pytest.approx(array(0.99495, 0))
    assert (saved.sum(), failures.sum()) == (0, 0)
    assert after.capital == pytest.approx(project_array(k0s0v1=1.0098))
    assert lost_to_wear == pytest.approx(array(0.01005, 0.0102))


@given(
    capital=st.floats(0, 1000),
    other=st.floats(0, 1000),
    draw=st.floats(0, 1),
    depreciation=st.floats(0, 0.5),
    age=st.floats(0, 50),
)
def test_capital_is_conserved_by_wear(capital, other, draw, depreciation, age):
    t = projects.technology(numbers(hazard=0.3, leased_hazard=0.3, depreciation=depreciation), RATE)
    held = portfolio(np.full((1, 2, 2, 2), age), k0s0v0=capital, k1s1v0=other)
    after, lost_to_wear, lost, saved, _ = projects.wear(held, array(0, 0), t, np.full((1, 2, 2, 2), draw))
    total = after.capital.sum(axis=(1, 2)) + lost_to_wear + lost + saved
    assert total == pytest.approx(held.capital.sum(axis=(1, 2)))
    assert min(part.min() for part in (after.capital, lost_to_wear, lost, saved)) >= 0


# ---- step ----


def stepped(draws=None, quarter=Q, **changes):
    p = changes.pop("p", {})
    rate = dict(deposit_rate=RATE, market=np.ones((1, 2, 2)), councils=small.village_state((0, 0)).councils)
    state = small.village_state(**(rate | changes))
    return projects.step(state, numbers(**p), draws or small.Draws(), quarter)


def test_step_with_nothing_at_hand():
    after, flows = stepped()
    assert flows.return_own.tolist() == [[0, 0]]
    assert flows.depreciation_own.tolist() == [[0, 0]]
    idle = {name for name, value in vars(flows).items() if value is not None}
    assert idle == {"return_own", "depreciation_own"}
    assert not after.project_capital.any()


def test_step_pays_and_wears_own_projects():
    after, flows = stepped(
        project_capital=project_array(k0s0v0=200, k1s0v1=200),
        project_age=np.full((1, 2, 2, 2), 9.0),
        project_quality=project_array(k0s0v0=1, k1s0v1=1),
        own_return=array(1, 2),
        log_management=array(math.log(2), math.log(4)),
    )
    # farm, M = 2: 2 x 20 - 4 = 36 / 4 = 9;   leased, M^0.5 = 2: 2 x 15 - 1 = 29 / 4 = 7.25
    assert flows.return_own == pytest.approx(array(9, 7.25))
    assert after.own_return == pytest.approx(array(10, 9.25))
    # 200 x 1% = 2;   200 x 0.5% = 1
    assert flows.depreciation_own == pytest.approx(array(2, 1))
    assert after.project_capital == pytest.approx(project_array(k0s0v0=198, k1s0v1=199))
    assert after.project_age[0, 0, 0, 0] == 10


def test_an_entrusted_manager_runs_own_projects():
    entrusted = dict(
        project_capital=project_array(k0s0v0=200, k0s0v1=200),
        project_age=np.full((1, 2, 2, 2), 9.0),
        project_quality=project_array(k0s0v0=1, k0s0v1=1),
        entrusted=np.array([[True, False]]),
        entrusted_log=array(math.log(2), math.log(2)),
        joint_log_care=array(-math.log(2), -math.log(2)),
    )
    _, flows = stepped(**entrusted)
    # M = 2: 36 / 4;   his own M = 1: 16 / 4
    assert flows.return_own == pytest.approx(array(9, 4))
    # the manager is careless: a hazard of 0.3439 / 2 becomes one in ten a quarter
    low = small.Draws(uniforms={"own_failure_farm_0": np.full((1, 4, 2), 0.09)})
    _, flows = stepped(low, p=dict(hazard=0.3439 / 2), **entrusted)
    assert flows.salvage_own == pytest.approx(array(0.2 * 198, 0))
    assert flows.write_off_own == pytest.approx(array(0.8 * 198, 0))


def test_own_cash_starts_the_best_project_it_can():
    after, flows = stepped(own_cash=array(300, 300), open_cash=array(60, 200))
    # 60: a farm, 6 - 4 = 2 > 2% of 60;   200: premises, 14 - 0.02 x 200 > farm 16 - 0.04 x 200
    assert flows.invest_own == pytest.approx(array(60, 200))
    assert after.project_capital == pytest.approx(project_array(k0s0v0=60, k1s0v1=200))
    assert after.open_cash.tolist() == [[0, 0]]
    assert after.projects_started.tolist() == [[1, 1]]
    assert flows.invest_earmarked is None


def test_cash_that_is_not_there_is_not_invested():
    _, flows = stepped(own_cash=array(50, 70), open_cash=array(70, 60))
    # 50: 1 万元 a year is 2% and no more;   60 of the 70
    assert flows.invest_own.tolist() == [[0, 60]]
    after, flows = stepped(own_cash=array(65, 0), open_cash=array(70, 0))
    assert flows.invest_own.tolist() == [[65, 0]]
    assert after.open_cash.tolist() == [[5, 0]]


def test_too_little_waits():
    after, flows = stepped(own_cash=array(29, 50), open_cash=array(29, 50))
    assert flows.invest_own is None
    assert after.open_cash.tolist() == [[29, 50]]
    assert after.projects_started.tolist() == [[0, 0]]


def test_earmarked_money_adds_to_own_cash():
    _, flows = stepped(
        own_cash=array(30, 30), open_cash=array(30, 30), earmarked=by_payer(30, 5), fresh=by_payer(30, 5)
    )
    # 60 start a farm, 35 do not (3.5 - 4 < 0)
    assert flows.invest_own.tolist() == [[30, 0]]
    assert flows.invest_earmarked[0, COUNTY].tolist() == [30, 0]
    assert flows.lapse is None


def test_own_cash_is_put_to_use_once_a_year_or_with_earmarked_money():
    cash = dict(own_cash=array(60, 60), open_cash=array(60, 60))
    for season in (1, 2, 3):
        assert stepped(quarter=Quarter(20 + season, 2015, season), **cash)[1].invest_own is None
    some = dict(earmarked=by_payer(1, 0), fresh=by_payer(1, 0))
    _, flows = stepped(quarter=Quarter(22, 2015, 2), **cash, **some)
    assert flows.invest_own.tolist() == [[60, 0]]
    assert flows.invest_earmarked[0, COUNTY].tolist() == [1, 0]


GOOD_FARM = dict(
    project_capital=project_array(k0s0v0=200 / 0.99),
    project_age=project_array(k0s0v0=9),
    project_quality=project_array(k0s0v0=1.5),
    projects_started=array(1, 1),
)


def test_a_good_farm_is_extended():
    after, flows = stepped(own_cash=array(60, 60), open_cash=array(60, 60), **GOOD_FARM)
    # 200 after wear: 60 more bring 9 instead of the 2 of a new farm; the second owner has none to extend
    assert flows.invest_own.tolist() == [[60, 60]]
    assert after.project_capital == pytest.approx(project_array(k0s0v0=260, k0s0v1=60))
    assert after.project_quality[0, FARM, 0, 0] == 1.5
    # it runs on while it is extended: a quarter older than 9
    assert after.project_age[0, FARM, 0, 0] == 10
    # an extension is no new project
    assert after.projects_started.tolist() == [[1, 2]]
    # every project on a site of its own
    after, _ = stepped(own_cash=array(60, 60), open_cash=array(60, 60), p=dict(extension=1), **GOOD_FARM)
    assert after.project_capital == pytest.approx(project_array(k0s0v0=200, k0s1v0=60, k0s0v1=60))


def test_money_in_a_hurry_may_extend_by_little():
    hurried = dict(earmarked=by_payer(5, 0), fresh=by_payer(0, 0), own_cash=array(0, 0))
    after, _ = stepped(**hurried, **GOOD_FARM)
    # 0.15 x 5 = 0.75 net of 0.04 x 5: better than a farm or premises of 5
    assert after.project_capital == pytest.approx(project_array(k0s0v0=205))
    after, _ = stepped(**hurried, p=dict(extension=1), **GOOD_FARM)
    # idle either way, 0.025, and premises wear less
    assert after.project_capital == pytest.approx(project_array(k0s0v0=200, k1s0v0=5))


def test_quality_is_drawn_by_ordinal():
    drawn = small.Draws(normals={f"own_quality_{n}": array(n / 10, n / 10) for n in range(12)})
    after, _ = stepped(drawn, own_cash=array(60, 60), open_cash=array(60, 60), projects_started=array(3, 50))
    # exp(0.4 x 0.3 - 0.08) = exp(0.04);   beyond the last ordinal, 11: exp(0.44 - 0.08) = exp(0.36)
    assert np.log(after.project_quality[0, FARM, 0]) == pytest.approx([0.04, 0.36])
    after, _ = stepped(drawn, own_cash=array(60, 60), open_cash=array(60, 60), projects_started=array(0, 10))
    assert np.log(after.project_quality[0, FARM, 0]) == pytest.approx([-0.08, 0.32])
    after, _ = stepped(drawn, own_cash=array(60, 60), open_cash=array(60, 60), projects_started=array(11, 12))
    assert np.log(after.project_quality[0, FARM, 0]) == pytest.approx([0.36, 0.36])


EXPIRED = dict(earmarked=by_payer(20, 10), fresh=by_payer(5, 10), open_cash=array(4, 4), own_cash=array(4, 4))


def test_money_past_its_term_is_built_below_the_minimum_too():
    after, flows = stepped(**EXPIRED)
    # 15 of the 20 are past their term: leased 15 x 0.075 - 1 = 0.125, a farm idles at 0.075; net of wear
    # 0.125 - 0.3 against 0.075 - 0.6: premises, far below the minimum of 100
    assert flows.invest_earmarked[0, COUNTY].tolist() == [15, 0]
    assert after.project_capital == pytest.approx(project_array(k1s0v0=15))
    assert flows.invest_own is None
    assert flows.lapse is None
    # a site below the smallest size uses up no draw of quality
    assert after.projects_started.tolist() == [[0, 0]]


def test_money_past_its_term_waits_until_it_adds_up_to_a_site():
    after, flows = stepped(**EXPIRED, p=dict(smallest_site=15.5))
    assert flows.invest_earmarked is None
    assert not after.project_capital.any()


def test_money_past_its_term_may_go_back():
    after, flows = stepped(**EXPIRED, lapses=array(1))
    assert flows.lapse[0, COUNTY].tolist() == [15, 0]
    assert flows.invest_earmarked is None
    assert not after.project_capital.any()


def test_money_without_a_term_waits():
    after, flows = stepped(**(EXPIRED | dict(fresh=np.full((1, 4, 2), np.inf))))
    assert flows.invest_earmarked is None
    assert flows.lapse is None
    assert not after.project_capital.any()


def test_money_past_its_term_that_is_worth_a_project_does_not_go_back():
    worth = dict(earmarked=by_payer(80, 200), fresh=by_payer(0, 0), own_cash=array(0, 0), lapses=array(1))
    after, flows = stepped(**worth)
    assert flows.invest_earmarked[0, COUNTY].tolist() == [80, 200]
    assert flows.lapse is None
    assert after.project_capital == pytest.approx(project_array(k0s0v0=80, k1s0v1=200))


# ---- joint projects ----

JOINT = dict(
    vehicle=array(1, 0),
    vehicle_cash=array(100, 0),
    vehicle_fund=array(80, 0),
    vehicle_earmarked=by_payer(30, 0),
    fund_age=array(3, 0),
    joint_failure=array(0, 0),
)


def test_step_starts_a_joint_project():
    drawn = small.Draws(normals={"joint_quality_2": array(0.5, 9)})
    after, flows = stepped(drawn, **JOINT, joint_started=array(2, 0))
    # 80 in the fund: a farm, 8 - 4 = 4, 5%
    assert flows.invest_joint.tolist() == [[80, 0]]
    assert after.joint_capital == pytest.approx(project_array(k0s0v0=80))
    # quality exp(0.4 x 0.5 - 0.08) = exp(0.12)
    assert after.joint_quality[0, FARM, 0, 0] == pytest.approx(math.exp(0.12))
    assert after.joint_started.tolist() == [[3, 0]]
    assert after.vehicle_fund.tolist() == [[0, 0]]
    assert not after.vehicle_earmarked.any()
    assert after.fund_age.tolist() == [[0, 0]]
    assert flows.return_own.tolist() == [[0, 0]]
    assert flows.depreciation_joint.tolist() == [[0, 0]]
    assert (flows.write_off_joint, flows.salvage_joint) == (None, None)


def test_a_joint_fund_that_is_too_small_waits():
    after, flows = stepped(**(JOINT | dict(vehicle_fund=array(40, 0))))
    # 4 - 4 = 0: the hurdle is 0.8
    assert flows.invest_joint is None
    assert after.vehicle_fund.tolist() == [[40, 0]]
    assert after.vehicle_earmarked[0, COUNTY].tolist() == [30, 0]
    assert after.fund_age.tolist() == [[3, 0]]
    assert after.joint_started.tolist() == [[0, 0]]


def test_the_manager_with_one_project_more_decides():
    fund = dict(vehicle_fund=array(50, 0), joint_log_next=array(math.log(1.5), 0))
    # 1.5 x 5 - 4 = 3.5 > 1;   under a median manager 5 - 4 = 1 is no more than 2%
    assert stepped(**(JOINT | fund))[1].invest_joint.tolist() == [[50, 0]]
    assert stepped(**(JOINT | fund | dict(joint_log_next=array(0, 9))))[1].invest_joint is None


def test_no_joint_project_without_a_vehicle_or_cash():
    _, flows = stepped(**(JOINT | dict(vehicle=array(0, 1))))
    assert flows.invest_joint is None
    _, flows = stepped(**(JOINT | dict(vehicle_cash=array(70, 0))))
    assert flows.invest_joint.tolist() == [[70, 0]]
    after, flows = stepped(**(JOINT | dict(vehicle=array(0, 0))))
    assert flows.return_joint is None
    assert after.vehicle_fund.tolist() == [[80, 0]]


RUNNING = JOINT | dict(
    vehicle_fund=array(0, 0),
    vehicle_cash=array(0, 0),
    joint_capital=project_array(k0s0v0=200, k1s1v0=200),
    joint_age=np.full((1, 2, 2, 2), 9.0),
    joint_quality=project_array(k0s0v0=1, k1s1v0=1),
)


def test_step_pays_and_wears_joint_projects():
    after, flows = stepped(**RUNNING, joint_log_management=array(math.log(4), 0), joint_operating=array(2, 0))
    # M = 4: 4 x 20 - 4 = 76;   M^0.5 = 2: 29;   105 a year, 26.25 a quarter
    assert flows.return_joint == pytest.approx(array(26.25, 0))
    assert after.joint_profit == pytest.approx(array(105, 0))
    assert after.joint_operating.tolist() == [[3, 0]]
    # 200 x 1% + 200 x 0.5% = 3
    assert flows.depreciation_joint == pytest.approx(array(3, 0))
    assert after.joint_capital == pytest.approx(project_array(k0s0v0=198, k1s1v0=199))
    assert after.joint_failure.tolist() == [[0, 0]]
    assert flows.invest_joint is None


def test_a_joint_project_in_gestation_is_expected_but_not_running():
    after, flows = stepped(**(RUNNING | dict(joint_age=project_array(k0s0v0=3, k1s1v0=9))))
    # M = 1: premises bring 14 / 4; the farm's 16 are expected
    assert flows.return_joint == pytest.approx(array(3.5, 0))
    assert after.joint_profit == pytest.approx(array(30, 0))
    after, _ = stepped(**(RUNNING | dict(joint_age=project_array(k0s0v0=3, k1s1v0=3))))
    assert after.joint_operating.tolist() == [[0, 0]]
    assert after.joint_profit == pytest.approx(array(30, 0))


def test_a_failed_joint_project_is_remembered_and_its_salvage_waits():
    low = np.full((1, 4, 2), 0.5)
    low[0, 0] = 0.09
    after, flows = stepped(
        small.Draws(uniforms={"joint_failure_farm_0": low}),
        p=dict(hazard=0.3439, leased_hazard=0.3439),
        **(RUNNING | dict(vehicle_fund=array(2, 0), vehicle_cash=array(5, 0), vehicle_earmarked=by_payer(0, 0))),
    )
    # 198 fail: 39.6 come back, 158.4 are lost
    assert flows.salvage_joint == pytest.approx(array(39.6, 0))
    assert flows.write_off_joint == pytest.approx(array(158.4, 0))
    assert after.vehicle_fund == pytest.approx(array(41.6, 0))
    assert after.joint_failure.tolist() == [[1, 0]]
    assert after.joint_capital == pytest.approx(project_array(k1s1v0=199))
    # own places have their own draws
    assert flows.write_off_own is None


def test_a_good_joint_farm_is_extended():
    held = dict(
        joint_capital=project_array(k0s1v0=200 / 0.99),
        joint_age=project_array(k0s1v0=9),
        joint_quality=project_array(k0s1v0=1.5),
        joint_started=array(2, 0),
    )
    after, flows = stepped(**(JOINT | held | dict(vehicle_fund=array(25, 0))))
    # 25 are too little for a farm of its own
    assert flows.invest_joint.tolist() == [[25, 0]]
    assert after.joint_capital == pytest.approx(project_array(k0s1v0=225))
    assert after.joint_quality[0, FARM, 1, 0] == 1.5
    assert after.joint_started.tolist() == [[2, 0]]
    assert not after.vehicle_earmarked.any()


def test_joint_care_is_the_joint_managers():
    low = small.Draws(uniforms={"joint_failure_farm_0": np.full((1, 4, 2), 0.09)})
    careless = dict(p=dict(hazard=0.3439 / 2), joint_log_care=array(-math.log(2), 0))
    assert stepped(low, **RUNNING, **careless)[1].write_off_joint is not None
    assert stepped(low, **RUNNING, p=dict(hazard=0.3439 / 2))[1].write_off_joint is None


def test_an_earlier_failure_of_the_year_is_kept():
    after, _ = stepped(**(RUNNING | dict(joint_failure=array(1, 0))))
    assert after.joint_failure.tolist() == [[1, 0]]


@given(rate=st.floats(0.001, 0.02), cash=st.floats(31, 99))
def test_a_higher_deposit_rate_starts_fewer_projects(rate, cash):
    def invested(deposit: float) -> bool:
        _, flows = stepped(own_cash=array(cash, 0), open_cash=array(cash, 0), deposit_rate=array(deposit))
        return flows.invest_own is not None

    assert invested(rate) >= invested(rate + 0.005)
    # the expected yield decides: (0.1 K - 4) / K or the idle 0.005, above 2 x the rate
    assert invested(rate) == (max(0.1 * cash - 4, 0.005 * cash) > 2 * rate * cash)
