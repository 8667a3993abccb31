"""Is the attribution right, and do its intervals hold? Shapley values against brute force, drawn orders, coverage.

Games with known values, orders drawn many times over, and studies whose true values are known. Model output is the sweep of
experiments/package.yaml, where it is given: its replications are drawn from with replacement, their mean is the truth.
About two minutes of one processor.

    lianjian sweep experiments/package.yaml
    python -m experiments.decomposition_check --sweep results/package --out docs/statistics-decomposition.md
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from experiments.markdown import table
from sim.analysis.decomposition import replications_of
from sim.analysis.shapley import interaction_weights, order_errors, pairs, value_weights
from sim.analysis.stored import read_rows
from sim.declare import Array
from sim.experiment.coalitions import Order, all_coalitions, coalitions_of, drawn_orders
from sim.statistics import Interval, balanced_intervals, simultaneous_t_intervals, t_interval

Game = Callable[[int], float]
REPEATS = 200
"""Times that orders are drawn."""


# ---- games with known values


def glove(coalition: int) -> float:
    """Member 0 has a left glove, 1 and 2 a right one each."""
    return float(bool(coalition & 1) and bool(coalition & 6))


def council(coalition: int) -> float:
    """Five members with a veto and ten without; nine votes pass (the Security Council of the United Nations)."""
    return float(coalition & 31 == 31 and coalition.bit_count() >= 9)


def random_game(members: int, seed: int) -> Game:
    """A value of its own for every coalition."""
    values = np.random.default_rng(seed).normal(size=1 << members)
    return lambda coalition: float(values[coalition])


def paired_game(members: int, seed: int) -> Game:
    """What a package is more like: each member's own effect and that of pairs, no more."""
    rng = np.random.default_rng(seed)
    own, together = rng.normal(size=members), rng.normal(scale=0.5, size=(members, members))

    def game(coalition: int) -> float:
        inside = np.array([coalition >> member & 1 for member in range(members)], dtype=float)
        return float(own @ inside + inside @ np.triu(together, 1) @ inside)

    return game


def exact(members: int, game: Game) -> tuple[Array, Array]:
    """Shapley values and interactions as the package computes them."""
    coalitions = all_coalitions(members)
    values = np.array([game(coalition) for coalition in coalitions])
    return value_weights(members, coalitions) @ values, interaction_weights(members, coalitions) @ values


def by_orders(members: int, game: Game) -> Array:
    """Average over all orders of what each member adds."""
    found = np.zeros(members)
    for order in itertools.permutations(range(members)):
        before = 0
        for member in order:
            found[member] += game(before | 1 << member) - game(before)
            before |= 1 << member
    return found / math.factorial(members)


def pairs_by_orders(members: int, game: Game) -> Array:
    """Average over all orders, two moving as one, of what they do together beyond apart."""
    found = []
    for one, other in pairs(members):
        others = [member for member in range(members) if member not in (one, other)]
        total = 0.0
        for order in itertools.permutations([*others, -1]):
            before = sum(1 << member for member in order[: order.index(-1)])
            first, second = before | 1 << one, before | 1 << other
            total += game(first | second) - game(first) - game(second) + game(before)
        found.append(total / math.factorial(members - 1))
    return np.array(found)


def brute_force() -> Iterator[str]:
    """Largest differences from brute force, and games solved in the literature."""
    rows = []
    for members in range(2, 8):
        game = random_game(members, members)
        values, interactions = exact(members, game)
        gaps = (
            np.abs(values - by_orders(members, game)).max(),
            np.abs(interactions - pairs_by_orders(members, game)).max(),
        )
        rows.append([str(members), f"{math.factorial(members):,}", *(f"{gap:.0e}" for gap in gaps)])
    yield from table(("members", "orders", "values: largest difference", "interactions: largest difference"), rows)
    yield ""
    values, interactions = exact(3, glove)
    yield (
        f"Glove game (one left, two right gloves; by hand 2/3, 1/6, 1/6; interactions 1/2, 1/2, -1/2): "
        f"{', '.join(f'{value:.6f}' for value in values)}; {', '.join(f'{value:+.6f}' for value in interactions)}."
    )
    coalitions = all_coalitions(15)
    veto = value_weights(15, coalitions) @ np.array([council(coalition) for coalition in coalitions])
    yield (
        "Security Council (five vetoes, ten others, nine votes; Shapley's power index 421/2145 and 4/2145): "
        f"{veto[0]:.6f} and {veto[-1]:.6f}, wanted {421 / 2145:.6f} and {4 / 2145:.6f}."
    )


