"""Experiment files: what is read, what stands in the points, and what is said of files that are wrong."""

# ruff: noqa: E501 - a message stands on one line, as users see it

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from experiments import hypercube
from sim.cli import main
from sim.experiment.describe import dry_run_text, village_quarters
from sim.experiment.experiment import Experiment, Factor, Until
from sim.experiment.models import METHODS, TABLES
from sim.experiment.reach import ALSO_WAKES, stands_for
from sim.experiment.reading import experiment_of, load_experiment
from sim.experiment.schema import json_schema
from sim.experiment.values import coordinates, drawn, evenly, width
from sim.policies import POLICIES
from sim.scenario import Scenario, ScenarioErrors, load_document, load_scenario, vary
from sim.scenario.declared import all_paths
from tests.scenario.test_schema import fits

SCENARIO = """schema: 1
parameters:
  projects.overhead: {value: 4, range: [1, 9]}
arms:
  grant: [{policy: demonstration_grant, payer: county, budget: {per_year: 100}}]
  pool: [{policy: funding_pool, payer: county, budget: {per_year: 10}, match: 0.1}]
  pairs: [{policy: pairing, payer: county}]
  package: {all_of: [pool, grant]}
"""
HEAD = "schema: 1\nquestion: Does the match matter?\nscenario: s.yaml\n"
OVERHEAD, MATCH, LEAK = "parameters.projects.overhead", "arms.pool.funding_pool.match", "parameters.grants.leakage"
LHC = "design: {method: latin_hypercube, points: 10}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str) -> Experiment:
    Path("e.yaml").write_text(HEAD + text, encoding="utf-8")
    return load_experiment("e.yaml")


def messages(text: str, head: str = HEAD) -> list[str]:
    Path("e.yaml").write_text(head + text, encoding="utf-8")
    with pytest.raises(ScenarioErrors) as caught:
        load_experiment("e.yaml")
    return list(caught.value.messages)


# ---- what is read


@pytest.mark.usefixtures("folder")
def test_everything_that_a_file_may_say() -> None:
    made = load(
        "title: {en: Match, zh: 配套}\n"
        "set: {calendar.after_years: 8, arms.pool.funding_pool.contribution_floor: 0.2}\n"
        "arms: [pool, no_policy, pool@same_money]\n"
        "factors:\n"
        f"  {MATCH}: [0, 0.25]\n"
        "  forms.joint_manager: each\n"
        "design: grid\n"
        "replications:\n"
        "  until: {contrast: [pool, pool@same_money], outcome: earned_income, half_width: 0.1}\n"
        "  at_most: 100\n"
        "seed: 7\n"
        "record: {tables: [villages], sample: [0, 1], yearly: false}\n"
        "time_limit_s: 5\n"
    )
    assert (made.name, made.title["zh"], made.question) == ("e", "配套", "Does the match matter?")
    assert made.arms == ("no_policy", "pool", "pool@same_money")
    assert made.scenarios["s"].calendar.after_years == 8
    assert made.scenarios["s"].arms["pool"][0].levers["contribution_floor"] == 0.2
    assert (made.replications.at_least, made.replications.at_most) == (20, 100)
    assert made.replications.until == Until("pool", "pool@same_money", "earned_income", 0.1, 0.95)
    assert (made.seed, made.record.tables, made.record.sample, made.yearly) == (7, ("villages",), (0, 1), False)
    assert (made.time_limit_s, made.method, len(made.points)) == (5.0, "grid", 6)
    last = made.points[-1]
    assert last.values == {MATCH: 0.25, "forms.joint_manager": "average"}
    assert last.coordinates == last.values
    assert made.scenario_at(last).forms["joint_manager"] == "average"


@pytest.mark.usefixtures("folder")
def test_the_smallest_file() -> None:
    made = load("")
    assert [(point.scenario, dict(point.values)) for point in made.points] == [("s", {})]
    assert (made.replications.at_least, made.seed, made.time_limit_s, made.yearly) == (200, 1, 60.0, True)
    assert made.arms[:3] == ("no_policy", "grant", "grant@same_money")


@pytest.mark.usefixtures("folder")
def test_where_ranges_come_from() -> None:
    made = load(
        f"{LHC}factors:\n  {OVERHEAD}: prior\n  {LEAK}: prior\n  {MATCH}: {{range: [0, 0.5]}}\n"
        "  parameters.governance.monitoring: {unit: share}\n"
    )
    ranges = [factor.range for factor in made.factors]
    assert ranges[:3] == [(1, 9), all_paths()[LEAK].prior, (0, 0.5)]
    assert ranges[3] == all_paths()["parameters.governance.monitoring"].prior


