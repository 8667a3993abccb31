"""Whom does pairing 以强带弱 help, whom does it hurt? With and without a share of the benefit for the helper.

Latin hypercube over everything that matters (pool_map's way of drawing). Two arms share all draws: `mandated` has the
drawn floor of effort and no benefit share, `shared` the same floor and a drawn share. Gains of helpers and of helped
villages are earned income against no policy, paired by replication, while the policy runs and after it. A second part
holds the file's values and compares matching rules with random pairs, and pairs near with pairs far (pattern P11).
300 points x 20 replications and 200 default replications take about one minute on two processes.

    python -m experiments.pairing_map [--points 300] [--replications 20] [--seed 1] --out docs/pairing-map.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from experiments import hypercube
from experiments.hypercube import Factor, Point, Task, by_point
from experiments.markdown import by_form, correlations, extreme, interval, noise, percent, table, tree_lines
from experiments.markdown import verdict_cells as cells
from experiments.pairs import (
    HELPED_PROJECTS,
    PHASES,
    ROLES,
    Pairs,
    correlation_by_run,
    pairs,
    role_gains,
    terciles,
    with_and_without,
)
from experiments.verdicts import Verdicts, paired
from sim.declare import Array
from sim.population.population import draw
from sim.scenario.declared import catalogue
from sim.scenario.scenario import NO_POLICY, Scenario

ARMS = ("mandated", "shared")
ARM_WORDS = {"mandated": "without sharing", "shared": "with sharing"}
NO_SHARE = "arms.mandated.pairing.benefit_share"
DEFAULT_REPLICATIONS = 200
DEFAULT = {
    "mandated": {"mandate_floor": 0.3, "benefit_share": 0.0},
    "shared": {"mandate_floor": 0.3, "benefit_share": 0.2},
}
"""core-equations: floor .3, share .2."""
REGIONS = ("both gain", "helpers gain, helped lose", "helpers lose, helped gain", "both lose", "one or both undecided")


@dataclass(frozen=True)
class Result:
    """Verdicts of a design point by (arm, role, phase): mean gain, 万元 a village and year, and its sign."""

    point: int
    mean: Mapping[tuple[str, str, str], float]
    sign: Mapping[tuple[str, str, str], int]


@dataclass(frozen=True)
class Map:
    """All points with their verdicts as arrays: what report and patterns read."""

    points: list[Point]
    mean: Mapping[tuple[str, str, str], Array]
    sign: Mapping[tuple[str, str, str], Array]

    @property
    def coordinates(self) -> list[Mapping[str, float]]:
        return [point.coordinates for point in self.points]

    def regions(self, arm: str, phase: str) -> Array:
        """Who gains and who loses at each point, both told from zero at 95%, one by one."""
        helpers, helped = (self.sign[arm, role, phase] for role in ROLES)
        names = np.full(len(helpers), REGIONS[4], dtype=object)
        for name, of_helpers, of_helped in zip(REGIONS, (1, 1, -1, -1), (1, -1, 1, -1), strict=False):
            names[(helpers == of_helpers) & (helped == of_helped)] = name
        return names.astype(str)


def scenario_of(levers: Mapping[str, Mapping[str, Any]] = DEFAULT) -> Scenario:
    """Tianqiao with one arm of pairing for each set of levers."""
    blocks = {arm: [{"policy": "pairing", "payer": "county", **values}] for arm, values in levers.items()}
    return hypercube.with_arms(hypercube.default_scenario(), blocks)


def factors(scenario: Scenario) -> tuple[Factor, ...]:
    """All that matters without a pool, and the levers; the benefit share is drawn for one arm and 0 in the other."""
    return hypercube.factors(scenario, ARMS, fixed=(*hypercube.POOL_ONLY, NO_SHARE))


def simulate(task: Task) -> list[Result]:
    """All replications of some design points."""
    scenario = scenario_of()
    found = hypercube.records(scenario, (NO_POLICY, *ARMS), task)
    verdicts: dict[tuple[str, str, str], Verdicts] = {}
    for arm in ARMS:
        for (role, phase), gain in role_gains(found[arm], found[NO_POLICY], scenario.calendar).items():
            verdicts[arm, role, phase] = paired(by_point(gain, task.replications))
    return [
        Result(
            n,
            {key: float(v.mean[place]) for key, v in verdicts.items()},
            {key: int(v.sign[place]) for key, v in verdicts.items()},
        )
        for place, n in enumerate(task.numbers)
    ]


def make(points: int, replications: int, seed: int, workers: int) -> Map:
    """Draw the points and simulate them."""
    drawn = list(hypercube.draw(factors(scenario_of()), points, seed))
    jobs = [partial(simulate, task) for task in hypercube.tasks(drawn, replications, seed)]
    results = hypercube.run(jobs, workers)
    keys = list(results[0].mean)
    return Map(
        drawn,
        {key: np.array([r.mean[key] for r in results]) for key in keys},
        {key: np.array([r.sign[key] for r in results]) for key in keys},
    )


# ---- at the file's values: matching rules, and pairs near and far


@dataclass(frozen=True)
class Defaults:
    """Arms at the values of the file by (arm, matching, within): gains by run, and the pairs."""

    gains: Mapping[tuple[str, str, str], Mapping[tuple[str, str], Array]]
    pairs: Mapping[tuple[str, str, str], Pairs]
    runs: int


def defaults(seed: int, replications: int = DEFAULT_REPLICATIONS) -> Defaults:
    """Every matching rule and circle at the file's values, paired with no policy and with one another."""
    levers = catalogue().policies["pairing"]
    kinds = [(a, m, w) for a in ARMS for m in levers["matching"].options for w in levers["within"].options]
    arms = {"__".join(kind): {**DEFAULT[kind[0]], "matching": kind[1], "within": kind[2]} for kind in kinds}
    scenario = scenario_of(arms)
    found = hypercube.records(scenario, (NO_POLICY, *arms), Task(0, ({},), replications, seed))
    places = draw([scenario], range(replications), seed)
    calendar, base = scenario.calendar, found[NO_POLICY]
    return Defaults(
        {kind: role_gains(found[arm], base, calendar) for kind, arm in zip(kinds, arms, strict=True)},
        {kind: pairs(found[arm], base, places, calendar) for kind, arm in zip(kinds, arms, strict=True)},
        replications,
    )


