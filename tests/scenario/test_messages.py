"""Broken scenario files and the exact lines a user reads; lines and columns were counted by hand."""

from pathlib import Path

import pytest

from sim.policies import POLICIES
from sim.scenario import ScenarioErrors, load_scenario
from sim.scenario.problems import listed

GRANT = "{policy: demonstration_grant, payer: county, budget: {per_year: 675}"
"""An open brace: each case closes it after keys of its own."""
POOL = "{policy: funding_pool, payer: county, budget: {per_year: 100}"
ANEW = "{policy: council_grouping, payer: county"


def messages(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, **settings: object) -> list[str]:
    """What is said of a file s.yaml with this text."""
    monkeypatch.chdir(folder)
    Path("s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load_scenario("s.yaml", **settings)  # type: ignore[arg-type]
    return list(caught.value.messages)


def test_the_smallest_scenario_is_right(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("schema: 1\n", encoding="utf-8")
    scenario = load_scenario(file)
    assert scenario.name == "s"
    assert list(scenario.arms) == ["no_policy"]


NUMBERS = [
    # a mistyped key at any level, the nearest one named
    ("parametres: {}", "2:1: parametres: unknown key; did you mean 'parameters'?"),
    (
        "parameters: {projcts: {overhead: 4}}",
        "2:14: parameters.projcts: unknown key; did you mean 'projects'?",
    ),
    (
        "parameters:\n  projects.overhed: 4",
        "3:3: parameters.projects.overhed: unknown key; did you mean 'overhead'?",
    ),
    (
        "parameters:\n  projects: {overhed: 4}",
        "3:14: parameters.projects.overhed: unknown key; did you mean 'overhead'?",
    ),
    (
        "parameters: {projects.overhead: {valu: 4}}",
        "2:34: parameters.projects.overhead.valu: unknown key; a number has value, unit, range, source or note; "
        "did you mean 'value'?",
    ),
    (
        "parameters: {joint_manager: average}",
        "2:14: parameters.joint_manager: unknown key; it belongs at forms.joint_manager",
    ),
    ("forms: {joint_manger: average}", "2:9: forms.joint_manger: unknown key; did you mean 'joint_manager'?"),
    (
        "forms: {joint_manager: averge}",
        "2:24: forms.joint_manager: 'averge' is not one of best_noisy, centre_village or average; "
        "did you mean 'average'?",
    ),
    (
        "population: {people: {men: 3}}",
        "2:23: population.people.men: unknown key; did you mean 'mean'?",
    ),
    (
        "calendar: {begin: 2010}",
        "2:12: calendar.begin: unknown key (there are start, burn_in_years, policy_years, after_years)",
    ),
    # wrong type
    (
        "parameters: {governance.monitoring: high}",
        "2:37: parameters.governance.monitoring: 'high' is not a number (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: yes}",
        "2:37: parameters.governance.monitoring: 'yes' is not a number (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: true}",
        "2:37: parameters.governance.monitoring: true is not a number (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: [1]}",
        "2:37: parameters.governance.monitoring: a list is not a number (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: ０．５}",
        "2:37: parameters.governance.monitoring: '０．５' is not a number (0 to 1 share); "
        "write 0.5 without full-width characters",
    ),
    ("parameters: 3", "2:13: parameters: 3 is not a mapping of keys"),
    ("parameters: {projects: 4}", "2:24: parameters.projects: 4 is not a mapping of keys"),
    (
        "calendar: {burn_in_years: 2.5}",
        "2:27: calendar.burn_in_years: 2.5 is not a whole number (whole numbers, 1 to 50 year)",
    ),
    # bounds, NaN, infinity
    (
        "parameters: {governance.monitoring: 1.5}",
        "2:37: parameters.governance.monitoring: 1.5 is out of bounds (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: .nan}",
        "2:37: parameters.governance.monitoring: .nan is not a finite number (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: -.inf}",
        "2:37: parameters.governance.monitoring: -.inf is not a finite number (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: 1e400}",
        "2:37: parameters.governance.monitoring: .inf is not a finite number (0 to 1 share)",
    ),
    # a number in other words or another unit
    *(
        (
            f"parameters: {{governance.monitoring: {text}}}",
            f"2:37: parameters.governance.monitoring: {shown} is not a number (0 to 1 share); write {instead}",
        )
        for text, shown, instead in (
            ("30%", "'30%'", "0.3"),
            ("7％", "'7％'", "0.07"),
            ("'0.6'", "'0.6'", "0.6 without quotes"),
        )
    ),
    (
        "parameters: {governance.monitoring: 30}",
        "2:37: parameters.governance.monitoring: 30 is out of bounds (0 to 1 share); percent? write 0.3",
    ),
    *(
        (
            f"parameters: {{projects.overhead: {text}}}",
            f"2:33: parameters.projects.overhead: {fault} (0 to 100 万元/project/year); {instead}",
        )
        for text, fault, instead in (
            ("6万", "'6万' is not a number", "write 6"),
            ("6万元", "'6万元' is not a number", "write 6"),
            ("'6'", "'6' is not a number", "write 6 without quotes"),
            ("'1,200'", "'1,200' is not a number", "write 1200 without commas"),
            ("60000", "60000 is out of bounds", "given in yuan? write 6"),
        )
    ),
    (
        "population: {people.mean: 0.16万}",
        "2:27: population.people.mean: '0.16万' is not a number (20 to 20000 person); write 1600",
    ),
    # full-width signs in a line with an error
    (
        "calendar: {start： 2010}",
        "2:12: calendar.start： 2010: unknown key; did you mean 'start'?; the line "
        "holds a full-width colon '：'; YAML needs ':' and a space (column 17)",
    ),
    (
        "calendar:\n  start: 2010，",
        "3:10: calendar.start: '2010，' is not a number (whole numbers, 1900 to 2200 year); the line holds a full-width "
        "comma '，'; YAML needs ',' and a space (column 14)",
    ),
    (
        "calendar: {begin: 2010} # ，",
        "2:12: calendar.begin: unknown key (there are start, burn_in_years, policy_years, after_years)",
    ),
    # {value, unit, range, source}
    (
        "parameters: {governance.monitoring: {value: 0.6, range: [0.1, 0.5]}}",
        "2:45: parameters.governance.monitoring.value: 0.6 is outside its own range [0.1, 0.5]; change one of them",
    ),
    (
        "parameters: {governance.monitoring: {value: .5, unit: 万元}}",
        "2:55: parameters.governance.monitoring.unit: the unit is share, not '万元'; convert the number",
    ),
    (
        "parameters: {governance.monitoring: {range: [0.5, 2]}}",
        "2:51: parameters.governance.monitoring.range#2: 2 is out of bounds (0 to 1 share); percent? write 0.02",
    ),
    (
        "parameters: {governance.monitoring: {range: [0.5, 0.1]}}",
        "2:45: parameters.governance.monitoring.range: [0.5, 0.1] is reversed; write [0.1, 0.5]",
    ),
    (
        "parameters: {governance.monitoring: {range: 0.5}}",
        "2:45: parameters.governance.monitoring.range: 0.5 is not a pair [lowest, highest] (0 to 1 share)",
    ),
    (
        "parameters: {governance.monitoring: {source: 3}}",
        "2:46: parameters.governance.monitoring.source: 3 is not text",
    ),
    # shares
    (
        "population: {industries: {mix: {grain: 0.5, services: 0.4}}}",
        "2:32: population.industries.mix: the shares sum to 0.9, not to 1 "
        "(grain, horticulture, livestock, handicraft or services)",
    ),
    (
        "population: {industries: {mix: {grian: 1}}}",
        "2:33: population.industries.mix.grian: unknown part; there are grain, horticulture, livestock, handicraft "
        "or services; did you mean 'grain'?",
    ),
    # given twice
    ("run: {seed: 1}\nrun: {seed: 2}", "3:1: run: given twice; first on line 2"),
    (
        "parameters:\n  projects.overhead: 4\n  projects: {overhead: 5}",
        "4:14: parameters.projects.overhead: given twice; first on line 3",
    ),
    # scalars
    ("run: {seed: 007}", "2:13: run.seed: '007' begins with 0; write 7, or put text in quotes"),
    (
        "calendar: {start: 2010-01-01}",
        "2:19: calendar.start: '2010-01-01' is a date; write a year (2015) or a quarter (2015Q3), or put text in quotes",
    ),
    ("run: {seed: 1234567890123456789}", "2:13: run.seed: a whole number of 19 digits is too long (at most 18)"),
    # the size of the place
    ("population: {villages: 5001}", "2:24: population.villages: 5001 is out of bounds (whole numbers, 1 to 5000)"),
    (
        "population: {villages: 4, councils: {count: 5}}",
        "2:45: population.councils.count: 5 councils for 4 villages; at most one council a village",
    ),
    (
        "population: {councils: {rule: file}}",
        "2:31: population.councils.rule: rule file needs population.file, a CSV of the villages",
    ),
    ("population: {file: nowhere.csv}", "2:20: population.file: the file 'nowhere.csv' does not exist (looked in .)"),
    ("run: {replications: 0}", "2:21: run.replications: 0 is out of bounds (whole numbers, 1 to 100000)"),
    ("run: {seed: -1}", "2:13: run.seed: -1 is out of bounds (whole numbers, 0 to 9007199254740992)"),
    # lists of names
    (
        "outcomes: [earned_income, ginni]",
        "2:27: outcomes#2: unknown outcome 'ginni'; did you mean 'gini'?",
    ),
    ("outcomes: [gini, gini]", "2:18: outcomes#2: outcome 'gini' is listed twice"),
    (
        "companions: [same_mony]",
        "2:14: companions#1: unknown companion 'same_mony' (same_money or same_management); did you mean 'same_money'?",
    ),
    (
        "companions: {kinds: [same_money], allocation: equl}",
        "2:47: companions.allocation: 'equl' is not one of equal or need; did you mean 'equal'?",
    ),
    ("title: {fr: x}", "2:9: title.fr: unknown language; a title has en or zh"),
    ("title: [x]", "2:8: title: a list is not a title; write text or {en: ..., zh: ...}"),
    ("record: {sample: [0, -1]}", "2:22: record.sample#2: -1 is not a replication (whole numbers from 0)"),
    ("extends: 3", "2:10: extends: 3 is not the name of a file"),
]


@pytest.mark.parametrize(("text", "message"), NUMBERS, ids=[text.replace("\n", " ") for text, _ in NUMBERS])
def test_message(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert messages(tmp_path, monkeypatch, f"schema: 1\n{text}\n") == [f"s.yaml:{message}"]


ARMS = [
    ("[]", "2:7: arms: a list is not a mapping of arm names to lists of blocks"),
    (
        "{a@b: []}",
        "2:8: arms.a@b: 'a@b' is no name for an arm: use letters, digits, _, - and Chinese, at most 64",
    ),
    (
        "{../x: []}",
        "2:8: arms.../x: '../x' is no name for an arm: use letters, digits, _, - and Chinese, at most 64",
    ),
    ("{a: }", "2:11: arms.a: an arm is a list of blocks; write [] for none"),
    ("{a: 3}", "2:11: arms.a: 3 is not a list of blocks or {all_of: [...]}"),
    ("{a: [funding_pool]}", "2:12: arms.a.#1: 'funding_pool' is not a block such as {policy: funding_pool, ...}"),
    (
        "{a: [{polcy: funding_pool}]}",
        f"2:12: arms.a.#1: the policy is missing (one of {listed(sorted(POLICIES))}); did you mean 'policy'?",
    ),
    (
        "{a: [{policy: funding_pol}]}",
        "2:21: arms.a.funding_pol.policy: unknown policy 'funding_pol'; did you mean 'funding_pool'?",
    ),
    (
        f"{{no_policy: [{GRANT}}}]}}",
        "2:19: arms.no_policy: no_policy stays empty, everything is compared with it; name the arm otherwise",
    ),
    (
        f"{{a: [{GRANT}, allocaton: need}}]}}",
        "2:82: arms.a.demonstration_grant.allocaton: unknown key; did you mean 'allocation'?",
    ),
    (
        f"{{a: [{GRANT}, start: 2009}}]}}",
        "2:89: arms.a.demonstration_grant.start: 2009 is outside the policy years (2015 to 2024); see calendar",
    ),
    (
        f"{{a: [{GRANT}, end: 2025Q1}}]}}",
        "2:87: arms.a.demonstration_grant.end: 2025Q1 is outside the policy years (2015 to 2024); see calendar",
    ),
    (
        f"{{a: [{GRANT}, start: 2016Q3, end: 2016Q2}}]}}",
        "2:89: arms.a.demonstration_grant.start: starts in 2016Q3, after it ends (2016Q2)",
    ),
    (
        f"{{a: [{GRANT}, start: soon}}]}}",
        "2:89: arms.a.demonstration_grant.start: 'soon' is neither a year (2016) nor a quarter (2016Q3)",
    ),
    (
        f"{{a: [{GRANT}, scope: some}}]}}",
        "2:89: arms.a.demonstration_grant.scope: 'some' is not a scope; write all, none or one of {villages: [0, 1]}, "
        "{councils: [0]}, {tier: weak}, {tercile: poorest} or {below: {earned_income: 10}}",
    ),
    (
        f"{{a: [{GRANT}, scope: {{teir: weak}}}}]}}",
        "2:90: arms.a.demonstration_grant.scope.teir: unknown rule; there are villages, councils, tier, tercile or "
        "below; did you mean 'tier'?",
    ),
    (
        f"{{a: [{GRANT}, scope: {{tier: poor}}}}]}}",
        "2:96: arms.a.demonstration_grant.scope.tier: 'poor' is not one of weak, middle or strong",
    ),
    (
        f"{{a: [{GRANT}, scope: {{villages: [0, 27]}}}}]}}",
        "2:104: arms.a.demonstration_grant.scope.villages#2: there is no village 27 (0 to 26)",
    ),
    (
        f"{{a: [{GRANT}, scope: {{councils: [7]}}}}]}}",
        "2:101: arms.a.demonstration_grant.scope.councils#1: there is no council 7 (0 to 6)",
    ),
    (
        f"{{a: [{GRANT}, scope: {{below: {{income: 10}}}}}}]}}",
        "2:98: arms.a.demonstration_grant.scope.below.income: unknown column (earned_income); "
        "did you mean 'earned_income'?",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: county}]}",
        "2:12: arms.a.demonstration_grant: the budget is missing; demonstration_grant needs budget: {per_year: ...} "
        "(万元/year)",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: county, budget: 675}]}",
        "2:65: arms.a.demonstration_grant.budget: 675 is not a mapping of keys (per_year)",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: county, budget: {per_year: -1}}]}",
        "2:76: arms.a.demonstration_grant.budget.per_year: -1 is out of bounds (0 to 1000000 万元/year)",
    ),
    (
        "{a: [{policy: centre_village, payer: town, budget: {per_year: 1}}]}",
        "2:50: arms.a.centre_village.budget: centre_village takes no budget; delete it",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: bank, budget: {per_year: 1}}]}",
        "2:49: arms.a.demonstration_grant.payer: 'bank' is not one of centre, province, county or town",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: 县, budget: {per_year: 1}}]}",
        "2:49: arms.a.demonstration_grant.payer: '县' is not one of centre, province, county or town; "
        "did you mean 'county'?",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: 镇财政, budget: {per_year: 1}}]}",
        "2:49: arms.a.demonstration_grant.payer: '镇财政' is not one of centre, province, county or town; "
        "did you mean 'town'?",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: 企业, budget: {per_year: 1}}]}",
        "2:49: arms.a.demonstration_grant.payer: '企业' is not one of centre, province, county or town",
    ),
    (
        "{a: [{policy: demonstration_grant, payer: villages, budget: {per_year: 1}}]}",
        "2:49: arms.a.demonstration_grant.payer: villages cannot pay for demonstration_grant "
        "(centre, province, county or town)",
    ),
    (
        "{a: [{policy: demonstration_grant, budget: {per_year: 1}}]}",
        "2:12: arms.a.demonstration_grant: the payer is missing (one of centre, province, county or town)",
    ),
    (
        f"{{a: [{POOL}, distribution: {{equity: 1, equal: 0.1}}}}]}}",
        "2:89: arms.a.funding_pool.distribution: the shares sum to 1.1, not to 1 (equity, equal, need or work)",
    ),
    ("{a: {all_of: [b]}}", "2:21: arms.a.all_of#1: there is no arm 'b'"),
    ("{a: {all_of: [a]}}", "2:21: arms.a.all_of#1: a circle: 'a' is joined from 'a'"),
    ("{b: [], a: {all_of: [b, b]}}", "2:31: arms.a.all_of#2: the arm 'b' is listed twice"),
    (
        "{b: [], a: {al_of: [b]}}",
        "2:19: arms.a.al_of: unknown key; an arm is a list of blocks or {all_of: [...]}; did you mean 'all_of'?",
    ),
]


