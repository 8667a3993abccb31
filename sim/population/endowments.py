"""What villages are given at the start: the declared numbers behind the YAML block ``population:``.

Only endowments stand here; income comes out of the run. The defaults describe an ordinary Shandong village.
Reported sizes there are of RESIDENT people (672 a village, 1,775 亩). The state counts REGISTERED people
户籍人口, so the mean is 672 times the national ratio of registered to resident people, 1.19, and land is given
per registered person.

Assets are existing leased premises 存量资产 (shops, workshops, yards), calibrated with
``benchmarks/endowments.py`` so that land rent plus premises start near the bands of operating income in
Anqing 2018 (pattern P1 of the design).
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.declare import Array, CodeArray, RunArray, choice, quantity, shares


@dataclass(frozen=True)
class People:
    """People 人口: registered people, labour, and who works outside."""

    mean: RunArray = quantity(
        800,
        unit="person",
        bounds=(20, 20000),
        prior=(350, 2800),
        source="literature:shandong_registered; literature:village_size_2021; literature:dongying_size",
        zh="村均户籍人口",
        meaning="mean registered people of a village",
    )
    log_sd: RunArray = quantity(
        0.7,
        unit="sd of ln",
        bounds=(0, 1.5),
        prior=(0.3, 0.9),
        source="literature:village_shape; literature:village_counts_2021",
        zh="人口离散度",
        meaning="standard deviation of ln people across villages; the bands of all China fit 0.9",
    )
    labour_share: RunArray = quantity(
        0.58,
        unit="share",
        bounds=(0.1, 0.9),
        prior=(0.5, 0.66),
        source="assumption",
        zh="劳动力占比",
        meaning="labour over registered people",
    )
    migrant_share_sd: RunArray = quantity(
        0.5,
        unit="1",
        bounds=(0, 3),
        prior=(0.2, 0.8),
        source="literature:shandong_migration_2016; assumption",
        zh="外出比例离散度",
        meaning="standard deviation of the log odds of migrant shares; at 0.5 a fifth of villages pass 70%",
    )


@dataclass(frozen=True)
class Land:
    """Land 耕地: cultivated land; the share of it in reserve is declared in the mechanism land."""

    per_person: RunArray = quantity(
        2.2,
        unit="亩/person",
        bounds=(0, 30),
        prior=(1.2, 2.6),
        source="literature:shandong_registered; literature:shandong_migration_2016",
        zh="户籍人均耕地",
        meaning="mean cultivated land per registered person",
    )
    log_sd: RunArray = quantity(
        0.3,
        unit="sd of ln",
        bounds=(0, 1.5),
        prior=(0.15, 0.5),
        source="literature:village_shape",
        zh="人均耕地离散度",
        meaning="standard deviation of ln land per person across villages",
    )


@dataclass(frozen=True)
class Assets:
    """Existing premises 存量资产: a hurdle, a lognormal body and a heavy tail."""

    none_share: RunArray = quantity(
        0.4,
        unit="share",
        bounds=(0, 1),
        prior=(0.2, 0.6),
        source="assumption; literature:anqing_2018",
        zh="无存量资产村占比",
        meaning="share of villages that start without premises to let",
    )
    median: RunArray = quantity(
        70,
        unit="万元",
        bounds=(0.1, 5000),
        prior=(35, 140),
        source="assumption; literature:anqing_2018; literature:national_assets_fit",
        zh="存量资产中位数",
        meaning="median premises of the villages that have any",
    )
    log_sd: RunArray = quantity(
        1.3,
        unit="sd of ln",
        bounds=(0, 3),
        prior=(0.9, 1.7),
        source="assumption; literature:anqing_fit; literature:national_assets_fit",
        zh="存量资产离散度",
        meaning="standard deviation of ln premises in the lognormal body",
    )
    know_how_correlation: RunArray = quantity(
        0.3,
        unit="1",
        bounds=(0, 0.99),
        prior=(0, 0.6),
        source="assumption",
        zh="资产与组织资本相关性",
        meaning="correlation of know-how with the normal score behind having premises: who has something to run knows more",
    )
    tail: CodeArray = choice(
        "pareto",
        {"pareto": "Pareto above tail_start", "lognormal": "lognormal throughout"},
        source="literature:anqing_fit",
        zh="资产尾部形式",
        meaning="shape of the upper tail of premises",
    )
    tail_start: RunArray = quantity(
        600,
        unit="万元",
        bounds=(10, 50000),
        prior=(300, 1000),
        source="assumption; literature:pareto_tail",
        zh="厚尾起点",
        meaning="premises above which the Pareto tail begins",
    )
    tail_exponent: RunArray = quantity(
        1.6,
        unit="exponent",
        bounds=(1.05, 6),
        prior=(1.3, 2.2),
        source="literature:pareto_tail",
        zh="帕累托指数",
        meaning="exponent of the Pareto tail, smaller is heavier",
    )
    largest: RunArray = quantity(
        20000,
        unit="万元",
        bounds=(100, 1000000),
        prior=(10000, 50000),
        source="assumption",
        zh="资产上限",
        meaning="premises of the largest village there can be; the Pareto tail ends there",
    )


@dataclass(frozen=True)
class Map:
    """Map 空间: villages stand near the crossings of a square grid."""

    spacing: RunArray = quantity(
        1.4,
        unit="km",
        bounds=(0.1, 30),
        prior=(1, 2.5),
        source="assumption; literature:shandong_2025",
        zh="村庄间距",
        meaning="distance of neighbouring villages; 1,775 亩 cultivated at 60% of the area make 1.4 km",
    )
    irregularity: RunArray = quantity(
        0.8,
        unit="share",
        bounds=(0, 1),
        prior=(0.4, 1),
        source="assumption",
        zh="布局不规则度",
        meaning="how far a village may stand from its crossing, as a share of the grid's cell",
    )


@dataclass(frozen=True)
class Industries:
    """Industries 产业: what a village is known for; decides the market shock it shares with others."""

    mix: tuple[Array, ...] = shares(
        {"grain": 0.5, "horticulture": 0.2, "livestock": 0.1, "handicraft": 0.12, "services": 0.08},
        {
            "grain": "grain 粮食",
            "horticulture": "fruit and vegetables 果蔬",
            "livestock": "livestock 养殖",
            "handicraft": "processing and handicraft 加工",
            "services": "trade and services 商贸服务",
        },
        source="assumption",
        zh="主导产业构成",
        meaning="shares of villages by leading industry",
    )


GROUPS: dict[str, type] = {
    "people": People,
    "land": Land,
    "assets": Assets,
    "map": Map,
    "industries": Industries,
}
"""Groups of the YAML block ``population:``; a quantity's key is ``population.<group>.<name>``."""

GROUPS_ZH = {"people": "人口", "land": "耕地", "assets": "存量资产", "map": "空间", "industries": "产业"}

BORROWED = (
    "talent.leader_sd",
    "talent.know_how_sd",
    "talent.ability_exponent",
    "talent.care_exponent",
    "talent.migrant_share_start",
    "governance.trust_start",
    "governance.trust_start_sd",
    "land.reserve_share",
    "land.reserve_share_sd",
    "land.rent",
    "enterprises.arrivals",
    "enterprises.exit",
    "enterprises.fee",
    "projects.leased_gross_margin",
    "projects.leased_overhead",
    "projects.leased_management_weight",
    "projects.leased_depreciation",
    "projects.leased_hazard",
    "projects.idle_rent",
    "projects.scale",
    "projects.quality_sd",
)
"""Parameters of mechanisms that also shape the start: read from the scenario, declared there and not here."""
