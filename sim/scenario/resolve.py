"""From files to one document: ``extends``, deep merge, ``--set``. Positions survive, nothing is checked yet.

Precedence: extends < file < arm < ``--set`` (declarations fill what is left open). Mappings merge deeply, lists replace,
null deletes. ``a.b: 1`` and ``a: {b: 1}`` are the same, except among arms.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.scenario import read
from sim.scenario.problems import Path, Problem, ScenarioErrors, shown, suggestion, where
from sim.scenario.read import Entry, Node
from sim.scenario.scenario import Position

SCHEMA = 1
"""The version of the scenario format."""
MAX_FILES = 20
"""Files in a chain of ``extends``."""
LONGEST_PATH = 8
"""Keys on the way to a value."""
DETAILS = ("value", "unit", "range", "source", "note")
"""What can be said of one number."""


@dataclass
class Document:
    """A merged document and what went wrong so far. ``files`` is in the order of messages, the named file first."""

    root: Node
    name: str
    folder: pathlib.Path
    files: list[str]
    problems: list[Problem] = field(default_factory=list)


def load(path: str | os.PathLike[str], settings: Iterable[str] = ()) -> Document:
    """Read a scenario file with all it extends, and apply ``PATH=VALUE`` settings.

    Raises :class:`ScenarioErrors` where a file cannot be opened or is not YAML.
    """
    file = os.fspath(path)
    reader = _Reader(pathlib.Path(file))
    root = reader.read(file, [])
    document = Document(root, pathlib.Path(file).stem, pathlib.Path(file).parent, reader.files, reader.problems)
    apply_settings(document, settings)
    return document


def from_mapping(
    data: Mapping[str, Any], name: str, folder: str | os.PathLike[str], settings: Iterable[str] = ()
) -> Document:
    """A document from plain data, for instance the one in a manifest; ``extends`` is not followed."""
    problems: list[Problem] = []
    root = expand_dots(read.from_plain(data, Position(name)), problems)
    document = Document(root, name, pathlib.Path(folder), [name], problems)
    check_schema(root, name, problems)
    apply_settings(document, settings)
    return document


class _Reader:
    """Reads a file and what it extends, never outside the folder of the first file or its parent."""

    def __init__(self, first: pathlib.Path) -> None:
        folder = first.parent.resolve()
        self.allowed = folder.parent if folder.parent != folder.parent.parent else folder
        self.files: list[str] = []
        self.problems: list[Problem] = []

    def read(self, file: str, chain: list[tuple[str, pathlib.Path]]) -> Node:
        root, problems = read.read_bytes(file_bytes(file), file)
        self.files.append(file)
        self.problems += problems
        root = expand_dots(_mapping(root), self.problems)
        check_schema(root, file, self.problems)
        chain = [*chain, (file, pathlib.Path(file).resolve())]
        extended = self._extended(root, chain)
        own = Node({k: e for k, e in root.value.items() if k != "extends"}, root.position)  # type: ignore[union-attr]
        return merge(extended, own) if extended else own

    def _extended(self, root: Node, chain: list[tuple[str, pathlib.Path]]) -> Node | None:
        entry = root.value.get("extends") if isinstance(root.value, dict) else None
        if entry is None or entry.node.value is None:
            return None
        name, position = entry.node.value, entry.node.position
        if not isinstance(name, str):
            self._refuse(position, f"{shown(name)} is not the name of a file")
            return None
        target = pathlib.Path(position.file).parent / name
        refused = self._reason(name, target, chain)
        if refused:
            self._refuse(position, refused)
            return None
        return self.read(os.path.join(os.path.dirname(position.file), name), chain)

    def _reason(self, name: str, target: pathlib.Path, chain: list[tuple[str, pathlib.Path]]) -> str:
        """Why a file may not be extended; '' where it may."""
        if os.path.isabs(name) or pathlib.PureWindowsPath(name).drive:
            return f"{shown(name)} is an absolute path; name the file relative to this one"
        resolved = target.resolve()
        if not resolved.is_relative_to(self.allowed):
            return f"{shown(name)} lies outside the folder of the scenario and its parent"
        if any(resolved == seen for _, seen in chain):
            return "a circle: " + " > ".join([file for file, _ in chain] + [name])
        if len(chain) >= MAX_FILES:
            return f"a chain of more than {MAX_FILES} files"
        if not target.is_file():
            what = "is a folder" if target.is_dir() else "does not exist"
            return f"the file {shown(name)} {what}{near(target)}"
        return ""

    def _refuse(self, position: Position, what: str) -> None:
        self.problems.append(Problem(position, "extends", what))


def near(target: pathlib.Path) -> str:
    """``; did you mean 'base.yaml'?`` for a scenario file beside a missing one."""
    try:
        stems = {p.stem: p.name for p in sorted(target.parent.iterdir()) if p.suffix in (".yaml", ".yml")}
    except OSError:
        return ""
    hint = suggestion(target.stem, stems)
    found = [name for stem, name in stems.items() if hint == f"; did you mean '{stem}'?"]
    return f"; did you mean '{found[0]}'?" if found else ""


def file_bytes(file: str) -> bytes:
    """The first MiB (and a byte) of a file. Raises :class:`ScenarioErrors` where it cannot be opened or read."""
    try:
        with open(file, "rb") as stream:
            return stream.read(read.MAX_BYTES + 1)
    except FileNotFoundError:
        what = f"this file does not exist{near(pathlib.Path(file))}"
    except IsADirectoryError:
        what = "this is a folder, not a scenario file"
    except (OSError, ValueError) as error:
        what = f"this file cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ScenarioErrors([str(Problem(Position(file), "", what))])


def _mapping(root: Node) -> Node:
    if isinstance(root.value, dict):
        return root
    what = f"a scenario is a mapping of keys ('schema: {SCHEMA}' and so on), not {_kind(root)}"
    raise ScenarioErrors([str(Problem(root.position, "", what))])


def _kind(node: Node) -> str:
    return "a list" if isinstance(node.value, tuple) else shown(node.value)


def check_schema(root: Node, file: str, problems: list[Problem]) -> None:
    """Every file says which version of the format it is written in."""
    entry = root.value.get("schema") if isinstance(root.value, dict) else None
    if entry is None:
        missing = "this line is missing; it names the version of the format"
        problems.append(Problem(Position(file, root.position.line, root.position.column), f"schema: {SCHEMA}", missing))
    elif isinstance(entry.node.value, bool) or entry.node.value != SCHEMA:
        version = entry.node.value
        newer = isinstance(version, int) and version > SCHEMA
        advice = "a newer lianjian may read it" if newer else f"write 'schema: {SCHEMA}'"
        what = f"{shown(version)} is not a version this lianjian reads (it reads {SCHEMA}); {advice}"
        problems.append(Problem(entry.node.position, "schema", what))


# ---- dotted keys ---------------------------------------------------------------------------------------------------


def expand_dots(root: Node, problems: list[Problem], below: str = "") -> Node:
    """``projects.overhead: 4`` as ``projects: {overhead: 4}``, at all levels but inside arms."""
    return _expand(root, tuple(filter(None, below.split("."))), problems)


def _expand(node: Node, path: Path, problems: list[Problem]) -> Node:
    if not isinstance(node.value, dict) or path[:1] == ("arms",):
        return node
    expanded: dict[str, Entry] = {}
    for key, entry in node.value.items():
        first, *rest = key.split(".") if _is_dotted(key) else [key]
        inner = entry.node
        for part in reversed(rest):
            inner = Node({part: Entry(entry.key, inner)}, entry.key)
        new = Entry(entry.key, _expand(inner, (*path, first), problems))
        expanded[first] = _join(expanded[first], new, (*path, first), problems) if first in expanded else new
    return Node(expanded, node.position)


def _is_dotted(key: str) -> bool:
    return "." in key and key.count(".") < LONGEST_PATH and all(key.split("."))


def _join(first: Entry, second: Entry, path: Path, problems: list[Problem]) -> Entry:
    """Two entries of one file that end at the same key: their parts together, an error where both give one."""
    if not (isinstance(first.node.value, dict) and isinstance(second.node.value, dict)):
        what = f"given twice; first on line {first.key.line}"
        problems.append(Problem(second.key, where(path), what))
        return first
    joined = dict(first.node.value)
    for key, entry in second.node.value.items():
        joined[key] = _join(joined[key], entry, (*path, key), problems) if key in joined else entry
    return Entry(first.key, Node(joined, first.node.position))


# ---- merge ---------------------------------------------------------------------------------------------------------


def merge(below: Node, above: Node) -> Node:
    """``above`` over ``below``: mappings deeply, lists and scalars replace, null deletes.

    A plain number over ``{value, unit, range, source, note}`` replaces the value and drops source and note, which
    spoke of the old number.
    """
    if not isinstance(below.value, dict):
        return _over_number(below, above) if _details(above) and _is_number(below) else above
    if not isinstance(above.value, dict):
        if _details(below) and _is_number(above):
            return merge(below, Node({"value": Entry(above.position, above)}, below.position))
        return above
    merged = dict(below.value)
    if _details(below) and _details(above) and "value" in above.value:
        merged = {k: e for k, e in merged.items() if k not in ("source", "note")}
    for key, entry in above.value.items():
        if key not in merged:
            merged[key] = Entry(entry.key, entry.node)
        elif entry.node.value is None:
            del merged[key]
        else:
            merged[key] = Entry(entry.key, merge(merged[key].node, entry.node))
    return Node(merged, above.position)


def _details(node: Node) -> bool:
    return isinstance(node.value, dict) and bool(node.value) and all(key in DETAILS for key in node.value)


def _is_number(node: Node) -> bool:
    return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _over_number(below: Node, above: Node) -> Node:
    return merge(Node({"value": Entry(below.position, below)}, below.position), above)


# ---- --set ---------------------------------------------------------------------------------------------------------


def apply_settings(document: Document, settings: Iterable[str]) -> None:
    """Put every ``PATH=VALUE`` into the document; those inside an ``all_of`` arm last, once its members are set."""
    parsed = [_parse(document, setting) for setting in settings]
    known = [setting for setting in parsed if setting]
    for path, value in sorted(known, key=lambda setting: _all_of(document.root, setting[0])):
        _put(document, path, value)


def put(document: Document, path: str, value: Any) -> None:
    """Put plain data at a path, as ``--set`` does."""
    node = read.from_plain(value, Position(f"--set {path}"))
    _put(document, path, expand_dots(node, document.problems, path))


def _parse(document: Document, setting: str) -> tuple[str, Node] | None:
    path, equals, text = setting.partition("=")
    path = path.strip()
    position = Position(f"--set {path}")
    if not equals or not all(path.split(".")) or path.count(".") >= LONGEST_PATH:
        what = "write --set PATH=VALUE, for example --set parameters.projects.overhead=3"
        document.problems.append(Problem(position, "", what))
        return None
    try:
        node, problems = read.read_text(text, position.file) if text.strip() else (Node(None, position), [])
    except ScenarioErrors as error:
        words = "; ".join(message.split(": ", 1)[1] for message in error.messages)
        if text.strip() in ("null", "~", "Null", "NULL"):
            return path, Node(None, position)
        document.problems.append(Problem(position, path, words))
        return None
    document.problems += [dataclasses.replace(p, position=position, path=path) for p in problems]
    return path, expand_dots(read.from_plain(node.plain(), position), document.problems, path)


def _all_of(root: Node, path: str) -> bool:
    parts = path.split(".")
    entry = _arms(root).get(parts[1]) if parts[0] == "arms" and len(parts) > 2 else None
    return entry is not None and isinstance(entry.node.value, dict)


def _arms(root: Node) -> dict[str, Entry]:
    arms = root.value.get("arms") if isinstance(root.value, dict) else None
    return arms.node.value if arms and isinstance(arms.node.value, dict) else {}


def _put(document: Document, path: str, value: Node) -> None:
    if value.position.file not in document.files:
        document.files.append(value.position.file)
    parts = path.split(".")
    if parts[0] == "arms" and len(parts) > 2:
        refused = _put_in_arm(document, parts[1], parts[2:], value)
    else:
        document.root, refused = _with(document.root, parts, value)
    if refused:
        document.problems.append(Problem(value.position, path, refused))


def _with(node: Node, parts: list[str], value: Node) -> tuple[Node, str]:
    """The node with a value put at a path, and why that was not possible ('' where it was)."""
    if not parts:
        return merge(node, value), ""
    name, mark, nth = parts[0].partition("#")
    held = node.value if isinstance(node.value, dict) else {}
    if node.value is not None and not isinstance(node.value, dict):
        if not (_is_number(node) and parts[0] in DETAILS):
            return node, f"there is nothing below {shown(node.value)} to set"
        held = {"value": Entry(node.position, node)}
    if mark:
        return _with_nth(node, held, name, nth, parts[1:], value)
    if len(parts) == 1 and value.value is None:
        return Node({k: e for k, e in held.items() if k != name}, node.position), ""
    below = held.get(name, Entry(value.position, Node(None, value.position)))
    new, refused = _with(below.node, parts[1:], value)
    return Node({**held, name: Entry(value.position, new)}, node.position), refused


def _with_nth(
    node: Node, held: dict[str, Entry], name: str, nth: str, rest: list[str], value: Node
) -> tuple[Node, str]:
    """``name#2`` is the second item of a list."""
    items = held[name].node.value if name in held else ()
    if not isinstance(items, tuple) or not nth.isdecimal() or not 1 <= int(nth) <= len(items):
        length = len(items) if isinstance(items, tuple) else 0
        return node, f"'{name}' is a list of {length}; it has no item #{nth}"
    position = int(nth) - 1
    new, refused = _with(items[position], rest, value)
    changed = Node((*items[:position], new, *items[position + 1 :]), held[name].node.position)
    return Node({**held, name: Entry(held[name].key, changed)}, node.position), refused


