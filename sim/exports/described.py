"""What every column of a result is 变量说明: unit, meaning in English and Chinese, and the part it plays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.stored import StoredRows, read_rows
from sim.declare import PAYERS_ZH, PUBLIC_PAYERS
from sim.outcomes import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

KEYS = {
    "design_point": ("1", "number of the design point: one setting of all factors", "设计点编号"),
    "scenario": ("", "scenario that the design point varies", "情景"),
    "arm": ("", "arm: a package of policies, or a companion that it is compared with", "方案"),
    "replication": (
        "1",
        "replication; equal numbers share their draws in all arms and at all design points",
        "重复编号",
    ),
    "status": ("", "ok or failed; a failed run has no outcomes", "运行状态"),
    "message": ("", "why a run failed", "失败原因"),
    "year": ("year", "calendar year", "年份"),
    "phase": ("", "burn_in, policy or after", "阶段"),
    "replications": ("1", "replications of the design point", "重复次数"),
    "half_width": ("", "half width of the interval of the contrast that replications stop at", "区间半宽"),
    "half_width_reached": ("", "whether the half width asked for was reached", "是否达到所要求的半宽"),
    "settings": ("", "all settings of the design point as JSON: path and value", "设定"),
    "worst_imbalance": ("1", "largest relative gap between stocks and flows in the run", "最大账目不平衡"),
}
"""Column -> unit, meaning, Chinese term."""
BY_PAYER = {
    "public_cost": ("万元", "public money of the {payer} spent on policies, net of repayments", "{payer}财政投入"),
    "claims": ("万元/year", "asked of the {payer} before budgets cut it", "向{payer}申请的资金"),
    "unreplayed": ("万元/year", "money of the {payer} that the companion could not replay", "{payer}未重放资金"),
}
LATIN_UNITS = (("万元", "10,000 yuan"), ("亩", "mu (1/15 ha)"))
"""Units in words of a program that shows no Chinese."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    unit: str
    meaning: str
    zh: str

    @property
    def latin_unit(self) -> str:
        """The unit without Chinese characters."""
        unit = self.unit
        for chinese, latin in LATIN_UNITS:
            unit = unit.replace(chinese, latin)
        return unit


def describe(name: str, factors: Mapping[str, Mapping[str, Any]]) -> Column:
    """What a column is; ``factors`` are those of the manifest by name."""
    if name in factors:
        factor = factors[name]
        return Column(name, factor["unit"], factor["meaning"], factor["zh"])
    if name in OUTCOMES:
        outcome = OUTCOMES[name]
        return Column(name, outcome.unit, outcome.meaning, outcome.zh)
    for start, (unit, meaning, zh) in BY_PAYER.items():
        payer = name.removeprefix(f"{start}_")
        if payer != name and payer in PUBLIC_PAYERS:
            return Column(name, unit, meaning.format(payer=payer), zh.format(payer=PAYERS_ZH[payer]))
    return Column(name, *KEYS.get(name, ("", name.replace("_", " "), name)))


@dataclass(frozen=True)
class Exportable:
    """A result as frames: rows with the factors of their design point beside the keys."""

    folder: Path
    rows: StoredRows
    runs: pd.DataFrame
    yearly: pd.DataFrame | None
    points: pd.DataFrame | None
    factors: Mapping[str, Mapping[str, Any]]
    """Coordinate -> what the manifest says of its factor."""

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.rows.facts

    @property
    def outcomes(self) -> list[str]:
        """Columns of runs that are numbers of a run."""
        return [name for name in self.runs.columns if name in OUTCOMES or name.startswith("public_cost_")]

    def columns(self, frame: pd.DataFrame) -> list[Column]:
        """What the columns of a frame are."""
        return [describe(str(name), self.factors) for name in frame.columns]

    def notes(self) -> Iterator[str]:
        """What every export says of the result."""
        facts = self.facts
        yield f"{facts.get('name') or facts['scenario']}, lianjian, seed {facts['seed']}; model {str(facts['model_version'])[:12]}"
        if "question" in facts:
            yield str(facts["question"])
        failed = int((self.runs["status"] != "ok").sum())
        yield f"{len(self.runs):,} runs, {failed:,} of them failed (status failed, outcomes missing)"
        if not self.rows.complete:
            yield "The sweep has not ended: these are the runs that are done so far"
        yield "Simulated under assumptions, not observed; not a forecast"


def read_exportable(folder: Path) -> Exportable:
    """Read a result for export. Raises ResultFolderError."""
    rows = read_rows(folder)
    runs = rows.runs.to_pandas()
    yearly = None if rows.yearly is None else rows.yearly.to_pandas()
    points = None if rows.points is None else rows.points.to_pandas()
    facts = {**rows.facts, "model_version": _model_version(rows.facts)}
    factors: dict[str, Mapping[str, Any]] = {}
    if points is not None:
        by_name = {factor["name"]: factor for factor in facts["factors"]}
        for name in facts["columns"]["coordinates"]:
            # parts of shares are columns of their own: name.part
            factors[name] = by_name.get(name) or by_name.get(name.rpartition(".")[0]) or next(iter(by_name.values()))
        beside = points[["design_point", "scenario", *factors]]
        runs = _beside(runs, beside)
        yearly = None if yearly is None else _beside(yearly, beside)
    return Exportable(folder, rows._replace(facts=facts), runs, yearly, points, factors)


def _model_version(facts: Mapping[str, Any]) -> str:
    return str(facts.get("model_version") or facts.get("stands_on", {}).get("model_version", "unknown"))


def _beside(rows: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Rows with scenario and factors after the design point, in the order of the rows."""
    joined = rows.merge(points, on="design_point", how="left")
    first = ["design_point", *points.columns.drop("design_point")]
    return joined[[*first, *rows.columns.drop("design_point")]]
