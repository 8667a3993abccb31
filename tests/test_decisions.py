"""Decisions of agents: they differ between villages of one run, and move as theory says.

Three decisions (contribution, effort, project choice) against three movers (return, trust, cost), each in the whole
model: the same replications with one number changed.
"""

import numpy as np

from sim.state import FARM, LEASED
from tests.scenarios_for_tests import block, scenario, states

REPS = tuple(range(10))
YEARS = (2, 3, 1)
DECIDED = 8
"""The quarter of the first decision."""


def world(budget=720.0, pool=None, villages=12, councils=3, weights=None, **changes):
    blocks = [
        block("demonstration_grant", 8, 19, budget=budget),
        block("funding_pool", 8, 19, budget=60, match=0.2, **(pool or {})),
    ]
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return scenario({"arm": blocks}, villages=villages, councils=councils, years=YEARS, changes=dotted, companions=())


def state_at(quarter: int, **changes):
    return states(world(**changes), "arm", replications=REPS)[quarter]


# ---- contribution 出资 ----


def pooled(**changes) -> float:
    """Mean share of earmarked money pooled in the first decision."""
    return float(state_at(DECIDED, **changes).earmarked_contribution_share.mean())


def test_contributions_differ_between_the_villages_of_a_run():
    state = state_at(DECIDED)
    for share in (state.earmarked_contribution_share, state.own_contribution_share):
        assert np.all((share >= 0) & (share <= 1))
        assert np.all(share.std(axis=1) > 0.01)


def test_a_better_joint_return_draws_contributions():
    # a manager who can run more projects brings more for each yuan pooled
    assert pooled(joint_management__span=0, joint_management__effort_cost=0.5) > pooled() + 0.01


def test_a_better_return_of_own_projects_keeps_money_at_home():
    # able heads at home, none of whose ability reaches the joint projects
    spread = dict(talent__leader_sd=0.6, joint_manager="average")
    state = state_at(DECIDED, **spread)
    for share, ability in zip(state.earmarked_contribution_share, state.log_management, strict=True):
        able, weak = ability > np.median(ability), ability <= np.median(ability)
        assert share[able].mean() < share[weak].mean()


def test_trust_draws_contributions():
    assert pooled(governance__trust_start=0.75) > pooled() + 0.01 > pooled(governance__trust_start=0.25) + 0.02


def test_dear_meetings_keep_contributions_away():
    assert pooled(joint_management__coordination=6) < pooled() - 0.01


# ---- effort 投入 ----


def effort(**changes) -> np.ndarray:
    """Effort of every member in joint projects at the end of the policy years."""
    return state_at(19, **changes).effort


def test_efforts_differ_between_the_villages_of_a_run():
    assert np.all(effort().std(axis=1) > 1e-3)


def test_a_larger_share_of_the_fruit_draws_effort():
    # six councils of two instead of two of six: each answers for more of what he does
    assert effort(councils=6).mean() > effort(councils=2).mean() + 0.01
    # within a run those work harder who hold more
    by_equity = dict(pool=dict(distribution=dict(equity=1.0, equal=0.0, need=0.0, work=0.0), contribution_floor=0.1))
    state = state_at(19, governance__trust_start_sd=0, **by_equity)
    held = state.councils.of(state.vehicle) > 0
    assert np.corrcoef(state.dividend_share[held], state.effort[held])[0, 1] > 0.5


def test_trust_draws_effort():
    assert effort(governance__trust_start=0.75).mean() > effort(governance__trust_start=0.25).mean() + 0.01


def test_dear_effort_is_spared():
    assert effort(joint_management__effort_cost=2).mean() < effort().mean() - 0.05


# ---- project choice 项目选择 ----


def capital(kind: int, *, arm_state=None, **changes) -> float:
    state = arm_state or state_at(19, **changes)
    return float((state.project_capital + state.joint_capital)[:, kind].sum())


def test_projects_differ_between_the_villages_of_a_run():
    state = state_at(19, budget=1500.0)
    farms, premises = (state.project_capital[:, kind].sum(axis=1) > 0 for kind in (FARM, LEASED))
    # some run a farm and some premises, some both, in one and the same run
    runs_with_both = (farms & ~premises).any(axis=1) & (premises & ~farms).any(axis=1)
    assert runs_with_both.mean() > 0.5
    assert np.all(state.projects_started.std(axis=1) > 0)


def test_money_follows_the_return_of_a_kind():
    def farm_share(margin: float) -> float:
        state = state_at(19, projects__gross_margin=margin)
        return capital(FARM, arm_state=state) / (capital(FARM, arm_state=state) + capital(LEASED, arm_state=state))

    assert farm_share(0.07) < farm_share(0.10) < farm_share(0.14)


def test_able_heads_run_farms():
    state = state_at(19, talent__leader_sd=0.6, budget=1500.0)
    farms = state.project_capital[:, FARM].sum(axis=1) > 0
    assert state.log_management[farms].mean() > state.log_management[~farms].mean() + 0.05


def test_a_higher_price_of_money_keeps_money_waiting():
    # without a term that forces money into any project
    def waiting(rate: float) -> float:
        state = state_at(19, production__deposit_rate=rate, carry_over="indefinite")
        return float(state.earmarked.sum())

    assert waiting(0.005) < waiting(0.03) < waiting(0.06)


def test_overhead_drives_money_out_of_farms():
    assert capital(FARM, projects__overhead=10) < capital(FARM) < capital(FARM, projects__overhead=1)


def test_trust_builds_joint_projects():
    def joint(trust: float) -> float:
        state = state_at(19, governance__trust_start=trust)
        return float(state.joint_capital.sum())

    assert joint(0.75) > joint(0.5) > joint(0.25)