# ---- report


def report(made: Map, default: Defaults, chosen: argparse.Namespace) -> str:
    """The report in Markdown."""
    runs = len(made.points) * chosen.replications * (1 + len(ARMS)) + default.runs * (1 + len(default.gains))
    n = len(made.points)
    lines = [
        *hypercube.head("Whom pairing helps and whom it hurts", chosen, runs, n),
        "",
        "Gain: earned income against no policy, 万元 a village and year, mean over the helpers (the helped villages) of a "
        "run. During: the policy years; after: the years after them.",
        "",
        "## Helpers and helped villages, one by one",
        "",
        *table(("arm", "who", "when", "gain", "lose", "undecided", "median"), _one_by_one(made), words=3),
        "",
        "## Both together",
        "",
        *table(("arm", "when", *REGIONS), _together(made), words=2),
        "",
        *_extremes(made),
        "## What goes with the gains",
        "",
        noise(n),
        "",
    ]
    for arm in ARMS:
        for role in ROLES:
            lines += [f"### Gain of {role}, {ARM_WORDS[arm]}, during", ""]
            lines += [*correlations(made.coordinates, made.mean[arm, role, "during"], 8), ""]
    lines += ["## What parts the regions", "", "A tree of two levels describes the points drawn; it is no test.", ""]
    for arm in ARMS:
        for phase in PHASES:
            lines += [f"{ARM_WORDS[arm].capitalize()}, {phase}:", ""]
            lines += [*tree_lines(made.coordinates, made.regions(arm, phase)), ""]
    for role in ROLES:
        key = ("mandated", role, "during")
        lines += [f"## By form and lever: {role}, without sharing, during", ""]
        rows = by_form(made.coordinates, made.sign[key], made.mean[key])
        lines += [*table(("form", "points", "gain", "lose", "undecided", "median"), rows), ""]
    return "\n".join(lines + _default_part(default))


def _one_by_one(made: Map) -> Iterator[list[str]]:
    for key in made.mean:
        arm, role, phase = key
        yield [ARM_WORDS[arm], role, phase, *cells(made.sign[key], made.mean[key])]


def _together(made: Map) -> Iterator[list[str]]:
    for arm in ARMS:
        for phase in PHASES:
            regions = made.regions(arm, phase)
            yield [ARM_WORDS[arm], phase, *(percent(float(np.mean(regions == name))) for name in REGIONS)]


