"""Shares: Wilson against scipy, harm by hand."""

import numpy as np
import pytest
from scipy import stats

from sim.statistics import probability_of_harm, wilson


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (3, 20), (20, 20)])
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_wilson(hits: int, n: int, confidence: float) -> None:
    expected = stats.binomtest(hits, n).proportion_ci(confidence, method="wilson")
    assert wilson(hits, n, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_no_share(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(hits, n)


def test_harm_by_hand() -> None:
    # two of four are below zero; ties are none of them
    found = probability_of_harm(np.array([-2.0, -1.0, 0.0, 5.0]))
    assert (found.mean, found.n, found.method) == (0.5, 4, "wilson")
    assert (found.low, found.high) == pytest.approx(wilson(2, 4))


def test_a_tie_is_no_harm() -> None:
    assert probability_of_harm(np.array([-1e-12, -1e-9, -1.0, 1.0]), tie=1e-9).mean == 0.25


def test_no_harm_seen_is_not_no_harm() -> None:
    found = probability_of_harm(np.ones(20))
    assert (found.mean, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.161, abs=1e-3)


def test_a_failed_run_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        probability_of_harm(np.array([1.0, np.nan]))
