"""Factors 因素 of an experiment file: paths looked up in the scenarios, levels and ranges checked against declarations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from sim.declare import Declaration
from sim.experiment import values
from sim.experiment.experiment import Factor
from sim.experiment.models import BY_ENDS, METHODS
from sim.experiment.reach import unread
from sim.scenario import checks
from sim.scenario.arms import NAME
from sim.scenario.complaints import Complaints
from sim.scenario.declared import all_paths, catalogue
from sim.scenario.problems import Path, listed, number, shown, suggestion
from sim.scenario.scenario import Scenario

KEYS = ("paths", "levels", "range", "unit")
"""What an entry may say."""
PRIOR, EACH, FILE = "prior", "each", "file"
"""Words in place of levels: the plausible range, every option of a form, the values of a list."""
RESERVED = (
    *("design_point", "scenario", "settings", "replications", "half_width", "half_width_reached"),
    *("trajectory", "step", "moved", "block", "row"),
)
"""Columns of the table of design points that are no factors."""
MOST_LEVELS = 10_000


def read_factors(
    entries: Any, scenarios: Mapping[str, Scenario], simulated: Sequence[str], method: str, complaints: Complaints
) -> tuple[Factor, ...]:
    """The factors, in the order of the file; what is wrong goes to the complaints."""
    if entries is None:
        return ()
    if not isinstance(entries, Mapping):
        what = f"{shown(entries)} is not a mapping of paths to levels; write {{parameters.projects.overhead: prior}}"
        complaints.add(("factors",), what)
        return ()
    return _Factors(entries, scenarios, simulated, method, complaints).read()


class _Factors:
    def __init__(
        self,
        entries: Mapping[str, Any],
        scenarios: Mapping[str, Scenario],
        simulated: Sequence[str],
        method: str,
        complaints: Complaints,
    ) -> None:
        self.entries = entries
        self.scenarios = scenarios
        self.simulated = simulated
        self.method = method
        self.complaints = complaints
        self.taken: dict[str, str] = {}
        """Path -> the factor that sets it."""

    def read(self) -> tuple[Factor, ...]:
        found = [factor for key, entry in self.entries.items() if (factor := self._factor(key, entry))]
        for factor in found:
            self._read_by_somebody(factor)
        return tuple(found)

    # ---- one entry

    def _factor(self, key: str, entry: Any) -> Factor | None:
        said = self._said(key, entry)
        if said is None:
            return None
        paths, places = self._paths(key, said)
        declared = self._declared(key, paths, places)
        if declared is None:
            return None
        fault = checks.unit_fault(declared, said.get("unit"))
        if fault:
            self.complaints.add(("factors", key, "unit"), fault)
        bare = Factor(key, paths, declared, None, None)
        if self.method == "list":
            return self._from_file(bare, entry, said)
        return self._with_values(bare, entry, said)

    def _said(self, key: str, entry: Any) -> dict[str, Any] | None:
        """The entry as a mapping of :data:`KEYS`; None where it cannot be one."""
        if isinstance(entry, Mapping):
            unknown = [name for name in entry if name not in KEYS]
            for name in unknown:
                what = f"unknown key; a factor has {listed(KEYS)}{suggestion(name, KEYS)}"
                self.complaints.add(("factors", key, name), what, at_key=True)
            return None if unknown else {name: said for name, said in entry.items() if said is not None}
        if isinstance(entry, list) or entry in (PRIOR, EACH, FILE):
            return {"levels": entry}
        if entry is None and self.method == "list":
            return {}
        words = (PRIOR, EACH, FILE)
        hint = suggestion(entry, words) if isinstance(entry, str) else ""
        what = (
            f"{shown(entry)} says no levels; write a list, {PRIOR}, {EACH} (forms) or {{levels: ..., range: ...}}{hint}"
        )
        self.complaints.add(("factors", key), what)
        return None

    # ---- paths

    def _paths(self, key: str, said: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Path, ...]]:
        """The paths that the factor sets, and where each was written."""
        if "paths" not in said:
            return (_plain(key),), (("factors", key),)
        given, where = said["paths"], ("factors", key, "paths")
        if not isinstance(given, list) or not given or not all(isinstance(path, str) for path in given):
            self.complaints.add(where, f"{shown(given)} is not a list of paths; [{key}, ...]")
            return (), ()
        if not NAME.fullmatch(key) or key in RESERVED:
            why = (
                "a column of the table of design points" if key in RESERVED else "use letters, digits, _, - and Chinese"
            )
            self.complaints.add(("factors", key), f"{shown(key)} is no name for a factor: {why}", at_key=True)
        return tuple(_plain(path) for path in given), tuple((*where, place) for place in range(len(given)))

    def _declared(self, key: str, paths: Sequence[str], places: Sequence[Path]) -> Declaration | None:
        """What all paths have in common; None where one of them cannot be a factor."""
        found: list[Declaration] = []
        for path, place in zip(paths, places, strict=True):
            fault = self._path_fault(path) or self._taken_fault(path, key)
            if fault:
                self.complaints.add(place, fault, at_key=True)
                continue
            self.taken[path] = key
            declared = catalogue().at(path)
            assert declared is not None
            if found and (declared.sort, declared.unit, declared.options) != _kind(found[0]):
                what = f"{path} is not of the kind of {paths[0]} ({_named(declared)}, not {_named(found[0])})"
                self.complaints.add(place, what)
                continue
            found.append(declared)
        return _common(found) if found and len(found) == len(paths) else None

    def _path_fault(self, path: str) -> str:
        return next((fault for scenario in self.scenarios.values() if (fault := path_fault(path, scenario))), "") or (
            "" if self.scenarios or catalogue().at(path) else path_fault(path, None)
        )

    def _taken_fault(self, path: str, key: str) -> str:
        if path not in self.taken:
            return ""
        other = self.taken[path]
        return "this path is given twice" if other == key else f"the factor '{other}' sets this path already"

    def _read_by_somebody(self, factor: Factor) -> None:
        """A value that no arm reads would make rows that differ in nothing."""
        for place, path in enumerate(factor.paths):
            faults = [unread(scenario, path, self.simulated, self.taken) for scenario in self.scenarios.values()]
            if faults and all(faults):
                own = "paths" in (self.entries[factor.name] or ()) and isinstance(self.entries[factor.name], Mapping)
                where: Path = ("factors", factor.name, "paths", place) if own else ("factors", factor.name)
                self.complaints.add(where, faults[0], at_key=not own)

    # ---- values

    def _from_file(self, bare: Factor, entry: Any, said: Mapping[str, Any]) -> Factor | None:
        """A factor of a list: its values are in the file, its range is filled in from them."""
        if "range" in said or said.get("levels") not in (None, FILE):
            what = f"the points of a list come from its file; write {FILE} here"
            self.complaints.add(("factors", bare.name), what)
            return None
        return bare

    def _with_values(self, bare: Factor, entry: Any, said: Mapping[str, Any]) -> Factor | None:
        where: Path = ("factors", bare.name, "levels") if isinstance(entry, Mapping) else ("factors", bare.name)
        levels = said.get("levels")
        if levels == FILE:
            self.complaints.add(where, f"{FILE} is for design: {{method: list, file: ...}}; this one is {self.method}")
            return None
        sort = bare.declaration.sort
        if "range" in said and said["range"] != PRIOR and (sort != "quantity" or isinstance(levels, list)):
            what = "a list of levels needs no range" if sort == "quantity" else f"{_named(bare.declaration)}: no range"
            self.complaints.add(("factors", bare.name, "range"), what, at_key=True)
            return None
        if isinstance(levels, list):
            return self._listed(bare, where, levels)
        if sort == "quantity":
            return self._ranged(bare, where, said)
        if levels not in (None, PRIOR, EACH) or (levels == EACH and sort == "shares"):
            self.complaints.add(where, f"{shown(levels)} is not a list of levels ({_named(bare.declaration)})")
            return None
        if sort == "choice":
            return self._listed(bare, where, list(bare.declaration.options))
        if METHODS[self.method].draws and self.method != "morris":
            return bare
        what = f"shares need levels in design {self.method}: a list of mappings such as {_example(bare.declaration)}"
        self.complaints.add(where, what)
        return None

    def _listed(self, bare: Factor, where: Path, given: Sequence[Any]) -> Factor | None:
        """A factor with levels written out."""
        levels: list[Any] = []
        wrong = False
        for place, level in enumerate(given):
            try:
                checked = _level(bare.declaration, level)
            except checks.Refused as error:
                wrong = True
                for below, what in checks.faults_of(error):
                    at_key = what.startswith("unknown")
                    self.complaints.add((*where, place, *below), what, at_key=at_key)
                continue
            if checked in levels:
                wrong = True
                self.complaints.add((*where, place), f"the level {_written(checked)} is listed twice")
            levels.append(checked)
        fault = "" if wrong else self._count_fault(len(levels))
        if fault:
            self.complaints.add(where, fault)
        return None if wrong or fault else dataclasses.replace(bare, levels=tuple(levels))

    def _count_fault(self, count: int) -> str:
        if count == 0:
            return "an empty list; a factor has two levels or more"
        if count == 1 and self.method != "one_at_a_time":
            return "a single level; a factor has two or more. Write what is the same at every point under set"
        if self.method == "fractional_factorial" and count != 2:
            return f"{count} levels; a fractional factorial has two of each factor"
        return f"more than {MOST_LEVELS:,} levels" if count > MOST_LEVELS else ""

    def _ranged(self, bare: Factor, where: Path, said: Mapping[str, Any]) -> Factor | None:
        """A quantity over a range: drawn from it, or with so many levels over it."""
        ends = self._ends(bare, said)
        count = said.get("levels")
        if ends is None:
            return None
        ranged = dataclasses.replace(bare, range=ends)
        if count in (None, PRIOR):
            if METHODS[self.method].draws:
                return ranged
            if self.method in BY_ENDS:
                return dataclasses.replace(bare, levels=values.evenly(bare.declaration, ends, 2), range=ends)
            what = f"design {self.method} needs levels: a list, or {{levels: 5}} for five over the range{_or_draw(self.method)}"
            self.complaints.add(where if said.get("levels") else ("factors", bare.name), what)
            return None
        if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= MOST_LEVELS:
            self.complaints.add(
                where, f"{shown(count)} is neither a list of levels nor how many (2 to {MOST_LEVELS:,})"
            )
            return None
        if self.method == "fractional_factorial" and count != 2:
            self.complaints.add(where, self._count_fault(count))
            return None
        levels = values.evenly(bare.declaration, ends, count)
        if len(levels) < count:
            what = f"there are no {count} levels between {number(ends[0])} and {number(ends[1])}, only {len(levels)}"
            self.complaints.add(where, what)
            return None
        return dataclasses.replace(bare, levels=levels, range=ends)

    def _ends(self, bare: Factor, said: Mapping[str, Any]) -> tuple[float, float] | None:
        """Lowest and highest value: as written here, in the scenarios, or declared."""
        given = said.get("range", PRIOR)
        if given != PRIOR:
            faults = checks.range_faults(bare.declaration, given)
            for below, what in faults:
                self.complaints.add(("factors", bare.name, *below), what)
            if faults:
                return None
            return self._wide(bare, (float(given[0]), float(given[1])), ("factors", bare.name, "range"))
        found = {name: _prior(bare, scenario) for name, scenario in self.scenarios.items()}
        ranges = set(found.values()) or {bare.declaration.prior}
        if len(ranges) > 1:
            said_by = ", ".join(f"{_interval(ends)} in {name}" for name, ends in found.items())
            what = f"the scenarios differ in the range ({said_by}); write {{range: [lowest, highest]}}"
            self.complaints.add(("factors", bare.name), what)
            return None
        [ends] = ranges
        low, high = bare.declaration.bounds
        if not low <= ends[0] <= ends[1] <= high:
            what = f"the range {_interval(ends)} of {bare.paths[0]} does not suit all paths {checks.limits(bare.declaration)}"
            self.complaints.add(("factors", bare.name), f"{what}; write {{range: [lowest, highest]}}")
            return None
        return self._wide(bare, ends, ("factors", bare.name))

    def _wide(self, bare: Factor, ends: tuple[float, float], where: Path) -> tuple[float, float] | None:
        if ends[0] < ends[1]:
            return ends
        what = f"the range is the single value {number(ends[0])}; write levels or a range {checks.limits(bare.declaration)}"
        self.complaints.add(where, what)
        return None


def path_fault(path: str, scenario: Scenario | None) -> str:
    """Why a path cannot be a factor in a scenario; '' where it can."""
    first, _, rest = path.partition(".")
    if first == "run":
        return f"{path} is no factor; write {rest or 'replications'} as a key of the experiment"
    if first == "arms" and scenario is not None:
        return _lever_fault(path, scenario)
    if catalogue().at(path) is not None and (first == "arms" or path in all_paths()):
        return ""
    known = [p for p in all_paths() if not p.startswith("run.")]
    ends = [p for p in known if p.rpartition(".")[2] == path.rpartition(".")[2]]
    near = f"; did you mean '{ends[0]}'?" if len(ends) == 1 else suggestion(path, known)
    return f"unknown path; a factor is a declared quantity, form, share or lever (lianjian describe lists them){near}"


def _lever_fault(path: str, scenario: Scenario) -> str:
    parts = path.split(".", 3)
    if len(parts) < 4:
        return "an arm is no factor; name a lever: arms.pool.funding_pool.match"
    _, arm, name, lever = parts
    if arm not in scenario.arms:
        return f"there is no arm '{arm}'{suggestion(arm, scenario.arms)}"
    blocks = {block.path.split(".", 2)[2]: block for block in scenario.arms[arm]}
    if name not in blocks:
        return f"arm '{arm}' has no block '{name}'{suggestion(name, blocks) or f' (there are {listed(blocks)})'}"
    block = blocks[name]
    levers = [*catalogue().policies[block.policy], *(["budget.per_year"] if block.budget is not None else [])]
    if lever in levers:
        return ""
    return f"{block.policy} has no lever '{lever}' (there are {listed(levers)}){suggestion(lever, levers)}"


def _plain(path: str) -> str:
    """``funding_pool#1`` is ``funding_pool``."""
    return ".".join(part.removesuffix("#1") for part in path.split("."))


