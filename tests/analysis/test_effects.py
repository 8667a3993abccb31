"""Effects at design points: numbers worked by hand, failed runs, families, and what must always hold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.across_points import across_points, with_coordinates
from sim.analysis.effects import ask, effects
from sim.analysis.stored import cells_by_point, failed_runs
from sim.statistics import Interval, ratio_interval, simultaneous_t_intervals, t_interval
from sim.store import ResultFolderError
from tests.stored_runs import earning, stored

BASE = earning(1.0, 2.0, 3.0)


def row(found, arm, against, outcome="earned_income", point=0):
    at = (found.design_point == point) & (found.arm == arm) & (found.against == against) & (found.outcome == outcome)
    assert at.sum() == 1
    return found[at].iloc[0]


def of(rows, **asked):
    return effects(rows, ask(rows, **asked))


def test_a_difference_by_hand():
    # differences 2, 4, 6: mean 4, sd 2, error 2 / sqrt(3) = 1.1547, t(2) = 4.3027: 4 -+ 4.9683
    found = of(stored({(0, "no_policy"): BASE, (0, "pool"): earning(3.0, 6.0, 9.0)}))
    line = row(found, "pool", "no_policy")
    assert (line.estimate, line.pairs, line.dropped, line.unit) == (4.0, 3, 0, "万元/village/year")
    assert (line.low, line.high) == (pytest.approx(-0.9683, abs=1e-4), pytest.approx(8.9683, abs=1e-4))
    # one difference is its own family: the interval for all at once is the same
    assert (line.low_together, line.high_together) == (pytest.approx(line.low), pytest.approx(line.high))
    assert line.verdict == "undecided"


def test_pairs_are_replications_not_arms():
    # unpaired these arms overlap widely; each replication gains 1 or 1.2
    found = of(stored({(0, "no_policy"): earning(0.0, 50.0, 9.0), (0, "pool"): earning(1.0, 51.2, 10.0)}))
    assert row(found, "pool", "no_policy").verdict == "positive"


def test_probability_of_harm_with_wilsons_interval():
    # worse in 1 of 4; Wilson at 95%: z2 = 3.8415: centre (.25 + .4802) / 1.9604 = .3725, half
    # sqrt(3.8415 x (.1875 + .2401) / 4) / 1.9604 = .3269
    found = of(stored({(0, "no_policy"): earning(1.0, 1.0, 1.0, 1.0), (0, "pool"): earning(0.0, 1.0, 2.0, 3.0)}))
    line = row(found, "pool", "no_policy")
    assert line.share_worse == 0.25
    assert (line.share_worse_low, line.share_worse_high) == (
        pytest.approx(0.0456, abs=1e-4),
        pytest.approx(0.6994, abs=1e-4),
    )


def test_worse_is_more_of_what_is_not_wanted():
    runs = {(0, "no_policy"): earning(1.0, 1.0, gini=0.2), (0, "pool"): earning(1.0, 1.0, gini=0.3)}
    line = row(of(stored(runs, ("earned_income", "gini"))), "pool", "no_policy", "gini")
    assert (line.estimate, line.share_worse, line.verdict) == (pytest.approx(0.1), 1.0, "positive")


def test_a_pair_is_dropped_and_counted_where_either_run_failed():
    runs = {
        (0, "no_policy"): earning(1.0, None, 3.0, 4.0, 5.0),
        (0, "pool"): earning(2.0, 9.0, None, 6.0, 7.0),
        (0, "grant"): earning(1.5, 2.0, 3.5, 5.0, 5.0),
    }
    rows = stored(runs)
    found = of(rows)
    pool, grant = row(found, "pool", "no_policy"), row(found, "grant", "no_policy")
    assert (pool.estimate, pool.pairs, pool.dropped) == (pytest.approx(5.0 / 3.0), 3, 2)  # 1, 2, 2
    assert (grant.estimate, grant.pairs, grant.dropped) == (pytest.approx(0.5), 4, 1)  # .5, .5, 1, 0
    assert failed_runs(rows, [0], ["no_policy", "pool", "grant"]) == {"no_policy": 1, "pool": 1}
    # no pair of runs is left out of one comparison because another one lost it, save for how they move together
    exact = t_interval(np.array([0.5, 0.5, 1.0, 0.0]))
    assert (grant.low, grant.high) == (pytest.approx(exact.low), pytest.approx(exact.high))
    assert grant.high_together - grant.low_together > grant.high - grant.low


def test_an_arm_that_always_fails_leaves_the_others_alone():
    whole = {(0, "no_policy"): BASE, (0, "grant"): earning(3.0, 6.0, 9.0)}
    broken = whole | {(0, "pool"): earning(None, None, None)}
    found = of(stored(broken))
    line = row(found, "pool", "no_policy")
    assert (line.pairs, line.dropped, line.verdict, line.note) == (0, 3, "no interval", "no pair of runs")
    assert math.isnan(line.estimate)
    alone, beside = row(of(stored(whole)), "grant", "no_policy"), row(found, "grant", "no_policy")
    assert (beside.low_together, beside.high_together) == (alone.low_together, alone.high_together)


def test_where_no_replication_is_whole_there_is_no_interval_together():
    runs = {
        (0, "no_policy"): earning(1.0, 2.0, 3.0, 4.0),
        (0, "pool"): earning(2.0, 4.0, None, None),
        (0, "grant"): earning(None, None, 4.0, 6.0),
    }
    line = row(of(stored(runs)), "pool", "no_policy")
    assert (line.estimate, line.pairs, line.verdict) == (1.5, 2, "no interval")
    assert not math.isnan(line.low)
    assert line.note.startswith("no replication in which all compared arms ran")


def test_one_replication_has_no_interval():
    line = row(of(stored({(0, "no_policy"): earning(1.0), (0, "pool"): earning(3.0)})), "pool", "no_policy")
    assert (line.estimate, line.pairs, line.verdict) == (2.0, 1, "no interval")
    assert line.note == "one replication: no interval"


def test_a_duplicate_of_the_baseline_is_exactly_zero():
    runs = {(0, "no_policy"): earning(0.1, 0.2, 0.3), (0, "nothing"): earning(0.1, 0.2, 0.3), (0, "pool"): BASE}
    found = of(stored(runs))
    line = row(found, "nothing", "no_policy")
    assert (line.estimate, line.low, line.high, line.low_together, line.high_together) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert (line.verdict, line.share_worse) == ("identical", 0.0)
    # it takes no room in the family of the others
    without = of(stored({key: of_arm for key, of_arm in runs.items() if key[1] != "nothing"}))
    assert row(found, "pool", "no_policy").high_together == row(without, "pool", "no_policy").high_together


def test_companions_are_what_arms_are_compared_with():
    arms = ("no_policy", "pool", "pool@same_money", "pool@same_management")
    rows = stored({(0, arm): earning(*np.arange(3) + place) for place, arm in enumerate(arms)})
    pairs = ask(rows).contrasts
    assert ("pool", "pool@same_money") in pairs
    assert ("pool@same_management", "pool@same_money") in pairs
    assert len(pairs) == 6
    assert ask(rows, against=["same_money"], arms=["pool"]).contrasts == (("pool", "pool@same_money"),)


def test_what_is_simulated_and_not_stored_is_named():
    rows = stored({(0, "pool"): BASE}, simulated_arms=["no_policy", "pool", "pool@same_money"])
    assert ask(rows).contrasts == ()
    assert ask(rows).unstored == (("pool", "no_policy"), ("pool", "pool@same_money"))


def test_gain_per_100_is_a_ratio_of_sums_over_all_villages():
    # gains 1, 1.1, .9 a village, 10 villages, for 200, 210 and 190 万元: 30 a year for 600, 5 per 100
    base, cost = earning(1.0, 2.0, 3.0), (200.0, 210.0, 190.0)
    pool = [{"earned_income": e, "cost": c} for e, c in zip((2.0, 3.1, 3.9), cost, strict=True)]
    line = row(of(stored({(0, "no_policy"): base, (0, "pool"): pool})), "pool", "no_policy", "gain_per_100")
    exact = ratio_interval(100.0 * 10.0 * np.array([1.0, 1.1, 0.9]), np.array(cost))
    assert line.estimate == pytest.approx(5.0)
    assert (line.low, line.high) == (pytest.approx(exact.low), pytest.approx(exact.high))
    assert (line.pairs, line.note, line.verdict) == (3, "", "")


def test_gain_per_100_says_why_there_is_none():
    runs = {(0, "no_policy"): BASE, (0, "free"): earning(2.0, 3.0, 4.1), (0, "vain"): earning(1.1, 1.9, 3.0, cost=9.0)}
    found = of(stored(runs))
    assert row(found, "free", "no_policy", "gain_per_100").note == "no public cost"
    assert row(found, "vain", "no_policy", "gain_per_100").note.startswith("no gain")


def test_losers_are_a_level_and_stand_beside_what_they_are_measured_against():
    names = ("earned_income", "share_of_losers_poorest", "share_of_losers_same_money_richest")
    own = {names[1]: 0.25, names[2]: 0.5}
    runs = {(0, arm): earning(1.0, 2.0, **own) for arm in ("no_policy", "pool", "pool@same_money")}
    found = of(stored(runs, names))
    assert row(found, "pool", "no_policy", names[1]).estimate == 0.25
    assert row(found, "pool", "pool@same_money", names[2]).estimate == 0.5
    assert found[(found.outcome == names[1]) & (found.against == "pool@same_money")].empty


def test_public_cost_is_a_level():
    runs = {(0, "no_policy"): BASE, (0, "pool"): earning(1.0, 2.0, 3.0, cost=200.0)}
    line = row(of(stored(runs)), "pool", "", "public_cost")
    assert (line.estimate, line.low, line.high, line.unit) == (200.0, 200.0, 200.0, "万元")


def test_a_run_that_is_there_twice_is_refused():
    rows = stored({(0, "no_policy"): BASE, (0, "pool"): BASE})
    import pyarrow as pa

    twice = rows._replace(runs=pa.concat_tables([rows.runs, rows.runs.slice(0, 1)]))
    with pytest.raises(ResultFolderError, match="there twice"):
        of(twice)


def test_design_points_may_have_other_numbers_of_replications():
    runs = {(0, "no_policy"): BASE, (0, "pool"): earning(2.0, 3.0, 4.0)}
    runs |= {(7, "no_policy"): BASE + BASE, (7, "pool"): BASE + BASE}
    found = of(stored(runs))
    assert (row(found, "pool", "no_policy").pairs, row(found, "pool", "no_policy", point=7).pairs) == (3, 6)
    assert row(found, "pool", "no_policy").dropped == 0
    assert row(of(stored(runs), design_points=[7]), "pool", "no_policy", point=7).estimate == 0.0


def test_all_design_points_together():
    # gains of -1, 0 (in every replication), 1 and 2 that are clear, and one that is not
    gains = [(-1.0, -1.1, -0.9), (0.0, 0.0, 0.0), (1.0, 1.1, 0.9), (2.0, 2.1, 1.9), (3.0, -3.0, 1.0)]
    base = np.array([1.0, 2.0, 3.0])
    runs = {}
    for point, gain in enumerate(gains):
        runs |= {(point, "no_policy"): earning(*base), (point, "pool"): earning(*(base + gain))}
    found = across_points(of(stored(runs)))
    line = found.iloc[0]
    assert len(found) == 1
    assert (line.points, line.above, line.below, line.contains_zero, line.identical) == (5, 0.4, 0.2, 0.2, 0.2)
    assert (line.least, line.least_at, line.greatest, line.greatest_at) == (
        pytest.approx(-1.0),
        0,
        pytest.approx(2.0),
        3,
    )


def test_coordinates_stand_after_the_design_point():
    runs = {(point, arm): BASE for point in (0, 1) for arm in ("no_policy", "pool")}
    rows = stored(runs, points={"rate": [0.1, 0.3]})
    found = with_coordinates(of(rows), rows)
    assert list(found.columns[:4]) == ["design_point", "scenario", "rate", "arm"]
    assert set(found[found.design_point == 1].rate) == {0.3}


def test_many_design_points_are_read_in_parts(monkeypatch):
    import sim.analysis.stored as module

    generator = np.random.default_rng(3)
    runs = {
        (point, arm): earning(*generator.normal(size=4))
        for point in range(7)
        for arm in ("no_policy", "pool", "pool@same_money")
    }
    whole = of(stored(runs))
    monkeypatch.setattr(module, "POINTS_AT_ONCE", 2)
    parts = of(stored(runs))
    assert whole.equals(parts)
    sizes = [len(cells.points) for cells in cells_by_point(stored(runs).runs, ["pool"], ["earned_income"], range(7))]
    assert sizes == [2, 2, 2, 1]


number = st.floats(-100.0, 100.0, allow_nan=False).map(lambda value: round(value, 3))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(number, number, number, number), min_size=2, max_size=9))
def test_intervals_are_those_of_the_definition_and_together_is_never_narrower(values):
    columns = np.array(values).T
    arms = ("no_policy", "pool", "pool@same_money", "grant")
    found = of(stored({(0, arm): earning(*column) for arm, column in zip(arms, columns, strict=True)}))
    pairs = [
        ("pool", "no_policy"),
        ("pool", "pool@same_money"),
        ("pool@same_money", "no_policy"),
        ("grant", "no_policy"),
    ]
    places = [(arms.index(arm), arms.index(against)) for arm, against in pairs]
    differences = np.stack([columns[a] - columns[b] for a, b in places], axis=1)
    differences[np.abs(differences) <= 1e-9] = 0.0
    together = simultaneous_t_intervals(differences)
    for (arm, against), column, wide in zip(pairs, differences.T, together, strict=True):
        line, narrow = row(found, arm, against), t_interval(column)
        seen = Interval(line.estimate, line.low, line.high, line.pairs)
        assert (seen.mean, seen.low, seen.high) == pytest.approx((narrow.mean, narrow.low, narrow.high), abs=1e-9)
        assert (line.low_together, line.high_together) == pytest.approx((wide.low, wide.high), abs=1e-9)
        assert line.low_together <= line.low + 1e-9
        assert line.high_together >= line.high - 1e-9
        assert line.share_worse == np.mean(column < 0.0)
        assert line.share_worse_low - 1e-12 <= line.share_worse <= line.share_worse_high + 1e-12


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(number, number, number, st.integers(0, 7)), min_size=3, max_size=9),
    st.floats(0.5, 20.0),
)
def test_failed_runs_never_leak_into_numbers(values, scale):
    """With holes: n counts whole pairs, the estimate is their mean, and units carry through."""
    arms = ("no_policy", "pool", "grant")

    def runs(factor):
        return {
            (0, arm): [None if line[3] >> place & 1 else {"earned_income": factor * line[place]} for line in values]
            for place, arm in enumerate(arms)
        }

    found, scaled = of(stored(runs(1.0))), of(stored(runs(scale)))
    for place, arm in enumerate(arms[1:], start=1):
        pairs = [line[place] - line[0] for line in values if not line[3] & (1 | 1 << place)]
        line, other = row(found, arm, "no_policy"), row(scaled, arm, "no_policy")
        assert (line.pairs, line.dropped) == (len(pairs), len(values) - len(pairs))
        if pairs:
            assert line.estimate == pytest.approx(np.mean(pairs), abs=1e-9)
        if not math.isnan(line.low_together):
            assert line.high_together - line.low_together >= (line.high - line.low) * (1.0 - 1e-9) - 1e-9
            assert other.low_together == pytest.approx(scale * line.low_together, rel=1e-6, abs=1e-6)
