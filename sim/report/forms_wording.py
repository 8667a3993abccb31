"""Sentences about conclusions under other forms 形式稳健性文字."""

from __future__ import annotations

from collections.abc import Sequence

from sim.analysis.forms import (
    FEW_LOSE,
    IDENTICAL,
    MOST_LOSE,
    NEGATIVE,
    NO,
    NO_EFFECT,
    NO_INTERVAL,
    NOTHING,
    POSITIVE,
    UNDECIDED,
    YES,
    FormRow,
)
from sim.language import Language, Text
from sim.report.wording import DASH, number
from sim.scenario.forms import DEFAULT, EVERY_FORM, FIRST, LAST

HOW_TO_READ = Text(
    "Default: the scenario as written. Each other row changes one form, the last rows every form at once. Survives: the "
    "same verdict as the default's; a form that changes no replication of this comparison has no effect here. An interval "
    "that contains 0 is undecided: that the default's sign is not shown there is no proof that the form matters (the "
    "column 'change' in forms.md is about that). Verdicts are at 95% row by row, so of many rows a few are wrong by "
    "chance; * marks those that hold with intervals for all rows of a table at once (max-t). `lianjian describe FORM` "
    "says what a form is.",
    "默认：情景文件原样。其余各行每次只改变一种形式，最后几行同时改变全部形式。仍成立：结论与默认情形相同；某种形式若未改变"
    "该比较的任何一次重复，则在此无影响。置信区间含0即尚无定论：某行未显示默认情形的符号，并不证明该形式重要"
    "（forms.md 中“与默认相比的变化”一列回答这一问题）。结论逐行按95%水平判断，行数多时难免有少数属偶然；"
    "* 表示在整张表同时成立的置信区间（max-t）下结论仍成立。各形式的含义见 `lianjian describe 形式名 --lang zh`。",
)
TITLE = Text("Under other forms", "其他形式下")
COMPARED = Text("{arm} less {reference}", "{arm}与{reference}之差")
OUTCOME_LABELS = {
    "earned_income": Text("earned income", "经营与投资收入"),
    "poorest_tercile_income": Text("poorest third", "最弱三分之一村"),
    "share_of_losers": Text("villages that lose", "受损村比例"),
    "share_of_losers_same_money": Text("villages that lose", "受损村比例"),
}
_WORDS = {
    text.en: text
    for text in (
        Text(POSITIVE, "为正"),
        Text(NEGATIVE, "为负"),
        Text(UNDECIDED, "尚无定论"),
        Text(IDENTICAL, "完全相同"),
        Text(MOST_LOSE, "多数村受损"),
        Text(FEW_LOSE, "受损村不足半数"),
        Text(NO_INTERVAL, "无置信区间"),
        Text(YES, "是"),
        Text(NO, "否"),
        Text(NO_EFFECT, "无影响"),
    )
}
"""Words of forms.csv, which has them in English in every language of a run."""
_TOGETHER = {FIRST: Text("first alternatives", "取首个备选"), LAST: Text("last alternatives", "取末个备选")}
_DEFAULT, _EVERY_FORM = Text("default", "默认"), Text("every form, {option}", "全部形式，{option}")


def label(row: FormRow, language: Language = "en") -> str:
    """How a row is named: ``default``, ``joint_manager=average``, ``every form, last alternatives``."""
    if row.form == DEFAULT:
        return _DEFAULT.say(language)
    if row.form == EVERY_FORM:
        return _EVERY_FORM.say(language, option=_TOGETHER[row.option].say(language))
    return f"{row.form}={row.option}"


def survives(row: FormRow, language: Language = "en") -> str:
    """Yes, no or no effect; a dash for the default, and where it has no sign that could survive."""
    return DASH if row.survives in ("", NOTHING) else _WORDS[row.survives].say(language)


def interval(row: FormRow, *, change: bool = False) -> str:
    """The estimate (or its change from the default) with its interval."""
    value, low, high = (row.change, row.change_low, row.change_high) if change else (row.estimate, row.low, row.high)
    signed = change or not row.outcome.startswith("share_of_losers")
    shown = number(value, row.unit, sign=signed)
    if low != low:
        return shown
    return f"{shown} [{number(low, row.unit, sign=signed)}, {number(high, row.unit, sign=signed)}]"


def starred(row: FormRow, language: Language = "en") -> str:
    """The verdict, with a star where it holds for the whole table at once."""
    holds = row.verdict_together == row.verdict and row.verdict not in (UNDECIDED, IDENTICAL, NO_INTERVAL)
    return f"{_WORDS[row.verdict].say(language)}{'*' if holds else ''}"


