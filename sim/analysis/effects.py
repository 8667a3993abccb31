"""Effects at design points 处理效应: every arm against no policy and its companions, in many outcomes, from stored runs.

At each design point, of each arm and each arm that it is compared with:

- the mean difference of every outcome, paired by replication, with Student's t interval one by one, and with an
  interval that holds for all differences of that design point at once (max-t): the family is every arm compared times
  every outcome that is shown, so a verdict is wrong somewhere at a design point with the probability left over;
- the share of replications in which the arm is worse, with Wilson's interval: the probability of harm;
- the share of villages that lose, of all and of each tercile, where the runs hold it;
- the gain in earned income of all villages per 100 万元 of public cost, with a paired bootstrap interval.

A pair of which either run failed is dropped and counted. Villages of a mean are those of the start, so a mean
difference times their number is the sum over villages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analysis.comparison import GAIN_PER_100, NO_COST, NO_DENOMINATOR, NO_GAIN, ONE_REPLICATION, settled
from sim.analysis.forms import IDENTICAL, NEGATIVE, NO_INTERVAL, POSITIVE, UNDECIDED
from sim.analysis.many import ratio_intervals, wilson_bounds
from sim.analysis.stored import Cells, StoredRows, cells_by_point, design_points_of, villages_of
from sim.analysis.study import references_of
from sim.declare import PUBLIC_PAYERS, Array
from sim.language import Text
from sim.measures import MEASURES
from sim.outcomes import LOSERS, LOSERS_SAME_MONEY, NO_POLICY, OUTCOMES, TIE, compared_arm, losers_by_tercile
from sim.statistics import CONFIDENCE, simultaneous_t_intervals, t_quantile

if TYPE_CHECKING:
    import pandas as pd

EARNED, PUBLIC_COST = "earned_income", "public_cost"
HEADLINES = (
    EARNED,
    "total_income",
    "poorest_tercile_income",
    "gini",
    LOSERS,
    *losers_by_tercile(LOSERS),
    LOSERS_SAME_MONEY,
    *losers_by_tercile(LOSERS_SAME_MONEY),
    PUBLIC_COST,
)
"""Outcomes that are compared where none are named, as far as the runs hold them."""
NO_PAIR = Text("no pair of runs", "没有成对的运行")
NOT_TOGETHER = Text(
    "no replication in which all compared arms ran: no interval for all at once",
    "没有一次重复中所有参与比较的方案都成功运行：无联合置信区间",
)
NUMBERS = (
    "estimate",
    "low",
    "high",
    "low_together",
    "high_together",
    "share_worse",
    "share_worse_low",
    "share_worse_high",
)
COUNTS = ("pairs", "dropped")
TEXTS = ("arm", "against", "outcome", "unit", "verdict", "note")
COLUMNS = ("design_point", "arm", "against", "outcome", "unit", *NUMBERS[:5], "verdict", *NUMBERS[5:], *COUNTS, "note")
"""Columns of the table of effects; ``estimate`` is a difference where ``verdict`` is filled, otherwise a level."""
Contrast = tuple[str, str]
"""An arm and what it is compared with."""


@dataclass(frozen=True)
class Asked:
    """What is to be compared, checked against what is stored."""

    contrasts: tuple[Contrast, ...]
    differences: tuple[str, ...]
    """Outcomes that are compared as differences: the family of the simultaneous intervals is these times contrasts."""
    losers: tuple[str, ...]
    """Outcomes that already are a comparison: shares of villages that lose."""
    design_points: tuple[int, ...]
    confidence: float = CONFIDENCE
    cost: bool = True
    """Whether public cost is shown."""
    unstored: tuple[Contrast, ...] = field(default=())
    """Comparisons that the scenario has and the tables do not hold."""

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms whose runs are needed."""
        return tuple(dict.fromkeys(name for contrast in self.contrasts for name in contrast))


