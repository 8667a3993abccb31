"""Blocks, processes, and what happens when one of them dies."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sim.experiment.local import (
    WORTH_PROCESSES,
    Plan,
    WorkerDied,
    _cut,
    _interrupts_later,
    plan,
    simulate,
    simulate_points,
)
from tests import synthetic

MADE = synthetic.scenario()
ARMS = ("no_policy", "pool")


def die(points, design_points, replications, arms, seed, *, progress=None):
    if 2 in replications:
        os._exit(1)
    return synthetic.simulate_block(points, design_points, replications, arms, seed)


def fail(points, design_points, replications, arms, seed, *, progress=None):
    raise ArithmeticError("account village.cash of village 3")


def test_small_work_stays_in_this_process():
    assert plan(MADE, 2, 8) == Plan(workers=1, block=8, village_quarters=6 * 40 * 2 * 8)


def test_large_work_is_spread_evenly():
    replications = WORTH_PROCESSES // (6 * 40 * 2) + 1
    planned = plan(MADE, 2, replications)
    assert planned.workers == min(os.cpu_count() or 1, -(-replications // planned.block))
    assert planned.block <= 16_384 // 6


def test_no_more_processes_than_blocks():
    assert plan(MADE, 2, 8, workers=6, block=4).workers == 2


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"block": 0}, {"replications": 0}])
def test_numbers_below_one_are_refused(wrong):
    with pytest.raises(ValueError, match="must be 1 or more"):
        plan(MADE, 2, **({"replications": 8} | wrong))


def test_blocks_and_processes_change_no_number():
    one = simulate(MADE, ARMS, 5, 1, Plan(1, 5, 1), engine=synthetic.simulate_block)
    many = simulate(MADE, ARMS, 5, 1, Plan(2, 2, 1), engine=synthetic.simulate_block)
    assert list(one) == list(many) == list(ARMS)
    for arm in ARMS:
        assert many[arm].replication.tolist() == [0, 1, 2, 3, 4]
        assert np.array_equal(one[arm].villages["cash"], many[arm].villages["cash"])
        assert all(np.array_equal(one[arm].accounts[key], many[arm].accounts[key]) for key in one[arm].accounts)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_ends_at_the_whole(workers):
    seen = []
    planned = plan(MADE, 2, 4, workers=workers, block=1)
    engine = synthetic.simulate_block
    simulate(MADE, ARMS, 4, 1, planned, engine=engine, progress=lambda done, whole: seen.append((done, whole)))
    assert seen == sorted(seen)
    assert seen[-1] == (planned.village_quarters, planned.village_quarters)


def test_a_dead_worker_is_an_error_not_a_hang():
    with pytest.raises(WorkerDied, match="--workers 1"):
        simulate(MADE, ARMS, 4, 1, Plan(2, 1, 1), engine=die)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_engine_comes_through(workers):
    with pytest.raises(ArithmeticError, match="village 3"):
        simulate(MADE, ARMS, 4, 1, Plan(workers, 2, 1), engine=fail)


def test_a_script_without_main_guard_does_not_start_itself_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        print("started")
        from sim.experiment.local import Plan, simulate
        from tests import synthetic
        found = simulate(synthetic.scenario(), ["pool"], 4, 1, Plan(2, 2, 1), engine=synthetic.simulate_block)
        print(len(found["pool"].replication))
        """)
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, env=os.environ | {"PYTHONPATH": root}
    )
    assert (done.stdout, done.returncode) == ("started\n4\n", 0)


def interrupted_inside(reached):
    with _interrupts_later():
        signal.raise_signal(signal.SIGINT)
        reached.append(True)


def test_an_interrupt_while_processes_start_waits_its_turn():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    reached = []
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted_inside(reached)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert reached


@pytest.mark.parametrize(("points", "replications", "block"), [(1, 7, 3), (5, 4, 1), (5, 4, 7), (5, 4, 100), (3, 1, 2)])
def test_blocks_hold_every_run_once_and_no_more_than_they_may(points, replications, block):
    cut = _cut(points, replications, block)
    runs = [(p, r) for some, these in cut for p in some for r in these]
    assert sorted(runs) == [(p, r) for p in range(points) for r in range(replications)]
    assert all(len(some) * len(these) <= block for some, these in cut)


def test_points_of_a_block_share_its_draws_as_far_as_they_fit():
    assert _cut(3, 10, 15) == [(range(3), range(5)), (range(3), range(5, 10))]


def test_the_plan_counts_all_points():
    one, many = plan(MADE, 2, 8), plan(MADE, 2, 8, points=5)
    assert many.village_quarters == 5 * one.village_quarters
    assert many.block == 5 * one.block


def names(records):
    return [(of.arm, int(p), int(r)) for of in records for p, r in zip(of.design_point, of.replication, strict=True)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_kept_is_made_where_the_block_was_simulated(workers):
    points = {4: MADE, 9: MADE}
    kept = simulate_points(points, ARMS, 3, 1, Plan(workers, 2, 1), names, engine=synthetic.simulate_block)
    found = [name for block in kept for name in block]
    assert sorted(found) == sorted((arm, p, r) for arm in ARMS for p in points for r in range(3))
