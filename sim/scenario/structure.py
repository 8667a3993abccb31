"""Numbers that belong to no mechanism: size of the place, calendar, budget, run settings; declared like all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.declare import choice, quantity

MAX_VILLAGES = 5000
YEARS = (1900, 2200)


@dataclass(frozen=True)
class Calendar:
    """The years of a run: a burn-in without policy, years with policies, years after the policy years."""

    start: int = quantity(
        2010,
        unit="year",
        bounds=YEARS,
        prior=(2010, 2010),
        source="assumption",
        zh="起始年份",
        meaning="first year of the burn-in",
        integer=True,
    )
    burn_in_years: int = quantity(
        5,
        unit="year",
        bounds=(1, 50),
        prior=(5, 10),
        source="assumption",
        zh="预热年数",
        meaning="years without policy, from which the starting income comes",
        integer=True,
    )
    policy_years: int = quantity(
        10,
        unit="year",
        bounds=(1, 50),
        prior=(3, 10),
        source="assumption",
        zh="政策年数",
        meaning="years in which policies may be active",
        integer=True,
    )
    after_years: int = quantity(
        10,
        unit="year",
        bounds=(0, 50),
        prior=(3, 10),
        source="assumption",
        zh="政策结束后年数",
        meaning="years after the policy years; outcomes are read there",
        integer=True,
    )


@dataclass(frozen=True)
class Size:
    """How many villages."""

    villages: int = quantity(
        27,
        unit="1",
        bounds=(1, MAX_VILLAGES),
        prior=(27, 97),
        source="places:tianqiao.structure.villages; places:dawang.structure.villages",
        zh="行政村数",
        meaning="number of villages",
        integer=True,
    )


@dataclass(frozen=True)
class Councils:
    """Who belongs together: a label without effect, cost or pool of its own."""

    rule: str = choice(
        "adjacency",
        {
            "adjacency": "neighbouring villages 地域相邻",
            "similar_industry": "villages of one industry, neighbours within it 产业相近",
            "complementary_industry": "as many different industries as possible in each council, near by 优势互补",
            "random": "villages drawn at random 随机, the null",
            "file": "the column council of the villages' CSV file",
        },
        source="places:tianqiao.grouping_principles",
        zh="片区划分规则",
        meaning="how villages are grouped into councils",
    )
    count: int = quantity(
        7,
        unit="1",
        bounds=(1, MAX_VILLAGES),
        prior=(1, 14),
        source="places:tianqiao.structure.councils",
        zh="片区数",
        meaning="number of councils, at most the number of villages",
        integer=True,
    )


@dataclass(frozen=True)
class Budget:
    """What a payer sets aside for one block."""

    per_year: float = quantity(
        675,
        unit="万元/year",
        bounds=(0, 1_000_000),
        prior=(100, 2000),
        source="assumption",
        zh="年度预算",
        meaning="money for the whole scope in a year; claims beyond it are cut in proportion",
    )


@dataclass(frozen=True)
class Run:
    """How often and from which seed; the command line may say otherwise."""

    replications: int = quantity(
        200,
        unit="1",
        bounds=(1, 100_000),
        prior=(20, 1000),
        source="assumption",
        zh="重复次数",
        meaning="replications of every arm",
        integer=True,
    )
    seed: int = quantity(
        1,
        unit="1",
        bounds=(0, 2**53),
        prior=(0, 2**53),
        source="assumption",
        zh="随机种子",
        meaning="root of all random draws",
        integer=True,
    )


SECTIONS: Mapping[str, type] = {
    "calendar": Calendar,
    "population": Size,
    "population.councils": Councils,
    "run": Run,
}
"""Where each of these classes stands in a scenario."""

COMPANIONS: Mapping[str, str] = {
    "same_money": "the same public money, village by village 等额资金",
    "same_management": "the same money under the joint manager, nothing pooled 委托经营",
}
ALLOCATIONS: Mapping[str, str] = {"equal": "the same for every village", "need": "by need"}
SCOPES: Mapping[str, str] = {
    "all": "every village",
    "none": "no village",
    "villages": "these villages, counted from 0",
    "councils": "these councils, counted from 0",
    "tier": "villages of a tier (强基, 创优, 示范) when the block starts",
    "tercile": "villages of a third of the income distribution when the block starts",
    "below": "villages below a number in a column of the villages table when the block starts",
}
BELOW = ("earned_income",)
"""Columns of the villages table that ``below`` may compare: those that timeline.py reads."""
COMMON_KEYS = ("policy", "payer", "budget", "start", "end", "scope")
"""Keys that all blocks share; everything else in a block is a lever of its policy."""
