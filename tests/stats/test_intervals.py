"""Shares and means with their intervals. Golden numbers: scipy 1.17 (binomtest, bootstrap), or all resamples gone through."""

from itertools import product
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import bootstrap_mean, wilson
from mintza.stats import resampling as portions


@pytest.mark.parametrize(
    ("successes", "n", "level", "low", "high"),
    [
        (0, 24, 0.95, 0.0, 0.1379762046749802),
        (7, 24, 0.95, 0.14914648196960867, 0.49167693664496637),
        (24, 24, 0.95, 0.8620237953250198, 1.0),
        (141, 250, 0.95, 0.5020210030764015, 0.6240419345881815),
        (3, 10, 0.99, 0.07956631652306578, 0.6799753207988974),
    ],
)
def test_wilson_gives_the_interval_that_scipy_gives(
    successes: int, n: int, level: float, low: float, high: float
) -> None:
    interval = wilson(successes, n, level)

    assert interval.value == successes / n
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)


@given(n=st.integers(1, 5000), data=st.data())
def test_a_wilson_interval_holds_its_share_and_stays_between_nought_and_one(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))

    value, low, high = wilson(successes, n)

    assert 0.0 <= low <= value <= high <= 1.0
    assert low < high


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_counts_that_cannot_be_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        wilson(successes, n)


def test_a_bootstrap_interval_is_that_of_all_resamples() -> None:
    values, weights = [2.0, 3.0, 5.0, 11.0], [4.0, 1.0, 2.0, 3.0]
    every = sorted(
        sum(values[i] * weights[i] for i in drawn) / sum(weights[i] for i in drawn)
        for drawn in product(range(4), repeat=4)
    )

    interval = bootstrap_mean(values, weights, seed=1, replicas=20_000)

    assert interval.value == pytest.approx((8 + 3 + 10 + 33) / 10)
    # 2.5 % and 97.5 % of 256 resamples; neighbours, because 20,000 draws do not hit a rank exactly.
    assert every[4] <= interval.low <= every[8]
    assert every[247] <= interval.high <= every[251]


def test_a_bootstrap_of_forty_numbers_agrees_with_scipys() -> None:
    values = [-0.5, -1.02, 0.05, 0.72, 1.44, 0.41, -0.25, -0.48, 1.05, 1.93, 0.57, -0.93, -0.66, 1.9, 0.5, -1.43, 0.22,
              -0.86, -0.33, -0.19, -0.41, 0.85, 0.24, -0.29, 0.71, 1.13, -1.34, 0.04, -0.68, 0.13, -0.99, 0.32, 0.26,
              0.0, -0.75, -0.1, -0.79, -1.06, 0.52, -0.81]  # fmt: skip

    interval = bootstrap_mean(values, [1.0] * 40, seed=3, replicas=20_000)

    assert (interval.low, interval.high) == pytest.approx((-0.27425, 0.23700625), abs=0.01)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values, weights = list(np.linspace(0, 3, 30)), [1.0] * 30

    assert bootstrap_mean(values, weights, seed=4) == bootstrap_mean(values, weights, seed=4)
    assert bootstrap_mean(values, weights, seed=4) != bootstrap_mean(values, weights, seed=5)


@pytest.mark.parametrize(("values", "weights"), [([2.5], [900.0]), ([2.5, 7.0], [3.0, 0.0])])
def test_one_item_that_weighs_anything_has_a_value_and_no_interval(values: list[float], weights: list[float]) -> None:
    value, low, high = bootstrap_mean(values, weights, seed=1, replicas=50)

    assert value == 2.5
    assert isnan(low)
    assert isnan(high)


def test_an_item_of_weight_nought_changes_no_mean() -> None:
    interval = bootstrap_mean([1.0, 1.0, 7.0], [3.0, 2.0, 0.0], seed=1, replicas=50)

    assert interval == (1.0, 1.0, 1.0)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0.1, 9)), min_size=2, max_size=12))
def test_a_bootstrap_interval_lies_between_the_smallest_and_the_largest_value(pairs: list[tuple[float, float]]) -> None:
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]

    value, low, high = bootstrap_mean(values, weights, seed=2, replicas=60)

    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert min(values) - 1e-9 <= value <= max(values) + 1e-9


def test_many_items_are_drawn_in_portions_that_fit_in_memory() -> None:
    assert list(portions._portions(10, portions.CELLS_AT_ONCE // 4)) == [4, 4, 2]
    assert list(portions._portions(3, portions.CELLS_AT_ONCE * 2)) == [1, 1, 1]


@pytest.mark.parametrize(
    ("values", "weights", "says"),
    [
        ([], [], "no item"),
        ([1.0], [1.0, 2.0], "same length"),
        ([float("nan")], [1.0], "finite"),
        ([1.0], [0.0], "nought"),
        ([1.0, 2.0], [3.0, -1.0], "negative"),
    ],
)
def test_what_has_no_mean_is_refused(values: list[float], weights: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bootstrap_mean(values, weights, seed=1)


def test_a_level_outside_nought_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        bootstrap_mean([1.0], [1.0], seed=1, level=95.0)
