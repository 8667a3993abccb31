"""From an experiment to a result folder 实验运行: prepare, simulate or go on, write the tables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.experiment import folder as folders
from sim.experiment.assembly import swap_in, write_tables
from sim.experiment.contrasts import Contrasts
from sim.experiment.engines import Engine, Serial, engine_for
from sim.experiment.experiment import Experiment
from sim.experiment.planning import Prepared, point_rows, prepare
from sim.experiment.shards import DamagedShard, Index, read_index, replacing
from sim.experiment.sweep import Sweep, Told
from sim.experiment.units import FIRST_SPEED, Backlog, Pace
from sim.provenance import peak_memory_mib
from sim.report.progress import progress_log
from sim.results import Results
from sim.scenario.own import Placed, Policy, Registered, known
from sim.store import MANIFEST, write_manifest, write_table

if TYPE_CHECKING:
    import pyarrow as pa


def run_experiment(
    experiment: str | Path | Experiment,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    retry_failed: bool = False,
    fresh: bool = False,
    policies: Sequence[Policy] = (),
    mechanisms: Sequence[Placed] = (),
    out: str | Path | None = None,
    quiet: bool = True,
    told: Told | None = None,
    noticed: Told | None = None,
) -> Results:
    """Run an experiment, or go on with it: what is stored in ``out`` (results/<file stem>) is not simulated again.

    ``experiment`` is a file or a loaded experiment; ``cluster`` the address or file of a Dask scheduler; ``retry_failed`` simulates
    again what failed; ``fresh`` throws away what is stored. ``policies`` and ``mechanisms`` are as in :func:`sim.run`.
    ``told`` is called with a line for each failure, ``noticed`` with one where a cluster has no workers.
    Raises what :func:`load_experiment` raises, ChangedExperiment where the folder holds runs of another experiment, Held where
    another process is at work in it, ResultFolderError where it cannot be written, NoCluster, Hopeless, DrawsDiffer,
    OtherVersionThere.
    """
    own = Registered.of(policies, mechanisms)
    with known(own):
        if not isinstance(experiment, Experiment):
            from sim.experiment.reading import load_experiment

            experiment = load_experiment(experiment)
        prepared = prepare(experiment, own)
        folder = Path(out) if out is not None else Path("results") / experiment.name
        return execute(
            prepared,
            folder,
            lambda work, alone: engine_for(work, workers, cluster, alone=alone, noticed=noticed or (lambda line: None)),
            retry_failed=retry_failed,
            fresh=fresh,
            quiet=quiet,
            told=told or (lambda line: None),
        )


def result_folder(experiment: str | Path, out: str | Path | None = None) -> Path:
    """Where an experiment's result goes: results/<file stem> where nothing else is said."""
    return Path(out) if out is not None else Path("results") / Path(experiment).stem


def execute(
    prepared: Prepared,
    out: Path,
    engine: Callable[[int, bool], Engine],
    *,
    retry_failed: bool = False,
    fresh: bool = False,
    quiet: bool = True,
    told: Told,
) -> Results:
    """As :func:`run_experiment`, with what was prepared; ``engine`` makes one for so much work."""
    with folders.held(out):
        try:
            folders.tie(out, prepared.said, fresh=fresh)
            if not retry_failed and folders.is_whole(out):
                return Results(out)
            _write_points(out, point_rows(prepared.experiment))
            index = read_index(out, prepared.keys)
            contrasts = _contrasts(prepared.experiment, index)
            attempt = 0
            if retry_failed:
                attempt = 1 + max((shard.attempt for shard in index.shards.values()), default=0)
                index.forget(index.failed)
            todo = contrasts.first(index.done) or contrasts.more(index.done)
            if todo or not folders.is_whole(out):
                sweep = _sweep(prepared, out, index, contrasts, todo, attempt, engine, told)
                _remove_stale(out)  # tables of an earlier state must not pass for those of shards that are now added
                _simulate(sweep, quiet=quiet)
                _finish(sweep)
        except DamagedShard as error:
            error.path.unlink(missing_ok=True)
            raise
        except OSError as error:
            raise folders.cannot_write(out, error) from error
    return Results(out)


def _write_points(out: Path, rows: pa.Table) -> None:
    """The design points, readable from the first second; replaced at the end by those with what was reached."""
    path = out / "points.parquet"
    if not path.exists():
        with replacing(path) as partial:
            write_table(partial, [rows])


