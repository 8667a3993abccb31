"""Verdicts on numbers small enough to be checked by hand."""

import math

import numpy as np
import pytest

from sim.analysis.forms import (
    FEW_LOSE,
    IDENTICAL,
    MOST_LOSE,
    NEGATIVE,
    NO,
    NO_EFFECT,
    NO_INTERVAL,
    NOTHING,
    POSITIVE,
    UNDECIDED,
    YES,
    FormStudy,
    conclusions,
    survival,
    verdict,
)
from sim.scenario.forms import DEFAULT, EVERY_FORM, FIRST, Variant
from sim.statistics import Interval

VARIANTS = (
    Variant(0, DEFAULT, "", {}),
    Variant(1, "joint_manager", "average", {"joint_manager": "average"}),
    Variant(2, "joint_manager", "centre_village", {"joint_manager": "centre_village"}),
    Variant(3, "after_money", "dissolve", {"after_money": "dissolve"}),
    Variant(4, EVERY_FORM, FIRST, {"joint_manager": "average", "after_money": "dissolve"}),
)
SAME = np.array([10.0, 12.0, 11.0])
LESS = np.array([[-1.0, -2.0, -3.0], [1.0, 2.0, 3.0], [-1.0, 0.0, 2.0], [-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0]])
SHARES = np.array([[0.9, 0.8, 0.9], [0.1, 0.0, 0.1], [0.4, 0.5, 0.7], [0.9, 0.8, 0.9], [0.9, 0.9, 0.9]])


def study(less=LESS, shares=SHARES, replications=3):
    """One arm and its companion; in replication r of variant v the arm earns SAME + less[v, r] (times 3)."""
    less = 3.0 * less
    numbers = {}
    for v in range(len(less)):
        numbers[v, "no_policy"] = _of(SAME - 20.0, np.zeros(3), np.full(3, np.nan))
        numbers[v, "pool@same_money"] = _of(SAME + v, np.zeros(3), np.full(3, np.nan))
        numbers[v, "pool"] = _of(SAME + v + less[v], np.zeros(3), shares[v])
    arms = ("no_policy", "pool", "pool@same_money")
    numbers = {key: {name: values[:replications] for name, values in of.items()} for key, of in numbers.items()}
    return FormStudy(VARIANTS[: len(less)], arms, arms, numbers)


def _of(earned, losers, losers_same_money):
    return {
        "earned_income": earned,
        "share_of_losers": losers,
        "share_of_losers_same_money": losers_same_money,
        "public_cost_county": np.zeros(3),
    }


def rows(outcome="earned_income", against="pool@same_money", **made):
    return [
        row for row in conclusions(study(**made)) if (row.arm, row.against, row.outcome) == ("pool", against, outcome)
    ]


def test_estimate_interval_and_change_are_paired():
    default, average, *_ = rows()
    # -3, -6, -9: mean -6, sd 3, t(2) = 4.303: 6 +- 4.303 * 3 / sqrt(3) = 7.453
    assert (default.estimate, default.low) == (-6.0, pytest.approx(-13.453, abs=1e-3))
    assert (default.change, default.survives, default.n) == (0.0, "", 3)
    assert (average.estimate, average.change) == (6.0, 12.0)
    # 6, 12, 18: 12 +- 4.303 * 6 / sqrt(3)
    assert average.change_low == pytest.approx(12.0 - 14.905, abs=1e-3)


def test_the_default_decides_what_survives():
    less = LESS - np.array([[4.0], [-4.0], [4.0], [4.0], [0.0]])  # far from 0, but for variant 2 against its spread
    default, average, centre, dissolve, every = rows(less=less)
    assert [row.verdict for row in (default, average, dissolve, every)] == [NEGATIVE, POSITIVE, NEGATIVE, NEGATIVE]
    assert [row.survives for row in (default, average, dissolve)] == ["", NO, NO_EFFECT]
    assert centre.survives == (YES if centre.verdict == NEGATIVE else NO)
    assert every.survives == YES


def test_a_variant_that_changes_no_replication_of_the_difference_has_no_effect():
    # variant 3 shifts the arm and its companion alike: nothing of this comparison changes
    assert rows()[3].survives == NO_EFFECT
    # against no policy the shift counts
    assert rows(against="no_policy")[3].survives != NO_EFFECT


def test_rounding_is_no_effect():
    less = LESS.copy()
    less[3] += 1e-11
    assert rows(less=less)[3].survives == NO_EFFECT


def test_losers_are_judged_against_one_half_and_counted_against_their_own_reference():
    default, average, centre, dissolve, every = rows(outcome="share_of_losers_same_money")
    assert [row.verdict for row in (default, average, centre)] == [MOST_LOSE, FEW_LOSE, UNDECIDED]
    assert default.estimate == pytest.approx(2.6 / 3)
    assert [row.survives for row in (average, centre, dissolve, every)] == [NO, NO, NO_EFFECT, YES]
    assert rows(outcome="share_of_losers_same_money", against="no_policy") == []
    assert rows(outcome="share_of_losers") == []
    assert [row.verdict for row in rows(outcome="share_of_losers", against="no_policy")] == [FEW_LOSE] * 5


def test_together_is_never_narrower():
    for row in rows():
        assert row.low_together <= row.low
        assert row.high <= row.high_together


def test_identical_arms_are_called_so():
    for row in rows(less=np.zeros((5, 3))):
        assert row.verdict == row.verdict_together == IDENTICAL


def test_one_replication_concludes_nothing():
    default, average, *_ = rows(replications=1)
    assert (default.estimate, default.verdict) == (-3.0, NO_INTERVAL)
    assert math.isnan(default.low)
    assert average.survives == NOTHING


@pytest.mark.parametrize(
    ("low", "high", "found"), [(0.1, 1, POSITIVE), (-1, -0.1, NEGATIVE), (-1, 1, UNDECIDED), (0, 0, IDENTICAL)]
)
def test_verdicts(low, high, found):
    assert verdict(Interval((low + high) / 2, low, high, 9)) == found


@pytest.mark.parametrize(
    ("default", "found", "effect", "said"),
    [
        (NEGATIVE, NEGATIVE, True, YES),
        (NEGATIVE, UNDECIDED, True, NO),
        (POSITIVE, NEGATIVE, True, NO),
        (UNDECIDED, NEGATIVE, True, NOTHING),
        (UNDECIDED, UNDECIDED, True, NOTHING),
        (UNDECIDED, UNDECIDED, False, NO_EFFECT),
        (NEGATIVE, NEGATIVE, False, NO_EFFECT),
        (IDENTICAL, POSITIVE, True, NO),
    ],
)
def test_survival(default, found, effect, said):
    assert survival("joint_manager", default, found, effect) == said
    assert survival(DEFAULT, default, found, effect) == ""
