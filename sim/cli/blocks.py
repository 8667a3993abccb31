"""What a description says beside declarations and flows, as blocks that can be written as text, Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.cli.words import word
from sim.description.details import Details
from sim.description.search import Hit
from sim.description.sections import Section
from sim.evidence import PRESS, Fact

Row = Sequence[str]


@dataclass(frozen=True)
class Block:
    """A heading with a text, a table or code below it."""

    heading: str
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    code: str = ""


def before(section: Section, lang: str) -> list[Block]:
    """Blocks before the declarations: the docstring where the summary is Chinese, place, files, rules, changes."""
    found = section.details
    if found is None:
        return []
    reason = found.reason_zh or found.reason if lang == "zh" else found.reason
    rules = tuple((rule.name, rule.place, rule.text) for rule in found.rules)
    blocks = [
        Block("in the quarter", text=f"{found.order}: {reason}" if found.order else ""),
        Block("files", text=", ".join(found.files)),
        Block("rules", head=("rule", "file", "what it does"), rows=rules),
        Block("changes", head=("state variable", "中文"), rows=found.changes),
        Block("sets", head=("parameter", "中文"), rows=found.sets),
    ]
    return _spoken(blocks, lang)


def docstring(section: Section, lang: str) -> list[Block]:
    """The original text behind a Chinese summary (in English it comes first), and that of modules it calls."""
    text = section.text if lang == "zh" and section.details and section.details.files else ""
    called = section.details.called if section.details else ()
    blocks = _spoken([Block("docstring", code=text)], lang)
    return blocks + [Block(f"{word('docstring of', lang)} {file}", code=said) for file, said in called]


def options(section: Section, lang: str) -> list[Block]:
    """All options of forms and weights with their meanings in both languages."""
    rows = tuple(
        (f"{line.path.rsplit('.', 1)[-1]}: {option}", meaning, line.options_zh.get(option, ""))
        for line in section.lines
        for option, meaning in line.options.items()
    )
    wanted = section.details is not None and any("".join(row[2]) for row in rows)
    return _spoken([Block("options", head=("option", "meaning", "中文"), rows=rows if wanted else ())], lang)


def after(section: Section, lang: str) -> list[Block]:
    """Blocks after the declarations: evidence, an example, and in English the Chinese summary."""
    found = section.details or Details()
    chinese = section.summary_zh if lang == "en" and section.details else ""
    blocks = [
        Block("sources", head=("source", "fact", "citation", "provenance"), rows=_facts(found.sources, lang)),
        Block(
            "reported by places", head=("source", "fact", "citation", "provenance"), rows=_facts(found.reports, lang)
        ),
        Block("example", code=found.example),
        Block("中文", text=chinese),
    ]
    return _spoken(blocks, lang)


def hits(found: Iterable[Hit], lang: str, heading: str = "see also") -> Block:
    """Results of a search."""
    rows = tuple((hit.name, hit.zh, word(hit.sort, lang), hit.place, _meaning(hit, lang)) for hit in found)
    return _spoken([Block(heading, head=("name", "中文", "what", "file", "meaning"), rows=rows)], lang)[0]


def _meaning(hit: Hit, lang: str) -> str:
    return hit.meaning_zh or hit.meaning if lang == "zh" else hit.meaning


def _facts(facts: Iterable[Fact], lang: str) -> tuple[Row, ...]:
    return tuple(
        (
            fact.source,
            fact.fact,
            _citation(fact, lang) + (f", {fact.address}" if fact.address else ""),
            word(fact.provenance, lang),
        )
        for fact in facts
    )


def _citation(fact: Fact, lang: str) -> str:
    """Reports of places in the language asked for; literature has its title in the language it was written in."""
    place = fact.citation.removeprefix(PRESS)
    return f"{place}地方报道" if lang == "zh" and place != fact.citation else fact.citation


def _spoken(blocks: Iterable[Block], lang: str) -> list[Block]:
    """Blocks that say something, headings in the language asked for."""
    return [
        Block(
            word(block.heading, lang),
            block.text,
            tuple(word(name, lang) for name in block.head),
            tuple(block.rows),
            block.code,
        )
        for block in blocks
        if block.text or block.rows or block.code
    ]