def _contrasts(experiment: Experiment, index: Index) -> Contrasts:
    contrasts = Contrasts(experiment)
    if contrasts.until is not None:
        for shard in index.in_order():
            if (rows := index.rows(shard, "runs")) is not None:
                contrasts.add(rows)
    return contrasts


def _sweep(
    prepared: Prepared,
    out: Path,
    index: Index,
    contrasts: Contrasts,
    todo: Mapping[int, Sequence[int]],
    attempt: int,
    engine: Callable[[int, bool], Engine],
    told: Told,
) -> Sweep:
    """A sweep with its work cut out; the engine is started last."""
    before = folders.read_progress(out)
    backlog = Backlog(prepared.experiment, prepared.groups)
    backlog.add(todo)
    work = sum(prepared.work[point] * len(replications) for point, replications in todo.items())
    made = engine(work, not before)
    pace = Pace(made.slots, expected_s=work / FIRST_SPEED / made.slots)
    return Sweep(
        prepared=prepared,
        index=index,
        out=out,
        engine=made,
        attempt=attempt,
        contrasts=contrasts,
        told=told,
        moved=lambda done, total: None,
        pace=pace,
        backlog=backlog,
        seconds_before=float(before.get("seconds", 0.0)),
        ok=any(len(shard.failed) < len(shard.units) for shard in index.shards.values()),
    )


def _simulate(sweep: Sweep, *, quiet: bool) -> None:
    title = sweep.prepared.experiment.title.get("en") or sweep.prepared.experiment.name
    try:
        with progress_log(title, quiet=quiet) as progress:
            if progress is not None:
                sweep.moved = progress
            sweep.run()
    finally:
        sweep.engine.close()
        with contextlib.suppress(OSError):
            sweep.save()


def _finish(sweep: Sweep) -> None:
    """Write the tables of the whole and swap them in."""
    out, index, prepared = sweep.out, sweep.index, sweep.prepared
    arms = prepared.experiment.arms
    wanted = sweep.contrasts.wanted
    # more than the stopping rule wants, now that runs which had failed are known
    index.forget([unit for unit in index.of_unit if unit[1] >= wanted[unit[0]]])
    points = _reached(point_rows(prepared.experiment), sweep.contrasts)
    _remove_stale(out)
    rows = write_tables(out, index, arms, points)
    swap_in(out)
    facts = {
        **prepared.facts,
        "tables": rows,
        "runs": _run_counts(sweep.contrasts, index, prepared.experiment),
        "baseline_duplicate": sweep.duplicates,
        "wall_time_s": round(sweep.seconds, 3),
        "workers": sweep.engine.slots,
        "village_quarters": sum(shard.village_quarters for shard in index.shards.values()),
        "peak_memory_mib": peak_memory_mib(0 if isinstance(sweep.engine, Serial) else sweep.engine.slots),
    }
    write_manifest(out, facts, [*(f"{name}.parquet" for name in rows), folders.SWEEP])
    sweep.save()


def _remove_stale(out: Path) -> None:
    """Remove what other verbs made of an earlier state of the tables."""
    listed = folders.files_of(folders.manifest_of(out))
    for name in (MANIFEST, *listed):
        (out / name).unlink(missing_ok=True)


def _reached(points: pa.Table, contrasts: Contrasts) -> pa.Table:
    """The table of design points with the replications and, under a stopping rule, the half widths reached."""
    import pyarrow as pa

    numbers = points["design_point"].to_pylist()
    points = points.append_column("replications", pa.array([contrasts.wanted[n] for n in numbers], pa.int32()))
    if contrasts.until is None:
        return points
    reached = [contrasts.reached[n] for n in numbers]
    points = points.append_column("half_width", pa.array([d.half_width for d in reached], pa.float64()))
    return points.append_column("half_width_reached", pa.array([d.reached for d in reached], pa.bool_()))


def _run_counts(contrasts: Contrasts, index: Index, experiment: Experiment) -> dict[str, int]:
    runs = contrasts.wanted_units * len(experiment.arms)
    failed = sum(rows.num_rows for shard in index.in_order() if (rows := index.rows(shard, "failures")) is not None)
    return {"ok": runs - failed, "failed": failed}
