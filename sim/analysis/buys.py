"""Gain and public cost of arms from stored rows 成本与增益: of one design point's replications, or across design points.

Gain is against no policy, in earned income of all villages, 万元 a year; cost is public cost net of repayments, all payers,
万元 of the whole run. Two accounts:

- window: gain in the years of the window, cost not discounted, as in every comparison here;
- discounted: gain in `earned_income_discounted`, the level income from the first policy year on that has the same present
  value, and cost discounted to the first policy year at the same rate.

So the willingness to pay is 万元 of public money, once, for one 万元 a year more: a number of years. A replication in which
any of the arms failed is left out of all of them, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from sim.analysis.comparison import settled
from sim.analysis.cost_effectiveness import Standing, acceptability, best_on_average, frontier, resampled_means
from sim.analysis.stored import StoredRows, cells_by_point, coordinates, villages_of
from sim.analysis.study import numbers
from sim.declare import PUBLIC_PAYERS, Array
from sim.outcomes import DISCOUNT_RATE, NO_POLICY
from sim.store import ResultFolderError

if TYPE_CHECKING:
    import pyarrow as pa

Account = Literal["window", "discounted"]
OUTCOME: dict[Account, str] = {"window": "earned_income", "discounted": "earned_income_discounted"}
COSTS = [f"public_cost_{payer}" for payer in PUBLIC_PAYERS]


@dataclass(frozen=True)
class Buys:
    """What arms gain and cost, draw by draw."""

    arms: tuple[str, ...]
    """No policy first."""
    gain: Array
    """(arms, draws): 万元 a year, all villages."""
    cost: Array
    """(arms, draws): 万元."""
    account: Account
    across_points: bool
    """Whether a draw is a design point's mean; otherwise a replication."""
    left_out: int
    """Draws left out because a run failed."""
    runs_left_out: int
    """Replications left out, over all design points."""
    annuity: float
    """Discounted: what one 万元 a year from the first policy year to the last is worth then; NaN otherwise."""


def read_buys(rows: StoredRows, arms: Sequence[str], points: Sequence[int], account: Account) -> Buys:
    """The arms, compared with no policy, at one design point or across several.

    Raises ResultFolderError where what the account needs is not stored.
    """
    names = (NO_POLICY, *(arm for arm in arms if arm != NO_POLICY))
    outcome = OUTCOME[account]
    if outcome not in rows.runs.column_names:
        raise ResultFolderError(f"{outcome} is not stored: list it under outcomes and run again")
    paid = _discounted_costs(rows) if account == "discounted" else None
    villages = dict(zip(points, villages_of(rows, points), strict=True))
    gains, costs, lost, empty = [], [], 0, 0
    runs = rows.runs if paid is None else rows.runs.append_column("discounted_cost", [paid])
    columns = [outcome, *(COSTS if paid is None else ["discounted_cost"])]
    for cells in cells_by_point(runs, names, columns, points):
        spent = np.sum([cells.values[name] for name in columns[1:]], axis=0)
        for place, point in enumerate(cells.points):
            earned = cells.values[outcome][place]
            there = np.isfinite(earned).all(axis=0) & np.isfinite(spent[place]).all(axis=0)
            lost += int((cells.stored[place].any(axis=0) & ~there).sum())
            if not there.any():
                empty += 1
                continue
            gain = villages[point] * settled(earned[:, there] - earned[0, there])
            gains.append(gain)
            costs.append(spent[place][:, there])
    if not gains:
        raise ResultFolderError("there is no replication in which all of these arms succeeded")
    across = len(points) > 1
    return Buys(
        names,
        np.stack([g.mean(axis=1) for g in gains], axis=1) if across else gains[0],
        np.stack([c.mean(axis=1) for c in costs], axis=1) if across else costs[0],
        account,
        across,
        empty if across else lost,
        lost,
        _annuity(rows) if account == "discounted" else float("nan"),
    )


def _first_policy_year(rows: StoredRows) -> dict[str, tuple[int, int]]:
    """Scenario -> first policy year and last year of the run."""
    said = rows.facts.get("scenarios") or {"": rows.facts}
    found = {}
    for name, of in said.items():
        first = int(of["years"][0]) + int(of["calendar"]["burn_in_years"])
        found[name] = (first, int(of["years"][-1]))
    return found


