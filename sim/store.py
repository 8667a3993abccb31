"""The result folder 结果文件夹: Parquet tables and a manifest, written as a set or not at all.

A result is written to a sibling folder ``<name>.partial-<process>`` and takes its place by rename once
every file is on disk; the manifest, written last, marks it as whole. What an interrupted run leaves behind
is cleared away, and a swap that stopped half-way is put right, when the next run of the same folder starts.
A folder that holds anything that no manifest of ours lists is refused and never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.provenance import versions

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"
SWEEP = "sweep.json"
"""What a sweep writes at its start (sim.experiment.folder)."""
LAYOUT = 1
"""Number of the layout of a result folder; one that this version does not know is refused."""
ROW_GROUP = 1 << 17
_PARTIAL = ".partial-"
_REPLACED = ".replaced-"
_LEFT_BY_FILE_BROWSERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class ResultFolderError(Exception):
    """A result cannot be written or read; the message is one line and names the folder."""


@contextlib.contextmanager
def writing(out: Path) -> Iterator[Path]:
    """A new folder to write a result into; on leaving, it replaces ``out`` as a whole.

    Where the body raises, or is interrupted, the new folder is removed and ``out`` stays as it was. The
    body must have written the manifest. Raises ResultFolderError, naming the folder, where it cannot be
    written.
    """
    target, partial = _begin(out)
    try:
        with _reported(out):
            yield partial
            _sync(partial)
            _swap(partial, target)
    finally:
        _remove(partial)


def check_writable(out: Path) -> None:
    """Raise ResultFolderError where :func:`writing` would: told before an hour of simulation, not after."""
    _, partial = _begin(out)
    _remove(partial)


def refuse_foreign(target: Path, shown: Path | None = None) -> None:
    """Raise ResultFolderError where ``target`` holds anything that is not part of a result of ours."""
    shown = shown or target
    if not target.exists():
        return
    if not target.is_dir():
        raise ResultFolderError(f"{shown} is a file, not a folder; name another with --out")
    if not any(target.iterdir()):
        return
    try:
        manifest = read_manifest(target)
    except ResultFolderError:
        raise ResultFolderError(
            f"{shown} holds files and no manifest.json of lianjian: it is left alone; name another with --out"
        ) from None
    foreign = sorted(set(files_in(target)) - set(manifest["files"]) - {MANIFEST})
    if foreign:
        raise ResultFolderError(
            f"{shown} holds {foreign[0]}{_and_more(len(foreign) - 1)}, which no run wrote: move it away, "
            "or name another folder with --out"
        )


def repair(target: Path) -> None:
    """Put right what an interrupted run left beside ``target``: finish or undo half a swap, clear the rest."""
    replaced, partial = _siblings(target, _REPLACED), _siblings(target, _PARTIAL)
    if not target.exists() and replaced:
        whole = [folder for folder in partial if (folder / MANIFEST).exists()]
        os.rename(whole[0] if whole else replaced[0], target)
    for folder in (*replaced, *partial):
        if folder.exists():
            _remove(folder)


def leftovers(target: Path) -> list[Path]:
    """Folders that an interrupted run left beside a result."""
    return [*_siblings(target, _REPLACED), *_siblings(target, _PARTIAL)]


def write_table(path: Path, tables: Iterable[pa.Table]) -> int:
    """Write one table from its parts in key order; returns its rows. The same parts give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = 0
    writer = None
    try:
        for table in tables:
            if writer is None:
                coded = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
                # without the Arrow schema a reader sees plain text and integers, the same in every library
                writer = parquet.ParquetWriter(
                    path, table.schema, compression="zstd", use_dictionary=coded, store_schema=False
                )
            writer.write_table(table, row_group_size=ROW_GROUP)
            rows += table.num_rows
    finally:
        if writer is not None:
            writer.close()
    return rows


def write_manifest(folder: Path, facts: Mapping[str, Any], files: Iterable[str] | None = None) -> dict[str, Any]:
    """Write manifest.json, the last file: facts given, versions, and the hash of every file (of ``files``)."""
    listed = hashes(folder) if files is None else {name: sha256(folder / name) for name in sorted(files)}
    manifest = {"layout": LAYOUT, **versions(), **facts, "files": listed}
    replace_manifest(folder, manifest)
    return manifest


def add_files(folder: Path, paths: Iterable[Path]) -> None:
    """Put files that a verb of ours wrote into a result on the list in its manifest, with their hashes."""
    manifest = read_manifest(folder)
    added = {path.relative_to(folder).as_posix(): sha256(path) for path in paths}
    manifest["files"] = dict(sorted((manifest["files"] | added).items()))
    replace_manifest(folder, manifest)


