"""Descriptions as LaTeX tables for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.cli import blocks
from sim.cli.blocks import Block, Row
from sim.cli.tables import columns, flow_rows, rows, title
from sim.cli.words import FLOW_HEADINGS, HEADINGS, spoken
from sim.description.sections import Section


def as_latex(sections: Iterable[Section], lang: str) -> str:
    """Tables for a paper (packages booktabs, longtable; a class with Chinese fonts such as ctexart)."""
    return "\n\n".join(_section(section, lang) for section in sections) + "\n"


def _section(original: Section, lang: str) -> str:
    section = spoken(original, lang)
    name = title(section, lang)
    if not (section.lines or section.flows or section.details):
        return f"% {name}: nothing declared"
    parts = []
    if section.details:
        parts.append("\\paragraph{" + escaped(name) + "}\n" + _text(section.text))
        parts += map(block_latex, blocks.before(section, lang))
        parts += [f"{escaped(fact)}: {escaped(value)}\n" for fact, value in section.facts.items()]
    if section.lines:
        head = [HEADINGS[lang][column] for column in columns(section)]
        parts.append(_table(name, head, rows(section, options=False)))
    parts += map(block_latex, blocks.options(original, lang))
    if section.flows and section.details:
        parts.append(_table(name, FLOW_HEADINGS[lang], flow_rows(section)))
    parts += map(block_latex, [*blocks.after(section, lang), *blocks.docstring(original, lang)])
    return "\n\n".join(parts)


def block_latex(block: Block) -> str:
    """A block as a paragraph, verbatim text or a table."""
    if block.text:
        return f"\\paragraph{{{escaped(block.heading)}}} {escaped(block.text)}"
    if block.code:
        return f"\\paragraph{{{escaped(block.heading)}}}\n" + _verbatim(block.code.rstrip())
    return _table(block.heading, block.head, block.rows)


def _text(text: str) -> str:
    """Paragraphs of a docstring; equations, which are indented, stay as they are written."""
    parts = [_verbatim(part) if part.startswith("    ") else escaped(part) for part in text.split("\n\n")]
    return "\n\n".join(parts)


def _verbatim(text: str) -> str:
    return "\\begin{verbatim}\n" + text + "\n\\end{verbatim}"


def _table(caption: str, head: Sequence[str], body: Iterable[Row]) -> str:
    widths = "l" * (len(head) - 1) + "p{6cm}"
    heading = " & ".join(map(escaped, head)) + r" \\"
    lines = "\n".join(" & ".join(map(escaped, row)) + r" \\" for row in body)
    return (
        f"\\begin{{longtable}}{{{widths}}}\n\\caption{{{escaped(caption)}}}\\\\\n\\toprule\n{heading}\n\\midrule\n"
        f"\\endhead\n{lines}\n\\bottomrule\n\\end{{longtable}}"
    )


_LATEX = {c: "\\" + c for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def escaped(text: str) -> str:
    """The text with the characters that LaTeX reads as commands written out."""
    return "".join(_LATEX.get(character, character) for character in text)
