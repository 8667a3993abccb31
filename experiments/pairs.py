"""Who helped whom, and what came of it pair by pair: pure functions over the records of pairing 以强带弱."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.verdicts import Verdicts, paired, spearman
from sim.declare import Array
from sim.population.population import Population
from sim.records import Records
from sim.scenario.scenario import Calendar

Mask = npt.NDArray[np.bool_]
PHASES = ("during", "after")
ROLES = ("helpers", "helped")
HELPED_PROJECTS = "projects of the helped, 万元"


def phases(calendar: Calendar) -> dict[str, slice]:
    """Positions of the policy years and of the years after."""
    first, last = calendar.burn_in_years, calendar.burn_in_years + calendar.policy_years
    return {"during": slice(first, last), "after": slice(last, calendar.years)}


def roles(helper: npt.NDArray[np.int64]) -> dict[str, Mask]:
    """Helpers and helped, (runs, villages), from ``helper`` (runs, policy years, villages); -1 is no helper.

    A village that helped in one year and was helped in another is neither: its gain cannot be told apart.
    """
    runs, _, villages = helper.shape
    helped = (helper >= 0).any(axis=1)
    helpers = np.zeros((runs, villages + 1), dtype=bool)
    np.put_along_axis(helpers, helper.reshape(runs, -1) % (villages + 1), True, axis=1)  # -1 falls on the last column
    helps = helpers[:, :villages]
    return {"helpers": helps & ~helped, "helped": helped & ~helps}


def mean_over(values: Array, members: Mask) -> Array:
    """Mean of (runs, villages) over the members of each run; NaN in a run without any."""
    count = members.sum(axis=1)
    total = np.where(members, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def gains(arm: Records, reference: Records, years: slice, column: str = "earned_income") -> Array:
    """Paired difference of a column, mean over the years, (runs, villages)."""
    return np.asarray((arm.villages[column][:, years] - reference.villages[column][:, years]).mean(axis=1))


def role_gains(arm: Records, reference: Records, calendar: Calendar) -> dict[tuple[str, str], Array]:
    """(role, phase) -> mean gain in earned income of a run's villages, 万元 a village and year, (runs,)."""
    when = phases(calendar)
    members: dict[str, Mask] = roles(arm.helper[:, when["during"]])
    return {
        (role, phase): mean_over(gains(arm, reference, years), mine)
        for role, mine in members.items()
        for phase, years in when.items()
    }


@dataclass(frozen=True)
class Pairs:
    """Every pair of some runs, one entry a pair: which run, how far apart, how different, and what the helped gained."""

    run: npt.NDArray[np.int64]
    features: Mapping[str, Array]
    gains: Mapping[str, Array]


def pairs(arm: Records, reference: Records, places: Population, calendar: Calendar) -> Pairs:
    """The pairs of an arm by the first helper of each helped village; gaps are those at the end of the burn-in."""
    when = phases(calendar)
    helper = first_helper(arm.helper[:, when["during"]])
    run, helped = np.nonzero(helper >= 0)
    giver = helper[run, helped]
    before = max(calendar.burn_in_years - 1, 0)
    know_how = np.log(reference.villages["know_how"][:, before])
    income = np.log1p(np.maximum(reference.villages["earned_income"][:, before], 0.0))
    projects = reference.villages["project_assets"][:, before]
    learned = gains(arm, reference, slice(when["during"].stop - 1, when["during"].stop), "know_how")
    return Pairs(
        run,
        {
            "distance, km": np.hypot(
                places.x[run, giver] - places.x[run, helped], places.y[run, giver] - places.y[run, helped]
            ),
            "gap of ln know-how": know_how[run, giver] - know_how[run, helped],
            "gap of ln(1 + earned income)": income[run, giver] - income[run, helped],
            HELPED_PROJECTS: projects[run, helped],
        },
        {
            "know-how, end of policy": learned[run, helped],
            **{f"earned income, {phase}": gains(arm, reference, years)[run, helped] for phase, years in when.items()},
        },
    )


def first_helper(helper: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The helper of the first year in which a village had one, -1 none; (runs, years, villages) -> (runs, villages)."""
    first = (helper >= 0).argmax(axis=1)
    return np.take_along_axis(helper, first[:, None], axis=1)[:, 0]


def correlation_by_run(found: Pairs, feature: str, gain: str) -> Verdicts:
    """Rank correlation of a feature with a gain within each run that has three pairs or more, over all runs."""
    by_run = []
    for run in np.unique(found.run):
        mine = found.run == run
        if mine.sum() >= 3:
            by_run.append(spearman(found.features[feature][mine], found.gains[gain][mine]))
    return paired(np.array(by_run)) if by_run else paired(np.full(2, np.nan))


def terciles(found: Pairs, feature: str, gain: str, runs: int) -> list[tuple[float, float, Verdicts]]:
    """(from, to, mean gain over runs) by thirds of a feature over all pairs."""
    x = found.features[feature]
    edges = np.quantile(x, (0.0, 1 / 3, 2 / 3, 1.0))
    place = np.searchsorted(edges[1:3], x, side="right")
    rows = []
    for third in range(3):
        by_run = _mean_by_run(found, gain, place == third, runs)
        rows.append((float(edges[third]), float(edges[third + 1]), paired(by_run)))
    return rows


def with_and_without(found: Pairs, feature: str, gain: str, runs: int) -> list[tuple[float, Verdicts]]:
    """(share of pairs, mean gain over runs) where a feature is above 0 and where it is not."""
    rows = []
    for mine in (found.features[feature] > 0.0, found.features[feature] <= 0.0):
        rows.append((float(mine.mean()), paired(_mean_by_run(found, gain, mine, runs))))
    return rows


def _mean_by_run(found: Pairs, gain: str, mine: Mask, runs: int) -> Array:
    """Mean gain of some pairs in each run, NaN in a run without any, (runs,)."""
    count = np.bincount(found.run[mine], minlength=runs)
    total = np.bincount(found.run[mine], weights=found.gains[gain][mine], minlength=runs)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
