"""What verbs share that analyse a stored result: an experiment file or a folder in, rows that fit, files out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sim.language import Language

if TYPE_CHECKING:
    from sim.analysis.stored import StoredRows


def swept_folder(
    what: str,
    workers: int | None,
    out: str | None,
    *,
    fits: Callable[[str, str], None],
    error: type[Exception],
    quiet: bool,
    language: Language,
) -> Path:
    """The result folder; of an experiment file, after what is missing was simulated.

    ``fits`` is called with the method of the design and the file, and raises where it cannot be analysed; ``error`` is
    raised for an ``--out`` beside a folder.
    """
    from sim.cli.sweep import go_on
    from sim.experiment.reading import load_experiment
    from sim.store import repair
    from sim.sweeping import result_folder

    path = Path(what)
    if path.is_dir() or (not path.exists() and path.suffix not in (".yaml", ".yml")):
        if out is not None:
            raise error("--out names the result folder of an experiment file; of a folder it is that folder")
        if not path.exists():
            repair(path.absolute())
        return path
    experiment = load_experiment(what)
    fits(experiment.method, what)
    folder = result_folder(what, out)
    go_on(experiment, folder, workers=workers, quiet=quiet, lang=language)
    return folder


def swept_rows(folder: Path, *, fits: Callable[[str, str], None], error: type[Exception], needs: str) -> StoredRows:
    """The rows of a sweep that has ended and has a design that fits; ``error`` says of a run what it ``needs`` instead."""
    from sim.analysis.stored import read_rows, refuse_unfinished

    refuse_unfinished(folder)
    rows = read_rows(folder)
    if rows.points is None or "method" not in rows.facts:
        raise error(f"{folder} is a run, not a sweep: {needs}")
    fits(str(rows.facts["method"]), str(folder))
    return rows


@contextlib.contextmanager
def unwritable_as(error: type[Exception], advice: str = "") -> Iterator[None]:
    """Turn a failure of the file system into one line of the verb's own error."""
    try:
        yield
    except OSError as failure:
        raise error(f"cannot write {failure.filename}: {failure.strerror}{advice}") from None
