"""``lianjian schema``: the JSON Schema of scenario and experiment files, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Text

_WRITTEN = Text(
    "{out} written; name it in {file}'s first line: # yaml-language-server: $schema={name}",
    "已写入 {out}；请在{file_zh}首行写明：# yaml-language-server: $schema={name}",
)


def schema(
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file instead of the screen.")] = None,
    experiment: Annotated[
        bool, typer.Option("--experiment", help="Of experiment files, not of scenario files.")
    ] = False,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not say what was written.")] = False,
) -> None:
    """Print the JSON Schema of scenario or experiment files, so that an editor completes and checks them."""
    import json

    if experiment:
        from sim.experiment.schema import json_schema
    else:
        from sim.scenario import json_schema

    text = json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    if not quiet:
        file, file_zh = ("an experiment", "实验文件") if experiment else ("a scenario", "情景文件")
        typer.echo(_WRITTEN.say(lang.value, out=out, name=out.name, file=file, file_zh=file_zh))