# ---- drawn orders


def drawing() -> Iterator[str]:
    """Root mean square error of drawn orders, what they say of it, and that of orders without their reverse."""
    rows = []
    for name, made in (("every coalition at random", random_game), ("own effects and pairs", paired_game)):
        for count in (20, 200):
            game = _remembered(made(8, 1))
            truth, pair_truth = exact(8, game)
            mirrored = [_drawn(game, drawn_orders(8, count, seed), truth, pair_truth) for seed in range(REPEATS)]
            plain = [_missed_plainly(game, count, seed, truth) for seed in range(REPEATS)]
            off, said, pairs_off, pairs_said = (
                math.sqrt(float(np.nanmean(part))) for part in zip(*mirrored, strict=True)
            )
            off_plain = math.sqrt(float(np.mean(plain)))
            number = (f"{value:.4f}" for value in (off, said, off_plain, pairs_off, pairs_said))
            rows.append([name, str(count), *number])
    head = ("game of 8 members", "orders", "values: error", "said", "without reverses", "interactions: error", "said")
    yield from table(head, rows)


def _remembered(game: Game) -> Game:
    values = [game(coalition) for coalition in range(256)]
    return values.__getitem__


def _missed_plainly(game: Game, count: int, seed: int, truth: Array) -> float:
    """Mean squared error of values with orders that are drawn without their reverses."""
    rng, members = np.random.default_rng(seed), len(truth)
    orders = [tuple(int(member) for member in rng.permutation(members)) for _ in range(count)]
    coalitions = coalitions_of(orders, members, interactions=False)
    found = value_weights(members, coalitions, orders) @ np.array([game(coalition) for coalition in coalitions])
    return float(np.mean((found - truth) ** 2))


def _drawn(game: Game, orders: tuple[Order, ...], truth: Array, pair_truth: Array) -> tuple[float, float, float, float]:
    """Mean squares: error of values, as said, error of interactions, as said."""
    coalitions = coalitions_of(orders, len(truth), interactions=True)
    values = np.array([game(coalition) for coalition in coalitions])
    found = value_weights(len(truth), coalitions, orders) @ values
    of_pairs = interaction_weights(len(truth), coalitions, orders) @ values
    said = order_errors(len(truth), dict(zip(coalitions, values.tolist(), strict=True)), orders)
    off = float(np.mean((found - truth) ** 2)), float(np.nanmean((of_pairs - pair_truth) ** 2))
    return off[0], float(np.mean(said[0] ** 2)), off[1], float(np.nanmean(said[1] ** 2))


# ---- intervals

Draw = Callable[[np.random.Generator, int], Array]


def normal(rng: np.random.Generator, n: int) -> Array:
    """Seven members whose effects go together."""
    return 0.7 * (rng.standard_normal((n, 7)) + rng.standard_normal((n, 1)))


def rare(rng: np.random.Generator, n: int) -> Array:
    """One member's effect is lognormal, one acts in a tenth of replications."""
    values = normal(rng, n)
    values[:, 0] = np.exp(values[:, 0]) - math.exp(0.49)
    values[:, 1] = (rng.random(n) < 0.1) - 0.1
    return values


def stored(values: Array) -> Draw:
    """Rows of the model's output, less their mean."""
    centred = values - values.mean(axis=0)
    return lambda rng, n: centred[rng.integers(0, len(centred), n)]


METHODS: dict[str, Callable[[Array], list[Interval]]] = {
    "one by one": lambda values: [t_interval(column) for column in values.T],
    "one critical value": lambda values: simultaneous_t_intervals(values, method="bootstrap-t"),
    "balanced": balanced_intervals,
}


