"""Runs on this machine 本机运行: arms x design points x replications in blocks, in this process or in several.

A block is a few runs (design points x replications) of all arms, sized so that its arrays stay in the processor's
cache. Blocks come back in any order and are put in order by their keys, so the numbers do not depend on blocks or
workers.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from sim.records import Records

ELEMENTS = 16_384
"""Runs x villages of a block: on the core model smaller blocks are slower, larger ones gain nothing."""
WORTH_PROCESSES = 5_000_000
"""Village-quarters below which starting processes costs more than it saves (about 4 s of one processor)."""
POLL = 0.2
"""Seconds between two looks at how far the workers are."""
IN_FLIGHT = 2
"""Blocks handed over for each worker: one that it works on, one that is ready when it is done."""
PATIENCE = 10.0
"""Seconds that killed workers are waited for."""

Progress = Callable[[int, int], None]
"""Called with village-quarters done and in all."""
Kept = TypeVar("Kept")
"""What is kept of a block: its records, or numbers made of them in the worker."""
Task = tuple[list[Scenario], list[int], list[int], list[str], int]
"""Design points, their numbers, replications, arms, seed: what the engine takes."""


class Simulate(Protocol):
    """What simulates a block: sim.engine.simulate_block."""

    def __call__(
        self,
        points: Sequence[Scenario],
        design_points: Sequence[int],
        replications: Sequence[int],
        arms: Sequence[str],
        seed: int,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> list[Records]: ...


class WorkerDied(RuntimeError):
    """A worker process ended without a result: killed, or out of memory."""


@dataclass(frozen=True)
class Plan:
    """How the work is cut up."""

    workers: int
    block: int
    """Runs of each arm in a block: design points x replications."""
    village_quarters: int


def plan(
    scenario: Scenario,
    arms: int,
    replications: int,
    workers: int | None = None,
    block: int | None = None,
    *,
    points: int = 1,
) -> Plan:
    """Cut the work into blocks and decide on processes. Raises ValueError for a worker or block below 1.

    ``points`` is the number of design points, all of the size and calendar of ``scenario``.
    """
    for name, value in (("workers", workers), ("block", block), ("replications", replications)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be 1 or more, not {value}")
    villages = scenario.population.villages
    runs = points * replications
    work = villages * scenario.calendar.quarters * arms * runs
    if workers is None:
        workers = (os.cpu_count() or 1) if work >= WORTH_PROCESSES else 1
    if block is None:
        fewest = -(-runs // max(1, ELEMENTS // villages))
        blocks = workers * -(-fewest // workers)  # no worker idle while another has a block to go
        block = -(-runs // blocks)
    return Plan(min(workers, len(_cut(points, replications, block))), block, work)


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
    blocks = simulate_points({0: scenario}, arms, replications, seed, planned, list, progress=progress, engine=engine)
    return joined(blocks, arms)


def simulate_points(
    points: Mapping[int, Scenario],
    arms: Sequence[str],
    replications: int,
    seed: int,
    planned: Plan,
    keep: Callable[[list[Records]], Kept],
    *,
    progress: Progress | None = None,
    engine: Simulate | None = None,
) -> Iterator[Kept]:
    """What ``keep`` makes of the records of each block (one Records an arm), blocks in any order.

    ``points`` maps the number of a design point to its scenario; all must have one size and calendar. ``keep`` works
    where the block was simulated, so that a worker sends back, and this process holds, no more than is wanted; it must be
    picklable. Raises as :func:`simulate` does.
    """
    if engine is None:
        from sim.engine import simulate_block

        engine = simulate_block
    numbers = list(points)
    tasks: list[Task] = [
        ([points[numbers[p]] for p in some], [numbers[p] for p in some], list(block), list(arms), seed)
        for some, block in _cut(len(points), replications, planned.block)
    ]
    counted = _Count(planned.village_quarters, progress)
    run_all = _here if planned.workers == 1 else _in_processes
    with contextlib.closing(run_all(_Work(engine, keep), tasks, planned.workers, counted)) as done:  # ends workers
        yield from done


def joined(blocks: Iterator[list[Records]], arms: Sequence[str]) -> dict[str, Records]:
    """The records of all blocks: arm -> its records, runs in order, arms in the order given."""
    from sim.tables import join

    found: dict[str, list[Records]] = {arm: [] for arm in arms}
    for of_arm in itertools.chain.from_iterable(blocks):
        found[of_arm.arm].append(of_arm)
    return {arm: join(found.pop(arm)) for arm in arms}


def _cut(points: int, replications: int, block: int) -> list[tuple[range, range]]:
    """Positions of the design points, and replications, of each block.

    As many points as fit go together: the points of a block share its draws.
    """
    together = min(points, block)
    each = max(1, block // together)
    return [
        (range(p, min(p + together, points)), range(r, min(r + each, replications)))
        for r in range(0, replications, each)
        for p in range(0, points, together)
    ]


@dataclass(frozen=True)
class _Work(Generic[Kept]):
    """Simulate a block and keep what is wanted of it."""

    engine: Simulate
    keep: Callable[[list[Records]], Kept]

    def __call__(self, task: Task, progress: Callable[[int], None]) -> Kept:
        return self.keep(self.engine(*task, progress=progress))


@dataclass
class _Count:
    """Village-quarters done; an arm that is simulated only for its companions may count beyond the total."""

    total: int
    progress: Progress | None
    done: int = 0

    def add(self, village_quarters: int) -> None:
        self.set(self.done + village_quarters)

    def set(self, village_quarters: int) -> None:
        self.done = min(village_quarters, self.total)
        if self.progress is not None:
            self.progress(self.done, self.total)


def _here(work: _Work[Kept], tasks: Sequence[Task], workers: int, counted: _Count) -> Generator[Kept, None, None]:
    """What is kept of each block, one after the other in this process."""
    for task in tasks:
        yield work(task, counted.add)


def _in_processes(
    work: _Work[Kept], tasks: Sequence[Task], workers: int, counted: _Count
) -> Generator[Kept, None, None]:
    """What is kept of each block as they come from several processes.

    Finished blocks arrive in a queue: waiting for thousands of futures at once would take all their locks, and
    an interrupt there would leave some of them taken for ever.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("spawn")
    done = context.Value("q", 0)  # also starts the resource tracker, which would lift a block of signals
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(done,))
    try:
        for future in _finished(pool, work, tasks, workers, lambda: counted.set(done.get_obj().value)):
            yield future.result()
        pool.shutdown()
    except BrokenProcessPool:
        _kill(pool)
        raise WorkerDied(
            f"one of {workers} worker processes ended without a result (killed, or out of memory); "
            "try --workers 1, or fewer replications in a block with --block"
        ) from None
    except BaseException:
        _kill(pool)
        raise


