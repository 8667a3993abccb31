"""Put errors into the rules, one at a time, and report those that no test notices.

Every operator in every function of ``sim/mechanisms`` and ``sim/policies`` is changed in turn (tables below),
in a copy of the tree; the tests of that file then ought to fail. Docstrings, annotations, class bodies and
f-strings are left alone: a wrong one is not a wrong rule.

    python tests/mutants.py                        # every mutant (also: make mutants)
    python tests/mutants.py --only grants talent --sample 20 --seed 1

A survivor is an operator whose change no test sees, or one whose change makes no difference (``axis=-1`` and
``axis=1`` of a table are the same). Survivors do not make the exit code: a person reads them.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.util
import os
import random
import shutil
import signal
import sys
import tempfile
import textwrap
import time
import traceback
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDERS = ("mechanisms", "policies")
TIMEOUT = 60.0
PROJECT = Path(__file__).resolve().parents[1]
NOT_COPIED = {
    ".git",
    ".venv",
    "results",
    "build",
    "dist",
    ".mypy_cache",
    ".ruff_cache",
    ".import_linter_cache",
}
# Imported once, before the forks. Never sim, which each fork must read from its own copy.
PRELOADED = ("numpy", "scipy.special", "yaml", "pytest", "hypothesis.strategies", "hypothesis.extra.numpy")
STRAY = 99  # exit code of a fork that tested another tree than its copy

# ---- The errors ----

SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.Lt: "<",
    ast.GtE: ">=",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "and",
    ast.Or: "or",
    ast.USub: "-",
    ast.Invert: "~",
    ast.Not: "not",
}


def _both_ways(*pairs: tuple[Any, Any]) -> dict[Any, Any]:
    return {a: b for one, other in pairs for a, b in ((one, other), (other, one))}


OPERATORS: dict[type[ast.AST], type[Any]] = {
    **_both_ways((ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.FloorDiv, ast.Mod), (ast.BitAnd, ast.BitOr)),
    **_both_ways((ast.Lt, ast.GtE), (ast.Gt, ast.LtE), (ast.Eq, ast.NotEq), (ast.And, ast.Or)),
    ast.Pow: ast.Mult,
}
DROPPED = (ast.USub, ast.Invert, ast.Not)
NUMPY_NAMES = _both_ways(
    ("maximum", "minimum"),
    ("fmax", "fmin"),
    ("logical_and", "logical_or"),
    ("add", "subtract"),
    ("multiply", "divide"),
)
BUILTIN_NAMES = _both_ways(("max", "min"), ("any", "all"))


@dataclass(frozen=True)
class Mutant:
    """One error: where it is and what it changes."""

    line: int
    column: int
    function: str
    change: str


class _Walk(ast.NodeTransformer):
    """Meets every operator of every function in a fixed order and puts the error in at number ``chosen``."""

    def __init__(self, chosen: int = -1) -> None:
        self.chosen = chosen
        self.mutants: list[Mutant] = []
        self._functions: list[str] = []

    def _offer(self, node: Any, change: str) -> bool:
        if not self._functions:
            return False
        text = textwrap.shorten(ast.unparse(node), 70, placeholder=" ...")
        function = ".".join(self._functions)
        self.mutants.append(Mutant(node.lineno, node.col_offset + 1, function, f"{change} in `{text}`"))
        return len(self.mutants) - 1 == self.chosen

    def _swap(self, node: Any, operator: ast.AST) -> Any:
        new = OPERATORS.get(type(operator))
        if new and self._offer(node, f"`{SIGNS[type(operator)]}` became `{SIGNS[new]}`"):
            return new()
        return operator

    # What is left alone.

    def visit_FunctionDef(self, node: Any) -> Any:
        self._functions.append(node.name)
        node.body = [self.visit(statement) for statement in node.body]  # no decorator, default, annotation
        self._functions.pop()
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        self._functions.append("lambda")
        node.body = self.visit(node.body)
        self._functions.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        code = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        self._functions.append(node.name)
        node.body = [self.visit(part) if isinstance(part, code) else part for part in node.body]
        self._functions.pop()
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return node

    # What is changed.

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        node.op = self._swap(node, node.op)
        return self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        node.op = self._swap(node, node.op)
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        node.op = self._swap(node, node.op)
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        for place, operator in enumerate(node.ops):
            node.ops[place] = self._swap(node, operator)
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, DROPPED) and self._offer(node, f"`{SIGNS[type(node.op)]}` was dropped"):
            return node.operand
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        new = NUMPY_NAMES.get(_numpy_name(node))
        if new and self._offer(node, f"`{node.attr}` became `{new}`"):
            node.attr = new
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        called = node.func
        if _numpy_name(called) == "where" and len(node.args) == 3:
            if self._offer(node, "the branches were swapped"):
                node.args[1], node.args[2] = node.args[2], node.args[1]
        elif isinstance(called, ast.Name) and called.id in BUILTIN_NAMES:
            new = BUILTIN_NAMES[called.id]
            if self._offer(node, f"`{called.id}` became `{new}`"):
                called.id = new
        elif isinstance(called, ast.Name) and called.id == "cast":
            node.args[1:] = [self.visit(argument) for argument in node.args[1:]]  # the first one is a type
            return node
        return self.generic_visit(node)


def _numpy_name(node: ast.AST) -> str:
    """``where`` for ``np.where``, else an empty text."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
        return node.attr
    return ""


