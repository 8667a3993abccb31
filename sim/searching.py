"""From a search file to its result folder 政策搜索运行: generations as sweeps, the front evaluated afresh, tables.

DIR/search.json            what is searched and on what its numbers depend; written at once
DIR/generations/000, ...   a sweep of the candidates of each generation that had not been simulated before
DIR/as_written, DIR/fresh_as_written    sweeps of the arms that are compared with, on the search's draws and on fresh ones
DIR/fresh                  a sweep of the front on draws that the search never saw
DIR/front.csv, candidates.csv, front.md, figures/, manifest.json    at the end

Nothing else is kept of how far a search is: the same command proposes the same candidates and finds them simulated.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.stored import cells_by_point, read_rows
from sim.declare import Array
from sim.experiment.engines import WORTH_A_PROCESS, Engine, Serial, engine_for
from sim.experiment.experiment import Experiment
from sim.experiment.folder import ChangedExperiment, changes
from sim.experiment.planning import prepare
from sim.experiment.shards import save_json
from sim.language import Language
from sim.provenance import model_version
from sim.report.progress import progress_log
from sim.scenario.scenario import NO_POLICY
from sim.search import algorithm, sweeps
from sim.search.candidates import Candidate, Space
from sim.search.found import Chosen, Found, NothingFound, Values, choose, judge, measured
from sim.search.loop import Archive, Scored
from sim.search.loop import search as run_loop
from sim.search.problem import Draws, Goal, Search
from sim.search.scores import Rule, complete
from sim.store import MANIFEST, ResultFolderError, files_in, read_manifest, write_manifest
from sim.sweeping import execute

SEARCH = "search.json"
GENERATIONS, WRITTEN, FRESH, FRESH_WRITTEN = "generations", "as_written", "fresh", "fresh_as_written"
PARTS = (GENERATIONS, WRITTEN, FRESH, FRESH_WRITTEN)
Told = Callable[[str], None]


def optimise(
    search: str | Path | Search,
    *,
    workers: int | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    language: Language = "en",
    quiet: bool = True,
    told: Told = lambda line: None,
) -> Found:
    """Search, or go on searching: what is stored in ``out`` (results/<file stem>) is not simulated again.

    ``fresh`` throws away what is stored; ``told`` is called with a line for each failed run. Raises ScenarioErrors, NoPymoo,
    ChangedExperiment where the folder holds another search, ResultFolderError, NothingFound.
    """
    if not isinstance(search, Search):
        from sim.search.reading import load_search

        search = load_search(search)
    version = algorithm.require()
    folder = Path(out) if out is not None else Path("results") / search.name
    began = time.monotonic()
    _tie(folder, search, version, fresh=fresh)
    simulated = Simulated(search, folder, workers, told)
    try:
        found = _search(search, simulated, quiet=quiet)
    finally:
        simulated.close()
    _write(folder, found, language, {"pymoo": version, "wall_time_s": round(time.monotonic() - began, 3)})
    return found


def _search(search: Search, simulated: Simulated, *, quiet: bool) -> Found:
    space = simulated.space
    with progress_log(search.title.get("en", search.name), quiet=quiet) as moved:
        archive = run_loop(
            space.variables,
            space.decode,
            np.array([goal.sign for goal in search.goals]),
            simulated.evaluate,
            algorithm=search.algorithm,
            population=search.population,
            generations=search.generations,
            seed=search.seed,
            budget=search.budget,
            first=[space.encode(candidate) for candidate in space.first()],
            learned=lambda generation, known: moved(generation + 1, search.generations) if moved else None,
        )
    written = simulated.written(search.draws, WRITTEN)
    chosen = choose(search, archive, simulated.as_written_scores(written))
    values, of_written = simulated.afresh(chosen, written)
    return judge(search, space, archive, chosen, values, of_written)


class Simulated:
    """Evaluates candidates by sweeps in folders of their own, with one set of processes for all of them."""

    def __init__(self, search: Search, folder: Path, workers: int | None, told: Told) -> None:
        self.search, self.folder = search, folder
        self.space = Space(search)
        self.worlds = sweeps.worlds(search.robust)
        self.rule = Rule.of(measured(search), search.robust)
        self.values: dict[Candidate, Array] = {}
        """Candidate -> (worlds, replications, measured) on the draws of the search."""
        self._workers, self._told = workers, told
        self._processes: Engine | None = None

    def evaluate(self, generation: int, candidates: Sequence[Candidate]) -> list[Scored]:
        """What candidates are worth on the draws of the search; one of which a run failed has failed.

        Each can be built: levers were checked one by one, and what an arm joins goes together in any part.
        """
        at, part = self.worlds, f"{GENERATIONS}/{generation:03d}"
        made = sweeps.of_candidates(
            self.search, self.space, candidates, at, self.search.draws, f"generation {generation}"
        )
        cells = self._simulated(made, part, [self.search.arm])[0]
        self.values |= zip(candidates, cells.reshape(len(candidates), len(at), *cells.shape[1:]), strict=True)
        return [self._scored(self.values[candidate]) for candidate in candidates]

    def _scored(self, values: Array) -> Scored:
        lost = int((~np.isfinite(values).all(axis=-1)).sum())
        if lost:
            return Scored(None, why=f"{lost} of {values.shape[0] * values.shape[1]} replications failed")
        worth = self.rule(values)
        return Scored(worth[: len(self.search.goals)], float(worth[self._cost()]))

    def _cost(self) -> int:
        return [goal.outcome for goal in measured(self.search)].index("public_cost")

    def written(self, draws: Draws, part: str) -> Array:
        """The arms as written, (arms, worlds, replications, measured)."""
        at = sweeps.worlds(self.search.robust, fresh=part == FRESH_WRITTEN)
        made = sweeps.as_written(self.search, at, draws, part.replace("_", " "))
        return self._simulated(made, part, self.search.compare)

    def as_written_scores(self, written: Array) -> dict[str, tuple[Array, float]]:
        """Arm -> goals and cost on the draws of the search; an arm of which a run failed is left out."""
        goals = len(self.search.goals)
        scored = {}
        for arm, values in zip(self.search.compare, written, strict=True):
            worth = self.rule(values)
            if np.isfinite(worth).all():
                scored[arm] = worth[:goals], float(worth[self._cost()])
        return scored

    def afresh(self, chosen: Chosen, written: Array) -> tuple[Values, Values]:
        """The chosen points and the arms as written on fresh draws, in the replications in which none failed."""
        at = sweeps.worlds(self.search.robust, fresh=True)
        made = sweeps.of_candidates(self.search, self.space, chosen.candidates, at, self.search.fresh, "fresh")
        cells = self._simulated(made, FRESH, [self.search.arm])[0]
        points = cells.reshape(len(chosen.candidates), len(at), *cells.shape[1:])
        own = self.written(self.search.fresh, FRESH_WRITTEN)
        kept = complete(np.concatenate([points, own]))
        if len(kept) < 2:
            raise NothingFound(f"fewer than 2 fresh replications in which no run failed; see {self.folder / FRESH}")
        searched = np.array([self.values[candidate] for candidate in chosen.candidates])
        before = written[:, :, complete(written)] if len(written) else written
        lost = points.shape[2] - len(kept)
        return Values(searched, points[:, :, kept], lost), Values(before, own[:, :, kept], lost)

    def _simulated(self, experiment: Experiment, part: str, arms: Sequence[str]) -> Array:
        """Values of a sweep, (arms, points, replications, measured); NaN where a run failed."""
        folder = self.folder / part
        execute(prepare(experiment), folder, self._engine, told=self._told)
        rows, goals = read_rows(folder), measured(self.search)
        every = [NO_POLICY, *arms]
        numbers = [point.number for point in experiment.points]
        parts = [
            _values(cells.values, goals)
            for cells in cells_by_point(rows.runs, every, [goal.outcome for goal in goals], numbers)
        ]
        return np.concatenate(parts, axis=1)

    def _engine(self, work: int, alone: bool) -> Engine:
        if self._workers is None and work < WORTH_A_PROCESS and self._processes is None:
            return Serial()
        if self._processes is None:
            self._processes = engine_for(work, self._workers, None, alone=False)
        return _Kept(self._processes)

    def close(self) -> None:
        """End the processes."""
        if self._processes is not None:
            self._processes.close()


class _Kept:
    """An engine that outlives a sweep: starting processes takes longer than a generation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.submit, self.wait = engine.submit, engine.wait

    @property
    def slots(self) -> int:
        return self._engine.slots

    @property
    def free(self) -> int:
        return self._engine.free

    def close(self) -> None:
        """Stays open for the next sweep."""


