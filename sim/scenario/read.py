"""YAML text to plain data in which every key and every value knows its line and column.

YAML 1.2 core scalars: ``1e3`` is 1000, ``NO`` and ``12:30`` are text. Dates, tags, numbers with leading zeros, keys
given twice and several documents are refused. The tree is built from parser events: PyYAML's C composer crashes on
100,000 brackets, and its constructor forgets positions.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sim.scenario.problems import Problem, ScenarioErrors, shown
from sim.scenario.punctuation import full_width
from sim.scenario.scalars import Scalar, plain_scalar
from sim.scenario.scenario import Position

SCENARIO = "a scenario"
MAX_BYTES = 1024 * 1024
MAX_NESTING = 50
MAX_ALIASES = 20
MAX_VALUES = 100_000
"""Values in a document with its aliases written out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping: where the key stands, and its value."""

    key: Position
    node: Node


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its position: a scalar, a mapping of entries or a tuple of nodes."""

    value: Scalar | dict[str, Entry] | tuple[Node, ...]
    position: Position

    def plain(self) -> Any:
        """The value without positions: scalars, dicts and lists."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value


def from_plain(value: Any, position: Position) -> Node:
    """A tree in which everything has one position, from plain data (dicts, lists, scalars)."""
    if isinstance(value, Mapping):
        return Node({str(k): Entry(position, from_plain(v, position)) for k, v in value.items()}, position)
    if isinstance(value, (list, tuple)):
        return Node(tuple(from_plain(item, position) for item in value), position)
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, int, float)):  # of NumPy
        value = int(value) if isinstance(value, numbers.Integral) else float(value)
    return Node(value, position)


def read_bytes(data: bytes, file: str, kind: str = SCENARIO) -> tuple[Node, list[Problem]]:
    """Parse the bytes of a file; see :func:`read_text`. Refuses what is too big or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise _fatal(Position(file), f"the file is larger than 1 MiB; {kind} is a few pages at most")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise _fatal(Position(file, line, column), "this is not UTF-8 text; save the file as UTF-8") from None
    return read_text(text, file, kind)


def read_text(text: str, file: str, kind: str = SCENARIO) -> tuple[Node, list[Problem]]:
    """Parse YAML text into a tree with positions, and the problems of single values and keys.

    ``kind`` is what messages call the whole of it.
    Raises :class:`ScenarioErrors` with one message where the text cannot be read at all.
    """
    _refuse_unprintable(text, file)
    builder = _Builder(file, kind)
    try:
        for event in yaml.parse(text, Loader=_loader()):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, file) from None
    if builder.root is None or builder.root.value is None:
        raise _fatal(Position(file, 1, 1), f"the file is empty; {kind} begins with 'schema: 1'")
    return builder.root, builder.problems


