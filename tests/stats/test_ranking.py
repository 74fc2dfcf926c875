"""Tiers and ranks that claim no more than the replicas do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import rank_bounds, superiority, tiers


def test_superiority_is_the_share_of_replicas_above_and_half_of_those_level() -> None:
    replicas = np.array([[3.0, 1.0], [3.0, 3.0], [1.0, 3.0], [5.0, 0.0]])

    chances = superiority(replicas)

    assert chances[0, 1] == 2.5 / 4
    assert chances[1, 0] == 1.5 / 4
    assert np.isnan(np.diag(chances)).all()


def test_a_replica_without_a_score_does_not_count() -> None:
    chances = superiority(np.array([[3.0, np.nan, np.nan], [1.0, 2.0, np.nan]]))

    assert chances[1, 0] == 1.0
    assert np.isnan(chances[0, 2])


@given(st.integers(0, 10_000))
def test_two_chances_of_a_pair_sum_to_one(seed: int) -> None:
    chances = superiority(np.random.default_rng(seed).integers(0, 4, (20, 4)).astype(np.float64))

    off = ~np.eye(4, dtype=bool)
    assert (chances + chances.T)[off] == pytest.approx(np.ones(12))


def normal_replicas(*means: float) -> np.ndarray:
    return np.random.default_rng(1).normal(means, 10.0, (4000, len(means)))


def test_a_tier_opens_where_its_head_is_surely_better() -> None:
    means = np.array([1000.0, 1100.0, 1005.0, 1095.0, 800.0])

    assert tiers(means, superiority(normal_replicas(*means))).tolist() == [2, 1, 2, 1, 3]


def test_a_slope_is_cut_where_the_head_of_the_tier_is_left_behind() -> None:
    means = np.array([1060.0, 1045.0, 1030.0, 1015.0, 1000.0])

    # 30 points at a spread of 10 sqrt(2) are beyond 95 %, 15 are not.
    assert tiers(means, superiority(normal_replicas(*means))).tolist() == [1, 1, 2, 2, 3]


def test_a_model_without_a_score_is_in_no_tier() -> None:
    chances = superiority(np.array([[1.0, np.nan], [1.0, np.nan]]))

    assert tiers(np.array([1000.0, np.nan]), chances).tolist() == [1, 0]


def test_best_and_worst_ranks_are_as_far_apart_as_models_are_alike() -> None:
    bounds = rank_bounds(superiority(normal_replicas(1100, 1000, 1001, 900)))

    assert bounds.tolist() == [[1, 1], [2, 3], [2, 3], [4, 4]]


def test_shapes_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        tiers(np.array([1.0, 2.0, 3.0]), np.zeros((2, 2)))
