"""Tables of effects 效应表: heads and lines, for comparison.md and for the screen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sim.analysis.across_points import with_coordinates
from sim.analysis.comparison import GAIN_PER_100, note_in
from sim.analysis.effects import NO_PAIR, NOT_TOGETHER, PUBLIC_COST
from sim.analysis.forms import IDENTICAL, NEGATIVE, NO_INTERVAL, POSITIVE, UNDECIDED
from sim.analysis.stored import StoredRows, factors_of
from sim.experiment.values import short_names
from sim.language import Language, Text
from sim.measures import MEASURES
from sim.outcomes import LOSERS, LOSERS_SAME_MONEY, NO_POLICY, OUTCOMES, TERCILES
from sim.report.answer import reference_label
from sim.report.wording import DASH, number, unit_in

if TYPE_CHECKING:
    import pandas as pd

Titled = tuple[str, list[str], list[list[str]]]
"""Title, heads and lines of a table."""
FEW_LEVELS = 40
"""Lines up to which effects are listed by factor level."""
WORDS = {
    POSITIVE: Text("above 0", "高于0"),
    NEGATIVE: Text("below 0", "低于0"),
    UNDECIDED: Text("contains 0", "含0"),
    IDENTICAL: Text("identical", "完全相同"),
    NO_INTERVAL: Text("no interval", "无置信区间"),
}


# ---- cells


def each(frame: pd.DataFrame) -> Iterator[Any]:
    yield from frame.itertuples(index=False)


def _interval(value: float, low: float, high: float, unit: str, *, sign: bool = True) -> str:
    if math.isnan(value):
        return DASH
    if math.isnan(low):
        return number(value, unit, sign=sign)
    return f"{number(value, unit, sign=sign)} {_bounds(low, high, unit, sign=sign)}"


def _bounds(low: float, high: float, unit: str, *, sign: bool = True) -> str:
    if math.isnan(low):
        return DASH
    return f"[{number(low, unit, sign=sign)}, {number(high, unit, sign=sign)}]"


def _outcome(name: str, language: Language) -> str:
    if name == GAIN_PER_100:
        return MEASURES[name].label.say(language)
    return f"{name} {OUTCOMES[name].zh}" if name in OUTCOMES else name


def _contrast(arm: str, against: str, language: Language) -> str:
    return _LESS.say(language, arm=arm, reference=reference_label(against, language)) if against else arm


_LESS = Text("{arm} less {reference}", "{arm}与{reference}之差")
_NOTES = (NO_PAIR, NOT_TOGETHER)


def _note(note: str, language: Language) -> str:
    return next((text.say(language) for text in _NOTES if text.en == note), note_in(language, note))


# ---- effects at one design point

_POINT_HEADS = (
    Text("comparison", "比较"),
    Text("outcome", "指标"),
    Text("unit", "单位"),
    Text("estimate [one by one]", "估计值[逐项]"),
    Text("together", "联合区间"),
    Text("verdict", "结论"),
    Text("worse", "劣于对照"),
    Text("pairs", "对数"),
)


def point_table(frame: pd.DataFrame, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of all effects at one design point."""
    lines = []
    for row in each(frame):
        level = row.verdict == ""
        shown = _interval(row.estimate, row.low, row.high, row.unit, sign=not level)
        lines.append(
            [
                _contrast(row.arm, row.against, language),
                _outcome(row.outcome, language),
                unit_in(language, row.unit),
                _noted(shown, row, language),
                "" if level else _bounds(row.low_together, row.high_together, row.unit),
                "" if level else WORDS[row.verdict].say(language),
                "" if level else _worse(row),
                _pairs(row),
            ]
        )
    return [text.say(language) for text in _POINT_HEADS], lines