@pytest.mark.usefixtures("folder")
def test_levels_over_a_range() -> None:
    made = load(
        f"factors:\n  {OVERHEAD}: {{levels: 5}}\n  {MATCH}: {{range: [0, 0.3], levels: 4}}\n"
        "  calendar.after_years: {range: [3, 5], levels: 3}\n"
    )
    assert [factor.levels for factor in made.factors] == [(1, 3, 5, 7, 9), (0, 0.1, 0.2, 0.3), (3, 4, 5)]
    assert len(made.points) == 60


@pytest.mark.usefixtures("folder")
def test_one_value_to_several_paths() -> None:
    made = load(
        "factors:\n  share: {paths: [arms.pool.funding_pool#1.match, arms.package.funding_pool.match], levels: [0, 1]}\n"
    )
    assert made.factors[0].paths == (MATCH, "arms.package.funding_pool.match")
    assert [dict(point.coordinates) for point in made.points] == [{"share": 0}, {"share": 1}]
    varied = made.scenario_at(made.points[1])
    assert [varied.arms[arm][0].levers["match"] for arm in ("pool", "package")] == [1, 1]


@pytest.mark.usefixtures("folder")
def test_several_scenarios_repeat_the_design() -> None:
    Path("t.yaml").write_text(SCENARIO + "population: {villages: 12, councils.count: 3}\n", encoding="utf-8")
    head = "schema: 1\nquestion: Where?\nscenarios: {big: s.yaml, small: t.yaml}\n"
    Path("e.yaml").write_text(head + f"factors: {{{MATCH}: [0, 1]}}\nreplications: 3\n", encoding="utf-8")
    made = load_experiment("e.yaml")
    assert [(p.number, p.scenario, p.values[MATCH]) for p in made.points] == [
        (0, "big", 0),
        (1, "big", 1),
        (2, "small", 0),
        (3, "small", 1),
    ]
    assert village_quarters(made, ["no_policy"], 3) == 3 * 2 * 100 * (27 + 12)


@pytest.mark.usefixtures("folder")
def test_shares_and_forms_are_drawn_fairly() -> None:
    made = load(
        "design: {method: latin_hypercube, points: 300}\nfactors: {population.industries.mix: prior, forms.group_cost: prior}\n"
    )
    mix = [point.values["population.industries.mix"] for point in made.points]
    assert all(sum(weights.values()) == pytest.approx(1) for weights in mix)
    part = next(iter(mix[0]))
    assert sum(weights[part] for weights in mix) / 300 == pytest.approx(1 / len(mix[0]), abs=0.02)
    options = [point.values["forms.group_cost"] for point in made.points]
    assert {options.count(option) for option in set(options)} == {100}
    assert f"population.industries.mix.{part}" in made.points[0].coordinates


@pytest.mark.usefixtures("folder")
def test_every_method_makes_points_that_can_be_built() -> None:
    ranges = f"factors: {{{OVERHEAD}: prior, {MATCH}: {{range: [0, 1]}}, forms.carry_over: [lapse, indefinite]}}\n"
    Path("points.csv").write_text(
        f"{OVERHEAD},{MATCH},forms.carry_over\n3,0.5,lapse\n4,0,indefinite\n", encoding="utf-8"
    )
    cases = {
        "list": (2, "{method: list, file: points.csv}", ""),
        "latin_hypercube": (10, "{method: latin_hypercube, points: 10, seed: 3}", ranges),
        "sobol": (8, "{method: sobol, points: 8}", ranges),
        "saltelli": (4 * 8, "{method: saltelli, points: 4, second_order: true}", ranges),
        "morris": (3 * 4, "{method: morris, trajectories: 3}", ranges),
        "factorial": (8, "factorial", ranges),
        "fractional_factorial": (4, "{method: fractional_factorial, resolution: 3}", ranges),
        "one_at_a_time": (1 + 6, "one_at_a_time", ranges),
        "zipped": (2, "zipped", ranges.replace("prior", "[1, 2]").replace("{range: [0, 1]}", "[0, 1]")),
        "grid": (8, "grid", ranges.replace("prior", "[1, 2]").replace("{range: [0, 1]}", "[0, 1]")),
        "coalitions": (4, "{method: coalitions, arm: package}", ""),
    }
    assert set(cases) == set(METHODS)
    for method, (count, design, factors) in cases.items():
        made = load(f"design: {design}\n{factors}")
        assert (made.method, len(made.points)) == (method, count)
        assert [point.number for point in made.points] == list(range(count))
        for point in made.points:
            made.scenario_at(point)
            varied = {"pool", "grant"} if method == "coalitions" else {OVERHEAD, MATCH, "forms.carry_over"}
            assert set(point.coordinates) == varied
        assert experiment_of(made.document, name="e").points == made.points
        assert fits(yaml.safe_load(Path("e.yaml").read_text(encoding="utf-8")), json_schema()), method
        assert "Does the match matter?" in dry_run_text(made, made.arms, 100, 5, 2)


