"""Worker processes from the parent's side 工作进程池: a call that hangs or kills its process takes nothing else down.

The standard library's pool breaks as a whole when one process dies and cannot end a call that hangs; its processes
also may not be started from a daemon, which the workers of Dask are. So: one process a worker, a pipe each way.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from sim.experiment.tasks import Call, Failure
from sim.experiment.worker import READY

SAID = 4000
"""Bytes of what a dead worker said last that are kept."""
START_LIMIT = 300.0
"""Seconds that a new worker may take until it is ready, on a loaded machine with cold disks."""
LAST_WORDS = 0.3
"""Seconds that a worker that hangs has to say where."""
POLL = 0.1
_PROGRAM = "from sim.experiment.worker import main; main()"


class CannotStart(RuntimeError):
    """A worker process that ends before it is ready; the message has the last lines it said."""


class WorkerProcess:
    """One worker: takes one call at a time; is started anew after a call that hung or killed it."""

    def __init__(self, arrived: queue.SimpleQueue[tuple[WorkerProcess, int, Any]]) -> None:
        self._arrived = arrived
        self._generation = 0
        """Counts starts, so that what an ended process still sends is told from what its successor does."""
        self.busy = False
        self.deadline = float("inf")
        self._limit = 0.0
        self._start()

    def submit(self, call: Call, limit: float) -> None:
        """Start a call that may take ``limit`` seconds; its answer arrives in the queue."""
        self.busy, self._limit = True, limit
        self.deadline = time.monotonic() + limit + (0.0 if self._ready else START_LIMIT)
        with contextlib.suppress(OSError):  # it has died: the reader says so
            pickle.dump(call, self._stdin, pickle.HIGHEST_PROTOCOL)
            self._stdin.flush()

    def take(self, generation: int, answer: Any) -> tuple[Any] | None:
        """What an answer from the queue means: None for nothing yet, else the result or the Failure, alone in a tuple."""
        if generation != self._generation:
            return None
        if answer == READY:
            self._ready = True
            if self.busy:
                self.deadline = time.monotonic() + self._limit
            return None
        if answer is not _ENDED:
            self.busy, self.deadline = False, float("inf")
            return (answer,)
        code = self._process.wait()
        said = self._said()
        if not self._ready:
            raise CannotStart(f"a worker process could not be started (exit status {code}): {_last_line(said)}")
        busy, self.busy, self.deadline = self.busy, False, float("inf")
        self._start()
        return (Failure("died", f"its process ended ({_meaning(code)})", said),) if busy else None

    def give_up(self) -> Failure:
        """End a call that is past its deadline."""
        if hasattr(signal, "SIGUSR1"):
            with contextlib.suppress(OSError):
                self._process.send_signal(signal.SIGUSR1)
                time.sleep(LAST_WORDS)
        self.kill()
        said = self._said()
        self.busy, self.deadline = False, float("inf")
        self._start()
        return Failure("hung", f"nothing came back within {self._limit:.0f} s", said)

    def kill(self) -> None:
        """End the process at once."""
        self._generation += 1
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()

    def _start(self) -> None:
        self._generation += 1
        self._ready = False
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process is
        paths = dict.fromkeys(os.path.abspath(path) for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # Ctrl-C is for the parent
        )
        assert self._process.stdin is not None
        self._stdin = self._process.stdin
        reader = threading.Thread(target=self._read, args=(self._process.stdout, self._generation), daemon=True)
        reader.start()

    def _read(self, stdout: Any, generation: int) -> None:
        try:
            while True:
                self._arrived.put((self, generation, pickle.load(stdout)))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._arrived.put((self, generation, _ENDED))

    def _said(self) -> str:
        with self._stderr as said:
            size = said.seek(0, os.SEEK_END)
            said.seek(max(0, size - SAID))
            return said.read().decode("utf-8", "replace")


_ENDED = object()
"""In the queue: the process has ended."""


class Processes:
    """Several workers as an engine: calls go in by number, results come out in any order."""

    def __init__(self, workers: int) -> None:
        self._arrived: queue.SimpleQueue[tuple[WorkerProcess, int, Any]] = queue.SimpleQueue()
        self._workers = [WorkerProcess(self._arrived) for _ in range(workers)]
        self._numbers: dict[WorkerProcess, int] = {}

    @property
    def slots(self) -> int:
        """Calls that can be under way at a time."""
        return len(self._workers)

    @property
    def free(self) -> int:
        """Calls that can be started now."""
        return sum(not worker.busy for worker in self._workers)

    def submit(self, number: int, call: Call, limit: float) -> None:
        """Start a call on a free worker; it may take ``limit`` seconds."""
        worker = next(worker for worker in self._workers if not worker.busy)
        self._numbers[worker] = number
        worker.submit(call, limit)

    def wait(self, timeout: float = POLL) -> list[tuple[int, Any]]:
        """Numbers with results or Failures that have come, waiting up to ``timeout`` seconds for the first.

        Raises CannotStart where a worker cannot be started at all.
        """
        came: list[tuple[int, Any]] = []
        with contextlib.suppress(queue.Empty):
            worker, generation, answer = self._arrived.get(timeout=timeout)
            while True:
                if (result := worker.take(generation, answer)) is not None:
                    came.append((self._numbers.pop(worker), *result))
                worker, generation, answer = self._arrived.get_nowait()
        now = time.monotonic()
        late = [worker for worker in self._workers if worker.busy and worker.deadline < now]
        return came + [(self._numbers.pop(worker), worker.give_up()) for worker in late]

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.kill()


def _meaning(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
