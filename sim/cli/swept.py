"""What verbs take that analyse a sweep: an experiment file, of which what is missing is simulated, or its result folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.language import Language


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