@pytest.mark.usefixtures("folder")
def test_where_a_point_stands_in_its_design() -> None:
    factors = f"factors: {{{OVERHEAD}: prior, {MATCH}: {{range: [0, 1]}}}}\n"
    morris = load("design: {method: morris, trajectories: 2}\n" + factors).points
    assert [point.place["step"] for point in morris] == [0, 1, 2, 0, 1, 2]
    for before, after in itertools.pairwise(morris):
        if after.place["step"]:
            changed = {path for path in after.values if after.values[path] != before.values[path]}
            assert changed == {after.place["moved"]}
    saltelli = load("design: {method: saltelli, points: 4}\n" + factors).points
    assert [point.place["block"] for point in saltelli] == ["A"] * 4 + ["B"] * 4 + ["AB"] * 8
    assert saltelli[9].place == {"block": "AB", "moved": OVERHEAD, "row": 1}
    assert saltelli[9].values == {OVERHEAD: saltelli[5].values[OVERHEAD], MATCH: saltelli[1].values[MATCH]}


@pytest.mark.usefixtures("folder")
def test_one_at_a_time_starts_from_the_scenario_and_does_not_repeat_it() -> None:
    made = load(f"design: one_at_a_time\nfactors: {{{OVERHEAD}: [2, 4], {MATCH}: [0.3]}}\n")
    assert [dict(point.values) for point in made.points] == [{}, {OVERHEAD: 2}, {MATCH: 0.3}]
    assert [point.coordinates[OVERHEAD] for point in made.points] == [4, 2, 4]
    assert [point.coordinates[MATCH] for point in made.points] == [0.1, 0.1, 0.3]


@pytest.mark.usefixtures("folder")
def test_aliases_of_a_fractional_factorial_are_stated() -> None:
    factors = f"factors: {{{OVERHEAD}: prior, {MATCH}: [0, 1], {LEAK}: prior}}\n"
    made = load("design: {method: fractional_factorial, resolution: 3}\n" + factors)
    assert made.design == {"resolution": 3, "generators": {LEAK: [OVERHEAD, MATCH]}}
    assert f"{LEAK} is aliased with {OVERHEAD} x {MATCH}" in dry_run_text(made, made.arms, 1, 1, 1)


def test_python_users_may_hand_over_a_scenario() -> None:
    scenario = load_document(yaml.safe_load(SCENARIO), name="town")
    document = {"schema": 1, "question": "Why?", "scenario": scenario, "factors": {MATCH: [0, 1]}}
    made = experiment_of(document)
    assert list(made.scenarios) == ["town"]
    json.dumps(made.document)
    with pytest.raises(
        ScenarioErrors, match=r"^experiment: factors.arms.pool.funding_pool.match#2: 11 is out of bounds"
    ):
        experiment_of({**document, "factors": {MATCH: [0, 11]}})


# ---- property: values lie in their ranges


@given(st.data())
def test_drawn_values_and_levels_lie_in_the_range_and_a_scenario_takes_them(data: st.DataObject) -> None:
    paths = {
        p: d for p, d in all_paths().items() if not p.startswith(("run.", "population.villages", "population.councils"))
    }
    path = data.draw(st.sampled_from([p for p, d in paths.items() if d.bounds[0] < d.bounds[1]]))
    declared = paths[path]
    low, high = declared.prior if declared.prior[0] < declared.prior[1] else declared.bounds
    if declared.integer:
        low, high = float(int(low)), float(int(high))
    levels = tuple(declared.options) if declared.sort == "choice" else None
    factor = Factor(path, (path,), declared, levels, (low, high) if declared.sort == "quantity" else None)
    uniforms = data.draw(st.lists(st.floats(0, 1), min_size=width(factor), max_size=width(factor)))
    if declared.sort == "shares" and not all(0 < uniform < 1 for uniform in uniforms):
        uniforms = [0.5] * len(uniforms)  # drawn designs are inside the open cube
    value = drawn(factor, uniforms)
    if declared.sort == "quantity":
        assert low <= value <= high
        assert all(low <= level <= high for level in evenly(declared, (low, high), 7))
    assert coordinates(factor, value)
    if not path.startswith("calendar."):
        vary(load_document({"schema": 1}), {path: value})


def test_whole_numbers_are_equally_likely() -> None:
    declared = all_paths()["calendar.after_years"]
    factor = Factor("f", ("f",), declared, None, (3.0, 5.0))
    values = [drawn(factor, [place / 300 + 0.001]) for place in range(300)]
    assert [values.count(whole) for whole in (3, 4, 5)] == [100, 100, 100]


# ---- what is wrong

