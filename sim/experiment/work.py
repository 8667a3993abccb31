"""What a worker does with a part of a sweep 工作单元: simulate it, and reduce it to rows before anything is sent back.

A unit is one design point in one replication, all arms of it. A job is some points x some replications of one scenario,
simulated as one array block. Rows are those of a ``run`` (sim.tables), with the worst imbalance of each run beside its
outcomes; a run with a number that is not finite is a failed one, its outcomes are null and no other run compares with it.
"""

from __future__ import annotations

import contextlib
import io
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.declare import Array, Mask
from sim.experiment.experiment import Record
from sim.experiment.own import OwnEngine
from sim.experiment.tasks import Failure
from sim.scenario.own import OwnModuleError, Sources
from sim.scenario.scenario import NO_POLICY, Scenario

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.outcomes import Observed
    from sim.records import Records

AGAIN = "no_policy_again"
"""An arm like no policy, simulated beside it to see that equal arms have equal numbers."""
NOT_FINITE = "a number that is not finite (NaN or infinity) in {what}"


@dataclass(frozen=True)
class Plan:
    """What is the same for all jobs of a sweep."""

    arms: tuple[str, ...]
    """Arms whose rows are kept."""
    simulated: tuple[str, ...]
    """Those and what they are compared with."""
    outcomes: tuple[str, ...]
    seed: int
    record: Record
    yearly: bool
    model_version: str
    sources: Sources | None = None
    """Modules of a researcher's own."""
    village_file: bytes | None = None
    """What the villages' CSV file holds: a worker on another machine need not have it."""


@dataclass(frozen=True)
class Job:
    """One array block: design points x replications of one scenario."""

    plan: Plan
    scenario: Scenario
    """As it is before the values of the points are put in."""
    points: Mapping[int, Mapping[str, Any]]
    """Number of a design point -> path -> value."""
    replications: tuple[int, ...]
    arms: tuple[str, ...]
    """Arms to simulate: all, or fewer where others are known to fail."""


@dataclass(frozen=True)
class Done:
    """What comes back of a job."""

    tables: Mapping[str, bytes]
    """Name -> rows as a Parquet file."""
    seconds: float
    failures: Mapping[tuple[int, str, int], Failure] = field(default_factory=dict)
    """(design point, arm, replication) -> why its outcomes are null."""


class OtherVersion(RuntimeError):
    """A worker has other sources than the program that sent the job."""


def do(job: Job) -> Done:
    """Simulate a job and make its rows. Raises what the engine raises, OtherVersion on a worker of another version."""
    with _here(job) as job:
        started = time.perf_counter()
        records = {of_arm.arm: of_arm for of_arm in _simulate(job, job.arms)}
        failures = _not_finite(records)
        kept = [arm for arm in job.plan.arms if arm in records]
        tables = {name: encoded(rows) for name, rows in _tables(job, records, kept, failures).items()}
    shown = {key: failure for key, failure in failures.items() if key[1] in kept}
    return Done(tables, time.perf_counter() - started, shown)


def probe(job: Job) -> None:
    """Simulate a job and keep nothing: does it come back?"""
    with _here(job) as job:
        _simulate(job, job.arms)


def difference_of_duplicates(job: Job) -> float:
    """Largest difference between no policy and an arm like it, simulated beside it and in another block; 0 is right.

    Common random numbers are broken where this is not exactly 0: by a rule that draws numbers of its own, or by one that
    depends on which other runs it is simulated with.
    """
    with _here(job) as job:
        first, again = _simulate(job, (NO_POLICY, AGAIN), also={AGAIN: ()})
        (alone,) = _simulate(replace(job, replications=job.replications[-1:]), (NO_POLICY,))
    last = first.replication == job.replications[-1]
    beside = [_gap(values, again.villages[name]) for name, values in first.villages.items()]
    return max(*beside, *(_gap(values[last], alone.villages[name]) for name, values in first.villages.items()))


