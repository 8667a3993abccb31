"""Statistics over replications 统计推断: intervals one by one and all at once, shares, how many replications it takes.

Everything here takes one number a replication and reads nothing but its arguments. A failed run has no number: leave
its replication out of the pair before calling, and say so.

Modules
    intervals     Student's t, bootstrap and ratio intervals; replications needed for a width
    studentised   skewness, the bootstrap-t interval, and which of the two intervals a mean gets
    simultaneous  intervals of many means that hold all at once
    balanced      the same where some columns are far more skewed than others
    shares        Wilson's interval of a share; the probability of harm
"""

from sim.statistics.balanced import balanced_intervals
from sim.statistics.intervals import (
    BOOTSTRAP_SEED,
    CONFIDENCE,
    RESAMPLES,
    Interval,
    TooFewReplications,
    bootstrap_interval,
    correlation,
    paired_t_interval,
    ratio_interval,
    replications_needed,
    resample_indices,
    t_interval,
    t_quantile,
)
from sim.statistics.shares import probability_of_harm, wilson
from sim.statistics.simultaneous import simultaneous_t_intervals
from sim.statistics.studentised import bootstrap_t_interval, is_skewed, mean_interval, skewness

__all__ = [
    "BOOTSTRAP_SEED",
    "CONFIDENCE",
    "RESAMPLES",
    "Interval",
    "TooFewReplications",
    "balanced_intervals",
    "bootstrap_interval",
    "bootstrap_t_interval",
    "correlation",
    "is_skewed",
    "mean_interval",
    "paired_t_interval",
    "probability_of_harm",
    "ratio_interval",
    "replications_needed",
    "resample_indices",
    "simultaneous_t_intervals",
    "skewness",
    "t_interval",
    "t_quantile",
    "wilson",
]
