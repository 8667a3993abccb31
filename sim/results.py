"""Open a result folder 打开结果: its tables as pandas frames, its answer, its audit; of a run and of a sweep."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.store import ResultFolderError, read_manifest, repair

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.comparison import Row
    from sim.analysis.forms import FormRow
    from sim.auditing import AuditReport

OF_SWEEPS = ("points", "failures")
FAILURE_COLUMNS = ("design_point", "arm", "replication", "cause", "message", "traceback")
HOW_TO_KEEP = {name: f"record: {{tables: [{name}]}}" for name in ("villages", "accounts", "balances")}
HOW_TO_KEEP["yearly"] = "record: {yearly: true}"


class Results:
    """A result folder; each table is read when first asked for. Units are those of ``lianjian describe``.

    A table that was not kept raises ResultFolderError, which says how to have it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = read_manifest(folder)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a design point, arm and replication: status, then outcomes over the window, null where it failed."""
        return self._table("runs")

    @cached_property
    def yearly(self) -> pd.DataFrame:
        """One row an arm, replication and year: outcomes of the year, public cost and claims by payer."""
        return self._table("yearly")

    @cached_property
    def villages(self) -> pd.DataFrame:
        """One row an arm, replication, year and village: incomes, cash, tier, council."""
        return self._table("villages")

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row an arm, replication, year and flow between two accounts, 万元."""
        return self._table("accounts")

    @cached_property
    def balances(self) -> pd.DataFrame:
        """One row an arm, replication, year and account: opening and closing, 万元."""
        return self._table("balances")

    @cached_property
    def places(self) -> pd.DataFrame:
        """One row a village of replication 0: where it lies (km), people, industry, town; the same in all arms."""
        return self._table("places")

    @cached_property
    def points(self) -> pd.DataFrame:
        """Of a sweep: one row a design point with its factors, the settings made (JSON) and replications reached."""
        return self._table("points")

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Of a sweep: one row a failed run with cause, message and traceback; empty where none failed."""
        import pandas as pd

        if self.is_sweep and "failures" not in self.manifest["tables"]:
            return pd.DataFrame(columns=list(FAILURE_COLUMNS))
        return self._table("failures")

    @property
    def is_sweep(self) -> bool:
        """Whether it is the result of an experiment, with design points, and not of one scenario."""
        return bool(self.manifest.get("verb") == "sweep")

    def rows(self) -> list[Row]:
        """The comparison of arms as rows, as answer.csv has them."""
        from sim.report.answer import read_answer

        self._has_answer()
        return read_answer(self.folder)

    def answer(self) -> pd.DataFrame:
        """The comparison of arms: answer.csv, one row an arm, what it is compared with, and outcome."""
        import pandas as pd

        self._has_answer()
        numeric = ("mean", "difference", "low", "high", "share_worse")
        empty = {name: [""] for name in numeric}
        return pd.read_csv(self.folder / "answer.csv", keep_default_na=False, na_values=empty)

    def forms(self) -> pd.DataFrame:
        """Which conclusions survive other forms: forms.csv, one row an arm, reference, outcome and variant.

        Raises ResultFolderError where no form was varied.
        """
        import pandas as pd

        self._has_forms()
        numeric = ("estimate", "low", "high", "low_together", "high_together", "change", "change_low", "change_high")
        empty = {name: [""] for name in numeric}
        return pd.read_csv(self.folder / "forms.csv", keep_default_na=False, na_values=empty)

    @cached_property
    def forms_runs(self) -> pd.DataFrame:
        """One row a variant of the forms, arm and replication: outcomes over the window."""
        self._has_forms()
        return self._table("forms_runs")

    def form_rows(self) -> list[FormRow]:
        """Conclusions under other forms as rows, as forms.csv has them."""
        from sim.report.forms import read_forms

        self._has_forms()
        return read_forms(self.folder)

    def _has_answer(self) -> None:
        if self.is_sweep:
            raise ResultFolderError(f"{self.folder}: a sweep has no answer.csv; `lianjian compare` compares its arms")

    def _has_forms(self) -> None:
        if self.is_sweep:
            raise ResultFolderError(f"{self.folder}: a sweep has no forms.csv; make forms factors of the experiment")
        if "forms" not in self.manifest:
            raise ResultFolderError(f'{self.folder}: no form was varied; run it with --forms each (forms="each")')

    def audit(self) -> AuditReport:
        """Check hashes and recompute everything from the tables."""
        from sim.auditing import audit

        return audit(self.folder)

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        self._is_kept(name)
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def _is_kept(self, name: str) -> None:
        """Raise ResultFolderError where a table is none of this result's."""
        if name in OF_SWEEPS and not self.is_sweep:
            raise ResultFolderError(f"{self.folder}: a run has no table {name}; results of `lianjian sweep` have")
        if not self.is_sweep or name in self.manifest["tables"]:
            return
        how = HOW_TO_KEEP.get(name)
        hint = f"say `{how}` in the experiment and sweep again" if how else "only the result of a run has it"
        raise ResultFolderError(f"{self.folder}: table {name} was not kept; {hint}")

    def __repr__(self) -> str:
        made = self.manifest
        if self.is_sweep:
            ok, failed = made["runs"]["ok"], made["runs"]["failed"]
            runs = f"{ok:,} runs ok, {failed:,} failed"
            return f"<Results {self.folder}: sweep of {made['points']} design points, {len(made['arms'])} arms, {runs}>"
        return f"<Results {self.folder}: {len(made['arms'])} arms, {made['replications']} replications>"


def open_results(folder: str | Path) -> Results:
    """Open a result folder; a swap that an interrupted run left half-done is put right first.

    Raises ResultFolderError where the folder is missing or is not a result.
    """
    path = Path(folder)
    if not path.exists():
        repair(path.absolute())
    return Results(path)
