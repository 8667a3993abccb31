"""Scenario discovery: verdicts by point, failed runs, chance, stability, several boxes."""

import numpy as np
import pytest

from sim.analysis.discovery import Question, discover, judge, searchable
from sim.analysis.prim import Limit
from tests.stored_runs import earning, stored

NOISE = np.array([-0.3, 0.1, 0.2, 0.0])


def sweep(gains, points, outcomes=("earned_income",), replace=None):
    """A sweep of two arms; the pool adds a gain at each point, with noise of its own."""
    runs = {}
    for point, gain in enumerate(gains):
        runs |= {(point, "no_policy"): earning(5.0, 5.0, 5.0, 5.0, gini=0.3)}
        runs |= {(point, "pool"): earning(*(5.0 + gain + NOISE), gini=0.3 + gain)}
    return stored(
        runs | (replace or {}),
        outcomes,
        points,
        columns={"place": [], "coordinates": list(points)},
    )


def question(**options):
    few = {"resamples": 60, "permutations": 99}
    return Question("pool", "no_policy", **(few | options))


def world(points=200, seed=1):
    draws = np.random.default_rng(seed)
    rate, floor = draws.random(points), draws.random(points)
    form = [("keep", "sell", "split")[n] for n in draws.integers(0, 3, points)]
    others = {f"other{n}": draws.random(points).tolist() for n in range(4)}
    return rate, floor, np.array(form), {"rate": rate.tolist(), "floor": floor.tolist(), "form": form, **others}


def test_verdicts_of_points_and_what_is_not_known():
    replace = {(2, "pool"): earning(6.0, None, None, None), (3, "pool"): earning(None, None, None, None)}
    rows = sweep([1.0, -1.0, 1.0, 1.0, 0.05], {"rate": [0.1, 0.2, 0.3, 0.4, 0.5]}, replace=replace)
    found = judge(rows, question())
    assert found.sign.tolist() == [1, -1, 0, 0, 0]
    assert found.known.tolist() == [True, True, False, False, True]
    assert found.dropped.tolist() == [0, 0, 3, 4, 0]
    assert found.pairs.tolist() == [4, 4, 1, 0, 4]
    by_sign = judge(rows, question(by="sign"))
    assert by_sign.sign.tolist() == [1, -1, 1, 0, 1]
    assert by_sign.known.tolist() == [True, True, True, False, True]


def test_more_of_what_is_not_wanted_is_a_loss():
    rows = sweep([1.0, -1.0], {"rate": [0.1, 0.2]}, outcomes=("earned_income", "gini"))
    assert judge(rows, question(outcome="gini", by="sign")).sign.tolist() == [-1, 1]


@pytest.fixture(scope="module")
def found():
    rate, floor, form, points = world()
    losing = (rate > 0.5) & (floor < 0.7) & (form != "split")
    draws = np.random.default_rng(9)
    losing ^= draws.random(len(losing)) < 0.05
    return discover(sweep(np.where(losing, -2.0, 2.0), points), question()), losing


def test_a_planted_box_is_told_and_comes_back(found):
    made, losing = found
    assert len(made.believed) >= 1
    box = made.believed[0]
    limits = {(made.columns[limit.factor].name, limit.side) for limit in box.box}
    assert limits == {("rate", "low"), ("floor", "high"), ("form", "without")}
    form = made.columns[2]
    assert form.options == ("keep", "sell", "split")
    assert Limit(2, "without", 2) in box.box
    assert box.p_value == 0.01
    assert made.base_rate == pytest.approx(losing.mean())
    assert box.told.density > 0.85
    assert box.mean == pytest.approx(2.0 - 4.0 * box.told.density)
    assert all(shown.share > 0.9 for shown in box.stability.limits.values())
    assert {0, 1, 2} <= set(list(box.stability.factors)[:3])
    assert all(share < 0.5 for factor, share in box.stability.factors.items() if factor > 2)


def test_what_was_not_seen_is_told_with_less_confidence(found):
    box = found[0].believed[0]
    for seen, (mean, low, high) in (
        (box.told.coverage, box.stability.coverage),
        (box.told.density, box.stability.density),
    ):
        assert low <= mean <= high
        assert mean <= seen + 0.03


def test_noise_has_no_box_worth_telling():
    _, _, _, points = world()
    told = 0
    for seed in range(4):
        gains = np.where(np.random.default_rng(100 + seed).random(200) < 0.6, -2.0, 2.0)
        made = discover(sweep(gains, points), question())
        told += bool(made.believed)
        assert all(box.stability is None for box in made.boxes if not box.believed)
    assert told == 0


def test_a_second_box_is_sought_outside_the_first():
    rate, floor, _, points = world(400)
    first, second = (rate > 0.6) & (floor > 0.5), (rate < 0.25) & (floor < 0.5)
    made = discover(sweep(np.where(first | second, -2.0, 2.0), points), question())
    assert len(made.believed) == 2
    one, two = made.believed
    assert not (two.searched & ~one.searched).any()
    assert one.coverage_of_all + two.coverage_of_all == pytest.approx(1.0, abs=0.05)
    assert two.told.coverage > 0.9


def test_undecided_points_are_counted_or_left_out():
    rate, _, _, points = world()
    gains = np.where(rate > 0.7, -2.0, np.where(rate < 0.3, 2.0, 0.05))
    counted = discover(sweep(gains, points), question())
    left_out = discover(sweep(gains, points), question(undecided="left_out"))
    assert counted.used.sum() == 200
    assert left_out.used.sum() == ((rate > 0.7) | (rate < 0.3)).sum()
    assert counted.base_rate < left_out.base_rate
    undecided = discover(sweep(gains, points), question(when="undecided"))
    assert undecided.cases.sum() == ((rate <= 0.7) & (rate >= 0.3)).sum()
    box = undecided.believed[0].box
    assert (box[Limit(0, "low")], box[Limit(0, "high")]) == pytest.approx((0.3, 0.7), abs=0.05)


def test_few_points_or_few_cases_are_not_searched():
    assert not searchable(np.array([True] * 10))
    assert not searchable(np.array([True] * 4 + [False] * 60))
    assert not searchable(np.array([False] * 4 + [True] * 60))
    assert searchable(np.array([True] * 5 + [False] * 15))
    rows = sweep([1.0] * 30, {"rate": np.linspace(0, 1, 30).tolist()})
    assert discover(rows, question()).boxes == ()


def test_the_same_question_has_the_same_answer():
    rate, _, _, points = world(80)
    rows = sweep(np.where(rate > 0.5, -2.0, 2.0), points)
    one, other = (discover(rows, question()).boxes[0] for _ in range(2))
    assert (one.box, one.p_value, one.stability) == (other.box, other.p_value, other.stability)
