"""A worker process 工作进程: takes calls from its standard input, one at a time, and answers on its standard output.

It ends as soon as its parent does: the parent holds the other end of its standard input. What rules print goes to
stderr, so that it cannot be taken for an answer.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import pickle
import queue
import signal
import sys
import threading
from typing import BinaryIO

from sim.experiment.tasks import Call, attempt

READY = "ready"
"""The first answer: imports are done, calls are taken."""


def main() -> None:
    """Answer calls until the parent is gone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    faulthandler.enable()  # a crash in compiled code says where
    if hasattr(faulthandler, "register"):  # not on Windows
        faulthandler.register(signal.SIGUSR1)  # the parent asks where a call hangs before it kills
    _import()
    calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, calls), daemon=True).start()
    _import()
    _say(answers, READY)
    while True:
        _say(answers, attempt(calls.get()))


def _import() -> None:
    """Import what jobs need, so that the time limit of the first one is not spent on it: a loaded machine takes long."""
    import pyarrow.parquet  # noqa: F401

    import sim.engine
    import sim.experiment.work
    import sim.outcomes
    import sim.scenario.variation
    import sim.tables  # noqa: F401


def _listen(stdin: BinaryIO, calls: queue.SimpleQueue[Call]) -> None:
    """Hand calls to the main thread; nothing left to read means that the parent is gone."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            calls.put(pickle.load(stdin))
    os._exit(0)


def _say(answers: BinaryIO, answer: object) -> None:
    try:
        data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # a result that cannot be sent is this call's failure, not the worker's
        data = pickle.dumps(attempt(Call(_raise, error)), pickle.HIGHEST_PROTOCOL)
    answers.write(data)
    answers.flush()


def _raise(error: Exception) -> None:
    raise error
