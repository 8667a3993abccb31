"""One run of a sweep 单次运行: its settings, seed, outcomes or failure; and the run itself once more.

A run is named design point/arm/replication: ``17/pool/3``.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiment.folder import OWN_MODULE, manifest_of, read_sweep
from sim.experiment.rows import RunKey, run_name
from sim.experiment.shards import Index, read_index
from sim.experiment.tasks import Failure
from sim.store import ResultFolderError, read_table

if TYPE_CHECKING:
    from sim.scenario.own import Placed, Policy
    from sim.scenario.scenario import Scenario

SHAPE = "a run is design point/arm/replication, for example 17/pool/3"


class NoSuchRun(ResultFolderError):
    """A run that the sweep does not have; the message says which ones it has."""


@dataclass(frozen=True)
class Explained:
    """All that is stored of one run."""

    folder: Path
    sweep: Mapping[str, Any]
    key: RunKey
    scenario: str
    coordinates: Mapping[str, Any]
    """Factor -> value at the design point."""
    settings: Mapping[str, Any]
    """Path -> value, as ``--set`` takes them."""
    outcomes: Mapping[str, float] | None
    """What is stored; None where the run is not done or has failed."""
    failure: Failure | None
    shard: str | None
    """File of its row; None where it is not done."""

    @property
    def status(self) -> str:
        """ok, failed or not done."""
        return "ok" if self.outcomes is not None else "failed" if self.failure is not None else "not done"

    def command(self, scenario_file: str) -> str:
        """A ``lianjian run`` that simulates the run among others of its design point."""
        point, arm, replication = self.key
        words = ["lianjian", "run", scenario_file, "--arms", arm, "--replications", str(replication + 1)]
        words += ["--seed", str(self.sweep["seed"])]
        everywhere = self.sweep["experiment"].get("set") or {}
        for path, value in {**everywhere, **self.settings}.items():
            words += ["--set", f"{path}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"]
        return shlex.join([*words, "--out", f"results/{self.sweep['name']}-{point}"])


@dataclass(frozen=True)
class Replay:
    """A run simulated once more."""

    outcomes: Mapping[str, float]
    differing: Mapping[str, tuple[float | None, float]]
    """Outcome -> (stored, now) where they differ in a bit; empty where nothing was stored."""


def explain(folder: Path, name: str) -> Explained:
    """What is stored of a run. Raises NoSuchRun, ResultFolderError."""
    sweep = read_sweep(folder)
    key = parsed(name, sweep)
    index = read_index(folder)
    point = _point(folder, key[0])
    shard = index.of_unit.get((key[0], key[2]))
    row, failed = (_row(folder, index, key, table) for table in ("runs", "failures"))
    failure = None if failed is None else Failure(failed["cause"], failed["message"], failed["traceback"])
    outcomes = None
    if row is not None and row["status"] == "ok":
        outcomes = {
            n: v for n, v in row.items() if n not in ("design_point", "arm", "replication", "status", "message")
        }
    return Explained(
        folder=folder,
        sweep=sweep,
        key=key,
        scenario=point["scenario"],
        coordinates={name: point[name] for name in sweep["columns"]["coordinates"]},
        settings=json.loads(point["settings"]),
        outcomes=outcomes,
        failure=failure,
        shard=None if shard is None else index.path(index.shards[shard], "runs").name,
    )


def parsed(name: str, sweep: Mapping[str, Any]) -> RunKey:
    """The run that a name means. Raises NoSuchRun."""
    from sim.scenario.problems import suggestion

    point, _, rest = name.partition("/")
    arm, _, replication = rest.rpartition("/")
    if not (point.isdecimal() and arm and replication.isdecimal()):
        raise NoSuchRun(f"{name!r} names no run: {SHAPE}")
    if int(point) >= sweep["points"]:
        raise NoSuchRun(f"there is no design point {point}: this sweep has 0 to {sweep['points'] - 1}")
    if arm not in sweep["arms"]:
        raise NoSuchRun(
            f"there is no arm {arm!r}{suggestion(arm, sweep['arms'])} (there are {', '.join(sweep['arms'])})"
        )
    if int(replication) >= sweep["replications"]["at_most"]:
        raise NoSuchRun(f"there is no replication {replication}: 0 to {sweep['replications']['at_most'] - 1}")
    return int(point), arm, int(replication)


def _point(folder: Path, number: int) -> dict[str, Any]:
    rows = read_table(folder, "points")
    found: dict[str, Any] = rows.slice(number, 1).to_pylist()[0]
    return found


def _row(folder: Path, index: Index, key: RunKey, table: str) -> dict[str, Any] | None:
    """The row of a run in a table of its shard; where shards were removed, in that of the whole."""
    address = index.of_unit.get((key[0], key[2]))
    rows = None if address is None else index.rows(index.shards[address], table)
    if address is None and table in (manifest_of(folder) or {"tables": ()})["tables"]:
        rows = read_table(folder, table, only=("design_point", key[0]))
    for row in [] if rows is None else rows.to_pylist():
        if (row["design_point"], row["arm"], row["replication"]) == key:
            found: dict[str, Any] = row
            return found
    return None


def scenario_of(explained: Explained) -> Scenario:
    """The scenario of the run's design point, from what the sweep keeps. Raises ScenarioErrors."""
    from sim.scenario import load_document, vary

    kept = explained.sweep
    folder = kept["folders"][explained.scenario] or "."
    scenario = load_document(kept["scenarios"][explained.scenario]["document"], name=explained.scenario, folder=folder)
    return vary(scenario, explained.settings) if explained.settings else scenario


