"""Which share of local tax should a town hand to villages 镇村税收分成? None, some, or all of it.

Latin hypercube over everything that matters (pool_map's way of drawing). Each share of a fixed list is an arm; term,
basis and recipient are drawn once for all of them. Outcome: town plus village income, that is villages' earned income
and the local tax of firms in them; what the town hands down cancels. Villages' spending on courting firms is a running
cost and already taken off earned income. Firms alone comes first: in the sum of all incomes money also gains by moving
from a town, whose spending beyond its park earns nothing here, to villages, which invest some of it.
300 points x 20 replications x 7 shares take about one minute on two processes.

    python -m experiments.tax_map [--points 300] [--replications 20] [--seed 1] [--workers 2] --out docs/tax-map.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from experiments import hypercube
from experiments.hypercube import Factor, Point, Task
from experiments.markdown import correlations, extreme, noise, percent, table, tree_lines, two_way
from experiments.verdicts import FIRST, INNER, LAST, UNDECIDED, best_of
from sim.declare import Array
from sim.records import Records
from sim.scenario.scenario import NO_POLICY, Scenario
from sim.statistics import wilson

SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Share 0 is no policy."""
ARMS = (NO_POLICY, *(f"share_{100 * share:.0f}" for share in SHARES[1:]))
DISPLACED = "parameters.enterprises.displaced_share"
MEASURES = {
    "firms": "firms alone: tax and fees, less spending on courting",
    "all": "town plus village income",
    "new": "of all new: tax of displaced firms left out",
    "net": "all, less the town's priced staff time",
    "villages": "villages alone: earned income and tax share",
}
WINDOWS = {"whole": "policy years and years after", "after": "years after"}
CLAIMS = {INNER: "some inner share", FIRST: "share 0 (to 0.1)", LAST: "share 1 (from 0.75)", UNDECIDED: "undecided"}
BLOCK = 10
"""Seven arms of 10 points x 20 replications are held at a time."""


@dataclass(frozen=True)
class Result:
    """What is best at a design point by (measure, window), and the mean of every share, 万元 a village and year."""

    point: int
    claim: Mapping[tuple[str, str], str]
    mean: Mapping[tuple[str, str], Array]


@dataclass(frozen=True)
class Map:
    """All points: claims and means as arrays."""

    points: list[Point]
    claim: Mapping[tuple[str, str], Array]
    mean: Mapping[tuple[str, str], Array]
    """(points, shares)"""

    @property
    def coordinates(self) -> list[Mapping[str, float]]:
        return [point.coordinates for point in self.points]

    def best(self, key: tuple[str, str]) -> Array:
        """Share with the largest mean at each point, the smaller one of equals."""
        return np.asarray(np.array(SHARES)[self.mean[key].argmax(axis=1)])


def scenario_of() -> Scenario:
    """Tianqiao with one arm a share."""
    return hypercube.with_arms(
        hypercube.default_scenario(),
        {
            arm: [{"policy": "tax_sharing", "payer": "town", "share": share}]
            for arm, share in zip(ARMS[1:], SHARES[1:], strict=True)
        },
    )


def factors(scenario: Scenario) -> tuple[Factor, ...]:
    """All that matters without a pool, and every lever but the share, one draw for all arms."""
    own = tuple(f"arms.{arm}.tax_sharing.share" for arm in ARMS[1:])
    return hypercube.factors(scenario, ARMS[1:], fixed=(*hypercube.POOL_ONLY, *own))


def incomes(records: Records, years: slice, displaced: Array) -> dict[str, Array]:
    """Measure -> 万元 a village and year, mean over the years, (runs,). ``displaced`` is z of each run."""
    of = {name: records.villages[name][:, years].mean(axis=(1, 2)) for name in ("earned_income", "local_tax")}
    share = records.villages["tax_share"][:, years].mean(axis=(1, 2))
    everything = of["earned_income"] + of["local_tax"]
    villages = records.exists.shape[2]
    fees, courting = (paid(records, years, kind) / villages for kind in ("enterprise_fee", "attraction_effort"))
    return {
        "all": everything,
        "firms": of["local_tax"] + fees - courting,
        "new": of["earned_income"] + (1.0 - displaced) * of["local_tax"],
        "net": everything - paid(records, years, "tax_sharing", to="staff") / villages,
        "villages": of["earned_income"] + share,
    }


