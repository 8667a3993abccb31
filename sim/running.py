"""From a scenario to a result folder 运行: simulate, write the tables, then answer and figure from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.companions import needed
from sim.experiment.local import Plan, Progress, Simulate, plan, simulate
from sim.experiment.own import OwnEngine
from sim.language import LANGUAGES, Language
from sim.provenance import peak_memory_mib
from sim.report.progress import progress_bar
from sim.results import Results
from sim.scenario.forms import Variant, variants
from sim.scenario.own import Placed, Policy, Registered, Sources, known
from sim.scenario.scenario import Scenario
from sim.store import check_writable, write_manifest, write_table, writing

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.outcomes import Observed
    from sim.records import Records
    from sim.tables import FormNumbers


class UnknownArm(ValueError):
    """An arm that the scenario does not have; the message says which ones it has."""


@dataclass(frozen=True)
class Request:
    """What is to be run and where it goes."""

    scenario: Scenario
    arms: tuple[str, ...]
    """Arms whose rows are stored, in the scenario's order."""
    simulated: tuple[str, ...]
    """Those and what they are compared with."""
    replications: int
    seed: int
    out: Path
    command: tuple[str, ...]
    own_villages: Mapping[str, list[str]] = field(default_factory=dict)
    """Names and council labels of a researcher's villages, in the order of their index."""
    variants: tuple[Variant, ...] = ()
    """Forms that are varied, the scenario as written first; empty where none is."""
    language: Language = "en"
    """Of answer.md, forms.md, figures and what is said on the screen; no number depends on it."""
    own_modules: tuple[Mapping[str, str | None], ...] = ()
    """Name, version and hash of modules of a researcher's own."""


def run(
    scenario: str | Path | Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    arms: Sequence[str] | None = None,
    set: Sequence[str] = (),
    forms: str | Sequence[str] | None = None,
    workers: int | None = None,
    block: int | None = None,
    policies: Sequence[Policy] = (),
    mechanisms: Sequence[Placed] = (),
    out: str | Path | None = None,
    quiet: bool = True,
    command: Sequence[str] | None = None,
    language: Language = "en",
) -> Results:
    """Run a scenario and return its results; the folder ``out`` (results/<file stem>) is replaced as a whole.

    ``scenario`` is a file or a loaded scenario, ``set`` a list of "path=value", ``arms`` the arms to keep
    (all), ``forms`` "each" or names of forms that are varied besides, ``language`` "en" or "zh": of what is to be read, not
    of columns and names. ``policies`` are modules of one's own, written as those in sim/policies; ``mechanisms`` as those
    in sim/mechanisms, with their place: ``(module, 'after', 'projects')``. Raises what ``load_scenario`` raises, UnknownArm,
    UnknownForm, OwnModuleError, ValueError for a number below 1 or another language, ResultFolderError where the folder
    cannot be written, WorkerDied.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {language!r}")
    own = Registered.of(policies, mechanisms)
    with known(own):
        resolved, stem = _resolved(scenario, set)
        request = _request(resolved, stem, replications, seed, arms, out, command, forms, language)
        if not own:
            return execute(request, _planned(request, workers, block), quiet=quiet)
        sources = Sources.of(own)
        if not sources.can_travel():  # a module without a file exists in this process alone
            workers = 1
        request = replace(request, own_modules=tuple(own.described()))
        return execute(request, _planned(request, workers, block), quiet=quiet, engine=OwnEngine(sources))


def _planned(request: Request, workers: int | None, block: int | None) -> Plan:
    points = max(1, len(request.variants))
    return plan(request.scenario, len(request.simulated), request.replications, workers, block, points=points)


def execute(request: Request, planned: Plan, *, quiet: bool = True, engine: Simulate | None = None) -> Results:
    """Simulate and write; nothing is left of a run that fails or is interrupted."""
    started = time.perf_counter()
    check_writable(request.out)
    places = _places(request)
    with progress_bar(_title(request), quiet=quiet) as progress:
        records, numbers = _simulated(request, planned, progress, engine)
    simulated_s = time.perf_counter() - started
    with writing(request.out) as folder:
        _write(folder, request, planned, records, numbers, places, started, simulated_s)
    return Results(request.out)


def _title(request: Request) -> str:
    """What stands before the progress bar: the scenario's title in the language of the run, or its name."""
    return request.scenario.title.get(request.language) or request.scenario.name


