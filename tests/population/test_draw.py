"""Drawn villages: possible, paired, independent of the batch."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.population import VARIABLES, Population, draw
from sim.state import INDUSTRIES
from sim.streams import generator

ARRAYS = [f.name for f in dataclasses.fields(Population) if f.name != "names"]


def same(one, other, rows=slice(None), others=slice(None)):
    for name in ARRAYS:
        assert getattr(one, name)[rows].tobytes() == getattr(other, name)[others].tobytes(), name


def test_shapes_types_and_what_they_mean(point):
    drawn = draw([point(), point()], [0, 1, 2], seed=1)
    for name in ARRAYS:
        array = getattr(drawn, name)
        assert array.shape == (6, 27), name
        assert array.dtype == (np.int64 if name in ("industry", "town", "council", "centre") else np.float64), name
    assert len(drawn.names) == 27
    assert (drawn.industry < len(INDUSTRIES)).all()
    assert (drawn.reserve_land <= drawn.cultivated_land).all()
    assert (drawn.population[np.arange(6)[:, None], drawn.centre] >= drawn.population).all()
    assert (np.take_along_axis(drawn.council, drawn.centre, 1) == drawn.council).all()


def test_one_village_by_hand(point):
    """People of village 0 in replication 5 from the first uniform of its stream."""
    from scipy.special import ndtri

    uniforms = generator(9, 5, "population").random((len(VARIABLES), 27))
    drawn = draw([point({"population.people.mean": 1000, "population.people.log_sd": 0.5})], [5], seed=9)
    z = ndtri(uniforms[VARIABLES.index("population"), 0])
    assert drawn.population[0, 0] == pytest.approx(1000 * np.exp(0.5 * z - 0.125), rel=1e-12)
    held = uniforms[VARIABLES.index("has_assets"), 0] >= 0.4
    assert (drawn.assets[0, 0] > 0) == held


def test_means_are_the_declared_ones(point):
    drawn = draw([point()], range(600), seed=2)
    assert drawn.population.mean() == pytest.approx(800, rel=0.02)
    assert drawn.cultivated_land.mean() == pytest.approx(800 * 2.2, rel=0.03)
    assert (drawn.assets > 0).mean() == pytest.approx(0.6, abs=0.02)
    assert np.median(drawn.assets[drawn.assets > 0]) == pytest.approx(70, rel=0.04)
    assert drawn.asset_quality.mean() == pytest.approx(1, abs=0.02)
    assert np.median(drawn.leader_ability) == pytest.approx(1, abs=0.02)
    assert np.median(drawn.trust) == pytest.approx(0.5, abs=0.01)
    assert np.median(drawn.migrant_share) == pytest.approx(0.6, abs=0.01)
    assert (drawn.migrant_share > 0.7).mean() == pytest.approx(0.19, abs=0.02)
    assert (drawn.industry == 0).mean() == pytest.approx(0.5, abs=0.02)


def test_a_run_is_independent_of_the_batch(point):
    one, other = point(), point({"population.people.mean": 2000.0, "projects.quality_sd": 2.0})
    batch = draw([one, other], [3, 0, 11], seed=4)
    same(batch, draw([one], [3], seed=4), slice(0, 1))
    same(batch, draw([other], [11], seed=4), slice(5, 6))
    same(batch, draw([other, one], [0, 3], seed=4), slice(0, 1), slice(3, 4))


def test_seeds_and_replications_differ(point):
    drawn = draw([point()], [0, 1], seed=1)
    assert (drawn.population[0] != drawn.population[1]).all()
    assert (drawn.population[0] != draw([point()], [0], seed=2).population[0]).all()


def test_design_points_share_their_uniforms(point):
    drawn = draw([point(), point({"population.people.mean": 1600.0})], [0], seed=1)
    assert drawn.population[1] == pytest.approx(2 * drawn.population[0])
    assert (np.argsort(drawn.population[0]) == np.argsort(drawn.population[1])).all()
    for name in ("leader_ability", "trust", "assets", "x", "industry", "council"):
        assert (getattr(drawn, name)[0] == getattr(drawn, name)[1]).all(), name


def test_a_form_shifts_no_other_draw(point):
    pareto, lognormal = point(), point(tail="lognormal", council_rule="random")
    drawn = draw([pareto, lognormal], range(40), seed=1)
    first, second = slice(0, 40), slice(40, 80)
    below = drawn.assets[first] < 600
    assert (drawn.assets[first][below] == drawn.assets[second][below]).all()
    assert drawn.assets[first].max() > drawn.assets[second].max()
    assert drawn.know_how[first].tobytes() == drawn.know_how[second].tobytes()


def test_a_variable_added_at_the_end_changes_no_earlier_one():
    before = generator(1, 0, "population").random((len(VARIABLES), 27))
    after = generator(1, 0, "population").random((len(VARIABLES) + 1, 27))
    assert (after[: len(VARIABLES)] == before).all()


def test_villages_stand_in_their_cells(point):
    drawn = draw([point({"population.map.spacing": 2.0, "population.map.irregularity": 0.5})], [0], seed=1)
    # 27 villages: six a row; village 8 is third in the second row: (2, 1) x 2 km, at most 0.5 x 2 / 2 km away
    assert abs(drawn.x[0, 8] - 4.0) <= 0.5
    assert abs(drawn.y[0, 8] - 2.0) <= 0.5


def test_different_numbers_of_villages_are_refused(point):
    with pytest.raises(ValueError, match=r"need one number of villages, got \[26, 27\]"):
        draw([point(), point(villages=26)], [0], seed=1)


def test_a_file_rule_needs_a_file(point):
    with pytest.raises(ValueError, match=r"needs population\.file"):
        draw([point(council_rule="file")], [0], seed=1)


@settings(max_examples=60)
@given(data=st.data())
def test_any_declared_values_give_possible_villages(point, population_declarations, data):
    numbers = {}
    for key, d in population_declarations.items():
        if d.sort == "quantity":
            numbers[key] = data.draw(st.floats(*d.bounds), label=key)
    size = {
        "tail": data.draw(st.sampled_from(["pareto", "lognormal"])),
        "council_rule": data.draw(st.sampled_from(["adjacency", "random"])),
        "council_count": data.draw(st.integers(1, 27)),
    }
    drawn = draw([point(numbers, **size)], [0, 1], seed=data.draw(st.integers(0, 2**32)))
    for name in ARRAYS:
        array = getattr(drawn, name)
        assert np.isfinite(array).all(), name
        if name not in ("x", "y"):
            assert (array >= 0).all(), name
    assert (drawn.reserve_land <= drawn.cultivated_land).all()
    assert ((drawn.trust > 0) & (drawn.trust < 1)).all()
    assert (drawn.migrant_share < 1).all()
    assert (drawn.leader_ability > 0).all()
