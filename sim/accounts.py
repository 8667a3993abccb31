"""The books 账目: every flow is posted once, between two named accounts.

A mechanism declares its flows with :func:`flow` in a frozen dataclass ``Flows`` and returns amounts; only
:meth:`Ledger.post` moves cash. Project capital is kept project by project by the mechanisms, and the ledger checks it
against the flows. Amounts are never negative. A flow between a village and its joint vehicle is
given by village; the ledger adds up a council's members on the vehicle's side. A flow from villages to other villages is
a :class:`Transfer`, given on both sides.

At the end of each quarter the ledger compares the stocks in the state with what was posted (relative 1e-9) and names
the account where they differ. At the end of a year it hands over the sums by (from, to, kind) and the balances.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.declare import PUBLIC_PAYERS, Array, VillageArray
from sim.state import State

PAYER_ACCOUNTS = {
    "centre": "centre.programme",
    "province": "province.programme",
    "county": "county.programme",
    "town": "town.treasury",
}
BOUNDARY = (
    *PAYER_ACCOUNTS.values(),
    "enterprise",
    "bank",
    "household",
    "staff",
    "outside",
    "other_counties",
    "depreciation",
    "write_off",
)
"""Accounts outside the villages: running balances that may be negative."""
OWN_BUSINESS = frozenset({"base_transfer", "fiscal_base", "local_tax", "park"})
"""Kinds of flows of public payers that run in every arm, policy or not: they are no policy's cost and no repayment."""
KEPT_STAFF = frozenset({"funding_pool", "centre_village", "joint_services", "council_grouping"})
"""Kinds whose staff time a companion keeps that keeps joint managers, councils and joint offices."""
STOCKS = ("village.cash", "village.assets", "vehicle.cash", "vehicle.assets")
ACCOUNTS = (*STOCKS, *BOUNDARY)
ACCOUNTS_ZH = {
    "village.cash": "村集体资金",
    "village.assets": "村集体经营性资产",
    "vehicle.cash": "联合社资金",
    "vehicle.assets": "联合社资产",
    "centre.programme": "中央项目资金",
    "province.programme": "省级项目资金",
    "county.programme": "县级项目资金",
    "town.treasury": "乡镇财政",
    "enterprise": "企业",
    "bank": "银行",
    "household": "农户",
    "staff": "工作人员",
    "outside": "外部市场",
    "other_counties": "其他县市",
    "depreciation": "折旧",
    "write_off": "核销",
}
INCOME = ("operating", "investment", "tax_share", "subsidy", "none")
_CASH_FIELD = {"village.own_cash": "own_cash", "vehicle.cash": "vehicle_cash"}
_INCOME_FIELD = {
    "operating": "operating_income",
    "investment": "investment_income",
    "tax_share": "tax_share",
    "subsidy": "subsidies",
}
TOLERANCE = 1e-9
OTHER_VILLAGES = "other_village.cash"
"""The other side of a transfer where single villages are recorded: each side has a row of its own there."""


class Transfer(NamedTuple):
    """Money from villages to other villages, 万元, each of shape (runs, villages); a run pays what it receives."""

    paid: VillageArray
    received: VillageArray


class BooksDoNotClose(ArithmeticError):
    """A stock in the state differs from what was posted; the message names account, quarter, run and village."""


@dataclass(frozen=True)
class FlowDeclaration:
    """One kind of flow: accounts, kind, income column.

    ``source`` or ``target`` may be "payers": the amount then has shape (runs, public payers, villages) and moves
    between each payer's account and the other side. ``village.own_cash`` and ``village.earmarked`` are the two
    purses behind the account ``village.cash``. The amount of a flow from village.own_cash to village.own_cash is a
    :class:`Transfer`: its income column falls at who pays and rises at who receives.
    """

    name: str
    source: str
    target: str
    kind: str
    income: str
    zh: str
    meaning: str


