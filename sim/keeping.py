"""Keeping 记录: what is kept of an arm, year by year, while it is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from sim.accounts import OWN_BUSINESS, PAYER_ACCOUNTS, Key, Ledger, balances
from sim.declare import PUBLIC_PAYERS, Array, Mask
from sim.records import VILLAGE_FLOATS, Records
from sim.scenario.scenario import Scenario
from sim.state import State


class Block(Protocol):
    """What the keeper must know of a block of runs."""

    @property
    def points(self) -> Sequence[Scenario]: ...
    @property
    def design_points(self) -> Sequence[int]: ...
    @property
    def replications(self) -> Sequence[int]: ...
    @property
    def runs(self) -> int: ...
    @property
    def single_entities(self) -> tuple[int, ...]: ...


class Keeper:
    """Collects what is kept of one arm."""

    def __init__(self, block: Block, arm: str, state: State) -> None:
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

    def close_quarter(self, active: Mask, owed_change: Array) -> None:
        self._active[:, self._year] |= active
        self._unreplayed[:, self._year] -= owed_change

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
                    (*key, village): amounts[place, : self._year, village]
                    for key, amounts in self._entities.items()
                    for village in np.flatnonzero(amounts[place].any(axis=0)).tolist()
                },
            )
            for place, run in enumerate(self._block.single_entities)
        )

    def records(self, ledger: Ledger) -> Records:
        """What has been kept of the years that are over."""
        replications = np.asarray(self._block.replications, dtype=np.int64)
        points = np.asarray(self._block.design_points, dtype=np.int64)
        n = self._year
        accounts = {key: amount[:, :n] for key, amount in self._accounts.items()}
        return Records(
            arm=self._arm,
            design_point=np.repeat(points, len(replications)),
            replication=np.tile(replications, len(points)),
            years=self._years[:n],
            villages={name: values[:, :n] for name, values in self._villages.items()},
            council=self._council[:, :n],
            town=self._town[:, :n],
            helper=self._helper[:, :n],
            exists=self._exists[:, :n],
            accounts=accounts,
            balances={name: balance[:, : n + 1] for name, balance in self._balances.items()},
            public_cost=_public_cost(accounts, (self._block.runs, n)),
            claims={payer: self._claims[:, :n, place] for place, payer in enumerate(PUBLIC_PAYERS)},
            unreplayed={payer: self._unreplayed[:, :n, place] for place, payer in enumerate(PUBLIC_PAYERS)},
            policy_active=self._active[:, :n],
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
