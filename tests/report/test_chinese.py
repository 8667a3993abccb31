"""What a run says in Chinese: the same numbers in the same places, and no sentence left in English."""

from __future__ import annotations

import contextlib
import io
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.analysis import comparison
from sim.cli import main
from sim.keeping import safeguards
from sim.outcomes import OUTCOMES
from sim.report.answer import SAFEGUARDS
from sim.scenario.declared import catalogue

SCENARIO = textwrap.dedent("""
    schema: 1
    title: {en: Small Town, zh: 小镇}
    population: {villages: 6, councils: {rule: adjacency, count: 2}}
    calendar: {start: 2010, burn_in_years: 2, policy_years: 3, after_years: 4}
    arms:
      no_policy: []
      pool:
        - {policy: demonstration_grant, payer: county, budget: {per_year: 150}, allocation: equal, start: 2012, end: 2013}
        - {policy: funding_pool, payer: county, budget: {per_year: 30}, open_share: 1, match: 0.2, start: 2012, end: 2013}
      helped: [{policy: pairing, payer: county, matching: rank_matched, mandate_floor: 0.3, start: 2012, end: 2014}]
      both: {all_of: [pool, helped]}
    run: {replications: 4}
""")
COMMANDS = (
    ("check", "town.yaml"),
    ("run", "town.yaml", "--forms", "each", "--out", "out"),
    ("audit", "out"),
    ("run", "town.yaml", "--replications", "1", "--out", "one"),
    ("audit", "one"),
    ("schema", "--out", "schema.json"),
)
TEXTS = ("out/answer.md", "out/forms.md", "one/answer.md")
ENGLISH_BY_NATURE = {
    "lianjian", "describe", "lang", "zh", "max-t", "n", "csv", "md", "png", "pdf", "svg", "parquet", "json", "yaml-language-server",
    "schema", "answer", "forms", "figures", "trajectories", "out", "one", "same_money", "same_management", "note",
    "runs", "yearly", "villages", "places", "plot", "accounts", "balances", "forms_runs", "entities", "town", "yaml",
}  # fmt: skip
"""Names of files, tables, columns and commands: the same in every language."""


def said_in(folder: Path, language: str) -> dict[str, str]:
    """Everything that a reader sees, by command and file."""
    said = {}
    for command in COMMANDS:
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            assert main([*command, "--lang", language]) == 0
        said[" ".join(command)] = shown.getvalue()
    return said | {name: (folder / name).read_text(encoding="utf-8") for name in TEXTS}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str]]]:
    """What is said, in English and in Chinese."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "town.yaml").write_text(SCENARIO, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "400")
        english = said_in(folder, "en")
        kept = {name: (folder / name).read_bytes() for name in ("out/answer.csv", "out/forms.csv", "out/runs.parquet")}
        chinese = said_in(folder, "zh")
        for name, content in kept.items():
            assert (folder / name).read_bytes() == content, name
        yield {name: (english[name], chinese[name]) for name in english}


def names() -> set[str]:
    """Names that users write: they stand in every language as they are."""
    known = catalogue()
    options = {option for form in known.forms.values() for option in form.options}
    return ENGLISH_BY_NATURE | set(OUTCOMES) | set(known.forms) | options | {"no_policy", "pool", "helped", "both"}


@pytest.mark.parametrize("name", [*map(" ".join, COMMANDS), *TEXTS])
def test_nothing_is_left_in_english(both, name: str) -> None:
    _, chinese = both[name]
    found = set(re.findall(r"[A-Za-z][\w-]*", chinese, re.ASCII)) - names()
    assert not found, f"untranslated in {name}: {sorted(found)}"
    assert re.search("[\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_have_the_same_numbers_in_the_same_cells(both, name: str) -> None:
    english, chinese = (text.splitlines() for text in both[name])
    assert len(english) == len(chinese)
    for one, other in zip(english, chinese, strict=True):
        assert one.count("|") == other.count("|")
        if one.startswith("|"):
            assert [numbers(f"|{cell}|") for cell in one.split("|")] == [numbers(cell) for cell in other.split("|")]
        assert sorted(numbers(one)) == sorted(numbers(other)), one


def numbers(text: str) -> list[str]:
    """Estimates, bounds, shares and years; the unit of a pure number is 1 in English, 'none' of a count is 0."""
    return re.findall(r"[+−]?\d[\d,.]*\d|\d", text.replace("none of the", "0 of the").replace("| 1 |", "| |"))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_chinese_tables_line_up_and_break_no_name(tmp_path, monkeypatch, width: int) -> None:
    from rich.cells import cell_len

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("LIANJIAN_LANG", "zh")
    Path("town.yaml").write_text(SCENARIO, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        assert main(["run", "town.yaml", "--replications", "2", "--out", "out"]) == 0
    lines = shown.getvalue().splitlines()
    table = lines[: next(number for number, line in enumerate(lines) if line.startswith("单位"))]
    rules = [line for line in table if line.startswith("─")]
    assert rules
    assert max(map(cell_len, table)) <= width
    row = next(line for line in table if line.startswith("pool "))
    assert cell_len(row) == cell_len(rules[0]) == cell_len(table[1])
    legend = lines[len(table) : next(n for n, line in enumerate(lines) if line.startswith("比较结果"))]
    assert max(map(cell_len, legend)) <= width
    assert not any(line.startswith(tuple("，。；：、）”")) for line in legend)


def test_the_language_is_kept_and_english_is_the_default(tmp_path, monkeypatch) -> None:
    import sim

    monkeypatch.chdir(tmp_path)
    Path("town.yaml").write_text(SCENARIO, encoding="utf-8")
    results = sim.run("town.yaml", replications=2, arms=["pool"], language="zh")
    assert results.manifest["language"] == "zh"
    assert "结果解读" in (results.folder / "answer.md").read_text(encoding="utf-8")
    assert sim.run("town.yaml", replications=2, arms=["pool"]).manifest["language"] == "en"
    with pytest.raises(ValueError, match="language must be one of en, zh"):
        sim.run("town.yaml", language="fr")  # type: ignore[arg-type]


def test_every_note_is_found_again_in_chinese() -> None:
    for note in comparison.NOTES:
        assert comparison.note_in("en", note.say("en", loss="1.2")) == note.say("en", loss="1.2")
        assert comparison.note_in("zh", note.say("en", loss="1.2")) == note.say("zh", loss="1.2")


def test_every_safeguard_has_a_chinese_name() -> None:
    import inspect

    assert all(f'"{name}"' in inspect.getsource(safeguards) for name in SAFEGUARDS)
    assert inspect.getsource(safeguards).count('":') == len(SAFEGUARDS)


def test_errors_stay_english(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text("schema: 1\nrun: {sed: 1}\n", encoding="utf-8")
    assert main(["check", "bad.yaml", "--lang", "zh"]) == 2
    assert "unknown key; did you mean 'seed'?" in capsys.readouterr().err
