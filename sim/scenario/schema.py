"""JSON Schema of a scenario file, made from the declarations, so that an editor completes and checks the YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sim.declare import PAYERS_ZH, Declaration
from sim.outcomes import TERCILES, TIERS
from sim.scenario import checks
from sim.scenario.declared import Catalogue, catalogue
from sim.scenario.problems import number
from sim.scenario.resolve import SCHEMA
from sim.scenario.structure import ALLOCATIONS, BELOW, COMPANIONS, SCOPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT: dict[str, Any] = {"type": "string"}
ARM = r"^[A-Za-z0-9_\-\u3400-\u4dbf\u4e00-\u9fff]{1,64}$"


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the files that :func:`load_scenario` reads."""
    known = catalogue()
    return {
        "$schema": DIALECT,
        "title": "lianjian scenario 情景文件",
        **mapping_of(_top_level(known), required=["schema"]),
    }


def _top_level(known: Catalogue) -> dict[str, Any]:
    return {
        "schema": {"const": SCHEMA, "description": "version of the format 格式版本"},
        "extends": TEXT | {"description": "file whose values this one changes, relative to it 继承的文件"},
        "title": {"anyOf": [TEXT, mapping_of({"en": TEXT, "zh": TEXT})], "description": "标题"},
        "population": _population(known),
        "calendar": _section(known, "calendar", "years of a run 时间安排"),
        "parameters": _parameters(known),
        "forms": mapping_of({name: _declared(d) for name, d in known.forms.items()}, "forms of rules 模型形式"),
        "arms": _arms(known),
        "companions": _companions(),
        "outcomes": _names(known.outcomes, "outcomes in tables and figures 结果指标"),
        "record": _record(),
        "run": _section(known, "run", "replications and seed 运行设置"),
    }


def mapping_of(properties: Mapping[str, Any], description: str = "", required: Iterable[str] = ()) -> dict[str, Any]:
    """Schema of a mapping that has these keys and no others."""
    made: dict[str, Any] = {
        "type": ["object", "null"] if not required else "object",
        "additionalProperties": False,
    }
    made["properties"] = dict(properties)
    if required:
        made["required"] = list(required)
    return made | ({"description": description} if description else {})


def _declared(declaration: Declaration) -> dict[str, Any]:
    """Schema of one declared value: number, option or shares."""
    described = {"description": describe(declaration)}
    if declaration.sort == "choice":
        options = [{"const": name, "description": meaning} for name, meaning in declaration.options.items()]
        return {"oneOf": [*options, {"type": "null"}], "default": declaration.value} | described
    if declaration.sort == "shares":
        part = {"type": "number", "minimum": 0, "maximum": 1}
        parts = {name: part | {"description": meaning} for name, meaning in declaration.options.items()}
        return mapping_of(parts) | {"default": dict(declaration.value)} | described  # type: ignore[arg-type]
    value = number_of(declaration)
    details = {"value": value, "unit": {"enum": ["1", 1] if declaration.unit == "1" else [declaration.unit]}}
    details["range"] = {"type": "array", "prefixItems": [value, value], "minItems": 2, "maxItems": 2}
    details |= {"source": TEXT, "note": TEXT}
    for name, meaning in checks.DETAIL_MEANING.items():
        details[name] = details[name] | {"description": meaning}
    return {"anyOf": [value, mapping_of(details)], "default": value["default"]} | described


def number_of(declaration: Declaration) -> dict[str, Any]:
    """Schema of a declared quantity written as a plain number."""
    low, high = declaration.bounds
    made: dict[str, Any] = {
        "type": "integer" if declaration.integer else "number",
        "minimum": low,
        "maximum": high,
    }
    assert isinstance(declaration.value, float)
    return made | {"default": int(declaration.value) if declaration.integer else declaration.value}


def describe(declaration: Declaration) -> str:
    """Meaning, Chinese term, unit, bounds and prior in one line."""
    text = f"{declaration.meaning} {declaration.zh}"
    if declaration.sort != "quantity":
        return text
    low, high = (number(end) for end in declaration.prior)
    return f"{text} {checks.limits(declaration)}, plausible {low} to {high}, source: {declaration.source}"


def _section(known: Catalogue, section: str, description: str) -> dict[str, Any]:
    return mapping_of({name: _declared(d) for name, d in known.sections[section].items()}, description)


def _population(known: Catalogue) -> dict[str, Any]:
    groups = {name: {n: _declared(d) for n, d in fields.items()} for name, fields in known.groups.items()}
    groups["councils"] = {name: _declared(d) for name, d in known.sections["population.councils"].items()}
    made = {name: mapping_of(fields) for name, fields in groups.items()}
    made |= {name: _declared(d) for name, d in known.sections["population"].items()}
    made["file"] = TEXT | {"description": "CSV of the villages, relative to the file that names it 村情表"}
    made |= _dotted("population", groups)
    return mapping_of(made, "the villages at the start 初始村庄")


