"""The folder of a sweep 实验文件夹: made at once, held by one process at a time, tied to what its experiment says.

DIR/sweep.json        the experiment, what identifies its numbers, versions; written at once
DIR/points.parquet    the design points
DIR/shards/           what is done so far
DIR/progress.json     how far it is, for ``lianjian status``
DIR/lock.json         the process that is at work; gone when none is
DIR/*.parquet, DIR/manifest.json    tables of the whole, swapped in at the end, the manifest last
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.experiment.shards import FOLDER, clear_partial, save_json
from sim.store import MANIFEST, ResultFolderError, files_in, read_manifest, replace_manifest, sha256, works

SWEEP, PROGRESS, LOCK, POINTS = "sweep.json", "progress.json", "lock.json", "points.parquet"
TABLES = ("points", "runs", "yearly", "villages", "accounts", "balances", "failures")
TABLES_PARTIAL = "tables.partial"
"""Folder in which the tables of the whole are written before they are swapped in."""
ABANDONED_S = 180.0
"""Seconds without a sign of life after which the lock of a process on another machine counts as left behind."""
CHANGES_SHOWN = 8
OWN_MODULE = "own module"
"""Beginning of the key under which sweep.json keeps the hash of a researcher's own module."""
WORDS = ("title", "question", "time_limit_s")
"""Keys of an experiment on which no number depends: they may change between two starts."""


class ChangedExperiment(ResultFolderError):
    """The folder holds runs of another experiment; the message says what differs."""


class Held(ResultFolderError):
    """Another process is at work in the folder."""


