"""From shards to tables 汇总: one table a name in key order, whatever the shards were and in whichever order they came.

Shards are read by design point, so no more is held than the shards that share a point. Row groups have one size, so the
same rows give the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.experiment.folder import TABLES_PARTIAL
from sim.experiment.shards import Index
from sim.store import MANIFEST, ROW_GROUP, sync_folder, write_table

if TYPE_CHECKING:
    import pyarrow as pa

KEYED = ("runs", "yearly", "villages", "accounts", "balances", "failures")
"""Tables that are made of shards, all with the columns design_point, arm, replication."""


def table_parts(index: Index, name: str, arms: Sequence[str]) -> Iterator[pa.Table]:
    """Rows of one table in the order of design point, arm, replication, in parts of equal size.

    ``arms`` is the order of arms. Raises DamagedShard.
    """
    return _regrouped(_sorted_parts(index, name, arms))


def _sorted_parts(index: Index, name: str, arms: Sequence[str]) -> Iterator[pa.Table]:
    """Rows point by point: a point is complete once every shard that starts at or before it was read."""
    import pyarrow as pa

    held: pa.Table | None = None
    shards = index.in_order()
    for place, shard in enumerate(shards):
        rows = index.rows(shard, name)
        if rows is not None and rows.num_rows:
            held = rows if held is None else pa.concat_tables([held, rows])
        following = shards[place + 1].units[0][0] if place + 1 < len(shards) else None
        if held is None or following == shard.units[0][0]:
            continue
        point = held["design_point"].to_numpy()
        complete = np.ones(len(point), dtype=bool) if following is None else point < following
        if complete.any():
            yield _in_order(held.filter(pa.array(complete)), arms)
            held = held.filter(pa.array(~complete))


def _in_order(rows: pa.Table, arms: Sequence[str]) -> pa.Table:
    """Rows by design point, arm and replication; those of one run stay in their order."""
    import pyarrow as pa

    place = {arm: position for position, arm in enumerate(arms)}
    coded = rows["arm"].combine_chunks().dictionary_encode()
    arm = np.array([place[name] for name in coded.dictionary.to_pylist()], dtype=np.int64)[coded.indices.to_numpy()]
    order = np.lexsort((rows["replication"].to_numpy(), arm, rows["design_point"].to_numpy()))
    return rows.take(pa.array(order))


def _regrouped(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in parts of ROW_GROUP rows, the last one shorter."""
    import pyarrow as pa

    held: list[pa.Table] = []
    count = 0
    for part in parts:
        held.append(part)
        count += part.num_rows
        while count >= ROW_GROUP:
            whole = pa.concat_tables(held).combine_chunks()
            yield whole.slice(0, ROW_GROUP)
            held, count = [whole.slice(ROW_GROUP)], count - ROW_GROUP
    if count:
        yield pa.concat_tables(held).combine_chunks()


def write_tables(out: Path, index: Index, arms: Sequence[str], points: pa.Table) -> dict[str, int]:
    """Write all tables of a sweep into a folder beside the shards; returns their rows. Raises DamagedShard, OSError."""
    partial = out / TABLES_PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    rows = {"points": write_table(partial / "points.parquet", [points])}
    for name in KEYED:
        if any(name in shard.tables for shard in index.shards.values()):
            count = write_table(partial / f"{name}.parquet", table_parts(index, name, arms))
            if count:
                rows[name] = count
            else:
                (partial / f"{name}.parquet").unlink(missing_ok=True)
    return rows


def swap_in(out: Path) -> None:
    """Put the tables in the places of earlier ones; without the manifest until it is written, so never half a result."""
    partial = out / TABLES_PARTIAL
    (out / MANIFEST).unlink(missing_ok=True)
    for path in sorted(partial.iterdir()):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(path, out / path.name)
    partial.rmdir()
    sync_folder(out)
