"""Is the world without policy sane? Bands of income, growth, and how often a bound bites.

Prints a report in Markdown: pattern P1 (bands of operating income against Anqing 2018, at the end of the burn-in and
ten years on), pattern P2 (growth of mean real income), stocks at their bounds, safeguards.

    python experiments/baseline.py [--replications 400] [--seed 1] > docs/baseline.md
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sim.declare import Array
from sim.engine import simulate_block
from sim.evidence import find
from sim.records import Records
from sim.scenario import load_scenario

SCENARIO = Path(__file__).parent.parent / "scenarios" / "tianqiao.yaml"
EDGES = (-np.inf, 5.0, 10.0, 30.0, 50.0, np.inf)
NAMES = ("<5", "5-10", "10-30", "30-50", ">=50")
ANQING = (0.264, 0.267, 0.353, 0.076, 0.041)
"""literature:anqing_2018, shares of 1,446 villages; used to calibrate endowments, so no validation."""
GROWTH = (-0.01, 0.03)
"""P2: mean real income without policy, a year."""


def bands(income: Array) -> Array:
    """Shares of villages in each band of operating income, 万元 a year."""
    return np.histogram(income.ravel(), bins=np.array(EDGES))[0] / income.size


def growth(records: Records, first: int, last: int) -> tuple[float, float]:
    """(mean, half width at 95%) of the yearly growth of mean real total income between two years, by replication."""
    mean = records.villages["total_income"].mean(axis=2)
    rate = (mean[:, last] / mean[:, first]) ** (1.0 / (last - first)) - 1.0
    return float(rate.mean()), float(1.96 * rate.std(ddof=1) / np.sqrt(len(rate)))


def report(records: Records, burn_in: int, replications: int, seed: int) -> str:
    """The report in Markdown."""
    operating = records.villages["operating_income"]
    end, later = operating[:, burn_in - 1], operating[:, burn_in + 9]
    last = operating.shape[1] - 1
    lines = [
        "# The world without policy",
        "",
        f"Scenario `tianqiao`, arm `no_policy`, {replications} replications, seed {seed} "
        f"(`experiments/baseline.py --replications {replications} --seed {seed}`).",
        "",
        "## P1: bands of operating income, share of villages",
        "",
        f"Endowments were calibrated to these bands: agreement is no validation. Source: {find('literature:anqing_2018').citation}",
        "",
        "| | " + " | ".join(NAMES) + " | median 万元 | mean 万元 |",
        "| --- |" + " ---: |" * (len(NAMES) + 2),
        "| Anqing 2018 | " + " | ".join(f"{share:.3f}" for share in ANQING) + " | about 9 | 19.06 |",
    ]
    for label, income in (("end of burn-in", end), ("ten years on", later)):
        cells = [f"{share:.3f}" for share in bands(income)] + [f"{np.median(income):.1f}", f"{income.mean():.1f}"]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    lines += ["", "## P2: growth of mean real income", ""]
    for label, first, until in (("burn-in", 0, burn_in - 1), ("after the burn-in", burn_in - 1, last)):
        mean, half = growth(records, first, until)
        verdict = "inside" if GROWTH[0] <= mean <= GROWTH[1] else "OUTSIDE"
        lines.append(f"- {label}: {mean:+.2%} a year (±{half:.2%}), {verdict} {GROWTH[0]:.0%} to {GROWTH[1]:+.0%}.")
    lines += ["", "## Bounds and safeguards, share of village-years", ""]
    years = operating.shape[0] * operating.shape[1] * operating.shape[2]
    trust = records.villages["trust"]
    lines.append(f"- trust: between {trust.min():.3f} and {trust.max():.3f}, mean at the end {trust[:, -1].mean():.3f}")
    lines.append(
        f"- no project assets: {np.mean(records.villages['project_assets'] <= 0):.3f} (drawn: villages without assets)"
    )
    for name, bites in records.safeguards.items():
        lines.append(f"- {name}: {bites.sum() / years:.5f}")
    lines.append(f"- largest relative gap between stocks and flows: {records.worst_imbalance.max():.1e}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenario = load_scenario(SCENARIO)
    [records] = simulate_block([scenario], [0], range(options.replications), ["no_policy"], options.seed)
    print(report(records, scenario.calendar.burn_in_years, options.replications, options.seed))


if __name__ == "__main__":
    main()
