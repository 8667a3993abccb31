"""Hypothesis strategies made from the declarations: any scenario that a user may write, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from sim.declare import Declaration
from sim.outcomes import TERCILES, TIERS
from sim.scenario.declared import catalogue
from sim.scenario.structure import ALLOCATIONS, BELOW, COMPANIONS

VILLAGES = st.integers(1, 40)


def numbers(declaration: Declaration, *, prior: bool = False) -> st.SearchStrategy[float]:
    """A value within bounds, or within the prior."""
    low, high = declaration.prior if prior else declaration.bounds
    if declaration.integer:
        return st.integers(int(low), int(high))
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def shares(parts: list[str]) -> st.SearchStrategy[dict[str, float]]:
    """Weights in hundredths that sum to one."""
    cuts = st.lists(st.integers(0, 100), min_size=len(parts) - 1, max_size=len(parts) - 1).map(sorted)
    return cuts.map(lambda c: {part: (b - a) / 100 for part, a, b in zip(parts, [0, *c], [*c, 100], strict=True)})


def values(declaration: Declaration, *, prior: bool = False) -> st.SearchStrategy[Any]:
    """Anything that may be written for a declaration."""
    if declaration.sort == "choice":
        return st.sampled_from(list(declaration.options))
    if declaration.sort == "shares":
        return shares(list(declaration.options))
    plain = numbers(declaration, prior=prior)
    details = st.fixed_dictionaries(
        {"value": plain},
        optional={"unit": st.just(declaration.unit), "note": st.just("说明"), "source": st.just("own")},
    )
    return (
        plain | details | plain.map(lambda value: {"range": [declaration.bounds[0], max(value, declaration.bounds[0])]})
    )


def some_of(declared: Mapping[str, Declaration], *, prior: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Values for some of the declarations."""
    return st.fixed_dictionaries({}, optional={name: values(d, prior=prior) for name, d in declared.items()})


def scopes(villages: int, councils: int) -> st.SearchStrategy[Any]:
    """Any scope of a place of this size."""

    def indices(count: int) -> st.SearchStrategy[list[int]]:
        return st.lists(st.integers(0, count - 1), min_size=1, max_size=5, unique=True)

    return st.one_of(
        st.sampled_from(["all", "none"]),
        indices(villages).map(lambda found: {"villages": found}),
        indices(councils).map(lambda found: {"councils": found}),
        st.sampled_from(TIERS).map(lambda tier: {"tier": tier}),
        st.sampled_from(TERCILES).map(lambda tercile: {"tercile": tercile}),
        st.sampled_from(BELOW).map(lambda column: {"below": {column: 10.5}}),
    )


@st.composite
def blocks(draw: st.DrawFn, policy: str, villages: int, councils: int, years: tuple[int, int]) -> dict[str, Any]:
    """One block of a policy, complete."""
    known = catalogue()
    module = known.policy(policy)
    start, end = sorted(draw(st.lists(st.integers(*years), min_size=2, max_size=2)))
    block: dict[str, Any] = {"policy": policy, "payer": draw(st.sampled_from(module.PAYERS))}
    block |= draw(st.sampled_from([{}, {"start": start}, {"start": f"{start}Q1", "end": end}, {"end": f"{end}Q4"}]))
    if module.TAKES_BUDGET:
        block["budget"] = {"per_year": draw(numbers(known.budget, prior=True))}
    if draw(st.booleans()):
        block["scope"] = draw(scopes(villages, councils))
    return block | draw(some_of(known.policies[policy]))


@st.composite
def arms(draw: st.DrawFn, villages: int, councils: int, years: tuple[int, int]) -> dict[str, Any]:
    """Named packages: at most one block of a policy, and what each needs."""
    known = catalogue()
    packages: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(["no_policy", "pool", "grant-2", "资金整合", "A_b"]), unique=True)):
        chosen = draw(st.lists(st.sampled_from(list(known.policies)), unique=True)) if name != "no_policy" else []
        chosen += [needed for policy in chosen for needed in known.policy(policy).REQUIRES if needed not in chosen]
        packages[name] = [draw(blocks(policy, villages, councils, years)) for policy in dict.fromkeys(chosen)]
    single = [name for name, found in packages.items() if found]
    if single and draw(st.booleans()):
        packages["joined"] = {"all_of": [single[0]]}
    return packages


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole scenario file as plain data."""
    known = catalogue()
    villages = draw(VILLAGES)
    councils = draw(st.integers(1, villages))
    calendar = {"start": draw(st.integers(1950, 2050)), "burn_in_years": draw(st.integers(1, 8))}
    calendar |= {"policy_years": draw(st.integers(1, 12)), "after_years": draw(st.integers(0, 12))}
    first = calendar["start"] + calendar["burn_in_years"]
    document: dict[str, Any] = {"schema": 1, "title": draw(st.sampled_from(["Town", {"en": "Town", "zh": "镇"}]))}
    groups = {name: draw(some_of(declared)) for name, declared in known.groups.items() if draw(st.booleans())}
    document["population"] = groups | {
        "villages": villages,
        "councils": {"count": councils, "rule": draw(st.sampled_from(["adjacency", "random"]))},
    }
    document["calendar"] = calendar
    document["parameters"] = {
        stem: draw(some_of(declared)) for stem, declared in known.mechanisms.items() if declared and draw(st.booleans())
    }
    document["forms"] = draw(some_of(known.forms))
    document["arms"] = draw(arms(villages, councils, (first, first + calendar["policy_years"] - 1)))
    document["companions"] = draw(
        st.sampled_from([[], list(COMPANIONS), {"allocation": draw(st.sampled_from(list(ALLOCATIONS)))}])
    )
    document["outcomes"] = draw(st.lists(st.sampled_from(list(known.outcomes)), unique=True))
    document["run"] = {"replications": draw(st.integers(1, 1000)), "seed": draw(st.integers(0, 2**53))}
    return document