EACH_KEY = [
    ("titel: x", "4:1: titel: unknown key; did you mean 'title'?"),
    ("sett: {}", "4:1: sett: unknown key; did you mean 'set'?"),
    ("arm: [pool]", "4:1: arm: unknown key; did you mean 'arms'?"),
    ("factor: {}", "4:1: factor: unknown key; did you mean 'factors'?"),
    ("desgn: grid", "4:1: desgn: unknown key; did you mean 'design'?"),
    ("replicatons: 3", "4:1: replicatons: unknown key; did you mean 'replications'?"),
    ("sed: 1", "4:1: sed: unknown key; did you mean 'seed'?"),
    ("recrd: {}", "4:1: recrd: unknown key; did you mean 'record'?"),
    ("time_limit: 3", "4:1: time_limit: unknown key; did you mean 'time_limit_s'?"),
    ("title: [x]", "4:8: title: a list is not a title; write text or {en: ..., zh: ...}"),
    ("set: [1]", "4:6: set: a list is not a mapping of paths to values; write {calendar.after_years: 8}"),
    (f"set: {{{MATCH}: 20}}", f"4:37: {MATCH}: 20 is out of bounds (0 to 10 share); percent? write 0.2"),
    ("set: {parameters.projects.overhed: 1}", "4:36: parameters.projects.overhed: unknown key; did you mean 'overhead'?"),
    (
        f"set: {{parameters: {{projects: {{overhead: 3}}}}}}\nfactors: {{{OVERHEAD}: [1, 2]}}",
        f"4:7: set.parameters: the factor '{OVERHEAD}' varies this; leave one of them out",
    ),
    ("arms: pool", "4:7: arms: 'pool' is not a list of arms; write [no_policy, pool] or leave the key out"),
    ("arms: [pol]", "4:8: arms#1: there is no arm 'pol'; did you mean 'pool'?"),
    ("arms: [pool, pool]", "4:14: arms#2: the arm 'pool' is listed twice"),
    ("replications: many", "4:15: replications: 'many' is neither a number nor {until: ..., at_least: 20, at_most: 400}"),
    ("replications: 0", "4:15: replications: 0 is out of bounds (whole numbers, 1 to 100000)"),
    ("replications: {at_most: 30}", "4:15: replications: until is missing (contrast, outcome and half_width)"),
    ("seed: -1", "4:7: seed: -1 is out of bounds (whole numbers, 0 to 9007199254740992)"),
    ("record: {tables: [vilages]}", "4:19: record.tables#1: unknown table 'vilages' (villages, accounts or balances); did you mean 'villages'?"),
    ("record: {sampel: [0]}", "4:10: record.sampel: unknown key; did you mean 'sample'?"),
    ("record: {yearly: no}", "4:18: record.yearly: 'no' is neither true nor false"),
    ("record: {tables: [accounts], sample: [200]}", "4:39: record.sample#1: there is no replication 200 (0 to 199)"),
    ("record: {sample: [0]}", "4:18: record.sample: replications of which no table is kept; add tables: [villages, accounts, balances] or some of them"),
    ("time_limit_s: 0", "4:15: time_limit_s: 0 is out of bounds (0.001 to 604800)"),
]  # fmt: skip

