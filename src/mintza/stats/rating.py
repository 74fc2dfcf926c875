"""Ratings: one strength a model out of battles between two, by Bradley-Terry, and when there is no such strength."""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintza.stats.battles import Floats

ELO = 400 / log(10)
"""Elo points in one unit of log-odds."""
MEAN = 1000.0
STEPS = 100
CLOSE = 1e-6
"""In log-odds: Newton squares its error, so that after a step this small some 1e-12 are left."""

ABOVE = "no rated model ever took a point from it, even by way of others: its score has no upper end"
BELOW = "it never took a point from a rated model, even by way of others: its score has no lower end"
APART = "it took no point from the rated models and gave them none, even by way of others"
UNJOINED = "no path of battles joins it to the others"
ONE_WAY = "points lead only one way between all the models: none of them has a finite score"


class DisconnectedComparison(ValueError):
    """Some models never met the others, even by way of third ones; `groups` are the indices that hang together."""

    def __init__(self, groups: list[list[int]]) -> None:
        self.groups = groups
        shown = "; ".join(", ".join(map(str, group)) for group in groups)
        super().__init__(
            f"no path of battles joins these groups of models: {shown}. Rate each alone, collect battles between "
            "them, or give a prior."
        )


class Ratings(NamedTuple):
    """Scores on the Elo scale (400/10, those rated have mean 1000), shape (n,); NaN where `reasons` is not empty."""

    scores: Floats
    reasons: tuple[str, ...]


def bradley_terry(points: Floats, *, prior: float = 0.0) -> Ratings:
    """Maximum-likelihood strength of each of n models from points[i, j], what i took from j: 1 a win, half a tie.

    When the battles join all models but some only ever won (or lost), no finite strength is best for them. Then the largest
    set of models that beat each other in a circle is rated, by the battles within it, and the others are NaN with a reason.
    `prior` adds that many tied battles to every pair: everything is then finite, and drawn together a little.
    Raises DisconnectedComparison when no path of battles joins two models; ValueError for a table that is not square,
    has fewer than two models, or numbers below nought or not finite.
    Sources: Bradley and Terry (1952), Rank analysis of incomplete block designs; Ford (1957), Solution of a ranking problem
    from binary comparisons (when it exists); Hunter (2004), MM algorithms for generalized Bradley-Terry models.
    """
    table = checked(points, prior)
    groups = connected(table)
    if len(groups) > 1:
        raise DisconnectedComparison(groups)
    rated, reasons = comparable(table)
    scores = np.full(table.shape[0], np.nan)
    if rated.sum() > 1:
        inner = table[np.ix_(rated, rated)]
        scores[rated] = to_elo(strengths(inner[None], np.zeros(inner.shape[0]))[0])
    return Ratings(scores, reasons)


def unrated(points: Floats) -> dict[int, str]:
    """Which of n models cannot be rated with the most others, and why; `bradley_terry` rates those that are left.

    First those that no path of battles joins to the largest group, group by group; then, within it, those that only won or lost.
    Raises ValueError as `bradley_terry` does.
    """
    table = checked(points)
    main, *others = connected(table)
    found = {k: UNJOINED for group in others for k in group}
    reasons = comparable(table[np.ix_(main, main)])[1]
    return found | {k: why for k, why in zip(main, reasons, strict=True) if why}


def win_probability(scores: Floats) -> Floats:
    """Chance that i beats j, a tie counted as half, shape (n, n), from scores on the Elo scale."""
    return np.asarray(1 / (1 + np.exp((scores[None, :] - scores[:, None]) / ELO)), dtype=np.float64)


def to_elo(theta: Floats) -> Floats:
    """Log-odds with mean nought over the last axis, as scores with mean 1000."""
    return np.asarray(MEAN + ELO * (theta - theta.mean(axis=-1, keepdims=True)), dtype=np.float64)