def _extremes(made: Map) -> list[str]:
    """Shares that matter most in words; a share of 0 or 1 is traced to the equations."""
    lines: list[str] = []
    pays = (
        "A helper gains where its share of the return that help adds to the helped exceeds the part of its own return that "
        "its time costs. Helpers are the stronger, so theirs is the larger return; a helped village without a project has "
        "none to add to (see the last table); and what is learned fades."
    )
    for phase, when in (("during", "while the policy runs"), ("after", "after it")):
        both = float(np.mean(made.regions("shared", phase) == "both gain"))
        lines += extreme(both, f"With sharing both gain {when}", pays, "Every helped village has a return that grows.")
    unpaid = "Without sharing nothing in the equations pays a helper"
    signs = made.sign["mandated", "helpers", "during"]
    lines += extreme(
        float(np.mean(signs < 0)),
        "Without sharing helpers lose while the policy runs",
        "A helper's only flow is its own time; where it has no project, it has no return to lose.",
        f"{unpaid}: its time is a cost and no flow comes back, so the size of its loss is a result, its sign is the form.",
    )
    lines += extreme(
        float(np.mean(signs > 0)),
        "Without sharing helpers gain while the policy runs",
        f"{unpaid}: that nobody gains is the form, not a finding.",
        "",
    )
    return lines


def _default_part(default: Defaults) -> list[str]:
    """Matching rules against random pairs, and pairs by distance and gap, at the file's values."""
    lines = [
        "## Matching rules at the file's values",
        "",
        f"{default.runs} replications, floor 0.3, benefit share 0 or 0.2. Gain during the policy years, [95% interval]; "
        "against random: paired with random pairs of the same arm and circle.",
        "",
        *table(("arm", "matching", "within", "who", "gain", "against random"), _matching(default), words=4),
        "",
        "## Near and far, alike and different (P11)",
        "",
        "Rank correlation over the pairs of a run, mean over runs [95% interval], without sharing: what the helped village "
        "gained against no policy, by what it and its helper were at the end of the burn-in.",
        "",
    ]
    features, gains_ = _names(default)
    lines += table(("matching", "within", "feature", *gains_), _by_pair(default, features, gains_), words=3)
    lines += ["", "By thirds of the pairs, random pairs within the town, without sharing:", ""]
    lines += table(("feature", "from", "to", *gains_), _by_third(default, features[:-1], gains_))
    lines += [
        "",
        "Helped villages with a project at the end of the burn-in and without one, pairs by rank in councils:",
        "",
    ]
    head = ("arm", "helped village", "share of pairs", *gains_)
    return lines + table(head, _by_project(default, gains_), words=2)


def _names(default: Defaults) -> tuple[list[str], list[str]]:
    any_pairs = next(iter(default.pairs.values()))
    return list(any_pairs.features), list(any_pairs.gains)


def _matching(default: Defaults) -> Iterator[list[str]]:
    for (arm, matching, within), gained in default.gains.items():
        at_random = default.gains[arm, "random", within]
        for role in ROLES:
            own = paired(gained[role, "during"])
            against = paired(gained[role, "during"] - at_random[role, "during"])
            less = "—" if matching == "random" else interval(float(against.mean), float(against.half), 3)
            yield [ARM_WORDS[arm], matching, within, role, interval(float(own.mean), float(own.half), 3), less]


def _by_pair(default: Defaults, features: list[str], gains_: list[str]) -> Iterator[list[str]]:
    for (arm, matching, within), found in default.pairs.items():
        if arm == "mandated":
            for feature in features:
                by_run = [correlation_by_run(found, feature, gain) for gain in gains_]
                yield [matching, within, feature, *(interval(float(v.mean), float(v.half)) for v in by_run)]


def _by_third(default: Defaults, features: list[str], gains_: list[str]) -> Iterator[list[str]]:
    found = default.pairs["mandated", "random", "town"]
    for feature in features:
        by_gain = [terciles(found, feature, gain, default.runs) for gain in gains_]
        for third in range(3):
            low, high, _ = by_gain[0][third]
            means = [column[third][2] for column in by_gain]
            values = (interval(float(v.mean), float(v.half), 3) for v in means)
            yield [feature, f"{low:.2f}", f"{high:.2f}", *values]


def _by_project(default: Defaults, gains_: list[str]) -> Iterator[list[str]]:
    for arm in ARMS:
        found = default.pairs[arm, "rank_matched", "council"]
        by_gain = [with_and_without(found, HELPED_PROJECTS, gain, default.runs) for gain in gains_]
        for place, words in enumerate(("with a project", "without")):
            means = (column[place][1] for column in by_gain)
            values = (interval(float(v.mean), float(v.half), 3) for v in means)
            yield [ARM_WORDS[arm], words, percent(by_gain[0][place][0]), *values]


def main() -> None:
    chosen = hypercube.options("pairing_map", __doc__)
    made = make(chosen.points, chosen.replications, chosen.seed, chosen.workers)
    hypercube.write(report(made, defaults(chosen.seed), chosen), chosen.out)


if __name__ == "__main__":
    main()
