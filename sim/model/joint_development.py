"""JointDevelopmentModel 联建模型: one replication of one arm for Mesa, a quarter a step.

The numbers are the engine's: a batch of one. The engine never draws from ``model.random`` or ``model.rng``, which belong
to the researcher's own rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from sim.engine import Simulation, arm_names, simulation_of_one
from sim.model.agents import Council, Enterprise, Town, View, Village
from sim.model.variables import MEMBERSHIP
from sim.records import Records
from sim.scenario import load_scenario
from sim.scenario.own import Placed, Policy, Registered, known, schedule_with
from sim.scenario.scenario import NO_POLICY, Scenario
from sim.state import Quarter, State

if TYPE_CHECKING:
    import pandas as pd


class JointDevelopmentModel(mesa.Model):
    """One arm of a scenario in one replication; ``step()`` lets the agents act, then simulates a quarter.

    ``scenario`` is a file or a loaded scenario, ``rng`` the root seed (that of the scenario), so that replication 3 here
    is replication 3 of ``lianjian run``. ``policies`` and ``mechanisms`` are modules of one's own, as in ``sim.run``;
    ``village_class`` and the others are subclasses with a ``step``. For a companion such as ``pool@same_money`` the arm
    ``pool`` is simulated at once, without agents.

    After the last quarter ``running`` is False and a further step does nothing. Raises what ``load_scenario`` raises,
    and ValueError for an unknown arm or a seed that is no whole number.
    """

    def __init__(
        self,
        scenario: str | PathLike[str] | Scenario,
        arm: str = NO_POLICY,
        replication: int = 0,
        *,
        rng: int | None = None,
        policies: Sequence[Policy] = (),
        mechanisms: Sequence[Placed] = (),
        village_class: type[Village] = Village,
        council_class: type[Council] = Council,
        town_class: type[Town] = Town,
        enterprise_class: type[Enterprise] = Enterprise,
    ) -> None:
        own = Registered.of(policies, mechanisms)
        with known(own):
            # Mesa 3.5 has a property `scenario` of its own, hence the name
            self.loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
            self.arm, self.replication, self.seed = arm, _whole("replication", replication), self.loaded.seed
            if rng is not None:
                self.seed = _whole("rng", rng)
            _refuse_unknown(self.loaded, arm)
            super().__init__(rng=self.seed)
            self._simulation: Simulation = simulation_of_one(
                self.loaded, arm, self.replication, self.seed, mechanisms=schedule_with(own.mechanisms)
            )
        self._classes = {Council: council_class, Enterprise: enterprise_class}
        self.councils: dict[int, Council] = {}
        """Councils by the index of their founding village."""
        self.enterprises: dict[int, Enterprise] = {}
        """Firms by their place in the arrays."""
        self._firms: dict[int, tuple[float, float]] = {}
        self.towns = [town_class(self, int(first)) for first in np.flatnonzero(self.state.towns.founder[0])]
        """Towns in the order of their first villages."""
        self.villages = [village_class(self, index) for index in range(self.state.villages)]
        """Villages in the order of their index."""
        self._come_and_go()
        self.datacollector = mesa.DataCollector(
            model_reporters={"year": "year", "season": "season", "earned_income": _earned_last_year},
            agenttype_reporters={village_class: {name: name for name in VILLAGE_REPORTS}},
        )

    @property
    def state(self) -> State:
        """All state variables, arrays whose first axis has length 1; assign a changed copy (``state.replace``).

        Raises AttributeError where money or membership would change.
        """
        return self._simulation.state

    @state.setter
    def state(self, changed: State) -> None:
        if not isinstance(changed, State):
            raise TypeError(f"the state is assigned as a changed copy, model.state.replace(...), not {changed!r}")
        for name, field in State.__dataclass_fields__.items():
            if name not in ("councils", "towns"):
                _refuse_unfit(name, getattr(self._simulation.state, name), getattr(changed, name))
            fixed = field.metadata["money"] or name in (*MEMBERSHIP, "councils", "towns")
            if fixed and getattr(changed, name) is not getattr(self._simulation.state, name):
                raise AttributeError(f"{name} cannot be assigned: money moves by village.pay, membership by policies")
        self._simulation.state = changed

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            "a model cannot be copied or pickled: make another with the same scenario, arm and replication, and step it "
            "as often; its numbers are the same"
        )

    @property
    def quarter(self) -> Quarter:
        """The quarter that the next step simulates."""
        return self._simulation.quarter

    @property
    def year(self) -> int:
        """Calendar year of the last quarter simulated; of the first before any."""
        return self.loaded.calendar.start + max(self._simulation.index - 1, 0) // 4

    @property
    def season(self) -> int:
        """Quarter of the year, 1 to 4, of the last quarter simulated; 0 before any."""
        return (self._simulation.index - 1) % 4 + 1 if self._simulation.index else 0

    @property
    def finished(self) -> bool:
        """Whether the last quarter has been simulated."""
        return self._simulation.finished

    def step(self) -> None:
        """The agents' own steps in the order of their making, then a quarter of the engine, then the collector."""
        if self.finished:
            return
        self.agents.do("step")
        self._simulation.step()
        self._come_and_go()
        self.running = not self.finished
        self.datacollector.collect(self)

    def post(self, flows: Any) -> None:
        """Post flows on the coming quarter's books, for :meth:`Village.pay`. Raises ValueError after the last quarter."""
        if self.finished:
            raise ValueError("the run is over: nothing can be paid any more")
        self._simulation.post(flows)

    def records(self) -> Records:
        """What the engine keeps of the years that are over: incomes, accounts, balances, public cost."""
        return self._simulation.records()

    def results(self) -> pd.DataFrame:
        """The villages table of the years that are over, as ``sim.run(...).villages`` has it."""
        from sim.tables import village_rows

        frame: pd.DataFrame = village_rows(self.records()).to_pandas()
        return frame.astype(dict.fromkeys(("arm", "tier"), str))

    def _come_and_go(self) -> None:
        """Make and remove agents so that there is one for each council and each firm that there is now."""
        state = self.state
        founders = {int(index): (float(index), 0.0) for index in np.flatnonzero(state.councils.founder[0])}
        self._match(Council, self.councils, {index: (float(index), 0.0) for index in self.councils}, founders)
        places = np.flatnonzero(state.firm_village[0] >= 0)
        # sizes are drawn anew for every arrival, so a place that another firm has taken shows
        now = {int(p): (float(state.firm_since[0, p]), float(state.firm_size[0, p])) for p in places}
        self._match(Enterprise, self.enterprises, self._firms, now)
        self._firms = now

    def _match(self, sort: type[View], agents: dict[int, Any], before: dict[int, Any], now: dict[int, Any]) -> None:
        for index in [place for place, firm in before.items() if now.get(place) != firm]:
            agent = agents.pop(index)
            agent.gone = True
            agent.remove()
        for index in sorted(now.keys() - agents.keys()):
            agents[index] = self._classes[sort](self, index)


VILLAGE_REPORTS = ("index", "trust", "cash", "project_assets", "earned_last_year")
"""What the collector keeps of every village each quarter; income is that of the last full year."""


def _earned_last_year(model: JointDevelopmentModel) -> float:
    """Earned income of the last full year, 万元 a village."""
    return float(model.state.earned_last_year.mean())


def _refuse_unfit(name: str, held: Any, given: Any) -> None:
    if given is held or not isinstance(held, np.ndarray):
        return
    if not isinstance(given, np.ndarray) or given.shape != held.shape or given.dtype.kind not in "bif":
        raise TypeError(f"{name} takes an array of numbers of shape {held.shape}, not {given!r}")
    if not np.isfinite(given[np.isfinite(held)]).all():
        raise ValueError(f"{name} must be finite numbers")


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        what = "the root seed" if name == "rng" else "counted from 0"
        raise ValueError(f"{name} is a whole number of 0 or more ({what}), not {value!r}")
    return int(value)


def _refuse_unknown(scenario: Scenario, arm: str) -> None:
    try:
        arm_names(scenario, [arm])
    except KeyError:
        has = ", ".join(arm_names(scenario))
        raise ValueError(f"there is no arm {arm!r}; this scenario has: {has}") from None