def _annuity(rows: StoredRows) -> float:
    spans = {last - first + 1 for first, last in _first_policy_year(rows).values()}
    if len(spans) > 1:
        return float("nan")
    return float(((1.0 + DISCOUNT_RATE) ** -np.arange(spans.pop())).sum())


def _discounted_costs(rows: StoredRows) -> npt.NDArray[np.float64]:
    """Public cost of each run, discounted to its first policy year, from the table of years; NaN of a failed run."""
    if rows.yearly is None:
        raise ResultFolderError("discounted cost needs the table of years, which this result does not hold")
    spans = _first_policy_year(rows)
    point = np.asarray(rows.yearly["design_point"].to_numpy(), dtype=np.int64)
    if len(spans) > 1:
        unique = np.unique(point).tolist()
        of_point = dict(zip(unique, coordinates(rows, unique, "scenario"), strict=True))
        first = np.array([spans[of_point[p]][0] for p in point.tolist()])
    else:
        first = np.full(len(point), next(iter(spans.values()))[0])
    years = np.asarray(rows.yearly["year"].to_numpy(), dtype=np.int64) - first
    cost = sum(numbers(rows.yearly, name) for name in COSTS) * (1.0 + DISCOUNT_RATE) ** -years
    names = sorted(set(rows.runs["arm"].unique().to_pylist()))
    keys = [_keys(table, names) for table in (rows.yearly, rows.runs)]
    known, place = np.unique(keys[0], return_inverse=True)
    total = np.bincount(place, weights=cost, minlength=len(known))
    where = np.searchsorted(known, keys[1])
    found = np.full(len(keys[1]), np.nan)
    inside = where < len(known)
    inside[inside] = known[where[inside]] == keys[1][inside]
    found[inside] = total[where[inside]]
    return found


def _keys(table: pa.Table, arms: Sequence[str]) -> npt.NDArray[np.int64]:
    """One number for each design point, arm and replication."""
    import pyarrow as pa
    import pyarrow.compute as compute

    texts = table["arm"].combine_chunks()
    texts = texts.cast(pa.string()) if hasattr(texts, "dictionary") else texts
    arm = compute.index_in(texts, value_set=pa.array(arms)).to_numpy(zero_copy_only=False)
    point, replication = (np.asarray(table[name].to_numpy(), np.int64) for name in ("design_point", "replication"))
    return np.asarray((point * len(arms) + arm.astype(np.int64)) * 10**9 + replication)


# ---- frontier and curves


STEPS = 201


@dataclass(frozen=True)
class Curves:
    """How arms stand, and how often each is the best buy."""

    buys: Buys
    willingness: Array
    standing: tuple[Standing, ...]
    of_draws: Array
    """Acceptability over draws, (arms, willingness)."""
    of_means: Array | None
    """Acceptability over resampled means; None across design points, where a draw is a mean already."""
    best: npt.NDArray[np.int64]
    """Arm that is best on average at each willingness."""


def curves_of(buys: Buys, up_to: float | None = None) -> Curves:
    """Frontier and curves up to a willingness to pay, unless said twice the last price at which the best buy changes."""
    standing = frontier(buys.gain.mean(axis=1), buys.cost.mean(axis=1))
    willingness = np.linspace(0.0, up_to or _far_enough(buys, standing), STEPS)
    of_means = None
    if not buys.across_points and buys.gain.shape[1] > 1:
        of_means = acceptability(*resampled_means(buys.gain, buys.cost), willingness)
    of_draws = acceptability(buys.gain, buys.cost, willingness)
    return Curves(buys, willingness, standing, of_draws, of_means, best_on_average(buys.gain, buys.cost, willingness))


def _far_enough(buys: Buys, standing: tuple[Standing, ...]) -> float:
    """A round number about twice the last price at which the best buy changes."""
    ratios = [of.ratio for of in standing if of.before is not None]
    if not ratios or max(ratios) <= 0.0:
        gain, cost = buys.gain.mean(axis=1), buys.cost.mean(axis=1)
        ratios = [c / g for c, g in zip(cost, gain, strict=True) if c > 0.0 and g > 0.0] or [5.0]
    size = 10.0 ** np.floor(np.log10(2.0 * max(ratios)))
    return float(next(size * digit for digit in (1.0, 2.0, 3.0, 5.0, 10.0) if size * digit >= 2.0 * max(ratios) - 1e-9))