def _parameters(known: Catalogue) -> dict[str, Any]:
    stems = {stem: {n: _declared(d) for n, d in fields.items()} for stem, fields in known.mechanisms.items() if fields}
    made = {stem: mapping_of(fields, f"{stem} {known.mechanism(stem).ZH}") for stem, fields in stems.items()}
    return mapping_of(made | _dotted("parameters", stems), "parameters of the mechanisms 参数")


def _dotted(section: str, groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """``projects.overhead`` as one key means the same as nested mappings."""
    below = f"#/properties/{section}/properties"
    return {
        f"{group}.{name}": {"$ref": f"{below}/{group}/properties/{name}"}
        for group, fields in groups.items()
        for name in fields
    }


def _arms(known: Catalogue) -> dict[str, Any]:
    blocks = {"type": "array", "items": {"oneOf": [_block(known, policy) for policy in known.policies]}}
    joined = mapping_of({"all_of": {"type": "array", "items": TEXT}}, "blocks of other arms together", ["all_of"])
    return {
        "type": ["object", "null"],
        "description": "packages of policies; no_policy is added 政策组合",
        "patternProperties": {ARM: {"anyOf": [blocks, joined, {"type": "null"}]}},
        "additionalProperties": False,
    }


def _block(known: Catalogue, policy: str) -> dict[str, Any]:
    module = known.policy(policy)
    payers = [{"const": payer, "description": PAYERS_ZH[payer]} for payer in module.PAYERS]
    made: dict[str, Any] = {
        "policy": {"const": policy, "description": module.ZH},
        "payer": {"oneOf": payers, "description": "who pays 出资方"},
        "start": _moment("first active year or quarter 开始"),
        "end": _moment("last active year or quarter 结束"),
        "scope": _scope(),
    }
    if module.TAKES_BUDGET:
        made["budget"] = mapping_of({"per_year": _declared(known.budget)}, "预算", ["per_year"])
    required = ["policy"] + (["payer"] if len(module.PAYERS) > 1 else []) + (["budget"] if module.TAKES_BUDGET else [])
    made |= {name: _declared(d) for name, d in known.policies[policy].items()}
    return mapping_of(made, (module.__doc__ or "").strip().split("\n")[0], required)


def _moment(description: str) -> dict[str, Any]:
    year = {"type": "integer", "minimum": 1000, "maximum": 9999}
    return {
        "anyOf": [year, TEXT | {"pattern": "^[0-9]{4}([Qq][1-4])?$"}, {"type": "null"}],
        "description": description,
    }


def _scope() -> dict[str, Any]:
    indices = {
        "type": "array",
        "items": {"type": "integer", "minimum": 0},
        "minItems": 1,
        "uniqueItems": True,
    }
    below = {column: {"type": "number"} for column in BELOW}
    rules: dict[str, Any] = {"villages": indices, "councils": indices}
    rules |= {"tier": {"enum": list(TIERS)}, "tercile": {"enum": list(TERCILES)}}
    rules["below"] = mapping_of(below) | {"type": "object", "minProperties": 1}
    made = mapping_of({rule: part | {"description": SCOPES[rule]} for rule, part in rules.items()})
    one = made | {"type": "object", "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"enum": ["all", "none", None]}, one], "description": "villages covered 覆盖范围"}


def _names(options: Mapping[str, Any], description: str) -> dict[str, Any]:
    items = [
        {"const": name, "description": f"{option.meaning} {option.zh} ({option.unit})"}
        for name, option in options.items()
    ]
    return {
        "type": ["array", "null"],
        "items": {"oneOf": items},
        "uniqueItems": True,
        "description": description,
    }


def _companions() -> dict[str, Any]:
    kinds = {"type": "array", "items": {"enum": list(COMPANIONS)}, "uniqueItems": True}
    made = mapping_of({"kinds": kinds, "allocation": {"enum": list(ALLOCATIONS)}})
    described = "; ".join(f"{name}: {meaning}" for name, meaning in COMPANIONS.items())
    return {"anyOf": [kinds, made], "description": f"arms that every arm is also compared with ({described})"}


def _record() -> dict[str, Any]:
    sample = {"type": "array", "items": {"type": "integer", "minimum": 0}, "uniqueItems": True}
    described = "accounts of single villages, for these replications 逐村账目"
    return mapping_of({"accounts": {"enum": ["sums", "entity"]}, "sample": sample}, described)
