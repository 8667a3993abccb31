"""Functions, fields and changes are read from the files as they stand there."""

from __future__ import annotations

import ast
import inspect

import pytest

from sim import succession
from sim.description.order import reasons
from sim.description.rules import CALLED, ELSEWHERE, STATE_VARIABLES, _changes, code, first_sentence
from sim.policies import POLICIES
from sim.schedule import SCHEDULE
from tests.repository import ROOT


def test_a_rule_has_its_line_and_docstring() -> None:
    (rule,) = (rule for rule in code("sim.succession").rules if rule.name == "successor_ability")
    assert rule.file == "sim/succession.py"
    assert rule.line == inspect.getsourcelines(succession.successor_ability)[1]
    assert rule.text.startswith("ln H of a new head")
    assert {"judged", "beyond"} <= rule.names


def test_private_functions_come_last() -> None:
    private = [rule.name.startswith("_") for rule in code("sim.mechanisms.funding_pool").rules]
    assert private == sorted(private)
    assert any(private)


@pytest.mark.parametrize("module", [*(m.__name__ for m in (*SCHEDULE, *POLICIES.values())), *ELSEWHERE])
def test_every_file_can_be_read(module: str) -> None:
    read = code(module)
    assert (ROOT / read.file).exists()
    assert set(read.changes) <= STATE_VARIABLES
    for rule in read.rules:
        assert f"def {rule.name}(" in (ROOT / rule.file).read_text(encoding="utf-8").splitlines()[rule.line - 1]


def test_places_of_declarations() -> None:
    place = code("sim.mechanisms.land").place("Parameters", "rent")
    file, line = place.split(":")
    assert (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1].strip().startswith("rent: ")
    assert code("sim.mechanisms.land").place("Flows", "nothing") == "sim/mechanisms/land.py"
    assert code("sim.outcomes").place("", "gini").startswith("sim/outcomes.py:")


def test_what_a_mechanism_changes() -> None:
    assert code("sim.mechanisms.distribution").changes == ("open_cash",)
    assert {"carry_over_term", "lapses"} <= set(code("sim.mechanisms.grants").changes)  # through **_carry_over(p)
    assert "interest" not in code("sim.mechanisms.joint_vehicle").changes  # dataclasses.replace of flows


def test_rules_of_other_modules_that_a_mechanism_calls() -> None:
    talent = code("sim.mechanisms.talent")
    assert talent.called == ("sim.people", "sim.succession")
    assert {"leaving_share", "successor_ability"} <= {rule.name for rule in talent.calls}
    grouping = code("sim.mechanisms.grouping")  # as grouping_rules.NAME
    assert grouping.called == ("sim.grouping_rules",)
    assert grouping.calls
    assert {rule.name for rule in grouping.calls} < {rule.name for rule in code("sim.grouping_rules").rules}
    assert code("sim.mechanisms.land").called == ()


def test_every_module_whose_rules_mechanisms_import_is_known() -> None:
    """A new module of rules beside the mechanisms has to be listed in CALLED, or nothing would describe it."""
    frame = {"accounts", "declare", "state", "streams", "groups"}
    imported: set[str] = set()
    for module in SCHEDULE:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.ImportFrom) and node.module == "sim":
                imported |= {f"sim.{name.name}" for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim."):
                imported.add(node.module or "")
    assert imported - {f"sim.{name}" for name in frame} == set(CALLED)


def test_replace_is_told_from_other_replacing() -> None:
    tree = ast.parse("state.replace(trust=1)\ndataclasses.replace(flows, effort=2)\ntext.replace('need', 'x')")
    assert list(_changes(tree)) == ["trust"]


def test_what_a_policy_sets() -> None:
    assert code("sim.policies.centre_village").sets == (
        "joint_management.joint_manager",
        "joint_management.manager_weight",
        "joint_management.led",
        "joint_management.staff",
        "joint_services.level",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("A line\nthat goes on. More.\n\nRest.", "A line that goes on."),
        ("Shares s_i, e.g. by need. Then", "Shares s_i, e.g. by need."),
        ("No end", "No end"),
    ],
)
def test_first_sentence(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


def test_the_order_of_a_quarter_is_explained() -> None:
    assert reasons()["production"] == "prices first: everybody meets the same market this quarter"
    assert list(reasons())[-1] == "governance"


def test_a_schedule_that_disagrees_with_its_docstring_is_refused(monkeypatch) -> None:
    from sim import schedule

    reasons.cache_clear()
    monkeypatch.setattr(schedule, "SCHEDULE", schedule.SCHEDULE[::-1])
    with pytest.raises(ValueError, match="docstring of sim/schedule"):
        reasons()
    reasons.cache_clear()
