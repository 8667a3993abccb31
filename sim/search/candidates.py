"""Candidates 候选方案: what a search chooses among, written the same way whenever it means the same.

A candidate is a tuple of values, one a variable. A variable that changes nothing in it (a lever of a member that is left
out) is None, and numbers have three significant digits: two candidates that are the same policy are equal, and simulated once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sim.experiment import values
from sim.experiment.experiment import Factor
from sim.scenario.scenario import Scenario
from sim.search.problem import Search

DIGITS = 3
"""Significant digits of a number that is decided upon: no plan is written more finely."""
Candidate = tuple[Any, ...]
MEMBER = "member "
"""Names of variables that say whether a member is in begin with this."""


@dataclass(frozen=True)
class Variable:
    """One thing that is decided, as an algorithm sees it."""

    name: str
    sort: Literal["real", "whole", "level", "truth"]
    low: float = 0.0
    high: float = 1.0
    """Lowest and highest value; of levels, the first place and the last."""
    ordered: bool = True
    """Of levels: whether neighbours are alike."""


def rounded(value: float, low: float, high: float) -> float:
    """A number as a plan would write it, within its range."""
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


class Space:
    """All candidates of a search."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.members = search.members
        self.variables = (
            *(Variable(MEMBER + member, "truth") for member in search.members),
            *(_variable(factor) for factor in search.decisions),
        )
        self._needs = [_owners(search, factor) for factor in search.decisions]

    def decode(self, raw: Mapping[str, Any]) -> Candidate:
        """The candidate that an algorithm's values stand for."""
        included = tuple(bool(raw[MEMBER + member]) for member in self.members)
        chosen = [
            _value(factor, variable, raw[variable.name]) if self._matters(place, included) else None
            for place, (factor, variable) in enumerate(self._decisions())
        ]
        return (*included, *chosen)

    def encode(self, candidate: Candidate) -> dict[str, Any]:
        """An algorithm's values for a candidate; of what does not matter, the middle."""
        raw: dict[str, Any] = {MEMBER + member: candidate[place] for place, member in enumerate(self.members)}
        for (factor, variable), value in zip(self._decisions(), candidate[len(self.members) :], strict=True):
            raw[variable.name] = _middle(variable) if value is None else _raw(factor, variable, value)
        return raw

    def as_written(self) -> Candidate | None:
        """The arm as the scenario has it; None where it lies outside what may be decided."""
        found: list[Any] = []
        for factor in self.search.decisions:
            held = [values.as_written(self.search.scenario, path) for path in factor.paths]
            if any(value != held[0] for value in held) or not _possible(factor, held[0]):
                return None
            found.append(_hashable(factor, held[0]))
        return self.decode(self.encode((*(True for _ in self.members), *found)))

    def first(self) -> list[Candidate]:
        """Where a search starts, as far as that may be decided: the arm as written, then each member alone."""
        own = self.as_written()
        if own is None:
            return []
        raw, found = self.encode(own), [own]
        for member in self.members:
            alone = {MEMBER + other: other == member for other in self.members}
            found.append(self.decode(raw | alone))
        return list(dict.fromkeys(found))

    def settings(self, candidate: Candidate) -> dict[str, Any]:
        """Path -> value, as ``--set`` takes them."""
        included, chosen = candidate[: len(self.members)], candidate[len(self.members) :]
        made: dict[str, Any] = {}
        if self.members and not all(included):
            made[f"arms.{self.search.arm}"] = {"all_of": list(self.joined(candidate))}
        for factor, value in zip(self.search.decisions, chosen, strict=True):
            if value is not None:
                made |= dict.fromkeys(factor.paths, plain(factor, value))
        return made

    def joined(self, candidate: Candidate) -> tuple[str, ...]:
        """Members of the arm, in the order of the file."""
        left_out = {m for m, is_in in zip(self.members, candidate[: len(self.members)], strict=True) if not is_in}
        written = self.search.scenario.document.get("arms", {}).get(self.search.arm)
        everyone = written["all_of"] if isinstance(written, Mapping) else ()
        return tuple(member for member in everyone if member not in left_out)

    def coordinates(self, candidate: Candidate) -> dict[str, Any]:
        """Column -> value: 1 or 0 for a member, the value of a decision, None where it does not matter."""
        found: dict[str, Any] = {m: float(candidate[place]) for place, m in enumerate(self.members)}
        for factor, value in zip(self.search.decisions, candidate[len(self.members) :], strict=True):
            if value is None:
                found |= dict.fromkeys(values.columns(factor))
            else:
                found |= values.coordinates(factor, plain(factor, value))
        return found

    def _decisions(self) -> list[tuple[Factor, Variable]]:
        return list(zip(self.search.decisions, self.variables[len(self.members) :], strict=True))

    def _matters(self, place: int, included: Sequence[bool]) -> bool:
        """Whether a block that the decision is about is in the arm."""
        needs = self._needs[place]
        present = {member for member, is_in in zip(self.members, included, strict=True) if is_in}
        return any(not owners or owners & present for owners in needs)


def _owners(search: Search, factor: Factor) -> list[frozenset[str]]:
    """Of each path of a decision, the members that bring its block; none where it is always there."""
    scenario = search.scenario
    needs = []
    for path in factor.paths:
        block = ".".join(path.split(".")[:3])
        bring = [m for m in (*search.members, *search.fixed) if block in _origins(scenario, m)]
        needs.append(frozenset() if set(bring) & set(search.fixed) else frozenset(bring))
    return needs


def _origins(scenario: Scenario, arm: str) -> set[str]:
    return {block.origin for block in scenario.arms[arm]}


def _variable(factor: Factor) -> Variable:
    if factor.levels is not None:
        return Variable(factor.name, "level", 0, len(factor.levels) - 1, factor.declaration.sort == "quantity")
    assert factor.range is not None
    low, high = factor.range
    return Variable(factor.name, "whole" if factor.declaration.integer else "real", low, high)


def _value(factor: Factor, variable: Variable, raw: Any) -> Any:
    if factor.levels is not None:
        return _hashable(factor, factor.levels[int(raw)])
    return int(raw) if variable.sort == "whole" else rounded(float(raw), variable.low, variable.high)


def _raw(factor: Factor, variable: Variable, value: Any) -> Any:
    if factor.levels is not None:
        return factor.levels.index(plain(factor, value))
    return int(value) if variable.sort == "whole" else float(value)


def _hashable(factor: Factor, value: Any) -> Any:
    return tuple(sorted(value.items())) if factor.declaration.sort == "shares" else value


def plain(factor: Factor, value: Any) -> Any:
    """The value of a candidate as a scenario takes it."""
    return dict(value) if factor.declaration.sort == "shares" else value


def _middle(variable: Variable) -> Any:
    middle = (variable.low + variable.high) / 2
    return middle if variable.sort == "real" else int(middle)


def _possible(factor: Factor, value: Any) -> bool:
    if value is None:
        return False
    if factor.levels is not None:
        return value in factor.levels
    assert factor.range is not None
    return bool(factor.range[0] <= value <= factor.range[1])