def effects(rows: StoredRows, asked: Asked) -> pd.DataFrame:
    """The table of effects: one row a design point, arm, arm compared with, and outcome, in that order."""
    import pandas as pd

    columns = _needed(rows, asked)
    villages = dict(zip(asked.design_points, villages_of(rows, asked.design_points), strict=True))
    parts: list[_Rows] = []
    for cells in cells_by_point(rows.runs, asked.arms, columns, asked.design_points):
        of_points = np.array([villages[point] for point in cells.points])
        parts += [_differences(cells, asked), *_losers(cells, asked), *_costs(cells, asked)]
        parts += _gains_per_100(cells, asked, of_points)
    order = {name: place for place, name in enumerate(COLUMNS)}
    joined = {name: np.concatenate([part.columns[name] for part in parts]) for name in order}
    by = [np.concatenate([part.place for part in parts]), joined["design_point"]]
    frame = pd.DataFrame(joined).iloc[np.lexsort(by)].reset_index(drop=True)
    for name in TEXTS:
        frame[name] = frame[name].astype("category")
    return frame


def ask(
    rows: StoredRows,
    *,
    outcomes: Sequence[str] | None = None,
    arms: Sequence[str] | None = None,
    against: Sequence[str] | None = None,
    design_points: Sequence[int] | None = None,
    confidence: float = CONFIDENCE,
) -> Asked:
    """What to compare; None means all. ``against`` holds ``no_policy`` and names of companions (``same_money``).

    Names must be among those stored: the command checks what a user wrote. An arm alone, whose references are not
    stored, has no comparison.
    """
    stored = list(rows.facts["arms"])
    held = [name for name in rows.runs.column_names if name in OUTCOMES]
    wanted = [name for name in (HEADLINES if outcomes is None else outcomes) if name in held]
    pairs = [(arm, other) for arm in (arms or stored) for other in references_of(arm, rows.facts["simulated_arms"])]
    pairs = [pair for pair in pairs if against is None or kind_of(pair[1]) in against]
    losers = [name for name in wanted if _counts_losers(name)]
    return Asked(
        contrasts=tuple(pair for pair in pairs if pair[0] in stored and pair[1] in stored),
        differences=tuple(name for name in wanted if name not in losers and name != PUBLIC_COST),
        losers=tuple(losers),
        design_points=tuple(design_points_of(rows.runs) if design_points is None else design_points),
        confidence=confidence,
        cost=outcomes is None or PUBLIC_COST in outcomes,
        unstored=tuple(pair for pair in pairs if pair[1] not in stored),
    )


def kind_of(reference: str) -> str:
    """``no_policy``, ``same_money`` or ``same_management``."""
    return reference.partition("@")[2] or NO_POLICY


def _counts_losers(outcome: str) -> bool:
    return bool(compared_arm(outcome, ""))


def _needed(rows: StoredRows, asked: Asked) -> list[str]:
    costs = [f"{PUBLIC_COST}_{payer}" for payer in PUBLIC_PAYERS]
    wanted = [*asked.differences, *asked.losers, EARNED, *costs]
    return [name for name in dict.fromkeys(wanted) if name in rows.runs.column_names]


# ---- rows as columns


@dataclass(frozen=True)
class _Rows:
    """Some rows of the table; ``place`` puts the rows of a design point in order."""

    columns: Mapping[str, npt.NDArray[Any]]
    place: Array


def _rows(
    shape: tuple[int, ...], columns: Mapping[str, Any], contrast: npt.NDArray[Any], position: npt.NDArray[Any] | int
) -> _Rows:
    """Columns spread to one shape and laid flat; numbers that are not given are NaN, texts empty."""
    empty: dict[str, Any] = dict.fromkeys(NUMBERS, np.nan) | dict.fromkeys(TEXTS, "") | dict.fromkeys(COUNTS, 0)
    spread = {name: np.broadcast_to(value, shape).ravel() for name, value in (empty | dict(columns)).items()}
    for name in TEXTS:
        spread[name] = spread[name].astype(object)
    place = np.broadcast_to(1000.0 * contrast + position, shape).ravel()
    return _Rows(spread, place)


