"""State variables as attributes of agents: read from the arrays, and written there where they are no money.

Each attribute goes by the name, unit and meaning that sim/state.py declares. Nothing is copied into an agent, so an agent
never disagrees with the engine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.state import State

MEMBERSHIP = {
    "exists": "villages merge by policy alone",
    "merged_into": "villages merge by policy alone",
    "town": "a village does not change its town",
}
"""Variables that decide which agents there are, and why they are read-only."""
DERIVED = ("cash", "talented", "project_assets", "joint_assets", "earned_income", "monitoring_in_force")
"""Properties of the state that agents show too, with what follows from other variables."""
PAY = "money moves through the books alone: use village.pay(to, amount, kind=...)"
COUNTED = ("person", "亩")
"""Units of what cannot be negative."""


class Variable:
    """One state variable of one entity, as an attribute of its agents (a data descriptor).

    A number where the state holds one an entity, else a read-only array (by payer, by kind and slot of projects).
    """

    def __init__(self, name: str, unit: str, meaning: str, refusal: str) -> None:
        self.name, self.unit, self.refusal = name, unit, refusal
        self.__doc__ = f"{meaning} ({unit}){'; read-only' if refusal else ''}"

    def __get__(self, agent: Any, owner: type) -> Any:
        if agent is None:
            return self
        return at(getattr(agent.model.state, self.name), agent.index)

    def __set__(self, agent: Any, value: Any) -> None:
        if self.refusal:
            raise AttributeError(f"{type(agent).__name__}.{self.name} is read-only: {self.refusal}")
        if agent.gone:
            raise AttributeError(f"{agent!r} is no more: nothing of it can be assigned")
        state: State = agent.model.state
        array = getattr(state, self.name).copy()
        given = self._checked(array, value, state.villages)
        for index in agent.places(self.name):
            array[0, ..., index] = given
        agent.model.state = state.replace(**{self.name: array})

    def _checked(self, array: Any, value: Any, villages: int) -> Any:
        given = np.asarray(value)
        if given.dtype.kind not in "bif" or given.shape not in ((), array.shape[1:-1]):
            raise TypeError(f"{self.name} takes {_wanted(array)}, not {value!r}")
        if not np.isfinite(given).all():
            raise ValueError(f"{self.name} = {value!r} is not a finite number")
        if self.unit == "share" and not ((given >= 0) & (given <= 1)).all():
            raise ValueError(f"{self.name} = {value!r} is not a share between 0 and 1")
        if self.unit in COUNTED and not (given >= 0).all():
            raise ValueError(f"{self.name} = {value!r} {self.unit} is below 0")
        if array.dtype.kind == "i" and not ((given == given.astype(int)) & (given >= -1) & (given < villages)).all():
            raise ValueError(f"{self.name} = {value!r} is not a whole number from -1 (none) to {villages - 1}")
        return given


def _wanted(array: Any) -> str:
    return "a number" if array.ndim == 2 else f"a number or an array of shape {array.shape[1:-1]}"


def at(values: Any, index: int) -> Any:
    """The value of one entity: a number, or a read-only array; of a list of arrays a tuple."""
    if isinstance(values, tuple):
        return tuple(at(array, index) for array in values)
    part = values[0, ..., index]
    if np.ndim(part) == 0:
        return part.item()
    part = part.copy()
    part.flags.writeable = False
    return part


def variables(*entities: str) -> Iterator[Variable]:
    """The variables of some entities, in the order of sim/state.py."""
    for field in dataclasses.fields(State):
        said = field.metadata
        if said["entity"] in entities and field.name not in ("councils", "towns"):
            yield Variable(field.name, said["unit"], said["meaning"], _refusal(field.name, said))


def derived(*names: str) -> Iterator[Variable]:
    """Properties of the state as read-only variables."""
    for name in names:
        refusal = PAY if name in ("cash", "project_assets", "joint_assets") else "it follows from other variables"
        yield Variable(name, "", (getattr(State, name).__doc__ or "").rstrip("."), refusal)


def _refusal(name: str, said: Any) -> str:
    """Why a variable may not be assigned; '' where it may."""
    if name in MEMBERSHIP:
        return MEMBERSHIP[name]
    if said["money"]:
        return PAY
    if said["unit"] == "万元" and said["entity"] != "town":
        return f"it is kept with the books; {PAY}"
    return ""


def shows(*found: Iterator[Variable]) -> Any:
    """A class decorator that gives agents the variables as attributes; what a class defines itself stays."""

    def decorated(cls: type) -> type:
        for some in found:
            for variable in some:
                if variable.name not in cls.__dict__:
                    setattr(cls, variable.name, variable)
        return cls

    return decorated
