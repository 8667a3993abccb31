"""``extends``, deep merge, ``all_of`` and ``--set``: what wins, and whose line a message names."""

import dataclasses
from pathlib import Path

import pytest

from sim.scenario import Scenario, ScenarioErrors, load_document, load_scenario


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    monkeypatch.chdir(tmp_path / "scenarios")


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(f"schema: 1\n{text}\n", encoding="utf-8")


def refused(name: str, *settings: str) -> list[str]:
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario(name, set=settings)
    return list(caught.value.messages)


BASE = """
calendar: {start: 2000, burn_in_years: 3}
parameters: {projects.overhead: {value: 5, range: [1, 9], source: survey}}
outcomes: [gini]
arms:
  grant: [{policy: demonstration_grant, payer: county, budget: {per_year: 100}}]
  pool: [{policy: funding_pool, payer: county, budget: {per_year: 10}, match: 0.1}]
"""


def test_mappings_merge_lists_replace_null_deletes() -> None:
    write("base.yaml", BASE)
    write("s.yaml", "extends: base.yaml\ncalendar: {start: 2005}\noutcomes: [total_income]\narms: {grant: null}")
    scenario = load_scenario("s.yaml")
    assert (scenario.calendar.start, scenario.calendar.burn_in_years) == (2005, 3)
    assert scenario.outcomes == ("total_income",)
    assert list(scenario.arms) == ["no_policy", "pool"]


def test_a_plain_number_keeps_the_range_and_drops_the_source() -> None:
    write("base.yaml", BASE)
    write("s.yaml", "extends: base.yaml\nparameters: {projects: {overhead: 6}}")
    scenario = load_scenario("s.yaml")
    assert scenario.parameters["projects.overhead"] == 6
    assert scenario.ranges == {"parameters.projects.overhead": (1, 9)}
    assert scenario.sources == {}


def test_details_without_a_value_keep_the_inherited_number() -> None:
    write("base.yaml", "parameters: {projects.overhead: 6}")
    write("s.yaml", "extends: base.yaml\nparameters: {projects.overhead: {range: [2, 8]}}")
    scenario = load_scenario("s.yaml")
    assert scenario.parameters["projects.overhead"] == 6
    assert scenario.ranges == {"parameters.projects.overhead": (2, 8)}


def test_dotted_and_nested_keys_end_at_the_same_place() -> None:
    write("a.yaml", "parameters: {projects.overhead: 6}\npopulation.people.mean: 900")
    write("b.yaml", "parameters: {projects: {overhead: 6}}\npopulation: {people: {mean: 900}}")
    assert load_scenario("a.yaml").parameters == load_scenario("b.yaml").parameters


def test_an_inherited_error_names_the_line_of_the_other_file() -> None:
    write("base.yaml", "run: {seed: 3}\nparameters: {governance.monitoring: 2}")
    write("s.yaml", "extends: base.yaml\nrun: {replications: 10}")
    assert refused("s.yaml") == [
        "base.yaml:3:37: parameters.governance.monitoring: 2 is out of bounds (0 to 1 share); percent? write 0.02"
    ]


def test_the_other_file_is_named_from_where_the_command_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    write("base.yaml", "run: {sed: 3}")
    write("s.yaml", "extends: base.yaml\nrun: {replication: 3}")
    monkeypatch.chdir("..")
    assert refused("scenarios/s.yaml") == [
        "scenarios/s.yaml:3:7: run.replication: unknown key; did you mean 'replications'?",
        "scenarios/base.yaml:2:7: run.sed: unknown key; did you mean 'seed'?",
    ]


def test_a_circle_shows_its_chain() -> None:
    write("a.yaml", "extends: b.yaml")
    write("b.yaml", "extends: c.yaml")
    write("c.yaml", "extends: a.yaml")
    assert refused("a.yaml") == ["c.yaml:2:10: extends: a circle: a.yaml > b.yaml > c.yaml > a.yaml"]


def test_a_file_may_not_extend_itself() -> None:
    write("a.yaml", "extends: ../scenarios/a.yaml")
    assert refused("a.yaml") == ["a.yaml:2:10: extends: a circle: a.yaml > ../scenarios/a.yaml"]


def test_the_parent_folder_is_allowed_and_nothing_beyond(tmp_path: Path) -> None:
    write("../base.yaml", "run: {seed: 5}")
    write("s.yaml", "extends: ../base.yaml")
    assert load_scenario("s.yaml").seed == 5
    write("t.yaml", "extends: ../../base.yaml")
    assert refused("t.yaml") == [
        "t.yaml:2:10: extends: '../../base.yaml' lies outside the folder of the scenario and its parent"
    ]


