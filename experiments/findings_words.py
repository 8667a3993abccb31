"""Sentences of docs/findings-draft.md: each states what a table shows, and no more. Pure functions of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.findings_numbers import Channel, Choice
from sim.analysis.comparison import Row
from sim.outcomes import NO_POLICY, SAME_MANAGEMENT, SAME_MONEY
from sim.statistics import Interval

MORE, LESS, UNTOLD = "more", "less", "cannot be told"
UNIT = "万元 a village and year"


def verdict(low: float, high: float) -> str:
    """What an interval at 95% says of a difference."""
    if low > 0.0:
        return MORE
    return LESS if high < 0.0 else UNTOLD


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; ``none`` of nothing."""
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def reference_name(reference: str) -> str:
    """no policy, the same money, the same management."""
    if reference == NO_POLICY:
        return "no policy"
    return "the same money" if reference.endswith(SAME_MONEY) else "the same management without pooling"


def of_arms(rows: Sequence[Row]) -> str:
    """One sentence on all arms: which earn more and which less than each reference."""
    parts = []
    for suffix in (NO_POLICY, SAME_MONEY, SAME_MANAGEMENT):
        mine = [r for r in rows if r.outcome == "earned_income" and "@" not in r.arm and r.against.endswith(suffix)]
        if mine:
            by_verdict = {
                word: [f"`{r.arm}`" for r in mine if verdict(r.low, r.high) == word] for word in (MORE, LESS, UNTOLD)
            }
            said = [f"{listed(names)} {_earns(word, len(names))}" for word, names in by_verdict.items() if names]
            parts.append(f"against {reference_name(mine[0].against)}, {'; '.join(said)}")
    if not parts:
        return "No arm is compared with another."
    joined = ". ".join(part[0].upper() + part[1:] for part in parts)
    return f"{joined} (95%, within the model and at the file's values; each comparison by itself)."


def _earns(word: str, count: int) -> str:
    if word == UNTOLD:
        return "cannot be told from it"
    return f"earn{'s' if count == 1 else ''} {word}"


def of_channels(arm: str, channels: Sequence[Channel]) -> str:
    """One sentence on the channels of an arm: what raises the difference, what lowers it, what does nothing visible."""
    mine = [channel for channel in channels if channel.arm == arm]
    by_verdict: dict[str, list[str]] = {MORE: [], LESS: [], UNTOLD: []}
    for channel in mine:
        word = verdict(channel.carried.low, channel.carried.high)
        shown = f"{channel.name} ({channel.carried.mean:+.3f})" if word != UNTOLD else channel.name
        by_verdict[word].append(shown)
    whole = mine[0].whole
    start = f"`{arm}` less {reference_name(mine[0].against)} is {estimate(whole, 3)} {UNIT}"
    parts = [
        f"{words} when this is switched off: {listed(by_verdict[word])}"
        for word, words in ((MORE, "it falls"), (LESS, "it rises"))
        if by_verdict[word]
    ]
    if by_verdict[UNTOLD]:
        parts.append(f"no change can be told from chance for {listed(by_verdict[UNTOLD])}")
    return f"{start}; {'; '.join(parts)}. Channels are switched off one at a time and need not add up."


def of_choices(arm: str, choices: Sequence[Choice]) -> str:
    """One sentence on how the sign hangs on choices that nobody observes."""
    mine = [choice for choice in choices if choice.arm == arm]
    reference = reference_name(mine[0].against)
    said = {
        word: [c for c in mine if verdict(c.difference.low, c.difference.high) == word] for word in (MORE, LESS, UNTOLD)
    }
    words = {MORE: "earns more", LESS: "earns less", UNTOLD: "cannot be told from it"}
    held = [word for word in words if said[word]]
    if len(held) == 1:
        return (
            f"Set against {reference}, `{arm}` {words[held[0]]} under each of the {len(mine)} options, one at a time."
        )
    if said[MORE] and said[LESS]:
        start = f"Whether `{arm}` earns more or less than {reference} hangs on the choice"
    else:
        never = "more" if said[LESS] else "less"
        start = (
            f"Under none of the {len(mine)} options, one at a time, is `{arm}` shown to earn {never} than {reference}"
        )
    parts = [f"it {words[word]} with {_by_choice(said[word])}" for word in held]
    return f"{start}: {'; '.join(parts)}."


def _by_choice(choices: Sequence[Choice]) -> str:
    """``who manages (`average`) and monitoring (`0`, `1`)``."""
    options: dict[str, list[str]] = {}
    for choice in choices:
        options.setdefault(choice.choice, []).append(f"`{choice.option}`")
    return listed([f"{name} ({', '.join(names)})" for name, names in options.items()])


def estimate(found: Interval, digits: int = 2) -> str:
    """``+0.12 [−0.30, +0.54]`` with plain hyphens."""
    return f"{found.mean:+.{digits}f} [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"
