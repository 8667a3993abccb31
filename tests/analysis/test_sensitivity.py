"""Sensitivity of stored sweeps: what is analysed, how blocks and trajectories are found, failures, lines."""

import json

import numpy as np
import pytest

from sim.analysis.sensitivity import Answer, SensitivityError, analyse, ask, lines, ranked
from sim.analysis.stored import StoredRows
from sim.experiment import designs
from sim.store import ResultFolderError
from tests.stored_runs import earning, stored

RATE = {"name": "rate", "paths": ["parameters.a.rate"], "unit": "share", "zh": "比例", "levels": None, "range": [0, 4]}
FORM = {
    "name": "form",
    "paths": ["forms.form"],
    "unit": "1",
    "zh": "形式",
    "levels": ["near", "rich", "far"],
    "range": None,
}
IDLE = {"name": "idle", "paths": ["parameters.a.idle"], "unit": "1", "zh": "无", "levels": [1, 2], "range": None}
FACTS = [RATE, FORM, IDLE]
BONUS = {"near": 0.0, "rich": 3.0, "far": -1.0}
NOISE = np.array([0.3, -0.2, 0.0, 0.1, -0.2])


def settings_of(uniforms):
    """Values of the three factors at a place of the unit cube."""
    rate, form, idle = uniforms
    options = FORM["levels"]
    return {
        "parameters.a.rate": 4.0 * rate,
        "forms.form": options[min(int(3 * form), 2)],
        "parameters.a.idle": 1 + int(idle > 0.5),
    }


def answer_at(settings):
    return 0.5 * settings["parameters.a.rate"] + BONUS[settings["forms.form"]]


def sweep(method, uniforms, place, failed=(), several=1):
    """A stored sweep of two arms: the pool adds what the settings say; noise that both arms share cancels."""
    made = [settings_of(row) for row in uniforms] * several
    runs = {}
    for point, settings in enumerate(made):
        base = 5.0 + NOISE + point
        pool = [None if (point, r) in failed else v for r, v in enumerate(base + answer_at(settings))]
        runs |= {(point, "pool"): earning(*pool, gini=0.3), (point, "pool@same_money"): earning(*base, gini=0.3)}
    columns = {"rate": [s["parameters.a.rate"] for s in made], "form": [s["forms.form"] for s in made]}
    columns = {name: list(values) * several for name, values in place.items()} | columns
    rows = stored(runs, ("earned_income", "gini"), columns | {"settings": [json.dumps(s) for s in made]})
    facts = {**rows.facts, "method": method, "factors": FACTS, "replications": {"at_least": 5, "at_most": 5}}
    if several == 1:
        return rows._replace(facts=facts)
    names = [f"town_{n}" for n in range(several) for _ in uniforms]
    at = rows.points.column_names.index("scenario")
    points = rows.points.set_column(at, "scenario", [names])
    return rows._replace(
        facts={**facts, "scenarios": {name: {"villages": 10} for name in dict.fromkeys(names)}}, points=points
    )


def saltelli(rows=64, **others) -> StoredRows:
    uniforms = designs.saltelli([1, 1, 1], rows, 1)
    place = {"block": [], "moved": [], "row": []}
    for block, factor in designs.saltelli_blocks(rows, 3):
        place["block"] += [block] * rows
        place["moved"] += [FACTS[factor]["name"] if factor >= 0 else ""] * rows
        place["row"] += list(range(rows))
    return sweep("saltelli", uniforms, place, **others)


def morris(trajectories=8, **others) -> StoredRows:
    uniforms, steps = designs.morris(3, trajectories, 4, 1)
    names = [FACTS[moved]["name"] if moved >= 0 else "" for moved in steps[:, 2]]
    place = {"trajectory": steps[:, 0].tolist(), "step": steps[:, 1].tolist(), "moved": names}
    return sweep("morris", uniforms, place, **others)


CONTRAST = Answer("made_up", "pool", "pool@same_money", "earned_income")


def test_differences_come_first_then_levels():
    asked = ask(saltelli(8))
    assert asked[0] == CONTRAST
    assert [(a.arm, a.against, a.outcome) for a in asked] == [
        ("pool", "pool@same_money", "earned_income"),
        ("pool", "pool@same_money", "gini"),
        ("pool", "", "earned_income"),
        ("pool", "", "gini"),
        ("pool@same_money", "", "earned_income"),
        ("pool@same_money", "", "gini"),
    ]
    assert [a.outcome for a in ask(saltelli(8), [("pool", "pool@same_money")], ["gini"])] == ["gini"] * 3


