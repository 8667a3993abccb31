"""Patterns that must come out of the model and are not put in: P1, P2, P11, P14, P15, each computed as stated.

Every pattern has its target, tolerance, number, interval and verdict in one table; one that fails stays in it. P1 and P2
were used to calibrate endowments and so validate nothing; P11, P14 and P15 were never fitted.
300 points x 20 replications take about three minutes on two processes.

    python -m experiments.patterns [--points 300] [--replications 20] [--seed 1] [--workers 2] --out docs/patterns.md
"""

from __future__ import annotations

import argparse
import time

from experiments import baseline, council_size, hypercube, pairing_map, patterns_table
from experiments.markdown import percent
from experiments.pairs import PHASES, correlation_by_run
from experiments.patterns_table import AS_STATED, NOT_AS_STATED, Finding
from experiments.verdicts import Verdicts, paired
from sim.evidence import find
from sim.statistics import wilson

REPLICATIONS = 200
"""At the file's values (P1, P2, P11, P15); the hypercubes have fewer a point."""
ABOUT_ZERO = 0.15
"""万元 a village and year, 1% of mean operating income: what P11 calls about 0. Assumption."""
PAIRS = ("mandated", "random", "town")
"""Random pairs within the town: distances differ, and who is paired does not hang on distance."""


def pairing(made: pairing_map.Map, default: pairing_map.Defaults) -> list[Finding]:
    """P11: mandated pairing hurts the helper and does little for the helped; sharing can help both; distance weakens it."""
    gains = default.gains["mandated", "rank_matched", "council"]
    helpers, helped = (paired(gains[role, "during"]) for role in ("helpers", "helped"))
    unit = "万元 a village and year"
    found = [
        _stated(f"helpers, mandated, no sharing, during, {unit}", "below 0", helpers, _high(helpers) < 0.0),
        _stated(
            f"helped, mandated, no sharing, during, {unit}",
            "about 0",
            helped,
            max(abs(_low(helped)), abs(_high(helped))) <= ABOUT_ZERO,
            f"±{ABOUT_ZERO:g}",
        ),
    ]
    n = len(made.points)
    for phase in PHASES:
        hits = int((made.regions("shared", phase) == "both gain").sum())
        low, high = wilson(hits, n)
        found.append(
            Finding(
                "P11",
                f"points where both gain with sharing, {phase}",
                "somewhere",
                "none",
                percent(hits / n),
                f"{low:.0%} to {high:.0%}",
                AS_STATED if hits else NOT_AS_STATED,
            )
        )
    for gain in ("know-how, end of policy", "earned income, during"):
        by_run = correlation_by_run(default.pairs[PAIRS], "distance, km", gain)
        what = f"rank correlation of distance with the gain of the helped in {gain}"
        found.append(_stated(what, "below 0", by_run, _high(by_run) < 0.0))
    return found


def _low(found: Verdicts) -> float:
    return float(found.mean - found.half)


def _high(found: Verdicts) -> float:
    return float(found.mean + found.half)


def _stated(what: str, target: str, found: Verdicts, holds: bool, tolerance: str = "none") -> Finding:
    number = f"{float(found.mean):+.3f}"
    bounds = f"{_low(found):+.3f} to {_high(found):+.3f}"
    return Finding("P11", what, target, tolerance, number, bounds, AS_STATED if holds else NOT_AS_STATED)


def report(chosen: argparse.Namespace) -> str:
    """The report in Markdown."""
    scenario = hypercube.default_scenario()
    burn_in = scenario.calendar.burn_in_years
    world = baseline.simulate(scenario, REPLICATIONS, chosen.seed)
    made = pairing_map.make(chosen.points, chosen.replications, chosen.seed, chosen.workers)
    by_size, about_size = council_size.inner_size(chosen.points, chosen.replications, chosen.seed, chosen.workers)
    by_people, about_people = council_size.village_size(REPLICATIONS, chosen.seed)
    findings = [
        *baseline.income_bands(world, burn_in),
        *baseline.income_growth(world, burn_in),
        *pairing(made, pairing_map.defaults(chosen.seed, REPLICATIONS)),
        *by_size,
        *by_people,
    ]
    return "\n".join(
        [
            "# Patterns",
            "",
            f"`{chosen.command}`: scenario `{scenario.name}`, seed {chosen.seed}; P1, P2, P11 and P15 at the file's values, n = "
            f"{REPLICATIONS} replications; shares of points (P11, P14) over {chosen.points} points of a Latin hypercube with "
            f"{chosen.replications} paired replications each. {time.perf_counter() - chosen.started:.0f} s.",
            "",
            "Tolerances are assumptions of this report where the pattern says near or about. Shares of points are not free of "
            "false alarms: each verdict is taken at 95%, so of points at which nothing differs 2.5% are still called each "
            "way, and both gaining by chance alone is rarer still.",
            "",
            *patterns_table.lines(findings),
            "",
            "## P1 and P2: the world without policy",
            "",
            "Endowments were calibrated to the bands: agreement is no validation. Source: "
            f"{find('literature:anqing_2018').citation}. {baseline.income_line(world, burn_in)}",
            "",
            "Bounds and safeguards, share of village-years:",
            "",
            *baseline.bounds(world),
            "",
            "## P11: pairing",
            "",
            "Helpers and helped by rank within councils, floor of effort 0.3; distance among random pairs within the town. "
            "Details: docs/pairing-map.md.",
            "",
            *about_size,
            "",
            *about_people,
        ]
    )


def main() -> None:
    chosen = hypercube.options("patterns", __doc__)
    hypercube.write(report(chosen), chosen.out)


if __name__ == "__main__":
    main()