def _gap(one: Array, other: Array) -> float:
    """Largest difference; two numbers that are both NaN do not differ, one that is differs by infinity."""
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return float(np.nan_to_num(np.where(same, 0.0, np.abs(one - other)), nan=np.inf).max(initial=0.0))


def check_version(wanted: str) -> None:
    """Raise OtherVersion where the sources here are not those that the work was made with."""
    if (here := _own_version()) != wanted:
        raise OtherVersion(
            f"the worker on {socket.gethostname()} has other sources of lianjian ({here[:12]}) than the program that sends "
            f"the work ({wanted[:12]}): install the same version on all machines"
        )


@cache
def _own_version() -> str:
    """Once a process: what it has imported does not change."""
    from sim.provenance import model_version

    return model_version()


@contextlib.contextmanager
def _here(job: Job) -> Iterator[Job]:
    """The job as it can be done in this place. Raises OtherVersion."""
    _check_place(job.plan)
    path, content = job.scenario.population.file, job.plan.village_file
    if path is None or content is None or (Path(path).is_file() and Path(path).read_bytes() == content):
        yield job
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / Path(path).name
        copy.write_bytes(content)
        population = replace(job.scenario.population, file=str(copy))
        yield replace(job, scenario=replace(job.scenario, population=population))


def _check_place(plan: Plan) -> None:
    """Raise OtherVersion where the program or a module of the researcher's own is missing here, or another one."""
    check_version(plan.model_version)
    if plan.sources is not None:
        try:
            plan.sources.load()
        except OwnModuleError as error:
            raise OtherVersion(f"the worker on {socket.gethostname()}: {error}") from None


def _simulate(job: Job, arms: Sequence[str], also: Mapping[str, tuple[()]] | None = None) -> list[Records]:
    """Some arms of a job; ``also`` are arms without a block that its scenario does not have."""
    from sim.engine import simulate_block

    # put in last: a point that varies the calendar or the size of the place is read anew, with the arms of its file
    scenarios = [replace(scenario, arms={**scenario.arms, **(also or {})}) for scenario in _scenarios(job)]
    engine: Any = simulate_block if job.plan.sources is None else OwnEngine(job.plan.sources)
    with np.errstate(all="ignore"):  # what is not finite is found, counted and told below
        return list(engine(scenarios, list(job.points), job.replications, arms, job.plan.seed))


def _scenarios(job: Job) -> list[Scenario]:
    """The scenarios of the design points."""
    from sim.scenario.own import Registered, known
    from sim.scenario.variation import vary

    with known(job.plan.sources.load() if job.plan.sources else Registered()):
        return [vary(job.scenario, values) if values else job.scenario for values in job.points.values()]


# ---- runs that are not finite


def _not_finite(records: Mapping[str, Records]) -> dict[tuple[int, str, int], Failure]:
    """Failed runs by key; their numbers become NaN, so that nothing that compares with them is a number."""
    failures: dict[tuple[int, str, int], Failure] = {}
    for arm, of_arm in records.items():
        bad: dict[str, Mask] = {name: _runs_not_finite(values) for name, values in of_arm.villages.items()}
        bad |= {f"the balance of {name}": _runs_not_finite(values) for name, values in of_arm.balances.items()}
        wrong = np.any(list(bad.values()), axis=0)
        for run in np.flatnonzero(wrong):
            what = ", ".join(name for name, runs in bad.items() if runs[run])
            key = int(of_arm.design_point[run]), arm, int(of_arm.replication[run])
            failures[key] = Failure("not_finite", NOT_FINITE.format(what=what))
        for values in of_arm.villages.values():
            values[wrong] = np.nan
    return failures


def _runs_not_finite(values: Array) -> Mask:
    return np.asarray(~np.isfinite(values).reshape(len(values), -1).all(axis=1))


# ---- rows


