"""The comparison on a result small enough to be calculated by hand."""

import math

import numpy as np
import pytest

from sim.analysis.comparison import (
    GAIN,
    GAIN_LEFT,
    GAIN_PER_100,
    LOSERS,
    NEVER_STOPPED,
    NO_COST,
    NO_GAIN,
    ONE_REPLICATION,
    POOREST,
    compare,
)
from sim.analysis.study import ArmData, Study, read_study
from sim.declare import PUBLIC_PAYERS
from tests import synthetic

# 2 years of burn-in, 3 with money, 3 after it: the window is 2015 to 2017
YEARS = list(range(2010, 2018))
MANIFEST = {
    "arms": ["no_policy", "pool", "pool@same_money"],
    "replications": 3,
    "years": YEARS,
    "villages": 3,
    "calendar": {"start": 2010, "burn_in_years": 2, "policy_years": 3, "after_years": 3},
    "policy_active_years": {"pool": [2012, 2013, 2014], "pool@same_money": [2012, 2013, 2014]},
    "outcomes": ["earned_income", "gini"],
}
BASE = np.array([1.0, 2.0, 6.0])  # 万元 a village and year without policy: village 0 is the poorest third


def arm(name, during, after, cost, gini=0.0):
    """``during`` and ``after``: what each replication adds to each village, replications x villages."""
    earned = np.broadcast_to(BASE, (3, 8, 3)).copy()
    earned[:, 2:5] += np.array(during)[:, None, :]
    earned[:, 5:] += np.array(after)[:, None, :]
    terciles = np.broadcast_to(np.arange(3, dtype=np.int8), (3, 3))
    outcomes = {"earned_income": earned[:, 5:].mean(axis=(1, 2)), "gini": np.full(3, gini)}
    costs = dict.fromkeys(PUBLIC_PAYERS, np.zeros(3)) | {"county": np.full(3, float(cost))}
    return ArmData(name, outcomes, costs, earned, terciles)


NOTHING = np.zeros((3, 3))
# replications gain 3, 6 and 9 万元 a year after the money, all villages together; village 1 loses 1 in each
AFTER = [[4.0, -1.0, 0.0], [4.0, -1.0, 3.0], [4.0, -1.0, 6.0]]
DURING = [[4.0, 0.0, 2.0], [4.0, 0.0, 5.0], [4.0, 0.0, 15.0]]  # 6, 9 and 19
SAME = [[2.0, 0.0, 0.0], [2.0, 0.0, 2.0], [2.0, 0.0, 7.0]]  # 2, 4 and 9


def rows(manifest=MANIFEST, **arms):
    data = {"no_policy": arm("no_policy", NOTHING, NOTHING, 0)}
    data |= {"pool": arm("pool", DURING, AFTER, 200, gini=0.3)}
    data |= {"pool@same_money": arm("pool@same_money", DURING, SAME, 200, gini=0.2)} | arms
    return {(row.arm, row.against, row.outcome): row for row in compare(Study(manifest, data))}


def test_difference_to_no_policy():
    # gains per village 3/3, 6/3, 9/3: mean 2, sd 1, error 1/sqrt(3) = .5774, t(2) = 4.3027: 2 -+ 2.4841
    row = rows()["pool", "no_policy", "earned_income"]
    assert (row.mean, row.difference, row.n, row.share_worse) == (5.0, pytest.approx(2.0), 3, 0.0)
    assert (row.low, row.high) == (pytest.approx(-0.4841, abs=1e-3), pytest.approx(4.4841, abs=1e-3))


def test_difference_to_the_same_money():
    # per village 1/3, 2/3 and 0: the last one is a tie, not worse
    row = rows()["pool", "pool@same_money", "earned_income"]
    assert row.difference == pytest.approx(1.0 / 3.0)
    assert row.share_worse == 0.0


def test_worse_depends_on_what_is_better():
    row = rows()["pool", "pool@same_money", "gini"]
    assert (row.difference, row.share_worse) == (pytest.approx(0.1), 1.0)
    assert rows()["pool@same_money", "no_policy", "gini"].share_worse == 1.0


def test_gain_is_summed_over_villages():
    row = rows()["pool", "no_policy", GAIN]
    assert row.difference == pytest.approx(6.0)
    assert row.unit == "万元/year"


