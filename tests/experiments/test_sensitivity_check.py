"""The page of numbers about sensitivity: that it can be made, and that its functions are what they say."""

import numpy as np
import pytest

from experiments.known_functions import g_function, g_indices, ishigami, ishigami_indices, shared_noise
from experiments.sensitivity_check import effects_at, report
from sim.experiment.designs import morris


def test_the_report_is_made():
    text = report(2, 1)
    for heading in ("## Known functions", "## Failed runs", "## Replication noise", "## Screening"):
        assert heading in text
    assert "nan" not in text


def test_analytic_indices_belong_to_their_functions():
    uniforms = np.random.default_rng(1).random((200_000, 6))
    assert ishigami(uniforms).var() == pytest.approx(13.84, rel=0.02)
    first, total, second = ishigami_indices()
    assert first.sum() + second.sum() == pytest.approx(1.0)
    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=1e-4)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=1e-4)
    assert g_function(uniforms).mean() == pytest.approx(1.0, abs=0.01)
    assert g_indices()[0][0] == pytest.approx(0.5868, abs=1e-3)
    assert (g_indices()[1] >= g_indices()[0]).all()


def test_shared_noise_is_one_function_a_replication():
    uniforms = np.zeros((3, 2))
    drawn = shared_noise(uniforms, 4, 1.0, np.random.default_rng(1))
    assert np.ptp(drawn, axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert np.ptp(drawn, axis=1).min() > 0.0


def test_effects_are_those_of_the_factor_that_moved():
    uniforms, steps = morris(3, 5, 4, 1)
    weights = np.array([1.0, -2.0, 0.5])
    effects = effects_at(uniforms, steps, (uniforms @ weights)[:, None])
    assert effects[..., 0] == pytest.approx(np.tile(weights, (5, 1)))
