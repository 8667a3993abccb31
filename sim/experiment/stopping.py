"""When a design point has replications enough 停止规则: a pure function of the paired differences found so far.

Looking again and again, and stopping the first time an interval is narrow enough, picks the moments at which the spread
happens to be underestimated; in skewed output these are the moments at which the mean is off as well. So this rule

- looks for the first time at 20 replications or more;
- looks seldom: the next look is where the spread so far, taken at its upper confidence limit, would be enough, at most
  doubling the number;
- looks ahead, as the replications algorithm of Hoad, Robinson and Davies (2010): the width must hold not at one number
  of replications alone but over the last tenth of them, so that a chance dip does not count;
- takes the bootstrap-t interval where the differences are skewed (sim.statistics.mean_interval).

Looks happen at numbers of replications that the rule itself names, from the first one on, whatever has been simulated
by then: a sweep that was interrupted, or that simulated more than it was asked to, decides the same.
How often intervals cover that were stopped so: docs/statistics.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.declare import Array
from sim.experiment.experiment import LEAST_REPLICATIONS, Until
from sim.statistics import Interval, mean_interval, replications_needed

GROWTH = 2.0
"""The next look comes at most at this multiple of the replications so far."""
LOOK_AHEAD = 0.1
"""Share of the replications over which the width must have held; Hoad et al. have 5 of up to 100, 5% of more."""
CHECKS = 5
"""Numbers of replications, evenly spread over that share, at which it is checked."""
LEAST_STEP = 5
"""Replications between two looks, at least."""
SPREAD_CONFIDENCE = 0.8
"""One-sided confidence of the spread that the next look is planned with: 1.1 of the spread found at 20, 1.04 at 100."""


@dataclass(frozen=True)
class Decision:
    """What to do with a design point."""

    stop: bool
    replications: int
    """Where to stop, failed ones counted: later ones do not belong to the result. Else how many to have by the next look."""
    interval: Interval | None
    """Of the contrast at the last look; None where fewer than two replications are ok, or nothing was looked at."""
    reached: bool
    """Whether the half width asked for was reached, and held."""
    failed: int
    """Replications without a difference at the last look."""

    @property
    def half_width(self) -> float | None:
        """Half width reached at the last look, in the unit of the outcome; None without an interval."""
        return None if self.interval is None else self.interval.half_width


def decide(differences: Array, until: Until, at_least: int, at_most: int) -> Decision:
    """Whether to stop, and where; if not, how many replications to have by the next look.

    ``differences`` is (n,): the paired difference of replication 0, 1, ..., n - 1, NaN where one of the two runs
    failed. Failed ones are dropped and counted; they use up replications. Differences that are all equal stop at the
    first look with half width 0: what happens in fewer than about one replication in seven may not have been seen.
    Raises ValueError where at_most is below at_least or the half width is not above 0.
    """
    if not (at_least <= at_most and until.half_width > 0.0):
        raise ValueError(f"no rule: {at_least} to {at_most} replications until half width {until.half_width}")
    differences = np.asarray(differences, dtype=float)
    look, decision = min(max(at_least, LEAST_REPLICATIONS), at_most), None
    while look <= len(differences):
        decision = _look(differences[:look], until, at_most)
        if decision.stop:
            return decision
        look = decision.replications
    return decision or Decision(False, look, None, False, 0)


def _look(differences: Array, until: Until, at_most: int) -> Decision:
    n = len(differences)
    known = differences[np.isfinite(differences)]
    failed = n - len(known)
    interval = mean_interval(known, until.confidence) if len(known) >= 2 else None
    reached = interval is not None and len(known) >= LEAST_REPLICATIONS and _holds(known, interval, until)
    if reached or n >= at_most:
        return Decision(True, n, interval, reached, failed)
    return Decision(False, next_look(known, n, until, at_most), interval, False, failed)


def _holds(known: Array, interval: Interval, until: Until) -> bool:
    """Whether the width is reached, and was over the last tenth of the replications."""
    if interval.half_width > until.half_width:
        return False
    n = len(known)
    earlier = {n - math.ceil(LOOK_AHEAD * n * check / CHECKS) for check in range(1, CHECKS + 1)}
    return all(mean_interval(known[:m], until.confidence).half_width <= until.half_width for m in earlier)


def next_look(known: Array, n: int, until: Until, at_most: int) -> int:
    """Replications, failed ones counted, at which the width may be expected: above n, at most doubled."""
    needed = math.inf
    if len(known) >= LEAST_REPLICATIONS:
        needed = replications_needed(known * _safety(len(known)), until.half_width, until.confidence)
        needed *= (1.0 + LOOK_AHEAD) * n / len(known)  # as many fail as so far
    step = max(LEAST_STEP, min(GROWTH * n, needed) - n)
    return min(at_most, n + math.ceil(step))


def _safety(n: int) -> float:
    """Upper confidence limit of a standard deviation from n values, as a multiple of the one found (normal values)."""
    from scipy.special import chdtri

    return math.sqrt((n - 1) / float(chdtri(n - 1, SPREAD_CONFIDENCE)))
