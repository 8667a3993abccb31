"""The initial villages 初始村庄: endowments by run and village, and who belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from sim import grouping_rules
from sim.declare import Array, RunArray, VillageArray
from sim.groups import groups
from sim.population.distributions import category, logit_normal, lognormal_of_mean, lognormal_with_tail
from sim.population.drawing import Lottery, Point
from sim.population.observed import Fitted, Premises, fit
from sim.state import INDUSTRIES

Index = npt.NDArray[np.int64]
INDUSTRY_RULES = {
    "similar_industry": grouping_rules.similar_industry,
    "complementary_industry": grouping_rules.complementary_industry,
}


@dataclass(frozen=True)
class Population:
    """Endowments of a batch; every array has the shape (runs, villages)."""

    population: VillageArray
    """person, registered"""
    labour: VillageArray
    """person, at home and outside"""
    migrant_share: VillageArray
    """share of the labour that works outside"""
    cultivated_land: VillageArray
    """亩, reserve land included"""
    reserve_land: VillageArray
    """亩"""
    x: VillageArray
    """km, east"""
    y: VillageArray
    """km, north"""
    industry: Index
    """index into state.INDUSTRIES"""
    town: Index
    council: Index
    """index of the founding village, -1 none"""
    centre: Index
    """index of the centre village, at all members; a village outside any council has itself"""
    leader_ability: VillageArray
    """1 is the median"""
    know_how: VillageArray
    """1 is the median"""
    trust: VillageArray
    """share, inside (0, 1)"""
    assets: VillageArray
    """万元, premises that are let at the start"""
    asset_quality: VillageArray
    """quality of those premises, mean 1 where it is drawn"""
    names: tuple[str, ...]
    """one a village, of the first design point"""


def draw(points: Sequence[Point], replications: Sequence[int], seed: int) -> Population:
    """The initial villages of a batch, runs ordered design point major, replication fastest.

    A run depends on its design point, its replication and the seed alone, not on the batch. Raises ValueError
    where design points differ in the number of villages or councils do not fit, VillageFileError for a bad
    village file.
    """
    lottery = Lottery(points, replications, seed)
    people = _people(lottery)
    land = lottery.settle("cultivated_land", people * _land_per_person(lottery))
    ability = lottery.settle(
        "leader_ability", np.exp(lottery.number("talent.leader_sd") * lottery.normal("leader_ability"))
    )
    know_how = lottery.settle("know_how", np.exp(lottery.number("talent.know_how_sd") * lottery.normal("know_how")))
    fitted = _fitted(lottery, _reserve_land(lottery, land), ability, know_how)
    x, y = _places(lottery)
    industry = _industries(lottery)
    council = _councils(lottery, industry, x, y)
    return Population(
        population=people,
        labour=lottery.settle("labour", people * lottery.number("population.people.labour_share")),
        migrant_share=lottery.settle("migrant_share", _migrant_share(lottery)),
        # A file that gives only reserve land leaves drawn land that may be smaller.
        cultivated_land=np.maximum(land, fitted.reserve_land),
        reserve_land=fitted.reserve_land,
        x=x,
        y=y,
        industry=industry,
        town=_towns(lottery),
        council=council,
        centre=_centres(lottery, council, people),
        leader_ability=ability,
        know_how=know_how,
        trust=lottery.settle("trust", _trust(lottery)),
        assets=fitted.assets,
        asset_quality=fitted.quality,
        names=_names(lottery),
    )


def _people(lottery: Lottery) -> VillageArray:
    mean, log_sd = lottery.number("population.people.mean"), lottery.number("population.people.log_sd")
    return lottery.settle("population", lognormal_of_mean(mean, log_sd, lottery.normal("population")))


def _land_per_person(lottery: Lottery) -> VillageArray:
    mean, log_sd = lottery.number("population.land.per_person"), lottery.number("population.land.log_sd")
    return lognormal_of_mean(mean, log_sd, lottery.normal("land_per_person"))


def _reserve_land(lottery: Lottery, land: VillageArray) -> VillageArray:
    share = lottery.number("land.reserve_share") * np.exp(
        lottery.number("land.reserve_share_sd") * lottery.normal("reserve_share")
    )
    return lottery.settle("reserve_land", land * np.minimum(share, 1.0))


def _migrant_share(lottery: Lottery) -> VillageArray:
    spread = lottery.number("population.people.migrant_share_sd")
    return logit_normal(lottery.number("talent.migrant_share_start"), spread, lottery.normal("migrant_share"))


def _trust(lottery: Lottery) -> VillageArray:
    spread = lottery.number("governance.trust_start_sd")
    return logit_normal(lottery.number("governance.trust_start"), spread, lottery.normal("trust"))


def _assets(lottery: Lottery) -> VillageArray:
    has_tail = lottery.chosen([point.population.tail == "pareto" for point in lottery.points])
    assets = lognormal_with_tail(
        lottery.uniform("assets"),
        lottery.number("population.assets.median"),
        lottery.number("population.assets.log_sd"),
        np.where(has_tail, lottery.number("population.assets.tail_start"), np.inf),
        lottery.number("population.assets.tail_exponent"),
        lottery.number("population.assets.largest"),
    )
    held = _with_know_how(lottery, "has_assets") >= lottery.number("population.assets.none_share")
    return lottery.settle("assets", np.where(held, assets, 0.0))


def _with_know_how(lottery: Lottery, variable: str) -> VillageArray:
    """Uniforms of a variable that go together with know-how, (runs, villages)."""
    share = lottery.number("population.assets.know_how_correlation")
    score = share * lottery.normal("know_how") + np.sqrt(1.0 - share * share) * lottery.normal(variable)
    return np.where(share == 0.0, lottery.uniform(variable), ndtr(score))


def _quality(lottery: Lottery) -> VillageArray:
    one = np.ones((lottery.shape[0], 1))
    return lognormal_of_mean(one, lottery.number("projects.quality_sd"), lottery.normal("asset_quality"))


def _fitted(lottery: Lottery, reserve: VillageArray, ability: VillageArray, know_how: VillageArray) -> Fitted:
    assets, quality = _assets(lottery), _quality(lottery)
    income = lottery.given("operating_income")
    if np.isnan(income).all():
        return Fitted(reserve, assets, quality)
    given = np.nan_to_num(lottery.given("assets")) > 0
    return fit(
        # what firms pay on average is no work of land and premises
        np.maximum(income - _fees(lottery), 0.0),
        reserve,
        lottery.number("land.rent"),
        assets,
        given,
        quality,
        _premises(lottery, ability, know_how),
    )


def _fees(lottery: Lottery) -> RunArray:
    """Fees of firms that a village can expect a year, 万元, shape (runs, 1): they are there from the first day."""
    firms = lottery.number("enterprises.arrivals") / -np.expm1(-lottery.number("enterprises.exit"))
    return firms * lottery.number("enterprises.fee")


def _premises(lottery: Lottery, ability: VillageArray, know_how: VillageArray) -> Premises:
    constant = lottery.chosen([point.forms.get("project_scale") == "constant" for point in lottery.points])
    led = lottery.number("talent.ability_exponent") * np.log(ability)
    care = led + lottery.number("talent.care_exponent") * np.log(know_how)
    hazard = lottery.number("projects.leased_hazard") * np.exp(np.clip(-care, np.log(0.3), np.log(3.0)))
    return Premises(
        margin=lottery.number("projects.leased_gross_margin"),
        overhead=lottery.number("projects.leased_overhead"),
        scale=np.where(constant, 1.0, lottery.number("projects.scale")),
        idle_rent=lottery.number("projects.idle_rent"),
        depreciation=lottery.number("projects.leased_depreciation"),
        management=np.exp(lottery.number("projects.leased_management_weight") * (led + np.log(know_how))),
        hazard=np.minimum(hazard, 0.999),
    )


def _places(lottery: Lottery) -> tuple[VillageArray, VillageArray]:
    """Crossings of a square grid, row by row, each village moved at random within its cell."""
    columns = int(np.ceil(np.sqrt(lottery.villages)))
    row, column = np.divmod(np.arange(lottery.villages, dtype=float), float(columns))
    spacing, freedom = lottery.number("population.map.spacing"), lottery.number("population.map.irregularity")
    x = spacing * (column + freedom * (lottery.uniform("x") - 0.5))
    y = spacing * (row + freedom * (lottery.uniform("y") - 0.5))
    return lottery.settle("x", x), lottery.settle("y", y)


def _industries(lottery: Lottery) -> Index:
    drawn = category(lottery.uniform("industry"), lottery.weights("population.industries.mix", INDUSTRIES))
    rows = [None if file is None else file.industry for file in lottery.files]
    for rank, names in enumerate(rows):
        if names is not None:
            drawn[_runs_of(lottery, rank)] = [INDUSTRIES.index(name) for name in names]
    return drawn


def _towns(lottery: Lottery) -> Index:
    town = np.zeros(lottery.shape, dtype=np.int64)
    for rank, file in enumerate(lottery.files):
        if file is not None and file.town is not None:
            order = list(dict.fromkeys(file.town))
            town[_runs_of(lottery, rank)] = [order.index(name) for name in file.town]
    return town


def _councils(lottery: Lottery, industry: Index, x: VillageArray, y: VillageArray) -> Index:
    council = np.empty(lottery.shape, dtype=np.int64)
    for rank, point in enumerate(lottery.points):
        rows, size = _runs_of(lottery, rank), point.population
        if size.council_rule == "adjacency":
            council[rows] = grouping_rules.adjacency(x[rows], y[rows], size.council_count)
        elif size.council_rule in INDUSTRY_RULES:
            by_industry = INDUSTRY_RULES[size.council_rule]
            council[rows] = by_industry(industry[rows], x[rows], y[rows], size.council_count)
        elif size.council_rule == "random":
            council[rows] = grouping_rules.random(lottery.uniform("council")[rows], size.council_count)
        elif size.council_rule == "file":
            file = lottery.files[rank]
            council[rows] = founders(() if file is None or file.council is None else file.council)
        else:
            rules = ", ".join(("adjacency", *INDUSTRY_RULES, "random"))
            raise ValueError(f"councils cannot be made by the rule {size.council_rule!r}: {rules} or file")
    return council


def founders(labels: Sequence[str]) -> Index:
    """Council labels of a file as indices of founding villages, shape (villages,); -1 for an empty label."""
    return np.array([labels.index(label) if label else -1 for label in labels], dtype=np.int64)


def _centres(lottery: Lottery, council: Index, people: VillageArray) -> Index:
    """The village that the file names, else the most populous member."""
    marked = np.zeros(lottery.shape)
    for rank, file in enumerate(lottery.files):
        if file is not None and file.centre is not None:
            marked[_runs_of(lottery, rank)] = np.array(file.centre, dtype=float)
    first: Array = people + marked * (people.max(axis=1, keepdims=True) + 1.0)
    return groups(council).argmax(first)


def _names(lottery: Lottery) -> tuple[str, ...]:
    file = lottery.files[0]
    if file is not None:
        return file.names
    return tuple(f"village_{number:02d}" for number in range(1, lottery.villages + 1))


def _runs_of(lottery: Lottery, rank: int) -> slice:
    length = len(lottery.replications)
    return slice(rank * length, (rank + 1) * length)
