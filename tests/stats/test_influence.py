"""One voter's influence is what the scores would be without that voter."""

import numpy as np
import pytest

from mintza.stats import (
    as_battles,
    bradley_terry,
    influence_of_voters,
    jackknife_covariance,
    jackknife_intervals,
    points,
)
from stats.planted import Arena, spread


def test_scores_without_a_voter_are_those_of_the_other_voters_battles() -> None:
    left, right, score, voter = Arena(spread(6), 900, 40, tail=0.5).fought(np.random.default_rng(1))
    battles = as_battles(left, right, score, voter, models=6)

    found = influence_of_voters(battles)

    for gone in (0, 7, 39):
        rest = battles.voter != gone
        others = as_battles(left[rest], right[rest], score[rest], models=6)
        assert found.without[gone] == pytest.approx(bradley_terry(points(others)).scores, abs=1e-6)
        assert found.battles[gone] == (~rest).sum()
    assert found.battles.sum() == 900


def test_the_jackknife_of_four_voters_is_what_one_works_out() -> None:
    # Each voter casts four votes, 1 to 3 of them for model 0; in a duel the fit is the log of the odds.
    for_first = [3, 2, 3, 1]
    score = [float(k < wins) for wins in for_first for k in range(4)]
    battles = as_battles([0] * 16, [1] * 16, score, np.repeat(range(4), 4), models=2)

    without = [400 * np.log10((9 - wins) / (12 - (9 - wins))) for wins in for_first]

    covariance = jackknife_covariance(influence_of_voters(battles))
    difference = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert difference == pytest.approx(3 / 4 * sum((one - np.mean(without)) ** 2 for one in without))


def test_a_voter_who_always_votes_for_the_worst_moves_most() -> None:
    left, right, score, voter = Arena(spread(5), 600, 30, tail=0.2).fought(np.random.default_rng(2))
    spoiled = voter == 11
    score[spoiled] = np.where(left[spoiled] > right[spoiled], 1.0, 0.0)

    found = influence_of_voters(as_battles(left, right, score, voter, models=5))

    assert int(np.argmax(found.shift)) == 11


def test_a_voter_without_whom_there_are_no_scores_has_no_end_of_influence() -> None:
    battles = as_battles([0, 1, 0, 1], [1, 0, 1, 0], [1, 0, 1, 1], [0, 0, 1, 2], models=2)

    found = influence_of_voters(battles)

    assert np.isinf(found.shift).tolist() == [False, False, True]
    assert np.isnan(jackknife_covariance(found)).all()
    assert np.isinf(jackknife_intervals(found).low).all()
    assert np.isinf(jackknife_intervals(found).high).all()


def test_a_model_without_a_score_is_named() -> None:
    with pytest.raises(ValueError, match="model 1"):
        influence_of_voters(as_battles([0, 0, 2, 0], [1, 2, 0, 1], [1, 1, 1, 1], models=3))