def _put_in_arm(document: Document, name: str, parts: list[str], value: Node) -> str:
    held = _arms(document.root)
    if name not in held:
        return f"there is no arm '{name}'{suggestion(name, held)}"
    blocks = expand_all_of(held, name) if isinstance(held[name].node.value, dict) else held[name].node.value
    if not isinstance(blocks, tuple):
        return f"arm '{name}' has no blocks"
    position = find_block(blocks, parts[0])
    if position is None:
        return f"arm '{name}' has no block '{parts[0]}'{suggestion(parts[0], block_names(blocks))}"
    new, refused = _with(blocks[position], parts[1:], value)
    changed = Node((*blocks[:position], new, *blocks[position + 1 :]), held[name].node.position)
    assert isinstance(document.root.value, dict)
    old = document.root.value["arms"]
    new_arms = Node({**held, name: Entry(held[name].key, changed)}, old.node.position)
    document.root = Node({**document.root.value, "arms": Entry(old.key, new_arms)}, document.root.position)
    return refused


def expand_all_of(arms: Mapping[str, Entry], name: str, seen: tuple[str, ...] = ()) -> tuple[Node, ...]:
    """Blocks of an arm, those of the arms it joins included; what cannot be joined is left out."""
    entry = arms.get(name)
    if entry is None or name in seen:
        return ()
    if isinstance(entry.node.value, tuple):
        return entry.node.value
    members = entry.node.value.get("all_of") if isinstance(entry.node.value, dict) else None
    names = members.node.value if members and isinstance(members.node.value, tuple) else ()
    joined: list[Node] = []
    for member in names:
        joined += expand_all_of(arms, str(member.value), (*seen, name))
    return tuple(joined)


def block_names(blocks: tuple[Node, ...]) -> list[str]:
    """How messages and ``--set`` name the blocks of an arm: the policy, and ``#2`` for its second block.

    A block without a policy is named by its place: ``#3``.
    """
    names: list[str] = []
    counts: dict[str, int] = {}
    for place, block in enumerate(blocks):
        entry = block.value.get("policy") if isinstance(block.value, dict) else None
        policy = entry.node.value if entry else None
        if not isinstance(policy, str):
            names.append(f"#{place + 1}")
            continue
        counts[policy] = counts.get(policy, 0) + 1
        names.append(policy if counts[policy] == 1 else f"{policy}#{counts[policy]}")
    return names


def find_block(blocks: tuple[Node, ...], name: str) -> int | None:
    """Place of a block by its name; ``policy#1`` is the first one too."""
    names = block_names(blocks)
    wanted = name.removesuffix("#1")
    return names.index(wanted) if wanted in names else None