FACTORS = [
    ("arms.pol.funding_pool.match: [0, 1]", "5:3: factors.arms.pol.funding_pool.match: there is no arm 'pol'; did you mean 'pool'?"),
    ("arms.pool.funding_pol.match: [0, 1]", "5:3: factors.arms.pool.funding_pol.match: arm 'pool' has no block 'funding_pol'; did you mean 'funding_pool'?"),
    ("arms.pairs.pairing.budget: [0, 1]", "5:3: factors.arms.pairs.pairing.budget: pairing has no lever 'budget' (there are matching, within, mandate_floor or benefit_share)"),
    ("arms.pool: [0, 1]", "5:3: factors.arms.pool: an arm is no factor; name a lever: arms.pool.funding_pool.match"),
    ("run.seed: [1, 2]", "5:3: factors.run.seed: run.seed is no factor; write seed as a key of the experiment"),
    ("overhead: [1, 2]", "5:3: factors.overhead: unknown path; a factor is a declared quantity, form, share or lever (lianjian describe lists them); did you mean 'parameters.projects.overhead'?"),
    (f"{OVERHEAD}: priro", f"5:33: factors.{OVERHEAD}: 'priro' says no levels; write a list, prior, each (forms) or {{levels: ..., range: ...}}; did you mean 'prior'?"),
    (f"{OVERHEAD}: prior", f"5:33: factors.{OVERHEAD}: design grid needs levels: a list, or {{levels: 5}} for five over the range; or draw: design: {{method: latin_hypercube, points: 300}}"),
    (f"{OVERHEAD}: []", f"5:33: factors.{OVERHEAD}: an empty list; a factor has two levels or more"),
    (f"{OVERHEAD}: [4]", f"5:33: factors.{OVERHEAD}: a single level; a factor has two or more. Write what is the same at every point under set"),
    (f"{OVERHEAD}: [4, 4.0]", f"5:37: factors.{OVERHEAD}#2: the level 4 is listed twice"),
    (f"{OVERHEAD}: [4, 210]", f"5:37: factors.{OVERHEAD}#2: 210 is out of bounds (0 to 100 万元/project/year)"),
    (f"{OVERHEAD}: [4, 6万]", f"5:37: factors.{OVERHEAD}#2: '6万' is not a number (0 to 100 万元/project/year); write 6"),
    (f"{OVERHEAD}: {{levels: [1, 2], unit: 元}}", f"5:56: factors.{OVERHEAD}.unit: the unit is 万元/project/year, not '元'; convert the number"),
    (f"{OVERHEAD}: {{levles: 3}}", f"5:34: factors.{OVERHEAD}.levles: unknown key; a factor has paths, levels, range or unit; did you mean 'levels'?"),
    (f"{OVERHEAD}: {{range: [5, 1], levels: 3}}", f"5:41: factors.{OVERHEAD}.range: [5, 1] is reversed; write [1, 5]"),
    (f"{OVERHEAD}: {{range: [5, 500], levels: 3}}", f"5:45: factors.{OVERHEAD}.range#2: 500 is out of bounds (0 to 100 万元/project/year)"),
    (f"{OVERHEAD}: {{range: [5, 5], levels: 3}}", f"5:41: factors.{OVERHEAD}.range: the range is the single value 5; write levels or a range (0 to 100 万元/project/year)"),
    (f"{OVERHEAD}: {{levels: 1}}", f"5:42: factors.{OVERHEAD}.levels: 1 is neither a list of levels nor how many (2 to 10,000)"),
    (f"{OVERHEAD}: file", f"5:33: factors.{OVERHEAD}: file is for design: {{method: list, file: ...}}; this one is grid"),
    ("calendar.after_years: {range: [3, 4], levels: 3}", "5:49: factors.calendar.after_years.levels: there are no 3 levels between 3 and 4, only 2"),
    ("calendar.start: {levels: 2}", "5:19: factors.calendar.start: the range is the single value 2010; write levels or a range (whole numbers, 1900 to 2200 year)"),
    ("forms.joint_manager: [average, wrst]", "5:34: factors.forms.joint_manager#2: 'wrst' is not one of best_noisy, centre_village or average"),
    ("forms.joint_manager: {levels: 2}", "5:33: factors.forms.joint_manager.levels: 2 is not a list of levels (a form: best_noisy, centre_village or average)"),
    ("population.industries.mix: prior", "5:30: factors.population.industries.mix: shares need levels in design grid: a list of mappings such as {grain: 1, horticulture: 0}"),
    ("population.industries.mix: [{grain: 1}, {grian: 1}]", "5:44: factors.population.industries.mix#2.grian: unknown part; there are "),
    (f"x: {{paths: [{OVERHEAD}, {OVERHEAD}], levels: [1, 2]}}", "5:45: factors.x.paths#2: this path is given twice"),
    (f"x: {{paths: [{OVERHEAD}, {LEAK}], levels: [1, 2]}}", "5:45: factors.x.paths#2: parameters.grants.leakage is not of the kind of"),
    (f"x y: {{paths: [{OVERHEAD}], levels: [1, 2]}}", "5:3: factors.x y: 'x y' is no name for a factor: use letters, digits, _, - and Chinese"),
    (f"step: {{paths: [{OVERHEAD}], levels: [1, 2]}}", "5:3: factors.step: 'step' is no name for a factor: a column of the table of design points"),
    (f"settings: {{paths: [{OVERHEAD}], levels: [1, 2]}}", "5:3: factors.settings: 'settings' is no name for a factor: a column of the table of design points"),
    ("x: {paths: me, levels: [1, 2]}", "5:14: factors.x.paths: 'me' is not a list of paths; [x, ...]"),
    ("parameters.tax_sharing.staff_time: [0, 1]", "5:3: factors.parameters.tax_sharing.staff_time: no arm that is simulated has the policy tax_sharing, without which nothing reads this"),
]  # fmt: skip

