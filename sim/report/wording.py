"""Numbers and sentences 文字: how an estimate is written, and what a comparison says in plain words.

Sentences are in the language of the run, which the manifest keeps; numbers are the same in both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.analysis.comparison import GAIN_LEFT, GAIN_PER_100, LOSERS, Row, note_in
from sim.description.chinese import chinese
from sim.language import LANGUAGES, Language, Text
from sim.outcomes import NO_POLICY, SAME_MANAGEMENT, SAME_MONEY

DASH = "–"
MINUS = "−"
EARNED = "earned_income"
NOT_A_FORECAST = Text(
    "This compares arms under the assumptions of the scenario; it is not a forecast. The intervals show "
    "chance within the model, not how far the assumptions could be wrong: for that, vary the parameters.",
    "以上是在情景假设之下对各方案的比较，不是预测。置信区间只反映模型内部的随机性，不反映假设本身可能偏离现实多远；"
    "要了解后者，请改变参数取值。",
)
Manifest = Mapping[str, Any]
Rows = Mapping[tuple[str, str, str], Row]


def language_of(manifest: Manifest) -> Language:
    """The language in which a run was asked for; English where the manifest does not say."""
    found = manifest.get("language")
    return next((language for language in LANGUAGES if language == found), "en")


def title_of(manifest: Manifest) -> str:
    """The scenario's title in the language of the run, failing that in the other one, failing that its name."""
    titles = manifest["title"]
    found = titles.get(language_of(manifest)) or next(filter(None, titles.values()), "")
    return str(found or manifest["scenario"])


def by_key(rows: Sequence[Row]) -> Rows:
    """Rows by (arm, against, outcome)."""
    return {(row.arm, row.against, row.outcome): row for row in rows}


def number(value: float, unit: str = "", *, sign: bool = False) -> str:
    """A number as readers see it: shares in percent, otherwise about three significant digits.

    >>> number(-0.456, "share"), number(12.345, "万元", sign=True), number(float("nan"))
    ('−46%', '+12.3', '–')
    """
    if math.isnan(value):
        return DASH
    if unit == "share":
        text = f"{100 * value:+.0f}%"
    else:
        size = abs(value)
        places = 3 if unit == "1" else 0 if size >= 1000 else 1 if size >= 10 else 2
        text = f"{value:+,.{places}f}"
    if not any(digit in text for digit in "123456789"):
        text = text[1:]  # no sign before a zero
    elif not sign:
        text = text.removeprefix("+")
    return text.replace("-", MINUS)


def estimate(row: Row | None) -> str:
    """Difference (or mean) with its interval; a dash where there is none."""
    if row is None:
        return DASH
    differs = not math.isnan(row.difference)
    value = row.difference if differs else row.mean
    if math.isnan(row.low):
        return number(value, row.unit, sign=differs)
    bounds = f"[{number(row.low, row.unit, sign=differs)}, {number(row.high, row.unit, sign=differs)}]"
    return f"{number(value, row.unit, sign=differs)} {bounds}"


_PURE_NUMBER = Text("1", "无量纲")


def unit_in(language: Language, unit: str) -> str:
    """A unit in the language asked for."""
    if unit == _PURE_NUMBER.en:
        return _PURE_NUMBER.say(language)
    return (chinese(f"units.{unit}") or unit) if language == "zh" else unit


_ONE_REPLICATION = Text("one replication tells nothing about chance", "只有一次重复，无法判断随机性")
_ALWAYS_THE_SAME = Text("the same in every replication", "每次重复都相同")
_MORE = Text("{arm} earns more", "{arm}收入更高")
_LESS = Text("{arm} earns less", "{arm}收入更低")
_UNDECIDED = Text("which earns more is undecided (the interval contains 0)", "孰高孰低尚无定论（置信区间含0）")


