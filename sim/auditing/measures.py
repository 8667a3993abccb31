"""Columns that are measured, recomputed 结果复算: public cost from the accounts, outcomes from the villages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.accounts import OWN_BUSINESS, PAYER_ACCOUNTS
from sim.analysis.study import calendar_window
from sim.auditing.identities import code_of, differs, flows_between
from sim.auditing.loaded import Codes, Loaded, failing
from sim.auditing.notes import Notes
from sim.declare import PUBLIC_PAYERS, Array
from sim.language import Text
from sim.outcomes import NO_POLICY, OUTCOMES, SAME_MONEY, Observed, compared_arm, terciles


def public_cost_failures(loaded: Loaded, notes: Notes) -> Iterator[str]:
    """Public cost by payer: of the year from the accounts, of the run from the years; then what was replayed."""
    for payer in PUBLIC_PAYERS:
        column = f"public_cost_{payer}"
        paid, returned = _paid(loaded, payer)
        yield from _compare(loaded, "yearly", column, loaded.yearly[column], paid - returned, paid + returned)
        whole = loaded.yearly[column].sum(axis=1)
        yield from _compare(loaded, "runs", column, loaded.outcomes[column], whole)
    yield from _unreplayed(loaded)


def _paid(loaded: Loaded, payer: str) -> tuple[Array, Array]:
    """What a payer paid for policies, and what came back to it, (runs, years) each."""
    account = PAYER_ACCOUNTS[payer]
    out = loaded.flow_codes["from_account"] == code_of(loaded, "from_account", account)
    into = loaded.flow_codes["to_account"] == code_of(loaded, "to_account", account)
    own = [code_of(loaded, "kind", kind) for kind in sorted(OWN_BUSINESS)]
    policy = ~np.isin(loaded.flow_codes["kind"], own)
    return flows_between(loaded, out & policy), flows_between(loaded, into & policy)


def _unreplayed(loaded: Loaded) -> Iterator[str]:
    """Companions: what they paid plus ``unreplayed`` is the net cost of the arm they belong to."""
    for companion in loaded.arms:
        judged, _, sort = companion.partition("@")
        if sort and judged in loaded.arms:
            for payer in PUBLIC_PAYERS:
                yield from _unreplayed_of(loaded, companion, judged, payer)


def _unreplayed_of(loaded: Loaded, companion: str, judged: str, payer: str) -> Iterator[str]:
    own, years = loaded.runs_of(companion), len(loaded.years)
    paid = _paid(loaded, payer)[0][own]
    found = paid + loaded.yearly[f"unreplayed_{payer}"][own]
    wanted = loaded.yearly[f"public_cost_{payer}"][loaded.runs_of(judged)]

    def describe(i: int) -> str:
        where = loaded.of_cell(int(own[i // years]) * years + i % years)
        return (
            f"yearly: unreplayed_{payer}, {where}: paid plus unreplayed {found.flat[i]:.6f} is not the cost of "
            f"{judged}, {wanted.flat[i]:.6f} 万元"
        )

    yield from failing(differs(found, wanted).ravel(), describe)


_NOT_RECOMPUTED = Text(
    "{name} of arm {arm} was not recomputed: arm {reference} is not stored",
    "方案 {arm} 的 {name} 未复算：未保存方案 {reference}",
)


def outcome_failures(loaded: Loaded, notes: Notes) -> Iterator[str]:
    """Every outcome column of yearly and runs, from the villages table."""
    window = calendar_window(loaded.manifest)
    for arm in loaded.arms:
        runs = loaded.runs_of(arm)
        seen = _observe(loaded, arm, runs)
        for name in loaded.manifest["outcomes"]:
            reference = _missing_reference(loaded, arm, name)
            if reference:
                notes.add(_NOT_RECOMPUTED, name=name, arm=arm, reference=reference)
                continue
            of_years, of_run = OUTCOMES[name].yearly(seen), OUTCOMES[name].over_window(seen, window)
            yield from _compare(loaded, "yearly", name, loaded.yearly[name][runs], of_years, runs=runs)
            yield from _compare(loaded, "runs", name, loaded.outcomes[name][runs], of_run, runs=runs)


def _observe(loaded: Loaded, arm: str, runs: Codes) -> Observed:
    villages = {name: column[runs] for name, column in loaded.village.items() if name not in ("exists", "tier")}
    exists = loaded.village["exists"][runs]
    before = max(loaded.manifest["calendar"]["burn_in_years"] - 1, 0)
    cost = sum((loaded.yearly[f"public_cost_{payer}"][runs] for payer in PUBLIC_PAYERS), start=np.zeros(()))
    return Observed(
        villages=villages,
        exists=exists,
        first_policy_year=loaded.manifest["calendar"]["burn_in_years"],
        terciles=terciles(villages["earned_income"][:, before], exists[:, before]),
        public_cost=cost,
        no_policy=_earned(loaded, NO_POLICY),
        same_money=_earned(loaded, arm + SAME_MONEY),
    )


def _earned(loaded: Loaded, arm: str) -> Array | None:
    return loaded.village["earned_income"][loaded.runs_of(arm)] if arm in loaded.arms else None


def _missing_reference(loaded: Loaded, arm: str, outcome: str) -> str:
    """The arm that an outcome is measured against, where it was simulated and not stored."""
    wanted = compared_arm(outcome, arm)
    simulated = loaded.manifest["simulated_arms"]
    return wanted if wanted in simulated and wanted not in loaded.arms else ""


def _compare(
    loaded: Loaded,
    table: str,
    column: str,
    found: Array,
    expected: Array,
    size: Array | float = 0.0,
    runs: Codes | None = None,
) -> Iterator[str]:
    """A failure for each number of a column that is not what was recomputed; the first axis is the run."""
    rows = np.arange(len(found)) if runs is None else runs
    years = found.shape[1] if found.ndim == 2 else 0

    def describe(i: int) -> str:
        run, year = divmod(i, years) if years else (i, 0)
        where = loaded.of_cell(int(rows[run]) * years + year) if years else loaded.of_run(int(rows[run]))
        return f"{table}: {column}, {where}: {found.ravel()[i]:.9g} was recomputed as {expected.ravel()[i]:.9g}"

    yield from failing(differs(found, expected, size).ravel(), describe)