def paid(records: Records, years: slice, kind: str, to: str | None = None) -> Array:
    """Flows of a kind (to one account), 万元 a year, mean over the years, (runs,)."""
    amounts = [
        amount[:, years].mean(axis=1)
        for (_, target, flow_kind, _), amount in sorted(records.accounts.items(), key=lambda item: item[0])
        if flow_kind == kind and to in (None, target)
    ]
    return np.asarray(sum(amounts, start=np.zeros(len(records.replication))))


def simulate(task: Task) -> list[Result]:
    """All replications of some design points at every share."""
    scenario = scenario_of()
    first = scenario.calendar.burn_in_years
    windows = {"whole": slice(first, None), "after": slice(first + scenario.calendar.policy_years, None)}
    displaced = np.repeat([float(values[DISPLACED]) for values in task.values], task.replications)
    found = hypercube.records(scenario, ARMS, task)
    by_key: dict[tuple[str, str], Array] = {}
    for name, years in windows.items():
        by_arm = [incomes(found[arm], years, displaced) for arm in ARMS]
        for measure in MEASURES:
            stacked = np.stack([incomes_[measure] for incomes_ in by_arm], axis=-1)
            by_key[measure, name] = stacked.reshape(len(task.values), task.replications, len(ARMS))
    return [
        Result(
            n,
            {key: best_of(values[place]) for key, values in by_key.items()},
            {key: values[place].mean(axis=0) for key, values in by_key.items()},
        )
        for place, n in enumerate(task.numbers)
    ]


def make(points: int, replications: int, seed: int, workers: int) -> Map:
    """Draw the points and simulate them."""
    drawn = list(hypercube.draw(factors(scenario_of()), points, seed))
    jobs = [partial(simulate, task) for task in hypercube.tasks(drawn, replications, seed, BLOCK)]
    results = hypercube.run(jobs, workers)
    keys = list(results[0].claim)
    return Map(
        drawn,
        {key: np.array([r.claim[key] for r in results]) for key in keys},
        {key: np.stack([r.mean[key] for r in results]) for key in keys},
    )


# ---- report


def report(made: Map, chosen: argparse.Namespace) -> str:
    """The report in Markdown."""
    n = len(made.points)
    lines = [
        *hypercube.head("Which share of local tax to hand to villages", chosen, n * chosen.replications * len(ARMS), n),
        "",
        f"Shares {', '.join(f'{share:g}' for share in SHARES)} are arms on common random numbers; 0 is no policy. Which is "
        "best is settled by three claims, each tested at 5%/3, so that at most 5% of points get a wrong claim: an inner share "
        "is best if SOME inner share lies above both 0 and 1, the smallest p value of one-sided paired t tests times "
        f"{len(SHARES) - 2}; failing that, share 0 (share 1) is best, give or take the share next to it, if it lies above "
        "EVERY share further off, the largest p value counting. Everything else is undecided, no difference at all too.",
        "",
        "Town plus village income counts what villages' projects earn with tax handed down, while the town's spending beyond "
        "its park earns nothing in the model. Part of what a share gains there is money moved to a place where it is "
        "invested; firms alone leaves that out.",
        "",
        "## Which share is best",
        "",
        *table(("income", "years", *CLAIMS.values(), "interval of the inner share"), _claims(made), words=2),
        "",
        "Intervals are Wilson's at 95%, for the points drawn.",
        "",
        "## The share with the largest mean, tested or not",
        "",
        *table(("income", "years", *(f"{share:g}" for share in SHARES)), _largest(made), words=2),
        "",
    ]
    for measure in ("firms", "all"):
        lines += _of_measure(made, (measure, "whole"))
    return "\n".join(lines)