# ---- differences


@dataclass(frozen=True)
class _Paired:
    """Differences (points, contrasts, outcomes, replications), NaN where there is no pair."""

    values: Array
    there: npt.NDArray[np.bool_]
    n: Array
    mean: Array
    error: Array
    """Standard error of the mean; NaN with fewer than two pairs."""


def _paired(cells: Cells, contrasts: Sequence[Contrast], outcomes: Sequence[str]) -> _Paired:
    first, second = _places(cells, contrasts)
    own = np.stack([cells.values[name] for name in outcomes], axis=2)
    values = settled(own[:, first] - own[:, second])
    there = np.isfinite(values)
    return _moments(np.where(there, values, np.nan), there)


def _moments(values: Array, there: npt.NDArray[np.bool_]) -> _Paired:
    n = there.sum(axis=-1).astype(float)
    counted = np.where(n > 0, n, np.nan)
    mean = np.where(there, values, 0.0).sum(axis=-1) / counted
    squares = (np.where(there, values - mean[..., None], 0.0) ** 2).sum(axis=-1)
    error = np.sqrt(squares / np.where(n > 1, n - 1.0, np.nan) / counted)
    return _Paired(values, there, n, mean, error)


def _places(cells: Cells, contrasts: Sequence[Contrast]) -> tuple[list[int], list[int]]:
    arms = list(cells.arms)
    return [arms.index(arm) for arm, _ in contrasts], [arms.index(other) for _, other in contrasts]


def _quantiles(n: Array, confidence: float) -> Array:
    """Two-sided quantile of Student's t for n values each; NaN with fewer than two."""
    known = {count: t_quantile(int(count) - 1, confidence) for count in np.unique(n) if count > 1}
    found = np.full(n.shape, np.nan)
    for count, quantile in known.items():
        found[n == count] = quantile
    return found


def _differences(cells: Cells, asked: Asked) -> _Rows:
    shape = len(cells.points), len(asked.contrasts), len(asked.differences)
    contrast, position = np.arange(shape[1])[:, None], np.arange(shape[2])
    if not shape[1] * shape[2]:
        return _rows(shape, {"design_point": np.array(cells.points)[:, None, None]}, contrast, position)
    paired = _paired(cells, asked.contrasts, asked.differences)
    half = _quantiles(paired.n, asked.confidence) * paired.error
    low, high = _together(paired, asked.confidence)
    downward = np.array([OUTCOMES[name].better == "less" for name in asked.differences])[:, None]
    signed = np.where(downward, -paired.values, paired.values)
    worse = ((signed < 0.0) & paired.there).sum(axis=-1)
    worse_low, worse_high = wilson_bounds(worse, paired.n, asked.confidence)
    columns = {
        "design_point": np.array(cells.points)[:, None, None],
        "arm": _texts([arm for arm, _ in asked.contrasts])[:, None],
        "against": _texts([other for _, other in asked.contrasts])[:, None],
        "outcome": _texts(asked.differences),
        "unit": _texts([OUTCOMES[name].unit for name in asked.differences]),
        "estimate": paired.mean,
        "low": paired.mean - half,
        "high": paired.mean + half,
        "low_together": low,
        "high_together": high,
        "verdict": verdicts(low, high),
        "share_worse": worse / np.where(paired.n > 0, paired.n, np.nan),
        "share_worse_low": worse_low,
        "share_worse_high": worse_high,
        "pairs": paired.n.astype(np.int64),
        "dropped": _dropped(cells, asked.contrasts)[:, :, None],
        "note": _notes(paired.n, low),
    }
    return _rows(shape, columns, contrast, position)


def _texts(names: Sequence[str]) -> npt.NDArray[Any]:
    return np.array(names, dtype=object)


