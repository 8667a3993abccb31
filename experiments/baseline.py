"""The world without policy: bands of income (P1), growth (P2), and how often a bound bites. Read by patterns.py."""

from __future__ import annotations

import numpy as np

from experiments.markdown import interval
from experiments.patterns_table import FAIL, PASS, Finding
from experiments.verdicts import paired
from sim.declare import Array
from sim.engine import simulate_block
from sim.records import Records
from sim.scenario.scenario import NO_POLICY, Scenario

EDGES = (-np.inf, 5.0, 10.0, 30.0, 50.0, np.inf)
NAMES = ("<5", "5-10", "10-30", "30-50", ">=50")
ANQING = (0.264, 0.267, 0.353, 0.076, 0.041)
"""literature:anqing_2018, shares of 1,446 villages; used to calibrate endowments, so no validation."""
MEDIAN = 9.0
BAND_TOLERANCE, MEDIAN_TOLERANCE = 0.05, 1.5
"""Assumption: what model.md calls near and about."""
GROWTH = (-0.01, 0.03)
"""P2: mean real income without policy, a year."""
YEARS_ON = 10


def simulate(scenario: Scenario, replications: int, seed: int) -> Records:
    """The arm without policy."""
    [records] = simulate_block([scenario], [0], range(replications), [NO_POLICY], seed)
    return records


def bands(income: Array) -> Array:
    """Shares of villages (last axis) in each band of operating income, 万元 a year: (..., bands)."""
    place = np.searchsorted(np.array(EDGES[1:-1]), income, side="right")
    return np.stack([(place == n).mean(axis=-1) for n in range(len(NAMES))], axis=-1)


def growth(records: Records, first: int, last: int) -> Array:
    """Yearly growth of mean real total income between two years, (runs,)."""
    mean = records.villages["total_income"].mean(axis=2)
    return np.asarray((mean[:, last] / mean[:, first]) ** (1.0 / (last - first)) - 1.0)


def income_bands(records: Records, burn_in: int) -> list[Finding]:
    """P1, at the end of the burn-in and ten years on."""
    found = []
    for label, year in (("end of burn-in", burn_in - 1), ("ten years on", burn_in - 1 + YEARS_ON)):
        income = records.villages["operating_income"][:, year]
        shares, targets = bands(income), np.array(ANQING)
        for place, name in enumerate(NAMES):
            found.append(_near(f"villages in band {name} 万元, {label}", targets[place], shares[:, place]))
        median = np.median(income, axis=1)
        found.append(_near(f"median operating income 万元, {label}", MEDIAN, median, MEDIAN_TOLERANCE))
        edges = np.abs(np.cumsum(shares.mean(axis=0) - targets)[:-1]).max()
        found.append(
            Finding(
                "P1",
                f"largest gap of the cumulative share at a band edge, {label}",
                "0",
                f"{BAND_TOLERANCE:g}",
                f"{edges:.3f}",
                "—",
                PASS if edges <= BAND_TOLERANCE else FAIL,
            )
        )
    return found


def _near(what: str, target: float, by_run: Array, tolerance: float = BAND_TOLERANCE) -> Finding:
    found = paired(by_run)
    return Finding(
        "P1",
        what,
        f"{target:g}",
        f"±{tolerance:g}",
        f"{float(found.mean):.3f}",
        f"{float(found.mean - found.half):.3f} to {float(found.mean + found.half):.3f}",
        PASS if abs(float(found.mean) - target) <= tolerance else FAIL,
    )


def income_growth(records: Records, burn_in: int) -> list[Finding]:
    """P2, over the burn-in and after it; inside where the whole interval is."""
    last = len(records.years) - 1
    rows = []
    for label, first, until in (("burn-in", 0, burn_in - 1), ("after the burn-in", burn_in - 1, last)):
        rate = paired(growth(records, first, until))
        low, high = float(rate.mean - rate.half), float(rate.mean + rate.half)
        inside = GROWTH[0] <= low and high <= GROWTH[1]
        rows.append(
            Finding(
                "P2",
                f"growth of mean real total income a year, {label}",
                f"{GROWTH[0]:.0%} to {GROWTH[1]:+.0%}",
                "none",
                f"{float(rate.mean):+.2%}",
                f"{low:+.2%} to {high:+.2%}",
                PASS if inside else FAIL,
            )
        )
    return rows


def bounds(records: Records) -> list[str]:
    """Stocks at their bounds and safeguards, as a list in Markdown."""
    years = records.exists.size
    trust, assets = records.villages["trust"], records.villages["project_assets"]
    lines = [
        f"- trust: between {trust.min():.3f} and {trust.max():.3f}, mean at the end {trust[:, -1].mean():.3f}",
        f"- no project assets: {np.mean(assets <= 0):.3f} (drawn: villages without assets)",
    ]
    lines += [f"- {name}: {bites.sum() / years:.5f}" for name, bites in records.safeguards.items()]
    return [*lines, f"- largest relative gap between stocks and flows: {records.worst_imbalance.max():.1e}"]


def income_line(records: Records, burn_in: int) -> str:
    """Level of operating income, for orientation."""
    income = records.villages["operating_income"][:, burn_in - 1].mean(axis=1)
    found = paired(income)
    mean = interval(float(found.mean), float(found.half), 1).replace("+", "")
    return f"Mean operating income at the end of the burn-in: {mean} 万元; Anqing 2018: 19.06."
