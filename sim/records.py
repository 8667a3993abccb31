"""What the engine hands over for one arm of one block of runs: plain arrays, no tables yet.

The first axis is always the run; run ``r`` is design point ``design_point[r]`` and replication ``replication[r]``.
All arms of a block hold the same (design point, replication) pairs in the same order, which is what pairs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.declare import Array

VILLAGE_FLOATS = (
    "cash",
    "operating_income",
    "investment_income",
    "earned_income",
    "tax_share",
    "subsidies",
    "total_income",
    "reported_income",
    "trust",
    "own_contribution_share",
    "earmarked_contribution_share",
    "project_assets",
    "know_how",
    "jobs",
    "household_wages",
    "local_tax",
)
"""Columns of the villages table that hold numbers at year end (flows: of the year), each (runs, years, villages)."""


@dataclass(frozen=True)
class Records:
    """Everything kept of the runs of one arm in one block."""

    arm: str
    design_point: npt.NDArray[np.int64]
    """(runs,)"""
    replication: npt.NDArray[np.int64]
    """(runs,)"""
    years: npt.NDArray[np.int64]
    """(years,), calendar years including the burn-in."""
    villages: Mapping[str, Array]
    """Column of VILLAGE_FLOATS -> (runs, years, villages)."""
    council: npt.NDArray[np.int64]
    """(runs, years, villages): index of the founding village, -1 none."""
    town: npt.NDArray[np.int64]
    """(runs, years, villages)"""
    helper: npt.NDArray[np.int64]
    """(runs, years, villages): index of the village that helps this one 以强带弱, -1 none."""
    exists: npt.NDArray[np.bool_]
    """(runs, years, villages)"""
    accounts: Mapping[tuple[str, str, str, str], Array]
    """(from account, to account, kind, income) -> 万元 of the year, (runs, years); every amount >= 0."""
    balances: Mapping[str, Array]
    """Account -> (runs, years + 1): the opening of the first year, then every year's closing, 万元."""
    public_cost: Mapping[str, Array]
    """Public payer (centre, province, county, town) -> 万元 of the year, (runs, years), net of repayments."""
    claims: Mapping[str, Array]
    """Public payer -> what was asked for before budgets cut it, 万元 of the year, (runs, years)."""
    unreplayed: Mapping[str, Array]
    """Companions: public payer -> net cost of the judged arm less money paid here, 万元 of the year, (runs, years)."""
    policy_active: npt.NDArray[np.bool_]
    """(runs, years): any block of the arm (of the judged arm, for a companion) is active in the year."""
    safeguards: Mapping[str, Array] = field(default_factory=dict)
    """Safeguard -> how often it bit, (runs,)."""
    worst_imbalance: Array = field(default_factory=lambda: np.zeros(0))
    """(runs,): largest relative gap between stocks and flows seen in the run."""
    entities: tuple[tuple[int, Mapping[tuple[str, str, str, str, int], Array]], ...] = ()
    """Single-entity accounts for the runs that asked for them: (run, {(*key, village): (years,)})."""
