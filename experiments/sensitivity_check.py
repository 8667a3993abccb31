"""Are the sensitivity indices right? Known functions, the same samples in SALib, failed runs, noise taken out.

Everything is computed by the functions that `lianjian sensitivity` calls (`sim/statistics/sobol_indices.py`,
`sim/statistics/elementary_effects.py`). SALib is compared with where it is installed. About a minute and a half.

    python -m experiments.sensitivity_check [--studies 200] [--seed 1] --out docs/statistics-sensitivity.md
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from experiments.known_functions import (
    G_COEFFICIENTS,
    g_function,
    g_indices,
    ishigami,
    ishigami_indices,
    own_noise,
    shared_noise,
)
from experiments.markdown import table
from sim.declare import Array
from sim.experiment.designs import morris, saltelli
from sim.statistics import t_interval
from sim.statistics.elementary_effects import screening
from sim.statistics.noise_free import replication_means
from sim.statistics.sobol_indices import Blocks, SobolIndices, sobol_indices

SIZES = (128, 1024, 8192)
ROWS, REPLICATIONS = 256, 20
TRAJECTORIES = (10, 20, 40)
RESAMPLES = 400
NOISES: dict[str, tuple[Callable[..., Array], float]] = {
    "none": (own_noise, 0.0),
    "own at every point": (own_noise, 8.0),
    "common to all points": (shared_noise, 3.0),
}
"""Name -> (noise, its standard deviation); Ishigami itself has 3.7."""


def heavy(uniforms: Array) -> Array:
    """A function that a few corners of the space carry, like the difference that this model gives."""
    return np.asarray(np.exp(4.0 * uniforms[:, 0] * uniforms[:, 1]) * uniforms[:, 2])


def blocks_of(values: Array, factors: int) -> Blocks:
    """Answers at the points of a Saltelli design, (points, replications)."""
    cut = values.reshape(factors + 2, -1, values.shape[1])
    return Blocks(cut[0], cut[1], cut[2:])


def effects_of(
    function: Callable[[Array], Array], factors: int, trajectories: int, seed: int
) -> tuple[Array, Array, Array]:
    """Uniforms and steps of a Morris design, and its elementary effects without noise, (trajectories, factors)."""
    uniforms, steps = morris(factors, trajectories, 4, seed)
    return uniforms, steps, effects_at(uniforms, steps, function(uniforms)[:, None])[..., 0]


def effects_at(uniforms: Array, steps: Array, values: Array) -> Array:
    """Elementary effects, (trajectories, factors, replications)."""
    rows = np.flatnonzero(steps[:, 2] >= 0)
    moved = steps[rows, 2]
    change = uniforms[rows, moved] - uniforms[rows - 1, moved]
    found = np.zeros((int(steps[:, 0].max()) + 1, uniforms.shape[1], values.shape[1]))
    found[steps[rows, 0], moved] = (values[rows] - values[rows - 1]) / change[:, None]
    return found


# ---- SALib


def problem(factors: int) -> dict[str, Any]:
    """What SALib calls a problem."""
    return {"num_vars": factors, "names": [f"x{n}" for n in range(factors)], "bounds": [[0.0, 1.0]] * factors}


def salib_sobol(values: Array, factors: int) -> Any:
    """SALib's indices of the same answers, (points,) in our order; None where it is not installed."""
    if find_spec("SALib") is None:
        return None
    cut = values.reshape(factors + 2, -1)
    order = [0, *range(2, factors + 2), 1]
    analyze = import_module("SALib.analyze.sobol").analyze
    with np.errstate(all="ignore"):
        return analyze(problem(factors), cut[order].T.ravel(), calc_second_order=False, num_resamples=10, seed=1)


def gap(ours: Array, theirs: Any) -> str:
    """Largest difference to SALib."""
    return "not installed" if theirs is None else f"{np.abs(ours - np.asarray(theirs)).max():.0e}"


# ---- sections


