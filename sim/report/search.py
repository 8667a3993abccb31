"""A policy search as files and on the screen 政策搜索结果: front.csv, candidates.csv, front.md, a few sentences.

front.csv has the points of the front on fresh draws and as the search saw them, candidates.csv everything that was
simulated; both in English in every language. front.md is to be read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from sim.experiment.values import columns
from sim.language import Language, Text
from sim.outcomes import OUTCOMES
from sim.report.answer import console_for, print_table, print_text, table_line
from sim.report.wording import DASH, NOT_A_FORECAST, number, unit_in
from sim.search.candidates import Candidate, Space
from sim.search.found import Found, Point, Versus, leading
from sim.search.front import non_dominated
from sim.search.loop import Entry, over_budget
from sim.search.problem import PUBLIC_COST, Goal
from sim.statistics import Interval

FRONT, CANDIDATES, MARKDOWN = "front.csv", "candidates.csv", "front.md"


def write_search(folder: Path, found: Found, language: Language) -> list[Path]:
    """Write the three files; returns their paths."""
    _write_csv(folder / FRONT, [*map(_point_row(found), found.points), *map(_point_row(found), found.written)])
    _write_csv(folder / CANDIDATES, list(_candidate_rows(found)))
    (folder / MARKDOWN).write_text(markdown(found, language), encoding="utf-8")
    return [folder / FRONT, folder / CANDIDATES, folder / MARKDOWN]


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _point_row(found: Found) -> Any:
    def row(point: Point) -> dict[str, Any]:
        made: dict[str, Any] = {
            "point": point.label,
            "on_front": point.on_front,
            "dominated_afresh": point.dominated if point.candidate else "",
            "over_budget_afresh": _over_budget(found, point),
            **_coordinates(found.space, point.candidate),
        }
        for place, goal in enumerate(found.measured):
            at, name = point.fresh[place], goal.outcome
            made |= {name: at.mean, f"{name}_low": at.low, f"{name}_high": at.high}
            made[f"{name}_in_search"] = point.searched[place]
        settings = found.space.settings(point.candidate) if point.candidate else {}
        return {**made, "settings": json.dumps(settings, ensure_ascii=False)}

    return row


def _coordinates(space: Space, candidate: Candidate | None) -> dict[str, Any]:
    """Columns of members and decisions; empty for an arm as written, and where a decision does not matter."""
    names = [*space.members, *(name for factor in space.search.decisions for name in columns(factor))]
    held = space.coordinates(candidate) if candidate else {}
    return {name: "" if held.get(name) is None else held[name] for name in names}


def _candidate_rows(found: Found) -> Iterator[dict[str, Any]]:
    import numpy as np

    entries, search = list(found.archive.entries.values()), found.search
    allowed = [e for e in entries if e.scored.goals is not None and over_budget(e.scored.cost, search.budget) <= 0.0]
    worth = np.array([e.scored.goals for e in allowed]) * [goal.sign for goal in search.goals]
    front = {e.candidate for e, is_on in zip(allowed, non_dominated(worth), strict=True) if is_on}
    labels = {point.candidate: point.label for point in found.points}
    for place, entry in enumerate(entries):
        status = "failed" if entry.scored.goals is None else "ok"
        if status == "ok" and over_budget(entry.scored.cost, search.budget) > 0.0:
            status = "over_budget"
        yield {
            "candidate": place,
            "generation": entry.generation,
            "status": status,
            "on_front": entry.candidate in front,
            "point": labels.get(entry.candidate, ""),
            **_coordinates(found.space, entry.candidate),
            **_scores(found, entry),
            "message": entry.scored.why,
        }


def _scores(found: Found, entry: Entry) -> dict[str, Any]:
    scored = entry.scored
    if scored.goals is None:
        return {goal.outcome: "" for goal in found.measured}
    made = {goal.outcome: float(v) for goal, v in zip(found.search.goals, scored.goals, strict=True)}
    return made | {PUBLIC_COST: scored.cost}


def _over_budget(found: Found, point: Point) -> bool | str:
    if found.search.budget is None or point.candidate is None:
        return ""
    return _cost(found, point).mean > found.search.budget


def _cost(found: Found, point: Point) -> Interval:
    return point.fresh[[goal.outcome for goal in found.measured].index(PUBLIC_COST)]


# ---- names


def goal_name(goal: Goal, language: Language) -> str:
    """An outcome in words."""
    return OUTCOMES[goal.outcome].zh if language == "zh" else goal.outcome.replace("_", " ")


def decision_name(path: str) -> str:
    """A lever without the arm that it is written in: ``funding_pool.match``."""
    parts = path.split(".")
    return ".".join(parts[2:]).removesuffix(".per_year") if parts[0] == "arms" and len(parts) > 3 else path


def decided(space: Space, candidate: Candidate, language: Language) -> str:
    """What a candidate is, in words: members, then decisions."""
    held = space.coordinates(candidate)
    parts = [f"{decision_name(name)} {value_text(value)}" for name, value in held.items()
             if name not in space.members and value is not None]  # fmt: skip
    joined = " + ".join(space.joined(candidate)) if space.search.is_joined else space.search.arm
    return "; ".join([joined or _NOTHING.say(language), *([", ".join(parts)] if parts else [])])


def value_text(value: Any) -> str:
    """A decision as readers see it."""
    return DASH if value is None else f"{value:,.6g}" if isinstance(value, float) else str(value)


_NOTHING = Text("nothing", "不实施任何政策")


# ---- what is said


_ABOUT = Text(
    "{algorithm}, {generations} generations of {population}: {proposed:,} candidates proposed, {evaluated:,} different ones "
    "simulated ({failed} failed: they count as not allowed), each with the same {n} replications (seed {seed}). {size} are on "
    "the front; {shown} were evaluated again on {fresh} fresh replications (seed {fresh_seed}) that the search never "
    "saw. Every number below, unless it says 'in the search', is of those.",
    "{algorithm}，{generations}代、每代{population}个候选：共提出{proposed:,}个，模拟不同的{evaluated:,}个（其中{failed}个失败，"
    "按不可行处理），各用同样的{n}次重复（种子{seed}）。前沿上有{size}个，其中{shown}个用搜索从未用过的{fresh}次新重复"
    "（种子{fresh_seed}）重新评价。除注明“搜索中”者外，下列数字均为重新评价的结果。",
)
_INTERVALS = Text(
    "[Intervals] are 95%, over chance within the model, one by one; those of the differences from arms as written are wide "
    "enough for all arms and goals at once. They do not show how far the assumptions could be wrong, nor whether a longer "
    "search would find better.",
    "方括号内为95%置信区间，仅反映模型内的随机性；均为逐项区间；与现行方案的差异所用区间对全部方案与目标同时成立。"
    "它们不反映假设可能的偏差，也不排除更长的搜索会找到更好的方案。",
)
_ROBUST = Text(
    "Robust: every candidate is evaluated at the same {points} worlds, drawn from the ranges of {over}; its value is the "
    "{statistic}, goal by goal (public cost: mean over the worlds). The front was evaluated afresh at {points} other "
    "worlds. Intervals hold for these worlds.",
    "稳健搜索：每个候选都在从{over}的取值范围抽取的同样{points}个情境中评价，各目标取{statistic}（财政成本取各情境均值）；前沿在另外{points}个情境中"
    "重新评价。区间以这些情境为条件。",
)
_STATISTICS = {
    "mean": Text("mean over the worlds", "各情境均值"),
    "worst_decile": Text("mean over the worst tenth of the worlds", "最差十分之一情境的均值"),
    "worst": Text("worst world", "最差情境"),
}
_BEST = Text(
    "Within {budget} 万元 the best use found for {goal} is {label} ({what}): {numbers}.",
    "在{budget}万元预算内，{goal}最优的方案为{label}（{what}）：{numbers}。",
)
_VERSUS = Text(
    "Against `{arm}` as written ({theirs}), the best use found of no more money is {label} ({what}): "
    "{numbers} compared with it. {verdict}",
    "与现行设定的“{arm}”（{theirs}）相比，不超过其成本的最优方案为{label}（{what}）：相对差异为{numbers}。{verdict}",
)
_NONE_AS_CHEAP = Text(
    "Nothing that was tried costs as little as `{arm}` as written.", "所试方案中没有成本不高于现行设定“{arm}”者。"
)
_VERDICTS = {
    "better": Text("In {goal} it is better.", "就{goal}而言更优。"),
    "worse": Text(
        "In {goal} it is worse: the search found nothing as good; search longer.",
        "就{goal}而言更差：搜索未找到同样好的方案，可延长搜索。",
    ),
    "undecided": Text("Which is better in {goal} is undecided.", "就{goal}而言孰优尚无定论。"),
    "same": Text("In {goal} they are the same.", "就{goal}而言二者相同。"),
}
_BEYOND = Text(
    "`{arm}` as written costs {theirs}, more than the budget: the search does not say what is best at that cost.",
    "现行设定的“{arm}”成本为{theirs}，超出预算：本次搜索不回答该成本下何者最优。",
)
_MEMBERS = Text(
    "Of {count} points shown, members are in: {shares}.", "所示{count}个前沿点中，各组成政策出现次数：{shares}。"
)
_OPTIMISM = Text(
    "Optimism, in the search less afresh, mean over the front, positive where the search saw too good a number: {numbers}. "
    "The same of the arms as written, which nobody chose by these draws: {luck}. That part is luck of the draws, the rest "
    "comes of choosing.",
    "乐观偏差（搜索中与重新评价之差，前沿各点平均，正值表示搜索中偏好）：{numbers}；未经挑选的现行方案相应为：{luck}。"
    "后者属抽样运气，其余来自挑选。",
)
_DOMINATED = Text(
    "On fresh draws {dominated} of {count} points are dominated by another one, and {over} cost more than the budget: a front "
    "seen through noise is wider than it is. All are shown; none was dropped after a look at fresh draws.",
    "在新重复下，{count}个点中有{dominated}个被其他点支配，{over}个超出预算：带噪声的前沿会显得偏宽。全部列出，不据新结果剔除。",
)
_DROPPED = Text(
    "{dropped} fresh replications were left out: a run failed in them.", "有{dropped}次新重复因运行失败而剔除。"
)


def about(found: Found, language: Language) -> list[str]:
    """How the search was done."""
    search, archive = found.search, found.archive
    said = [
        _ABOUT.say(
            language,
            algorithm={"nsga2": "NSGA-II", "nsga3": "NSGA-III"}[search.algorithm],
            generations=search.generations,
            population=search.population,
            proposed=archive.proposed,
            evaluated=len(archive.entries),
            failed=len(archive.failed),
            n=search.draws.replications,
            seed=search.draws.seed,
            size=found.size,
            shown=len(found.points),
            fresh=found.fresh_replications,
            fresh_seed=search.fresh.seed,
        )
    ]
    if search.robust:
        over = ", ".join(factor.name for factor in search.robust.factors)
        statistic = _STATISTICS[search.robust.statistic].say(language)
        said.append(_ROBUST.say(language, points=search.robust.points, over=over, statistic=statistic))
    if found.dropped:
        said.append(_DROPPED.say(language, dropped=found.dropped))
    return [*said, _INTERVALS.say(language)]


def reading(found: Found, language: Language) -> list[str]:
    """The answer in sentences."""
    said = [text for versus in found.versus if (text := _versus(found, versus, language))]
    told = {versus.arm for versus in found.versus}
    for own in found.written:
        if own.label not in told:
            said.append(_BEYOND.say(language, arm=own.label, theirs=f"{number(_cost(found, own).mean)} 万元"))
    space = found.space
    if space.members:
        held = [space.joined(point.candidate) for point in found.points if point.candidate]
        shares = ", ".join(f"{member} {sum(member in one for one in held)}" for member in space.members)
        said.append(_MEMBERS.say(language, count=len(held), shares=shares))
    numbers = _numbers(found, found.optimism, language)
    luck = _numbers(found, found.luck, language) if found.luck else DASH
    said.append(_OPTIMISM.say(language, numbers=numbers, luck=luck))
    over = sum(_over_budget(found, point) is True for point in found.points)
    dominated = sum(point.dominated for point in found.points)
    said.append(_DOMINATED.say(language, dominated=dominated, count=len(found.points), over=over))
    return said


def _versus(found: Found, versus: Versus, language: Language) -> str:
    if versus.label is None:
        return _NONE_AS_CHEAP.say(language, arm=versus.arm) if versus.arm else ""
    point = found.point(versus.label)
    assert point.candidate is not None
    what = decided(found.space, point.candidate, language)
    if not versus.arm:
        goal = found.search.goals[leading(found.search)[0]]
        numbers = _numbers(found, point.fresh, language)
        budget = f"{found.search.budget:,.6g}"
        return _BEST.say(
            language, budget=budget, goal=goal_name(goal, language), label=point.label, what=what, numbers=numbers
        )
    own = next(arm for arm in found.written if arm.label == versus.arm)
    theirs = f"{number(_cost(found, own).mean)} 万元"
    facts = {"theirs": theirs, "what": what, "numbers": _numbers(found, versus.differences, language)}
    return _VERSUS.say(language, arm=versus.arm, label=point.label, verdict=_verdict(found, versus, language), **facts)


def _verdict(found: Found, versus: Versus, language: Language) -> str:
    """Whether the point is better in the first goal, by the interval that holds for all comparisons."""
    place = leading(found.search)[0]
    goal, gap = found.search.goals[place], versus.differences[place]
    low, high = sorted((-goal.sign * gap.low, -goal.sign * gap.high))
    key = "same" if low == high == 0.0 else "better" if low > 0.0 else "worse" if high < 0.0 else "undecided"
    return _VERDICTS[key].say(language, goal=goal_name(goal, language))


def _numbers(found: Found, intervals: Sequence[Interval], language: Language) -> str:
    parts = zip(found.measured, intervals, strict=True)
    return "; ".join(f"{goal_name(goal, language)} {estimate(goal, interval)}" for goal, interval in parts)


def estimate(goal: Goal, interval: Interval) -> str:
    """A number with its interval."""
    low, mid, high = (number(x, goal.unit, sign=goal.difference) for x in (interval.low, interval.mean, interval.high))
    return f"{mid} [{low}, {high}]"


# ---- front.md

_TITLE = Text("# {title}: what the best use of the money is", "# {title}：资金的最佳用途")
_PLAIN = Text("## In plain words", "## 结果解读")
_HOW = Text("## How it was found", "## 搜索方法")
_TABLE = Text("## The front, on fresh draws", "## 前沿（新重复）")
_DECISIONS = Text("## What each point is", "## 各点的方案内容")
_AGAIN = Text("## To run a point", "## 运行某一点")
_AGAIN_SAID = Text(
    "Settings as `--set` takes them, for `lianjian run` on the scenario with `--arms {arm}`; an arm in braces is a mapping.",
    "以下为 `--set` 所用设定，可用 `lianjian run` 加 `--arms {arm}` 在该情景上运行；花括号内为映射。",
)
_POINT = Text("point", "点")
_NOTE = Text("note", "备注")
_MARKS = {
    "dominated": Text("dominated afresh", "新重复下被支配"),
    "over": Text("over budget afresh", "新重复下超预算"),
    "taken": Text("for comparison, not on the front", "用于比较，不在前沿上"),
    "written": Text("as written", "现行设定"),
}


def markdown(found: Found, language: Language) -> str:
    """front.md."""
    search = found.search
    lines = [_TITLE.say(language, title=search.title.get(language) or search.name), "", search.question, ""]
    lines += [_PLAIN.say(language), ""]
    lines += [line for said in reading(found, language) for line in (f"- {said}", "")]
    lines += [NOT_A_FORECAST.say(language), "", _TABLE.say(language), "", *_markdown(*front_table(found, language)), ""]
    lines += [_DECISIONS.say(language), "", *_markdown(*decision_table(found, language)), ""]
    lines += [_HOW.say(language), "", *(line for said in about(found, language) for line in (said, ""))]
    lines += [_AGAIN.say(language), "", _AGAIN_SAID.say(language, arm=search.arm), ""]
    for point in found.points:
        assert point.candidate is not None
        settings = found.space.settings(point.candidate)
        lines.append(f"- {point.label}: `{json.dumps(settings, ensure_ascii=False)}`")
    return "\n".join([*lines, ""])


def front_table(found: Found, language: Language) -> tuple[list[str], list[list[str]]]:
    """Goals of every point and arm as written, with intervals one by one."""
    units = [f"{goal_name(goal, language)} ({unit_in(language, goal.unit)})" for goal in found.measured]
    head = [_POINT.say(language), *units, _NOTE.say(language)]
    lines = []
    for point in (*found.points, *found.written):
        numbers = [estimate(goal, at) for goal, at in zip(found.measured, point.fresh, strict=True)]
        lines.append([point.label, *numbers, _notes(found, point, language)])
    return head, lines


def _notes(found: Found, point: Point, language: Language) -> str:
    if point.candidate is None:
        return _MARKS["written"].say(language)
    told = {"dominated": point.dominated, "over": _over_budget(found, point) is True, "taken": not point.on_front}
    return "; ".join(_MARKS[name].say(language) for name, holds in told.items() if holds)


def decision_table(found: Found, language: Language) -> tuple[list[str], list[list[str]]]:
    """Members and decisions of every point."""
    space = found.space
    names = [name for factor in space.search.decisions for name in columns(factor)]
    head = [_POINT.say(language), *space.members, *map(decision_name, names)]
    lines = []
    for point in found.points:
        assert point.candidate is not None
        held = space.coordinates(point.candidate)
        members = ["●" if held[member] else "" for member in space.members]
        lines.append([point.label, *members, *("" if held[n] is None else value_text(held[n]) for n in names)])
    return head, lines


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return [table_line(head), table_line(["---"] * len(head)), *map(table_line, lines)]


# ---- the screen


def print_search(found: Found, language: Language, file: IO[str] | None = None) -> None:
    """Print the front and what it says."""
    console = console_for(file)
    print_table(console, *front_table(found, language))
    console.print()
    for said in (*reading(found, language), *about(found, language), NOT_A_FORECAST.say(language)):
        print_text(console, said)