def flow(source: str, target: str, *, kind: str, zh: str, meaning: str, income: str = "none") -> Any:
    """Declare a flow of a mechanism; its value is the amount in 万元 of the quarter, or None where nothing flows."""
    if income not in INCOME:
        raise ValueError(f"income {income!r} is not one of {INCOME}")
    declaration = dict(source=source, target=target, kind=kind, income=income, zh=zh, meaning=meaning)
    return dataclasses.field(default=None, metadata={"flow": declaration})


def flow_declarations(owner: type) -> tuple[FlowDeclaration, ...]:
    """The flows that a ``Flows`` class declares, in the order written."""
    return tuple(
        FlowDeclaration(name=f.name, **f.metadata["flow"]) for f in dataclasses.fields(owner) if "flow" in f.metadata
    )


Key = tuple[str, str, str, str]
"""(from account, to account, kind, income), the key of a row of the accounts table."""


@dataclass
class Ledger:
    """Posts flows for one batch of runs. Private to the engine; the state never refers to it."""

    runs: int
    villages: int
    quarter: int = 0
    year_sums: dict[Key, Array] = dataclasses.field(default_factory=dict)
    """Sums of the year so far, shape (runs,), by key."""
    by_village: dict[Key, VillageArray] | None = None
    """Where single entities are recorded: amounts of the year by village or founding village, shape (runs, villages)."""
    paid_by_public: Array = dataclasses.field(default_factory=lambda: np.zeros(0))
    """(runs, public payers): what policies took from each payer this quarter, staff included."""
    paid_for_staff: Array = dataclasses.field(default_factory=lambda: np.zeros(0))
    """(runs, public payers): the part of it that paid for staff time of a kind in :data:`KEPT_STAFF`."""
    paid_back: Array = dataclasses.field(default_factory=lambda: np.zeros(0))
    """(runs, public payers): what came back to each payer this quarter."""
    _net: dict[str, VillageArray] = dataclasses.field(default_factory=dict)
    _opening: dict[str, VillageArray] = dataclasses.field(default_factory=dict)
    worst_imbalance: Array = dataclasses.field(default_factory=lambda: np.zeros(0))
    _declared: dict[type, tuple[FlowDeclaration, ...]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.worst_imbalance = np.zeros(self.runs)
        self._net = {account: np.zeros((self.runs, self.villages)) for account in STOCKS}

    def open_quarter(self, state: State, quarter: int) -> None:
        """Remember the stocks at the start of a quarter, for :meth:`close_quarter`."""
        self.quarter = quarter
        if not self._opening:
            self._opening = stocks(state)
        for net in self._net.values():
            net.fill(0.0)
        self.paid_by_public, self.paid_for_staff, self.paid_back = (
            np.zeros((self.runs, len(PUBLIC_PAYERS))) for _ in range(3)
        )

    def post(self, state: State, flows: Any) -> State:
        """Move the money of all flows; returns the new state. Raises ValueError for a negative or NaN amount."""
        declared = self._declared.get(type(flows))
        if declared is None:
            declared = self._declared[type(flows)] = flow_declarations(type(flows))
        moves = _Moves(state)
        for declaration in declared:
            amount = getattr(flows, declaration.name)
            if amount is None:
                continue
            for side in amount if isinstance(amount, Transfer) else (amount,):
                self._refuse_negative(declaration, side)
            if isinstance(amount, Transfer):
                self._transfer(moves, declaration, amount)
            else:
                self._post_one(moves, declaration, amount)
        return moves.state()

    def _refuse_negative(self, declaration: FlowDeclaration, amount: Array) -> None:
        smallest = amount.min()
        if not smallest >= 0.0:
            raise ValueError(
                f"flow {declaration.kind} ({declaration.source} to {declaration.target}) has the amount "
                f"{smallest} in quarter {self.quarter}: amounts must not be negative"
            )

    def _transfer(self, moves: _Moves, declaration: FlowDeclaration, amount: Transfer) -> None:
        paid, received = amount.paid.sum(axis=1), amount.received.sum(axis=1)
        gap = np.abs(paid - received) / (paid + received + 1.0)
        if not gap.max() <= TOLERANCE:
            run = int(np.argmax(gap))
            raise BooksDoNotClose(
                f"flow {declaration.kind} between villages, run {run} of the batch, quarter {self.quarter}: they pay "
                f"{paid[run]:.12g} 万元 and receive {received[run]:.12g} 万元"
            )
        net, income = self._net["village.cash"], _INCOME_FIELD.get(declaration.income)
        for side, sign in ((amount.paid, -1.0), (amount.received, 1.0)):
            net += sign * side
            moves.move(declaration.source, -1, side, sign)
            if income is not None:
                moves.income(income, side, into=sign > 0)
        own = _stored(declaration.source)
        self._add((own, own, declaration.kind, declaration.income), paid)
        self._record((own, OTHER_VILLAGES, declaration.kind, declaration.income), amount.paid)
        self._record((OTHER_VILLAGES, own, declaration.kind, declaration.income), amount.received)

    def _post_one(self, moves: _Moves, declaration: FlowDeclaration, amount: Array) -> None:
        if "payers" in (declaration.source, declaration.target):
            for position, payer in enumerate(PUBLIC_PAYERS):
                part = amount[:, position, :]
                if part.any():
                    self._move(moves, declaration, part, PAYER_ACCOUNTS[payer], position)
        elif amount.ndim == 3:
            for position in range(len(PUBLIC_PAYERS)):
                part = amount[:, position, :]
                if part.any():
                    self._move(moves, declaration, part, "", position)
        else:
            self._move(moves, declaration, amount, "", -1)

    def _move(self, moves: _Moves, declaration: FlowDeclaration, amount: Array, payer: str, position: int) -> None:
        source = payer if declaration.source == "payers" else declaration.source
        target = payer if declaration.target == "payers" else declaration.target
        entities = {source.partition(".")[0], target.partition(".")[0]}
        # Given by member: flows between a village and its vehicle, and public money (a match is paid member by member).
        by_member = "vehicle" in entities and ("village" in entities or position >= 0)
        at_council = moves.councils.total(amount) if by_member else amount
        for account, sign in ((source, -1.0), (target, 1.0)):
            side = at_council if account.startswith("vehicle.") else amount
            stored = _stored(account)
            if stored in self._net:
                net = self._net[stored]
                np.add(net, side, out=net) if sign > 0 else np.subtract(net, side, out=net)
            moves.move(account, position, side, sign)
        if declaration.income != "none":
            moves.income(_INCOME_FIELD[declaration.income], amount, into=target.startswith("village."))
        key = (_stored(source), _stored(target), declaration.kind, declaration.income)
        total = amount.sum(axis=1)
        if position >= 0 and payer:
            self._count_public(position, total, declaration.kind, source=source, target=target)
            if payer == PAYER_ACCOUNTS["town"]:
                moves.count("town_outlay", amount, 1.0 if source == payer else -1.0)
        self._add(key, total)
        self._record(key, amount)

    def _add(self, key: Key, total: Array) -> None:
        self.year_sums[key] = self.year_sums[key] + total if key in self.year_sums else total

    def _record(self, key: Key, amount: VillageArray) -> None:
        if self.by_village is not None:
            self.by_village[key] = self.by_village.get(key, 0.0) + amount

    def _count_public(self, position: int, total: Array, kind: str, *, source: str, target: str) -> None:
        if target in BOUNDARY[: len(PUBLIC_PAYERS)]:
            self.paid_back[:, position] += total
            return
        self.paid_by_public[:, position] += total
        if target == "staff" and kind in KEPT_STAFF:
            self.paid_for_staff[:, position] += total

    def close_quarter(self, state: State) -> None:
        """Compare stocks and postings; raises :class:`BooksDoNotClose` where they differ by more than 1e-9."""
        before, self._opening = self._opening, stocks(state)
        for account, closing in self._opening.items():
            opening = before[account]
            difference = np.abs(closing - opening - self._net[account])
            scale = np.abs(opening) + np.abs(closing) + np.abs(self._net[account]) + 1.0
            imbalance = difference / scale
            np.maximum(self.worst_imbalance, imbalance.max(axis=1), out=self.worst_imbalance)
            if not imbalance.max() <= TOLERANCE:
                run, village = np.unravel_index(int(np.argmax(np.nan_to_num(imbalance, nan=np.inf))), imbalance.shape)
                raise BooksDoNotClose(
                    f"account {account} of village {village} in run {run} of the batch, quarter {self.quarter}: the "
                    f"stock moved by {closing[run, village] - opening[run, village]:.12g} 万元, the flows posted say "
                    f"{self._net[account][run, village]:.12g} 万元"
                )

    def close_year(self, state: State) -> tuple[dict[Key, Array], State]:
        """Hand over the year's sums; bring boundary balances and last year's income in the state up to date."""
        boundary = state.boundary.copy()
        # in the order of keys: which flow came first may depend on the batch, and the last bit on the order of a sum
        for (source, target, _, _), amount in sorted(self.year_sums.items(), key=lambda item: item[0]):
            if source in BOUNDARY:
                boundary[:, BOUNDARY.index(source)] -= amount
            if target in BOUNDARY:
                boundary[:, BOUNDARY.index(target)] += amount
        sums, self.year_sums = self.year_sums, {}
        nothing = np.zeros_like(state.operating_income)
        return sums, state.replace(
            boundary=boundary,
            earned_last_year=state.earned_income,
            operating_income=nothing,
            investment_income=nothing,
            tax_share=nothing,
            subsidies=nothing,
            own_return=nothing,
            town_outlay_last_year=state.town_outlay,
            town_outlay=nothing,
        )


def stocks(state: State) -> dict[str, VillageArray]:
    """The stocks of the state by account, 万元, shape (runs, villages); vehicles at the founding village."""
    return {
        "village.cash": state.cash,
        "village.assets": state.project_assets,
        "vehicle.cash": state.vehicle_cash,
        "vehicle.assets": state.joint_assets,
    }


def balances(state: State) -> dict[str, Array]:
    """Balance of every account, 万元, shape (runs,), read from the stocks in the state."""
    held = {account: stock.sum(axis=1) for account, stock in stocks(state).items()}
    return held | {account: state.boundary[:, position] for position, account in enumerate(BOUNDARY)}


def _stored(account: str) -> str:
    return "village.cash" if account in ("village.own_cash", "village.earmarked") else account


class _Moves:
    """Stocks on their way from one state to the next."""

    def __init__(self, state: State) -> None:
        self._before = state
        self.councils = state.councils
        self._changed: dict[str, Array] = {}

    def move(self, account: str, position: int, amount: Array, sign: float) -> None:
        if account == "village.earmarked":
            earmarked = self._changed.get("earmarked")
            if earmarked is None:
                earmarked = self._changed["earmarked"] = self._before.earmarked.copy()
            earmarked[:, position, :] += sign * amount
        elif account in _CASH_FIELD:
            name = _CASH_FIELD[account]
            now = self._changed.get(name)
            before = getattr(self._before, name) if now is None else now
            self._changed[name] = before + amount if sign > 0 else before - amount

    def income(self, name: str, amount: Array, *, into: bool) -> None:
        self.count(name, amount, 1.0 if into else -1.0)

    def count(self, name: str, amount: Array, sign: float) -> None:
        """Add to a running sum in the state that is no stock of an account."""
        now = self._changed.get(name)
        before = getattr(self._before, name) if now is None else now
        self._changed[name] = before + amount if sign > 0 else before - amount

    def state(self) -> State:
        return self._before.replace(**self._changed) if self._changed else self._before
