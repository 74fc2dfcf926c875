"""Means over trained models and items: a case worked by hand, and planted cases in which intervals must hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import as_share, mean_over_seeds, wilson


def test_two_seeds_on_two_items_as_worked_by_hand() -> None:
    """Means 2 and 4; variance of items 1, of seeds 1, of both 0; two degrees of freedom, of which Student's t is 4.302653."""
    found = mean_over_seeds([[1.0, 3.0], [3.0, 5.0]], [1.0, 1.0], ["corpus", "corpus"])

    assert found.effect.value == 3.0
    assert (found.effect.low, found.effect.high) == pytest.approx((3 - 4.302653 * 2**0.5, 3 + 4.302653 * 2**0.5))
    assert found.spread == pytest.approx(2**0.5)
    assert found.from_seeds == pytest.approx(0.5)
    assert found.freedom == pytest.approx(2)


def test_answers_that_flip_by_chance_are_not_counted_for_items_and_for_seeds_too() -> None:
    """Rows with equal means: all that differs is both together, so that the variance is the items' own."""
    found = mean_over_seeds([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]], [1.0] * 4, ["a", "a"])

    assert found.spread == 0
    assert found.from_seeds == 0
    # Over rows 0.5, 0.5, 1, 0: variance 1/6 of an item, 1/24 of the mean, two degrees of freedom less than four items have.
    assert found.effect.high - found.effect.value == pytest.approx(3.182446 * (1 / 24) ** 0.5, rel=1e-5)


def test_cells_count_alike_whatever_their_number_of_seeds() -> None:
    rows = [[1.0, 1.0], [1.0, 3.0], [8.0, 10.0], [4.0, 4.0]]

    found = mean_over_seeds(rows, [1.0, 1.0], ["a", "a", "b", None])

    assert found.effect.value == pytest.approx((1.5 + 9 + 4) / 3)


def test_heavier_items_count_more() -> None:
    found = mean_over_seeds([[1.0, 3.0], [1.0, 3.0]], [3.0, 1.0], ["a", "a"])

    assert found.effect.value == 1.5


def test_no_difference_at_all_has_p_one() -> None:
    assert mean_over_seeds([[0.0, 0.0], [0.0, 0.0]], [1.0, 1.0], ["a", "a"]).effect == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("rows", "cells", "says"),
    [([[1.0, 2.0]], ["a"], "two rows"), ([[1.0], [2.0]], ["a", "a"], "items"), ([], [], "rows"),
     ([[1.0, 2.0], [1.0, 2.0]], [None, None], "two rows"), ([[1.0, 2.0], [1.0, 2.0]], ["a"], "cells")],
)  # fmt: skip
def test_what_says_nothing_of_seeds_is_refused(rows: list[list[float]], cells: list[str | None], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        mean_over_seeds(rows, [1.0] * (len(rows[0]) if rows else 0), cells)


@given(st.integers(2, 4), st.integers(2, 12), st.integers(0, 99))
def test_an_interval_is_never_narrower_than_items_or_seeds_alone_make_it(seeds: int, items: int, luck: int) -> None:
    rows = np.random.default_rng(luck).normal(size=(seeds, items))

    found = mean_over_seeds(list(rows), np.ones(items), ["a"] * seeds)

    half = found.effect.high - found.effect.value
    apart = max(rows.mean(axis=1).std(ddof=1) / seeds**0.5, rows.mean(axis=0).std(ddof=1) / items**0.5)
    assert half >= 1.95 * apart * (1 - 1e-9)


@pytest.mark.parametrize(("of_items", "of_seeds", "of_both"), [(1.0, 0.0, 0.5), (0.3, 0.3, 0.3), (0.2, 1.0, 0.2)])
def test_planted_means_lie_within_their_intervals(of_items: float, of_seeds: float, of_both: float) -> None:
    """Four mixtures, three seeds, forty items: 95 % intervals over 500 studies."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(500):
        rows = rng.normal(0, of_items, 40) + rng.normal(0, of_seeds, (12, 1)) + rng.normal(0, of_both, (12, 40))
        found = mean_over_seeds(list(rows), np.ones(40), [k // 3 for k in range(12)]).effect
        held += found.low <= 0 <= found.high

    assert 0.92 <= held / 500 <= 0.98


def test_a_share_stays_between_none_and_all() -> None:
    found = mean_over_seeds([[1.0] * 12, [0.0] * 11 + [1.0], [1.0] * 12], [1.0] * 12, ["a"] * 3)
    assert found.effect.low < 0
    assert found.effect.high > 1
    share = as_share(found, 12).effect
    assert (share.low, share.value, share.high) == (0.0, found.effect.value, 1.0)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_items_that_every_seed_gets_right_are_not_certain_for_that(right: float) -> None:
    share = as_share(mean_over_seeds([[right] * 12] * 3, [1.0] * 12, ["a"] * 3), 12).effect
    _, low, high = wilson(round(12 * right), 12)
    assert (share.low, share.high) == (low, high)
    assert high - low > 0.2