def test_sobol_indices_of_a_difference_without_interactions():
    (found,) = analyse(saltelli(256), [CONTRAST])
    share = np.array([4.0 / 12.0, np.var([0.0, 3.0, -1.0]), 0.0])  # variances of 0.5 rate and of the bonus
    assert found.result.free.first.estimate == pytest.approx(share / share.sum(), abs=0.05)
    assert found.result.free.total.estimate == pytest.approx(share / share.sum(), abs=0.05)
    assert found.noise.moving == pytest.approx(0.0, abs=1e-12)  # both arms share it
    assert ranked(found) == [1, 0, 2]
    assert (found.groups, found.dropped, found.thinned, found.missing) == (256, 0, 0, 0)


def test_screening_counts_in_whole_ranges_and_between_options():
    (found,) = analyse(morris(40), [CONTRAST])
    assert found.result.mu.estimate[0] == pytest.approx(2.0)  # 0.5 times a range of 4
    steps = {abs(BONUS[a] - BONUS[b]) for a, b in (("near", "far"), ("rich", "far"))}
    assert min(steps) <= found.result.mu_star.estimate[1] <= max(steps)
    assert found.result.mu_star.estimate[2] == 0.0
    assert list(found.result.rms.low > 0.0) == [True, True, False]


def test_an_outcome_that_never_differs_has_no_indices():
    (found,) = analyse(saltelli(16), [Answer("made_up", "pool", "pool@same_money", "gini")])
    assert np.isnan(found.result.plain.total.estimate).all()


def test_a_failed_run_leaves_the_other_replications():
    whole, gap = (analyse(saltelli(64, failed=lost), [CONTRAST])[0] for lost in ([], [(3, 0), (70, 4)]))
    assert (gap.dropped, gap.thinned, gap.missing) == (0, 2, 2)
    assert gap.result.free.total.estimate == pytest.approx(whole.result.free.total.estimate, abs=1e-9)


def test_a_point_without_any_replication_costs_its_row():
    lost = [(64 * 3 + 5, r) for r in range(5)]  # block AB of the second factor, row 5
    (found,) = analyse(saltelli(64, failed=lost), [CONTRAST])
    assert (found.dropped, found.result.rows) == (1, 63)
    assert (found.result.free.total.estimate[:2] > 0.1).all()
    (level,) = analyse(saltelli(64, failed=lost), [Answer("made_up", "pool@same_money", "", "earned_income")])
    assert level.dropped == 0  # that arm ran


@pytest.mark.parametrize("step", [0, 2, 3])
def test_a_point_without_any_replication_costs_its_trajectory(step):
    lost = [(4 * 2 + step, r) for r in range(5)]
    (found,) = analyse(morris(8, failed=lost), [CONTRAST])
    assert (found.dropped, found.result.trajectories) == (1, 7)
    assert found.result.mu.estimate[0] == pytest.approx(2.0)


def test_too_little_left_is_said_and_not_a_zero():
    lost = [(point, r) for point in range(60) for r in range(5)]
    (found,) = analyse(saltelli(64, failed=lost), [CONTRAST])
    assert found.result is None
    assert found.why == "4 complete base rows of 64; indices need 8 or more"
    assert all(np.isnan(line.noise_free) for line in lines(found, ["rate", "form", "idle"]))


def test_each_scenario_is_analysed_by_itself():
    rows = saltelli(32, several=2)
    asked = [a for a in ask(rows) if a.against and a.outcome == "earned_income"]
    first, second = analyse(rows, asked)
    assert (first.answer.scenario, second.answer.scenario) == ("town_0", "town_1")
    assert first.result.free.total.estimate == pytest.approx(second.result.free.total.estimate, abs=1e-9)


def test_lines_hold_every_index():
    (found,) = analyse(saltelli(32), [CONTRAST])
    made = list(lines(found, ["rate", "form", "idle"]))
    assert [line.index for line in made].count("total") == 3
    assert {line.index for line in made} == {"mean", "noise_share", "noise_within", "first_order", "total"}
    total = next(line for line in made if line.index == "total" and line.factor == "form")
    assert total.noise_free_low < total.noise_free < total.noise_free_high
    (found,) = analyse(morris(), [CONTRAST])
    made = list(lines(found, ["rate", "form", "idle"]))
    assert {line.index for line in made} >= {"mu", "mu_star", "sigma", "root_mean_square"}


def test_other_designs_are_refused_with_those_that_fit():
    rows = saltelli(8)
    rows = rows._replace(facts={**rows.facts, "method": "grid"})
    with pytest.raises(SensitivityError, match=r"design 'grid': .*method: morris.*method: saltelli"):
        analyse(rows, [CONTRAST])


def test_half_a_design_is_refused():
    rows = saltelli(8)
    with pytest.raises(ResultFolderError, match="not whole"):
        analyse(rows._replace(points=rows.points.slice(0, 39)), [CONTRAST])
    rows = morris()
    with pytest.raises(ResultFolderError, match="not whole"):
        analyse(rows._replace(points=rows.points.slice(0, 31)), [CONTRAST])
