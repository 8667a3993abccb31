"""The columns of a researcher's village file 村情表, declared once: names, units, bounds, hints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sim.state import INDUSTRIES, INDUSTRIES_ZH


@dataclass(frozen=True)
class Column:
    """One column of a village file; ``names`` are Chinese headers also read, the usual one first."""

    name: str
    names: tuple[str, ...]
    sort: Literal["number", "text", "industry", "centre"] = "number"
    unit: str = ""
    bounds: tuple[float, float] = (0.0, 0.0)
    required: bool = False
    may_be_empty: bool = False
    hint_above: str = ""
    hint_below: str = ""
    meaning: str = ""
    spellings: dict[str, str] = field(default_factory=dict)
    """Text columns with a closed list: what may be written -> what it means."""


COLUMNS = (
    Column("name", ("村名", "村庄", "行政村"), sort="text", required=True, meaning="name of the village, unique"),
    Column(
        "population",
        ("户籍人口", "人口"),
        unit="person",
        bounds=(10, 50000),
        required=True,
        hint_below="given in 万? multiply by 10000",
        hint_above="one village a row?",
        meaning="registered people",
    ),
    Column(
        "households",
        ("户数", "总户数"),
        unit="household",
        bounds=(3, 20000),
        hint_below="given in 万? multiply by 10000",
        meaning="households; only checked against the people (1 to 12 a household)",
    ),
    Column(
        "labour",
        ("劳动力", "劳动力人数"),
        unit="person",
        bounds=(0, 50000),
        meaning="labour, at home and outside",
    ),
    Column(
        "migrant_share",
        ("外出劳动力比例", "外出比例", "外出务工比例"),
        unit="share",
        bounds=(0, 1),
        hint_above="given in percent? divide by 100",
        meaning="share of the labour that works outside",
    ),
    Column(
        "cultivated_land",
        ("耕地", "耕地面积"),
        unit="亩",
        bounds=(0, 200000),
        hint_above="given in square metres? divide by 666.67",
        meaning="cultivated land, reserve land included",
    ),
    Column(
        "reserve_land",
        ("机动地", "集体机动地"),
        unit="亩",
        bounds=(0, 200000),
        meaning="land that the collective rents out, part of the cultivated land",
    ),
    Column(
        "assets",
        ("经营性资产", "存量资产"),
        unit="万元",
        bounds=(0, 500000),
        hint_above="given in yuan? divide by 10000",
        meaning="premises that are let, at today's value",
    ),
    Column(
        "operating_income",
        ("经营性收入", "村集体经营性收入"),
        unit="万元/year",
        bounds=(0, 50000),
        hint_above="given in yuan? divide by 10000",
        meaning="observed operating income of a year, to which the productivity of the premises is fitted",
    ),
    Column(
        "leader_ability",
        ("头雁能力",),
        unit="1",
        bounds=(0.1, 10),
        hint_above="a mark out of 100? divide by the median village's",
        hint_below="1 is the median village",
        meaning="ability of the village head, 1 is the median",
    ),
    Column(
        "know_how",
        ("组织资本", "经营经验"),
        unit="1",
        bounds=(0.1, 10),
        hint_above="a mark out of 100? divide by the median village's",
        hint_below="1 is the median village",
        meaning="know-how of running projects, 1 is the median",
    ),
    Column(
        "trust",
        ("信任", "信任度"),
        unit="share",
        bounds=(0.01, 0.99),
        hint_above="given in percent? divide by 100",
        meaning="trust in joint undertakings",
    ),
    Column(
        "x",
        ("横坐标", "东向坐标"),
        unit="km",
        bounds=(-1000, 1000),
        hint_above="given in metres? divide by 1000",
        hint_below="given in metres? divide by 1000",
        meaning="location, east; in km and not degrees",
    ),
    Column(
        "y",
        ("纵坐标", "北向坐标"),
        unit="km",
        bounds=(-1000, 1000),
        hint_above="given in metres? divide by 1000",
        hint_below="given in metres? divide by 1000",
        meaning="location, north; in km and not degrees",
    ),
    Column(
        "industry",
        ("产业", "主导产业"),
        sort="industry",
        meaning="leading industry, English or Chinese",
        spellings={**{name: name for name in INDUSTRIES}, **{zh: name for name, zh in INDUSTRIES_ZH.items()}},
    ),
    Column(
        "council",
        ("片区", "联合党委", "片区联合党委"),
        sort="text",
        may_be_empty=True,
        meaning="label of the council, empty for none; used by councils: {rule: file}",
    ),
    Column(
        "centre",
        ("中心村",),
        sort="centre",
        may_be_empty=True,
        meaning="yes (是) or the council's label at its centre village, empty or no (否) elsewhere",
    ),
    Column("town", ("乡镇", "镇"), sort="text", meaning="name of the town"),
)
"""All columns, in the order of the docs."""

BY_NAME = {column.name: column for column in COLUMNS}
SPELLINGS = {spelling: column.name for column in COLUMNS for spelling in (column.name, *column.names)}
"""Every header that is read -> the column's name."""
YES = frozenset({"yes", "y", "true", "1", "是", "√"})
NO = frozenset({"", "no", "n", "false", "0", "否"})


def columns_page() -> str:
    """The table of columns for the docs."""
    lines = ["| column | 中文 | unit | bounds | needed | meaning |", "|---|---|---|---|---|---|"]
    for column in COLUMNS:
        bounds = f"{column.bounds[0]:g} to {column.bounds[1]:g}" if column.sort == "number" else ""
        needed = "yes" if column.required else ""
        lines.append(
            f"| `{column.name}` | {'、'.join(column.names)} | {column.unit} | {bounds} | {needed} | {column.meaning} |"
        )
    return "\n".join(lines) + "\n"
