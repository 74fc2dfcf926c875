"""Influence: what the ratings would be without one voter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Battles, Floats, Indices, points, points_by_voter
from mintza.stats.rating import ELO, MEAN, bradley_terry, strengths, strongly_connected
from mintza.stats.rating_intervals import RatingIntervals
from mintza.stats.student import freedom_of, student_half

AT_ONCE = 100


class Influence(NamedTuple):
    """What leaving out each of v voters moves, in Elo points."""

    scores: Floats  # with all voters, shape (n,)
    without: Floats  # scores without each voter, shape (v, n); NaN throughout where some model has none then
    battles: Indices  # how many each voter judged, shape (v,)
    shift: Floats  # of the model that moves most, shape (v,); infinite where scores need this voter


def influence_of_voters(battles: Battles) -> Influence:
    """Bradley-Terry scores refitted without each voter in turn (exactly, not by one step).

    Raises DisconnectedComparison; ValueError when a model has no finite score to begin with.
    Source: Miller (1974), The jackknife: a review.
    """
    n = battles.models
    table = points(battles)
    whole = bradley_terry(table)
    for model, reason in enumerate(whole.reasons):
        if reason:
            raise ValueError(f"model {model}: {reason}. Leave its battles out.")
    without = np.full((battles.voters, n), np.nan)
    own = points_by_voter(battles).reshape(-1, n, n)
    for first in range(0, battles.voters, AT_ONCE):
        tables = table - own[first : first + AT_ONCE]
        fine = strongly_connected(tables)
        if fine.any():
            rows = first + np.flatnonzero(fine)
            without[rows] = MEAN + ELO * strengths(tables[fine], (whole.scores - MEAN) / ELO)
    moved = np.abs(without - whole.scores).max(axis=1)
    judged = np.bincount(battles.voter, minlength=battles.voters).astype(np.int64)
    return Influence(whole.scores, without, judged, np.where(np.isnan(moved), np.inf, moved))


def jackknife_covariance(influence: Influence) -> Floats:
    """Covariance of the scores in Elo squared by leaving out voters, shape (n, n); NaN when some voter cannot be left out.

    Somewhat wider than the sandwich when a few voters cast many of the votes (it is the sandwich known as CR3).
    Source: Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage samples.
    """
    apart = influence.without - influence.without.mean(axis=0)
    voters = apart.shape[0]
    return np.asarray(apart.T @ apart * (voters - 1) / voters, dtype=np.float64)


def jackknife_intervals(influence: Influence, level: float = 0.9) -> RatingIntervals:
    """Interval of each model around its score, Elo scale: jackknife over voters, Student's t.

    Degrees of freedom are fewer the more the spread rests on few voters, model by model (`freedom_of`). The closest to its level of
    all intervals here, also for few or heavy-tailed voters. When some voter cannot be left out, all ends are infinite:
    `percentile_intervals` may still have finite ones. Sources: as `jackknife_covariance`, and Satterthwaite (1946).
    """
    if not np.isfinite(influence.without).all():
        endless = np.full(influence.scores.shape, np.inf)
        return RatingIntervals(influence.scores, -endless, endless)
    freedom = freedom_of(influence.without - influence.without.mean(axis=0))
    errors = np.sqrt(np.diag(jackknife_covariance(influence)))
    # Where nothing moves at all there is no error to widen.
    half = errors * [0.0 if np.isnan(degrees) else student_half(level, float(degrees)) for degrees in freedom]
    return RatingIntervals(influence.scores, influence.scores - half, influence.scores + half)
