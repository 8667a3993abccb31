"""Rows of runs that failed 失败运行: status first, no outcomes; why, in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.declare import PUBLIC_PAYERS
from sim.experiment.tasks import Failure
from sim.experiment.work import Plan, encoded

if TYPE_CHECKING:
    import pyarrow as pa

RunKey = tuple[int, str, int]
"""(design point, arm, replication)"""


def run_name(key: RunKey) -> str:
    """A run as ``lianjian explain`` takes it: ``17/pool/3``."""
    return "/".join(map(str, key))


def run_schema(plan: Plan) -> pa.Schema:
    """Columns of the table of runs in a sweep."""
    import pyarrow as pa

    keys = {"design_point": pa.int32(), "arm": pa.string(), "replication": pa.int32()}
    keys |= {"status": pa.string(), "message": pa.string()}
    numbers = [*plan.outcomes, *(f"public_cost_{payer}" for payer in PUBLIC_PAYERS), "worst_imbalance"]
    return pa.schema([*keys.items(), *((name, pa.float64()) for name in dict.fromkeys(numbers))])


def failed_runs(plan: Plan, failures: Mapping[RunKey, Failure]) -> pa.Table:
    """One row a failed run, all outcomes null."""
    import pyarrow as pa

    schema = run_schema(plan)
    held = {"design_point": [key[0] for key in failures], "arm": [key[1] for key in failures]}
    held |= {"replication": [key[2] for key in failures], "status": ["failed"] * len(failures)}
    held["message"] = [failure.message for failure in failures.values()]
    columns = [pa.array(held[f.name], f.type) if f.name in held else pa.nulls(len(failures), f.type) for f in schema]
    return pa.table(columns, schema=schema)


def with_failed(runs: bytes | None, lost: pa.Table) -> bytes:
    """Rows that came back of a job together with those of its runs that did not."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    parts = [] if runs is None else [parquet.read_table(pa.BufferReader(runs))]
    return encoded(pa.concat_tables([*parts, lost]))


def failure_rows(failures: Mapping[RunKey, Failure]) -> bytes:
    """One row a failed run: cause, message, traceback."""
    import pyarrow as pa

    def texts(values: list[str]) -> pa.Array:
        return pa.array(values, pa.string())

    return encoded(
        pa.table(
            {
                "design_point": pa.array([key[0] for key in failures], pa.int32()),
                "arm": texts([key[1] for key in failures]),
                "replication": pa.array([key[2] for key in failures], pa.int32()),
                "cause": texts([failure.cause for failure in failures.values()]),
                "message": texts([failure.message for failure in failures.values()]),
                "traceback": texts([failure.traceback for failure in failures.values()]),
            }
        )
    )
