"""Scenario files: read with positions, merged, checked, explained. Names are resolved lazily."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.load import load_document, load_scenario
    from sim.scenario.problems import ScenarioErrors
    from sim.scenario.scenario import Scenario
    from sim.scenario.schema import json_schema
    from sim.scenario.variation import vary

_HOMES = {
    "Scenario": "scenario",
    "ScenarioErrors": "problems",
    "json_schema": "schema",
    "load_document": "load",
    "load_scenario": "load",
    "vary": "variation",
}

__all__ = ["Scenario", "ScenarioErrors", "json_schema", "load_document", "load_scenario", "vary"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
