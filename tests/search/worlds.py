"""Searches small enough for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SCENARIO = """
schema: 1
population: {villages: 6, councils.count: 2}
calendar: {burn_in_years: 2, policy_years: 2, after_years: 2}
arms:
  no_policy: []
  pool:
    - {policy: demonstration_grant, payer: county, budget: {per_year: 150}, start: 2012, end: 2013}
    - {policy: funding_pool, payer: county, budget: {per_year: 30}, start: 2012, end: 2013}
  pairing:
    - {policy: pairing, payer: county, matching: rank_matched, mandate_floor: 0.3, benefit_share: 0.2, start: 2012, end: 2013}
  package: {all_of: [pool, pairing]}
outcomes: [earned_income, public_cost]
run: {replications: 5}
"""
BUDGET = "arms.pool.demonstration_grant.budget.per_year"
FLOOR = "arms.pairing.pairing.mandate_floor"


def document(**changes: Any) -> dict[str, Any]:
    """A search as plain data."""
    return {
        "schema": 1,
        "question": "What is the best use?",
        "scenario": "small.yaml",
        "arm": "package",
        "members": "each",
        "decisions": {BUDGET: {"range": [20, 200]}, FLOOR: [0.1, 0.3, 0.5]},
        "goals": {"earned_income": "more", "share_of_losers": "less", "public_cost": "less"},
        "budget": 300,
        "population": 6,
        "generations": 2,
        "replications": 3,
        "fresh": 6,
        **changes,
    }


def write_world(folder: Path, **changes: Any) -> Path:
    """Scenario and search as files; returns the search's path."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.yaml").write_text(SCENARIO, encoding="utf-8")
    path = folder / "search.yaml"
    path.write_text(yaml.safe_dump(document(**changes), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path
