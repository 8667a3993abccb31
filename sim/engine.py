"""The engine 引擎: runs a block of design points x replications for a list of arms.

The loop knows no policy and no process: it walks the schedule, lets the ledger post, and keeps records. All arms of a
block share their draws and their initial villages; a companion is simulated after the arm that it accompanies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from sim.accounts import Ledger
from sim.companions import KINDS, Replay, Stream, companion_kind, companions_of, in_charge, judged
from sim.declare import PUBLIC_PAYERS, Array, Mask
from sim.initialization import initial_state
from sim.keeping import Keeper
from sim.mechanisms import joint_vehicle
from sim.population.population import Population, draw
from sim.records import Records
from sim.scenario.scenario import Scenario
from sim.schedule import SCHEDULE, ModelParameters, stem
from sim.state import Quarter, State
from sim.streams import Draws, QuarterDraws
from sim.timeline import Timeline, by_run, model_parameters


def arm_names(scenario: Scenario, arms: Sequence[str] | None = None) -> tuple[str, ...]:
    """Arms with their companions, in the order of the file; ``arms`` narrows to the names given, companions included.

    Raises KeyError for a name that is neither an arm nor a companion of one.
    """
    every = [name for arm in scenario.arms for name in (arm, *companions_of(scenario, arm))]
    if arms is None:
        return tuple(every)
    for name in arms:
        if name not in every:
            raise KeyError(name)
    return tuple(name for name in every if name in set(arms))


@dataclass
class _Block:
    """What all arms of a block share."""

    points: Sequence[Scenario]
    design_points: Sequence[int]
    replications: Sequence[int]
    seed: int
    population: Population
    draws: dict[str, Draws]
    streams: dict[str, Stream] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        return len(self.points) * len(self.replications)

    @property
    def single_entities(self) -> tuple[int, ...]:
        """Runs of which the accounts of single villages and vehicles are kept."""
        return tuple(
            position * len(self.replications) + place
            for position, point in enumerate(self.points)
            for place, replication in enumerate(self.replications)
            if replication in point.record_accounts_of
        )


def simulate_block(
    points: Sequence[Scenario],
    design_points: Sequence[int],
    replications: Sequence[int],
    arms: Sequence[str],
    seed: int,
    *,
    mechanisms: Sequence[ModuleType] = SCHEDULE,
    progress: Callable[[int], None] | None = None,
) -> list[Records]:
    """Simulate ``arms`` (companions by their names) for every design point and replication.

    Runs are ordered design point major, replication fastest; one Records an arm, in the order asked. The judged arm of
    a companion is simulated with it. Design points must agree in calendar and number of villages (ValueError).
    ``progress`` is called with the number of village-quarters done.
    """
    if len({(point.calendar, point.population.villages) for point in points}) != 1:
        raise ValueError("design points of one block must share their calendar and their number of villages")
    block = _block(points, design_points, replications, seed, mechanisms)
    needed = {judged(arm) for arm in arms if companion_kind(arm)}
    # a companion whose arm pays nothing at the first design point may be one at others: there it is no policy to the bit
    known = [name for arm in points[0].arms for name in (arm, *(f"{arm}@{kind}" for kind in KINDS))]
    order = [name for name in known if name in set(arms) | needed]
    kept: dict[str, Records] = {}
    for arm in order:
        simulation = Simulation(block, arm, mechanisms, stream_wanted=arm in needed)
        while not simulation.finished:
            simulation.step()
            if progress is not None:
                progress(block.runs * points[0].population.villages)
        if arm in arms:
            kept[arm] = simulation.records()
    return [kept[arm] for arm in arms]


def simulation_of_one(
    scenario: Scenario, arm: str, replication: int, seed: int, *, mechanisms: Sequence[ModuleType] = SCHEDULE
) -> Simulation:
    """One arm in one replication, before its first quarter; the judged arm of a companion is simulated for it.

    Raises KeyError for an arm that the scenario does not have.
    """
    arm_names(scenario, [arm])
    block = _block([scenario], [0], [replication], seed, mechanisms)
    if companion_kind(arm):
        judged_arm = Simulation(block, judged(arm), mechanisms, stream_wanted=True)
        while not judged_arm.finished:
            judged_arm.step()
    return Simulation(block, arm, mechanisms)


def _block(
    points: Sequence[Scenario],
    design_points: Sequence[int],
    replications: Sequence[int],
    seed: int,
    mechanisms: Sequence[ModuleType],
) -> _Block:
    first = points[0]
    draws = {
        stem(module): Draws(
            seed,
            replications,
            stem(module),
            first.calendar.quarters,
            first.population.villages,
            names=module.DRAWS,
            year_names=getattr(module, "YEAR_DRAWS", ()),
            run_names=getattr(module, "RUN_DRAWS", ()),
            fixed_names=getattr(module, "FIXED_DRAWS", ()),
        )
        for module in mechanisms
    }
    return _Block(points, design_points, replications, seed, draw(points, replications, seed), draws)


class Simulation:
    """One arm of a block, quarter by quarter: what simulate_block and the Mesa model both run.

    Between two quarters the books of the next one are open: :meth:`post` moves money there, and what is no money may
    be changed by assigning a changed copy to ``state``.
    """

    def __init__(
        self, block: _Block, arm: str, mechanisms: Sequence[ModuleType], *, stream_wanted: bool = False
    ) -> None:
        base = model_parameters(block.points, len(block.replications), mechanisms)
        self._block, self._arm, self._mechanisms = block, arm, mechanisms
        self._source = _Policies(block, arm, base) if not companion_kind(arm) else _Companion(block, arm, base)
        self._stream = Stream() if stream_wanted else None
        self.state = initial_state(block.population, base)
        self._ledger = Ledger(block.runs, self.state.villages, by_village={} if block.single_entities else None)
        self._keeper = Keeper(block, arm, self.state)
        self.index = 0
        self._ledger.open_quarter(self.state, self.index)

    @property
    def quarter(self) -> Quarter:
        """The quarter that the next :meth:`step` simulates."""
        return Quarter(self.index, self._block.points[0].calendar.start + self.index // 4, self.index % 4)

    @property
    def finished(self) -> bool:
        """Whether all quarters of the calendar have been simulated."""
        return self.index >= self._block.points[0].calendar.quarters

    def post(self, flows: Any) -> None:
        """Post flows on the books of the coming quarter; raises as :meth:`sim.accounts.Ledger.post` does."""
        self.state = self._ledger.post(self.state, flows)

    def step(self) -> None:
        """Simulate one quarter. Raises ValueError where none is left."""
        if self.finished:
            raise ValueError(f"arm {self._arm}: all {self.index} quarters of the calendar have been simulated")
        quarter, ledger = self.quarter, self._ledger
        parameters = self._source.at(quarter.index, self.state)
        coordination = self._walk(parameters, quarter)
        ledger.close_quarter(self.state)
        self._keeper.close_quarter(self._source.active(quarter.index), self._source.owed_change)
        if self._stream is not None and isinstance(self._source, _Policies):
            _record(self._stream, ledger, self._source, self.state, quarter.index, coordination, parameters)
        if quarter.closes_year:
            self._close_year()
        self.index += 1
        if not self.finished:
            ledger.open_quarter(self.state, self.index)
        elif self._stream is not None:
            self._block.streams[self._arm] = self._stream

    def records(self) -> Records:
        """What is kept of the years that are over."""
        return self._keeper.records(self._ledger)

    def _walk(self, parameters: ModelParameters, quarter: Quarter) -> Array:
        """All mechanisms in their order; returns the coordination that each member bears, 万元, (runs, villages)."""
        coordination = np.zeros((self._block.runs, self.state.villages))
        for module in self._mechanisms:
            name = stem(module)
            draws = QuarterDraws(self._block.draws[name], quarter.index, len(self._block.points))
            before = self.state
            state, flows = module.step(before, getattr(parameters, name), draws, quarter)
            self.state = self._ledger.post(state, flows)
            self._keeper.claim(getattr(flows, "asked", None))
            if isinstance(flows, joint_vehicle.Flows):
                coordination = _borne(before, flows)
        return coordination

    def _close_year(self) -> None:
        ledger, ending = self._ledger, self.state
        sums, self.state = ledger.close_year(ending)
        self._keeper.close_year(ending, self.state, sums)
        if ledger.by_village is not None:
            self._keeper.keep_entities(ledger.by_village)
            ledger.by_village = {}


class _Policies:
    """Parameters of an arm with policies of its own."""

    def __init__(self, block: _Block, arm: str, base: ModelParameters) -> None:
        self.timeline = Timeline(block.points, len(block.replications), arm, base)
        self.owed_change = np.zeros((block.runs, len(PUBLIC_PAYERS)))
        self._shape = block.population.population.shape

    def at(self, index: int, state: State) -> ModelParameters:
        return self.timeline.at(index, state)

    def active(self, index: int) -> Mask:
        return self.timeline.active(index)

    def covered(self, index: int, parameters: ModelParameters, state: State) -> tuple[Mask, Mask]:
        """Villages that any block has covered so far, and those that have a joint manager this quarter."""
        managed = in_charge(parameters.joint_management, self._shape) | (state.councils.of(state.vehicle) > 0)
        return self.timeline.covered(index, self._shape), managed


class _Companion:
    """Parameters of a companion: the baseline's, with the judged arm's money replayed."""

    def __init__(self, block: _Block, arm: str, base: ModelParameters) -> None:
        by_need = by_run([point.companion_allocation == "need" for point in block.points], len(block.replications))
        self._replay = Replay(block.streams[judged(arm)], companion_kind(arm), by_need)
        self._timeline = Timeline(block.points, len(block.replications), judged(arm), base)
        self._base = base
        self.owed_change = np.zeros((block.runs, len(PUBLIC_PAYERS)))

    def at(self, index: int, state: State) -> ModelParameters:
        parameters, self.owed_change = self._replay.at(index, self._base)
        return parameters

    def active(self, index: int) -> Mask:
        return self._timeline.active(index)


def _borne(state: State, flows: joint_vehicle.Flows) -> Array:
    """Coordination that each member bears this quarter, through the vehicle or called, 万元, (runs, villages).

    ``state`` is the one before the step: a vehicle that ends in it has no shares afterwards.
    """
    borne = np.zeros((state.runs, state.villages))
    if flows.coordination is not None:
        borne = borne + state.councils.of(flows.coordination) * state.dividend_share
    return borne if flows.coordination_call is None else borne + flows.coordination_call


def _record(
    stream: Stream,
    ledger: Ledger,
    source: _Policies,
    state: State,
    index: int,
    coordination: Array,
    parameters: ModelParameters,
) -> None:
    covered, managed = source.covered(index, parameters, state)
    stream.gross.append(ledger.paid_by_public)
    stream.staff.append(ledger.paid_for_staff)
    stream.returned.append(ledger.paid_back)
    stream.coordination.append(coordination)
    stream.covered.append(covered)
    stream.managed.append(managed)
    stream.parameters.append(parameters)
    stream.councils.append(state.councils)
    stream.centre.append(state.centre)
