"""Differences on the same items. Golden p: scipy 1.17 permutation_test(permutation_type="samples")."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import bootstrap_mean, paired_difference

BITS_A = [2.31, 2.80, 2.10, 3.02, 2.55, 2.47]
BITS_B = [2.52, 2.95, 2.08, 3.40, 2.71, 2.66]
BYTES = [900.0, 410.0, 870.0, 300.0, 640.0, 755.0]


def test_eight_questions_right_and_wrong_give_the_p_that_scipy_gives() -> None:
    a, b = [1.0, 0, 1, 1, 0, 1, 1, 0], [0.0, 0, 1, 0, 1, 0, 0, 0]

    effect = paired_difference(a, b, [1.0] * 8, seed=1)

    assert effect.value == 0.375
    # Five items differ, one of them the other way: (1 + 5) * 2 of the 32 swaps are as extreme.
    assert effect.p == 0.375


def test_bits_per_byte_of_six_documents_are_weighted_by_their_bytes() -> None:
    effect = paired_difference(BITS_A, BITS_B, BYTES, seed=1)

    assert effect.value == pytest.approx(-0.1530193548387097)
    assert effect.p == 0.0625
    assert effect.low < effect.value < effect.high


def test_with_many_items_p_is_drawn_and_never_nought() -> None:
    a, b = [1.0] * 40, [0.0] * 40

    effect = paired_difference(a, b, [1.0] * 40, seed=1, replicas=500)

    assert effect.p == 1 / 501
    assert (effect.low, effect.high) == (1.0, 1.0)


def test_a_drawn_p_is_near_the_one_that_goes_through_all() -> None:
    exact = paired_difference(BITS_A, BITS_B, BYTES, seed=1, replicas=64)
    drawn = paired_difference(BITS_A, BITS_B, BYTES, seed=1, replicas=63)

    assert exact.p == 0.0625
    assert drawn.p == pytest.approx(exact.p, abs=0.1)


def test_no_difference_at_all_has_p_one() -> None:
    assert paired_difference([1.0, 0.0], [1.0, 0.0], [1.0, 1.0], seed=1) == (0.0, 0.0, 0.0, 1.0)


def test_the_value_is_the_difference_of_the_two_means() -> None:
    ours = bootstrap_mean(BITS_A, BYTES, seed=1).value
    theirs = bootstrap_mean(BITS_B, BYTES, seed=1).value

    assert paired_difference(BITS_A, BITS_B, BYTES, seed=1).value == pytest.approx(ours - theirs)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=30))
def test_exchanging_the_models_turns_the_sign_and_keeps_p(pairs: list[tuple[int, int]]) -> None:
    a, b, weights = [float(x) for x, _ in pairs], [float(y) for _, y in pairs], [1.0] * len(pairs)

    effect = paired_difference(a, b, weights, seed=7, replicas=100)
    turned = paired_difference(b, a, weights, seed=7, replicas=100)

    assert turned.value == -effect.value
    assert turned.p == effect.p
    assert 0 < effect.p <= 1


def test_over_one_item_a_difference_has_no_interval_and_p_one() -> None:
    effect = paired_difference([2.5], [3.0], [900.0], seed=1)

    assert (effect.value, effect.p) == (-0.5, 1.0)
    assert isnan(effect.low)
    assert isnan(effect.high)


def test_unequal_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        paired_difference([1.0, 2.0], [1.0], [1.0, 1.0], seed=1)
