"""From Records to rows 结果表: the five tables of a result, as Arrow tables in key order.

Key order is design point, arm (in the scenario's order), replication, year, then village, accounts or
account. The rows of one arm at one design point are made from its joined records alone, so neither blocks
nor workers nor the presence of other arms change a bit of them. Text columns are dictionary-encoded in the
file and read as plain text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sim.declare import PUBLIC_PAYERS, Array
from sim.outcomes import OUTCOMES, TIERS, Observed, tier
from sim.records import VILLAGE_FLOATS, Records
from sim.scenario.forms import Variant
from sim.state import INDUSTRIES

if TYPE_CHECKING:
    from sim.population.population import Population

TABLES = ("runs", "yearly", "villages", "accounts", "balances")
BY_ENTITY = "village_accounts"
"""A sixth table, only where the scenario asks for single villages (``record: {accounts: entity}``)."""
PLACES = "places"
"""The villages of replication 0 as they start, the same in every arm: for maps."""
BY_FORM = "forms_runs"
"""One more, only where forms are varied: as runs, for each variant."""
FLOW_COLUMNS = ("from_account", "to_account", "kind", "income")
Index = npt.NDArray[np.int64]
Columns = dict[str, pa.Array]
FormNumbers = Mapping[tuple[int, str], Mapping[str, Array]]
"""(design point, arm) -> outcome or public cost -> (replications,)."""


def join(blocks: Sequence[Records]) -> Records:
    """All blocks of one arm as one, runs ordered by design point and replication.

    A flow that only some blocks have is zero in the others. Raises ValueError where a run is there twice.
    """
    design_point = np.concatenate([block.design_point for block in blocks])
    replication = np.concatenate([block.replication for block in blocks])
    order = np.lexsort((replication, design_point))
    same = (np.diff(design_point[order]) == 0) & (np.diff(replication[order]) == 0)
    if same.any():
        raise ValueError(f"arm {blocks[0].arm}: a run came twice")
    merged: dict[str, Any] = {"arm": blocks[0].arm, "years": blocks[0].years}
    merged["entities"] = _join_entities(blocks, order)
    for field in dataclasses.fields(Records):
        if field.name in merged:
            continue
        parts = [getattr(block, field.name) for block in blocks]
        if isinstance(parts[0], Mapping):
            merged[field.name] = _join_mappings(parts, [len(block.replication) for block in blocks], order)
        else:
            merged[field.name] = np.concatenate(parts)[order]
    return Records(**merged)


def part(records: Records, runs: slice) -> Records:
    """The records of some neighbouring runs."""
    kept = range(*runs.indices(len(records.replication)))
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(Records):
        value = getattr(records, field.name)
        if field.name == "entities":
            changed[field.name] = tuple((run - kept.start, of) for run, of in value if run in kept)
        elif isinstance(value, Mapping):
            changed[field.name] = {key: array[runs] for key, array in value.items()}
        elif field.name not in ("arm", "years"):
            changed[field.name] = value[runs]
    return dataclasses.replace(records, **changed)


def _join_mappings(parts: Sequence[Mapping[Any, Array]], runs: Sequence[int], order: Index) -> dict[Any, Array]:
    keys = dict.fromkeys(key for mapping in parts for key in mapping)
    joined: dict[Any, Array] = {}
    for key in keys:
        shape = next(mapping[key].shape[1:] for mapping in parts if key in mapping)
        arrays = [
            mapping[key] if key in mapping else np.zeros((n, *shape)) for mapping, n in zip(parts, runs, strict=True)
        ]
        joined[key] = np.concatenate(arrays)[order]
    return joined


def _join_entities(blocks: Sequence[Records], order: Index) -> tuple[tuple[int, Any], ...]:
    place = np.argsort(order)
    found, passed = [], 0
    for block in blocks:
        found += [(int(place[passed + run]), amounts) for run, amounts in block.entities]
        passed += len(block.replication)
    return tuple(sorted(found, key=lambda entry: entry[0]))


def run_rows(records: Records, seen: Observed, outcomes: Sequence[str], window: slice) -> pa.Table:
    """One row a run: status, outcomes over the window, public cost of the whole run by payer."""
    n = len(records.replication)
    columns = _keys(records, np.arange(n)) | _ok(n)
    numbers = run_numbers(records, seen, outcomes, window)
    return pa.table(columns | {name: _number(values) for name, values in numbers.items()})


def run_numbers(records: Records, seen: Observed, outcomes: Sequence[str], window: slice) -> dict[str, Array]:
    """One number a run, (runs,): outcomes over the window, public cost of the whole run by payer."""
    numbers = {name: OUTCOMES[name].over_window(seen, window) for name in outcomes}
    for payer in PUBLIC_PAYERS:
        numbers[f"public_cost_{payer}"] = _of_payer(records, records.public_cost, payer).sum(axis=1)
    return numbers


def form_run_rows(
    variants: Sequence[Variant], arms: Sequence[str], numbers: FormNumbers, replications: int
) -> pa.Table:
    """One row a variant of the forms, arm and replication: :func:`run_numbers` of the run."""
    groups = [(variant, code) for variant in variants for code in range(len(arms))]
    point = [variant.design_point for variant, _ in groups]
    forms, options = [sorted({getattr(v, name) for v in variants}) for name in ("form", "option")]

    def each(values: Sequence[int]) -> Index:
        return np.repeat(np.array(values, dtype=np.int64), replications)

    columns = {
        "design_point": _whole(each(point)),
        "form": _text(forms, each([forms.index(variant.form) for variant, _ in groups])),
        "option": _text(options, each([options.index(variant.option) for variant, _ in groups])),
        "arm": _text(arms, each([code for _, code in groups])),
        "replication": _whole(np.tile(np.arange(replications), len(groups))),
    }
    columns |= _ok(len(groups) * replications)
    for name in numbers[point[0], arms[0]]:
        parts = [numbers[variant.design_point, arms[code]][name] for variant, code in groups]
        columns[name] = _number(np.concatenate(parts))
    return pa.table(columns)


def yearly_rows(records: Records, seen: Observed, outcomes: Sequence[str], phase: Callable[[int], str]) -> pa.Table:
    """One row a run and year: outcomes of the year; public cost, claims and unreplayed money by payer."""
    n, years = len(records.replication), len(records.years)
    columns = _keys(records, np.repeat(np.arange(n), years))
    columns["year"] = _whole(np.tile(records.years, n))
    phases = [phase(int(year)) for year in records.years]
    names = sorted(set(phases))
    columns["phase"] = _text(names, np.tile([names.index(name) for name in phases], n))
    columns |= {name: _number(OUTCOMES[name].yearly(seen)) for name in outcomes}
    for column in ("public_cost", "claims", "unreplayed"):
        by_payer = getattr(records, column)
        for payer in PUBLIC_PAYERS:
            columns[f"{column}_{payer}"] = _number(_of_payer(records, by_payer, payer))
    return pa.table(columns)


def village_rows(records: Records) -> pa.Table:
    """One row a run, year and village."""
    n, years, villages = records.exists.shape
    columns = _keys(records, np.repeat(np.arange(n), years * villages))
    columns["year"] = _whole(np.tile(np.repeat(records.years, villages), n))
    columns["village"] = _whole(np.tile(np.arange(villages), n * years))
    columns["town"] = _whole(records.town)
    columns["council"] = _index(records.council)
    columns["exists"] = pa.array(records.exists.ravel())
    columns["tier"] = _text(list(TIERS), tier(records.villages["earned_income"]).ravel())
    columns |= {name: _number(records.villages[name]) for name in VILLAGE_FLOATS}
    columns["helper"] = _index(records.helper)
    return pa.table(columns)


def place_rows(population: Population) -> pa.Table:
    """One row a village of replication 0, from a draw of that replication alone."""
    villages = population.x.shape[1]
    none = np.zeros(villages, dtype=np.int64)
    return pa.table(
        {
            "design_point": _whole(none),
            "replication": _whole(none),
            "village": _whole(np.arange(villages)),
            "x": _number(population.x[0]),
            "y": _number(population.y[0]),
            "population": _number(population.population[0]),
            "industry": _text(INDUSTRIES, population.industry[0]),
            "town": _whole(population.town[0]),
        }
    )


def account_rows(records: Records) -> pa.Table:
    """One row a run, year and flow that is not exactly 0; flows in the order of accounts, kind, income."""
    # a flow that only other runs of the batch have must leave no trace, not even its name in the dictionary
    keys = sorted(key for key, amount in records.accounts.items() if amount.any())
    n, years = len(records.replication), len(records.years)
    amounts = np.zeros((n, years, len(keys)))
    for position, key in enumerate(keys):
        amounts[:, :, position] = records.accounts[key]
    run, year, flow = np.nonzero(amounts)
    columns = _keys(records, run)
    columns["year"] = _whole(records.years[year])
    for position, name in enumerate(FLOW_COLUMNS):
        names = sorted({key[position] for key in keys})
        codes = np.array([names.index(key[position]) for key in keys], dtype=np.int32)
        columns[name] = _text(names, codes[flow] if keys else np.zeros(0, dtype=np.int32))
    columns["amount"] = _number(amounts[run, year, flow])
    return pa.table(columns)


def balance_rows(records: Records) -> pa.Table:
    """One row a run, year and account: balance at the start and at the end of the year."""
    names = sorted(records.balances)
    n, years = len(records.replication), len(records.years)
    held = np.stack([records.balances[name] for name in names], axis=-1)
    columns = _keys(records, np.repeat(np.arange(n), years * len(names)))
    columns["year"] = _whole(np.tile(np.repeat(records.years, len(names)), n))
    columns["account"] = _text(names, np.tile(np.arange(len(names)), n * years))
    columns["opening"] = _number(held[:, :-1])
    columns["closing"] = _number(held[:, 1:])
    return pa.table(columns)


def entity_rows(records: Records) -> pa.Table:
    """One row a run, year, flow and village that is not exactly 0, for the runs recorded by single entity."""
    rows: list[tuple[Any, ...]] = []
    for run, amounts in records.entities:
        for key, by_year in amounts.items():
            rows += [(run, year, *key, by_year[year]) for year in np.flatnonzero(by_year)]
    rows.sort(key=lambda row: row[:-1])
    run_column, year_column, *key_columns, amount = zip(*rows, strict=True) if rows else ((),) * 8
    columns = _keys(records, np.array(run_column, dtype=np.int64))
    columns["year"] = _whole(records.years[np.array(year_column, dtype=np.int64)])
    for name, values in zip(FLOW_COLUMNS, key_columns, strict=False):
        columns[name] = pa.array(values, pa.string()).dictionary_encode()
    columns["village"] = _whole(np.array(key_columns[4], dtype=np.int64))
    columns["amount"] = _number(np.array(amount, dtype=float))
    return pa.table(columns)


def _keys(records: Records, run: Index) -> Columns:
    return {
        "design_point": _whole(records.design_point[run]),
        "arm": _text([records.arm], np.zeros(len(run), dtype=np.int32)),
        "replication": _whole(records.replication[run]),
    }


def _ok(n: int) -> Columns:
    return {"status": _text(["ok"], np.zeros(n, dtype=np.int32)), "message": pa.nulls(n, pa.string())}


def _of_payer(records: Records, by_payer: Mapping[str, Array], payer: str) -> Array:
    none = np.zeros((len(records.replication), len(records.years)))
    return by_payer.get(payer, none)


def _whole(values: npt.NDArray[Any]) -> pa.Array:
    return pa.array(values.ravel().astype(np.int32))


def _index(values: npt.NDArray[Any]) -> pa.Array:
    """A column of villages' indices; -1 becomes null."""
    flat = values.ravel()
    return pa.array(flat.astype(np.int32), mask=np.ascontiguousarray(flat < 0))


def _number(values: Array) -> pa.Array:
    """A column of numbers; NaN (an outcome without its reference) becomes null."""
    flat = np.ascontiguousarray(values, dtype=np.float64).ravel()
    missing = np.isnan(flat)
    return pa.array(flat, mask=missing) if missing.any() else pa.array(flat)


def _text(names: Sequence[str], codes: npt.NDArray[Any]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names, pa.string()))
