"""Functions whose sensitivity indices are known, of uniforms on the unit cube, and noise to put on them."""

from __future__ import annotations

import math

import numpy as np

from sim.declare import Array

ISHIGAMI_A, ISHIGAMI_B = 7.0, 0.1
G_COEFFICIENTS = (0.0, 0.5, 3.0, 9.0, 99.0, 99.0)


def ishigami(uniforms: Array) -> Array:
    """Ishigami and Homma (1990): sin x1 + a sin^2 x2 + b x3^4 sin x1, x uniform on [-pi, pi]."""
    x1, x2, x3 = (-math.pi + 2.0 * math.pi * uniforms[:, :3]).T
    return np.asarray(np.sin(x1) + ISHIGAMI_A * np.sin(x2) ** 2 + ISHIGAMI_B * x3**4 * np.sin(x1))


def ishigami_indices() -> tuple[Array, Array, Array]:
    """First order, total, and second order of the pairs (1, 2), (1, 3), (2, 3)."""
    b = ISHIGAMI_B
    first = 0.5 * (1.0 + b * math.pi**4 / 5.0) ** 2
    second = ISHIGAMI_A**2 / 8.0
    together = b**2 * math.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    variance = first + second + together
    by_itself, both = np.array([first, second, 0.0]), np.array([together, 0.0, together])
    return by_itself / variance, (by_itself + both) / variance, np.array([0.0, together, 0.0]) / variance


def g_function(uniforms: Array) -> Array:
    """Sobol's g: the product of (|4 u - 2| + a) / (1 + a)."""
    a = np.array(G_COEFFICIENTS)
    return np.asarray(np.prod((np.abs(4.0 * uniforms[:, : len(a)] - 2.0) + a) / (1.0 + a), axis=1))


def g_indices() -> tuple[Array, Array]:
    """First order and total: Saltelli and Sobol' (1995)."""
    of_one = 1.0 / 3.0 / (1.0 + np.array(G_COEFFICIENTS)) ** 2
    variance = np.prod(1.0 + of_one) - 1.0
    others = np.prod(1.0 + of_one) / (1.0 + of_one)
    return of_one / variance, of_one * others / variance


def own_noise(uniforms: Array, replications: int, spread: float, rng: np.random.Generator) -> Array:
    """Noise drawn anew at every point, (points, replications)."""
    return np.asarray(rng.normal(0.0, spread, (len(uniforms), replications)))


def shared_noise(uniforms: Array, replications: int, spread: float, rng: np.random.Generator) -> Array:
    """Noise of common random numbers: each replication is a random function of the factors, the same at all points."""
    weights = rng.normal(0.0, spread, (replications, uniforms.shape[1] + 1))
    waves = np.sqrt(2.0) * np.cos(2.0 * math.pi * uniforms)
    return np.asarray(weights[:, 0] + np.einsum("pk,rk->pr", waves, weights[:, 1:]))