def coverage(families: dict[str, Draw], studies: int, seed: int) -> Iterator[str]:
    """How often at least one interval misses, and how wide the last column's is as a multiple of Student's."""
    rows = []
    for name, draw in families.items():
        for n in (20, 50, 100):
            rng = np.random.default_rng(seed)
            missed, widths = dict.fromkeys(METHODS, 0), dict.fromkeys(METHODS, 0.0)
            for _ in range(studies):
                values = draw(rng, n)
                for method, intervals in METHODS.items():
                    made = intervals(values)
                    missed[method] += any(found.low > 1e-12 or found.high < -1e-12 for found in made)
                    widths[method] += made[-1].half_width
            shares = [missed[method] / studies for method in METHODS]
            cells = [f"{share:.3f} ±{math.sqrt(share * (1 - share) / studies):.3f}" for share in shares]
            wider = [f"{widths[method] / widths['one by one']:.2f}" for method in list(METHODS)[1:]]
            rows.append([name, str(n), *cells, *wider])
    yield from table(("Shapley values of", "n", *METHODS, "width: one critical value", "width: balanced"), rows)


# ---- the page


def page(sweep: Path | None, studies: int, seed: int) -> str:
    """docs/statistics-decomposition.md."""
    started = time.process_time()
    families: dict[str, Draw] = {"seven normal members": normal, "one lognormal, one rare": rare}
    if sweep is not None:
        for against, values in replications_of(read_rows(sweep), "earned_income").items():
            families[f"the model: package less {against.partition('@')[2] or against}"] = stored(values)
    command = f"python -m experiments.decomposition_check --studies {studies} --seed {seed}"
    parts = [
        "# Is the attribution right?",
        "",
        f"`{command}`, with `--sweep` a finished sweep of `experiments/package.yaml`. What is tested are the functions that "
        "`lianjian decompose` calls (`sim/analysis/shapley.py`, `sim/statistics/balanced.py`).",
        "",
        "## Against all orders, one by one",
        "",
        "Games with a random value for every coalition; rounding is all that may differ.",
        "",
        *brute_force(),
        "",
        "## Drawn orders",
        "",
        f"Root mean square error over {REPEATS} draws, against the exact numbers, and the standard error that "
        f"each draw says of "
        "itself. Orders are drawn with their reverses; beside it as many orders without.",
        "",
        *drawing(),
        "",
        "How to read it: what is said is what is missed, but for interactions from 20 orders, of which a pair "
        "is side by side in "
        "few. A reverse costs nothing and takes the whole error of effects of pairs "
        "away, since of two members each is before the other once; where effects are of many members at once it changes little.",
        "",
        "## Intervals that hold together",
        "",
        f"Share of {studies} studies in which at least one interval misses its true value (it should be 0.050), "
        f"± its Monte Carlo "
        "error, and the width of the last column's interval (a member with well-behaved output, or the industrial park) as a "
        "multiple of Student's.",
        "",
        *coverage(families, studies, seed),
        "",
        "How to read it: one critical value for all members is set by the one that acts rarely, and makes the "
        "interval of every "
        "other member wider for nothing, which happens to hide some of what that one misses. Balanced intervals "
        "hold for well-behaved "
        "members and cost them nothing. Neither holds for a member that acts in few replications: a study "
        "without the rare large "
        "value cannot know of it. Less no policy that is `talent_return` (skewness 8, its value rounds to 0), "
        "which misses in 8% of "
        "studies of 50 and 17% of 100, the other six in 0 to 2% each (150 studies): read such a row as a count "
        "of events, not as a mean "
        "with an interval. With 20 replications take nothing as sure. Resampling 100 replications to make "
        "studies of 100 is itself "
        "rough: the model's rows are for comparing methods.",
        "",
        f"Made in {time.process_time() - started:.0f} s of one processor.",
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweep", type=Path, help="finished sweep of experiments/package.yaml")
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    text = page(given.sweep, given.studies, given.seed)
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
