"""Two models on the same items. Golden p: scipy 1.17 (binomtest)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import (
    clustered_difference,
    mcnemar,
    mcnemar_of_items,
    paired_difference,
    smallest_detectable_mean,
    smallest_detectable_share,
)


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(3, 12, 0.03515625), (0, 5, 0.0625), (10, 10, 1.0), (40, 71, 0.004195534185394861),
     (1200, 1310, 0.029561028111364646), (0, 0, 1.0)],
)  # fmt: skip
def test_mcnemar_gives_the_p_that_scipy_gives(only_a: int, only_b: int, p: float) -> None:
    assert mcnemar(only_a, only_b) == pytest.approx(p, rel=1e-12)
    assert mcnemar(only_b, only_a) == mcnemar(only_a, only_b)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=10))
def test_mcnemar_is_the_permutation_test_of_right_and_wrong(pairs: list[tuple[int, int]]) -> None:
    a, b = [float(one) for one, _ in pairs], [float(other) for _, other in pairs]

    assert mcnemar_of_items(a, b) == pytest.approx(paired_difference(a, b, [1.0] * len(a), seed=1).p)


def test_items_that_are_not_right_or_wrong_are_refused() -> None:
    with pytest.raises(ValueError, match="McNemar"):
        mcnemar_of_items([0.5, 1.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="same length"):
        mcnemar_of_items([1.0, 1.0], [1.0])
    with pytest.raises(ValueError, match="below nought"):
        mcnemar(-1, 3)


def test_clusters_of_one_item_change_nothing() -> None:
    rng = np.random.default_rng(1)
    a, b, weights = rng.random(30), rng.random(30), rng.random(30)

    alone = clustered_difference(a, b, weights, range(30), seed=4)

    assert alone == pytest.approx(paired_difference(a - b, np.zeros(30), weights, seed=4))


def test_copies_of_items_in_one_cluster_add_nothing() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random(30), rng.random(30)
    once = clustered_difference(a, b, np.ones(30), range(30), seed=4)

    again, twice, ones = np.repeat(a, 5), np.repeat(b, 5), np.ones(150)
    copied = clustered_difference(again, twice, ones, np.repeat(range(30), 5).tolist(), seed=4)
    as_strangers = paired_difference(again, twice, ones, seed=4)

    assert copied == pytest.approx(once)
    assert as_strangers.high - as_strangers.low < 0.6 * (once.high - once.low)


def test_one_cluster_alone_has_no_interval() -> None:
    effect = clustered_difference([1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0] * 3, ["page"] * 3, seed=1)

    assert effect.value == pytest.approx(2 / 3)
    assert effect.p == 1.0
    assert np.isnan([effect.low, effect.high]).all()


def test_clusters_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="clusters"):
        clustered_difference([1.0, 0.0], [0.0, 0.0], [1.0, 1.0], ["one"], seed=1)


def test_250_items_see_some_eight_points() -> None:
    assert smallest_detectable_share(250) == pytest.approx(0.079, abs=0.0005)


@pytest.mark.parametrize(("items", "discordant"), [(250, 0.2), (1000, 0.3)])
def test_the_smallest_difference_is_found_as_often_as_is_said(items: int, discordant: float) -> None:
    rng = np.random.default_rng(1)
    smallest = smallest_detectable_share(items, discordant=discordant, power=0.8)
    only_a, only_b = (discordant + smallest) / 2, (discordant - smallest) / 2
    drawn = rng.multinomial(items, [only_a, only_b, 1 - discordant], size=3000)

    z = np.abs(drawn[:, 0] - drawn[:, 1]) / np.sqrt(drawn[:, 0] + drawn[:, 1])

    assert np.mean(z > 1.959964) == pytest.approx(0.8, abs=0.03)


@given(st.integers(20, 20_000), st.floats(0.05, 0.9))
def test_more_items_see_smaller_differences(items: int, discordant: float) -> None:
    few, many = (smallest_detectable_share(n, discordant=discordant) for n in (items, 2 * items))

    assert np.isnan(few) or many < few <= discordant


def test_five_items_see_nothing() -> None:
    assert np.isnan(smallest_detectable_share(5, discordant=0.2))


def test_the_smallest_mean_difference_is_2_8_standard_errors() -> None:
    assert smallest_detectable_mean(400, spread=10) == pytest.approx(2.801585 * 10 / 20, rel=1e-6)


@pytest.mark.parametrize(
    ("items", "discordant", "power"), [(0, 0.2, 0.8), (9, 0.0, 0.8), (9, 1.0, 0.8), (9, 0.2, 0.3), (9, 0.2, 1.0)]
)
def test_what_has_no_smallest_share_is_refused(items: int, discordant: float, power: float) -> None:
    with pytest.raises(ValueError):
        smallest_detectable_share(items, discordant=discordant, power=power)


@pytest.mark.parametrize(("items", "spread"), [(0, 1.0), (9, 0.0)])
def test_what_has_no_smallest_mean_is_refused(items: int, spread: float) -> None:
    with pytest.raises(ValueError):
        smallest_detectable_mean(items, spread=spread)
