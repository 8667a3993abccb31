"""Numbers behind docs/findings-draft.md: what arms do, which channel carries it, what hangs on choices nobody observes.

Everything is earned income a village (for tax sharing with the town's local tax), 万元 a year in the years after the
policy years, paired by replication. Words and tables are in findings_words.py and findings.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import sim
from experiments import hypercube
from experiments.hypercube import Task
from sim.analysis.comparison import Row
from sim.declare import Array
from sim.outcomes import NO_POLICY, SAME_MONEY, window
from sim.scenario import load_scenario, vary
from sim.scenario.declared import all_paths, catalogue
from sim.scenario.scenario import Block, Scenario
from sim.statistics import Interval, t_interval

Changes = Mapping[str, Any]
DISTRIBUTION = ("arms.{arm}.funding_pool.distribution", "parameters.joint_vehicle.distribution")
"""The rule while the pool is open, and the one that governs a vehicle that goes on."""
PARK = "parameters.enterprises.park_elasticity"
CHANNELS: Mapping[str, Mapping[str, Changes]] = {
    "funding_pool": {
        "overhead, and with it scale": {
            "parameters.projects.overhead": 0.0,
            "parameters.projects.leased_overhead": 0.0,
        },
        "choice of a manager (all members alike)": {"forms.joint_manager": "average"},
        "weight of the chosen manager": {"parameters.joint_management.manager_weight": 0.0},
        "incentive (effort ignores shares)": {"parameters.joint_management.effort_elasticity": 0.0},
        "coordination cost": {"forms.group_cost": "none"},
        "span of control": {"parameters.joint_management.span": 0.0},
    },
    "pairing": {
        "misfit of industries": {"parameters.pairing.misfit": 0.0},
        "time of helper and helped": {
            "parameters.pairing.helper_drag": 0.0,
            "parameters.pairing.receiver_time": 0.0,
        },
        "benefit share (mandate alone)": {"arms.{arm}.pairing.benefit_share": 0.0},
        "mandate (benefit share alone)": {"arms.{arm}.pairing.mandate_floor": 0.0},
    },
    "tax_sharing": {
        "villages' effort to court firms": {"forms.tax_effort": "none"},
        "park elasticity (at its lower end)": {PARK: None},
    },
}
"""Policy -> what is switched off -> changes; ``{arm}`` is the arm's name, None the lower end of the prior."""
UNOBSERVED: Mapping[str, Mapping[str, Changes]] = {
    "who manages": {option: {"forms.joint_manager": option} for option in ("best_noisy", "centre_village", "average")},
    "how dividends are split": {
        part: {path: {part: 1.0} for path in DISTRIBUTION} for part in ("equity", "equal", "need", "work")
    },
    "monitoring": {f"{share:g}": {"parameters.governance.monitoring": share} for share in (0.0, 0.5, 1.0)},
    "unspent grants": {option: {"forms.carry_over": option} for option in ("build_anyway", "lapse", "indefinite")},
    "after the money": {option: {"forms.after_money": option} for option in ("keep", "dissolve", "liquidate")},
}
"""The highest-value unknowns of the model: choice -> option -> changes."""


@dataclass(frozen=True)
class Channel:
    """A difference between two arms with and without something: the channel is the first less the second."""

    arm: str
    against: str
    name: str
    whole: Interval
    without: Interval
    carried: Interval


@dataclass(frozen=True)
class Choice:
    """A difference between two arms under one option of a choice that nobody observes."""

    arm: str
    against: str
    choice: str
    option: str
    difference: Interval


@dataclass(frozen=True)
class Town:
    """All numbers of one scenario file."""

    scenario: Scenario
    replications: int
    rows: Sequence[Row]
    channels: Mapping[str, Sequence[Channel]]
    """Policy -> its channels, all arms that have it."""
    choices: Sequence[Choice]


