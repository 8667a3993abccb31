"""Text to plain data with positions: YAML 1.2 core scalars, and what cannot be read at all."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import ScenarioErrors, load_scenario
from sim.scenario.read import MAX_BYTES, Node, read_bytes, read_text


def plain(text: str) -> object:
    root, problems = read_text(f"x: {text}\n", "s.yaml")
    assert problems == []
    value = root.plain()
    assert isinstance(value, dict)
    return value["x"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-2", -2),
        ("+2", 2),
        ("0x1F", 31),
        ("0o17", 15),
        ("0", 0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("2016Q3", "2016Q3"),
        ("中心村", "中心村"),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_core_scalars(text: str, value: object) -> None:
    found = plain(text)
    assert found == value
    assert type(found) is type(value)


def test_nan_and_infinity_are_numbers_here() -> None:
    assert math.isnan(plain(".nan"))  # type: ignore[arg-type]
    assert plain("-.inf") == -math.inf


UNREADABLE = [
    ("", "s.yaml:1:1: the file is empty; a scenario begins with 'schema: 1'"),
    ("# nothing\n", "s.yaml:1:1: the file is empty; a scenario begins with 'schema: 1'"),
    ("a:\n\t- b\n", "s.yaml:2:1: a tab; YAML is indented with spaces"),
    ("a: 1\n---\nb: 2\n", "s.yaml:2:1: a second document begins here ('---'); a scenario is one document"),
    ("a: !!str 3\n", "s.yaml:1:4: tags are not allowed ('tag:yaml.org,2002:str'); write the plain value"),
    ("a: !x [3]\n", "s.yaml:1:4: tags are not allowed ('!x'); write the plain value"),
    ("a: [1, 2\nb: 3\n", "s.yaml:2:2: the '[' on line 1 is not closed"),
    ("a: {b: 1\n", "s.yaml:2:1: the '{' on line 1 is not closed"),
    ("a: 'x\n", "s.yaml:2:1: the quotation mark opened on line 1 is not closed"),
    ("a: b: c\n", "s.yaml:1:5: a ':' that does not fit here; text that contains ': ' needs quotes"),
    ("a: 1\nb c\nd: 2\n", "s.yaml:2:1: a key without ':'"),
    ("a: @b\n", "s.yaml:1:4: a value cannot begin with '@'; put text in quotes"),
    ("- a\nb: c\n", "s.yaml:2:1: the indentation does not fit the lines above"),
    ("villages：27\na: 3\n", "s.yaml:1:9: a full-width colon '：'; YAML needs ':' and a space"),
    ("a: {b: 1，c: 2}\n", "s.yaml:1:9: a full-width comma '，'; YAML needs ',' and a space"),
    ("a: ｛b: 1}\n", "s.yaml:1:4: a full-width brace '｛'; YAML needs '{'"),
    ("a: {b: 1｝\nc: 2\n", "s.yaml:1:9: a full-width brace '｝'; YAML needs '}'"),
    ("a: [1, 2］\nc: 2\n", "s.yaml:1:9: a full-width bracket '］'; YAML needs ']'"),
    ("a: {b： {c: 1}, d: '：'\n", "s.yaml:1:6: a full-width colon '：'; YAML needs ':' and a space"),
    ("a: {b: '，', c: d: e} # ：\n", "s.yaml:1:17: the '{' on line 1 is not closed"),
    ("a: x，y\nb c\nd: 2\n", "s.yaml:2:1: a key without ':'"),
    ("a: \x07\n", "s.yaml:1:4: the character U+0007 is not allowed in YAML; delete it"),
    ("? [a]\n: b\n", "s.yaml:1:3: a key must be plain text, not a list or a mapping"),
    ("a: *b\n", "s.yaml:1:4: the alias *b refers to nothing above it"),
    ("a: &b [*b]\n", "s.yaml:1:8: the alias *b contains itself"),
    ("[" * 100_000, "s.yaml:1:51: nested deeper than 50 levels"),
    ("{a: " * 100_000, "s.yaml:1:201: nested deeper than 50 levels"),
    ("- " * 100_000, "s.yaml:1:101: nested deeper than 50 levels"),
]


@pytest.mark.parametrize(("text", "message"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_unreadable_text(text: str, message: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        read_text(text, "s.yaml")
    assert caught.value.messages == (message,)


def test_fifty_levels_are_read() -> None:
    root, _ = read_text("[" * 50 + "]" * 50, "s.yaml")
    assert isinstance(root, Node)


def test_more_than_twenty_aliases() -> None:
    text = "a: &x 1\n" + "".join(f"b{i}: *x\n" for i in range(21))
    with pytest.raises(ScenarioErrors, match=r"s.yaml:22:6: more than 20 aliases \(\*x\)"):
        read_text(text, "s.yaml")


def test_few_aliases_cannot_make_many_values() -> None:
    lines = [f"k0: &k0 [{', '.join('1' * 2000)}]"]
    lines += [f"k{i}: &k{i} [*k{i - 1}, *k{i - 1}, *k{i - 1}, *k{i - 1}]" for i in range(1, 6)]
    started = time.monotonic()
    with pytest.raises(ScenarioErrors, match="more than 100,000 values with its aliases written out"):
        read_text("\n".join(lines), "s.yaml")
    assert time.monotonic() - started < 2


def test_aliases_cannot_nest_deeper() -> None:
    lines = ["k0: &k0 " + "[" * 40 + "]" * 40, "k1: &k1 " + "[" * 40 + "*k0" + "]" * 40]
    with pytest.raises(ScenarioErrors, match="nested deeper than 50 levels with its aliases written out"):
        read_text("\n".join(lines), "s.yaml")


def test_not_utf8_names_the_place() -> None:
    data = "schema: 1\ntitle: 田桥镇\n".encode("gbk")
    with pytest.raises(ScenarioErrors) as caught:
        read_bytes(data, "s.yaml")
    assert caught.value.messages == ("s.yaml:2:8: this is not UTF-8 text; save the file as UTF-8",)


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    root, problems = read_bytes(b"\xef\xbb\xbfschema: 1\r\nrun: {seed: 2}\r\n", "s.yaml")
    assert root.plain() == {"schema": 1, "run": {"seed": 2}}
    assert problems == []


def test_too_large() -> None:
    with pytest.raises(ScenarioErrors, match="larger than 1 MiB"):
        read_bytes(b"#" * (MAX_BYTES + 1), "s.yaml")


def test_both_parsers_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    for text, message in UNREADABLE:
        with pytest.raises(ScenarioErrors) as caught:
            read_text(text, "s.yaml")
        assert caught.value.messages == (message,), text[:20]


def refusal(read: Callable[[Any, str], object], what: object) -> str | None:
    """The one message, or None where the text is read."""
    try:
        read(what, "s.yaml")
    except ScenarioErrors as error:
        (message,) = error.messages
        return message
    return None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    said = refusal(read_text, text)
    assert said is None or (said.startswith("s.yaml:") and "\n" not in said)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    said = refusal(read_bytes, data)
    assert said is None or said.startswith("s.yaml")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.yaml", "nowhere.yaml: this file does not exist"),
        ("tianqia.yaml", "tianqia.yaml: this file does not exist; did you mean 'tianqiao.yaml'?"),
        ("elsewhere", "elsewhere: this file does not exist; did you mean 'scenarios/elsewhere.yaml'?"),
        ("a/elsewhere.yaml", "a/elsewhere.yaml: this file does not exist; did you mean 'scenarios/elsewhere.yaml'?"),
        ("folder", "folder: this is a folder, not a scenario file"),
        ("null\0byte", "null\\x00byte: this file cannot be read: embedded null byte"),
    ],
)
def test_files_that_cannot_be_opened(name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("scenarios").mkdir()
    Path("scenarios/elsewhere.yaml").write_text("schema: 1\n", encoding="utf-8")
    Path("tianqiao.yaml").write_text("schema: 1\n", encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario(name)
    assert caught.value.messages == (message,)


def test_a_file_cut_off_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "schema: 1\ntitle: {en: Tianqiao, zh: 田桥镇}\n".encode()
    Path("s.yaml").write_bytes(text[:-4])  # inside the last Chinese character
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario("s.yaml")
    assert caught.value.messages == ("s.yaml:2:29: this is not UTF-8 text; save the file as UTF-8",)


def test_chinese_path_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "田桥 镇 方案"
    folder.mkdir()
    (folder / "基准 情景.yaml").write_text("schema: 1\n", encoding="utf-8")
    (folder / "情景.yaml").write_text("schema: 1\nextends: 基准 情景.yaml\nrun: {sed: 1}\n", encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario(folder / "情景.yaml")
    assert caught.value.messages == (f"{folder / '情景.yaml'}:3:7: run.sed: unknown key; did you mean 'seed'?",)
