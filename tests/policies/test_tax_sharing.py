"""Policy tax_sharing: which parameters it sets, where, and on whose account."""

import dataclasses

import numpy as np
import pytest

from sim.declare import PUBLIC_PAYERS
from sim.mechanisms.tax_sharing import BASES, RECIPIENTS
from sim.policies import tax_sharing
from sim.policies.tax_sharing import Levers, adjust
from sim.terms import Terms
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import array, by_payer

TOWN = PUBLIC_PAYERS.index("town")
INCREMENT, COUNCIL = float(list(BASES).index("increment")), float(list(RECIPIENTS).index("council"))
BASE = small.parameters(tax_sharing__staff_time=2)
LEVERS = Levers(array(0.3), array(4), array(INCREMENT), array(COUNCIL))


def terms(in_scope=(True, False)) -> Terms:
    return Terms(np.array([in_scope]), by_payer(1.0, payer=TOWN)[:, :, :1], array(0), array(1), array(0))


def test_it_sets_share_term_base_and_recipient_in_scope():
    p = adjust(BASE, LEVERS, terms()).tax_sharing
    assert p.share.tolist() == [[0.3, 0]]
    assert p.term.tolist() == [[4, 0]]
    assert p.basis.tolist() == [[INCREMENT, 0]]
    assert p.recipient.tolist() == [[COUNCIL, 0]]
    # 2 万元 a village and year: half a quarter, paid by the town
    assert p.staff[0, TOWN].tolist() == [0.5, 0]
    assert p.staff.sum() == 0.5


def test_it_leaves_every_other_parameter_alone():
    p = adjust(BASE, LEVERS, terms())
    for field in dataclasses.fields(p):
        before, after = getattr(BASE, field.name), getattr(p, field.name)
        changed = {f.name for f in dataclasses.fields(before) if getattr(before, f.name) is not getattr(after, f.name)}
        allowed = {"share", "term", "basis", "recipient", "staff"} if field.name == "tax_sharing" else set()
        assert changed == allowed, field.name


def test_two_blocks_side_by_side():
    first = (LEVERS, terms((True, False)))
    second = (Levers(array(0.1), array(3), array(0), array(0)), terms((False, True)))
    for blocks in ((first, second), (second, first)):
        p = BASE
        for lever, where in blocks:
            p = adjust(p, lever, where)
        assert p.tax_sharing.share.tolist() == [[0.3, 0.1]]
        assert p.tax_sharing.term.tolist() == [[4, 3]]
        assert p.tax_sharing.basis.tolist() == [[INCREMENT, 0]]
        assert p.tax_sharing.recipient.tolist() == [[COUNCIL, 0]]
        assert p.tax_sharing.staff[0, TOWN].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("nothing", [(0.0, (True, False)), (0.3, (False, False))])
def test_at_zero_and_without_villages_nothing_is_set(nothing):
    share, scope = nothing
    p = adjust(BASE, dataclasses.replace(LEVERS, share=array(share)), terms(scope)).tax_sharing
    assert not p.share.any()
    assert not p.staff.any()


def test_declarations():
    assert tax_sharing.ZERO == {"share": 0.0}
    assert (tax_sharing.TAKES_BUDGET, tax_sharing.PAYERS, tax_sharing.REQUIRES) == (False, ("town",), ())
