"""``lianjian describe``: what the code knows of every mechanism, policy, name and rule, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Text

if TYPE_CHECKING:
    from sim.description.search import Hit
    from sim.description.sections import Section

_HINT = Text(
    "\nlianjian describe NAME shows one of these; lianjian describe WORDS searches.",
    "\nlianjian describe 名称：只看其中一项；lianjian describe 词语：检索。",
)


def describe(
    name: Annotated[
        list[str] | None,
        typer.Argument(help="A mechanism, policy, parameter, lever, form, outcome, flow, 中文 or words to search for."),
    ] = None,
    md: Annotated[bool, typer.Option("--md", help="Markdown.")] = False,
    tex: Annotated[bool, typer.Option("--tex", help="LaTeX tables (booktabs, longtable).")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON, both languages.")] = False,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="No hints, only what was asked for.")] = False,
) -> None:
    """Say all that is known of a mechanism, policy or name, or where a rule stands: "helper effort", 分红规则."""
    from sim.description import chinese, finding, search, sections
    from sim.scenario.problems import ScenarioErrors

    if md + tex + json > 1:
        raise typer.BadParameter("choose one of --md, --tex, --json")
    style = "json" if json else "md" if md else "tex" if tex else "text"
    asked = " ".join(name or ())
    if not asked:
        typer.echo(_sections([chinese.with_chinese(s) for s in sections.sections()], style, lang.value), nl=False)
        if style == "text" and not quiet:
            typer.echo(_HINT.say(lang.value), err=True)
        return
    found = finding.find(asked)
    if found:
        more = () if quiet or style != "text" else _others(asked, found)
        typer.echo(_sections(found, style, lang.value) + _see_also(more, lang.value), nl=False)
        return
    hits = search.search(asked)
    if not hits:
        raise ScenarioErrors([finding.nearest(asked)])
    typer.echo(_hits(hits, asked, style, lang.value), nl=False)


def _sections(found: Sequence[Section], style: str, lang: str) -> str:
    from sim.cli import latex, tables

    if style == "json":
        return _json(found)
    writers = {"text": tables.as_text, "md": tables.as_markdown, "tex": latex.as_latex}
    return writers[style](found, lang)


def _hits(found: Sequence[Hit], asked: str, style: str, lang: str) -> str:
    from sim.cli import blocks, latex, tables

    if style == "json":
        return _json(found)
    writers = {"text": tables.block_text, "md": tables.block_markdown, "tex": latex.block_latex}
    return writers[style](blocks.hits(found, lang, asked)) + "\n"


def _others(asked: str, found: Sequence[Section]) -> list[Hit]:
    """What a search finds beside one line or flow; a whole mechanism or policy needs no more."""
    from sim.description.search import search

    if any(section.details and section.details.files for section in found):
        return []
    shown = {line.path for section in found for line in section.lines}
    shown |= {f"{flow.mechanism}.{flow.name}" for section in found for flow in section.flows}
    shown |= {f"{s.name}.{rule.name}" for s in found if s.details for rule in s.details.rules}
    return [hit for hit in search(asked.rsplit(".", 1)[-1]) if hit.name not in shown]


def _see_also(hits: Sequence[Hit], lang: str) -> str:
    from sim.cli import blocks, tables

    return "\n" + tables.block_text(blocks.hits(hits, lang)) + "\n" if hits else ""


def _json(found: Sequence[Section | Hit]) -> str:
    import json

    from sim.cli import tables

    return json.dumps(tables.as_data(found), ensure_ascii=False, indent=1) + "\n"
