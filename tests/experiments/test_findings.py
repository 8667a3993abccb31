"""Sentences say what the tables say; plans change what they name; a small town runs end to end."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from experiments import findings, findings_numbers, findings_words
from experiments.findings_numbers import CHANNEL, CHANNELS, UNOBSERVED, WHOLE, Channel, Choice, Plan, changes_of
from experiments.hypercube import SCENARIO, default_scenario
from sim.analysis.comparison import Row
from sim.policies import POLICIES
from sim.scenario import vary
from sim.statistics import Interval


def row(arm: str, against: str, difference: float, half: float, outcome: str = "earned_income") -> Row:
    low, high = difference - half, difference + half
    return Row(arm, against, outcome, "万元", 1.0, difference, low, high, 10, 0.25)


def test_verdict() -> None:
    assert findings_words.verdict(0.1, 0.2) == "more"
    assert findings_words.verdict(-0.2, -0.1) == "less"
    assert findings_words.verdict(0.0, 0.2) == "cannot be told"


def test_names_in_a_row() -> None:
    assert findings_words.listed([]) == "none"
    assert findings_words.listed(["a"]) == "a"
    assert findings_words.listed(["a", "b", "c"]) == "a, b and c"


def test_arms_in_one_sentence() -> None:
    rows = [
        row("grant", "no_policy", 2.0, 1.0),
        row("pool", "no_policy", 3.0, 1.0),
        row("grant", "grant@same_money", 0.0, 0.0),
        row("pool", "pool@same_money", -2.0, 1.0),
        row("pool@same_money", "no_policy", 5.0, 1.0),  # companions are no arms of the file
        row("pool", "no_policy", 9.0, 1.0, outcome="total_income"),
    ]
    assert findings_words.of_arms(rows) == (
        "Against no policy, `grant` and `pool` earn more. Against the same money, `pool` earns less; `grant` cannot be told "
        "from it (95%, within the model and at the file's values; each comparison by itself)."
    )


def choice(option: str, mean: float, group: str = "who manages") -> Choice:
    return Choice("pool", "pool@same_money", group, option, Interval(mean, mean - 1.0, mean + 1.0, 10))


def test_a_sign_that_hangs_on_the_choice() -> None:
    said = findings_words.of_choices(
        "pool", [choice("best", 2.0), choice("average", -2.0), choice("0", 0.0, "monitoring")]
    )
    assert said == (
        "Whether `pool` earns more or less than the same money hangs on the choice: it earns more with who manages (`best`); "
        "it earns less with who manages (`average`); it cannot be told from it with monitoring (`0`)."
    )


def test_never_shown_to_earn_more() -> None:
    said = findings_words.of_choices("pool", [choice("a", -2.0), choice("b", 0.0)])
    assert said.startswith(
        "Under none of the 2 options, one at a time, is `pool` shown to earn more than the same money:"
    )


def test_all_options_alike() -> None:
    said = findings_words.of_choices("pool", [choice("a", 0.5), choice("b", 0.0)])
    assert (
        said == "Set against the same money, `pool` cannot be told from it under each of the 2 options, one at a time."
    )


def test_channels_in_one_sentence() -> None:
    def channel(name: str, carried: float) -> Channel:
        whole = Interval(1.0, 0.5, 1.5, 10)
        return Channel("pool", "pool@same_money", name, whole, whole, Interval(carried, carried - 1, carried + 1, 10))

    said = findings_words.of_channels("pool", [channel("scale", 2.0), channel("cost", -3.0), channel("span", 0.1)])
    assert "it falls when this is switched off: scale (+2.000)" in said
    assert "it rises when this is switched off: cost (-3.000)" in said
    assert "no change can be told from chance for span" in said
    assert said.startswith("`pool` less the same money is +1.000 [+0.500, +1.500]")


def plans() -> list[Plan]:
    every = [Plan("pool", "pool@same_money", "funding_pool", CHANNEL, name) for name in CHANNELS["funding_pool"]]
    for group, options in UNOBSERVED.items():
        every += [Plan("pool", "pool@same_money", "funding_pool", group, option) for option in options]
    return every


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: f"{plan.group}-{plan.option}")
def test_a_plan_changes_what_it_names(plan: Plan) -> None:
    scenario, changes = default_scenario(), changes_of(plan)
    varied = vary(scenario, changes)
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        if first == "forms":
            assert varied.forms[rest] == value
        elif first == "parameters" and not isinstance(value, dict):
            assert varied.parameters[rest] == value
    assert all("{arm}" not in path for path in changes)


def test_dividends_are_changed_while_the_pool_is_open_and_after() -> None:
    plan = Plan("pool", "pool@same_money", "funding_pool", "how dividends are split", "need")
    varied = vary(default_scenario(), changes_of(plan))
    [block] = [block for block in varied.arms["pool"] if block.policy == "funding_pool"]
    assert block.levers["distribution"]["need"] == 1.0
    assert varied.weights["joint_vehicle.distribution"]["need"] == 1.0


@pytest.mark.parametrize("policy", [name for name in CHANNELS if name in POLICIES])
def test_channels_name_declared_paths(policy: str) -> None:
    for name in CHANNELS[policy]:
        for path in changes_of(Plan("x", "no_policy", policy, CHANNEL, name)):
            assert findings_numbers.catalogue().at(path) is not None, path


def test_a_channel_carries_what_is_lost_without_it() -> None:
    whole, without = np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 4.0])
    plan = Plan("pool", "pool@same_money", "funding_pool", WHOLE, "")
    off = dataclasses.replace(plan, group=CHANNEL, option="overhead, and with it scale")
    [channel] = findings_numbers._channels({plan: whole, off: without})["funding_pool"]
    assert (channel.whole.mean, channel.without.mean) == (4.0, pytest.approx(7 / 3))
    assert channel.carried.mean == pytest.approx(5 / 3)


def test_only_what_was_paired_is_a_difference() -> None:
    assert findings._difference(None) == "—"
    assert findings._difference(dataclasses.replace(row("a", "b", 1.0, 1.0), difference=math.nan)) == "—"
    assert findings._difference(row("a", "b", 1.0, 0.5)) == "+1.00 [+0.50, +1.50]"
    assert findings._level(row("a", "b", 1.0, 0.5), 0, as_percent=True) == "100% [50%, 150%]"


@pytest.mark.slow
def test_a_town_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"who manages": {"average": UNOBSERVED["who manages"]["average"]}}
    monkeypatch.setattr(findings_numbers, "UNOBSERVED", first)
    found = findings_numbers.town(SCENARIO, 3, 1, 1)
    chosen = SimpleNamespace(command="python -m experiments.findings", replications=3, seed=1, started=0.0)
    text = findings.report([found], chosen)  # type: ignore[arg-type]
    assert "### What the arms do" in text
    assert "| `pool` | the same money | who manages | `average` |" in text
    assert {channel.name for channel in found.channels["funding_pool"]} == set(CHANNELS["funding_pool"])
