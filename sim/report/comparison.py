"""A comparison of stored runs as files and on the screen 比较结果: comparison.csv, comparison.md, compact tables.

comparison.csv has every effect at every design point, in English in every language; comparison.md is to be read: what
was compared and how, what all design points say together, effects by factor level where there are one or two factors,
and effects at single design points where there are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sim.analysis.across_points import across_points, with_coordinates
from sim.analysis.effects import Asked
from sim.analysis.stored import StoredRows, failed_runs
from sim.language import Language, Text
from sim.outcomes import OUTCOMES
from sim.report.answer import console_for, print_table, print_text, table_line
from sim.report.effects_tables import across_table, difference_table, level_table, level_tables, point_table
from sim.report.wording import EARNED, NOT_A_FORECAST, unit_in

if TYPE_CHECKING:
    import pandas as pd

CSV, MARKDOWN = "comparison.csv", "comparison.md"
FEW_POINTS = 12
"""Design points up to which comparison.md shows each by itself."""


@dataclass(frozen=True)
class Comparison:
    """What was asked, of what rows, and what was found."""

    name: str
    """Of the folder."""
    rows: StoredRows
    asked: Asked
    effects: pd.DataFrame

    @property
    def single(self) -> bool:
        """Whether there is one design point, as in a run."""
        return len(self.asked.design_points) == 1

    @property
    def differences(self) -> pd.DataFrame:
        """Rows that are differences, not levels."""
        return self.effects[self.effects["verdict"] != ""]


def write_comparison(folder: Path, made: Comparison, language: Language) -> list[Path]:
    """Write comparison.csv and comparison.md; returns their paths."""
    import pyarrow as pa
    from pyarrow import csv

    found = with_coordinates(made.effects, made.rows)
    for name in found.select_dtypes("category"):
        found[name] = found[name].astype(str)
    csv.write_csv(pa.Table.from_pandas(found, preserve_index=False), folder / CSV)
    (folder / MARKDOWN).write_text(markdown(made, language), encoding="utf-8")
    return [folder / CSV, folder / MARKDOWN]


# ---- what is said of all of it

_COMPARED = Text(
    "{points} {word}, {contrasts} comparisons of arms, {outcomes} outcomes; differences paired by replication, "
    "window means of each run.",
    "{points}个设计点，{contrasts}组方案比较，{outcomes}项指标；差异按重复配对，数值为每次运行评判期的均值。",
)
_FAMILY = Text(
    "Intervals: {confidence}, Student's t one by one; 'together': wide enough for all {family} differences of a design "
    "point to hold at once (max-t over every comparison of arms times every outcome shown). Verdicts use the latter.",
    "置信区间：{confidence}，逐项为t区间；“联合”区间使同一设计点的全部{family}项差异同时成立"
    "（max-t，涵盖所列全部方案比较与指标）。结论依据联合区间。",
)
_CHANCE = Text(
    "Not across design points: if no arm differed from any other anywhere, chance alone would give a verdict at about "
    "{wrong} of {points} design points (one-by-one intervals: {pointwise} of {all} verdicts); all points share their "
    "draws, so such verdicts come together, at many points or at none.",
    "各设计点之间不再校正：即使所有方案处处无差异，仅凭偶然也会在{points}个设计点中约{wrong}个给出结论"
    "（若用逐项区间，则为{all}项中的{pointwise}项）；各设计点共用随机数，这类结论往往成片出现，或完全不出现。",
)
_NONE_FAILED = Text("No run failed.", "没有失败的运行。")
_FAILED = Text(
    "{count} of {all} runs failed ({by_arm}). A pair of which either run failed is dropped: {dropped} of {pairs} pairs "
    "in {outcome}.",
    "{all}次运行中有{count}次失败（{by_arm}）。一对运行中任一失败即剔除该对：{outcome}的{pairs}对中剔除{dropped}对。",
)
_UNSTORED = Text(
    "Not stored, so not compared with: {arms}.",
    "以下对照未保存，故未作比较：{arms}。",
)
_MISSING = Text(
    "The sweep has not ended: {missing} of {expected} runs are missing. What follows is of those that are there.",
    "扫描尚未结束：{expected}次运行中尚缺{missing}次。以下仅依据已有结果。",
)
_HARM = Text(
    "Worse: share of replications in which the arm does worse, with Wilson's interval.",
    "劣于对照：方案结果较差的重复所占比例，方括号内为Wilson区间。",
)


def about(made: Comparison, language: Language) -> list[str]:
    """Paragraphs on what was compared and how: families, chance, failed and missing runs."""
    asked, points = made.asked, len(made.asked.design_points)
    family, left = len(asked.contrasts) * len(asked.differences), 1.0 - asked.confidence
    shown = [*asked.differences, *asked.losers]
    word = "design point" if points == 1 else "design points"
    counts = {"points": points, "word": word, "contrasts": len(asked.contrasts), "outcomes": len(shown)}
    said = [*_missing(made, language), _COMPARED.say(language, **counts)]
    said += [_FAMILY.say(language, confidence=f"{100 * asked.confidence:g}%", family=family)]
    if points > 1:
        wrong = {"wrong": f"{left * points:.3g}", "pointwise": f"{left * points * family:.3g}", "all": points * family}
        said += [_CHANCE.say(language, points=points, **wrong)]
    said += [_HARM.say(language), _failed(made, language)]
    if asked.unstored:
        names = dict.fromkeys(other for _, other in asked.unstored)
        said += [_UNSTORED.say(language, arms=_LIST.say(language).join(names))]
    return said


_LIST = Text(", ", "、")


def _missing(made: Comparison, language: Language) -> Iterator[str]:
    if not made.rows.complete:
        runs = made.rows.facts.get("runs", {})
        yield _MISSING.say(language, missing=runs.get("missing", "?"), expected=runs.get("expected", "?"))


def _failed(made: Comparison, language: Language) -> str:
    asked = made.asked
    by_arm = failed_runs(made.rows, asked.design_points, asked.arms)
    if not by_arm:
        return _NONE_FAILED.say(language)
    stored = made.rows.runs.to_pandas()[["design_point", "arm"]]
    every = stored["design_point"].isin(asked.design_points) & stored["arm"].isin(asked.arms)
    first = made.differences if asked.differences else made.effects
    first = first[first["outcome"] == first["outcome"].iloc[0]]
    dropped = int(first["dropped"].sum())
    facts = {"count": sum(by_arm.values()), "all": int(every.sum()), "dropped": dropped}
    facts |= {"pairs": int(first["pairs"].sum()) + dropped, "outcome": first["outcome"].iloc[0]}
    return _FAILED.say(language, by_arm=_LIST.say(language).join(f"{arm} {n}" for arm, n in by_arm.items()), **facts)


# ---- comparison.md

_TITLE = Text("# {name}: arms compared", "# {name}：方案比较")
_ACROSS = Text("## All design points together", "## 全部设计点综合")
_ACROSS_SAID = Text(
    "Shares of design points at which the interval of all differences together lies above 0, contains 0, or lies below 0.",
    "联合置信区间高于0、含0、低于0的设计点所占比例。",
)
_LEVELS = Text("## By factor level", "## 按因子水平")
_LEVELS_SAID = Text(
    "Estimate [interval of all differences of the point together].", "估计值[同一设计点全部差异的联合区间]。"
)
_POINT = Text("## Design point {point}", "## 设计点{point}")
_EFFECTS = Text("## Effects", "## 效应")
_REST = Text("Effects at every design point: {file}.", "各设计点的全部效应见{file}。")


def markdown(made: Comparison, language: Language) -> str:
    """comparison.md."""
    lines = [_TITLE.say(language, name=_name(made, language)), ""]
    lines += [made.rows.facts["question"], ""] if "question" in made.rows.facts else []
    lines += [line for said in (*about(made, language), NOT_A_FORECAST.say(language)) for line in (said, "")]
    if not made.single:
        lines += [_ACROSS.say(language), "", _ACROSS_SAID.say(language), ""]
        lines += [*_markdown_table(*across_table(across_points(made.effects), language)), ""]
    tables = [
        table
        for outcome in made.asked.differences
        for table in level_tables(made.differences, made.rows, outcome, language)
    ]
    if tables:
        lines += [_LEVELS.say(language), "", _LEVELS_SAID.say(language), ""]
    for title, head, body in tables:
        lines += [f"### {title}", "", *_markdown_table(head, body), ""]
    points = made.asked.design_points
    for point in points if len(points) <= FEW_POINTS else ():
        heading = _EFFECTS.say(language) if made.single else _POINT.say(language, point=point)
        of_point = made.effects[made.effects["design_point"] == point]
        lines += [heading, "", *_markdown_table(*point_table(of_point, language)), ""]
    if len(points) > FEW_POINTS:
        lines += [_REST.say(language, file=CSV), ""]
    return "\n".join(lines)


def _name(made: Comparison, language: Language) -> str:
    """Title of the experiment; the folder's name of a run."""
    facts = made.rows.facts
    return (facts["title"].get(language) or facts["name"]) if "question" in facts else made.name


