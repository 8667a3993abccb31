"""The way in: a scenario file, or the plain document of one, to a checked :class:`Scenario`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from sim.scenario import resolve
from sim.scenario.own import Placed, Policy, Registered, known
from sim.scenario.scenario import Scenario


def load_scenario(
    path: str | os.PathLike[str],
    *,
    set: Iterable[str] = (),
    policies: Iterable[Policy] = (),
    mechanisms: Iterable[Placed] = (),
) -> Scenario:
    """Read, merge and check a scenario file.

    ``set`` holds ``PATH=VALUE`` settings, paths as error messages print them; ``policies`` and ``mechanisms`` modules of
    one's own that the file may name. Raises :class:`ScenarioErrors`, whose ``messages`` has one line for every error,
    OwnModuleError for a module that cannot be used, and TypeError where ``set`` is no list of text.
    """
    from sim.scenario.validate import validate

    with known(Registered.of(policies, mechanisms)):
        return validate(resolve.load(path, _settings(set)))


def load_document(
    document: Mapping[str, Any],
    *,
    name: str = "scenario",
    folder: str | os.PathLike[str] = ".",
    set: Iterable[str] = (),
    policies: Iterable[Policy] = (),
    mechanisms: Iterable[Placed] = (),
) -> Scenario:
    """Check a scenario given as plain data, for instance ``scenario.document`` or a mapping written in Python.

    ``folder`` is where ``population.file`` is looked for; ``extends`` is an error here. Raises
    :class:`ScenarioErrors`.
    """
    from sim.scenario.validate import validate

    with known(Registered.of(policies, mechanisms)):
        return validate(resolve.from_mapping(document, name, folder, _settings(set)))


def _settings(given: Iterable[str]) -> list[str]:
    """Settings as a list; one alone may come without. Raises TypeError where they are not text."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, Mapping):
        example = ", ".join(repr(f"{path}={value}") for path, value in list(given.items())[:2]) or "'run.seed=2'"
        raise TypeError(f"set is a list of 'path=value' strings, not a mapping: write set=[{example}]")
    settings = list(given)
    for setting in settings:
        if not isinstance(setting, str):
            raise TypeError(f"set is a list of 'path=value' strings; {setting!r} is a {type(setting).__name__}")
    return settings
