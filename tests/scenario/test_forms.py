"""Variants of a scenario: every declared form, nothing kept by hand."""

import pytest

from sim.scenario import load_document
from sim.scenario.declared import catalogue
from sim.scenario.forms import DEFAULT, EVERY_FORM, FIRST, LAST, UnknownForm, variants


@pytest.fixture(scope="module")
def scenario():
    return load_document({"schema": 1, "arms": {"no_policy": []}})


def test_each_varies_every_declared_form_once(scenario):
    made = variants(scenario, "each")
    wanted = [
        (name, option)
        for name, declared in catalogue().forms.items()
        for option in declared.options
        if option != scenario.forms[name]
    ]
    assert [(v.form, v.option) for v in made if v.single] == wanted
    assert [v.design_point for v in made] == list(range(len(made)))
    assert (made[0].form, made[0].of(scenario)) == (DEFAULT, scenario)


def test_a_single_variant_changes_that_form_alone(scenario):
    made = next(v for v in variants(scenario, "each") if (v.form, v.option) == ("joint_manager", "average"))
    changed = made.of(scenario)
    assert changed.forms == {**scenario.forms, "joint_manager": "average"}
    assert changed.parameters == scenario.parameters


def test_all_together_takes_first_and_last_alternatives(scenario):
    made = variants(scenario, "joint_manager,carry_over")
    together = {v.option: dict(v.changes) for v in made if v.form == EVERY_FORM}
    assert together == {
        FIRST: {"joint_manager": "centre_village", "carry_over": "lapse"},
        LAST: {"joint_manager": "average", "carry_over": "indefinite"},
    }


def test_what_would_repeat_another_variant_is_left_out(scenario):
    assert [v.form for v in variants(scenario, ["after_money"])] == [DEFAULT, "after_money", "after_money"]
    two = variants(scenario, "contribution,project_scale")  # one alternative each: first is last
    assert [v.option for v in two if v.form == EVERY_FORM] == [FIRST]


def test_a_default_that_was_changed_has_the_other_options_as_alternatives():
    changed = load_document({"schema": 1, "arms": {"no_policy": []}}, set=["forms.after_money=dissolve"])
    assert [v.option for v in variants(changed, "after_money")] == ["", "keep", "liquidate"]


def test_names_may_stand_in_any_order_and_twice(scenario):
    assert variants(scenario, ["joint_manager", "carry_over", "carry_over"]) == variants(
        scenario, " carry_over , joint_manager"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("join_manager", "did you mean 'joint_manager'?"),
        ("joint_manager=average", "did you mean 'joint_manager'?"),
        ("eahc", "did you mean 'each'?"),
        ("xyz", "there is no form 'xyz'; write 'each'"),
        (" , ", "no form was named"),
        ([], "no form was named"),
    ],
)
def test_a_wrong_word_gets_one_line_with_what_is_allowed(scenario, wrong, said):
    with pytest.raises(UnknownForm) as caught:
        variants(scenario, wrong)
    message = str(caught.value)
    assert said in message
    assert "after_money" in message
    assert "\n" not in message
