"""``lianjian export``: the tables of a result for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Text


def export(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Result folder.", show_default=False)],
    to: Annotated[str, typer.Option("--to", metavar="csv|dta|netcdf|salib|ema", help="Format.", show_default=False)],
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Where it goes (DIR/export/FORMAT).")] = None,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Write the tables of a result in the format of another program, with labels and units."""
    from sim.exports import FORMATS, MissingPackage
    from sim.exports import export as exported_to
    from sim.scenario.problems import suggestion
    from sim.store import MANIFEST, add_files

    if to not in FORMATS:
        raise typer.BadParameter(f"there is no format '{to}'{suggestion(to, FORMATS)} (there are {', '.join(FORMATS)})")
    target = Path(out) if out is not None else Path(folder) / "export" / to
    try:
        made = exported_to(Path(folder), to, target)
    except MissingPackage as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    inside = target.resolve().is_relative_to(Path(folder).resolve())
    if inside and (Path(folder) / MANIFEST).exists():
        add_files(
            Path(folder), [Path(folder) / file.resolve().relative_to(Path(folder).resolve()) for file in made.files]
        )
    if quiet:
        return
    for file in made.files:
        typer.echo(str(file))
    for note in made.notes:
        typer.echo(_NOTE.say(lang.value, note=note))


_NOTE = Text("note: {note}", "说明：{note}")
