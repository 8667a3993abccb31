"""Pairing 以强带弱: strong villages are told, or paid by a share of the benefit, to help weak ones.

The policy says who helps whom, how much effort is demanded and what share of the gain the helper gets. Arranging and
checking the help takes priced staff time for each village that is helped, paid by the block's payer.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sim.declare import PUBLIC_PAYERS, Array, RunArray, choice, quantity
from sim.mechanisms.pairing import MATCHING, WITHIN
from sim.schedule import ModelParameters
from sim.terms import Terms, added

ZH = "以强带弱"
TAKES_BUDGET = False
PAYERS = PUBLIC_PAYERS
REQUIRES: tuple[str, ...] = ()
ZERO = {"mandate_floor": 0.0, "benefit_share": 0.0}


@dataclass(frozen=True)
class Levers:
    matching: Array = choice(
        "rank_matched",
        MATCHING,
        source="assumption",
        zh="结对规则",
        meaning="who helps whom; strength is last year's earned income",
    )
    within: Array = choice(
        "council", WITHIN, source="assumption", zh="结对范围", meaning="among whom partners are sought"
    )
    mandate_floor: RunArray = quantity(
        0.3,
        unit="share",
        bounds=(0, 1),
        prior=(0, 1),
        source="assumption",
        zh="帮带任务下限",
        meaning="effort demanded of a helper for each village it helps, of the most that it could give",
    )
    benefit_share: RunArray = quantity(
        0.2,
        unit="share",
        bounds=(0, 1),
        prior=(0, 0.5),
        source="literature:tang_zhang_2024; assumption",
        zh="帮带收益分成比例",
        meaning="share of its gain from help that the helped village pays to its helper",
    )


def adjust(parameters: ModelParameters, levers: Levers, terms: Terms) -> ModelParameters:
    """Pair villages in scope; with neither a floor nor a share nothing changes."""
    pairing = parameters.pairing
    is_on = terms.in_scope & ((levers.mandate_floor > 0) | (levers.benefit_share > 0))

    def covered(before: Array | None, lever: Array) -> Array:
        return np.where(is_on, lever, 0.0 if before is None else before)

    # Each block that starts gets the next number of its run, so that no pair joins villages of two blocks.
    formed = np.zeros(is_on.shape, dtype=np.int64) if pairing.forms_pairs is None else pairing.forms_pairs
    number = formed.max(axis=1, keepdims=True) + 1
    return dataclasses.replace(
        parameters,
        pairing=dataclasses.replace(
            pairing,
            active=is_on if pairing.active is None else pairing.active | is_on,
            forms_pairs=np.where(is_on & (terms.starts > 0), number, formed),
            matching=covered(pairing.matching, levers.matching),
            within=covered(pairing.within, levers.within),
            mandate_floor=covered(pairing.mandate_floor, levers.mandate_floor),
            benefit_share=covered(pairing.benefit_share, levers.benefit_share),
            staff=added(pairing.staff, terms.by_payer(pairing.staff_time / 4.0 * is_on)),
        ),
    )
