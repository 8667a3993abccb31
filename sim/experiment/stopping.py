"""When a design point has replications enough 停止规则: a pure function of the paired differences found so far.

Looking again and again, and stopping the first time an interval is narrow enough, picks the moments at which the spread
happens to be underestimated; in skewed output these are the moments at which the mean is off as well. So this rule

- looks for the first time at 20 replications or more, and then seldom;
- looks ahead, as the replications algorithm of Hoad, Robinson and Davies (2010), but further than they do: where the
  width found promises that twice as many replications are enough, it takes them, and stops if the width is reached
  then. Half of all replications are so fresh: they had no part in the promise;
- takes the bootstrap-t interval where the differences are skewed (sim.statistics.mean_interval).

Looks happen at numbers of replications that the rule itself names, from the first one on, whatever has been simulated
by then: a sweep that was interrupted, or that simulated more than it was asked to, decides the same.
How often intervals that were stopped so cover, and what they cost: docs/statistics.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.declare import Array
from sim.experiment.experiment import LEAST_REPLICATIONS, Until
from sim.statistics import Interval, mean_interval

LOOK_AHEAD = 2.0
"""Replications at the look that confirms, as a multiple of those at the look that promised. Hoad, Robinson and Davies
take 5 more of up to 100 and 5% of more; in skewed output that left coverage some 3 points lower."""
GROWTH = 2.0
"""The next look comes at most at this multiple of the replications so far."""
LEAST_STEP = 5
"""Replications between two looks, at least."""


@dataclass(frozen=True)
class Decision:
    """What to do with a design point."""

    stop: bool
    replications: int
    """Where to stop, failed ones counted: later ones do not belong to the result. Else how many to have by the next look."""
    interval: Interval | None = None
    """Of the contrast at the last look; None where nothing was looked at or fewer than two replications are ok."""
    reached: bool = False
    """Whether the half width asked for is reached."""
    failed: int = 0
    """Replications without a difference at the last look."""

    @property
    def half_width(self) -> float | None:
        """Half width at the last look, in the unit of the outcome; None without an interval."""
        return None if self.interval is None else self.interval.half_width


def decide(differences: Array, until: Until, at_least: int, at_most: int) -> Decision:
    """Whether to stop, and where; if not, how many replications to have by the next look.

    ``differences`` is (n,): the paired difference of replication 0, 1, ..., n - 1, NaN where one of the two runs
    failed. Failed ones are dropped and counted; they use up replications. Differences that are all equal stop at the
    first look with half width 0: what happens in fewer than about one replication in seven may not have been seen.
    At ``at_most`` it stops with the width that it has. Raises ValueError where at_most is below at_least, the half
    width is not above 0, or a difference is infinite.
    """
    if not (2 <= at_least <= at_most and until.half_width > 0.0):
        raise ValueError(f"no rule: {at_least} to {at_most} replications until half width {until.half_width}")
    differences = np.asarray(differences, dtype=float)
    decision = Decision(False, min(max(at_least, LEAST_REPLICATIONS), at_most))
    while not decision.stop and decision.replications <= len(differences):
        decision = _look(differences[: decision.replications], decision, until, at_most)
    return decision


def _look(differences: Array, before: Decision, until: Until, at_most: int) -> Decision:
    """The decision at these replications, after the one of the look before."""
    n = len(differences)
    known = differences[~np.isnan(differences)]
    interval = mean_interval(known, until.confidence) if len(known) >= 2 else None
    reached = interval is not None and len(known) >= min(LEAST_REPLICATIONS, at_most) and narrow(interval, until)
    settled = reached and (promises(before.interval, until) or np.ptp(known) == 0.0)
    stop = bool(settled or n >= at_most)
    where = n if stop else min(at_most, next_look(n, interval, until))
    return Decision(stop, where, interval, reached, n - len(known))


def narrow(interval: Interval, until: Until) -> bool:
    """Whether the half width asked for is reached."""
    return interval.half_width <= until.half_width


def promises(interval: Interval | None, until: Until) -> bool:
    """Whether LOOK_AHEAD times the replications are expected to reach the half width, from LEAST_REPLICATIONS on."""
    if interval is None or interval.n < LEAST_REPLICATIONS:
        return False
    return interval.half_width <= until.half_width * math.sqrt(LOOK_AHEAD)


def next_look(n: int, interval: Interval | None, until: Until) -> int:
    """Replications, failed ones counted, at the look after the one at ``n``.

    Where the width promises enough it confirms; else it comes where a promise is expected, as widths fall with the
    root of the replications; where too many failed, as many later as are missing.
    """
    if promises(interval, until):
        return math.ceil(LOOK_AHEAD * n)
    if interval is None or interval.n < LEAST_REPLICATIONS:
        return n + max(LEAST_STEP, LEAST_REPLICATIONS - (0 if interval is None else interval.n))
    promised_at = n * (interval.half_width / until.half_width) ** 2 / LOOK_AHEAD
    return n + math.ceil(max(LEAST_STEP, min(GROWTH * n, promised_at) - n))
