"""lianjian: villages that pool public money in councils 片区联合党委, simulated and compared.

    import sim
    results = sim.run("scenarios/tianqiao.yaml", replications=50)
    results.answer()      # one row per arm, what it is compared with, and outcome
    results.villages      # pandas frames: runs, yearly, villages, accounts, balances

    swept = sim.run_experiment("experiments/pool_rate.yaml")
    swept.runs, swept.points

Names are resolved when first used, so that ``import sim`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.auditing import AuditReport as AuditReport
    from sim.auditing import audit as audit
    from sim.experiment.experiment import Experiment as Experiment
    from sim.experiment.reading import experiment_of as experiment_of
    from sim.experiment.reading import load_experiment as load_experiment
    from sim.model import JointDevelopmentModel as JointDevelopmentModel
    from sim.results import Results as Results
    from sim.results import open_results as open_results
    from sim.running import run as run
    from sim.scenario import Scenario as Scenario
    from sim.scenario import load_document as load_document
    from sim.scenario import load_scenario as load_scenario
    from sim.sweeping import run_experiment as run_experiment

_HOME = {
    "AuditReport": "sim.auditing",
    "Experiment": "sim.experiment.experiment",
    "JointDevelopmentModel": "sim.model",
    "Results": "sim.results",
    "Scenario": "sim.scenario",
    "audit": "sim.auditing",
    "experiment_of": "sim.experiment.reading",
    "load_document": "sim.scenario",
    "load_experiment": "sim.experiment.reading",
    "load_scenario": "sim.scenario",
    "open_results": "sim.results",
    "run": "sim.running",
    "run_experiment": "sim.sweeping",
}
__all__ = [
    "AuditReport",
    "Experiment",
    "JointDevelopmentModel",
    "Results",
    "Scenario",
    "audit",
    "experiment_of",
    "load_document",
    "load_experiment",
    "load_scenario",
    "open_results",
    "run",
    "run_experiment",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}; it has {', '.join(__all__)}")
    import importlib

    # modules have other names than the functions in them: sim.audit must not become a submodule
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