def _values(cells: Any, goals: Sequence[Goal]) -> Array:
    """(arms, points, replications, measured) of cells (points, no_policy and arms, replications)."""
    found = []
    for goal in goals:
        column = cells[goal.outcome]
        base = column[:, :1] if goal.difference else 0.0
        found.append((column[:, 1:] - base).transpose(1, 0, 2))
    return np.stack(found, axis=-1)


# ---- the folder


def _tie(folder: Path, search: Search, version: str, *, fresh: bool) -> None:
    """Tie a folder to the search, or make sure that it is about the same one.

    Raises ChangedExperiment where it holds another search, ResultFolderError where it holds anything else.
    """
    stands_on = {"model_version": model_version(), "pymoo": version}
    scenario = {search.scenario.name: {"document": dict(search.scenario.document)}}
    said: dict[str, Any] = {"experiment": dict(search.document), "scenarios": scenario, "stands_on": stands_on}
    said["identity"] = hashlib.sha256(json.dumps(_numbers(said), sort_keys=True, default=str).encode()).hexdigest()
    if folder.exists() and not folder.is_dir():
        raise ResultFolderError(f"{folder} is a file, not a folder; name another with --out")
    there = files_in(folder) if folder.exists() else []
    if there and not (folder / SEARCH).exists():
        raise ResultFolderError(f"{folder} holds {there[0]}, which no search wrote: name another folder with --out")
    if fresh:
        _clear(folder)
    if (folder / SEARCH).exists():
        before = json.loads((folder / SEARCH).read_text(encoding="utf-8"))
        if before["identity"] != said["identity"]:
            raise ChangedExperiment(
                f"{folder} holds another search. What changed:\n"
                + "\n".join(f"  {line}" for line in changes(before, said))
                + "\nSay --fresh to throw its runs away and start anew, or name another folder with --out"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    save_json(folder / SEARCH, said)


def _numbers(said: dict[str, Any]) -> dict[str, Any]:
    """What numbers depend on: title, question and time limit may change."""
    words = ("title", "question", "time_limit_s")
    return {**said, "experiment": {key: value for key, value in said["experiment"].items() if key not in words}}


def _clear(folder: Path) -> None:
    """Remove all that a search of ours wrote; anything else stays."""
    listed = read_manifest(folder)["files"] if (folder / MANIFEST).exists() else {}
    for name in (MANIFEST, SEARCH, *listed):
        (folder / name).unlink(missing_ok=True)
    for part in PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)


def _write(folder: Path, found: Found, language: Language, took: dict[str, Any]) -> None:
    from sim.report.figures.search import write_figure
    from sim.report.search import write_search

    paths = write_search(folder, found, language)
    paths += write_figure(folder / "figures", found, language)
    search = found.search
    facts = {
        "verb": "search",
        "name": search.name,
        "title": dict(search.title),
        "question": search.question,
        "arm": search.arm,
        "seed": search.draws.seed,
        "fresh_seed": search.fresh.seed,
        "replications": search.draws.replications,
        "fresh_replications": found.fresh_replications,
        "algorithm": search.algorithm,
        "generations": search.generations,
        "candidates": counts(found.archive),
        "front": found.size,
        "shown": len(found.points),
        "experiment": dict(search.document),
        **took,
    }
    write_manifest(folder, facts, [SEARCH, *(path.relative_to(folder).as_posix() for path in paths)])


def counts(archive: Archive) -> dict[str, int]:
    """Candidates proposed, simulated and failed."""
    return {"proposed": archive.proposed, "evaluated": len(archive.entries), "failed": len(archive.failed)}
