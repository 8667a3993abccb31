"""A package taken apart from stored runs: numbers by hand, failed runs, coalitions that are missing, what is left out."""

import numpy as np
import pytest

from sim.analysis.decomposition import DecompositionError, decompose
from sim.experiment.coalitions import all_coalitions, coalitions_of, drawn_orders
from tests.stored_runs import stored

MEMBERS = ("a", "b", "c")
BASE = np.array([5.0, 9.0, 7.0, 6.0])
"""Earned income without policy, by replication."""
NOISE = np.array([0.1, -0.1, 0.2, -0.2])


def effect(coalition):
    """a brings 2, b 1, both 1 more: synergy; c nothing."""
    has_a, has_b = coalition & 1, coalition >> 1 & 1
    return 2.0 * has_a + 1.0 * has_b + 1.0 * (has_a and has_b)


def cost(coalition):
    return 100.0 * (coalition & 1) + 50.0 * (coalition >> 1 & 1)


def runs(coalition, extra=0.0, paid=True):
    """What a adds goes with the noise."""
    income = BASE + effect(coalition) + NOISE * (coalition & 1) + extra
    return [{"earned_income": value, "cost": cost(coalition) if paid else 0.0} for value in income]


def rows(coalitions=None, orders=(), replace=None, companion=False, members=MEMBERS):
    coalitions = all_coalitions(len(members)) if coalitions is None else coalitions
    made = {}
    for point, coalition in enumerate(coalitions):
        made[point, "no_policy"] = [{"earned_income": value} for value in BASE]
        made[point, "package"] = runs(coalition)
        if companion:
            made[point, "package@same_money"] = runs(0, extra=0.01 * cost(coalition))
    made |= replace or {}
    points = {member: [float(c >> place & 1) for c in coalitions] for place, member in enumerate(members)}
    design = {"arm": "package", "members": list(members), "orders": [list(order) for order in orders]}
    facts = {"columns": {"coordinates": list(members), "place": []}, "method": "coalitions", "design": design}
    return stored(made, ("earned_income",), points, **facts)


def taken_apart(made, **options):
    found, _ = decompose(made, **options)
    return {(of.outcome, of.against): of for of in found}


def test_numbers_by_hand():
    found = taken_apart(rows())["earned_income", "no_policy"]
    # a: 2 and half of the synergy, b: 1 and half of it; c nothing
    assert found.values.estimate == pytest.approx([2.5, 1.5, 0.0])
    assert found.values.verdict == ["positive", "positive", "identical"]
    assert found.alone.estimate == pytest.approx([2.0, 1.0, 0.0])
    assert found.last.estimate == pytest.approx([3.0, 2.0, 0.0])
    assert found.interactions.estimate == pytest.approx([1.0, 0.0, 0.0])
    assert found.total.mean == pytest.approx(4.0)
    assert found.gap < 1e-12
    assert found.empty_gap == 0.0
    assert found.shares.estimate == pytest.approx([0.625, 0.375, 0.0])
    assert (found.n, found.failed, found.unequal, found.coalitions, found.orders) == (4, 0, 0, 8, 0)
    # 10 villages: 2.5 x 10 a year for 100 万元, 1.5 x 10 for 50
    assert found.gain_per_100 is not None
    assert found.gain_per_100.estimate[:2] == pytest.approx([25.0, 30.0])
    assert np.isnan(found.gain_per_100.estimate[2])
    assert found.gain_per_100.notes == ("", "", "no public cost")


def test_public_cost_is_attributed_the_same_way():
    found = taken_apart(rows())["public_cost", "no_policy"]
    assert found.values.estimate == pytest.approx([100.0, 50.0, 0.0])
    assert found.unit == "万元"
    assert found.gain_per_100 is None


def test_against_the_same_money():
    found = taken_apart(rows(companion=True))
    assert set(found) == {
        ("earned_income", "no_policy"),
        ("public_cost", "no_policy"),
        ("earned_income", "package@same_money"),
    }
    # the companion gains 0.01 per 万元: 1 for a, 0.5 for b
    assert found["earned_income", "package@same_money"].values.estimate == pytest.approx([1.5, 1.0, 0.0])


def test_a_replication_that_failed_anywhere_is_left_out_everywhere():
    broken = runs(3)
    broken[1] = None
    made = rows(replace={(all_coalitions(3).index(3), "package"): broken})
    found = taken_apart(made)["earned_income", "no_policy"]
    assert (found.n, found.failed, found.unequal) == (3, 1, 0)
    left = [0, 2, 3]
    assert found.values.estimate == pytest.approx([2.5 + NOISE[left].mean(), 1.5, 0.0])
    assert found.total.mean == pytest.approx(4.0 + NOISE[left].mean())


