"""Verdicts over replications 判定: by more than chance, or not; pure functions over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from sim.declare import Array
from sim.outcomes import TIE


@dataclass(frozen=True)
class Verdicts:
    """Paired differences by row: mean, half width of its t interval, and 1 (more), -1 (less) or 0 (cannot be told)."""

    mean: Array
    half: Array
    sign: Array


def paired(differences: Array, confidence: float = 0.95) -> Verdicts:
    """Verdicts over the last axis (replications); NaN = no pair there, fewer than two pairs decide nothing."""
    settled = np.where(np.abs(differences) <= TIE, 0.0, differences)
    count = np.isfinite(settled).sum(axis=-1)
    known = np.maximum(count, 1)
    mean: Array = np.where(count > 0, np.nansum(settled, axis=-1) / known, np.nan)
    squares = np.nansum((settled - mean[..., None]) ** 2, axis=-1)
    freedom = np.maximum(count - 1, 1)
    half = np.where(count > 1, stdtrit(freedom, 0.5 + confidence / 2.0) * np.sqrt(squares / freedom / known), np.inf)
    return Verdicts(mean, half, np.where(mean > half, 1, np.where(mean < -half, -1, 0)))


def shares(signs: Array) -> tuple[float, float, float]:
    """Shares of 1, -1 and 0."""
    return float(np.mean(signs == 1)), float(np.mean(signs == -1)), float(np.mean(signs == 0))