def _markdown_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return [table_line(head), table_line(["---"] * len(head)), *map(table_line, lines)]


# ---- the screen


def print_comparison(
    made: Comparison, language: Language, named: Sequence[str] = (), file: IO[str] | None = None
) -> None:
    """Print effects in the outcomes named (failing that in earned income, who loses and what it costs), and about them."""
    console = console_for(file)
    shown = [name for name in made.asked.differences if name in (named or (EARNED,))] or list(
        made.asked.differences[:1]
    )
    if made.single:
        if shown:
            units = [f"{name}, {unit_in(language, OUTCOMES[name].unit)}" for name in shown]
            console.print("; ".join(units))
            print_table(console, *difference_table(made.differences[made.differences["outcome"].isin(shown)], language))
        head, lines = level_table(made.effects[made.effects["verdict"] == ""], language)
        if lines:
            print_table(console, head, lines)
    else:
        found = across_points(made.effects)
        wanted = named or ("earned_income", "poorest_tercile_income", "gini")
        print_table(console, *across_table(found[found["outcome"].isin(wanted)], language))
        for outcome in shown:
            for title, head, lines in level_tables(made.differences, made.rows, outcome, language):
                console.print(f"\n{title}")
                print_table(console, head, lines)
    console.print()
    for said in (*about(made, language), NOT_A_FORECAST.say(language)):
        print_text(console, said)
