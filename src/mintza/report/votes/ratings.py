"""Ratings by criterion: strength, interval and tier of every model, who met whom, and what the left side is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from mintza.records import Criterion, Rating
from mintza.report.material import Trouble
from mintza.report.votes.judgements import Judged, Judgement
from mintza.report.votes.troubles import Troubles
from mintza.stats import (
    Battles,
    Effect,
    named_battles,
    placed,
    points,
    position_bias,
    unrated,
    wins_and_ties,
)

SEED = 1
REPLICAS = 1000
LEVEL = 0.9
"""Of the intervals of ratings, as arenas and the reference give them."""


Scores = tuple[float, float, float, int, int, int]
"""Score, ends of its interval, tier, best and worst rank."""
UNRATED: Scores = (float("nan"), float("nan"), float("nan"), 0, 0, 0)


@dataclass(frozen=True)
class Rated:
    """A model's standing. score, low, high: Elo points, NaN without a rating.  tier: 1 the best, 0 for none.

    best, worst: rank that it could hold.  battles, wins, ties: counted.  reason: why there is no rating, "" when there is one.
    """

    model: str
    score: float
    low: float
    high: float
    tier: int
    best: int
    worst: int
    battles: int
    wins: int
    ties: int
    reason: str = ""

    @property
    def interval(self) -> bool:
        """Whether both ends are known."""
        return isfinite(self.low) and isfinite(self.high)


@dataclass(frozen=True)
class Standing:
    """All models by one criterion. rows: the strongest first, then those without a rating.

    rated: names of `battles`, which are those between rated models.  wins, ties, met: shape (n, n) in the order of `rows`.
    left: what the left side is worth in Elo points.
    """

    criterion: Criterion
    rows: tuple[Rated, ...]
    wins: NDArray[np.float64]
    ties: NDArray[np.float64]
    rated: tuple[str, ...]
    battles: Battles | None
    left: Effect | None
    voters: int
    judgements: int

    @property
    def met(self) -> NDArray[np.float64]:
        """How often each pair met."""
        return np.asarray(self.wins + self.wins.T + self.ties, dtype=np.float64)

    def scores(self) -> dict[str, float]:
        """Name -> score, of those that have one."""
        return {row.model: row.score for row in self.rows if isfinite(row.score)}


def standings(found: Judged, order: Sequence[str]) -> tuple[list[Standing], list[Trouble]]:
    """A standing a criterion, and what kept models out of one. order: names of models, for ties and for those without a battle."""
    troubles = Troubles()
    made = [_standing(criterion, rows, order, troubles) for criterion, rows in found.criteria.items()]
    return made, list(troubles)


def ratings(standing: Standing) -> list[Rating]:
    """The rated models as records."""
    return [
        Rating(model=r.model, criterion=standing.criterion, value=r.score, low=r.low, high=r.high, battles=r.battles)
        for r in standing.rows
        if not r.reason
    ]


def _standing(criterion: Criterion, rows: Sequence[Judgement], order: Sequence[str], troubles: Troubles) -> Standing:
    present = {name for row in rows for name in (row.left, row.right)}
    names = [name for name in order if name in present]
    every = _battles(rows, names)
    wins, ties = wins_and_ties(every)
    reasons = {names[k]: why for k, why in unrated(points(every)).items()}
    for name, reason in reasons.items():
        troubles.add(f"no rating by {criterion}: {reason}", name)
    rated = [name for name in names if name not in reasons]
    inside = [row for row in rows if row.left not in reasons and row.right not in reasons]
    battles = _battles(inside, rated) if inside else None
    scored = dict(zip(rated, _scored(battles, criterion, troubles), strict=True)) if battles else {}
    counted = {
        name: (int(wins[k].sum()), int(ties[k].sum()), int((wins[k] + wins[:, k] + ties[k]).sum()))
        for k, name in enumerate(names)
    }
    made = []
    for name in names:
        won, tied, met = counted[name]
        score, low, high, tier, best, worst = scored.get(name, UNRATED)
        made.append(Rated(name, score, low, high, tier, best, worst, met, won, tied, reasons.get(name, "")))
    made.sort(key=lambda row: (not isfinite(row.score), -row.score if isfinite(row.score) else 0.0))
    places = [names.index(row.model) for row in made]
    return Standing(
        criterion=criterion,
        rows=tuple(made),
        wins=wins[np.ix_(places, places)],
        ties=ties[np.ix_(places, places)],
        rated=tuple(rated),
        battles=battles,
        left=_left(battles),
        voters=every.voters,
        judgements=len(rows),
    )


def _battles(rows: Sequence[Judgement], names: Sequence[str]) -> Battles:
    return named_battles(((row.left, row.right, row.score, row.voter) for row in rows), names)


def _scored(battles: Battles, criterion: Criterion, troubles: Troubles) -> list[Scores]:
    """Score, interval, tier and bounds of the rank of each model."""
    if battles.voters < 2:
        troubles.add(f"by {criterion} one voter alone judged: intervals hold chance in the battles only", "")
    return placed(battles, seed=SEED, replicas=REPLICAS, level=LEVEL).rows()


def _left(battles: Battles | None) -> Effect | None:
    """None where the votes cannot tell."""
    if battles is None:
        return None
    try:
        return position_bias(battles, level=LEVEL)
    except (ValueError, np.linalg.LinAlgError):
        return None
