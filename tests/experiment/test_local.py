"""Blocks, processes, and what happens when one of them dies."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sim.experiment.local import WORTH_PROCESSES, Plan, WorkerDied, _interrupts_later, plan, simulate
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
