"""Descriptions as text, Markdown, LaTeX or plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sim.scenario.description import KINDS_ZH, Line, Section

HEADINGS = {
    "en": {
        "name": "name",
        "zh": "中文",
        "value": "value",
        "unit": "unit",
        "bounds": "bounds",
        "prior": "prior",
        "source": "source",
        "meaning": "meaning",
    },
    "zh": {
        "name": "名称",
        "zh": "中文",
        "value": "取值",
        "unit": "单位",
        "bounds": "允许范围",
        "prior": "合理区间",
        "source": "出处",
        "meaning": "含义",
    },
}
_FLOW_HEADINGS = {
    "en": ("kind", "中文", "from", "to", "income", "meaning"),
    "zh": ("类别", "中文", "付出账户", "收入账户", "收入列", "含义"),
}
Row = Sequence[str]


def as_text(sections: Iterable[Section], lang: str) -> str:
    """A few indented lines for each name, to be read in a terminal of any width."""
    return "\n\n".join(_section_text(section, HEADINGS[lang], lang) for section in sections) + "\n"


def _section_text(section: Section, words: dict[str, str], lang: str) -> str:
    parts = [title(section, lang), section.text]
    parts += ["\n".join(f"{fact}: {value}" for fact, value in section.facts.items())] if section.facts else []
    parts += [_line_text(line, words) for line in section.lines]
    if section.flows:
        rows = _flow_rows(section)
        parts.append("\n".join(f"{kind} {zh}: {a} -> {b} ({income}), {what}" for kind, zh, a, b, income, what in rows))
    return "\n\n".join(part for part in parts if part)


def title(section: Section, lang: str) -> str:
    """``projects 项目 (mechanism)``."""
    kind = KINDS_ZH[section.kind] if lang == "zh" else section.kind
    return f"{section.name} {section.zh} ({kind})" if section.name != section.kind else f"{section.name} {section.zh}"


def _line_text(line: Line, words: dict[str, str]) -> str:
    value = f"{line.value} {line.unit}".strip() if line.unit != "1" else line.value
    ranges = [f"{words[key]} {getattr(line, key)}" for key in ("bounds", "prior") if getattr(line, key)]
    text = [
        f"{line.path}  {line.zh}",
        "    " + "; ".join(filter(None, [value, *ranges])),
        f"    {line.meaning}",
    ]
    text += [f"      {option}: {meaning}" for option, meaning in line.options.items()]
    text += [f"    {words['source']}: {line.source}"] if line.source else []
    return "\n".join(part for part in text if part.strip())


def _flow_rows(section: Section) -> list[Row]:
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


# ---- Markdown and LaTeX


def as_markdown(sections: Iterable[Section], lang: str) -> str:
    """A heading, what is said of the section and its tables."""
    return "\n\n".join(_section_in(section, lang, _markdown_section) for section in sections) + "\n"


def as_latex(sections: Iterable[Section], lang: str) -> str:
    """Tables for a paper (packages booktabs, longtable; a class with Chinese fonts such as ctexart)."""
    return "\n\n".join(_section_in(section, lang, _latex_section) for section in sections) + "\n"


def _section_in(section: Section, lang: str, make: Callable[[Section, str, list[str]], str]) -> str:
    return make(section, lang, [HEADINGS[lang][column] for column in columns(section)])


def _markdown_section(section: Section, lang: str, head: list[str]) -> str:
    parts = [f"## {title(section, lang)}", _markdown_text(section.text)]
    parts += ["\n".join(f"- {fact}: {value}" for fact, value in section.facts.items())] if section.facts else []
    if section.lines:
        parts.append(markdown_table(head, rows(section)))
    if section.flows:
        parts.append(markdown_table(_FLOW_HEADINGS[lang], _flow_rows(section)))
    return "\n\n".join(parts)


def _markdown_text(text: str) -> str:
    """Paragraphs of a docstring; equations, which are indented, become code."""
    blocks = ["```\n" + block + "\n```" if block.startswith("    ") else block for block in text.split("\n\n")]
    return "\n\n".join(blocks)


def markdown_table(head: Sequence[str], body: Iterable[Row]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [list(head), ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in body)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _latex_section(section: Section, lang: str, head: list[str]) -> str:
    if not section.lines:
        return f"% {title(section, lang)}: nothing declared"
    widths = "l" * (len(head) - 1) + "p{6cm}"
    caption = _latex(title(section, lang))
    body = "\n".join(" & ".join(map(_latex, row)) + r" \\" for row in rows(section, options=False))
    heading = " & ".join(map(_latex, head)) + r" \\"
    return (
        f"\\begin{{longtable}}{{{widths}}}\n\\caption{{{caption}}}\\\\\n\\toprule\n{heading}\n\\midrule\n\\endhead\n"
        f"{body}\n\\bottomrule\n\\end{{longtable}}"
    )


_LATEX = {c: "\\" + c for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def as_data(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """Plain data for JSON."""
    return [dataclasses.asdict(section) for section in sections]
