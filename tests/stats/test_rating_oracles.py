"""Bradley-Terry beside evalica and choix, and beside what the reference published. Both are dependencies of tests only."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mintza.stats import bradley_terry

evalica: Any = pytest.importorskip("evalica", reason="evalica is not installed (pip install 'mintza[develop]')")
choix: Any = pytest.importorskip("choix", reason="choix is not installed (pip install 'mintza[develop]')")

PUBLISHED = Path(__file__).parents[2] / ".." / "shared" / "data" / "ebaluatoia_reconstructed.json"
Table = NDArray[np.float64]


def random_counts(seed: int) -> tuple[Table, Table]:
    """Wins and ties of 3 to 25 models that met 2 to 60 times a pair, half of the pairs not at all."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 26))
    theta = rng.normal(0, 1, n)
    met = rng.integers(2, 61, (n, n)) * (rng.random((n, n)) < 0.5)
    wins, ties = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        # A ring in which every model won and lost keeps all of them comparable.
        wins[i, (i + 1) % n] += 1
        wins[(i + 1) % n, i] += 1
        for j in range(i):
            first = 0.8 / (1 + np.exp(theta[j] - theta[i]))
            won, tied, lost = rng.multinomial(met[i, j], [first, 0.2, 0.8 - first])
            wins[i, j], wins[j, i] = wins[i, j] + won, wins[j, i] + lost
            ties[i, j] = ties[j, i] = tied
    return wins, ties


def centred(strengths: Table) -> Table:
    logs = np.log(strengths)
    return np.asarray(1000 + 400 / np.log(10) * (logs - logs.mean()))


def of_evalica(wins: Table, ties: Table) -> Table:
    n = len(wins)
    rows = [(i, j, evalica.Winner.X, wins[i, j]) for i in range(n) for j in range(n) if wins[i, j]]
    rows += [(i, j, evalica.Winner.Draw, ties[i, j]) for i in range(n) for j in range(i) if ties[i, j]]
    xs, ys, winners, weights = (list(column) for column in zip(*rows, strict=True))
    found = evalica.bradley_terry(xs, ys, winners, weights=weights, tolerance=1e-13, limit=100_000)
    return centred(found.scores.sort_index().to_numpy())


@pytest.mark.parametrize("seed", range(15))
def test_random_arenas_are_scored_as_evalica_scores_them(seed: int) -> None:
    wins, ties = random_counts(seed)

    assert bradley_terry(wins + ties / 2).scores == pytest.approx(of_evalica(wins, ties), abs=0.01)


@pytest.mark.parametrize("seed", range(15))
def test_random_arenas_are_scored_as_choix_scores_them(seed: int) -> None:
    wins, ties = random_counts(seed)

    theirs = np.exp(choix.ilsr_pairwise_dense(wins + ties / 2, max_iter=1000, tol=1e-10))

    assert bradley_terry(wins + ties / 2).scores == pytest.approx(centred(theirs), abs=0.01)


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"the reference's arena is not beside this checkout: {PUBLISHED}")
def test_the_references_arena_gives_the_scores_that_it_published() -> None:
    arena = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    wins, ties = np.array(arena["wins"], dtype=np.float64), np.array(arena["ties"], dtype=np.float64)

    scores = bradley_terry(wins + ties / 2).scores

    # The published ones are means of 100 bootstraps, truncated: that is the distance.
    apart = np.abs(scores - np.array(arena["published_elo"]))
    assert apart.max() <= 2.0
    assert apart.mean() <= 0.7
    assert scores == pytest.approx(of_evalica(wins, ties), abs=0.01)