def verdicts(low: Array, high: Array) -> npt.NDArray[Any]:
    """What intervals say of differences."""
    conditions = [np.isnan(low), (low == 0.0) & (high == 0.0), low > 0.0, high < 0.0]
    return np.select(conditions, [_text(NO_INTERVAL), _text(IDENTICAL), _text(POSITIVE), _text(NEGATIVE)], UNDECIDED)


def _text(word: str) -> npt.NDArray[Any]:
    return np.array(word, dtype=object)


def _notes(n: Array, low: Array) -> npt.NDArray[Any]:
    conditions, found = [n == 0, n == 1, np.isnan(low)], (NO_PAIR, ONE_REPLICATION, NOT_TOGETHER)
    return np.select(conditions, [_text(text.en) for text in found], _text(""))


def _dropped(cells: Cells, contrasts: Sequence[Contrast]) -> npt.NDArray[np.int64]:
    """Pairs of which either run failed, (points, contrasts)."""
    first, second = _places(cells, contrasts)
    stored = cells.stored[:, first] & cells.stored[:, second]
    ok = cells.ok[:, first] & cells.ok[:, second]
    return np.asarray((stored & ~ok).sum(axis=-1), dtype=np.int64)


def _together(paired: _Paired, confidence: float) -> tuple[Array, Array]:
    """Bounds that hold for all differences of a design point at once, (points, contrasts, outcomes)."""
    low, high = np.full(paired.mean.shape, np.nan), np.full(paired.mean.shape, np.nan)
    for point in range(len(paired.mean)):
        usable = paired.n[point] > 1
        there = paired.there[point][usable]
        whole = there.all(axis=0)
        if not len(there) or np.count_nonzero(whole) < 2:
            continue
        family = np.ascontiguousarray(paired.values[point][usable][:, whole].T)
        intervals = simultaneous_t_intervals(family, confidence)
        below, above = np.array([i.low for i in intervals]), np.array([i.high for i in intervals])
        if not whole.all():
            bounds = _of_all_pairs(family, below, above, paired.mean[point][usable], paired.error[point][usable])
            below, above = bounds
        low[point, usable], high[point, usable] = below, above
    return low, high


def _of_all_pairs(family: Array, low: Array, high: Array, mean: Array, error: Array) -> tuple[Array, Array]:
    """Bounds around means over all pairs, as many standard errors wide as where all arms ran.

    Where runs failed, only the replications in which every compared arm ran tell how the differences move together;
    a difference that does not vary among those gets the widest bounds of all.
    """
    of_family = _moments(family.T, np.ones(family.T.shape, dtype=bool))
    varies = of_family.error > 0.0
    scale = np.where(varies, of_family.error, np.nan)
    below, above = (of_family.mean - low) / scale, (high - of_family.mean) / scale
    if not varies.any():
        return np.where(error == 0.0, mean, np.nan), np.where(error == 0.0, mean, np.nan)
    below, above = np.where(varies, below, np.nanmax(below)), np.where(varies, above, np.nanmax(above))
    return mean - below * error, mean + above * error


# ---- levels: who loses, what it costs


def _level(cells: Cells, values: Array, confidence: float) -> dict[str, Any]:
    """Mean over runs with its interval, (points,), of values (points, replications)."""
    found = _moments(values, np.isfinite(values))
    half = _quantiles(found.n, confidence) * found.error
    note = np.select([found.n == 0, found.n == 1], [_text(NO_PAIR.en), _text(ONE_REPLICATION.en)], _text(""))
    return {
        "design_point": np.array(cells.points),
        "estimate": found.mean,
        "low": found.mean - half,
        "high": found.mean + half,
        "pairs": found.n.astype(np.int64),
        "note": note,
    }


