"""A progress bar with the time left 进度 on a terminal, lines in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A function of (done, in all) that moves a bar on stderr; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None)

        def move(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield move


LINE_EVERY_S = 60.0
"""Seconds between two lines of a log."""


@contextlib.contextmanager
def progress_log(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """As :func:`progress_bar`; where stderr is a file, as on a cluster, a line a minute instead of a bar."""
    if quiet or sys.stderr.isatty():
        with progress_bar(title, quiet=quiet) as moved:
            yield moved
        return
    began = said = time.monotonic()

    def move(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= LINE_EVERY_S:
            said = time.monotonic()
            with contextlib.suppress(OSError):  # nobody reads it any more
                print(f"{title}: {done:,} of {total:,}, {said - began:.0f} s", file=sys.stderr, flush=True)

    yield move