_BY_DEFAULT = Text("{verdict} by default, {interval}", "默认情形{verdict}，{interval}")


def sentence(table: Sequence[FormRow], language: Language = "en", *, name_without_effect: bool = True) -> str:
    """What the rows of one arm, reference and outcome say: the default, how often it survives, where it does not."""
    default = table[0]
    said = _BY_DEFAULT.say(language, verdict=_WORDS[default.verdict].say(language), interval=interval(default))
    rest = _without_effect(table, language, name_without_effect)
    return f"{said}{_survival(table, language)}{rest}{_at_once(table, language)}"


_NONE_CHANGES = Text("; none of the {n} alternatives changes any replication", "；{n}种备选形式均未改变任何一次重复")
_ALL = Text("all {n}", "有影响的{n}种备选形式全部")
_SOME = Text("{same} of the {n}", "有影响的{n}种备选形式中{same}种")
_NONE_OF = Text("none", "0")
_STAYS = Text("; stays so under {count} alternatives that change anything", "；{count}结论不变")
_NO_SIGN = Text(
    "; no sign that could survive: {verdict} under {count} alternatives that change anything",
    "；默认情形没有可供检验的符号，{count}{verdict}",
)
_OTHER = Text("; {verdict} under {names}", "；在{names}之下{verdict}")


def _survival(table: Sequence[FormRow], language: Language) -> str:
    default, singles = table[0], [row for row in table if row.single]
    tried = [row for row in singles if row.survives != NO_EFFECT]
    if not tried:
        return _NONE_CHANGES.say(language, n=len(singles))
    same = sum(row.verdict == default.verdict for row in tried)
    some = _ALL if same == len(tried) else _SOME
    count = some.say(language, n=len(tried), same=same or _NONE_OF.say(language))
    concludes = default.verdict not in (UNDECIDED, NO_INTERVAL)
    verdict = _WORDS[default.verdict].say(language)
    said = (_STAYS if concludes else _NO_SIGN).say(language, count=count, verdict=verdict)
    for other in dict.fromkeys(row.verdict for row in tried if row.verdict != default.verdict):
        names = _listed([row for row in tried if row.verdict == other], singles, language)
        said += _OTHER.say(language, verdict=_WORDS[other].say(language), names=names)
    return said


_IDLE = Text(" ({n} have no effect here)", "（{n}种在此无影响）")
_IDLE_NAMED = Text(" ({n} have no effect here: {names})", "（{n}种在此无影响：{names}）")


def _without_effect(table: Sequence[FormRow], language: Language, named: bool) -> str:
    singles = [row for row in table if row.single]
    without = [row for row in singles if row.survives == NO_EFFECT]
    if not without or len(without) == len(singles):
        return ""
    names = _listed(without, singles, language)
    return (_IDLE_NAMED if named else _IDLE).say(language, n=len(without), names=names)


_ANY, _AND = Text("{form} (any)", "{form}（任一备选）"), Text(", ", "、")


def _listed(rows: Sequence[FormRow], singles: Sequence[FormRow], language: Language) -> str:
    """Alternatives by name; a form all of whose alternatives are meant, by its own."""
    names = []
    for form in dict.fromkeys(row.form for row in rows):
        mine = [row for row in rows if row.form == form]
        whole = len(mine) > 1 and len(mine) == sum(row.form == form for row in singles)
        names += [_ANY.say(language, form=form)] if whole else [label(row, language) for row in mine]
    return _AND.say(language).join(names)


_END = Text(".", "。")
_TOGETHER_SAID = Text(". Every form changed at once: {verdicts}.", "。全部形式同时改变：{verdicts}。")
_VERDICT_OF = Text("{verdict} ({option})", "{verdict}（{option}）")


def _at_once(table: Sequence[FormRow], language: Language) -> str:
    """What the rows say in which every form is changed."""
    every = [row for row in table if row.form == EVERY_FORM]
    if not every:
        return _END.say(language)
    if len({row.verdict for row in every}) == 1:
        return _TOGETHER_SAID.say(language, verdicts=_WORDS[every[0].verdict].say(language))
    verdicts = [
        _VERDICT_OF.say(language, verdict=_WORDS[row.verdict].say(language), option=_TOGETHER[row.option].say(language))
        for row in every
    ]
    return _TOGETHER_SAID.say(language, verdicts=_AND.say(language).join(verdicts))
