"""Agents 主体: villages, councils, towns and enterprises as live views on the state.

``village.trust`` reads the array that the engine works with, ``village.trust = 0.4`` changes it from the coming quarter
on. What is money, or follows from other variables, is read-only. Subclass an agent and give it a ``step`` of your own:
it runs before the engine's quarter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import mesa
import numpy as np

from sim.model.payments import payment
from sim.model.variables import DERIVED, derived, shows, variables
from sim.state import State

STATE_VARIABLES = State.__dataclass_fields__.keys()

if TYPE_CHECKING:
    from sim.model.joint_development import JointDevelopmentModel


class _Numbers(WeakKeyDictionary[Any, Iterator[int]]):
    """Where Mesa 3.3 counts agents by model, without keeping every model alive for ever as its own dictionary does."""

    def __getitem__(self, model: Any) -> Iterator[int]:
        if model not in self:
            self[model] = itertools.count(1)
        return super().__getitem__(model)


class View(mesa.Agent):
    """An agent that shows one place of the arrays. ``index`` is that place."""

    _ids = _Numbers()
    model: JointDevelopmentModel
    gone = False
    """Whether the council or firm is no more; its place may be another's now."""

    def __init__(self, model: JointDevelopmentModel, index: int) -> None:
        super().__init__(model)
        self.index = index

    def __setattr__(self, name: str, value: Any) -> None:
        # a mistyped state variable must not become an attribute that nobody reads
        if name in STATE_VARIABLES and not hasattr(type(self), name):
            raise AttributeError(f"{name!r} is a state variable, but not of a {type(self).__name__}: see sim/state.py")
        super().__setattr__(name, value)

    def places(self, name: str) -> list[int]:
        """Positions that an assignment changes."""
        return [self.index]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.index})"


@shows(variables("village"), derived(*(name for name in DERIVED if name != "joint_assets")))
class Village(View):
    """A village 村: all state variables of the entity village, and what follows from them."""

    @property
    def council(self) -> Council | None:
        """The council it belongs to, None for a village on its own."""
        founder = int(self.model.state.councils.council[0, self.index])
        return self.model.councils.get(founder)

    @property
    def enterprises(self) -> list[Enterprise]:
        """Firms that it hosts now."""
        return [firm for firm in self.model.enterprises.values() if firm.firm_village == self.index]

    def neighbours(self, km: float) -> list[Village]:
        """Other villages within some kilometres, in the order of their index."""
        state = self.model.state
        apart = (state.x[0] - self.x) ** 2 + (state.y[0] - self.y) ** 2
        near = (apart <= km * km) & state.exists[0] & (np.arange(state.villages) != self.index)
        return [self.model.villages[index] for index in np.flatnonzero(near)]

    def pay(self, to: Village | str, amount: float, *, kind: str, income: str = "none") -> None:
        """Pay 万元 of own cash, this quarter, to another village or to an account outside the villages.

        It is posted on the books as a flow of this ``kind``; with an ``income`` column (operating, investment, ...) it lowers
        that income here and raises it at the village that receives. Money to a public payer counts as repaid.
        Raises ValueError where the village has not that much, the account is unknown or the run is over.
        """
        if isinstance(to, Village) and to.model is not self.model:
            raise ValueError(
                f"{to!r} belongs to another model: pay to a village of this one, model.villages[{to.index}]"
            )
        self.model.post(payment(self.model.state, self.index, to, amount, kind=kind, income=income))


@shows(variables("council", "vehicle"), derived("joint_assets"))
class Council(View):
    """A council 片区 with its joint vehicle 联合社; ``index`` is that of its founding village.

    It comes and goes with the grouping of villages: another founding village is another council.
    """

    @property
    def members(self) -> list[Village]:
        """Its villages, in the order of their index."""
        council = self.model.state.councils.council[0]
        return [village for village in self.model.villages if council[village.index] == self.index]

    def places(self, name: str) -> list[int]:
        """Variables of the council are held at all members, those of the vehicle at the founding village."""
        held = State.__dataclass_fields__[name].metadata["entity"]
        return [village.index for village in self.members] if held == "council" else [self.index]


@shows(variables("town"))
class Town(View):
    """A town 乡镇; its variables stand at its first village, which ``index`` names; ``number`` is the town's own index."""

    @property
    def number(self) -> int:
        """The index by which villages name it (``village.town``)."""
        return int(self.model.state.town[0, self.index])

    @property
    def villages(self) -> list[Village]:
        """Its villages, in the order of their index."""
        town = self.model.state.town[0]
        return [village for village in self.model.villages if town[village.index] == town[self.index]]


@shows(variables("enterprise"))
class Enterprise(View):
    """A firm 企业 from its arrival to its exit; ``index`` is its place in the arrays, which another firm may take later."""

    @property
    def host(self) -> Village:
        """The village where it is."""
        return self.model.villages[self.firm_village]