def mutants_of(source: str) -> list[Mutant]:
    """Every error that can be put into ``source``, in a fixed order."""
    walk = _Walk()
    walk.visit(ast.parse(source))
    return walk.mutants


def mutated(source: str, number: int) -> str:
    """``source`` with error ``number`` of :func:`mutants_of`; -1 = none. Comments and layout are lost."""
    return ast.unparse(_Walk(number).visit(ast.parse(source))) + "\n"


# ---- The runs ----


@dataclass(frozen=True)
class Rule:
    """One file under test, with its text."""

    folder: str
    stem: str
    source: str

    @property
    def path(self) -> str:
        return f"sim/{self.folder}/{self.stem}.py"

    @property
    def module(self) -> str:
        return f"sim.{self.folder}.{self.stem}"

    @property
    def test(self) -> str:
        return f"tests/{self.folder}/test_{self.stem}.py"


@dataclass(frozen=True)
class Job:
    """The tests of ``rule`` with error ``number`` in it; -1 = the baseline."""

    rule: Rule
    number: int


def copy_tree(root: Path, to: Path) -> Path:
    """Copy the project, without what its tests do not read."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        return {n for n in names if n == "__pycache__" or (Path(folder) == root and n in NOT_COPIED)}

    shutil.copytree(root, to, ignore=left_out, symlinks=True)
    return to


def find_rules(tree: Path) -> list[Rule]:
    """Every file of mechanisms and policies; an ``__init__`` only when it has something to change."""
    files = [file for folder in FOLDERS for file in sorted((tree / "sim" / folder).glob("*.py"))]
    rules = [Rule(file.parent.name, file.stem, file.read_text(encoding="utf-8")) for file in files]
    return [rule for rule in rules if rule.stem != "__init__" or mutants_of(rule.source)]


def preload() -> None:
    """Import what nearly every test needs, so that a fork starts in milliseconds."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the forks are the parallel part
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from hypothesis import Phase, settings

    # The tests' own profile without shrinking: that a test fails is enough.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", derandomize=True, deadline=None, database=None, phases=phases)
    assert "sim" not in sys.modules, "sim was imported before the forks: they would not see their mutants"


