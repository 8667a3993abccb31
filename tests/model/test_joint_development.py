"""The Mesa model: the engine's numbers, agents as live views, money through the books; on every supported Mesa."""

import gc
import warnings
import weakref

import mesa
import numpy as np
import pytest

import sim
from sim.engine import simulate_block
from sim.model import Council, Enterprise, Town, Village
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import block, differences, scenario

ARMS = {
    "pool": [
        block("demonstration_grant", 8, 19, budget=400),
        block("funding_pool", 8, 19, budget=60, match=0.3, contribution_floor=0.2),
    ],
    "anew": [block("council_grouping", 8, 11, rule="random", size=3), block("industrial_park", 8, 19, budget=300)],
}
PLACE = scenario(ARMS, villages=9, councils=3, years=(2, 4, 2))


def model(arm: str = "pool", place=PLACE, **options) -> sim.JointDevelopmentModel:
    return sim.JointDevelopmentModel(place, arm, **options)


def run_out(made: sim.JointDevelopmentModel) -> sim.JointDevelopmentModel:
    while made.running:
        made.step()
    return made


# ---- the engine's numbers


@pytest.mark.parametrize("arm", ["no_policy", "pool", "pool@same_money", "pool@same_management", "anew"])
def test_one_replication_gives_the_numbers_of_the_engine(arm):
    (batch,) = simulate_block([PLACE], [0], [0, 1, 2], [arm], 7)
    made = run_out(model(arm, replication=2, rng=7))
    assert made.finished
    assert differences(batch, made.records(), [2]) == []


def test_the_frame_is_the_villages_table(tmp_path):
    results = sim.run(PLACE, replications=2, arms=["pool"], out=tmp_path / "result")
    stored = results.villages
    stored = stored[stored.replication == 1].reset_index(drop=True)
    frame = run_out(model(replication=1)).results()
    assert list(frame.columns) == list(stored.columns)
    for name in frame.columns:
        assert frame[name].astype(object).where(frame[name].notna(), None).tolist() == (
            stored[name].astype(object).where(stored[name].notna(), None).tolist()
        ), name


def test_a_frame_in_the_middle_has_the_years_that_are_over():
    made = model()
    assert made.results().empty
    for _ in range(9):
        made.step()
    assert sorted(set(made.results().year)) == [PLACE.calendar.start, PLACE.calendar.start + 1]


def test_the_researchers_generators_are_left_alone():
    made = model(rng=5)
    before = made.random.getstate(), made.rng.bit_generator.state
    run_out(made)
    assert (made.random.getstate(), made.rng.bit_generator.state) == before
    again = run_out(model(rng=5))
    again.random.random()
    assert differences(made.records(), again.records()) == []


def test_the_root_seed_is_the_scenarios_unless_given():
    assert model().seed == PLACE.seed
    assert differences(run_out(model()).records(), run_out(model(rng=PLACE.seed)).records()) == []
    assert differences(run_out(model()).records(), run_out(model(rng=PLACE.seed + 1)).records()) != []


# ---- rules of one's own


@pytest.mark.parametrize("quarter", [0, 10, 17])
def test_a_changed_variable_changes_what_comes_after_and_nothing_before(quarter):
    plain, changed = model(), model()
    for now in range(PLACE.calendar.quarters):
        if now == quarter:
            for village in changed.villages:
                village.trust = 0.05
        plain.step()
        changed.step()
        same = np.array_equal(plain.state.trust, changed.state.trust)
        assert same == (now < quarter)
    closed = quarter // 4
    first, second = plain.records(), changed.records()
    for name, values in first.villages.items():
        assert np.array_equal(values[:, :closed], second.villages[name][:, :closed]), name
    assert not np.array_equal(first.villages["cash"], second.villages["cash"])


class Doubter(Village):
    """Trusts a tenth less every quarter, and keeps a note of when it was asked."""

    def step(self):
        self.seen = self.model.quarter.index
        self.trust = 0.9 * self.trust


def test_agents_act_before_the_quarter():
    made = model(village_class=Doubter)
    start = made.villages[0].trust
    made.step()
    assert made.villages[0].seen == 0
    plain = model()
    for village in plain.villages:
        village.trust = 0.9 * village.trust
    plain.step()
    assert made.villages[0].trust == plain.villages[0].trust < start


def test_queries_and_the_collector_know_the_subclass():
    made = run_out(model(village_class=Doubter))
    assert len(made.agents_by_type[Doubter]) == 9
    found = made.agents_by_type[Doubter].select(lambda village: village.trust < 0.5)
    assert {v.index for v in found} == set(np.flatnonzero(made.state.trust[0] < 0.5))
    frame = made.datacollector.get_agenttype_vars_dataframe(Doubter)
    assert len(frame) == 9 * PLACE.calendar.quarters
    assert frame.cash.iloc[-1] == made.villages[-1].cash
    assert made.datacollector.get_model_vars_dataframe().earned_income.iloc[-1] == made.state.earned_last_year.mean()


# ---- what may be assigned


