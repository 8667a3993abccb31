"""What goes to a worker and comes back 任务: a call and how long it may take; a result or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Cause = Literal["raised", "hung", "died", "not_finite"]
"""raised: an exception; hung: nothing within the time limit; died: its process ended; not_finite: a number that is not."""


@dataclass(frozen=True)
class Call:
    """A function of a module, picklable, and its argument."""

    function: Callable[[Any], Any]
    argument: Any

    def __call__(self) -> Any:
        return self.function(self.argument)


@dataclass(frozen=True)
class Failure:
    """Why a call has no result."""

    cause: Cause
    message: str
    """One line."""
    traceback: str = ""
    """Python's traceback; where a process died or hung, the last it said on stderr."""


def attempt(call: Call) -> Any:
    """The result of a call, or the :class:`Failure` where it raises."""
    import traceback

    try:
        return call()
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split()) or "no message"
        return Failure("raised", f"{type(error).__name__}: {said}", traceback.format_exc())