def checked(points: Floats, prior: float = 0.0) -> Floats:
    """The table as numbers of shape (n, n), with `prior` ties added to every pair, or ValueError."""
    table = np.array(points, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape[0] < 2:
        raise ValueError(f"a table of points is square, with two models at least; this one has the shape {table.shape}")
    if not np.isfinite(table).all() or (table < 0).any() or not prior >= 0:
        raise ValueError("points and the prior are finite numbers, none below nought")
    table += prior / 2
    np.fill_diagonal(table, 0.0)
    return table


def connected(table: Floats) -> list[list[int]]:
    """Groups of models that battles join, the largest first; a model without a battle is a group of its own."""
    met = _reach(((table + table.T) > 0)[None])[0]
    groups = {tuple(int(j) for j in np.flatnonzero(row)) for row in met}
    return [list(group) for group in sorted(groups, key=lambda group: (-len(group), group))]


def comparable(table: Floats) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Which models finite strengths exist for, shape (n,), and for each of the others why not (empty when rated).

    Rated is the largest set in which points lead from each model to each (of equally large ones, that with more points).
    """
    reach = _reach((table > 0)[None])[0]
    mutual = reach & reach.T
    inside = np.array([table[np.ix_(row, row)].sum() for row in mutual])
    first = int(np.lexsort((-inside, -mutual.sum(axis=1)))[0])
    rated = mutual[first]
    if rated.sum() == 1:
        rated = np.zeros_like(rated)
        won, lost = table.sum(axis=1) > 0, table.sum(axis=0) > 0
        reasons = np.where(won & ~lost, ABOVE, np.where(lost & ~won, BELOW, ONE_WAY))
    else:
        reasons = np.where(reach[:, first], ABOVE, np.where(reach[first], BELOW, APART))
    return rated, tuple("" if fits else str(why) for fits, why in zip(rated, reasons, strict=True))


def strongly_connected(tables: NDArray[np.floating]) -> NDArray[np.bool_]:
    """For each of r tables, shape (r, n, n), whether points lead from every model to every other: shape (r,)."""
    return np.asarray(_reach(tables > 0).all(axis=(1, 2)))


def _reach(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a path leads from i to j, shape (r, n, n); every model reaches itself."""
    n = edges.shape[-1]
    reach = edges | np.eye(n, dtype=bool)
    open_ = np.flatnonzero(~reach.all(axis=(1, 2)))
    length = 1
    while open_.size and length < n:
        paths = reach[open_].astype(np.float32)
        reach[open_] = paths @ paths > 0
        open_ = open_[~reach[open_].all(axis=(1, 2))]
        length *= 2
    return reach


def strengths(tables: NDArray[np.floating], start: Floats) -> Floats:
    """Log-odds with mean nought of each of r tables of points, shape (r, n), by Newton from `start` (n,) or (r, n).

    Each table must be strongly connected; RuntimeError when one has not come close after 100 steps.
    The step is shortened by ln(1 + d) / d, d its widest difference, which makes it go up from anywhere.
    Source: Sun and Tran-Dinh (2019), Generalized self-concordant functions: a recipe for Newton-type methods, theorem 2.
    """
    met = (tables + tables.swapaxes(1, 2)).astype(np.float64)
    won = tables.sum(axis=2, dtype=np.float64)
    theta = np.broadcast_to(start, won.shape).copy()
    left = np.arange(won.shape[0])
    for _ in range(STEPS):
        gradient, information = _derivatives(met[left], won[left], theta[left])
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        width = np.ptp(step, axis=1)
        theta[left] += step * (np.log1p(width) / np.where(width > 0, width, 1.0))[:, None]
        left = left[width > CLOSE]
        if not left.size:
            return np.asarray(theta - theta.mean(axis=1, keepdims=True), dtype=np.float64)
    raise RuntimeError(f"{left.size} of {won.shape[0]} tables have no strengths: are they strongly connected?")


def _derivatives(met: Floats, won: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Gradient (r, n) and information (r, n, n) of the likelihood; a constant keeps the latter invertible."""
    n = theta.shape[1]
    chance = 1 / (1 + np.exp(theta[:, None, :] - theta[:, :, None]))
    gradient = won - (met * chance).sum(axis=2)
    information = -met * chance * (1 - chance)
    total = -information.sum(axis=2)
    information += total.mean(axis=1)[:, None, None] / n
    information[:, np.arange(n), np.arange(n)] += total
    return gradient, information
