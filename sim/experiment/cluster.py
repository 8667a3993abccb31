"""A Dask cluster as an engine 集群: the scheduler hands jobs to workers anywhere; results come back to this process.

Scheduler and workers need the installed package and nothing else: no shared folder. A job travels as bytes, so that only
a worker of the same version opens it, and is simulated in a process of its own below the worker's (sim.experiment.isolated),
so that a design point that hangs or crashes is reported, not the worker lost. A worker that is lost has its jobs done by
others; while there is none, they wait.
"""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import queue
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.experiment.isolated import guarded
from sim.experiment.processes import POLL
from sim.experiment.tasks import Call, Failure
from sim.provenance import model_version

AHEAD = 2
"""Jobs handed over for each thread of a worker: one that it works on, one that is ready when it is done."""
CONNECT_S = 30.0
"""Seconds that a scheduler, or the file that says where it is, is waited for."""
LOOK_S = 1.0
"""Seconds between two looks at how many workers there are."""
PATIENCE_S = 5.0
"""Seconds without a worker until the user is told: one that is started anew takes less."""
GATHER_S = 60.0
"""Seconds that a finished result may take to arrive; then its worker was lost with it, and it is computed again."""
LOSSES = 3
"""Times that a job is sent again after Dask has given it up, which it does when four workers were lost with it."""
CLOSE_S = 10.0


class NoCluster(RuntimeError):
    """The cluster cannot be used; the message says why and what to do."""


@dataclass
class _Sent:
    """A job under way."""

    call: bytes
    limit: float
    future: Any = None
    losses: int = 0


class Cluster:
    """Jobs on a Dask cluster, by the address of its scheduler or by its scheduler file. Raises NoCluster.

    ``noticed`` is called with a line when there is no worker, and when there is one again.
    """

    def __init__(self, address: str, noticed: Callable[[str], None] = lambda line: None) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise NoCluster("a cluster needs the package distributed: pip install 'lianjian[cluster]'") from None
        self._address = _of_file(Path(address)) if address.endswith(".json") else address
        self._noticed = noticed
        self._sweep = uuid.uuid4().hex
        self._arrived: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._under_way: dict[int, _Sent] = {}
        self._threads, self._looked = 1, float("-inf")
        self._last_worker, self._told_none = time.monotonic(), False
        self._loud = _quiet()
        try:
            self._client = Client(self._address, timeout=CONNECT_S, name="lianjian", set_as_default=False)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            _restore(self._loud)
            raise NoCluster(f"no Dask scheduler answers at {self._address}: {_line(error)}") from None

    @property
    def slots(self) -> int:
        """Threads of all workers, as they were last seen; one before there were any, so that work waits for them."""
        self._look()
        return self._threads

    @property
    def free(self) -> int:
        """Jobs that can be handed over now."""
        return max(0, AHEAD * self.slots - len(self._under_way))

    def submit(self, number: int, call: Call, limit: float) -> None:
        """Hand a job over; it may take ``limit`` seconds from when a worker begins it. Raises NoCluster."""
        sent = self._under_way[number] = _Sent(pickle.dumps(call, pickle.HIGHEST_PROTOCOL), limit)
        self._send(number, sent)

    def _send(self, number: int, sent: _Sent) -> None:
        key = f"lianjian-{self._sweep}-{number}-{sent.losses}"
        job = (key, self._sweep, model_version(), sent.call, sent.limit)
        try:
            sent.future = self._client.submit(guarded, *job, key=key, pure=False)
        except Exception as error:
            raise self._gone(error) from None
        self._listen(number, sent)

    def _listen(self, number: int, sent: _Sent) -> None:
        sent.future.add_done_callback(lambda done: self._arrived.put((number, done)))

    def wait(self, timeout: float = POLL) -> list[tuple[int, Any]]:
        """Numbers with results or Failures, waiting up to ``timeout`` seconds for the first. Raises NoCluster."""
        came = []
        with contextlib.suppress(queue.Empty):
            came.append(self._arrived.get(timeout=timeout))
            while True:
                came.append(self._arrived.get_nowait())
        self._look()
        if self._client.status != "running":
            raise self._gone()
        results = []
        for number, future in came:
            sent = self._under_way.get(number)
            if sent is not None and sent.future is future and (result := self._result(number, sent)) is not None:
                del self._under_way[number]
                results.append((number, *result))
        return results

    def _result(self, number: int, sent: _Sent) -> tuple[Any] | None:
        """The result of a job, alone in a tuple; None where it has to be waited for again."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        try:
            return (sent.future.result(timeout=GATHER_S),)
        except TimeoutError:  # its worker was lost after it had done it
            self._listen(number, sent)
        except KilledWorker as error:  # a job does not harm its worker; what took them will hardly take the next
            if sent.losses >= LOSSES:
                return (Failure("died", f"worker after worker of the cluster was lost with it: {_line(error)}"),)
            sent.losses += 1
            self._send(number, sent)
        except (CancelledError, OSError) as error:
            raise self._gone(error) from None
        except Exception as error:  # `guarded` returns failures: this is one of the worker, not of the job
            raise NoCluster(
                f"a worker of the cluster at {self._address} cannot take jobs: {_line(error)}. Scheduler and workers need "
                "the same version of lianjian as this program, installed; restart them after an upgrade"
            ) from None
        return None

    def _look(self) -> None:
        """See how many workers there are, once in a while."""
        now = time.monotonic()
        if now - self._looked < LOOK_S or self._client.status != "running":
            return
        self._looked = now
        try:
            threads = sum(self._client.nthreads().values())
        except Exception:  # a scheduler that is gone is noticed in wait()
            return
        if threads:
            if self._told_none:
                self._noticed(f"the cluster has workers again ({threads} threads): going on")
            self._threads, self._last_worker, self._told_none = threads, now, False
        elif not self._told_none and now - self._last_worker >= PATIENCE_S:
            self._told_none = True
            self._noticed(
                f"the cluster at {self._address} has no workers: waiting for one "
                f"(dask worker {self._address} --nthreads 1). Ctrl-C stops; what is finished is stored"
            )

    def _gone(self, error: Exception | None = None) -> NoCluster:
        reason = f" ({_line(error)})" if error is not None and self._client.status == "running" else ""
        return NoCluster(
            f"the Dask scheduler at {self._address} is gone or has dropped the work{reason}. What is finished is stored: "
            "say the same command again, with --cluster and a scheduler that runs, or without it, and it goes on"
        )

    def close(self) -> None:
        """Leave the cluster, which drops what is not done: workers end what they are at."""
        with contextlib.suppress(Exception):
            self._client.close(timeout=CLOSE_S)
        _restore(self._loud)


def _of_file(path: Path) -> str:
    """The address in a scheduler file, which the scheduler writes when it is ready. Raises NoCluster."""
    give_up = time.monotonic() + CONNECT_S
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads(path.read_text(encoding="utf-8"))["address"])
        if time.monotonic() > give_up:
            raise NoCluster(f"{path} is not the file of a Dask scheduler (dask scheduler --scheduler-file {path})")
        time.sleep(POLL)


def _line(error: BaseException) -> str:
    """An error in one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _quiet() -> dict[str, int]:
    """Silence Dask's log, which tells of each lost connection, in this process; the levels that were."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return levels


def _restore(levels: dict[str, int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