def test_a_failed_no_policy_run_beside_a_coalition_costs_nothing():
    broken = [None, *({"earned_income": value} for value in BASE[1:])]
    assert taken_apart(rows(replace={(0, "no_policy"): broken}))["earned_income", "no_policy"].n == 4


def test_replications_that_not_all_coalitions_have_are_left_out():
    found = taken_apart(rows(replace={(2, "package"): runs(all_coalitions(3)[2])[:3]}))["earned_income", "no_policy"]
    assert (found.n, found.failed, found.unequal) == (3, 0, 1)


def test_a_coalition_without_a_run_that_succeeded_is_named():
    point = all_coalitions(3).index(5)
    with pytest.raises(DecompositionError, match=r"no run of the coalition a \+ c has succeeded"):
        decompose(rows(replace={(point, "package"): [None] * 4}))
    point = all_coalitions(3).index(0)
    with pytest.raises(DecompositionError, match="the empty coalition"):
        decompose(rows(replace={(point, "package"): [None] * 4}))


def test_no_replication_that_succeeded_everywhere():
    halves = [[None, None, *runs(7)[2:]], [*runs(6)[:2], None, None]]
    made = rows(replace={(0, "package"): halves[0], (all_coalitions(3).index(6), "package"): halves[1]})
    with pytest.raises(DecompositionError, match="no replication has succeeded at every coalition"):
        decompose(made)


def test_a_coalition_that_is_not_among_the_points_is_named():
    fewer = [coalition for coalition in all_coalitions(3) if coalition != 6]
    with pytest.raises(DecompositionError, match=r"the coalition b \+ c is missing"):
        decompose(rows(fewer))


def test_one_replication_has_no_intervals():
    one = {(point, "package"): runs(coalition)[:1] for point, coalition in enumerate(all_coalitions(3))}
    found = taken_apart(rows(replace=one))["earned_income", "no_policy"]
    assert found.values.estimate == pytest.approx([2.6, 1.5, 0.0])
    assert np.isnan(found.values.low).all()
    assert set(found.values.verdict) == {"no interval"}
    assert np.isnan(found.shares.estimate).all()


def test_outcomes_without_numbers_are_said():
    made = rows()
    made = made._replace(runs=made.runs.append_column("gini", made.runs["earned_income"].cast("float64")))
    blank = made.runs.set_column(made.runs.column_names.index("gini"), "gini", [[None] * made.runs.num_rows])
    blank = blank.cast(made.runs.schema)
    found, empty = decompose(made._replace(runs=blank))
    assert empty == ["gini"]
    assert [of.outcome for of in found] == ["earned_income", "public_cost"]


def test_drawn_orders_have_their_error_beside_the_interval():
    members = tuple("abcdefgh")
    orders = drawn_orders(8, 6, 1)
    coalitions = coalitions_of(orders, 8, interactions=True)
    found = taken_apart(rows(coalitions, orders, members=members))["earned_income", "no_policy"]
    assert found.values.estimate.sum() == pytest.approx(4.0)
    assert found.orders == 6
    assert found.values.orders_error[2:] == pytest.approx(np.zeros(6), abs=1e-9)
    # an order and its reverse: a has b behind it in exactly one of them, so its average is exact
    assert found.values.estimate[:2] == pytest.approx([2.5, 1.5])
    assert found.values.orders_error[:2] == pytest.approx(np.zeros(2), abs=1e-9)
    assert np.isnan(found.interactions.estimate).any()


def test_a_verdict_must_hold_by_two_errors_of_drawing():
    from sim.analysis.decomposition import Estimates

    def verdict(error):
        return Estimates(*(np.array([value]) for value in (1.0, 0.5, 1.5, error))).verdict[0]

    assert verdict(0.0) == verdict(0.2) == "positive"
    assert verdict(0.3) == "undecided"
    assert verdict(np.nan) == "no interval"


def test_intervals_cover_the_true_values():
    rng, missed, studies = np.random.default_rng(5), 0, 60
    coalitions = all_coalitions(3)
    for _ in range(studies):
        shocks = rng.standard_normal((3, 25)) * np.array([[1.0], [0.5], [2.0]])
        base = rng.standard_normal(25)
        made = {}
        for point, coalition in enumerate(coalitions):
            inside = np.array([coalition >> place & 1 for place in range(3)])
            income = base + effect(coalition) + inside @ shocks
            made[point, "no_policy"] = [{"earned_income": value} for value in base]
            made[point, "package"] = [{"earned_income": value} for value in income]
        found = taken_apart(rows(replace=made))["earned_income", "no_policy"].values
        missed += bool(np.any((found.low > [2.5, 1.5, 0.0]) | (found.high < [2.5, 1.5, 0.0])))
    assert missed / studies <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / studies)
