"""Collects what is wrong with a document and finds where each fault was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from sim.scenario import checks
from sim.scenario.document import Document
from sim.scenario.models import FEW, Strict, values
from sim.scenario.problems import Path, Problem, ScenarioErrors, suggestion, where
from sim.scenario.read import Node
from sim.scenario.scenario import Position
from sim.scenario.settings import block_names

MOST = 200
"""Messages of one scenario; nobody reads more, and finding what was meant takes time."""


class Complaints:
    """The faults of one document; :meth:`raise_if_any` reports them all, in the order of the files."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems = list(document.problems)
        self._refused = {p.position for p in self._problems if p.position.line or p.position.file.startswith("--set")}
        self._lines: list[str] = []
        self._said: set[tuple[Position, str]] = set()

    def add(self, path: Path, what: str, *, at_key: bool = False, name: str | None = None) -> None:
        """A fault at a path; ``name`` is how the message calls it where that is not the path itself."""
        position = locate(self._document.root, path, at_key=at_key)
        if (position, what) in self._said or position in self._refused:
            return
        self._said.add((position, what))
        self._problems.append(Problem(position, name or display(self._document.root, path), what))

    def add_lines(self, messages: Sequence[str]) -> None:
        """Finished messages about another file, told last."""
        self._lines += messages

    def add_all(self, error: ValidationError, model: type[Strict], prefix: Path = ()) -> None:
        """What pydantic found, in our words."""
        for detail in error.errors(include_url=False, include_input=False):
            if len(self._problems) > MOST:
                break
            path = tuple(detail["loc"])
            if detail["type"] == checks.REFUSED:
                for below, what in detail["ctx"]["faults"]:
                    full = (*prefix, *path, *below)
                    self.add(full, what, at_key=what.startswith("unknown") and isinstance(full[-1], str))
            elif detail["type"] == "extra_forbidden":
                what = unknown_key(str(path[-1]), known_keys(model, path[:-1]))
                self.add((*prefix, *path), what, at_key=True)
            else:
                self.add((*prefix, *path), str(detail["msg"]))

    def sections(self, model: type[Strict]) -> tuple[dict[str, Any], set[str]]:
        """Every top-level key checked by itself, so that a fault in one does not hide those of another.

        Returns the values by key, None or empty where the file is silent, and the keys that are wrong.
        """
        checked = values(model())
        wrong: set[str] = set()
        for key, value in self._document.root.plain().items():
            try:
                checked[key] = values(model.model_validate({key: value}))[key]
            except ValidationError as error:
                self.add_all(error, model)
                wrong.add(key)
        return checked, wrong

    def position(self, path: Path, *, at_key: bool = False) -> Position:
        """Where the value (or the key) at a path was written."""
        return locate(self._document.root, path, at_key=at_key)

    def written_last(self, *paths: Path) -> Path:
        """The path whose value has the last word: a setting, else the file named first; the first path of equals."""

        def place(path: Path) -> int:
            file = self.position(path).file
            files = self._document.files
            return -1 if file.startswith("--set") else files.index(file) if file in files else len(files)

        written = [path for path in paths if _holds(self._document.root, path)]
        return min(written or paths, key=place)

    def raise_if_any(self) -> None:
        """Raises :class:`ScenarioErrors` with all messages, sorted by position; ``--set`` comes last."""
        if self._problems or self._lines:
            files = self._document.files
            order = {file: place for place, file in enumerate(files)}
            ranked = sorted(
                self._problems,
                key=lambda p: (order.get(p.position.file, len(files)), p.position.line, p.position.column),
            )
            messages = list(dict.fromkeys([*map(self._told, ranked), *self._lines]))
            more = ["there are more errors than these"] if len(messages) > MOST else []
            raise ScenarioErrors(messages[:MOST] + more)

    def _told(self, problem: Problem) -> str:
        """The message, with the full-width sign that its line holds: it may be the reason."""
        sign = self._document.signs.get(problem.position.file, {}).get(problem.position.line)
        return f"{problem}; the line holds {sign}" if sign else str(problem)


def locate(root: Node, path: Path, *, at_key: bool = False) -> Position:
    """Position of the value at a path, of what should hold it where it is missing, or of its key."""
    node, position = root, root.position
    for place, part in enumerate(path):
        if isinstance(node.value, dict) and part in node.value:
            entry = node.value[str(part)]
            node = entry.node
            position = entry.key if at_key and place == len(path) - 1 else node.position
        elif isinstance(node.value, tuple) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            position = node.position
        else:
            break
    return position


def _holds(root: Node, path: Path) -> bool:
    """Whether a value was written at a path of keys."""
    node = root
    for part in path:
        if not isinstance(node.value, dict) or part not in node.value:
            return False
        node = node.value[str(part)].node
    return node.value is not None


def display(root: Node, path: Path) -> str:
    """A path as messages print it; blocks of an arm are named by their policy."""
    if path[:1] != ("arms",) or len(path) < 3 or not isinstance(path[2], int):
        return where(path)
    arms = root.value["arms"].node.value if isinstance(root.value, dict) else {}
    blocks = arms[str(path[1])].node.value if isinstance(arms, dict) else ()
    block = block_names(blocks)[path[2]] if isinstance(blocks, tuple) else f"#{path[2] + 1}"
    rest = where(path[3:])
    return f"arms.{path[1]}.{block}" + (f".{rest}" if rest else "")


def known_keys(model: type[Strict], path: Path) -> list[str]:
    """Keys of the mapping at a path."""
    here: Any = model
    for part in path:
        found = [f.annotation for name, f in here.model_fields.items() if (f.alias or name) == part]
        here = next((kind for kind in _models(found)), here)
    return [field.alias or name for name, field in here.model_fields.items()]


def _models(kinds: list[Any]) -> list[type[BaseModel]]:
    flat = [part for kind in kinds for part in (kind, *getattr(kind, "__args__", ()))]
    return [kind for kind in flat if isinstance(kind, type) and issubclass(kind, BaseModel)]


def unknown_key(key: str, known: list[str]) -> str:
    """What to say of a key that does not exist here: the nearest one, or where it does exist."""
    if key == "<<":
        return "unknown key; merge keys are not read, extends does that for files"
    near = _belongs(key) or suggestion(key, known)
    return "unknown key" + (near or (f" (there are {', '.join(known)})" if len(known) <= FEW else ""))


def _belongs(key: str) -> str:
    from sim.scenario.declared import all_paths

    found = [path for path in all_paths() if path.rsplit(".", 1)[1] == key]
    return f"; it belongs at {found[0]}" if len(found) == 1 else ""
