"""``lianjian sweep``: run an experiment, or go on with it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.languages import Lang, Language
from sim.language import Language as Spoken
from sim.language import Text

if TYPE_CHECKING:
    from pathlib import Path

    from sim.results import Results

INTERRUPTED = 130
STOPPED = 1
SOME_FAILED = 3
"""Exit status of a sweep that came to its end with runs that failed."""
TOLD = 20
"""Failures that are told one by one; the rest is counted."""


def sweep(
    experiment: Annotated[str, typer.Argument(help="Experiment file (YAML).", show_default=False)],
    workers: Annotated[
        int | None, typer.Option(help="Processes; by default all processors where the work is worth it.", min=1)
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786, or its scheduler file."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and how long it takes.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Simulate again what failed.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away what is stored and start anew.")] = False,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Result folder (results/<file stem>); the same command goes on.")
    ] = None,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors and failed runs only.")] = False,
) -> None:
    """Run an experiment; say it again to go on after an interruption. Exit status 3: finished, but some runs failed."""
    if dry_run:
        _dry_run(experiment, workers, lang.value)
        return
    from sim.experiment.cluster import NoCluster
    from sim.experiment.processes import CannotStart
    from sim.experiment.sweep import DrawsDiffer, Hopeless, OtherVersionThere
    from sim.store import ResultFolderError
    from sim.sweeping import result_folder, run_experiment

    folder = result_folder(experiment, out)
    failures = _Failures(folder)
    try:
        results = run_experiment(
            experiment,
            workers=workers,
            cluster=cluster,
            retry_failed=retry_failed,
            fresh=fresh,
            out=folder,
            quiet=quiet,
            told=failures.tell,
            noticed=lambda line: typer.echo(line, err=True),
        )
    except KeyboardInterrupt:
        typer.echo(_STOPPED.say(lang.value, folder=folder), err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ResultFolderError, NoCluster, CannotStart, Hopeless, DrawsDiffer, OtherVersionThere) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(STOPPED) from None
    failures.tell_rest()
    if not quiet:
        _print(results, lang.value)
    if results.manifest["runs"]["failed"]:
        raise typer.Exit(SOME_FAILED)


class _Failures:
    """Says failures at once, the first ones one by one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def tell(self, line: str) -> None:
        self._count += 1
        with contextlib.suppress(OSError):  # nobody reads stderr any more: no reason to stop
            if self._count <= TOLD:
                typer.echo(line, err=True)
            if self._count == TOLD:
                typer.echo(f"(further failures are counted only: lianjian status {self._folder})", err=True)

    def tell_rest(self) -> None:
        if self._count > TOLD:
            typer.echo(f"{self._count} runs failed: lianjian status {self._folder}", err=True)


def _dry_run(experiment: str, workers: int | None, language: Spoken) -> None:
    from sim.experiment.describe import dry_run_text
    from sim.experiment.planning import prepare
    from sim.experiment.reading import load_experiment
    from sim.experiment.trial import trial

    prepared = prepare(load_experiment(experiment))
    workers = workers or os.cpu_count() or 1
    tried = trial(prepared, workers)
    simulated = list(dict.fromkeys(arm for plan in prepared.plans.values() for arm in plan.simulated))
    typer.echo(dry_run_text(prepared.experiment, simulated, tried.seconds, tried.size_mib, workers, language))


_STOPPED = Text(
    "stopped: what is finished is stored in {folder}; the same command goes on from there",
    "已中断：已完成部分保存在 {folder}，再次执行同一命令即可继续",
)
_RUNS = Text("runs      {ok:,} ok, {failed:,} failed", "运行      成功{ok:,}次，失败{failed:,}次")
_POINTS = Text(
    "points    {points:,}, {replications} replications each", "设计点    {points:,}个，各重复{replications}次"
)
_TABLES = Text("tables    {files} (rows: {rows})", "数据表    {files}（行数：{rows}）")
_SAME = Text(
    "check     a duplicate of no_policy differs from it by exactly 0: arms share their draws",
    "检验      no_policy 的副本与其相差恰为0：各方案共用随机数",
)
_UNCHECKED = Text(
    "check     common random numbers could not be checked: the first design points failed",
    "检验      最初的设计点均失败，未能检验共同随机数",
)
_TOOK = Text("took      {seconds:.1f} s in all, {workers} workers", "用时      共{seconds:.1f}秒，{workers}个进程")
_NEXT = Text("next      lianjian compare {folder}", "下一步    lianjian compare {folder}")


def _print(results: Results, language: Spoken) -> None:
    made, folder = results.manifest, results.folder
    rows = ("、" if language == "zh" else ", ").join(f"{name} {count:,}" for name, count in made["tables"].items())
    least, most = made["replications"]["at_least"], made["replications"]["at_most"]
    typer.echo(made["title"].get(language) or made["name"])
    typer.echo(made["question"])
    typer.echo(_RUNS.say(language, **made["runs"]))
    said = str(least) if least == most else f"{least}-{most}"
    typer.echo(_POINTS.say(language, points=made["points"], replications=said))
    checked = all(gap == 0.0 for gap in made["baseline_duplicate"].values())
    typer.echo((_SAME if checked else _UNCHECKED).say(language))
    typer.echo(_TABLES.say(language, files=f"{folder}{os.sep}*.parquet", rows=rows))
    typer.echo(_TOOK.say(language, seconds=made["wall_time_s"], workers=made["workers"]))
    typer.echo(_NEXT.say(language, folder=folder))