DESIGNS = [
    ("{method: sobl}", "4:18: design.method: 'sobl' is no method (grid, list, zipped, latin_hypercube, sobol, saltelli, morris, factorial, fractional_factorial, one_at_a_time or coalitions); did you mean 'sobol'?"),
    ("[grid]", "4:9: design: a list is not a design; write grid or {method: latin_hypercube, points: 300}"),
    ("{methd: grid}", "4:9: design: the method is missing (one of grid, "),
    ("{method: grid, points: 3}", "4:24: design.points: unknown key (allowed: method)"),
    ("{method: latin_hypercube}", "4:9: design: points is missing (number of design points)"),
    ("{method: latin_hypercube, points: 1.5}", "4:43: design.points: 1.5 is not a whole number (whole numbers, 1 to 1000000)"),
    ("{method: latin_hypercube, points: 30, sed: 2}", "4:47: design.sed: unknown key; did you mean 'seed'?"),
    ("{method: sobol, points: 300}", "4:33: design.points: 300 is not a power of two, and only then a Sobol sequence is balanced; write 256 or 512"),
    ("{method: saltelli, points: 4, second_order: 1}", "4:53: design.second_order: 1 is neither true nor false"),
    ("{method: morris, trajectories: 4, levels: 5}", "4:51: design.levels: 5 levels; the grid of Morris' design needs an even number, 4 is usual"),
    ("{method: fractional_factorial, resolution: 6}", "4:52: design.resolution: 6 is out of bounds (whole numbers, 3 to 5)"),
    ("{method: list, file: nowhere.csv}", "4:30: design.file: the file 'nowhere.csv' does not exist (looked in ."),
    ("{method: list, file: /x.csv}", "4:30: design.file: '/x.csv' is an absolute path; name the file relative to this one"),
    ("one_at_a_time", "4:9: design: design one_at_a_time without factors; list them under factors"),
]  # fmt: skip

RULES = [
    ("{contrast: [pool], outcome: gini, half_width: 1}", "4:34: replications.until.contrast: a list is not a pair of arms; [pool, no_policy] is pool less no_policy"),
    ("{contrast: [pool, pool], outcome: gini, half_width: 1}", "4:34: replications.until.contrast: 'pool' less itself is 0 in every run; name two arms"),
    ("{contrast: [pool, pol], outcome: gini, half_width: 1}", "4:41: replications.until.contrast#2: the arm 'pol' is not among those kept; did you mean 'pool'?"),
    ("{contrast: [pool, grant], outcome: ginni, half_width: 1}", "4:58: replications.until.outcome: there is no outcome 'ginni'; did you mean 'gini'?"),
    ("{contrast: [pool, grant], outcome: gini}", "4:23: replications.until: half_width is missing (half the width of its interval, in the unit of the outcome)"),
    ("{contrast: [pool, grant], outcome: gini, half_width: 0}", "4:76: replications.until.half_width: 0 is out of bounds "),
    ("{contrast: [pool, grant], outcome: gini, half_width: 1}, at_least: 5", "4:90: replications.at_least: 5 is too few to judge a variance by; a stopping rule needs 20 or more"),
    ("{contrast: [pool, grant], outcome: gini, half_width: 1}, at_most: 5", "4:89: replications.at_most: 5 is less than at_least (20)"),
]  # fmt: skip


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("text", "message"), EACH_KEY, ids=[text[:30] for text, _ in EACH_KEY])
def test_a_wrong_key(text: str, message: str) -> None:
    assert messages(text + "\n") == [f"e.yaml:{message}"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("entry", "message"), FACTORS, ids=[entry[:40] for entry, _ in FACTORS])
def test_a_wrong_factor(entry: str, message: str) -> None:
    said = messages(f"factors:\n  {entry}\n")
    assert len(said) == 1
    assert said[0].startswith(f"e.yaml:{message}")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("design", "message"), DESIGNS, ids=[design[:40] for design, _ in DESIGNS])
def test_a_wrong_design(design: str, message: str) -> None:
    said = messages(f"design: {design}\n")
    assert said[0].startswith(f"e.yaml:{message}")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("rule", "message"), RULES, ids=[rule[:40] for rule, _ in RULES])
def test_a_wrong_stopping_rule(rule: str, message: str) -> None:
    said = messages(f"replications: {{until: {rule}}}\n")
    assert len(said) == 1
    assert said[0].startswith(f"e.yaml:{message}")


@pytest.mark.usefixtures("folder")
def test_files_that_are_no_experiment() -> None:
    assert messages("", "") == ["e.yaml:1:1: the file is empty; an experiment begins with 'schema: 1'"]
    assert messages("[1]\n", "") == [
        "e.yaml:1:1: an experiment is a mapping of keys ('schema: 1' and so on), not a list"
    ]
    assert messages("", "schema: 1\n") == [
        "e.yaml:1:1: question: this line is missing; say in one sentence what the sweep is to answer",
        "e.yaml:1:1: scenario: this line is missing; it names the scenario file that is varied",
    ]
    assert messages("factors: " + "[" * 60 + "\n") == ["e.yaml:4:59: nested deeper than 50 levels"]
    assert messages("", "question: Why?\nscenario: s.yaml\n")[0].startswith(
        "e.yaml:1:1: schema: 1: this line is missing"
    )


