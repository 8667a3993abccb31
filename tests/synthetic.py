"""Records made up for tests of the store, the audit and the answer: no model, but books that close.

Flows are drawn, stocks follow from them, so every identity of the accounts holds by construction:
village.cash gets rent, base transfer, grant and dividends and pays running cost, investment and welfare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from sim.accounts import ACCOUNTS
from sim.companions import needed
from sim.declare import PUBLIC_PAYERS
from sim.experiment.local import plan
from sim.outcomes import NO_POLICY, SAME_MANAGEMENT, SAME_MONEY
from sim.records import Records
from sim.results import Results
from sim.running import Request, execute
from sim.scenario.scenario import Block, Calendar, PopulationSpec, Scenario, Scope
from tests.scenarios_for_tests import declared_values

CALENDAR = Calendar(start=2010, burn_in_years=3, policy_years=4, after_years=3)
GRANT = 20.0  # 万元 a village and year
LIFT = {NO_POLICY: 0.0, "grant": 1.0, "pool": 1.5, f"pool{SAME_MONEY}": 1.0, f"pool{SAME_MANAGEMENT}": 1.2}
LIFT[f"grant{SAME_MONEY}"] = 1.0
"""What a year of policy adds to a village's rent from the policy period on, 万元."""


def scenario(villages: int = 6, calendar: Calendar = CALENDAR, replications: int = 8) -> Scenario:
    """A resolved scenario with the arms no_policy, grant and pool and all companions of pool."""
    start = 4 * calendar.burn_in_years

    def block(policy: str, arm: str) -> Block:
        return Block(policy, start, start + 7, Scope("all"), "county", 100.0, {}, f"arms.{arm}.{policy}")

    parameters, forms, weights = declared_values()
    return Scenario(
        name="made_up",
        title={"en": "Made-up Town", "zh": "虚构镇"},
        population=PopulationSpec(villages, "adjacency", 2, "lognormal"),
        calendar=calendar,
        parameters=parameters,
        forms=forms,
        weights=weights,
        arms={
            NO_POLICY: (),
            "grant": (block("demonstration_grant", "grant"),),
            "pool": (block("demonstration_grant", "pool"), block("funding_pool", "pool")),
        },
        companions=("same_money", "same_management"),
        companion_allocation="equal",
        outcomes=(
            "earned_income",
            "operating_income",
            "total_income",
            "villages_at_or_above_10",
            "gini",
            "poorest_tercile_income",
            "share_of_losers",
            "share_of_losers_same_money",
            "public_cost",
        ),
        replications=replications,
        seed=1,
        document={"schema": 1, "title": {"en": "Made-up Town"}},
    )


def simulate_block(
    points: Sequence[Scenario],
    design_points: Sequence[int],
    replications: Sequence[int],
    arms: Sequence[str],
    seed: int,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Records]:
    """As sim.engine.simulate_block; every number depends on seed, replication and arm alone."""
    if progress is not None:
        made = points[0]
        progress(len(replications) * len(arms) * made.population.villages * made.calendar.quarters)
    return [_arm(points[0], design_points, replications, arm, seed) for arm in arms]


def all_arms(made: Scenario) -> tuple[str, ...]:
    """As sim.engine.arm_names."""
    names = [NO_POLICY, "grant", f"grant{SAME_MONEY}", "pool", f"pool{SAME_MONEY}", f"pool{SAME_MANAGEMENT}"]
    return tuple(names)


