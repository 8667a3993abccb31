"""Shards 分片: what a sweep has done so far, in files that each are there as a whole or not at all.

A shard is the result of one job: ``DIR/shards/<address>-<table>.parquet`` for each table. The address is a hash of what was
simulated (resolved parameters, model version, seed, replications), so equal work has equal names. The file of runs is
written last and lists its units: a shard without it does not count. Where a unit was simulated again, the later attempt
counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiment.units import Unit
from sim.store import ResultFolderError, sync_folder

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "shards"
MARK = "lianjian"
"""Key of what a shard's file of runs says of itself."""
_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Shard:
    """One finished job as its file of runs describes it."""

    address: str
    units: tuple[Unit, ...]
    attempt: int
    failed: tuple[Unit, ...]
    """Units of which some arm has failed."""
    tables: tuple[str, ...]
    seconds: float
    village_quarters: int


@dataclass
class Index:
    """Which shard holds each unit."""

    folder: Path
    shards: dict[str, Shard] = field(default_factory=dict)
    of_unit: dict[Unit, str] = field(default_factory=dict)

    def add(self, shard: Shard) -> None:
        """Take a shard in; a later attempt replaces an earlier one, unit by unit."""
        self.shards[shard.address] = shard
        for unit in shard.units:
            held = self.of_unit.get(unit)
            if held is None or self.shards[held].attempt <= shard.attempt:
                self.of_unit[unit] = shard.address

    @property
    def done(self) -> set[Unit]:
        return set(self.of_unit)

    @property
    def failed(self) -> list[Unit]:
        """Units of which some arm has failed, as the latest attempt has it."""
        return sorted(
            unit for shard in self.shards.values() for unit in shard.failed if self.of_unit.get(unit) == shard.address
        )

    def forget(self, units: Iterable[Unit]) -> None:
        """Take units for not done; their shards stay until a later attempt replaces them."""
        for unit in list(units):
            del self.of_unit[unit]

    def path(self, shard: Shard, table: str) -> Path:
        """Where a table of a shard is."""
        return self.folder / f"{shard.address}-{table}.parquet"

    def rows(self, shard: Shard, table: str, columns: Sequence[str] | None = None) -> pa.Table | None:
        """A table of a shard, without units of which another attempt counts; None where it has no such table or column.

        Raises ResultFolderError where the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as parquet

        if table not in shard.tables:
            return None
        path = self.path(shard, table)
        try:
            if columns is not None and not set(columns) <= set(parquet.read_schema(path).names):
                return None
            rows = parquet.read_table(path, columns=None if columns is None else list(columns))
        except (OSError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            raise DamagedShard(path, f"{path} cannot be read: {reason}") from None
        rows = rows.replace_schema_metadata(None)
        superseded = [unit for unit in shard.units if self.of_unit.get(unit) != shard.address]
        if not superseded:
            return rows
        gone = set(superseded)
        pairs = zip(rows["design_point"].to_pylist(), rows["replication"].to_pylist(), strict=True)
        return rows.filter(pa.array([pair not in gone for pair in pairs], pa.bool_()))

    def in_order(self) -> list[Shard]:
        """Shards by their first design point."""
        return sorted(self.shards.values(), key=lambda shard: (shard.units[0], shard.attempt, shard.address))


class DamagedShard(ResultFolderError):
    """A shard that cannot be read; ``path`` is its file."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{message}; the same `lianjian sweep` once more, and it is computed anew")
        self.path = path


def address(keys: Mapping[int, str], replications: Iterable[int], attempt: int) -> str:
    """Name of a shard: hash of the design points with their keys, the replications and the attempt."""
    said = json.dumps([list(keys.items()), list(replications), attempt])
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def read_index(folder: Path, keys: Mapping[int, str] | None = None) -> Index:
    """All shards below a result folder; files that an interrupted write left are passed over.

    ``keys`` says what each design point's numbers depend on: shards of anything else are passed over too.
    """
    index = Index(folder / FOLDER)
    if not index.folder.is_dir():
        return index
    found = [shard for path in sorted(index.folder.glob("*-runs.parquet")) if (shard := _described(path)) is not None]
    for shard in sorted(found, key=lambda shard: shard.attempt):
        if keys is None or _is_of(shard, keys):
            index.add(shard)
    return index


def _is_of(shard: Shard, keys: Mapping[int, str]) -> bool:
    """Whether a shard is what its name promises of these design points."""
    points, replications = (list(dict.fromkeys(part)) for part in zip(*shard.units, strict=True))
    if not set(points) <= keys.keys():
        return False
    return address({point: keys[point] for point in points}, replications, shard.attempt) == shard.address


def _described(path: Path) -> Shard | None:
    """What a file of runs says of its shard; a file that cannot be read, or lacks its companions, counts as not there."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        said = json.loads((parquet.read_schema(path).metadata or {})[MARK.encode()])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None
    shard = Shard(
        path.name.removesuffix("-runs.parquet"),
        tuple((point, replication) for point, replication in said["units"]),
        said["attempt"],
        tuple((point, replication) for point, replication in said["failed"]),
        tuple(said["tables"]),
        said["seconds"],
        said["village_quarters"],
    )
    there = all((path.parent / f"{shard.address}-{table}.parquet").exists() for table in shard.tables)
    return shard if there else None


def write_shard(folder: Path, shard: Shard, tables: Mapping[str, pa.Table | bytes]) -> None:
    """Write a shard, the file of runs last. Raises OSError where there is no room or no permission."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    said = {
        "units": shard.units,
        "attempt": shard.attempt,
        "failed": shard.failed,
        "tables": shard.tables,
        "seconds": round(shard.seconds, 4),
        "village_quarters": shard.village_quarters,
    }
    for name in sorted(tables, key=lambda name: name == "runs"):
        data = tables[name]
        path = folder / f"{shard.address}-{name}.parquet"
        if name == "runs":
            rows = parquet.read_table(pa.BufferReader(data)) if isinstance(data, bytes) else data
            data = rows.replace_schema_metadata({MARK: json.dumps(said)})
        with replacing(path) as partial:
            if isinstance(data, bytes):
                partial.write_bytes(data)
            else:
                parquet.write_table(data, partial, compression="zstd")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to; on leaving, what was written is on the disk and takes the place of ``path`` at once."""
    partial = path.with_name(f"{path.name}{_PARTIAL}{os.getpid()}")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)


def clear_partial(folder: Path) -> None:
    """Remove what an interrupted write left."""
    for path in folder.glob(f"*{_PARTIAL}*"):
        path.unlink(missing_ok=True)


def save_json(path: Path, said: Mapping[str, Any]) -> None:
    """Write a JSON file at once or not at all."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(said, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
