"""Chinese meanings 中文释义: English is said in the code, its translation once, in data/zh.yaml.

A translation is found by a key: the path in a scenario for a declaration (``parameters.land.rent``), the same with the
option's name for an option, ``levers.POLICY.LEVER``, ``flows.MECHANISM.FLOW``, ``outcomes.NAME``, ``answer.NAME``, ``state.NAME``,
``mechanism.STEM``, ``module.NAME`` and so on for the one sentence on a section, ``schedule.STEM`` for its place in the quarter,
``entities.NAME``, ``units.UNIT``, ``income.COLUMN``. A lever that repeats a parameter has that parameter's.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from sim.accounts import INCOME
from sim.description.order import reasons
from sim.description.sections import Flow, Line, Section, modules, sections

FILE = "zh.yaml"


def chinese(key: str) -> str:
    """The translation of a key, '' where there is none."""
    return translations().get(key, "")


@lru_cache(maxsize=1)
def translations() -> Mapping[str, str]:
    """data/zh.yaml."""
    import yaml

    read: Mapping[str, str] = yaml.safe_load((files("sim") / "data" / FILE).read_text(encoding="utf-8")) or {}
    return read


@lru_cache(maxsize=1)
def wanted() -> Mapping[str, str]:
    """Every key that needs a translation -> the English to translate."""
    found = {f"schedule.{stem}": reason for stem, reason in reasons().items()}
    for section in (*sections(), *modules()):
        found[f"{section.kind}.{section.name}"] = section.summary
        for line in section.lines:
            found |= dict(_wanted_of(section, line))
            found |= {f"units.{line.unit}": line.unit} if re.search("[a-z]", line.unit) else {}
        found |= {_flow_key(flow): flow.meaning for flow in section.flows}
    return found | {f"income.{column}": column for column in INCOME}


def _wanted_of(section: Section, line: Line) -> Iterator[tuple[str, str]]:
    key = _key(section, line)
    yield key, _without_entity(section, line)
    yield from ((f"{key}.{option}", meaning) for option, meaning in line.options.items())
    if section.kind == "state":
        entity = line.meaning.split(": ")[0]
        yield f"entities.{entity}", entity


def missing() -> dict[str, str]:
    """Keys without a translation -> the English."""
    return {key: english for key, english in wanted().items() if not chinese(key)}


def stale() -> list[str]:
    """Translated keys that name nothing."""
    return [key for key in translations() if key not in wanted()]


def fill_in(keys: Mapping[str, str]) -> str:
    """Lines for data/zh.yaml, ready to be filled."""
    return "\n".join(f'{key}: ""  # {" ".join(english.split())}' for key, english in keys.items())


def with_chinese(section: Section) -> Section:
    """The section with the Chinese beside the English."""
    return dataclasses.replace(
        section,
        summary_zh=chinese(f"{section.kind}.{section.name}"),
        lines=tuple(_translated(section, line) for line in section.lines),
        flows=tuple(dataclasses.replace(flow, meaning_zh=chinese(_flow_key(flow))) for flow in section.flows),
    )


def _translated(section: Section, line: Line) -> Line:
    key = _key(section, line)
    meaning = chinese(key)
    if section.kind == "state" and meaning:
        meaning = f"{chinese('entities.' + line.meaning.split(': ')[0])}: {meaning}"
    options = {option: chinese(f"{key}.{option}") for option in line.options}
    return dataclasses.replace(line, meaning_zh=meaning, options_zh=options)


def _without_entity(section: Section, line: Line) -> str:
    return line.meaning.split(": ", 1)[1] if section.kind == "state" else line.meaning


def _flow_key(flow: Flow) -> str:
    return f"flows.{flow.mechanism}.{flow.name}"


def _key(section: Section, line: Line) -> str:
    if section.kind in ("outcomes", "answer", "state"):
        return f"{section.kind}.{line.path}"
    if section.kind != "policy":
        return line.path
    return _parameter_keys().get((line.zh, line.meaning)) or line.path.replace("arms.ARM.", "levers.")


@lru_cache(maxsize=1)
def _parameter_keys() -> Mapping[tuple[str, str], str]:
    lines = (line for section in sections() if section.kind == "mechanism" for line in section.lines)
    return {(line.zh, line.meaning): line.path for line in lines}
