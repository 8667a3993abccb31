"""Where the rules stand: functions, declared fields and changes of the state, read from the source files.

Everything is taken from the syntax tree, so that nothing here can differ from the code and no file has to be imported.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sim import declare
from sim.state import State

ROOT = Path(declare.__file__).resolve().parent.parent
STATE_VARIABLES = frozenset(f.name for f in dataclasses.fields(State))
CALLED = (
    "sim.grouping_rules",
    "sim.pairing_rules",
    "sim.people",
    "sim.succession",
    "sim.technology",
)
"""Modules whose rules mechanisms call by name: they are described with the mechanism that calls them."""
ELSEWHERE = (
    *CALLED,
    "sim.initialization",
    "sim.companions",
    "sim.timeline",
    "sim.accounts",
    "sim.groups",
    "sim.outcomes",
    "sim.population.drawing",
    "sim.population.observed",
)
"""Modules with rules that are neither a mechanism's nor a policy's."""


@dataclass(frozen=True)
class Rule:
    """A function: its name, file and line, what its docstring says first, the names it uses."""

    name: str
    file: str
    line: int
    text: str
    names: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Code:
    """What is read from one file."""

    file: str
    rules: tuple[Rule, ...]
    """Functions with a docstring, in the order written; those that others call by their names first."""
    fields: dict[tuple[str, str], int]
    """(class, field) -> line."""
    words: dict[str, int]
    """Text constant -> the first line that has it."""
    changes: tuple[str, ...]
    """State variables that ``state.replace`` sets."""
    sets: tuple[str, ...]
    """``mechanism.parameter`` that ``dataclasses.replace`` of a policy sets."""
    text: str
    """The docstring of the module."""
    calls: tuple[Rule, ...]
    """Rules of the modules in ``CALLED`` that this one imports."""
    called: tuple[str, ...]
    """These modules."""

    def place(self, owner: str, name: str) -> str:
        """``file:line`` of a declared field, or of the text that names it, or only the file."""
        line = self.fields.get((owner, name)) or self.words.get(name)
        return f"{self.file}:{line}" if line else self.file


@cache
def code(module: str) -> Code:
    """Read a module's file, for example ``sim.mechanisms.talent``."""
    spec = find_spec(module)
    assert spec is not None, module
    assert spec.origin is not None, module
    path = Path(spec.origin)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    file = path.relative_to(ROOT).as_posix()
    called = {name: rules for name in CALLED if name != module and (rules := _called(tree, name))}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)]
    words: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words[node.value] = min(node.lineno, words.get(node.value, node.lineno))
    return Code(
        file=file,
        rules=tuple(sorted((_rule(node, file) for node in functions), key=lambda rule: rule.name.startswith("_"))),
        fields=dict(_fields(tree)),
        words=words,
        changes=tuple(dict.fromkeys(_changes(tree))),
        sets=tuple(dict.fromkeys(_sets(tree))),
        text=ast.get_docstring(tree) or "",
        calls=tuple(rule for rules in called.values() for rule in rules),
        called=tuple(called),
    )


def _rule(node: ast.FunctionDef, file: str) -> Rule:
    names = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    names |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return Rule(node.name, file, node.lineno, first_sentence(ast.get_docstring(node) or ""), frozenset(names))


def _called(tree: ast.Module, module: str) -> tuple[Rule, ...]:
    """Rules of a module that are imported by name, or used as ``module.rule``."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            names |= {imported.name for imported in node.names}
        elif isinstance(node, ast.Attribute) and f"sim.{ast.unparse(node.value)}" == module:
            names.add(node.attr)
    return tuple(rule for rule in code(module).rules if rule.name in names) if names else ()


def first_sentence(text: str) -> str:
    """The first sentence of a docstring on one line."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[^.]\.) (?=[A-Z])", paragraph, maxsplit=1)[0]


def _fields(tree: ast.Module) -> Iterator[tuple[tuple[str, str], int]]:
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            for node in owner.body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    yield (owner.name, node.target.id), node.lineno


def _changes(tree: ast.Module) -> Iterator[str]:
    for call in _replacing(tree):
        if ast.unparse(call.func) != "dataclasses.replace":
            yield from (name for name in _keywords(call, tree) if name in STATE_VARIABLES)


def _keywords(call: ast.Call, tree: ast.Module) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg:
            yield keyword.arg
        elif isinstance(keyword.value, ast.Call):  # state.replace(**carry_over(p))
            yield from _texts(_function(tree, ast.unparse(keyword.value.func)))


def _function(tree: ast.Module, name: str) -> list[ast.stmt]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Texts and names of arguments."""
    for node in (part for whole in nodes for part in ast.walk(whole)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def _replacing(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
            yield node


def _sets(tree: ast.Module) -> Iterator[str]:
    """Keywords of ``dataclasses.replace(parameters, stem=dataclasses.replace(.., parameter=..))``."""
    for outer in _replacing(tree):
        for keyword in outer.keywords:
            for inner in _replacing(keyword.value):
                yield from (f"{keyword.arg}.{field.arg}" for field in inner.keywords if field.arg)