def _loader() -> Any:
    """The C parser where PyYAML was built with it (ten times faster), else the one in Python."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _fatal(position: Position, what: str) -> ScenarioErrors:
    return ScenarioErrors([str(Problem(position, "", what))])


def _refuse_unprintable(text: str, file: str) -> None:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if found:
        before = text[: found.start()]
        position = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise _fatal(position, f"the character U+{ord(found.group()):04X} is not allowed in YAML; delete it")


class _Builder:
    """Turns parser events into nodes; holds what is open."""

    def __init__(self, file: str, kind: str) -> None:
        self.file = file
        self.kind = kind
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._documents = 0
        self._aliases = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int, int] | None] = {}

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        position = Position(self.file, mark.line + 1, mark.column + 1) if mark else Position(self.file)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _fatal(position, f"a second document begins here ('---'); {self.kind} is one document")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, position)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, position)
            self._scalar(event, position)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event, position)
            self._start(event, position)
        elif isinstance(event, yaml.CollectionEndEvent):
            opened = self._open.pop()
            self._place(opened.node(), opened.depth, opened.size, opened.anchor)

    def _refuse_tag(self, event: Any, position: Position) -> None:
        if event.tag is not None:
            raise _fatal(position, f"tags are not allowed ({shown(event.tag)}); write the plain value")

    def _start(self, event: Any, position: Position) -> None:
        if len(self._open) >= MAX_NESTING:
            raise _fatal(position, f"nested deeper than {MAX_NESTING} levels")
        if self._open and self._open[-1].wants_key:
            raise _fatal(position, "a key must be plain text, not a list or a mapping")
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(position, isinstance(event, yaml.MappingStartEvent), event.anchor))

    def _scalar(self, event: Any, position: Position) -> None:
        if self._open and self._open[-1].wants_key:
            self._key(event.value, position)
            return
        value: Scalar = event.value
        if event.implicit[0]:
            value, refused = plain_scalar(event.value)
            if refused:
                self.problems.append(Problem(position, self._path(), refused))
        self._place(Node(value, position), 0, 1, event.anchor)

    def _key(self, key: str, position: Position) -> None:
        opened = self._open[-1]
        opened.key, opened.key_position, opened.repeated = key, position, key in opened.mapping
        if opened.repeated:
            first = opened.mapping[key].key
            path = self._path()
            self.problems.append(Problem(position, path, f"given twice; first on line {first.line}"))
        elif not key:
            self.problems.append(Problem(position, self._path(), "a key is missing before the ':'"))

    def _alias(self, event: Any, position: Position) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise _fatal(position, f"more than {MAX_ALIASES} aliases (*{event.anchor})")
        if self._open and self._open[-1].wants_key:
            raise _fatal(position, "a key must be plain text, not an alias")
        if event.anchor not in self._anchors:
            raise _fatal(position, f"the alias *{event.anchor} refers to nothing above it")
        target = self._anchors[event.anchor]
        if target is None:
            raise _fatal(position, f"the alias *{event.anchor} contains itself")
        self._place(*target, None)

    def _place(self, node: Node, depth: int, size: int, anchor: str | None) -> None:
        """Put a finished value where it belongs; ``depth`` and ``size`` are those of its tree, aliases written out."""
        if anchor:
            self._anchors[anchor] = (node, depth, size)
        if not self._open:
            self.root = node
            return
        opened = self._open[-1]
        opened.depth = max(opened.depth, depth + 1)
        opened.size += size
        if opened.depth + len(self._open) - 1 > MAX_NESTING:
            raise _fatal(node.position, f"nested deeper than {MAX_NESTING} levels with its aliases written out")
        if opened.size > MAX_VALUES:
            raise _fatal(node.position, f"more than {MAX_VALUES:,} values with its aliases written out")
        opened.add(node)

    def _path(self) -> str:
        text = ""
        for opened in self._open:
            part = opened.key if opened.is_mapping else f"#{len(opened.items) + 1}"
            text += part if not text or not opened.is_mapping else f".{part}"
        return text


class _Open:
    """A mapping or a list whose end has not been reached."""

    def __init__(self, position: Position, is_mapping: bool, anchor: str | None) -> None:
        self.position = position
        self.is_mapping = is_mapping
        self.anchor = anchor
        self.mapping: dict[str, Entry] = {}
        self.items: list[Node] = []
        self.key: str = ""
        self.key_position: Position | None = None
        self.repeated = False
        self.depth = 1
        self.size = 1

    @property
    def wants_key(self) -> bool:
        return self.is_mapping and self.key_position is None

    def add(self, node: Node) -> None:
        if not self.is_mapping:
            self.items.append(node)
            return
        assert self.key_position is not None
        if not self.repeated:
            self.mapping[self.key] = Entry(self.key_position, node)
        self.key_position = None

    def node(self) -> Node:
        return Node(self.mapping if self.is_mapping else tuple(self.items), self.position)


# ---- text that is not YAML -----------------------------------------------------------------------------------------

_EXPLANATIONS = (
    ("mapping values are not allowed", "a ':' that does not fit here; text that contains ': ' needs quotes"),
    ("could not find expected ':'", "a key without ':'"),
    ("unexpected end of stream", "the quotation mark opened on line {context} is not closed"),
    ("',' or ']'", "the '[' on line {context} is not closed"),
    ("',' or '}'", "the '{{' on line {context} is not closed"),
    ("cannot start any token", "a value cannot begin with '{character}'; put text in quotes"),
    ("expected key", "the indentation does not fit the lines above"),
    ("<block end>", "the indentation does not fit the lines above"),
    ("'-' indicator", "the indentation does not fit the lines above"),
)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> ScenarioErrors:
    """The parser's complaint in the words of someone who writes scenarios, the same for both parsers."""
    problem = str(error.problem or error.context or "cannot be read")
    context = error.context_mark or error.problem_mark
    mark = context if "could not find expected ':'" in problem else (error.problem_mark or context)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    for at in dict.fromkeys((line, line - 1)):
        hint = _hint(lines[at - 1], above=at < line) if 1 <= at <= len(lines) else None
        if hint:
            return _fatal(Position(file, at, hint[0]), hint[1])
    character = lines[line - 1][column - 1 : column] if line <= len(lines) else ""
    for part, explanation in _EXPLANATIONS:
        if part in problem:
            opened = context.line + 1 if context else line
            what = explanation.format(context=opened, character=character)
            return _fatal(Position(file, line, column), what)
    return _fatal(Position(file, line, column), f"this is not YAML: {problem}")


def _hint(line: str, *, above: bool) -> tuple[int, str] | None:
    """Column and words for the slips that no parser names: tabs and full-width signs.

    In the line above the error such a sign may be text; it is told where it stands for a key's colon or among brackets.
    """
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation:
        return indentation.index("\t") + 1, "a tab; YAML is indented with spaces"
    if above and not re.match(r"[^'\"#:]*?：|[^'\"#]*[\[{［｛]", line):
        return None
    return full_width(line)