@pytest.mark.parametrize(("arms", "message"), ARMS, ids=[arms for arms, _ in ARMS])
def test_message_about_arms(arms: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert messages(tmp_path, monkeypatch, f"schema: 1\narms: {arms}\n") == [f"s.yaml:{message}"]


TOGETHER = [
    # the same policy and payer twice in a quarter, wherever the villages are
    (
        f"""
    - {GRANT}, start: 2015, end: 2017, scope: {{villages: [0]}}}}
    - {GRANT}, start: 2017Q4, scope: {{villages: [1]}}}}
""",
        "5:7: arms.a.demonstration_grant#2: demonstration_grant is already paid by county in these quarters, see the "
        "block on line 4; move start or end",
    ),
    # two payers, one pool: the rule of the pool can have one value only
    (
        f"""
    - {POOL}, scope: {{councils: [0, 1]}}}}
    - {POOL.replace("county", "town")}, scope: {{councils: [1]}}}}
""",
        "5:7: arms.a.funding_pool#2: covers villages and quarters that the block on line 4 may cover too, and "
        "funding_pool.open_share can have one value only; keep scopes or years apart",
    ),
    # tiers are read when a block starts, so that different ones may hold the same village later
    (
        f"""
    - {POOL}, scope: {{tier: weak}}, start: 2015}}
    - {POOL.replace("county", "town")}, scope: {{tier: strong}}, start: 2016}}
""",
        "5:7: arms.a.funding_pool#2: covers villages and quarters that the block on line 4 may cover too, and "
        "funding_pool.open_share can have one value only; keep scopes or years apart",
    ),
    # so are councils where a policy of the arm draws them anew
    (
        f"""
    - {POOL}, scope: {{councils: [0]}}, start: 2015}}
    - {POOL.replace("county", "town")}, scope: {{councils: [1]}}, start: 2016}}
    - {ANEW}, start: 2015Q3}}
""",
        "5:7: arms.a.funding_pool#2: covers villages and quarters that the block on line 4 may cover too, and "
        "funding_pool.open_share can have one value only; keep scopes or years apart",
    ),
]


@pytest.mark.parametrize(("blocks", "message"), TOGETHER)
def test_message_about_two_blocks(blocks: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert messages(tmp_path, monkeypatch, f"schema: 1\narms:\n  a:{blocks}") == [f"s.yaml:{message}"]


APART = [
    f"""
    - {POOL}, scope: {{councils: [0]}}, start: 2015}}
    - {POOL.replace("county", "town")}, scope: {{councils: [1]}}, start: 2016}}
""",
    f"""
    - {POOL}, scope: {{councils: [0]}}}}
    - {POOL.replace("county", "town")}, scope: {{councils: [1]}}}}
    - {ANEW}}}
""",
    f"""
    - {POOL}, scope: {{villages: [0]}}, start: 2015}}
    - {POOL.replace("county", "town")}, scope: {{villages: [1]}}, start: 2016}}
    - {ANEW}}}
""",
    f"""
    - {GRANT}, start: 2015, end: 2017Q3}}
    - {GRANT}, start: 2017Q4}}
""",
    f"""
    - {POOL}, scope: {{councils: [0]}}}}
    - {POOL.replace("county", "town")}, scope: {{councils: [1]}}}}
""",
    f"""
    - {POOL}, scope: {{tier: weak}}}}
    - {POOL.replace("county", "town")}, scope: {{tier: strong}}}}
""",
    f"""
    - {GRANT}}}
    - {POOL}}}
""",
    f"""
    - {GRANT}}}
    - {GRANT.replace("county", "province")}}}
""",
]


@pytest.mark.parametrize("blocks", APART)
def test_blocks_that_are_apart_are_right(blocks: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(f"schema: 1\narms:\n  a:{blocks}", encoding="utf-8")
    assert len(load_scenario(tmp_path / "s.yaml").arms["a"]) == blocks.count("policy")


def test_a_policy_that_needs_another_names_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.policies import centre_village

    monkeypatch.setattr(centre_village, "REQUIRES", ("funding_pool",))
    found = messages(tmp_path, monkeypatch, "schema: 1\narms: {a: [{policy: centre_village, payer: town}]}\n")
    assert found == [
        "s.yaml:2:21: arms.a.centre_village: centre_village needs a block of policy funding_pool in the same arm; "
        "add one to 'a'"
    ]


def test_all_errors_at_once_in_the_order_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """schema: 2
calendar: {start: 2010, policy_years: 0}
parameters:
  governance.monitoring: 7
  projects.gestation: x
arms:
  p/q: []
  a: [{policy: funding_pool, payer: county, budget: {per_year: .nan}, match: -1}]
run: {seeds: 1}
"""
    found = messages(tmp_path, monkeypatch, text, set=["outcomes=[nothing]"])
    assert [message.split(": ")[0] for message in found] == [
        "s.yaml:1:9",
        "s.yaml:2:39",
        "s.yaml:4:26",
        "s.yaml:5:23",
        "s.yaml:7:3",
        "s.yaml:8:64",
        "s.yaml:8:78",
        "s.yaml:9:7",
        "--set outcomes",
    ]
    assert (
        found[0]
        == "s.yaml:1:9: schema: 2 is not a version this lianjian reads (it reads 1); a newer lianjian may read it"
    )


VERSIONS = [
    ("title: x\n", "s.yaml:1:1: schema: 1: this line is missing; it names the version of the format"),
    ("schema: one\n", "s.yaml:1:9: schema: 'one' is not a version this lianjian reads (it reads 1); write 'schema: 1'"),
    ("schema: true\n", "s.yaml:1:9: schema: true is not a version this lianjian reads (it reads 1); write 'schema: 1'"),
]


@pytest.mark.parametrize(("text", "message"), VERSIONS)
def test_version_of_the_format(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert messages(tmp_path, monkeypatch, text) == [message]


def test_thousands_of_errors_are_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "schema: 1\nparameters:\n" + "".join(f"  parameter_{place}: 1\n" for place in range(40_000))
    found = messages(tmp_path, monkeypatch, text)
    assert len(found) == 201
    assert found[0].startswith("s.yaml:3:3: parameters.parameter_0: unknown key")
    assert found[-1] == "there are more errors than these"


def test_a_key_of_any_length_makes_a_short_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("x" * 100_000, "x." * 100_000 + "x"):
        (found,) = messages(tmp_path, monkeypatch, f"schema: 1\nparameters: {{? {key} : 1}}\n")
        assert len(found) < 300


def test_values_with_strange_characters_stay_on_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = messages(tmp_path, monkeypatch, 'schema: 1\nforms: {joint_manager: "a\\nb\\e[31m"}\n')
    assert len(found) == 1
    assert "\n" not in found[0]
    assert "\x1b" not in found[0]


def test_an_unknown_source_of_the_package_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "schema: 1\npopulation: {villages: {value: 27, source: places:tianqiao.structure.vilages}}\n"
    (found,) = messages(tmp_path, monkeypatch, text)
    assert found.startswith("s.yaml:2:44: population.villages.source: no 'vilages'")
    assert "villages" in found


def test_a_source_of_ones_own_is_fine(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "schema: 1\npopulation: {villages: {value: 30, source: 'county yearbook 2023, table 4'}}\n", encoding="utf-8"
    )
    scenario = load_scenario(tmp_path / "s.yaml")
    assert scenario.population.villages == 30
    assert scenario.sources == {"population.villages": "county yearbook 2023, table 4"}


def test_the_unit_may_name_its_denominators_in_any_order(tmp_path: Path) -> None:
    text = "schema: 1\nparameters: {projects.overhead: {value: 4, unit: 万元/year/project}}\n"
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    assert load_scenario(tmp_path / "s.yaml").parameters["projects.overhead"] == 4


def test_settings_in_python_are_a_list_of_text(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("schema: 1\n", encoding="utf-8")
    with pytest.raises(TypeError, match=r"not a mapping: write set=\['run.seed=2'\]"):
        load_scenario(file, set={"run.seed": 2})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="3 is a int"):
        load_scenario(file, set=[3])  # type: ignore[list-item]


def test_a_value_may_leave_a_range_of_another_file(tmp_path: Path) -> None:
    base, file = tmp_path / "base.yaml", tmp_path / "s.yaml"
    base.write_text("schema: 1\nparameters: {governance.monitoring: {value: 0.4, range: [0.1, 0.5]}}\n")
    file.write_text("schema: 1\nextends: base.yaml\nparameters: {governance.monitoring: 0.6}\n")
    assert load_scenario(file).parameters["governance.monitoring"] == 0.6
