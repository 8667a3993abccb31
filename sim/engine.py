"""The engine 引擎: runs a block of design points x replications for a list of arms.

The loop knows no policy and no process: it walks the schedule, lets the ledger post, and keeps records. All arms of a
block share their draws and their initial villages; a companion is simulated after the arm that it accompanies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

from sim.accounts import OWN_BUSINESS, PAYER_ACCOUNTS, Key, Ledger, balances
from sim.companions import Replay, Stream, companion_kind, companions_of, in_charge, judged
from sim.declare import PUBLIC_PAYERS, Array, Mask
from sim.initialization import initial_state
from sim.mechanisms import joint_vehicle
from sim.population.population import Population, draw
from sim.records import VILLAGE_FLOATS, Records
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
    order = [name for name in arm_names(points[0]) if name in set(arms) | needed]
    kept: dict[str, Records] = {}
    for arm in order:
        records = _simulate(block, arm, arm in needed, mechanisms, progress)
        if arm in arms:
            kept[arm] = records
    return [kept[arm] for arm in arms]


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


def _simulate(
    block: _Block,
    arm: str,
    stream_wanted: bool,
    mechanisms: Sequence[ModuleType],
    progress: Callable[[int], None] | None,
) -> Records:
    base = model_parameters(block.points, len(block.replications))
    source = _Policies(block, arm, base) if not companion_kind(arm) else _Companion(block, arm, base)
    stream = Stream() if stream_wanted else None
    state = initial_state(block.population, base)
    ledger = Ledger(block.runs, state.villages, by_village={} if block.single_entities else None)
    keeper = _Keeper(block, arm, state)
    for index in range(block.points[0].calendar.quarters):
        quarter = Quarter(index, block.points[0].calendar.start + index // 4, index % 4)
        parameters = source.at(index, state)
        ledger.open_quarter(state, index)
        coordination = np.zeros((block.runs, state.villages))
        for module in mechanisms:
            name = stem(module)
            draws = QuarterDraws(block.draws[name], index, len(block.points))
            before = state
            state, flows = module.step(state, getattr(parameters, name), draws, quarter)
            state = ledger.post(state, flows)
            keeper.claim(getattr(flows, "asked", None))
            if isinstance(flows, joint_vehicle.Flows):
                coordination = _borne(before, flows)
        ledger.close_quarter(state)
        keeper.close_quarter(source, index)
        if stream is not None and isinstance(source, _Policies):
            _record(stream, ledger, source, state, index, coordination, parameters)
        if quarter.closes_year:
            ending = state
            sums, state = ledger.close_year(state)
            keeper.close_year(ending, state, sums)
            if ledger.by_village is not None:
                keeper.keep_entities(ledger.by_village)
                ledger.by_village = {}
        if progress is not None:
            progress(block.runs * state.villages)
    if stream is not None:
        block.streams[arm] = stream
    return keeper.records(ledger)


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


class _Keeper:
    """Collects what is kept of one arm."""

    def __init__(self, block: _Block, arm: str, state: State) -> None:
        calendar = block.points[0].calendar
        years, shape = calendar.years, (block.runs, calendar.years, state.villages)
        self._block, self._arm, self._year = block, arm, 0
        self._years = np.arange(calendar.start, calendar.start + years)
        self._villages = {name: np.empty(shape) for name in VILLAGE_FLOATS}
        self._council, self._town = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        self._helper, self._exists = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=bool)
        self._accounts: dict[Key, Array] = {}
        self._balances = {name: np.zeros((block.runs, years + 1)) for name in balances(state)}
        for name, opening in balances(state).items():
            self._balances[name][:, 0] = opening
        self._claims = np.zeros((block.runs, years, len(PUBLIC_PAYERS)))
        self._unreplayed = np.zeros((block.runs, years, len(PUBLIC_PAYERS)))
        self._active = np.zeros((block.runs, years), dtype=bool)
        self._safeguards: dict[str, Array] = {}
        self._entities: dict[Key, Array] = {}

    def claim(self, asked: Array | None) -> None:
        """Add what was asked of public payers, shape (runs, payers, villages)."""
        if asked is not None:
            self._claims[:, self._year] += asked.sum(axis=2)

    def close_quarter(self, source: _Policies | _Companion, index: int) -> None:
        self._active[:, self._year] |= source.active(index)
        self._unreplayed[:, self._year] -= source.owed_change

    def close_year(self, ending: State, state: State, sums: dict[Key, Array]) -> None:
        """Keep the year: ``ending`` still holds its income, ``state`` opens the next one."""
        year = self._year
        for name, values in _village_columns(ending).items():
            self._villages[name][:, year] = values
        self._council[:, year], self._town[:, year] = ending.councils.council, ending.town
        self._helper[:, year] = ending.helper
        self._exists[:, year] = ending.exists
        for key, amount in sums.items():
            if key not in self._accounts:
                self._accounts[key] = np.zeros((self._block.runs, len(self._years)))
            self._accounts[key][:, year] = amount
        for name, balance in balances(state).items():
            self._balances[name][:, year + 1] = balance
        for name, bites in safeguards(ending).items():
            self._safeguards[name] = self._safeguards.get(name, 0.0) + bites.sum(axis=1)
        self._year += 1

    def keep_entities(self, amounts: dict[Key, Array]) -> None:
        """Keep the year that :meth:`close_year` has just closed by single village or founding village."""
        rows = list(self._block.single_entities)
        for key, amount in amounts.items():
            if key not in self._entities:
                self._entities[key] = np.zeros((len(rows), len(self._years), amount.shape[1]))
            self._entities[key][:, self._year - 1] = amount[rows]

    def _by_entity(self) -> tuple[tuple[int, dict[tuple[str, str, str, str, int], Array]], ...]:
        return tuple(
            (
                run,
                {
                    (*key, village): amounts[place, :, village]
                    for key, amounts in self._entities.items()
                    for village in np.flatnonzero(amounts[place].any(axis=0)).tolist()
                },
            )
            for place, run in enumerate(self._block.single_entities)
        )

    def records(self, ledger: Ledger) -> Records:
        replications = np.asarray(self._block.replications, dtype=np.int64)
        points = np.asarray(self._block.design_points, dtype=np.int64)
        return Records(
            arm=self._arm,
            design_point=np.repeat(points, len(replications)),
            replication=np.tile(replications, len(points)),
            years=self._years,
            villages=self._villages,
            council=self._council,
            town=self._town,
            helper=self._helper,
            exists=self._exists,
            accounts=self._accounts,
            balances=self._balances,
            public_cost=_public_cost(self._accounts, self._claims.shape[:2]),
            claims={payer: self._claims[:, :, n] for n, payer in enumerate(PUBLIC_PAYERS)},
            unreplayed={payer: self._unreplayed[:, :, n] for n, payer in enumerate(PUBLIC_PAYERS)},
            policy_active=self._active,
            safeguards=self._safeguards,
            worst_imbalance=ledger.worst_imbalance,
            entities=self._by_entity(),
        )


def _village_columns(state: State) -> dict[str, Array]:
    earned = state.earned_income
    total = earned + state.tax_share + state.subsidies
    return {
        "cash": state.cash,
        "operating_income": state.operating_income,
        "investment_income": state.investment_income,
        "earned_income": earned,
        "tax_share": state.tax_share,
        "subsidies": state.subsidies,
        "total_income": total,
        # Without contests nobody gains by reporting more than there is.
        "reported_income": total,
        "trust": state.trust,
        "own_contribution_share": state.own_contribution_share,
        "earmarked_contribution_share": state.earmarked_contribution_share,
        "project_assets": state.project_assets,
        "know_how": state.know_how,
        "jobs": state.jobs,
        "household_wages": state.household_wages,
        "local_tax": state.local_tax,
    }


def _public_cost(accounts: dict[Key, Array], shape: tuple[int, ...]) -> dict[str, Array]:
    """Net cost by public payer and year: flows out of a payer's account for policies, less those that come back."""
    cost: dict[str, Array] = {}
    for payer, account in PAYER_ACCOUNTS.items():
        cost[payer] = np.zeros(shape)
        # in the order of keys, so that no bit depends on which flow came first in the batch
        for (source, target, kind, _), amount in sorted(accounts.items(), key=lambda item: item[0]):
            if kind in OWN_BUSINESS:
                continue
            if source == account:
                cost[payer] = cost[payer] + amount
            if target == account:
                cost[payer] = cost[payer] - amount
    return cost


def safeguards(state: State) -> dict[str, Array]:
    """Villages in which a bound of the model bites at the end of a year, 1 or 0, shape (runs, villages).

    A run in which these are frequent is a fault of the model or of its parameters, not a result.
    """
    return {
        "trust_near_bound": ((state.trust < 0.02) | (state.trust > 0.98)).astype(float),
        "hazard_at_bound": ((state.log_care > -np.log(0.3)) | (state.log_care < -np.log(3.0))).astype(float),
        "arrears": (state.vehicle_arrears > 0).astype(float),
        "no_own_cash": (state.own_cash <= 0).astype(float),
        "firms_turned_away": state.firms_turned_away,
    }
