"""Everything that a table of ratings says of its models, from battles that rate them all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintza.stats.battles import Battles, Floats, points
from mintza.stats.influence import influence_of_voters, jackknife_intervals
from mintza.stats.ranking import rank_bounds, superiority, tiers
from mintza.stats.rating import bradley_terry
from mintza.stats.rating_intervals import bootstrap_ratings, percentile_intervals


class Placed(NamedTuple):
    """n models, columns of shape (n,). tier: 1 the best.  best, worst: ranks.  chances: P(i > j), shape (n, n)."""

    score: Floats
    low: Floats
    high: Floats
    tier: NDArray[np.int64]
    best: NDArray[np.int64]
    worst: NDArray[np.int64]
    chances: Floats

    def rows(self) -> list[tuple[float, float, float, int, int, int]]:
        """Model by model: score, low, high, tier, best, worst."""
        return [
            (float(score), float(low), float(high), int(tier), int(best), int(worst))
            for score, low, high, tier, best, worst in zip(*self[:-1], strict=True)
        ]


def placed(battles: Battles, *, seed: int, replicas: int, level: float) -> Placed:
    """Scores by Bradley-Terry, tiers and ranks from a bootstrap by voter, and intervals by leaving out voters.

    Where that has none, and where one voter alone judged, intervals are the bootstrap's, by battle for one voter.
    Raises what `bradley_terry` raises.
    """
    scores = bradley_terry(points(battles)).scores
    alone = battles.voters < 2
    drawn = bootstrap_ratings(battles, seed=seed, replicas=replicas, by="battle" if alone else "voter")
    chances = superiority(drawn)
    found = None if alone else jackknife_intervals(influence_of_voters(battles), level)
    if found is None or not np.isfinite(found.low).all():
        found = percentile_intervals(scores, drawn, level)
    best, worst = rank_bounds(chances).T
    return Placed(scores, found.low, found.high, tiers(scores, chances), best, worst, chances)
