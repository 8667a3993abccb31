"""From files to one document: ``extends``, deep merge, ``--set``. Positions survive, nothing is checked yet.

Precedence: extends < file < arm < ``--set`` (declarations fill what is left open). Mappings merge deeply, lists replace,
null deletes. ``a.b: 1`` and ``a: {b: 1}`` are the same, except among arms.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from sim.scenario import read
from sim.scenario.document import Document, expand_dots, merge
from sim.scenario.problems import Problem, ScenarioErrors, shown, suggestion
from sim.scenario.punctuation import full_width_lines
from sim.scenario.read import Node
from sim.scenario.scenario import Position
from sim.scenario.settings import apply_settings

SCHEMA = 1
"""The version of the scenario format."""
EXPERIMENT_KEYS = ("question", "scenario", "scenarios", "factors", "design")
SEARCH_KEY = "goals"
"""Top-level keys that no scenario file has, an experiment file has."""
MAX_FILES = 20
"""Files in a chain of ``extends``."""


def load(path: str | os.PathLike[str], settings: Iterable[str] = ()) -> Document:
    """Read a scenario file with all it extends, and apply ``PATH=VALUE`` settings.

    Raises :class:`ScenarioErrors` where a file cannot be opened or is not YAML.
    """
    file = os.fspath(path)
    named = pathlib.Path(file)
    reader = _Reader(named)
    root = reader.read(file, [])
    document = Document(root, named.stem, named.parent, reader.files, reader.problems, reader.signs)
    apply_settings(document, settings)
    return document


def load_alone(path: str | os.PathLike[str], kind: str) -> Document:
    """Read a file that extends no other and in which a dotted key stays a path, such as an experiment.

    ``kind`` is what messages call it (``an experiment``). Raises as :func:`load` does.
    """
    file = os.fspath(path)
    content = file_bytes(file, kind)
    root, problems = read.read_bytes(content, file, kind)
    root = _mapping(root, kind)
    check_schema(root, file, problems)
    signs = {file: full_width_lines(content.decode("utf-8-sig"))}
    return Document(root, pathlib.Path(file).stem, pathlib.Path(file).parent, [file], problems, signs)


def is_experiment(path: str | os.PathLike[str]) -> bool:
    """Whether a file is meant as an experiment; False for one that cannot be read."""
    file = os.fspath(path)
    try:
        root, _ = read.read_bytes(file_bytes(file), file)
    except ScenarioErrors:
        return False
    return isinstance(root.value, dict) and any(key in root.value for key in EXPERIMENT_KEYS)


def is_search(path: str | os.PathLike[str]) -> bool:
    """Whether a file is meant as a policy search; False for one that cannot be read."""
    file = os.fspath(path)
    try:
        root, _ = read.read_bytes(file_bytes(file), file)
    except ScenarioErrors:
        return False
    return isinstance(root.value, dict) and SEARCH_KEY in root.value


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
        self.signs: dict[str, dict[int, str]] = {}

    def read(self, file: str, chain: list[tuple[str, pathlib.Path]]) -> Node:
        content = file_bytes(file)
        root, problems = read.read_bytes(content, file)
        self.signs[file] = full_width_lines(content.decode("utf-8-sig"))
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


def _in_scenarios(target: pathlib.Path) -> str:
    """The same hint for a missing file whose name is there in the folder ``scenarios``."""
    for name in (target.name, f"{target.name}.yaml"):
        there = pathlib.Path("scenarios", name)
        if target.name and os.path.isfile(there):  # False for a name too long for the system
            return f"; did you mean '{there.as_posix()}'?"
    return ""


def file_bytes(file: str, kind: str = read.SCENARIO) -> bytes:
    """The first MiB (and a byte) of a file. Raises :class:`ScenarioErrors` where it cannot be opened or read."""
    try:
        with open(file, "rb") as stream:
            return stream.read(read.MAX_BYTES + 1)
    except FileNotFoundError:
        what = f"this file does not exist{_in_scenarios(pathlib.Path(file)) or near(pathlib.Path(file))}"
    except IsADirectoryError:
        what = f"this is a folder, not {kind} file"
    except (OSError, ValueError) as error:
        what = f"this file cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ScenarioErrors([str(Problem(Position(file or "''"), "", what))])


def _mapping(root: Node, kind: str = read.SCENARIO) -> Node:
    if isinstance(root.value, dict):
        return root
    what = f"{kind} is a mapping of keys ('schema: {SCHEMA}' and so on), not {_kind(root)}"
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
