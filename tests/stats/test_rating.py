"""Bradley-Terry: what the scores are, and when there are none. Oracles are in test_rating_oracles.py."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mintza.stats import (
    DisconnectedComparison,
    as_battles,
    bradley_terry,
    named_battles,
    points,
    unrated,
    win_probability,
    wins_and_ties,
)
from mintza.stats.rating import ABOVE, BELOW, ONE_WAY, UNJOINED, connected, strengths

Table = NDArray[np.float64]


def tables(models: int = 5) -> st.SearchStrategy[Table]:
    """Tables in which every model took at least half a point from every other."""
    row = st.lists(st.integers(1, 40), min_size=models, max_size=models)
    rows = st.lists(row, min_size=models, max_size=models)
    return rows.map(lambda found: np.array(found) / 2 * (1 - np.eye(models)))


def test_three_wins_of_four_are_worth_191_points() -> None:
    scores, reasons = bradley_terry(np.array([[0.0, 3.0], [1.0, 0.0]]))

    assert scores[0] - scores[1] == pytest.approx(400 * np.log10(3))
    assert scores.mean() == pytest.approx(1000)
    assert reasons == ("", "")


def test_a_tie_counts_half_to_each_side() -> None:
    tied = as_battles([0, 1, 0, 0], [1, 0, 1, 1], [0.5, 0.5, 1, 1], models=2)
    split = as_battles([0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1], models=2)

    assert bradley_terry(points(tied)).scores == pytest.approx(bradley_terry(points(split)).scores)


def test_only_ties_make_all_models_equal() -> None:
    assert bradley_terry(np.ones((4, 4))).scores == pytest.approx([1000.0] * 4)


def test_the_score_of_a_model_is_where_its_expected_points_are_those_it_took() -> None:
    table = np.array([[0, 9, 3, 1.5], [4, 0, 6, 2], [2.5, 5, 0, 3], [1, 1, 4, 0]])

    scores = bradley_terry(table).scores

    expected = ((table + table.T) * win_probability(scores)).sum(axis=1)
    assert expected == pytest.approx(table.sum(axis=1), abs=1e-9)


@given(tables(), st.permutations(range(5)))
def test_renaming_the_models_renames_their_scores(table: Table, order: list[int]) -> None:
    scores, renamed = bradley_terry(table).scores, bradley_terry(table[np.ix_(order, order)]).scores

    assert renamed == pytest.approx(scores[order], abs=1e-6)


@given(tables(), st.floats(0.5, 500))
def test_as_many_battles_again_with_the_same_outcomes_change_no_score(table: Table, times: float) -> None:
    assert bradley_terry(times * table).scores == pytest.approx(bradley_terry(table).scores, abs=1e-5)


@given(tables())
def test_turning_all_outcomes_turns_the_scores_about_their_mean(table: Table) -> None:
    assert bradley_terry(table.T).scores == pytest.approx(2000 - bradley_terry(table).scores, abs=1e-6)


@given(tables(), st.integers(0, 4), st.integers(0, 4))
def test_a_further_win_never_lowers_the_winner(table: Table, winner: int, loser: int) -> None:
    more = table.copy()
    more[winner, loser] += float(winner != loser)

    before, after = bradley_terry(table).scores, bradley_terry(more).scores

    assert after[winner] - after[loser] >= before[winner] - before[loser] - 1e-6


@given(st.floats(-12, 12), st.floats(-12, 12), st.floats(-12, 12))
def test_newton_arrives_from_far_away(a: float, b: float, c: float) -> None:
    table = np.array([[0, 1000, 1], [1, 0, 1], [1, 1000, 0]], dtype=np.float64)[None]

    assert strengths(table, np.array([a, b, c])) == pytest.approx(strengths(table, np.zeros(3)), abs=1e-8)


def test_models_that_never_met_are_refused_by_group() -> None:
    table = np.zeros((5, 5))
    table[0, 1] = table[1, 0] = table[1, 2] = table[2, 1] = table[3, 4] = table[4, 3] = 2

    with pytest.raises(DisconnectedComparison, match="0, 1, 2; 3, 4") as caught:
        bradley_terry(table)

    assert caught.value.groups == [[0, 1, 2], [3, 4]]


def test_a_prior_joins_what_never_met_and_gives_all_a_score() -> None:
    table = np.zeros((3, 3))
    table[0, 1] = 5

    scores, reasons = bradley_terry(table, prior=0.5)

    assert scores[0] > scores[2] > scores[1]
    assert reasons == ("", "", "")


def test_a_larger_prior_draws_scores_closer_together() -> None:
    table = np.array([[0, 8, 9], [2, 0, 7], [1, 3, 0]], dtype=np.float64)

    widths = [np.ptp(bradley_terry(table, prior=prior).scores) for prior in (0.0, 1.0, 10.0)]

    assert widths == sorted(widths, reverse=True)


def test_who_only_won_or_only_lost_has_no_score_but_a_reason() -> None:
    table = np.array([[0, 4, 4, 4], [0, 0, 3, 4], [0, 1, 0, 4], [0, 0, 0, 0]], dtype=np.float64)

    scores, reasons = bradley_terry(table)

    assert np.isnan(scores).tolist() == [True, False, False, True]
    assert reasons == (ABOVE, "", "", BELOW)
    assert scores[1] - scores[2] == pytest.approx(400 * np.log10(3))
    assert np.nanmean(scores) == pytest.approx(1000)


def test_one_tie_is_enough_for_a_score() -> None:
    table = np.array([[0, 9.5, 4], [0.5, 0, 3], [0, 3, 0]])

    assert np.isfinite(bradley_terry(table).scores).all()


def test_two_models_of_which_one_always_won_have_no_score_either() -> None:
    scores, reasons = bradley_terry(np.array([[0.0, 7.0], [0.0, 0.0]]))

    assert np.isnan(scores).all()
    assert reasons == (ABOVE, BELOW)


def test_a_chain_of_wins_has_no_score_anywhere() -> None:
    _, reasons = bradley_terry(np.diag([5.0, 5.0], k=1))

    assert reasons == (ABOVE, ONE_WAY, BELOW)


def test_a_model_without_a_battle_is_a_group_of_its_own() -> None:
    assert connected(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=np.float64)) == [[0, 1], [2]]


@pytest.mark.parametrize(
    ("table", "prior"),
    [
        ([[0.0, 1.0]], 0.0),
        ([[0.0]], 0.0),
        ([[0.0, -1.0], [1.0, 0.0]], 0.0),
        ([[0.0, float("nan")], [1.0, 0.0]], 0.0),
        ([[0.0, 1.0], [1.0, 0.0]], -1.0),
    ],
)
def test_what_is_no_table_of_points_is_refused(table: list[list[float]], prior: float) -> None:
    with pytest.raises(ValueError, match=r"square|below nought"):
        bradley_terry(np.array(table), prior=prior)


def test_a_battle_is_the_same_seen_from_either_side() -> None:
    one = as_battles([0, 2, 1], [1, 0, 2], [1, 0.5, 0], models=3)
    other = as_battles([1, 0, 2], [0, 2, 1], [0, 0.5, 1], models=3)

    wins, ties = wins_and_ties(one)

    assert (points(one) == points(other)).all()
    assert (wins + ties / 2 == points(one)).all()
    assert ties[0, 2] == ties[2, 0] == 1
    assert wins.sum() == 2


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"left": [], "right": [], "score": [], "voter": []}, "no battle"),
        ({"left": [0]}, "differ in shape"),
        ({"left": [0, 3]}, "outside 0 to 2"),
        ({"left": [1, 2]}, "battle 0 sets a model against itself"),
        ({"score": [1.0, 0.7]}, "a score is"),
        ({"voter": [1]}, "differ in shape"),
    ],
)
def test_battles_that_cannot_be_are_refused(changed: dict[str, Any], says: str) -> None:
    battles: dict[str, Any] = {"left": [0, 1], "right": [1, 0], "score": [1.0, 0.5], "voter": [7, 7]} | changed

    with pytest.raises(ValueError, match=says):
        as_battles(battles["left"], battles["right"], battles["score"], battles["voter"], models=3)


def test_battles_by_name_are_those_by_number() -> None:
    rows = [("x", "y", 1.0, "Ane"), ("z", "x", 0.5, "Jon"), ("y", "z", 0.0, "Ane")]
    named = named_battles(rows, ["x", "y", "z"])
    numbered = as_battles([0, 2, 1], [1, 0, 2], [1, 0.5, 0], [0, 1, 0], models=3)
    assert all((one == other).all() for one, other in zip(named[:4], numbered[:4], strict=True))
    assert named[4:] == numbered[4:] == (3, 2)
    with pytest.raises(KeyError):
        named_battles(rows, ["x", "y"])
    with pytest.raises(ValueError, match="no battle"):
        named_battles([], ["x", "y"])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([0, 0.5, 1])), min_size=1, max_size=12))
def test_who_cannot_be_rated_is_told_and_the_others_have_scores(met: list[tuple[int, int, float]]) -> None:
    met = [row for row in met if row[0] != row[1]] or [(0, 1, 1.0)]
    present = sorted({k for one, other, _ in met for k in (one, other)})
    table = points(named_battles([(str(a), str(b), s, "v") for a, b, s in met], [str(k) for k in present]))
    reasons = unrated(table)
    main = connected(table)[0]
    assert {k for k, why in reasons.items() if why == UNJOINED} == {*range(len(present))} - {*main}
    found = bradley_terry(table[np.ix_(main, main)])
    assert tuple(reasons.get(k, "") for k in main) == found.reasons
    assert [why == "" for why in found.reasons] == [bool(np.isfinite(score)) for score in found.scores]


def test_voters_are_numbered_anew() -> None:
    battles = as_battles([0, 1, 0], [1, 0, 1], [1, 1, 1], [900, -4, 900], models=2)

    assert battles.voter.tolist() == [1, 0, 1]
    assert battles.voters == 2
