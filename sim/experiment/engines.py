"""Where jobs run 执行引擎: in this process, in several of this machine, or on a cluster; the same bytes on each.

An engine has ``slots`` (calls under way at a time), ``free`` (calls it takes now), ``submit(number, call, limit)``,
``wait(timeout)`` and ``close()``, as sim.experiment.processes.Processes does them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

from sim.experiment.processes import POLL, Processes
from sim.experiment.tasks import Call, attempt

WORTH_A_PROCESS = 500_000
"""Village-quarters that take about half a second: less is done before a process has started."""


class Engine(Protocol):
    """What runs calls."""

    @property
    def slots(self) -> int: ...
    @property
    def free(self) -> int: ...
    def submit(self, number: int, call: Call, limit: float) -> None: ...
    def wait(self, timeout: float = POLL) -> list[tuple[int, Any]]: ...
    def close(self) -> None: ...


class Serial:
    """Calls in this process, one after the other: no limit of time holds, and a call that ends the process ends all."""

    slots = 1

    def __init__(self) -> None:
        self._next: tuple[int, Call] | None = None

    @property
    def free(self) -> int:
        return int(self._next is None)

    def submit(self, number: int, call: Call, limit: float) -> None:
        self._next = (number, call)

    def wait(self, timeout: float = POLL) -> list[tuple[int, Any]]:
        if self._next is None:
            return []
        number, call = self._next
        self._next = None
        return [(number, attempt(call))]

    def close(self) -> None:
        self._next = None


def engine_for(
    village_quarters: int,
    workers: int | None,
    cluster: str | None,
    *,
    alone: bool = True,
    noticed: Callable[[str], None] = lambda line: None,
) -> Engine:
    """The engine for so much work; ``alone`` is False where an earlier attempt in this process may have ended it.

    ``noticed`` is called with a line where a cluster has no workers, and where it has some again. Raises ValueError for
    workers below 1, NoCluster where the cluster cannot be reached.
    """
    if cluster is not None:
        from sim.experiment.cluster import Cluster

        return Cluster(cluster, noticed)
    if workers is None:
        if alone and village_quarters < WORTH_A_PROCESS:
            return Serial()
        workers = os.cpu_count() or 1
    if workers < 1:
        raise ValueError(f"workers must be 1 or more, not {workers}")
    return Processes(workers)
