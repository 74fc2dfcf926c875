"""A ratio of sums, and how sure it is."""

from math import isnan

import numpy as np
import pytest

from mintza.stats.ratios import ratio


def test_the_interval_holds_the_true_ratio_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        words = rng.integers(20, 400, size=80)
        tokens = rng.poisson(words * rng.gamma(40, 3.0 / 40, size=80))
        found = ratio(tokens.tolist(), words.tolist())
        held += found.low <= 3.0 <= found.high
    assert 0.91 <= held / 400 <= 0.98


def test_it_is_the_ratio_of_the_sums_and_not_the_mean_of_ratios() -> None:
    assert ratio([1, 30], [1, 10]).value == pytest.approx(31 / 11)
    same = ratio([2, 4, 6], [1, 2, 3])
    assert same.low == pytest.approx(same.high) == pytest.approx(2.0)


def test_one_thing_alone_has_no_interval() -> None:
    value, low, high, things = ratio([3], [2])

    assert (value, things) == (1.5, 1)
    assert isnan(low)
    assert isnan(high)


@pytest.mark.parametrize(("over", "under"), [([], []), ([1], [1, 2]), ([1], [0])])
def test_what_is_no_ratio_is_refused(over: list[float], under: list[float]) -> None:
    with pytest.raises(ValueError, match=r"a ratio needs|nothing to divide"):
        ratio(over, under)
