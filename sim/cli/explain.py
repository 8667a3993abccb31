"""``lianjian explain``: one run of a sweep, and the run itself once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.languages import Lang, Language
from sim.language import Language as Spoken
from sim.language import Text

if TYPE_CHECKING:
    from sim.experiment.explaining import Explained, Replay

DIFFERS = 1
FAILED_AGAIN = 1


def explain(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a sweep.", show_default=False)],
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Design point/arm/replication, as 17/pool/3.", show_default=False)
    ],
    replay: Annotated[bool, typer.Option("--replay", help="Simulate this one run again, here.")] = False,
    lang: Lang = Language.en,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print failures only.")] = False,
) -> None:
    """Say what a run is: settings, seed, outcomes or traceback, and a command that simulates it."""
    from sim.experiment.explaining import explain as explained_of
    from sim.experiment.explaining import replay as replayed
    from sim.scenario.own import OwnModuleError

    explained = explained_of(Path(folder), run)
    if not quiet:
        _print(explained, lang.value)
    if not replay:
        return
    try:
        again = replayed(explained)
    except OwnModuleError:
        raise
    except Exception:
        import traceback

        typer.echo(_FAILED.say(lang.value), err=True)
        typer.echo(traceback.format_exc(), err=True)
        raise typer.Exit(FAILED_AGAIN) from None
    _print_replay(explained, again, lang.value, quiet=quiet)
    if again.differing:
        raise typer.Exit(DIFFERS)


_RUN = Text(
    "run        design point {point}, arm {arm}, replication {replication}",
    "运行       设计点{point}，方案{arm}，第{replication}次重复",
)
_STATUS = Text("status     {status}", "状态       {status}")
_STATES = {"ok": Text("ok", "成功"), "failed": Text("failed ({cause}): {message}", "失败（{cause}）：{message}")}
_NOT_DONE = Text("not done yet", "尚未运行")
_SCENARIO = Text("scenario   {scenario}, seed {seed}", "情景       {scenario}，随机种子{seed}")
_FACTORS = Text("factors", "因素")
_SETTINGS = Text("settings", "设定")
_OUTCOMES = Text("outcomes", "结果")
_SHARD = Text("stored in  shards/{shard}", "保存于     shards/{shard}")
_TRACEBACK = Text("traceback", "错误追踪")
_AGAIN = Text(
    "again      lianjian explain {folder} {run} --replay",
    "重放       lianjian explain {folder} {run} --replay",
)
_COMMAND = Text("as a run   {command}", "单独运行   {command}")
_FAILED = Text("replayed: it fails again", "重放：再次失败")
_SAME = Text("replayed: every outcome is the stored one, to the bit", "重放：各项结果与已保存的完全一致")
_DIFFERS = Text(
    "replayed: {n} outcomes differ from what is stored: another version of the sources or of numpy?",
    "重放：{n}项结果与已保存的不同：源代码或 numpy 版本是否不同？",
)
_NOW = Text("replayed: it succeeds now", "重放：现在成功")


def _print(explained: Explained, language: Spoken) -> None:
    from sim.experiment.explaining import run_name

    point, arm, replication = explained.key
    typer.echo(_RUN.say(language, point=point, arm=arm, replication=replication))
    typer.echo(_STATUS.say(language, status=_status(explained, language)))
    typer.echo(_SCENARIO.say(language, scenario=explained.scenario, seed=explained.sweep["seed"]))
    _table(_FACTORS.say(language), explained.coordinates)
    if set(explained.settings) != set(explained.coordinates):
        _table(_SETTINGS.say(language), explained.settings)
    if explained.outcomes is not None:
        _table(_OUTCOMES.say(language), explained.outcomes)
    if explained.failure is not None and explained.failure.traceback:
        typer.echo(_TRACEBACK.say(language))
        typer.echo("\n".join(f"  {line}" for line in explained.failure.traceback.rstrip().splitlines()))
    if explained.shard is not None:
        typer.echo(_SHARD.say(language, shard=explained.shard))
    typer.echo(_AGAIN.say(language, folder=explained.folder, run=run_name(explained.key)))
    files = explained.sweep["experiment"]
    named = files.get("scenario") or (files.get("scenarios") or {}).get(explained.scenario)
    if isinstance(named, str):
        path = Path(explained.sweep["folders"][explained.scenario]) / Path(named).name
        typer.echo(_COMMAND.say(language, command=explained.command(str(path))))


def _status(explained: Explained, language: Spoken) -> str:
    if explained.failure is not None:
        failure = explained.failure
        return _STATES["failed"].say(language, cause=failure.cause, message=failure.message)
    return (_STATES["ok"] if explained.outcomes is not None else _NOT_DONE).say(language)


def _table(heading: str, rows: Any) -> None:
    if not rows:
        return
    typer.echo(heading)
    width = max(len(name) for name in rows)
    for name, value in rows.items():
        shown = "-" if value is None else f"{value:.6g}" if isinstance(value, float) else value
        typer.echo(f"  {name:{width}}  {shown}")


def _print_replay(explained: Explained, again: Replay, language: Spoken, *, quiet: bool) -> None:
    if again.differing:
        typer.echo(_DIFFERS.say(language, n=len(again.differing)), err=True)
        _table("", {name: f"{stored} -> {now!r}" for name, (stored, now) in again.differing.items()})
    elif quiet:
        return
    elif explained.outcomes is None:
        typer.echo(_NOW.say(language))
        _table(_OUTCOMES.say(language), again.outcomes)
    else:
        typer.echo(_SAME.say(language))
