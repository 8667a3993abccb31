"""The two front pages say the same, and what they quote is what the program says; how to cite is a valid file."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from sim.cli import main
from tests.repository import ROOT

ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
CFF_KEYS = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords",
    "license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "title", "type", "url", "version",
}  # fmt: skip


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[list[str]]:
    """Words of every command, comments and the language asked for left out."""
    lines = [line for kind in ("console", "sh", "bat") for block in blocks(page, kind) for line in block.splitlines()]
    split = [shlex.split(line.removeprefix("$ "), comments=True, posix="\\" not in line) for line in lines if line]
    return [[word for word in words if word not in ("en", "zh")] for words in split]


def test_both_pages_have_the_same_commands() -> None:
    assert commands(ENGLISH) == commands(CHINESE)
    assert len(commands(ENGLISH)) >= 20


def test_both_pages_have_the_same_shape() -> None:
    for pattern in (r"^## ", r"^\| ", r"^- ", r"^```", r"^\*\*", r"^!\["):
        english, chinese = (len(re.findall(pattern, page, re.MULTILINE)) for page in (ENGLISH, CHINESE))
        assert english == chinese, pattern


def test_both_pages_have_the_same_scenarios_and_programs() -> None:
    for kind in ("yaml", "python"):
        english, chinese = ([re.sub(r" *#.*", "", text) for text in blocks(page, kind)] for page in (ENGLISH, CHINESE))
        assert english == chinese


def test_both_pages_name_the_same_things() -> None:
    """Names in code marks."""
    english, chinese = (set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", page)) for page in (ENGLISH, CHINESE))
    assert english == chinese


def test_the_pages_link_to_the_same_pages_and_to_one_another() -> None:
    assert "[中文](README.zh.md)" in ENGLISH.splitlines()[:4]
    assert "[English](README.md)" in CHINESE.splitlines()[:4]
    english, chinese = (
        set(re.findall(r"\]\((\S+?)\)", page)) - {"README.md", "README.zh.md"} for page in (ENGLISH, CHINESE)
    )
    assert english == {link.replace("answer-zh.", "answer.") for link in chinese}
    assert all((ROOT / link).exists() for link in english | chinese if "://" not in link)


@pytest.fixture
def own_town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The scenario of the page, saved where the page says."""
    (tmp_path / "scenarios").mkdir()
    for name in ("base.yaml", "tianqiao.yaml"):
        (tmp_path / "scenarios" / name).write_bytes((ROOT / "scenarios" / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    text = blocks(ENGLISH, "yaml")[0]
    Path("scenarios/mytown.yaml").write_text(text, encoding="utf-8")
    return text


def test_the_scenario_of_the_page_is_right(own_town: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "scenarios/mytown.yaml"]) == 0
    assert "12 villages" in capsys.readouterr().out


def test_the_messages_of_the_page_are_those_of_the_program(own_town: str, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = own_town.replace("value: 6, range", "value: 600, range").replace("match: 0.3", "mach: 0.3")
    first, pool, second = wrong.partition("  pool:\n")
    wrong = first + pool + second.replace("end: 2017", "end: 2031", 1)
    Path("scenarios/mytown.yaml").write_text(wrong, encoding="utf-8")
    assert main(["check", "scenarios/mytown.yaml"]) == 2
    said = capsys.readouterr().err
    assert said in blocks(ENGLISH, "text")
    assert said in blocks(CHINESE, "text")


@pytest.mark.parametrize("words", [words for words in commands(ENGLISH) if "describe" in words], ids=" ".join)
def test_what_the_page_describes_is_found(words: list[str]) -> None:
    assert main(["describe", *(word for word in words[2:] if word != "--lang")]) == 0


def test_how_to_cite_is_valid_and_of_this_version() -> None:
    cite = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(cite) <= CFF_KEYS
    assert cite["cff-version"] == "1.2.0"
    assert cite["version"] == project["version"]
    assert cite["type"] == "software"
    assert all("name" in author or "family-names" in author for author in cite["authors"])
    for page in (ENGLISH, CHINESE):
        assert f"Version {project['version']}." in page
        assert cite["title"] in " ".join(page.replace("\n> ", " ").split())
