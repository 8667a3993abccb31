"""Who helped whom, and what came of it: worked by hand on two runs of four villages."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments.pairs import (
    HELPED_PROJECTS,
    Pairs,
    correlation_by_run,
    first_helper,
    mean_over,
    pairs,
    phases,
    role_gains,
    roles,
    terciles,
    with_and_without,
)
from sim.scenario.scenario import Calendar

CALENDAR = Calendar(2010, 1, 2, 1)
NONE = [-1, -1, -1, -1]


def helper(*years: list[int]) -> np.ndarray:
    """One run."""
    return np.array([years])


def test_helpers_and_helped() -> None:
    found = roles(helper([1, -1, -1, -1], [1, -1, 3, -1]))
    assert found["helpers"].tolist() == [[False, True, False, True]]
    assert found["helped"].tolist() == [[True, False, True, False]]


def test_a_village_with_both_parts_has_neither() -> None:
    found = roles(helper([1, -1, -1, -1], [-1, 2, -1, -1]))
    assert found["helpers"].tolist() == [[False, False, True, False]]
    assert found["helped"].tolist() == [[True, False, False, False]]


def test_nobody_is_helped() -> None:
    found = roles(helper(NONE, NONE))
    assert not found["helpers"].any()
    assert not found["helped"].any()


def test_mean_over_nobody_is_unknown() -> None:
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    assert mean_over(values, np.array([[True, True], [False, True]])).tolist() == [2.0, 7.0]
    assert np.isnan(mean_over(values[:1], np.zeros((1, 2), dtype=bool))[0])


def test_phases() -> None:
    assert phases(CALENDAR) == {"during": slice(1, 3), "after": slice(3, 4)}


def records(earned: Any, helper_: Any, know_how: Any = None) -> Any:
    values = np.array(earned, dtype=float)
    projects = np.zeros_like(values)
    skills = np.ones_like(values) if know_how is None else np.array(know_how, dtype=float)
    return SimpleNamespace(
        villages={"earned_income": values, "know_how": skills, "project_assets": projects}, helper=np.array(helper_)
    )


def test_gains_of_both_roles_by_hand() -> None:
    """Village 1 helps village 0 in the policy years 1 and 2; year 3 is after."""
    plain = records([[[1, 9], [1, 9], [1, 9], [1, 9]]], [[[-1, -1]] * 4])
    arm = records([[[1, 9], [2, 8], [4, 8], [5, 9]]], [[[-1, -1], [1, -1], [1, -1], [-1, -1]]])
    found = role_gains(arm, plain, CALENDAR)
    assert {key: float(value[0]) for key, value in found.items()} == {
        ("helpers", "during"): -1.0,
        ("helpers", "after"): 0.0,
        ("helped", "during"): 2.0,
        ("helped", "after"): 4.0,
    }


def test_first_helper() -> None:
    found = first_helper(helper([-1, 2, -1, -1], [3, 0, -1, -1]))
    assert found.tolist() == [[3, 2, -1, -1]]


def test_pairs_by_hand() -> None:
    plain = records([[[0, 9], [0, 9], [0, 9], [0, 9]]], [[[-1, -1]] * 4], [[[1, np.e]] * 4])
    arm = records([[[0, 9], [1, 9], [3, 9], [7, 9]]], [[[-1, -1], [1, -1], [1, -1], [-1, -1]]], [[[1.5, np.e]] * 4])
    places: Any = SimpleNamespace(x=np.array([[0.0, 3.0]]), y=np.array([[0.0, 4.0]]))
    found = pairs(arm, plain, places, CALENDAR)
    assert found.run.tolist() == [0]
    assert {name: float(value[0]) for name, value in found.features.items()} == pytest.approx(
        {
            "distance, km": 5.0,
            "gap of ln know-how": 1.0,
            "gap of ln(1 + earned income)": np.log(10.0),
            HELPED_PROJECTS: 0.0,
        }
    )
    assert {name: float(value[0]) for name, value in found.gains.items()} == pytest.approx(
        {"know-how, end of policy": 0.5, "earned income, during": 2.0, "earned income, after": 7.0}
    )


def some_pairs() -> Pairs:
    """Three runs of four pairs; the gain falls with distance in every run."""
    distance = np.tile([1.0, 2.0, 3.0, 4.0], 3) + np.repeat([0.0, 10.0, 20.0], 4)
    gain = np.tile([4.0, 3.0, 2.0, 1.0], 3)
    return Pairs(np.repeat([0, 1, 2], 4), {"distance": distance}, {"gain": gain})


def test_correlation_is_taken_within_runs() -> None:
    found = correlation_by_run(some_pairs(), "distance", "gain")
    assert float(found.mean) == pytest.approx(-1.0)
    assert int(found.sign) == -1


def test_runs_with_fewer_than_three_pairs_say_nothing() -> None:
    made = some_pairs()
    few = dataclasses.replace(made, run=np.arange(12))
    assert np.isnan(correlation_by_run(few, "distance", "gain").mean)


def test_terciles_split_the_pairs_and_average_over_runs() -> None:
    made = dataclasses.replace(some_pairs(), features={"distance": np.tile([1.0, 2.0, 3.0, 4.0], 3)})
    rows = terciles(made, "distance", "gain", 3)
    assert [float(mean.mean) for _, _, mean in rows] == [4.0, 3.0, 1.5]
    assert rows[0][0] == 1.0
    assert rows[2][1] == 4.0


def test_with_a_project_and_without() -> None:
    made = dataclasses.replace(some_pairs(), features={"projects": np.tile([0.0, 0.0, 0.0, 5.0], 3)})
    (share, with_one), (rest, without) = with_and_without(made, "projects", "gain", 3)
    assert (share, rest) == (0.25, 0.75)
    assert (float(with_one.mean), float(without.mean)) == (1.0, 3.0)