def _arm(made: Scenario, design_points: Sequence[int], replications: Sequence[int], arm: str, seed: int) -> Records:
    drawn = [_draws(made, seed, replication) for _ in design_points for replication in replications]
    noise = np.stack(drawn)  # (runs, years, villages, 4)
    runs, years, villages = noise.shape[:3]
    passed = np.arange(years)
    with_policy = (passed >= made.calendar.burn_in_years)[None, :, None]
    granted = with_policy & (passed < made.calendar.burn_in_years + 2)[None, :, None]
    none = np.zeros((runs, years, villages))
    endowment = np.arange(1, villages + 1, dtype=float)
    rent = 3.0 + endowment + noise[..., 0] + LIFT[arm] * with_policy * (noise[..., 1] - 0.3)
    running = 0.3 * noise[..., 1] + none
    grant = GRANT * granted * (arm != NO_POLICY) + none
    pooled = 0.5 * grant if arm == "pool" else none
    dividend = 0.8 * with_policy * noise[..., 2] if arm == "pool" else none
    kind = "same_money" if arm.endswith(SAME_MONEY) else "demonstration_grant"
    kind = "same_management" if arm.endswith(SAME_MANAGEMENT) else kind
    flows = {
        ("outside", "village.cash", "rent", "operating"): rent,
        ("village.cash", "staff", "running_cost", "operating"): running,
        ("county.programme", "village.cash", "base_transfer", "subsidy"): 2.0 + none,
        ("county.programme", "village.cash", kind, "subsidy"): grant,
        ("village.cash", "county.programme", "lapse", "none"): 0.1 * grant,
        ("village.cash", "vehicle.cash", "contribution", "none"): pooled,
        ("outside", "vehicle.cash", "joint_return", "none"): dividend,
        ("vehicle.cash", "village.cash", "dividend", "investment"): dividend,
        ("village.cash", "village.assets", "investment", "none"): 0.4 * rent + none,
        ("village.assets", "depreciation", "depreciation", "none"): 0.1 * rent + none,
        ("village.cash", "household", "welfare", "none"): 0.2 * rent * noise[..., 3],
    }
    flows = {key: amount for key, amount in flows.items() if amount.any()}
    operating, cost = rent - running, 0.9 * grant.sum(axis=2)
    subsidies = 2.0 + grant
    cash = 5.0 + np.cumsum(_net(flows, "village.cash", none), axis=1)
    total = operating + dividend + subsidies
    floats = {
        "cash": cash,
        "operating_income": operating,
        "investment_income": dividend,
        "earned_income": operating + dividend,
        "tax_share": none,
        "subsidies": subsidies,
        "total_income": operating + dividend + none + subsidies,
        "reported_income": total,
        "trust": 0.5 + none,
        "own_contribution_share": none,
        "earmarked_contribution_share": none,
        "project_assets": np.cumsum(_net(flows, "village.assets", none), axis=1),
        "know_how": 1.0 + none,
        "jobs": 20.0 + none,
        "household_wages": 100.0 + none,
        "local_tax": none,
    }
    yearly = {key: amount.sum(axis=2) for key, amount in flows.items()}
    zeros = np.zeros((runs, years))
    claims = dict.fromkeys(PUBLIC_PAYERS, zeros) | {"county": 2.0 * grant.sum(axis=2)}
    paid = grant.sum(axis=2) if arm.endswith((SAME_MONEY, SAME_MANAGEMENT)) else cost
    unreplayed = dict.fromkeys(PUBLIC_PAYERS, zeros) | {"county": cost - paid}
    return Records(
        arm=arm,
        design_point=np.repeat(np.array(design_points, dtype=np.int64), len(replications)),
        replication=np.tile(np.array(replications, dtype=np.int64), len(design_points)),
        years=made.calendar.start + passed,
        villages=floats,
        council=np.broadcast_to((np.arange(villages) // 3) * 3, noise.shape[:3]).copy(),
        town=np.zeros(noise.shape[:3], dtype=np.int64),
        helper=np.full(noise.shape[:3], -1, dtype=np.int64),
        exists=np.ones(noise.shape[:3], dtype=bool),
        accounts=yearly,
        balances=_balances(yearly, runs, villages),
        public_cost=dict.fromkeys(PUBLIC_PAYERS, zeros) | {"county": cost},
        claims=claims,
        unreplayed=unreplayed,
        policy_active=np.broadcast_to(granted[:, :, 0] & (arm != NO_POLICY), (runs, years)).copy(),
        safeguards={"cash_floor": np.zeros(runs)},
        worst_imbalance=np.full(runs, 1e-15),
    )


def _draws(made: Scenario, seed: int, replication: int) -> np.ndarray:
    shape = (made.calendar.years, made.population.villages, 4)
    return np.random.Generator(np.random.PCG64([seed, replication])).random(shape)


def _net(flows: Mapping[tuple[str, ...], np.ndarray], account: str, none: np.ndarray) -> np.ndarray:
    net = none.copy()
    for (source, target, *_), amount in flows.items():
        net += amount * ((target == account) - float(source == account))
    return net


def _balances(flows: Mapping[tuple[str, ...], np.ndarray], runs: int, villages: int) -> dict[str, np.ndarray]:
    years = next(iter(flows.values())).shape[1]
    found = {}
    for name in ACCOUNTS:
        opening = np.full((runs, 1), 5.0 * villages if name == "village.cash" else 0.0)
        net = _net(flows, name, np.zeros((runs, years)))
        found[name] = np.concatenate([opening, opening + np.cumsum(net, axis=1)], axis=1)
    return found


def request(out: Path, arms: Sequence[str] | None = None, replications: int = 4, seed: int = 1) -> Request:
    """What to run for a result of made-up records."""
    made = scenario(replications=replications)
    known = all_arms(made)
    kept = known if arms is None else tuple(arm for arm in known if arm in arms)
    return Request(made, kept, needed(kept, known), replications, seed, out, ("made", "up"))


def result(out: Path, *, workers: int = 1, block: int | None = None, **asked: object) -> Results:
    """A whole result folder of made-up records."""
    wanted = request(out, **asked)  # type: ignore[arg-type]
    planned = plan(wanted.scenario, len(wanted.simulated), wanted.replications, workers, block)
    return execute(wanted, planned, engine=simulate_block)