def verdict(row: Row, language: Language = "en") -> str:
    """What a difference in income says in plain words."""
    if math.isnan(row.low):
        return _ONE_REPLICATION.say(language)
    if row.low == row.high == 0.0:
        return _ALWAYS_THE_SAME.say(language)
    if row.low > 0.0:
        return _MORE.say(language, arm=row.arm)
    return _LESS.say(language, arm=row.arm) if row.high < 0.0 else _UNDECIDED.say(language)


IDENTICAL = Text(
    "identical in every replication and outcome, by construction or by chance",
    "每次重复、每项指标都完全相同（由模型结构决定，或出于巧合）",
)


def identical(rows: Rows, arm: str, reference: str) -> bool:
    """Whether an arm and what it is compared with gave the same numbers throughout, losers included."""
    pairs = [row for (of, against, _), row in rows.items() if (of, against) == (arm, reference)]
    losers = [row.mean for row in pairs if row.outcome == LOSERS]
    differences = [row for row in pairs if not math.isnan(row.difference)]
    same = all(row.difference == row.low == row.high == 0.0 for row in differences)
    return bool(differences) and same and not any(losers)


def judged_arms(manifest: Manifest) -> list[str]:
    """Arms with a policy of their own: neither no_policy nor companions."""
    return [arm for arm in manifest["arms"] if arm != NO_POLICY and "@" not in arm]


_POLICIES = Text("", "（{policies}）")


def in_words(manifest: Manifest, arm: str) -> str:
    """What an arm is made of, in brackets: in Chinese the terms of its policies; the English names say it themselves."""
    if language_of(manifest) == "en":
        return ""
    from sim.scenario.declared import catalogue

    known = catalogue()
    policies = dict.fromkeys(_policies(manifest.get("document", {}).get("arms", {}), arm))
    terms = [known.policy(name).ZH.split("、")[0] for name in policies if name in known.policies]
    return _POLICIES.say("zh", policies="＋".join(terms)) if terms else ""


def _policies(arms: Mapping[str, Any], arm: str, depth: int = 0) -> Iterator[str]:
    """Policies of an arm as the scenario's document has them, those of the arms it joins included."""
    made = arms.get(arm)
    if isinstance(made, Mapping) and depth < len(arms):
        for member in made.get("all_of", ()):
            yield from _policies(arms, member, depth + 1)
    elif isinstance(made, Sequence) and not isinstance(made, str):
        yield from (str(block["policy"]) for block in made if isinstance(block, Mapping) and "policy" in block)


def reading(manifest: Manifest, rows: Sequence[Row]) -> list[str]:
    """One paragraph an arm: same money first, then no policy, who loses, what is left; never only a mean."""
    found = by_key(rows)
    gap = "" if language_of(manifest) == "zh" else " "
    return [gap.join(_about(manifest, found, arm)) for arm in judged_arms(manifest)]


_HEAD = Text(
    "**{arm}** (earned income, 万元 a village and year, {first}–{last}).",
    "**{arm}**{policies}，村均经营与投资收入，万元/年，{first}–{last}年。",
)


def _about(manifest: Manifest, rows: Rows, arm: str) -> list[str]:
    (first, last), language = manifest["window"], language_of(manifest)
    said = [_HEAD.say(language, arm=arm, policies=in_words(manifest, arm), first=first, last=last)]
    said += _same_money(rows, arm, language)
    said += _no_policy(rows, arm, language)
    said += _manager(rows, arm, language)
    said += _left(rows, arm, language)
    return said


_NO_COMPANION = Text(
    "There is no same-money companion here (no public payer, or companions are off), so nothing below "
    "tells the way the money is spent from the money itself.",
    "此处没有同等资金对照（无财政出资方，或关闭了对照），因此以下结果无法把资金的使用方式与资金本身区分开。",
)
_SAME_MONEY_IDENTICAL = Text(
    "Against the same public money spent village by village: {identical}.", "与同等财政资金逐村使用相比：{identical}。"
)
_SAME_MONEY = Text(
    "Against the same public money spent village by village: {estimate}, {verdict};",
    "与同等财政资金逐村使用相比：{estimate}，{verdict}；",
)


