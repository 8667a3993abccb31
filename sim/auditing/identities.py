"""Identities of the books 账目恒等式: stocks against flows, villages against accounts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.accounts import INCOME
from sim.auditing.loaded import Loaded, failing, flow_name
from sim.auditing.notes import Notes
from sim.declare import Array
from sim.outcomes import TIERS, tier
from sim.records import VILLAGE_FLOATS

ABSOLUTE, RELATIVE = 1e-6, 1e-12
COLUMN_OF = {
    "operating": "operating_income",
    "investment": "investment_income",
    "tax_share": "tax_share",
    "subsidy": "subsidies",
}
"""Value of ``income`` in accounts -> column of villages."""


def differs(found: Array, expected: Array, size: Array | float = 0.0) -> np.ndarray:
    """Where two amounts differ by more than rounding can explain; NaN differs from everything but NaN."""
    scale = np.abs(found) + np.abs(expected) + size
    close = np.abs(found - expected) <= ABSOLUTE + RELATIVE * scale
    return np.asarray(~(close | (np.isnan(found) & np.isnan(expected))))


def account_failures(loaded: Loaded, notes: Notes) -> Iterator[str]:
    """Amounts, then opening + in - out = closing, then closing = next year's opening."""
    yield from _amounts(loaded)
    yield from _unknown_accounts(loaded)
    into, out = _sums(loaded, "to_account"), _sums(loaded, "from_account")
    n = len(loaded.accounts)
    expected = loaded.opening + into - out
    wrong = differs(loaded.closing, expected, np.abs(loaded.opening) + into + out)
    opening, closing = loaded.opening.ravel(), loaded.closing.ravel()
    flat_in, flat_out = into.ravel(), out.ravel()

    def unbalanced(i: int) -> str:
        return (
            f"balances: account {loaded.accounts[i % n]}, {loaded.of_cell(i // n)}: opening {opening[i]:.6f} + in "
            f"{flat_in[i]:.6f} - out {flat_out[i]:.6f} is not closing {closing[i]:.6f} 万元 (off by "
            f"{closing[i] - opening[i] - flat_in[i] + flat_out[i]:+.6g})"
        )

    yield from failing(wrong.ravel(), unbalanced)
    yield from _continuity(loaded)


def _continuity(loaded: Loaded) -> Iterator[str]:
    n = len(loaded.accounts)
    wrong = np.zeros(loaded.opening.shape, dtype=bool)
    wrong[:, 1:] = differs(loaded.opening[:, 1:], loaded.closing[:, :-1])

    def torn(i: int) -> str:
        return (
            f"balances: account {loaded.accounts[i % n]}, {loaded.of_cell(i // n)}: opening "
            f"{loaded.opening.ravel()[i]:.6f} is not the year before's closing "
            f"{loaded.closing.ravel()[i - n]:.6f} 万元"
        )

    yield from failing(wrong.ravel(), torn)


def _amounts(loaded: Loaded) -> Iterator[str]:
    wrong = ~(np.isfinite(loaded.amount) & (loaded.amount >= 0.0))
    yield from failing(
        wrong, lambda i: f"accounts: {flow_name(loaded, i)}: amount {loaded.amount[i]} is not a finite number >= 0"
    )
    known = np.array([name in INCOME for name in loaded.flow_names["income"]])
    yield from failing(
        ~known[loaded.flow_codes["income"]],
        lambda i: f"accounts: {flow_name(loaded, i)}: income is none of {', '.join(INCOME)}",
    )


def _unknown_accounts(loaded: Loaded) -> Iterator[str]:
    for side in ("from_account", "to_account"):
        known = np.array([name in loaded.accounts for name in loaded.flow_names[side]])
        yield from failing(
            ~known[loaded.flow_codes[side]],
            lambda i: f"accounts: {flow_name(loaded, i)}: an account has no balance",
        )


def _sums(loaded: Loaded, side: str) -> Array:
    """Flows summed by the account on one side, shaped as the balances."""
    n = len(loaded.accounts)
    names = loaded.flow_names[side]
    place = np.array([loaded.accounts.index(name) if name in loaded.accounts else n for name in names])
    index = loaded.flow_cell * (n + 1) + place[loaded.flow_codes[side]]
    sums = np.bincount(index, weights=loaded.amount, minlength=loaded.cells * (n + 1))
    return np.asarray(sums.reshape(-1, n + 1)[:, :n].reshape(loaded.opening.shape))