@pytest.mark.usefixtures("folder")
def test_scenarios_that_are_not_there_or_wrong() -> None:
    head = "schema: 1\nquestion: Why?\n"
    Path("tianqiao.yaml").write_text("schema: 1\nrun: {sed: 1}\n", encoding="utf-8")
    assert messages("scenario: tianqio.yaml\n", head) == [
        "e.yaml:3:11: scenario: the file 'tianqio.yaml' does not exist; did you mean 'tianqiao.yaml'?"
    ]
    assert messages("scenario: tianqiao.yaml\nseed: x\n", head) == [
        "e.yaml:4:7: seed: 'x' is not a number (whole numbers, 0 to 9007199254740992)",
        "tianqiao.yaml:2:7: run.sed: unknown key; did you mean 'seed'?",
    ]
    assert messages("scenario: s.yaml\nscenarios: {a: s.yaml}\n", head) == [
        "e.yaml:4:1: scenarios: there is a scenario too; write one of the two"
    ]
    Path("other.yaml").write_text("schema: 1\nparameters: {projects.overhead: {range: [0, 5]}}\n", encoding="utf-8")
    said = messages(f"scenarios: {{a: s.yaml, b: other.yaml}}\nfactors: {{{OVERHEAD}: {{levels: 2}}}}\n", head)
    assert said == [
        "e.yaml:1:1: arms: the scenarios differ in their arms; list those to keep (all have no_policy)",
        f"e.yaml:4:41: factors.{OVERHEAD}: the scenarios differ in the range ([1, 9] in a, [0, 5] in b); "
        "write {range: [lowest, highest]}",
    ]


@pytest.mark.usefixtures("folder")
def test_levers_of_arms_that_are_not_kept() -> None:
    said = messages(f"arms: [no_policy, grant]\nfactors: {{{MATCH}: [0, 1]}}\n")
    assert said == [
        f"e.yaml:5:11: factors.{MATCH}: the arm 'pool' is not among the arms kept, and none of them joins this block"
    ]
    for arms in ("pool@same_money", "package"):  # a companion needs its arm, a package joins the block
        assert len(load(f"arms: [no_policy, {arms}]\nfactors: {{{MATCH}: [0, 1]}}\n").points) == 2


@pytest.mark.usefixtures("folder")
def test_counts_and_points_that_cannot_be() -> None:
    many = f"factors: {{{OVERHEAD}: {{levels: 5000}}, {LEAK}: {{levels: 5000}}}}\n"
    assert messages(many) == [
        "e.yaml:4:10: factors: 25,000,000 design points; at most 1,000,000 are read. Take fewer levels or points"
    ]
    assert messages(f"design: zipped\nfactors: {{{OVERHEAD}: [1, 2], {LEAK}: [0, 0.1, 0.2]}}\n") == [
        f"e.yaml:5:10: factors: zipped needs as many levels of each factor; there are 2 of {OVERHEAD} or 3 of {LEAK}"
    ]
    assert messages("factors: {population.councils.count: [7, 14], population.villages: [10, 27]}\n") == [
        "e.yaml:4:1: factors: design point 2 (population.councils.count 14, population.villages 10): "
        "population.councils.count: 14 councils for 10 villages; at most one council a village"
    ]
    share = "{paths: [arms.pool.funding_pool.match, arms.package.funding_pool.match], levels: [0, 1]}"
    assert len(load(f"design: one_at_a_time\nfactors: {{x: {share}}}\n").points) == 3
    Path("s.yaml").write_text(
        SCENARIO.replace(
            "package:", "also: [{policy: funding_pool, payer: county, budget: {per_year: 1}, match: 0.7}]\n  package:"
        ),
        encoding="utf-8",
    )
    assert messages(f"design: one_at_a_time\nfactors: {{x: {share.replace('package', 'also')}}}\n") == [
        "e.yaml:5:14: factors.x: its paths hold different values in scenario 's' (0.1 or 0.7): set them to one value"
    ]


@pytest.mark.usefixtures("folder")
def test_a_list_of_points_that_is_wrong() -> None:
    design = "design: {method: list, file: p.csv}\n"

    def said(text: str, more: str = "") -> list[str]:
        Path("p.csv").write_text(text, encoding="utf-8")
        return messages(design + more)

    assert said("") == ["p.csv:1: the file is empty; its first line names the factors"]
    assert said(f"{OVERHEAD}\n") == ["p.csv:1: there is a header and no design point below it"]
    assert said(f"{OVERHEAD},{OVERHEAD}\n1,2\n") == [f"p.csv:1: column '{OVERHEAD}' is there twice"]
    assert said(f"{OVERHEAD}\n1\n2,3\n") == ["p.csv:3: 2 cells under 1 columns"]
    assert said(f"{OVERHEAD},forms.group_cost\n1,none\nx,lin\n210,linear\n") == [
        f"p.csv:3:{OVERHEAD}: 'x' is not a number (0 to 100 万元/project/year)",
        "p.csv:3:forms.group_cost: 'lin' is not one of quadratic, linear or none; did you mean 'linear'?",
        f"p.csv:4:{OVERHEAD}: 210 is out of bounds (0 to 100 万元/project/year)",
    ]
    assert said("overhaed\n1\n", f"factors: {{{OVERHEAD}: file}}\n") == [
        f"p.csv:1:overhaed: no factor has this name (there are {OVERHEAD})",
        f"p.csv:1: the column '{OVERHEAD}' is missing",
    ]
    assert said(f"{OVERHEAD}\n1\n", f"factors: {{{OVERHEAD}: prior}}\n") == [
        f"e.yaml:5:41: factors.{OVERHEAD}: the points of a list come from its file; write file here"
    ]
    Path("p.csv").write_text("x,population.industries.mix.grain\n1,1\n", encoding="utf-8")
    made_said = messages(design + f"factors: {{x: {{paths: [{OVERHEAD}]}}, population.industries.mix: file}}\n")
    assert "p.csv:1: the column 'population.industries.mix.horticulture' is missing" in made_said


