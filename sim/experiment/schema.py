"""JSON Schema of an experiment file, so that an editor completes and checks the YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.declare import Declaration
from sim.experiment.factors import EACH, FILE, KEYS, PRIOR, RESERVED
from sim.experiment.models import (
    CONFIDENCE_LEVEL,
    HALF_WIDTH,
    METHODS,
    TABLES,
    TIME_LIMIT,
    Method,
)
from sim.scenario.declared import all_paths, catalogue
from sim.scenario.resolve import SCHEMA
from sim.scenario.schema import ARM, DIALECT, TEXT, describe, mapping_of, number_of

_LEVER = r"^arms\.[^.]+\.[^.]+\.[^.]+(\.per_year)?$"


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the files that :func:`sim.experiment.reading.load_experiment` reads."""
    return {
        "$schema": DIALECT,
        "title": "lianjian experiment 实验文件",
        **mapping_of(_top_level(), required=["schema", "question"]),
        "oneOf": [{"required": ["scenario"]}, {"required": ["scenarios"]}],
    }


def _top_level() -> dict[str, Any]:
    run = catalogue().sections["run"]
    return {
        "schema": {"const": SCHEMA, "description": "version of the format 格式版本"},
        "title": {"anyOf": [TEXT, mapping_of({"en": TEXT, "zh": TEXT})], "description": "标题"},
        "question": TEXT | {"minLength": 1, "description": "what the sweep is to answer, in a sentence 研究问题"},
        "scenario": TEXT | {"description": "scenario file, relative to this one 情景文件"},
        "scenarios": _named(TEXT, "scenario files by a name of one's own 多个情景文件"),
        "set": {
            "type": ["object", "null"],
            "description": "changes at every design point, by path, as --set 统一改动",
        },
        "arms": _list_of(TEXT, "arms to keep, companions included 保留的方案") | {"minItems": 1},
        "factors": _factors(),
        "design": {"anyOf": [_bare(), *(_design(name, method) for name, method in METHODS.items())]},
        "replications": {"anyOf": [_number(run["replications"]), _until(), {"type": "null"}]},
        "seed": _number(run["seed"]),
        "record": _record(),
        "time_limit_s": _number(TIME_LIMIT),
    }


def _number(declared: Declaration) -> dict[str, Any]:
    return number_of(declared) | {"description": f"{declared.meaning} {declared.zh}"}


def _list_of(item: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": dict(item), "uniqueItems": True, "description": description}


def _named(below: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "minProperties": 1,
        "patternProperties": {ARM: dict(below)},
        "additionalProperties": False,
        "description": description,
    }


# ---- factors


def _factors() -> dict[str, Any]:
    """Declared paths complete by name; levers and factors with a name of their own are checked by their form."""
    declared = {path: d for path, d in all_paths().items() if not path.startswith("run.")}
    own_name = ARM.replace("^", f"^(?!({'|'.join(RESERVED)})$)", 1)
    return {
        "type": ["object", "null"],
        "description": "what is varied, by path 因素",
        "properties": {path: _entry(declaration) for path, declaration in declared.items()},
        "patternProperties": {_LEVER: _any_entry(), own_name: _details({}, required=["paths"])},
        "additionalProperties": False,
    }


def _entry(declared: Declaration) -> dict[str, Any]:
    level = _level(declared)
    words = [PRIOR, FILE, *([EACH] if declared.sort == "choice" else [])]
    listed = {"type": "array", "items": level, "minItems": 1, "uniqueItems": True}
    made: dict[str, Any] = {"levels": {"anyOf": [listed, {"enum": words}]}}
    if declared.sort == "quantity":
        made["levels"]["anyOf"].append({"type": "integer", "minimum": 2})
        pair = {"type": "array", "prefixItems": [level, level], "minItems": 2, "maxItems": 2}
        made["range"] = {"anyOf": [pair, {"const": PRIOR}]}
        made["unit"] = {"enum": ["1", 1] if declared.unit == "1" else [declared.unit]}
    parts = [listed, {"enum": words}, {"type": "null"}, _details(made)]
    return {"anyOf": parts, "description": describe(declared)}


def _level(declared: Declaration) -> dict[str, Any]:
    if declared.sort == "choice":
        return {"enum": list(declared.options)}
    if declared.sort == "shares":
        return mapping_of({part: {"type": "number", "minimum": 0, "maximum": 1} for part in declared.options})
    return {key: value for key, value in number_of(declared).items() if key != "default"}


def _any_entry() -> dict[str, Any]:
    listed = {"type": "array", "minItems": 1}
    return {"anyOf": [listed, {"enum": [PRIOR, EACH, FILE]}, {"type": "null"}, _details({})]}


def _details(known: Mapping[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    any_part: dict[str, dict[str, Any]] = {
        "paths": {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
        "levels": {"anyOf": [{"type": "array", "minItems": 1}, {"type": "integer", "minimum": 2}, TEXT]},
        "range": {"anyOf": [{"type": "array", "minItems": 2, "maxItems": 2}, {"const": PRIOR}]},
        "unit": {},
    }
    made = mapping_of({key: known.get(key, any_part[key]) for key in KEYS}, required=required or ())
    return made | {"type": "object"}


# ---- design, replications, record


def _bare() -> dict[str, Any]:
    simple = [name for name, method in METHODS.items() if set(method.options) <= set(method.defaults)]
    return {"oneOf": [{"const": name, "description": METHODS[name].meaning} for name in simple]}


def _design(name: str, method: Method) -> dict[str, Any]:
    made: dict[str, Any] = {"method": {"const": name, "description": f"{method.meaning} {method.zh}"}}
    for key, kind in method.options.items():
        if isinstance(kind, Declaration):
            made[key] = {k: v for k, v in _number(kind).items() if k != "default"}
        else:
            made[key] = {"type": "boolean" if kind is bool else "string"}
        if key in method.defaults:
            made[key]["default"] = method.defaults[key]
    needed = [key for key in method.options if key not in method.defaults]
    return mapping_of(made, f"{method.meaning} {method.zh}", ["method", *needed])


def _until() -> dict[str, Any]:
    outcomes = {"oneOf": [{"const": name, "description": o.meaning} for name, o in catalogue().outcomes.items()]}
    pair = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2, "uniqueItems": True}
    rule = {
        "contrast": pair | {"description": "[pool, no_policy] is pool less no_policy"},
        "outcome": outcomes,
        "half_width": {k: v for k, v in _number(HALF_WIDTH).items() if k != "default"},
        "confidence": _number(CONFIDENCE_LEVEL),
    }
    count = _number(catalogue().sections["run"]["replications"])
    parts = {
        "until": mapping_of(rule, "stop when this interval is narrow", ["contrast", "outcome", "half_width"]),
        "at_least": count | {"default": 20, "minimum": 20},
        "at_most": count | {"default": 400},
    }
    return mapping_of(parts, "a stopping rule 停止规则", ["until"])


def _record() -> dict[str, Any]:
    tables = _list_of({"oneOf": [{"const": name, "description": what} for name, what in TABLES.items()]}, "tables kept")
    sample = _list_of({"type": "integer", "minimum": 0}, "of these replications only")
    yearly = {"type": "boolean", "default": True, "description": "whether the table of years is kept"}
    return mapping_of({"tables": tables, "sample": sample, "yearly": yearly}, "what is kept besides runs 保存内容")
