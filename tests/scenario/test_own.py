"""Own policies and mechanisms as modules: the same checks, in files as in Python, and gone when they are not given."""

import sys

import numpy as np
import pytest

import sim
from sim.policies import POLICIES
from sim.scenario import ScenarioErrors, load_document, load_scenario, own
from sim.scenario.own import OwnModuleError, Registered, known, schedule_with
from sim.schedule import SCHEDULE, stem
from sim.timeline import UnknownPolicy

POLICY = """
import dataclasses
from dataclasses import dataclass
from sim.declare import PUBLIC_PAYERS, Array, quantity
__version__ = "1.2"
ZH, TAKES_BUDGET, PAYERS, REQUIRES = "宣讲", False, PUBLIC_PAYERS, ()
ZERO = {"thrift": 0.0}

@dataclass(frozen=True)
class Levers:
    thrift: Array = quantity(.5, unit="share", bounds=(0, 1), prior=(0, 1), source="assumption", zh="节约度",
                               meaning="share of spending saved", combine="max")

def adjust(parameters, levers, terms):
    distribution = parameters.distribution
    there = terms.in_scope * levers.thrift
    thrifty = dataclasses.replace(distribution, saved_share=distribution.saved_share * (1 - there) + there)
    return dataclasses.replace(parameters, distribution=thrifty)
"""
MECHANISM = """
from dataclasses import dataclass
from sim.accounts import flow
from sim.declare import Array, VillageArray, quantity
ZH, DRAWS = "节庆", ("mood",)

@dataclass(frozen=True)
class Parameters:
    cost: Array = quantity(.1, unit="万元/year", bounds=(0, 5), prior=(0, 1), source="assumption", zh="节庆支出",
                           meaning="spent on a festival each year")

@dataclass(frozen=True)
class Flows:
    spent: VillageArray | None = flow("village.own_cash", "household", kind="festival", zh="节庆", meaning="festival")

def step(state, parameters, draws, quarter):
    if not quarter.closes_year:
        return state, Flows()
    wanted = parameters.cost * (draws.uniform("mood") < .5) * (state.own_cash > 10)
    return state, Flows(spent=wanted)
"""
DOCUMENT = {
    "schema": 1,
    "population": {"villages": 6, "councils": {"count": 2}},
    "calendar": {"start": 2010, "burn_in_years": 2, "policy_years": 3, "after_years": 1},
    "arms": {"lecture": [{"policy": "lecture", "payer": "county", "thrift": 0.9, "start": 2012, "end": 2013}]},
}


def written(folder, name, text):
    """A module imported from a file of its own."""
    file = folder / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    sys.modules.pop(name, None)
    return own.Source(name, str(file), None).load()


@pytest.fixture
def lecture(tmp_path):
    yield written(tmp_path, "lecture", POLICY)
    sys.modules.pop("lecture")


@pytest.fixture
def festival(tmp_path):
    yield written(tmp_path, "festival", MECHANISM)
    sys.modules.pop("festival")


def test_a_policy_of_ones_own_is_known_while_it_is_given(lecture):
    scenario = load_document(DOCUMENT, policies=[lecture])
    assert scenario.arms["lecture"][0].levers == {"thrift": 0.9}
    assert "lecture" not in POLICIES
    with pytest.raises(ScenarioErrors, match="unknown policy 'lecture'"):
        load_document(DOCUMENT)


def test_its_levers_are_checked_like_those_built_in(lecture, tmp_path):
    file = tmp_path / "place.yaml"
    file.write_text(
        "schema: 1\narms:\n  a: [{policy: lecture, payer: county, thrift: 3}]\n  b: [{policy: lecture, payer: x, thri: 1}]\n"
    )
    with pytest.raises(ScenarioErrors) as error:
        load_scenario(file, policies=[lecture])
    text = "\n".join(error.value.messages)
    assert "arms.a.lecture.thrift: 3 is out of bounds (0 to 1" in text
    assert "unknown key; did you mean 'thrift'?" in text or "arms.b.lecture.thri: unknown key" in text
    changed = load_document(DOCUMENT, policies=[lecture], set=["arms.lecture.lecture.thrift=0.2"])
    assert changed.arms["lecture"][0].levers == {"thrift": 0.2}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_with_own_modules(lecture, festival, tmp_path, workers):
    placed = (festival, "after", "distribution")
    scenario = load_document(
        DOCUMENT | {"parameters": {"festival": {"cost": 2.0}}}, policies=[lecture], mechanisms=[placed]
    )
    results = sim.run(
        scenario,
        replications=4,
        policies=[lecture],
        mechanisms=[placed],
        out=tmp_path / "result",
        workers=workers,
        block=2,
    )
    assert [entry["name"] for entry in results.manifest["own_modules"]] == ["lecture", "festival"]
    assert results.manifest["own_modules"][0]["version"] == "1.2"
    assert all(len(entry["sha256"]) == 64 for entry in results.manifest["own_modules"])
    assert {2.0 * n for n in range(1, 7)} >= set(results.accounts.query("kind == 'festival'").amount) > set()
    cash = results.villages.groupby(["year", "arm"]).cash.mean().unstack("arm")
    assert cash.lecture[2011] == cash.no_policy[2011]
    assert cash.lecture[2013] > cash.no_policy[2013] + 1
    assert results.audit().ok
    assert "lecture" not in POLICIES
    model = sim.JointDevelopmentModel(scenario, "lecture", 3, policies=[lecture], mechanisms=[placed])
    while model.running:
        model.step()
    mine = results.villages.query("arm == 'lecture' and replication == 3")
    assert np.array_equal(model.results().cash, mine.cash)