def _of_measure(made: Map, key: tuple[str, str]) -> list[str]:
    """What a share gains, what goes with it and what parts the points, for one measure."""
    claims, gained = made.claim[key], made.mean[key] - made.mean[key][:, :1]
    lines = [
        f"## {MEASURES[key[0]].capitalize()}, {WINDOWS[key[1]]}",
        "",
        *_extremes(claims, key[0]),
        "Gain against share 0, 万元 a village and year, over the points drawn:",
        "",
        *table(("share", "5% of points below", "median", "5% above", "points where it gains"), _gains(gained)),
        "",
        f"What goes with the gain of share 0.5. {noise(len(claims))}",
        "",
        *correlations(made.coordinates, gained[:, SHARES.index(0.5)], 10),
        "",
        "What goes with the share that has the largest mean:",
        "",
        *correlations(made.coordinates, made.best(key), 10),
        "",
        "What parts the points by the share that is best (a description of the points drawn, no test):",
        "",
        *tree_lines(made.coordinates, np.array([CLAIMS[claim] for claim in claims])),
        "",
    ]
    for one, other in _TWO_WAY:
        lines += [f"Share 0 best / some inner share best, by thirds of `{one}` (down) and `{other}` (across):", ""]
        lines += [*two_way(made.coordinates, one, other, claims, (FIRST, INNER)), ""]
    return [*lines, *table(("form", "points", *CLAIMS.values()), _by_form(made.coordinates, claims)), ""]


_TWO_WAY = (
    ("parameters.enterprises.effort_response", "parameters.tax_sharing.effort_cost"),
    ("parameters.enterprises.park_share", "parameters.enterprises.park_elasticity"),
    ("parameters.enterprises.tax_per_firm", DISPLACED),
)


def _claims(made: Map) -> Iterator[list[str]]:
    for measure, words in MEASURES.items():
        for window, years in WINDOWS.items():
            claims = made.claim[measure, window]
            low, high = wilson(int((claims == INNER).sum()), len(claims))
            parts = (percent(float(np.mean(claims == claim))) for claim in CLAIMS)
            yield [words, years, *parts, f"{low:.0%} to {high:.0%}"]


def _largest(made: Map) -> Iterator[list[str]]:
    for measure, words in MEASURES.items():
        for window, years in WINDOWS.items():
            best = made.best((measure, window))
            yield [words, years, *(percent(float(np.mean(best == share))) for share in SHARES)]


def _gains(gained: Array) -> Iterator[list[str]]:
    for place, share in list(enumerate(SHARES))[1:]:
        low, middle, high = np.quantile(gained[:, place], (0.05, 0.5, 0.95))
        yield [
            f"{share:g}",
            f"{low:+.2f}",
            f"{middle:+.2f}",
            f"{high:+.2f}",
            percent(float(np.mean(gained[:, place] > 0))),
        ]


def _by_form(coordinates: list[Mapping[str, float]], claims: Array) -> Iterator[list[str]]:
    for name in (name for name in coordinates[0] if "=" in name):
        mine = claims[np.array([c[name] > 0 for c in coordinates])]
        if len(mine):
            cells = (percent(float(np.mean(mine == claim))) for claim in CLAIMS)
            yield [f"`{name.removeprefix('forms.')}`", str(len(mine)), *cells]


def _extremes(claims: Array, measure: str) -> list[str]:
    """Shares in words; a share of 0 or 1 is traced to the equations."""
    shares = {claim: float(np.mean(claims == claim)) for claim in CLAIMS}
    effort = (
        "Effort grows in proportion to the share until it is clipped at 2, its cost with the square, and what the park loses "
        "with the share: an inner optimum needs effort that pays at small shares and a park that matters."
    )
    invested = (
        "Besides, every yuan handed down is invested by villages, and what the town keeps beyond its park is not."
    )
    reason = effort if measure == "firms" else f"{effort} {invested}"
    return [
        *extreme(shares[INNER], "Some inner share is best", reason, reason),
        *extreme(
            shares[FIRST],
            "Share 0 is best",
            f"{invested if measure != 'firms' else effort} No point has a loss of the park that outweighs it.",
            "What is handed down is missing from the park, and effort makes up for it nowhere.",
        ),
        *extreme(
            shares[LAST],
            "Share 1 is best",
            "At share 1 the park keeps what the base revenue gives, and the last yuan handed down raises effort least.",
            reason,
        ),
    ]


def main() -> None:
    chosen = hypercube.options("tax_map", __doc__)
    made = make(chosen.points, chosen.replications, chosen.seed, chosen.workers)
    hypercube.write(report(made, chosen), chosen.out)


if __name__ == "__main__":
    main()
