"""Words that several figures share 图中用语."""

from __future__ import annotations

from sim.language import Text
from sim.outcomes import NO_POLICY
from sim.report.figures.style import Sheet

YEAR = Text("year", "年份")
INCOME = Text("earned income, 10,000 yuan per village and year", "经营与投资收入（万元/村·年）")
INCOME_VALUES = Text(
    "earned income, 10,000 yuan per village and year (constant prices)", "经营与投资收入（万元/村·年，不变价）"
)
NO_POLICY_SAID = Text("no policy", "无政策")
THE_ARM = Text("the arm", "本方案")
COMPANIONS = {
    "same_money": Text("same money", "等额资金"),
    "same_management": Text("same management", "同等管理"),
}


def arm_label(arm: str, sheet: Sheet) -> str:
    """An arm as readers see it; its name is the researcher's own, in any language."""
    judged, _, companion = arm.partition("@")
    if judged == NO_POLICY:
        return sheet.say(NO_POLICY_SAID)
    own = judged.replace("_", " ").strip() or judged
    return f"{own}: {companion_label(companion, sheet)}" if companion else own


def companion_label(companion: str, sheet: Sheet) -> str:
    """A companion without its arm."""
    return sheet.say(COMPANIONS[companion]) if companion in COMPANIONS else companion.replace("_", " ")
