"""How a sweep stands, as lines for a terminal 进展报告."""

from __future__ import annotations

from collections.abc import Iterator

from sim.experiment.rows import RunKey, run_name
from sim.experiment.standing import QUIET_S, Standing, Widths
from sim.language import Language, Text
from sim.scenario.problems import number

FAILURES_SHOWN = 12

_STATES = {
    "running": Text("running", "运行中"),
    "stopped": Text("stopped before its end; the same command goes on", "未完成；再次执行同一命令即可继续"),
    "finished": Text("finished", "已完成"),
}
_STATE = Text("state     {state}", "状态      {state}")
_WORKERS = Text(", {workers} workers, {jobs} jobs under way", "，{workers}个进程，{jobs}个任务在运行")
_SILENT = Text(
    "          no sign of life for {silent}: it may be writing tables, or have been stopped",
    "          已有{silent}没有更新：可能正在写表，也可能已被中止",
)
_RUNS = Text(
    "runs      {done:,} of {wanted:,} done ({share:.0%}), {failed:,} of them failed",
    "运行      已完成{done:,}/{wanted:,}（{share:.0%}），其中失败{failed:,}次",
)
_TIME = Text("time      {taken} so far{left}", "用时      已用{taken}{left}")
_LEFT = Text(", about {left} left", "，约剩{left}")
_WIDTHS = Text(
    "widths    {arm} less {against}, {outcome}: half width of the {confidence:.0%} interval {low} to {high}, median "
    "{median}, at {points} design points",
    "区间      {arm} 减 {against}，{outcome}：{confidence:.0%}置信区间半宽{low}至{high}，中位数{median}，{points}个设计点",
)
_ASKED = Text("          replications stop at {asked}", "          达到{asked}时停止重复")
_FAILED = Text("failed    {causes}", "失败      {causes}")
_CAUSES = {
    "raised": Text("{n} raised an exception", "抛出异常{n}次"),
    "hung": Text("{n} hung", "超时{n}次"),
    "died": Text("{n} ended their process", "进程终止{n}次"),
    "not_finite": Text("{n} gave numbers that are not finite", "结果非有限数{n}次"),
}
_OTHERS = Text(" (and {n} runs like it at this point)", "（该设计点另有{n}次类似失败）")
_MORE = Text("          and {n:,} more design points (table failures)", "          另有{n:,}个设计点（见 failures 表）")
_EXPLAIN = Text("          lianjian explain {folder} {run}", "          lianjian explain {folder} {run}")


def status_lines(stands: Standing, language: Language) -> Iterator[str]:
    """The report, line by line."""
    sweep = stands.sweep
    yield f"{sweep['title'].get(language) or sweep['name']} ({stands.folder})"
    yield sweep["question"]
    state = _STATES[stands.state].say(language)
    if stands.state == "running":
        state += _WORKERS.say(language, workers=stands.workers, jobs=stands.jobs_running)
    yield _STATE.say(language, state=state)
    if stands.state == "running" and stands.silent_s > QUIET_S:
        yield _SILENT.say(language, silent=duration(stands.silent_s, language))
    done, wanted = stands.runs_done, stands.runs_wanted
    yield _RUNS.say(language, done=done, wanted=wanted, share=done / max(1, wanted), failed=len(stands.failures))
    left = "" if stands.seconds_left is None else _LEFT.say(language, left=duration(stands.seconds_left, language))
    yield _TIME.say(language, taken=duration(stands.seconds, language), left=left)
    if stands.widths is not None:
        yield from _width_lines(stands.widths, language)
    if stands.failures:
        yield from _failure_lines(stands, language)


def _width_lines(widths: Widths, language: Language) -> Iterator[str]:
    numbers = {name: f"{value:.3g}" for name, value in _ends(widths).items()}
    said = {"arm": widths.arm, "against": widths.against, "outcome": widths.outcome}
    yield _WIDTHS.say(language, **said, **numbers, confidence=widths.confidence, points=widths.points)
    if widths.asked is not None:
        yield _ASKED.say(language, asked=number(widths.asked))


def _ends(widths: Widths) -> dict[str, float]:
    return {"low": widths.least, "median": widths.median, "high": widths.most}


def _failure_lines(stands: Standing, language: Language) -> Iterator[str]:
    """One line for each design point and cause: failures of one point are mostly one failure."""
    counted = (_CAUSES[cause].say(language, n=n) for cause, n in stands.causes.items())
    yield _FAILED.say(language, causes=("，" if language == "zh" else ", ").join(counted))
    alike: dict[tuple[int, str], list[RunKey]] = {}
    for key, failure in stands.failures.items():
        alike.setdefault((key[0], failure.cause), []).append(key)
    for keys in list(alike.values())[:FAILURES_SHOWN]:
        failure = stands.failures[keys[0]]
        others = _OTHERS.say(language, n=len(keys) - 1) if len(keys) > 1 else ""
        yield f"          {run_name(keys[0])} ({failure.cause}): {failure.message}{others}"
    if len(alike) > FAILURES_SHOWN:
        yield _MORE.say(language, n=len(alike) - FAILURES_SHOWN)
    yield _EXPLAIN.say(language, folder=stands.folder, run=run_name(next(iter(stands.failures))))


def duration(seconds: float, language: Language) -> str:
    """Seconds as a person says them.

    >>> duration(95, "en"), duration(7260, "zh"), duration(4.2, "en")
    ('1 min 35 s', '2小时1分', '4 s')
    """
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    words = ("小时", "分", "秒") if language == "zh" else (" h", " min", " s")
    parts = [(hours, words[0]), (minutes, words[1]), (left if not hours else 0, words[2])]
    said = [f"{n}{word}" for n, word in parts if n] or [f"0{words[2]}"]
    return ("" if language == "zh" else " ").join(said)