def analytic() -> Iterator[str]:
    """Indices of two functions at three sizes, against analytic values and SALib."""
    rows = []
    cases = (("Ishigami", ishigami, ishigami_indices()[:2], 3), ("g", g_function, g_indices(), len(G_COEFFICIENTS)))
    for name, function, truth, factors in cases:
        for size in SIZES:
            values = function(saltelli([1] * factors, size, 1))
            found = sobol_indices(blocks_of(values[:, None], factors), resamples=20).plain
            theirs = salib_sobol(values, factors)
            ours = np.concatenate([found.first.estimate, found.total.estimate])
            gone = None if theirs is None else np.concatenate([theirs["S1"], theirs["ST"]])
            errors = [
                f"{np.abs(e.estimate - t).max():.4f}" for e, t in zip((found.first, found.total), truth, strict=True)
            ]
            rows.append([name, str(size), *errors, gap(ours, gone)])
    uniforms, _, effects = effects_of(g_function, 6, 20, 1)
    ours_morris = screening(effects[..., None])
    morris_gap = "not installed"
    if find_spec("SALib") is not None:
        analyze = import_module("SALib.analyze.morris").analyze
        theirs = analyze(problem(6), uniforms, g_function(uniforms), num_levels=4, num_resamples=10, seed=1)
        numbers = [(ours_morris.mu, "mu"), (ours_morris.mu_star, "mu_star"), (ours_morris.sigma, "sigma")]
        morris_gap = f"{max(np.abs(mine.estimate - np.asarray(theirs[key])).max() for mine, key in numbers):.0e}"
    yield "## Known functions, and SALib on the same points"
    yield (
        "Largest error of any index against its analytic value, and largest difference to SALib's indices from the very same "
        "answers."
    )
    yield "\n".join(table(("function", "base rows", "first order", "total", "difference to SALib"), rows))
    yield f"Morris, g-function, 20 trajectories: largest difference to SALib's mu, mu\\* and sigma: {morris_gap}."


