"""What a sweep would do, before it does it: question, factors, first points, runs, expected time and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sim.description.chinese import chinese
from sim.experiment.experiment import DesignPoint, Experiment, Factor
from sim.experiment.models import METHODS
from sim.experiment.values import columns, short_names
from sim.language import Language, Text
from sim.scenario.problems import number

FIRST = 10
"""Design points that are shown."""
WIDEST = 44
"""Columns of a cell that would be wider."""

_DESIGN = Text("design     {method}: {meaning}{options}", "设计       {method}：{meaning}{options}")
_SCENARIOS = Text("scenarios  {names}", "情景       {names}")
_GENERATED = Text("           {factor} is aliased with {product}", "           {factor} 与 {product} 混杂")
_FACTORS = Text("factors    {count}", "因素       {count}个")
_FACTOR_HEAD = Text("name|levels or range|unit|meaning", "名称|水平或区间|单位|含义")
_DRAWN = Text("{low} to {high}", "{low} 至 {high}")
_SHARES = Text("any shares", "任意份额")
_POINTS = Text("points     {count:,}{first}", "设计点     {count:,}个{first}")
_SHOWN = Text(", the first {shown}:", "，前{shown}个：")
_ALL = Text(":", "：")
_ARMS = Text("arms       {arms}", "方案       {arms}")
_BESIDES = Text("           simulated for comparison, not kept: {arms}", "           仅用于比较、不保存：{arms}")
_RUNS = Text(
    "runs       {points:,} points x {arms} arms x {replications} replications = {runs} kept",
    "运行次数   {points:,}个设计点 x {arms}个方案 x {replications}次重复 = 保存{runs}次",
)
_UNTIL = Text(
    "           until {arm} less {against} in {outcome} is known to ±{half_width} ({confidence:.0%} interval)",
    "           直到 {arm} 减 {against} 的 {outcome} 精确到 ±{half_width}（{confidence:.0%}置信区间）",
)
_WORK = Text("work       {work} village-quarters", "计算量     {work}村季")
_TIME = Text("time       about {time} with {workers} {noun}", "用时       约{time}，{workers}个进程")
_SIZE = Text("size       about {size}", "大小       约{size}")
_TO = Text("{low} to {high}", "{low} 至 {high}")


def dry_run_text(
    experiment: Experiment,
    simulated_arms: Sequence[str],
    seconds: float,
    size_mib: float,
    workers: int,
    language: Language = "en",
) -> str:
    """The plan of a sweep as text for a terminal.

    ``seconds`` and ``size_mib`` are for the most replications that the experiment may take, with so many workers.
    """
    lines = [
        experiment.title.get(language) or experiment.name,
        experiment.question,
        "",
        _SCENARIOS.say(language, names=_joined(experiment.scenarios, language)),
        *_design(experiment, language),
        "",
        *_factors(experiment, language),
        *_points(experiment, language),
        "",
        *_arms(experiment, simulated_arms, language),
        *_runs(experiment, language),
        *_cost(experiment, simulated_arms, seconds, size_mib, workers, language),
    ]
    return "\n".join(line.rstrip() for line in lines)


def village_quarters(experiment: Experiment, simulated_arms: Sequence[str], replications: int) -> int:
    """How much is to be simulated; points may differ in the size of the place and in the calendar."""
    return len(simulated_arms) * replications * sum(_size(experiment, point) for point in experiment.points)


def _size(experiment: Experiment, point: DesignPoint) -> int:
    scenario = experiment.scenarios[point.scenario]
    years = sum(
        int(point.values.get(f"calendar.{name}", getattr(scenario.calendar, name)))
        for name in ("burn_in_years", "policy_years", "after_years")
    )
    return 4 * years * int(point.values.get("population.villages", scenario.population.villages))


def _joined(words: Any, language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(words)


def _design(experiment: Experiment, language: Language) -> Iterator[str]:
    method = METHODS[experiment.method]
    said = [f"{key} {_plain(value)}" for key, value in experiment.design.items() if key in method.options]
    separator = "，" if language == "zh" else ", "
    meaning = method.zh if language == "zh" else method.meaning
    options = "".join(separator + text for text in said)
    yield _DESIGN.say(language, method=experiment.method, meaning=meaning, options=options)
    for factor, product in experiment.design.get("generators", {}).items():
        yield _GENERATED.say(language, factor=factor, product=" x ".join(product))


# ---- factors and points


def _factors(experiment: Experiment, language: Language) -> Iterator[str]:
    if not experiment.factors:
        return
    yield _FACTORS.say(language, count=len(experiment.factors))
    rows = [_factor(factor, language) for factor in experiment.factors]
    yield from _table([_FACTOR_HEAD.say(language).split("|"), *rows])
    yield ""


def _factor(factor: Factor, language: Language) -> list[str]:
    declared = factor.declaration
    unit = "" if declared.unit == "1" or declared.sort == "choice" else declared.unit
    meaning = declared.zh if language == "zh" else declared.meaning
    if language == "zh" and unit:
        unit = chinese(f"units.{unit}") or unit
    paths = "" if factor.paths == (factor.name,) else f" ({', '.join(factor.paths)})"
    return [factor.name, _taken_from(factor, language), unit, meaning + paths]


def _taken_from(factor: Factor, language: Language) -> str:
    if factor.levels is not None:
        return _cut(", ".join(map(_plain, factor.levels)))
    if factor.range is None:
        return _SHARES.say(language)
    low, high = map(number, factor.range)
    return _DRAWN.say(language, low=low, high=high)


def _points(experiment: Experiment, language: Language) -> Iterator[str]:
    count = len(experiment.points)
    shown = experiment.points[:FIRST]
    first = _SHOWN.say(language, shown=FIRST) if count > FIRST else _ALL.say(language)
    yield _POINTS.say(language, count=count, first=first if experiment.factors else "")
    if not experiment.factors:
        return
    several = len(experiment.scenarios) > 1
    places = list(shown[0].place) if shown else []
    names = [name for factor in experiment.factors for name in columns(factor)]
    head = ["", *(["scenario"] if several else []), *places, *short_names(names)]
    rows = [
        [
            str(point.number),
            *([point.scenario] if several else []),
            *(str(point.place[name]) for name in places),
            *(_plain(point.coordinates[name]) for name in names),
        ]
        for point in shown
    ]
    yield from _table([head, *rows])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{part}: {_plain(share)}" for part, share in value.items()) + "}"
    return value if isinstance(value, str) else f"{value:.6g}"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of equal width, two spaces apart."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        padded = (cell + " " * (wide - cell_len(cell)) for cell, wide in zip(row, widths, strict=True))
        yield "  " + "  ".join(padded)


# ---- arms, runs, cost


def _arms(experiment: Experiment, simulated: Sequence[str], language: Language) -> Iterator[str]:
    yield _ARMS.say(language, arms=_joined(experiment.arms, language))
    besides = [arm for arm in simulated if arm not in experiment.arms]
    if besides:
        yield _BESIDES.say(language, arms=_joined(besides, language))


def _runs(experiment: Experiment, language: Language) -> Iterator[str]:
    points, arms, planned = len(experiment.points), len(experiment.arms), experiment.replications
    each = points * arms
    replications = _span(f"{planned.at_least:,}", f"{planned.at_most:,}", language)
    runs = _span(f"{each * planned.at_least:,}", f"{each * planned.at_most:,}", language)
    yield _RUNS.say(language, points=points, arms=arms, replications=replications, runs=runs)
    until = planned.until
    if until is not None:
        facts = {"arm": until.arm, "against": until.against, "outcome": until.outcome, "confidence": until.confidence}
        yield _UNTIL.say(language, half_width=number(until.half_width), **facts)


def _cost(
    experiment: Experiment, simulated: Sequence[str], seconds: float, size_mib: float, workers: int, language: Language
) -> Iterator[str]:
    planned = experiment.replications
    least, most = (village_quarters(experiment, simulated, count) for count in (planned.at_least, planned.at_most))
    part = planned.at_least / planned.at_most
    noun = "worker" if workers == 1 else "workers"
    yield _WORK.say(language, work=_span(f"{least:,}", f"{most:,}", language))
    time = _span(_duration(seconds * part, language), _duration(seconds, language), language)
    yield _TIME.say(language, time=time, workers=workers, noun=noun)
    yield _SIZE.say(language, size=_span(_mib(size_mib * part), _mib(size_mib), language))


def _span(low: str, high: str, language: Language) -> str:
    return low if low == high else _TO.say(language, low=low, high=high)


def _mib(size: float) -> str:
    return f"{size:.1f} MiB" if size < 10 else f"{size:,.0f} MiB"


def _duration(seconds: float, language: Language) -> str:
    """3 s, 4 min or 5.2 h."""
    for limit, length, names in ((90, 1, ("s", "秒")), (5400, 60, ("min", "分钟"))):
        if seconds < limit:
            return f"{max(seconds / length, 1):.0f} {names[language == 'zh']}"
    return f"{seconds / 3600:.1f} {('h', '小时')[language == 'zh']}"