def town(file: Path, replications: int, seed: int, workers: int) -> Town:
    """Simulate everything that the report says of one file."""
    scenario = load_scenario(file)
    with tempfile.TemporaryDirectory() as folder:
        rows = sim.run(scenario, replications=replications, seed=seed, workers=workers, out=Path(folder) / "run").rows()
    plans = list(_plans(scenario))
    jobs = [partial(differences, file, plan, replications, seed) for plan in plans]
    found = dict(zip(plans, hypercube.run(jobs, workers), strict=True))
    return Town(scenario, replications, rows, _channels(found), _choices(found))


# ---- one plan is one difference under one set of changes


@dataclass(frozen=True)
class Plan:
    """What is simulated: an arm and what it is set against, with some values changed."""

    arm: str
    against: str
    policy: str
    group: str
    """WHOLE, CHANNEL or the name of a choice."""
    option: str


WHOLE, CHANNEL = "whole", "channel"


def against(policy: str, arm: str) -> str:
    """A pool is judged by the same money; pairing and tax sharing by no policy."""
    return arm + SAME_MONEY if policy == "funding_pool" else NO_POLICY


def arms_with(scenario: Scenario, policy: str) -> list[str]:
    """Arms in which a block of the policy is written: packages join it from there, and are compared as wholes."""

    def has(blocks: Sequence[Block]) -> bool:
        return any(block.policy == policy and block.path == block.origin for block in blocks)

    return [arm for arm, blocks in scenario.arms.items() if has(blocks)]


def _plans(scenario: Scenario) -> Iterator[Plan]:
    for policy, channels in CHANNELS.items():
        if policy in catalogue().policies:
            for arm in arms_with(scenario, policy):
                reference = against(policy, arm)
                yield Plan(arm, reference, policy, WHOLE, "")
                for option in channels:
                    yield Plan(arm, reference, policy, CHANNEL, option)
                if policy == "funding_pool":
                    for choice, options in UNOBSERVED.items():
                        for option in options:
                            yield Plan(arm, reference, policy, choice, option)


def changes_of(plan: Plan) -> dict[str, Any]:
    """Values of a plan by the paths of its arm."""
    if plan.group == WHOLE:
        return {}
    changes = CHANNELS[plan.policy] if plan.group == CHANNEL else UNOBSERVED[plan.group]
    return {
        path.format(arm=plan.arm): all_paths()[path].prior[0] if value is None else value
        for path, value in changes[plan.option].items()
    }


def differences(file: Path, plan: Plan, replications: int, seed: int) -> list[Array]:
    """The paired difference of a plan by replication, in a list of one."""
    scenario = vary(load_scenario(file), changes_of(plan))
    calendar = scenario.calendar
    years = window(calendar.burn_in_years, calendar.policy_years, calendar.after_years)
    records = hypercube.records(scenario, (plan.arm, plan.against), Task(0, ({},), replications, seed))
    columns = ("earned_income", "local_tax") if plan.policy == "tax_sharing" else ("earned_income",)
    income = {
        arm: np.sum([r.villages[column][:, years].mean(axis=(1, 2)) for column in columns], axis=0)
        for arm, r in records.items()
    }
    return [income[plan.arm] - income[plan.against]]


def _channels(found: Mapping[Plan, Array]) -> dict[str, list[Channel]]:
    channels: dict[str, list[Channel]] = {}
    for plan, without in found.items():
        if plan.group == CHANNEL:
            whole = found[Plan(plan.arm, plan.against, plan.policy, WHOLE, "")]
            of_policy = channels.setdefault(plan.policy, [])
            intervals = (t_interval(values) for values in (whole, without, whole - without))
            of_policy.append(Channel(plan.arm, plan.against, plan.option, *intervals))
    return channels


def _choices(found: Mapping[Plan, Array]) -> list[Choice]:
    return [
        Choice(plan.arm, plan.against, plan.group, plan.option, t_interval(values))
        for plan, values in found.items()
        if plan.group in UNOBSERVED
    ]
