"""One document out of several: dotted keys written out, mappings merged; positions survive."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, field

from sim.scenario.problems import Path, Problem, where
from sim.scenario.read import Entry, Node

LONGEST_PATH = 8
"""Keys on the way to a value."""
DETAILS = ("value", "unit", "range", "source", "note")
"""What can be said of one number."""


@dataclass
class Document:
    """A merged document and what went wrong so far. ``files`` is in the order of messages, the named file first.

    ``signs`` says of lines of files which full-width sign they hold; messages about such a line name it.
    """

    root: Node
    name: str
    folder: pathlib.Path
    files: list[str]
    problems: list[Problem] = field(default_factory=list)
    signs: dict[str, dict[int, str]] = field(default_factory=dict)


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
        return _over_number(below, above) if _details(above) and is_number(below) else above
    if not isinstance(above.value, dict):
        if _details(below) and is_number(above):
            return merge(below, Node({"value": Entry(above.position, above)}, above.position))
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


def is_number(node: Node) -> bool:
    """Whether a node is a plain number."""
    return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _over_number(below: Node, above: Node) -> Node:
    return merge(Node({"value": Entry(below.position, below)}, below.position), above)