def difference_table(frame: pd.DataFrame, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of differences at one design point, for the screen."""
    several = frame["outcome"].nunique() > 1
    lines = []
    for row in each(frame):
        name = _contrast(row.arm, row.against, language)
        one, together = (
            _interval(row.estimate, row.low, row.high, row.unit),
            _bounds(row.low_together, row.high_together, row.unit),
        )
        verdict = WORDS[row.verdict].say(language)
        lines.append([f"{name}: {row.outcome}" if several else name, one, together, verdict, _worse(row), _pairs(row)])
    return [_POINT_HEADS[place].say(language) for place in (0, 3, 4, 5, 6, 7)], lines


_LOSERS_HEADS = {"": Text("villages\nthat lose", "受损村\n比例")} | {
    f"_{name}": text
    for name, text in zip(
        TERCILES,
        (
            Text("poorest\nthird", "最弱三\n分之一"),
            Text("middle\nthird", "中间三\n分之一"),
            Text("richest\nthird", "最强三\n分之一"),
        ),
        strict=True,
    )
}
_COST_HEADS = (Text("public\ncost", "财政\n投入"), Text("gain\nper 100", "每100万\n元增收"))


def level_table(frame: pd.DataFrame, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of who loses and what it costs at one design point, for the screen: a line a comparison."""
    found = {(row.arm, row.against, row.outcome): row for row in each(frame)}
    head = [_POINT_HEADS[0], *_LOSERS_HEADS.values(), *_COST_HEADS]
    lines = []
    for arm, against in dict.fromkeys((row.arm, row.against) for row in each(frame) if row.against):
        losers = LOSERS if against == NO_POLICY else LOSERS_SAME_MONEY
        cells = [found.get((arm, against, losers + ending)) for ending in _LOSERS_HEADS]
        cost, gain = found.get((arm, "", PUBLIC_COST)), found.get((arm, against, GAIN_PER_100))
        values = [*cells, cost if against == NO_POLICY else None, gain]
        if any(value is not None for value in values):
            shown = [DASH if row is None else number(row.estimate, row.unit) for row in values]
            lines.append([_contrast(arm, against, language), *shown])
    used = [0, *(c for c in range(1, len(head)) if any(line[c] != DASH for line in lines))]
    return [head[c].say(language) for c in used], [[line[c] for c in used] for line in lines]


def _worse(row: Any) -> str:
    return _interval(row.share_worse, row.share_worse_low, row.share_worse_high, "share", sign=False)


def _pairs(row: Any) -> str:
    """Pairs used, and in brackets those dropped."""
    return f"{row.pairs} (−{row.dropped})" if row.dropped else f"{row.pairs}"


def _noted(shown: str, row: Any, language: Language) -> str:
    return f"{shown} ({_note(row.note, language)})" if row.note else shown


# ---- all design points together

_ACROSS_HEADS = (
    Text("comparison", "比较"),
    Text("outcome", "指标"),
    Text("above 0", "高于0"),
    Text("contains 0", "含0"),
    Text("below 0", "低于0"),
    Text("identical", "完全相同"),
    Text("least (at point)", "最小值（设计点）"),
    Text("greatest (at point)", "最大值（设计点）"),
    Text("points", "设计点数"),
)


def across_table(found: pd.DataFrame, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and lines: shares of design points by verdict (intervals of all differences of a point together)."""
    lines = []
    for row in each(found):
        shares = [number(share, "share") for share in (row.above, row.contains_zero, row.below, row.identical)]
        bounds = [
            DASH if at < 0 else f"{number(value, row.unit, sign=True)} ({at})"
            for value, at in ((row.least, row.least_at), (row.greatest, row.greatest_at))
        ]
        without = f" (−{row.no_interval})" if row.no_interval else ""
        name = _outcome(row.outcome, language)
        points = f"{row.points - row.no_interval}{without}"
        lines.append([_contrast(row.arm, row.against, language), name, *shares, *bounds, points])
    return [text.say(language) for text in _ACROSS_HEADS], lines


# ---- by level of one or two factors


def level_tables(differences: pd.DataFrame, rows: StoredRows, outcome: str, language: Language) -> list[Titled]:
    """Titles, heads and lines of an outcome by factor level; none with more than two factors or too many levels.

    One factor: a line a level, a column a comparison. Two: a table a comparison, levels of the second in columns.
    """
    factors = factors_of(rows)
    frame = differences[differences["outcome"] == outcome]
    if not 1 <= len(factors) <= 2 or frame["design_point"].nunique() < 2:
        return []
    frame = with_coordinates(frame, rows)
    several = frame["scenario"].nunique() > 1
    keys = (["scenario"] if several else []) + factors
    if frame.empty or frame.drop_duplicates(keys).shape[0] > FEW_LEVELS or frame["design_point"].nunique() > FEW_LEVELS:
        return []
    if len(factors) == 2 and not several and frame[factors[1]].nunique() < frame["design_point"].nunique():
        return list(_two_factors(frame, factors, outcome, language))
    return [_listed(frame, keys, outcome, language)]


def _listed(frame: pd.DataFrame, keys: Sequence[str], outcome: str, language: Language) -> Titled:
    contrasts: list[tuple[Any, Any]] = list(dict.fromkeys(zip(frame["arm"], frame["against"], strict=True)))
    lines = []
    numeric = [key for key in keys if frame[key].dtype.kind in "if"]  # words stay in the order of the design
    for _, group in frame.sort_values([*numeric, "design_point"], kind="stable").groupby("design_point", sort=False):
        cells = {(row.arm, row.against): _together_cell(row) for row in each(group)}
        lines.append([*(_level(group[key].iloc[0]) for key in keys), *(cells.get(pair, DASH) for pair in contrasts)])
    return _outcome(outcome, language), [*short_names(keys), *(_contrast(*pair, language) for pair in contrasts)], lines


def _two_factors(frame: pd.DataFrame, factors: Sequence[str], outcome: str, language: Language) -> Iterator[Titled]:
    down, across = factors
    head = " \\ ".join(short_names(factors))
    columns = _in_order(frame[across])
    for pair, group in frame.groupby(["arm", "against"], observed=True, sort=False):
        arm, against = map(str, pair)
        cells: dict[tuple[Any, Any], str] = {}
        for row, *key in zip(each(group), group[down], group[across], strict=True):
            cells[key[0], key[1]] = "; ".join(filter(None, [cells.get((key[0], key[1]), ""), _together_cell(row)]))
        lines = [
            [_level(level), *(cells.get((level, column), DASH) for column in columns)]
            for level in _in_order(group[down])
        ]
        title = f"{_contrast(arm, against, language)}: {_outcome(outcome, language)}"
        yield title, [head, *map(_level, columns)], lines


def _in_order(levels: pd.Series[Any]) -> list[Any]:
    """Each level once: numbers by size, words in the order of the design."""
    found = list(levels.unique())
    return sorted(found) if levels.dtype.kind in "if" else found


def _together_cell(row: Any) -> str:
    return _interval(row.estimate, row.low_together, row.high_together, row.unit)


def _level(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
