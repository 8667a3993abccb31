"""One line of the pattern report, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from experiments.markdown import table

PASS, FAIL, REPORT = "pass", "**FAIL**", "report"
AS_STATED, NOT_AS_STATED = "as stated", "**not as stated**"


@dataclass(frozen=True)
class Finding:
    """A number set against what a pattern states. ``verdict`` is pass or fail where the pattern has a target."""

    pattern: str
    what: str
    target: str
    tolerance: str
    number: str
    interval: str
    verdict: str


def lines(found: Iterable[Finding]) -> list[str]:
    """The findings as a table."""
    head = ("pattern", "what", "target", "tolerance", "number", "95% interval", "verdict")
    return table(head, (astuple(finding) for finding in found), words=2)
