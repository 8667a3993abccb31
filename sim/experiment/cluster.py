"""A Dask cluster as an engine 集群: the scheduler hands jobs to workers anywhere; results come back to this process.

Workers need the installed package and nothing else: no shared folder. Each simulates in a process of its own below the
worker's, so that a design point that hangs or crashes is reported, not the worker lost. A worker that is lost has its
jobs done by others.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import Any

from sim.experiment.processes import POLL, CannotStart, Processes
from sim.experiment.tasks import Call, Failure

AHEAD = 2
"""Jobs handed over for each thread of a worker: one that it works on, one that is ready when it is done."""
CONNECT_S = 30
"""Seconds that a scheduler is waited for."""
_own = threading.local()
"""In a worker: the process of each of its threads."""


class NoCluster(RuntimeError):
    """The cluster cannot be used; the message says why and what to do."""


class Cluster:
    """Jobs on a Dask cluster, by the address of its scheduler. Raises NoCluster."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise NoCluster("a cluster needs the package distributed: pip install 'lianjian[cluster]'") from None
        try:
            self._client = Client(address, timeout=CONNECT_S, name="lianjian")
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise NoCluster(f"no Dask scheduler answers at {address}: {reason}") from None
        self._arrived: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._under_way: dict[int, Any] = {}

    @property
    def slots(self) -> int:
        """Threads of all workers that are there now; one while there are none yet, so that work waits for them."""
        return max(1, sum(self._client.nthreads().values()))

    @property
    def free(self) -> int:
        return max(0, AHEAD * self.slots - len(self._under_way))

    def submit(self, number: int, call: Call, limit: float) -> None:
        future = self._client.submit(guarded, call, limit, pure=False, key=f"lianjian-{id(self)}-{number}")
        self._under_way[number] = future
        future.add_done_callback(lambda done: self._arrived.put((number, done)))

    def wait(self, timeout: float = POLL) -> list[tuple[int, Any]]:
        came = []
        with contextlib.suppress(queue.Empty):
            came.append(self._arrived.get(timeout=timeout))
            while True:
                came.append(self._arrived.get_nowait())
        return [(number, self._result(number, future)) for number, future in came if number in self._under_way]

    def _result(self, number: int, future: Any) -> Any:
        from distributed import KilledWorker

        del self._under_way[number]
        try:
            return future.result()
        except KilledWorker as error:
            return Failure("died", f"workers of the cluster were lost with it: {' '.join(str(error).split())}")
        except Exception as error:
            return Failure("raised", f"{type(error).__name__}: {' '.join(str(error).split())}")

    def close(self) -> None:
        """Take back what is not done and leave the cluster."""
        with contextlib.suppress(Exception):
            self._client.cancel(list(self._under_way.values()), force=True)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)


def guarded(call: Call, limit: float) -> Any:
    """In a worker: the result of a call made in a process of its own, or the Failure."""
    if getattr(_own, "processes", None) is None:
        _own.processes = Processes(1)
    processes: Processes = _own.processes
    try:
        processes.submit(0, call, limit)
        while not (came := processes.wait()):
            pass
    except CannotStart as error:
        _own.processes = None
        return Failure("died", str(error))
    return came[0][1]