def flows_between(loaded: Loaded, chosen: np.ndarray) -> Array:
    """Chosen flows summed by cell, (runs, years)."""
    sums = np.bincount(loaded.flow_cell[chosen], weights=loaded.amount[chosen], minlength=loaded.cells)
    return np.asarray(sums.reshape(loaded.runs, -1))


def code_of(loaded: Loaded, column: str, name: str) -> int:
    """Code of a text in a column of accounts; -1 where it does not occur."""
    names = loaded.flow_names[column]
    return names.index(name) if name in names else -1


def village_failures(loaded: Loaded, notes: Notes) -> Iterator[str]:
    """Villages against the accounts, and their columns against one another."""
    for column in VILLAGE_FLOATS:
        yield from _not_finite(loaded, column)
    for income, column in COLUMN_OF.items():
        yield from _income_against_accounts(loaded, income, column)
    for column, account in (("cash", "village.cash"), ("project_assets", "village.assets")):
        yield from _stock_against_balance(loaded, column, account)
    of = loaded.village
    earned = of["operating_income"] + of["investment_income"]
    yield from _sum_of_columns(loaded, "earned_income", earned)
    yield from _sum_of_columns(loaded, "total_income", earned + of["tax_share"] + of["subsidies"])
    yield from _tiers(loaded)


def _not_finite(loaded: Loaded, column: str) -> Iterator[str]:
    held = loaded.village[column].ravel()
    yield from failing(~np.isfinite(held), lambda i: f"villages: {column}, {_village(loaded, i)}: {held[i]}")


def _income_against_accounts(loaded: Loaded, income: str, column: str) -> Iterator[str]:
    marked = loaded.flow_codes["income"] == code_of(loaded, "income", income)
    into = _side(loaded, "to_account", "village.cash") & marked
    out = _side(loaded, "from_account", "village.cash") & marked
    posted_in, posted_out = flows_between(loaded, into), flows_between(loaded, out)
    held = loaded.village[column].sum(axis=2)
    wrong = differs(held, posted_in - posted_out, posted_in + posted_out)
    flat, posted = held.ravel(), (posted_in - posted_out).ravel()
    yield from failing(
        wrong.ravel(),
        lambda i: (
            f"villages: {column}, {loaded.of_cell(i)}: the villages' sum {flat[i]:.6f} is not what the "
            f"accounts say, {posted[i]:.6f} 万元 (flows marked {income} into village.cash less those out)"
        ),
    )


def _side(loaded: Loaded, column: str, account: str) -> np.ndarray:
    return np.asarray(loaded.flow_codes[column] == code_of(loaded, column, account))


def _stock_against_balance(loaded: Loaded, column: str, account: str) -> Iterator[str]:
    if account not in loaded.accounts:
        yield f"balances: no account {account}"
        return
    balance = loaded.closing[:, :, loaded.accounts.index(account)]
    held = loaded.village[column].sum(axis=2)
    size = np.abs(loaded.village[column]).sum(axis=2)
    yield from failing(
        differs(held, balance, size).ravel(),
        lambda i: (
            f"villages: {column}, {loaded.of_cell(i)}: the villages' sum {held.ravel()[i]:.6f} is not the "
            f"closing of {account}, {balance.ravel()[i]:.6f} 万元"
        ),
    )


def _sum_of_columns(loaded: Loaded, column: str, parts: Array) -> Iterator[str]:
    found, wanted = loaded.village[column].ravel(), parts.ravel()

    def describe(i: int) -> str:
        where = f"villages: {column}, {_village(loaded, i)}"
        return f"{where}: {found[i]:.6f} is not the sum of its parts, {wanted[i]:.6f} 万元"

    yield from failing(differs(found, wanted), describe)


def _tiers(loaded: Loaded) -> Iterator[str]:
    found = loaded.village["tier"]
    wrong = found != np.array(TIERS)[tier(loaded.village["earned_income"])]

    def describe(i: int) -> str:
        return f"villages: tier, {_village(loaded, i)}: {found.flat[i]} does not fit its earned income"

    yield from failing(wrong.ravel(), describe)


def _village(loaded: Loaded, place: int) -> str:
    return f"{loaded.of_cell(place // loaded.villages)}, village {place % loaded.villages}"