def _tables(
    job: Job,
    records: Mapping[str, Records],
    kept: Sequence[str],
    failures: Mapping[tuple[int, str, int], Failure],
) -> dict[str, pa.Table]:
    import pyarrow as pa

    from sim import tables
    from sim.outcomes import observe, window

    calendar = _scenarios(replace(job, points=dict([next(iter(job.points.items()))])))[0].calendar
    years = window(calendar.burn_in_years, calendar.policy_years, calendar.after_years)
    parts: dict[str, list[pa.Table]] = {"runs": []}
    for arm in kept:
        of_arm, seen = records[arm], observe(records, arm, calendar.burn_in_years)
        ok = np.array([key not in failures for key in _run_keys(of_arm)])
        messages = [failures[key].message if key in failures else None for key in _run_keys(of_arm)]
        parts["runs"].append(run_rows(of_arm, seen, job.plan.outcomes, years, ok, messages))
        if job.plan.yearly:
            rows = tables.yearly_rows(of_arm, seen, job.plan.outcomes, calendar.phase)
            parts.setdefault("yearly", []).append(_of_runs(rows, of_arm, ok))
        for name in job.plan.record.tables:
            sample = job.plan.record.sample
            wanted = ok if sample is None else ok & np.isin(of_arm.replication, sample)
            parts.setdefault(name, []).append(_of_runs(_DETAILS[name](of_arm), of_arm, wanted))
    return {name: pa.concat_tables([plain(part) for part in of_table]) for name, of_table in parts.items()}


def run_rows(
    records: Records, seen: Observed, outcomes: Sequence[str], window: slice, ok: Mask, messages: Sequence[str | None]
) -> pa.Table:
    """As sim.tables.run_rows, with status, message and the worst imbalance of each run."""
    import pyarrow as pa

    from sim import tables

    rows = tables.run_rows(records, seen, outcomes, window)
    rows = rows.append_column("worst_imbalance", pa.array(records.worst_imbalance, mask=~ok))
    if ok.all():
        return rows
    status = pa.array(np.where(ok, "ok", "failed"), pa.string())
    rows = rows.set_column(rows.column_names.index("status"), "status", status)
    rows = rows.set_column(rows.column_names.index("message"), "message", pa.array(messages, pa.string()))
    for name in rows.column_names[rows.column_names.index("message") + 1 :]:
        numbers = rows[name].to_pandas().to_numpy(dtype=float)
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(numbers, mask=~ok | np.isnan(numbers)))
    return rows


def _run_keys(records: Records) -> list[tuple[int, str, int]]:
    points, replications = records.design_point.tolist(), records.replication.tolist()
    return [(point, records.arm, replication) for point, replication in zip(points, replications, strict=True)]


def _of_runs(rows: pa.Table, records: Records, wanted: Mask) -> pa.Table:
    """Rows of the runs that are wanted."""
    import pyarrow as pa

    if wanted.all():
        return rows
    chosen = {key for key, is_wanted in zip(_run_keys(records), wanted, strict=True) if is_wanted}
    pairs = zip(rows["design_point"].to_pylist(), rows["replication"].to_pylist(), strict=True)
    return rows.filter(pa.array([(p, records.arm, r) in chosen for p, r in pairs], pa.bool_()))


def _villages(records: Records) -> pa.Table:
    from sim.tables import village_rows

    return village_rows(records)


def _accounts(records: Records) -> pa.Table:
    from sim.tables import account_rows

    return account_rows(records)


def _balances(records: Records) -> pa.Table:
    from sim.tables import balance_rows

    return balance_rows(records)


_DETAILS = {"villages": _villages, "accounts": _accounts, "balances": _balances}


def plain(table: pa.Table) -> pa.Table:
    """Text as text, not as codes: the dictionaries of two parts need not agree."""
    import pyarrow as pa

    kinds = [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(kinds))


def encoded(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    import pyarrow.parquet as parquet

    held = io.BytesIO()
    parquet.write_table(table, held, compression="zstd")
    return held.getvalue()