def _places(request: Request) -> pa.Table:
    """Where the villages of replication 0 lie; drawn before the simulation, since a village file may change meanwhile."""
    from sim.population import draw
    from sim.tables import place_rows

    return place_rows(draw([request.scenario], [0], request.seed))


def _simulated(
    request: Request, planned: Plan, progress: Progress | None, engine: Simulate | None
) -> tuple[dict[str, Records], FormNumbers]:
    """Records of the scenario as written by arm; numbers of every variant, none where no form is varied."""
    scenario, arms, asked = request.scenario, request.simulated, (request.replications, request.seed, planned)
    if not request.variants:
        return simulate(scenario, arms, *asked, progress=progress, engine=engine), {}
    from sim.experiment.forms import simulate_forms

    window = _window(scenario)
    return simulate_forms(scenario, request.variants, arms, *asked, window, progress=progress, engine=engine)


def _write(
    folder: Path,
    request: Request,
    planned: Plan,
    records: dict[str, Records],
    numbers: FormNumbers,
    places: pa.Table,
    started: float,
    simulated_s: float,
) -> None:
    from sim.analysis.study import VILLAGE_COLUMNS, study_of
    from sim.outcomes import observe
    from sim.tables import PLACES

    burn_in = request.scenario.calendar.burn_in_years
    seen = {arm: observe(records, arm, burn_in) for arm in request.simulated}
    facts = _facts(request, planned, records)
    facts["tables"] = _write_tables(folder, request, records, seen)
    facts["tables"][PLACES] = write_table(folder / f"{PLACES}.parquet", [places])
    unstored = {
        arm: _compared(request, records[arm], seen[arm]) for arm in request.simulated if arm not in request.arms
    }
    records.clear()
    seen.clear()
    from sim.store import read_table

    study = study_of(facts, read_table(folder, "runs"), read_table(folder, "villages", VILLAGE_COLUMNS), unstored)
    _write_report(folder, study)
    if request.variants:
        _write_forms(folder, request, facts, numbers)
    facts |= _measured(planned, started, simulated_s)
    write_manifest(folder, facts)


def _write_report(folder: Path, study: Any) -> None:
    from sim.analysis.comparison import compare
    from sim.report.answer import write_answer
    from sim.report.figures import write_of_run

    rows = compare(study)
    write_answer(folder, study.manifest, rows)
    write_of_run(folder, study)


def _write_forms(folder: Path, request: Request, facts: dict[str, Any], numbers: FormNumbers) -> None:
    """Write the table of all variants and what survives; adds to the facts what the manifest says of them."""
    from sim.analysis.forms import FormStudy, conclusions, stated
    from sim.report.forms import write_forms
    from sim.tables import BY_FORM, form_run_rows

    table = form_run_rows(request.variants, request.arms, numbers, request.replications)
    facts["tables"][BY_FORM] = write_table(folder / f"{BY_FORM}.parquet", [table])
    facts["forms"] = stated(request.variants)
    rows = conclusions(FormStudy(request.variants, request.arms, request.simulated, numbers))
    write_forms(folder, facts, rows)


def _write_tables(
    folder: Path, request: Request, records: Mapping[str, Records], seen: Mapping[str, Observed]
) -> dict[str, int]:
    """Write the tables, one part an arm; returns the number of rows of each."""
    from sim import tables

    scenario = request.scenario
    window = _window(scenario)
    of_arm: dict[str, Callable[[str], pa.Table]] = {
        "runs": lambda arm: tables.run_rows(records[arm], seen[arm], scenario.outcomes, window),
        "yearly": lambda arm: tables.yearly_rows(records[arm], seen[arm], scenario.outcomes, scenario.calendar.phase),
        "villages": lambda arm: tables.village_rows(records[arm]),
        "accounts": lambda arm: tables.account_rows(records[arm]),
        "balances": lambda arm: tables.balance_rows(records[arm]),
    }
    if any(records[arm].entities for arm in request.arms):
        of_arm[tables.BY_ENTITY] = lambda arm: tables.entity_rows(records[arm])
    return {
        name: write_table(folder / f"{name}.parquet", (rows(arm) for arm in request.arms))
        for name, rows in of_arm.items()
    }


def _compared(request: Request, records: Records, seen: Observed) -> tuple[pa.Table, pa.Table]:
    """Rows of an arm that is compared with but not stored."""
    from sim import tables

    window = _window(request.scenario)
    return tables.run_rows(records, seen, request.scenario.outcomes, window), tables.village_rows(records)


