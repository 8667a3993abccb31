"""Checks of single values against their declarations; each is called by pydantic and raises ``Refused``.

One value can have several faults (a unit and a range, say), so a refusal carries a list of (path below the value,
what is wrong); ``validate.py`` turns it into messages with positions.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic_core import PydanticCustomError

from sim.declare import PAYERS, PAYERS_ZH, Declaration
from sim.scenario.numerals import instead, other_unit
from sim.scenario.problems import Path, listed, number, shown, suggestion

REFUSED = "refused"
Refused = PydanticCustomError
Faults = list[tuple[Path, str]]
"""Pairs of a path below a value and what is wrong there."""
DETAIL_MEANING = {
    "value": "the number used",
    "unit": "its unit, which must be the declared one",
    "range": "lowest and highest plausible value, the range of sweeps",
    "source": "where the number comes from",
    "note": "anything worth knowing",
}


@dataclass(frozen=True)
class Given:
    """What a file says of one number; None where it is silent."""

    value: float | None = None
    range: tuple[float, float] | None = None
    source: str | None = None


def refuse(*faults: tuple[Path, str]) -> NoReturn:
    """Give up on a value: ``faults`` are pairs of a path below it and what is wrong."""
    raise Refused(REFUSED, REFUSED, {"faults": faults})


def faults_of(error: Refused) -> Faults:
    """What a refusal says."""
    return list((error.context or {})["faults"])


def limits(declaration: Declaration) -> str:
    """``(0 to 20 万元/year/project)``."""
    low, high = declaration.bounds
    unit = f" {declaration.unit}" if declaration.unit != "1" else ""
    whole = "whole numbers, " if declaration.integer else ""
    return f"({whole}{number(low)} to {number(high)}{unit})"


def quantity_fault(declaration: Declaration, value: Any) -> str:
    """Why a value cannot stand for a declared quantity; '' where it can."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return f"{shown(value)} is not a number {limits(declaration)}{instead(declaration, value)}"
    if not math.isfinite(value):
        return f"{shown(value)} is not a finite number {limits(declaration)}"
    if declaration.integer and not float(value).is_integer():
        return f"{shown(value)} is not a whole number {limits(declaration)}"
    if not declaration.bounds[0] <= float(value) <= declaration.bounds[1]:
        return f"{shown(value)} is out of bounds {limits(declaration)}{other_unit(declaration, float(value))}"
    return ""


def quantity(declaration: Declaration, value: Any) -> Given:
    """A plain number, or a mapping of value, unit, range, source and note."""
    if not isinstance(value, Mapping):
        fault = quantity_fault(declaration, value)
        return refuse(((), fault)) if fault else Given(float(value))
    faults: Faults = [((key,), _unknown_detail(key)) for key in value if key not in DETAIL_MEANING]
    if value.get("value") is not None:
        faults.append((("value",), quantity_fault(declaration, value["value"])))
    faults += [(("unit",), unit_fault(declaration, value.get("unit")))]
    faults += range_faults(declaration, value.get("range"))
    faults += [((key,), _text_fault(key, value.get(key))) for key in ("source", "note")]
    found = [(path, fault) for path, fault in faults if fault]
    if found:
        refuse(*found)
    given = value.get("range")
    chosen = None if value.get("value") is None else float(value["value"])
    return Given(chosen, None if given is None else (float(given[0]), float(given[1])), value.get("source"))


def _unknown_detail(key: str) -> str:
    return f"unknown key; a number has {listed(DETAIL_MEANING)}{suggestion(key, DETAIL_MEANING)}"


def unit_fault(declaration: Declaration, unit: Any) -> str:
    """Why a unit cannot stand beside a declared quantity; '' where it can."""
    if unit is None or _same_unit(str(unit), declaration.unit):
        return ""
    return f"the unit is {declaration.unit}, not {shown(unit)}; convert the number"


def _same_unit(one: str, other: str) -> bool:
    """``万元/year/project`` is ``万元/project/year``."""
    (first, *per), (second, *per_other) = one.replace(" ", "").split("/"), other.replace(" ", "").split("/")
    return first == second and sorted(per) == sorted(per_other)


def range_faults(declaration: Declaration, given: Any) -> Faults:
    """What is wrong with a pair [lowest, highest], by paths that begin with ``range``."""
    if given is None:
        return []
    if not isinstance(given, list) or len(given) != 2:
        return [(("range",), f"{shown(given)} is not a pair [lowest, highest] {limits(declaration)}")]
    faults: Faults = [
        (("range", place), fault) for place in (0, 1) if (fault := quantity_fault(declaration, given[place]))
    ]
    if not faults and given[0] > given[1]:
        reversed_ = (
            f"[{number(given[0])}, {number(given[1])}] is reversed; write [{number(given[1])}, {number(given[0])}]"
        )
        faults.append((("range",), reversed_))
    return faults