def _kind(declared: Declaration) -> tuple[Any, ...]:
    return declared.sort, declared.unit, declared.options


def _named(declared: Declaration) -> str:
    if declared.sort == "quantity":
        return f"a quantity in {declared.unit}"
    return (
        f"a form: {listed(declared.options)}" if declared.sort == "choice" else f"shares of {listed(declared.options)}"
    )


def _common(found: Sequence[Declaration]) -> Declaration:
    """The first declaration, in bounds that suit all."""
    low, high = max(d.bounds[0] for d in found), min(d.bounds[1] for d in found)
    integer = any(d.integer for d in found)
    return dataclasses.replace(found[0], bounds=(low, high), integer=integer)


def _prior(bare: Factor, scenario: Scenario) -> tuple[float, float]:
    return scenario.ranges.get(bare.paths[0], bare.declaration.prior)


def _level(declared: Declaration, level: Any) -> Any:
    """One level as a scenario takes it. Raises ``Refused``."""
    if declared.sort == "choice":
        return checks.choice(declared, level)
    if declared.sort == "shares":
        return checks.shares(declared, level)
    fault = checks.quantity_fault(declared, level)
    if fault:
        checks.refuse(((), fault))
    return int(level) if declared.integer else float(level)


def _written(level: Any) -> str:
    return (
        shown(level)
        if not isinstance(level, dict)
        else "{" + ", ".join(f"{k}: {number(v)}" for k, v in level.items()) + "}"
    )


def _interval(ends: tuple[float, float]) -> str:
    return f"[{number(ends[0])}, {number(ends[1])}]"


def _or_draw(method: str) -> str:
    return "; or draw: design: {method: latin_hypercube, points: 300}" if method == "grid" else ""


def _example(declared: Declaration) -> str:
    parts = list(declared.options)
    return "{" + ", ".join(f"{part}: {1 if not place else 0}" for place, part in enumerate(parts[:2])) + "}"
