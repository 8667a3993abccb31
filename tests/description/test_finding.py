"""Names, Chinese terms and everyday words lead to the right section, line, flow or rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.description.details import with_details
from sim.description.example import example
from sim.description.finding import find, nearest
from sim.description.search import SHOWN, search
from sim.description.sections import Section, sections
from sim.scenario.declared import all_paths, catalogue
from sim.scenario.load import load_scenario

EVERYTHING = sections()
DETAILED = [section for section in EVERYTHING if section.kind in ("mechanism", "policy")]


def named(name: str) -> list[tuple[str, str]]:
    return [(section.kind, section.name) for section in find(name)]


@pytest.mark.parametrize("name", ["funding_pool", "资金整合", "funding pool", "Funding-Pool"])
def test_mechanism_and_policy_of_a_stem_together(name: str) -> None:
    assert named(name) == [("mechanism", "funding_pool"), ("policy", "funding_pool")]


def test_one_of_the_two() -> None:
    assert named("policy.funding_pool") == [("policy", "funding_pool")]


def test_every_name_is_found() -> None:
    names = [*all_paths(), *catalogue().outcomes]
    names += [line.zh for section in EVERYTHING for line in section.lines]
    names += [word for section in EVERYTHING for flow in section.flows for word in (flow.kind, flow.zh)]
    assert [name for name in names if not find(name)] == []


def test_a_kind_of_flow() -> None:
    (section,) = find("dividend")
    assert [flow.name for flow in section.flows] == ["dividend"]
    assert section.flows[0].place.startswith("sim/mechanisms/joint_vehicle.py:")
    assert section.lines == ()


def test_a_rule_by_its_function() -> None:
    (section,) = find("chosen_effort")
    assert section.details
    assert [rule.name for rule in section.details.rules][:1] == ["chosen_effort"]


def test_an_option_and_its_term() -> None:
    assert [line.path for section in find("best_noisy") for line in section.lines] == ["forms.joint_manager"]
    assert named("按股") == [("mechanism", "joint_vehicle"), ("policy", "funding_pool")]


def test_a_parameter_shows_the_rules_that_name_it() -> None:
    (section,) = find("talent.leader_turnover")
    assert section.details
    assert not section.details.files
    assert section.lines[0].place.startswith("sim/mechanisms/talent.py:")
    (start,) = find("effort_elasticity")
    assert start.details
    assert start.details.rules == ()  # the rule calls it elasticity, and _manage has no docstring


def test_a_state_variable_shows_who_changes_it() -> None:
    section = next(section for section in find("trust") if section.kind == "state")
    assert section.details
    files = {rule.file for rule in section.details.rules}
    assert "sim/mechanisms/governance.py" in files
    assert "sim/mechanisms/talent.py" not in files


def test_plain_words_mean_all_that_has_the_term() -> None:
    """``dividend rule`` is a state variable, 分红规则 is also the parameter and the lever."""
    assert named("dividend rule") == named("分红规则")
    assert [section.kind for section in find("dividend rule")] == ["mechanism", "policy", "state"]
    assert [section.kind for section in find("dividend_rule")] == ["state"]


def test_unknown_words_name_the_nearest() -> None:
    assert find("fundin_pool") == ()
    assert nearest("fundin_pool") == "nothing is called 'fundin_pool'; did you mean 'funding_pool'?"
    assert nearest("资金整和") == "nothing is called '资金整和'; did you mean '资金整合'?"
    assert nearest("xyzzy") == "nothing is called 'xyzzy'"
    assert "'leader_ability'" in nearest("leader ability gap")


# ---- search


@pytest.mark.parametrize(
    ("words", "name", "file"),
    [
        ("helper effort", "help_effort", "sim/state.py"),
        ("dividend rule", "joint_vehicle._rule", "sim/mechanisms/joint_vehicle.py"),
        ("the file for tax sharing", "tax_sharing", "sim/mechanisms/tax_sharing.py"),
        ("leader succession", "succession.successor_ability", "sim/succession.py"),
        ("头雁接任", "succession", "sim/succession.py"),
        ("who helps whom nearest", "pairing_rules.by_distance", "sim/pairing_rules.py"),
        ("换届", "parameters.talent.leader_turnover", "sim/mechanisms/talent.py"),
        ("why do heads leave", "parameters.talent.leader_turnover", "sim/mechanisms/talent.py"),
        ("random councils", "population.councils.rule", "sim/scenario/structure.py"),
        ("corruption of grants", "parameters.grants.leakage", "sim/mechanisms/grants.py"),
        ("红利分配", "parameters.joint_vehicle.distribution", "sim/mechanisms/joint_vehicle.py"),
        ("elections", "talent.is_election", "sim/mechanisms/talent.py"),
        ("mothballed project", "technology.profit", "sim/technology.py"),
    ],
)
def test_everyday_words_find_the_rule(words: str, name: str, file: str) -> None:
    hits = search(words)[:6]
    assert any(hit.name.startswith(name) and hit.place.startswith(file) for hit in hits), hits


def test_hits_are_ranked_and_few() -> None:
    hits = search("trust")
    assert len(hits) <= SHOWN
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("words", ["xyzzy", "fundin_pool", "the of", "", "?", "qqq zzz"])
def test_nothing_fits_nonsense(words: str) -> None:
    assert search(words) == ()


@given(st.text(max_size=30))
def test_no_words_break_it(words: str) -> None:
    find(words)
    search(words)
    assert "\n" not in nearest(words).replace(words, "")


# ---- details


@pytest.mark.parametrize("section", DETAILED, ids=lambda section: f"{section.kind}-{section.name}")
def test_examples_pass_the_check(section: Section, tmp_path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(example(section), encoding="utf-8")
    scenario = load_scenario(file)
    if section.kind == "policy":
        assert f"{section.name}_example" in scenario.arms


@pytest.mark.parametrize("section", DETAILED, ids=lambda section: f"{section.kind}-{section.name}")
def test_details_are_complete(section: Section) -> None:
    found = with_details(section)
    assert found.details
    assert found.details.files[0].startswith(f"sim/{'mechanisms' if section.kind == 'mechanism' else 'policies'}/")
    assert found.details.rules
    if section.kind == "mechanism":
        assert found.details.reason
        assert found.details.reason_zh
    else:
        assert found.details.sets
        assert found.facts["public cost"]


def test_the_public_cost_of_a_policy() -> None:
    costs = {section.name: with_details(section).facts["public cost"] for section in EVERYTHING if section.facts}
    assert costs["demonstration_grant"] == "budget; 示范补助"
    assert costs["centre_village"] == (
        "中心村工作人员费用 (parameters.joint_management.staff_time 1.5 万元/village/year)"
    )


def test_a_cost_has_the_price_of_its_own_flow() -> None:
    costs = {section.name: with_details(section).facts["public cost"] for section in EVERYTHING if section.facts}
    grouping, set_up = costs["council_grouping"].split("; ")
    assert grouping.startswith("片区工作人员费用 (parameters.grouping.staff_time ")
    assert set_up.startswith("片区组建费用 (parameters.grouping.set_up_cost ")
    assert costs["training"].startswith("培训费用 (parameters.talent.training_cost ")


def test_a_mechanism_holds_the_rules_it_calls_and_their_equations() -> None:
    talent = with_details(next(s for s in EVERYTHING if (s.kind, s.name) == ("mechanism", "talent"))).details
    assert talent
    assert "sim/succession.py" in talent.files
    assert "successor_ability" in [rule.name for rule in talent.rules]
    assert any("ln H = sd" in text for _, text in talent.called)


def test_what_a_policy_sets_has_terms() -> None:
    pairing = with_details(next(s for s in EVERYTHING if (s.kind, s.name) == ("policy", "pairing"))).details
    assert pairing
    assert dict(pairing.sets)["pairing.matching"] == "结对规则"
    assert dict(pairing.sets)["pairing.staff"] == "结对帮带人员费用"


def test_sources_and_reports_are_resolved() -> None:
    grants = with_details(next(s for s in EVERYTHING if (s.kind, s.name) == ("policy", "demonstration_grant")))
    assert grants.details
    assert [fact.source for fact in grants.details.reports] == ["places:shanxian.input.county_grant"]
    assert "per_village_per_year" in grants.details.reports[0].fact
    management = with_details(next(s for s in EVERYTHING if s.name == "joint_management"))
    assert management.details
    assert "literature:holmstrom_1982" in [fact.source for fact in management.details.sources]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("gain left", "share_of_gain_left"),
        ("增收留存", "share_of_gain_left"),
        ("gain per 100", "gain_per_100"),
        ("worse than same money", "share_worse"),
        ("difference to same money", "difference"),
        ("villages that lose", "share_of_losers"),
        ("poorest third", "poorest_tercile_income"),
        ("same management", "same_management"),
        ("gain", "gain"),
    ],
)
def test_every_column_of_the_answer_is_found_by_its_heading(asked, line) -> None:
    assert line in {found.path for section in find(asked) for found in section.lines}


@pytest.mark.parametrize(
    ("asked", "name"), [("succession", "succession"), ("头雁接任", "succession"), ("pairing rules", "pairing_rules")]
)
def test_a_module_with_rules_is_described(asked, name) -> None:
    section = find(asked)[0]
    assert (section.kind, section.name) == ("module", name)
    assert f"tests/test_{name}.py" in section.details.files
    assert section.details.rules
    assert section.summary_zh


@pytest.mark.parametrize(
    ("asked", "first"),
    [("村支书", "parameters.talent."), ("帮扶", "pairing"), ("抱团发展", "joint_"), ("对口支援", "pairing")],
)
def test_everyday_chinese_finds_the_rule(asked, first) -> None:
    from sim.description.search import search

    assert search(asked)[0].name.startswith(first)