def failed_runs(seed: int) -> Iterator[str]:
    """What one failed run does, and what a tenth of them."""
    rng = np.random.default_rng(seed)
    size, truth = 4096, ishigami_indices()
    whole = ishigami(saltelli([1] * 3, size, 1))
    rows = []
    for name, lost in (("none", 0), ("one", 1), ("1 in 100 base rows", size // 100), ("1 in 10", size // 10)):
        values = whole.copy()
        hit = rng.choice(size, lost, replace=False)
        values[rng.integers(0, 5, lost) * size + hit] = np.nan
        theirs = salib_sobol(values, 3)
        shown = "not installed" if theirs is None else ", ".join(f"{v:.3f}" for v in np.asarray(theirs["ST"]))
        found = sobol_indices(blocks_of(values[:, None], 3), resamples=20)
        rows.append([name, str(found.rows), ", ".join(f"{v:.3f}" for v in found.plain.total.estimate), shown])
    yield "## Failed runs"
    yield (
        "Total indices of Ishigami (analytic: "
        + ", ".join(f"{v:.3f}" for v in truth[1])
        + f") from {size:,} base rows where "
        "some points failed. Ours leaves out the base row, in all its blocks."
    )
    yield "\n".join(table(("failed", "rows used", "ours", "SALib"), rows))


def textbook(blocks: Blocks, found: SobolIndices) -> Array:
    """Total indices with the variance within points over R taken off, as if noise were drawn anew at every point."""

    def own(part: Array) -> Array:
        centred = (part - replication_means(part)[..., None]) ** 2
        return np.asarray(centred.sum(axis=-1) / (part.shape[-1] - 1) / part.shape[-1])

    less = 0.5 * (own(blocks.a)[None] + own(blocks.ab)).mean(axis=1)
    off = 0.5 * (own(blocks.a) + own(blocks.b)).mean()
    return np.asarray((found.plain.total.estimate * found.plain.variance - less) / (found.plain.variance - off))


def noise(studies: int, seed: int) -> Iterator[str]:
    """Mean of the indices with noise and without, and how often intervals hold the true ones."""
    first, total, _ = ishigami_indices()
    truth = np.concatenate([first, total])
    means, covered, said = [], [], []
    for name, (draw, spread) in NOISES.items():
        rng = np.random.default_rng(seed)
        found, shares, corrected = [], [], []
        for study in range(studies):
            at = saltelli([1] * 3, ROWS, seed * 10_000 + study)
            blocks = blocks_of(ishigami(at)[:, None] + draw(at, REPLICATIONS, spread, rng), 3)
            one = sobol_indices(blocks, resamples=RESAMPLES)
            found.append(one)
            shares.append((one.noise.moving, one.noise.within))
            corrected.append(textbook(blocks, one))
        moving, within = np.maximum(np.mean(shares, axis=0), 0.0)
        said.append([name, f"{moving:.0%}", f"{within:.0%}"])
        for kind in ("plain", "free"):
            parts = [getattr(one, kind) for one in found]
            estimates = np.array([[*p.first.estimate, *p.total.estimate] for p in parts])
            low = np.array([[*p.first.low, *p.total.low] for p in parts])
            high = np.array([[*p.first.high, *p.total.high] for p in parts])
            words = {"plain": "noise in it", "free": "noise-free"}[kind]
            means.append([name, words, *(f"{v:.3f}" for v in np.nanmean(estimates, axis=0))])
            given = np.isfinite(low)
            holds = ((low <= truth) & (truth <= high))[given].reshape(-1, len(truth)).mean(axis=0)
            covered.append([name, words, *(f"{v:.2f}" for v in holds), f"{given.all(axis=1).mean():.0%}"])
        if spread:
            means.append([name, "textbook, total", "", "", "", *(f"{v:.3f}" for v in np.mean(corrected, axis=0))])
    heads = ("first 1", "first 2", "first 3", "total 1", "total 2", "total 3")
    yield "## Replication noise"
    yield (
        f"Ishigami with noise, {ROWS} base rows, {REPLICATIONS} replications, {studies} studies, each with its own design and "
        "noise. Noise drawn anew at every point, and noise as common random numbers give it: every replication adds its own "
        "smooth function of the factors, the same at all points. Share of noise in the variance of the means of points, "
        "as it moves differences between points, and as the variance within points over R:"
    )
    yield "\n".join(table(("noise", "moving", "within points"), said))
    yield "Mean of the indices over the studies; the textbook correction takes the variance within points over R off."
    analytic_row = ["analytic", "", *(f"{v:.3f}" for v in truth)]
    yield "\n".join(table(("noise", "indices", *heads), [analytic_row, *means], words=2))
    yield (
        "Share of studies whose 95% interval holds the analytic index, of the studies in which there was one (last column). "
        f"Monte Carlo error: ±{math.sqrt(0.05 * 0.95 / studies):.3f} at 0.95. Intervals of indices with noise in them are of "
        "another quantity, the index of the mean of these replications."
    )
    yield "\n".join(table(("noise", "indices", *heads, "given"), covered, words=2))
    yield (
        "How to read it: noise drawn anew at every point lowers first-order indices and lifts totals; noise-free indices "
        "stay where they should under both sorts of noise. The textbook correction is right for noise drawn anew and too low "
        "under common random numbers, where most of the variance within points moves no difference. Intervals "
        "err on the safe side: base rows of a Sobol sequence cover the space more evenly than the bootstrap believes, and "
        "noise drawn anew is counted over rows and again over replications."
    )


def trajectories(studies: int, seed: int) -> Iterator[str]:
    """Coverage of mu* and false alarms of a screening."""
    rows = []
    for name, function, factors in (("g, factor 1", g_function, 6), ("heavy-tailed, factor 1", heavy, 3)):
        truth = np.abs(effects_of(function, factors, 50_000, seed + 1)[2]).mean(axis=0)[0]
        for count in TRAJECTORIES:
            holds = np.zeros(2)
            for study in range(studies):
                effects = effects_of(function, factors, count, seed * 10_000 + study)[2][:, :1]
                star = screening(effects[..., None], resamples=RESAMPLES).mu_star
                student = t_interval(np.abs(effects[:, 0]))
                holds += [star.low[0] <= truth <= star.high[0], student.low <= truth <= student.high]
            rows.append([name, str(count), *(f"{share:.2f}" for share in holds / studies)])
    yield "## Screening"
    yield "Share of studies whose 95% interval of mu\\* holds the true one: bootstrap-t, which is used, and Student's t."
    yield "\n".join(table(("function", "trajectories", "bootstrap-t", "Student's t"), rows))
    alarms = []
    for name, draw in (("own at every point", own_noise), ("common to all points", shared_noise)):
        rng = np.random.default_rng(seed)
        told, star, floor = [], [], []
        for study in range(studies):
            uniforms, steps = morris(3, 20, 4, seed * 10_000 + study)
            found = screening(effects_at(uniforms, steps, draw(uniforms, REPLICATIONS, 1.0, rng)), resamples=20)
            told.append(found.told.mean())
            star.append(found.mu_star.estimate.mean())
            floor.append(found.mu_star_noise.mean())
        alarms.append([name, f"{np.mean(told):.3f}", f"{np.mean(star):.2f}", f"{np.mean(floor):.2f}"])
    yield (
        f"Nothing but noise, 3 factors, 20 trajectories, {REPLICATIONS} replications: share of factors said to have an effect, "
        "mean mu\\*, and what is said it would be if noise were all."
    )
    yield "\n".join(table(("noise", "said to have an effect", "mu*", "if noise were all"), alarms))
    yield (
        "How to read it: where few corners of the space carry the answer, ten trajectories are too few for any interval; the "
        "bootstrap-t then says so by being wide. Take 20 or more. mu\\* alone would rank noise among the effects."
    )


def report(studies: int, seed: int) -> str:
    """The page in Markdown."""
    started = time.perf_counter()
    parts = [
        "# Are the sensitivity indices right?",
        f"`python -m experiments.sensitivity_check --studies {studies} --seed {seed}`. The estimators and intervals are the "
        "functions that `lianjian sensitivity` calls; what they mean is in [sensitivity.md](sensitivity.md).",
        *analytic(),
        *failed_runs(seed),
        *noise(studies, seed),
        *trajectories(studies, seed),
    ]
    parts.append(f"Made in {time.perf_counter() - started:.0f} s of one processor.")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.sensitivity_check", description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None, help="file to write (the screen)")
    chosen = parser.parse_args()
    if chosen.studies < 2:
        parser.error("--studies must be 2 or more")
    text = report(chosen.studies, chosen.seed)
    if chosen.out is None:
        print(text)
    else:
        chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
