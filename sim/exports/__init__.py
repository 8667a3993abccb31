"""Exports 导出: the tables of a result in the formats of other programs; each file names units and what was left out.

Modules
    described   what every column is: unit, English and Chinese meaning, role
    flat        csv and dta (Stata), rows as stored with the factors beside them
    arrays      netcdf: outcomes over design point, arm, replication and year
    programs    salib and ema: the design and the response as those packages take them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

FORMATS: Mapping[str, str] = {
    "csv": "comma-separated tables with a codebook, for any program",
    "dta": "Stata 14 and newer, with variable labels, value labels and notes",
    "netcdf": "labelled arrays for xarray and R (needs the extra export)",
    "salib": "problem, samples and responses as SALib takes them",
    "ema": "an archive that load_results of the EMA Workbench reads",
}
"""Name of a format -> what it is for."""


@dataclass(frozen=True)
class Exported:
    """Files of one export, and what a reader must know."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]
    """What was left out or averaged, a sentence each."""


def export(folder: Path, to: str, out: Path) -> Exported:
    """Write a result in another format into ``out``, which is made.

    Raises ValueError for an unknown format, MissingPackage, ResultFolderError where the folder cannot be read or holds
    nothing that fits the format, OSError.
    """
    from sim.exports import arrays, flat, programs

    writers: dict[str, Callable[[Path, Path], Exported]] = {
        "csv": flat.write_csv,
        "dta": flat.write_dta,
        "netcdf": arrays.write_netcdf,
        "salib": programs.write_salib,
        "ema": programs.write_ema,
    }
    if to not in writers:
        raise ValueError(f"there is no format {to!r}: it is one of {', '.join(FORMATS)}")
    out.mkdir(parents=True, exist_ok=True)
    return writers[to](folder, out)


class MissingPackage(RuntimeError):
    """A package that a format needs is not installed; the message says how to install it."""
