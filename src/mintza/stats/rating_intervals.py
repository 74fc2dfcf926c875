"""How far ratings are to be trusted: resampled battles or voters, and robust standard errors."""

from __future__ import annotations

from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintza.stats.battles import Battles, Floats, as_battles, points, points_by_voter
from mintza.stats.rating import ELO, MEAN, Ratings, bradley_terry, comparable, strengths, strongly_connected
from mintza.stats.resampling import fraction

Unit = Literal["battle", "voter"]
AT_ONCE = 100
"""Replicas whose tables lie in the processor's cache together."""


class RatingIntervals(NamedTuple):
    """Score and interval of each of n models, Elo scale, each of shape (n,); NaN and infinite where there is none."""

    scores: Floats
    low: Floats
    high: Floats


def bootstrap_ratings(battles: Battles, *, seed: int, replicas: int = 1000, by: Unit = "voter") -> Floats:
    """Bradley-Terry scores of `replicas` arenas drawn anew from this one, shape (replicas, n), Elo scale.

    Drawn with replacement are voters, each with all battles they judged (votes of one person are alike), or single battles.
    The mean of the models that the whole arena rates is 1000 in every replica; a model without a finite score in a replica is
    NaN there, and then the others keep the mean that they have among themselves in the whole arena.
    Raises DisconnectedComparison as `bradley_terry` does, ValueError for no replicas.
    Sources: Efron (1979); Davison and Hinkley (1997), Bootstrap methods and their application, 3.8 (clusters).
    """
    if replicas < 1:
        raise ValueError(f"there is nothing to learn from {replicas} replicas")
    n = battles.models
    whole = bradley_terry(points(battles)).scores
    rng = np.random.default_rng(seed)
    units, often = _units(battles, by)
    scores = np.full((replicas, n), np.nan)
    rated = np.isfinite(whole)
    for first in range(0, replicas, AT_ONCE):
        rows = min(AT_ONCE, replicas - first)
        drawn = _voters(rng, rows, units.shape[0]) if by == "voter" else _cells(rng, rows, often)
        tables = (drawn @ units).reshape(rows, n, n)
        inner = tables[:, rated][:, :, rated] if not rated.all() else tables
        scores[first : first + rows, rated] = _scores(inner, whole[rated])
    return scores


def percentile_intervals(scores: Floats, replicas: Floats, level: float = 0.9) -> RatingIntervals:
    """Percentile interval of each model from replicas of shape (r, n), around the scores (n,) of the whole arena.

    A replica in which a model has no finite score counts as the lowest for the low end and the highest for the high end; an
    end that falls among such replicas is infinite. Models that have no score have NaN ends.
    """
    tail = (1 - fraction(level)) / 2
    missing = np.isnan(replicas)
    with np.errstate(invalid="ignore"):
        low = np.quantile(np.where(missing, -np.inf, replicas), tail, axis=0, method="lower")
        high = np.quantile(np.where(missing, np.inf, replicas), 1 - tail, axis=0, method="higher")
    unrated = np.isnan(scores)
    low[unrated], high[unrated] = np.nan, np.nan
    return RatingIntervals(scores, low, high)


def robust_covariance(battles: Battles, *, by: Unit = "voter") -> Floats:
    """Covariance of the Bradley-Terry scores in Elo squared, shape (n, n), that trusts the means and not the model.

    The sandwich: inverse information, what the votes scatter, inverse information. Votes of one voter may hang together; by
    "battle" every vote stands alone. Scaled by g / (g - 1), g the number of voters or battles.
    Raises DisconnectedComparison as `bradley_terry` does; ValueError when a model has no finite score, or g is 1.
    Sources: White (1982), Maximum likelihood estimation of misspecified models; Liang and Zeger (1986) for clusters.
    """
    table = points(battles)
    ratings = bradley_terry(table)
    _all_rated(ratings)
    n = battles.models
    theta = (ratings.scores - MEAN) / ELO
    chance = 1 / (1 + np.exp(theta[battles.right] - theta[battles.left]))
    cluster = battles.voter if by == "voter" else np.arange(battles.score.size)
    clusters = int(cluster.max()) + 1
    if clusters < 2:
        raise ValueError("one voter alone does not show how voters differ")
    surprise = battles.score - chance
    moves = np.bincount(cluster * n + battles.left, surprise, clusters * n)
    moves -= np.bincount(cluster * n + battles.right, surprise, clusters * n)
    moves = moves.reshape(clusters, n)
    inverse = _inverse(information(table, theta))
    scatter = moves.T @ moves * clusters / (clusters - 1)
    return np.asarray(ELO**2 * inverse @ scatter @ inverse, dtype=np.float64)


