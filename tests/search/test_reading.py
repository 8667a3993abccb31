"""Search files: every fault with its place, all at once."""

import pytest

from sim.scenario import ScenarioErrors
from sim.search.reading import load_search
from tests.search.worlds import BUDGET, write_world


def messages(folder, **changes):
    with pytest.raises(ScenarioErrors) as caught:
        load_search(write_world(folder, **changes))
    return [line.removeprefix(f"{folder}/") for line in caught.value.messages]


def test_a_file_is_filled_in(tmp_path):
    search = load_search(write_world(tmp_path))
    assert search.members == ("pool", "pairing")
    assert search.fixed == ()
    assert search.algorithm == "nsga2"
    assert search.compare == ("package",)
    assert [goal.difference for goal in search.goals] == [True, False, False]
    assert search.draws.seed != search.fresh.seed
    assert {"earned_income", "share_of_losers", "public_cost"} <= set(search.scenario.outcomes)


def test_members_that_are_not_named_stay(tmp_path):
    search = load_search(write_world(tmp_path, members=["pairing"]))
    assert (search.members, search.fixed) == (("pairing",), ("pool",))


def test_evaluations_are_whole_generations(tmp_path):
    assert load_search(write_world(tmp_path, generations=None, evaluations=20)).generations == 3


def test_four_goals_take_reference_directions(tmp_path):
    goals = {"earned_income": "more", "gini": "less", "share_of_losers": "less", "public_cost": "less"}
    assert load_search(write_world(tmp_path, goals=goals)).algorithm == "nsga3"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arm": "packge"}, "arm: there is no arm 'packge'; did you mean 'package'?"),
        ({"members": ["pol"]}, "members#1: the arm 'package' does not join 'pol'; did you mean 'pool'?"),
        ({"arm": "pool", "decisions": {BUDGET: {"range": [20, 200]}}}, "joins no arms"),
        ({"decisions": {"arms.package.funding_pool.match": "prior"}}, "write arms.pool.funding_pool..."),
        ({"decisions": {"parameters.projects.overhead": "prior"}}, "only levers and budgets are decided upon"),
        ({"decisions": {"arms.pool.funding_pool.mach": "prior"}}, "did you mean 'match'?"),
        ({"goals": {"earned_income": "more"}}, "a single goal has a best point and no front"),
        ({"goals": {"earned_incom": "more", "public_cost": "less"}}, "did you mean 'earned_income'?"),
        ({"goals": {"earned_income": "higher", "public_cost": "less"}}, "'higher' is neither more nor less"),
        ({"goals": {"share_of_losers_same_money": "less", "public_cost": "less"}}, "needs the companion same_money"),
        ({"budget": 0}, "with 0 万元 only no_policy is left"),
        ({"compare": ["pool@same_money"]}, "companions are not simulated in a search"),
        ({"fresh": {"seed": 1}}, "fresh.seed: 1 is the seed of the search itself"),
        ({"fresh": 1}, "gives no interval"),
        ({"replications": 1}, "one replication says nothing of chance"),
        ({"members": None, "decisions": None}, "nothing is decided"),
        ({"evaluations": 100}, "there are generations too"),
        ({"set": {BUDGET: 100}}, "the factor '" + BUDGET + "' varies this"),
        ({"robust": {"points": 5}}, "over is missing"),
        ({"robust": {"over": ["arms.pool.funding_pool.match"]}}, "is no unknown of the model"),
        ({"robust": {"over": ["parameters.projects.overhead"], "statistic": "wurst"}}, "did you mean 'worst'?"),
        ({"algorithm": "nsga1"}, "is no algorithm"),
        ({"evalutions": 3}, "did you mean 'evaluations'?"),
    ],
)
def test_faults_are_told_with_their_place(tmp_path, changes, said):
    found = messages(tmp_path, **changes)
    assert any(said in line for line in found), found
    assert all(line.startswith("search.yaml:") for line in found)


def test_all_faults_come_at_once(tmp_path):
    found = messages(tmp_path, members=["pol"], goals={"gini": "lower", "public_cost": "less"}, budget=-1)
    assert len(found) == 3
