"""Elementary effects: a linear function exactly, SALib on the same points, noise and gaps."""

import numpy as np
import pytest

from experiments.known_functions import g_function, own_noise, shared_noise
from sim.experiment.designs import morris
from sim.statistics.elementary_effects import TooFewTrajectories, screening

NAN = float("nan")
LINEAR = np.array([3.0, -2.0, 0.0, 0.5])


def effects_of(uniforms, steps, values, factors):
    """Elementary effects (trajectories, factors, replications) of a Morris design."""
    values = values if values.ndim == 2 else values[:, None]
    found = np.full((steps[:, 0].max() + 1, factors, values.shape[1]), NAN)
    for row in range(1, len(steps)):
        trajectory, step, moved = steps[row]
        if step:
            change = uniforms[row, moved] - uniforms[row - 1, moved]
            found[trajectory, moved] = (values[row] - values[row - 1]) / change
    return found


def design(factors=4, trajectories=10, seed=1):
    return morris(factors, trajectories, 4, seed)


def test_a_linear_function_exactly():
    uniforms, steps = design()
    found = screening(effects_of(uniforms, steps, uniforms @ LINEAR, 4))
    assert found.mu.estimate == pytest.approx(LINEAR)
    assert found.mu_star.estimate == pytest.approx(np.abs(LINEAR))
    assert found.sigma.estimate == pytest.approx(np.zeros(4), abs=1e-12)
    assert found.trajectories == 10


def test_morris_of_salib_on_the_same_points():
    analyze = pytest.importorskip("SALib.analyze.morris")
    uniforms, steps = design(6, 12)
    values = g_function(uniforms)
    problem = {"num_vars": 6, "names": list("abcdef"), "bounds": [[0, 1]] * 6}
    theirs = analyze.analyze(problem, uniforms, values, num_levels=4, num_resamples=10, seed=1)
    ours = screening(effects_of(uniforms, steps, values, 6))
    assert ours.mu.estimate == pytest.approx(theirs["mu"], abs=1e-12)
    assert ours.mu_star.estimate == pytest.approx(theirs["mu_star"], abs=1e-12)
    assert ours.sigma.estimate == pytest.approx(theirs["sigma"], abs=1e-12)


RECORDED = {
    "mu_star": [2.3435592, 1.58545091, 0.83916809, 0.38299774, 0.03225605, 0.0308593],
    "sigma": [2.44497318, 2.01523889, 1.06783651, 0.48379348, 0.04006627, 0.0399158],
}
"""SALib 1.6.0, analyze.morris, g-function on 12 trajectories of seed 1."""


def test_the_numbers_of_salib():
    uniforms, steps = design(6, 12)
    ours = screening(effects_of(uniforms, steps, g_function(uniforms), 6))
    assert ours.mu_star.estimate == pytest.approx(RECORDED["mu_star"], abs=1e-8)
    assert ours.sigma.estimate == pytest.approx(RECORDED["sigma"], abs=1e-8)


@pytest.mark.parametrize("noise", [own_noise, shared_noise])
def test_noise_is_told_from_effects(noise):
    uniforms, steps = design(4, 40)
    values = (uniforms @ LINEAR)[:, None] + noise(uniforms, 20, 0.5, np.random.default_rng(2))
    found = screening(effects_of(uniforms, steps, values, 4))
    assert found.rms.estimate == pytest.approx(np.abs(LINEAR), abs=0.35)
    assert list(found.rms.low[:3] > 0.0) == [True, True, False]
    assert found.mu_star.estimate[2] > 0.05  # never 0 with noise
    assert found.mu_star.estimate[2] == pytest.approx(found.mu_star_noise[2], rel=0.6)
    assert (found.sigma_free < found.sigma.estimate).all()


def test_a_point_without_an_answer_costs_its_trajectory():
    uniforms, steps = design()
    effects = effects_of(uniforms, steps, uniforms @ LINEAR, 4)
    effects[3, 2] = NAN
    found = screening(effects)
    assert found.trajectories == 9
    assert found.mu.estimate == pytest.approx(LINEAR)


def test_missing_replications_are_used_as_far_as_they_are_there():
    uniforms, steps = design()
    effects = effects_of(uniforms, steps, np.repeat((uniforms @ LINEAR)[:, None], 5, axis=1), 4)
    effects[2, 1, :3] = NAN
    found = screening(effects)
    assert found.trajectories == 10
    assert found.mu.estimate == pytest.approx(LINEAR)
    assert found.rms.estimate == pytest.approx(np.abs(LINEAR), abs=1e-6)


def test_too_few_trajectories_are_refused():
    effects = np.ones((5, 2, 3))
    effects[:2, 0] = NAN
    with pytest.raises(TooFewTrajectories, match="3 complete trajectories of 5; screening needs 4 or more"):
        screening(effects)
