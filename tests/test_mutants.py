"""The mutation tester itself: which errors it puts in, and whether it tells killed from survived."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import mutants

HEAD = "def rule(a, b):\n    return "


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("a + b", "a - b"),
        ("a - b", "a + b"),
        ("a * b", "a / b"),
        ("a / b", "a * b"),
        ("a ** b", "a * b"),
        ("a < b", "a >= b"),
        ("a >= b", "a < b"),
        ("a > b", "a <= b"),
        ("a <= b", "a > b"),
        ("a == b", "a != b"),
        ("a != b", "a == b"),
        ("a & b", "a | b"),
        ("a | b", "a & b"),
        ("a and b", "a or b"),
        ("-a", "a"),
        ("~a", "a"),
        ("not a", "a"),
        ("np.maximum(a, b)", "np.minimum(a, b)"),
        ("np.minimum.at(a, b)", "np.maximum.at(a, b)"),
        ("np.where(a, b, 0)", "np.where(a, 0, b)"),
        ("max(a, b)", "min(a, b)"),
    ],
)
def test_one_operator_gives_one_error(right: str, wrong: str) -> None:
    assert len(mutants.mutants_of(HEAD + right)) == 1
    assert mutants.mutated(HEAD + right, 0) == HEAD + wrong + "\n"
    assert mutants.mutated(HEAD + right, -1) == HEAD + right + "\n"


def test_errors_come_one_at_a_time() -> None:
    source = HEAD + "a + b * 2 if 0 < a <= b else -a"
    found = [mutants.mutated(source, number).splitlines()[1].strip() for number in range(5)]
    assert len(mutants.mutants_of(source)) == 5
    assert sorted(found) == [
        "return a + b * 2 if 0 < a <= b else a",
        "return a + b * 2 if 0 < a > b else -a",
        "return a + b * 2 if 0 >= a <= b else -a",
        "return a + b / 2 if 0 < a <= b else -a",
        "return a - b * 2 if 0 < a <= b else -a",
    ]


def test_place_and_change_are_named() -> None:
    (mutant,) = mutants.mutants_of("class Rule:\n    def step(self, a):\n        self.a += a\n")
    assert mutant == mutants.Mutant(3, 9, "Rule.step", "`+` became `-` in `self.a += a`")


def test_declarations_annotations_and_texts_are_left_alone() -> None:
    source = '''
LIMIT = 2 * 3
class Parameters:
    share: float | None = 1 - 0.5
    start: float = field(default_factory=lambda: 1 + 1)
@decorated(1 + 1)
def rule(a: int | None = 1 - 2) -> int | None:
    """a + b"""
    b: int | None = cast(int | None, a)
    raise ValueError(f"{a + 1}")
'''
    assert mutants.mutants_of(source) == []


def test_sample_has_every_function_and_is_repeatable() -> None:
    source = "".join(f"def rule_{i}(a, b):\n    return a + b * a - b / 2\n" for i in range(3))
    found = mutants.mutants_of(source)
    assert len(found) == 12
    for size, expected in ((1, 3), (5, 5), (12, 12), (99, 12)):
        numbers = mutants.sampled(found, size, "seed")
        assert numbers == mutants.sampled(found, size, "seed")
        assert len(set(numbers)) == len(numbers) == expected
        assert {found[number].function for number in numbers} == {"rule_0", "rule_1", "rule_2"}


def project(root: Path, files: dict[str, str]) -> Path:
    for name in ("sim/__init__.py", "sim/mechanisms/__init__.py", "sim/policies/__init__.py"):
        files.setdefault(name, "")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def report(root: Path, *options: str) -> tuple[int, str]:
    """In a process of its own: this one may have imported the real ``sim``."""
    done = subprocess.run(
        [sys.executable, mutants.__file__, "--root", str(root), *options],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


RULE = "def rule(a, b):\n    while a > 9:\n        a = a - 1\n    return a + b\n"
TESTS = "from sim.mechanisms import toll\n\ndef test_rule():\n    assert toll.rule(10, {}) == 9 + {}\n"


@pytest.mark.slow
def test_survivors_are_told_from_the_killed(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        {
            "sim/mechanisms/toll.py": RULE,  # with b = 0 nobody sees the sign of b; a + 1 never ends
            "tests/mechanisms/test_toll.py": TESTS.format(0, 0),
            "sim/policies/toll.py": "def rule(a, b):\n    return a - 1\n",
            "tests/policies/test_toll.py": TESTS.format(0, 0).replace("mechanisms", "policies"),
        },
    )
    code, text = report(root, "--timeout", "10")
    assert text.splitlines()[:3] == [
        "mechanisms/toll: 3 mutants, 2 killed (1 by time-out), 1 survived",
        "    sim/mechanisms/toll.py:4:12 in rule: `+` became `-` in `a + b`",
        "policies/toll: 1 mutants, 1 killed, 0 survived",
    ]
    assert "total: 4 mutants, 3 killed, 1 survived" in text
    assert code == 0
    assert (root / "sim/mechanisms/toll.py").read_text(encoding="utf-8") == RULE


def test_failing_or_missing_tests_are_an_error(tmp_path: Path) -> None:
    files = {
        "sim/mechanisms/toll.py": RULE,
        "tests/mechanisms/test_toll.py": TESTS.format(0, 7),
        "sim/mechanisms/untested.py": RULE,
    }
    code, text = report(project(tmp_path, files))
    assert code == 1
    assert "test_toll.py fails without any mutant" in text
    assert "test_untested.py is missing" in text
    assert "not run, as their tests fail or are missing: mechanisms/" in text


def test_bad_options_are_named(tmp_path: Path) -> None:
    root = project(tmp_path, {"sim/mechanisms/toll.py": RULE})
    code, text = report(root, "--only", "tolls")
    assert code == 2
    assert "--only tolls: not there; there are toll" in text
    code, text = report(root, "--list")
    assert code == 0
    assert "sim/mechanisms/toll.py:3:13 in rule: `-` became `+` in `a - 1`" in text