def test_losers_against_either_arm():
    # against no policy village 1 of three; against the same money village 1 always, village 2 in the last replication
    # (6 against 7) and a gain of 1 in the second (3 against 2): 1/3, 1/3, 2/3
    found = rows()
    assert found["pool", "no_policy", LOSERS].mean == pytest.approx(1.0 / 3.0)
    row = found["pool", "pool@same_money", LOSERS]
    assert row.mean == pytest.approx(4.0 / 9.0)
    assert 0.0 <= row.low <= row.high <= 1.0


def test_poorest_third():
    assert rows()["pool", "pool@same_money", POOREST].difference == pytest.approx(2.0)  # 1 + 4 against 1 + 2


def test_gain_per_100_of_public_cost():
    # 6 万元 a year on average for 200: 3 per 100, if the gain can be told from 0
    steady = [[4.0, -1.0, 3.0], [4.0, -1.0, 2.9], [4.0, -1.0, 3.1]]
    row = rows(pool=arm("pool", DURING, steady, 200))["pool", "no_policy", GAIN_PER_100]
    assert row.mean == pytest.approx(3.0)
    assert row.low <= 3.0 <= row.high


def test_no_ratio_where_the_gain_contains_zero():
    row = rows()["pool", "no_policy", GAIN_PER_100]
    assert (math.isnan(row.mean), row.note) == (True, NO_GAIN.en)


def test_no_ratio_without_public_cost():
    row = rows(pool=arm("pool", DURING, AFTER, 0))["pool", "no_policy", GAIN_PER_100]
    assert (math.isnan(row.mean), row.note) == (True, NO_COST.en)


def test_share_of_the_gain_left():
    # 8 a year in the last three active years (2012-2014), 6 in the last three: 6/8
    during = [[4.0, 0.0, 4.0], [4.0, 0.0, 3.9], [4.0, 0.0, 4.1]]
    row = rows(pool=arm("pool", during, AFTER, 200))["pool", "no_policy", GAIN_LEFT]
    assert row.mean == pytest.approx(0.75)


def test_no_share_left_where_the_gain_with_money_contains_zero():
    # 6, 9 and 19: mean 11.33, sd 6.81, error 3.93, t 4.30: the interval reaches below 0
    row = rows()["pool", "no_policy", GAIN_LEFT]
    assert (math.isnan(row.mean), row.note) == (True, NO_GAIN.en)


def test_no_share_left_of_a_loss():
    loss = [[-4.0, 0.0, -4.0], [-4.0, 0.0, -3.9], [-4.0, 0.0, -4.1]]
    row = rows(pool=arm("pool", loss, AFTER, 200))["pool", "no_policy", GAIN_LEFT]
    assert math.isnan(row.mean)
    assert "a loss of 8 万元" in row.note


def test_no_share_left_where_the_money_never_stopped():
    active = {"policy_active_years": {"pool": list(range(2012, 2018))}}
    assert rows(MANIFEST | active)["pool", "no_policy", GAIN_LEFT].note == NEVER_STOPPED.en


def test_rounding_is_neither_gain_nor_loss():
    found = rows(pool=arm("pool", np.full((3, 3), 1e-11), np.full((3, 3), 1e-11), 10))
    row = found["pool", "no_policy", "earned_income"]
    assert (row.difference, row.low, row.high, row.share_worse) == (0.0, 0.0, 0.0, 0.0)
    assert found["pool", "no_policy", GAIN_PER_100].note == NO_GAIN.en


def test_one_replication_has_means_and_says_why_there_is_no_interval(tmp_path):
    study = read_study(synthetic.result(tmp_path / "out", replications=1).folder)
    found = {(row.arm, row.against, row.outcome): row for row in compare(study)}
    row = found["pool", "no_policy", "earned_income"]
    assert not math.isnan(row.difference)
    assert (math.isnan(row.low), row.note, row.n) == (True, ONE_REPLICATION.en, 1)
    assert found["pool", "no_policy", GAIN_PER_100].note == ONE_REPLICATION.en


def test_companions_are_compared_with_no_policy_and_one_another(tmp_path):
    study = read_study(synthetic.result(tmp_path / "out", replications=2).folder)
    assert study.references("pool") == ("no_policy", "pool@same_money", "pool@same_management")
    assert study.references("pool@same_money") == ("no_policy",)
    assert study.references("pool@same_management") == ("no_policy", "pool@same_money")
    assert study.references("no_policy") == ()
