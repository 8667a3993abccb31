"""Shapley values and interactions: games solved by hand, brute force over orders, the axioms, drawn orders."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.shapley import (
    MissingCoalition,
    alone_weights,
    interaction_weights,
    last_weights,
    order_errors,
    pairs,
    value_weights,
)
from sim.experiment.coalitions import all_coalitions, coalitions_of, drawn_orders


def on(weights, coalitions, game):
    return weights @ np.array([game(coalition) for coalition in coalitions])


def values_of(members, game):
    coalitions = all_coalitions(members)
    return on(value_weights(members, coalitions), coalitions, game)


def interactions_of(members, game):
    coalitions = all_coalitions(members)
    return on(interaction_weights(members, coalitions), coalitions, game)


def by_orders(members, game):
    """Average over all orders of what each member adds."""
    found = np.zeros(members)
    for order in itertools.permutations(range(members)):
        before = 0
        for member in order:
            found[member] += game(before | 1 << member) - game(before)
            before |= 1 << member
    return found / math.factorial(members)


def together_by_orders(members, one, other, game):
    """Average over all orders of what two do together beyond apart, the two moving as one (Grabisch and Roubens)."""
    others = [member for member in range(members) if member not in (one, other)]
    orders = list(itertools.permutations([*others, -1]))
    found = 0.0
    for order in orders:
        before = sum(1 << member for member in order[: order.index(-1)])
        first, second = before | 1 << one, before | 1 << other
        found += game(first | second) - game(first) - game(second) + game(before)
    return found / len(orders)


def random_game(members, seed):
    values = np.random.default_rng(seed).normal(size=1 << members)
    return lambda coalition: values[coalition]


def glove(coalition):
    """Member 0 has a left glove, 1 and 2 a right one each; only pairs sell."""
    return float(bool(coalition & 1) and bool(coalition & 6))


def test_the_glove_game_by_hand():
    # 0 adds a pair unless it comes first: 4 of 6 orders; 1 only in 0, 1, 2
    assert values_of(3, glove) == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    # with 0: v(01) - v(0) - v(1) + v() = 1 behind nobody, 1 - 1 - 1 + ... = 0 behind the other glove, half each
    # 1 with 2: 0 behind nobody, 1 - 1 - 1 + 0 behind member 0
    assert pairs(3) == [(0, 1), (0, 2), (1, 2)]
    assert interactions_of(3, glove) == pytest.approx([0.5, 0.5, -0.5])


def test_in_an_additive_game_everybody_keeps_his_own():
    own = np.array([3.0, -1.0, 0.5, 0.0])

    def game(coalition):
        return 7.0 + sum(own[member] for member in range(4) if coalition >> member & 1)

    coalitions = all_coalitions(4)
    for weights in (value_weights, alone_weights, last_weights):
        assert on(weights(4, coalitions), coalitions, game) == pytest.approx(own)
    assert interactions_of(4, game) == pytest.approx(np.zeros(6), abs=1e-12)


@pytest.mark.parametrize("members", [2, 3, 4, 5, 6])
def test_against_brute_force_over_all_orders(members):
    game = random_game(members, members)
    assert values_of(members, game) == pytest.approx(by_orders(members, game), abs=1e-12)
    wanted = [together_by_orders(members, *pair, game) for pair in pairs(members)]
    assert interactions_of(members, game) == pytest.approx(wanted, abs=1e-12)


GAMES = st.integers(2, 5).flatmap(
    lambda members: st.tuples(
        st.just(members), st.lists(st.floats(-100, 100), min_size=1 << members, max_size=1 << members)
    )
)


@given(GAMES, st.integers(0, 10), st.floats(-3, 3))
def test_the_axioms(made, which, factor):
    members, values = made
    one, other = which % members, (which + 1) % members
    both = 1 << one | 1 << other

    def game(coalition):
        return values[coalition]

    def swapped(coalition):  # the same game with the two changing places
        is_one, is_other = coalition >> one & 1, coalition >> other & 1
        return values[coalition & ~both | is_one << other | is_other << one]

    found = values_of(members, game)
    whole = (1 << members) - 1
    assert found.sum() == pytest.approx(values[whole] - values[0], abs=1e-9)  # efficiency
    turned = values_of(members, swapped)
    assert (turned[one], turned[other]) == pytest.approx((found[other], found[one]), abs=1e-9)  # symmetry
    without = values_of(members, lambda coalition: values[coalition & ~(1 << one)])
    assert without[one] == pytest.approx(0.0, abs=1e-9)  # a member that changes nothing
    with_others = interactions_of(members, lambda coalition: values[coalition & ~(1 << one)])
    assert [with_others[row] for row, pair in enumerate(pairs(members)) if one in pair] == pytest.approx(
        [0.0] * (members - 1), abs=1e-9
    )
    added = values_of(members, lambda coalition: game(coalition) + factor * swapped(coalition))
    assert added == pytest.approx(found + factor * turned, abs=1e-9)  # additivity


def test_all_orders_as_drawn_ones_give_the_exact_numbers():
    game, coalitions = random_game(4, 1), all_coalitions(4)
    orders = [order for one in itertools.permutations(range(4)) for order in (one, one[::-1])]
    for weights in (value_weights, interaction_weights):
        assert weights(4, coalitions, orders) == pytest.approx(weights(4, coalitions), abs=1e-12)
    assert on(value_weights(4, coalitions, orders), coalitions, game) == pytest.approx(by_orders(4, game))


@given(st.integers(3, 9), st.integers(1, 7), st.integers(0, 1000))
def test_drawn_orders_add_up_too_and_need_no_coalition_that_was_not_drawn(members, count, seed):
    orders = drawn_orders(members, count, seed)
    coalitions = coalitions_of(orders, members, interactions=True)
    game = random_game(members, seed)
    found = on(value_weights(members, coalitions, orders), coalitions, game)
    assert found.sum() == pytest.approx(game((1 << members) - 1) - game(0), abs=1e-9)
    interaction_weights(members, coalitions, orders)
    alone_weights(members, coalitions)
    last_weights(members, coalitions)
    assert len(coalitions) == len(set(coalitions)) <= 2 * (len(orders) + 1) * members + 2


def test_drawn_orders_come_in_pairs_of_an_order_and_its_reverse():
    orders = drawn_orders(6, 5, 1)
    assert len(orders) == 6
    assert all(sorted(order) == list(range(6)) for order in orders)
    assert [order[::-1] for order in orders[::2]] == list(orders[1::2])
    assert drawn_orders(6, 6, 1) == orders
    assert drawn_orders(6, 6, 2) != orders


def test_the_error_of_drawing_is_as_large_as_said():
    members, game = 6, random_game(6, 3)
    exact, exact_pairs = values_of(members, game), interactions_of(members, game)
    off, said, off_pairs, said_pairs = [], [], [], []
    for seed in range(60):
        orders = drawn_orders(members, 60, seed)
        coalitions = coalitions_of(orders, members, interactions=True)
        numbers = {coalition: game(coalition) for coalition in coalitions}
        errors, pair_errors = order_errors(members, numbers, orders)
        off.append(on(value_weights(members, coalitions, orders), coalitions, game) - exact)
        off_pairs.append(on(interaction_weights(members, coalitions, orders), coalitions, game) - exact_pairs)
        said.append(errors**2)
        said_pairs.append(pair_errors**2)
    spread, claimed = np.sqrt(np.mean(np.square(off))), np.sqrt(np.mean(said))
    assert spread == pytest.approx(claimed, rel=0.15)
    assert np.abs(np.mean(off, axis=0)).max() < 4 * claimed / math.sqrt(60)  # no bias
    assert np.sqrt(np.mean(np.square(off_pairs))) == pytest.approx(np.sqrt(np.nanmean(said_pairs)), rel=0.15)


def test_a_pair_that_never_stands_side_by_side_has_no_number():
    orders = drawn_orders(4, 2, 1)  # one order and its reverse: three pairs of neighbours
    coalitions = coalitions_of(orders, 4, interactions=True)
    weights = interaction_weights(4, coalitions, orders)
    assert np.isnan(weights).all(axis=1).sum() == 3
    errors, of_pairs = order_errors(4, dict.fromkeys(coalitions, 0.0), orders)
    assert np.isnan(errors).all()
    assert np.isnan(of_pairs).all()


def test_a_coalition_that_is_missing_is_named():
    with pytest.raises(MissingCoalition) as caught:
        value_weights(3, [7, 6, 5, 4, 2, 1, 0])
    assert caught.value.coalition == 3
    orders = drawn_orders(3, 2, 1)
    fewer = coalitions_of(orders, 3, interactions=False)
    value_weights(3, fewer, orders)
