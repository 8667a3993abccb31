"""The algorithm 算法: NSGA-II and NSGA-III of pymoo over reals, whole numbers, levels and members; the only file that knows it.

Deb, K., Pratap, A., Agarwal, S., and Meyarivan, T. (2002). A fast and elitist multiobjective genetic algorithm: NSGA-II.
IEEE Transactions on Evolutionary Computation 6(2), 182-197.
Deb, K., and Jain, H. (2014). An evolutionary many-objective optimization algorithm using reference-point-based nondominated
sorting approach, part I. IEEE Transactions on Evolutionary Computation 18(4), 577-601.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

import numpy as np

from sim.declare import Array
from sim.search.candidates import Variable

HOW = "pip install 'lianjian[search]', in a copy of the source: .venv/bin/pip install -c constraints.txt -e '.[search]'"


class NoPymoo(RuntimeError):
    """The library of the search is not installed."""

    def __init__(self) -> None:
        super().__init__(f"a policy search needs pymoo, which is not installed: {HOW}")


def require() -> str:
    """The version of pymoo. Raises NoPymoo where there is none."""
    try:
        import pymoo
    except ImportError:
        raise NoPymoo from None
    return str(pymoo.__version__)


class Algorithm:
    """Proposes candidates, generation by generation, and is told what they are worth; the same seed proposes the same."""

    def __init__(
        self,
        variables: Sequence[Variable],
        goals: int,
        *,
        name: str,
        population: int,
        seed: int,
        limited: bool,
        first: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        require()
        from pymoo.core.problem import Problem
        from pymoo.core.termination import NoTermination

        problem = Problem(vars=_kinds(variables), n_obj=goals, n_ieq_constr=int(limited))
        made = _algorithm(name, goals, population, _sampling(first), len(variables))
        made.seed = seed
        made.setup(problem, termination=NoTermination())
        self._algorithm = made
        self._limited = limited
        self._asked: Any = None

    def ask(self) -> list[dict[str, Any]]:
        """The candidates of the next generation, name of a variable -> value; none where there is nothing new to propose."""
        self._asked = self._algorithm.ask()
        return [] if self._asked is None else [dict(one.X) for one in self._asked]

    def tell(self, worth: Array, excess: Array) -> None:
        """Values of the goals, less is better, (candidates, goals), and how far each is beyond what is allowed."""
        self._asked.set("F", worth)
        if self._limited:
            self._asked.set("G", excess[:, None])
        for one in self._asked:
            one.evaluated.update({"F", "G", "H"})
        self._algorithm.tell(infills=self._asked)


def _kinds(variables: Sequence[Variable]) -> dict[str, Any]:
    from pymoo.core.variable import Binary, Choice, Integer, Real

    found: dict[str, Any] = {}
    for variable in variables:
        low, high = variable.low, variable.high
        if variable.sort == "truth":
            found[variable.name] = Binary()
        elif variable.sort == "real":
            found[variable.name] = Real(bounds=(low, high))
        elif variable.ordered:
            found[variable.name] = Integer(bounds=(int(low), int(high)))
        else:
            found[variable.name] = Choice(options=list(range(int(high) + 1)))
    return found


def _sampling(first: Sequence[Mapping[str, Any]]) -> Any:
    """Drawn at random, but the first ones as given."""
    from pymoo.core.mixed import MixedVariableSampling

    class Sampling(MixedVariableSampling):  # type: ignore[misc]
        def _do(self, problem: Any, n_samples: int, random_state: Any = None, **more: Any) -> Any:
            drawn = super()._do(problem, n_samples, random_state=random_state, **more)
            return [*map(dict, first), *drawn[len(first) :]][:n_samples]

    return Sampling()


def _mutations(variables: int) -> dict[Any, Any]:
    """One variable of a child changes on average. pymoo's own rates count the variables of each sort apart, so that a
    single member would be flipped in every second child."""
    from pymoo.core.variable import Binary, Choice, Integer, Real
    from pymoo.operators.mutation.bitflip import BFM
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.mutation.rm import ChoiceRandomMutation
    from pymoo.operators.repair.rounding import RoundingRepair

    rate = {"prob": 1.0, "prob_var": 1.0 / variables}
    return {
        Binary: BFM(**rate),
        Real: PM(**rate),
        Integer: PM(**rate, vtype=float, repair=RoundingRepair()),
        Choice: ChoiceRandomMutation(**rate),
    }


def _algorithm(name: str, goals: int, population: int, sampling: Any, variables: int) -> Any:
    from pymoo.algorithms.moo.nsga2 import NSGA2, binary_tournament
    from pymoo.algorithms.moo.nsga3 import NSGA3, comp_by_cv_then_random
    from pymoo.core.mixed import MixedVariableDuplicateElimination, MixedVariableMating
    from pymoo.operators.selection.tournament import TournamentSelection
    from pymoo.util.ref_dirs import get_reference_directions

    compare = comp_by_cv_then_random if name == "nsga3" else binary_tournament
    no_twins = MixedVariableDuplicateElimination()
    mating = MixedVariableMating(
        selection=TournamentSelection(func_comp=compare),
        mutation=_mutations(variables),
        eliminate_duplicates=MixedVariableDuplicateElimination(),
    )
    shared = {"pop_size": population, "sampling": sampling, "mating": mating, "eliminate_duplicates": no_twins}
    if name == "nsga3":
        directions = get_reference_directions("das-dennis", goals, n_partitions=partitions(goals, population))
        return NSGA3(ref_dirs=directions, **shared)
    return NSGA2(**shared)


def partitions(goals: int, population: int) -> int:
    """Steps of an even grid of reference directions that has at most as many as there are candidates, one at least.

    >>> partitions(4, 40), partitions(3, 32)
    (4, 6)
    """
    steps = 1
    while comb(steps + goals, goals - 1) <= population:
        steps += 1
    return steps


def without_values(count: int, goals: int) -> Array:
    """Values of candidates that failed: never looked at, since what is beyond the limit comes last."""
    return np.full((count, goals), 1e30)