def _text_fault(key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return f"{shown(value)} is not text"
    return source_fault(value) if key == "source" else ""


def source_fault(source: str) -> str:
    """Why a source that refers to the package's own data is wrong; other text is the researcher's own."""
    from sim.evidence import UnknownSource, find

    for part in source.split(";"):
        if part.strip().partition(":")[0] in ("literature", "places"):
            try:
                find(part.strip())
            except UnknownSource as error:
                return str(error)
    return ""


def choice(declaration: Declaration, value: Any) -> str:
    """One of the named options."""
    return option(value, declaration.options)


def option(value: Any, options: Mapping[str, str] | tuple[str, ...]) -> str:
    """One of several names."""
    if isinstance(value, str) and value in options:
        return value
    hint = suggestion(value, options) if isinstance(value, str) else ""
    refuse(((), f"{shown(value)} is not one of {listed(options)}{hint}"))


_PAYERS_IN_CHINESE = {zh: payer for payer, zh in PAYERS_ZH.items()} | {
    "中央": "centre",
    "国家": "centre",
    "省": "province",
    "省级": "province",
    "县": "county",
    "县级": "county",
    "乡镇": "town",
    "乡": "town",
    "镇": "town",
    "镇级": "town",
    "乡镇级": "town",
    "村": "villages",
    "村级": "villages",
    "村集体": "villages",
}


def payer(value: Any, allowed: tuple[str, ...]) -> str:
    """A payer by name; one that may not pay for this policy passes here and is told with the policy's name."""
    if isinstance(value, str) and value in PAYERS:
        return value
    meant = _PAYERS_IN_CHINESE.get(value.strip().removesuffix("财政")) if isinstance(value, str) else None
    hint = f"; did you mean '{meant}'?" if meant in allowed else ""
    if isinstance(value, str) and not meant:
        hint = suggestion(value, allowed)
    refuse(((), f"{shown(value)} is not one of {listed(allowed)}{hint}"))


def shares(declaration: Declaration, value: Any) -> dict[str, float]:
    """Parts that sum to one; parts left out are 0."""
    if not isinstance(value, Mapping):
        refuse(((), f"{shown(value)} is not a mapping of shares ({listed(declaration.options)})"))
    given = {part: share for part, share in value.items() if share is not None}
    faults: Faults = [((part,), f) for part, share in given.items() if (f := _part(declaration, part, share))]
    if faults:
        refuse(*faults)
    total = math.fsum(given.values())
    if abs(total - 1.0) > 1e-9:
        refuse(((), f"the shares sum to {number(round(total, 12))}, not to 1 ({listed(declaration.options)})"))
    return {part: float(given.get(part, 0.0)) for part in declaration.options}


def _part(declaration: Declaration, part: str, share: Any) -> str:
    if part not in declaration.options:
        return f"unknown part; there are {listed(declaration.options)}{suggestion(part, declaration.options)}"
    return quantity_fault(declaration, share)


def declared(declaration: Declaration, value: Any) -> Any:
    """A value of any sort of declaration."""
    return {"quantity": quantity, "choice": choice, "shares": shares}[declaration.sort](declaration, value)


def text(value: Any) -> str:
    """Plain text."""
    if not isinstance(value, str) or not value.strip():
        refuse(((), f"{shown(value)} is not text"))
    return value


def title(value: Any) -> dict[str, str]:
    """Text, or text by language."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
        return {"en": str(value), "zh": str(value)}
    if not isinstance(value, Mapping):
        refuse(((), f"{shown(value)} is not a title; write text or {{en: ..., zh: ...}}"))
    given = {k: v for k, v in value.items() if v is not None}
    faults: Faults = [
        ((k,), f"unknown language; a title has en or zh{suggestion(k, ('en', 'zh'))}")
        for k in given
        if k not in ("en", "zh")
    ]
    faults += [((k,), f"{shown(v)} is not text") for k, v in given.items() if not isinstance(v, str)]
    if faults or not given:
        refuse(*(faults or [((), "a title has en or zh")]))
    any_language = next(iter(given.values()))
    return {language: given.get(language, any_language) for language in ("en", "zh")}


def names(value: Any, options: Mapping[str, Any], *, kind: str) -> tuple[str, ...]:
    """A list of known names without repetition."""
    if not isinstance(value, list):
        refuse(
            (
                (),
                f"{shown(value)} is not a list of {kind} names; write [{', '.join(list(options)[:2])}] or []",
            )
        )
    faults: Faults = []
    for place, name in enumerate(value):
        if not isinstance(name, str) or name not in options:
            hint = suggestion(name, options) if isinstance(name, str) else ""
            known = f" ({listed(options)})" if len(options) <= 6 else ""
            faults.append(((place,), f"unknown {kind} {shown(name)}{known}{hint}"))
        elif name in value[:place]:
            faults.append(((place,), f"{kind} {shown(name)} is listed twice"))
    if faults:
        refuse(*faults)
    return tuple(value)