def _finished(
    pool: ProcessPoolExecutor, work: _Work[Kept], tasks: Sequence[Task], workers: int, look: Callable[[], None]
) -> Iterator[Future[Kept]]:
    """Futures as they finish, a few of them under way at a time; ``look`` is called every now and then."""
    arrived: queue.SimpleQueue[Future[Kept]] = queue.SimpleQueue()
    left = iter(tasks)

    def start(count: int) -> int:
        chosen = list(itertools.islice(left, count))
        with _without_main(), _interrupts_later():
            for task in chosen:
                pool.submit(_in_worker, work, task).add_done_callback(arrived.put)
        return len(chosen)

    under_way = start(IN_FLIGHT * workers)
    while under_way:
        try:
            future = arrived.get(timeout=POLL)
        except queue.Empty:
            look()
            continue
        look()
        under_way += start(1) - 1
        yield future


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the workers at once, and wait a little for the thread that manages them."""
    with _interrupts_later():
        thread = getattr(pool, "_executor_manager_thread", None)
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.kill()
        if (results := getattr(pool, "_result_queue", None)) is not None:
            results._writer.close()  # a worker killed while it sent left half a message: the thread must not wait for the rest
        pool.shutdown(wait=False, cancel_futures=True)
        if thread is not None:
            thread.join(PATIENCE)


@contextlib.contextmanager
def _interrupts_later() -> Iterator[None]:
    """Put Ctrl-C off: it must not strike between a lock and its release, nor a process that is only starting.

    Processes started in here inherit the blocked signal, so they die by their parent alone.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    blocks = hasattr(signal, "pthread_sigmask")  # not on Windows
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if blocks else set()
    try:
        yield
    finally:
        if blocks:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
    if came:
        before(came[0], None)


_done_by_workers: Any = None
"""In a worker: the counter that it shares with the parent."""


def _in_worker(work: _Work[Kept], task: Task) -> Kept:
    return work(task, _tell_parent)


def _tell_parent(village_quarters: int) -> None:
    with _done_by_workers.get_lock():
        _done_by_workers.value += village_quarters


def _start_worker(done: Any) -> None:
    """In a worker: Ctrl-C is for the parent, which ends its workers (ignored also where signals cannot be blocked)."""
    global _done_by_workers
    _done_by_workers = done
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
