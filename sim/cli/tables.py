"""Descriptions as text, Markdown or plain data; latex.py has them for a paper."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from sim.cli import blocks
from sim.cli.blocks import Block, Row
from sim.cli.words import FLOW_HEADINGS, HEADINGS, KINDS_ZH, spoken, word
from sim.description.search import Hit
from sim.description.sections import Line, Section

# ---- text


def as_text(sections: Iterable[Section], lang: str) -> str:
    """A few indented lines for each name, to be read in a terminal of any width."""
    return "\n\n".join(_section_text(section, lang) for section in sections) + "\n"


def _section_text(original: Section, lang: str) -> str:
    section, words = spoken(original, lang), HEADINGS[lang]
    parts = [title(section, lang), section.text]
    parts += map(block_text, blocks.before(section, lang))
    parts += ["\n".join(f"{fact}: {value}" for fact, value in section.facts.items())] if section.facts else []
    parts += [_line_text(line, words, lang) for line in section.lines]
    if section.flows:
        pairs = zip(flow_rows(section), section.flows, strict=True)
        parts.append(f"{word('flows', lang)}:\n" + "\n".join(_flow_text(row, flow.place) for row, flow in pairs))
    parts += map(block_text, [*blocks.after(section, lang), *blocks.docstring(original, lang)])
    return "\n\n".join(part for part in parts if part)


def block_text(block: Block) -> str:
    """A heading and indented lines: pairs in one line, a table with a line for its first cells and one for the rest."""
    if block.text:
        return f"{block.heading}: {block.text}"
    if block.code:
        return f"{block.heading}:\n" + "\n".join(f"    {line}".rstrip() for line in block.code.splitlines())
    if len(block.head) == 2:
        return f"{block.heading}: " + ", ".join(" ".join(filter(None, row)) for row in block.rows)
    lines = []
    for row in block.rows:
        first = row[:-1] if block.head[-1] in ("meaning", "含义", "what it does", "作用") else row[:1]
        lines.append("  " + "  ".join(filter(None, first)))
        lines += [f"      {cell}" for cell in row[len(first) :] if cell]
    return "\n".join([f"{block.heading}:", *lines])


def title(section: Section, lang: str) -> str:
    """``projects 项目 (mechanism)``."""
    kind = KINDS_ZH[section.kind] if lang == "zh" else section.kind
    return f"{section.name} {section.zh} ({kind})" if section.name != section.kind else f"{section.name} {section.zh}"


def _line_text(line: Line, words: dict[str, str], lang: str) -> str:
    value = f"{line.value} {line.unit}".strip() if line.unit != "1" else line.value
    ranges = [f"{words[key]} {getattr(line, key)}" for key in ("bounds", "prior") if getattr(line, key)]
    text = [
        f"{line.path}  {line.zh}",
        "    " + "; ".join(filter(None, [value, *ranges])),
        f"    {line.meaning}",
    ]
    for option, meaning in line.options.items():
        both = line.options_zh.get(option, "") if lang == "en" else ""
        text.append(f"      {option}: {meaning}" + (f"; {both}" if both else ""))
    text += [f"    {words['source']}: {line.source}"] if line.source else []
    text += [f"    {words['place']}: {line.place}"] if line.place else []
    return "\n".join(part for part in text if part.strip())


def _flow_text(row: Row, place: str) -> str:
    kind, zh, source, target, income, meaning = row
    return f"  {kind} {zh}: {source} -> {target} ({income}), {meaning}" + (f"  {place}" if place else "")


# ---- tables


def flow_rows(section: Section) -> list[Row]:
    """Cells of a section's table of flows."""
    return [(f.kind, f.zh, f.source, f.target, f.income, f.meaning) for f in section.flows]


def columns(section: Section) -> list[str]:
    """Columns of a section's table: those that some line fills."""
    names = [field for field in HEADINGS["en"] if field != "name"]
    return ["name", *(name for name in names if any(getattr(line, name) for line in section.lines))]


def rows(section: Section, *, options: bool = True) -> list[Row]:
    """Cells of a section's table, options of a form in its meaning."""
    return [[_cell(line, column, options) for column in columns(section)] for line in section.lines]


def _cell(line: Line, column: str, options: bool) -> str:
    if column == "name":
        return line.path
    text = str(getattr(line, column))
    if column == "meaning" and options and line.options:
        text += ": " + "; ".join(f"{option} = {meaning}" for option, meaning in line.options.items())
    return text


# ---- Markdown


def as_markdown(sections: Iterable[Section], lang: str) -> str:
    """A heading, what is said of the section and its tables."""
    return "\n\n".join(_markdown_section(section, lang) for section in sections) + "\n"


def _markdown_section(original: Section, lang: str) -> str:
    section = spoken(original, lang)
    parts = [f"## {title(section, lang)}", _markdown_text(section.text)]
    parts += map(block_markdown, blocks.before(section, lang))
    parts += ["\n".join(f"- {fact}: {value}" for fact, value in section.facts.items())] if section.facts else []
    if section.lines:
        head = [HEADINGS[lang][column] for column in columns(section)]
        parts.append(markdown_table(head, rows(section)))
    parts += map(block_markdown, blocks.options(original, lang))
    if section.flows:
        parts.append(markdown_table(FLOW_HEADINGS[lang], flow_rows(section)))
    parts += map(block_markdown, [*blocks.after(section, lang), *blocks.docstring(original, lang)])
    return "\n\n".join(parts)


def block_markdown(block: Block) -> str:
    """A heading of the third level with text, a fenced block or a table."""
    if block.text:
        return f"### {block.heading}\n\n{block.text}"
    if block.code:
        return f"### {block.heading}\n\n```\n{block.code.rstrip()}\n```"
    return f"### {block.heading}\n\n" + markdown_table(block.head, block.rows)


def _markdown_text(text: str) -> str:
    """Paragraphs of a docstring; equations, which are indented, become code."""
    parts = ["```\n" + part + "\n```" if part.startswith("    ") else part for part in text.split("\n\n")]
    return "\n\n".join(parts)


def markdown_table(head: Sequence[str], body: Iterable[Row]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [list(head), ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in body)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


# ---- data


def as_data(found: Iterable[Section | Hit]) -> list[dict[str, Any]]:
    """Plain data for JSON, both languages."""
    return [_plain(dataclasses.asdict(one)) for one in found]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "names"}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
