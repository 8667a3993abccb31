"""Tax sharing 镇村税收分成: who gets what, how hard villages try, and that tax is moved and never made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.declare import PUBLIC_PAYERS
from sim.groups import groups
from sim.mechanisms import enterprises, tax_sharing
from sim.mechanisms.tax_sharing import BASES, EFFORTS, RECIPIENTS
from sim.state import Quarter
from tests import scenarios_for_tests as small
from tests.mechanisms.test_enterprises import firms
from tests.scenarios_for_tests import array, block, by_payer

TOTAL, INCREMENT = (float(list(BASES).index(name)) for name in ("total", "increment"))
HOST, COUNCIL = (float(list(RECIPIENTS).index(name)) for name in ("host", "council"))
TOWN = PUBLIC_PAYERS.index("town")
OPENS, MIDDLE, CLOSES = (Quarter(8 + season, 2012, season) for season in (0, 1, 3))

# ---- the rules ----


def test_eligible_tax_by_hand():
    # 40 x .75 = 30;   above a base of 15: 25, above 5 only 30 of 35, below the base nothing
    tax, young = array(40, 40, 40, 40), array(0.75, 0.75, 0.75, 0.75)
    assert tax_sharing.eligible_tax(tax, young, array(15, 15, 5, 50), array(TOTAL, INCREMENT, INCREMENT, INCREMENT))[
        0
    ].tolist() == [30, 25, 30, 0]


def test_receipts_by_hand():
    # a council of three, two of them in scope, 12 + 0 due: 6 each;   a village on its own keeps its 7
    members, covered = groups(np.array([[0, 0, 0, -1]])), np.array([[True, True, False, True]])
    due = array(12, 0, 0, 7)
    assert tax_sharing.receipts(due, covered, array(COUNCIL), members).tolist() == [[6, 6, 0, 7]]
    assert tax_sharing.receipts(due, covered, array(HOST), members).tolist() == [[12, 0, 0, 7]]
    share = array(0.4, 0.4, 0, 0.4)
    assert tax_sharing.kept_share(share, covered, array(COUNCIL), members).tolist() == [[0.2, 0.2, 0, 0.4]]
    assert tax_sharing.kept_share(share, covered, array(HOST), members).tolist() == [[0.4, 0.4, 0, 0.4]]


def test_effort_by_hand():
    # .2 x 5 x 4 / 8 = .5, its cost 8 x .25 / 2 = 1;   .5 x 10 x 8 / 8 = 5, at most 2
    effort = tax_sharing.wanted_effort(array(0.2, 0.5, 0), array(5, 10, 5), array(4, 8, 4), array(8))
    assert effort.tolist() == [[0.5, 2, 0]]
    assert tax_sharing.effort_cost(effort, array(8)).tolist() == [[1, 16, 0]]


@given(kept=st.floats(0.01, 1), term=st.floats(1, 10), added=st.floats(0.01, 5), cost=st.floats(5, 20))
def test_effort_is_the_best_answer_of_a_village(kept, term, added, cost):
    def payoff(effort):
        return kept * term * added * effort - tax_sharing.effort_cost(effort, cost)

    best = tax_sharing.wanted_effort(array(kept), array(term), array(added), array(cost))[0, 0]
    assert payoff(best) >= max(payoff(effort) for effort in np.linspace(0, 2, 41)) - 1e-9


@given(
    tax=st.lists(st.floats(0, 1000), min_size=4, max_size=4),
    young=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    share=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    base=st.floats(0, 500),
    basis=st.sampled_from([TOTAL, INCREMENT]),
    recipient=st.sampled_from([HOST, COUNCIL]),
)
def test_a_town_never_hands_on_more_than_it_got(tax, young, share, base, basis, recipient):
    members = groups(np.array([[0, 0, -1, 0]]))
    due = array(*share) * tax_sharing.eligible_tax(array(*tax), array(*young), array(base), array(basis))
    covered = array(*share) > 0
    got = tax_sharing.receipts(due, covered, array(recipient), members)
    assert np.all(due <= array(*tax))
    assert got.sum() == pytest.approx(due.sum())
    assert np.all(got[~covered] == 0)


# ---- total income of town and villages as a function of the share, from the equations ----


def total_income(share: float, *, response: float, cost: float, elasticity: float = 0.5) -> float:
    """Local tax of a town less what its villages spend on effort, 万元 a year, where everything has settled.

    27 villages at default values but these; the share is of the tax of firms in their first five years.
    """
    p = small.given(enterprises, effort_response=response, park_elasticity=elasticity)
    settled, villages, term = enterprises.settled_park(array(27), p), 27, 5.0
    park = settled
    young = 1 - np.exp(-p.exit * term)
    for _ in range(400):
        rate = p.arrivals * enterprises.park_factor(park, settled, p.park_elasticity)
        effort = tax_sharing.wanted_effort(
            array(share), array(term), rate * p.effort_response * p.tax_per_firm, array(cost)
        )
        tax = villages * rate * (1 + p.effort_response * effort) * p.tax_per_firm / -np.expm1(-p.exit)
        spent = enterprises.park_spending(p.base_fiscal, tax, share * young * tax, p.park_share)
        park = 0.9 * park + 0.1 * spent / p.park_depreciation
    return float((tax - villages * tax_sharing.effort_cost(effort, array(cost)))[0, 0])


SHARES = np.linspace(0, 1, 41)


def test_a_strong_response_has_an_inner_optimum():
    incomes = [total_income(share, response=4, cost=2, elasticity=0.9) for share in SHARES]
    best = int(np.argmax(incomes))
    assert 0 < SHARES[best] < 0.9
    assert incomes[best] > 1.5 * incomes[0]
    assert incomes[-1] < 0.97 * incomes[best]


def test_a_weak_response_loses_from_the_first_yuan():
    incomes = [total_income(share, response=0.1, cost=15, elasticity=0.9) for share in SHARES]
    assert np.all(np.diff(incomes) < 0)


# ---- step ----


def parameters(share=(0.5, 0.5), recipient=HOST, basis=TOTAL, term=3.0, **changes):
    def full(value):
        return array(*np.broadcast_to(value, len(share)).astype(float))

    lever = dict(share=full(share), term=full(term), basis=full(basis), recipient=full(recipient))
    return small.given(tax_sharing, **(lever | dict(effort_cost=8) | changes))


# firms of village 0: sizes 1 (came in year 0), 2 (year 1), 1 (this year, 2); tax 10 each unit
THREE = firms((0, 1, -1, 1), (0, 2, 0, 1), (0, 1, 2, 1))


def test_a_year_end_by_hand():
    # in their first three years (ages 3, 2 and 0): 3 of 4, so 30 of 40;   half of it
    state = small.village_state(**THREE, local_tax=array(40, 0))
    flows = tax_sharing.step(state, parameters(), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing.sum() == pytest.approx(15)
    assert flows.tax_sharing[0, TOWN].tolist() == [15, 0]
    assert (flows.staff, flows.effort) == (None, None)
    # with the council each member gets half of it
    flows = tax_sharing.step(state, parameters(recipient=COUNCIL), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing[0, TOWN].tolist() == [7.5, 7.5]
    # only the host is covered: nothing is kept from it
    flows = tax_sharing.step(state, parameters((0.5, 0), recipient=COUNCIL), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing[0, TOWN].tolist() == [15, 0]
    # above a base of 22 there are 18
    state = state.replace(tax_base=array(22, 0))
    flows = tax_sharing.step(state, parameters(basis=INCREMENT), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing[0, TOWN].tolist() == [9, 0]
    assert tax_sharing.step(state, parameters(), small.Draws(), MIDDLE)[1].tax_sharing is None


def test_tax_stays_in_the_town_that_received_it():
    # one council of two villages in two towns: village 0 hosts all firms, and village 1 gets nothing of that town's tax
    towns = groups(np.array([[0, 1]]))
    state = small.village_state(**THREE, local_tax=array(40, 0), towns=towns)
    flows = tax_sharing.step(state, parameters(recipient=COUNCIL), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing[0, TOWN].tolist() == [15, 0]


@pytest.mark.parametrize(("term", "paid"), [(0, 0), (0.5, 5), (2, 5), (2.5, 15), (3.5, 20)])
def test_the_term_counts_from_the_year_of_arrival(term, paid):
    # ages 3, 2, 0: sizes 1, 2, 1
    state = small.village_state(**THREE, local_tax=array(40, 0))
    flows = tax_sharing.step(state, parameters(term=term), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing[0, TOWN, 0] == pytest.approx(paid)


def test_each_village_has_its_own_term():
    # two firms of age 2 and equal size: within a term of 3 years in village 1 alone
    state = small.village_state(**firms((0, 1, 0, 1), (1, 1, 0, 1)), local_tax=array(10, 10))
    flows = tax_sharing.step(state, parameters(term=(2.0, 3.0)), small.Draws(), CLOSES)[1]
    assert flows.tax_sharing[0, TOWN].tolist() == [0, 5]


def test_effort_as_the_year_opens_by_hand():
    state = small.village_state(
        attraction_yield=array(4, 4), own_cash=array(20, 5.25), base_received=array(5, 5), attraction_effort=array(9, 9)
    )
    # .5 x 3 x 4 / 8 = .75, cost 8 x .5625 / 2 = 2.25;   .25 of free cash: effort (2 x .25 / 8)^.5 = .25
    after, flows = tax_sharing.step(state, parameters(), small.Draws(), OPENS)
    assert after.attraction_effort.tolist() == [[0.75, 0.25]]
    assert flows.effort.tolist() == [[2.25, 0.25]]
    assert flows.tax_sharing is None
    # half of a half with a council of two
    after, _ = tax_sharing.step(state, parameters(recipient=COUNCIL), small.Draws(), OPENS)
    assert after.attraction_effort.tolist() == [[0.375, 0.25]]
    # out of scope nobody tries; nor does anybody under the other form, or without cash of his own
    after, flows = tax_sharing.step(state, parameters((0.5, 0)), small.Draws(), OPENS)
    assert (after.attraction_effort.tolist(), flows.effort.tolist()) == ([[0.75, 0]], [[2.25, 0]])
    idle = parameters(tax_effort=float(EFFORTS.index("none")))
    assert tax_sharing.step(state, idle, small.Draws(), OPENS)[0].attraction_effort.tolist() == [[0, 0]]
    poor = state.replace(own_cash=array(4, 5))
    assert tax_sharing.step(poor, parameters(), small.Draws(), OPENS)[1].effort.tolist() == [[0, 0]]
    # it is decided once a year
    after, flows = tax_sharing.step(state, parameters(), small.Draws(), MIDDLE)
    assert after.attraction_effort is state.attraction_effort
    assert flows.effort is None


def test_the_base_is_last_years_tax_where_sharing_begins():
    state = small.village_state(local_tax=array(12, 30), tax_base=array(-1, -1))
    begun = tax_sharing.step(state, parameters((0.5, 0)), small.Draws(), MIDDLE)[0]
    assert begun.tax_base.tolist() == [[12, -1]]
    later = begun.replace(local_tax=array(50, 50))
    assert tax_sharing.step(later, parameters(), small.Draws(), OPENS)[0].tax_base.tolist() == [[12, 50]]
    # a tax of 0 is a base too
    none = small.village_state(local_tax=array(7, 7), tax_base=array(0, -1))
    assert tax_sharing.step(none, parameters(), small.Draws(), OPENS)[0].tax_base.tolist() == [[0, 7]]


@pytest.mark.parametrize("p", [small.given(tax_sharing), parameters((0, 0))], ids=["no policy", "zero"])
def test_after_the_end_effort_and_base_last_to_the_end_of_the_year(p):
    state = small.village_state(tax_base=array(12, -1), attraction_effort=array(0.5, 0))
    for quarter in (MIDDLE, CLOSES):
        after, flows = tax_sharing.step(state, p, small.Draws(), quarter)
        assert after is state
        assert (flows.tax_sharing, flows.staff, flows.effort) == (None, None, None)
    after, flows = tax_sharing.step(state, p, small.Draws(), OPENS)
    assert after.tax_base.tolist() == [[-1, -1]]
    assert after.attraction_effort.tolist() == [[0, 0]]
    assert flows.effort is None
    assert tax_sharing.step(after, p, small.Draws(), OPENS)[0] is after


def test_one_village_ending_beside_another_that_goes_on():
    state = small.village_state(tax_base=array(12, 3), attraction_effort=array(0.5, 0.5))
    after = tax_sharing.step(state, parameters((0.5, 0)), small.Draws(), MIDDLE)[0]
    assert after.tax_base.tolist() == [[12, 3]]
    after = tax_sharing.step(state, parameters((0.5, 0)), small.Draws(), OPENS)[0]
    assert after.tax_base.tolist() == [[12, -1]]
    assert after.attraction_effort[0, 1] == 0


def test_staff_is_charged_in_every_quarter():
    staff = by_payer(0.1, 0.1, payer=TOWN)
    for quarter in (OPENS, MIDDLE, CLOSES):
        flows = tax_sharing.step(small.village_state(), parameters(staff=staff), small.Draws(), quarter)[1]
        assert flows.staff is staff


# ---- the whole model ----

YEARS = (2, 5, 3)


def sharing(**levers):
    return block("tax_sharing", 8, 27, payer="town", **(dict(share=1.0) | levers))


def simulated(arms, **changes):
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return small.simulate(small.scenario(arms, years=YEARS, changes=dotted), replications=range(6))


def test_without_effort_tax_is_moved_and_not_made():
    # nor does the park answer: what the villages get the town lacks, and nobody else is touched
    records = simulated(
        {"arm": [sharing()]}, tax_effort="none", enterprises__park_elasticity=0, tax_sharing__staff_time=0,
        enterprises__arrivals=0.1,
    )  # fmt: skip
    before, after = records["no_policy"], records["arm"]
    # in the first year villages have not yet built anything with their share
    for name in ("operating_income", "subsidies"):
        assert np.array_equal(before.villages[name][:, :3], after.villages[name][:, :3]), name
    assert np.array_equal(before.villages["local_tax"], after.villages["local_tax"])
    got = after.villages["tax_share"]
    assert got[:, 2:7].sum() > 0
    assert not got[:, :2].any()
    assert not got[:, 7:].any()
    assert np.all(got <= after.villages["local_tax"])

    def town(records, year=2):
        # its own money: the park of the first year is not yet touched
        return records.balances["town.treasury"][:, year + 1] - records.balances["town.treasury"][:, year]

    assert town(before) - town(after) == pytest.approx(got[:, 2].sum(axis=1))


def test_the_town_of_the_companion_is_as_poor():
    records = simulated({"arm": [sharing()]}, enterprises__arrivals=0.1)
    arm, companion = records["arm"], records["arm@same_money"]
    paid = arm.public_cost["town"]
    assert paid[:, 2:7].min() > 0
    assert companion.public_cost["town"] == pytest.approx(paid)
    # the same is missing from both parks a year later; before firms answer, that is all there is
    park = [r.accounts[("town.treasury", "outside", "park", "none")] for r in (records["no_policy"], arm, companion)]
    assert park[1][:, 3] == pytest.approx(park[2][:, 3])
    assert park[0][:, 3] - park[1][:, 3] == pytest.approx(0.1 * paid[:, 2])


def test_effort_brings_firms_from_the_next_year_to_the_year_after_the_end():
    strong = dict(enterprises__effort_response=4, tax_sharing__effort_cost=2, enterprises__park_elasticity=0)
    records = simulated({"arm": [sharing()]}, **strong)
    more = records["arm"].villages["local_tax"] - records["no_policy"].villages["local_tax"]
    assert not more[:, :3].any()
    assert more.min() >= -1e-9
    assert more[:, 3:8].sum() > 0
    spent = records["arm"].accounts[("village.cash", "staff", "attraction_effort", "operating")]
    assert np.all(spent[:, 2:7].sum(axis=1) > 0)
    assert not spent[:, 7:].any()


def test_sharing_with_a_council_draws_fewer_firms():
    strong = dict(enterprises__effort_response=4, tax_sharing__effort_cost=2, enterprises__park_elasticity=0)
    records = simulated({"host": [sharing()], "council": [sharing(recipient="council")]}, **strong)
    host, council = (records[arm].villages["local_tax"].mean() for arm in ("host", "council"))
    assert records["no_policy"].villages["local_tax"].mean() < council < host


def test_a_share_of_the_increment_is_smaller():
    records = simulated({"total": [sharing()], "increment": [sharing(basis="increment")]}, tax_effort="none")
    total, increment = (records[arm].villages["tax_share"] for arm in ("total", "increment"))
    assert 0 < increment.sum() < total.sum()
