"""Pydantic models of a scenario file, made from the declarations: which keys there are, and what each may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, create_model, model_validator

from sim.declare import Declaration
from sim.scenario import checks, scopes
from sim.scenario.declared import catalogue
from sim.scenario.problems import shown, suggestion
from sim.scenario.structure import ALLOCATIONS, COMPANIONS

FEW = 8
"""Keys that a message can list."""


class Strict(BaseModel):
    """Unknown keys are errors; a key without a value is a key left out."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, data: Any) -> Any:
        if data is None:
            return {}
        known = [field.alias or name for name, field in cls.model_fields.items()]
        if not isinstance(data, Mapping):
            few = f" ({', '.join(known)})" if len(known) <= FEW else ""
            checks.refuse(((), f"{shown(data)} is not a mapping of keys{few}"))
        return {key: value for key, value in data.items() if value is not None or key not in known}


def checked(check: Callable[[Any], Any]) -> Any:
    """A type whose values are checked by a function that raises through :func:`checks.refuse`."""
    return Annotated[Any, PlainValidator(check)]


def fields_of(declared: Mapping[str, Declaration]) -> dict[str, Any]:
    """Optional fields for :func:`pydantic.create_model`, one a declaration."""
    return {
        safe(name): (checked(partial(checks.declared, declaration)), Field(None, alias=name))
        for name, declaration in declared.items()
    }


def safe(name: str) -> str:
    """Field names must not shadow attributes of BaseModel; the alias is what the file says."""
    return f"field_{name}"


def model(name: str, fields: Mapping[str, Any]) -> type[Strict]:
    """A strict model with the given fields."""
    made: type[Strict] = create_model(name, __base__=Strict, **fields)
    return made


def section(made: type[Strict]) -> Any:
    """An optional nested mapping."""
    return (made, Field(default_factory=made))


def values(made: Strict) -> dict[str, Any]:
    """Values of a model by the names that the file uses; None where the file is silent."""
    return {field.alias or name: getattr(made, name) for name, field in type(made).model_fields.items()}


@lru_cache(maxsize=1)
def scenario_model() -> type[Strict]:
    """The whole file but for the arms, which :mod:`sim.scenario.arms` checks block by block."""
    known = catalogue()
    fields: dict[str, Any] = {
        "schema": Any,
        "title": checked(checks.title),
        "arms": Any,
        "companions": checked(companions),
        "outcomes": checked(partial(checks.names, options=known.outcomes, kind="outcome")),
    }
    made: dict[str, Any] = {safe(key): (kind, Field(None, alias=key)) for key, kind in fields.items()}
    nested = {
        "population": population_model(),
        "calendar": model("Calendar", fields_of(known.sections["calendar"])),
        "parameters": _parameters_model(),
        "forms": model("Forms", fields_of(known.forms)),
        "record": model("Record", _record_fields()),
        "run": model("Run", fields_of(known.sections["run"])),
    }
    made |= {safe(key): (part, Field(default_factory=part, alias=key)) for key, part in nested.items()}
    return model("Scenario", made)


def _parameters_model() -> type[Strict]:
    stems = {stem: model(stem, fields_of(declared)) for stem, declared in catalogue().mechanisms.items() if declared}
    return model("Parameters", {safe(s): (m, Field(default_factory=m, alias=s)) for s, m in stems.items()})


def population_model() -> type[Strict]:
    """Size, councils, the researcher's file and the declared groups."""
    known = catalogue()
    parts = {group: model(group, fields_of(declared)) for group, declared in known.groups.items()}
    parts["councils"] = model("Councils", fields_of(known.sections["population.councils"]))
    fields: dict[str, Any] = {safe(n): (m, Field(default_factory=m, alias=n)) for n, m in parts.items()}
    fields |= fields_of(known.sections["population"])
    fields[safe("file")] = (checked(checks.text), Field(None, alias="file"))
    return model("Population", fields)


def _record_fields() -> dict[str, Any]:
    accounts = checked(partial(checks.option, options={"sums": "", "entity": ""}))
    return {
        safe("accounts"): (accounts, Field(None, alias="accounts")),
        safe("sample"): (checked(sample), Field(None, alias="sample")),
    }


def sample(value: Any) -> tuple[int, ...]:
    """Replications, counted from 0."""
    if not isinstance(value, list):
        checks.refuse(((), f"{shown(value)} is not a list of replications, counted from 0"))
    faults = [
        ((place,), f"{shown(item)} is not a replication (whole numbers from 0)")
        for place, item in enumerate(value)
        if isinstance(item, bool) or not isinstance(item, int) or item < 0
    ]
    if faults:
        checks.refuse(*faults)
    return tuple(value)


def companions(value: Any) -> tuple[tuple[str, ...], str]:
    """Kinds of companions and how their money is allocated, from a list or a mapping."""
    if not isinstance(value, Mapping):
        return checks.names(value, COMPANIONS, kind="companion"), "equal"
    unknown = [key for key in value if key not in ("kinds", "allocation")]
    if unknown:
        hint = suggestion(unknown[0], ("kinds", "allocation"))
        checks.refuse(((unknown[0],), f"unknown key; companions have kinds or allocation{hint}"))
    kinds = list(COMPANIONS) if value.get("kinds") is None else value["kinds"]
    return (
        below("kinds", partial(checks.names, options=COMPANIONS, kind="companion"), kinds),
        below("allocation", partial(checks.option, options=ALLOCATIONS), value.get("allocation") or "equal"),
    )


def below(key: str, check: Callable[[Any], Any], value: Any) -> Any:
    """Run a check on a part of a value; its faults are told below ``key``."""
    try:
        return check(value)
    except checks.Refused as error:
        checks.refuse(*(((key, *path), what) for path, what in checks.faults_of(error)))


@cache
def block_model(policy: str) -> type[Strict]:
    """One block of a policy: what all blocks share, and its levers."""
    common: dict[str, Any] = {
        "policy": Any,
        "payer": checked(partial(checks.payer, allowed=catalogue().policy(policy).PAYERS)),
        "budget": model("budget", fields_of({"per_year": catalogue().budget})) | None,
        "start": checked(scopes.moment),
        "end": checked(scopes.moment),
        "scope": checked(scopes.scope),
    }
    fields = {safe(key): (kind, Field(None, alias=key)) for key, kind in common.items()}
    return model(policy, fields | fields_of(catalogue().policies[policy]))
