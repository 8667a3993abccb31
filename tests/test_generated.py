"""Documents that follow from the declarations are fresh; a stale one is named."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sim.scenario import load_scenario

ROOT = Path(__file__).resolve().parent.parent


def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_documents_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_document_is_named_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = generate()
    (tmp_path / "docs").mkdir()
    odd = tmp_path / "docs" / "odd.md"
    odd.write_text("before\n<!-- generated:forms -->\nold\n<!-- end -->\nafter\n", encoding="utf-8")
    assert module.main(["--check"], tmp_path) == 1
    assert "docs/odd.md is stale" in capsys.readouterr().out
    assert "old" in odd.read_text(encoding="utf-8")
    assert module.main([], tmp_path) == 0
    text = odd.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- generated:forms -->\n\n| name |")
    assert text.endswith("|\n\n<!-- end -->\nafter\n")
    assert "forms.joint_manager" in text
    assert module.main(["--check"], tmp_path) == 0


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("parameters", "parameters.projects.overhead"),
        ("levers", "arms.ARM.funding_pool.match"),
        ("flows", "| grants | base_transfer |"),
        ("state", "| trust |"),
        ("outcomes", "| gini |"),
        ("population", "population.people.mean"),
        ("schedule", "| 1 | `production` |"),
        ("calendar", "calendar.start"),
    ],
)
def test_blocks(name: str, part: str) -> None:
    assert part in generate().block(name)


def test_where_is_what_has_every_rule_and_no_line_numbers() -> None:
    text = generate().where_is_what()
    assert "| succession |  | `successor_ability` | [sim/succession.py](../sim/succession.py) |" in text
    assert "| technology |  | `prospect` |" in text
    assert ".py:" not in text


def test_an_unknown_block_is_an_error() -> None:
    with pytest.raises(KeyError, match="no generated block is called 'nothing'"):
        generate().block("nothing")


def test_the_base_scenario_says_what_silence_says(tmp_path: Path) -> None:
    (tmp_path / "silent.yaml").write_text("schema: 1\n", encoding="utf-8")
    silent, base = load_scenario(tmp_path / "silent.yaml"), load_scenario(ROOT / "scenarios" / "base.yaml")
    for field in (
        "population",
        "calendar",
        "parameters",
        "forms",
        "weights",
        "outcomes",
        "companions",
        "replications",
        "seed",
    ):
        assert getattr(base, field) == getattr(silent, field), field