def test_at_zero_the_policy_does_nothing(lecture):
    scenario = load_document(DOCUMENT, policies=[lecture], set=["arms.lecture.lecture.thrift=0"])
    found = []
    for arm in ("no_policy", "lecture"):
        model = sim.JointDevelopmentModel(scenario, arm, policies=[lecture])
        while model.running:
            model.step()
        found.append(model.results().drop(columns="arm"))
    assert found[0].equals(found[1])


def test_a_scenario_whose_policy_is_not_handed_over_says_so(lecture):
    scenario = load_document(DOCUMENT, policies=[lecture])
    with pytest.raises(UnknownPolicy, match=r"hand its module over: policies=\[lecture\]"):
        sim.JointDevelopmentModel(scenario, "lecture")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('ZERO = {"thrift": 0.0}', "", "the module has no ZERO"),
        ('ZERO = {"thrift": 0.0}', "ZERO = {}", "ZERO must say"),
        ("def adjust", "def adapt", "the module has no adjust"),
        ("thrift: Array = quantity(", "scope: Array = quantity(", "may not be called 'scope'"),
        (
            'meaning="share of spending saved", combine="max")',
            'meaning="m")\n    more: float = 1.0',
            "not declared",
        ),
        ('"宣讲", False, PUBLIC_PAYERS', '"宣讲", False, ("bank",)', "PAYERS"),
        ("PUBLIC_PAYERS, ()", 'PUBLIC_PAYERS, ("pool",)', "REQUIRES names no policy"),
    ],
)
def test_a_module_that_is_no_policy_is_refused(tmp_path, old, new, says):
    assert old in POLICY
    module = written(tmp_path, "lecture", POLICY.replace(old, new))
    with pytest.raises(OwnModuleError, match=says):
        load_document(DOCUMENT, policies=[module])


def test_names_of_the_built_in_are_taken(tmp_path):
    with pytest.raises(OwnModuleError, match="built-in policy of this name"):
        Registered.of([written(tmp_path, "pairing", POLICY)])
    with pytest.raises(OwnModuleError, match="built-in mechanism of this name"):
        Registered.of(mechanisms=[(written(tmp_path, "land", MECHANISM), "after", "land")])
    with pytest.raises(OwnModuleError, match="its own file"):
        Registered.of([sys.modules["__main__"]])


def test_a_mechanism_stands_where_it_is_put(festival):
    def order(where, anchor):
        return [stem(module) for module in schedule_with(Registered.of((), [(festival, where, anchor)]).mechanisms)]

    built_in = [stem(module) for module in SCHEDULE]
    place = built_in.index("projects")
    assert order("after", "projects") == [*built_in[: place + 1], "festival", *built_in[place + 1 :]]
    assert order("before", "projects") == [*built_in[:place], "festival", *built_in[place:]]
    with pytest.raises(OwnModuleError, match="there is no mechanism 'project'"):
        order("after", "project")
    with pytest.raises(OwnModuleError, match=r"\(module, 'after', 'projects'\)"):
        Registered.of((), [festival])


def test_installed_modules_are_known_without_being_handed_over(lecture, festival, monkeypatch):
    class Entry:
        def __init__(self, module):
            self.load = lambda: module

    festival.AFTER = "land"
    offered = {"lianjian.policies": [Entry(lecture)], "lianjian.mechanisms": [Entry(festival)]}
    monkeypatch.setattr(own, "entry_points", lambda group: offered[group])
    own._installed.cache_clear()
    try:
        found = Registered.of()
        assert found.mechanisms == ((festival, "after", "land"),)
        assert load_document(DOCUMENT).arms["lecture"][0].policy == "lecture"
    finally:
        own._installed.cache_clear()
        monkeypatch.undo()


def test_known_may_be_nested(lecture):
    registered = Registered.of([lecture])
    with known(registered):
        with known(registered):
            assert POLICIES["lecture"] is lecture
        assert POLICIES["lecture"] is lecture
    assert "lecture" not in POLICIES


def test_an_adjust_that_forgets_to_return_is_told(tmp_path):
    text = POLICY.replace("    return dataclasses.replace(parameters, distribution=thrifty)\n", "")
    module = written(tmp_path, "lecture", text)
    scenario = load_document(DOCUMENT, policies=[module])
    with pytest.raises(TypeError, match="adjust of policy lecture must return the changed ModelParameters, not None"):
        sim.run(scenario, replications=1, policies=[module], out=tmp_path / "result")
    sys.modules.pop("lecture")
