"""``lianjian run``: simulate a scenario and write its result folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Text

if TYPE_CHECKING:
    from sim.results import Results

INTERRUPTED = 130
FAILED = 1


def run(
    scenario: Annotated[str, typer.Argument(help="Scenario file (YAML).", show_default=False)],
    replications: Annotated[int | None, typer.Option(help="Replications of each arm.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Root of all random draws.", min=0)] = None,
    arms: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Keep these arms only; companions by their names (pool@same_money)."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value, path as error messages print it."),
    ] = None,
    forms: Annotated[
        str | None,
        typer.Option(metavar="each|A,B", help="Run each alternative form besides and say which conclusions survive."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; by default all processors where the work is worth it.", min=1)
    ] = None,
    block: Annotated[
        int | None, typer.Option(help="Runs of an arm simulated together; changes speed, not numbers.", min=1)
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Result folder, replaced as a whole (results/<file stem>).")
    ] = None,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Simulate a scenario, write tables, answer and figures, and print the comparison."""
    import sim
    from sim.experiment.local import WorkerDied
    from sim.store import ResultFolderError

    try:
        results = sim.run(
            scenario,
            replications=replications,
            seed=seed,
            arms=None if arms is None else [name.strip() for name in arms.split(",") if name.strip()],
            set=set_ or (),
            forms=forms,
            workers=workers,
            block=block,
            out=out,
            quiet=quiet,
            language=lang.value,
            command=_command(scenario, replications, seed, arms, set_, forms, workers, block, out, lang),
        )
    except KeyboardInterrupt:
        typer.echo("interrupted: nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ResultFolderError, WorkerDied) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from None
    if not quiet:
        _print(results)


def _command(
    scenario: str,
    replications: int | None,
    seed: int | None,
    arms: str | None,
    set_: list[str] | None,
    forms: str | None,
    workers: int | None,
    block: int | None,
    out: str | None,
    lang: Language,
) -> list[str]:
    """The command as the manifest keeps it."""
    given = {"replications": replications, "seed": seed, "arms": arms, "forms": forms}
    given |= {"workers": workers, "block": block, "out": out, "lang": None if lang == Language.en else lang.value}
    options = [text for name, value in given.items() if value is not None for text in (f"--{name}", str(value))]
    return ["lianjian", "run", scenario, *options, *(text for setting in set_ or () for text in ("--set", setting))]


_FORMS = Text("forms     {file} (and forms.csv)", "形式比较  {file}（及 forms.csv）")
_ANSWER = Text("answer    {file} (and answer.csv)", "比较结果  {file}（及 answer.csv）")
_FIGURES = Text(
    "figures   {files} ({count}; others: lianjian plot)", "图        {files}（{count}幅；其他格式用 lianjian plot）"
)
_TABLES = Text("tables    {files} (rows: {rows})", "数据表    {files}（行数：{rows}）")
_TOOK = Text(
    "took      {seconds:.1f} s, {speed:.2f} million village-quarters a second, {workers} {processes}, seed {seed}",
    "用时      {seconds:.1f} 秒，每秒{speed:.2f}百万村季，{workers}个进程，随机种子{seed}",
)


def _print(results: Results) -> None:
    from sim.report.answer import print_answer
    from sim.report.wording import language_of

    print_answer(results.manifest, results.rows())
    made, folder = results.manifest, results.folder
    language = language_of(made)
    if "forms" in made:
        from sim.report.forms import print_forms

        print_forms(made, results.form_rows())
        typer.echo(_FORMS.say(language, file=_shown(folder / "forms.md")))
    typer.echo(_ANSWER.say(language, file=_shown(folder / "answer.md")))
    drawn = [name for name in made["files"] if name.startswith("figures/") and name.endswith(".pdf")]
    if drawn:
        typer.echo(_FIGURES.say(language, files=f"{_shown(folder / 'figures')}{os.sep}*.pdf", count=len(drawn)))
    rows = ("、" if language == "zh" else ", ").join(f"{name} {count:,}" for name, count in made["tables"].items())
    typer.echo(_TABLES.say(language, files=f"{_shown(folder)}{os.sep}*.parquet", rows=rows))
    took = {"seconds": made["wall_time_s"], "speed": made["village_quarters_per_second"] / 1e6, "seed": made["seed"]}
    processes = "processes" if made["workers"] > 1 else "process"
    typer.echo(_TOOK.say(language, workers=made["workers"], processes=processes, **took))


def _shown(path: Path) -> str:
    return os.fspath(path)
