"""The design and the response as other packages take them 供其他软件包使用: SALib, EMA Workbench."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.exports.described import Exportable, read_exportable
from sim.outcomes import NO_POLICY, OUTCOMES, SAME_MONEY
from sim.store import ResultFolderError

if TYPE_CHECKING:
    import pandas as pd

    from sim.exports import Exported

EMA_VERSION = 0.1
"""Of the archive that EMA Workbench 2.5 writes and later releases read."""


def _sweep(folder: Path, program: str) -> Exportable:
    result = read_exportable(folder)
    if result.points is None or not result.factors:
        raise ResultFolderError(f"{folder} varies no factor: {program} needs a sweep (lianjian sweep)")
    return result


# ---- SALib


def write_salib(folder: Path, out: Path) -> Exported:
    """problem.json, samples.csv and responses.csv, rows in the order that SALib's own sampler has.

    Responses are means over replications at each design point, of every arm's outcomes and of its difference from no
    policy and from the same money. A design point without any ok run has an empty response: SALib would turn it into
    indices of 0, so leave out its whole block (``block`` or ``trajectory`` says which rows those are).
    """
    from sim.exports import Exported

    result = _sweep(folder, "SALib")
    assert result.points is not None
    points = _in_salib_order(result.points, result.facts["method"])
    names = list(result.factors)
    problem, samples = _problem(result, points, names)
    (out / "problem.json").write_text(json.dumps(problem, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    place = [name for name in result.facts["columns"]["place"] if name in points]
    points[["design_point", *place]].join(samples).to_csv(out / "samples.csv", index=False)
    responses = _responses(result).reindex(points["design_point"]).reset_index()
    responses.to_csv(out / "responses.csv", index=False)
    empty = int(responses.drop(columns="design_point").isna().all(axis=1).sum())
    notes = [*result.notes(), f"{empty} of {len(points)} design points have no response"]
    return Exported((out / "problem.json", out / "samples.csv", out / "responses.csv"), tuple(notes))


def _in_salib_order(points: pd.DataFrame, method: str) -> pd.DataFrame:
    """Saltelli's rows as SALib has them: A, AB for each factor, (BA for each), B, row by row."""
    if method != "saltelli":
        return points.reset_index(drop=True)
    order = {"A": 0, "AB": 1, "BA": 2, "B": 3}
    moved = {name: place for place, name in enumerate(dict.fromkeys(points["moved"]))}
    keys = [points["moved"].map(moved), points["block"].map(order), points["row"]]
    return points.iloc[np.lexsort([np.asarray(key) for key in keys])].reset_index(drop=True)


def _problem(result: Exportable, points: pd.DataFrame, names: list[str]) -> tuple[dict[str, Any], pd.DataFrame]:
    """SALib's problem, and the samples as numbers: an option of a form becomes its place among the options."""
    samples = points[names].copy()
    bounds: list[list[float]] = []
    options: dict[str, list[str]] = {}
    for name in names:
        factor = result.factors[name]
        if samples[name].dtype.kind not in "fiub":
            known = [str(level) for level in factor["levels"] or dict.fromkeys(samples[name])]
            samples[name] = samples[name].map({level: place for place, level in enumerate(known)})
            options[name] = known
            bounds.append([0, len(known) - 1])
        else:
            low, high = factor["range"] or (float(samples[name].min()), float(samples[name].max()))
            bounds.append([float(low), float(high)])
    said = {"num_vars": len(names), "names": names, "bounds": bounds, "options": options}
    return {**said, "method": result.facts["method"], "design": result.facts["design"]}, samples


def _responses(result: Exportable) -> pd.DataFrame:
    """Means over replications by design point: ``arm: outcome`` and ``arm less reference: outcome``, pairs only."""
    import pandas as pd

    ok = result.runs[result.runs["status"] == "ok"]
    wide = ok.pivot_table(index=["design_point", "replication"], columns="arm", values=result.outcomes, observed=True)
    found: dict[str, Any] = {}
    for outcome in result.outcomes:
        for arm in result.facts["arms"]:
            if (outcome, arm) not in wide:
                continue
            found[f"{arm}: {outcome}"] = wide[outcome, arm]
            for other in (NO_POLICY, arm + SAME_MONEY):
                if other != arm and (outcome, other) in wide and "losers" not in outcome:
                    found[f"{arm} less {other}: {outcome}"] = wide[outcome, arm] - wide[outcome, other]
    return pd.DataFrame(found).groupby(level="design_point").mean()


# ---- EMA Workbench


def write_ema(folder: Path, out: Path) -> Exported:
    """result.tar.gz: one experiment a run that is ok; ``policy`` is the arm, ``scenario`` design point and replication.

    Failed runs are left out, since the workbench has no missing outcomes.
    """
    from sim.exports import Exported

    result = _sweep(folder, "the EMA Workbench")
    ok = result.runs[result.runs["status"] == "ok"].reset_index(drop=True)
    outcomes = [name for name in result.outcomes if name in OUTCOMES and ok[name].notna().all()]
    dropped = [name for name in result.outcomes if name in OUTCOMES and name not in outcomes]
    experiments = ok[[*result.factors, "design_point", "replication"]].copy()
    experiments["scenario"] = [f"{p}/{r}" for p, r in zip(ok["design_point"], ok["replication"], strict=True)]
    experiments["policy"], experiments["model"] = ok["arm"].astype(str), ok["scenario"].astype(str)
    kinds = {name: "float64" if experiments[name].dtype.kind == "f" else "int64" for name in experiments}
    kinds |= {name: "object" for name in experiments if experiments[name].dtype.kind not in "fiu"}
    path = out / "result.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        _add(archive, "experiments.csv", experiments.to_csv(index=False))
        for name in outcomes:
            _add(archive, f"{name}.csv", ok[name].to_csv(index=False, header=False))
        said = [("ScalarOutcome", name, f"{name}.csv") for name in outcomes]
        _add(archive, "metadata.json", json.dumps({"version": EMA_VERSION, "outcomes": said, "experiments": kinds}))
    notes = [*result.notes(), f"{len(result.runs) - len(ok):,} failed runs left out"]
    if dropped:
        notes.append(f"left out, because some arms have no value: {', '.join(dropped)}")
    return Exported((path,), tuple(notes))


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
