"""Golden numbers: what the model gave when they were last written, to nine digits.

    python -m tests.golden        # write them anew (also: make golden)

A change of results is written in a commit of its own, with a line in CHANGELOG that says why and by how much. Values
are means over replications and villages, by year; sums over replications for the accounts.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sim.records import Records
from sim.scenario import load_scenario
from sim.scenario.scenario import Scenario
from tests import scenarios_for_tests as small

FOLDER = Path(__file__).resolve().parent / "golden"
ROOT = FOLDER.parents[1]
Rows = dict[tuple[str, str, int], float]
"""(arm, column, year) -> value."""


def tianqiao() -> Scenario:
    """The example scenario as it stands."""
    return load_scenario(ROOT / "scenarios" / "tianqiao.yaml")


def other_forms() -> Scenario:
    """A small place under the forms, policies and scopes that the example does not use."""
    arms = {
        "centre": [
            small.block("demonstration_grant", 8, 15, budget=300, allocation="need"),
            small.block("funding_pool", 8, 13, budget=60, match=0.4, contribution_floor=0.3),
            small.block("centre_village", 9, 17, payer="town", authority=0.8),
        ],
        "weak": [
            small.block(
                "demonstration_grant", 9, 15, budget=120, per_village=50, scope=small.Scope("tercile", "poorest")
            ),
            small.block(
                "funding_pool", 8, 15, budget=20, match=1.0, payer="province", scope=small.Scope("councils", (1,))
            ),
        ],
    }
    forms = {
        "carry_over": "lapse",
        "joint_manager": "average",
        "group_cost": "linear",
        "after_money": "liquidate",
        "contribution": "imitation",
        "extension": "none",
        "project_scale": "constant",
        "grants.carry_over_term": 2,
    }
    return small.scenario(
        arms, villages=9, councils=3, rule="random", years=(2, 4, 3), allocation="need", changes=forms
    )


CASES = {
    "tianqiao": (tianqiao, range(4), ("no_policy", "pool", "pool@same_money", "pool@same_management", "package")),
    "other_forms": (other_forms, range(6), None),
}
"""Case -> how it is made, replications, arms (all)."""


def numbers(case: str) -> Rows:
    """The golden numbers of a case as the model gives them now."""
    make, replications, arms = CASES[case]
    records = small.simulate(make(), replications=replications, arms=arms)
    return {key: value for arm, r in records.items() for key, value in _of_arm(arm, r)}


def _of_arm(arm: str, records: Records) -> Iterator[tuple[tuple[str, str, int], float]]:
    series = {name: values.mean(axis=(0, 2)) for name, values in records.villages.items()}
    series |= {f"public_cost_{payer}": values.sum(axis=0) for payer, values in records.public_cost.items()}
    series |= {"|".join(key): amounts.sum(axis=0) for key, amounts in records.accounts.items()}
    for name in sorted(series):
        if np.any(series[name] != 0):
            yield from (((arm, name, int(year)), float(v)) for year, v in zip(records.years, series[name], strict=True))


def path(case: str) -> Path:
    return FOLDER / f"{case}.csv"


def stored(case: str) -> Rows:
    """The golden numbers of a case as they were last written."""
    with path(case).open(encoding="utf-8", newline="") as file:
        return {(row["arm"], row["column"], int(row["year"])): float(row["value"]) for row in csv.DictReader(file)}


def write(case: str) -> None:
    """Write the golden numbers of a case, 12 digits of each."""
    FOLDER.mkdir(exist_ok=True)
    with path(case).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["arm", "column", "year", "value"])
        rows.writerows((*key, f"{value:.12g}") for key, value in numbers(case).items())


def main() -> int:
    for case in CASES:
        before = stored(case) if path(case).exists() else {}
        write(case)
        after = stored(case)
        moved = [
            key for key in before.keys() & after.keys() if not np.isclose(before[key], after[key], rtol=1e-9, atol=1e-9)
        ]
        changed = len(moved) + len(before.keys() ^ after.keys())
        print(f"{path(case).relative_to(ROOT)}: {len(after)} numbers, {changed} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
