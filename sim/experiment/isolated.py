"""What a worker of a Dask cluster does with a job 隔离执行: has it done by a process of its own, and looks after that.

A worker may serve others too, and for long: the process is new for each sweep, so that it has the files as they are, is
ended as soon as nobody wants its result (the sweep was stopped, the worker is closing), and when nothing came for a while.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

from sim.experiment.processes import Processes
from sim.experiment.tasks import Call

IDLE_S = 20.0
"""Seconds that a process is kept for the next job."""
_own = threading.local()
"""The process of each thread of the worker."""


class Isolated:
    """The process of one thread of a worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: Processes | None = None
        self._sweep = ""
        self._timer: threading.Timer | None = None

    def run(self, sweep: str, call: Call, limit: float, wanted: Callable[[], bool]) -> tuple[Any] | None:
        """The result of a call, or its Failure, alone in a tuple; None if it is not wanted any more."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            came = self._run(sweep, call, limit, wanted)
        self._timer = threading.Timer(IDLE_S, self.end)
        self._timer.daemon = True
        self._timer.start()
        return came

    def _run(self, sweep: str, call: Call, limit: float, wanted: Callable[[], bool]) -> tuple[Any] | None:
        if sweep != self._sweep:
            self._end()
        try:
            processes = self._processes = self._processes or Processes(1)
            self._sweep = sweep
            processes.submit(0, call, limit)
            while wanted():
                if came := processes.wait():
                    return (came[0][1],)
        except BaseException:
            self._end()
            raise
        self._end()
        return None

    def end(self) -> None:
        """End the process; the next call starts another."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._processes is not None:
            self._processes.close()
            self._processes = None


def guarded(key: str, sweep: str, version: str, call: bytes, limit: float) -> Any:
    """In a worker: the result of a call, or its Failure. ``key`` is Dask's name of the task.

    Raises CannotStart where this worker cannot start a process, Reschedule where it is closing.
    """
    from distributed import Reschedule

    if getattr(_own, "isolated", None) is None:
        _own.isolated = Isolated()
    came = _own.isolated.run(sweep, Call(opened, (version, call)), limit, lambda: _wanted(key))
    if came is None:
        raise Reschedule
    return came[0]


def _wanted(key: str) -> bool:
    """Whether the scheduler still wants the task, and this worker will be there to say what came of it."""
    from distributed import get_worker

    worker = get_worker()
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled" and worker.status.name not in ("closing", "closed", "failed")


def opened(sealed: tuple[str, bytes]) -> Any:
    """In that process: the result of a call that was sent by a program of the same version. Raises OtherVersion."""
    from sim.experiment.work import check_version

    version, call = sealed
    check_version(version)
    return pickle.loads(call)()