def test_a_view_reads_and_writes_one_place_of_the_arrays():
    made = model()
    before = made.state.trust.copy()
    made.villages[4].trust = 0.4
    assert made.villages[4].trust == 0.4
    assert np.flatnonzero((made.state.trust != before)[0]).tolist() == [4]
    made.villages[4].helper = 2
    assert made.state.helper[0, 4] == 2
    made.villages[4].project_quality = 1.5
    assert (made.villages[4].project_quality == 1.5).all()


@pytest.mark.parametrize(
    ("name", "value", "error", "says"),
    [
        ("cash", 1, AttributeError, "village.pay"),
        ("own_cash", 1, AttributeError, "village.pay"),
        ("project_capital", 1, AttributeError, "village.pay"),
        ("operating_income", 1, AttributeError, "kept with the books"),
        ("earned_income", 1, AttributeError, "follows from other variables"),
        ("town", 0, AttributeError, "does not change its town"),
        ("exists", False, AttributeError, "by policy"),
        ("joint_started", 1, AttributeError, "not of a Village"),
        ("trust", 1.5, ValueError, "between 0 and 1"),
        ("trust", float("nan"), ValueError, "not a finite number"),
        ("reserve_land", -5.0, ValueError, "亩 is below 0"),
        ("trust", [0.1, 0.2], TypeError, "takes a number"),
        ("trust", "much", TypeError, "takes a number"),
        ("helper", 9, ValueError, "from -1"),
        ("helper", 1.5, ValueError, "from -1"),
    ],
)
def test_what_may_not_be_assigned_says_why(name, value, error, says):
    made = model()
    before = made.state
    with pytest.raises(error, match=says):
        setattr(made.villages[0], name, value)
    assert made.state is before


def test_arrays_are_not_lent_out():
    with pytest.raises(ValueError, match="read-only"):
        model().villages[0].earmarked[0] = 5


def test_the_whole_state_may_be_changed_but_not_its_money():
    made = model()
    made.state = made.state.replace(common_shock=np.full((1, 1), -0.5))
    assert made.state.common_shock[0, 0] == -0.5
    with pytest.raises(AttributeError, match="own_cash cannot be assigned"):
        made.state = made.state.replace(own_cash=made.state.own_cash + 1)
    with pytest.raises(AttributeError, match="councils cannot be assigned"):
        made.state = made.state.replace(councils=small.groups(np.zeros((1, 9), dtype=np.int64)))


# ---- payments


def some_cash() -> sim.JointDevelopmentModel:
    made = model("no_policy")
    for _ in range(8):
        made.step()
    return made


def test_a_payment_moves_money_this_quarter_and_the_books_close():
    made = some_cash()
    giver, taker = sorted(made.villages, key=lambda village: -village.own_cash)[:2]
    before = giver.own_cash, taker.own_cash
    giver.pay(taker, 2.5, kind="mutual_aid", income="operating")
    giver.pay("household", 0.5, kind="festival")
    assert (giver.own_cash, taker.own_cash) == (before[0] - 3.0, before[1] + 2.5)
    assert (giver.operating_income, taker.operating_income) == (-2.5, 2.5)
    records = run_out(made).records()
    assert records.accounts[("village.cash", "village.cash", "mutual_aid", "operating")].tolist()[0][2] == 2.5
    assert records.accounts[("village.cash", "household", "festival", "none")][0, 2] == 0.5
    assert records.worst_imbalance[0] < 1e-9
    for account, balance in records.balances.items():
        into = sum(a for key, a in records.accounts.items() if key[1] == account)
        out_of = sum(a for key, a in records.accounts.items() if key[0] == account)
        np.testing.assert_allclose(np.diff(balance), into - out_of, atol=1e-7, err_msg=account)


@pytest.mark.parametrize(
    ("to", "amount", "kind", "income", "error", "says"),
    [
        ("household", 1e9, "gift", "none", ValueError, "of own cash and cannot pay"),
        ("household", -1, "gift", "none", ValueError, "0 or more"),
        ("household", float("nan"), "gift", "none", ValueError, "0 or more"),
        ("the bank", 1, "gift", "none", ValueError, "there is no account 'the bank'"),
        ("village.cash", 1, "gift", "none", ValueError, "there is no account"),
        ("household", 1, "A gift", "none", ValueError, "lower-case"),
        ("household", 1, "gift", "profit", ValueError, "income 'profit'"),
        (3, 1, "gift", "none", TypeError, "pay to a village"),
    ],
)
def test_a_payment_that_cannot_be_made_says_why(to, amount, kind, income, error, says):
    made = some_cash()
    before = made.state
    with pytest.raises(error, match=says):
        made.villages[0].pay(to, amount, kind=kind, income=income)
    assert made.state is before


def test_nobody_pays_itself_or_a_town_or_after_the_end():
    made = some_cash()
    with pytest.raises(ValueError, match="itself"):
        made.villages[0].pay(made.villages[0], 0.1, kind="gift")
    with pytest.raises(TypeError, match="pay to a village"):
        made.villages[0].pay(made.towns[0], 0.1, kind="gift")
    with pytest.raises(ValueError, match="the run is over"):
        run_out(made).villages[0].pay("household", 0.0, kind="gift")


