"""Factors of a sweep in words 因素用语: short names with units, limits as readers say them, options of forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.analysis.prim import Box, Column, Limit
from sim.analysis.stored import StoredRows
from sim.description.chinese import chinese
from sim.language import Language, Text
from sim.report.wording import unit_in

WITHOUT_UNIT = ("1", "share", "")
_JOINED = Text(", ", "、")
_OR = Text(" or ", "或")
_AND = Text(" and ", "且")
_ABOVE = Text("{name} is above {value}{unit}", "{name}高于{value}{unit}")
_BELOW = Text("{name} is below {value}{unit}", "{name}低于{value}{unit}")
_BETWEEN = Text("{name} is between {low} and {high}{unit}", "{name}在{low}至{high}{unit}之间")
_AT_LEAST = Text("{name} is {value}{unit} or more", "{name}不少于{value}{unit}")
_AT_MOST = Text("{name} is {value}{unit} or less", "{name}不多于{value}{unit}")
_FROM_TO = Text("{name} is {low} to {high}{unit}", "{name}为{low}至{high}{unit}")
_ONE = Text("{name} is {value}{unit}", "{name}为{value}{unit}")
_IS = Text("{name} is {options}", "{name}为{options}")
_IS_NOT = Text("{name} is not {options}", "{name}不是{options}")


@dataclass(frozen=True)
class Factor:
    """One column of the table of design points as readers see it."""

    name: str
    """Path in the scenario, with the part where it is one of shares that sum to one."""
    path: str
    part: str
    unit: str
    zh: str
    meaning: str
    levels: tuple[float, ...]
    """Values of a quantity that takes few; empty where it is drawn from a range, and for choices."""
    range: tuple[float, float] | None

    def label(self, language: Language) -> str:
        """A short name: 'governance trust start', 初始信任."""
        if language == "zh":
            return (self.zh or self.path) + (f"（{self.part}）" if self.part else "")
        first, _, rest = self.path.partition(".")
        if first == "forms":
            return f"form {rest}"
        said = rest.partition(".")[2] if first == "arms" else rest or first
        text = said.replace(".", " ").replace("_", " ")
        return f"{text} ({self.part})" if self.part else text

    def unit_said(self, language: Language) -> str:
        """The unit with a space before it; nothing for pure numbers and shares."""
        if self.unit in WITHOUT_UNIT:
            return ""
        return (" " if language == "en" else "") + unit_in(language, self.unit)

    def option(self, option: str, language: Language) -> str:
        """An option, in Chinese with what it means."""
        meaning = chinese(f"{self.path}.{option}") if language == "zh" else ""
        return f"“{option}”（{meaning}）" if meaning else f"`{option}`"


def factors_in(rows: StoredRows, columns: Sequence[Column]) -> tuple[Factor, ...]:
    """The factors of a sweep, in the order of its columns."""
    said = {str(of["name"]): of for of in rows.facts.get("factors", ())}
    return tuple(_factor(column, said) for column in columns)


def _factor(column: Column, said: Mapping[str, Mapping[str, Any]]) -> Factor:
    name, part = column.name, ""
    if name not in said and name.rpartition(".")[0] in said:
        name, _, part = name.rpartition(".")
    of = said.get(name, {})
    levels = () if column.options or not of.get("levels") else tuple(sorted(map(float, of["levels"])))
    ends: Any = of.get("range")
    if part:
        ends = (0.0, 1.0)
    elif not ends and not column.options and len(column.values):
        ends = (float(column.values.min()), float(column.values.max()))
    zh = str(of.get("zh", "")) or ("情景文件" if name == "scenario" else "")
    path = str((of.get("paths") or [name])[0])
    own = path if name == path else name
    return Factor(
        column.name, own, part, str(of.get("unit", "1")), zh, str(of.get("meaning", "")), levels, ends and tuple(ends)
    )


def plain(value: float) -> str:
    """A value of a factor: three significant digits, never with an exponent.

    >>> plain(2430.4), plain(0.03999), plain(12.0)
    ('2,430', '0.04', '12')
    """
    if abs(value) >= 1000.0:
        return f"{float(f'{value:.3g}'):,.0f}"
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0") if "e" in text else text


def conditions(box: Box, columns: Sequence[Column], factors: Sequence[Factor], language: Language) -> list[str]:
    """The limits of a box in words, one phrase a factor."""
    places = sorted({limit.factor for limit in box})
    return [_condition(place, box, columns[place], factors[place], language) for place in places]


def joined(phrases: Sequence[str], language: Language) -> str:
    """Phrases with 'and' between them."""
    return _AND.say(language).join(phrases)


def kept_options(place: int, box: Box, column: Column) -> list[str]:
    """Options of a choice that the box still allows."""
    gone = {limit.option for limit in box if limit.factor == place}
    return [option for code, option in enumerate(column.options) if code not in gone]


def _condition(place: int, box: Box, column: Column, factor: Factor, language: Language) -> str:
    name = factor.label(language)
    if column.options:
        kept = kept_options(place, box, column)
        gone = [option for option in column.options if option not in kept]
        few, text = (gone, _IS_NOT) if len(gone) == 1 and len(kept) > 2 else (kept, _IS)
        return text.say(language, name=name, options=_OR.say(language).join(factor.option(o, language) for o in few))
    low, high = box.get(Limit(place, "low")), box.get(Limit(place, "high"))
    said: dict[str, Any] = {"name": name, "unit": factor.unit_said(language)}
    if factor.levels:
        return _levelled(low, high, factor, said, language)
    if low is not None and high is not None:
        return _BETWEEN.say(language, low=plain(low), high=plain(high), **said)
    if low is not None:
        return _ABOVE.say(language, value=plain(low), **said)
    assert high is not None
    return _BELOW.say(language, value=plain(high), **said)


def _levelled(
    low: float | None, high: float | None, factor: Factor, said: Mapping[str, Any], language: Language
) -> str:
    """A limit of a factor with few levels names the levels inside, not the middle between two."""
    kept = [v for v in factor.levels if (low is None or v >= low) and (high is None or v <= high)]
    if len(kept) == 1:
        return _ONE.say(language, value=plain(kept[0]), **said)
    if low is not None and high is not None:
        return _FROM_TO.say(language, low=plain(kept[0]), high=plain(kept[-1]), **said)
    if low is not None:
        return _AT_LEAST.say(language, value=plain(kept[0]), **said)
    return _AT_MOST.say(language, value=plain(kept[-1]), **said)