def _losers(cells: Cells, asked: Asked) -> Iterator[_Rows]:
    """Shares of villages that lose, each against the arm that it is measured against."""
    for place, (arm, against) in enumerate(asked.contrasts):
        for position, name in enumerate(asked.losers):
            if compared_arm(name, arm) != against:
                continue
            found = _level(cells, cells.values[name][:, cells.arms.index(arm)], asked.confidence)
            found |= {"low": np.maximum(found["low"], 0.0), "high": np.minimum(found["high"], 1.0)}
            found |= {"arm": arm, "against": against, "outcome": name, "unit": OUTCOMES[name].unit}
            found |= {"dropped": _dropped(cells, [(arm, against)])[:, 0]}
            yield _rows((len(cells.points),), found, np.array(place), 300 + position)


def _cost(cells: Cells, arm: str) -> Array:
    """Public cost of the whole run, all payers, (points, replications)."""
    columns = [f"{PUBLIC_COST}_{payer}" for payer in PUBLIC_PAYERS]
    place = cells.arms.index(arm)
    return np.asarray(sum(cells.values[name][:, place] for name in columns if name in cells.values))


def _costs(cells: Cells, asked: Asked) -> Iterator[_Rows]:
    """Public cost of each arm that is compared, compared with nothing."""
    judged = list(dict.fromkeys(arm for arm, _ in asked.contrasts)) if asked.cost else []
    for arm in judged:
        first = next(place for place, (name, _) in enumerate(asked.contrasts) if name == arm)
        place = cells.arms.index(arm)
        found = _level(cells, _cost(cells, arm), asked.confidence)
        found |= {"arm": arm, "outcome": PUBLIC_COST, "unit": OUTCOMES[PUBLIC_COST].unit}
        found |= {"dropped": (cells.stored & ~cells.ok)[:, place].sum(axis=-1)}
        yield _rows((len(cells.points),), found, np.array(first), -1)


def _gains_per_100(cells: Cells, asked: Asked, villages: Array) -> Iterator[_Rows]:
    """Gain of all villages a year per 100 万元 of public cost, against no policy."""
    if EARNED not in cells.values or not asked.cost:
        return
    for place, (arm, against) in enumerate(asked.contrasts):
        if against == NO_POLICY:
            yield _gain_per_100(cells, arm, place, villages, asked.confidence)


def _gain_per_100(cells: Cells, arm: str, place: int, villages: Array, confidence: float) -> _Rows:
    paired = _paired(cells, [(arm, NO_POLICY)], [EARNED])
    mean, n = paired.mean[:, 0, 0], paired.n[:, 0, 0]
    half = _quantiles(n, confidence) * paired.error[:, 0, 0]
    there = paired.there[:, 0, 0]
    gains, cost = 100.0 * villages[:, None] * paired.values[:, 0, 0], _cost(cells, arm)
    costly = (np.abs(np.where(there, cost, 0.0)) > TIE).any(axis=1)
    usable = costly & ((mean - half > 0.0) | (mean + half < 0.0))
    ratio = np.full((3, len(mean)), np.nan)
    for count in np.unique(n[usable]):
        at = np.flatnonzero(usable & (n == count))
        above, below = (np.array([of[point][there[point]] for point in at]).T for of in (gains, cost))
        ratio[:, at] = ratio_intervals(above, below, confidence)
    conditions = [n == 0, ~costly, n == 1, ~usable, np.isnan(ratio[0])]
    found = (NO_PAIR, NO_COST, ONE_REPLICATION, NO_GAIN, NO_DENOMINATOR)
    columns = {
        "design_point": np.array(cells.points),
        "arm": arm,
        "against": NO_POLICY,
        "outcome": GAIN_PER_100,
        "unit": MEASURES[GAIN_PER_100].unit,
        "estimate": ratio[0],
        "low": ratio[1],
        "high": ratio[2],
        "pairs": n.astype(np.int64),
        "dropped": _dropped(cells, [(arm, NO_POLICY)])[:, 0],
        "note": np.select(conditions, [_text(text.en) for text in found], _text("")),
    }
    return _rows((len(mean),), columns, np.array(place), 900)