def _same_money(rows: Rows, arm: str, language: Language) -> list[str]:
    row = rows.get((arm, arm + SAME_MONEY, EARNED))
    if row is None:
        return [_NO_COMPANION.say(language)]
    if identical(rows, arm, arm + SAME_MONEY):
        return [_SAME_MONEY_IDENTICAL.say(language, identical=IDENTICAL.say(language))]
    return [
        _SAME_MONEY.say(language, estimate=estimate(row), verdict=verdict(row, language)),
        _who_loses(row, rows[arm, arm + SAME_MONEY, LOSERS], language),
    ]


_AGAINST_NONE = Text("Against no policy: {estimate}, {verdict};", "与无政策相比：{estimate}，{verdict}；")
_PER_100 = Text(
    "Per 100 万元 of public money all villages together gain {estimate} 万元 a year.",
    "每100万元财政投入，全部村合计每年增收{estimate}万元。",
)
_NOT_PER_100 = Text("Gain per 100 万元 of public money: – ({note}).", "每100万元财政投入的增收：–（{note}）。")


def _no_policy(rows: Rows, arm: str, language: Language) -> list[str]:
    row = rows.get((arm, NO_POLICY, EARNED))
    if row is None:
        return []
    losers, ratio = rows[arm, NO_POLICY, LOSERS], rows[arm, NO_POLICY, GAIN_PER_100]
    said = [
        _AGAINST_NONE.say(language, estimate=estimate(row), verdict=verdict(row, language)),
        _who_loses(row, losers, language),
    ]
    if ratio.note:
        return [*said, _NOT_PER_100.say(language, note=note_in(language, ratio.note))]
    return [*said, _PER_100.say(language, estimate=estimate(ratio))]


_WORSE = Text(
    "it is worse in {worse} of {n} replications, and {losers} of the villages earn less than they would there.",
    "在{n}次重复中，{worse}的重复收入较低；{losers}的村收入低于对照情形下的水平。",
)
_LOSE = Text(
    "{losers} of the villages earn less than they would there.",
    "{losers}的村收入低于对照情形下的水平。",
)


def _who_loses(row: Row, losers: Row, language: Language) -> str:
    share = number(losers.mean, "share")
    if row.n == 1:
        return _LOSE.say(language, losers=share)
    return _WORSE.say(language, worse=number(row.share_worse, "share"), n=row.n, losers=share)


_TWO_PARTS = Text(
    "The difference to the same money has two parts: who manages, {manager} (the joint manager, "
    "its coordination and staff, without pooling), and pooling itself, {pooling} (scale and incentive).",
    "与同等资金的差异可分为两部分：由谁经营，{manager}（联合经营者及其协调与人员费用，资金不整合）；"
    "资金整合本身，{pooling}（规模与激励）。",
)


def _manager(rows: Rows, arm: str, language: Language) -> list[str]:
    row = rows.get((arm + SAME_MANAGEMENT, arm + SAME_MONEY, EARNED))
    own = rows.get((arm, arm + SAME_MANAGEMENT, EARNED))
    if row is None or own is None:
        return []
    return [_TWO_PARTS.say(language, manager=estimate(row), pooling=estimate(own))]


_NOT_LEFT = Text("Share of the gain left at the end: – ({note}).", "期末增收留存比例：–（{note}）。")
_LEFT = Text(
    "In the last three years of the run the gain is {estimate} of that in the last three years with money, "
    "when projects may still have been under construction.",
    "运行最后三年的增收额相当于资金投入期最后三年（当时项目可能尚在建设）的{estimate}。",
)


def _left(rows: Rows, arm: str, language: Language) -> list[str]:
    row = rows.get((arm, NO_POLICY, GAIN_LEFT))
    if row is None:
        return []
    if row.note:
        return [_NOT_LEFT.say(language, note=note_in(language, row.note))]
    return [_LEFT.say(language, estimate=estimate(row))]
