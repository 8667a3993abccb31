"""The stopping rule: looks by hand, failures, what stops at once, and that resuming decides the same."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.experiment import Until
from sim.experiment.stopping import Decision, decide, next_look, promises
from sim.statistics import Interval, mean_interval

NORMAL = np.random.Generator(np.random.PCG64(2)).normal(1.0, 1.0, 2000)
SKEWED = np.random.Generator(np.random.PCG64(2)).standard_exponential(2000) ** 2


def until(half_width: float) -> Until:
    return Until("pool", "no_policy", "earned_income", half_width)


def of_width(half: float, n: int = 20) -> Interval:
    return Interval(0.0, -half, half, n)


def test_the_next_look_by_hand() -> None:
    # half width 3 at 20, 1 asked for: 20 x 9 = 180 would do, 90 would promise it; at most doubled
    assert next_look(20, of_width(3.0), until(1.0)) == 40
    # 1.6: 51.2 would do, 25.6 promise it
    assert next_look(20, of_width(1.6), until(1.0)) == 26
    # 1.45: 21.03 would promise it; at least 5 more
    assert next_look(20, of_width(1.45), until(1.0)) == 25
    # 1.4 is below the root of 2: twice as many are to confirm it
    assert next_look(20, of_width(1.4), until(1.0)) == 40
    assert promises(of_width(1.4), until(1.0))
    assert not promises(of_width(1.45), until(1.0))


def test_too_few_that_are_ok_promise_nothing() -> None:
    assert not promises(None, until(1.0))
    assert not promises(of_width(0.1, n=19), until(1.0))
    assert next_look(20, of_width(0.1, n=12), until(1.0)) == 28
    assert next_look(20, of_width(0.1, n=18), until(1.0)) == 25
    assert next_look(20, None, until(1.0)) == 40


def test_it_waits_for_twenty() -> None:
    assert decide(NORMAL[:19], until(9.0), 5, 100) == Decision(False, 20)
    assert decide(NORMAL[:0], until(9.0), 30, 100) == Decision(False, 30)


def test_a_width_reached_at_once_is_confirmed() -> None:
    first = decide(NORMAL[:20], until(9.0), 20, 100)
    assert (first.stop, first.replications, first.reached) == (False, 40, True)
    second = decide(NORMAL[:40], until(9.0), 20, 100)
    assert (second.stop, second.replications, second.reached) == (True, 40, True)
    assert second.interval == mean_interval(NORMAL[:40])
    assert second.half_width == mean_interval(NORMAL[:40]).half_width


def test_a_promise_that_is_not_kept_goes_on() -> None:
    calm_then_wild = np.concatenate([NORMAL[:20] / 100, NORMAL[20:]])
    wanted = 2 * mean_interval(calm_then_wild[:20]).half_width
    found = decide(calm_then_wild[:40], until(wanted), 20, 2000)
    assert (found.stop, found.reached) == (False, False)
    assert found.replications > 40


def test_arms_that_are_equal_stop_at_the_first_look() -> None:
    found = decide(np.zeros(20), until(0.1), 20, 500)
    assert (found.stop, found.replications, found.half_width, found.reached) == (True, 20, 0.0, True)
    assert decide(np.full(20, 0.1), until(0.1), 20, 500).stop


def test_at_the_most_it_stops_with_what_it_has() -> None:
    found = decide(NORMAL, until(1e-3), 20, 50)
    assert (found.stop, found.replications, found.reached) == (True, 50, False)
    assert found.half_width == mean_interval(NORMAL[:50]).half_width
    # fewer than twenty where no more are allowed
    few = decide(NORMAL, until(9.0), 5, 10)
    assert (few.stop, few.replications, few.reached) == (True, 10, True)


def test_skewed_differences_have_the_bootstrap_interval() -> None:
    found = decide(SKEWED, until(0.5), 20, 2000)
    assert found.interval is not None
    assert (found.stop, found.reached, found.interval.method) == (True, True, "bootstrap-t")


def test_failed_replications_are_dropped_and_counted() -> None:
    values = NORMAL.copy()
    values[::2] = math.nan
    first = decide(values[:20], until(9.0), 20, 500)
    # 10 ok of 20: 10 more, of which 5 are ok; then 5 more, of which 2 are ok (31 33), and so on until 20 are
    assert (first.stop, first.replications, first.failed, first.reached) == (False, 30, 10, False)
    found = decide(values, until(9.0), 20, 500)
    assert found.interval is not None
    assert (found.stop, found.reached) == (True, True)
    assert found.failed == found.replications / 2 == found.interval.n


def test_where_all_fail_it_gives_up() -> None:
    found = decide(np.full(100, math.nan), until(1.0), 20, 60)
    assert (found.stop, found.replications, found.reached, found.failed) == (True, 60, False, 60)
    assert found.half_width is None


@pytest.mark.parametrize(("half", "least", "most"), [(0.0, 20, 40), (-1.0, 20, 40), (math.nan, 20, 40), (1.0, 50, 40)])
def test_no_rule(half: float, least: int, most: int) -> None:
    with pytest.raises(ValueError, match="no rule"):
        decide(NORMAL, until(half), least, most)


def test_an_infinite_difference_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        decide(np.full(20, math.inf), until(1.0), 20, 40)


@given(st.floats(0.05, 3.0), st.integers(0, 400), st.integers(20, 400), st.sampled_from([NORMAL, SKEWED]))
def test_it_decides_the_same_however_it_was_interrupted(half: float, more: int, most: int, values: np.ndarray) -> None:
    in_steps = decide(values[:0], until(half), 20, most)
    while not in_steps.stop:
        before = in_steps.replications
        in_steps = decide(values[:before], until(half), 20, most)
        assert in_steps.stop or before < in_steps.replications <= min(2 * before, most)
    assert in_steps == decide(values[: in_steps.replications + more], until(half), 20, most)
    assert 20 <= in_steps.replications <= most
