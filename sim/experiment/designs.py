"""Designs 试验设计: which settings of the factors are tried, one function a method, on plain numbers.

A design over levels gives the place of a level in each factor's list, shape (points, factors); a design over ranges gives
uniforms in [0, 1], shape (points, columns). What a number means for a factor is sim/experiment/values.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sim.declare import Array

Levels: TypeAlias = npt.NDArray[np.int64]
"""Places of levels, counted from 0, shape (points, factors)."""
AS_WRITTEN = -1
"""In place of a level: the factor stays as the scenario has it."""
LARGEST = 1_000_000
"""Points of one design; more is a slip."""


# ---- over levels


def grid(counts: Sequence[int]) -> Levels:
    """Every combination of the levels; the last factor changes fastest. Also the full factorial of two levels each.

    Fisher, R. A. (1935). The Design of Experiments. Oliver and Boyd.
    """
    if not counts:
        return np.zeros((1, 0), dtype=np.int64)
    return np.indices(counts, dtype=np.int64).reshape(len(counts), -1).T


def zipped(counts: Sequence[int]) -> Levels:
    """The first level of every factor, then the second of every factor, and so on. Raises ValueError for other lengths."""
    if len(set(counts)) > 1:
        raise ValueError(f"lists of different lengths: {list(counts)}")
    points = counts[0] if counts else 1
    return np.repeat(np.arange(points, dtype=np.int64)[:, None], len(counts), axis=1)


def one_at_a_time(counts: Sequence[int]) -> Levels:
    """The scenario as written, then each factor alone at each of its levels.

    Blind to interactions: Saltelli, A., and Annoni, P. (2010). How to avoid a perfunctory sensitivity analysis.
    Environmental Modelling & Software 25, 1508-1517.
    """
    made = np.full((1 + sum(counts), len(counts)), AS_WRITTEN, dtype=np.int64)
    row = 1
    for factor, count in enumerate(counts):
        made[row : row + count, factor] = np.arange(count)
        row += count
    return made


def fractional_factorial(factors: int, resolution: int) -> Levels:
    """Two levels (0 low, 1 high) of each factor in few runs; a factor's column is the product of basic columns.

    Resolution 3 keeps main effects apart from one another, 4 from interactions of two factors too, 5 also keeps these
    apart from one another. Columns are Walsh functions, chosen greedily (:func:`walsh_columns`). In levels -1 and +1 each
    column is exactly the product of its basic columns (the principal fraction).

    Box, G. E. P., and Hunter, J. S. (1961). The 2^(k-p) fractional factorial designs. Technometrics 3, 311-351.
    Sanchez, S. M., and Sanchez, P. J. (2005). Very large fractional factorial and central composite designs. ACM
    Transactions on Modeling and Computer Simulation 15, 362-377.
    """
    if not factors:
        return np.zeros((1, 0), dtype=np.int64)
    columns = np.array(walsh_columns(factors, resolution), dtype=np.int64)
    rows = np.arange(2 ** _bits(columns), dtype=np.int64)
    parity = _ones(rows[:, None] & columns) % 2
    made: Levels = parity ^ (_ones(columns) % 2 == 0)
    return made


def walsh_columns(factors: int, resolution: int) -> tuple[int, ...]:
    """Walsh index of each factor: the smallest that no product of ``resolution - 2`` or fewer earlier columns equals.

    Bit b of an index says that basic column b is in the product; 1, 2, 4, ... are the basic columns themselves. For
    resolution 5 this is the list of Sanchez and Sanchez (2005): 1, 2, 4, 8, 15, 16, 32, 51, 64, 85, 106, 128, ... Raises
    ValueError for another resolution than 3, 4 or 5, and where the design would have more than :data:`LARGEST` runs.
    """
    if resolution not in (3, 4, 5):
        raise ValueError(f"resolution must be 3, 4 or 5, not {resolution}")
    chosen: list[int] = []
    products: list[set[int]] = [{0}, *(set() for _ in range(resolution - 2))]  # of so many chosen columns
    index = 0
    while len(chosen) < factors:
        index += 1
        if 2 ** index.bit_length() > LARGEST:
            raise ValueError(f"{factors} factors need more than {LARGEST:,} runs at resolution {resolution}")
        if any(index in found for found in products):
            continue
        for size in range(resolution - 2, 0, -1):
            products[size] |= {index ^ product for product in products[size - 1]}
        chosen.append(index)
    return tuple(chosen)


def generators(columns: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Factor -> factors whose product its column is, for all but the basic factors: what is aliased with what."""
    basic = {index: factor for factor, index in enumerate(columns) if index.bit_count() == 1}
    return {
        factor: tuple(basic[1 << bit] for bit in range(index.bit_length()) if index >> bit & 1)
        for factor, index in enumerate(columns)
        if index.bit_count() > 1
    }


def _bits(columns: Levels) -> int:
    return int(columns.max()).bit_length()


def _ones(numbers: Levels) -> Levels:
    return np.bitwise_count(numbers).astype(np.int64)


# ---- over ranges


