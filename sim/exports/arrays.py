"""Labelled arrays 带标签的数组: outcomes over design point, arm, replication and year, as NetCDF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.exports.described import Exportable, describe, read_exportable
from sim.outcomes import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

    from sim.exports import Exported

DIMENSIONS = ("design_point", "arm", "replication")
BY_YEAR = "_by_year"
"""End of the name of an outcome's yearly values, beside its one number a run."""


def write_netcdf(folder: Path, out: Path) -> Exported:
    """One file, result.nc: variables with units and long names, factors as coordinates of the design point.

    What is not there (failed runs, replications that a stopping rule did not ask for) is NaN; ``ok`` says which runs are.
    Raises MissingPackage without xarray and netCDF4.
    """
    from sim.exports import Exported, MissingPackage

    try:
        import netCDF4  # noqa: F401
        import xarray
    except ImportError:
        raise MissingPackage("NetCDF needs xarray and netCDF4: pip install 'lianjian[export]'") from None
    result = read_exportable(folder)
    levels = {name: list(dict.fromkeys(result.runs[name])) for name in DIMENSIONS}
    levels["replication"] = sorted(levels["replication"])
    data: dict[str, Any] = {
        "ok": (DIMENSIONS, _filled(result.runs, levels, result.runs["status"] == "ok", 0).astype("i1"))
    }
    for name in result.outcomes:
        data[name] = (DIMENSIONS, _filled(result.runs, levels, result.runs[name], np.nan), _said(result, name))
    if result.yearly is not None:
        years = sorted(set(result.yearly["year"]))
        for name in (name for name in result.yearly.columns if name in OUTCOMES):
            values = _filled(result.yearly, {**levels, "year": years}, result.yearly[name], np.nan)
            data[name + BY_YEAR] = ((*DIMENSIONS, "year"), values, _said(result, name))
        levels["year"] = years
    made = xarray.Dataset(data, coords={**levels, **_of_points(result, levels)})
    made.attrs = {"title": " ".join(result.notes()), "Conventions": "CF-1.8", "source": "lianjian"}
    path = out / "result.nc"
    made.to_netcdf(path, engine="netcdf4", encoding={name: {"zlib": True} for name in data})
    return Exported((path,), tuple(result.notes()))


def _filled(frame: pd.DataFrame, levels: dict[str, list[Any]], values: Any, empty: float) -> Any:
    """Values of rows in an array over the levels of the keys."""
    places = []
    for name, known in levels.items():
        place = {level: position for position, level in enumerate(known)}
        places.append(frame[name].map(place).to_numpy())
    filled = np.full([len(known) for known in levels.values()], empty, dtype=float)
    filled[tuple(places)] = np.asarray(values, dtype=float)
    return filled


def _said(result: Exportable, name: str) -> dict[str, str]:
    column = describe(name, result.factors)
    return {"units": column.latin_unit, "long_name": column.meaning, "zh": column.zh}


def _of_points(result: Exportable, levels: dict[str, list[Any]]) -> dict[str, Any]:
    """Scenario and factors as coordinates of the design point."""
    if result.points is None:
        return {}
    points = result.points.set_index("design_point").loc[levels["design_point"]]
    return {
        name: ("design_point", points[name].to_numpy(), _said(result, name)) for name in ("scenario", *result.factors)
    }