def test_links_are_followed_before_the_folder_is_judged(tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "base.yaml"
    elsewhere.write_text("schema: 1\n", encoding="utf-8")
    Path("base.yaml").symlink_to(elsewhere)
    write("s.yaml", "extends: base.yaml")
    assert refused("s.yaml") == [
        "s.yaml:2:10: extends: 'base.yaml' lies outside the folder of the scenario and its parent"
    ]


@pytest.mark.parametrize("name", ["/etc/base.yaml", "C:\\base.yaml"])
def test_absolute_paths_are_refused(name: str) -> None:
    write("s.yaml", f"extends: {name}")
    assert refused("s.yaml") == [
        f"s.yaml:2:10: extends: '{name}' is an absolute path; name the file relative to this one"
    ]


def test_a_missing_file_and_a_folder() -> None:
    write("base.yaml", "")
    Path("more").mkdir()
    write("s.yaml", "extends: bas.yaml")
    assert refused("s.yaml") == ["s.yaml:2:10: extends: the file 'bas.yaml' does not exist; did you mean 'base.yaml'?"]
    write("s.yaml", "extends: more")
    assert refused("s.yaml") == ["s.yaml:2:10: extends: the file 'more' is a folder"]


def test_each_file_says_its_version() -> None:
    Path("base.yaml").write_text("run: {seed: 5}\n", encoding="utf-8")
    write("s.yaml", "extends: base.yaml")
    assert refused("s.yaml") == ["base.yaml:1:1: schema: 1: this line is missing; it names the version of the format"]


# ---- all_of


PACKAGE = """
arms:
  grant: [{policy: demonstration_grant, payer: county, budget: {per_year: 100}}]
  pool: [{policy: funding_pool, payer: county, budget: {per_year: 10}, match: 0.1}]
  package: {all_of: [pool, grant]}
  nested: {all_of: [package]}
"""


def test_all_of_joins_blocks() -> None:
    write("s.yaml", PACKAGE)
    arms = load_scenario("s.yaml").arms
    assert [block.path for block in arms["package"]] == [
        "arms.package.funding_pool",
        "arms.package.demonstration_grant",
    ]
    assert [block.origin for block in arms["package"]] == ["arms.pool.funding_pool", "arms.grant.demonstration_grant"]
    assert [block.policy for block in arms["nested"]] == ["funding_pool", "demonstration_grant"]


def test_all_of_joins_inherited_arms() -> None:
    write("base.yaml", BASE)
    write("s.yaml", "extends: base.yaml\narms: {package: {all_of: [grant, pool]}}")
    assert [block.policy for block in load_scenario("s.yaml").arms["package"]] == [
        "demonstration_grant",
        "funding_pool",
    ]


def test_the_same_block_joined_twice_is_refused() -> None:
    write("s.yaml", PACKAGE + "  both: {all_of: [package, grant]}")
    assert refused("s.yaml") == [
        "s.yaml:4:11: arms.both.demonstration_grant#2: demonstration_grant is already paid by county in these quarters, "
        "see the block on line 4; move start or end"
    ]


def test_an_error_inside_a_joined_block_is_told_once() -> None:
    write("s.yaml", PACKAGE.replace("match: 0.1", "match: -1"))
    assert len(refused("s.yaml")) == 1


# ---- --set


def with_settings(*settings: str) -> Scenario:
    write("s.yaml", PACKAGE + "parameters: {projects.overhead: {value: 5, source: survey}}\noutcomes: [gini, theil]")
    return load_scenario("s.yaml", set=settings)


def test_set_wins_over_the_file() -> None:
    scenario = with_settings(
        "parameters.projects.overhead=3",
        "forms.joint_manager=average",
        "run.seed=7",
        "population.people.mean=1e3",
        "outcomes#2=total_income",
        "title=一个 title",
    )
    assert scenario.parameters["projects.overhead"] == 3
    assert scenario.forms["joint_manager"] == "average"
    assert scenario.seed == 7
    assert scenario.parameters["population.people.mean"] == 1000
    assert scenario.outcomes == ("gini", "total_income")
    assert scenario.title == {"en": "一个 title", "zh": "一个 title"}
    assert scenario.sources == {}


def test_the_last_setting_wins() -> None:
    assert with_settings("run.seed=7", "run.seed=8").seed == 8


def test_set_reaches_a_lever_and_the_arms_that_join_it() -> None:
    arms = with_settings("arms.pool.funding_pool.match=0.3", "arms.package.demonstration_grant.budget.per_year=5").arms
    assert arms["pool"][0].levers["match"] == 0.3
    assert arms["package"][0].levers["match"] == 0.3
    assert (arms["grant"][0].budget, arms["package"][1].budget) == (100, 5)


def test_the_order_of_settings_does_not_decide_what_a_joined_arm_sees() -> None:
    one = with_settings("arms.pool.funding_pool.match=0.3", "arms.package.demonstration_grant.budget.per_year=5").arms
    other = with_settings("arms.package.demonstration_grant.budget.per_year=5", "arms.pool.funding_pool.match=0.3").arms
    assert one == other


def test_set_reaches_the_second_block_of_a_policy() -> None:
    grant = "{policy: demonstration_grant, payer: county, budget: {per_year: 1}"
    write("s.yaml", f"arms:\n  a: [{grant}, end: 2016}}, {grant}, start: 2017}}]")
    arms = load_scenario("s.yaml", set=["arms.a.demonstration_grant#2.budget.per_year=9"]).arms
    assert [block.budget for block in arms["a"]] == [1, 9]


def test_an_empty_setting_deletes() -> None:
    assert "pool" not in with_settings("arms.pool=", "arms.package=null", "arms.nested=~").arms


SETTINGS = [
    ("run.seed", "--set run.seed: write --set PATH=VALUE, for example --set parameters.projects.overhead=3"),
    ("run.sed=1", "--set run.sed: unknown key; did you mean 'seed'?"),
    (
        "parameters.projects.overhead=-1",
        "--set parameters.projects.overhead: -1 is out of bounds (0 to 100 万元/project/year)",
    ),
    (
        "parameters.projcts.overhead=1",
        "--set parameters.projcts.overhead: parameters.projcts: unknown key; did you mean 'projects'?",
    ),
    ("arms.pol.funding_pool.match=1", "--set arms.pol.funding_pool.match: there is no arm 'pol'; did you mean 'pool'?"),
    (
        "arms.pool.funding_pol.match=1",
        "--set arms.pool.funding_pol.match: arm 'pool' has no block 'funding_pol'; did you mean 'funding_pool'?",
    ),
    ("arms.pool.funding_pool.mach=1", "--set arms.pool.funding_pool.mach: unknown key; did you mean 'match'?"),
    ("arms.pool.funding_pool.match=lots", "--set arms.pool.funding_pool.match: 'lots' is not a number (0 to 10 share)"),
    ("outcomes#3=gini", "--set outcomes#3: 'outcomes' is a list of 2; it has no item #3"),
    ("calendar.start=010", "--set calendar.start: '010' begins with 0; write 10, or put text in quotes"),
    ("calendar.start=[1", "--set calendar.start: the '[' on line 1 is not closed"),
    (
        "run.seed.value.x=1",
        "--set run.seed.value.x: run.seed.value: a mapping is not a number (whole numbers, 0 to 9007199254740992)",
    ),
]


@pytest.mark.parametrize(("setting", "message"), SETTINGS)
def test_messages_of_settings(setting: str, message: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        with_settings(setting)
    assert caught.value.messages == (message,)


# ---- the document


def test_the_document_gives_the_same_scenario() -> None:
    scenario = with_settings("arms.package.demonstration_grant.budget.per_year=5", "forms.group_cost=none")
    again = load_document(scenario.document, name=scenario.name, folder=scenario.folder)
    for field in dataclasses.fields(Scenario):
        if field.name != "arms":  # positions differ
            assert getattr(again, field.name) == getattr(scenario, field.name), field.name
    for name, blocks in scenario.arms.items():
        assert [dataclasses.replace(b, position=None) for b in again.arms[name]] == [
            dataclasses.replace(b, position=None) for b in blocks
        ]


def test_a_document_cannot_extend() -> None:
    with pytest.raises(ScenarioErrors, match="scenario: extends: "):
        load_document({"schema": 1, "extends": "base.yaml"})


# ---- a file of villages


def test_a_village_file_counts_and_is_named_from_the_file_that_names_it() -> None:
    Path("data").mkdir()
    Path("data/villages.csv").write_text("name,population\n甲,900\n乙,800\n丙,700\n", encoding="utf-8")
    write("data/base.yaml", "population: {file: villages.csv}")
    write("s.yaml", "extends: data/base.yaml\npopulation: {councils: {count: 2}}")
    scenario = load_scenario("s.yaml")
    assert scenario.population.villages == 3
    assert Path(str(scenario.population.file)).read_text(encoding="utf-8").startswith("name")
    assert load_document(scenario.document, folder=scenario.folder).population.villages == 3


def test_a_village_file_that_disagrees() -> None:
    Path("villages.csv").write_text("name,population\n甲,900\n乙,800\n", encoding="utf-8")
    write("s.yaml", "population: {file: villages.csv, villages: 3}")
    assert refused("s.yaml") == [
        "s.yaml:2:44: population.villages: 3 villages, but villages.csv has 2; leave population.villages out"
    ]


OTHER_PLACE = """
population:
  villages: {value: 27, source: survey}
  councils: {rule: adjacency, count: {value: 7, range: [2, 14], source: survey}}
  people: {mean: {value: 1600, source: survey}, labour_share: 0.5}
"""


def test_what_a_village_file_decides_is_not_in_the_document() -> None:
    Path("villages.csv").write_text("name,population,council\n甲,900,东\n乙,800,东\n", encoding="utf-8")
    write("base.yaml", OTHER_PLACE)
    write("s.yaml", "extends: base.yaml\npopulation: {file: villages.csv, councils: {rule: file}}")
    scenario = load_scenario("s.yaml")
    assert scenario.document["population"] == {
        "councils": {"rule": "file"},
        "people": {"labour_share": 0.5},
        "file": "villages.csv",
    }
    assert scenario.sources == {}
    again = load_document(scenario.document, name=scenario.name, folder=scenario.folder)
    for field in dataclasses.fields(Scenario):
        assert getattr(again, field.name) == getattr(scenario, field.name), field.name


@pytest.mark.parametrize(
    ("written", "rule", "count"),
    [
        ("extends: base.yaml\npopulation: {file: labels.csv}", "file", 2),
        ("population: {file: labels.csv}", "file", 2),
        ("population: {file: labels.csv, councils: {count: 3}}", "adjacency", 3),
        ("extends: base.yaml\npopulation: {file: plain.csv}", "adjacency", 1),
    ],
)
def test_labels_of_a_village_file_are_meant_unless_something_else_is_said(written: str, rule: str, count: int) -> None:
    Path("labels.csv").write_text("name,population,council\n甲,900,东\n乙,800,西\n丙,700,西\n", encoding="utf-8")
    Path("plain.csv").write_text("name,population\n甲,900\n乙,800\n", encoding="utf-8")
    write("base.yaml", OTHER_PLACE)
    write("s.yaml", written)
    found = load_scenario("s.yaml").population
    assert (found.council_rule, found.council_count) == (rule, count)


def test_a_setting_that_disagrees_with_the_village_file() -> None:
    Path("villages.csv").write_text("name,population\n甲,900\n乙,800\n", encoding="utf-8")
    write("s.yaml", "population: {file: villages.csv, councils: {count: 1}}")
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario("s.yaml", set=["population.villages=3"])
    assert "3 villages, but villages.csv has 2" in str(caught.value)


@pytest.mark.parametrize(
    ("population", "message"),
    [
        ("{file: villages.csv, councils: {count: 13}}", "3:52: population.councils.count: 13 councils for 2 villages"),
        ("{villages: 3, councils: {count: 4}}", "3:45: population.councils.count: 4 councils for 3 villages"),
        ("{villages: 3}", "3:24: population.villages: 7 councils for 3 villages"),
    ],
)
def test_too_many_councils_are_told_where_the_user_wrote(population: str, message: str) -> None:
    Path("villages.csv").write_text("name,population\n甲,900\n乙,800\n", encoding="utf-8")
    write("base.yaml", OTHER_PLACE)
    write("s.yaml", f"extends: base.yaml\npopulation: {population}")
    assert refused("s.yaml") == [f"s.yaml:{message}; at most one council a village"]


def test_errors_of_a_village_file_stand_beside_the_others() -> None:
    Path("villages.csv").write_text("name,population\n甲,many\n", encoding="utf-8")
    write("s.yaml", "population: {file: villages.csv}\nrun: {sed: 1}")
    found = refused("s.yaml")
    assert found[0] == "s.yaml:3:7: run.sed: unknown key; did you mean 'seed'?"
    assert found[1].startswith("villages.csv:2:population: ")
