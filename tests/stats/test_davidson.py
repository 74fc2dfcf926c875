"""Davidson's model. Golden numbers: scipy 1.17, BFGS on the likelihood written out term by term."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.stats import DisconnectedComparison, bradley_terry, davidson

WINS = np.array([[0, 7, 4, 9], [3, 0, 5, 6], [6, 2, 0, 5], [1, 2, 4, 0]], dtype=np.float64)
TIES = np.array([[0, 2, 3, 1], [2, 0, 4, 0], [3, 4, 0, 2], [1, 0, 2, 0]], dtype=np.float64)


def test_scores_and_ties_are_those_that_an_optimiser_finds() -> None:
    scores, tie = davidson(WINS, TIES)

    assert scores == pytest.approx([1099.88196, 1046.68284, 1005.58658, 847.84862], abs=1e-4)
    assert tie == pytest.approx(0.483438641, abs=1e-7)


def test_as_many_ties_are_expected_as_there_were() -> None:
    scores, tie = davidson(WINS, TIES)
    strength = 10 ** (scores / 400)
    between = tie * np.sqrt(np.outer(strength, strength))
    chance = between / (strength[:, None] + strength[None, :] + between)
    met = WINS + WINS.T + TIES

    assert (met * chance).sum() == pytest.approx(TIES.sum())


def test_without_ties_it_is_bradley_terry() -> None:
    scores, tie = davidson(WINS, 0 * TIES)

    assert tie == 0
    assert scores == pytest.approx(bradley_terry(WINS).scores, abs=1e-6)


@given(st.lists(st.integers(1, 30), min_size=9, max_size=9), st.permutations(range(3)))
def test_renaming_the_models_renames_their_scores_and_keeps_the_ties(cells: list[int], order: list[int]) -> None:
    wins = np.array(cells, dtype=np.float64).reshape(3, 3) * (1 - np.eye(3))
    ties = np.minimum(wins, wins.T)
    scores, tie = davidson(wins, ties)

    again, same = davidson(wins[np.ix_(order, order)], ties[np.ix_(order, order)])

    assert again == pytest.approx(scores[order], abs=1e-5)
    assert same == pytest.approx(tie, rel=1e-6)


def test_models_that_never_met_are_refused() -> None:
    with pytest.raises(DisconnectedComparison, match="0, 1; 2"):
        davidson(np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 0]]), np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("wins", "ties", "says"),
    [
        (np.array([[0.0, 5], [0, 0]]), np.zeros((2, 2)), "model 0: no rated model"),
        (np.zeros((2, 2)), np.array([[0.0, 5], [5, 0]]), "every battle is a tie"),
        (np.ones((2, 2)), np.array([[0.0, 5], [4, 0]]), "not symmetric"),
        (np.ones((2, 2)), np.ones((3, 3)), "square"),
        (-np.ones((2, 2)), np.ones((2, 2)), "below nought"),
    ],
)
def test_what_has_no_fit_is_refused(wins: np.ndarray, ties: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        davidson(wins, ties)
