"""``--set PATH=VALUE``: values put into a document at paths as error messages print them, and the names of blocks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from sim.scenario import read
from sim.scenario.document import DETAILS, LONGEST_PATH, Document, expand_dots, is_number, merge
from sim.scenario.problems import Problem, ScenarioErrors, shown, suggestion
from sim.scenario.read import Entry, Node
from sim.scenario.scenario import Position


def apply_settings(document: Document, settings: Iterable[str]) -> None:
    """Put every ``PATH=VALUE`` into the document; those inside an ``all_of`` arm last, once its members are set."""
    parsed = [_parse(document, setting) for setting in settings]
    put_all(document, [setting for setting in parsed if setting])


def put_all(document: Document, settings: Iterable[tuple[str, Node]]) -> None:
    """Put nodes at paths; those inside an ``all_of`` arm last, once its members are set."""
    for path, value in sorted(settings, key=lambda setting: _all_of(document.root, setting[0])):
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
        if not (is_number(node) and parts[0] in DETAILS):
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
