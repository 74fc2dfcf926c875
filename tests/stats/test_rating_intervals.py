"""Intervals of ratings: what is drawn, how missing scores count, and whether they cover what was planted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from mintza.stats import (
    Battles,
    DisconnectedComparison,
    RatingIntervals,
    as_battles,
    bootstrap_ratings,
    bradley_terry,
    influence_of_voters,
    jackknife_covariance,
    jackknife_intervals,
    percentile_intervals,
    points,
    robust_covariance,
    robust_intervals,
)
from stats.planted import Arena, spread

SMALL = Arena(spread(8), votes=800, voters=60, taste=0.7, tie=0.5)


def fought(arena: Arena, seed: int) -> Battles:
    return as_battles(*arena.fought(np.random.default_rng(seed)), models=len(arena.strengths))


def voted_alike(times: int) -> Battles:
    """Thirty voters, each of whom casts the same vote so many times."""
    left, right, score, _ = Arena(spread(4, 100), votes=30, voters=30).fought(np.random.default_rng(3))
    voter = np.arange(30).repeat(times)
    return as_battles(left.repeat(times), right.repeat(times), score.repeat(times), voter, models=4)


def test_the_mean_of_the_replicas_is_near_the_scores_and_their_spread_near_the_robust_errors() -> None:
    battles = fought(SMALL, 1)

    replicas = bootstrap_ratings(battles, seed=2, replicas=4000)

    assert replicas.mean(axis=0) == pytest.approx(bradley_terry(points(battles)).scores, abs=9)
    errors = np.sqrt(np.diag(robust_covariance(battles)))
    assert replicas.std(axis=0) == pytest.approx(errors, rel=0.25)


@pytest.mark.parametrize("by", ["battle", "voter"])
def test_the_same_seed_gives_the_same_replicas_and_another_seed_others(by: Literal["battle", "voter"]) -> None:
    battles = fought(SMALL, 1)

    one, again, other = (bootstrap_ratings(battles, seed=seed, replicas=120, by=by) for seed in (5, 5, 6))

    assert (one == again).all()
    assert (one != other).all()


def test_every_replica_has_mean_1000() -> None:
    assert bootstrap_ratings(fought(SMALL, 1), seed=5, replicas=150).mean(axis=1) == pytest.approx([1000] * 150)


def test_voters_who_repeat_themselves_add_nothing_by_voter_and_narrow_the_interval_by_battle() -> None:
    once, often = voted_alike(1), voted_alike(9)

    assert robust_covariance(often) == pytest.approx(robust_covariance(once), rel=1e-6)
    ratio = np.diag(robust_covariance(often, by="battle")) / np.diag(robust_covariance(once, by="battle"))
    assert ratio == pytest.approx([1 / 9] * 4, rel=0.05)


def test_a_replica_without_a_model_leaves_the_others_where_they_were() -> None:
    # Model 2 meets the others in the battles of voter 1 only: without that voter it has no score.
    left, right = [0, 1] * 20 + [2, 0, 2, 2], [1, 0] * 20 + [0, 2, 1, 1]
    score, voter = [1, 1, 1, 0] * 10 + [1, 1, 1, 1], [0, 2, 3, 4] * 10 + [1] * 4
    battles = as_battles(left, right, score, voter, models=3)
    whole = bradley_terry(points(battles)).scores

    replicas = bootstrap_ratings(battles, seed=1, replicas=400)

    gone = np.isnan(replicas[:, 2]) & np.isfinite(replicas[:, 0])
    assert 0.2 < gone.mean() < 0.5
    assert whole[:2].mean() < 950
    assert replicas[gone][:, :2].mean(axis=1) == pytest.approx(np.full(gone.sum(), whole[:2].mean()))


def test_an_end_that_falls_among_replicas_without_a_score_is_infinite() -> None:
    replicas = np.repeat(np.arange(900.0, 1000.0), 2).reshape(100, 2)
    replicas[:20, 1] = np.nan

    found = percentile_intervals(np.array([950.0, 960.0]), replicas)

    assert (found.low[0], found.high[0]) == (904.0, 995.0)
    assert (found.low[1], found.high[1]) == (-np.inf, np.inf)


def test_a_model_without_a_score_has_no_interval() -> None:
    found = percentile_intervals(np.array([950.0, np.nan]), np.full((9, 2), np.nan))

    assert np.isnan([found.low[1], found.high[1]]).all()


def test_a_model_that_never_lost_is_no_hindrance_to_the_intervals_of_the_others() -> None:
    battles = as_battles([0, 0, 1, 2, 1, 2], [1, 2, 2, 1, 2, 1], [1, 1, 1, 1, 0.5, 0.5], models=3)

    replicas = bootstrap_ratings(battles, seed=1, replicas=50)

    assert np.isnan(replicas[:, 0]).all()
    assert np.isfinite(replicas[:, 1:]).any()


def test_models_that_never_met_have_no_intervals() -> None:
    battles = as_battles([0, 1, 2, 3], [1, 0, 3, 2], [1, 1, 1, 1], models=4)

    with pytest.raises(DisconnectedComparison):
        bootstrap_ratings(battles, seed=1)


def test_robust_errors_need_scores_and_two_voters() -> None:
    with pytest.raises(ValueError, match="model 0"):
        robust_covariance(as_battles([0, 0], [1, 1], [1, 1], models=2))
    with pytest.raises(ValueError, match="one voter"):
        robust_covariance(as_battles([0, 1], [1, 0], [1, 1], [4, 4], models=2))


def test_no_replicas_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to learn"):
        bootstrap_ratings(fought(SMALL, 1), seed=1, replicas=0)


def test_robust_errors_stay_finite_in_arenas_of_many_models() -> None:
    for seed in range(5):
        covariance = robust_covariance(fought(Arena(spread(21), 12_890, 1_285, tail=2.0, taste=1.0, tie=0.5), seed))

        assert covariance.sum(axis=1) == pytest.approx(np.zeros(21), abs=1e-6)
        assert (np.diag(covariance) > 0).all()
        assert (np.diag(covariance) < 60**2).all()


def test_leaving_out_voters_gives_errors_near_the_robust_ones_and_wider() -> None:
    battles = fought(SMALL, 4)

    ratio = np.diag(jackknife_covariance(influence_of_voters(battles))) / np.diag(robust_covariance(battles))

    assert 1.0 < ratio.mean() < 1.5


def coverage(interval: Callable[[Battles, int], RatingIntervals], arena: Arena = SMALL, arenas: int = 70) -> float:
    """Share of planted scores within their intervals, pooled over models and arenas."""
    truth = arena.truth()
    within = []
    for seed in range(arenas):
        found = interval(fought(arena, 1000 + seed), seed)
        within.append((found.low <= truth) & (truth <= found.high))
    return float(np.mean(within))


def by_percentile(battles: Battles, seed: int) -> RatingIntervals:
    return percentile_intervals(
        bradley_terry(points(battles)).scores, bootstrap_ratings(battles, seed=seed, replicas=300)
    )


def test_nine_of_ten_intervals_by_voter_hold_what_was_planted() -> None:
    assert 0.86 <= coverage(lambda battles, _: jackknife_intervals(influence_of_voters(battles))) <= 0.94
    assert 0.83 <= coverage(by_percentile) <= 0.94
    # Robust errors need votes that are spread over voters more evenly than those of SMALL (see the guide).
    assert 0.86 <= coverage(lambda battles, _: robust_intervals(battles), replace(SMALL, tail=0.5)) <= 0.94


def test_intervals_that_take_votes_of_one_voter_as_strangers_hold_it_too_rarely() -> None:
    assert coverage(lambda battles, _: robust_intervals(battles, by="battle")) < 0.83
