"""A stored result as arrays 结果读入: what comparisons and figures need of the tables, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.declare import PUBLIC_PAYERS, Array
from sim.outcomes import SAME_MANAGEMENT, SAME_MONEY, terciles
from sim.outcomes import window as window_of
from sim.store import ResultFolderError, read_manifest, read_table

if TYPE_CHECKING:
    import pyarrow as pa

RUNS_KEYS = ("design_point", "arm", "replication", "status", "message")
VILLAGE_COLUMNS = ["design_point", "arm", "replication", "year", "village", "exists", "earned_income"]


@dataclass(frozen=True)
class ArmData:
    """One arm: numbers of its runs, replications in order."""

    arm: str
    outcomes: Mapping[str, Array]
    """Outcome -> (replications,): one number a run, over the window."""
    public_cost: Mapping[str, Array]
    """Payer -> (replications,): 万元 of the whole run."""
    earned: Array
    """(replications, years, villages): earned income, 万元 a year."""
    terciles: npt.NDArray[np.int8]
    """(replications, villages): by earned income in the last year of the burn-in, 0 the poorest third."""

    @property
    def poorest(self) -> npt.NDArray[np.bool_]:
        """(replications, villages): the poorest third."""
        return np.asarray(self.terciles == 0)


@dataclass(frozen=True)
class Study:
    """All arms of one result, with what the manifest says of them."""

    manifest: Mapping[str, Any]
    arms: Mapping[str, ArmData]
    """Arms stored and, while a result is being made, arms simulated for comparison only."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Arms whose rows are stored, in order."""
        return tuple(arm for arm in self.manifest["arms"] if arm in self.arms)

    @property
    def replications(self) -> int:
        return int(self.manifest["replications"])

    @property
    def years(self) -> list[int]:
        return list(self.manifest["years"])

    @property
    def window(self) -> slice:
        """Positions of the years over which gains are taken."""
        return calendar_window(self.manifest)

    def active_years(self, arm: str) -> list[int]:
        """Years in which a block of the arm (of the judged arm, for a companion) was active."""
        return list(self.manifest["policy_active_years"].get(arm, []))

    def references(self, arm: str) -> tuple[str, ...]:
        """What an arm is compared with, as far as it was simulated: no policy, then its companions."""
        return references_of(arm, self.arms)


def references_of(arm: str, simulated: Collection[str]) -> tuple[str, ...]:
    """What an arm is compared with, as far as it was simulated: no policy, then its companions."""
    judged, _, companion = arm.partition("@")
    wanted = ["no_policy"]
    if not companion:
        wanted += [arm + SAME_MONEY, arm + SAME_MANAGEMENT]
    elif arm.endswith(SAME_MANAGEMENT):
        wanted.append(judged + SAME_MONEY)
    return tuple(name for name in wanted if name in simulated and name != arm)


def calendar_window(manifest: Mapping[str, Any]) -> slice:
    """Positions of the years of the window, from the calendar in the manifest."""
    calendar = manifest["calendar"]
    return window_of(calendar["burn_in_years"], calendar["policy_years"], calendar["after_years"])


def read_study(folder: Path, unstored: Mapping[str, tuple[pa.Table, pa.Table]] | None = None) -> Study:
    """Read a result folder; ``unstored`` adds arms simulated for comparison only (runs, villages)."""
    return study_of(
        read_manifest(folder),
        read_table(folder, "runs"),
        read_table(folder, "villages", VILLAGE_COLUMNS),
        unstored,
    )


def study_of(
    manifest: Mapping[str, Any],
    runs: pa.Table,
    villages: pa.Table,
    unstored: Mapping[str, tuple[pa.Table, pa.Table]] | None = None,
) -> Study:
    """As :func:`read_study`, from tables; design point 0 only. Raises ResultFolderError where rows miss."""
    of_runs, of_villages = rows_by_arm(runs), rows_by_arm(villages)
    none = runs.slice(0, 0), villages.slice(0, 0)
    tables = {arm: (of_runs.get(arm, none[0]), of_villages.get(arm, none[1])) for arm in manifest["arms"]}
    tables |= {arm: (rows_by_arm(a)[arm], rows_by_arm(b)[arm]) for arm, (a, b) in (unstored or {}).items()}
    arms = {arm: _arm_data(manifest, arm, *pair) for arm, pair in tables.items()}
    order = [arm for arm in manifest["simulated_arms"] if arm in arms]
    return Study(manifest, {arm: arms[arm] for arm in order})


def _arm_data(manifest: Mapping[str, Any], arm: str, of_runs: pa.Table, of_villages: pa.Table) -> ArmData:
    n, years, places = manifest["replications"], len(manifest["years"]), manifest["villages"]
    if of_runs.num_rows != n or of_villages.num_rows != n * years * places:
        raise ResultFolderError(
            f"arm {arm}: {of_runs.num_rows} runs and {of_villages.num_rows} village rows, "
            f"expected {n} and {n * years * places}; see `lianjian audit`"
        )
    earned = numbers(of_villages, "earned_income").reshape(n, years, places)
    exists = of_villages["exists"].to_numpy().reshape(n, years, places)
    before = max(manifest["calendar"]["burn_in_years"] - 1, 0)
    costs = {f"public_cost_{payer}" for payer in PUBLIC_PAYERS}
    return ArmData(
        arm=arm,
        outcomes={
            name: numbers(of_runs, name) for name in of_runs.column_names if name not in RUNS_KEYS and name not in costs
        },
        public_cost={payer: numbers(of_runs, f"public_cost_{payer}") for payer in PUBLIC_PAYERS},
        earned=earned,
        terciles=terciles(earned[:, before], exists[:, before]),
    )


def rows_by_arm(table: pa.Table, design_point: int = 0) -> dict[str, pa.Table]:
    """The rows of each arm at one design point, in the order stored."""
    column = table["arm"].combine_chunks()
    coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
    # compared by code, not by text: the table of villages has millions of rows
    code, at_point = coded.indices.to_numpy(), table["design_point"].to_numpy() == design_point
    return {
        arm: table.filter((code == position) & at_point) for position, arm in enumerate(coded.dictionary.to_pylist())
    }


def numbers(table: pa.Table, name: str) -> Array:
    """A column as float64; null becomes NaN."""
    column = table[name]
    if column.null_count:
        column = column.fill_null(float("nan"))
    return np.asarray(column.to_numpy(), dtype=np.float64)
