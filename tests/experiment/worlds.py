"""Experiments small enough for tests, and a module that makes their runs fail."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.experiment.experiment import Experiment
from sim.experiment.reading import experiment_of

FAULTY_FILE = Path(__file__).with_name("faulty.py")
SCENARIO = """
schema: 1
population: {villages: 6, councils.count: 2}
calendar: {burn_in_years: 2, policy_years: 2, after_years: 2}
arms:
  no_policy: []
  pool:
    - {policy: demonstration_grant, payer: county, budget: {per_year: 150}, start: 2012, end: 2013}
    - {policy: funding_pool, payer: county, budget: {per_year: 30}, start: 2012, end: 2013}
outcomes: [earned_income, gini, share_of_losers, share_of_losers_same_money, public_cost]
run: {replications: 5}
"""
OPEN_SHARE = "arms.pool.funding_pool.open_share"


def write_world(folder: Path, **experiment: Any) -> Path:
    """A scenario and an experiment about it, as files; returns the experiment's path."""
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.yaml").write_text(SCENARIO, encoding="utf-8")
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump(document(**experiment), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def document(**changes: Any) -> dict[str, Any]:
    """An experiment over the open share, as plain data."""
    return {
        "schema": 1,
        "question": "Does the share matter?",
        "scenario": "small.yaml",
        "factors": {OPEN_SHARE: [0.0, 0.4, 0.7, 1.0]},
        "replications": 5,
        **changes,
    }


def faulty() -> ModuleType:
    """The module of tests/experiment/faulty.py by the name ``faulty``."""
    if "faulty" not in sys.modules:
        spec = importlib.util.spec_from_file_location("faulty", FAULTY_FILE)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["faulty"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["faulty"]


def placed() -> list[Any]:
    """The faulty mechanism in its place in the quarter."""
    return [(faulty(), "after", "projects")]


def with_faults(
    folder: Path, faults: Sequence[int], *, share: float = 1.0, with_pool_only: bool = False, **changes: Any
) -> Experiment:
    """An experiment with a design point for each fault."""
    write_world(folder)
    settings: Mapping[str, Any] = {
        "parameters.faulty.share": share,
        "parameters.faulty.with_pool_only": int(with_pool_only),
    }
    factors = {"fault": {"paths": ["parameters.faulty.fault"], "levels": list(faults)}}
    said = document(set=dict(settings), factors=factors, **{"time_limit_s": 30, **changes})
    return experiment_of(said, name="faults", folder=folder, mechanisms=placed())