# ---- the same declarations everywhere


def test_what_wakes_a_mechanism_of_another_name() -> None:
    """Policies that set parameters of a mechanism which has the name of another policy."""
    for mechanism in (name for name in POLICIES if f"parameters.{name}." in " ".join(all_paths())):
        named = {
            policy
            for policy, module in POLICIES.items()
            if policy != mechanism
            and f"parameters.{mechanism}" in Path(str(module.__file__)).read_text(encoding="utf-8")
        }
        assert named == ALSO_WAKES.get(mechanism, frozenset()), mechanism
    assert hypercube.stands_for is stands_for


@pytest.mark.usefixtures("folder")
def test_the_schema_refuses_slips() -> None:
    schema = json_schema()
    good: dict[str, Any] = {"schema": 1, "question": "Why?", "scenario": "s.yaml"}
    assert fits(good, schema)
    assert fits(good | {"factors": {MATCH: [0, 1], "x": {"paths": [OVERHEAD], "levels": [1, 2]}}}, schema)
    for wrong in (
        {"factor": {}},
        {"factors": {"parameters.projects.overhed": [1, 2]}},
        {"factors": {OVERHEAD: [1, 210]}},
        {"factors": {OVERHEAD: "each"}},
        {"factors": {OVERHEAD: {"levels": 3, "unit": "元"}}},
        {"factors": {"step": {"paths": [OVERHEAD]}}},
        {"design": "sobol"},
        {"design": {"method": "sobol"}},
        {"replications": {"at_least": 20}},
        {"record": {"tables": ["town"]}},
    ):
        assert not fits(good | wrong, schema), wrong
    assert not fits({"schema": 1, "scenario": "s.yaml"}, schema)
    assert set(TABLES) == {"villages", "accounts", "balances"}


def test_check_and_schema_know_experiments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("e.yaml").write_text(HEAD + f"factors: {{{MATCH}: [0, 1]}}\nreplications: 3\n", encoding="utf-8")
    assert main(["check", "e.yaml", "s.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "e.yaml: ok (2 design points, 11 arms, 3 replications)"
    assert main(["check", "e.yaml", "--lang", "zh"]) == 0
    assert capsys.readouterr().out == "e.yaml：无误（2个设计点，11个方案，3次重复）\n"
    assert main(["check", "e.yaml", "--set", "run.seed=2"]) == 2
    assert "write what is changed under its key set" in capsys.readouterr().err
    assert main(["schema", "--experiment", "--out", str(folder / "e.json")]) == 0
    assert json.loads((folder / "e.json").read_text(encoding="utf-8")) == json_schema()
    assert "name it in an experiment's first line" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_dry_run_in_both_languages() -> None:
    made = load(
        f"factors: {{{OVERHEAD}: [1, 2], {MATCH}: {{levels: 6, range: [0, 1]}}}}\n"
        "arms: [pool]\n"
        "replications: {until: {contrast: [pool, pool@same_money], outcome: gini, half_width: 0.1}, at_most: 40}\n".replace(
            "pool@same_money], outcome", "no_policy], outcome"
        ).replace("arms: [pool]", "arms: [pool, no_policy]")
    )
    text = dry_run_text(made, ("no_policy", "pool", "pool@same_money"), 7200, 40, 2)
    for part in (
        "Does the match matter?",
        "grid: every combination of the levels",
        "parameters.projects.overhead  1, 2",
        "万元/project/year",
        "points     12, the first 10:",
        "overhead  match",
        "simulated for comparison, not kept: pool@same_money",
        "12 points x 2 arms x 20 to 40 replications = 480 to 960 kept",
        "until pool less no_policy in gini is known to ±0.1 (95% interval)",
        f"{12 * 3 * 20 * 2700:,} to {12 * 3 * 40 * 2700:,} village-quarters",
        "about 60 min to 2.0 h with 2 workers",
        "about 20 MiB to 40 MiB",
    ):
        assert part in text, part
    chinese = dry_run_text(made, made.arms, 30, 4, 1, "zh")
    assert "设计点     12个，前10个：" in chinese
    assert "1个进程" in chinese
    assert isinstance(load_scenario("s.yaml"), Scenario)
