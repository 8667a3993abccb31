"""``lianjian describe``: what the code knows of every parameter, lever, form, outcome and state variable."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Language(StrEnum):
    """Language of headings."""

    en = "en"
    zh = "zh"


def describe(
    name: Annotated[
        str | None,
        typer.Argument(help="A mechanism, policy, group, parameter, lever, form or outcome; all of them if left out."),
    ] = None,
    md: Annotated[bool, typer.Option("--md", help="Markdown tables.")] = False,
    tex: Annotated[bool, typer.Option("--tex", help="LaTeX tables (booktabs, longtable).")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON.")] = False,
    lang: Annotated[Language, typer.Option(envvar="LIANJIAN_LANG", help="Language of headings.")] = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="No hints, only what was asked for.")] = False,
) -> None:
    """Say what every parameter, lever and form is: value, unit, bounds, prior, source, 中文."""
    import json as writer

    from sim.cli import tables
    from sim.scenario.description import find, sections

    if md + tex + json > 1:
        raise typer.BadParameter("choose one of --md, --tex, --json")
    found = find(name) if name else sections()
    if json:
        text = writer.dumps(tables.as_data(found), ensure_ascii=False, indent=1) + "\n"
    elif md or tex:
        text = (tables.as_markdown if md else tables.as_latex)(found, lang.value)
    else:
        text = tables.as_text(found, lang.value)
    typer.echo(text, nl=False)
    if name is None and not (md or tex or json or quiet):
        typer.echo("\nlianjian describe NAME shows one of these.", err=True)
