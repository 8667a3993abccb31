"""Concentrated grant 集中补助: the year's budget goes to one village in so many, instead of a little to each.

A policy of one's own as a module: its levers stand in scenario files like those built in, and it meets the same money
spent village by village, its companion. Projects have a smallest size and an overhead, so where money is thin it may
matter that somebody gets enough of it. With ``every: 1`` the policy is its own companion.

    python examples/own_policy.py
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.declare import PUBLIC_PAYERS, RunArray, quantity
from sim.schedule import ModelParameters
from sim.terms import Terms, added

__version__ = "1"
ZH = "集中补助"
TAKES_BUDGET = True
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
BY_PAYER = True  # its levers stand on the money axis: grants of two payers may reach the same village
ZERO = {"budget": 0.0}


@dataclass(frozen=True)
class Levers:
    every: RunArray = quantity(
        3,
        unit="1",
        bounds=(1, 27),
        prior=(1, 9),
        source="assumption",
        zh="每几村补一村",
        meaning="one village in so many gets the money, counted by index: chance, since an index means nothing",
        integer=True,
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Release the budget to the villages chosen; they share it equally."""
    grants = parameters.grants
    chosen = np.arange(terms.in_scope.shape[1]) % levers.every == 0
    return dataclasses.replace(
        parameters,
        grants=dataclasses.replace(
            grants,
            budget=added(grants.budget, terms.payer * terms.budget[:, None, :]),
            claim=added(grants.claim, terms.by_payer(np.zeros_like(terms.budget))),
            eligible=added(grants.eligible, terms.by_payer(chosen.astype(float))),
            allocation=added(grants.allocation, terms.payer * 0.0),
        ),
    )


def main(replications: int = 40, every: int = 3, out: str = "results/own_policy") -> None:
    """Run the policy in Tianqiao and print what it brings against no policy and against the same money."""
    import own_policy  # this file as a module: a policy goes by its file's name

    import sim

    file = Path(__file__).resolve().parents[1] / "scenarios" / "tianqiao.yaml"
    block = {"policy": "own_policy", "payer": "county", "budget": {"per_year": 200}, "every": every}
    document = sim.load_scenario(file).document | {"arms": {"concentrated": [block | {"start": 2015, "end": 2019}]}}
    document["companions"] = ["same_money"]
    scenario = sim.load_document(document, name="own_policy", policies=[own_policy])
    results = sim.run(scenario, replications=replications, policies=[own_policy], out=out)
    answer = results.answer()
    print(f"200 万元 a year for five years to one village in {every}, {replications} replications\n")
    for outcome in ("earned_income", "poorest_tercile_income", "share_of_losers"):
        for row in answer[(answer.arm == "concentrated") & (answer.outcome == outcome)].itertuples():
            if row.against:
                found = f"{row.mean if row.difference != row.difference else row.difference:+.3f}"
                print(f"{outcome:24} against {row.against:26} {found} [{row.low:+.3f}, {row.high:+.3f}]")


if __name__ == "__main__":
    main()
