"""Declarations: every number of the model is stated once, here is how.

A mechanism's ``Parameters`` and a policy's ``Levers`` are frozen dataclasses whose fields are made with
:func:`quantity`, :func:`choice` or :func:`shares`. The field's metadata carries unit, bounds, prior, source, the
Chinese term and the meaning; the YAML check, the JSON Schema, ``lianjian describe``, the tables in the docs, the
sampling ranges of sweeps and the strategies of the property tests are all derived from it.

Bounds say what is possible (outside is an error), the prior says what is plausible (the default of a sweep).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
"""Any array of real numbers."""
RunArray: TypeAlias = npt.NDArray[np.float64]
"""Shape (runs, 1): one number a run, broadcasting over its villages."""
VillageArray: TypeAlias = npt.NDArray[np.float64]
"""Shape (runs, villages)."""
CouncilArray: TypeAlias = npt.NDArray[np.float64]
"""Shape (runs, villages), used at the index of each council's founding village, 0 elsewhere."""
PayerArray: TypeAlias = npt.NDArray[np.float64]
"""Shape (runs, payers, 1) or (runs, payers, villages)."""
ProjectArray: TypeAlias = npt.NDArray[np.float64]
"""Shape (runs, kinds, slots, villages): own projects by village, joint ones at the founding village."""
CodeArray: TypeAlias = npt.NDArray[np.float64]
"""Options of a form by their position, shape (runs, 1) or (runs, villages)."""
Index: TypeAlias = npt.NDArray[np.int64]
"""Positions of villages or kinds, shape (runs, villages)."""
Mask: TypeAlias = npt.NDArray[np.bool_]
"""Truth values, shape of the entity they speak of."""

PAYERS = ("centre", "province", "county", "town", "enterprise", "villages")
PUBLIC_PAYERS = PAYERS[:4]
PAYERS_ZH = {
    "centre": "中央财政",
    "province": "省级财政",
    "county": "县级财政",
    "town": "乡镇财政",
    "enterprise": "企业",
    "villages": "村集体自筹",
}

UNITS = frozenset(
    {
        "1",
        "share",
        "share/year",
        "1/year",
        "1/yield",
        "exponent",
        "sd of ln",
        "person",
        "亩",
        "亩/person",
        "km",
        "quarter",
        "year",
        "万元",
        "万元/year",
        "万元/village",
        "万元/village/year",
        "万元/project/year",
        "year/project/万元",
        "person/village/year",
        "person/firm",
        "万元/person",
        "万元/person/year",
        "万元/firm/year",
        "万元/town/year",
        "firm/village/year",
        "万元/亩/year",
    }
)
"""The closed list of units: a flow's unit names its period."""

Combine = Literal["refuse", "add", "max"]


@dataclasses.dataclass(frozen=True)
class Declaration:
    """What is known of one declared quantity, form or set of shares.

    ``value`` is a float for a quantity, an option's name for a choice and a mapping part -> share for shares.
    """

    name: str
    sort: Literal["quantity", "choice", "shares"]
    value: float | str | Mapping[str, float]
    unit: str
    bounds: tuple[float, float]
    prior: tuple[float, float]
    source: str
    zh: str
    meaning: str
    combine: Combine = "refuse"
    integer: bool = False
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Choice: option -> what it means, in declared order; the array holds the index. Shares: part -> meaning."""

    def code(self, option: str) -> int:
        """Index of an option of a choice, the number that the arrays hold."""
        return list(self.options).index(option)


def _field(declaration: dict[str, Any]) -> Any:
    return dataclasses.field(metadata={"declaration": declaration})


def quantity(
    value: float,
    *,
    unit: str,
    bounds: tuple[float, float],
    prior: tuple[float, float],
    source: str,
    zh: str,
    meaning: str,
    combine: Combine = "refuse",
    integer: bool = False,
) -> Any:
    """Declare a number. Raises ValueError where unit, bounds, prior and value do not fit one another."""
    if unit not in UNITS:
        raise ValueError(f"unit {unit!r} is not in the closed list of units: {sorted(UNITS)}")
    low, high = bounds
    if not low <= prior[0] <= prior[1] <= high:
        raise ValueError(f"prior {prior} is not inside bounds {bounds} ({meaning})")
    if not low <= value <= high:
        raise ValueError(f"value {value} is not inside bounds {bounds} ({meaning})")
    return _field(
        dict(
            sort="quantity",
            value=float(value),
            unit=unit,
            bounds=(float(low), float(high)),
            prior=(float(prior[0]), float(prior[1])),
            source=source,
            zh=zh,
            meaning=meaning,
            combine=combine,
            integer=integer,
        )
    )


def choice(value: str, options: Mapping[str, str], *, source: str, zh: str, meaning: str) -> Any:
    """Declare a form: one of several named options; arrays hold the option's index."""
    if value not in options:
        raise ValueError(f"{value!r} is not one of {list(options)}")
    return _field(
        dict(
            sort="choice",
            value=value,
            unit="1",
            bounds=(0.0, float(len(options) - 1)),
            prior=(0.0, float(len(options) - 1)),
            source=source,
            zh=zh,
            meaning=meaning,
            options=dict(options),
            integer=True,
        )
    )


def shares(value: Mapping[str, float], options: Mapping[str, str], *, source: str, zh: str, meaning: str) -> Any:
    """Declare weights that sum to one; the rule sees a tuple of arrays, one a part, in declared order."""
    if list(value) != list(options) or abs(sum(value.values()) - 1.0) > 1e-9:
        raise ValueError(f"{dict(value)} must give every part of {list(options)} and sum to 1")
    return _field(
        dict(
            sort="shares",
            value=dict(value),
            unit="share",
            bounds=(0.0, 1.0),
            prior=(0.0, 1.0),
            source=source,
            zh=zh,
            meaning=meaning,
            options=dict(options),
        )
    )


def taken(
    parameters: type,
    name: str,
    *,
    value: float | None = None,
    bounds: tuple[float, float] | None = None,
    prior: tuple[float, float] | None = None,
) -> Any:
    """Declare a lever that sets a mechanism's parameter: unit, source, term and meaning are the parameter's own.

    Bounds may only narrow. Raises ValueError where they widen and KeyError for an undeclared parameter.
    """
    origin = declarations(parameters)[name]
    fields = {f.name: getattr(origin, f.name) for f in dataclasses.fields(Declaration) if f.name != "name"}
    if value is not None:
        fields["value"] = float(value)
    if bounds is not None:
        if not (origin.bounds[0] <= bounds[0] <= bounds[1] <= origin.bounds[1]):
            raise ValueError(f"lever {name}: bounds {bounds} are wider than the mechanism's {origin.bounds}")
        fields["bounds"] = bounds
    if prior is not None:
        fields["prior"] = prior
    return _field(fields)


def declarations(owner: type) -> dict[str, Declaration]:
    """The declared fields of a ``Parameters`` or ``Levers`` class, by name, in the order written."""
    return {
        f.name: Declaration(name=f.name, **f.metadata["declaration"])
        for f in dataclasses.fields(owner)
        if "declaration" in f.metadata
    }
