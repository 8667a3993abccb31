"""A researcher's own policies and mechanisms 自有模块: modules handed over from Python, or installed as entry points.

A module of one's own is written as those in sim/policies and sim/mechanisms, is held to the same rules, and goes by its
file's name. While it is known its levers, parameters and forms may stand in scenario files; YAML never imports code.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeAlias

Policy: TypeAlias = ModuleType
Placed: TypeAlias = tuple[ModuleType, Literal["before", "after"], str]
"""A mechanism and its place in the quarter: ``(module, 'after', 'projects')``."""
RESERVED = frozenset({"policy", "start", "end", "scope", "payer", "budget", "name"})
"""What every block may say; no lever may have such a name."""


class OwnModuleError(ValueError):
    """A module that cannot be used as a policy or mechanism; the message says what is missing."""


@dataclass(frozen=True)
class Registered:
    """Modules beside the built-in ones."""

    policies: tuple[Policy, ...] = ()
    mechanisms: tuple[Placed, ...] = ()

    @classmethod
    def of(cls, policies: Iterable[Policy] = (), mechanisms: Iterable[Placed] = ()) -> Registered:
        """Those given and those installed, checked. Raises :class:`OwnModuleError`."""
        installed = _installed()
        own = cls(
            (*installed.policies, *(p for p in policies if p not in installed.policies)),
            (*installed.mechanisms, *(m for m in mechanisms if m not in installed.mechanisms)),
        )
        for policy in own.policies:
            _check_policy(policy, own)
        for placed in own.mechanisms:
            _check_mechanism(placed, own)
        names = own.names()
        if len(set(names)) != len(names):
            raise OwnModuleError(f"two modules have one name: {', '.join(sorted(names))}")
        return own

    def __bool__(self) -> bool:
        return bool(self.policies or self.mechanisms)

    def modules(self) -> list[ModuleType]:
        """All modules, policies first."""
        return [*self.policies, *(module for module, _, _ in self.mechanisms)]

    def names(self) -> list[str]:
        """The words that name them everywhere."""
        return [_stem(module) for module in self.modules()]

    def described(self) -> list[dict[str, str | None]]:
        """What the manifest keeps of each: name, version, hash of the source."""
        return [
            {"name": _stem(module), "version": getattr(module, "__version__", None), "sha256": _hash(module)}
            for module in self.modules()
        ]


def schedule_with(mechanisms: Sequence[Placed]) -> tuple[ModuleType, ...]:
    """The order of a quarter with own mechanisms in their places; one given later stands nearer to its anchor."""
    from sim.schedule import SCHEDULE

    order = list(SCHEDULE)
    for module, where, anchor in mechanisms:
        place = [_stem(other) for other in order].index(anchor)
        order.insert(place + (where == "after"), module)
    return tuple(order)


@contextlib.contextmanager
def known(own: Registered) -> Iterator[None]:
    """While this lasts scenarios may name the modules, and the engine finds them."""
    from sim.policies import POLICIES
    from sim.scenario.declared import OWN_MECHANISMS

    policies = [module for module in own.policies if POLICIES.get(_stem(module)) is not module]
    mechanisms = [module for module, _, _ in own.mechanisms if module not in OWN_MECHANISMS]
    POLICIES.update({_stem(module): module for module in policies})
    OWN_MECHANISMS.extend(mechanisms)
    if policies or mechanisms:
        _forget()
    try:
        yield
    finally:
        for module in policies:
            del POLICIES[_stem(module)]
        for module in mechanisms:
            OWN_MECHANISMS.remove(module)
        if policies or mechanisms:
            _forget()


def _forget() -> None:
    """Models of scenario files are made from the declarations once; they are made anew when those change."""
    from sim.scenario import declared, models

    for made in (declared.catalogue, declared.all_paths, models.scenario_model, models.block_model):
        made.cache_clear()


def _check_policy(module: ModuleType, own: Registered) -> None:
    from sim.declare import PAYERS, declarations
    from sim.policies import POLICIES

    name = _named(module, "policy")
    if POLICIES.get(name, module) is not module:
        raise OwnModuleError(f"policy {name}: there is a built-in policy of this name; rename the file")
    _needs(module, "policy", ("ZH", "TAKES_BUDGET", "PAYERS", "REQUIRES", "ZERO", "Levers", "adjust"))
    _declares(module, "policy", "Levers")
    levers = declarations(module.Levers)
    for lever in levers:
        if lever in RESERVED:
            raise OwnModuleError(f"policy {name}: a lever may not be called {lever!r}")
    if not set(module.PAYERS) <= set(PAYERS):
        raise OwnModuleError(f"policy {name}: PAYERS {module.PAYERS} must be among {PAYERS}")
    unknown = set(module.REQUIRES) - {*POLICIES, *(_stem(policy) for policy in own.policies)}
    if unknown:
        raise OwnModuleError(f"policy {name}: REQUIRES names no policy: {sorted(unknown)}")
    if not module.ZERO or not set(module.ZERO) <= {*levers, "budget"}:
        raise OwnModuleError(f"policy {name}: ZERO must say at which values of its levers or budget it does nothing")


def _check_mechanism(placed: Any, own: Registered) -> None:
    from sim.schedule import SCHEDULE

    if not (isinstance(placed, tuple) and len(placed) == 3 and placed[1] in ("before", "after")):
        raise OwnModuleError(f"a mechanism is given as (module, 'after', 'projects'), not {placed!r}")
    module, _, anchor = placed
    name = _named(module, "mechanism")
    order = [_stem(built_in) for built_in in SCHEDULE]
    if name in order:
        raise OwnModuleError(f"mechanism {name}: there is a built-in mechanism of this name; rename the file")
    if anchor not in order:
        raise OwnModuleError(f"mechanism {name}: there is no mechanism {anchor!r}; a quarter is {', '.join(order)}")
    _needs(module, "mechanism", ("ZH", "DRAWS", "Parameters", "Flows", "step"))
    _declares(module, "mechanism", "Parameters", may_be_set_by_a_policy=True)


def _named(module: Any, sort: str) -> str:
    if getattr(module, "__name__", "__main__") == "__main__":
        raise OwnModuleError(f"a {sort} must be a module of its own file, imported: it goes by the file's name")
    return _stem(module)


def _needs(module: ModuleType, sort: str, names: Sequence[str]) -> None:
    missing = [name for name in names if not hasattr(module, name)]
    if missing:
        raise OwnModuleError(f"{sort} {_stem(module)}: the module has no {', '.join(missing)}")


def _declares(module: ModuleType, sort: str, owner: str, *, may_be_set_by_a_policy: bool = False) -> None:
    """Every field of Levers or Parameters is declared, as sim/declare.py has it."""
    cls, what = getattr(module, owner), f"{sort} {_stem(module)}: {owner}"
    if not dataclasses.is_dataclass(cls):
        raise OwnModuleError(f"{what} is not a dataclass")
    for field in dataclasses.fields(cls):
        if "declaration" not in field.metadata and not (may_be_set_by_a_policy and field.default is None):
            raise OwnModuleError(f"{what}.{field.name} is not declared: use quantity(), choice() or shares()")


@lru_cache(maxsize=1)
def _installed() -> Registered:
    """Modules that installed packages offer; a mechanism says ``AFTER`` or ``BEFORE`` which one it stands."""
    policies = [entry.load() for entry in entry_points(group="lianjian.policies")]
    placed: list[Placed] = []
    for module in (entry.load() for entry in entry_points(group="lianjian.mechanisms")):
        after = hasattr(module, "AFTER")
        placed.append(
            (module, "after" if after else "before", module.AFTER if after else getattr(module, "BEFORE", ""))
        )
    return Registered(tuple(policies), tuple(placed))


def _stem(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _hash(module: ModuleType) -> str | None:
    """SHA-256 of the module's file; None for one without."""
    file = getattr(module, "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else None


# ---- in other processes


@dataclass(frozen=True)
class Source:
    """A module by name, by the file that it has here, and by what the file says."""

    name: str
    file: str | None
    sha256: str | None

    @classmethod
    def of(cls, module: ModuleType) -> Source:
        return cls(module.__name__, getattr(module, "__file__", None), _hash(module))

    def load(self) -> ModuleType:
        """The module: imported before, from its file, or by its name as an installed package's.

        Raises :class:`OwnModuleError` where it is not there or is another.
        """
        module = sys.modules.get(self.name)
        if module is None or _SEEN.get(self) is not module:  # looked at once: what was imported stays what it was
            module = module or self._from_file() or self._installed()
            if self.sha256 is not None and _hash(module) != self.sha256:
                raise OwnModuleError(f"the module {self.name} ({module.__file__}) is not the one that the work is for")
            _SEEN[self] = module
        return module

    def _from_file(self) -> ModuleType | None:
        if self.file is None or not Path(self.file).is_file():
            return None
        spec = importlib.util.spec_from_file_location(self.name, self.file)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[self.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _installed(self) -> ModuleType:
        try:
            return importlib.import_module(self.name)
        except ImportError as error:
            raise OwnModuleError(
                f"the module {self.name} is not there: there is no {self.file}, and it cannot be imported ({error}); copy "
                "the file to the same place, or install it as a package (entry point lianjian.policies or .mechanisms)"
            ) from None


_SEEN: dict[Source, ModuleType] = {}
"""Modules that were found to be the right ones."""


@dataclass(frozen=True)
class Sources:
    """The modules for a process that has not imported them."""

    policies: tuple[Source, ...]
    mechanisms: tuple[tuple[Source, Literal["before", "after"], str], ...]

    @classmethod
    def of(cls, own: Registered) -> Sources:
        return cls(
            tuple(Source.of(module) for module in own.policies),
            tuple((Source.of(module), where, anchor) for module, where, anchor in own.mechanisms),
        )

    def can_travel(self) -> bool:
        """Whether another process can import them all."""
        return all(source.file for source in (*self.policies, *(source for source, _, _ in self.mechanisms)))

    def load(self) -> Registered:
        """The modules, imported where they have not been. Raises :class:`OwnModuleError`."""
        return Registered(
            tuple(source.load() for source in self.policies),
            tuple((source.load(), where, anchor) for source, where, anchor in self.mechanisms),
        )