def refuse_foreign(out: Path) -> None:
    """Raise ResultFolderError where a folder holds anything but a sweep of ours."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ResultFolderError(f"{out} is a file, not a folder; name another with --out")
    there = [name for name in files_in(out) if not name.startswith(f"{LOCK}.")]
    if not there or (out / SWEEP).exists() or (out / LOCK).exists():
        return
    if (out / MANIFEST).exists():
        verb = read_manifest(out).get("verb", "run")
        raise ResultFolderError(f"{out} holds the result of a {verb}: move it away, or name another folder with --out")
    raise ResultFolderError(f"{out} holds {there[0]}, which no sweep wrote: name another folder with --out")


@contextlib.contextmanager
def held(out: Path) -> Iterator[None]:
    """Make the folder and keep others out of it. Raises ResultFolderError (Held where another process works there)."""
    refuse_foreign(out)
    try:
        (out / FOLDER).mkdir(parents=True, exist_ok=True)
        _lock(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    try:
        clear_partial(out)
        clear_partial(out / FOLDER)
        yield
    finally:
        with contextlib.suppress(OSError):
            if _json(out / LOCK) == _own_lock():  # not one that another took who thought this process gone
                (out / LOCK).unlink()


def cannot_write(out: Path, error: OSError) -> ResultFolderError:
    """One line for a failure of the file system."""
    reason = error.strerror or (str(error).splitlines() or [type(error).__name__])[0]
    return ResultFolderError(
        f"cannot write {out}: {reason}; what is finished stays: make room or name another folder, then say the "
        "same command again"
    )


def _lock(out: Path) -> None:
    path = out / LOCK
    for _ in range(2):
        if _create(path, json.dumps(_own_lock())):
            return
        if (holder := _holder(out)) is not None:
            raise Held(holder)
        _remove_left_behind(path)
    raise Held(f"another lianjian has just started in {out}")


def _own_lock() -> dict[str, Any]:
    return {"process": os.getpid(), "host": socket.gethostname()}


def _create(path: Path, text: str) -> bool:
    """Make a file that is not there, with all its text at once: a lock that is empty for a moment looks left behind."""
    whole = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        whole.write_text(text, encoding="utf-8")
        try:
            os.link(whole, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError:
                return False
    finally:
        whole.unlink(missing_ok=True)
    return True


def _remove_left_behind(path: Path) -> None:
    """Remove a lock, but not one that another has put in its place since it was read."""
    before, aside = _json(path), path.with_name(f"{path.name}.partial-{os.getpid()}-old")
    with contextlib.suppress(FileNotFoundError):
        os.rename(path, aside)
        if _json(aside) != before:
            with contextlib.suppress(OSError):
                os.link(aside, path)
        aside.unlink(missing_ok=True)


def _holder(out: Path) -> str | None:
    """Who holds the folder, as a message; None where the lock was left behind."""
    found = _json(out / LOCK)
    process, host = found.get("process"), found.get("host")
    if not isinstance(process, int):
        return None
    where = f"process {process}" + ("" if host == socket.gethostname() else f" on {host}")
    what = (
        f"{out} is in use by another lianjian ({where}): see `lianjian status {out}`; if it is no longer there, remove "
        f"{out / LOCK}"
    )
    if host == socket.gethostname():
        return what if works(process) else None
    return what if time.time() - _last_sign(out) < ABANDONED_S else None


def _last_sign(out: Path) -> float:
    """When the folder last changed, seconds of the epoch."""
    times = [path.stat().st_mtime for path in (out / PROGRESS, out / LOCK, out / FOLDER) if path.exists()]
    return max(times, default=0.0)


def at_work(out: Path) -> bool:
    """Whether a process holds the folder."""
    return (out / LOCK).exists() and _holder(out) is not None


def read_sweep(out: Path) -> dict[str, Any]:
    """What sweep.json says. Raises ResultFolderError where the folder holds no sweep."""
    if not out.is_dir():
        raise ResultFolderError(f"{out} {'is a file; a sweep is a folder' if out.exists() else 'does not exist'}")
    said = _json(out / SWEEP)
    if not said:
        raise ResultFolderError(f"{out} is not the folder of a sweep: it has no {SWEEP}")
    return said


def read_progress(out: Path) -> dict[str, Any]:
    """What progress.json says; empty where there is none."""
    return _json(out / PROGRESS)


def tie(out: Path, said: Mapping[str, Any], *, fresh: bool) -> None:
    """Write sweep.json, or see that it is about the same experiment; ``fresh`` clears what is there first.

    Raises ChangedExperiment where the folder holds runs of another experiment, and says what changed.
    """
    if fresh:
        clear(out)
    before = _json(out / SWEEP)
    if not before:
        (out / MANIFEST).unlink(missing_ok=True)  # nobody knows which experiment it is about
        save_json(out / SWEEP, said)
        return
    if before["identity"] != said["identity"]:
        raise ChangedExperiment(
            f"{out} holds runs of another experiment. What changed:\n"
            + "\n".join(f"  {line}" for line in changes(before, said))
            + "\nSay --fresh to throw its runs away and start anew, or name another folder with --out"
        )
    now = {**said, "created": before.get("created", said.get("created"))}
    if json.loads(json.dumps(now, default=str)) == before:
        return
    save_json(out / SWEEP, now)
    if (manifest := manifest_of(out)) is not None:
        words = {key: said[key] for key in (*WORDS, "experiment") if key in manifest}
        files = manifest["files"] | {SWEEP: sha256(out / SWEEP)}
        replace_manifest(out, {**manifest, **words, "files": files})


def clear(out: Path) -> None:
    """Remove all that a sweep of ours wrote; anything else stays."""
    for name in (MANIFEST, *files_of(manifest_of(out)), *(f"{table}.parquet" for table in TABLES), PROGRESS):
        (out / name).unlink(missing_ok=True)
    for path in (out / FOLDER, out / TABLES_PARTIAL):
        if path.exists():
            shutil.rmtree(path)
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    (out / SWEEP).unlink(missing_ok=True)  # last: shards without it would be taken for those of the next experiment


def manifest_of(out: Path) -> dict[str, Any] | None:
    """The manifest; None where there is none that can be read, as after a power failure."""
    with contextlib.suppress(ResultFolderError):
        return read_manifest(out)
    return None


def is_whole(out: Path) -> bool:
    """Whether there is a manifest and all tables that it lists."""
    manifest = manifest_of(out)
    return manifest is not None and all((out / name).exists() for name in (SWEEP, POINTS, *files_of(manifest)))


def files_of(manifest: Mapping[str, Any] | None) -> list[str]:
    """Files that a manifest lists, those that are made before a sweep has ended left out."""
    listed = manifest["files"] if manifest else ()
    return [name for name in listed if name not in (SWEEP, POINTS) and Path(name).name == name]


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two experiments, a line each: ``path: before -> now``."""
    old, new = _numbers_of(before), _numbers_of(now)
    lines = [f"{p}: {_short(old.get(p))} -> {_short(new.get(p))}" for p in {**old, **new} if old.get(p) != new.get(p)]
    if len(lines) > CHANGES_SHOWN:
        lines = [*lines[:CHANGES_SHOWN], f"and {len(lines) - CHANGES_SHOWN} more"]
    return lines or ["what a file that it names holds"]


def _numbers_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a sweep's numbers depend on, by path."""
    experiment = {key: value for key, value in said["experiment"].items() if key not in WORDS}
    documents = {name: scenario["document"] for name, scenario in said["scenarios"].items()}
    return _flat(experiment) | _flat(documents, "scenarios") | _flat(said["stands_on"])


def _flat(said: Mapping[str, Any], below: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in said.items():
        path = f"{below}.{key}" if below else str(key)
        flat |= _flat(value, path) if isinstance(value, Mapping) else {path: value}
    return flat


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _json(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
