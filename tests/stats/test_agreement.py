"""Rank correlations. Golden numbers: scipy 1.17 (spearmanr, kendalltau)."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import kendall, rank_agreement, spearman

ARENA = [1188.0, 1153, 1141, 1050, 1050, 1038, 1025, 1022]
EXAM = [71.2, 70.1, 73.3, 60.0, 58.5, 61.1, 60.0, 60.0]
PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=20)


def test_ties_are_ranked_as_scipy_ranks_them() -> None:
    assert spearman(ARENA, EXAM) == pytest.approx(0.6381449017759607, abs=1e-12)
    assert kendall(ARENA, EXAM) == pytest.approx(0.4618802153517006, abs=1e-12)


@pytest.mark.parametrize("correlation", [spearman, kendall])
def test_the_same_order_is_one_and_the_reverse_minus_one(
    correlation: Callable[[list[float], list[float]], float],
) -> None:
    assert correlation([1.0, 2.0, 30.0], [4.0, 50.0, 51.0]) == 1.0
    assert correlation([1.0, 2.0, 30.0], [-4.0, -50.0, -51.0]) == -1.0


@given(PAIRS)
def test_only_the_order_counts(pairs: list[tuple[int, int]]) -> None:
    x, y = [float(one) for one, _ in pairs], [float(other) for _, other in pairs]

    for correlation in (spearman, kendall):
        value, stretched = correlation(x, y), correlation([value**3 for value in x], y)
        assert value == pytest.approx(stretched, nan_ok=True)
        assert value == pytest.approx(correlation(y, x), nan_ok=True)
        assert np.isnan(value) or -1 - 1e-12 <= value <= 1 + 1e-12


def test_a_drawing_counts_models_as_often_as_they_were_drawn() -> None:
    # Drawn models are weights inside; a table with copies must say the same.
    once, copied = [1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0]
    of = {1.0: 2.0, 2.0: 1.0, 3.0: 4.0, 4.0: 3.0}
    from mintza.stats.agreement import _correlations, _signs

    x, y = _signs(once, [of[value] for value in once])
    times = np.array([[2.0, 1.0, 3.0, 1.0]])

    assert _correlations(x, y, times, "spearman")[0] == pytest.approx(spearman(copied, [of[v] for v in copied]))
    assert _correlations(x, y, times, "kendall")[0] == pytest.approx(kendall(copied, [of[v] for v in copied]))


@pytest.mark.parametrize("kind", ["spearman", "kendall"])
def test_the_interval_holds_the_value_and_narrows_with_more_models(kind: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=60)
    y = x + rng.normal(size=60)

    few, many = (
        rank_agreement(x[:n], y[:n], "spearman" if kind == "spearman" else "kendall", seed=1, replicas=1000)
        for n in (12, 60)
    )

    assert few.low <= few.value <= few.high
    assert many.low <= many.value <= many.high
    assert many.high - many.low < few.high - few.low
    assert many.p < 0.01
    assert (few.models, many.models) == (12, 60)


def test_orders_that_have_nothing_to_do_with_each_other_are_seldom_found_to_agree() -> None:
    rng = np.random.default_rng(2)
    found = [rank_agreement(*rng.normal(size=(2, 15)), seed=k, replicas=199).p for k in range(60)]

    # 3 of 60 are expected below 0.05; 10 or more come once in a thousand times.
    assert sum(p <= 0.05 for p in found) <= 9
    assert np.mean(found) == pytest.approx(0.5, abs=0.15)


def test_intervals_of_spearman_hold_the_planted_correlation() -> None:
    rng = np.random.default_rng(3)
    # Of normal pairs with correlation r, Spearman's is 6 / pi * asin(r / 2) in an endless sample.
    r, truth = 0.7, 6 / np.pi * np.arcsin(0.35)
    held = []
    for k in range(120):
        x, noise = rng.normal(size=(2, 30))
        found = rank_agreement(x, r * x + np.sqrt(1 - r**2) * noise, seed=k, replicas=300, level=0.9)
        held.append(found.low <= truth <= found.high)

    assert 0.8 <= np.mean(held) <= 0.97


def test_p_is_never_nought() -> None:
    assert rank_agreement(range(25), range(25), seed=1, replicas=99).p == 1 / 100


def test_a_model_without_one_of_the_two_is_left_out() -> None:
    found = rank_agreement([1.0, 2, 3, 4, 5], [2.0, float("nan"), 3, 4, 9], seed=1, replicas=50)

    assert (found.value, found.models) == (1.0, 4)


def test_what_does_not_vary_has_no_correlation() -> None:
    assert np.isnan(spearman([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))
    assert np.isnan(rank_agreement([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], seed=1).low)


def test_two_models_have_a_value_and_no_interval() -> None:
    found = rank_agreement([1.0, 2.0], [3.0, 4.0], seed=1)

    assert found.value == 1.0
    assert np.isnan([found.low, found.high, found.p]).all()


@pytest.mark.parametrize(("x", "y"), [([1.0, 2.0], [1.0]), ([1.0], [1.0]), ([1.0, float("inf")], [1.0, 2.0]), ([], [])])
def test_what_is_no_row_of_pairs_is_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError):
        spearman(x, y)
