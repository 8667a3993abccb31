"""Effects across design points 跨设计点: how often a difference is clear, how far it ranges, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.effects import COLUMNS
from sim.analysis.forms import IDENTICAL, NEGATIVE, NO_INTERVAL, POSITIVE, UNDECIDED
from sim.analysis.stored import StoredRows, factors_of

if TYPE_CHECKING:
    import pandas as pd


def across_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Of each difference over all design points: shares of verdicts, least and greatest estimate and where they are."""
    import pandas as pd

    of_differences = frame[frame["verdict"] != ""]
    keys = ["arm", "against", "outcome"]
    lines = []
    for key, group in of_differences.groupby(keys, observed=True, sort=False):
        told = group[group["verdict"] != NO_INTERVAL]
        line: dict[str, Any] = dict(zip(keys, key, strict=True)) | {"unit": group["unit"].iloc[0]}
        line |= {"points": len(group), "no_interval": len(group) - len(told)}
        for name, word in _SHARES.items():
            line[name] = float((told["verdict"] == word).mean()) if len(told) else np.nan
        known = group[group["estimate"].notna()]
        for name, row in (("least", "idxmin"), ("greatest", "idxmax")):
            at = known.loc[getattr(known["estimate"], row)()] if len(known) else None
            line[name] = np.nan if at is None else float(at["estimate"])
            line[f"{name}_at"] = -1 if at is None else int(at["design_point"])
        lines.append(line)
    return pd.DataFrame(lines)


_SHARES = {"above": POSITIVE, "below": NEGATIVE, "contains_zero": UNDECIDED, "identical": IDENTICAL}


def with_coordinates(frame: pd.DataFrame, rows: StoredRows) -> pd.DataFrame:
    """The table of effects with the scenario and factors of each design point after its number."""
    if rows.points is None:
        return frame
    names = ["scenario", *factors_of(rows)]
    points = rows.points.select(["design_point", *names]).to_pandas()
    joined = frame.merge(points, on="design_point", how="left", suffixes=("", "_factor"))
    return joined[["design_point", *(n for n in joined.columns if n not in COLUMNS), *COLUMNS[1:]]]
