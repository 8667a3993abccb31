"""lianjian: villages that pool public money in councils 片区联合党委, simulated and compared.

    import sim
    results = sim.run("scenarios/tianqiao.yaml", replications=50)
    results.answer()      # one row per arm, what it is compared with, and outcome
    results.villages      # pandas frames: runs, yearly, villages, accounts, balances

Names are resolved when first used, so that ``import sim`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.auditing import AuditReport as AuditReport
    from sim.auditing import audit as audit
    from sim.model import JointDevelopmentModel as JointDevelopmentModel
    from sim.results import Results as Results
    from sim.results import open_results as open_results
    from sim.running import run as run
    from sim.scenario import Scenario as Scenario
    from sim.scenario import load_document as load_document
    from sim.scenario import load_scenario as load_scenario

_HOME = {
    "AuditReport": "sim.auditing",
    "JointDevelopmentModel": "sim.model",
    "Results": "sim.results",
    "Scenario": "sim.scenario",
    "audit": "sim.auditing",
    "load_document": "sim.scenario",
    "load_scenario": "sim.scenario",
    "open_results": "sim.results",
    "run": "sim.running",
}
__all__ = [
    "AuditReport",
    "JointDevelopmentModel",
    "Results",
    "Scenario",
    "audit",
    "load_document",
    "load_scenario",
    "open_results",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}; it has {', '.join(__all__)}")
    import importlib

    # modules have other names than the functions in them: sim.audit must not become a submodule
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
