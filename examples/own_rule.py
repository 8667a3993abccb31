"""A rule of one's own in ten lines 自己的行为规则: villages that lose trust when projects of their neighbours fail.

    python examples/own_rule.py

The rule stands in the agents; markets, money and everything else stay the engine's. Both worlds meet the same villages,
weather and failures, replication by replication, so what differs is the rule's doing.
"""

from pathlib import Path

import numpy as np

import sim
from sim.model import Village

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "tianqiao.yaml"


class Wary(Village):
    """Loses a fifth of its trust for each project that a neighbour within 2 km had last quarter and has no more."""

    running: dict[int, int] | None = None

    def step(self) -> None:
        now = {village.index: int((village.project_capital > 0).sum()) for village in self.neighbours(2)}
        if self.running is not None:
            failed = sum(max(before - now[index], 0) for index, before in self.running.items())
            self.trust = self.trust * 0.8**failed
        self.running = now


def outcomes(scenario: sim.Scenario, village_class: type[Village], replication: int) -> tuple[float, float, float]:
    """Trust, share of own cash that went into the pool, earned income in 万元, means over villages of the last year."""
    model = sim.JointDevelopmentModel(scenario, "pool", replication, village_class=village_class)
    while model.running:
        model.step()
    frame = model.results()
    contributed = frame[frame.own_contribution_share >= 0].own_contribution_share.mean()
    last = frame[frame.year == frame.year.max()]
    return last.trust.mean(), contributed, last.earned_income.mean()


def main(replications: int = 10) -> None:
    scenario = sim.load_scenario(SCENARIO)
    plain, wary = (np.array([outcomes(scenario, cls, r) for r in range(replications)]) for cls in (Village, Wary))
    print(f"arm pool, {replications} replications, paired by replication\n")
    print(f"{'':36}{'plain':>8}{'wary':>8}{'difference':>12}{'s.e.':>8}")
    names = ("trust in the last year", "share of own cash pooled", "earned income, 万元 a village")
    for column, name in enumerate(names):
        change = wary[:, column] - plain[:, column]
        error = change.std(ddof=1) / np.sqrt(replications)
        means = f"{plain[:, column].mean():8.3f}{wary[:, column].mean():8.3f}"
        print(f"{name:36}{means}{change.mean():+12.3f}{error:8.3f}")


if __name__ == "__main__":
    main()