def latin_hypercube(columns: int, points: int, seed: int) -> Array:
    """As many strata as points in each column, one point in each stratum, strata paired at random.

    McKay, M. D., Beckman, R. J., and Conover, W. J. (1979). A comparison of three methods for selecting values of input
    variables in the analysis of output from a computer code. Technometrics 21, 239-245.
    """
    from scipy.stats import qmc

    made: Array = qmc.LatinHypercube(columns, rng=np.random.default_rng(seed)).random(points)
    return made


def sobol(columns: int, points: int, seed: int) -> Array:
    """A scrambled Sobol sequence; balanced only where ``points`` is a power of two (ValueError otherwise).

    Sobol', I. M. (1967). On the distribution of points in a cube. USSR Computational Mathematics and Mathematical Physics
    7, 86-112. Owen, A. B. (2020). On dropping the first Sobol' point. arXiv:2008.08051: keep it and scramble.
    """
    from scipy.stats import qmc

    if not is_power_of_two(points):
        raise ValueError(f"{points} is not a power of two")
    made: Array = qmc.Sobol(columns, rng=np.random.default_rng(seed)).random_base2(points.bit_length() - 1)
    return made


def is_power_of_two(points: int) -> bool:
    """Whether a Sobol sequence of so many points is balanced."""
    return points > 0 and points & (points - 1) == 0


def saltelli(widths: Sequence[int], points: int, seed: int, second_order: bool = False) -> Array:
    """Points for Sobol indices: blocks A, B, AB of each factor and, with ``second_order``, BA of each factor.

    ``widths`` holds the columns of each factor (shares have one a part; they are exchanged together, so that their index
    is that of the group). A and B are the two halves of one scrambled Sobol sequence. AB of a factor is A with the
    factor's columns from B, BA is B with them from A. :func:`saltelli_blocks` says which rows are which.

    Saltelli, A., Annoni, P., Azzini, I., Campolongo, F., Ratto, M., and Tarantola, S. (2010). Variance based sensitivity
    analysis of model output. Computer Physics Communications 181, 259-270. Saltelli, A. (2002). Making best use of model
    evaluations to compute sensitivity indices. Computer Physics Communications 145, 280-297 (BA, second order).
    """
    total = sum(widths)
    both = sobol(2 * total, points, seed)
    a, b = both[:, :total], both[:, total:]
    blocks = [a, b, *_exchanged(a, b, widths)]
    if second_order:
        blocks += _exchanged(b, a, widths)
    return np.concatenate(blocks)


def _exchanged(kept: Array, other: Array, widths: Sequence[int]) -> list[Array]:
    """``kept`` with the columns of one factor from ``other``, once a factor."""
    made = []
    start = 0
    for width in widths:
        block = kept.copy()
        block[:, start : start + width] = other[:, start : start + width]
        made.append(block)
        start += width
    return made


def saltelli_blocks(points: int, factors: int, second_order: bool = False) -> Mapping[tuple[str, int], slice]:
    """Rows of each block, in order: ("A", -1), ("B", -1), ("AB", 0), ("AB", 1), ... and ("BA", 0), ("BA", 1), ...

    The number is the factor whose columns come from the other matrix. Each block has ``points`` rows; the same row of
    every block belongs together. In all ``points * (factors + 2)`` rows, or ``points * (2 * factors + 2)``.
    """
    names = [("A", -1), ("B", -1), *(("AB", factor) for factor in range(factors))]
    names += [("BA", factor) for factor in range(factors)] if second_order else []
    return {name: slice(place * points, (place + 1) * points) for place, name in enumerate(names)}


def morris(factors: int, trajectories: int, levels: int, seed: int) -> tuple[Array, Levels]:
    """Elementary effects: from a random start on a grid of ``levels``, one factor after the other moves by
    ``levels / (2 (levels - 1))``. Each trajectory has ``factors + 1`` points; all trajectories follow one another.

    Returns the uniforms and, for each point, (trajectory, step, factor that moved to get here; -1 at the start). Raises
    ValueError for an odd number of levels: then not all levels are equally likely.

    Morris, M. D. (1991). Factorial sampling plans for preliminary computational experiments. Technometrics 33, 161-174.
    """
    if levels < 2 or levels % 2:
        raise ValueError(f"{levels} levels; Morris' design needs an even number")
    rng = np.random.default_rng(seed)
    shape = (trajectories, 1, factors)
    low = rng.integers(0, levels // 2, shape)
    falls = rng.integers(0, 2, shape)
    order = rng.permuted(np.tile(np.arange(factors), (trajectories, 1)), axis=1)
    turn = np.argsort(order, axis=1)[:, None, :]  # the step before which a factor rests
    has_moved = np.arange(factors + 1)[None, :, None] > turn
    places = low + levels // 2 * (has_moved ^ (falls == 1))
    moved = np.concatenate([np.full((trajectories, 1), -1), order], axis=1)
    steps = np.stack(
        [*np.indices((trajectories, factors + 1)), moved],
        axis=-1,
    )
    return places.reshape(-1, factors) / (levels - 1), steps.reshape(-1, 3).astype(np.int64)
