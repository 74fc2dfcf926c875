"""Position and style: planted effects are found, and nought stays nought."""

import numpy as np
import pytest

from mintza.stats import (
    Battles,
    DisconnectedComparison,
    as_battles,
    bradley_terry,
    influence_of_voters,
    points,
    position_bias,
    relative_difference,
    style_effects,
)
from mintza.stats.logistic import fixed_strengths, logistic
from stats.planted import ELO, Arena, spread


def swayed(seed: int, left: float = 0.0, style: float = 0.0, votes: int = 6000) -> tuple[Battles, np.ndarray]:
    """Battles of four models in which Elo points go to the left side, and to each unit of a covariate."""
    rng = np.random.default_rng(seed)
    theta = np.array([1150.0, 1050.0, 950.0, 850.0])
    one = rng.integers(0, 4, votes)
    other = (one + rng.integers(1, 4, votes)) % 4
    # Better models write longer, which is what makes style worth holding equal.
    looks = rng.normal(0, 1, votes) + (theta[one] - theta[other]) / 200
    chance = 1 / (1 + np.exp(-(theta[one] - theta[other] + left + style * looks) / ELO))
    won = (rng.random(votes) < chance).astype(np.float64)
    return as_battles(one, other, won, rng.integers(0, 300, votes), models=4), looks[:, None]


def test_what_the_left_side_is_worth_is_found() -> None:
    found = [position_bias(swayed(seed, left=40, votes=1500)[0]) for seed in range(60)]

    assert np.mean([effect.value for effect in found]) == pytest.approx(40, abs=5)
    assert 0.8 <= np.mean([effect.low < 40 < effect.high for effect in found]) <= 0.98
    assert max(effect.p for effect in found) < 0.2


def test_sides_that_do_not_matter_are_seldom_said_to_matter() -> None:
    found = [position_bias(swayed(seed, votes=800)[0], level=0.9) for seed in range(60)]

    # 6 of 60 are expected beyond a 90 % interval; 14 or more come once in a thousand times.
    assert sum(not effect.low <= 0 <= effect.high for effect in found) <= 13
    assert sum(effect.p < 0.5 for effect in found) >= 15


def test_exchanging_the_sides_turns_the_bias() -> None:
    battles, _ = swayed(2, left=25)
    turned = as_battles(battles.right, battles.left, 1 - battles.score, battles.voter, models=4)

    one, other = position_bias(battles), position_bias(turned)

    assert other == pytest.approx((-one.value, -one.high, -one.low, one.p), abs=1e-6)


def test_style_is_taken_out_of_the_scores() -> None:
    arenas = [swayed(seed, style=60, votes=1500) for seed in range(40)]

    found = [style_effects(battles, looks) for battles, looks in arenas]

    held = [adjusted.effects[0].low < 60 < adjusted.effects[0].high for adjusted in found]
    assert 0.75 <= np.mean(held) <= 0.98
    assert np.mean([adjusted.scores for adjusted in found], axis=0) == pytest.approx([1150, 1050, 950, 850], abs=8)
    plain = np.mean([bradley_terry(points(battles)).scores for battles, _ in arenas], axis=0)
    assert plain[0] > 1150 + 25


def test_without_covariates_scores_and_errors_are_those_of_the_ratings() -> None:
    battles = as_battles(*Arena(spread(5), 900, 80, tie=0.5).fought(np.random.default_rng(1)), models=5)

    fit = logistic(fixed_strengths(battles), battles.score, battles.voter)

    whole = bradley_terry(points(battles)).scores
    assert ELO * fit.coefficients == pytest.approx(whole[1:] - whole[0], abs=1e-6)
    influence = influence_of_voters(battles)
    apart = influence.without[:, 1:] - influence.without[:, :1]
    exact = np.sqrt(((apart - apart.mean(axis=0)) ** 2).sum(axis=0))
    assert ELO * fit.errors == pytest.approx(exact, rel=0.05)


def test_an_effect_that_rests_on_one_voter_has_an_endless_interval() -> None:
    battles, _ = swayed(1, votes=600)
    # Only voter 0 saw answers that differ in looks, and liked them half of the time.
    looks = np.where(battles.voter == 0, 1.0, 0.0)
    looks[np.flatnonzero(battles.voter == 0)[::2]] = -0.5

    found = style_effects(battles, looks[:, None]).effects[0]

    assert (found.low, found.high, found.p) == (-np.inf, np.inf, 1.0)
    assert np.isfinite(position_bias(battles).low)


def test_a_relative_difference_lies_between_minus_one_and_one() -> None:
    left, right = np.array([300.0, 0.0, 0.0, 5.0]), np.array([100.0, 0.0, 7.0, 5.0])

    assert relative_difference(left, right).tolist() == [0.5, 0.0, -1.0, 0.0]
    with pytest.raises(ValueError, match="below nought"):
        relative_difference(-left, right)


def test_a_covariate_that_is_a_property_of_models_cannot_be_told_from_their_strengths() -> None:
    battles, _ = swayed(1, votes=300)
    of_models = np.array([3.0, 1.0, 4.0, 1.0])

    with pytest.raises(ValueError, match="cannot be told apart"):
        style_effects(battles, (of_models[battles.left] - of_models[battles.right])[:, None])


def test_a_covariate_that_settles_every_battle_has_no_finite_effect() -> None:
    battles, _ = swayed(1, votes=300)

    with pytest.raises(ValueError, match="without exception"):
        style_effects(battles, battles.score[:, None] - 0.5)


@pytest.mark.parametrize("covariates", [np.ones((3, 1)), np.ones(300), np.full((300, 1), np.nan)])
def test_covariates_that_do_not_fit_the_battles_are_refused(covariates: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shape|finite"):
        style_effects(swayed(1, votes=300)[0], covariates)


def test_what_has_no_scores_has_no_bias() -> None:
    with pytest.raises(DisconnectedComparison):
        position_bias(as_battles([0, 1, 2, 3], [1, 0, 3, 2], [1, 1, 1, 1], models=4))
    with pytest.raises(ValueError, match="model 0"):
        position_bias(as_battles([0, 1], [1, 0], [1, 0], models=2))