def replace_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write manifest.json as a whole or not at all: half of one would make the folder nobody's."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, default=_plain, allow_nan=False)
    partial = folder / f"{MANIFEST}{_PARTIAL}{os.getpid()}"
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, folder / MANIFEST)
    finally:
        partial.unlink(missing_ok=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result folder. Raises ResultFolderError where there is none or it is not ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        missing = "is not a result: it has no manifest.json" if folder.is_dir() else "does not exist"
        if (folder / SWEEP).exists():
            missing = "holds a sweep that has not ended; the same `lianjian sweep` goes on with it"
        raise ResultFolderError(f"{folder} {missing}") from None
    except NotADirectoryError:
        raise ResultFolderError(f"{folder} is a file; a result is a folder, name that") from None
    except (OSError, ValueError) as error:
        raise ResultFolderError(f"{folder / MANIFEST} cannot be read: {error}") from None
    if not isinstance(manifest, dict) or not {"lianjian", "layout", "files"} <= manifest.keys():
        raise ResultFolderError(f"{folder} is not a result: its manifest.json was not written by lianjian")
    if manifest["layout"] != LAYOUT:
        raise ResultFolderError(f"{folder} has layout {manifest['layout']}, this version reads layout {LAYOUT}")
    return manifest


def read_table(
    folder: Path, name: str, columns: list[str] | None = None, only: tuple[str, Any] | None = None
) -> pa.Table:
    """One table as Arrow, or its rows ``only`` where a column has a value; text columns stay dictionary-encoded.

    Raises ResultFolderError naming the file.
    """
    import pyarrow as pa
    import pyarrow.parquet as parquet

    path = folder / f"{name}.parquet"
    try:
        schema = parquet.read_schema(path)
        text = [field.name for field in schema if pa.types.is_string(field.type)]
        mapped = os.name != "nt"  # Windows does not rename or replace a folder in which a file is mapped
        chosen = None if only is None else [(only[0], "=", only[1])]
        return parquet.read_table(path, columns=columns, filters=chosen, read_dictionary=text, memory_map=mapped)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise ResultFolderError(f"{path} cannot be read: {reason}") from None


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a result by its path in the folder, the manifest left out."""
    return {name: sha256(folder / name) for name in files_in(folder) if name != MANIFEST}


def files_in(folder: Path) -> list[str]:
    """Paths of all files below a folder, forward slashes, sorted; litter of file browsers is left out."""
    found = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted(p.relative_to(folder).as_posix() for p in found if p.name not in _LEFT_BY_FILE_BROWSERS)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _reported(out: Path) -> Iterator[None]:
    """Turn a failure of the file system into one line that names the folder."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or (str(error).splitlines() or [type(error).__name__])[0]
        raise ResultFolderError(f"cannot write {out}: {reason}; nothing was changed there") from error


def _begin(out: Path) -> tuple[Path, Path]:
    """The folder meant (links followed) and a new folder beside it to write into."""
    target = Path(os.path.realpath(out))
    with _reported(out):
        repair(target)
        refuse_foreign(target, out)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}{_PARTIAL}{os.getpid()}")
        _remove(partial)
        partial.mkdir()
    return target, partial


def _swap(partial: Path, target: Path) -> None:
    if not (partial / MANIFEST).exists():
        raise ResultFolderError(f"{target} was not written: the manifest is missing")
    replaced = target.with_name(f"{target.name}{_REPLACED}{os.getpid()}")
    if target.exists():
        os.rename(target, replaced)
    try:
        os.rename(partial, target)
    except OSError:
        if replaced.exists():
            os.rename(replaced, target)
        raise
    sync_folder(target.parent)
    _remove(replaced)


def _siblings(target: Path, mark: str) -> list[Path]:
    """Folders that a run of ours left beside the target, unless its process still works."""
    if not target.parent.is_dir():
        return []
    found = []
    for path in sorted(target.parent.iterdir()):
        process = path.name.removeprefix(target.name + mark)
        if process != path.name and process.isdecimal() and path.is_dir() and not works(int(process)):
            found.append(path)
    return found


def works(process: int) -> bool:
    """Whether a process of this machine is running, other than this one."""
    if process == os.getpid():
        return False
    if os.name == "nt":  # there os.kill(pid, 0) would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power failure."""
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _and_more(n: int) -> str:
    return f" and {n} more" if n else ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value) if isinstance(value, (set, frozenset)) else list(value)
    return str(value)
