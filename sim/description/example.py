"""A block of a scenario that passes ``lianjian check``, written from the declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.declare import Declaration
from sim.description.sections import Section
from sim.scenario.declared import Catalogue, catalogue
from sim.scenario.problems import number

NUMBERS = 2
"""Parameters of a mechanism that its example shows; the table has them all."""


def example(section: Section) -> str:
    """A whole scenario that says something of a mechanism or policy, at its declared values."""
    known = catalogue()
    body = _mechanism(known, section.name) if section.kind == "mechanism" else _policy(known, section.name)
    return "\n".join(["schema: 1", f"title: {{en: {section.name}, zh: {section.zh}}}", *body]) + "\n"


def _mechanism(known: Catalogue, stem: str) -> Iterator[str]:
    declared = known.mechanisms[stem]
    weights = [name for name, d in declared.items() if d.sort == "shares"]
    shown = [*[name for name in declared if name not in weights][:NUMBERS], *weights]
    if shown:
        yield "parameters:"
        yield f"  {stem}:"
        yield from (f"    {name}: {_detailed(declared[name])}  # {declared[name].zh}" for name in shown)
    forms = [name for name, owner in known.form_owner.items() if owner == stem]
    if forms:
        yield "forms:"
        yield from (f"  {name}: {_value(d)}  # {_or(d)}" for name, d in known.forms.items() if name in forms)


def _policy(known: Catalogue, name: str) -> Iterator[str]:
    yield "arms:"
    yield f"  {name}_example:"
    for policy in (*known.policy(name).REQUIRES, name):
        module = known.policy(policy)
        payer = "county" if "county" in module.PAYERS else module.PAYERS[0]
        first = _first_policy_year(known)
        yield f"    - policy: {policy}  # {module.ZH}"
        yield from (f"      {key}: {said}" for key, said in (("payer", payer), ("start", first), ("end", first + 2)))
        if module.TAKES_BUDGET:
            yield f"      budget: {{per_year: {_value(known.budget)}}}"
        yield from (f"      {lever}: {_value(d)}  # {d.zh}" for lever, d in known.policies[policy].items())


def _first_policy_year(known: Catalogue) -> int:
    start, burn_in = (known.sections["calendar"][name].value for name in ("start", "burn_in_years"))
    assert isinstance(start, float)
    assert isinstance(burn_in, float)
    return int(start + burn_in)


def _detailed(declaration: Declaration) -> str:
    if declaration.sort != "quantity":
        return _value(declaration)
    low, high = (number(end) for end in declaration.prior)
    said = f"value: {_value(declaration)}, unit: {declaration.unit}, range: [{low}, {high}]"
    return f"{{{said}, source: '{declaration.source}'}}"


def _value(declaration: Declaration) -> str:
    value = declaration.value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{part}: {number(share)}" for part, share in value.items()) + "}"
    return value if isinstance(value, str) else number(value)


def _or(declaration: Declaration) -> str:
    return f"{declaration.zh}: " + ", ".join(declaration.options)
