"""The books: what a posting moves, what is refused, what does not close."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.accounts import (
    ACCOUNTS,
    ACCOUNTS_ZH,
    BOUNDARY,
    OTHER_VILLAGES,
    STOCKS,
    BooksDoNotClose,
    Ledger,
    Transfer,
    balances,
    flow,
    flow_declarations,
    stocks,
)
from sim.schedule import SCHEDULE, stem
from tests import scenarios_for_tests as small
from tests.scenarios_for_tests import COUNTY, array, by_payer, project_array


def declared(source: str, target: str, *, income: str = "none"):
    return flow(source, target, kind="test", income=income, zh="测试", meaning="a test")


@dataclass(frozen=True)
class Flows:
    rent: np.ndarray | None = declared("outside", "village.own_cash", income="operating")
    bill: np.ndarray | None = declared("village.own_cash", "staff", income="operating")
    grant: np.ndarray | None = declared("payers", "village.earmarked", income="subsidy")
    staff: np.ndarray | None = flow("payers", "staff", kind="centre_village", zh="", meaning="")
    courses: np.ndarray | None = declared("payers", "staff")
    lapse: np.ndarray | None = declared("village.earmarked", "payers")
    leak: np.ndarray | None = declared("village.earmarked", "household")
    paid_in: np.ndarray | None = declared("village.earmarked", "vehicle.cash")
    match: np.ndarray | None = declared("payers", "vehicle.cash")
    dividend: np.ndarray | None = declared("vehicle.cash", "village.own_cash", income="investment")
    build: np.ndarray | None = declared("village.own_cash", "village.assets")
    joint_return: np.ndarray | None = declared("outside", "vehicle.cash")
    fee: Transfer | None = declared("village.own_cash", "village.own_cash", income="operating")
    gift: Transfer | None = declared("village.own_cash", "village.own_cash")


def opened(**changes) -> tuple[Ledger, object]:
    state = small.village_state((0, 0), **changes)
    ledger = Ledger(1, 2)
    ledger.open_quarter(state, 7)
    return ledger, state


def test_a_rent_and_a_bill():
    ledger, state = opened(own_cash=array(10, 10))
    after = ledger.post(state, Flows(rent=array(3, 4), bill=array(1, 2)))
    # 10 + 3 - 1;   10 + 4 - 2;   operating income counts the bill as a running cost
    assert after.own_cash.tolist() == [[12, 12]]
    assert after.operating_income.tolist() == [[2, 2]]
    ledger.close_quarter(after)
    sums, closed = ledger.close_year(after)
    assert {key: total.tolist() for key, total in sums.items()} == {
        ("outside", "village.cash", "test", "operating"): [7],
        ("village.cash", "staff", "test", "operating"): [3],
    }
    assert closed.boundary[0, BOUNDARY.index("outside")] == -7
    assert closed.boundary[0, BOUNDARY.index("staff")] == 3
    assert closed.earned_last_year.tolist() == [[2, 2]]
    assert not closed.operating_income.any()


def test_public_money_by_payer():
    ledger, state = opened()
    grant = by_payer(30, 10) + by_payer(5, 0, payer=0)
    after = ledger.post(state, Flows(grant=grant, staff=by_payer(1, 1), courses=by_payer(3, 0)))
    assert after.earmarked[0, COUNTY].tolist() == [30, 10]
    assert after.earmarked[0, 0].tolist() == [5, 0]
    assert after.subsidies.tolist() == [[35, 10]]
    assert ledger.paid_by_public.tolist() == [[5, 0, 45, 0]]
    # a manager's staff is kept in a companion, other staff time is not
    assert ledger.paid_for_staff.tolist() == [[0, 0, 2, 0]]
    after = ledger.post(after, Flows(lapse=by_payer(4, 0)))
    assert after.earmarked[0, COUNTY].tolist() == [26, 10]
    assert ledger.paid_back.tolist() == [[0, 0, 4, 0]]
    ledger.close_quarter(after)
    closed = ledger.close_year(after)[1]
    # the county: -40 - 2 - 3 + 4;   the centre: -5
    assert closed.boundary[0, : len(ledger.paid_back[0])].tolist() == [-5, 0, -41, 0]
    ledger.open_quarter(closed, 8)
    assert not ledger.paid_by_public.any()


def test_a_council_pays_and_is_paid_as_one():
    ledger, state = opened(earmarked=by_payer(9, 9), vehicle_cash=array(2, 0))
    after = ledger.post(state, Flows(paid_in=by_payer(4, 5), match=by_payer(1, 2), dividend=array(3, 1)))
    # 2 + 9 + 3 - 4 at the founding village
    assert after.vehicle_cash.tolist() == [[10, 0]]
    assert after.own_cash.tolist() == [[3, 1]]
    assert after.earmarked[0, COUNTY].tolist() == [5, 4]
    assert after.investment_income.tolist() == [[3, 1]]
    assert ledger.paid_by_public[0, COUNTY] == 3
    ledger.close_quarter(after)
    after = ledger.post(after, Flows(joint_return=array(6, 0)))
    assert after.vehicle_cash.tolist() == [[16, 0]]


def test_a_village_pays_another():
    ledger, state = opened(own_cash=array(10, 10))
    after = ledger.post(state, Flows(fee=Transfer(array(3, 0), array(0, 3))))
    assert after.own_cash.tolist() == [[7, 13]]
    assert after.operating_income.tolist() == [[-3, 3]]
    # a present is no income
    after = ledger.post(after, Flows(gift=Transfer(array(0, 2), array(2, 0))))
    assert after.own_cash.tolist() == [[9, 11]]
    assert after.operating_income.tolist() == [[-3, 3]]
    ledger.close_quarter(after)
    sums, closed = ledger.close_year(after)
    assert {key: total.tolist() for key, total in sums.items()} == {
        ("village.cash", "village.cash", "test", "operating"): [3],
        ("village.cash", "village.cash", "test", "none"): [2],
    }
    assert not closed.boundary.any()


def test_a_village_may_pay_and_receive_and_each_side_is_recorded():
    ledger, state = opened(own_cash=array(10, 10))
    ledger.by_village = {}
    transfer = Transfer(array(4, 1), array(1.5, 3.5))
    for _ in range(2):
        state = ledger.post(state, Flows(fee=transfer))
    assert state.own_cash.tolist() == [[5, 15]]
    assert state.operating_income.tolist() == [[-5, 5]]
    assert {key: amount.tolist() for key, amount in ledger.by_village.items()} == {
        ("village.cash", OTHER_VILLAGES, "test", "operating"): [[8, 2]],
        (OTHER_VILLAGES, "village.cash", "test", "operating"): [[3, 7]],
    }
    assert ledger.year_sums["village.cash", "village.cash", "test", "operating"].tolist() == [10]


def test_a_run_receives_what_it_pays():
    # two runs of two villages: the second one receives a millionth more than it pays
    ledger = Ledger(2, 2)
    state = small.village_state((0, 0), own_cash=array([5, 5], [5, 5]), operating_income=array([0, 0], [0, 0]))
    ledger.open_quarter(state, 7)
    paid = array([1, 0], [2, 0])
    with pytest.raises(
        BooksDoNotClose, match=r"test between villages, run 1 of the batch, quarter 7: they pay 2 .* 2.000001"
    ):
        ledger.post(state, Flows(fee=Transfer(paid, array([0, 1], [0, 2.000001]))))
    with pytest.raises(BooksDoNotClose, match="run 0"):
        ledger.post(state, Flows(fee=Transfer(paid, array([0, 0.999999], [0, 2]))))
    # rounding is allowed
    ledger.post(state, Flows(fee=Transfer(paid, array([0, 1 + 1e-12], [0, 2]))))


@pytest.mark.parametrize(
    "sides", [(array(-1, 1), array(0, 0)), (array(0, 0), array(1, -1)), (array(0, 0), array(np.nan, 0))]
)
def test_neither_side_of_a_transfer_is_negative(sides):
    ledger, state = opened()
    with pytest.raises(ValueError, match=r"village\.own_cash to village\.own_cash"):
        ledger.post(state, Flows(fee=Transfer(*sides)))


def test_capital_is_kept_by_the_mechanism_and_checked_by_the_ledger():
    ledger, state = opened(own_cash=array(50, 0))
    built = state.replace(project_capital=project_array(k0s0v0=30))
    after = ledger.post(built, Flows(build=array(30, 0)))
    assert after.own_cash.tolist() == [[20, 0]]
    ledger.close_quarter(after)
    assert ledger.worst_imbalance.tolist() == [0]


@pytest.mark.parametrize("amount", [array(1, -1e-12), array(np.nan, 1)])
def test_negative_and_missing_amounts_are_refused(amount):
    ledger, state = opened()
    with pytest.raises(ValueError, match=r"flow test \(outside to village.own_cash\).*quarter 7"):
        ledger.post(state, Flows(rent=amount))


CHEATS = {
    "village.cash": lambda s: s.replace(own_cash=s.own_cash + array(0, 1e-6)),
    "village.assets": lambda s: s.replace(project_capital=s.project_capital + project_array(k1s0v1=1e-6)),
    "vehicle.cash": lambda s: s.replace(vehicle_cash=s.vehicle_cash - array(0, 1e-6)),
    "vehicle.assets": lambda s: s.replace(joint_capital=s.joint_capital + project_array(k0s1v1=1e-6)),
}


@pytest.mark.parametrize("account", CHEATS)
def test_a_stock_that_moves_by_a_millionth_without_a_flow_is_named(account):
    ledger, state = opened(own_cash=array(10, 100))
    state = ledger.post(state, Flows(rent=array(1, 1)))
    with pytest.raises(BooksDoNotClose, match=f"account {account} of village 1 in run 0 of the batch, quarter 7"):
        ledger.close_quarter(CHEATS[account](state))


@pytest.mark.parametrize("account", CHEATS)
def test_a_stock_that_is_no_number_does_not_close(account):
    ledger, state = opened()
    broken = {
        "village.cash": dict(own_cash=array(np.nan, 0)),
        "village.assets": dict(project_capital=project_array(k0s0v0=np.nan)),
        "vehicle.cash": dict(vehicle_cash=array(np.nan, 0)),
        "vehicle.assets": dict(joint_capital=project_array(k0s0v0=np.nan)),
    }[account]
    with pytest.raises(BooksDoNotClose, match=f"account {account} of village 0"):
        ledger.close_quarter(state.replace(**broken))


def test_a_flow_of_a_mechanism_that_is_not_declared_right_is_refused():
    with pytest.raises(ValueError, match="income 'profit' is not one of"):
        flow("outside", "village.own_cash", kind="x", zh="x", meaning="x", income="profit")


@pytest.mark.parametrize("module", SCHEDULE, ids=stem)
def test_every_flow_of_the_model_runs_between_named_accounts(module):
    known = {*ACCOUNTS, "village.own_cash", "village.earmarked", "payers"}
    for declaration in flow_declarations(module.Flows):
        assert {declaration.source, declaration.target} <= known
        assert declaration.kind
        assert declaration.zh
        assert declaration.meaning
        if declaration.income != "none":
            assert (
                "village.own_cash" in (declaration.source, declaration.target)
                or declaration.target == "village.earmarked"
            )


def test_every_account_has_its_chinese_term():
    assert list(ACCOUNTS_ZH) == list(ACCOUNTS)
    assert set(balances(small.village_state())) == set(ACCOUNTS)
    assert set(stocks(small.village_state())) == set(STOCKS)


amounts = st.lists(st.floats(0, 1000), min_size=2, max_size=2)


@given(rent=amounts, bill=amounts, grant=amounts, paid=amounts, match=amounts, dividend=amounts)
def test_money_is_neither_made_nor_lost(rent, bill, grant, paid, match, dividend):
    ledger, state = opened()
    before = sum(part.sum() for part in balances(state).values())
    flows = Flows(
        rent=array(*rent),
        bill=array(*bill),
        grant=by_payer(*grant),
        paid_in=by_payer(*paid),
        match=by_payer(*match),
        dividend=array(*dividend),
    )
    after = ledger.post(state, flows)
    ledger.close_quarter(after)
    closed = ledger.close_year(after)[1]
    assert sum(part.sum() for part in balances(closed).values()) == pytest.approx(before, abs=1e-6)


def test_the_state_before_a_posting_is_untouched():
    ledger, state = opened(own_cash=array(1, 1), earmarked=by_payer(5, 5))
    before = {f.name: getattr(state, f.name) for f in dataclasses.fields(state)}
    ledger.post(state, Flows(rent=array(3, 4), grant=by_payer(1, 1), paid_in=by_payer(2, 2)))
    assert all(getattr(state, name) is value for name, value in before.items())
    assert state.earmarked[0, COUNTY].tolist() == [5, 5]
