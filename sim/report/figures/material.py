"""What figures are drawn from 图的数据: a stored result, the arms to draw, and a few numbers that several figures need."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analysis.comparison import settled
from sim.analysis.study import ArmData, Study, rows_by_arm
from sim.declare import Array
from sim.outcomes import NO_POLICY, TIE
from sim.report.figures.errors import FigureError
from sim.report.figures.style import LINES, MARKERS, OKABE_ITO
from sim.statistics import Interval, TooFewReplications, t_interval
from sim.store import ResultFolderError, read_table
from sim.tables import PLACES

if TYPE_CHECKING:
    import pyarrow as pa

IN_ONE_PANEL = 6
"""Arms that are told apart by colour and line; with more, each has a small panel of its own."""


@dataclass(frozen=True)
class Places:
    """The villages of replication 0."""

    x: Array
    y: Array
    """km"""
    population: Array
    """person"""


@dataclass(frozen=True)
class Material:
    """A result and the arms to draw of it, no policy left out: it is in every figure that needs it."""

    study: Study
    folder: Path
    arms: tuple[str, ...]
    named: bool = False
    """Whether somebody asked for these arms."""

    @property
    def few(self) -> bool:
        """Whether the arms can be told apart in one panel."""
        return len(self.arms) <= IN_ONE_PANEL

    def colour(self, arm: str) -> str:
        """Black for no policy; an arm's own colour where there are few, else one for all."""
        return OKABE_ITO[self._place(arm)]

    def line(self, arm: str) -> Any:
        """Line style of an arm: an arm must be known from no policy without its colour."""
        return LINES[self._place(arm)]

    def marker(self, arm: str) -> str:
        """Marker of an arm."""
        return MARKERS[self._place(arm)]

    def companions(self, arm: str) -> list[str]:
        """The arm's companions, as far as they are there."""
        return [name for name in self.study.arms if name.startswith(f"{arm}@")]

    def compared_with(self, arm: str, companion: str = "") -> str | None:
        """What the arm is compared with: no policy, or the companion (of its judged arm); None where there is none."""
        other = arm.partition("@")[0] + companion if companion else NO_POLICY
        return other if other in self.study.arms and other != arm else None

    def window_income(self, arm: str) -> Array:
        """Earned income a village and year over the window, (replications, villages)."""
        return np.asarray(self.study.arms[arm].earned[:, self.study.window].mean(axis=1))

    def paired(self, arm: str, reference: str) -> Array:
        """Difference in earned income over the window, (replications, villages), ties set to 0."""
        return settled(self.window_income(arm) - self.window_income(reference))

    @cached_property
    def before(self) -> Array:
        """Earned income of the last year of the burn-in, (replications, villages); the same in all arms."""
        return np.asarray(self._any_arm.earned[:, max(self.study.manifest["calendar"]["burn_in_years"] - 1, 0)])

    @property
    def year_before(self) -> int:
        """The last year of the burn-in."""
        return int(self.study.years[max(self.study.manifest["calendar"]["burn_in_years"] - 1, 0)])

    @cached_property
    def terciles(self) -> npt.NDArray[np.int8]:
        """Tercile of each village by its income before, 0 the poorest third, (replications, villages)."""
        return self._any_arm.terciles

    @cached_property
    def places(self) -> Places:
        """Coordinates and people of the villages of replication 0. Raises FigureError where they are not stored."""
        try:
            table = read_table(self.folder, PLACES)
        except ResultFolderError as error:
            raise FigureError(
                f"{error}; results of older versions have no such table: run the scenario again"
            ) from None
        return Places(*(np.asarray(table[name].to_numpy()) for name in ("x", "y", "population")))

    def councils(self, arm: str) -> npt.NDArray[np.int64]:
        """Council of each village of replication 0 in the last year, -1 none."""
        import pyarrow.compute as compute

        rows = self._council_rows[arm]
        last, first = self.study.years[-1], compute.equal(rows["replication"], 0)
        rows = rows.filter(compute.and_(first, compute.equal(rows["year"], last)))
        return np.asarray(rows["council"].fill_null(-1).to_numpy(), dtype=np.int64)

    @cached_property
    def _council_rows(self) -> dict[str, pa.Table]:
        return rows_by_arm(
            read_table(self.folder, "villages", ["design_point", "arm", "replication", "year", "council"])
        )

    @property
    def _any_arm(self) -> ArmData:
        return next(iter(self.study.arms.values()))

    def _place(self, arm: str) -> int:
        judged = arm if arm in self.arms else arm.partition("@")[0]
        if judged == NO_POLICY:
            return 0
        return 1 + self.arms.index(judged) if self.few else 1


def select(study: Study, folder: Path, names: Sequence[str] | None) -> Material:
    """The arms asked for, else every arm with a policy of its own. Raises FigureError for an arm that is not stored."""
    judged = tuple(arm for arm in study.shown if "@" not in arm and arm != NO_POLICY)
    if names is None:
        return Material(study, folder, judged)
    for name in names:
        if name not in study.shown:
            close = difflib.get_close_matches(name, study.shown, 1)
            meant = f"; did you mean {close[0]!r}?" if close else ";"
            raise FigureError(f"{folder} holds no arm {name!r}{meant} it holds: {', '.join(study.shown)}")
    chosen = tuple(arm for arm in study.shown if arm in names and arm != NO_POLICY)
    if not chosen:
        raise FigureError("no arm with a policy was named; name at least one with --arms")
    return Material(study, folder, chosen, named=True)


def estimate(values: Array) -> Interval:
    """Mean of one number a replication and its t interval, without bounds where there is one replication."""
    try:
        return t_interval(values)
    except TooFewReplications:
        return Interval(float(np.mean(values)), math.nan, math.nan, len(values))


def bands(values: Array) -> tuple[Array, Array]:
    """Mean over replications (first axis) of each column, and half of its t interval (NaN: one replication)."""
    from sim.statistics import CONFIDENCE, t_quantile

    n = len(values)
    mean = np.asarray(values.mean(axis=0))
    if n < 2:
        return mean, np.full(mean.shape, math.nan)
    return mean, np.asarray(t_quantile(n - 1, CONFIDENCE) * values.std(axis=0, ddof=1) / math.sqrt(n))


def loses(paired: Array) -> npt.NDArray[np.bool_]:
    """Which villages earn less."""
    return np.asarray(paired < -TIE)
