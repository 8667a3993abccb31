"""What the model finds for the towns of the study: tables, and after each table one sentence. A draft for the authors.

For each scenario file: every arm against no policy, the same money and the same management; the channels of pooling,
pairing and tax sharing, each switched off alone; how pooling fares under choices that nobody observes.
Two towns x 200 replications take three to five minutes on two processes.

    python -m experiments.findings [FILE ...] [--replications 200] [--seed 1] [--workers 2] --out docs/findings-draft.md
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments import findings_words as words
from experiments.findings_numbers import Choice, Town, town
from experiments.hypercube import SCENARIO, write
from experiments.markdown import percent, table
from sim.analysis.comparison import GAIN_LEFT, GAIN_PER_100, LOSERS, POOREST, Row
from sim.outcomes import NO_POLICY

FILES = (SCENARIO, SCENARIO.with_name("dawang.yaml"))
DASH = "—"
POLICY_WORDS = {
    "funding_pool": "pooling 资金整合",
    "pairing": "pairing 以强带弱",
    "tax_sharing": "tax sharing 镇村税收分成",
}
OUTCOME_WORDS = {"tax_sharing": "Town plus village income (earned income and local tax)"}
WITH_INTERVAL = ("earned_income", POOREST)


def report(towns: Sequence[Town], chosen: argparse.Namespace) -> str:
    """The report in Markdown."""
    lines = [
        "# Findings (draft, generated)",
        "",
        f"`{chosen.command}`: {chosen.replications} paired replications, seed {chosen.seed}, "
        f"{time.perf_counter() - chosen.started:.0f} s.",
        "",
        "Intervals are Student's t at 95%, one by one: of 20 comparisons in which nothing differs one is still called. They say "
        "how far chance within the model carries, not how far its assumptions could be wrong; the maps (pool-map.md, "
        "pairing-map.md, tax-map.md) say that. Nothing here is a forecast.",
    ]
    for found in towns:
        lines += ["", *_town(found)]
    return "\n".join(lines)


def _town(found: Town) -> list[str]:
    title = found.scenario.title.get("en", found.scenario.name)
    lines = [f"## {title}", "", "### What the arms do", "", *_arms_table(found.rows), "", words.of_arms(found.rows)]
    lines += ["", f"Earned income and poorest third: {words.UNIT}, difference [95% interval]. {_LEGEND}"]
    for policy, channels in found.channels.items():
        outcome = OUTCOME_WORDS.get(policy, "Earned income")
        lines += ["", f"### Channels of {POLICY_WORDS[policy]}", "", f"{outcome}, {words.UNIT}.", ""]
        head = ("arm", "against", "switched off", "whole difference", "without it", "carried by it")
        lines += table(head, _channel_rows(found, policy), words=3)
        for arm in dict.fromkeys(channel.arm for channel in channels):
            lines += ["", words.of_channels(arm, channels)]
    if found.choices:
        lines += ["", "### Choices that nobody observes", ""]
        head = ("arm", "against", "choice", "option", f"difference, {words.UNIT}", "verdict")
        lines += table(head, _choice_rows(found.choices), words=4)
        for arm in dict.fromkeys(choice.arm for choice in found.choices):
            lines += ["", words.of_choices(arm, found.choices)]
    return lines


_LEGEND = (
    "Harm: share of replications in which the villages together earn less. Villages that lose: share of villages. Public "
    "cost: 万元, whole run, all public payers. Gain per 100: 万元 a year, all villages, per 100 万元 of public cost. Gain "
    "left: gain of the last three years over that of the last three with a policy. A dash: there is no such number, or its "
    "base cannot be told from 0."
)


def _arms_table(rows: Sequence[Row]) -> list[str]:
    head = (
        *("arm", "against", "earned income", "harm", "villages that lose", "poorest third", "public cost"),
        *("gain per 100", "gain left"),
    )
    return table(head, _arm_rows(rows), words=2)


def _arm_rows(rows: Sequence[Row]) -> Iterator[list[str]]:
    by_key = {(r.arm, r.against, r.outcome): r for r in rows}
    for row in rows:
        if row.outcome != "earned_income" or not row.against or "@" in row.arm:
            continue
        key = (row.arm, row.against)
        cost = sum(r.mean for r in rows if r.arm == row.arm and r.outcome.startswith("public_cost_") and not r.against)
        yield [
            f"`{row.arm}`",
            words.reference_name(row.against),
            _difference(row),
            percent(row.share_worse),
            _level(by_key.get((*key, LOSERS)), 0, as_percent=True),
            _difference(by_key.get((*key, POOREST))),
            f"{cost:,.0f}" if row.against == NO_POLICY else DASH,
            _level(by_key.get((*key, GAIN_PER_100)), 2),
            _level(by_key.get((*key, GAIN_LEFT)), 2),
        ]


def _difference(row: Row | None) -> str:
    if row is None or math.isnan(row.difference):
        return DASH
    return f"{row.difference:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"


def _level(row: Row | None, digits: int, *, as_percent: bool = False) -> str:
    if row is None or math.isnan(row.mean):
        return DASH
    numbers = (row.mean, row.low, row.high)
    mean, low, high = (percent(n) if as_percent else f"{n:.{digits}f}" for n in numbers)
    return f"{mean} [{low}, {high}]"


def _channel_rows(found: Town, policy: str) -> Iterator[list[str]]:
    for channel in found.channels[policy]:
        numbers = (words.estimate(n, 3) for n in (channel.whole, channel.without, channel.carried))
        yield [f"`{channel.arm}`", words.reference_name(channel.against), channel.name, *numbers]


def _choice_rows(choices: Sequence[Choice]) -> Iterator[list[str]]:
    for choice in choices:
        difference = choice.difference
        reference = words.reference_name(choice.against)
        said = words.verdict(difference.low, difference.high)
        yield [f"`{choice.arm}`", reference, choice.choice, f"`{choice.option}`", words.estimate(difference), said]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.findings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, default=list(FILES), metavar="FILE")
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes; changes no number")
    parser.add_argument("--out", type=Path, default=None, help="file to write (the screen)")
    chosen = parser.parse_args()
    named = " ".join(f"scenarios/{file.name}" for file in chosen.files)
    chosen.command = f"{parser.prog} {named} --replications {chosen.replications} --seed {chosen.seed}"
    chosen.started = time.perf_counter()
    towns = [town(file, chosen.replications, chosen.seed, chosen.workers) for file in chosen.files]
    write(report(towns, chosen), chosen.out)


if __name__ == "__main__":
    main()
