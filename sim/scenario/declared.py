"""Everything that is declared anywhere, gathered once: what a scenario may say, and what it says if it is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from sim.declare import Declaration, declarations
from sim.scenario.structure import SECTIONS, Budget


@dataclass(frozen=True)
class Catalogue:
    """All declarations by the name a scenario uses.

    ``mechanisms`` holds quantities and shares by stem and name, ``forms`` choices by their bare name, ``groups`` those
    of the population by group and name, ``policies`` levers by policy and name, ``sections`` the numbers of the
    calendar, the size of the place and the run.
    """

    mechanisms: Mapping[str, Mapping[str, Declaration]]
    forms: Mapping[str, Declaration]
    form_owner: Mapping[str, str]
    groups: Mapping[str, Mapping[str, Declaration]]
    policies: Mapping[str, Mapping[str, Declaration]]
    modules: Mapping[str, ModuleType]
    """Modules of mechanisms and policies by ``mechanism.<stem>`` and ``policy.<stem>``."""
    outcomes: Mapping[str, Any]
    sections: Mapping[str, Mapping[str, Declaration]]
    budget: Declaration

    def policy(self, name: str) -> ModuleType:
        """The module of a policy."""
        return self.modules[f"policy.{name}"]

    def mechanism(self, stem: str) -> ModuleType:
        """The module of a mechanism."""
        return self.modules[f"mechanism.{stem}"]

    def at(self, path: str) -> Declaration | None:
        """What is declared at a path such as ``parameters.projects.overhead``, None where nothing is.

        Levers are found by ``arms.<any arm>.<policy>.<lever>`` and by ``<policy>.<lever>``.
        """
        return self._index.get(path) or self._lever(path.split("."))

    def _lever(self, parts: list[str]) -> Declaration | None:
        if parts[0] == "arms":
            parts = parts[2:]
        if parts[1:] == ["budget", "per_year"]:
            return self.budget
        levers = self.policies.get(parts[0].partition("#")[0], {}) if parts else {}
        return levers.get(parts[1]) if len(parts) == 2 else None

    @property
    def _index(self) -> Mapping[str, Declaration]:
        return all_paths()


OWN_MECHANISMS: list[ModuleType] = []
"""A researcher's own mechanisms while they are known: see sim.scenario.own."""


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Gather all declarations (once a process, and anew where modules of one's own come or go)."""
    from sim.outcomes import OUTCOMES
    from sim.policies import POLICIES
    from sim.population import GROUPS
    from sim.schedule import SCHEDULE

    modules = {f"mechanism.{stem(module)}": module for module in (*SCHEDULE, *OWN_MECHANISMS)}
    modules |= {f"policy.{name}": module for name, module in POLICIES.items()}
    declared = {stem(module): declarations(module.Parameters) for module in (*SCHEDULE, *OWN_MECHANISMS)}
    return Catalogue(
        mechanisms={name: _without_choices(fields) for name, fields in declared.items()},
        forms={n: d for fields in declared.values() for n, d in fields.items() if d.sort == "choice"},
        form_owner={n: s for s, fields in declared.items() for n, d in fields.items() if d.sort == "choice"},
        groups={name: declarations(group) for name, group in GROUPS.items()},
        policies={name: declarations(module.Levers) for name, module in POLICIES.items()},
        modules=modules,
        outcomes=OUTCOMES,
        sections={name: declarations(section) for name, section in SECTIONS.items()},
        budget=declarations(Budget)["per_year"],
    )


def stem(module: ModuleType) -> str:
    """The word that names a mechanism everywhere."""
    return module.__name__.rsplit(".", 1)[-1]


def _without_choices(fields: Mapping[str, Declaration]) -> dict[str, Declaration]:
    return {name: declaration for name, declaration in fields.items() if declaration.sort != "choice"}


@lru_cache(maxsize=1)
def all_paths() -> Mapping[str, Declaration]:
    """Every declaration outside arms by its full path."""
    known = catalogue()
    paths = {f"forms.{name}": declaration for name, declaration in known.forms.items()}
    for prefix, owners in (("parameters", known.mechanisms), ("population", known.groups)):
        paths |= {f"{prefix}.{o}.{n}": d for o, fields in owners.items() for n, d in fields.items()}
    paths |= {f"{section}.{n}": d for section, fields in known.sections.items() for n, d in fields.items()}
    return paths
