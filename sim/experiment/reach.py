"""What a scenario reads of what is declared: mechanisms that are idle without their policy, levers of arms."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sim.declare import Declaration, declarations
from sim.policies import POLICIES
from sim.scenario.declared import all_paths, catalogue
from sim.scenario.scenario import Scenario

ALSO_WAKES = {"joint_services": frozenset({"centre_village"})}
"""Mechanism -> policies of another name that put it to work."""


def owner(path: str) -> str:
    """The mechanism that reads what is declared at a path; the population's group for endowments."""
    first, name = path.split(".")[:2]
    return catalogue().form_owner[name] if first == "forms" else name


def stands_for(path: str, declared: Declaration) -> bool:
    """A lever of some policy stands for what is declared here: it is switched on by that policy alone."""
    if not path.startswith(("parameters.", "forms.")):
        return False
    said = (declared.name, declared.unit, declared.zh, declared.meaning)
    levers = (lever for policy in POLICIES.values() for lever in declarations(policy.Levers).values())
    return any((lever.name, lever.unit, lever.zh, lever.meaning) == said for lever in levers)


def unread(scenario: Scenario, path: str, simulated: Sequence[str], varied: Collection[str] = ()) -> str:
    """Why no simulated arm reads the value at a declared path; '' where one may.

    ``varied`` holds the paths of all factors. A mechanism with the name of a policy is idle without it, unless what the
    policy would switch on is switched on by hand.
    """
    if path.startswith("arms."):
        return _unread_lever(scenario, path, simulated)
    if not path.startswith(("parameters.", "forms.")):
        return ""
    mechanism = owner(path)
    present = {block.policy for arm in simulated for block in scenario.arms.get(arm, ())}
    awake = bool(present & {mechanism, *ALSO_WAKES.get(mechanism, ())})
    if mechanism not in POLICIES or awake or _by_hand(scenario, mechanism, varied):
        return ""
    return f"no arm that is simulated has the policy {mechanism}, without which nothing reads this"


def _unread_lever(scenario: Scenario, path: str, simulated: Sequence[str]) -> str:
    _, arm, name, _ = path.split(".", 3)
    block = f"arms.{arm}.{name.removesuffix('#1')}"
    if any(block in (held.path, held.origin) for kept in simulated for held in scenario.arms.get(kept, ())):
        return ""
    return f"the arm '{arm}' is not among the arms kept, and none of them joins this block"


def _by_hand(scenario: Scenario, mechanism: str, varied: Collection[str]) -> bool:
    """Whether a parameter that a lever stands for is set in the scenario itself, or varied."""
    own = {p: d for p, d in all_paths().items() if p.startswith(f"parameters.{mechanism}.") and d.sort == "quantity"}
    switches = {path: declared for path, declared in own.items() if stands_for(path, declared)}
    return any(
        path in varied or scenario.parameters[path.removeprefix("parameters.")] != declared.value
        for path, declared in switches.items()
    )
