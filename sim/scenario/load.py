"""The way in: a scenario file, or the plain document of one, to a checked :class:`Scenario`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from sim.scenario import resolve
from sim.scenario.scenario import Scenario


def load_scenario(path: str | os.PathLike[str], *, set: Iterable[str] = ()) -> Scenario:
    """Read, merge and check a scenario file.

    ``set`` holds ``PATH=VALUE`` settings, paths as error messages print them. Raises :class:`ScenarioErrors`, whose
    ``messages`` has one line for every error.
    """
    from sim.scenario.validate import validate

    return validate(resolve.load(path, [set] if isinstance(set, str) else set))


def load_document(
    document: Mapping[str, Any],
    *,
    name: str = "scenario",
    folder: str | os.PathLike[str] = ".",
    set: Iterable[str] = (),
) -> Scenario:
    """Check a scenario given as plain data, for instance ``scenario.document`` or a mapping written in Python.

    ``folder`` is where ``population.file`` is looked for; ``extends`` is an error here. Raises
    :class:`ScenarioErrors`.
    """
    from sim.scenario.validate import validate

    return validate(resolve.from_mapping(document, name, folder, [set] if isinstance(set, str) else set))
