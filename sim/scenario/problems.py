"""What is wrong with a scenario, in one line each: ``file:line:column: yaml.path: what; did you mean 'x'?``."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sim.scenario.scenario import Position

Path = tuple[str | int, ...]
"""Keys and list positions (counted from 0) from the root of a document to a value."""

SHOWN = 40
"""Characters of a wrong value that a message repeats."""
LONGEST = 80
"""Characters of a key that a message repeats."""


class ScenarioErrors(ValueError):
    """A scenario that cannot be used. ``messages`` holds one line per error, in the order of the file."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))


@dataclass(frozen=True)
class Problem:
    """One error: where it was written, the path as a user would type it, and what is wrong."""

    position: Position
    path: str
    what: str

    def __str__(self) -> str:
        path = self.path
        setting = self.position.file.removeprefix("--set ")
        if setting != self.position.file and f"{path}.".startswith(f"{setting}."):
            path = path[len(setting) + 1 :].removeprefix("value")  # the setting itself was named already
        return one_line(f"{self.position}: {path}: {self.what}" if path else f"{self.position}: {self.what}")


def one_line(text: str) -> str:
    """The text with control characters and line breaks written out, so that a message stays on its line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def suggestion(word: str, options: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the option nearest to a word, or nothing where none is near."""
    by_fold = {option.casefold(): option for option in options}
    folded = word.casefold().replace("-", "_").replace(" ", "_")
    nearest = difflib.get_close_matches(folded, by_fold, n=1, cutoff=0.6)
    return f"; did you mean '{by_fold[nearest[0]]}'?" if nearest else ""


def listed(words: Iterable[str]) -> str:
    """``a, b or c``."""
    items = list(words)
    return " or ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else "nothing"


def number(value: float) -> str:
    """A number as a person writes it: 4 and not 4.0."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else repr(float(value))


def shown(value: Any) -> str:
    """A wrong value as a message repeats it: short, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Real):
        return number(float(value)) if math.isfinite(value) else _not_finite(float(value))
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = one_line(str(value))
    return f"'{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}'"


def _not_finite(value: float) -> str:
    return ".nan" if value != value else (".inf" if value > 0 else "-.inf")


def where(path: Path) -> str:
    """A path as error messages print it and ``--set`` takes it: ``outcomes#2`` is the second of a list."""
    text = ""
    for part in path:
        if isinstance(part, str) and len(part) > LONGEST:
            part = part[: LONGEST - 1] + "…"
        if isinstance(part, int):
            text += f"#{part + 1}"
        else:
            text += f".{part}" if text else part
    return text
