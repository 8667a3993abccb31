"""The JSON Schema says what the check says: the same keys, bounds, options, units."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings

from sim.scenario import json_schema
from sim.scenario.declared import all_paths, catalogue
from tests.repository import SCENARIOS
from tests.strategies import documents

SCHEMA = json_schema()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to."""
    if "$ref" not in schema:
        return schema
    found: Any = SCHEMA
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """A validator of the few words that our schema uses."""
    schema = resolved(schema)
    types = {"boolean": bool, "object": dict, "array": list, "string": str, "null": type(None)}
    if "type" in schema:
        names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        whole = number and float(value).is_integer()
        if not any({"number": number, "integer": whole}.get(n, isinstance(value, types.get(n, ()))) for n in names):
            return False
    checks = [
        value == schema["const"] if "const" in schema else True,
        value in schema["enum"] if "enum" in schema else True,
        any(fits(value, part) for part in schema["anyOf"]) if "anyOf" in schema else True,
        sum(fits(value, part) for part in schema["oneOf"]) == 1 if "oneOf" in schema else True,
        value >= schema["minimum"] if "minimum" in schema else True,
        value <= schema["maximum"] if "maximum" in schema else True,
    ]
    return all(checks) and _parts_fit(value, schema)


def _parts_fit(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, list):
        prefix = schema.get("prefixItems", [])
        items = [*prefix, *[schema.get("items", {})] * max(0, len(value) - len(prefix))]
        unique = not schema.get("uniqueItems") or len({json.dumps(v) for v in value}) == len(value)
        return unique and all(fits(v, part) for v, part in zip(value, items, strict=False))
    if isinstance(value, dict):
        import re

        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        missing = [key for key in schema.get("required", ()) if key not in value]
        for key, below in value.items():
            found = known.get(key) or next((p for text, p in patterns.items() if re.search(text, key)), None)
            if found is None:
                if schema.get("additionalProperties") is False:
                    return False
            elif not fits(below, found):
                return False
        return not missing
    return True


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(documents())
def test_whatever_the_check_accepts_fits_the_schema(document: dict[str, Any]) -> None:
    assert fits(document, SCHEMA)


def test_the_scenarios_of_the_repository_fit() -> None:
    for file in SCENARIOS:
        assert fits(yaml.safe_load(file.read_text(encoding="utf-8")), SCHEMA), file.name


def test_faults_do_not_fit() -> None:
    for wrong in (
        {},
        {"schema": 2},
        {"schema": 1, "parametres": {}},
        {"schema": 1, "parameters": {"governance.monitoring": 2}},
        {"schema": 1, "parameters": {"governance": {"monitoring": {"value": 0.5, "unit": "万元"}}}},
        {"schema": 1, "forms": {"joint_manager": "me"}},
        {"schema": 1, "arms": {"a@b": []}},
        {"schema": 1, "arms": {"a": [{"policy": "funding_pool"}]}},
        {"schema": 1, "outcomes": ["ginni"]},
    ):
        assert not fits(wrong, SCHEMA), wrong


def mappings(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema.get("properties"), dict):
            yield schema
        for below in schema.values():
            yield from mappings(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from mappings(below)


def test_no_mapping_takes_unknown_keys() -> None:
    found = [m for m in mappings(SCHEMA) if "type" in m]
    assert len(found) > 20
    assert all(m["additionalProperties"] is False for m in found)


def test_every_quantity_has_bounds_unit_and_both_languages() -> None:
    for path, declaration in all_paths().items():
        found: Any = SCHEMA
        for part in path.split("."):
            found = found["properties"][part]
        assert declaration.zh in found["description"]
        assert declaration.meaning in found["description"]
        if declaration.sort == "quantity":
            number, details = found["anyOf"]
            assert (number["minimum"], number["maximum"]) == declaration.bounds
            assert declaration.unit in details["properties"]["unit"]["enum"]
        elif declaration.sort == "choice":
            assert [option["const"] for option in found["oneOf"][:-1]] == list(declaration.options)


def test_dotted_keys_point_at_the_nested_ones() -> None:
    stems = SCHEMA["properties"]["parameters"]["properties"]
    assert resolved(stems["projects.overhead"]) is stems["projects"]["properties"]["overhead"]


def test_every_policy_has_a_block() -> None:
    arms = next(iter(SCHEMA["properties"]["arms"]["patternProperties"].values()))
    blocks = arms["anyOf"][0]["items"]["oneOf"]
    assert [block["properties"]["policy"]["const"] for block in blocks] == list(catalogue().policies)
