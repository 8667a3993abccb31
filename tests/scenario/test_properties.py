"""Any scenario drawn from the declarations is right; any mistyped key in it is found, with its line."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim.scenario import ScenarioErrors, load_document, load_scenario
from tests.strategies import documents

FEW = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def dumped(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, default_flow_style=False)


def keys(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all keys but the names of arms, which are the user's own."""
    found = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        if isinstance(key, str) and path != ("arms",):
            found.append((*path, key))
        found += keys(below, (*path, key))
    return found


def mistyped(document: dict[str, Any], path: tuple[Any, ...], how: str) -> tuple[dict[str, Any], str]:
    """The document with a slip in one key, and the key as it now reads."""
    changed = copy.deepcopy(document)
    holder: Any = changed
    for part in path[:-1]:
        holder = holder[part]
    key = path[-1]
    middle = len(key) // 2
    slip = {"dropped": key[:middle] + key[middle + 1 :], "doubled": key[:middle] + key[middle] + key[middle:]}
    slip |= {"wrong": key[:middle] + "q" + key[middle + 1 :], "hyphen": key.replace("_", "-") + "-"}
    pairs = [(slip[how] if k == key else k, v) for k, v in holder.items()]
    holder.clear()
    holder.update(pairs)
    return changed, slip[how]


@FEW
@given(documents())
def test_any_drawn_scenario_is_right_and_survives_its_own_document(
    tmp_path_factory: Any, document: dict[str, Any]
) -> None:
    file = Path(tmp_path_factory.mktemp("s")) / "s.yaml"
    file.write_text(dumped(document), encoding="utf-8")
    scenario = load_scenario(file)
    again = load_document(scenario.document, name="s", folder=scenario.folder)
    assert again.parameters == scenario.parameters
    assert again.weights == scenario.weights
    assert again.calendar == scenario.calendar
    assert list(again.arms) == list(scenario.arms)


@FEW
@given(documents(), st.data())
def test_any_mistyped_key_is_named_with_its_line(
    tmp_path_factory: Any, document: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(keys(document)))
    changed, slip = mistyped(document, path, data.draw(st.sampled_from(["dropped", "doubled", "wrong", "hyphen"])))
    text = dumped(changed)
    lines = [
        place for place, line in enumerate(text.split("\n"), start=1) if re.match(rf"[ -]*'?{re.escape(slip)}'?:", line)
    ]
    assume(slip and slip != path[-1] and len(lines) == 1)
    file = Path(tmp_path_factory.mktemp("s")) / "s.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario(file)
    said = [message for message in caught.value.messages if message.startswith(f"{file}:{lines[0]}:")]
    assert said, (slip, lines, caught.value.messages)