# ---- councils, towns, enterprises


def test_councils_come_and_go_with_the_grouping():
    made = model("anew")
    before = dict(made.councils)
    assert made.villages[0].council in before.values()
    assert {v.index for c in before.values() for v in c.members} == set(range(9))
    while made.quarter.index <= 8:
        made.step()
    founders = set(np.flatnonzero(made.state.councils.founder[0]))
    assert set(made.councils) == founders == {council.index for council in made.agents_by_type[Council]}
    assert set(before) != founders
    assert all(made.councils[index] is before[index] for index in founders & before.keys())
    for council in made.councils.values():
        assert {v.index for v in council.members} == set(
            np.flatnonzero(made.state.councils.council[0] == council.index)
        )


def test_a_councils_variables_are_written_at_all_members_and_the_vehicles_at_the_founder():
    made = model()
    council = next(iter(made.councils.values()))
    member = council.members[-1].index
    council.manager = member
    assert all(made.state.manager[0, village.index] == member for village in council.members)
    council.joint_started = 3
    assert np.flatnonzero(made.state.joint_started[0]).tolist() == [council.index]


def test_enterprises_come_and_go_with_firms():
    made, seen = model("anew", place=scenario(ARMS, villages=9, councils=3, years=(10, 4, 2))), set()
    while made.running:
        made.step()
        firms = made.enterprises
        seen |= set(firms.values())
        assert set(firms) == set(np.flatnonzero(made.state.firm_village[0] >= 0))
        assert set(made.agents_by_type.get(Enterprise, [])) == set(firms.values())
        for place, firm in firms.items():
            assert (firm.index, firm.firm_size) == (place, made.state.firm_size[0, place])
            assert firm in firm.host.enterprises
    assert len(seen) > len(made.enterprises)


def test_a_place_that_another_firm_has_taken_is_another_agent():
    made = model()
    state = made.state
    here = state.replace(firm_village=np.where(np.arange(state.firm_village.shape[1]) == 1, 3, -1)[None, :])
    made.state = here.replace(firm_size=np.full(state.firm_size.shape, 1.2))
    made._come_and_go()
    first = made.enterprises[1]
    made._come_and_go()
    assert made.enterprises[1] is first
    made.state = made.state.replace(firm_size=np.full(state.firm_size.shape, 0.7))
    made._come_and_go()
    assert made.enterprises[1] is not first
    assert list(made.agents_by_type[Enterprise]) == [made.enterprises[1]]


def test_towns_hold_their_villages():
    made = model()
    assert [v.index for town in made.towns for v in town.villages] == list(range(9))
    assert made.towns[0].number == made.villages[0].town
    made.towns[0].park_capital = 12.0
    assert made.state.park_capital[0].tolist()[:2] == [12.0, 0.0]
    assert len(made.agents_by_type[Town]) == len(made.towns)


def test_neighbours_are_those_within_a_distance():
    made = model()
    village = made.villages[0]
    far = {v.index for v in made.villages if v is not village}
    assert {v.index for v in village.neighbours(1e6)} == far
    assert village.neighbours(0.0) == []


# ---- Mesa


def test_a_wrong_arm_or_seed_is_refused():
    with pytest.raises(ValueError, match="no arm 'poll'; this scenario has: no_policy, pool"):
        model("poll")
    with pytest.raises(ValueError, match="rng is a whole number"):
        model(rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="replication is a whole number"):
        model(replication=-1)


def test_a_step_after_the_last_does_nothing():
    made = run_out(model())
    before = made.state
    made.step()
    assert made.state is before
    assert len(made.datacollector.model_vars["year"]) == PLACE.calendar.quarters


def test_year_and_season_are_those_simulated():
    made = model()
    assert (made.year, made.season) == (PLACE.calendar.start, 0)
    for _ in range(5):
        made.step()
    assert (made.year, made.season) == (PLACE.calendar.start + 1, 1)


def test_batch_run():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        rows = mesa.batch_run(
            sim.JointDevelopmentModel,
            {"scenario": [PLACE], "arm": ["no_policy", "pool"], "replication": range(2)},
            display_progress=False,
        )
    ends = {(row["arm"], row["replication"]): row["earned_income"] for row in rows}
    assert len(ends) == 4
    for (arm, replication), income in ends.items():
        assert income == run_out(model(arm, replication=replication)).state.earned_last_year.mean()


def test_a_model_that_nobody_holds_is_forgotten():
    made = model()
    made.step()
    held = weakref.ref(made)
    del made
    gc.collect()
    assert held() is None


def test_agents_are_numbered_from_one_in_every_model():
    numbers = [agent.unique_id for agent in model().agents]
    assert numbers == [agent.unique_id for agent in model().agents]
    assert numbers[0] == 1
    assert len(set(numbers)) == len(numbers)


def test_other_agents_of_the_researchers_own_act_too():
    class Observer(mesa.Agent):
        steps = 0

        def step(self):
            self.steps += 1

    made = model()
    observer = Observer(made)
    run_out(made)
    assert observer.steps == PLACE.calendar.quarters
