"""What a comparison adds to the outcomes 比较指标: differences, gain, who does worse, and the columns of its table.

Numbers are computed in ``sim.analysis.comparison``; what they are called and mean is said here, so that the table on
the screen, answer.md and ``lianjian describe`` say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.language import Text


@dataclass(frozen=True)
class Measure:
    """One number that a comparison of two arms gives beside the outcomes."""

    name: str
    """As in answer.csv: its column ``outcome``, or a column of its own."""
    zh: str
    unit: str
    label: Text
    """In the tables of answer.md."""
    meaning: str


_DECLARED = (
    Measure(
        "difference",
        "配对差异",
        "",
        Text("difference", "差异"),
        "mean over replications of the arm's outcome less that of the arm named in `against`, in the same replication: "
        "both met the same villages, weather, prices and failures; low and high are its 95% interval",
    ),
    Measure(
        "share_worse",
        "劣于对照的重复比例",
        "share",
        Text("worse", "劣于对照"),
        "share of replications in which the arm is worse than the arm named in `against`, by however little; 'worse' is "
        "less of an outcome that is wanted, more of one that is not",
    ),
    Measure(
        "gain",
        "增收额",
        "万元/year",
        Text("gain in earned income, all villages", "全部村的增收额（经营与投资收入）"),
        "paired difference in earned income, summed over all villages, mean of the years of the window",
    ),
    Measure(
        "gain_per_100",
        "每100万元财政投入的增收",
        "万元/year per 100 万元",
        Text("gain per 100 万元 of public cost", "每100万元财政投入的增收"),
        "gain against no policy per 100 万元 of public cost of the whole run, with a paired bootstrap interval; none where "
        "the interval of the gain contains 0",
    ),
    Measure(
        "share_of_gain_left",
        "增收留存比例",
        "share",
        Text("share of the gain left at the end", "期末增收留存比例"),
        "gain of the last three years of the run over gain of the last three years with money; none where the latter's "
        "interval contains 0, or the money never stopped; projects may still have been under construction, so it can exceed 1",
    ),
)

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _DECLARED}
"""Every measure by name."""


@dataclass(frozen=True)
class Reference:
    """What an arm X is compared with beside no policy: the arm ``X@name`` that the program adds."""

    name: str
    label: Text
    meaning: str


REFERENCES = (
    Reference(
        "same_money",
        Text("same money", "同等资金"),
        "companion X@same_money of an arm X: the public money that X took, quarter by quarter and payer by payer, spent "
        "village by village on own projects, without councils",
    ),
    Reference(
        "same_management",
        Text("same management", "委托经营"),
        "companion X@same_management of an arm X with a pool or centre villages: the same money, nothing pooled, but the "
        "joint manager runs the villages' own projects; staff and coordination are charged as in X",
    ),
)

COLUMNS: tuple[tuple[str, Text], ...] = (
    ("earned_income", Text("earned\nincome", "经营与\n投资收入")),
    ("difference", Text("difference to\nno policy", "与无政策相比\n的差异")),
    ("difference", Text("difference to\nsame money", "与同等资金相比\n的差异")),
    ("difference", Text("difference to\nsame management", "与委托经营相比\n的差异")),
    ("share_worse", Text("worse than\nsame money", "劣于同等资金\n的重复比例")),
    ("share_of_losers", Text("villages\nthat lose", "受损村\n比例")),
    ("poorest_tercile_income", Text("poorest\nthird", "最弱三分\n之一村")),
    ("public_cost", Text("public\ncost", "财政\n投入")),
    ("gain_per_100", Text("gain\nper 100", "每100万\n元增收")),
    ("share_of_gain_left", Text("gain\nleft", "增收\n留存")),
)
"""Columns of the table on the screen after the first, the arm's name: outcome or measure shown, and heading."""


def headings(name: str) -> tuple[str, ...]:
    """What the screen calls an outcome or measure, in both languages: ``gain left``, ``增收留存``."""
    found = [heading for of, heading in COLUMNS if of == name]
    return tuple(words for text in found for words in (text.en.replace("\n", " "), text.zh.replace("\n", "")))