def _window(scenario: Scenario) -> slice:
    from sim.outcomes import window

    calendar = scenario.calendar
    return window(calendar.burn_in_years, calendar.policy_years, calendar.after_years)


def _facts(request: Request, planned: Plan, records: Mapping[str, Records]) -> dict[str, Any]:
    """What the manifest says of the run itself; everything that reading the tables needs is in it."""
    scenario = request.scenario
    first = records[request.simulated[0]]
    years = [int(year) for year in first.years]
    window = _window(scenario)
    return {
        "verb": "run",
        "scenario": scenario.name,
        "title": dict(scenario.title),
        "arms": list(request.arms),
        "simulated_arms": list(request.simulated),
        "replications": request.replications,
        "seed": request.seed,
        "years": years,
        "villages": int(first.exists.shape[2]),
        **request.own_villages,
        **({"own_modules": list(request.own_modules)} if request.own_modules else {}),
        "calendar": asdict(scenario.calendar),
        "window": [years[window][0], years[window][-1]],
        "policy_active_years": {arm: _active_years(records[arm]) for arm in request.simulated},
        "outcomes": list(scenario.outcomes),
        "safeguards": {arm: _safeguards(records[arm]) for arm in request.arms},
        "worst_imbalance": {arm: float(records[arm].worst_imbalance.max(initial=0.0)) for arm in request.arms},
        "document": scenario.document,
        "command": list(request.command),
        "language": request.language,
        "workers": planned.workers,
        "block": planned.block,
    }


def _measured(planned: Plan, started: float, simulated_s: float) -> dict[str, Any]:
    return {
        "wall_time_s": round(time.perf_counter() - started, 3),
        "simulation_s": round(simulated_s, 3),
        "village_quarters": planned.village_quarters,
        "village_quarters_per_second": round(planned.village_quarters / max(simulated_s, 1e-9)),
        "peak_memory_mib": peak_memory_mib(planned.workers if planned.workers > 1 else 0),
    }


def _active_years(records: Records) -> list[int]:
    return [int(year) for year in records.years[records.policy_active.any(axis=0)]]


def _safeguards(records: Records) -> dict[str, float]:
    return {name: float(counts.sum()) for name, counts in sorted(records.safeguards.items())}


def _resolved(scenario: str | Path | Scenario, overrides: Sequence[str]) -> tuple[Scenario, str]:
    if isinstance(scenario, Scenario):
        if overrides:
            raise ValueError("set= works on a scenario file; load_scenario(file, set=...) gives one with it")
        return scenario, scenario.name
    from sim.scenario import load_scenario

    return load_scenario(scenario, set=overrides), Path(scenario).stem


def _request(
    scenario: Scenario,
    stem: str,
    replications: int | None,
    seed: int | None,
    arms: Sequence[str] | None,
    out: str | Path | None,
    command: Sequence[str] | None,
    forms: str | Sequence[str] | None = None,
    language: Language = "en",
) -> Request:
    from sim.engine import arm_names

    known = tuple(arm_names(scenario))
    kept = known if arms is None else _kept(arms, known)
    return Request(
        scenario=scenario,
        arms=kept,
        simulated=needed(kept, known),
        replications=scenario.replications if replications is None else replications,
        seed=scenario.seed if seed is None else seed,
        out=Path(out) if out is not None else Path("results") / stem,
        command=tuple(command) if command is not None else ("sim.run", stem),
        own_villages=_own_villages(scenario.population.file),
        variants=() if forms is None else variants(scenario, forms),
        language=language,
    )


def _own_villages(file: str | None) -> dict[str, list[str]]:
    """What the manifest keeps of a village file; read before the simulation, since a file may change meanwhile."""
    if file is None:
        return {}
    from sim.population import read_villages

    villages = read_villages(file)
    labels = {} if villages.council is None else {"village_councils": list(villages.council)}
    return {"village_names": list(villages.names), **labels}


def _kept(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    import difflib

    for arm in wanted:
        if arm not in known:
            close = difflib.get_close_matches(arm, known, 1)
            meant = f"; did you mean {close[0]!r}?" if close else ";"
            raise UnknownArm(f"there is no arm {arm!r}{meant} This scenario has: {', '.join(known)}")
    if not wanted:
        raise UnknownArm(f"no arm was named; this scenario has: {', '.join(known)}")
    return tuple(arm for arm in known if arm in wanted)
