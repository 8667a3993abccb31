"""Runs on this machine 本机运行: arms x replications in blocks, in this process or in several.

A block is a few replications of all arms, sized so that its arrays stay in the processor's cache. Blocks
come back in any order and are put in order by their keys, so the numbers do not depend on blocks or
workers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.records import Records

ELEMENTS = 16_384
"""Runs x villages of a block: arrays of this size stay in cache."""
WORTH_PROCESSES = 1_500_000
"""Village-quarters below which starting processes costs more than it saves."""

Simulate = Callable[
    [Sequence[Scenario], Sequence[int], Sequence[int], Sequence[str], int],
    "list[Records]",
]
Progress = Callable[[int, int], None]
"""Called with village-quarters done and in all, after every block."""


class WorkerDied(RuntimeError):
    """A worker process ended without a result: killed, or out of memory."""


@dataclass(frozen=True)
class Plan:
    """How the work is cut up."""

    workers: int
    block: int
    """Replications in a block."""
    village_quarters: int


def plan(
    scenario: Scenario, arms: int, replications: int, workers: int | None = None, block: int | None = None
) -> Plan:
    """Cut the work into blocks and decide on processes. Raises ValueError for a worker or block below 1."""
    for name, value in (("workers", workers), ("block", block), ("replications", replications)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be 1 or more, not {value}")
    villages = scenario.population.villages
    work = villages * scenario.calendar.quarters * arms * replications
    if workers is None:
        workers = (os.cpu_count() or 1) if work >= WORTH_PROCESSES else 1
    if block is None:
        fair = -(-replications // workers)  # no worker idle while another has two blocks to go
        block = max(1, min(ELEMENTS // (villages * arms), fair))
    return Plan(min(workers, -(-replications // block)), block, work)


def simulate(
    scenario: Scenario,
    arms: Sequence[str],
    replications: int,
    seed: int,
    planned: Plan,
    *,
    progress: Progress | None = None,
    engine: Simulate | None = None,
) -> dict[str, Records]:
    """All replications of all arms: arm -> its records, runs in order, arms in the order given.

    Raises WorkerDied where a process ended without a result, and whatever the engine raised.
    """
    from sim.tables import join

    if engine is None:
        from sim.engine import simulate_block

        engine = simulate_block
    blocks = [range(first, min(first + planned.block, replications)) for first in range(0, replications, planned.block)]
    tasks = [([scenario], [0], list(block), list(arms), seed) for block in blocks]
    found: dict[str, list[Records]] = {arm: [] for arm in arms}
    done = 0
    for runs, records in _results(engine, tasks, planned.workers):
        for of_arm in records:
            found[of_arm.arm].append(of_arm)
        done += runs
        if progress is not None:
            progress(planned.village_quarters * done // replications, planned.village_quarters)
    return {arm: join(found.pop(arm)) for arm in arms}


Task = tuple[list[Scenario], list[int], list[int], list[str], int]


def _results(simulate_block: Simulate, tasks: Sequence[Task], workers: int) -> Iterator[tuple[int, list[Records]]]:
    """Replications and records of each block, as they come."""
    if workers == 1:
        for task in tasks:
            yield len(task[2]), simulate_block(*task)
        return
    yield from _in_processes(simulate_block, tasks, workers)


def _in_processes(simulate_block: Simulate, tasks: Sequence[Task], workers: int) -> Iterator[tuple[int, list[Records]]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_leave_ctrl_c)
    try:
        with _without_main():
            pending = {pool.submit(simulate_block, *task): len(task[2]) for task in tasks}
        for future in as_completed(pending):
            runs = pending.pop(future)
            yield runs, future.result()
            del future
    except BrokenProcessPool:
        raise WorkerDied(
            f"one of {workers} worker processes ended without a result (killed, or out of memory); "
            "try --workers 1, or fewer replications in a block with --block"
        ) from None
    except BaseException:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_ctrl_c() -> None:
    """In a worker: Ctrl-C is for the parent, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Start processes that do not run the caller's main module again.

    A spawned process imports the main module, so a script without ``if __name__ == "__main__"`` would start
    itself over and over. The workers need nothing from it.
    """
    main = sys.modules.get("__main__")
    kept = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    for name in kept:
        setattr(main, name, None)
    if "__file__" in kept:
        del main.__file__  # type: ignore[union-attr]
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)