def replay(explained: Explained, policies: Sequence[Policy] = (), mechanisms: Sequence[Placed] = ()) -> Replay:
    """Simulate the one run again, in this process, with what it is compared with. Raises what the model raises.

    ``policies`` and ``mechanisms`` are those that the sweep was given; installed ones are found. Raises OwnModuleError where
    one that the sweep had is missing.
    """
    from sim.scenario.own import OwnModuleError, Registered, known, schedule_with

    own = Registered.of(policies, mechanisms)
    there = {f"{OWN_MODULE} {module['name']}" for module in own.described()}
    had = {name for name in explained.sweep["stands_on"] if name.startswith(OWN_MODULE)}
    if had - there:
        raise OwnModuleError(
            f"{explained.folder} was made with {', '.join(sorted(had - there))}: install it as a package (entry point "
            "lianjian.policies or lianjian.mechanisms), or replay from Python: "
            "sim.experiment.explaining.replay(explain(folder, run), policies=..., mechanisms=...)"
        )
    with known(own):
        return _replay(explained, {"mechanisms": schedule_with(own.mechanisms)} if own else {})


def _replay(explained: Explained, own: Mapping[str, Any]) -> Replay:
    from sim.companions import needed
    from sim.engine import arm_names, simulate_block
    from sim.outcomes import observe, window
    from sim.tables import run_numbers

    scenario = scenario_of(explained)
    point, arm, replication = explained.key
    calendar = scenario.calendar
    years = window(calendar.burn_in_years, calendar.policy_years, calendar.after_years)
    arms = needed((arm,), arm_names(scenario))
    block = simulate_block([scenario], [point], [replication], arms, explained.sweep["seed"], **own)
    records = {of.arm: of for of in block}
    outcomes = tuple(explained.sweep["outcomes"])
    numbers = run_numbers(records[arm], observe(records, arm, calendar.burn_in_years), outcomes, years)
    now = {name: float(values[0]) for name, values in numbers.items()}
    now["worst_imbalance"] = float(records[arm].worst_imbalance[0])
    stored = explained.outcomes or {}
    differing = {
        name: (stored[name], value) for name, value in now.items() if name in stored and not _same(stored[name], value)
    }
    return Replay(now, differing)


def _same(stored: float | None, now: float) -> bool:
    """Equal to the bit; null stands for a number that is none."""
    return now != now if stored is None else stored == now


__all__ = ["Explained", "NoSuchRun", "Replay", "explain", "replay", "run_name", "scenario_of"]