def _test_in(tree: Path, job: Job, log: Path) -> int:
    """Run in a fork: the tests of ``job`` in ``tree``; returns the exit code."""
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)  # for processes that a test starts
    here = {"", str(PROJECT), str(PROJECT / "tests")}
    sys.path[:] = [str(tree), *(entry for entry in sys.path if entry not in here)]
    importlib.invalidate_caches()
    if job.number >= 0:  # else a stale .pyc could stand for the next mutant of the same second and size
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants", f"--rootdir={tree}"]
    code = int(pytest.main([*options, job.rule.test]))
    loaded = sys.modules.get(job.rule.module)
    if loaded and not Path(str(loaded.__file__)).is_relative_to(tree):
        print(f"{job.rule.module} was read from {loaded.__file__}, not from the copy")
        code = STRAY
    sys.stdout.flush()
    return code


def _start(tree: Path, job: Job, log: Path) -> int:
    """Write the mutant into its tree and fork; the process id."""
    if job.number >= 0:
        file = tree / job.rule.path
        file.write_text(mutated(job.rule.source, job.number), encoding="utf-8")
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setpgid(0, 0)  # so that a kill takes what the tests started along
        code = _test_in(tree, job, log)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)  # the fork must never go on with the loop of its parent


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def run_jobs(jobs: Iterable[Job], trees: list[Path], timeout: float) -> Iterator[tuple[Job, int | None, str]]:
    """Run the jobs, one at a time in each tree; yields the exit code (None = time-out) and the output."""
    waiting, free = deque(jobs), list(enumerate(trees))
    running: dict[int, tuple[Job, tuple[int, Path], Path, float]] = {}
    try:
        while waiting or running:
            while waiting and free:
                place, job = free.pop(), waiting.popleft()
                log = place[1].parent / f"log-{place[0]}"
                running[_start(place[1], job, log)] = (job, place, log, time.monotonic() + timeout)
            time.sleep(0.005)
            for pid, (job, place, log, deadline) in list(running.items()):
                done, status = os.waitpid(pid, os.WNOHANG)
                if not done and time.monotonic() < deadline:
                    continue
                _kill(pid)
                if not done:
                    os.waitpid(pid, 0)
                del running[pid]
                if job.number >= 0:
                    (place[1] / job.rule.path).write_text(mutated(job.rule.source, -1), encoding="utf-8")
                free.append(place)
                code = os.waitstatus_to_exitcode(status) if done else None
                yield job, code, log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    finally:
        for pid in running:
            _kill(pid)


def sampled(found: list[Mutant], size: int | None, seed: str) -> list[int]:
    """Numbers of the mutants to run: all, or ``size`` at random, but at least one of each function."""
    if size is None or size >= len(found):
        return list(range(len(found)))
    draw = random.Random(seed)
    by_function: dict[str, list[int]] = {}
    for number, mutant in enumerate(found):
        by_function.setdefault(mutant.function, []).append(number)
    chosen = {draw.choice(numbers) for numbers in by_function.values()}
    others = [number for number in range(len(found)) if number not in chosen]
    return sorted([*chosen, *draw.sample(others, max(0, size - len(chosen)))])


class Report:
    """Prints the mechanisms in order, each as soon as all its mutants are done."""

    def __init__(self, plan: dict[Rule, list[int]], found: dict[Rule, list[Mutant]]) -> None:
        self.plan, self.found = dict(plan), found
        self.codes: dict[Job, int | None] = {}
        self.totals: Counter[str] = Counter()

    def add(self, job: Job, code: int | None) -> None:
        self.codes[job] = code
        self.print_finished()

    def print_finished(self) -> None:
        while self.plan:
            rule, numbers = next(iter(self.plan.items()))
            jobs = [Job(rule, number) for number in numbers]
            if any(job not in self.codes for job in jobs):
                return
            del self.plan[rule]
            survivors = [job for job in jobs if self.codes[job] == 0]
            late = sum(self.codes[job] is None for job in jobs)
            of_all = f" of {len(self.found[rule])}" if len(jobs) < len(self.found[rule]) else ""
            print(
                f"{rule.folder}/{rule.stem}: {len(jobs)}{of_all} mutants, {len(jobs) - len(survivors)} killed"
                f"{f' ({late} by time-out)' if late else ''}, {len(survivors)} survived"
            )
            for job in survivors:
                mutant = self.found[rule][job.number]
                print(f"    {rule.path}:{mutant.line}:{mutant.column} in {mutant.function}: {mutant.change}")
            sys.stdout.flush()
            self.totals.update(mutants=len(jobs), killed=len(jobs) - len(survivors), survived=len(survivors))


