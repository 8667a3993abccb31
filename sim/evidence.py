"""Sources 出处: what a declaration's or a scenario's ``source`` refers to.

A source is ``literature:KEY`` (an entry of data/sources.yaml), ``places:KEY.KEY`` (a reported fact in
data/places.yaml) or ``assumption``; several are joined by ``"; "``. Everything is looked up in the package's
own copies, so that a result can be traced without a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

PROVENANCES = {
    "seen": "an excerpt of the page was read",
    "derived": "arithmetic on figures that were seen or reported in the press",
    "press": "a place report: self-reported, rounded, selected for success",
    "memory": "from memory: may centre a prior, never serves as a validation target",
    "assumption": "chosen by us; the range says how uncertain it is",
}
ASSUMPTION = "assumption"
PRESS = "local press on "


class UnknownSource(KeyError):
    """A source that names nothing; the message says what was meant."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Fact:
    """What one source says. ``value`` is set for reported facts of a place and None otherwise."""

    source: str
    fact: str
    citation: str
    address: str | None
    provenance: str
    value: Any = None


def find(source: str) -> Fact:
    """The fact behind one source. Raises :class:`UnknownSource` (a KeyError) with the nearest known one."""
    sort, _, key = source.partition(":")
    if source == ASSUMPTION:
        return Fact(source, PROVENANCES[ASSUMPTION], "own choice", None, ASSUMPTION)
    if sort == "literature":
        return _literature(source, key)
    if sort == "places":
        return _place(source, key)
    raise UnknownSource(
        f"source {source!r} is neither 'literature:KEY' nor 'places:KEY.KEY' nor 'assumption'"
        + _guess(source, [ASSUMPTION, *(f"literature:{known}" for known in _sources())])
    )


def find_all(source: str) -> tuple[Fact, ...]:
    """The facts behind a source with several parts joined by ``"; "``. Raises :class:`UnknownSource`."""
    return tuple(find(part.strip()) for part in source.split(";"))


def _literature(source: str, key: str) -> Fact:
    entry = _sources().get(key)
    if entry is None:
        raise UnknownSource(f"no entry {key!r} in the sources" + _guess(key, _sources()))
    return Fact(source, entry["fact"], entry["citation"], entry["address"], entry["provenance"])


def _place(source: str, key: str) -> Fact:
    value: Any = _places()
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = [str(name) for name in value] if isinstance(value, Mapping) else []
            raise UnknownSource(f"no {part!r} on the way to {source!r} in the places" + _guess(part, known))
        value = value[part]
    place = _places()[key.split(".")[0]]
    return Fact(source, f"{key}: {_said(value)}", f"{PRESS}{place['zh']}", None, "press", value)


def _said(value: Any) -> str:
    """A reported value as people write it."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_said(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not stated" if value is None else str(value)


def _guess(wrong: str, known: Iterable[str]) -> str:
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


@lru_cache(maxsize=1)
def _sources() -> Mapping[str, Mapping[str, str]]:
    sources: Mapping[str, Mapping[str, str]] = _read("sources.yaml")
    return sources


@lru_cache(maxsize=1)
def _places() -> Mapping[str, Any]:
    places: Mapping[str, Any] = _read("places.yaml")
    return places


def _read(name: str) -> Any:
    import yaml

    return yaml.safe_load((files("sim") / "data" / name).read_text(encoding="utf-8"))


def sources_page() -> str:
    """docs/sources.md, written from data/sources.yaml and the names of data/places.yaml."""
    lines = [
        "# Sources 出处",
        "",
        "Written from `sim/data/sources.yaml` (`make docs`); a test fails when it is stale. A parameter",
        "cites an entry as `literature:KEY`, a reported fact of a place as `places:KEY.KEY`, our own choice",
        "as `assumption`.",
        "",
        *(f"- **{name}**: {meaning}" for name, meaning in PROVENANCES.items()),
        "",
        "Details of theory papers are from memory: check them before printing. An address with … was cut off",
        "in our notes.",
        "",
        "| key | provenance | fact | citation | address |",
        "|---|---|---|---|---|",
        *(_row(key, entry) for key, entry in _sources().items()),
        "",
        "## Places",
        "",
        "From the local press, in `sim/data/places.yaml`: self-reported, rounded, selected for success.",
        "",
        "| key | place | county | scale |",
        "|---|---|---|---|",
        *(
            f"| `places:{key}` | {place['zh']} | {place.get('county', '')} | {place['scale']} |"
            for key, place in _places().items()
        ),
        "",
    ]
    return "\n".join(lines)


def _row(key: str, entry: Mapping[str, str]) -> str:
    cells = (f"`{key}`", entry["provenance"], entry["fact"], entry["citation"], entry["address"] or "-")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
