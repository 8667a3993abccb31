"""The model gives the golden numbers; `make golden` writes them anew."""

import numpy as np
import pytest

from tests import golden


@pytest.mark.parametrize("case", golden.CASES)
def test_golden_numbers(case):
    before, now = golden.stored(case), golden.numbers(case)
    assert before.keys() == now.keys()
    keys = sorted(before)
    old, new = (np.array([rows[key] for key in keys]) for rows in (before, now))
    # Sums that should be nothing are not compared digit by digit: exp, log and pow differ between processors.
    moved = ~np.isclose(new, old, rtol=1e-9, atol=1e-9)
    first = [f"{keys[n]}: {old[n]:.12g} became {new[n]:.12g}" for n in np.flatnonzero(moved)[:5]]
    assert not moved.any(), f"{moved.sum()} of {len(keys)} numbers moved, among them " + "; ".join(first)
