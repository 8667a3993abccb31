"""Tax sharing 镇村税收分成: the town hands part of the local tax of young firms to the villages in scope.

It sets share, term, base and recipient, and charges the staff time of working the shares out; the town alone pays. Firms
come to all villages of the town from the same park, so what a town hands down is felt out of scope too.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import Array, CodeArray, RunArray, choice, quantity
from sim.mechanisms.tax_sharing import BASES, RECIPIENTS
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "镇村税收分成"
TAKES_BUDGET = False
PAYERS = ("town",)
REQUIRES: tuple[str, ...] = ()
ZERO = {"share": 0.0}


@dataclass(frozen=True)
class Levers:
    share: RunArray = quantity(
        0.2,
        unit="share",
        bounds=(0, 1),
        prior=(0.1, 1),
        source="places:tianqiao.input.tax_sharing; literature:tax_rule; assumption",
        zh="分成比例",
        meaning="share of the local retained part of tax that goes to villages; 0 means that nothing is shared",
    )
    term: RunArray = quantity(
        5,
        unit="year",
        bounds=(0, 50),
        prior=(3, 5),
        source="literature:tax_rule",
        zh="分成年限",
        meaning="years from a firm's arrival in which its tax is shared",
    )
    basis: CodeArray = choice(
        "total", BASES, source="assumption", zh="分成基数", meaning="which part of the tax of these firms is shared"
    )
    recipient: CodeArray = choice(
        "host", RECIPIENTS, source="assumption", zh="分成对象", meaning="who receives the share of a village's tax"
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Share tax in scope; with a share of 0 nothing changes."""
    sharing = parameters.tax_sharing
    shares = terms.in_scope & (levers.share > 0)

    def where(lever: Array, before: Array | None) -> Array:
        return np.where(shares, lever, np.zeros_like(lever) if before is None else before)

    return dataclasses.replace(
        parameters,
        tax_sharing=dataclasses.replace(
            sharing,
            share=where(levers.share, sharing.share),
            term=where(levers.term, sharing.term),
            basis=where(levers.basis, sharing.basis),
            recipient=where(levers.recipient, sharing.recipient),
            staff=added(sharing.staff, terms.by_payer(sharing.staff_time / 4.0 * shares)),
        ),
    )