def arguments(words: list[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="tests/mutants.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="STEM", help="these mechanisms and policies")
    parser.add_argument("--sample", type=int, metavar="N", help="N of each, at least one of each function")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--list", action="store_true", help="name the mutants and run none")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds a mutant may take (default 60)")
    parser.add_argument("--root", type=Path, default=PROJECT, help="the project (default: this one)")
    options = parser.parse_args(words)
    if options.sample is not None and options.sample < 1:
        parser.error(f"--sample {options.sample}: at least 1")
    if options.timeout <= 0:
        parser.error(f"--timeout {options.timeout:g}: more than 0 seconds")
    if not hasattr(os, "fork"):
        parser.error("needs a system that can fork (Linux, macOS, WSL)")
    return parser, options


def main(words: list[str] | None = None) -> int:
    parser, options = arguments(words)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        template = copy_tree(options.root.resolve(), Path(folder).resolve() / "baseline")
        rules = find_rules(template)
        if not rules:
            parser.error(f"no rules in sim/{{{','.join(FOLDERS)}}} of {options.root}")
        if options.only:
            unknown = sorted(set(options.only) - {rule.stem for rule in rules})
            if unknown:
                known = ", ".join(sorted({rule.stem for rule in rules}))
                parser.error(f"--only {' '.join(unknown)}: not there; there are {known}")
            rules = [rule for rule in rules if rule.stem in options.only]
        found = {rule: mutants_of(rule.source) for rule in rules}
        plan = {rule: sampled(found[rule], options.sample, f"{options.seed} {rule.path}") for rule in rules}
        if options.list:
            for rule, numbers in plan.items():
                for mutant in (found[rule][number] for number in numbers):
                    print(f"{rule.path}:{mutant.line}:{mutant.column} in {mutant.function}: {mutant.change}")
            print(f"total: {sum(map(len, plan.values()))} mutants")
            return 0
        return run(plan, found, template, options.timeout, started)


def run(
    plan: dict[Rule, list[int]],
    found: dict[Rule, list[Mutant]],
    template: Path,
    timeout: float,
    started: float,
) -> int:
    """Baselines first, then the mutants of every rule whose tests pass; the exit code."""
    preload()
    workers = os.cpu_count() or 1
    for rule in plan:  # as the mutants will be written, so that a loss of layout alone kills none
        (template / rule.path).write_text(mutated(rule.source, -1), encoding="utf-8")
    failed = []
    baselines = [Job(rule, -1) for rule in plan if found[rule]]
    for job, code, log in run_jobs(baselines, [template] * workers, timeout):
        if code == 0:
            continue
        failed.append(job.rule)
        if not (template / job.rule.test).exists():
            why, log = "is missing", ""
        else:
            why = "takes too long" if code is None else "fails without any mutant"
        print(f"{job.rule.folder}/{job.rule.stem}: {job.rule.test} {why}; its mutants were not run")
        print(textwrap.indent(log, "    "), end="")
    sound = {rule: numbers for rule, numbers in plan.items() if rule not in failed}
    jobs = [Job(rule, number) for rule, numbers in sound.items() for number in numbers]
    trees = [template.parent / f"tree-{number}" for number in range(min(workers, len(jobs)))]
    for tree in trees:
        shutil.copytree(template, tree, symlinks=True)  # with the byte code of the baseline runs
    report = Report(sound, found)
    report.print_finished()
    for job, code, _ in run_jobs(jobs, trees, timeout):
        report.add(job, code)
    total = report.totals
    print(f"total: {total['mutants']} mutants, {total['killed']} killed, {total['survived']} survived", end="")
    print(f", {time.monotonic() - started:.0f} s")
    if failed:
        print("not run, as their tests fail or are missing:", *(f"{rule.folder}/{rule.stem}" for rule in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
