"""Candidates as design points of sweeps 候选方案的模拟: experiments made for a generation, and worlds they are evaluated at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.experiment import values
from sim.experiment.designs import latin_hypercube
from sim.experiment.experiment import DesignPoint, Experiment, Replications
from sim.scenario.scenario import NO_POLICY
from sim.search.candidates import Candidate, Space
from sim.search.problem import Draws, Robust, Search

World = Mapping[str, Any]
"""Path -> value."""


def worlds(robust: Robust | None, *, fresh: bool = False) -> list[World]:
    """Worlds of a search, a Latin hypercube over the ranges; the fresh ones are others. One, as written, without robust."""
    if robust is None:
        return [{}]
    widths = [values.width(factor) for factor in robust.factors]
    made: list[World] = []
    for row in latin_hypercube(sum(widths), robust.points, robust.seed + int(fresh)).tolist():
        world: dict[str, Any] = {}
        start = 0
        for factor, width in zip(robust.factors, widths, strict=True):
            world |= dict.fromkeys(factor.paths, values.drawn(factor, row[start : start + width]))
            start += width
        made.append(world)
    return made


def of_candidates(
    search: Search, space: Space, candidates: Sequence[Candidate], at: Sequence[World], draws: Draws, part: str
) -> Experiment:
    """Every candidate in every world, candidates first: the searched arm and no_policy."""
    rows = [
        (place, candidate, number, world)
        for place, candidate in enumerate(candidates)
        for number, world in enumerate(at)
    ]
    points = [
        DesignPoint(
            number=number,
            scenario=search.scenario.name,
            values={**world, **space.settings(candidate)},
            coordinates=space.coordinates(candidate),
            place={"candidate": float(place), "world": float(which)},
        )
        for number, (place, candidate, which, world) in enumerate(rows)
    ]
    return _experiment(search, (NO_POLICY, search.arm), points, draws, part)


def as_written(search: Search, at: Sequence[World], draws: Draws, part: str) -> Experiment:
    """The arms that are compared with, as the scenario has them, in every world."""
    points = [
        DesignPoint(number, search.scenario.name, dict(world), {}, {"world": float(number)})
        for number, world in enumerate(at)
    ]
    return _experiment(search, (NO_POLICY, *search.compare), points, draws, part)


def _experiment(
    search: Search, arms: Sequence[str], points: Sequence[DesignPoint], draws: Draws, part: str
) -> Experiment:
    return Experiment(
        name=f"{search.name} {part}",
        title={
            "en": f"{search.title.get('en', search.name)}: {part}",
            "zh": f"{search.title.get('zh', search.name)}：{part}",
        },
        question=search.question,
        scenarios={search.scenario.name: search.scenario},
        arms=tuple(arm for arm in search.scenario.arms if arm in arms),
        factors=(),
        method="search",
        design={"part": part},
        points=tuple(points),
        replications=Replications(draws.replications, draws.replications),
        seed=draws.seed,
        yearly=False,
        time_limit_s=search.time_limit_s,
        document=search.document,
    )