def robust_intervals(battles: Battles, *, level: float = 0.9, by: Unit = "voter") -> RatingIntervals:
    """Normal interval of each model around its Bradley-Terry score, from `robust_covariance`; raises as that does."""
    scores = bradley_terry(points(battles)).scores
    half = NormalDist().inv_cdf(0.5 + fraction(level) / 2) * np.sqrt(np.diag(robust_covariance(battles, by=by)))
    return RatingIntervals(scores, scores - half, scores + half)


def information(table: Floats, theta: Floats) -> Floats:
    """Information of a table of points about the log-odds `theta` (n,), shape (n, n), of rank n - 1."""
    met = table + table.T
    chance = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
    weight = met * chance * (1 - chance)
    return np.asarray(np.diag(weight.sum(axis=1)) - weight, dtype=np.float64)


def _inverse(of_rank_less_one: Floats) -> Floats:
    """Inverse among vectors of mean nought, of a table whose rows sum to nought; what those sums are by rounding does no harm."""
    n = of_rank_less_one.shape[0]
    constant = of_rank_less_one.trace() / n**2
    return np.asarray(np.linalg.inv(of_rank_less_one + constant) - 1 / (constant * n**2), dtype=np.float64)


def _all_rated(ratings: Ratings) -> None:
    for model, reason in enumerate(ratings.reasons):
        if reason:
            raise ValueError(f"model {model}: {reason}. Leave its battles out, or bootstrap.")


def _units(battles: Battles, by: Unit) -> tuple[NDArray[np.float32], Floats]:
    """Tables of points of what is drawn, shape (units, n * n), and how often each is there, shape (units,)."""
    if by == "voter":
        return points_by_voter(battles), np.ones(battles.voters)
    turned = battles.left > battles.right
    one, other = np.where(turned, (battles.right, battles.left), (battles.left, battles.right))
    score = np.where(turned, 1 - battles.score, battles.score)
    columns = np.stack([one, other, (2 * score).astype(np.int64)], axis=1)
    cells, often = np.unique(columns, axis=0, return_counts=True)
    each = as_battles(cells[:, 0], cells[:, 1], cells[:, 2] / 2, models=battles.models)
    return points_by_voter(each), often.astype(np.float64)


def _voters(rng: np.random.Generator, rows: int, voters: int) -> NDArray[np.float32]:
    drawn = rng.integers(0, voters, size=(rows, voters)) + np.arange(rows)[:, None] * voters
    return np.bincount(drawn.ravel(), minlength=rows * voters).reshape(rows, voters).astype(np.float32)


def _cells(rng: np.random.Generator, rows: int, often: Floats) -> NDArray[np.float32]:
    return rng.multinomial(int(often.sum()), often / often.sum(), size=rows).astype(np.float32)


def _scores(tables: NDArray[np.float32], whole: Floats) -> Floats:
    """Scores of each table, shape (r, m), NaN where not finite, about the mean that the same models have in `whole`."""
    scores = np.full(tables.shape[:2], np.nan)
    if whole.size < 2:
        return scores
    fine = strongly_connected(tables)
    scores[fine] = ELO * strengths(tables[fine], (whole - MEAN) / ELO)
    for row in np.flatnonzero(~fine):
        rated, _ = comparable(tables[row].astype(np.float64))
        if rated.any():
            inner = tables[row][np.ix_(rated, rated)]
            scores[row, rated] = ELO * strengths(inner[None], np.zeros(inner.shape[0]))[0]
    known = np.isfinite(scores)
    means = np.where(known, whole, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.asarray(scores + means[:, None], dtype=np.float64)
